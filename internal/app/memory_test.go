package app

import (
	"bytes"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"

	"campfire/internal/config"
	"campfire/internal/memory"
)

func TestTheLimitOfMemoryIsLoggedOnce(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	t.Cleanup(func() { debug.SetMemoryLimit(before) })
	root := t.TempDir()
	for path, text := range map[string]string{
		"proc/meminfo": "MemTotal: 4194304 kB\n",
		fmt.Sprintf("proc/%d/cgroup", os.Getpid()):   "0::/\n",
		filepath.Join("sys/fs/cgroup", "memory.max"): "1048576000\n",
	} {
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, x := range map[string]struct{ env, want string }{
		"from the container": {"", "limit=876609536 container=1048576000"},
		"given":              {"700MiB", "limit=734003200 container=1048576000"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("GOMEMLIMIT", x.env)
			debug.SetMemoryLimit(math.MaxInt64)
			if x.env != "" { // what the runtime does at its start
				debug.SetMemoryLimit(700 << 20)
			}
			var log bytes.Buffer
			limitMemory(memory.System{Root: root}, &config.Config{DBCache: 64 << 20}, slog.New(slog.NewTextHandler(&log, nil)))
			if got := log.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, x.want) {
				t.Errorf("logged %q, want one line with %s", got, x.want)
			}
		})
	}
}
