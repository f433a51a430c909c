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
	"syscall"
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

	tokens map[int64]string        // by person
	newest map[int64]*atomic.Int64 // id of the newest acknowledged message of each room
	timed  map[string]*measure     // by what was done
	lag    *recorder               // how late the generator was
	lags   *hdrhistogram.Histogram // all of it
	away   sync.WaitGroup          // requests under way
	places chan struct{}           // bounds them
	late   atomic.Int64            // not sent, since too many were under way

	before, after moment  // around what is measured
	peak          float64 // resident bytes, the most that a scrape has seen
	scrapes       int     // that peak rests on
}

// moment is what is known of server and generator at one time.
type moment struct {
	at      time.Time
	spent   time.Duration // CPU time of the generator
	metrics *scrape       // nil: there are none, or they could not be read
}

// measure is the requests of one kind: how long they took, and what they got.
type measure struct {
	*recorder
	all     *hdrhistogram.Histogram
	good    int // the status of one that was served
	status  [600]atomic.Int64
	errors  atomic.Int64 // no answer
	noRetry atomic.Int64 // refusals without Retry-After
}

// count notes an answer.
func (m *measure) count(a *answer) {
	if a.err != nil {
		m.errors.Add(1)
		return
	}
	m.status[a.status].Add(1)
	if a.refused() && a.retry == "" {
		m.noRetry.Add(1)
	}
}

// refused tells an answer that says: not now.
func (a *answer) refused() bool {
	return a.status == http.StatusServiceUnavailable || a.status == http.StatusTooManyRequests
}

func (m *measure) total() int64 {
	n := m.errors.Load()
	for i := range m.status {
		n += m.status[i].Load()
	}
	return n
}

// answers counts them by status.
func (m *measure) answers() map[string]int64 {
	counts := make(map[string]int64)
	for code := range m.status {
		if n := m.status[code].Load(); n > 0 {
			counts[strconv.Itoa(code)] = n
		}
	}
	if n := m.errors.Load(); n > 0 {
		counts["no answer"] = n
	}
	return counts
}

// underWay bounds the requests at once. What is due beyond it is not sent, and
// counted; under overload there are many.
func (s *settings) underWay() int {
	if s.Overload > 0 {
		return 4096
	}
	return 1024
}

func newRun(ctx context.Context, s *settings, w *world) (*run, error) {
	caller, err := newCaller(s.URL)
	if err != nil {
		return nil, err
	}
	r := &run{s: s, w: w, epoch: time.Now(), caller: caller, places: make(chan struct{}, s.underWay()),
		base: make(map[int64]int64), held: make(map[int64]int), tokens: make(map[int64]string), newest: make(map[int64]*atomic.Int64),
		timed: make(map[string]*measure), lag: newRecorder(), lags: newHistogram()}
	for what := range plural {
		r.timed[what] = &measure{recorder: newRecorder(), all: newHistogram(), good: http.StatusOK}
	}
	for _, what := range []string{"post", "peak", "probe"} {
		r.timed[what].good = http.StatusCreated
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
	r.caller.close()
	r.fleet.Close()
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
			r.launch(func() { r.post(ctx, "post", due, room, who.ID, measured) })
		case doRead:
			early := rng.IntN(5) == 0
			r.launch(func() { r.read(ctx, room, early, who.Token, due, measured) })
		case doSearch:
			path := "/api/search?limit=20&q=" + r.ledger.texts.word(rng)
			r.launch(func() { r.search(ctx, path, who.Token, due, measured) })
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
		r.late.Add(1)
		return
	}
	r.away.Go(func() {
		defer func() { <-r.places }()
		do()
	})
}

// post sends one post, as one of a kind, and holds the answer against it. It
// reports whether it was acknowledged.
func (r *run) post(ctx context.Context, kind string, due time.Duration, room, author int64, measured bool) bool {
	n, ok := r.ledger.add(due, room, author, measured)
	if !ok {
		r.late.Add(1)
		return false
	}
	p, m, text := r.ledger.at(n), r.timed[kind], r.ledger.texts.body(n)
	a := r.caller.call(ctx, "POST", "/api/rooms/"+strconv.FormatInt(room, 10)+"/messages", r.tokens[author], r.ledger.request(n, text))
	took := r.now() - due
	m.count(&a)
	switch {
	case a.err == nil && a.refused():
		p.outcome.Store(refused)
		return false
	case a.err != nil || a.status != m.good:
		return false
	case measured:
		m.record(took)
	}
	b, err := a.body()
	if err == nil {
		err = r.acknowledge(n, b, text)
	}
	if err != nil {
		r.ledger.contradict("post %d: the answer is none of a Campfire: %v", n, err)
		return false
	}
	if !p.acked() {
		return false
	}
	for newest := r.newest[room]; ; {
		if old := newest.Load(); old >= p.id || newest.CompareAndSwap(old, p.id) {
			return true
		}
	}
}

