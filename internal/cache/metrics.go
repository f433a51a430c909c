package cache

import "github.com/prometheus/client_golang/prometheus"

// tier names where a cache lives: in this process's memory.
const tier = "memory"

// Metrics count what all caches of one process do.
type Metrics struct {
	registerer prometheus.Registerer
	requests   *prometheus.CounterVec
	refreshes  *prometheus.CounterVec
}

// NewMetrics returns metrics on r, which may be nil.
func NewMetrics(r prometheus.Registerer) *Metrics {
	m := &Metrics{registerer: r, requests: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "cache_requests_total",
		Help: "Requests to a cache: hit, miss, or stale when what was held had changed or expired since.",
	}, []string{"cache", "tier", "result"}), refreshes: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "cache_refreshes_total",
		Help: "Values loaded anew when they had changed, before anyone asked again.",
	}, []string{"cache", "tier"})}
	if r != nil {
		r.MustRegister(m.requests, m.refreshes)
	}
	return m
}

func (m *Metrics) counters(name string) (hits, misses, stale, refreshed prometheus.Counter) {
	of := func(result string) prometheus.Counter { return m.requests.WithLabelValues(name, tier, result) }
	return of("hit"), of("miss"), of("stale"), m.refreshes.WithLabelValues(name, tier)
}

// watch reports how much a cache holds, when asked.
func (m *Metrics) watch(name string, bytes func() float64) {
	if m.registerer == nil {
		return
	}
	m.registerer.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "cache_bytes", Help: "Estimated bytes that a cache holds.",
		ConstLabels: prometheus.Labels{"cache": name, "tier": tier},
	}, bytes))
}
