package blob

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// incoming is where drafts lie, beside the blobs.
const incoming = "incoming"

// Drafts are the files that are on their way, in a directory of the local disk.
type Drafts struct {
	root  *os.Root
	floor int64
}

// OpenDrafts opens the directory for files, and makes it when it is missing.
// floor is how many bytes of the disk must stay free when a draft begins; zero
// sets no bound.
func OpenDrafts(dir string, floor int64) (*Drafts, error) {
	if err := os.MkdirAll(filepath.Join(dir, incoming), 0o700); err != nil {
		return nil, fmt.Errorf("the directory for files can't be made: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &Drafts{root: root, floor: floor}, nil
}

// Close closes the directory; drafts that are open stay so.
func (d *Drafts) Close() error { return d.root.Close() }

// Draft is a file that is on its way. It is written from its beginning to its
// end, read anywhere, and written over where it has come already.
type Draft struct {
	*os.File
	Key     string
	in      *Drafts
	written int64 // since the room that is left was looked at
}

// lookEvery is after how many bytes the room that is left is looked at again.
const lookEvery = 4 << 20

func draftPath(key string) string { return incoming + "/" + key }

// Room reports whether size further bytes (0: not known) would leave what
// must stay free; if not it is CodeStorageFull.
func (d *Drafts) Room(size int64) error {
	if d.floor <= 0 {
		return nil
	}
	free, err := freeBytes(d.root.Name())
	if err != nil {
		return err
	}
	if free-size < d.floor {
		return noRoom(nil)
	}
	return nil
}

// Create begins a draft under a new key.
func (d *Drafts) Create(key string) (*Draft, error) {
	return d.open(key, os.O_RDWR|os.O_CREATE|os.O_EXCL)
}

// Resume opens a draft at its end; fs.ErrNotExist when there is none.
func (d *Drafts) Resume(key string) (*Draft, error) {
	draft, err := d.open(key, os.O_RDWR)
	if err != nil {
		return nil, err
	}
	if _, err := draft.Seek(0, io.SeekEnd); err != nil {
		draft.Close()
		return nil, err
	}
	return draft, nil
}

func (d *Drafts) open(key string, flag int) (*Draft, error) {
	if !validKey(key) {
		return nil, errKey
	}
	f, err := d.root.OpenFile(draftPath(key), flag, 0o600)
	if err != nil {
		return nil, full(err)
	}
	return &Draft{File: f, Key: key, in: d}, nil
}

// Size returns how much of a draft is there; fs.ErrNotExist without one.
func (d *Drafts) Size(key string) (int64, error) {
	if !validKey(key) {
		return 0, errKey
	}
	info, err := d.root.Stat(draftPath(key))
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// Remove gives a draft up; one that is not there is given up.
func (d *Drafts) Remove(key string) error {
	if !validKey(key) {
		return nil
	}
	return missing(d.root.Remove(draftPath(key)))
}

// Keys returns the keys of all drafts.
func (d *Drafts) Keys() ([]string, error) {
	dir, err := d.root.Open(incoming)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	return dir.Readdirnames(-1)
}

// Write writes; CodeStorageFull when the disk takes no more, or would be left
// with too little.
func (d *Draft) Write(p []byte) (int, error) {
	if d.written += int64(len(p)); d.written > lookEvery {
		d.written = 0
		if err := d.in.Room(0); err != nil {
			return 0, err
		}
	}
	n, err := d.File.Write(p)
	return n, full(err)
}

// WriteAt writes in the place of what is there.
func (d *Draft) WriteAt(p []byte, at int64) (int, error) {
	n, err := d.File.WriteAt(p, at)
	return n, full(err)
}

// ReadFrom copies all of r behind what is there.
func (d *Draft) ReadFrom(r io.Reader) (int64, error) {
	return io.Copy(struct{ io.Writer }{d}, r)
}

// Replace puts what write writes in the place of what is there; when it fails,
// the draft is as it was.
func (d *Draft) Replace(write func(io.Writer) error) error {
	beside := draftPath(d.Key + "-r")
	f, err := d.in.root.OpenFile(beside, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return full(err)
	}
	other := &Draft{File: f, Key: d.Key, in: d.in}
	if err := write(other); err != nil {
		return errors.Join(err, f.Close(), d.in.root.Remove(beside))
	}
	if err := d.in.root.Rename(beside, draftPath(d.Key)); err != nil {
		return errors.Join(full(err), f.Close(), missing(d.in.root.Remove(beside)))
	}
	old := d.File
	d.File = f
	return old.Close()
}

// Sync makes what was written durable.
func (d *Draft) Sync() error { return full(d.File.Sync()) }

// Drop closes a draft and gives it up; after a store has taken it, it only
// closes.
func (d *Draft) Drop() error {
	return errors.Join(closed(d.File.Close()), missing(d.in.root.Remove(draftPath(d.Key))))
}

// missing makes nothing of the failure to remove what is not there.
func missing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func closed(err error) error {
	if errors.Is(err, os.ErrClosed) {
		return nil
	}
	return err
}

// freeBytes returns how much of the disk a directory is on is free for us.
func freeBytes(dir string) (int64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, err
	}
	return int64(st.Bavail) * int64(st.Bsize), nil
}
