package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"strings"
	"time"

	"campfire"
	"campfire/internal/blob"
	"campfire/internal/chat"
	"campfire/internal/doctor"
	"campfire/internal/store"
)

// inventory holds the rows of files against the bytes that are kept.
type inventory struct {
	drafts *blob.Drafts
	blobs  blob.Store
	bucket string // empty: the local disk
	deep   bool   // look at all, however many
	now    time.Time
}

// How much is looked at unless all is to be.
const (
	newestFiles = 1000 // the newest, and
	someFiles   = 1000 // as many at random among the rest
	someBlobs   = 50_000
	lookFor     = 4 * time.Second  // at either, in a bucket that is far
	inventoryIn = 15 * time.Second // all of it, in one that doesn't answer
)

// take looks at the rows, then at what is kept, then tries to keep something.
// What it finds wrong is no error.
func (i *inventory) take(ctx context.Context, rows *store.FileRows) (*doctor.Stored, error) {
	found := &doctor.Stored{Bucket: i.bucket}
	var err error
	if found.Files, err = rows.Count(ctx); err != nil {
		return nil, err
	}
	if err := i.followRows(ctx, rows, found); err != nil {
		return nil, err
	}
	if err := i.findOrphans(ctx, rows, found); err != nil {
		return nil, err
	}
	if err := i.keepSomething(ctx); err != nil {
		found.Unwritable = err.Error()
	}
	return found, nil
}

// followRows asks for the bytes that rows name.
func (i *inventory) followRows(ctx context.Context, rows *store.FileRows, found *doctor.Stored) error {
	ends := i.now.Add(lookFor)
	look := func(files []store.File) (enough bool, err error) {
		for k := range files {
			if !i.deep && time.Now().After(ends) {
				return true, nil
			}
			if err := i.follow(ctx, rows, &files[k], found); err != nil {
				return true, err
			}
			found.Looked++
		}
		return false, nil
	}
	next := campfire.AttachmentID(math.MaxInt64)
	for {
		files, err := rows.Before(ctx, next, newestFiles)
		if err != nil || len(files) == 0 {
			return err
		}
		if enough, err := look(files); err != nil || enough {
			return err
		}
		next = files[len(files)-1].ID
		if !i.deep && found.Files > newestFiles+someFiles {
			break
		}
	}
	files, err := rows.Some(ctx, next, someFiles)
	if err == nil {
		_, err = look(files)
	}
	return err
}

// follow looks at one file and its small picture.
func (i *inventory) follow(ctx context.Context, rows *store.FileRows, f *store.File, found *doctor.Stored) error {
	size, err := i.blobs.Size(ctx, f.Blob)
	if err == nil && f.Thumbnail {
		_, err = i.blobs.Size(ctx, f.Blob+chat.ThumbnailEnding)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	case size == f.Size:
		return nil
	}
	// Meanwhile its message may have been deleted.
	wanted, gone := rows.Wanted(ctx, f.ID)
	if gone != nil || !wanted {
		return gone
	}
	if err != nil {
		found.Missing = append(found.Missing, int64(f.ID))
	} else {
		found.Altered = append(found.Altered, int64(f.ID))
	}
	return nil
}

// errEnough ends a walk.
var errEnough = errors.New("enough was seen")

// findOrphans counts what is kept and no row names: all that is old enough to
// be removed, and what should have been removed a day ago.
func (i *inventory) findOrphans(ctx context.Context, rows *store.FileRows, found *doctor.Stored) error {
	count := func(age time.Duration) (orphans, seen int64, err error) {
		ends := time.Now().Add(lookFor)
		err = i.blobs.Each(ctx, i.now.Add(-age), func(key string) error {
			if !i.deep && (seen >= someBlobs || time.Now().After(ends)) {
				return errEnough
			}
			seen++
			kept, err := rows.Kept(ctx, strings.TrimSuffix(key, chat.ThumbnailEnding))
			if err == nil && !kept {
				orphans++
			}
			return err
		})
		return orphans, seen, err
	}
	var err error
	found.Orphans, found.Blobs, err = count(chat.OrphanAfter)
	found.Partly = errors.Is(err, errEnough)
	if err != nil && !found.Partly || found.Orphans == 0 {
		return ignore(err, errEnough)
	}
	found.Overdue, _, err = count(2 * chat.OrphanAfter)
	return ignore(err, errEnough)
}

func ignore(err, expected error) error {
	if errors.Is(err, expected) {
		return nil
	}
	return err
}

// keepSomething keeps a few bytes as a file would be, and removes them.
func (i *inventory) keepSomething(ctx context.Context) error {
	d, err := i.drafts.Create(blob.NewKey())
	if err != nil {
		return fmt.Errorf("a file can't be received: %w", err)
	}
	_, err = d.Write(bytes.Repeat([]byte{1}, 4096))
	if err == nil {
		err = i.blobs.Keep(ctx, d)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("a file can't be kept: %w", err), d.Drop())
	}
	if err := i.blobs.Delete(ctx, d.Key); err != nil {
		return fmt.Errorf("a file can't be removed: %w", err)
	}
	return nil
}
