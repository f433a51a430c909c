package load

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"campfire/client"
)

// caller makes the requests that are timed: it keeps its connections, asks for
// compressed answers as browsers do, and leaves the decoding to the one who has
// stopped the clock.
type caller struct {
	base string
	http *http.Client
}

// maxConnections bounds the connections that a caller keeps.
const maxConnections = 4096

func newCaller(base string) *caller {
	return &caller{base: strings.TrimRight(base, "/"), http: &http.Client{
		Timeout: 60 * time.Second,
		Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConns: maxConnections,
			MaxIdleConnsPerHost: maxConnections, IdleConnTimeout: 90 * time.Second},
	}}
}

// answer is what a request got: a status, or the error that kept it from one.
type answer struct {
	status int
	body   []byte
	retry  string // Retry-After
	err    error
}

// call makes one request and reads all of its answer.
func (c *caller) call(ctx context.Context, method, path, token string, body []byte) answer {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return answer{err: err}
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("User-Agent", "campfire-load")
	resp, err := c.http.Do(req)
	if err != nil {
		return answer{err: err}
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, 64<<20))
	if err != nil {
		return answer{err: fmt.Errorf("the answer broke off: %w", err)}
	}
	return answer{status: resp.StatusCode, body: b, retry: resp.Header.Get("Retry-After")}
}

func (c *caller) close() { c.http.CloseIdleConnections() }

// reach finds out whether a Campfire answers, and whether it is new.
func reach(ctx context.Context, url string) (fresh bool, err error) {
	var setup struct {
		Needed *bool `json:"needed"`
	}
	err = client.New(url, "").Do(ctx, "GET", "/api/setup", nil, &setup)
	if err == nil && setup.Needed != nil {
		return *setup.Needed, nil
	}
	_, refused := errors.AsType[*client.Error](err)
	_, opErr := errors.AsType[*net.OpError](err)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return false, fmt.Errorf("nothing listens at %s (connection refused); start a Campfire there, or name its address with --url", url)
	case refused && client.Passing(err):
		return false, fmt.Errorf("the server at %s refuses to answer for now: %w", url, err)
	case opErr:
		return false, fmt.Errorf("%s can't be reached: %w", url, err)
	case err != nil && !refused && client.Passing(err):
		return false, fmt.Errorf("no Campfire answers at %s: %w", url, err)
	}
	return false, fmt.Errorf("something answers at %s, but it is no Campfire (GET /api/setup is not what it should be); name the right address with --url", url)
}

// decode reads a JSON answer.
func decode(b []byte, v any) error {
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("this is no answer of a Campfire: %w", err)
	}
	return nil
}
