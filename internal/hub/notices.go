package hub

import (
	"slices"
	"strconv"
	"sync"
	"time"

	"campfire"
)

// notices are what people hear of rooms they don't follow. It needs the list
// of a room's members, so it is not the dispatcher's to send: it is noted
// here, one note per room, and sent by the notifier, unread at most once a
// second per room. The first goes at once; rooms that are busy are told all
// together, on the second, so that a socket takes them in one write.
type notices struct {
	mu      sync.Mutex
	unreads map[campfire.RoomID]*unread
	rooms   map[campfire.RoomID]*campfire.Room // with a new name or kind
	wake    chan struct{}
}

// unread is what a room has to tell.
type unread struct {
	seq       campfire.Seq
	author    campfire.UserID // zero when there were several
	mentioned []campfire.UserID
	all       bool      // campfire.Everyone was mentioned
	sent      time.Time // when it was last told
	pending   bool
}

const unreadEvery = time.Second

// next is when a room that was told at sent may be told again: on the first
// full second that is far enough from it.
func (u *unread) next() time.Time {
	return u.sent.Add(2*unreadEvery - 1).Truncate(unreadEvery)
}

func (n *notices) init() {
	n.unreads = make(map[campfire.RoomID]*unread)
	n.rooms = make(map[campfire.RoomID]*campfire.Room)
	n.wake = make(chan struct{}, 1)
}

func (n *notices) poke() {
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

// unread notes a created message.
func (n *notices) unread(e *campfire.Event) {
	n.mu.Lock()
	u := n.unreads[e.Room]
	if u == nil {
		u = &unread{}
		n.unreads[e.Room] = u
	}
	author := e.Message.Creator.ID
	if !u.pending {
		u.pending, u.author = true, author
	} else if u.author != author {
		u.author = 0
	}
	u.seq = e.Seq
	for _, id := range e.Reached {
		if id == campfire.Everyone {
			u.all = true
		} else if !slices.Contains(u.mentioned, id) {
			u.mentioned = append(u.mentioned, id)
		}
	}
	n.mu.Unlock()
	n.poke()
}

func (n *notices) roomUpdated(r *campfire.Room) {
	n.mu.Lock()
	n.rooms[r.ID] = r
	n.mu.Unlock()
	n.poke()
}

// due takes what is to be told now, and when to look again. Rooms that have
// been quiet for long are forgotten.
func (n *notices) due(now time.Time) (tell map[campfire.RoomID]unread, rooms []*campfire.Room, wait time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	wait = time.Hour
	tell = make(map[campfire.RoomID]unread)
	for id, u := range n.unreads {
		next := u.next()
		switch {
		case now.Before(next):
			wait = min(wait, next.Sub(now))
		case u.pending:
			tell[id] = *u
			*u = unread{sent: now}
			if now.Sub(next) < unreadEvery {
				u.sent = next // it was the second's turn
			}
			wait = min(wait, u.next().Sub(now))
		default:
			delete(n.unreads, id)
		}
	}
	for id, r := range n.rooms {
		rooms = append(rooms, r)
		delete(n.rooms, id)
	}
	return tell, rooms, max(wait, time.Millisecond)
}

// notify is the notifier's goroutine; it also tells of presence.
func (h *Hub) notify() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	presence := time.NewTicker(presenceEvery)
	defer presence.Stop()
	for {
		select {
		case <-h.notices.wake:
		case <-timer.C:
		case <-presence.C:
			h.tellPresence()
			continue
		case <-h.ctx.Done():
			return
		}
		tell, rooms, wait := h.notices.due(time.Now())
		h.tellUnreads(tell)
		for _, r := range rooms {
			members, err := h.backend.Members(h.ctx, r.ID)
			if err != nil {
				h.failed("room_updated", err)
				continue
			}
			h.sendTo(h.people.of(members), h.roomFrame(kindRoomUpdated, r))
		}
		timer.Reset(wait)
	}
}

func (h *Hub) failed(what string, err error) {
	if h.ctx.Err() == nil {
		h.log.Warn("people could not be told; they will see it when they reconnect", "what", what, "err", err)
	}
}

