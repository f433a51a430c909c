package chat_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"campfire"
	"campfire/internal/auth"
	"campfire/internal/blob"
	"campfire/internal/chat"
	"campfire/internal/store"

	"github.com/prometheus/client_golang/prometheus"
)

// world is a set-up installation on a real database.
type world struct {
	*chat.Service
	t     testing.TB
	store *store.Store
	files chat.Files
	dir   string // of files
	meter *prometheus.Registry
	ada   campfire.Actor // the administrator
	hall  campfire.RoomID

	mu      sync.Mutex
	changes []campfire.Change
	clock   campfire.Time
	online  []campfire.UserID
	// watching have every room on a visible screen.
	watching []campfire.UserID
}

var from = chat.Client{IP: "192.0.2.7", UserAgent: "test"}

const password = "correct horse battery"

// Publish records what a hub would hear.
func (w *world) Publish(changes []campfire.Change) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.changes = append(w.changes, changes...)
}

// heard returns the published changes of one type, in order.
func heard[T campfire.Change](w *world) []T {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []T
	for _, c := range w.changes {
		if c, ok := c.(T); ok {
			out = append(out, c)
		}
	}
	return out
}

func (w *world) now() campfire.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clock++ // no two readings are equal
	return w.clock
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clock = w.clock.Add(d)
}

func newWorld(t testing.TB, change ...func(*chat.Limits)) *world {
	t.Helper()
	w := &world{t: t, meter: prometheus.NewRegistry(), clock: campfire.TimeOf(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))}
	limits := chat.DefaultLimits()
	limits.RatePost, limits.RateSearch = campfire.Rate{}, campfire.Rate{}
	limits.RateLogin, limits.RateLoginIP = campfire.Rate{}, campfire.Rate{}
	for _, f := range change {
		f(&limits)
	}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	w.Service = chat.New(chat.Options{
		Limits:    limits,
		Passwords: auth.NewPasswords(auth.Cost{Memory: 64, Time: 1, Threads: 1}, 4, 64),
		Online: func(ids []campfire.UserID) []campfire.UserID {
			return slices.DeleteFunc(slices.Clone(w.online), func(id campfire.UserID) bool { return !slices.Contains(ids, id) })
		},
		Watching: func(campfire.RoomID) []campfire.UserID { return w.watching },
		Now:      w.now,
		Logger:   log, Registerer: w.meter,
	})
	st, err := store.Open(t.Context(), store.Options{Dir: t.TempDir(), Committed: w.Committed, Logger: log, Registerer: w.meter})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	w.store = st
	w.dir = t.TempDir()
	drafts, err := blob.OpenDrafts(w.dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { drafts.Close() })
	w.files = chat.Files{Drafts: drafts, Blobs: blob.NewDisk(drafts),
		Look: func(context.Context, *blob.Draft, string) (chat.Look, error) {
			return chat.Look{ContentType: "text/plain"}, nil
		}}
	w.KeepFiles(w.files)
	if err := w.Start(t.Context(), st, w); err != nil {
		t.Fatal(err)
	}
	in, err := w.Setup(t.Context(), chat.SetupInput{Name: "Ada", Email: "ada@example.org", Password: password}, from)
	if err != nil {
		t.Fatal(err)
	}
	w.ada = w.actor(in)
	rooms, err := w.Rooms(t.Context(), w.ada, chat.ScopeMine)
	if err != nil || len(rooms) != 1 {
		t.Fatalf("rooms after setup: %v, %v", rooms, err)
	}
	w.hall = rooms[0].ID
	return w
}

func (w *world) actor(in *chat.SignedIn) campfire.Actor {
	w.t.Helper()
	a, err := w.Authenticate(w.t.Context(), in.Secret.Reveal(), from)
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

// join adds a member by the join link.
func (w *world) join(name string) campfire.Actor {
	w.t.Helper()
	account, err := w.Account(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	in, err := w.Join(w.t.Context(), account.JoinCode, chat.JoinInput{
		Name: name, Email: fmt.Sprintf("%s@example.org", name), Password: password}, from)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.actor(in)
}

func (w *world) room(a campfire.Actor, kind campfire.RoomKind, people ...campfire.Actor) campfire.RoomID {
	w.t.Helper()
	d := chat.RoomDraft{Kind: kind, Name: "Room"}
	for _, p := range people {
		d.People = append(d.People, p.ID)
	}
	view, _, err := w.CreateRoom(w.t.Context(), a, d)
	if err != nil {
		w.t.Fatal(err)
	}
	return view.ID
}

func (w *world) post(a campfire.Actor, room campfire.RoomID, body string) *campfire.Message {
	w.t.Helper()
	p, err := w.Post(w.t.Context(), a, room, campfire.Draft{Body: body})
	if err != nil {
		w.t.Fatalf("post %q: %v", body, err)
	}
	return p.Message
}

// bodies returns the texts of a room's newest page.
func (w *world) bodies(a campfire.Actor, room campfire.RoomID) []string {
	w.t.Helper()
	page, err := w.Messages(w.t.Context(), a, room, chat.PageRequest{Limit: 100})
	if err != nil {
		w.t.Fatal(err)
	}
	var out []string
	for _, m := range page.Messages {
		out = append(out, m.Body)
	}
	return out
}

// view returns a room as a sees it.
func (w *world) view(a campfire.Actor, room campfire.RoomID) *campfire.RoomView {
	w.t.Helper()
	v, err := w.Room(w.t.Context(), a, room)
	if err != nil {
		w.t.Fatal(err)
	}
	return v
}

// background runs the service's background work until done holds, which it
// asks after every published change.
func (w *world) background(done func() bool) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 20*time.Second)
	defer cancel()
	var wg sync.WaitGroup
	wg.Go(func() { w.Run(ctx) })
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-ctx.Done():
			w.t.Fatal("background work did not get there in time")
		case <-tick.C:
		}
	}
	cancel()
	wg.Wait()
}

// count returns a counter's value, or how often a histogram was added to, of the series with these values of labels.
func (w *world) count(name string, values ...string) float64 {
	w.t.Helper()
	families, err := w.meter.Gather()
	if err != nil {
		w.t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.Metric {
			missing := slices.Clone(values)
			for _, l := range m.Label {
				missing = slices.DeleteFunc(missing, func(v string) bool { return v == l.GetValue() })
			}
			if f.GetName() == name && len(missing) == 0 {
				return m.Counter.GetValue() + float64(m.Histogram.GetSampleCount())
			}
		}
	}
	return 0
}

func wantCode(t *testing.T, err error, want campfire.Code) {
	t.Helper()
	if err == nil || campfire.CodeOf(err) != want {
		t.Errorf("err = %v, want %s", err, want)
	}
}

// Search returns what the tests look at.
func (w *world) Search(ctx context.Context, a campfire.Actor, q chat.SearchRequest) ([]chat.Hit, bool, error) {
	p, err := w.Service.Search(ctx, a, q)
	if err != nil {
		return nil, false, err
	}
	return p.Hits, p.More, nil
}
