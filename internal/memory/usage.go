package memory

import (
	"context"
	"runtime/metrics"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Usage is what the process uses of memory, and the most it ever has.
type Usage struct {
	system System
	peak   atomic.Uint64 // of the heap
}

// every is how often the heap is looked at; a peak that lasted less may be
// missed. The system itself keeps that of the whole process.
const every = time.Second

// NewUsage registers the figures. Their peak is kept from now on, at each
// scrape and, while Run runs, every second.
func NewUsage(s System, r prometheus.Registerer) *Usage {
	u := &Usage{system: s}
	gauge := func(name, help string, f func() float64) {
		r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, f))
	}
	gauge("memory_allocated_bytes", "Heap in use by live and not yet swept objects.",
		func() float64 { return float64(u.sample()) })
	gauge("memory_peak_bytes", "The largest memory_allocated_bytes since the start, looked at every second.",
		func() float64 { u.sample(); return float64(u.peak.Load()) })
	gauge("memory_limit_bytes", "What the runtime keeps its memory below: GOMEMLIMIT, or made from the container's limit. 0: no limit.",
		func() float64 { return float64(inForce()) })
	if s.Peak() > 0 {
		gauge("memory_resident_peak_bytes", "The most memory that the process had resident since the start, as the system tells.",
			func() float64 { return float64(s.Peak()) })
	}
	u.sample()
	return u
}

// Run keeps the peak until ctx ends.
func (u *Usage) Run(ctx context.Context) {
	ticks := time.NewTicker(every)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
			u.sample()
		}
	}
}

// sample returns the heap in use, and raises the peak to it.
func (u *Usage) sample() uint64 {
	s := [1]metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s[:])
	n := s[0].Value.Uint64()
	for {
		peak := u.peak.Load()
		if n <= peak || u.peak.CompareAndSwap(peak, n) {
			return n
		}
	}
}
