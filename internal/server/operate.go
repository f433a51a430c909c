package server

import (
	"crypto/subtle"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"campfire"
	"campfire/docs"
	"campfire/internal/web"
)

func (s *Server) getUp(c *call) error {
	c.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	c.w.Header().Set("Cache-Control", "no-store")
	c.w.Write([]byte("ok\n"))
	return nil
}

// getReady tells a proxy whether to send requests here.
func (s *Server) getReady(c *call) error {
	if s.draining.Load() {
		return &campfire.Error{Code: campfire.CodeOverloaded, Detail: "The server is stopping.", RetryAfter: time.Second}
	}
	if err := s.chat.Ready(c.r.Context()); err != nil {
		return &campfire.Error{Code: campfire.CodeOverloaded, Detail: "The database does not answer.", RetryAfter: time.Second, Err: err}
	}
	return s.getUp(c)
}

func (s *Server) getHealth(c *call) error {
	if !c.actor.IsAdministrator() {
		return campfire.Forbidden("Only administrators can see that.")
	}
	database := "ok"
	if err := s.chat.Ready(c.r.Context()); err != nil {
		database = "failing"
	}
	return c.value(http.StatusOK, map[string]any{
		"status": map[bool]string{false: "ok", true: "draining"}[s.draining.Load()], "database": database,
		"version": s.Version, "epoch": s.chat.Epoch(), "uptime_seconds": int(time.Since(s.started).Seconds()),
		"people_online": len(s.hub.Online(nil)), "requests_in_flight": s.inflight.Load(),
	})
}

func (s *Server) getMetrics(c *call) error {
	if subtle.ConstantTimeCompare([]byte(bearer(c.r)), []byte(s.MetricsToken)) != 1 {
		return campfire.Unauthenticated()
	}
	s.Metrics.ServeHTTP(c.w, c.r)
	return nil
}

func (s *Server) getOpenAPI(c *call) error {
	c.w.Header().Set("Cache-Control", "public, max-age=300")
	return c.json(http.StatusOK, func(b []byte) []byte { return append(b, docs.OpenAPI()...) })
}

func (s *Server) getDocs(c *call) error {
	described, err := docs.Operations()
	if err != nil {
		return err
	}
	operations := make([]web.Operation, len(described))
	for i, o := range described {
		operations[i] = web.Operation(o)
	}
	c.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	c.w.Header().Set("Cache-Control", "private, max-age=300")
	return s.web.Docs(s.look(c.r), operations).Render(c.r.Context(), c.w)
}

// getDesign shows the page's components to whoever develops them.
func (s *Server) getDesign(c *call) error {
	return c.render(http.StatusOK, s.web.Design(s.look(c.r)))
}

// getSocket checks what can be checked before the upgrade, and hands the
// connection over.
func (s *Server) getSocket(c *call) error {
	if !upgrades(c.r) {
		return &campfire.Error{Code: campfire.CodeMalformed, Detail: noUpgrade}
	}
	// The browser sends the cookie whichever site asks it to connect, and an
	// upgrade is a GET: the origin is the only thing that tells them apart.
	if bearer(c.r) == "" && !s.ownOrigin(c.r) {
		s.logRefused(c.r)
		return campfire.Forbidden("The connection comes from another site.")
	}
	slot, err := s.hub.Admit(c.actor, visitOf(c.r).ip)
	if err != nil {
		return err
	}
	if err := s.hub.Upgrade(c.w, c.r, slot, c.query().Get("view") == "html"); err != nil {
		s.log.Debug("a WebSocket handshake failed", "err", err)
	}
	return nil
}

const noUpgrade = "This address speaks WebSocket; if a proxy stands before the server, let it pass the Upgrade and Connection headers."

// upgrades reports whether a request asks for a WebSocket.
func upgrades(r *http.Request) bool { return strings.EqualFold(r.Header.Get("Upgrade"), "websocket") }

func (s *Server) ownOrigin(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" {
		return false
	}
	if s.URL != nil && origin == s.URL.Scheme+"://"+s.URL.Host {
		return true
	}
	scheme := "http"
	if visitOf(r).https {
		scheme = "https"
	}
	return u.Scheme == scheme && strings.EqualFold(u.Host, r.Host) || slices.Contains(s.Origins, strings.ToLower(origin))
}
