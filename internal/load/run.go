package load

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"campfire/internal/load/fleet"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// run is one load test under way.
type run struct {
	s      *settings
	w      *world
	fleet  *fleet.Fleet
	ledger *ledger
	caller *caller
	report *report
	epoch  time.Time // what all times count from

	base map[int64]int64 // number of each room before the run
	held map[int64]int   // sockets of each room

	tokens map[int64]string                             // by person
	newest map[int64]*atomic.Int64                      // id of some message of each room
	timed  map[string]*measure                          // by what was done
	lag    *recorder                                    // how late the generator was
	lags   *hdrhistogram.Histogram                      // all of it
	away   sync.WaitGroup                               // requests under way
	places chan struct{}                                // bounds them
	status [600]atomic.Int64                            // answers to posts, by status
	odd    struct{ late, errors, noRetry atomic.Int64 } // what went wrong, counted

	before, after *scrape // around what is measured
	peak          float64 // resident bytes, with all sockets open
}

// measure is the times of one kind of request.
type measure struct {
	*recorder
	all    *hdrhistogram.Histogram
	failed atomic.Int64
}

// underWay bounds the requests at once: what is due beyond it is counted as
// not offered, and the run is void.
const underWay = 4096

func newRun(ctx context.Context, s *settings, w *world) (*run, error) {
	r := &run{s: s, w: w, epoch: time.Now(), caller: newCaller(s.URL), places: make(chan struct{}, underWay),
		base: make(map[int64]int64), held: make(map[int64]int), tokens: make(map[int64]string), newest: make(map[int64]*atomic.Int64),
		timed: make(map[string]*measure), lag: newRecorder(), lags: newHistogram()}
	for _, what := range []string{"post", "read", "search", "rooms"} {
		r.timed[what] = &measure{recorder: newRecorder(), all: newHistogram()}
	}
	for _, p := range w.People {
		r.tokens[p.ID] = p.Token
	}
	rooms, err := w.admin.Rooms(ctx)
	if err != nil {
		return nil, err
	}
	for _, room := range rooms {
		r.base[room.ID] = room.Seq
		r.newest[room.ID] = new(atomic.Int64)
	}
	readers := runtime.GOMAXPROCS(0)
	r.ledger = newLedger("load"+strconv.FormatInt(time.Now().UnixMilli(), 36), s.Seed, newRecorders(readers))
	r.report = newReport(s)
	seats := make([]fleet.Seat, s.Sockets)
	for i := range seats {
		room := r.room(i)
		r.held[room]++
		seats[i] = fleet.Seat{Token: w.People[i%s.Accounts].Token, Room: room}
	}
	r.fleet, err = fleet.New(fleet.Options{URL: s.URL, Seats: seats, Handler: r.ledger, Readers: readers, Sources: s.sources, Began: r.epoch})
	return r, err
}

func (r *run) close() {
	r.fleet.Close()
	r.caller.close()
}

// dialers is how many sockets are opened at once.
const dialers = 32

// connect opens all sockets.
func (r *run) connect(ctx context.Context) error {
	p := newProgress(r.w.stderr, "sockets", r.s.Sockets)
	took := newRecorder()
	began := time.Now()
	err := r.fleet.Connect(ctx, dialers, func(_ int, d time.Duration) {
		took.record(d)
		p.add(1, 0)
	}, func(err error) {
		r.w.limits.say(r.w.stderr, liftSockets, "The server refuses sockets for now: "+err.Error()+".")
	})
	p.end()
	if err != nil {
		return fmt.Errorf("open the sockets: %w", err)
	}
	all := newHistogram()
	took.drain(all)
	r.report.Connect = spreadOf(all)
	r.report.ConnectRate = float64(r.s.Sockets) / time.Since(began).Seconds()
	return nil
}

// now is the time since the run was made.
func (r *run) now() time.Duration { return time.Since(r.epoch) }

// guide plays the guide's scenario.
func (r *run) guide(ctx context.Context) error {
	switch {
	case r.s.Overload > 0:
		return r.overload(ctx)
	case r.s.Saturate:
		return r.saturate(ctx)
	}
	start := r.now()
	end := r.s.Warmup + r.s.Duration
	watched := r.watch(ctx, start+r.s.Warmup, start+end)
	s := newSchedule(r.s.Seed, [actions]float64{doPost: r.s.Rate, doRead: r.s.Reads, doSearch: r.s.Searches, doBounce: r.s.Reconnects})
	rng := rand.New(rand.NewPCG(r.s.Seed, 99))
	s.follow(ctx, r.epoch.Add(start), end, func(a action, due time.Duration) {
		measured := due >= r.s.Warmup
		due += start
		if measured {
			r.lag.record(r.now() - due)
		}
		who, room := r.someone(rng)
		switch a {
		case doPost:
			if n, ok := r.ledger.add(due, room, who.ID, measured); ok {
				r.launch(func() { r.post(ctx, n) })
			}
		case doRead:
			path := "/api/rooms/" + strconv.FormatInt(room, 10) + "/messages"
			if before := r.newest[room].Load(); before > 0 && rng.IntN(5) == 0 {
				path += "?before=" + strconv.FormatInt(before, 10)
			}
			r.launch(func() { r.get(ctx, "read", path, who.Token, due, measured) })
		case doSearch:
			path := "/api/search?limit=20&q=" + r.ledger.texts.word(rng)
			r.launch(func() { r.get(ctx, "search", path, who.Token, due, measured) })
		case doBounce:
			r.fleet.Bounce(rng.IntN(r.s.Sockets))
		}
	})
	r.away.Wait()
	<-watched
	return ctx.Err()
}

