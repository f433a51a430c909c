package outbound

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// serve starts a server on an address of loopback and returns its port.
func serve(t *testing.T, addr string, h http.HandlerFunc) string {
	t.Helper()
	ln, err := net.Listen("tcp", net.JoinHostPort(addr, "0"))
	if err != nil {
		t.Skipf("no listener on %s: %v", addr, err)
	}
	return serveOn(t, ln, h)
}

func serveOn(t *testing.T, ln net.Listener, h http.HandlerFunc) string {
	srv := httptest.NewUnstartedServer(h)
	_ = srv.Listener.Close()
	srv.Listener = ln
	srv.Start()
	t.Cleanup(srv.Close)
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	return port
}

// canary is a server inside that nobody outside may reach. It listens on IPv4
// and IPv6 on one port, and counts connections, not requests.
type canary struct {
	port string
	hits atomic.Int64
}

func newCanary(t *testing.T) *canary {
	c := &canary{}
	h := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<title>secret</title>")
	}
	four, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c.port = serveOn(t, counting{four, &c.hits}, h)
	if six, err := net.Listen("tcp6", "[::1]:"+c.port); err == nil {
		serveOn(t, counting{six, &c.hits}, h)
	}
	return c
}

type counting struct {
	net.Listener
	hits *atomic.Int64
}

func (c counting) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err == nil {
		c.hits.Add(1)
	}
	return conn, err
}

// outside stands for the public internet: 127.0.0.2, on any port.
func outside(t *testing.T) Policy {
	n, err := ParseNetwork("127.0.0.2:*")
	if err != nil {
		t.Fatal(err)
	}
	return Public(n)
}

func client(t *testing.T, p Policy, o Options) *Client {
	c := New(p, o)
	t.Cleanup(c.Close)
	return c
}

func get(url string) Request {
	return Request{URL: url, Timeout: 20 * time.Second, MaxBytes: 1 << 20, Redirects: 3}
}

// The canary is asked for by every way to write its address, directly, by a
// redirect, and by a name. The same requests without the guard do reach it, or
// the test would prove nothing.
func TestTheCanaryIsNeverReached(t *testing.T) {
	c := newCanary(t)
	n := newNames(t)
	n.set("inside.example", "127.0.0.1")
	n.set("inside6.example", "::1")
	n.set("mapped.example", "::ffff:127.0.0.1")
	n.setAll("both.example", "127.0.0.1", "::1")
	n.set("localhost", "127.0.0.1")
	var target string
	bounce := serve(t, "127.0.0.2", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", target)
		w.WriteHeader(302)
	})
	urls := []string{
		"http://127.0.0.1:%s/", "http://127.0.0.1.:%s/", "http://127.9.9.9:%s/", "http://0.0.0.0:%s/", "http://localhost:%s/", "http://LOCALHOST.:%s/",
		"http://[::1]:%s/", "http://[::]:%s/", "http://[0:0:0:0:0:0:0:1]:%s/", "http://[::ffff:127.0.0.1]:%s/", "http://[::ffff:7f00:1]:%s/",
		"http://[::127.0.0.1]:%s/", "http://[::ffff:0:127.0.0.1]:%s/", "http://[64:ff9b::127.0.0.1]:%s/", "http://[64:ff9b:1::7f00:1]:%s/",
		"http://[2002:7f00:1::]:%s/", "http://[2001:0:4136:e378:8000:63bf:80ff:fffe]:%s/",
		"http://2130706433:%s/", "http://0x7f000001:%s/", "http://0x7f.0.0.1:%s/", "http://017700000001:%s/", "http://0177.0.0.1:%s/", "http://127.1:%s/", "http://127.0.1:%s/", "http://0:%s/",
		"http://１２７.0.0.1:%s/", "http://127。0。0。1:%s/", "http://ⓛocalhost:%s/",
		"http://127.0.0.１:%s/", "http://127.0.0.%%31:%s/", "http://127.0.0.1%%2e:%s/", "http://127.0.0.1%%00.example:%s/", "http://0X7F.1:%s/", "http://00000177.1:%s/", "http://4294967295:%s/", "http://127.0.0.1..:%s/",
		"http://[::1%%25lo]:%s/", "http://[::1%%25]:%s/", "http://[127.0.0.1]:%s/", "http://[::ffff:0x7f.0.0.1]:%s/", "http://[0000::0001]:%s/",
		"http://inside.example:%s/", "http://inside6.example:%s/", "http://mapped.example:%s/", "http://both.example:%s/", "http://INSIDE.example.:%s/",
		"http://x@127.0.0.1:%s/", "http://example.org:80@127.0.0.1:%s/", "https://127.0.0.1:%s/",
	}
	guarded := client(t, outside(t), Options{Resolver: n.Resolver})
	for _, u := range urls {
		direct := fmt.Sprintf(u, c.port)
		target = direct
		for _, first := range []string{direct, "http://127.0.0.2:" + bounce + "/"} {
			resp, err := guarded.Do(t.Context(), get(first))
			if err == nil {
				t.Errorf("%s, first %s: answered with %d", direct, first, resp.Status)
			} else if !errors.Is(err, ErrRefused) && !errors.Is(err, ErrUnreachable) {
				t.Errorf("%s, first %s: %v", direct, first, err)
			}
		}
	}
	if hits := c.hits.Load(); hits != 0 {
		t.Errorf("the canary was reached %d times", hits)
	}

	unguarded := client(t, Operator(), Options{Resolver: n.Resolver})
	for _, u := range []string{urls[0], urls[4], "http://inside.example:%s/", "http://both.example:%s/"} {
		before := c.hits.Load()
		if _, err := unguarded.Do(t.Context(), get(fmt.Sprintf(u, c.port))); err != nil || c.hits.Load() == before {
			t.Errorf("without the guard %s does not reach the canary either: %v", u, err)
		}
	}
}

