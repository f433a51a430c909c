package chat_test

import (
	"context"
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