// room is the one that a socket is subscribed to: its person's, or, where
// everyone is in all of them, one after the other.
func (r *run) room(socket int) int64 {
	switch {
	case r.s.OneRoom:
		return r.w.Rooms[0]
	case r.s.Everyone:
		return r.w.Rooms[(socket+socket/r.s.Accounts)%r.s.Rooms]
	}
	return r.w.Rooms[socket%r.s.Accounts%r.s.Rooms]
}

// someone picks a person and a room of theirs.
func (r *run) someone(rng *rand.Rand) (person, int64) {
	i := rng.IntN(r.s.Accounts)
	if r.s.Everyone {
		return r.w.People[i], r.w.Rooms[rng.IntN(r.s.Rooms)]
	}
	return r.w.People[i], r.room(i)
}

// launch runs a request on a goroutine of its own, unless too many run.
func (r *run) launch(do func()) {
	select {
	case r.places <- struct{}{}:
	default:
		r.odd.late.Add(1)
		return
	}
	r.away.Go(func() {
		defer func() { <-r.places }()
		do()
	})
}

// post sends the n-th post and holds the answer against it.
func (r *run) post(ctx context.Context, n int) {
	p := r.ledger.at(n)
	a := r.caller.call(ctx, "POST", "/api/rooms/"+strconv.FormatInt(p.room, 10)+"/messages", r.tokens[p.author], r.ledger.request(n))
	took := r.now() - p.due
	if p.measured {
		r.answered(a)
	}
	if a.err != nil || a.status != http.StatusCreated {
		r.timed["post"].failed.Add(1)
		return
	}
	if p.measured {
		r.timed["post"].record(took)
	}
	var got struct {
		Message stored `json:"message"`
	}
	if err := decode(a.body, &got); err != nil {
		r.ledger.contradict("post %d: %v", n, err)
		return
	}
	r.ledger.acknowledge(n, &got.Message)
	r.newest[p.room].Store(got.Message.ID)
}

// answered counts an answer to a post.
func (r *run) answered(a answer) {
	if a.err != nil {
		r.odd.errors.Add(1)
		return
	}
	r.status[min(max(a.status, 0), len(r.status)-1)].Add(1)
	if (a.status == http.StatusServiceUnavailable || a.status == http.StatusTooManyRequests) && a.retry == "" {
		r.odd.noRetry.Add(1)
	}
}

// get makes a timed request.
func (r *run) get(ctx context.Context, what, path, token string, due time.Duration, measured bool) {
	a := r.caller.call(ctx, "GET", path, token, nil)
	m := r.timed[what]
	if a.err != nil || a.status != http.StatusOK {
		m.failed.Add(1)
		return
	}
	if measured {
		m.record(r.now() - due)
	}
	if !json.Valid(a.body) {
		r.ledger.contradict("GET %s: the answer is no JSON", path)
	}
}

// second is how one second of a run went.
type second struct {
	At         float64 `json:"at_s"` // since the measured stretch began
	Posts      int64   `json:"posts"`
	Deliveries int64   `json:"deliveries"`
	P50        float64 `json:"delivery_p50_ms"`
	P95        float64 `json:"delivery_p95_ms"`
	P99        float64 `json:"delivery_p99_ms"`
	Memory     float64 `json:"resident_bytes,omitempty"`
}

// watch samples every second from one time to another, scrapes the server at
// both and each fifth second, and says how it goes. The channel is closed when
// it is done.
func (r *run) watch(ctx context.Context, from, to time.Duration) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		if !sleepUntil(ctx, r.epoch.Add(from)) {
			return
		}
		for _, rec := range r.ledger.took {
			rec.drain()
		}
		r.before = r.scrape(ctx)
		for at := from + time.Second; at <= to; at += time.Second {
			if !sleepUntil(ctx, r.epoch.Add(at)) {
				break
			}
			r.sample(ctx, at-from, int((at-from)/time.Second)%5 == 0)
		}
		r.after = r.scrape(context.WithoutCancel(ctx))
	}()
	return done
}

func sleepUntil(ctx context.Context, at time.Time) bool {
	timer := time.NewTimer(0)
	defer timer.Stop()
	<-timer.C
	return waitUntil(ctx, timer, at)
}

func (r *run) sample(ctx context.Context, at time.Duration, tell bool) {
	h := newHistogram()
	for _, rec := range r.ledger.took {
		rec.drain(h, r.report.deliveries)
	}
	posts := newHistogram()
	r.timed["post"].drain(posts, r.timed["post"].all)
	for _, what := range []string{"read", "search", "rooms"} {
		r.timed[what].drain(r.timed[what].all)
	}
	r.lag.drain(r.lags)
	sp := spreadOf(h)
	s := second{At: at.Seconds(), Posts: posts.TotalCount(), Deliveries: h.TotalCount(), P50: sp.P50, P95: sp.P95, P99: sp.P99}
	if tell {
		if m := r.scrape(ctx); m != nil {
			s.Memory, _ = m.sum("process_resident_memory_bytes", nil)
		}
		fmt.Fprintf(r.w.stderr, "%4.0f s  %6d posts/s  %8d deliveries/s  p95 %7.1f ms  %5.0f MB  %d sockets\n",
			s.At, s.Posts, s.Deliveries, s.P95, s.Memory/1e6, r.fleet.Counts().Live)
	}
	r.report.Series = append(r.report.Series, s)
}

// scrape reads the server's metrics; nil when there are none to read.
func (r *run) scrape(ctx context.Context) *scrape {
	if r.s.Metrics == "" {
		return nil
	}
	m, err := fetchMetrics(ctx, r.s.Metrics)
	if err != nil {
		r.report.noted("the metrics can't be read: " + err.Error())
		return nil
	}
	if rss, ok := m.sum("process_resident_memory_bytes", nil); ok {
		r.peak = max(r.peak, rss)
	}
	return m
}
