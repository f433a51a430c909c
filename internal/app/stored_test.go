package app

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"campfire"
	"campfire/internal/blob"
	"campfire/internal/chat"
	"campfire/internal/doctor"
	"campfire/internal/store"
)

// shelf is a store of rows beside a store of bytes.
type shelf struct {
	t      *testing.T
	dir    string
	store  *store.Store
	drafts *blob.Drafts
	blobs  *blob.Disk
	user   campfire.UserID
}

func newShelf(t *testing.T) *shelf {
	t.Helper()
	s := &shelf{t: t, dir: t.TempDir()}
	var err error
	if s.store, err = store.Open(t.Context(), store.Options{Dir: s.dir}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.store.Close() })
	if s.drafts, err = blob.OpenDrafts(filepath.Join(s.dir, "files"), 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.drafts.Close() })
	s.blobs = blob.NewDisk(s.drafts)
	u := &campfire.User{Person: campfire.Person{Name: "Ada"}, Email: "ada@example.org", CreatedAt: 1}
	if err := s.store.Write(t.Context(), func(tx *store.Tx) error { return tx.CreateUser(u, "") }); err != nil {
		t.Fatal(err)
	}
	s.user = u.ID
	return s
}

// keep stores bytes under a key and says where they lie.
func (s *shelf) keep(key string, data string) string {
	s.t.Helper()
	d, err := s.drafts.Create(key)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := d.Write([]byte(data)); err != nil {
		s.t.Fatal(err)
	}
	if err := s.blobs.Keep(s.t.Context(), d); err != nil {
		s.t.Fatal(err)
	}
	return filepath.Join(s.dir, "files", key[:2], key[2:4], key)
}

// file stores a row of a file with its bytes.
func (s *shelf) file(state store.FileState, thumbnail bool) (id int64, path string) {
	s.t.Helper()
	f := store.File{User: s.user, State: state, Blob: blob.NewKey(), CreatedAt: 1}
	f.Size, f.Thumbnail = 5, thumbnail
	if err := s.store.Write(s.t.Context(), func(tx *store.Tx) error { return tx.InsertFile(&f) }); err != nil {
		s.t.Fatal(err)
	}
	path = s.keep(f.Blob, "hello")
	if thumbnail {
		s.keep(f.Blob+chat.ThumbnailEnding, "x")
	}
	return int64(f.ID), path
}

func (s *shelf) look(blobs blob.Store, deep bool) *doctor.Stored {
	s.t.Helper()
	var found *doctor.Stored
	_, err := s.store.Inspect(s.t.Context(), store.InspectOptions{
		Files: takeInventory(&inventory{drafts: s.drafts, blobs: blobs, deep: deep}, &found)})
	if err != nil {
		s.t.Fatal(err)
	}
	return found
}

