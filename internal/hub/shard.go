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
const (
	joinedAtOnce = 16
	joinedBytes  = 256 << 10 // of events, by their estimate
)

// work is one thing for a shard to do; one of its forms is set.
type work struct {
	room      campfire.RoomID
	broadcast *broadcast               // to the room's subscribers
	leave     map[campfire.UserID]bool // end these people's subscriptions of the room

	frame  *frame // to conns, or to the room's live subscribers but except
	conns  []*conn
	except campfire.UserID
}

func (w *work) size() int {
	if w.broadcast == nil {
		return 0
	}
	return w.broadcast.size
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
	dirty  []*conn // to be written to
	slow   []*conn // to be shut
	writer writer
	runs   [views]run
}

// run is consecutive broadcasts of one room in one view.
type run struct {
	frames []*frame
	bytes  int
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
		size := taken[0].size()
		for len(taken) < joinedAtOnce && size < joinedBytes {
			select {
			case w := <-s.queue:
				taken = append(taken, w)
				size += w.size()
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
	for i := 0; i < len(taken); {
		w := taken[i]
		n := 1
		switch {
		case w.broadcast != nil:
			for i+n < len(taken) && taken[i+n].broadcast != nil && taken[i+n].room == w.room {
				n++
			}
			s.spread(w.room, taken[i:i+n])
		case w.leave != nil:
			s.leave(w.room, w.leave)
		case w.conns != nil:
			for _, c := range w.conns {
				s.put(c, w.frame)
			}
		default:
			if a := s.rooms[w.room]; a != nil {
				for i := range a.subs {
					if sub := &a.subs[i]; sub.live && sub.conn.actor.ID != w.except {
						s.put(sub.conn, w.frame)
					}
				}
			}
		}
		i += n
	}
	s.mu.Unlock()
	s.observe(taken, stageEnqueued)
	for _, c := range s.slow {
		c.slow()
	}
	for _, c := range s.dirty {
		c.flush(&s.writer)
	}
	clear(s.slow)
	clear(s.dirty)
	s.slow, s.dirty = s.slow[:0], s.dirty[:0]
	s.writer.done(s.hub.metrics)
	s.observe(taken, stageWritten)
	for _, w := range taken {
		if w.broadcast != nil && w.broadcast.unwritten.Add(-1) == 0 {
			s.hub.tellSwept()
		}
	}
}

func (s *shard) observe(taken []work, stage int) {
	now := time.Now()
	for _, w := range taken {
		if w.broadcast != nil {
			s.hub.metrics.stages[stage].Observe(now.Sub(w.broadcast.born).Seconds())
		}
	}
}

// put queues a frame for a connection and remembers what is to be done.
func (s *shard) put(c *conn, f *frame) {
	if s.puts(c, []*frame{f}, len(f.plain)) == lost && f.ephemeral {
		s.hub.metrics.dropped.WithLabelValues("slow").Inc()
	}
}

func (s *shard) puts(c *conn, frames []*frame, bytes int) queued {
	q := c.queue(frames, bytes)
	switch q {
	case ready:
		s.dirty = append(s.dirty, c)
	case overflow:
		s.slow = append(s.slow, c)
	}
	return q
}

// spread puts consecutive broadcasts of a room before its subscribers, all of
// them at once. One who has a part of them already, from a replay, gets the
// rest alone.
func (s *shard) spread(room campfire.RoomID, works []work) {
	a := s.rooms[room]
	if a == nil {
		return
	}
	first, last := works[0].broadcast.first, works[len(works)-1].broadcast.last
	a.published = last
	var told BroadcastStats
	for i := range a.subs {
		sub := &a.subs[i]
		if !sub.live || last <= sub.seq {
			continue
		}
		r := &s.runs[sub.conn.view]
		if first > sub.seq {
			if len(r.frames) == 0 {
				r.of(works, sub.conn.view)
			}
		} else {
			r = &run{}
			r.rest(works, sub.conn.view, sub.seq)
		}
		sub.seq = last
		told.Recipients += int64(len(r.frames))
		switch s.puts(sub.conn, r.frames, r.bytes) {
		case ready, waits:
			told.Enqueued += int64(len(r.frames))
		case overflow:
			told.Closed++
		}
	}
	for v := range s.runs {
		clear(s.runs[v].frames)
		s.runs[v] = run{frames: s.runs[v].frames[:0]}
	}
	s.hub.stats.add(told)
}

// of makes a run of broadcasts whole.
func (r *run) of(works []work, v view) {
	for _, w := range works {
		r.add(w.broadcast.frame(v))
	}
}

// rest makes a run of what broadcasts have beyond a number.
func (r *run) rest(works []work, v view, seq campfire.Seq) {
	for _, w := range works {
		switch b := w.broadcast; {
		case b.first > seq:
			r.add(b.frame(v))
		case b.last > seq:
			i := slices.IndexFunc(b.events, func(e *campfire.Event) bool { return e.Seq > seq })
			r.add(b.hub.encodeEvents(b.room, b.events[i:], v))
		}
	}
}

func (r *run) add(f *frame) {
	r.frames = append(r.frames, f)
	r.bytes += len(f.plain)
}

// enter puts a new connection on the wheel.
func (s *shard) enter(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	slot := int(c.id) % len(s.wheel)
	s.wheel[slot] = append(s.wheel[slot], c)
}

// exit forgets a connection and its subscriptions.
func (s *shard) exit(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	slot := int(c.id) % len(s.wheel)
	if i := slices.Index(s.wheel[slot], c); i >= 0 {
		s.wheel[slot] = slices.Delete(s.wheel[slot], i, i+1)
	}
	for len(c.places) > 0 {
		s.drop(c, c.places[len(c.places)-1].room)
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
		if s.hub.limits.Ping <= 0 {
			continue
		}
		switch c.queue(pings, len(pingFrame.plain)) {
		case ready:
			c.flush(&s.writer)
		case overflow:
			c.slow()
		}
	}
	s.writer.done(s.hub.metrics)
}

var pings = []*frame{pingFrame}
