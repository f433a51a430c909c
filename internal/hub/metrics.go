package hub

import (
	"errors"

	"campfire"

	"github.com/prometheus/client_golang/prometheus"
)

func asError(err error) (*campfire.Error, bool) { return errors.AsType[*campfire.Error](err) }

type metrics struct {
	opened    prometheus.Counter
	closed    *prometheus.CounterVec
	sent      *prometheus.CounterVec
	dropped   *prometheus.CounterVec
	lagging   prometheus.Counter
	broadcast *prometheus.HistogramVec
	batch     prometheus.Histogram

	register   prometheus.Registerer
	collectors []prometheus.Collector
}

// Stages of ws_broadcast_duration_seconds.
const (
	stageEnqueued = "enqueued" // put before every subscriber of a shard
	stageWritten  = "written"  // and taken by the sockets that could
)

func newMetrics(r prometheus.Registerer, h *Hub) *metrics {
	m := &metrics{
		opened: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "ws_connections_total", Help: "WebSockets accepted."}),
		closed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ws_connections_closed_total", Help: "WebSockets that ended, by reason."}, []string{"reason"}),
		sent: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ws_messages_sent_total", Help: "Frames written to sockets, by type."}, []string{"type"}),
		dropped: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ws_dropped_total", Help: "Frames not sent: ephemeral ones to slow readers, and what was queued when a connection was closed."}, []string{"reason"}),
		lagging: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "ws_lagging_total", Help: "Times a socket took less than was pending, so that a goroutine wrote the rest."}),
		broadcast: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "ws_broadcast_duration_seconds",
			Help:    "From leaving the dispatcher until a shard has enqueued, or written, an event for all its subscribers.",
			Buckets: []float64{.0001, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5},

			NativeHistogramBucketFactor: 1.1,
		}, []string{"stage"}),
		batch: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "ws_batch_size", Help: "Events of one live frame.", Buckets: []float64{1, 2, 4, 8, 16, 32, 64, 128}}),
		register: r,
	}
	if r == nil {
		return m
	}
	gauge := func(name, help string, f func() float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, f)
	}
	m.collectors = []prometheus.Collector{m.opened, m.closed, m.sent, m.dropped, m.lagging, m.broadcast, m.batch,
		gauge("ws_connections", "WebSockets open.", func() float64 { n, _ := h.people.counts(); return float64(n) }),
		gauge("ws_connections_limit", "WebSockets that may be open; further ones are refused. 0: as many as come.", func() float64 { return float64(max(h.limits.MaxSockets, 0)) }),
		gauge("active_users", "Distinct people with an open WebSocket.", func() float64 { _, n := h.people.counts(); return float64(n) }),
		gauge("ws_publish_queue_depth", "Committed groups that wait for the dispatcher.", func() float64 { return float64(len(h.in)) }),
	}
	r.MustRegister(m.collectors...)
	return m
}

func (m *metrics) unregister() {
	for _, c := range m.collectors {
		m.register.Unregister(c)
	}
}
