package hub

import (
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"campfire"

	"github.com/gobwas/ws"
)

// Close codes of the contract.
const (
	closeRestart   ws.StatusCode = 1012
	closeSignedOut ws.StatusCode = 4001
	closeSlow      ws.StatusCode = 4008
	closeProtocol  ws.StatusCode = 4009
)

var pingFrame = &frame{kind: kindPing, plain: ws.CompiledPing}

// conn is one WebSocket.
type conn struct {
	// Set at construction, then read-only.
	id      int64
	hub     *Hub
	shard   *shard
	slot    *Slot
	actor   *campfire.Actor
	view    view
	deflate bool
	net     net.Conn
	raw     syscall.RawConn // nil where writes can't be tried: TLS

	heard atomic.Int64 // when something came last, Unix seconds
	busy  atomic.Bool  // the reader is serving a request, not reading

	reading atomic.Bool // there is a goroutine that reads; see serve

	// Owned by the goroutine that reads.
	watched    bool  // the poller tells when something comes
	descriptor int32 // as the poller knows it; 0: not at all
	reader     reader
	budget     budget
	screen     campfire.RoomID // reported by present

	places []place // what is subscribed to, by room; guarded by shard.mu

	mu      sync.Mutex // guards what follows; held for no I/O
	out     []*frame   // wait to be written
	bytes   int        // of out
	writing bool       // someone is writing; only they may
	idle    *sync.Cond // signalled when writing ends
	ended   bool       // takes no more frames
	goodbye *frame     // a close frame to write when the rest is out
	reason  string
}

// queued is what became of a frame.
type queued uint8

const (
	lost     queued = iota // dropped: it is ephemeral and the reader slow, or the connection has ended
	overflow               // more than may wait: the caller is to shut the connection
	waits                  // who writes now will take it
	ready                  // the caller is to flush
)

// queue puts frames, which take so many bytes, behind what waits. From half
// full on ephemeral ones are dropped.
func (c *conn) queue(run []*frame, bytes int) queued {
	l := &c.hub.limits
	c.mu.Lock()
	defer c.mu.Unlock()
	n := len(c.out) + len(run)
	switch {
	case c.ended:
		return lost
	case run[0].ephemeral && (len(c.out) >= l.Queue/2 || c.bytes >= l.QueueBytes/2):
		return lost
	case l.Queue > 0 && n > l.Queue, l.QueueBytes > 0 && n > 1 && c.bytes+bytes > l.QueueBytes:
		return overflow
	}
	c.out = append(c.out, run...)
	c.bytes += bytes
	if c.writing {
		return waits
	}
	return ready
}

// slow ends a connection whose queue is full.
func (c *conn) slow() { c.shut(closeSlow, "slow") }

// send queues a frame and writes what can be written now.
func (c *conn) send(f *frame) {
	switch c.queue([]*frame{f}, len(f.plain)) {
	case ready:
		c.write()
	case overflow:
		c.slow()
	case lost:
		if f.ephemeral {
			c.hub.metrics.dropped.WithLabelValues("slow").Inc()
		}
	}
}

// take claims the right to write and what is to be written; nil when there is
// nothing, or another writes already and will take it.
func (c *conn) take() []*frame {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.writing {
		return nil
	}
	return c.takeLocked()
}

func (c *conn) takeLocked() []*frame {
	run := c.out
	if len(run) == 0 && c.goodbye != nil {
		run = []*frame{c.goodbye}
		c.goodbye = nil
	}
	c.writing = len(run) > 0
	if c.writing {
		c.out, c.bytes = nil, 0
	} else if c.idle != nil {
		c.idle.Broadcast()
	}
	return run
}

// keptRun is how many frames' room a connection keeps for its next ones.
const keptRun = 16

