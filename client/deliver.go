package client

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"
)

// deliver is the goroutine on which the caller's functions run.
func (l *Live) deliver(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		room, p, next := l.toMend()
		if p != nil {
			l.mend(ctx, room, p)
		}
		if l.deliverNext() || p != nil {
			continue
		}
		if next > 0 {
			timer.Reset(next)
		}
		select {
		case <-l.wake:
		case <-timer.C:
		case <-ctx.Done():
		}
	}
}

// toMend returns a room to mend whose queued events are delivered, or how
// long to wait until one is due; zero when there is none.
func (l *Live) toMend() (room int64, p *place, next time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, p := range l.rooms {
		if p.phase != mending || p.queued > 0 {
			continue
		}
		wait := time.Until(p.due)
		if wait <= 0 {
			return id, p, 0
		}
		if next == 0 || wait < next {
			next = wait
		}
	}
	return 0, nil, next
}

// deliverNext delivers what has waited longest, and reports whether there was
// anything.
func (l *Live) deliverNext() bool {
	l.mu.Lock()
	if len(l.queue) == 0 {
		l.mu.Unlock()
		return false
	}
	next := l.queue[0]
	l.queue[0] = item{}
	if l.queue = l.queue[1:]; len(l.queue) == 0 {
		l.queue = nil // lets go of what the queue has grown to
	}
	p := next.place
	if p != nil && next.err == nil {
		p.queued--
		if l.rooms[next.event.RoomID] != p {
			p = nil
		}
	}
	l.mu.Unlock()

	switch {
	case next.err != nil:
		if l.o.Refused != nil {
			l.o.Refused(next.frame.RoomID, next.err)
		}
	case next.place == nil:
		l.o.Other(next.frame)
	case p != nil:
		l.hand(p, next.event, next.epoch)
	}
	return true
}

// hand hands an event to the caller; the place is then at it.
func (l *Live) hand(p *place, e Event, epoch string) {
	if l.o.Event != nil {
		l.o.Event(e)
	}
	l.mu.Lock()
	p.at = Position{e.Seq, epoch}
	l.changedLocked()
	l.mu.Unlock()
}

// mendPage is how many events are fetched at once.
const mendPage = 500

// mend fetches a page of what a room is missing. Once there is no more, the
// socket goes on from there.
func (l *Live) mend(ctx context.Context, room int64, p *place) {
	l.mu.Lock()
	at, fresh := p.at, p.fresh
	at.Seq = p.taken
	l.mu.Unlock()
	if fresh {
		l.resync(ctx, room, p)
		return
	}
	page, err := l.c.Events(ctx, room, EventQuery{Since: at.Seq, Limit: mendPage, Epoch: at.Epoch})
	if CodeOf(err) == "resync" {
		l.mu.Lock()
		p.fresh = true
		l.mu.Unlock()
		return
	}
	if err != nil {
		l.postpone(ctx, room, p, err)
		return
	}
	for _, e := range page.Events {
		if ctx.Err() != nil || !l.advance(room, p, e.Seq) {
			break
		}
		l.hand(p, e, page.Epoch)
	}
	l.mu.Lock()
	switch {
	case p.taken >= page.Seq:
		l.mendedLocked(p)
	case p.taken == at.Seq || !page.More:
		p.fresh = true // its log has a hole: it can't tell
	}
	l.mu.Unlock()
	l.ask(ctx, room)
}

// advance takes an event of a room that is being mended; false when it does
// not follow on the last one, or the room is followed no longer.
func (l *Live) advance(room int64, p *place, seq int64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.rooms[room] != p || p.phase != mending || seq != p.taken+1 {
		return false
	}
	p.taken = seq
	l.stats.Fetched++
	return true
}

// resync has the caller fetch a fresh page, and goes on from its number.
func (l *Live) resync(ctx context.Context, room int64, p *place) {
	l.mu.Lock()
	l.stats.Resyncs++
	l.mu.Unlock()
	if l.o.Resync == nil {
		l.mu.Lock()
		p.started, p.at = false, Position{}
		l.mendedLocked(p)
		l.mu.Unlock()
		l.ask(ctx, room)
		return
	}
	seq, err := l.o.Resync(ctx, room)
	if err != nil {
		l.postpone(ctx, room, p, err)
		return
	}
	l.mu.Lock()
	p.taken, p.at = seq, Position{seq, l.epoch}
	l.mendedLocked(p)
	l.mu.Unlock()
	l.ask(ctx, room)
}

// mendedLocked hands the place back to the reader.
func (l *Live) mendedLocked(p *place) {
	if p.phase == mending {
		p.phase = away
	}
	p.fresh, p.due = false, time.Time{}
	l.changedLocked()
}

// postpone tries again later, unless the room may not be followed.
func (l *Live) postpone(ctx context.Context, room int64, p *place, err error) {
	if ctx.Err() != nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if e, ok := errors.AsType[*Error](err); ok && p.phase == mending {
		switch e.Status {
		case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound:
			l.refuseLocked(room, p, err)
			return
		}
	}
	l.postponeLocked(p, err)
}

// roomOf returns the id of the room that a frame carries whole.
func roomOf(frame []byte) int64 {
	var f struct {
		Room struct {
			ID int64 `json:"id"`
		} `json:"room"`
	}
	if json.Unmarshal(frame, &f) != nil {
		return 0
	}
	return f.Room.ID
}