// A name that answers with a public address when it is judged, and with one
// inside when it is dialled, or at the next hop.
func TestNamesThatChangeTheirAnswer(t *testing.T) {
	c := newCanary(t)
	n := newNames(t)
	var hops atomic.Int64
	// The port must be the canary's: the address alone is what changes.
	ln, err := net.Listen("tcp", "127.0.0.2:"+c.port)
	if err != nil {
		t.Skip(err)
	}
	serveOn(t, ln, func(w http.ResponseWriter, r *http.Request) {
		hops.Add(1)
		http.Redirect(w, r, fmt.Sprintf("http://rebind.example:%s/%d", c.port, hops.Load()), http.StatusFound)
	})
	n.set("rebind.example", "127.0.0.2", "127.0.0.1")
	guarded := client(t, outside(t), Options{Resolver: n.Resolver})
	url := "http://rebind.example:" + c.port + "/"
	if _, err := guarded.Do(t.Context(), get(url)); !errors.Is(err, ErrRefused) {
		t.Errorf("the second answer was followed: %v", err)
	}
	if hops.Load() != 1 {
		t.Errorf("%d hops outside, want 1: the first answer is public", hops.Load())
	}
	if _, err := guarded.Do(t.Context(), get(url)); !errors.Is(err, ErrRefused) {
		t.Errorf("the next request was let through: %v", err)
	}
	// Of several addresses only those that pass are dialled.
	n.setAll("mixed.example", "127.0.0.1", "127.0.0.2")
	if _, err := guarded.Do(t.Context(), get("http://mixed.example:"+c.port+"/")); !errors.Is(err, ErrRefused) {
		t.Errorf("mixed: %v", err)
	}
	if hops.Load() != 2 {
		t.Errorf("%d hops outside, want 2", hops.Load())
	}
	if c.hits.Load() != 0 {
		t.Errorf("the canary was reached %d times", c.hits.Load())
	}

	n.set("again.example", "127.0.0.2", "127.0.0.1")
	unguarded := client(t, Operator(), Options{Resolver: n.Resolver})
	for range 2 {
		_, _ = unguarded.Do(t.Context(), get("http://again.example:"+c.port+"/"))
	}
	if c.hits.Load() == 0 {
		t.Error("without the guard the canary is not reached either")
	}
}

// A chain of names, all public but the last, with each status that redirects.
func TestAChainThatEndsInside(t *testing.T) {
	c := newCanary(t)
	n := newNames(t)
	n.set("a.example", "127.0.0.2")
	n.set("b.example", "127.0.0.2")
	n.set("end.example", "127.0.0.1")
	for _, status := range []int{301, 302, 303, 307, 308} {
		var hops atomic.Int64
		var port string
		port = serve(t, "127.0.0.2", func(w http.ResponseWriter, r *http.Request) {
			hops.Add(1)
			next := "http://end.example:" + c.port + "/"
			switch r.URL.Path {
			case "/":
				next = "//b.example:" + port + "/two"
			case "/two":
				next = "/three"
			}
			w.Header().Set("Location", next)
			w.WriteHeader(status)
		})
		url := "http://a.example:" + port + "/"
		if _, err := client(t, outside(t), Options{Resolver: n.Resolver}).Do(t.Context(), get(url)); !errors.Is(err, ErrRefused) {
			t.Errorf("%d: %v", status, err)
		}
		if hops.Load() != 3 || c.hits.Load() != 0 {
			t.Errorf("%d: %d hops outside, want 3; the canary was reached %d times", status, hops.Load(), c.hits.Load())
		}
		if resp, err := client(t, Operator(), Options{Resolver: n.Resolver}).Do(t.Context(), get(url)); err != nil || resp.Status != 200 || c.hits.Swap(0) == 0 {
			t.Errorf("%d: without the guard the canary is not reached either: %v, %v", status, resp, err)
		}
	}
}

