package chat

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"sync"

	"campfire"
	"campfire/internal/blob"
	"campfire/internal/store"
)

// Upload is a file that comes in pieces, ahead of its message. It may be gone
// on with after any interruption, from Offset, until it is posted, cancelled
// or a day old.
type Upload struct {
	ID         campfire.AttachmentID
	Filename   string
	Size       int64
	Offset     int64 // how much of it is here, durably
	ChunkBytes int64 // how much may come at once
}

// uploading are the uploads that are worked on right now: one at a time each.
type uploading struct {
	mu   sync.Mutex
	busy map[campfire.AttachmentID]struct{}
}

// begin takes an upload; CodeConflict while another has it.
func (u *uploading) begin(id campfire.AttachmentID) (end func(), err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if _, taken := u.busy[id]; taken {
		return nil, campfire.Conflict("Another request works on this upload; ask where it stands and go on from there.")
	}
	if u.busy == nil {
		u.busy = make(map[campfire.AttachmentID]struct{})
	}
	u.busy[id] = struct{}{}
	return func() {
		u.mu.Lock()
		defer u.mu.Unlock()
		delete(u.busy, id)
	}, nil
}

// BeginUpload announces a file. Its size counts at once for what a may store.
func (s *Service) BeginUpload(ctx context.Context, a campfire.Actor, name string, size int64) (*Upload, error) {
	if size < 0 || size > largestUpload {
		return nil, campfire.Invalid("byte_size", "must be a number of bytes that a file can have")
	}
	if s.limits.MaxUpload > 0 && size > s.limits.MaxUpload {
		return nil, s.tooLarge()
	}
	if err := s.mayStore(ctx, a, size); err != nil {
		return nil, err
	}
	f := store.File{User: a.ID, State: store.FileComing, Blob: blob.NewKey(), CreatedAt: s.now()}
	f.Filename, f.Size = campfire.CleanFilename(name, s.limits.MaxFilename), size
	d, err := s.files.Drafts.Create(f.Blob)
	if err != nil {
		return nil, err
	}
	err = s.store.Write(ctx, func(tx *store.Tx) error {
		if err := s.stillActive(tx, a); err != nil {
			return err
		}
		if err := s.withinQuota(&tx.Reader, a, size); err != nil {
			return err
		}
		return tx.InsertFile(&f)
	})
	if err != nil {
		return nil, errors.Join(err, d.Drop())
	}
	return s.upload(&f, 0), d.Close()
}

// largestUpload is beyond all disks, where no limit is set: sums of sizes stay
// numbers.
const largestUpload = 1 << 50

func (s *Service) upload(f *store.File, offset int64) *Upload {
	return &Upload{ID: f.ID, Filename: f.Filename, Size: f.Size, Offset: offset, ChunkBytes: s.limits.ChunkBytes}
}

// Upload returns where an upload of a's stands.
func (s *Service) Upload(ctx context.Context, a campfire.Actor, id campfire.AttachmentID) (*Upload, error) {
	f, err := s.unposted(ctx, a, id)
	if err != nil {
		return nil, err
	}
	if f.State == store.FileWhole {
		return s.upload(f, f.Size), nil
	}
	n, err := s.files.Drafts.Size(f.Blob)
	if err != nil {
		return nil, draftGone(err)
	}
	return s.upload(f, n), nil
}

// draftGone makes of a draft that is not there an upload that is not: its
// bytes were lost, and it has to be begun anew.
func draftGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return campfire.NotFound("upload")
	}
	return err
}

func (s *Service) unposted(ctx context.Context, a campfire.Actor, id campfire.AttachmentID) (f *store.File, err error) {
	err = s.store.Read(ctx, func(r *store.Reader) error {
		f, err = r.UnpostedFile(id, a.ID)
		return err
	})
	return f, err
}

