package hub

import (
	"slices"
	"sync"
	"syscall"
)

// writer writes runs of frames to sockets that can take them now. Subscribers
// of one room mostly have the same frames pending, so what was joined for the
// one before is mostly right for the next. One goroutine at a time uses it.
type writer struct {
	run     []*frame // what buf was joined of
	deflate bool
	buf     []byte
	lent    bool // a connection that lags still writes from buf
	written int  // how often run was written and not yet counted

	sent [kinds]int

	// The write under way; attempt is bound once.
	rest    []byte
	err     error
	attempt func(fd uintptr) bool
}

// writers are for those that are no shard.
var writers = sync.Pool{New: func() any { return new(writer) }}

// maxJoined bounds the buffer that a writer keeps.
const maxJoined = 256 << 10

// join returns the bytes of a run. They are valid until the next call, unless
// they are lent.
func (w *writer) join(run []*frame, deflate bool) []byte {
	if len(run) == 1 {
		return run[0].bytes(deflate)
	}
	if w.deflate == deflate && slices.Equal(w.run, run) {
		return w.buf
	}
	if w.lent {
		w.buf, w.lent = nil, false
	}
	w.tally()
	w.buf = joined(w.buf[:0], run, deflate)
	w.run, w.deflate = append(w.run[:0], run...), deflate
	return w.buf
}

// joined appends the bytes of a run.
func joined(buf []byte, run []*frame, deflate bool) []byte {
	n := 0
	for _, f := range run {
		n += len(f.bytes(deflate))
	}
	buf = slices.Grow(buf, n)
	for _, f := range run {
		buf = append(buf, f.bytes(deflate)...)
	}
	return buf
}

// lend leaves the bytes that join returned last to a connection.
func (w *writer) lend() { w.lent = true }

// try writes as much as the socket takes now, and never waits for it.
func (w *writer) try(c *conn, buf []byte) (n int, err error) {
	if c.raw == nil {
		return 0, nil
	}
	if w.attempt == nil {
		w.attempt = w.writeNow
	}
	w.rest, w.err = buf, nil
	err = c.raw.Write(w.attempt)
	n = len(buf) - len(w.rest)
	w.rest = nil
	if w.err != nil {
		err = w.err
	}
	return n, err
}

func (w *writer) writeNow(fd uintptr) bool {
	for len(w.rest) > 0 {
		n, err := syscall.Write(int(fd), w.rest)
		switch err {
		case nil:
			w.rest = w.rest[n:]
			continue
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
		default:
			w.err = err
		}
		break
	}
	return true
}

// count notes that a run was written whole.
func (w *writer) count(run []*frame) {
	if len(run) > 1 && slices.Equal(w.run, run) {
		w.written++
		return
	}
	for _, f := range run {
		w.sent[f.kind]++
	}
}

func (w *writer) tally() {
	for _, f := range w.run {
		w.sent[f.kind] += w.written
	}
	w.written = 0
}

// done hands the counts on, and lets go of the frames.
func (w *writer) done(m *metrics) {
	w.tally()
	for k, n := range w.sent {
		if n > 0 {
			m.sent[k].Add(float64(n))
		}
	}
	clear(w.sent[:])
	clear(w.run)
	w.run = w.run[:0]
	if w.lent || cap(w.buf) > maxJoined {
		w.buf, w.lent = nil, false
	}
}
