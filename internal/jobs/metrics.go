package jobs

import (
	"context"
	"time"

	"campfire"
	"campfire/internal/store"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	tries    *prometheus.CounterVec
	duration *prometheus.HistogramVec
	register prometheus.Registerer
	backlog  *backlog
}

func newMetrics(r prometheus.Registerer) *metrics {
	m := &metrics{
		register: r,
		tries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "outbox_tries_total", Help: "Tries of the outbox's jobs, by how they ended."}, []string{"kind", "outcome"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "outbox_try_duration_seconds", Help: "Time of one try.",
			Buckets: []float64{.001, .005, .01, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}}, []string{"kind"}),
	}
	for _, k := range store.JobKinds {
		for _, v := range []verb{done, skipped, retry, givenUp, later} {
			m.tries.WithLabelValues(k.String(), v.String())
		}
		m.duration.WithLabelValues(k.String())
	}
	if r != nil {
		r.MustRegister(m.tries, m.duration)
	}
	return m
}

// String returns the verb as metrics show it.
func (v verb) String() string {
	return [...]string{"", "done", "skipped", "failed", "given_up", "later"}[v]
}

func (m *metrics) note(kind store.JobKind, o Outcome, took time.Duration) {
	m.tries.WithLabelValues(kind.String(), o.verb.String()).Inc()
	m.duration.WithLabelValues(kind.String()).Observe(took.Seconds())
}

func (m *metrics) watch(st *store.Store) {
	if m.register != nil {
		m.backlog = &backlog{st}
		m.register.MustRegister(m.backlog)
	}
}

func (m *metrics) unwatch() {
	if m.backlog != nil {
		m.register.Unregister(m.backlog)
	}
}

// backlog reads how much waits when it is asked.
type backlog struct{ store *store.Store }

var (
	depth = prometheus.NewDesc("outbox_depth", "Jobs that wait or are worked on.", []string{"kind"}, nil)
	age   = prometheus.NewDesc("outbox_oldest_seconds", "How long ago the oldest job was queued.", []string{"kind"}, nil)
)

// Describe implements prometheus.Collector.
func (b *backlog) Describe(ch chan<- *prometheus.Desc) { ch <- depth; ch <- age }

// Collect implements prometheus.Collector. A database that doesn't answer
// leaves the series out.
func (b *backlog) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	var waiting []store.Backlog
	err := b.store.Read(ctx, func(r *store.Reader) (err error) {
		waiting, err = r.Backlogs()
		return err
	})
	if err != nil {
		return
	}
	now := campfire.TimeOf(time.Now())
	of := make(map[store.JobKind]store.Backlog)
	for _, w := range waiting {
		of[w.Kind] = w
	}
	for _, k := range store.JobKinds {
		w := of[k]
		seconds := 0.0
		if w.Depth > 0 {
			seconds = max((time.Duration(now-w.Oldest) * time.Microsecond).Seconds(), 0)
		}
		ch <- prometheus.MustNewConstMetric(depth, prometheus.GaugeValue, float64(w.Depth), k.String())
		ch <- prometheus.MustNewConstMetric(age, prometheus.GaugeValue, seconds, k.String())
	}
}
