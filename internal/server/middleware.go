package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"campfire"

	"github.com/prometheus/client_golang/prometheus"
)

// visit is what the outer layers found out about a request, and the writer
// that they answer it with.
type visit struct {
	recorder
	id    string
	ip    string
	https bool
	api   bool // answers are JSON
	bot   bool // the path holds a bot's key
}

type visitKey struct{}

func visitOf(r *http.Request) *visit { return r.Context().Value(visitKey{}).(*visit) }

// wrap puts around the routes what holds for every request, outermost first:
// identity of the visit, recovery, measuring, headers, bounds, origin.
func (s *Server) wrap() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		v := s.visit(r)
		v.ResponseWriter = w
		ctx := context.Context(&visiting{r.Context(), v})
		if s.RequestTimeout > 0 && r.Header.Get("Upgrade") == "" && !unhurried(r) {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, s.RequestTimeout)
			defer cancel()
		}
		r = r.WithContext(ctx)
		s.headers(w.Header(), v)
		defer s.done(&v.recorder, r, began)
		if err := s.allow(w, r); err != nil {
			s.fail(&v.recorder, r, err)
			return
		}
		s.inflight.Add(1)
		defer s.inflight.Add(-1)
		if v.bot {
			if strings.Contains(r.URL.Path, "//") { // an empty key; the mux would make another path of it
				s.fail(&v.recorder, r, notABot())
				return
			}
			s.botsAll.ServeHTTP(&v.recorder, r)
			return
		}
		s.all.ServeHTTP(&v.recorder, r)
	})
}

// visiting is a context that knows its visit: a look-up less deep than
// context.WithValue's.
type visiting struct {
	context.Context
	visit *visit
}

func (v *visiting) Value(key any) any {
	if _, ours := key.(visitKey); ours {
		return v.visit
	}
	return v.Context.Value(key)
}

// visit reads who comes from where. What a proxy says is believed only when
// the proxy is trusted.
func (s *Server) visit(r *http.Request) *visit {
	v := &visit{id: strconv.FormatUint(rand.Uint64(), 36), https: r.TLS != nil}
	addr, err := netip.ParseAddrPort(r.RemoteAddr)
	if err == nil {
		ip := addr.Addr().Unmap()
		if s.trusts(ip) {
			ip = s.forwardedFor(r, ip)
			if p := r.Header.Get("X-Forwarded-Proto"); p != "" {
				v.https = p == "https"
			}
			if h := r.Header.Get("X-Forwarded-Host"); h != "" {
				r.Host = h
			}
		}
		v.ip = ip.String()
	}
	if s.URL != nil && s.URL.Scheme == "https" {
		v.https = true
	}
	if s.base != "" {
		if path, ok := strings.CutPrefix(r.URL.Path, s.base); ok && (path == "" || path[0] == '/') {
			u := *r.URL
			u.Path, u.RawPath = path, ""
			if path == "" {
				u.Path = "/"
			}
			r.URL = &u
		}
	}
	v.api = strings.HasPrefix(r.URL.Path, "/api/") || r.URL.Path == "/ws" || strings.HasPrefix(r.URL.Path, "/health")
	if holdsKey(r.URL) {
		v.bot, v.api = true, true
	}
	return v
}

func (s *Server) trusts(ip netip.Addr) bool {
	for _, p := range s.TrustedProxies {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}

// forwardedFor walks the chain from our side: the first address that is not
// one of our proxies is the client.
func (s *Server) forwardedFor(r *http.Request, ip netip.Addr) netip.Addr {
	chain := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(chain) - 1; i >= 0; i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(chain[i]))
		if err != nil {
			return ip
		}
		ip = hop.Unmap()
		if !s.trusts(ip) {
			return ip
		}
	}
	return ip
}

// These are shared by all answers; nothing writes into them.
var (
	nosniff           = []string{"nosniff"}
	referrerPolicy    = []string{"strict-origin-when-cross-origin"}
	sameOrigin        = []string{"same-origin"}
	permissionsPolicy = []string{"camera=(), microphone=(), geolocation=()"}
	strictTransport   = []string{"max-age=31536000"}
)

func (s *Server) headers(h http.Header, v *visit) {
	h["X-Request-Id"] = []string{v.id}
	h["X-Content-Type-Options"] = nosniff
	h["Referrer-Policy"] = referrerPolicy
	h["Cross-Origin-Opener-Policy"] = sameOrigin
	h["Cross-Origin-Resource-Policy"] = sameOrigin
	h["Permissions-Policy"] = permissionsPolicy
	h["Content-Security-Policy"] = s.csp
	if v.https {
		h["Strict-Transport-Security"] = strictTransport
	}
}

// allow holds a request against the bounds that hold for all.
func (s *Server) allow(w http.ResponseWriter, r *http.Request) error {
	if s.MaxInflight > 0 && !exempt(r.URL.Path) && s.inflight.Load() >= int64(s.MaxInflight) {
		return campfire.Overloaded("The server is serving as many requests as it may; nothing was done.")
	}
	if !unsafe(r.Method) {
		return nil
	}
	if s.chat.AddressBanned(visitOf(r).ip) {
		return campfire.Forbidden("This address is banned.")
	}
	if bearer(r) == "" && !visitOf(r).bot && !ofHook(r) { // a hook's address is all that lets its sender in
		if err := s.cross.Check(r); err != nil {
			s.logRefused(r)
			return campfire.Forbidden("The request comes from another site.")
		}
	}
	return nil
}

