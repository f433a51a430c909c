package outbound

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"
)

const (
	// connectTimeout and handshakeTimeout bound what may go on a moment after
	// its request was given up.
	connectTimeout   = 5 * time.Second
	handshakeTimeout = 5 * time.Second
	// maxHeader is the most bytes of an answer's header.
	maxHeader = 64 << 10
	// idleTimeout and maxIdle bound the connections that wait to be used again.
	idleTimeout = 30 * time.Second
	maxIdle     = 32
)

// Options are what a Client needs beside its policy. The zero Options are
// good.
type Options struct {
	// UserAgent is sent with each request; empty: Campfire.
	UserAgent string
	// Reuse keeps connections to be used again, and speaks HTTP/2 where it is
	// offered: for the few hosts of push services. Without it each request has
	// its own connection and leaves nothing behind.
	Reuse bool
	// Resolver looks names up; nil: the system's.
	Resolver *net.Resolver
	// Roots are whose certificates are believed; nil: the system's.
	Roots *x509.CertPool
}

// Client makes bounded requests under one policy. It may be used concurrently.
type Client struct {
	policy    Policy
	agent     string
	transport *http.Transport
}

// New makes a client; Close ends it.
func New(p Policy, o Options) *Client {
	dialer := &net.Dialer{
		Timeout:  connectTimeout,
		Resolver: o.Resolver,
		// Called with what is dialled, after the name was resolved and before
		// the first packet.
		ControlContext: guard(p),
	}
	return &Client{policy: p, agent: orDefault(o.UserAgent, "Campfire"), transport: &http.Transport{
		Proxy:                  nil, // not the environment's
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.Roots},
		TLSHandshakeTimeout:    handshakeTimeout,
		MaxResponseHeaderBytes: maxHeader,
		DisableKeepAlives:      !o.Reuse,
		ForceAttemptHTTP2:      o.Reuse,
		MaxIdleConns:           maxIdle,
		MaxIdleConnsPerHost:    maxIdle,
		IdleConnTimeout:        idleTimeout,
	}}
}

// guard lets a dialer connect to what the policy allows, and to nothing else.
func guard(p Policy) func(context.Context, string, string, syscall.RawConn) error {
	return func(_ context.Context, network, address string, _ syscall.RawConn) error {
		if network != "tcp4" && network != "tcp6" {
			return refused("the network %q", network)
		}
		to, err := netip.ParseAddrPort(address)
		if err != nil {
			return refused("the address %q", address)
		}
		return p.Address(to)
	}
}

// Close closes the connections that wait to be used again. Requests under way
// are not ended; their contexts do that.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// Request is one request and what it may cost. A bound that is zero allows
// nothing, but for Accept.
type Request struct {
	Method string // empty: GET
	URL    string
	Header http.Header // goes along to each hop
	Body   []byte

	// Timeout is for all of it: names, connections, redirects, the body.
	Timeout time.Duration
	// MaxBytes is the most of the answer's body, after decompression.
	MaxBytes int64
	// Redirects is how many are followed, of GET and HEAD alone; without any
	// a redirect is an answer like others.
	Redirects int
	// Accept are the media types that an answer with a status of 2xx may have;
	// empty: any, and none at all.
	Accept []string
	// Even has whatever is refused or not answered last until Timeout, as what
	// waits in vain does: a name that is known inside and refused, a name that is
	// not known, an address where nothing listens take equally long, so that who
	// sees when a request ended learns nothing of what stands there.
	Even bool
}

// Response is an answer. Of one that was read as a stream Body is nil.
type Response struct {
	Status int
	Header http.Header
	URL    *url.URL // of the last hop
	Body   []byte
}

// Do makes a request and returns the whole answer, whatever its status. The
// error says its kind by [Reason]; when it is not nil there is no answer.
func (c *Client) Do(ctx context.Context, r Request) (*Response, error) {
	var body []byte
	resp, err := c.Stream(ctx, r, func(resp *Response, stream io.Reader) (err error) {
		body, err = io.ReadAll(stream)
		return err
	})
	if err != nil {
		return nil, err
	}
	resp.Body = body
	return resp, nil
}

