package load

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

func TestAnswersAreReadAsHTTPWritesThem(t *testing.T) {
	for _, c := range []struct {
		raw      string
		status   int
		body     string
		retry    string
		reusable bool
		fails    bool
	}{
		{raw: "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nhi", status: 201, body: "hi", reusable: true},
		{raw: "HTTP/1.1 200 OK\r\ncontent-length:2\r\n\r\nhi", status: 200, body: "hi", reusable: true},
		{raw: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n1\r\n!\r\n0\r\n\r\n", status: 200, body: "hi!", reusable: true},
		{raw: "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", status: 503, retry: "2"},
		{raw: "HTTP/1.1 204 No Content\r\n\r\n", status: 204, reusable: true},
		{raw: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi", fails: true},
		{raw: "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhi", fails: true},
		{raw: "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nhi", fails: true},
		{raw: "HTTP/1.1 200 OK\r\n\r\nhi", fails: true},
		{raw: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi", fails: true},
		{raw: "HTTP/1.1 200 OK\r\nno header\r\n\r\n", fails: true},
		{raw: "HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n", fails: true},
		{raw: "SSH-2.0-OpenSSH\r\n", fails: true},
		{raw: "HTTP/1.1 \n", fails: true},
		{raw: "HTTP/1.1 200 " + strings.Repeat("x", 8<<10), fails: true},
		{raw: "", fails: true},
	} {
		const next = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext"
		raw := c.raw
		if c.reusable {
			raw += next
		}
		in := bufio.NewReader(strings.NewReader(raw))
		a, reusable, err := readAnswer(in)
		if c.fails {
			if err == nil {
				t.Errorf("%.60q was read as %+v", c.raw, a)
			}
			continue
		}
		if err != nil || a.status != c.status || string(a.raw) != c.body || a.retry != c.retry || reusable != c.reusable {
			t.Errorf("%.60q: %d %q %q %t, %v", c.raw, a.status, a.raw, a.retry, reusable, err)
			continue
		}
		if c.reusable {
			if rest, _ := io.ReadAll(in); string(rest) != next {
				t.Errorf("%.60q: what follows is read as %q", c.raw, rest)
			}
		}
	}
}

func TestCallerKeepsItsConnections(t *testing.T) {
	var connections atomic.Int64
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		var out bytes.Buffer
		z := gzip.NewWriter(&out)
		z.Write([]byte(r.Method + " " + r.URL.String() + " " + r.Header.Get("Authorization") + " " + string(b)))
		z.Close()
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(out.Bytes())
	}))
	srv.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			connections.Add(1)
		}
	}
	srv.Start()
	defer srv.Close()
	c, err := newCaller(srv.URL + "/chat/")
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	for range 3 {
		a := c.call(t.Context(), "POST", "/api?x=1", "secret", []byte("tea?"))
		if a.err != nil || a.status != 200 {
			t.Fatal(a.status, a.err)
		}
		if b, err := a.body(); err != nil || string(b) != "POST /chat/api?x=1 Bearer secret tea?" {
			t.Errorf("%q, %v", b, err)
		}
	}
	if n := connections.Load(); n != 1 {
		t.Errorf("%d connections for three requests, one after the other", n)
	}
	c.close()
	if a := c.call(t.Context(), "GET", "/", "", nil); a.err == nil {
		t.Error("a closed caller calls")
	}
}

func TestClosingACallerEndsWhatIsUnderWay(t *testing.T) {
	under, done := make(chan struct{}), make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(under)
		<-done
	}))
	defer srv.Close()
	defer close(done)
	c, err := newCaller(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		<-under
		c.close()
	}()
	if a := c.call(t.Context(), "GET", "/", "", nil); a.err == nil {
		t.Errorf("it was answered with %d", a.status)
	}
}
