package hub

import (
	"testing"
	"time"

	"campfire"
)

// What comes while a sweep over the sockets is under way is held back until
// it is over, however long ago the interval ended, and is one frame then.
func TestEventsWaitForTheSweepBefore(t *testing.T) {
	h := &Hub{swept: make(chan struct{}, 1), in: make(chan []campfire.Change, 1), ctx: t.Context()}
	h.limits.setDefaults()
	h.metrics = newMetrics(nil, h)
	s := newShard(h, 0)
	h.shards = []*shard{s}
	d := &dispatcher{hub: h, rooms: make(map[campfire.RoomID]*pending)}
	event := func(seq campfire.Seq) *campfire.Event {
		return &campfire.Event{Kind: campfire.MessageDeleted, Room: 7, Seq: seq, MessageID: 1}
	}

	d.event(event(1))
	if len(s.queue) != 1 {
		t.Fatal("the first event did not go at once")
	}
	d.event(event(2))
	d.event(event(3))
	later := time.Now().Add(time.Hour)
	d.expire(later)
	d.release(later)
	if len(s.queue) != 1 {
		t.Fatal("events were sent while the sweep before was under way")
	}
	s.do([]work{<-s.queue})
	select {
	case <-h.swept:
	default:
		t.Fatal("the dispatcher was not told of the end of the sweep")
	}
	d.release(later)
	if len(s.queue) != 1 {
		t.Fatal("events were not sent after the sweep before")
	}
	if b := (<-s.queue).broadcast; b.first != 2 || b.last != 3 {
		t.Errorf("the frame has numbers %d to %d", b.first, b.last)
	}

	// A full batch waits for nothing.
	for seq := range campfire.Seq(h.limits.BatchSize) {
		d.event(event(4 + seq))
	}
	if len(s.queue) != 1 {
		t.Error("a full batch was held back")
	}
}
