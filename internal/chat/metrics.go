package chat

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	created  *prometheus.CounterVec
	duration prometheus.Histogram
}

func newMetrics(r prometheus.Registerer) *metrics {
	m := &metrics{
		created: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "messages_created_total",
			Help: "Messages posted: new ones, and duplicates that were answered with the first.",
		}, []string{"result"}),
		duration: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "message_create_duration_seconds",
			Help:    "From the call to the answer of one post or batch, the synced commit included.",
			Buckets: []float64{.0005, .001, .0025, .005, .0075, .01, .025, .05, .1, .25, .5, 1, 2.5},

			NativeHistogramBucketFactor: 1.1,
		}),
	}
	m.created.WithLabelValues("new")
	m.created.WithLabelValues("duplicate")
	if r != nil {
		r.MustRegister(m.created, m.duration)
	}
	return m
}
