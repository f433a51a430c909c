package cache

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

func newCache(v *Versions, most int64) *Cache[int, string] {
	return New(Options[int, string]{Name: "test", MaxBytes: most, TTL: time.Minute, Size: func(s string) int { return len(s) },
		Versions: v, Metrics: NewMetrics(nil)})
}

var room = Thing{Kind: "room", A: 1}

// counted loads a value that tells how often it was loaded.
func counted(n *int, things ...Thing) func(context.Context) (string, []Thing, error) {
	return func(context.Context) (string, []Thing, error) {
		*n++
		return fmt.Sprint("load ", *n), things, nil
	}
}

func TestHeldUntilChanged(t *testing.T) {
	var v Versions
	c := newCache(&v, 1<<20)
	loads := 0
	get := func(want string) {
		t.Helper()
		if got, err := c.Get(t.Context(), 1, counted(&loads, room, Thing{Kind: "people"})); err != nil || got != want {
			t.Errorf("got %q, %v; want %q", got, err, want)
		}
	}
	get("load 1")
	get("load 1")
	v.Changed(Thing{Kind: "people"})
	get("load 2")
	get("load 2")
	v.Changed(room)
	get("load 3")
}

func TestErrorsAndWhatDependsOnNothingAreNotKept(t *testing.T) {
	var v Versions
	c := newCache(&v, 1<<20)
	loads := 0
	for range 2 {
		_, err := c.Get(t.Context(), 1, func(context.Context) (string, []Thing, error) {
			loads++
			return "", []Thing{room}, errors.New("no such room")
		})
		if err == nil {
			t.Error("the error was lost")
		}
	}
	for range 2 {
		if _, err := c.Get(t.Context(), 1, counted(&loads)); err != nil {
			t.Error(err)
		}
	}
	if loads != 4 {
		t.Errorf("%d loads, want 4", loads)
	}
}

func TestExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var v Versions
		c := newCache(&v, 1<<20)
		loads := 0
		c.Get(t.Context(), 1, counted(&loads, room))
		time.Sleep(52 * time.Second)
		c.Get(t.Context(), 1, counted(&loads, room))
		if loads != 1 {
			t.Errorf("%d loads within the time to live", loads)
		}
		time.Sleep(9 * time.Second)
		c.Get(t.Context(), 1, counted(&loads, room))
		if loads != 2 {
			t.Errorf("%d loads after it", loads)
		}
	})
}

func TestBoundedInBytes(t *testing.T) {
	var v Versions
	const most = 64 << 10
	c := newCache(&v, most)
	for i := range 1000 {
		c.Get(t.Context(), i, func(context.Context) (string, []Thing, error) { return strings.Repeat("x", 1000), []Thing{room}, nil })
	}
	c.entries.CleanUp()
	if got := c.entries.WeightedSize(); got > most || got == 0 {
		t.Errorf("holds %d bytes of %d", got, most)
	}
}

// Many who ask for the same are served by one load, also when the first of
// them goes away.
func TestLoadsAreCollapsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var v Versions
		c := newCache(&v, 1<<20)
		loads := 0
		release := make(chan struct{})
		load := func(ctx context.Context) (string, []Thing, error) {
			loads++
			select {
			case <-release:
				return "value", []Thing{room}, nil
			case <-ctx.Done():
				return "", nil, ctx.Err()
			}
		}
		first, leave := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for i := range 20 {
			ctx := t.Context()
			if i == 0 {
				ctx = first
			}
			wg.Go(func() {
				if got, err := c.Get(ctx, 1, load); got != "value" || err != nil {
					t.Errorf("got %q, %v", got, err)
				}
			})
			synctest.Wait()
		}
		leave()
		synctest.Wait()
		close(release)
		wg.Wait()
		if loads != 1 {
			t.Errorf("%d loads, want 1", loads)
		}
	})
}

// A load that began before a change answers those who asked before it, and
// nobody after: neither by being kept nor by being joined, be it a value or
// an error.
func TestOverlappedLoadIsNotGivenToLaterOnes(t *testing.T) {
	for name, old := range map[string]error{"value": nil, "error": errors.New("not there yet")} {
		synctest.Test(t, func(t *testing.T) {
			var v Versions
			c := newCache(&v, 1<<20)
			release := make(chan struct{})
			var wg sync.WaitGroup
			wg.Go(func() {
				c.Get(t.Context(), 1, func(context.Context) (string, []Thing, error) {
					<-release
					return "old", []Thing{room}, old
				})
			})
			synctest.Wait() // the load has read
			v.Changed(room) // and is out of date
			wg.Go(func() {
				got, err := c.Get(t.Context(), 1, func(context.Context) (string, []Thing, error) { return "new", []Thing{room}, nil })
				if got != "new" || err != nil {
					t.Errorf("%s: who asked after the change got %q, %v", name, got, err)
				}
			})
			synctest.Wait() // it waits with the first
			close(release)
			wg.Wait()
		})
	}
}

