package hub

import (
	"cmp"
	"slices"

	"campfire"
)

// audience is a room's subscriptions within one shard. A broadcast passes all
// of them, so they lie side by side; a connection knows its places in them.
type audience struct {
	// published is the number of the room's latest event that came to this
	// shard since the first of the subscriptions was registered.
	published campfire.Seq
	subs      []subscription // in no order
}

// subscription is one connection's place in one room's log.
type subscription struct {
	conn *conn
	seq  campfire.Seq // all up to here was sent
	live bool         // false while what was missed is being replayed
}

// place is where a connection's subscription of a room stands.
type place struct {
	room campfire.RoomID
	at   int // in the audience's subs
}

// find returns where c's place for a room is, or belongs.
func (c *conn) find(room campfire.RoomID) (i int, found bool) {
	return slices.BinarySearchFunc(c.places, room, func(p place, r campfire.RoomID) int { return cmp.Compare(p.room, r) })
}

// subscription returns c's subscription of a room; nil when there is none.
// The pointer is good for as long as s.mu is held.
func (s *shard) subscription(c *conn, room campfire.RoomID) (*audience, *subscription) {
	i, found := c.find(room)
	if !found {
		return nil, nil
	}
	a := s.rooms[room]
	return a, &a.subs[c.places[i].at]
}

// register makes c's subscription of a room, not yet live: from now on the
// shard notes what is published there. One that there was begins anew.
func (s *shard) register(c *conn, room campfire.RoomID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, sub := s.subscription(c, room); sub != nil {
		*sub = subscription{conn: c}
		return
	}
	a := s.rooms[room]
	if a == nil {
		a = &audience{}
		s.rooms[room] = a
	}
	i, _ := c.find(room)
	c.places = slices.Insert(c.places, i, place{room, len(a.subs)})
	a.subs = append(a.subs, subscription{conn: c})
}

// goLive lets live events follow on number at, if nothing later has been
// published, and puts the frame that says so before them, in one step.
// Otherwise the caller replays what is missing and tries again. It reports
// gone when the subscription was taken away in between.
func (s *shard) goLive(c *conn, room campfire.RoomID, at campfire.Seq, f *frame) (live, gone bool) {
	live, gone, put := s.tryLive(c, room, at, f)
	if put == overflow {
		c.slow()
	}
	return live, gone
}

func (s *shard) tryLive(c *conn, room campfire.RoomID, at campfire.Seq, f *frame) (live, gone bool, put queued) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, sub := s.subscription(c, room)
	if sub == nil {
		return false, true, lost
	}
	if a.published > at {
		return false, false, lost
	}
	sub.seq, sub.live = at, true
	return true, false, c.queue([]*frame{f}, len(f.plain))
}

// unsubscribe ends c's subscription of a room.
func (s *shard) unsubscribe(c *conn, room campfire.RoomID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(c, room)
}

// drop takes c out of a room's audience, whose last takes the place.
func (s *shard) drop(c *conn, room campfire.RoomID) {
	i, found := c.find(room)
	if !found {
		return
	}
	a, at := s.rooms[room], c.places[i].at
	c.places = slices.Delete(c.places, i, i+1)
	last := len(a.subs) - 1
	if at != last {
		a.subs[at] = a.subs[last]
		moved := a.subs[at].conn
		j, _ := moved.find(room)
		moved.places[j].at = at
	}
	a.subs[last] = subscription{}
	if a.subs = a.subs[:last]; last == 0 {
		delete(s.rooms, room)
	}
}

// leave ends the subscriptions that some people have of a room.
func (s *shard) leave(room campfire.RoomID, users map[campfire.UserID]bool) {
	a := s.rooms[room]
	if a == nil {
		return
	}
	for i := len(a.subs) - 1; i >= 0; i-- {
		if c := a.subs[i].conn; users[c.actor.ID] {
			s.drop(c, room)
		}
	}
}

// follows reports whether c's subscription of a room is live.
func (s *shard) follows(c *conn, room campfire.RoomID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, sub := s.subscription(c, room)
	return sub != nil && sub.live
}

// subscriptions counts the rooms that c is subscribed to.
func (s *shard) subscriptions(c *conn) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(c.places)
}

// followed returns the rooms with subscriptions.
func (s *shard) followed() []campfire.RoomID {
	s.mu.Lock()
	defer s.mu.Unlock()
	rooms := make([]campfire.RoomID, 0, len(s.rooms))
	for id := range s.rooms {
		rooms = append(rooms, id)
	}
	return rooms
}