// AppendUpload adds what r holds, up to a chunk, to an upload that stands at
// offset; CodeConflict when it stands elsewhere. What has come when r fails is
// kept; the upload says where it stands in either case. With its last byte a
// file is looked into and kept.
func (s *Service) AppendUpload(ctx context.Context, a campfire.Actor, id campfire.AttachmentID, offset int64, r io.Reader) (*Upload, error) {
	end, err := s.uploading.begin(id)
	if err != nil {
		return nil, err
	}
	defer end()
	f, err := s.unposted(ctx, a, id)
	if err != nil {
		return nil, err
	}
	if f.State == store.FileWhole {
		if offset != f.Size {
			return s.upload(f, f.Size), astray(f.Size)
		}
		return s.upload(f, f.Size), nil
	}
	if err := s.files.Drafts.Room(0); err != nil {
		return nil, err
	}
	d, err := s.files.Drafts.Resume(f.Blob)
	if err != nil {
		return nil, draftGone(err)
	}
	defer func() { d.Close() }() // whichever file it is by then
	at, err := d.Seek(0, io.SeekCurrent)
	if err != nil {
		return nil, err
	}
	if at != offset {
		return s.upload(f, at), astray(at)
	}
	n, err := s.appendTo(d, r, min(s.chunk(), f.Size-at))
	if campfire.CodeOf(err) == campfire.CodeStorageFull {
		// Others need what room there is more than half a piece does.
		n = 0
		err = errors.Join(err, d.Truncate(at))
	}
	u := s.upload(f, at+n)
	if err != nil {
		return u, err
	}
	if u.Offset < f.Size {
		return u, nil
	}
	return u, s.finish(ctx, d, f)
}

func (s *Service) chunk() int64 {
	if s.limits.ChunkBytes > 0 {
		return s.limits.ChunkBytes
	}
	return 1 << 62
}

func astray(at int64) error {
	return campfire.Conflict("The upload stands at another place; ask where and go on from there.")
}

// appendTo copies up to most bytes behind a draft and syncs them.
func (s *Service) appendTo(d *blob.Draft, r io.Reader, most int64) (int64, error) {
	buffer := copyBuffers.Get().(*[64 << 10]byte)
	defer copyBuffers.Put(buffer)
	n, err := io.CopyBuffer(struct{ io.Writer }{d}, io.LimitReader(r, most), buffer[:])
	if err == nil {
		var more [1]byte
		if k, _ := io.ReadFull(r, more[:]); k > 0 {
			err = &campfire.Error{Code: campfire.CodeTooLarge, Detail: "That is more than is left of the file, or than may come at once."}
		}
	}
	return n, errors.Join(err, d.Sync())
}

// finish keeps a file whose last byte has come.
func (s *Service) finish(ctx context.Context, d *blob.Draft, f *store.File) error {
	if err := s.keep(ctx, d, f); err != nil {
		return draftGone(err) // cancelled meanwhile
	}
	return s.store.Write(ctx, func(tx *store.Tx) error {
		still, err := tx.FinishFile(f)
		if err == nil && !still {
			return campfire.NotFound("upload") // cancelled meanwhile; its bytes go with its row
		}
		return err
	})
}

// finishUploads finishes those of the uploads that have come whole and were
// interrupted before that was noted, and the empty ones. What is not there
// or not whole is found by the transaction that posts.
func (s *Service) finishUploads(ctx context.Context, a campfire.Actor, ids []campfire.AttachmentID) error {
	for _, id := range ids {
		f, err := s.unposted(ctx, a, id)
		if campfire.CodeOf(err) == campfire.CodeNotFound || err == nil && f.State == store.FileWhole {
			continue
		}
		if err != nil {
			return err
		}
		if _, err := s.AppendUpload(ctx, a, id, f.Size, eof{}); err != nil && campfire.CodeOf(err) == campfire.CodeInternal {
			return err
		}
	}
	return nil
}

type eof struct{}

func (eof) Read([]byte) (int, error) { return 0, io.EOF }

// CancelUpload gives an upload up that was not posted.
func (s *Service) CancelUpload(ctx context.Context, a campfire.Actor, id campfire.AttachmentID) error {
	f, err := s.unposted(ctx, a, id)
	if err != nil {
		return err
	}
	// Its bytes go first: on a full disk even their row can't be changed.
	if err := s.files.Drafts.Remove(f.Blob); err != nil {
		return err
	}
	err = s.store.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.UnpostedFile(id, a.ID); err != nil {
			return err
		}
		_, err := tx.RemoveFile(id)
		return err
	})
	if err == nil {
		s.wakeRun()
	}
	return err
}