// Stream makes a request and hands on the answer while it comes. The stream
// ends with an [ErrTooLarge] behind MaxBytes; whoever has enough before that
// returns, and the rest is not fetched. It is not to be used after read
// returned, whose error is taken for one of the connection.
func (c *Client) Stream(ctx context.Context, r Request, read func(*Response, io.Reader) error) (*Response, error) {
	if !r.Even {
		return c.stream(ctx, r, read)
	}
	end := time.NewTimer(r.Timeout)
	defer end.Stop()
	resp, err := c.stream(ctx, r, read)
	if unanswered(err) {
		select {
		case <-end.C:
		case <-ctx.Done():
		}
	}
	return resp, err
}

func (c *Client) stream(ctx context.Context, r Request, read func(*Response, io.Reader) error) (*Response, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, r.Timeout, ErrTimeout)
	defer cancel()
	resp, err := c.follow(ctx, r)
	if err == nil {
		out := &Response{Status: resp.StatusCode, Header: resp.Header, URL: resp.Request.URL}
		err = accepted(r, resp)
		if err == nil {
			err = read(out, &bounded{r: resp.Body, left: r.MaxBytes})
		}
		_ = resp.Body.Close()
		if err == nil {
			return out, nil
		}
	}
	if cause := context.Cause(ctx); errors.Is(cause, ErrTimeout) && !errors.Is(err, ErrRefused) {
		return nil, fmt.Errorf("%w after %v", ErrTimeout, r.Timeout)
	}
	return nil, classify(err)
}

// follow makes the request and those that it is redirected to, each judged.
func (c *Client) follow(ctx context.Context, r Request) (*http.Response, error) {
	target, err := url.Parse(r.URL)
	if err != nil {
		return nil, refused("what is no URL: %w", err)
	}
	method := orDefault(r.Method, http.MethodGet)
	for hop := 0; ; hop++ {
		if err := c.policy.URL(target); err != nil {
			return nil, err
		}
		resp, err := c.transport.RoundTrip(c.request(ctx, method, target, r))
		if err != nil {
			return nil, err
		}
		next := redirect(method, resp)
		if next == "" || r.Redirects == 0 {
			return resp, nil
		}
		_ = resp.Body.Close()
		if hop == r.Redirects {
			return nil, fmt.Errorf("%w: more than %d", ErrRedirects, r.Redirects)
		}
		if target, err = target.Parse(next); err != nil {
			return nil, refused("a redirect to what is no URL: %w", err)
		}
		target.Fragment, target.RawFragment = "", ""
	}
}

// request makes one hop's request. Nothing is told of the hop before: neither
// a referrer nor cookies.
func (c *Client) request(ctx context.Context, method string, target *url.URL, r Request) *http.Request {
	req := &http.Request{
		Method: method, URL: target, Host: target.Host,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: r.Header.Clone(),
	}
	if req.Header == nil {
		req.Header = make(http.Header)
	}
	req.Header.Set("User-Agent", c.agent)
	if len(r.Accept) > 0 {
		req.Header.Set("Accept", strings.Join(r.Accept, ", "))
	}
	if r.Body != nil {
		req.Body = io.NopCloser(bytes.NewReader(r.Body))
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(r.Body)), nil }
		req.ContentLength = int64(len(r.Body))
	}
	return req.WithContext(ctx)
}

// redirect returns where an answer sends its reader, or nothing.
func redirect(method string, resp *http.Response) string {
	if method != http.MethodGet && method != http.MethodHead {
		return ""
	}
	switch resp.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return resp.Header.Get("Location")
	}
	return ""
}

// accepted judges an answer by its header.
func accepted(r Request, resp *http.Response) error {
	if resp.StatusCode < 200 || resp.StatusCode > 299 || len(r.Accept) == 0 {
		return nil
	}
	kind, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil && kind == "" || !slices.Contains(r.Accept, kind) {
		return fmt.Errorf("%w: %.80q", ErrContentType, resp.Header.Get("Content-Type"))
	}
	// The transport has undone the one that it asked for.
	if coding := resp.Header.Get("Content-Encoding"); coding != "" {
		return fmt.Errorf("%w: coded as %.20q", ErrContentType, coding)
	}
	return nil
}

// bounded ends with ErrTooLarge where more than left would come.
type bounded struct {
	r    io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if b.left <= 0 {
		var one [1]byte
		switch n, err := io.ReadFull(b.r, one[:]); {
		case n > 0:
			return 0, ErrTooLarge
		default:
			return 0, err
		}
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

func orDefault(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
