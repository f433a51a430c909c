package load

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"campfire/client"
)

// caller makes the requests that are timed. It writes and reads HTTP/1.1 by
// hand on connections that it keeps: the library's client costs more than the
// server spends on an answer, and what the generator takes of a machine that
// both share is missing in the figures. It asks for compressed answers, as
// browsers do, and leaves the decoding to the one who has stopped the clock.
type caller struct {
	host, path string // of the Campfire
	secure     bool

	mu     sync.Mutex // guards what follows
	idle   []*kept    // the one that was used last is taken first
	open   map[*kept]struct{}
	closed bool
}

// kept is a connection; one request at a time has it.
type kept struct {
	conn  net.Conn
	in    *bufio.Reader
	out   []byte
	armed time.Time // when its deadline was set
	used  time.Time
}

const (
	// callWithin is how long an answer may take, callArm how much of it may be
	// gone before the deadline is set anew.
	callWithin = 60 * time.Second
	callArm    = 10 * time.Second
	// idleWithin is how long a connection may have been idle to be used again:
	// the server closes those that wait longer.
	idleWithin = 30 * time.Second
	// maxAnswer bounds an answer, in bytes.
	maxAnswer = 64 << 20
)

func newCaller(base string) (*caller, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, err
	}
	host := u.Host
	if u.Port() == "" {
		host = net.JoinHostPort(u.Hostname(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
	}
	return &caller{host: host, path: strings.TrimRight(u.Path, "/"), secure: u.Scheme == "https", open: make(map[*kept]struct{})}, nil
}

// answer is what a request got: a status, or the error that kept it from one.
type answer struct {
	status  int
	raw     []byte
	gzipped bool
	retry   string // Retry-After
	err     error
}

// body is the answer's, decoded.
func (a *answer) body() ([]byte, error) {
	if !a.gzipped {
		return a.raw, nil
	}
	z, err := gzip.NewReader(bytes.NewReader(a.raw))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(z, maxAnswer))
}

// errStopped is what requests get once the caller is closed.
var errStopped = errors.New("the run was stopped")

// call makes one request and reads all of its answer.
func (c *caller) call(ctx context.Context, method, path, token string, body []byte) answer {
	k, err := c.take(ctx)
	if err != nil {
		return answer{err: err}
	}
	a, reusable := k.exchange(c.host, method, c.path+path, token, body)
	c.give(k, reusable)
	return a
}

func (c *caller) take(ctx context.Context) (*kept, error) {
	c.mu.Lock()
	closed := c.closed
	var k *kept
	if n := len(c.idle); n > 0 && !closed {
		k, c.idle = c.idle[n-1], c.idle[:n-1]
	}
	c.mu.Unlock()
	switch {
	case closed:
		return nil, errStopped
	case k != nil && time.Since(k.used) < idleWithin:
		return k, nil
	case k != nil:
		c.give(k, false)
	}
	d := &net.Dialer{Timeout: callWithin, KeepAlive: -1}
	dial := d.DialContext
	if c.secure {
		dial = (&tls.Dialer{NetDialer: d}).DialContext
	}
	conn, err := dial(ctx, "tcp", c.host)
	if err != nil {
		return nil, err
	}
	k = &kept{conn: conn, in: bufio.NewReaderSize(conn, 4<<10)}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		conn.Close()
		return nil, errStopped
	}
	c.open[k] = struct{}{}
	return k, nil
}

func (c *caller) give(k *kept, reusable bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if reusable && !c.closed {
		k.used = time.Now()
		c.idle = append(c.idle, k)
		return
	}
	delete(c.open, k)
	k.conn.Close()
}

// close closes all connections, also those whose requests are under way: they
// end with an error. More than once does nothing.
func (c *caller) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed, c.idle = true, nil
	for k := range c.open {
		k.conn.Close()
	}
	clear(c.open)
}

