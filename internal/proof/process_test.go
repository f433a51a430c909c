package proof

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// full reports whether the whole sets are to be run.
func full() bool { return os.Getenv("CAMPFIRE_PROOF") == "full" }

// size picks a size by the kind of run.
func size(quick, whole int) int {
	if full() {
		return whole
	}
	return quick
}

// built is the server's program, made once for all tests that need it.
var built struct {
	once sync.Once
	dir  string
	err  error
}

func binary(t *testing.T) string {
	t.Helper()
	built.once.Do(func() {
		if built.dir, built.err = os.MkdirTemp("", "campfire-proof"); built.err != nil {
			return
		}
		out, err := exec.Command("go", "build", "-o", filepath.Join(built.dir, "campfire"), "campfire/cmd/campfire").CombinedOutput()
		if err != nil {
			built.err = fmt.Errorf("go build: %w\n%s", err, out)
		}
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return filepath.Join(built.dir, "campfire")
}

func TestMain(m *testing.M) {
	code := m.Run()
	if built.dir != "" {
		os.RemoveAll(built.dir)
	}
	os.Exit(code)
}

// process is a server of its own, to be killed without harm to the test.
type process struct {
	t    *testing.T
	dir  string
	addr string
	cmd  *exec.Cmd
	said *output
}

func startProcess(t *testing.T) *process {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, dir: t.TempDir(), addr: l.Addr().String()}
	l.Close()
	p.start()
	t.Cleanup(p.kill)
	return p
}

// start starts the server and returns how long it took to be ready.
func (p *process) start() time.Duration {
	p.t.Helper()
	p.said = &output{ready: make(chan struct{})}
	p.cmd = exec.Command(binary(p.t))
	p.cmd.Env = append(os.Environ(), "CAMPFIRE_DATA="+p.dir, "CAMPFIRE_ADDR="+p.addr, "CAMPFIRE_METRICS_ADDR=off",
		"CAMPFIRE_RATE_POST=off", "CAMPFIRE_RATE_LOGIN=off", "CAMPFIRE_RATE_LOGIN_IP=off", "CAMPFIRE_RATE_SEARCH=off",
		"CAMPFIRE_WS_RATE=off", "CAMPFIRE_MAX_USER_SOCKETS=off", "CAMPFIRE_MAX_IP_SOCKETS=off", "CAMPFIRE_LOG_LEVEL=error")
	p.cmd.Stdout, p.cmd.Stderr = p.said, p.said
	began := time.Now()
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(p.t.Context(), 30*time.Second)
	defer cancel()
	select {
	case <-p.said.ready:
	case <-ctx.Done():
		p.t.Fatalf("the server did not get ready:\n%s", p.said)
	}
	return time.Since(began)
}

// kill ends the server as a power switch ends a process: at once.
func (p *process) kill() {
	if p.cmd == nil {
		return
	}
	if err := p.cmd.Process.Kill(); errors.Is(err, os.ErrProcessDone) {
		p.t.Errorf("the server had ended by itself:\n%s", p.said)
	}
	_ = p.cmd.Wait() // killed
	p.cmd = nil
}

func (p *process) url() string { return "http://" + p.addr }

// output keeps what a process says, and tells when it says that it is ready.
type output struct {
	mu    sync.Mutex
	b     bytes.Buffer
	ready chan struct{}
	told  bool
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.b.Write(p)
	if !o.told && bytes.Contains(o.b.Bytes(), []byte("is ready at")) {
		o.told = true
		close(o.ready)
	}
	return len(p), nil
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

func patience(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}
