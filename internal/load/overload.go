package load

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// saturate posts from so many at once, each again as soon as it is answered.
func (r *run) saturate(ctx context.Context) error {
	start := r.now()
	watched := r.watch(ctx, start+r.s.Warmup, start+r.s.Warmup+r.s.Duration)
	n := r.flatOut(ctx, "post", r.s.Warmup, r.s.Duration)
	<-watched
	r.report.Rate = float64(n) / r.s.Duration.Seconds()
	return ctx.Err()
}

// flatOut returns how many posts, of a kind, were acknowledged after the
// warm-up and before the end.
func (r *run) flatOut(ctx context.Context, kind string, warmup, duration time.Duration) (acked int) {
	start := r.now()
	from, to := start+warmup, start+warmup+duration
	counts := make([]int, r.s.Posters)
	var wg sync.WaitGroup
	for i := range r.s.Posters {
		wg.Go(func() {
			who, room := r.w.People[i%r.s.Accounts], r.room(i)
			for due := r.now(); due < to && ctx.Err() == nil; due = r.now() {
				ok := r.post(ctx, kind, due, room, who.ID, kind == "post" && due >= from)
				if at := r.now(); ok && at >= from && at < to {
					counts[i]++
				}
			}
		})
	}
	wg.Wait()
	for _, n := range counts {
		acked += n
	}
	return acked
}

const (
	// peakWarmup and peakFor are how long the highest rate is looked for
	// before an overload.
	peakWarmup = 2 * time.Second
	peakFor    = 10 * time.Second
	// Paced posts say how quick a server is that has little to do: before,
	// probes of them; afterwards until quickAgain in a row are as quick as the
	// slowest of those, for recoverWithin at most.
	probes        = 100
	probeEvery    = 20 * time.Millisecond
	quickAgain    = 10
	recoverWithin = time.Minute
)

// Overload is what an overload did.
type Overload struct {
	Before    float64 `json:"slowest_paced_post_before_ms"`
	Peak      float64 `json:"peak_posts_per_second"`
	Wanted    float64 `json:"wanted_posts_per_second"`
	Offered   float64 `json:"offered_posts_per_second"` // that were sent
	Goodput   float64 `json:"acknowledged_posts_per_second"`
	Share     float64 `json:"goodput_of_peak"`
	Recovery  float64 `json:"recovery_s"` // from its end until posts are as quick as before
	Recovered bool    `json:"recovered"`

	acked int64 // during the overload
}

// overload finds the highest rate, offers a multiple of it on a schedule, and
// then waits for the server to be itself again.
func (r *run) overload(ctx context.Context) error {
	before, err := r.probe(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(r.w.stderr, "Looking for the highest rate for %s …\n", peakFor)
	peak := float64(r.flatOut(ctx, "peak", peakWarmup, peakFor)) / peakFor.Seconds()
	o := &Overload{Before: before.Seconds() * 1000, Peak: peak, Wanted: peak * r.s.Overload}
	r.report.Overload = o
	if ctx.Err() != nil || peak == 0 {
		return ctx.Err()
	}
	fmt.Fprintf(r.w.stderr, "It is %.0f posts a second; offering %.0f for %s.\n", peak, o.Wanted, r.s.Duration)
	start := r.now()
	watched := r.watch(ctx, start, start+r.s.Duration)
	s := newSchedule(r.s.Seed, [actions]float64{doPost: o.Wanted})
	rng := rand.New(rand.NewPCG(r.s.Seed, 99))
	offered := 0
	s.follow(ctx, r.epoch.Add(start), r.s.Duration, func(_ action, due time.Duration) {
		who, room := r.someone(rng)
		offered++
		r.launch(func() { r.post(ctx, "post", start+due, room, who.ID, true) })
	})
	took := r.now() - start // longer than it was to be, when the generator is late
	o.acked = r.timed["post"].status[http.StatusCreated].Load()
	o.Recovery, o.Recovered = r.recovery(ctx, before)
	r.away.Wait()
	<-watched
	o.Offered = float64(int64(offered)-r.late.Load()) / took.Seconds()
	o.Goodput = float64(o.acked) / took.Seconds()
	o.Share = o.Goodput / peak
	return ctx.Err()
}

// paced posts one paced post that is due, and returns when it was answered.
func (r *run) paced(ctx context.Context, due time.Duration) (took time.Duration, ok bool) {
	sleepUntil(ctx, r.epoch.Add(due))
	due = max(due, r.now()) // one that waited for the one before is not late
	ok = r.post(ctx, "probe", due, r.room(0), r.w.People[0].ID, false)
	return r.now() - due, ok
}

// probe returns how long the slowest of the paced posts takes on a server that
// has nothing else to do.
func (r *run) probe(ctx context.Context) (slowest time.Duration, err error) {
	start := r.now()
	for i := range probes {
		took, ok := r.paced(ctx, start+time.Duration(i)*probeEvery)
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		if !ok {
			return 0, fmt.Errorf("the server does not serve posts before the overload (%s)", told(r.timed["probe"].answers()))
		}
		slowest = max(slowest, took)
	}
	return slowest, nil
}

// recovery is how many seconds it takes until posts are as quick as before.
func (r *run) recovery(ctx context.Context, bound time.Duration) (seconds float64, ok bool) {
	end := r.now()
	row := inARow{bound: bound}
	for due := end; due-end < recoverWithin && ctx.Err() == nil; due = max(due+probeEvery, r.now()) {
		took, ok := r.paced(ctx, due)
		if row.add(r.now(), took, ok) {
			return (row.first - end).Seconds(), true
		}
	}
	return recoverWithin.Seconds(), false
}

// inARow counts posts that are quick, one after the other.
type inARow struct {
	bound time.Duration
	quick int
	first time.Duration // when the first of them was answered
}

// add takes the next post, and reports whether there are enough.
func (q *inARow) add(at, took time.Duration, ok bool) bool {
	if !ok || took > q.bound {
		q.quick = 0
		return false
	}
	if q.quick == 0 {
		q.first = at
	}
	q.quick++
	return q.quick == quickAgain
}
