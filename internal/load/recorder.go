package load

import (
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// recorder keeps how long things took: those of the second under way apart
// from all before, so that a run shows how it went over time.
type recorder struct {
	mu      sync.Mutex
	current *hdrhistogram.Histogram // microseconds
}

// Durations are kept from a microsecond to two minutes with three digits;
// longer ones count as two minutes.
const (
	shortest = 1
	longest  = int64(2 * time.Minute / time.Microsecond)
	digits   = 3
)

func newHistogram() *hdrhistogram.Histogram { return hdrhistogram.New(shortest, longest, digits) }

func newRecorder() *recorder { return &recorder{current: newHistogram()} }

func newRecorders(n int) []*recorder {
	rs := make([]*recorder, n)
	for i := range rs {
		rs[i] = newRecorder()
	}
	return rs
}

func (r *recorder) record(d time.Duration) {
	us := min(max(d.Microseconds(), 0), longest)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.current.RecordValue(us); err != nil {
		panic(err) // it is within the bounds
	}
}

// drain adds what was recorded since the last call to each of into.
func (r *recorder) drain(into ...*hdrhistogram.Histogram) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.current.TotalCount() == 0 {
		return
	}
	for _, h := range into {
		h.Merge(r.current) // the same bounds: nothing is dropped
	}
	r.current.Reset()
}

// Spread is how a set of durations is spread, in milliseconds.
type Spread struct {
	Count int64   `json:"count"`
	Mean  float64 `json:"mean_ms"`
	P50   float64 `json:"p50_ms"`
	P90   float64 `json:"p90_ms"`
	P95   float64 `json:"p95_ms"`
	P99   float64 `json:"p99_ms"`
	P999  float64 `json:"p99_9_ms"`
	Max   float64 `json:"max_ms"`
}

func spreadOf(h *hdrhistogram.Histogram) Spread {
	at := func(q float64) float64 { return float64(h.ValueAtQuantile(q)) / 1000 }
	if h.TotalCount() == 0 {
		return Spread{}
	}
	return Spread{h.TotalCount(), h.Mean() / 1000, at(50), at(90), at(95), at(99), at(99.9), float64(h.Max()) / 1000}
}