// What is dialled must be an address, by TCP, and on a port.
func TestWhatMayBeDialled(t *testing.T) {
	for _, c := range []struct {
		network, address string
		ok               bool
	}{
		{"tcp4", "8.8.8.8:443", true},
		{"tcp6", "[2606:4700:4700::1111]:443", true},
		{"tcp4", "8.8.8.8:0", false},
		{"tcp", "8.8.8.8:443", false},
		{"udp4", "8.8.8.8:443", false},
		{"unix", "/run/docker.sock", false},
		{"tcp4", "example.org:443", false},
		{"tcp4", "8.8.8.8", false},
		{"tcp6", "[fe80::1%eth0]:443", false},
	} {
		for name, p := range map[string]Policy{"public": Public(), "operator": Operator()} {
			if err := guard(p)(t.Context(), c.network, c.address, nil); (err == nil) != c.ok || err != nil && !errors.Is(err, ErrRefused) {
				t.Errorf("%s: %s %s: %v", name, c.network, c.address, err)
			}
		}
	}
}

// The proxies of the environment are not used, nor is what it excepts. They are
// read once in a process, so this one is begun with them.
func TestProxiesOfTheEnvironmentAreIgnored(t *testing.T) {
	const told = "CAMPFIRE_TEST_PROXY" // the port of the proxy
	port := os.Getenv(told)
	if port == "" {
		c := newCanary(t)
		again := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.count=1")
		again.Env = append(os.Environ(), told+"="+c.port)
		for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"} {
			again.Env = append(again.Env, name+"=http://127.0.0.1:"+c.port)
		}
		if out, err := again.CombinedOutput(); err != nil || c.hits.Load() != 1 {
			t.Errorf("%v; the proxy was asked %d times, want once, by a client that heeds the environment\n%s", err, c.hits.Load(), out)
		}
		return
	}
	n := newNames(t)
	n.set("page.example", "127.0.0.2")
	outer := serve(t, "127.0.0.2", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "outside") })
	resp, err := client(t, outside(t), Options{Resolver: n.Resolver}).Do(t.Context(), get("http://page.example:"+outer+"/"))
	if err != nil || string(resp.Body) != "outside" {
		t.Errorf("%v, %v", resp, err)
	}
	heedful := &http.Client{Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true}}
	if resp, err := heedful.Get("http://page.example:" + outer + "/"); err != nil {
		t.Error(err)
	} else if err := resp.Body.Close(); err != nil {
		t.Error(err)
	}
}

