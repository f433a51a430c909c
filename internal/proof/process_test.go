package proof

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// full reports whether the whole sets are to be run.
func full() bool { return os.Getenv("CAMPFIRE_PROOF") == "full" }

// rounds picks a size by the kind of run.
func rounds(quick, whole int) int {
	if full() {
		return whole
	}
	return quick
}

var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "campfire-proof")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "campfire")
	out, err := exec.Command("go", "build", "-o", path, "campfire/cmd/campfire").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := binary(); err == nil {
		os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// process is a server of its own, to be killed without harm to the test.
type process struct {
	t    *testing.T
	dir  string
	addr string
	cmd  *exec.Cmd
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

// start starts the server and waits until it says that it is ready.
func (p *process) start() time.Duration {
	p.t.Helper()
	path, err := binary()
	if err != nil {
		p.t.Fatal(err)
	}
	p.cmd = exec.Command(path)
	p.cmd.Env = append(os.Environ(), "CAMPFIRE_DATA="+p.dir, "CAMPFIRE_ADDR="+p.addr, "CAMPFIRE_METRICS_ADDR=off",
		"CAMPFIRE_RATE_POST=off", "CAMPFIRE_RATE_LOGIN=off", "CAMPFIRE_RATE_LOGIN_IP=off", "CAMPFIRE_RATE_SEARCH=off",
		"CAMPFIRE_WS_RATE=off", "CAMPFIRE_MAX_USER_SOCKETS=off", "CAMPFIRE_MAX_IP_SOCKETS=off", "CAMPFIRE_LOG_LEVEL=error",
		// Listeners are to be replayed to however far they fell behind.
		"CAMPFIRE_REPLAY_MAX=off", "CAMPFIRE_REPLAY_TOTAL=off")
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	p.cmd.Stderr = os.Stderr
	began := time.Now()
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	ready := make(chan bool, 1)
	go func() {
		for s := bufio.NewScanner(out); s.Scan(); {
			if strings.Contains(s.Text(), "is ready at") {
				ready <- true
			}
		}
	}()
	select {
	case <-ready:
	case <-time.After(30 * time.Second):
		p.t.Fatal("the server did not get ready")
	}
	return time.Since(began)
}

// kill ends the server as a power switch ends a process: at once.
func (p *process) kill() {
	if p.cmd == nil {
		return
	}
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
	p.cmd = nil
}

func (p *process) url() string { return "http://" + p.addr }

// report prints a result and, in a full run, keeps it in perf/proof.
func report(t *testing.T, name string, result map[string]any) {
	t.Helper()
	result["go"], result["cpus"], result["system"] = runtime.Version(), runtime.NumCPU(), runtime.GOOS+"/"+runtime.GOARCH
	result["at"] = time.Now().UTC().Format(time.RFC3339)
	b, err := json.MarshalIndent(result, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: %s", name, b)
	if !full() {
		return
	}
	dir := filepath.Join("..", "..", "perf", "proof")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".json"), append(b, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

func patience(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}
