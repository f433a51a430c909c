package hub

import (
	"slices"
	"sync"
	"time"

	"campfire"
)

// shardQueue is how much work may wait for a shard. When it is full the
// dispatcher waits: a shard only ever does work that doesn't block.
const shardQueue = 1024

// joinedAtOnce is how much work a shard takes before it writes: frames of
// that much are joined to one write per connection.
const joinedAtOnce = 16

// work is one thing for a shard to do; one of its forms is set.
type work struct {
	room      campfire.RoomID
	broadcast *broadcast               // to the room's subscribers
	leave     map[campfire.UserID]bool // end these people's subscriptions of the room

	frame  *frame // to conns, or to the room's live subscribers but except
	conns  []*conn
	except campfire.UserID
}

// shard owns a part of the connections and their subscriptions.
type shard struct {
	hub   *Hub
	n     int
	queue chan work

	mu    sync.Mutex
	rooms map[campfire.RoomID]*audience
	wheel [][]*conn // connections by the second in which they are pinged
	at    int

	// Owned by run.
	dirty  []*conn
	joiner joiner
}

// audience is a room's subscriptions within one shard.
type audience struct {
	// published is the number of the room's latest event that came to this
	// shard since the first of the subscriptions was registered.
	published campfire.Seq
	subs      map[*conn]*subscription
}

// subscription is one connection's place in one room's log.
type subscription struct {
	live bool         // false while what was missed is being replayed
	seq  campfire.Seq // all up to here was sent
}

func newShard(h *Hub, n int) *shard {
	seconds := 1
	if h.limits.Ping > 0 {
		seconds = max(1, int(h.limits.Ping/time.Second))
	}
	return &shard{hub: h, n: n, queue: make(chan work, shardQueue),
		rooms: make(map[campfire.RoomID]*audience), wheel: make([][]*conn, seconds)}
}

// give queues work, waiting for room.
func (s *shard) give(w work) {
	select {
	case s.queue <- w:
	case <-s.hub.ctx.Done():
	}
}

// offer queues work that may be lost.
func (s *shard) offer(w work) {
	select {
	case s.queue <- w:
	default:
		s.hub.metrics.dropped.WithLabelValues("busy").Inc()
	}
}

// run is the shard's goroutine.
func (s *shard) run() {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	taken := make([]work, 0, joinedAtOnce)
	for {
		select {
		case w := <-s.queue:
			taken = append(taken[:0], w)
		case <-tick.C:
			s.ping()
			continue
		case <-s.hub.ctx.Done():
			return
		}
		for len(taken) < joinedAtOnce {
			select {
			case w := <-s.queue:
				taken = append(taken, w)
				continue
			default:
			}
			break
		}
		s.do(taken)
		clear(taken)
	}
}

// do puts frames before connections, then writes to those that have any.
func (s *shard) do(taken []work) {
	s.mu.Lock()
	for _, w := range taken {
		switch {
		case w.broadcast != nil:
			s.spread(w.broadcast)
		case w.leave != nil:
			if a := s.rooms[w.room]; a != nil {
				for c := range a.subs {
					if w.leave[c.actor.ID] {
						s.drop(a, w.room, c)
					}
				}
			}
		case w.conns != nil:
			for _, c := range w.conns {
				s.put(c, w.frame)
			}
		default:
			if a := s.rooms[w.room]; a != nil {
				for c, sub := range a.subs {
					if sub.live && c.actor.ID != w.except {
						s.put(c, w.frame)
					}
				}
			}
		}
	}
	s.mu.Unlock()
	for _, w := range taken {
		if w.broadcast != nil {
			s.hub.metrics.broadcast.WithLabelValues(stageEnqueued).Observe(time.Since(w.broadcast.born).Seconds())
		}
	}
	for _, c := range s.dirty {
		c.flush(&s.joiner)
	}
	clear(s.dirty)
	s.dirty = s.dirty[:0]
	s.joiner.forget()
	for _, w := range taken {
		if w.broadcast != nil {
			s.hub.metrics.broadcast.WithLabelValues(stageWritten).Observe(time.Since(w.broadcast.born).Seconds())
		}
	}
}

// put queues a frame for a connection and remembers to write to it.
func (s *shard) put(c *conn, f *frame) {
	if c.queue(f) {
		s.dirty = append(s.dirty, c)
	}
}