func TestRedirects(t *testing.T) {
	var told http.Header
	port := serve(t, "127.0.0.2", func(w http.ResponseWriter, r *http.Request) {
		var left int
		_, _ = fmt.Sscanf(r.URL.Path, "/%d", &left)
		told = r.Header
		switch {
		case r.URL.Path == "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case r.URL.Path == "/scheme":
			w.Header().Set("Location", "file:///etc/passwd")
			w.WriteHeader(301)
		case r.URL.Path == "/broken":
			w.Header().Set("Location", "http://[::1")
			w.WriteHeader(301)
		case r.URL.Path == "/user":
			w.Header().Set("Location", "http://a:b@"+r.Host+"/0")
			w.WriteHeader(307)
		case r.URL.Path == "/nowhere":
			w.WriteHeader(302)
		case left > 0:
			w.Header().Set("Set-Cookie", "a=b")
			http.Redirect(w, r, fmt.Sprintf("/%d#there", left-1), []int{301, 302, 303, 307, 308}[left%5])
		default:
			_, _ = io.WriteString(w, "there")
		}
	})
	base := "http://127.0.0.2:" + port
	c := client(t, outside(t), Options{UserAgent: "Tester"})
	for left := range 6 {
		resp, err := c.Do(t.Context(), get(fmt.Sprintf("%s/%d", base, left)))
		switch {
		case left <= 3 && (err != nil || string(resp.Body) != "there" || resp.URL.String() != base+"/0" && left > 0):
			t.Errorf("%d redirects: %v, %v", left, resp, err)
		case left > 3 && !errors.Is(err, ErrRedirects):
			t.Errorf("%d redirects: %v", left, err)
		}
	}
	if told.Get("Referer") != "" || told.Get("Cookie") != "" || told.Get("User-Agent") != "Tester" {
		t.Errorf("the next hop is told %v", told)
	}
	if _, err := c.Do(t.Context(), get(base+"/loop")); !errors.Is(err, ErrRedirects) {
		t.Errorf("a loop: %v", err)
	}
	for _, path := range []string{"/scheme", "/broken", "/user"} {
		if _, err := c.Do(t.Context(), get(base+path)); !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if resp, err := c.Do(t.Context(), get(base+"/nowhere")); err != nil || resp.Status != 302 {
		t.Errorf("without a location: %v, %v", resp, err)
	}
	none := get(base + "/1")
	none.Redirects = 0
	if resp, err := c.Do(t.Context(), none); err != nil || resp.Status != 302 {
		t.Errorf("without redirects: %v, %v", resp, err)
	}
	post := get(base + "/1")
	post.Method, post.Body = http.MethodPost, []byte("x")
	if resp, err := c.Do(t.Context(), post); err != nil || resp.Status != 302 {
		t.Errorf("a POST: %v, %v", resp, err)
	}
}

// endless writes zeros until the other side is gone.
func endless(w io.Writer) {
	block := make([]byte, 32<<10)
	for range 1 << 15 { // 1 GiB
		if _, err := w.Write(block); err != nil {
			return
		}
	}
}

func TestAnswersAreBounded(t *testing.T) {
	port := serve(t, "127.0.0.2", func(w http.ResponseWriter, r *http.Request) {
		var size int
		_, _ = fmt.Sscanf(r.URL.Path, "/size/%d", &size)
		switch r.URL.Path {
		case "/gigabyte":
			w.Header().Set("Content-Length", fmt.Sprint(1<<30))
			endless(w)
		case "/chunked":
			endless(w)
		case "/bomb":
			w.Header().Set("Content-Encoding", "gzip")
			z, _ := gzip.NewWriterLevel(w, gzip.BestCompression)
			endless(z)
			_ = z.Close()
		case "/header":
			w.Header().Set("X-Long", strings.Repeat("a", maxHeader))
		default:
			w.Header().Set("Content-Type", "application/octet-stream")
			_, _ = w.Write(make([]byte, size))
		}
	})
	base := "http://127.0.0.2:" + port
	c := client(t, outside(t), Options{})
	for size, want := range map[int]error{0: nil, 1<<20 - 1: nil, 1 << 20: nil, 1<<20 + 1: ErrTooLarge} {
		resp, err := c.Do(t.Context(), get(fmt.Sprintf("%s/size/%d", base, size)))
		if !errors.Is(err, want) || err == nil && len(resp.Body) != size {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, path := range []string{"/gigabyte", "/chunked", "/bomb"} {
		if _, err := c.Do(t.Context(), get(base+path)); !errors.Is(err, ErrTooLarge) {
			t.Errorf("%s: %v", path, err)
		}
	}
	runtime.ReadMemStats(&after)
	// Three bodies of 1 MiB, each read into slices that grow, and what the
	// server of the test allocates. A gigabyte would show.
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 64<<20 {
		t.Errorf("%d MiB were allocated", grown>>20)
	}
	if _, err := c.Do(t.Context(), get(base+"/header")); err == nil {
		t.Error("a header of more than its bound was read")
	}
	// Whoever has enough needs no end.
	resp, err := c.Stream(t.Context(), get(base+"/chunked"), func(_ *Response, r io.Reader) error {
		_, err := io.CopyN(io.Discard, r, 1000)
		return err
	})
	if err != nil || resp.Body != nil {
		t.Errorf("the head of a stream: %v", err)
	}
}

// What never ends ends with the time that its request has: a header that
// comes byte by byte, a body that does, one that stops, an address that takes
// the connection and says nothing.
func TestAnswersThatNeverEnd(t *testing.T) {
	gone := make(chan struct{})
	t.Cleanup(func() { close(gone) })
	port := serve(t, "127.0.0.2", func(w http.ResponseWriter, r *http.Request) {
		flush := http.NewResponseController(w)
		switch r.URL.Path {
		case "/drip":
			tick := time.NewTicker(time.Millisecond)
			defer tick.Stop()
			for range tick.C {
				if _, err := io.WriteString(w, "."); err != nil || flush.Flush() != nil {
					return
				}
			}
		case "/stop":
			_, _ = io.WriteString(w, "<title>")
			_ = flush.Flush()
			select {
			case <-gone:
			case <-r.Context().Done():
			}
		}
	})
	silent, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := silent.Accept()
			if err != nil {
				return
			}
			go func() {
				// A header that comes byte by byte, without end.
				defer func() { _ = conn.Close() }()
				for {
					if _, err := conn.Write([]byte("H")); err != nil {
						return
					}
					select {
					case <-gone:
						return
					case <-time.After(time.Millisecond):
					}
				}
			}()
		}
	}()
	t.Cleanup(func() { _ = silent.Close(); <-done })
	c := client(t, outside(t), Options{})
	for _, url := range []string{"http://127.0.0.2:" + port + "/drip", "http://127.0.0.2:" + port + "/stop", "https://" + silent.Addr().String() + "/"} {
		r := get(url)
		r.Timeout = 50 * time.Millisecond
		if _, err := c.Do(t.Context(), r); Reason(err) != "timeout" && !strings.HasPrefix(url, "https") {
			t.Errorf("%s: %v", url, err)
		} else if err == nil {
			t.Errorf("%s: no error", url)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Do(ctx, get("http://127.0.0.2:"+port+"/stop")); Reason(err) != "cancelled" {
		t.Errorf("a caller that gave up: %v", err)
	}
}

func TestKindsOfContent(t *testing.T) {
	port := serve(t, "127.0.0.2", func(w http.ResponseWriter, r *http.Request) {
		if kind := r.URL.Query().Get("kind"); kind != "" {
			w.Header().Set("Content-Type", kind)
		} else {
			w.Header()["Content-Type"] = nil
		}
		if coding := r.URL.Query().Get("coding"); coding != "" {
			w.Header().Set("Content-Encoding", coding)
		}
		var buf bytes.Buffer
		z := gzip.NewWriter(&buf)
		_, _ = io.WriteString(z, "text")
		_ = z.Close()
		if r.URL.Query().Get("coding") == "gzip" {
			_, _ = w.Write(buf.Bytes())
			return
		}
		if r.URL.Path == "/404" {
			w.WriteHeader(404)
		}
		_, _ = io.WriteString(w, "text")
	})
	c := client(t, outside(t), Options{})
	for path, ok := range map[string]bool{
		"/?kind=text/html": true, "/?kind=TEXT/HTML%3Bcharset=utf-8": true, "/?kind=text/html&coding=gzip": true,
		"/404?kind=text/plain": true,
		"/":                    false, "/?kind=text/plain": false, "/?kind=text/htmlx": false, "/?kind=image/png": false,
		"/?kind=text/html&coding=br": false, "/?kind=text/html&coding=compress": false,
	} {
		r := get("http://127.0.0.2:" + port + path)
		r.Accept = []string{"text/html"}
		resp, err := c.Do(t.Context(), r)
		if (err == nil) != ok || err != nil && !errors.Is(err, ErrContentType) || err == nil && string(resp.Body) != "text" {
			t.Errorf("%s: %v, %v", path, resp, err)
		}
	}
}

// What is forbidden and what is absent fail alike: nothing is dialled, so
// whether something listens makes no difference.
func TestBlockedAndAbsentAreAlike(t *testing.T) {
	c := newCanary(t)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, closed, _ := net.SplitHostPort(free.Addr().String())
	_ = free.Close()
	cl := client(t, outside(t), Options{})
	_, open := cl.Do(t.Context(), get("http://127.0.0.1:"+c.port+"/"))
	_, shut := cl.Do(t.Context(), get("http://127.0.0.1:"+closed+"/"))
	if Reason(open) != "refused" || strings.ReplaceAll(open.Error(), c.port, "") != strings.ReplaceAll(shut.Error(), closed, "") {
		t.Errorf("a port that is open: %v; one that is not: %v", open, shut)
	}
}

// Connections are kept where that is asked for, and only there.
func TestConnectionsAreReusedWhereAskedFor(t *testing.T) {
	var hits atomic.Int64
	ln, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		t.Skip(err)
	}
	port := serveOn(t, counting{ln, &hits}, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") })
	for reuse, want := range map[bool]int64{true: 1, false: 3} {
		hits.Store(0)
		c := client(t, outside(t), Options{Reuse: reuse})
		for range 3 {
			if _, err := c.Do(t.Context(), get("http://127.0.0.2:"+port+"/")); err != nil {
				t.Fatal(err)
			}
		}
		if hits.Load() != want {
			t.Errorf("reuse %v: %d connections, want %d", reuse, hits.Load(), want)
		}
	}
}

func BenchmarkAddress(b *testing.B) {
	p, to := Public(), netip.MustParseAddrPort("[2a00:1450:4001:81b::200e]:443")
	for b.Loop() {
		if err := p.Address(to); err != nil {
			b.Fatal(err)
		}
	}
}
