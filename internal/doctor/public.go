package doctor

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"campfire/internal/config"

	"github.com/gobwas/ws"
)

// seen is what the server says a request looked like when it arrived.
type seen struct {
	Peer, Client, Host                          string
	Trusted, HTTPS                              bool
	ForwardedFor, ForwardedProto, ForwardedHost string
}

func publicHTTPS(_ context.Context, p *Patient) Finding {
	u, err := url.Parse(p.URL)
	if err != nil || u.Host == "" {
		return fail("campfire doctor --url https://chat.example.org", "%q is no address", p.URL)
	}
	if u.Scheme == "https" {
		return ok("%s", p.URL)
	}
	if ip, err := netip.ParseAddr(u.Hostname()); u.Hostname() == "localhost" || err == nil && ip.IsLoopback() {
		return ok("%s is this machine alone", p.URL)
	}
	return warn("CAMPFIRE_URL=https://"+u.Host+", with a proxy that has a certificate", "%s: passwords and messages cross the network in the clear", p.URL)
}

// publicUpgrade makes a real handshake through whatever stands between, with
// a ticket that the server gave out over its private socket.
func publicUpgrade(ctx context.Context, p *Patient) Finding {
	if _, err := p.arrival(ctx); err != nil {
		return fail(upgradeRemedy(p, err), "%s/ws: %v", p.URL, err)
	}
	return ok("a WebSocket through %s was opened, spoke and was closed", p.URL)
}

const passUpgrade = "let the proxy pass it; nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;"

func upgradeRemedy(p *Patient, err error) string {
	if refused, ok := errors.AsType[*refusedError](err); ok {
		switch refused.status {
		case http.StatusUnauthorized:
			return "let the proxy pass the Authorization header, which bots sign in with; nginx: proxy_set_header Authorization $http_authorization;"
		case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout, http.StatusNotFound:
			return "point the proxy to the server: http://" + reachable(p.Server.Addr)
		}
		return passUpgrade
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return "see that " + p.URL + " resolves to this machine's proxy and that it runs: curl -v " + p.URL + "/up"
	}
	return passUpgrade
}

// proxyHeaders compares what the server saw with the address it was asked at.
func proxyHeaders(ctx context.Context, p *Patient) Finding {
	s, err := p.arrival(ctx)
	if err != nil {
		return unknown("the server was not reached through %s", p.URL)
	}
	u, err := url.Parse(p.URL)
	if err != nil {
		return unknown("%q is no address", p.URL)
	}
	return compareSeen(s, u, p.Config)
}

func compareSeen(s *seen, u *url.URL, c *config.Config) Finding {
	for _, prefix := range c.TrustedProxies {
		if prefix.Bits() == 0 {
			return fail("TRUSTED_PROXIES="+s.Peer, "everyone is trusted: anyone can claim to come from any address")
		}
	}
	const forward = "nginx: proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header X-Forwarded-Host $host;"
	proxied := s.ForwardedFor != "" || s.ForwardedProto != "" || s.ForwardedHost != "" || u.Scheme == "https"
	switch {
	case !proxied && strings.EqualFold(s.Host, u.Host):
		return ok("no proxy stands between; the server sees %s from %s", s.Host, s.Client)
	case s.ForwardedFor == "":
		return fail("let the proxy say for whom it asks; "+forward, "no X-Forwarded-For came: everyone has the address %s, so that limits and bans hit all", s.Peer)
	case s.ForwardedFor != "" && !s.Trusted:
		return fail("TRUSTED_PROXIES="+s.Peer, "the headers come from %s, which is not trusted: everyone has its address, so that limits and bans hit all", s.Peer)
	case c.URL == nil && s.HTTPS != (u.Scheme == "https"):
		return fail("let the proxy say how it was asked; "+forward+" Or set CAMPFIRE_URL="+u.String(), "X-Forwarded-Proto is %q for %s", s.ForwardedProto, u)
	case s.ForwardedProto != "" && s.ForwardedProto != u.Scheme:
		return warn("let the proxy say how it was asked; "+forward, "X-Forwarded-Proto is %q for %s", s.ForwardedProto, u)
	case c.URL == nil && !strings.EqualFold(s.Host, u.Host):
		return fail("CAMPFIRE_URL="+u.String(), "the server takes itself for %s: browsers from %s are refused", s.Host, u.Host)
	case c.URL != nil && !strings.EqualFold(c.URL.Host, u.Host):
		return fail("CAMPFIRE_URL="+u.String(), "the server takes itself for %s: browsers from %s are refused", c.URL.Host, u.Host)
	}
	return ok("the server sees %s, asked for by %s", u.Host, s.Client)
}

// arrival asks the server, through the public address, what it sees.
func (p *Patient) arrival(ctx context.Context) (*seen, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	token, err := p.Probe(ctx)
	if err != nil {
		return nil, fmt.Errorf("the server gave no ticket: %w", err)
	}
	return dial(ctx, p.URL, token)
}

// refusedError is an answer that is no upgrade.
type refusedError struct{ status int }

func (e *refusedError) Error() string {
	return fmt.Sprintf("the handshake was answered with %d %s instead of an upgrade", e.status, http.StatusText(e.status))
}

// dial makes the handshake, hears what the server says, and takes leave: both
// directions have then been seen to work.
func dial(ctx context.Context, base, token string) (*seen, error) {
	address := "ws" + strings.TrimPrefix(strings.TrimSuffix(base, "/"), "http") + "/ws"
	d := ws.Dialer{Header: ws.HandshakeHeaderHTTP{"Authorization": {"Bearer " + token}}, Protocols: []string{"campfire.v1"}}
	nc, early, _, err := d.Dial(ctx, address)
	if status, ok := errors.AsType[ws.StatusError](err); ok {
		return nil, &refusedError{int(status)}
	}
	if err != nil {
		return nil, err
	}
	defer nc.Close()
	if deadline, ok := ctx.Deadline(); ok {
		nc.SetDeadline(deadline)
	}
	in := reader(nc, early)
	_, text, err := readFrame(in)
	if err != nil {
		return nil, fmt.Errorf("the connection was opened, but nothing came through it: %w", err)
	}
	s := &seen{}
	if err := json.Unmarshal(text, s); err != nil {
		return nil, fmt.Errorf("what answers there is not this server: %w", err)
	}
	leave := ws.MaskFrameInPlace(ws.NewCloseFrame(ws.NewCloseFrameBody(ws.StatusNormalClosure, "")))
	if err := ws.WriteFrame(nc, leave); err != nil {
		return nil, fmt.Errorf("the connection was opened, but can't be written to: %w", err)
	}
	if op, _, err := readFrame(in); err != nil || op != ws.OpClose {
		return nil, fmt.Errorf("the connection was opened, but the server does not hear what is said on it (%v)", err)
	}
	return s, nil
}

// longestFrame bounds what a stranger at the address can make us hold.
const longestFrame = 64 << 10

func readFrame(in io.Reader) (ws.OpCode, []byte, error) {
	h, err := ws.ReadHeader(in)
	if err != nil {
		return 0, nil, err
	}
	if h.Length > longestFrame {
		return 0, nil, fmt.Errorf("a frame of %d bytes came", h.Length)
	}
	payload := make([]byte, h.Length)
	_, err = io.ReadFull(in, payload)
	return h.OpCode, payload, err
}

// reader reads what came behind the handshake first.
func reader(nc net.Conn, early *bufio.Reader) io.Reader {
	if early == nil {
		return nc
	}
	return early
}
