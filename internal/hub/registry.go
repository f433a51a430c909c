package hub

import (
	"net/netip"
	"sync"

	"campfire"
)

// registry knows the connections of each person.
type registry struct {
	mu    sync.RWMutex
	users map[campfire.UserID][]*conn
	n     int
}

func (r *registry) init() { r.users = make(map[campfire.UserID][]*conn) }

// add returns whether it is the person's first connection.
func (r *registry) add(c *conn) (first bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := r.users[c.actor.ID]
	r.users[c.actor.ID] = append(list, c)
	r.n++
	return len(list) == 0
}

// remove returns whether it was the person's last connection.
func (r *registry) remove(c *conn) (last bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := r.users[c.actor.ID]
	for i, x := range list {
		if x == c {
			// A fresh list: others may be reading the old one.
			list = append(append(make([]*conn, 0, len(list)-1), list[:i]...), list[i+1:]...)
			r.n--
			break
		}
	}
	if len(list) == 0 {
		delete(r.users, c.actor.ID)
		return true
	}
	r.users[c.actor.ID] = list
	return false
}

// of returns the connections of people; of everyone for nil.
func (r *registry) of(ids []campfire.UserID) []*conn {
	if ids == nil {
		return r.all()
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	var out []*conn
	for _, id := range ids {
		out = append(out, r.users[id]...)
	}
	return out
}

func (r *registry) all() []*conn {
	r.mu.RLock()
	defer r.mu.RUnlock()
	out := make([]*conn, 0, r.n)
	for _, list := range r.users {
		out = append(out, list...)
	}
	return out
}

func (r *registry) online(ids []campfire.UserID) []campfire.UserID {
	r.mu.RLock()
	defer r.mu.RUnlock()
	var out []campfire.UserID
	if ids == nil {
		for id := range r.users {
			out = append(out, id)
		}
		return out
	}
	for _, id := range ids {
		if len(r.users[id]) > 0 {
			out = append(out, id)
		}
	}
	return out
}

func (r *registry) counts() (sockets, people int) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.n, len(r.users)
}

// admission counts the places that are taken, from before the upgrade on.
type admission struct {
	mu         sync.Mutex
	total      int
	handshakes int
	users      map[campfire.UserID]int
	ips        map[netip.Addr]int
}

func (a *admission) init() {
	a.users = make(map[campfire.UserID]int)
	a.ips = make(map[netip.Addr]int)
}

// Slot is a place for one connection. It is given back by Release, or by the
// connection that Upgrade made of it.
type Slot struct {
	hub       *Hub
	actor     campfire.Actor
	ip        netip.Addr
	handshake bool
	once      sync.Once
}

// Admit takes a place for a connection of a, before its upgrade: an error is
// to be answered in place of it.
func (h *Hub) Admit(a campfire.Actor, ip string) (*Slot, error) {
	addr, _ := netip.ParseAddr(ip) // one that is none counts with its like
	addr = addr.Unmap()
	if h.draining.Load() {
		return nil, campfire.Overloaded("The server is restarting.")
	}
	d, l := &h.admitted, &h.limits
	d.mu.Lock()
	defer d.mu.Unlock()
	over := func(n, limit int) bool { return limit >= 0 && n >= limit }
	switch {
	case over(d.total, l.MaxSockets):
		return nil, campfire.Overloaded("The server holds as many connections as it may.")
	case over(d.handshakes, l.MaxHandshakes):
		return nil, campfire.Overloaded("Too many are connecting at this moment.")
	case over(d.users[a.ID], l.MaxUser):
		return nil, campfire.Overloaded("You have as many connections open as one person may; close a tab.")
	case over(d.ips[addr], l.MaxIP):
		return nil, campfire.Overloaded("Your address has as many connections open as one may.")
	}
	d.total++
	d.handshakes++
	d.users[a.ID]++
	d.ips[addr]++
	return &Slot{hub: h, actor: a, ip: addr, handshake: true}, nil
}

// upgraded says that the handshake is over.
func (s *Slot) upgraded() {
	d := &s.hub.admitted
	d.mu.Lock()
	defer d.mu.Unlock()
	s.handshake = false
	d.handshakes--
}

// Release gives the place back; more than once does nothing.
func (s *Slot) Release() {
	s.once.Do(func() {
		d := &s.hub.admitted
		d.mu.Lock()
		defer d.mu.Unlock()
		d.total--
		if s.handshake {
			d.handshakes--
		}
		if d.users[s.actor.ID]--; d.users[s.actor.ID] == 0 {
			delete(d.users, s.actor.ID)
		}
		if d.ips[s.ip]--; d.ips[s.ip] == 0 {
			delete(d.ips, s.ip)
		}
	})
}
