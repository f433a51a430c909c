package proof

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"campfire/client"
)

// Offered four times what it reaches, the server refuses what is too much,
// says when to come back, stores what it has acknowledged once, and serves
// again as soon as it is left in peace.
func TestOverloadIsRefusedAndLosesNothing(t *testing.T) {
	for name, o := range map[string]struct {
		setting string
		want    int // the status of refusals
	}{
		"queue":    {"CAMPFIRE_WRITE_QUEUE=8", http.StatusServiceUnavailable},   // of the writer is full
		"inflight": {"CAMPFIRE_MAX_INFLIGHT=16", http.StatusServiceUnavailable}, // too many are served at once
		"rate":     {"CAMPFIRE_RATE_POST=50/s,50", http.StatusTooManyRequests},  // people post too fast
	} {
		t.Run(name, func(t *testing.T) {
			ctx := patience(t, 2*time.Minute)
			p := startProcess(t, o.setting)
			f := newFlood(t, ctx, p, 8, 4)

			// The rate that so few reach that nothing has to wait for long.
			calm := size(300, 5000)
			began := time.Now()
			f.closedLoop(8, calm)
			peak := float64(f.count(http.StatusCreated)) / time.Since(began).Seconds()

			offered := int(4 * peak * float64(size(1, 10)))
			took := f.openLoop(4*peak, offered)
			answers := make(map[string]int64)
			for status := range f.statuses {
				if n := f.count(status); n > 0 {
					answers[fmt.Sprint(status)] = n
				}
			}
			if f.count(o.want) == 0 {
				t.Errorf("nothing was refused with %d: %v", o.want, answers)
			}

			// A probe that is refused comes back when it was told to.
			left := time.Now()
			calmly, cancel := context.WithTimeout(ctx, 5*time.Second)
			defer cancel()
			for i := range 10 {
				if _, err := f.people[i%len(f.people)].PostSurely(calmly, f.rooms[0], client.Draft{Body: "probe", ClientMessageID: fmt.Sprint("probe-", i)}); err != nil {
					t.Fatalf("probe %d was not served within five seconds: %v", i, err)
				}
			}
			recovery := time.Since(left)
			stored := f.verify()
			report(t, "overload-"+name, map[string]any{
				"setting": o.setting, "peak_per_second": peak, "offered": offered, "offered_in_s": took.Seconds(), "answers": answers,
				"stored": stored, "ten_probes_after_s": recovery.Seconds(), "peak_rss_mib": p.memory("VmHWM"),
			})
		})
	}
}

// flood is people who post without regard.
type flood struct {
	t      *testing.T
	ctx    context.Context
	people []*client.Client
	rooms  []int64

	next     atomic.Int64
	statuses [600]atomic.Int64

	mu    sync.Mutex // guards what follows
	acked map[string]int64
}

func newFlood(t *testing.T, ctx context.Context, p *process, people, rooms int) *flood {
	t.Helper()
	f := &flood{t: t, ctx: ctx, rooms: []int64{1}, acked: make(map[string]int64)}
	admin := setUp(t, ctx, p.url())
	account, err := admin.Account(ctx)
	if err != nil {
		t.Fatal(err)
	}
	tr := &http.Transport{MaxIdleConnsPerHost: lines, MaxConnsPerHost: lines}
	t.Cleanup(tr.CloseIdleConnections)
	over := &http.Client{Transport: tr, Timeout: 30 * time.Second}
	for i := range people {
		c, _, err := client.New(p.url(), "").Join(ctx, account.JoinCode, fmt.Sprint("Person ", i), fmt.Sprintf("p%d@example.org", i), password)
		if err != nil {
			t.Fatal(err)
		}
		f.people = append(f.people, c.Over(over))
	}
	for i := range rooms - 1 {
		r, err := admin.CreateRoom(ctx, "open", fmt.Sprint("Room ", i))
		if err != nil {
			t.Fatal(err)
		}
		f.rooms = append(f.rooms, r.ID)
	}
	return f
}

func (f *flood) count(status int) int64 { return f.statuses[status].Load() }

func bodyOf(id string) string { return "the kettle of " + id + " is on" }

// post posts once and judges the answer.
func (f *flood) post() {
	n := f.next.Add(1)
	id := fmt.Sprint("f-", n)
	m, err := f.people[int(n)%len(f.people)].Post(f.ctx, f.rooms[int(n)%len(f.rooms)], client.Draft{Body: bodyOf(id), ClientMessageID: id})
	if err == nil {
		f.statuses[http.StatusCreated].Add(1)
		f.mu.Lock()
		f.acked[id] = m.ID
		f.mu.Unlock()
		return
	}
	e, ok := errors.AsType[*client.Error](err)
	if !ok {
		f.t.Errorf("a post got no answer: %v", err)
		return
	}
	f.statuses[e.Status].Add(1)
	if e.Status != http.StatusServiceUnavailable && e.Status != http.StatusTooManyRequests || e.RetryAfter == 0 {
		f.t.Errorf("a post was answered %d, Retry-After %s: %v", e.Status, e.RetryAfter, err)
	}
}

// closedLoop makes so many posts, few at a time.
func (f *flood) closedLoop(at, posts int) {
	var wg sync.WaitGroup
	for range at {
		wg.Go(func() {
			for range posts / at {
				f.post()
			}
		})
	}
	wg.Wait()
}

// lines is how many connections an open loop has at most. Those that are due
// while all wait for an answer go out late.
const lines = 256

// openLoop makes so many posts on a schedule that waits for no answer.
func (f *flood) openLoop(rate float64, posts int) time.Duration {
	began := time.Now()
	var due atomic.Int64
	var wg sync.WaitGroup
	for range lines {
		wg.Go(func() {
			for i := due.Add(1); i <= int64(posts); i = due.Add(1) {
				if wait := time.Duration(float64(i)/rate*float64(time.Second)) - time.Since(began); wait > 0 {
					<-time.After(wait)
				}
				f.post()
			}
		})
	}
	wg.Wait()
	return time.Since(began)
}

// verify reads everything back: each acknowledged post is there once, as it
// was sent.
func (f *flood) verify() (stored int) {
	f.t.Helper()
	seen := make(map[string]int64)
	for _, room := range f.rooms {
		for m, err := range f.people[0].History(f.ctx, room) {
			if err != nil {
				f.t.Fatal(err)
			}
			if m.Body == "probe" {
				continue
			}
			if m.Body != bodyOf(m.ClientMessageID) {
				f.t.Errorf("message %d of %s says %q", m.ID, m.ClientMessageID, m.Body)
			}
			if seen[m.ClientMessageID] != 0 {
				f.t.Errorf("%s is stored twice", m.ClientMessageID)
			}
			seen[m.ClientMessageID] = m.ID
		}
	}
	for id, message := range f.acked {
		if seen[id] != message {
			f.t.Errorf("%s was acknowledged as message %d, and is stored as %d", id, message, seen[id])
		}
	}
	return len(seen)
}