// tellUnreads tells rooms' members who don't follow them that there is
// something new. All of it is handed to the shards at once.
func (h *Hub) tellUnreads(tell map[campfire.RoomID]unread) {
	type notice struct {
		to []*conn
		f  *frame
	}
	var notices []notice
	for room, u := range tell {
		plain, mentioned, err := h.unaware(room, u)
		if err != nil {
			h.failed("unread", err)
			continue
		}
		b := strconv.AppendInt(append(appendType(nil, kindUnread), `,"room_id":`...), int64(room), 10)
		b = append(b, `,"seq":`...)
		b = strconv.AppendInt(b, int64(u.seq), 10)
		notices = append(notices, notice{plain, textFrame(kindUnread, append(slices.Clone(b), '}'))},
			notice{mentioned, textFrame(kindUnread, append(b, `,"mention":true}`...))})
	}
	for _, n := range notices {
		h.sendTo(n.to, n.f)
	}
}

// unaware returns the connections of a room's members that don't follow it,
// those of the mentioned apart.
func (h *Hub) unaware(room campfire.RoomID, u unread) (plain, mentioned []*conn, err error) {
	members, err := h.backend.Members(h.ctx, room)
	if err != nil {
		return nil, nil, err
	}
	for _, c := range h.people.of(members) {
		if c.actor.ID == u.author || c.shard.follows(c, room) {
			continue
		}
		if u.all || slices.Contains(u.mentioned, c.actor.ID) {
			mentioned = append(mentioned, c)
		} else {
			plain = append(plain, c)
		}
	}
	return plain, mentioned, nil
}

// check is the checker's goroutine: it compares the numbers of the rooms that
// are followed with the database, so that a lost last event is noticed, and
// ends connections whose credential has ended unnoticed or expired.
func (h *Hub) check() {
	if h.limits.Check <= 0 {
		return
	}
	tick := time.NewTicker(h.limits.Check)
	defer tick.Stop()
	known := make(map[campfire.RoomID]campfire.Seq)
	for {
		select {
		case <-tick.C:
			known = h.checkPositions(known)
			h.checkAlive()
		case <-h.ctx.Done():
			return
		}
	}
}

// maxPositionsGap is how long the checker waits between rooms.
const maxPositionsGap = 100 * time.Millisecond

func (h *Hub) checkPositions(known map[campfire.RoomID]campfire.Seq) map[campfire.RoomID]campfire.Seq {
	var rooms []campfire.RoomID
	for _, s := range h.shards {
		rooms = append(rooms, s.followed()...)
	}
	slices.Sort(rooms)
	rooms = slices.Compact(rooms)
	if len(rooms) == 0 {
		return known
	}
	seqs, err := h.backend.Seqs(h.ctx, rooms)
	if err != nil {
		h.failed("positions", err)
		return known
	}
	// One room after the other: frames for all of them at once would hold
	// events up.
	gap := time.NewTicker(min(maxPositionsGap, max(time.Millisecond, h.limits.Check/time.Duration(2*len(rooms)))))
	defer gap.Stop()
	for id, seq := range seqs {
		if known[id] == seq {
			continue
		}
		select {
		case <-gap.C:
		case <-h.ctx.Done():
			return seqs
		}
		b := strconv.AppendInt(append(appendType(nil, kindPositions), `,"rooms":[{"id":`...), int64(id), 10)
		b = append(b, `,"seq":`...)
		b = strconv.AppendInt(b, int64(seq), 10)
		f := textFrame(kindPositions, append(b, `}]}`...))
		for _, s := range h.shards {
			s.give(work{room: id, frame: f, except: -1})
		}
	}
	return seqs
}

func (h *Hub) checkAlive() {
	for _, c := range h.people.all() {
		if h.ctx.Err() != nil {
			return
		}
		if campfire.CodeOf(h.backend.Alive(h.ctx, *c.actor)) == campfire.CodeUnauthenticated {
			c.shut(closeSignedOut, "expired")
		}
	}
}