// next gives up what was written and takes what has come since.
func (c *conn) next(run []*frame) []*frame {
	if run[len(run)-1].kind == kindClose {
		// Nothing is sent after it. The peer's answer, or the end of the wait
		// that shut began, ends the connection.
		if half, ok := c.net.(interface{ CloseWrite() error }); ok {
			half.CloseWrite()
		} else {
			c.hangUp()
		}
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.out == nil && cap(run) <= keptRun {
		clear(run)
		c.out = run[:0]
	}
	return c.takeLocked()
}

// write writes what is pending; see flush.
func (c *conn) write() {
	w := writers.Get().(*writer)
	c.flush(w)
	w.done(c.hub.metrics)
	writers.Put(w)
}

// flush writes what is pending without ever waiting. What the socket doesn't
// take is written by a goroutine that lives until it has caught up.
func (c *conn) flush(w *writer) {
	for run := c.take(); len(run) > 0; {
		buf := w.join(run, c.deflate)
		n, err := w.try(c, buf)
		if err != nil {
			c.cut("write")
			return
		}
		if n < len(buf) {
			w.lend()
			c.hub.metrics.lagging.Inc()
			c.hub.connWG.Go(func() { c.catchUp(buf[n:], run) })
			return
		}
		w.count(run)
		run = c.next(run)
	}
}

// catchUp writes the rest of a run, then all that has come, waiting for the
// socket up to the write time-out.
func (c *conn) catchUp(rest []byte, run []*frame) {
	for c.writeWaiting(rest) {
		c.hub.metrics.count(run)
		if run = c.next(run); len(run) == 0 {
			return
		}
		rest = joined(nil, run, c.deflate)
	}
}

// writeWaiting writes and waits; it reports whether all was taken in time.
func (c *conn) writeWaiting(buf []byte) bool {
	// The deadline is this write's alone: writes that don't wait have none,
	// and would fail once it has passed.
	defer c.net.SetWriteDeadline(time.Time{})
	c.net.SetWriteDeadline(time.Now().Add(c.hub.limits.WriteTimeout))
	if _, err := c.net.Write(buf); err != nil {
		if e, ok := err.(net.Error); ok && e.Timeout() {
			c.cut("slow")
		} else {
			c.cut("write")
		}
		return false
	}
	return true
}

// sendWaiting writes a frame after all that is pending and returns when the
// socket has taken it: a replay goes as fast as its reader, and no queue
// grows. It reports false when the connection has ended.
func (c *conn) sendWaiting(f *frame) bool {
	c.mu.Lock()
	if c.idle == nil {
		c.idle = sync.NewCond(&c.mu)
	}
	for (c.writing || len(c.out) > 0) && !c.ended {
		if !c.writing {
			c.mu.Unlock()
			c.write()
			c.mu.Lock()
			continue
		}
		c.idle.Wait()
	}
	if c.ended {
		c.mu.Unlock()
		return false
	}
	c.writing = true
	c.mu.Unlock()
	if !c.writeWaiting(f.bytes(c.deflate)) {
		return false
	}
	run := []*frame{f}
	c.hub.metrics.count(run)
	if run = c.next(run); len(run) > 0 {
		c.catchUp(joined(nil, run, c.deflate), run)
	}
	return true
}

func closeFrame(code ws.StatusCode, reason string) *frame {
	body := ws.NewCloseFrameBody(code, reason)
	return &frame{kind: kindClose, plain: ws.MustCompileFrame(ws.NewCloseFrame(body))}
}

// goodbyeWithin is how long the rest may take when a connection is closed.
const goodbyeWithin = time.Second

// shut ends a connection with a close code. What is queued is not sent,
// except before a restart, where it is acknowledgements; where even the close
// frame can't be written in time, the connection is cut.
func (c *conn) shut(code ws.StatusCode, reason string) {
	c.mu.Lock()
	if c.ended {
		c.mu.Unlock()
		return
	}
	c.ended = true
	c.reason = reason
	c.goodbye = closeFrame(code, reason)
	if code != closeRestart {
		c.hub.metrics.dropped.WithLabelValues("closed").Add(float64(len(c.out)))
		c.out, c.bytes = nil, 0
	}
	if c.idle != nil {
		c.idle.Broadcast()
	}
	writing := c.writing
	c.mu.Unlock()
	time.AfterFunc(goodbyeWithin, c.hangUp)
	if !writing {
		c.write()
	}
}

// cut ends a connection without a word. The reader goroutine notices and
// cleans up.
func (c *conn) cut(reason string) {
	c.mu.Lock()
	if !c.ended || c.reason == "" {
		c.reason = reason
	}
	c.ended = true
	c.goodbye = nil
	c.out = nil
	if c.idle != nil {
		c.idle.Broadcast()
	}
	c.mu.Unlock()
	c.hangUp()
}

// isEnded reports whether the connection was shut or cut: what still comes
// from the peer is not served.
func (c *conn) isEnded() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ended
}

// silent returns for how long nothing has come. A request being served is no
// silence: nothing is read meanwhile.
func (c *conn) silent(now time.Time) time.Duration {
	if c.busy.Load() {
		return 0
	}
	return now.Sub(time.Unix(c.heard.Load(), 0))
}

// budget is the token bucket of one socket's inbound messages.
type budget struct {
	tokens float64
	at     time.Time
}

func (b *budget) take(r campfire.Rate, now time.Time) bool {
	if r.Events <= 0 {
		return true
	}
	if b.at.IsZero() {
		b.tokens = float64(r.Burst)
	} else if passed := now.Sub(b.at); passed > 0 {
		b.tokens = min(float64(r.Burst), b.tokens+passed.Seconds()*float64(r.Events)/r.Per.Seconds())
	}
	b.at = now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}
