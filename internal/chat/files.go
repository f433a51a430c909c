package chat

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync"
	"time"

	"campfire"
	"campfire/internal/blob"
	"campfire/internal/markup"
	"campfire/internal/store"
)

// Files are where files' bytes are kept, and what can be seen in them.
type Files struct {
	Drafts *blob.Drafts
	Blobs  blob.Store
	// Look looks into a file that has come whole, before anyone may see it. It
	// may take out of the file, in its place, what nobody is meant to see.
	Look func(ctx context.Context, d *blob.Draft, name string) (Look, error)
}

// Look is what was seen in a file.
type Look struct {
	ContentType   string
	Width, Height int    // as it is shown, in pixels; zero: not known
	Thumbnail     []byte // a small picture of it; nil: none
}

// ThumbnailEnding is put behind a file's key for its small picture.
const ThumbnailEnding = "-t"

// FileLimits are what is told of limits before a file is sent.
func (s *Service) FileLimits() (maxUpload int64, maxFiles int) {
	return s.limits.MaxUpload, s.limits.MaxParts
}

// Received is a file that came whole in a post's own request: kept, and not
// yet on a message. Whoever has one posts or drops it.
type Received struct {
	file store.File
	sum  [sha256.Size]byte
}

// MayReceive reports why a may not post files in a room, nil when a may:
// before any byte of them is read. size is about how much will come, zero
// when that is not known. It takes a token of what a may upload.
func (s *Service) MayReceive(ctx context.Context, a campfire.Actor, room campfire.RoomID, size int64) error {
	if err := s.mayPost(ctx, a, room); err != nil {
		return err
	}
	return s.mayStore(ctx, a, size)
}

// mayStore charges an upload of about size bytes to a, and holds it against
// what a may store and what the disk takes.
func (s *Service) mayStore(ctx context.Context, a campfire.Actor, size int64) error {
	if wait, ok := s.limiters.upload.take(a.ID, 1, s.now()); !ok {
		return campfire.RateLimited(wait)
	}
	if err := s.files.Drafts.Room(size); err != nil {
		return err
	}
	return s.store.Read(ctx, func(r *store.Reader) error { return s.withinQuota(r, a, size) })
}

// withinQuota reports whether a may store so many more bytes.
func (s *Service) withinQuota(r *store.Reader, a campfire.Actor, more int64) error {
	if most := s.limits.UserQuota; most > 0 {
		n, err := r.Stored(a.ID)
		if err != nil {
			return err
		}
		if n+more > most {
			return campfire.Errorf(campfire.CodeStorageFull, "You store as much here as one person may (%s); delete some of it first.", bytesText(most))
		}
	}
	if most := s.limits.TotalQuota; most > 0 {
		n, err := r.StoredInAll()
		if err != nil {
			return err
		}
		if n+more > most {
			return campfire.Errorf(campfire.CodeStorageFull, "This Campfire stores as much as it may (%s).", bytesText(most))
		}
	}
	return nil
}

// bytesText is a size for a person.
func bytesText(n int64) string {
	for _, unit := range []struct {
		name string
		size int64
	}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} {
		if n >= unit.size {
			return strings.TrimSuffix(fmt.Sprintf("%.1f", float64(n)/float64(unit.size)), ".0") + " " + unit.name
		}
	}
	return fmt.Sprintf("%d bytes", n)
}

// Receive reads a file to its end and keeps it. When it fails, nothing of the
// file is left.
func (s *Service) Receive(ctx context.Context, a campfire.Actor, name string, r io.Reader) (_ *Received, err error) {
	name = campfire.CleanFilename(name, s.limits.MaxFilename)
	d, err := s.files.Drafts.Create(blob.NewKey())
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.Drop())
		}
	}()
	hash := sha256.New()
	f := store.File{User: a.ID, State: store.FileWhole, Blob: d.Key}
	f.Filename = name
	if f.Size, err = s.copy(d, io.TeeReader(r, hash)); err != nil {
		return nil, err
	}
	if err := s.keep(ctx, d, &f); err != nil {
		return nil, err
	}
	return &Received{file: f, sum: [sha256.Size]byte(hash.Sum(nil))}, nil
}

// copyBuffers hold what is copied from a connection to the disk.
var copyBuffers = sync.Pool{New: func() any { return new([64 << 10]byte) }}

