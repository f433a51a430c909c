// Package metrics makes the registry that the other packages register with,
// and serves it with the profiler on a listener of its own.
//
// It owns the Go runtime's figures and the names the founding guide gave
// them. It refuses to know what anyone else measures.
package metrics

import (
	"net/http"
	"net/http/pprof"
	"runtime/metrics"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// NewRegistry returns a registry with the figures of the runtime and the
// process. version labels campfire_build_info.
func NewRegistry(version string) *prometheus.Registry {
	r := prometheus.NewRegistry()
	info := prometheus.NewGauge(prometheus.GaugeOpts{Name: "campfire_build_info",
		Help: "Always 1; the version is its label.", ConstLabels: prometheus.Labels{"version": version}})
	info.Set(1)
	var peak peakHeap
	r.MustRegister(
		info,
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "memory_allocated_bytes",
			Help: "Heap in use by live and not yet swept objects."}, func() float64 { return float64(peak.sample()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "memory_peak_bytes",
			Help: "The largest memory_allocated_bytes that any scrape saw."}, func() float64 { peak.sample(); return float64(peak.get()) }),
	)
	return r
}

// peakHeap remembers the largest heap that was seen.
type peakHeap struct {
	mu  sync.Mutex
	max uint64
}

func (p *peakHeap) sample() uint64 {
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s)
	n := s[0].Value.Uint64()
	p.mu.Lock()
	p.max = max(p.max, n)
	p.mu.Unlock()
	return n
}

func (p *peakHeap) get() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.max
}

// Handler serves the registry as text.
func Handler(r *prometheus.Registry) http.Handler {
	return promhttp.HandlerFor(r, promhttp.HandlerOpts{})
}

// Mux serves /metrics and the profiler: for a listener that only the operator
// reaches.
func Mux(r *prometheus.Registry) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", Handler(r))
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}
