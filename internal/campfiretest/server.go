package campfiretest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"campfire/internal/app"
	"campfire/internal/auth"
	"campfire/internal/config"
)

// Server is one running Campfire.
type Server struct {
	URL string // without a final slash
	Dir string // its data directory

	t    testing.TB
	env  []string
	stop context.CancelFunc
	done chan error
	log  *lockedBuffer
	spec *spec
}

// New starts a server with rate limits lifted; env adds or overrides settings
// (NAME=value).
func New(t testing.TB, env ...string) *Server {
	t.Helper()
	s := &Server{t: t, Dir: t.TempDir(), env: append([]string{
		"CAMPFIRE_ADDR=127.0.0.1:0", "CAMPFIRE_METRICS_ADDR=off",
		"CAMPFIRE_RATE_POST=off", "CAMPFIRE_RATE_BOT=off", "CAMPFIRE_RATE_SEARCH=off", "CAMPFIRE_RATE_UPLOAD=off", "CAMPFIRE_MIN_FREE_DISK=off",
		"CAMPFIRE_RATE_LOGIN=off", "CAMPFIRE_RATE_LOGIN_IP=off", "CAMPFIRE_WS_RATE=off",
		"CAMPFIRE_PREVIEWS=off", "CAMPFIRE_MAX_USER_SOCKETS=off", "CAMPFIRE_MAX_IP_SOCKETS=off",
	}, env...), log: &lockedBuffer{}, spec: loadSpec(t)}
	s.Start()
	t.Cleanup(func() {
		s.Stop()
		if t.Failed() {
			t.Logf("server log:\n%s", s.Log())
		}
	})
	return s
}

// Start starts the server, on the port it had before if it was stopped.
func (s *Server) Start() {
	s.t.Helper()
	env := append(s.env, "CAMPFIRE_DATA="+s.Dir)
	if s.URL != "" {
		env = append(env, "CAMPFIRE_ADDR="+strings.TrimPrefix(s.URL, "http://"))
	}
	cfg, _, err := config.Read(env)
	if err != nil {
		s.t.Fatal(err)
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(cfg.LogLevel)); err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ready := make(chan string, 1)
	s.stop, s.done = cancel, make(chan error, 1)
	go func() {
		s.done <- app.Run(ctx, cfg, app.Options{
			Version: "test", Stdout: io.Discard,
			Logger: slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: level})),
			Cost:   auth.Cost{Memory: 64, Time: 1, Threads: 1},
			Ready:  func(addr string) { ready <- addr },
		})
	}()
	select {
	case addr := <-ready:
		s.URL = "http://" + addr
	case err := <-s.done:
		s.t.Fatalf("the server did not start: %v", err)
	case <-time.After(30 * time.Second):
		s.t.Fatal("the server did not get ready")
	}
}

// Stop stops the server as SIGTERM does; more than once does nothing.
func (s *Server) Stop() {
	s.t.Helper()
	if s.stop == nil {
		return
	}
	s.stop()
	select {
	case err := <-s.done:
		if err != nil {
			s.t.Errorf("the server stopped with %v", err)
		}
	case <-time.After(30 * time.Second):
		s.t.Error("the server did not stop")
	}
	s.stop = nil
}

// Restart stops and starts the server.
func (s *Server) Restart() {
	s.t.Helper()
	s.Stop()
	s.Start()
}

// Log returns what the server has logged.
func (s *Server) Log() string { return s.log.String() }

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// Answer is what a request got.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
	t      testing.TB
}

// JSON decodes the body.
func (a *Answer) JSON(v any) {
	a.t.Helper()
	if err := json.Unmarshal(a.Body, v); err != nil {
		a.t.Fatalf("%v in %s", err, a.Body)
	}
}

// Code is the problem's code; empty when the answer is none.
func (a *Answer) Code() string {
	var p struct {
		Code string `json:"code"`
	}
	_ = json.Unmarshal(a.Body, &p)
	return p.Code
}

// Want fails the test unless the answer has this status.
func (a *Answer) Want(status int) *Answer {
	a.t.Helper()
	if a.Status != status {
		a.t.Fatalf("status %d, want %d: %s", a.Status, status, a.Body)
	}
	return a
}

// Do makes a request of the API: body is encoded as JSON unless it is an
// io.Reader or nil. The exchange is held against the OpenAPI document.
func (s *Server) Do(token, method, path string, body any, headers ...string) *Answer {
	s.t.Helper()
	var in []byte
	switch b := body.(type) {
	case nil:
	case io.Reader:
		in, _ = io.ReadAll(b)
	case []byte:
		in = b
	case string:
		in = []byte(b)
	default:
		var err error
		if in, err = json.Marshal(b); err != nil {
			s.t.Fatal(err)
		}
	}
	req, err := http.NewRequest(method, s.URL+path, bytes.NewReader(in))
	if err != nil {
		s.t.Fatal(err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := noRedirects.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	out, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	a := &Answer{Status: resp.StatusCode, Header: resp.Header, Body: out, t: s.t}
	s.spec.check(s.t, req, in, a)
	return a
}

var noRedirects = &http.Client{
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Timeout:       30 * time.Second,
	Transport:     &http.Transport{MaxIdleConnsPerHost: 64},
}

// Password is what every person of a test has.
const Password = "correct horse battery"

// SetUp sets the installation up and returns the administrator's token.
func (s *Server) SetUp() string {
	s.t.Helper()
	return s.token(s.Do("", "POST", "/api/setup", map[string]string{"name": "Ada", "email": "ada@example.org", "password": Password}).Want(201))
}

// Join adds a person by the join link and returns their token.
func (s *Server) Join(administrator, name string) string {
	s.t.Helper()
	var in struct {
		Account struct {
			JoinCode string `json:"join_code"`
		}
	}
	s.Do(administrator, "GET", "/api/account", nil).Want(200).JSON(&in)
	return s.token(s.Do("", "POST", "/api/join/"+in.Account.JoinCode,
		map[string]string{"name": name, "email": strings.ToLower(name) + "@example.org", "password": Password}).Want(201))
}

func (s *Server) token(a *Answer) string {
	s.t.Helper()
	var in struct{ Token string }
	a.JSON(&in)
	return in.Token
}

// Missing skips a test whose component is not there, or fails it when
// CAMPFIRE_REQUIRE says that all must be.
func Missing(t testing.TB, component string) {
	t.Helper()
	if os.Getenv("CAMPFIRE_REQUIRE") == "all" {
		t.Fatalf("%s is missing, and CAMPFIRE_REQUIRE=all", component)
	}
	t.Skipf("skipped: %s is not installed", component)
}

// Chromium returns the browser's program, or skips the test.
func Chromium(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	Missing(t, "Chromium")
	return ""
}
