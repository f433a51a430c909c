package chat_test

import (
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"campfire"
	"campfire/internal/blob"
	"campfire/internal/chat"
)

// tidied runs the background work until something is so.
func (w *world) tidied(what string, so func() bool) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.t.Context())
	var run sync.WaitGroup
	run.Go(func() { w.Run(ctx) })
	defer run.Wait()
	defer cancel()
	for end := time.Now().Add(10 * time.Second); !so(); runtime.Gosched() {
		if time.Now().After(end) {
			w.t.Fatalf("it never became so that %s", what)
		}
	}
}

// lying returns the names of what lies in the directory for files.
func (w *world) lying() (names []string) {
	w.t.Helper()
	err := filepath.WalkDir(w.dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			names = append(names, e.Name())
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return names
}

// keep keeps bytes that no row names, as of a time.
func (w *world) keep(at time.Time) (key string) {
	w.t.Helper()
	key = blob.NewKey()
	d, err := w.files.Drafts.Create(key)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.files.Blobs.Keep(w.t.Context(), d); err != nil {
		w.t.Fatal(err)
	}
	path := filepath.Join(w.dir, key[:2], key[2:4], key)
	if err := os.Chtimes(path, at, at); err != nil {
		w.t.Fatal(err)
	}
	return key
}

func (w *world) receive(a campfire.Actor, name, data string) *chat.Received {
	w.t.Helper()
	f, err := w.Receive(w.t.Context(), a, name, strings.NewReader(data))
	if err != nil {
		w.t.Fatal(err)
	}
	return f
}

func TestBytesWithoutAFileAreRemovedAfterADay(t *testing.T) {
	w := newWorld(t)
	now := w.now().Time()
	old, young := w.keep(now.Add(-25*time.Hour)), w.keep(now.Add(-23*time.Hour))
	posted, err := w.PostFiles(t.Context(), w.ada, w.hall, campfire.Draft{}, []*chat.Received{w.receive(w.ada, "a.txt", "a")})
	if err != nil {
		t.Fatal(err)
	}
	names := w.lying()
	for _, name := range names { // what a message has stays, however old
		if name != young {
			os.Chtimes(filepath.Join(w.dir, name[:2], name[2:4], name), now.Add(-48*time.Hour), now.Add(-48*time.Hour))
		}
	}
	w.tidied("the old one is gone", func() bool { return !strings.Contains(strings.Join(w.lying(), " "), old) })
	if n := w.lying(); len(n) != 2 || !strings.Contains(strings.Join(n, " "), young) {
		t.Errorf("%q lie there", n)
	}
	if _, b, err := w.OpenFile(t.Context(), w.ada, posted.Message.Meta.Attachments[0].ID, false); err != nil {
		t.Error(err)
	} else {
		b.Close()
	}
}

func TestUploadsThatAreNotPostedGoAfterADay(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	u, err := w.BeginUpload(ctx, w.ada, "a.txt", 3)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := w.BeginUpload(ctx, w.ada, "b.txt", 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.AppendUpload(ctx, w.ada, whole.ID, 0, strings.NewReader("b")); err != nil {
		t.Fatal(err)
	}
	w.pass(23 * time.Hour)
	late, err := w.BeginUpload(ctx, w.ada, "c.txt", 3)
	if err != nil {
		t.Fatal(err)
	}
	w.tidied("nothing goes early", func() bool { return len(w.lying()) == 3 })
	w.pass(2 * time.Hour)
	w.tidied("two are gone", func() bool { return len(w.lying()) == 1 })
	for _, id := range []campfire.AttachmentID{u.ID, whole.ID} {
		if _, err := w.Upload(ctx, w.ada, id); campfire.CodeOf(err) != campfire.CodeNotFound {
			t.Errorf("upload %d: %v", id, err)
		}
	}
	if _, err := w.Upload(ctx, w.ada, late.ID); err != nil {
		t.Error(err)
	}
}

// All that someone sent goes with a ban: what hangs on messages, and what is
// on its way.
func TestABanTakesFilesAlong(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	bo := w.join("bo")
	if _, err := w.PostFiles(ctx, bo, w.hall, campfire.Draft{Body: "look"}, []*chat.Received{w.receive(bo, "a.txt", "a"), w.receive(bo, "b.txt", "b")}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.BeginUpload(ctx, bo, "c.txt", 3); err != nil {
		t.Fatal(err)
	}
	if n := len(w.lying()); n != 3 {
		t.Fatalf("%d lie there", n)
	}
	if err := w.Ban(ctx, w.ada, bo.ID); err != nil {
		t.Fatal(err)
	}
	w.tidied("all of it is gone", func() bool { return len(w.lying()) == 0 })
}

// A message without files is posted as before; one with files has them in its
// event, as the socket and every page show them.
func TestAMessagesEventHasItsFiles(t *testing.T) {
	w := newWorld(t)
	posted, err := w.PostFiles(t.Context(), w.ada, w.hall, campfire.Draft{Body: "two"}, []*chat.Received{w.receive(w.ada, "../a.txt", "a"), w.receive(w.ada, "b.txt", "bb")})
	if err != nil {
		t.Fatal(err)
	}
	events := heard[*campfire.Event](w)
	m := events[len(events)-1].Message
	if len(m.Meta.Files()) != 2 || m.Meta.Attachments[0].Filename != "a.txt" || m.Meta.Attachments[1].Size != 2 || m.Plain != "two\na.txt\nb.txt" {
		t.Errorf("%+v", m.Meta)
	}
	page, err := w.Messages(t.Context(), w.ada, w.hall, chat.PageRequest{})
	if err != nil || page.Messages[0].Meta.Attachments[0] != posted.Message.Meta.Attachments[0] {
		t.Errorf("%+v, %v", page, err)
	}
}

// endless gives so many bytes, and takes no memory for them.
type endless struct{ left int64 }

func (e *endless) Read(p []byte) (int, error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	n := min(int64(len(p)), e.left)
	e.left -= n
	return int(n), nil
}

// However large a file is, what is allocated for its way to the disk is not.
func TestAFileIsNotHeldInMemory(t *testing.T) {
	w := newWorld(t)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f, err := w.Receive(t.Context(), w.ada, "large.bin", &endless{64 << 20})
	if err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 2<<20 {
		t.Errorf("64 MiB took %d KiB of memory", n>>10)
	}
	w.Drop(t.Context(), []*chat.Received{f})
	if n := w.lying(); len(n) != 0 {
		t.Errorf("%q lie there", n)
	}
}

const benchFile = 10 << 20

// BenchmarkReceive is the way of a file of 10 MiB to the disk, synced, its
// sum taken; BenchmarkReceiveFloor is a copy of as much, and a sync.
func BenchmarkReceive(b *testing.B) {
	w := newWorld(b, func(l *chat.Limits) { l.MaxUpload = 0 })
	b.SetBytes(benchFile)
	b.ReportAllocs()
	for b.Loop() {
		f, err := w.Receive(b.Context(), w.ada, "large.bin", &endless{benchFile})
		if err != nil {
			b.Fatal(err)
		}
		w.Drop(b.Context(), []*chat.Received{f})
	}
}

func BenchmarkReceiveFloor(b *testing.B) {
	dir := b.TempDir()
	buffer := make([]byte, 64<<10)
	b.SetBytes(benchFile)
	for b.Loop() {
		f, err := os.Create(filepath.Join(dir, "f"))
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.CopyBuffer(struct{ io.Writer }{f}, &endless{benchFile}, buffer); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
		f.Close()
		os.Remove(f.Name())
	}
}
