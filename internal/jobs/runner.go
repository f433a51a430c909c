package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"time"

	"campfire"
	"campfire/internal/store"

	"github.com/prometheus/client_golang/prometheus"
)

// Handler is how jobs of one kind are done.
type Handler struct {
	Workers int           // tries at once; default 1
	PerLane int           // of these, of one lane; default 1
	Tries   int           // after so many failures the job is given up; default 5
	Timeout time.Duration // of one try; default 30 s
	// Quiet leaves what is done and skipped out of the log of deliveries.
	Quiet bool
	// Do is one try. Its context ends with the timeout, and a few seconds
	// after the runner is stopped.
	Do func(context.Context, *store.Job) Outcome
}

// Options joins a Runner to the rest of the program.
type Options struct {
	Now        func() campfire.Time // default: the clock
	Logger     *slog.Logger
	Registerer prometheus.Registerer
	// Grace is how long tries that are under way may go on when the runner is
	// stopped; default 3 s.
	Grace time.Duration
}

// Runner works off the outbox of one store.
type Runner struct {
	opts     Options
	metrics  *metrics
	stations []*station
}

// New returns a Runner without handlers.
func New(o Options) *Runner {
	if o.Now == nil {
		o.Now = func() campfire.Time { return campfire.TimeOf(time.Now()) }
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	o.Grace = cmp.Or(o.Grace, 3*time.Second)
	return &Runner{opts: o, metrics: newMetrics(o.Registerer)}
}

// Handle registers how jobs of a kind are done. It is called before Run, once
// for each kind.
func (r *Runner) Handle(kind store.JobKind, h Handler) {
	h.Workers = max(h.Workers, 1)
	h.PerLane = max(h.PerLane, 1)
	h.Tries = cmp.Or(h.Tries, 5)
	h.Timeout = cmp.Or(h.Timeout, 30*time.Second)
	r.stations = append(r.stations, &station{
		Runner: r, kind: kind, h: h,
		wake:  make(chan struct{}, 1),
		ended: make(chan try, h.Workers),
	})
}

// Wake says that there may be new jobs. It never waits.
func (r *Runner) Wake() {
	for _, s := range r.stations {
		select {
		case s.wake <- struct{}{}:
		default: // it will look anyway
		}
	}
}

// Run works until ctx ends, lets what is under way end within the grace, and
// returns when every goroutine has.
func (r *Runner) Run(ctx context.Context, st *store.Store) {
	if err := st.Write(ctx, func(tx *store.Tx) error { return tx.ReleaseJobs() }); err != nil {
		// What is leased will be free when its lease is over.
		r.opts.Logger.Error("the outbox's leases could not be ended", "err", err)
	}
	r.metrics.watch(st)
	defer r.metrics.unwatch()
	var all sync.WaitGroup
	for _, s := range r.stations {
		all.Go(func() { s.run(ctx, st) })
	}
	<-ctx.Done()
	all.Wait()
}

// station works off the jobs of one kind. Its fields belong to the goroutine
// of run; workers hand back through ended.
type station struct {
	*Runner
	kind  store.JobKind
	h     Handler
	wake  chan struct{}
	ended chan try // holds one for each worker, so that none ever waits

	running int
	over    []try     // ended and not yet written
	turned  time.Time // when the last turn ended
}

// try is one job with how it ended.
type try struct {
	job     *store.Job
	outcome Outcome
	began   campfire.Time
	took    time.Duration
}

const (
	// idle is how long a station waits without anything to wait for: a
	// guard, should a wake-up ever be lost.
	idle = 30 * time.Second
	// troubled is how long it waits after the database refused.
	troubled = time.Second
	// courtesy is the least time between two turns of a station while people's
	// changes wait for each other, and fewWhile how many jobs begin in one:
	// they come first, and a backlog drains by 160 a second and kind.
	courtesy = 50 * time.Millisecond
	fewWhile = 8
)

func (s *station) run(ctx context.Context, st *store.Store) {
	tries, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			s.finish(st, stop)
			return
		case <-s.wake:
		case <-timer.C:
		case t := <-s.ended:
			s.note(t)
		}
		s.gather()
		free, crowded := s.h.Workers-s.running, st.Crowded()
		if wait := time.Until(s.turned.Add(courtesy)); crowded && wait > 0 {
			timer.Reset(wait)
			continue
		}
		if crowded {
			free = min(free, fewWhile)
		}
		leased, next, err := s.turn(ctx, st, free)
		if err != nil {
			if ctx.Err() == nil {
				s.opts.Logger.Error("the outbox could not be read or written", "kind", s.kind, "err", err)
			}
			timer.Reset(troubled)
			continue
		}
		for _, j := range leased {
			s.start(tries, j)
		}
		s.turned = time.Now()
		timer.Reset(s.pause(next))
	}
}

// pause is how long to wait for the next job; nothing is waited for while all
// workers are busy.
func (s *station) pause(next campfire.Time) time.Duration {
	if next == 0 || s.running == s.h.Workers {
		return idle
	}
	d := time.Duration(next-s.opts.Now()) * time.Microsecond
	return min(max(d, time.Millisecond), idle)
}

// gather notes all tries that have ended.
func (s *station) gather() {
	for {
		select {
		case t := <-s.ended:
			s.note(t)
		default:
			return
		}
	}
}

func (s *station) note(t try) {
	s.running--
	s.over = append(s.over, t)
}