// copy copies a file that may be as large as one upload.
func (s *Service) copy(d *blob.Draft, r io.Reader) (int64, error) {
	if s.limits.MaxUpload > 0 {
		r = io.LimitReader(r, s.limits.MaxUpload+1)
	}
	buffer := copyBuffers.Get().(*[64 << 10]byte)
	defer copyBuffers.Put(buffer)
	n, err := io.CopyBuffer(struct{ io.Writer }{d}, r, buffer[:])
	if err == nil && s.limits.MaxUpload > 0 && n > s.limits.MaxUpload {
		err = s.tooLarge()
	}
	return n, err
}

func (s *Service) tooLarge() error {
	return campfire.Errorf(campfire.CodeTooLarge, "A file may have %s at most.", bytesText(s.limits.MaxUpload))
}

// keep looks into a file that is whole and hands it to the store of blobs,
// its small picture first: a row never names what is not there.
func (s *Service) keep(ctx context.Context, d *blob.Draft, f *store.File) error {
	look, err := s.files.Look(ctx, d, f.Filename)
	if err != nil {
		return err
	}
	f.ContentType, f.Width, f.Height = look.ContentType, look.Width, look.Height
	info, err := d.Stat()
	if err != nil {
		return err
	}
	f.Size = info.Size()
	if look.Thumbnail != nil {
		if err := s.keepThumbnail(ctx, f.Blob+ThumbnailEnding, look.Thumbnail); err != nil {
			return err
		}
		f.Thumbnail = true
	}
	return s.files.Blobs.Keep(ctx, d)
}

func (s *Service) keepThumbnail(ctx context.Context, key string, picture []byte) error {
	d, err := s.files.Drafts.Create(key)
	if err != nil {
		return err
	}
	if _, err := d.Write(picture); err != nil {
		return errors.Join(err, d.Drop())
	}
	if err := s.files.Blobs.Keep(ctx, d); err != nil {
		return errors.Join(err, d.Drop())
	}
	return nil
}

// Drop gives up files that were received and will not be posted.
func (s *Service) Drop(ctx context.Context, files []*Received) {
	for _, f := range files {
		if err := s.removeBlobs(context.WithoutCancel(ctx), &f.file); err != nil {
			s.log.Warn("a file that was not posted could not be removed; it will be", "err", err)
		}
	}
}

// removeBlobs removes all that is kept of a file.
func (s *Service) removeBlobs(ctx context.Context, f *store.File) error {
	return errors.Join(s.files.Drafts.Remove(f.Blob),
		s.files.Blobs.Delete(ctx, f.Blob), s.files.Blobs.Delete(ctx, f.Blob+ThumbnailEnding))
}

// PostFiles posts a draft together with files that were received for it.
// Those that don't come to hang on a message are dropped: all of them when
// the post fails or is a duplicate.
func (s *Service) PostFiles(ctx context.Context, a campfire.Actor, room campfire.RoomID, d campfire.Draft, files []*Received) (*campfire.Posted, error) {
	result, err := s.postOne(ctx, a, room, d, files)
	if err == nil && !result.Duplicate {
		return result, nil
	}
	// After an error that is not explained the row may be there all the same;
	// what no row has is found by the search for orphans.
	if err == nil || campfire.CodeOf(err) != campfire.CodeInternal || ctx.Err() != nil {
		s.Drop(ctx, files)
	}
	return result, err
}

func (s *Service) postOne(ctx context.Context, a campfire.Actor, room campfire.RoomID, d campfire.Draft, files []*Received) (*campfire.Posted, error) {
	results, err := s.postAll(ctx, a, room, []campfire.Draft{d}, files)
	if err != nil {
		return nil, err
	}
	return results[0].Posted, results[0].Err
}

