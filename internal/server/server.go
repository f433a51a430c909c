package server

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"campfire"
	"campfire/internal/chat"
	"campfire/internal/hub"
	"campfire/internal/web"

	"github.com/prometheus/client_golang/prometheus"
)

// Options joins a Server to the rest of the program.
type Options struct {
	Chat *chat.Service
	Hub  *hub.Hub
	Web  *web.Web
	// Webhooks sends the test of a bot's webhook.
	Webhooks WebhookTester

	PushKey string // public key of Web Push

	URL            *url.URL // public address; nil: taken from each request
	TrustedProxies []netip.Prefix
	Origins        []string // further ones, beside our own

	MaxBody, MaxBatchBody int64         // bytes; 0: no bound
	MaxInflight           int           // 0: no bound
	RequestTimeout        time.Duration // 0: no bound
	MinBodyRate           int64         // bytes per second of uploads and downloads; 0: no bound

	Metrics      http.Handler // served at /metrics to whoever has MetricsToken
	MetricsToken string       // empty: not served

	Version    string
	Logger     *slog.Logger
	Registerer prometheus.Registerer
}

// WebhookTester sends a bot's webhook a message that nobody wrote, and says how
// that ended.
type WebhookTester interface {
	Test(ctx context.Context, a campfire.Actor, bot campfire.UserID) (*campfire.WebhookTest, error)
}

// Server answers HTTP requests. It may be used by many goroutines.
type Server struct {
	Options
	chat *chat.Service
	hub  *hub.Hub
	web  *web.Web
	log  *slog.Logger

	base    string // path of the installation, without a final slash
	wire    campfire.Wire
	mux     *http.ServeMux // the routes, to tell what else a path has
	all     *http.ServeMux // the routes, and none
	bots    *http.ServeMux // the same of those with a bot's key in the path
	botsAll *http.ServeMux
	handler http.Handler
	csp     []string

	roots  roots              // read-only
	shells map[shellKey]shell // read-only
	cross  *http.CrossOriginProtection

	inflight atomic.Int64
	draining atomic.Bool
	started  time.Time

	duration  *prometheus.HistogramVec
	timingsMu sync.RWMutex
	timings   map[timingKey]prometheus.Observer // of duration

	pictures chan struct{} // one token per picture being received

	refused sync.Map // origins that were refused and logged
	probes  probes
}

// New returns a Server. Its Handler is what serves.
func New(o Options) (*Server, error) {
	s := &Server{Options: o, chat: o.Chat, hub: o.Hub, web: o.Web, log: o.Logger, mux: http.NewServeMux(), all: http.NewServeMux(), bots: http.NewServeMux(), botsAll: http.NewServeMux(),
		csp: []string{o.Web.CSP()}, roots: newRoots(o.Web), timings: make(map[timingKey]prometheus.Observer),
		cross: http.NewCrossOriginProtection(), started: time.Now(), pictures: make(chan struct{}, maxPictures)}
	if o.URL != nil {
		s.base = o.URL.Path
		if err := s.cross.AddTrustedOrigin(o.URL.Scheme + "://" + o.URL.Host); err != nil {
			return nil, err
		}
	}
	s.wire = campfire.Wire{Base: s.base}
	for _, origin := range o.Origins {
		if err := s.cross.AddTrustedOrigin(origin); err != nil {
			return nil, err
		}
	}
	s.duration = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "http_request_duration_seconds",
		Help:    "Time of a request, from its header to the end of the answer.",
		Buckets: []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},

		NativeHistogramBucketFactor: 1.1,
	}, []string{"method", "route", "code"})
	if o.Registerer != nil {
		o.Registerer.MustRegister(s.duration)
	}
	var err error
	if s.shells, err = makeShells(o.Web); err != nil {
		return nil, err
	}
	s.routes()
	s.handler = s.wrap()
	return s, nil
}

// Handler returns what serves all requests.
func (s *Server) Handler() http.Handler { return s.handler }

// Drain makes readiness fail, so that a proxy sends no more requests here.
func (s *Server) Drain() { s.draining.Store(true) }
