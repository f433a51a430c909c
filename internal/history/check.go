package history

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Check returns every contradiction in h as a sentence that begins with its
// kind: lost, doubled, altered, phantom, unfound, number, order, dropped,
// disagreement or leaked.
func Check(h History) []string {
	c := &checker{h: h, stored: make(map[int64]*Stored), tried: make(map[draft][]string), numbers: make(map[place]int64), sent: make(map[place]time.Time)}
	c.readStored()
	c.readChanges()
	c.acknowledged()
	c.phantoms()
	c.order()
	for _, s := range h.Subscribers {
		c.subscriber(&s)
	}
	return c.found
}

type (
	// draft names a post as its author does.
	draft struct {
		room, author int64
		id           string
	}
	// place is a number of a room.
	place struct{ room, seq int64 }
)

type checker struct {
	h       History
	stored  map[int64]*Stored   // by message
	tried   map[draft][]string  // bodies that were asked for, by post
	numbers map[place]int64     // the message that a number is about
	sent    map[place]time.Time // when an acknowledged change was asked for
	found   []string
}

func (c *checker) fail(format string, args ...any) {
	c.found = append(c.found, fmt.Sprintf(format, args...))
}

// about notes which message a number is about; all who tell must agree.
func (c *checker) about(who string, room, seq, message int64) {
	p := place{room, seq}
	if known, ok := c.numbers[p]; ok && known != message {
		c.fail("disagreement: #%d of room %d is about message %d, and for %s about message %d", seq, room, known, who, message)
		return
	}
	c.numbers[p] = message
}

// readStored: no client id is stored twice, no number is used twice, and ids
// and numbers have the same order.
func (c *checker) readStored() {
	ids := make(map[draft]bool)
	rooms := make(map[int64][]*Stored)
	for i := range c.h.Stored {
		s := &c.h.Stored[i]
		if c.stored[s.MessageID] != nil {
			c.fail("doubled: a reader finds message %d twice", s.MessageID)
		}
		c.stored[s.MessageID] = s
		d := draft{s.Room, s.Author, s.ClientID}
		if ids[d] {
			c.fail("doubled: %q by %d is stored twice in room %d", s.ClientID, s.Author, s.Room)
		}
		ids[d] = true
		if s.Seq < 1 || s.Seq > c.h.Seq[s.Room] {
			c.fail("number: message %d has number %d, its room ends at %d", s.MessageID, s.Seq, c.h.Seq[s.Room])
		}
		rooms[s.Room] = append(rooms[s.Room], s)
	}
	for room, list := range rooms {
		slices.SortFunc(list, func(a, b *Stored) int { return cmp.Compare(a.Seq, b.Seq) })
		for i, s := range list {
			if i > 0 && list[i-1].Seq == s.Seq {
				c.fail("number: %d of room %d is used twice", s.Seq, room)
			} else if i > 0 && list[i-1].MessageID > s.MessageID {
				c.fail("number: message %d comes after %d and has the smaller id", s.MessageID, list[i-1].MessageID)
			}
			c.about("a reader", room, s.Seq, s.MessageID)
		}
	}
}

// readChanges: no client id was acknowledged as two messages, and no number
// for two changes.
func (c *checker) readChanges() {
	acks := make(map[draft]*Change)
	numbers := make(map[place]*Change)
	for i := range c.h.Changes {
		x := &c.h.Changes[i]
		if x.Kind == Post {
			d := draft{x.Room, x.Author, x.ClientID}
			c.tried[d] = append(c.tried[d], x.Body)
			if x.Acknowledged() {
				if a := acks[d]; a != nil && (a.MessageID != x.MessageID || a.Seq != x.Seq) {
					c.fail("doubled: %q by %d was acknowledged as message %d (#%d) and as %d (#%d)", x.ClientID, x.Author, a.MessageID, a.Seq, x.MessageID, x.Seq)
				}
				if acks[d] != nil {
					continue // the same post again
				}
				acks[d] = x
			}
		}
		if x.Seq == 0 {
			continue
		}
		p := place{x.Room, x.Seq}
		if numbers[p] != nil {
			c.fail("number: %d of room %d was acknowledged for two changes", x.Seq, x.Room)
		}
		numbers[p] = x
		c.sent[p] = x.Sent
		if x.Seq > c.h.Seq[x.Room] {
			c.fail("number: %d was acknowledged in room %d, which ends at %d", x.Seq, x.Room, c.h.Seq[x.Room])
		}
		c.about("an acknowledgement", x.Room, x.Seq, x.MessageID)
	}
}