// exempt are the paths that must answer when nothing else does.
func exempt(path string) bool {
	switch path {
	case "/up", "/health/live", "/health/ready", "/healthz", "/readyz", "/metrics", "/ws":
		return true
	}
	return false
}

func unsafe(method string) bool {
	return method != http.MethodGet && method != http.MethodHead && method != http.MethodOptions
}

// logRefused says once per origin which setting would let it in.
func (s *Server) logRefused(r *http.Request) {
	origin := r.Header.Get("Origin")
	if _, known := s.refused.LoadOrStore(cutOrigin(origin), true); !known {
		s.log.Warn("a request from another origin was refused; if it is this Campfire's own address, set CAMPFIRE_URL to it (and TRUSTED_PROXIES, behind a proxy)",
			"origin", cutOrigin(origin), "host", r.Host)
	}
}

// cutOrigin bounds what a stranger can make us remember and log.
func cutOrigin(s string) string { return s[:min(len(s), 100)] }

// none answers what none of mux's routes is for, which the mux would do in
// plain text.
func (s *Server) none(mux *http.ServeMux) handlerFunc {
	return func(c *call) error {
		h, _ := mux.Handler(c.r)
		probe := &probe{header: make(http.Header)}
		h.ServeHTTP(probe, c.r)
		if probe.status == http.StatusMethodNotAllowed {
			c.w.Header().Set("Allow", probe.header.Get("Allow"))
			return &campfire.Error{Code: campfire.CodeMethodNotAllowed, Detail: "Allowed here: " + probe.header.Get("Allow") + "."}
		}
		return campfire.NotFound("page")
	}
}

// probe finds out what the mux would answer.
type probe struct {
	header http.Header
	status int
}

func (p *probe) Header() http.Header         { return p.header }
func (p *probe) WriteHeader(status int)      { p.status = status }
func (p *probe) Write(b []byte) (int, error) { return len(b), nil }

// recorder remembers the status for the log and the metrics.
type recorder struct {
	http.ResponseWriter
	status int
}

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// ReadFrom hands a file on without copying it, where the system can.
func (w *recorder) ReadFrom(r io.Reader) (int64, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return io.Copy(w.ResponseWriter, r)
}

// Unwrap lets the upgrade reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// done recovers, measures and logs at the end of a request.
func (s *Server) done(w *recorder, r *http.Request, began time.Time) {
	if p := recover(); p != nil {
		if p == http.ErrAbortHandler {
			panic(p)
		}
		s.fail(w, r, fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
	}
	took := time.Since(began)
	if r.Pattern != "GET /ws" { // its time is the socket's
		s.timing(r, w.status).Observe(took.Seconds())
	}
	if s.log.Enabled(r.Context(), slog.LevelDebug) {
		v := visitOf(r)
		s.log.Debug("request", "method", r.Method, "route", routeLabel(r.Pattern), "status", w.status, "took", took, "ip", v.ip, "request", v.id)
	}
}

// timingKey is what times are told apart by.
type timingKey struct {
	method, pattern string
	status          int
}

// timing returns the histogram of requests like r: looked up by its labels
// once, then by what is at hand.
func (s *Server) timing(r *http.Request, status int) prometheus.Observer {
	key := timingKey{methodLabel(r.Method), r.Pattern, status}
	s.timingsMu.RLock()
	o := s.timings[key]
	s.timingsMu.RUnlock()
	if o == nil {
		o = s.duration.WithLabelValues(key.method, routeLabel(key.pattern), strconv.Itoa(status))
		s.timingsMu.Lock()
		s.timings[key] = o
		s.timingsMu.Unlock()
	}
	return o
}

// routeLabel is a pattern's path.
func routeLabel(pattern string) string {
	if pattern == "" || pattern == anyPath {
		return "other"
	}
	if _, path, ok := strings.Cut(pattern, " "); ok {
		return path
	}
	return pattern
}

func methodLabel(m string) string {
	switch m {
	case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE":
		return m
	}
	return "other"
}

// fail answers an error: as problem+json, or as a page. What is ours alone is
// logged here, once, and hidden.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	e, told := errors.AsType[*campfire.Error](err)
	switch {
	case told && e.Err != nil:
		s.log.Warn("request failed", "err", err, "route", r.Pattern, "request", visitOf(r).id)
	case told:
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		s.fail(w, r, campfire.Overloaded("It took too long; nothing may have been done."))
		return
	default:
		if rec, ok := w.(*recorder); ok && rec.status != 0 {
			s.log.Error("request failed after its answer had begun", "err", err, "route", r.Pattern, "request", visitOf(r).id)
			return
		}
		s.log.Error("request failed", "err", err, "route", r.Pattern, "request", visitOf(r).id)
		e = campfire.Errorf(campfire.CodeInternal, "Something went wrong here; it was logged under request %s.", visitOf(r).id)
	}
	if e.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int((e.RetryAfter+time.Second-1)/time.Second)))
	}
	w.Header().Set("Cache-Control", "no-store")
	if ofHook(r) {
		hookFailed(w, e)
		return
	}
	if v := visitOf(r); v.api || strings.HasPrefix(r.Header.Get("Accept"), "application/json") {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(e.Code.Status())
		w.Write(s.appendProblem(nil, e))
		return
	}
	s.errorPage(w, r, e)
}