func TestInventoryHoldsRowsAgainstBytes(t *testing.T) {
	s := newShelf(t)
	remove := func(path string) {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	s.file(store.FilePosted, true)
	missing, path := s.file(store.FilePosted, false)
	remove(path)
	pictureless, path := s.file(store.FileWhole, true)
	remove(path + chat.ThumbnailEnding)
	short, path := s.file(store.FilePosted, false)
	if err := os.Truncate(path, 4); err != nil {
		t.Fatal(err)
	}
	// What is on its way, or to be removed, need not be there.
	_, path = s.file(store.FileComing, false)
	remove(path)
	_, path = s.file(store.FileRemoved, false)
	remove(path)
	for _, age := range []time.Duration{time.Hour, 25 * time.Hour, 50 * time.Hour} {
		then := time.Now().Add(-age)
		for _, ending := range []string{"", chat.ThumbnailEnding} {
			if err := os.Chtimes(s.keep(blob.NewKey()+ending, "nobody's"), then, then); err != nil {
				t.Fatal(err)
			}
		}
	}
	got := s.look(s.blobs, false)
	slices.Sort(got.Missing)
	if got.Files != 4 || got.Looked != 4 || !slices.Equal(got.Missing, []int64{missing, pictureless}) || !slices.Equal(got.Altered, []int64{short}) {
		t.Errorf("%+v, want %d and %d missing, %d altered", got, missing, pictureless, short)
	}
	if got.Orphans != 4 || got.Overdue != 2 || got.Blobs != 4 || got.Partly || got.Unwritable != "" || got.Err != "" {
		t.Errorf("%+v", got)
	}
	if keys, err := s.drafts.Keys(); err != nil || len(keys) != 0 {
		t.Errorf("the look left drafts: %v, %v", keys, err)
	}
}

func TestInventoryOfManyIsASample(t *testing.T) {
	s := newShelf(t)
	const n = newestFiles + someFiles + 500
	err := s.store.Write(t.Context(), func(tx *store.Tx) error {
		for range n {
			f := store.File{User: s.user, State: store.FilePosted, Blob: blob.NewKey(), CreatedAt: 1}
			if err := tx.InsertFile(&f); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	got := s.look(s.blobs, false)
	// Of the older ones some are drawn twice, and looked at once.
	if got.Files != n || got.Looked < newestFiles+someFiles/4 || got.Looked > newestFiles+someFiles || len(got.Missing) != int(got.Looked) {
		t.Errorf("%d files, %d looked at, %d missing", got.Files, got.Looked, len(got.Missing))
	}
	if slices.Sort(got.Missing); len(slices.Compact(got.Missing)) != int(got.Looked) {
		t.Error("some were looked at twice")
	}
	if got := s.look(s.blobs, true); got.Looked != n || len(got.Missing) != n {
		t.Errorf("deep: %d looked at, %d missing", got.Looked, len(got.Missing))
	}
}

// broken is a store that answers nothing, or takes nothing.
type broken struct {
	blob.Store
	size, keep error
}

func (b broken) Size(ctx context.Context, key string) (int64, error) {
	if b.size != nil {
		return 0, b.size
	}
	return b.Store.Size(ctx, key)
}

func (b broken) Keep(ctx context.Context, d *blob.Draft) error {
	if b.keep != nil {
		return b.keep
	}
	return b.Store.Keep(ctx, d)
}

func TestInventoryTellsWhatItCouldNotDo(t *testing.T) {
	s := newShelf(t)
	s.file(store.FilePosted, false)
	if got := s.look(broken{Store: s.blobs, size: errors.New("no answer")}, false); !strings.Contains(got.Err, "no answer") || len(got.Missing) > 0 {
		t.Errorf("%+v", got)
	}
	if got := s.look(broken{Store: s.blobs, keep: fs.ErrPermission}, false); !strings.Contains(got.Unwritable, "permission denied") && !strings.Contains(got.Unwritable, fs.ErrPermission.Error()) {
		t.Errorf("%+v", got)
	}
	if keys, err := s.drafts.Keys(); err != nil || len(keys) != 0 {
		t.Errorf("what could not be kept is left: %v, %v", keys, err)
	}
	// A row that goes while it is looked at is no file that is missing.
	var removed bool
	gone := broken{Store: s.blobs, size: fs.ErrNotExist}
	hook := vanishing{gone, func() {
		if !removed {
			removed = true
			if err := s.store.Write(t.Context(), func(tx *store.Tx) error { return tx.RemoveUnposted(s.user) }); err != nil {
				t.Error(err)
			}
		}
	}}
	whole, _ := s.file(store.FileWhole, false)
	if got := s.look(hook, false); slices.Contains(got.Missing, whole) || len(got.Missing) != 1 {
		t.Errorf("%+v, with %d removed meanwhile", got, whole)
	}
}

type vanishing struct {
	broken
	before func()
}

func (v vanishing) Size(ctx context.Context, key string) (int64, error) {
	v.before()
	return v.broken.Size(ctx, key)
}

// crowded has more blobs than are gone through at a time.
type crowded struct{ blob.Store }

func (crowded) Each(_ context.Context, _ time.Time, f func(string) error) error {
	for range someBlobs + 1 {
		if err := f("nobodys"); err != nil {
			return err
		}
	}
	return nil
}

func TestInventoryGoesThroughABoundedNumberOfBlobs(t *testing.T) {
	s := newShelf(t)
	for deep, want := range map[bool]int64{false: someBlobs, true: someBlobs + 1} {
		got := s.look(crowded{s.blobs}, deep)
		if got.Partly == deep || got.Blobs > want || deep && got.Orphans != want || got.Err != "" {
			t.Errorf("deep %v: %+v", deep, got)
		}
	}
}