// turn writes what has ended and leases up to free jobs that can begin, in one
// transaction; next is when there is more to begin.
func (s *station) turn(ctx context.Context, st *store.Store, free int) (leased []*store.Job, next campfire.Time, err error) {
	due := false
	if free > 0 {
		err := st.Read(ctx, func(r *store.Reader) (err error) {
			next, err = r.NextJob(s.kind)
			return err
		})
		if err != nil {
			return nil, 0, err
		}
		due = next != 0 && next <= s.opts.Now()
	}
	if len(s.over) == 0 && !due {
		return nil, next, nil
	}
	err = s.write(ctx, st, func(tx *store.Tx) (err error) {
		if leased = nil; free > 0 {
			leased, err = s.lease(tx, free)
		}
		if err != nil {
			return err
		}
		next, err = tx.NextJob(s.kind)
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	return leased, next, nil
}

// unstored says that what a try led to could not be written.
type unstored struct {
	i   int // of over
	err error
}

func (e *unstored) Error() string { return e.err.Error() }
func (e *unstored) Unwrap() error { return e.err }

// write ends all that is over, and does what then adds, in one transaction.
// A try of which the consequences can't be stored has failed, and keeps none
// of the others from being written.
func (s *station) write(ctx context.Context, st *store.Store, then func(*store.Tx) error) error {
	for {
		err := st.Write(ctx, func(tx *store.Tx) error {
			for i, t := range s.over {
				if err := s.end(tx, t); err != nil {
					return &unstored{i, err}
				}
			}
			return then(tx)
		})
		failed, ok := errors.AsType[*unstored](err)
		if err == nil {
			s.over = s.over[:0]
		}
		if !ok || s.over[failed.i].outcome.also == nil {
			return err
		}
		t := &s.over[failed.i]
		s.opts.Logger.Error("what a job led to could not be stored", "kind", s.kind, "delivery", t.job.DeliveryID, "err", failed.err)
		t.outcome = Retry(failed.err)
	}
}

// lease takes jobs for the free workers.
func (s *station) lease(tx *store.Tx, free int) ([]*store.Job, error) {
	now := s.opts.Now()
	return tx.LeaseJobs(s.kind, now, now.Add(s.h.Timeout+s.opts.Grace+time.Minute), s.h.PerLane, free)
}

// end writes what becomes of one job.
func (s *station) end(tx *store.Tx, t try) error {
	o, j := t.outcome, t.job
	now := s.opts.Now()
	if o.also != nil {
		if err := o.also(tx); err != nil {
			return err
		}
	}
	row := &store.Try{Job: *j, Attempt: j.Attempts + 1, Status: o.status, Detail: o.detail, Took: t.took, At: t.began}
	switch o.verb {
	case later:
		return tx.PutBackJob(j, o.at, j.Attempts, s.h.PerLane)
	case retry:
		if row.Attempt < s.h.Tries {
			row.Outcome = store.TryFailed
			if err := tx.LogTry(row); err != nil {
				return err
			}
			return tx.PutBackJob(j, now.Add(max(backoff(row.Attempt), o.after)), row.Attempt, s.h.PerLane)
		}
		row.Outcome = store.TryGivenUp
	case givenUp:
		row.Outcome = store.TryGivenUp
	case done:
		row.Outcome = store.TryDone
	case skipped:
		row.Outcome = store.TrySkipped
	default:
		return fmt.Errorf("an outcome without a verb")
	}
	if !s.h.Quiet || row.Outcome == store.TryGivenUp {
		if err := tx.LogTry(row); err != nil {
			return err
		}
	}
	return tx.FinishJob(j, s.h.PerLane)
}

// backoff is the time before the next try: 10 s, 1 min, 6 min, … up to an
// hour, each a fifth more or less.
func backoff(failed int) time.Duration {
	d := 10 * time.Second
	for range failed - 1 {
		d = min(d*6, time.Hour)
	}
	return d - d/5 + rand.N(2*d/5)
}

// start begins one try.
func (s *station) start(ctx context.Context, j *store.Job) {
	s.running++
	go func() {
		t := try{job: j, began: s.opts.Now()}
		began := time.Now()
		limited, cancel := context.WithTimeout(ctx, s.h.Timeout)
		defer cancel()
		t.outcome = s.do(limited, j)
		if t.outcome.verb == retry && ctx.Err() != nil {
			t.outcome = Later(s.opts.Now()) // cut off by us: no fault of the receiver's
		}
		t.took = time.Since(began)
		s.metrics.note(s.kind, t.outcome, t.took)
		s.ended <- t
	}()
}

// do runs the handler; its panic is a failed try.
func (s *station) do(ctx context.Context, j *store.Job) (o Outcome) {
	defer func() {
		if p := recover(); p != nil {
			s.opts.Logger.Error("a job panicked", "kind", s.kind, "delivery", j.DeliveryID, "panic", p, "stack", string(debug.Stack()))
			o = Retry(fmt.Errorf("internal error"))
		}
	}()
	return s.h.Do(ctx, j)
}

// finish waits for the tries under way, cuts off those that outlast the
// grace, and writes how they ended. What can't be written is done again.
func (s *station) finish(st *store.Store, stop context.CancelFunc) {
	grace := time.AfterFunc(s.opts.Grace, stop)
	defer grace.Stop()
	for s.running > 0 {
		s.note(<-s.ended)
	}
	if len(s.over) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), s.opts.Grace)
	defer cancel()
	err := s.write(ctx, st, func(*store.Tx) error { return nil })
	if err != nil {
		s.opts.Logger.Error("what the last jobs did could not be written; they will be done again", "kind", s.kind, "err", err)
	}
}
