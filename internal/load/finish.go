package load

import (
	"context"
	"fmt"
	"time"

	"campfire/client"
)

// settleWithin is how long sockets may take after the last post.
const settleWithin = time.Minute

// finish waits for what is under way, holds everything against the ledger and
// fills the report.
func (r *run) finish(ctx context.Context) {
	fmt.Fprintln(r.w.stderr, "Checking every post and every socket …")
	heads := r.settle(ctx)
	r.verifyStored(ctx)
	r.verifyHeard(heads)
	for _, rec := range r.ledger.took {
		rec.drain(r.report.deliveries)
	}
	for _, m := range r.timed {
		m.drain(m.all)
	}
	r.lag.drain(r.lags)
	r.fill()
}

// heads returns the present number of each room.
func (r *run) heads(ctx context.Context) map[int64]int64 {
	var rooms []client.Room
	err := client.Retry(ctx, func() (err error) {
		rooms, err = r.w.admin.Rooms(ctx)
		return err
	})
	if err != nil {
		r.ledger.contradict("the rooms can't be read after the run: %v", err)
	}
	heads := make(map[int64]int64)
	for _, room := range rooms {
		heads[room.ID] = room.Seq
	}
	return heads
}

// settle waits until every socket has all of its room.
func (r *run) settle(ctx context.Context) map[int64]int64 {
	heads := r.heads(ctx)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(settleWithin); time.Now().Before(deadline); {
		if r.behind(heads) == 0 {
			break
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return heads
		}
	}
	return heads
}

// behind counts the sockets that lack something.
func (r *run) behind(heads map[int64]int64) (n int) {
	for i := range r.s.Sockets {
		if _, last := r.fleet.Seq(i); last < heads[r.room(i)] || !r.fleet.Live(i) {
			n++
		}
	}
	return n
}

// verifyStored reads every room from its end back to where the run began, and
// finds each acknowledged post there once, as it was sent.
func (r *run) verifyStored(ctx context.Context) {
	found := make(map[int]int)
	for _, room := range r.w.Rooms {
		var page struct {
			Messages  []stored `json:"messages"`
			HasBefore bool     `json:"has_before"`
		}
		for path := fmt.Sprintf("/api/rooms/%d/messages?limit=100", room); path != ""; {
			err := client.Retry(ctx, func() error { return r.w.admin.Do(ctx, "GET", path, nil, &page) })
			if err != nil {
				r.ledger.contradict("room %d can't be read after the run: %v", room, err)
				return
			}
			path = ""
			for i := range page.Messages {
				m := &page.Messages[i]
				if m.Seq <= r.base[room] {
					continue
				}
				if n, ok := r.ledger.find(m.ClientID); !ok {
					r.ledger.contradict("room %d, number %d: stored is a message that is no post of this run (%q)", room, m.Seq, m.ClientID)
				} else if r.ledger.same(n, m, "what is stored") {
					found[n]++
					r.ledger.storedAs(n, m)
				}
			}
			if page.HasBefore && len(page.Messages) > 0 && page.Messages[0].Seq > r.base[room] {
				path = fmt.Sprintf("/api/rooms/%d/messages?limit=100&before=%d", room, page.Messages[0].ID)
			}
			page.Messages, page.HasBefore = nil, false
		}
	}
	for n := range r.ledger.count() {
		switch acked := r.ledger.at(n).acked.Load(); {
		case found[n] > 1:
			r.ledger.contradict("post %d is stored %d times", n, found[n])
		case acked && found[n] == 0:
			r.ledger.contradict("post %d was acknowledged and is not stored", n)
		case !acked && found[n] > 0:
			r.report.Unanswered++
		}
	}
	r.report.Stored = len(found)
}

// storedAs holds a stored message's id and number against the answer.
func (l *ledger) storedAs(n int, m *stored) {
	if p := l.at(n); p.acked.Load() && (p.id != m.ID || p.seq != m.Seq) {
		l.contradict("post %d was acknowledged as id %d, number %d, and is stored as id %d, number %d", n, p.id, p.seq, m.ID, m.Seq)
	}
}

// verifyHeard holds what the sockets have against the rooms: the fleet itself
// has checked that no number was left out, repeated or out of order.
func (r *run) verifyHeard(heads map[int64]int64) {
	for i := range r.s.Sockets {
		room := r.room(i)
		if _, last := r.fleet.Seq(i); last != heads[room] {
			r.ledger.contradict("socket %d has heard up to number %d of room %d, which is at %d", i, last, room, heads[room])
		}
	}
	for n := range r.ledger.count() {
		p := r.ledger.at(n)
		if copies := p.copies.Load(); p.acked.Load() && copies != int64(r.held[p.room]) {
			r.ledger.contradict("post %d came to sockets %d times, its room has %d of them", n, copies, r.held[p.room])
		}
	}
	for _, f := range r.fleet.Faults() {
		r.ledger.contradict("%s", f)
	}
}
