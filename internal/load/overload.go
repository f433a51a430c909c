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
	n := r.flatOut(ctx, r.s.Warmup, r.s.Duration)
	<-watched
	r.report.Rate = float64(n) / r.s.Duration.Seconds()
	return ctx.Err()
}

// flatOut returns how many posts were acknowledged after the warm-up.
func (r *run) flatOut(ctx context.Context, warmup, duration time.Duration) (acked int) {
	start := r.now()
	counts := make([]int, r.s.Posters)
	var wg sync.WaitGroup
	for i := range r.s.Posters {
		wg.Go(func() {
			who, room := r.w.People[i%r.s.Accounts], r.room(i)
			for ctx.Err() == nil {
				due := r.now()
				if due >= start+warmup+duration {
					return
				}
				n, ok := r.ledger.add(due, room, who.ID, due >= start+warmup)
				if !ok {
					return
				}
				r.post(ctx, n)
				if p := r.ledger.at(n); p.measured && p.acked.Load() {
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

// peakFor is how long the highest rate is looked for before an overload.
const peakFor = 10 * time.Second

// recovered is how fast a post is answered by a server that is itself again.
const recovered = 100 * time.Millisecond

// Overload is what an overload did.
type Overload struct {
	Peak     float64          `json:"peak_posts_per_second"`
	Offered  float64          `json:"offered_posts_per_second"`
	Goodput  float64          `json:"acknowledged_posts_per_second"`
	Share    float64          `json:"goodput_of_peak"`
	Statuses map[string]int64 `json:"statuses"`
	NotSent  int64            `json:"not_sent"` // more than the generator holds at once
	NoRetry  int64            `json:"refused_without_retry_after"`
	Recovery float64          `json:"recovery_s"` // until posts are quick again
}

// overload finds the highest rate, offers a multiple of it on a schedule, and
// then waits for the server to be itself again.
func (r *run) overload(ctx context.Context) error {
	fmt.Fprintf(r.w.stderr, "Looking for the highest rate for %s …\n", peakFor)
	peak := float64(r.flatOut(ctx, 2*time.Second, peakFor)) / peakFor.Seconds()
	o := &Overload{Peak: peak, Offered: peak * r.s.Overload}
	r.report.Overload = o
	for i := range r.status {
		r.status[i].Store(0)
	}
	fmt.Fprintf(r.w.stderr, "It is %.0f posts a second; offering %.0f for %s.\n", peak, o.Offered, r.s.Duration)
	start := r.now()
	watched := r.watch(ctx, start, start+r.s.Duration)
	s := newSchedule(r.s.Seed, [actions]float64{doPost: o.Offered})
	rng := rand.New(rand.NewPCG(r.s.Seed, 99))
	s.follow(ctx, r.epoch.Add(start), r.s.Duration, func(_ action, due time.Duration) {
		who, room := r.someone(rng)
		r.launch(func() {
			if n, ok := r.ledger.add(start+due, room, who.ID, true); ok {
				r.post(ctx, n)
			}
		})
	})
	acked := r.status[http.StatusCreated].Load()
	o.Recovery = r.recovery(ctx).Seconds()
	r.away.Wait()
	<-watched
	o.Goodput = float64(acked) / r.s.Duration.Seconds()
	o.Share = o.Goodput / peak
	o.NotSent, o.NoRetry = r.odd.late.Load(), r.odd.noRetry.Load()
	o.Statuses = make(map[string]int64)
	for code := range r.status {
		if n := r.status[code].Load(); n > 0 {
			o.Statuses[fmt.Sprint(code)] = n
		}
	}
	if n := r.odd.errors.Load(); n > 0 {
		o.Statuses["no answer"] = n
	}
	return ctx.Err()
}

// recovery is the time until three posts in a row are acknowledged quickly.
func (r *run) recovery(ctx context.Context) time.Duration {
	began := time.Now()
	for quick := 0; quick < 3 && time.Since(began) < time.Minute && ctx.Err() == nil; {
		who := r.w.People[0]
		at := time.Now()
		n, ok := r.ledger.add(r.now(), r.room(0), who.ID, false)
		if !ok {
			break
		}
		r.post(ctx, n)
		if r.ledger.at(n).acked.Load() && time.Since(at) < recovered {
			quick++
		} else {
			quick = 0
		}
	}
	return time.Since(began)
}