// exchange writes a request and reads its answer; reusable says that another
// may follow.
func (k *kept) exchange(host, method, path, token string, body []byte) (a answer, reusable bool) {
	if now := time.Now(); now.Sub(k.armed) > callArm {
		k.armed = now
		k.conn.SetDeadline(now.Add(callWithin)) // an error shows in the write
	}
	b := append(k.out[:0], method...)
	b = append(append(append(b, ' '), path...), " HTTP/1.1\r\nHost: "...)
	b = append(append(b, host...), "\r\nUser-Agent: campfire-load\r\nAccept-Encoding: gzip\r\nAuthorization: Bearer "...)
	b = append(append(b, token...), "\r\n"...)
	if body != nil {
		b = append(b, "Content-Type: application/json\r\nContent-Length: "...)
		b = append(strconv.AppendInt(b, int64(len(body)), 10), "\r\n"...)
	}
	b = append(append(b, "\r\n"...), body...)
	k.out = b
	if _, err := k.conn.Write(b); err != nil {
		return answer{err: err}, false
	}
	a, reusable, err := readAnswer(k.in)
	if err != nil {
		return answer{err: fmt.Errorf("the answer broke off: %w", err)}, false
	}
	return a, reusable
}

var errNoHTTP = errors.New("this is no answer of HTTP/1.1")

// readAnswer reads what a server says to a GET or a POST.
func readAnswer(in *bufio.Reader) (a answer, reusable bool, err error) {
	line, err := in.ReadSlice('\n')
	if err != nil {
		return a, false, err
	}
	if !bytes.HasPrefix(line, []byte("HTTP/1.1 ")) || len(line) < len("HTTP/1.1 200\n") {
		return a, false, errNoHTTP
	}
	if a.status, err = strconv.Atoi(string(line[9:12])); err != nil || a.status < 200 || a.status > 599 {
		return a, false, errNoHTTP
	}
	length, chunked := -1, false
	reusable = true
	for {
		if line, err = in.ReadSlice('\n'); err != nil {
			return a, false, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		name, value, ok := bytes.Cut(line, []byte(":"))
		if !ok {
			return a, false, errNoHTTP
		}
		value = bytes.TrimSpace(value)
		switch {
		case is(name, "Content-Length"):
			if length, err = strconv.Atoi(string(value)); err != nil || length < 0 || length > maxAnswer {
				return a, false, errNoHTTP
			}
		case is(name, "Transfer-Encoding"):
			chunked = is(value, "chunked")
		case is(name, "Content-Encoding"):
			a.gzipped = is(value, "gzip")
		case is(name, "Retry-After"):
			a.retry = string(value)
		case is(name, "Connection"):
			reusable = !is(value, "close")
		}
	}
	switch {
	case a.status == http.StatusNoContent || a.status == http.StatusNotModified:
	case chunked:
		if a.raw, err = io.ReadAll(io.LimitReader(httputil.NewChunkedReader(in), maxAnswer)); err == nil {
			_, err = in.ReadSlice('\n') // the empty line after the last chunk
		}
	case length >= 0:
		a.raw = make([]byte, length)
		_, err = io.ReadFull(in, a.raw)
	default:
		err = errNoHTTP
	}
	return a, reusable, err
}

func is(b []byte, word string) bool {
	return len(b) == len(word) && bytes.EqualFold(b, []byte(word))
}

// reachWithin is how long a server may take to say what it is.
const reachWithin = 10 * time.Second

// reach finds out whether a Campfire answers, and whether it is new.
func reach(ctx context.Context, url string) (fresh bool, err error) {
	var setup struct {
		Needed *bool `json:"needed"`
	}
	within, cancel := context.WithTimeout(ctx, reachWithin)
	defer cancel()
	err = client.New(url, "").Do(within, "GET", "/api/setup", nil, &setup)
	if err == nil && setup.Needed != nil {
		return *setup.Needed, nil
	}
	_, refused := errors.AsType[*client.Error](err)
	_, opErr := errors.AsType[*net.OpError](err)
	switch {
	case ctx.Err() != nil:
		return false, ctx.Err()
	case errors.Is(err, syscall.ECONNREFUSED):
		return false, fmt.Errorf("nothing listens at %s (connection refused); start a Campfire there, or name its address with --url", url)
	case within.Err() != nil:
		return false, fmt.Errorf("what listens at %s has not answered within %s; name a Campfire's address with --url", url, reachWithin)
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
func decode(a *answer, v any) error {
	b, err := a.body()
	if err == nil {
		err = json.Unmarshal(b, v)
	}
	if err != nil {
		return fmt.Errorf("this is no answer of a Campfire: %w", err)
	}
	return nil
}
