package load

import (
	"context"
	"math/rand/v2"
	"time"
)

// action is something that is due at a time of its own.
type action uint8

const (
	doPost action = iota
	doRead
	doSearch
	doBounce
	actions
)

// schedule says when what is due: each kind comes at random (Poisson) with its
// rate, whether or not the server keeps up. Equal seeds give equal schedules.
type schedule struct {
	rates [actions]float64 // a second; 0: never
	next  [actions]time.Duration
	rand  [actions]*rand.Rand
}

func newSchedule(seed uint64, rates [actions]float64) *schedule {
	s := &schedule{rates: rates}
	for a := range s.rates {
		s.rand[a] = rand.New(rand.NewPCG(seed, uint64(a)+1))
		s.advance(action(a))
	}
	return s
}

// never is later than any run.
const never = time.Duration(1<<63 - 1)

func (s *schedule) advance(a action) {
	if s.rates[a] <= 0 {
		s.next[a] = never
		return
	}
	s.next[a] += time.Duration(s.rand[a].ExpFloat64() / s.rates[a] * float64(time.Second))
}

// pop returns what is due next, and when, since the start.
func (s *schedule) pop() (a action, due time.Duration) {
	for b := range s.next {
		if s.next[b] < s.next[a] {
			a = action(b)
		}
	}
	due = s.next[a]
	s.advance(a)
	return a, due
}

// follow calls launch for each action when it is due, until the end or ctx's.
// It never waits for what it has launched: an action that is due while the
// generator is late is launched at once, with the time it was due.
func (s *schedule) follow(ctx context.Context, began time.Time, end time.Duration, launch func(a action, due time.Duration)) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	<-timer.C
	for ctx.Err() == nil {
		a, due := s.pop()
		if due >= end {
			waitUntil(ctx, timer, began.Add(end))
			return
		}
		if !waitUntil(ctx, timer, began.Add(due)) {
			return
		}
		launch(a, due)
	}
}

func waitUntil(ctx context.Context, timer *time.Timer, at time.Time) bool {
	d := time.Until(at)
	if d <= 0 {
		return true
	}
	timer.Reset(d)
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
