package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Client makes requests of one Campfire, as one person. The zero Client is of
// no use; see [New].
type Client struct {
	base  string
	token string
	http  *http.Client
}

// New returns a client for the Campfire at an address such as
// https://chat.example.org. token is a session's, a personal access token or
// a bot's key, and may be empty until someone signs in.
func New(base, token string) *Client {
	return &Client{base: strings.TrimRight(base, "/"), token: token, http: shared}
}

// shared keeps enough idle connections for a load test's worth of goroutines.
var shared = &http.Client{
	Timeout:   60 * time.Second,
	Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConns: 512, MaxIdleConnsPerHost: 256, IdleConnTimeout: 60 * time.Second},
}

// As returns a client of the same Campfire for another person.
func (c *Client) As(token string) *Client {
	other := *c
	other.token = token
	return &other
}

// Over returns a client whose requests go through h, for a proxy, for
// certificates of one's own, or to watch the exchanges. Without it all
// clients share one, which gives a request 60 s.
func (c *Client) Over(h *http.Client) *Client {
	other := *c
	other.http = h
	return &other
}

// Token is what the client presents; empty when nobody is signed in.
func (c *Client) Token() string { return c.token }

// maxAnswer bounds what is read of an answer, in bytes: a page of a hundred
// messages of the largest size, with room to spare.
const maxAnswer = 64 << 20

// Do makes one request of the API that has no method of its own here: in is
// encoded as the body unless nil, and the answer decoded into out unless nil.
// A refusal is an [*Error].
func (c *Client) Do(ctx context.Context, method, path string, in, out any) error {
	_, err := c.do(ctx, method, path, in, out)
	return err
}

// raw is a body that goes out as it is.
type raw []byte

// do is Do, and returns the answer's header.
func (c *Client) do(ctx context.Context, method, path string, in, out any) (http.Header, error) {
	var body io.Reader
	kind := "application/json"
	if b, ok := in.(raw); ok {
		body, kind = bytes.NewReader(b), "application/octet-stream"
	} else if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(b)
	}
	req, err := c.request(ctx, method, path, body)
	if err != nil {
		return nil, err
	}
	if in != nil {
		req.Header.Set("Content-Type", kind)
	}
	return c.answer(req, out)
}

// request makes a request of the caller.
func (c *Client) request(ctx context.Context, method, path string, body io.Reader) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return nil, err
	}
	if req.URL.Scheme != "http" && req.URL.Scheme != "https" {
		return nil, fmt.Errorf("%q is no address of a Campfire; it begins with http:// or https://", c.base)
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	req.Header.Set("User-Agent", "campfire-client")
	return req, nil
}

// answer makes a request and decodes what it is answered.
func (c *Client) answer(req *http.Request, out any) (http.Header, error) {
	method := req.Method
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, &noAnswer{err}
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return nil, &noAnswer{fmt.Errorf("%s %s: the answer broke off: %w", method, req.URL.Redacted(), err)}
	}
	if len(answer) > maxAnswer {
		return nil, fmt.Errorf("%s %s: the answer is larger than %d bytes", method, req.URL.Redacted(), maxAnswer)
	}
	if resp.StatusCode >= 400 {
		return resp.Header, problem(resp, answer)
	}
	if out == nil || resp.StatusCode == http.StatusNoContent {
		return resp.Header, nil
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return nil, fmt.Errorf("%s %s: this is no answer of a Campfire: %w", method, req.URL.Redacted(), err)
	}
	return resp.Header, nil
}

// changed makes a request that answers 204, and returns the number that the
// change took in its room's log.
func (c *Client) changed(ctx context.Context, method, path string) (seq int64, err error) {
	h, err := c.do(ctx, method, path, nil, nil)
	if err != nil {
		return 0, err
	}
	if s := h.Get("Campfire-Seq"); s != "" {
		if seq, err = strconv.ParseInt(s, 10, 64); err != nil {
			return 0, fmt.Errorf("%s %s: the header Campfire-Seq: %w", method, path, err)
		}
	}
	return seq, nil
}

// query builds a query string of what is set.
type query url.Values

func (q query) text(name, v string) query {
	if v != "" {
		q[name] = []string{v}
	}
	return q
}

func (q query) number(name string, v int64) query {
	if v != 0 {
		q[name] = []string{strconv.FormatInt(v, 10)}
	}
	return q
}

// on returns path with the query.
func (q query) on(path string) string {
	if len(q) == 0 {
		return path
	}
	return path + "?" + url.Values(q).Encode()
}
