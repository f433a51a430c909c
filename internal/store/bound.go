package store

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// errTooLong is what is read of a snapshot that was kept for too long.
var errTooLong = errors.New("the read took too long")

// bound is until when the read under way on a connection may last: the log
// can't start over while a snapshot of it is kept.
type bound struct {
	mu     sync.Mutex
	until  time.Time   // zero: nothing is read
	passed atomic.Bool // no further statement of this read is begun
}

func (b *bound) set(until time.Time) {
	b.mu.Lock()
	b.until = until
	b.mu.Unlock()
}

// lift ends the bound and reports whether it was passed.
func (b *bound) lift() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.until = time.Time{}
	return b.passed.Swap(false)
}

// enforce interrupts the connection's read if it should have ended by then.
// The lock makes sure that it is this read that is interrupted and not the next.
func (c *conn) enforce(then time.Time) {
	c.bound.mu.Lock()
	defer c.bound.mu.Unlock()
	if !c.bound.until.IsZero() && then.After(c.bound.until) {
		c.bound.passed.Store(true)
		c.db.Interrupt()
	}
}

// boundReads is the goroutine that ends reads that take too long. It looks
// often enough that none lasts for much more than its bound.
func (s *Store) boundReads() {
	tick := time.NewTicker(max(s.opts.MaxRead/8, time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case <-s.quit:
			// Who still reads would keep Close waiting.
			for _, c := range s.reading {
				c.enforce(time.Now().Add(s.opts.MaxRead + time.Second))
			}
			return
		case now := <-tick.C:
			for _, c := range s.reading {
				c.enforce(now)
			}
		}
	}
}
