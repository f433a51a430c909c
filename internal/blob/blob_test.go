package blob_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"campfire"
	"campfire/internal/blob"
)

func drafts(t testing.TB, dir string) *blob.Drafts {
	t.Helper()
	d, err := blob.OpenDrafts(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// write makes a draft that is ready to be kept.
func write(t testing.TB, d *blob.Drafts, key string, data []byte) *blob.Draft {
	t.Helper()
	draft, err := d.Create(key)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := draft.Write(data); err != nil {
		t.Fatal(err)
	}
	return draft
}

func read(t testing.TB, s blob.Store, key string) []byte {
	t.Helper()
	b, err := s.Open(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	data, err := io.ReadAll(b)
	if err != nil || b.Size() != int64(len(data)) {
		t.Fatalf("%d bytes of %d, %v", len(data), b.Size(), err)
	}
	return data
}

// contract is what every store promises.
func contract(t *testing.T, d *blob.Drafts, s blob.Store) {
	ctx := t.Context()
	large := bytes.Repeat([]byte("0123456789abcdef"), 17<<16) // 17 MiB: more than a part
	for _, data := range [][]byte{nil, []byte("x"), large} {
		key := blob.NewKey()
		if err := s.Keep(ctx, write(t, d, key, data)); err != nil {
			t.Fatal(err)
		}
		if got := read(t, s, key); !bytes.Equal(got, data) {
			t.Errorf("%d bytes came back of %d", len(got), len(data))
		}
		if n, err := s.Size(ctx, key); err != nil || n != int64(len(data)) {
			t.Errorf("the store says %d bytes, %v; want %d", n, err, len(data))
		}
		if _, err := d.Size(key); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the draft is still there: %v", err)
		}
	}

	for _, key := range []string{blob.NewKey(), "../../etc/passwd"} {
		if _, err := s.Size(ctx, key); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the size of %q: %v", key, err)
		}
	}

	// From any place, to and fro.
	key := blob.NewKey()
	if err := s.Keep(ctx, write(t, d, key, large)); err != nil {
		t.Fatal(err)
	}
	b, err := s.Open(ctx, key)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []int64{16_000_000, 5, int64(len(large)) - 7, 0} {
		part := make([]byte, 7)
		if _, err := b.Seek(at, io.SeekStart); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(b, part); err != nil || !bytes.Equal(part, large[at:at+7]) {
			t.Errorf("at %d: %q, %v", at, part, err)
		}
	}
	if n, err := b.Seek(0, io.SeekEnd); err != nil || n != int64(len(large)) {
		t.Errorf("the end is at %d, %v", n, err)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}

	// All of them are found, by when they were kept.
	all := func(before time.Time) (keys []string) {
		err := s.Each(ctx, before, func(key string) error {
			keys = append(keys, key)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return keys
	}
	if keys := all(time.Now().Add(time.Hour)); len(keys) != 4 || !slices.Contains(keys, key) {
		t.Errorf("found %q", keys)
	}
	if keys := all(time.Now().Add(-time.Hour)); len(keys) != 0 {
		t.Errorf("found %q of an hour ago", keys)
	}
	enough := errors.New("enough")
	if err := s.Each(ctx, time.Now().Add(time.Hour), func(string) error { return enough }); !errors.Is(err, enough) {
		t.Error(err)
	}

	for range 2 {
		if err := s.Delete(ctx, key); err != nil {
			t.Error(err)
		}
	}
	if _, err := s.Open(ctx, key); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what was removed opens: %v", err)
	}
	for _, odd := range []string{"", ".", "..", "../campfire.db", "aaaaaaaaaaaaaaaaaaaaaaaaa/", strings.Repeat("a", 65), strings.Repeat("A", 26)} {
		if _, err := s.Open(ctx, odd); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q opens: %v", odd, err)
		}
		if err := s.Delete(ctx, odd); err != nil {
			t.Errorf("%q: %v", odd, err)
		}
	}
}

func TestDisk(t *testing.T) {
	dir := t.TempDir()
	d := drafts(t, dir)
	contract(t, d, blob.NewDisk(d))
	// Nobody else on the machine reads them.
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err == nil && path != dir && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A link that someone laid into the directory leads nowhere.
func TestNothingLeadsOutOfTheDirectory(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "secret"), []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := drafts(t, dir)
	s := blob.NewDisk(d)
	key := blob.NewKey()
	if err := os.MkdirAll(filepath.Join(dir, key[:2], key[2:4]), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(outside, "secret"), filepath.Join(dir, key[:2], key[2:4], key)); err != nil {
		t.Fatal(err)
	}
	if b, err := s.Open(t.Context(), key); err == nil {
		data, _ := io.ReadAll(b)
		t.Errorf("it opens: %q", data)
	}
	other := blob.NewKey()
	if err := os.Symlink(outside, filepath.Join(dir, other[:2])); err != nil {
		t.Fatal(err)
	}
	if err := s.Keep(t.Context(), write(t, d, other, []byte("x"))); err == nil {
		t.Error("a blob was kept outside")
	}
}

func TestDraftsGoOnAndAreReplaced(t *testing.T) {
	d := drafts(t, t.TempDir())
	key := blob.NewKey()
	if err := write(t, d, key, []byte("one ")).Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Create(key); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second draft of one key: %v", err)
	}
	draft, err := d.Resume(key)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := draft.Write([]byte("two")); err != nil {
		t.Fatal(err)
	}
	if n, err := d.Size(key); n != 7 || err != nil {
		t.Errorf("%d bytes, %v", n, err)
	}
	failed := errors.New("failed")
	if err := draft.Replace(func(w io.Writer) error { io.WriteString(w, "half"); return failed }); !errors.Is(err, failed) {
		t.Error(err)
	}
	content := func() string {
		b, err := io.ReadAll(io.NewSectionReader(draft, 0, 1<<20))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	if got := content(); got != "one two" {
		t.Errorf("after a failure it holds %q", got)
	}
	if err := draft.Replace(func(w io.Writer) error { _, err := io.WriteString(w, "three"); return err }); err != nil {
		t.Fatal(err)
	}
	if got := content(); got != "three" {
		t.Errorf("it holds %q", got)
	}
	if keys, err := d.Keys(); len(keys) != 1 || err != nil {
		t.Errorf("%q, %v", keys, err)
	}
	for range 2 {
		if err := draft.Drop(); err != nil {
			t.Error(err)
		}
	}
	if keys, err := d.Keys(); len(keys) != 0 || err != nil {
		t.Errorf("%q, %v", keys, err)
	}
	if _, err := d.Resume(key); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestTheFloorOfTheDisk(t *testing.T) {
	d, err := blob.OpenDrafts(t.TempDir(), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.Room(0); err != nil {
		t.Error(err)
	}
	if err := d.Room(1 << 60); campfire.CodeOf(err) != campfire.CodeStorageFull {
		t.Error(err)
	}
}
