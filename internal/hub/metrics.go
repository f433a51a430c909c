package hub

import (
	"errors"
	"sync/atomic"

	"campfire"

	"github.com/prometheus/client_golang/prometheus"
)

func asError(err error) (*campfire.Error, bool) { return errors.AsType[*campfire.Error](err) }

type metrics struct {
	opened  prometheus.Counter
	closed  *prometheus.CounterVec
	sent    [kinds]prometheus.Counter // by kind
	dropped *prometheus.CounterVec
	lagging prometheus.Counter
	stages  [stages]prometheus.Observer
	batch   prometheus.Histogram

	register   prometheus.Registerer
	collectors []prometheus.Collector
}

// Stages of ws_broadcast_duration_seconds.
const (
	stageEnqueued = iota // put before every subscriber of a shard
	stageWritten         // and taken by the sockets that could
	stages
)

var stageNames = [stages]string{"enqueued", "written"}

// BroadcastStats tells what became of live events, since the start. What was
// enqueued is not delivered: ws_messages_sent_total counts what sockets took.
type BroadcastStats struct {
	Broadcasts int64 // one or more consecutive events of a room, sent as one frame
	Recipients int64 // frames times subscribers
	Enqueued   int64 // of them put before a socket
	Closed     int64 // subscribers closed, since too much waited for them
}

// stats are the BroadcastStats of all shards.
type stats struct{ broadcasts, recipients, enqueued, closed atomic.Int64 }

func (s *stats) add(b BroadcastStats) {
	s.recipients.Add(b.Recipients)
	s.enqueued.Add(b.Enqueued)
	s.closed.Add(b.Closed)
}

// BroadcastStats returns what became of live events so far.
func (h *Hub) BroadcastStats() BroadcastStats {
	s := &h.stats
	return BroadcastStats{s.broadcasts.Load(), s.recipients.Load(), s.enqueued.Load(), s.closed.Load()}
}

func newMetrics(r prometheus.Registerer, h *Hub) *metrics {
	sent := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "ws_messages_sent_total", Help: "Frames that sockets took, by type."}, []string{"type"})
	broadcast := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "ws_broadcast_duration_seconds",
		Help:    "From leaving the dispatcher until a shard has enqueued, or written, an event for all its subscribers.",
		Buckets: []float64{.0001, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5},

		NativeHistogramBucketFactor: 1.1,
	}, []string{"stage"})
	m := &metrics{
		opened: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "ws_connections_total", Help: "WebSockets accepted."}),
		closed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ws_connections_closed_total", Help: "WebSockets that ended, by reason."}, []string{"reason"}),
		dropped: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ws_dropped_total", Help: "Frames not sent: ephemeral ones to slow readers, and what was queued when a connection was closed."}, []string{"reason"}),
		lagging: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "ws_lagging_total", Help: "Times a socket took less than was pending, so that a goroutine wrote the rest."}),
		batch: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "ws_batch_size", Help: "Events of one live frame.", Buckets: []float64{1, 2, 4, 8, 16, 32, 64, 128}}),
		register: r,
	}
	for k := range kinds {
		if k > 0 {
			m.sent[k] = sent.WithLabelValues(k.String())
		}
	}
	for i, name := range stageNames {
		m.stages[i] = broadcast.WithLabelValues(name)
	}
	if r == nil {
		return m
	}
	gauge := func(name, help string, f func() float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, f)
	}
	m.collectors = []prometheus.Collector{m.opened, m.closed, sent, m.dropped, m.lagging, broadcast, m.batch,
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "ws_broadcast_recipients_total", Help: "Live frames times the subscribers they were for."},
			func() float64 { return float64(h.stats.recipients.Load()) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "ws_broadcast_enqueued_total", Help: "Live frames put before a subscriber's socket; whether it took them, ws_messages_sent_total tells."},
			func() float64 { return float64(h.stats.enqueued.Load()) }),
		gauge("ws_connections", "WebSockets open.", func() float64 { n, _ := h.people.counts(); return float64(n) }),
		gauge("ws_connections_limit", "WebSockets that may be open; further ones are refused. 0: as many as come.", func() float64 { return float64(max(h.limits.MaxSockets, 0)) }),
		gauge("active_users", "Distinct people with an open WebSocket.", func() float64 { _, n := h.people.counts(); return float64(n) }),
		gauge("ws_publish_queue_depth", "Committed groups that wait for the dispatcher.", func() float64 { return float64(len(h.in)) }),
	}
	r.MustRegister(m.collectors...)
	return m
}

// count notes frames that a socket took.
func (m *metrics) count(run []*frame) {
	for _, f := range run {
		m.sent[f.kind].Inc()
	}
}

func (m *metrics) unregister() {
	for _, c := range m.collectors {
		m.register.Unregister(c)
	}
}
