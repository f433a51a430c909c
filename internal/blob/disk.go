package blob

import (
	"context"
	"io/fs"
	"os"
	"time"
)

// Disk is a Store on the local disk: <aa>/<bb>/<key> below the directory of
// the drafts, so that taking one over is a rename.
type Disk struct{ root *os.Root }

// NewDisk returns the store beside drafts.
func NewDisk(d *Drafts) *Disk { return &Disk{d.root} }

// place is the directory of a key, and its parent.
func place(key string) (outer, inner string) { return key[:2], key[:2] + "/" + key[2:4] }

func blobPath(key string) string {
	_, inner := place(key)
	return inner + "/" + key
}

// Keep syncs a draft, moves it to its place and syncs the directories, so
// that the name survives a power failure as the bytes do.
func (s *Disk) Keep(_ context.Context, d *Draft) error {
	if err := d.Sync(); err != nil {
		return err
	}
	outer, inner := place(d.Key)
	var changed []string // directories that have a new name in them
	for _, dir := range [][2]string{{outer, "."}, {inner, outer}} {
		err := s.root.Mkdir(dir[0], 0o700)
		if err == nil {
			changed = append(changed, dir[1])
		} else if !os.IsExist(err) {
			return full(err)
		}
	}
	if err := s.root.Rename(draftPath(d.Key), blobPath(d.Key)); err != nil {
		return full(err)
	}
	for _, dir := range append(changed, inner) {
		if err := s.syncDirectory(dir); err != nil {
			return full(err)
		}
	}
	return closed(d.File.Close())
}

func (s *Disk) syncDirectory(name string) error {
	dir, err := s.root.Open(name)
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}

// Open opens a blob's file.
func (s *Disk) Open(_ context.Context, key string) (Blob, error) {
	if !validKey(key) {
		return nil, errKey
	}
	f, err := s.root.Open(blobPath(key))
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, err
	}
	return &File{f, info.Size()}, nil
}

// File is a blob on the local disk: a connection can be given it without its
// bytes being copied.
type File struct {
	*os.File
	size int64
}

// Size returns the blob's size in bytes.
func (f *File) Size() int64 { return f.size }

// Size asks the file system.
func (s *Disk) Size(_ context.Context, key string) (int64, error) {
	if !validKey(key) {
		return 0, errKey
	}
	info, err := s.root.Stat(blobPath(key))
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// Delete removes a blob's file. Its directories stay: others come to lie there.
func (s *Disk) Delete(_ context.Context, key string) error {
	if !validKey(key) {
		return nil
	}
	return missing(s.root.Remove(blobPath(key)))
}

// Each goes through all blobs.
func (s *Disk) Each(ctx context.Context, before time.Time, f func(key string) error) error {
	return fs.WalkDir(s.root.FS(), ".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return missing(err) // removed meanwhile
		case ctx.Err() != nil:
			return ctx.Err()
		case entry.IsDir() && path == incoming:
			return fs.SkipDir
		case entry.IsDir() || !validKey(entry.Name()) || path != blobPath(entry.Name()):
			return nil // no blob of ours
		}
		info, err := entry.Info()
		if err != nil {
			return missing(err)
		}
		if !info.ModTime().Before(before) {
			return nil
		}
		return f(entry.Name())
	})
}