// fate is what became of a message, as far as its changes tell.
type fate struct {
	body      string          // by the last acknowledged post or edit
	last      int64           // its number
	perhaps   map[string]bool // texts that were asked for without an answer
	deleted   bool            // a deletion was acknowledged
	mayBeGone bool            // one was asked for
	boosts    map[int64]bool  // acknowledged and not taken back
	unsure    bool            // a boost or its end got no answer
}

func (c *checker) fates() map[int64]*fate {
	fates := make(map[int64]*fate)
	of := func(id int64) *fate {
		if fates[id] == nil {
			fates[id] = &fate{perhaps: make(map[string]bool), boosts: make(map[int64]bool)}
		}
		return fates[id]
	}
	for _, x := range c.h.Changes {
		if x.MessageID == 0 {
			continue
		}
		f := of(x.MessageID)
		switch x.Kind {
		case Post, Edit:
			if !x.Acknowledged() {
				f.perhaps[x.Body] = true
			} else if x.Seq >= f.last {
				f.body, f.last = x.Body, x.Seq
			}
		case Delete:
			f.mayBeGone = true
			f.deleted = f.deleted || x.Acknowledged()
		case Boost:
			if x.Acknowledged() {
				f.boosts[x.BoostID] = true
			} else {
				f.unsure = true
			}
		}
	}
	for _, x := range c.h.Changes {
		if x.Kind == Unboost && x.MessageID != 0 {
			f := of(x.MessageID)
			delete(f.boosts, x.BoostID)
			f.unsure = f.unsure || !x.Acknowledged()
		}
	}
	return fates
}

// acknowledged: what was acknowledged is stored, exactly, and found.
func (c *checker) acknowledged() {
	fates := c.fates()
	for _, x := range c.h.Changes {
		if x.Kind != Post || !x.Acknowledged() {
			continue
		}
		s, f := c.stored[x.MessageID], fates[x.MessageID]
		switch {
		case s == nil && !f.mayBeGone:
			c.fail("lost: message %d (%q) was acknowledged and is not stored", x.MessageID, x.ClientID)
		case s == nil:
		case f.deleted:
			c.fail("lost: the deletion of message %d was acknowledged, and it is stored", x.MessageID)
		case s.ClientID != x.ClientID || s.Seq != x.Seq || s.Room != x.Room || s.Author != x.Author:
			c.fail("altered: message %d was acknowledged as %q by %d, #%d of room %d, and is stored as %q by %d, #%d of room %d",
				x.MessageID, x.ClientID, x.Author, x.Seq, x.Room, s.ClientID, s.Author, s.Seq, s.Room)
		case s.Body != f.body && !f.perhaps[s.Body]:
			c.fail("altered: message %d was acknowledged as %q and is stored as %q", x.MessageID, f.body, s.Body)
		case !s.Found:
			c.fail("unfound: message %d is stored and no search finds it", x.MessageID)
		case !f.unsure && !slices.Equal(slices.Sorted(maps.Keys(f.boosts)), slices.Sorted(slices.Values(s.Boosts))):
			c.fail("lost: message %d carries the boosts %v, acknowledged were %v", x.MessageID, s.Boosts, slices.Sorted(maps.Keys(f.boosts)))
		}
	}
}

// phantoms: what is stored was asked for.
func (c *checker) phantoms() {
	edits := make(map[int64][]string)
	for _, x := range c.h.Changes {
		if x.Kind == Edit {
			edits[x.MessageID] = append(edits[x.MessageID], x.Body)
		}
	}
	for _, s := range c.h.Stored {
		bodies, ok := c.tried[draft{s.Room, s.Author, s.ClientID}]
		if !ok {
			c.fail("phantom: message %d (%q by %d) is stored, and nobody posted it in room %d", s.MessageID, s.ClientID, s.Author, s.Room)
		} else if !slices.Contains(bodies, s.Body) && !slices.Contains(edits[s.MessageID], s.Body) {
			c.fail("altered: message %d is stored as %q, which nobody wrote", s.MessageID, s.Body)
		}
	}
}

