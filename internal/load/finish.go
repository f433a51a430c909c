package load

import (
	"context"
	"fmt"
	"maps"
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
	stored := r.verifyStored(ctx, heads)
	r.verifyHeard(heads, stored)
	for _, rec := range r.ledger.took {
		rec.drain(r.report.deliveries)
	}
	for _, m := range r.timed {
		m.drain(m.all)
	}
	r.lag.drain(r.lags)
	r.report.conclude(r.fill())
}

// heads returns the present number of each room; nil when they can't be read.
func (r *run) heads(ctx context.Context) map[int64]int64 {
	var rooms []client.Room
	err := client.Retry(ctx, func() (err error) {
		rooms, err = r.w.admin.Rooms(ctx)
		return err
	})
	if err != nil {
		r.report.failed("the rooms can't be read after the run: %v", err)
		return nil
	}
	heads := make(map[int64]int64)
	for _, room := range rooms {
		heads[room.ID] = room.Seq
	}
	for _, room := range r.w.Rooms {
		if _, ok := heads[room]; !ok {
			r.ledger.contradict("room %d is gone after the run", room)
		}
	}
	return heads
}

// settle waits until every socket has all of its room. The rooms are asked
// again then: a post that was not answered may have come to be after all.
func (r *run) settle(ctx context.Context) map[int64]int64 {
	heads := r.heads(ctx)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(settleWithin); time.Now().Before(deadline) && ctx.Err() == nil; {
		if r.behind(heads) == 0 {
			again := r.heads(ctx)
			if maps.Equal(heads, again) {
				break
			}
			heads = again
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
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

// page is a part of a room's history, as the API gives it: oldest first.
type page struct {
	Messages  []stored `json:"messages"`
	HasBefore bool     `json:"has_before"`
}

// verifyStored reads every room from its end back to where the run began, and
// finds each acknowledged post there once, as it was sent. It returns how often
// each post is stored; of rooms that can't be read, which is a failure, it says
// nothing.
func (r *run) verifyStored(ctx context.Context, heads map[int64]int64) map[int]int {
	found := make(map[int]int, r.ledger.count())
	unread := make(map[int64]bool)
	for _, room := range r.w.Rooms {
		n, err := r.readBack(ctx, room, found)
		if err != nil {
			r.report.failed("room %d can't be read after the run: %v", room, err)
			unread[room] = true
			continue
		}
		if head, ok := heads[room]; ok && n != head-r.base[room] {
			r.ledger.contradict("room %d has counted from %d to %d and holds %d messages of that stretch", room, r.base[room], head, n)
		}
	}
	for n := range r.ledger.count() {
		p := r.ledger.at(n)
		if unread[p.room] {
			continue
		}
		switch outcome := p.outcome.Load(); {
		case found[n] > 1:
			r.ledger.contradict("post %d is stored %d times", n, found[n])
		case outcome == acknowledged && found[n] == 0:
			r.ledger.contradict("post %d was acknowledged and is not stored", n)
		case outcome == refused && found[n] > 0:
			r.ledger.contradict("post %d was refused and is stored", n)
		case outcome == unanswered && found[n] > 0:
			r.report.Unanswered++
		}
	}
	r.report.Stored = len(found)
	return found
}

// readBack pages through what a room has got during the run, counts its
// messages, and adds those that are posts to found.
func (r *run) readBack(ctx context.Context, room int64, found map[int]int) (messages int64, err error) {
	before := int64(0)
	for path := fmt.Sprintf("/api/rooms/%d/messages?limit=100", room); ; {
		var p page
		if err := client.Retry(ctx, func() error { return r.w.admin.Do(ctx, "GET", path, nil, &p) }); err != nil {
			return messages, err
		}
		for i := range p.Messages {
			m := &p.Messages[i]
			if m.Seq <= r.base[room] {
				continue
			}
			messages++
			if n, ok := r.ledger.find(m.ClientID); !ok {
				r.ledger.contradict("room %d, number %d: stored is a message that is no post of this run (%q)", room, m.Seq, m.ClientID)
			} else {
				found[n]++
				r.ledger.storedAs(n, m)
			}
		}
		if !p.HasBefore || len(p.Messages) == 0 || p.Messages[0].Seq <= r.base[room] {
			return messages, nil
		}
		first := p.Messages[0].ID
		if before != 0 && first >= before {
			r.ledger.contradict("room %d: the page before message %d begins with message %d", room, before, first)
			return messages, nil
		}
		before = first
		path = fmt.Sprintf("/api/rooms/%d/messages?limit=100&before=%d", room, before)
	}
}

// storedAs holds a stored message against what was sent, answered and heard.
func (l *ledger) storedAs(n int, m *stored) {
	if !l.same(n, m, l.texts.body(n), "what is stored") {
		return
	}
	p := l.at(n)
	if p.acked() && (p.id != m.ID || p.seq != m.Seq) {
		l.contradict("post %d was acknowledged as id %d, number %d, and is stored as id %d, number %d", n, p.id, p.seq, m.ID, m.Seq)
	}
	if seq := p.heard.Load(); seq != 0 && (seq != m.Seq || p.heardID.Load() != m.ID) {
		l.contradict("post %d was delivered as id %d, number %d, and is stored as id %d, number %d", n, p.heardID.Load(), seq, m.ID, m.Seq)
	}
}

// verifyHeard holds what the sockets have against the rooms: the fleet itself
// has checked that no number was left out, repeated or out of order.
func (r *run) verifyHeard(heads map[int64]int64, found map[int]int) {
	for i := range r.s.Sockets {
		room := r.room(i)
		if _, last := r.fleet.Seq(i); heads != nil && last != heads[room] {
			r.ledger.contradict("socket %d has heard up to number %d of room %d, which is at %d", i, last, room, heads[room])
		}
		if !r.fleet.Live(i) {
			r.report.Absent++
		}
	}
	for n := range r.ledger.count() {
		p := r.ledger.at(n)
		copies := p.copies.Load()
		switch {
		case (p.acked() || found[n] > 0) && copies != int64(r.held[p.room]):
			r.ledger.contradict("post %d came to sockets %d times, its room has %d of them", n, copies, r.held[p.room])
		case p.outcome.Load() == refused && copies > 0:
			r.ledger.contradict("post %d was refused and delivered", n)
		}
	}
	for _, f := range r.fleet.Faults() {
		r.ledger.contradict("%s", f)
	}
}
