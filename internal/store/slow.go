package store

import (
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// What the slow-query log knows beside statements.
const (
	opGroup = "group" // a write transaction, from begin to its synced commit
	opRead  = "read"  // a snapshot, from begin to its end
)

// slowLinesPerSecond bounds the log: a database in trouble is slow all the
// time, and must not fill the disk with saying so.
const slowLinesPerSecond = 5

// slowLog tells the operator of what took longer than it should have: what it
// was, how long it took, how many rows it touched; never of whose or what.
type slowLog struct {
	threshold time.Duration // zero: off
	log       *slog.Logger
	total     *prometheus.CounterVec

	mu      sync.Mutex
	second  time.Time // when the second began that lines are counted in
	lines   int       // of this second
	omitted int       // since the last line
}

// note counts and tells of op if it was slow.
func (l *slowLog) note(op string, took time.Duration, rows int) {
	if l.threshold <= 0 || took < l.threshold {
		return
	}
	l.total.WithLabelValues(op).Inc()
	omitted, tell := l.turn(time.Now())
	if !tell {
		return
	}
	attrs := []any{"op", op, "took", took.Round(time.Microsecond).String(), "rows", rows}
	if omitted > 0 {
		attrs = append(attrs, "omitted", omitted)
	}
	l.log.Warn("the database was slow", attrs...)
}

// turn reports whether a line may be written now, and how many were left out
// before it.
func (l *slowLog) turn(now time.Time) (omitted int, tell bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.second) >= time.Second {
		l.second, l.lines = now, 0
	}
	if l.lines == slowLinesPerSecond {
		l.omitted++
		return 0, false
	}
	l.lines++
	omitted, l.omitted = l.omitted, 0
	return omitted, true
}
