package store

import (
	"log/slog"
	"os"
	"time"

	"campfire/internal/sqlite"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	query   []prometheus.Observer // by statement.n
	commit  prometheus.Histogram
	group   prometheus.Histogram
	refused prometheus.Counter
	waits   prometheus.Counter
	checks  prometheus.Counter
	dropped *prometheus.CounterVec
	slow    slowLog

	register prometheus.Registerer
	watched  []prometheus.Collector
}

func newMetrics(r prometheus.Registerer, slow time.Duration, log *slog.Logger) *metrics {
	query := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "db_query_duration_seconds",
		Help:    "Time of one statement, its rows included.",
		Buckets: []float64{.00001, .000025, .00005, .0001, .00025, .0005, .001, .0025, .005, .01, .025, .1, .5, 2.5},

		NativeHistogramBucketFactor: 1.1,
	}, []string{"op"})
	m := &metrics{
		commit: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "db_group_duration_seconds",
			Help:    "Time of one write transaction, from its begin to its synced commit and the publishing of its changes.",
			Buckets: []float64{.00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, 1, 5},

			NativeHistogramBucketFactor: 1.1,
		}),
		group: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "db_group_size",
			Help:    "Items that shared one write transaction.",
			Buckets: prometheus.ExponentialBuckets(1, 2, 10),
		}),
		refused: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "db_write_refused_total", Help: "Writes refused because the queue was full."}),
		waits: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "db_reader_waits_total", Help: "Reads that had to wait for a connection."}),
		checks: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "db_checkpoints_total", Help: "Checkpoints of the write-ahead log."}),
		dropped: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "outbox_dropped_total", Help: "Jobs that the full outbox did not take."}, []string{"kind"}),
	}
	m.slow = slowLog{threshold: slow, log: log, total: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "db_slow_queries_total",
		Help: "What took longer than CAMPFIRE_SLOW_QUERY: statements by op, write transactions (group), snapshots (read).",
	}, []string{"op"})}
	m.slow.total.WithLabelValues(opGroup)
	m.slow.total.WithLabelValues(opRead)
	for _, k := range JobKinds {
		m.dropped.WithLabelValues(k.String())
	}
	for _, st := range statements {
		m.query = append(m.query, query.WithLabelValues(st.op))
		m.slow.total.WithLabelValues(st.op)
	}
	if r != nil {
		m.register = r
		m.watched = []prometheus.Collector{query, m.commit, m.group, m.refused, m.waits, m.checks, m.dropped, m.slow.total}
		r.MustRegister(m.watched...)
	}
	return m
}

// watch registers the gauges that look at the open store.
func (m *metrics) watch(s *Store) {
	if m.register == nil {
		return
	}
	gauge := func(name, help string, pool string, f func() float64) {
		o := prometheus.GaugeOpts{Name: name, Help: help}
		if pool != "" {
			o.ConstLabels = prometheus.Labels{"pool": pool}
		}
		g := prometheus.NewGaugeFunc(o, f)
		m.register.MustRegister(g)
		m.watched = append(m.watched, g)
	}
	readers := float64(s.opts.Readers)
	gauge("db_pool_size", "Connections of the pool.", "read", func() float64 { return readers })
	gauge("db_pool_size", "Connections of the pool.", "write", func() float64 { return 1 })
	gauge("db_active_connections", "Connections in use.", "read", func() float64 { return readers - float64(len(s.readers)) })
	gauge("db_active_connections", "Connections in use.", "write", func() float64 { return float64(len(s.turn)) })
	gauge("db_write_queue_depth", "Writes that wait for the writer.", "", func() float64 { return float64(len(s.queue)) })
	interned := func(result string, n func() float64) {
		c := prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "intern_requests_total",
			Help:        "Names read from the database: hit where the same string was there from before, miss where it was copied.",
			ConstLabels: prometheus.Labels{"result": result}}, n)
		m.register.MustRegister(c)
		m.watched = append(m.watched, c)
	}
	interned("hit", func() float64 { hits, _ := sqlite.RepeatedTexts(); return float64(hits) })
	interned("miss", func() float64 { _, misses := sqlite.RepeatedTexts(); return float64(misses) })
	gauge("db_wal_bytes", "Size of the write-ahead log.", "", func() float64 { return float64(s.walSize()) })
}

func (m *metrics) unwatch(r prometheus.Registerer) {
	for _, c := range m.watched {
		r.Unregister(c)
	}
}

// walSize returns the length of the write-ahead log's file.
func (s *Store) walSize() int64 {
	fi, err := os.Stat(s.path + "-wal")
	if err != nil {
		return 0
	}
	return fi.Size()
}