// A load that renews gets what was there before, unless its time was up: what
// nobody noted is not carried on for ever.
func TestRenewsFromTheOldValue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var v Versions
		c := newCache(&v, 1<<20)
		get := func(want string) {
			t.Helper()
			got, err := c.Renew(t.Context(), 1, func(_ context.Context, old string, asOf Stamp) (string, []Thing, error) {
				if old != "" && v.Unchanged(asOf, room) {
					t.Error("a renewal of what has not changed")
				}
				return old + "+", []Thing{room}, nil
			})
			if got != want || err != nil {
				t.Errorf("got %q, %v; want %q", got, err, want)
			}
		}
		get("+")
		get("+")
		v.Changed(room)
		get("++")
		time.Sleep(40 * time.Second)
		v.Changed(room)
		get("+++")
		time.Sleep(40 * time.Second) // renewing did not make it younger
		get("+")
	})
}

func TestRefreshesWhatIsAskedForAndHasChanged(t *testing.T) {
	var v Versions
	c := newCache(&v, 1<<20)
	loads := 0
	refresh := func(want int, when string) {
		t.Helper()
		if err := c.Refresh(t.Context(), 1, counted(&loads, room)); err != nil || loads != want {
			t.Errorf("%s: %d loads, %v; want %d", when, loads, err, want)
		}
	}
	get := func(want string) {
		t.Helper()
		if got, err := c.Get(t.Context(), 1, counted(&loads, room)); got != want || err != nil {
			t.Errorf("got %q, %v; want %q", got, err, want)
		}
	}
	refresh(0, "never asked for")
	get("load 1")
	refresh(1, "not changed")
	v.Changed(room)
	refresh(2, "changed, asked for by a miss")
	v.Changed(room)
	refresh(2, "changed twice, not asked for between")
	get("load 3")
	v.Changed(room)
	refresh(4, "changed")
	get("load 4")
	v.Changed(room)
	refresh(5, "changed, asked for by a hit")
	v.Changed(room)
	get("load 6")
	v.Changed(room)
	broken := errors.New("disk")
	err := c.Refresh(t.Context(), 1, func(context.Context) (string, []Thing, error) { return "", []Thing{room}, broken })
	if err != broken {
		t.Errorf("a failed load: %v", err)
	}
	get("load 7")
}

// The hunt: whatever readers and a writer do at once, nobody who asks after a
// change was told gets what was before it.
func TestNeverStaleAfterTheAnswer(t *testing.T) {
	var v Versions
	c := newCache(&v, 1<<20)
	const keys, changes = 3, 20000
	var stored, told [keys]atomic.Int64
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for r := range 4 {
		wg.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				k := (i + r) % keys
				least := told[k].Load()
				got, err := c.Get(ctx, k, func(context.Context) (string, []Thing, error) {
					return fmt.Sprint(stored[k].Load()), []Thing{{Kind: "key", A: int64(k)}}, nil
				})
				var n int64
				if _, e := fmt.Sscan(got, &n); e != nil || err != nil {
					t.Errorf("%q, %v, %v", got, e, err)
					return
				}
				if n < least {
					t.Errorf("key %d: got %d after %d was told", k, n, least)
					return
				}
			}
		})
	}
	wg.Go(func() {
		for k := 0; ctx.Err() == nil; k = (k + 1) % keys {
			c.Refresh(ctx, k, func(context.Context) (string, []Thing, error) {
				return fmt.Sprint(stored[k].Load()), []Thing{{Kind: "key", A: int64(k)}}, nil
			})
		}
	})
	for i := range changes {
		k := i % keys
		n := stored[k].Add(1)
		v.Changed(Thing{Kind: "key", A: int64(k)})
		told[k].Store(n)
	}
	stop()
	wg.Wait()
}

func TestMetrics(t *testing.T) {
	var v Versions
	r := prometheus.NewRegistry()
	c := New(Options[int, string]{Name: "pages", MaxBytes: 1 << 20, TTL: time.Minute, Size: func(s string) int { return len(s) },
		Versions: &v, Metrics: NewMetrics(r)})
	loads := 0
	c.Get(t.Context(), 1, counted(&loads, room))
	c.Get(t.Context(), 1, counted(&loads, room))
	v.Changed(room)
	c.Get(t.Context(), 1, counted(&loads, room))
	want := `
# HELP cache_requests_total Requests to a cache: hit, miss, or stale when what was held had changed or expired since.
# TYPE cache_requests_total counter
cache_requests_total{cache="pages",result="hit",tier="memory"} 1
cache_requests_total{cache="pages",result="miss",tier="memory"} 1
cache_requests_total{cache="pages",result="stale",tier="memory"} 1
`
	if err := testutil.GatherAndCompare(r, strings.NewReader(want), "cache_requests_total"); err != nil {
		t.Error(err)
	}
	v.Changed(room)
	c.Refresh(t.Context(), 1, counted(&loads, room))
	want = `
# HELP cache_refreshes_total Values loaded anew when they had changed, before anyone asked again.
# TYPE cache_refreshes_total counter
cache_refreshes_total{cache="pages",tier="memory"} 1
`
	if err := testutil.GatherAndCompare(r, strings.NewReader(want), "cache_refreshes_total"); err != nil {
		t.Error(err)
	}
	if n, err := testutil.GatherAndCount(r, "cache_bytes"); n != 1 || err != nil {
		t.Errorf("%d series, %v", n, err)
	}
}

func BenchmarkHit(b *testing.B) {
	var v Versions
	c := newCache(&v, 1<<20)
	load := func(context.Context) (string, []Thing, error) { return "value", []Thing{room, {Kind: "people"}}, nil }
	for b.Loop() {
		if _, err := c.Get(b.Context(), 1, load); err != nil {
			b.Fatal(err)
		}
	}
}