// acknowledge reads the answer to a post.
func (r *run) acknowledge(n int, answer []byte, text string) error {
	e, err := fleet.Answer(answer)
	if err != nil {
		return err
	}
	m := stored{ID: e.ID, RoomID: e.Room, Seq: e.Seq, Body: string(e.Body), ClientID: string(e.ClientID)}
	m.Creator.ID = e.Author
	r.ledger.acknowledge(n, &m, text)
	return nil
}

// get makes a timed request of a kind; ok says that it was served.
func (r *run) get(ctx context.Context, kind, path, token string, due time.Duration, measured bool) (a answer, ok bool) {
	a = r.caller.call(ctx, "GET", path, token, nil)
	took := r.now() - due
	m := r.timed[kind]
	m.count(&a)
	ok = a.err == nil && a.status == m.good
	if ok && measured {
		m.record(took)
	}
	return a, ok
}

// read reads a room's newest page, or the one before its newest message, and
// holds it against what was acknowledged before it was asked for.
func (r *run) read(ctx context.Context, room int64, early bool, token string, due time.Duration, measured bool) {
	path := "/api/rooms/" + strconv.FormatInt(room, 10) + "/messages"
	newest := r.newest[room].Load()
	early = early && newest > 0
	if early {
		path += "?before=" + strconv.FormatInt(newest, 10)
	}
	a, ok := r.get(ctx, "read", path, token, due, measured)
	if !ok {
		return
	}
	var p page
	if err := decode(&a, &p); err != nil {
		r.ledger.contradict("GET %s: %v", path, err)
		return
	}
	last := int64(0)
	for i := range p.Messages {
		m := &p.Messages[i]
		if m.RoomID != room || m.ID <= last {
			r.ledger.contradict("GET %s: message %d of room %d stands after message %d", path, m.ID, m.RoomID, last)
			return
		}
		last = m.ID
	}
	switch {
	case early && last >= newest:
		r.ledger.contradict("GET %s: the page has message %d", path, last)
	case !early && last < newest:
		r.ledger.contradict("GET %s: the page ends with message %d, but %d was acknowledged before", path, last, newest)
	}
}

// search makes a search, and sees that it has results, if none.
func (r *run) search(ctx context.Context, path, token string, due time.Duration, measured bool) {
	a, ok := r.get(ctx, "search", path, token, due, measured)
	if !ok {
		return
	}
	var found struct {
		Results *[]json.RawMessage `json:"results"`
	}
	if err := decode(&a, &found); err != nil {
		r.ledger.contradict("GET %s: %v", path, err)
	} else if found.Results == nil {
		r.ledger.contradict("GET %s: the answer has no results", path)
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
		r.before = r.moment(ctx)
		for at := from + time.Second; at <= to; at += time.Second {
			if !sleepUntil(ctx, r.epoch.Add(at)) {
				break
			}
			r.sample(ctx, at-from, int((at-from)/time.Second)%5 == 0)
		}
		r.after = r.moment(context.WithoutCancel(ctx))
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
	for what, m := range r.timed {
		if what == "post" {
			m.drain(posts, m.all)
		} else {
			m.drain(m.all)
		}
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

// moment notes how server and generator stand.
func (r *run) moment(ctx context.Context) moment {
	m := moment{at: time.Now(), metrics: r.scrape(ctx)}
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err == nil {
		m.spent = time.Duration(used.Utime.Nano() + used.Stime.Nano())
	}
	return m
}

// scrape reads the server's metrics; nil when there are none to read.
func (r *run) scrape(ctx context.Context) *scrape {
	if r.s.Metrics == "" {
		return nil
	}
	m, err := fetchMetrics(ctx, r.s.Metrics)
	if err != nil {
		if ctx.Err() == nil {
			r.report.Unread++
			r.report.noted("the metrics can't be read: " + err.Error())
		}
		return nil
	}
	if rss, ok := m.sum("process_resident_memory_bytes", nil); ok {
		r.peak = max(r.peak, rss)
		r.scrapes++
	}
	return m
}