// attach brings the files of a draft into the transaction that posts it:
// those received get their rows, those uploaded are found. Errors that the
// poster is told of come before the first write.
func (s *Service) attach(tx *store.Tx, a campfire.Actor, p *prepared) ([]store.File, error) {
	files := make([]store.File, 0, len(p.uploads)+len(p.received))
	for _, id := range p.uploads {
		f, err := tx.UnpostedFile(id, a.ID)
		if err == nil && f.State != store.FileWhole || campfire.CodeOf(err) == campfire.CodeNotFound {
			return nil, campfire.Invalid("upload_ids", "names an upload that is not there, or has not come whole: %d", id)
		}
		if err != nil {
			return nil, err
		}
		files = append(files, *f)
	}
	more := int64(0)
	for _, f := range p.received {
		more += f.file.Size
	}
	if more > 0 {
		if err := s.withinQuota(&tx.Reader, a, more); err != nil {
			return nil, err
		}
	}
	for _, r := range p.received {
		f := r.file
		f.CreatedAt = s.now()
		if err := tx.InsertFile(&f); err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	return files, nil
}

// withFiles adds files to what a text was rendered to: a message is found,
// quoted and told of by their names, too.
func withFiles(r *markup.Rendered, files []campfire.Attachment) *markup.Rendered {
	if len(files) == 0 {
		return r
	}
	r = new(*r)
	meta := campfire.MessageMeta{}
	if r.Meta != nil {
		meta = *r.Meta
	}
	meta.Attachments = files
	r.Meta = &meta
	for _, f := range files {
		if r.Plain != "" {
			r.Plain += "\n"
		}
		r.Plain += f.Filename
	}
	return r
}

func attachments(files []store.File) []campfire.Attachment {
	list := make([]campfire.Attachment, len(files))
	for i, f := range files {
		list[i] = f.Attachment
	}
	return list
}

// OpenFile returns a file that hangs on a message which a may read now, and
// its bytes; or those of its small picture.
func (s *Service) OpenFile(ctx context.Context, a campfire.Actor, id campfire.AttachmentID, thumbnail bool) (*campfire.Attachment, blob.Blob, error) {
	var f *store.File
	err := s.store.Read(ctx, func(r *store.Reader) (err error) {
		f, err = r.SeenFile(id, a.ID)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	key := f.Blob
	if thumbnail {
		if !f.Thumbnail {
			return nil, nil, campfire.NotFound("file")
		}
		key += ThumbnailEnding
	}
	b, err := s.files.Blobs.Open(ctx, key)
	if errors.Is(err, fs.ErrNotExist) {
		s.log.Error("a file's bytes are gone", "attachment", id)
		return nil, nil, campfire.NotFound("file")
	}
	return &f.Attachment, b, err
}

// — Background —

// OrphanAfter is how old bytes without a row are when they are removed: the
// request that brought them may be about to write it.
const OrphanAfter = 24 * time.Hour

const (
	unpostedFor = 24 * time.Hour // how long an upload may wait to be finished and posted
	removeFiles = 100            // of one step
)

// removeFiles removes the bytes of files that nobody may see any more, then
// their rows: what a crash leaves is found again.
func (s *Service) removeFiles(ctx context.Context) error {
	if s.files.Blobs == nil {
		return nil // none are kept here
	}
	for {
		var gone []store.File
		err := s.store.Read(ctx, func(r *store.Reader) (err error) {
			gone, err = r.RemovedFiles(removeFiles)
			return err
		})
		if err != nil || len(gone) == 0 {
			return err
		}
		for i := range gone {
			if err := s.removeBlobs(ctx, &gone[i]); err != nil {
				return err
			}
		}
		err = s.store.Write(ctx, func(tx *store.Tx) error {
			for i := range gone {
				if err := tx.DeleteFile(gone[i].ID); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}

// tidyFiles gives up what was uploaded long ago and never posted.
func (s *Service) tidyFiles(ctx context.Context) error {
	before := s.now().Add(-unpostedFor)
	err := s.repeat(ctx, purgeRows, func(tx *store.Tx) (int, error) { return tx.RemoveOldUnposted(before, purgeRows) })
	return errors.Join(err, s.removeFiles(ctx))
}

// removeOrphans removes bytes that no row names: what a crash left between
// the keeping of a file and its row.
func (s *Service) removeOrphans(ctx context.Context) error {
	if s.files.Blobs == nil {
		return nil
	}
	removed := 0
	err := s.files.Blobs.Each(ctx, s.now().Add(-OrphanAfter).Time(), func(key string) error {
		known, err := s.hasBlob(ctx, strings.TrimSuffix(key, ThumbnailEnding))
		if err != nil || known {
			return err
		}
		removed++
		return s.files.Blobs.Delete(ctx, key)
	})
	if removed > 0 {
		s.log.Info("bytes that belonged to no file were removed", "blobs", removed)
	}
	return err
}

func (s *Service) hasBlob(ctx context.Context, key string) (known bool, err error) {
	err = s.store.Read(ctx, func(r *store.Reader) error {
		known, err = r.HasBlob(key)
		return err
	})
	return known, err
}

// dropDrafts gives up, at the start, the drafts that no row names: the
// requests that brought them have ended with the process that took them.
func (s *Service) dropDrafts(ctx context.Context) error {
	if s.files.Drafts == nil {
		return nil
	}
	keys, err := s.files.Drafts.Keys()
	if err != nil {
		return err
	}
	for _, key := range keys {
		known, err := s.hasBlob(ctx, key)
		if err != nil {
			return err
		}
		if !known {
			if err := s.files.Drafts.Remove(key); err != nil {
				return err
			}
		}
	}
	return nil
}
