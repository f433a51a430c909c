package fleet

import (
	"bytes"
	"fmt"
	"sync/atomic"
	"time"
)

// understood is a frame after it was scanned. Of it remains what every socket
// that gets the same bytes needs.
type understood struct {
	bytes  []byte
	events []numbered
	other  *atomic.Int64 // counts it, when it has no events
}

// numbered is an event without its content.
type numbered struct {
	kind      Kind
	room, seq int64
	mark      int
}

// tally is what one reader counts. Each has its own, so that readers on
// several cores don't wait for the same line of cache.
type tally struct {
	deliveries, scanned, frames, bytes atomic.Int64
}

// memory is a ring of the frames a reader has understood last. It must hold
// those that are on their way to a room's sockets at the same time.
type memory struct {
	ring [32]understood
	next int // the place that is reused next
	hit  int // where the last look-up ended: mostly where the next one will
}

// maxRemembered bounds the frames that are kept for comparison, in bytes.
const maxRemembered = 64 << 10

func (m *memory) find(b []byte) *understood {
	if len(b) == 0 {
		return nil // a place that was not used yet is no such frame
	}
	for i := range m.ring {
		at := (m.hit + i) % len(m.ring)
		if u := &m.ring[at]; len(u.bytes) == len(b) && bytes.Equal(u.bytes, b) {
			m.hit = at
			return u
		}
	}
	return nil
}

// place returns an entry for a new frame.
func (m *memory) place(b []byte) *understood {
	if len(b) > maxRemembered {
		return &understood{}
	}
	u := &m.ring[m.next]
	m.hit = m.next
	m.next = (m.next + 1) % len(m.ring)
	u.bytes = append(u.bytes[:0], b...)
	u.events, u.other = u.events[:0], nil
	return u
}

// text serves one text frame.
func (r *reader) text(s *socket, b []byte) error {
	f := r.fleet
	r.count.frames.Add(1)
	if u := r.memory.find(b); u != nil {
		r.spread(s, u)
		return nil
	}
	r.count.scanned.Add(1)
	m, err := scan(b)
	if err != nil {
		return fmt.Errorf("a frame can't be read: %w: %.200q", err, b)
	}
	switch string(m.kind) {
	case "message_created", "message_updated", "message_deleted", "boost_created", "boost_deleted":
		u := r.memory.place(b)
		r.understand(s, u, &m)
		r.spread(s, u)
	case "batch":
		u := r.memory.place(b)
		for i := range m.inside {
			if m.inside[i].room != m.room {
				f.fault(s, "a batch of room %d holds an event of room %d", m.room, m.inside[i].room)
			}
			r.understand(s, u, &m.inside[i])
		}
		r.spread(s, u)
	case "unread", "typing", "positions", "user_updated", "involvement", "notifications_updated", "room_updated", "room_added":
		u := r.memory.place(b)
		u.other = f.other(string(m.kind))
		r.spread(s, u)
	case "subscribed":
		r.subscribed(s, &m)
	case "resync":
		f.resynced.Add(1)
		s.begun, s.resuming = false, false
		s.send(s.subscribe())
	case "error":
		f.other("error").Add(1)
		err := fmt.Errorf("the server answered %s: %s", m.code, m.detail)
		if s.live.Load() {
			f.fault(s, "%v", err)
		}
		s.tell(err)
	case "going_away":
		f.retry.Store(m.retry)
		f.other("going_away").Add(1)
	case "":
		return fmt.Errorf("a frame has no type: %.200q", b)
	default:
		f.other(string(m.kind)).Add(1)
	}
	return nil
}

// understand adds an event to a frame that came to a socket.
func (r *reader) understand(s *socket, u *understood, m *message) {
	e := Event{Room: m.room, Seq: m.seq, ID: m.id, Author: m.author, ClientID: m.clientID, Body: m.body}
	switch string(m.kind) {
	case "message_created":
		e.Kind = Created
		if m.inRoom != m.room || m.inSeq != m.seq {
			r.fleet.fault(s, "number %d holds a message of room %d with number %d", m.seq, m.inRoom, m.inSeq)
		}
	case "message_updated":
		e.Kind = Updated
	case "message_deleted":
		e.Kind = Deleted
	case "boost_created":
		e.Kind = BoostCreated
	case "boost_deleted":
		e.Kind = BoostDeleted
	}
	u.events = append(u.events, numbered{e.Kind, e.Room, e.Seq, r.fleet.o.Handler.Match(&e)})
}

// spread hands an understood frame to one socket.
func (r *reader) spread(s *socket, u *understood) {
	f := r.fleet
	if u.other != nil {
		u.other.Add(1)
		return
	}
	at := time.Since(f.o.Began)
	for _, e := range u.events {
		if !s.follows(f, e.room, e.seq) {
			continue
		}
		f.o.Handler.Deliver(r.index, Delivery{Kind: e.kind, Socket: s.index, Room: e.room, Seq: e.seq, Mark: e.mark,
			At: at, Replayed: s.resuming})
	}
	r.count.deliveries.Add(int64(len(u.events)))
}

// follows holds a number against what the socket has seen, and reports whether
// it is one the socket may have. After a fault it goes on from the number that
// came, so that one lost event is one fault.
func (s *socket) follows(f *Fleet, room, seq int64) bool {
	last := s.last.Load()
	switch {
	case room != s.seat.Room:
		f.fault(s, "number %d of room %d came, which it never asked for", seq, room)
		return false
	case !s.begun:
		f.fault(s, "number %d came before it was subscribed", seq)
		return false
	case seq <= last:
		f.fault(s, "number %d came after %d: repeated or out of order", seq, last)
		return false
	case seq > last+1:
		f.fault(s, "number %d came after %d: %d are missing", seq, last, seq-last-1)
	}
	s.last.Store(seq)
	return true
}

// subscribed makes a socket live.
func (r *reader) subscribed(s *socket, m *message) {
	f := r.fleet
	switch {
	case m.room != s.seat.Room:
		f.fault(s, "it was subscribed to room %d, which it never asked for", m.room)
		return
	case s.resuming && m.seq != s.last.Load():
		f.fault(s, "the replay ended at %d, but was said to be complete up to %d", s.last.Load(), m.seq)
		s.last.Store(m.seq)
	case !s.begun:
		s.begun = true
		s.first.Store(m.seq)
		s.last.Store(m.seq)
	}
	if s.resuming {
		f.resumed.Add(1)
		s.resuming = false
	}
	f.opened.Add(1)
	if !s.live.Swap(true) {
		f.live.Add(1)
	}
	s.tell(nil)
}
