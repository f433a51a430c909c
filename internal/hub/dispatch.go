package hub

import (
	"strconv"
	"time"

	"campfire"
)

// dispatcher is the state of the one goroutine that all changes pass, in
// order: what each room has pending, and when it may be sent.
type dispatcher struct {
	hub   *Hub
	rooms map[campfire.RoomID]*pending
	due   []*pending // in order of their time: all wait equally long
	held  []*pending // whose time is over, while the shards still write
}

// pending is one room within a batch interval: an event was sent at its
// start, and what follows is held back until its end, and until all sockets
// that can have taken what was sent: the longer a sweep over the sockets
// takes, the more events share the next.
type pending struct {
	room   campfire.RoomID
	sent   *broadcast // last
	until  time.Time
	events []*campfire.Event
	size   int // of the events, in bytes
}

// maxBatchBytes ends a batch of large messages before its size does, so that
// no frame comes near what may wait for a socket.
const maxBatchBytes = 256 << 10

// dispatch is the dispatcher's goroutine.
func (h *Hub) dispatch() {
	d := &dispatcher{hub: h, rooms: make(map[campfire.RoomID]*pending)}
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		if len(d.due) > 0 {
			timer.Reset(time.Until(d.due[0].until))
		}
		select {
		case changes := <-h.in:
			for _, c := range changes {
				d.take(c)
			}
		case <-timer.C:
			d.expire(time.Now())
		case <-h.swept:
			d.release(time.Now())
		case <-h.ctx.Done():
			return
		}
	}
}

// take handles one change. What concerns a room's membership first sends what
// the room has pending, so that order is kept.
func (d *dispatcher) take(c campfire.Change) {
	h := d.hub
	switch c := c.(type) {
	case *campfire.Event:
		d.event(c)
		if c.Kind == campfire.MessageCreated {
			h.notices.unread(c)
		}
	case *campfire.MembersAdded:
		d.flush(c.Room.ID)
		h.sendTo(h.people.of(c.Users), h.roomFrame(kindRoomAdded, c.Room))
	case *campfire.MembersRemoved:
		d.flush(c.Room)
		d.remove(c.Room, c.Users, false)
	case *campfire.RoomUpdated:
		d.flush(c.Room.ID)
		h.notices.roomUpdated(c.Room)
	case *campfire.RoomDeleted:
		d.flush(c.Room)
		delete(d.rooms, c.Room)
		d.remove(c.Room, c.Users, true)
	case *campfire.UserUpdated:
		b := h.wire.AppendUser(append(appendType(nil, kindUserUpdated), `,"user":`...), c.User, false)
		h.sendTo(h.people.all(), textFrame(kindUserUpdated, append(b, '}')))
	case *campfire.ReadMoved:
		h.sendTo(h.people.of([]campfire.UserID{c.User}), readFrame(c))
	case *campfire.InvolvementChanged:
		b := strconv.AppendInt(append(appendType(nil, kindInvolvement), `,"room_id":`...), int64(c.Room), 10)
		b = append(append(append(b, `,"involvement":"`...), c.Involvement.String()...), `"}`...)
		h.sendTo(h.people.of([]campfire.UserID{c.User}), textFrame(kindInvolvement, b))
	case *campfire.NotificationsChanged:
		h.sendTo(h.people.of([]campfire.UserID{c.User}), textFrame(kindNotificationsUpdated, append(appendType(nil, kindNotificationsUpdated), '}')))
	case *campfire.CredentialEnded:
		for _, x := range h.people.of([]campfire.UserID{c.User}) {
			if x.actor.Credential == c.Credential {
				x.shut(closeSignedOut, "signed_out")
			}
		}
	case *campfire.AccessEnded:
		for _, x := range h.people.of([]campfire.UserID{c.User}) {
			x.shut(closeSignedOut, "access_ended")
		}
	}
}

// event sends the first event of a room at once and holds back what follows
// within the interval, up to the size of a batch.
func (d *dispatcher) event(e *campfire.Event) {
	l := &d.hub.limits
	if l.BatchInterval <= 0 || l.BatchSize <= 1 {
		d.hub.broadcast([]*campfire.Event{e})
		return
	}
	p := d.rooms[e.Room]
	if p == nil {
		p = &pending{room: e.Room, until: time.Now().Add(l.BatchInterval),
			sent: d.hub.broadcast([]*campfire.Event{e})}
		d.rooms[e.Room] = p
		d.due = append(d.due, p)
		return
	}
	p.events = append(p.events, e)
	p.size += sizeOf(e)
	if len(p.events) >= l.BatchSize || p.size >= maxBatchBytes {
		d.flush(e.Room)
	}
}

