package server

import (
	"encoding/json"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"campfire"
	"campfire/internal/auth"
)

// Seen is what a request looked like when it arrived: what a probe is told,
// to be compared with the address it was sent to.
type Seen struct {
	Peer    string // address of who connected to us: a proxy, or the client itself
	Trusted bool   // whether what Peer says of the client is believed
	Client  string // the address that limits and bans hold the request to
	Host    string // after X-Forwarded-Host, where that is believed
	HTTPS   bool   // whether we take it to have come over HTTPS

	ForwardedFor, ForwardedProto, ForwardedHost string // as they came
}

// probes are tickets for probes: each opens one connection, soon.
type probes struct {
	mu      sync.Mutex
	tickets map[[32]byte]time.Time // until when
}

const (
	probeTicketLife = time.Minute
	maxProbeTickets = 16 // the oldest goes
)

// ProbeTicket returns a bearer token that opens one WebSocket on /ws within a
// minute, on which nothing happens but that the server says what it has
// [Seen] and says goodbye.
func (s *Server) ProbeTicket() auth.Secret {
	p := &s.probes
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.tickets == nil {
		p.tickets = make(map[[32]byte]time.Time)
	}
	if len(p.tickets) >= maxProbeTickets {
		var oldest [32]byte
		for h, until := range p.tickets {
			if at, ok := p.tickets[oldest]; !ok || until.Before(at) {
				oldest = h
			}
		}
		delete(p.tickets, oldest)
	}
	secret := auth.NewSecret()
	p.tickets[secret.Hash()] = time.Now().Add(probeTicketLife)
	return secret
}

// spend reports whether a token is a ticket that is still good, for the last
// time.
func (p *probes) spend(token string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.tickets) == 0 {
		return false
	}
	h := auth.Hash(token)
	until, ok := p.tickets[h]
	delete(p.tickets, h)
	return ok && time.Now().Before(until)
}

// probed serves a probe that comes with a ticket, and anyone else as before.
func (s *Server) probed(socket http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		token := bearer(r)
		if token == "" || !s.probes.spend(token) {
			socket(w, r)
			return
		}
		if err := s.probe(w, r); err != nil {
			s.fail(w, r, err)
		}
	}
}

func (s *Server) probe(w http.ResponseWriter, r *http.Request) error {
	if !upgrades(r) {
		return &campfire.Error{Code: campfire.CodeMalformed, Detail: noUpgrade}
	}
	text, err := json.Marshal(s.seen(r))
	if err != nil {
		return err
	}
	if err := s.hub.Probe(w, r, text); err != nil {
		s.log.Debug("a probe's WebSocket handshake failed", "err", err)
	}
	return nil
}

func (s *Server) seen(r *http.Request) Seen {
	v := visitOf(r)
	seen := Seen{Client: v.ip, Host: r.Host, HTTPS: v.https, ForwardedFor: r.Header.Get("X-Forwarded-For"),
		ForwardedProto: r.Header.Get("X-Forwarded-Proto"), ForwardedHost: r.Header.Get("X-Forwarded-Host")}
	if peer, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		seen.Peer, seen.Trusted = peer.Addr().Unmap().String(), s.trusts(peer.Addr().Unmap())
	}
	return seen
}
