package hub

import (
	"slices"
	"strconv"
	"sync"
	"time"

	"campfire"
)

// presenceEvery is how often changes of presence are told at most.
const presenceEvery = time.Second

// presence is who has which room on screen, and whose state has changed since
// it was last told.
type presence struct {
	mu      sync.Mutex
	screens map[campfire.RoomID]map[*conn]struct{}
	visible map[campfire.UserID]int // connections with a visible room
	dirty   map[campfire.UserID]struct{}
}

func (p *presence) init() {
	p.screens = make(map[campfire.RoomID]map[*conn]struct{})
	p.visible = make(map[campfire.UserID]int)
	p.dirty = make(map[campfire.UserID]struct{})
}

// changed notes that someone's state may be another.
func (p *presence) changed(u campfire.UserID) {
	p.mu.Lock()
	p.dirty[u] = struct{}{}
	p.mu.Unlock()
}

// show notes the room on a connection's screen; zero is none.
func (p *presence) show(c *conn, room campfire.RoomID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c.screen == room {
		return
	}
	if c.screen != 0 {
		p.leaveLocked(c)
	}
	if room != 0 {
		if p.screens[room] == nil {
			p.screens[room] = make(map[*conn]struct{})
		}
		p.screens[room][c] = struct{}{}
		p.visible[c.actor.ID]++
	}
	c.screen = room
	p.dirty[c.actor.ID] = struct{}{}
}

func (p *presence) leaveLocked(c *conn) {
	delete(p.screens[c.screen], c)
	if len(p.screens[c.screen]) == 0 {
		delete(p.screens, c.screen)
	}
	if p.visible[c.actor.ID]--; p.visible[c.actor.ID] <= 0 {
		delete(p.visible, c.actor.ID)
	}
}

// Watching returns who has a room on a visible screen, each as often as they
// have.
func (h *Hub) Watching(room campfire.RoomID) []campfire.UserID {
	p := &h.presence
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []campfire.UserID
	for c := range p.screens[room] {
		out = append(out, c.actor.ID)
	}
	return out
}

// left forgets a connection that ended.
func (p *presence) left(c *conn) { p.show(c, 0) }

// status returns someone's state on the wire.
func (h *Hub) status(u campfire.UserID) string {
	h.presence.mu.Lock()
	visible := h.presence.visible[u] > 0
	h.presence.mu.Unlock()
	switch {
	case visible:
		return "online"
	case len(h.people.online([]campfire.UserID{u})) > 0:
		return "away"
	}
	return "offline"
}

// present handles a client's report of the room on its screen, answered by a
// snapshot of the people it may see there; of no room at all, by one of its
// peers.
func (c *conn) present(q *request) {
	h := c.hub
	if !q.Visible {
		h.presence.show(c, 0)
		if q.RoomID == 0 {
			c.snapshot(nil)
		}
		return
	}
	if _, err := h.backend.Follow(h.ctx, *c.actor, q.RoomID, false); err != nil {
		c.fail(err, "", q.RoomID)
		return
	}
	h.presence.show(c, q.RoomID)
	members, err := h.backend.Members(h.ctx, q.RoomID)
	if err != nil {
		c.fail(err, "", q.RoomID)
		return
	}
	c.snapshot(members)
}

// snapshot tells who is there of some people and of the client's peers.
func (c *conn) snapshot(people []campfire.UserID) {
	h := c.hub
	peers, err := h.backend.Peers(h.ctx, c.actor.ID)
	if err != nil {
		c.fail(err, "", 0)
		return
	}
	// The offline are those who are not named.
	people = h.people.online(append(people, peers...))
	slices.Sort(people)
	c.send(h.presenceFrame(slices.Compact(people)))
}

func (h *Hub) presenceFrame(people []campfire.UserID) *frame {
	b := append(appendType(nil, kindPresence), `,"users":[`...)
	for i, u := range people {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"id":`...)
		b = strconv.AppendInt(b, int64(u), 10)
		b = append(b, `,"status":"`...)
		b = append(b, h.status(u)...)
		b = append(b, `"}`...)
	}
	f := textFrame(kindPresence, append(b, `]}`...))
	f.ephemeral = true
	return f
}

// tellPresence tells what has changed since the last time: to those who have
// a room of the person on screen, and to the person's peers.
func (h *Hub) tellPresence() {
	p := &h.presence
	p.mu.Lock()
	dirty := p.dirty
	p.dirty = make(map[campfire.UserID]struct{})
	rooms := make([]campfire.RoomID, 0, len(p.screens))
	for id := range p.screens {
		rooms = append(rooms, id)
	}
	p.mu.Unlock()
	if len(dirty) == 0 {
		return
	}
	for _, room := range rooms {
		members, err := h.backend.Members(h.ctx, room)
		if err != nil {
			h.failed("presence", err)
			return
		}
		here := slices.DeleteFunc(members, func(u campfire.UserID) bool { _, ok := dirty[u]; return !ok })
		if len(here) == 0 {
			continue
		}
		p.mu.Lock()
		var watching []*conn
		for c := range p.screens[room] {
			watching = append(watching, c)
		}
		p.mu.Unlock()
		h.sendTo(watching, h.presenceFrame(here))
	}
	for u := range dirty {
		peers, err := h.backend.Peers(h.ctx, u)
		if err != nil {
			h.failed("presence", err)
			return
		}
		if conns := h.people.of(peers); len(peers) > 0 && len(conns) > 0 {
			h.sendTo(conns, h.presenceFrame([]campfire.UserID{u}))
		}
	}
}