// order: what was answered before another was sent has the smaller number.
func (c *checker) order() {
	rooms := make(map[int64][]*Change)
	for i := range c.h.Changes {
		if x := &c.h.Changes[i]; x.Acknowledged() && x.Seq > 0 {
			rooms[x.Room] = append(rooms[x.Room], x)
		}
	}
	for room, list := range rooms {
		slices.SortFunc(list, func(a, b *Change) int { return cmp.Compare(b.Seq, a.Seq) })
		// Going down from the highest number: nothing with a smaller number
		// may have been sent after something with a larger one was answered.
		var earliest time.Time
		for _, x := range list {
			if !earliest.IsZero() && x.Sent.After(earliest) {
				c.fail("order: #%d of room %d was sent after a larger number was acknowledged", x.Seq, room)
			}
			if earliest.IsZero() || x.Answered.Before(earliest) {
				earliest = x.Answered
			}
		}
	}
}

// held is a message as a subscriber holds it.
type held struct {
	body   string
	boosts map[int64]bool
}

// subscriber: numbers follow on each other without gap or repetition up to
// the room's, and applying the events gives what is stored.
func (c *checker) subscriber(s *Subscriber) {
	if !s.Member {
		if len(s.Events) > 0 {
			c.fail("leaked: %s is not in room %d and received %d events of it", s.Name, s.Room, len(s.Events))
		}
		return
	}
	at := s.Since
	holds := make(map[int64]*held)
	for _, e := range s.Events {
		if e.Room != s.Room {
			c.fail("leaked: %s received an event of room %d", s.Name, e.Room)
			continue
		}
		switch {
		case e.Seq <= at:
			c.fail("doubled: %s received #%d after #%d", s.Name, e.Seq, at)
		case e.Seq > at+1:
			c.fail("dropped: %s received #%d after #%d", s.Name, e.Seq, at)
		}
		at = max(at, e.Seq)
		if !s.Removed.IsZero() && c.sent[place{s.Room, e.Seq}].After(s.Removed) {
			c.fail("leaked: %s received #%d of room %d, sent after being taken out of it", s.Name, e.Seq, s.Room)
		}
		c.about(s.Name, s.Room, e.Seq, e.MessageID)
		apply(holds, e)
	}
	if !s.Removed.IsZero() {
		return // what it holds is how things stood then
	}
	if at != c.h.Seq[s.Room] {
		c.fail("dropped: %s ended at #%d, room %d at #%d", s.Name, at, s.Room, c.h.Seq[s.Room])
	}
	c.compare(s, holds)
}

// apply does what an event says.
func apply(holds map[int64]*held, e Event) {
	m := holds[e.MessageID]
	switch e.Type {
	case "message_created", "message_updated":
		m = &held{body: e.Body, boosts: make(map[int64]bool)}
		for _, b := range e.Boosts {
			m.boosts[b] = true
		}
		holds[e.MessageID] = m
	case "message_deleted":
		delete(holds, e.MessageID)
	case "boost_created":
		if m != nil {
			m.boosts[e.BoostID] = true
		}
	case "boost_deleted":
		if m != nil {
			delete(m.boosts, e.BoostID)
		}
	}
}

// compare holds a subscriber's view of a room against what is stored. What
// lies before its first number it may not know.
func (c *checker) compare(s *Subscriber, holds map[int64]*held) {
	for id, m := range holds {
		stored := c.stored[id]
		switch {
		case stored == nil:
			c.fail("phantom: %s holds message %d, which is not stored", s.Name, id)
		case stored.Body != m.body:
			c.fail("altered: %s holds message %d as %q, stored is %q", s.Name, id, m.body, stored.Body)
		case s.Since == 0 && !slices.Equal(slices.Sorted(maps.Keys(m.boosts)), slices.Sorted(slices.Values(stored.Boosts))):
			c.fail("altered: %s holds message %d with the boosts %v, stored are %v", s.Name, id, slices.Sorted(maps.Keys(m.boosts)), stored.Boosts)
		}
	}
	for _, m := range c.h.Stored {
		if m.Room == s.Room && m.Seq > s.Since && holds[m.MessageID] == nil {
			c.fail("dropped: %s does not hold message %d", s.Name, m.MessageID)
		}
	}
}