// flush sends what a room has pending.
func (d *dispatcher) flush(room campfire.RoomID) {
	if p := d.rooms[room]; p != nil && len(p.events) > 0 {
		p.sent = d.hub.broadcast(p.events)
		p.events, p.size = nil, 0
	}
}

// expire ends the intervals that are over.
func (d *dispatcher) expire(now time.Time) {
	for len(d.due) > 0 && !d.due[0].until.After(now) {
		p := d.due[0]
		d.due = d.due[1:]
		if p.sent.unwritten.Load() > 0 {
			d.held = append(d.held, p)
			continue
		}
		d.next(p, now)
	}
}

// release ends the intervals that were over before the shards had written.
func (d *dispatcher) release(now time.Time) {
	held := d.held
	d.held = nil
	for _, p := range held {
		if p.sent.unwritten.Load() > 0 {
			d.held = append(d.held, p)
			continue
		}
		d.next(p, now)
	}
}

// next sends what a room has pending and begins another interval; a room that
// was quiet is forgotten.
func (d *dispatcher) next(p *pending, now time.Time) {
	if d.rooms[p.room] != p {
		return // deleted
	}
	if len(p.events) == 0 {
		delete(d.rooms, p.room)
		return
	}
	d.flush(p.room)
	p.until = now.Add(d.hub.limits.BatchInterval)
	d.due = append(d.due, p)
}

// remove takes a room from people: their subscriptions end in every shard
// after what was sent before, then they are told.
func (d *dispatcher) remove(room campfire.RoomID, users []campfire.UserID, deleted bool) {
	b := strconv.AppendInt(append(appendType(nil, kindRoomRemoved), `,"room_id":`...), int64(room), 10)
	if deleted {
		b = append(b, `,"deleted":true`...)
	}
	f := textFrame(kindRoomRemoved, append(b, '}'))
	set := make(map[campfire.UserID]bool, len(users))
	for _, u := range users {
		set[u] = true
	}
	for _, s := range d.hub.shards {
		s.give(work{room: room, leave: set})
	}
	d.hub.sendTo(d.hub.people.of(users), f)
}

// broadcast hands events of one room to every shard.
func (h *Hub) broadcast(events []*campfire.Event) *broadcast {
	b := h.newBroadcast(events)
	b.unwritten.Store(int32(len(h.shards)))
	h.metrics.batch.Observe(float64(len(events)))
	h.stats.broadcasts.Add(1)
	for _, s := range h.shards {
		s.give(work{room: b.room, broadcast: b})
	}
	return b
}

// sendTo hands one frame to some connections, each through its shard.
func (h *Hub) sendTo(conns []*conn, f *frame) {
	if len(conns) == 0 {
		return
	}
	if len(conns) == 1 {
		conns[0].shard.give(work{frame: f, conns: conns})
		return
	}
	parts := make([][]*conn, len(h.shards))
	for _, c := range conns {
		parts[c.shard.n] = append(parts[c.shard.n], c)
	}
	for i, part := range parts {
		if len(part) > 0 {
			h.shards[i].give(work{frame: f, conns: part})
		}
	}
}

func (h *Hub) roomFrame(k kind, r *campfire.Room) *frame {
	b := h.wire.AppendRoom(append(appendType(nil, k), `,"room":`...), r)
	return textFrame(k, append(b, '}'))
}

func readFrame(c *campfire.ReadMoved) *frame {
	b := appendType(nil, kindRead)
	for _, f := range []struct {
		key string
		n   int64
	}{{"room_id", int64(c.Room)}, {"read_seq", int64(c.ReadSeq)}, {"seq", int64(c.Seq)},
		{"unread_count", int64(c.UnreadCount)}, {"mention_count", int64(c.MentionCount)}} {
		b = append(b, ',', '"')
		b = append(b, f.key...)
		b = append(b, '"', ':')
		b = strconv.AppendInt(b, f.n, 10)
	}
	return textFrame(kindRead, append(b, '}'))
}