// spread puts a broadcast before the room's subscribers. One who has a part
// of it already, from a replay, gets the rest alone.
func (s *shard) spread(b *broadcast) {
	a := s.rooms[b.room]
	if a == nil {
		return
	}
	a.published = b.last
	for c, sub := range a.subs {
		switch {
		case !sub.live || b.last <= sub.seq:
			continue
		case b.first > sub.seq:
			s.put(c, b.frame(c.view))
		default:
			i := slices.IndexFunc(b.events, func(e *campfire.Event) bool { return e.Seq > sub.seq })
			s.put(c, s.hub.encodeEvents(b.room, b.events[i:], c.view))
		}
		sub.seq = b.last
	}
}

// register makes c's subscription of a room, not yet live: from now on the
// shard notes what is published there. It replaces one that there was.
func (s *shard) register(c *conn, room campfire.RoomID) *subscription {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.rooms[room]
	if a == nil {
		a = &audience{subs: make(map[*conn]*subscription)}
		s.rooms[room] = a
	}
	sub := &subscription{}
	a.subs[c] = sub
	return sub
}

// goLive lets live events follow on number at, if nothing later has been
// published, and puts the frame that says so before them, in one step.
// Otherwise the caller replays what is missing and tries again. It reports
// gone when the subscription was taken away in between.
func (s *shard) goLive(c *conn, room campfire.RoomID, sub *subscription, at campfire.Seq, f *frame) (live, gone bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.rooms[room]
	if a == nil || a.subs[c] != sub {
		return false, true
	}
	if a.published > at {
		return false, false
	}
	sub.seq, sub.live = at, true
	c.queue(f)
	return true, false
}

// unsubscribe ends c's subscription of a room.
func (s *shard) unsubscribe(c *conn, room campfire.RoomID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.rooms[room]; a != nil {
		s.drop(a, room, c)
	}
}

func (s *shard) drop(a *audience, room campfire.RoomID, c *conn) {
	delete(a.subs, c)
	if len(a.subs) == 0 {
		delete(s.rooms, room)
	}
}

// follows reports whether c's subscription of a room is live.
func (s *shard) follows(c *conn, room campfire.RoomID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.rooms[room]
	return a != nil && a.subs[c] != nil && a.subs[c].live
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

// enter puts a new connection on the wheel.
func (s *shard) enter(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	slot := int(c.id) % len(s.wheel)
	s.wheel[slot] = append(s.wheel[slot], c)
}

// exit forgets a connection and its subscriptions.
func (s *shard) exit(c *conn, rooms []campfire.RoomID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	slot := int(c.id) % len(s.wheel)
	if i := slices.Index(s.wheel[slot], c); i >= 0 {
		s.wheel[slot] = slices.Delete(s.wheel[slot], i, i+1)
	}
	for _, room := range rooms {
		if a := s.rooms[room]; a != nil {
			s.drop(a, room, c)
		}
	}
}

// ping pings the connections whose second it is, and cuts those that have
// been silent for too long.
func (s *shard) ping() {
	s.mu.Lock()
	s.at = (s.at + 1) % len(s.wheel)
	turn := slices.Clone(s.wheel[s.at])
	s.mu.Unlock()
	now := time.Now()
	for _, c := range turn {
		if d := s.hub.limits.Dead; d > 0 && c.silent(now) > d {
			c.cut("silent")
			continue
		}
		if s.hub.limits.Ping > 0 && c.queue(pingFrame) {
			c.flush(&s.joiner)
		}
	}
	s.joiner.forget()
}

// joiner joins frames to one buffer. Subscribers of one room mostly have the
// same frames pending, so the buffer of the one before is mostly right for
// the next.
type joiner struct {
	run     []*frame
	deflate bool
	buf     []byte
}

func (j *joiner) join(run []*frame, deflate bool) []byte {
	if len(run) == 1 {
		return run[0].bytes(deflate)
	}
	if j.deflate == deflate && slices.Equal(j.run, run) {
		return j.buf
	}
	// A buffer that a lagging connection may still be writing is not reused.
	n := 0
	for _, f := range run {
		n += len(f.bytes(deflate))
	}
	j.buf = make([]byte, 0, n)
	for _, f := range run {
		j.buf = append(j.buf, f.bytes(deflate)...)
	}
	j.run, j.deflate = append(j.run[:0], run...), deflate
	return j.buf
}

func (j *joiner) forget() {
	clear(j.run)
	j.run, j.buf = j.run[:0], nil
}
