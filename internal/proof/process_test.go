package proof

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	// The program that is built and run here is made of it: another one is
	// another test, whose last result does not count.
	_ "campfire/internal/app"
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
	t       *testing.T
	dir     string
	addr    string
	metrics string // address of the operators' listener
	env     []string
	cmd     *exec.Cmd
	said    *output
}

// startProcess starts a server on a new directory; env adds or overrides
// settings.
func startProcess(t *testing.T, env ...string) *process {
	t.Helper()
	return startProcessOn(t, t.TempDir(), env...)
}

// startProcessOn starts a server on a directory.
func startProcessOn(t *testing.T, dir string, env ...string) *process {
	t.Helper()
	p := &process{t: t, dir: dir, addr: freeAddr(t), metrics: freeAddr(t), env: env}
	p.start()
	t.Cleanup(p.kill)
	return p
}

func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// start starts the server and returns how long it took to be ready.
func (p *process) start() time.Duration {
	p.t.Helper()
	p.said = &output{ready: make(chan struct{})}
	p.cmd = exec.Command(binary(p.t))
	p.cmd.Env = append(os.Environ(), "CAMPFIRE_DATA="+p.dir, "CAMPFIRE_ADDR="+p.addr, "CAMPFIRE_METRICS_ADDR="+p.metrics,
		"CAMPFIRE_RATE_POST=off", "CAMPFIRE_RATE_LOGIN=off", "CAMPFIRE_RATE_LOGIN_IP=off", "CAMPFIRE_RATE_SEARCH=off",
		"CAMPFIRE_WS_RATE=off", "CAMPFIRE_PREVIEWS=off", "CAMPFIRE_MAX_USER_SOCKETS=off", "CAMPFIRE_MAX_IP_SOCKETS=off", "CAMPFIRE_LOG_LEVEL=error")
	p.cmd.Env = append(p.cmd.Env, p.env...)
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

// stop ends the server as an operator does.
func (p *process) stop() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		p.t.Fatal(err)
	}
	if err := p.cmd.Wait(); err != nil {
		p.t.Fatalf("the server ended with %v:\n%s", err, p.said)
	}
	p.cmd = nil
}

// memory returns a line of the system's account of the server's memory, in
// MiB: VmRSS, or VmHWM, the most that it was. Zero on other systems than Linux.
func (p *process) memory(name string) float64 {
	line := firstLine(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid), name)
	kib, _ := strconv.Atoi(strings.TrimSuffix(line, " kB"))
	return float64(kib) / 1024
}

// scraped sums a series of the server's metrics, over all its labels that
// have all of the given ones.
func (p *process) scraped(name string, labels ...string) (sum float64) {
	p.t.Helper()
	resp, err := http.Get("http://" + p.metrics + "/metrics")
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		series, value, _ := strings.Cut(lines.Text(), " ")
		if series != name && !strings.HasPrefix(series, name+"{") {
			continue
		}
		if slices.ContainsFunc(labels, func(l string) bool { return !strings.Contains(series, l) }) {
			continue
		}
		n, err := strconv.ParseFloat(value, 64)
		if err != nil {
			p.t.Fatal(err)
		}
		sum += n
	}
	if err := lines.Err(); err != nil {
		p.t.Fatal(err)
	}
	return sum
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
