// Package history checks what a chat promised against what was seen: posters
// record what was acknowledged, subscribers what they received, a reader what
// is stored at the end. [Check] finds everything that contradicts the delivery
// contract.
//
// It owns the rules alone: pure functions over recorded histories. It refuses
// to know how they were recorded.
package history

import (
	"fmt"
	"slices"
	"time"
)

// Ack is one acknowledged post.
type Ack struct {
	Room      int64
	Author    int64
	ClientID  string
	MessageID int64
	Seq       int64
	Body      string
	Sent      time.Time // before the post was sent
	Answered  time.Time // after its acknowledgement came
}

// Event is one event as a subscriber received it.
type Event struct {
	Type      string // message_created, message_updated, message_deleted, …
	Room      int64
	Seq       int64
	MessageID int64
	ClientID  string // of a creation or edit
	Body      string // of a creation or edit
}

// Subscriber is one connection's record of one room, in the order received.
type Subscriber struct {
	Name   string
	Room   int64
	Member bool // may receive the room's events at all
	Since  int64
	Events []Event
}

// Stored is one message as a reader finds it at the end.
type Stored struct {
	Room      int64
	MessageID int64
	Seq       int64
	Author    int64
	ClientID  string
	Body      string
	Found     bool // a search for its words finds it
}

// History is all that was recorded of one run.
type History struct {
	Acks        []Ack
	Subscribers []Subscriber
	Stored      []Stored
	// Deleted are the ids of messages whose deletion was acknowledged.
	Deleted map[int64]bool
	// Seq is each room's number at the end.
	Seq map[int64]int64
}

// Check returns every contradiction, as sentences.
func Check(h History) []string {
	c := &checker{h: h, stored: make(map[int64]Stored)}
	c.unique()
	c.acknowledged()
	c.order()
	for _, s := range h.Subscribers {
		c.subscriber(s)
	}
	return c.found
}

type checker struct {
	h      History
	stored map[int64]Stored
	found  []string
}

func (c *checker) fail(format string, args ...any) {
	c.found = append(c.found, fmt.Sprintf(format, args...))
}

// unique: no client id is stored twice, no number is used twice.
func (c *checker) unique() {
	type key struct {
		room, author int64
		id           string
	}
	type place struct{ room, seq int64 }
	ids, places := make(map[key]bool), make(map[place]bool)
	for _, s := range c.h.Stored {
		c.stored[s.MessageID] = s
		k := key{s.Room, s.Author, s.ClientID}
		if ids[k] {
			c.fail("doubled: %q by %d is stored twice in room %d", s.ClientID, s.Author, s.Room)
		}
		ids[k] = true
		p := place{s.Room, s.Seq}
		if places[p] {
			c.fail("number %d of room %d is used twice", s.Seq, s.Room)
		}
		places[p] = true
		if s.Seq < 1 || s.Seq > c.h.Seq[s.Room] {
			c.fail("message %d has number %d, beyond its room's %d", s.MessageID, s.Seq, c.h.Seq[s.Room])
		}
	}
}

// acknowledged: what was acknowledged is stored, exactly, and found.
func (c *checker) acknowledged() {
	for _, a := range c.h.Acks {
		s, ok := c.stored[a.MessageID]
		switch {
		case !ok && c.h.Deleted[a.MessageID]:
		case !ok:
			c.fail("lost: message %d (%q) was acknowledged and is not stored", a.MessageID, a.ClientID)
		case s.Body != a.Body || s.ClientID != a.ClientID || s.Seq != a.Seq || s.Room != a.Room:
			c.fail("altered: message %d was acknowledged as %q %q #%d and is stored as %q %q #%d",
				a.MessageID, a.ClientID, a.Body, a.Seq, s.ClientID, s.Body, s.Seq)
		case !s.Found:
			c.fail("message %d is stored and no search finds it", a.MessageID)
		}
	}
}

// order: what was answered before another was sent has the smaller number.
func (c *checker) order() {
	rooms := make(map[int64][]Ack)
	for _, a := range c.h.Acks {
		rooms[a.Room] = append(rooms[a.Room], a)
	}
	for _, acks := range rooms {
		slices.SortFunc(acks, func(a, b Ack) int { return int(a.Seq - b.Seq) })
		// Going down from the highest number: nothing with a smaller number
		// may have been sent after something with a larger one was answered.
		var earliest time.Time
		for i := len(acks) - 1; i >= 0; i-- {
			if !earliest.IsZero() && acks[i].Sent.After(earliest) {
				c.fail("order: message %d (#%d) was sent after one with a larger number was acknowledged", acks[i].MessageID, acks[i].Seq)
			}
			if earliest.IsZero() || acks[i].Answered.Before(earliest) {
				earliest = acks[i].Answered
			}
		}
	}
}

// subscriber: numbers follow on each other without gap or repetition up to
// the room's, and applying the events gives what is stored.
func (c *checker) subscriber(s Subscriber) {
	if !s.Member {
		if len(s.Events) > 0 {
			c.fail("leaked: %s, no member of room %d, received %d events", s.Name, s.Room, len(s.Events))
		}
		return
	}
	at := s.Since
	held := make(map[int64]Event)
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
		switch e.Type {
		case "message_created", "message_updated":
			held[e.MessageID] = e
		case "message_deleted":
			delete(held, e.MessageID)
		}
	}
	if at != c.h.Seq[s.Room] {
		c.fail("dropped: %s ended at #%d, room %d at #%d", s.Name, at, s.Room, c.h.Seq[s.Room])
	}
	for id, e := range held {
		if m, ok := c.stored[id]; !ok {
			c.fail("%s holds message %d, which is not stored", s.Name, id)
		} else if m.Body != e.Body {
			c.fail("altered: %s holds message %d as %q, stored is %q", s.Name, id, e.Body, m.Body)
		}
	}
	for _, m := range c.h.Stored {
		if m.Room == s.Room && m.Seq > s.Since {
			if _, ok := held[m.MessageID]; !ok {
				c.fail("dropped: %s does not hold message %d", s.Name, m.MessageID)
			}
		}
	}
}
