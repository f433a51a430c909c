package chat_test

import (
	"fmt"
	"testing"

	"campfire"
	"campfire/internal/chat"
)

// populate puts so many messages into the hall.
func (w *world) populate(n int) {
	w.t.Helper()
	for at := 0; at < n; at += 100 {
		w.batch(at, 100)
	}
}

// batch posts drafts of a usual length, with client ids from at on.
func (w *world) batch(at, n int) {
	w.t.Helper()
	drafts := make([]campfire.Draft, n)
	for i := range drafts {
		drafts[i] = campfire.Draft{ClientID: fmt.Sprint(at + i),
			Body: fmt.Sprintf("message %d says that the kettle is on and that tea will be ready in a few minutes, whoever wants a cup should come down now", at+i)}
	}
	results, err := w.PostBatch(w.t.Context(), w.ada, w.hall, drafts)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, r := range results {
		if r.Err != nil {
			w.t.Fatal(r.Err)
		}
	}
}

const populated = 100_000 // messages

// BenchmarkPostBatch is one request's way from the checked call to the synced
// commit, by itself, on a populated database. Its floor is what the store
// alone does for it: BenchmarkInsertMessage in internal/store.
func BenchmarkPostBatch(b *testing.B) {
	w := newWorld(b)
	w.populate(populated)
	at := populated
	for _, n := range []int{1, 10, 50, 100} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			posted := 0
			for b.Loop() {
				w.batch(at, n)
				at, posted = at+n, posted+n
			}
			b.ReportMetric(float64(posted)/b.Elapsed().Seconds(), "messages/s")
		})
	}
}

// BenchmarkPages reads pages of a populated room: the newest, which is
// remembered, and others all over its length, hardly ever the same twice.
// What reading the newest one costs: BenchmarkPageNewest50 in internal/store.
func BenchmarkPages(b *testing.B) {
	w := newWorld(b)
	w.populate(populated)
	for name, before := range map[string]func(n int) campfire.MessageID{
		"newest": func(int) campfire.MessageID { return 0 },
		"paged":  func(n int) campfire.MessageID { return campfire.MessageID(1000 + n*7919%(populated-1000)) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				p, err := w.Messages(b.Context(), w.ada, w.hall, chat.PageRequest{Before: before(n), Limit: 50})
				if err != nil || len(p.Messages) != 50 {
					b.Fatal(len(p.Messages), err)
				}
			}
		})
	}
}
