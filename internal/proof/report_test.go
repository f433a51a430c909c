package proof

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// report prints a result and, in a full run, keeps it in perf/proof.
func report(t *testing.T, name string, result map[string]any) {
	t.Helper()
	result["at"] = time.Now().UTC().Format(time.RFC3339)
	result["machine"] = machine()
	result["command"] = "make proof"
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

// machine describes what the figures were measured on.
func machine() map[string]any {
	m := map[string]any{"go": runtime.Version(), "cpus": runtime.NumCPU(), "system": runtime.GOOS + "/" + runtime.GOARCH}
	if s := firstLine("/proc/cpuinfo", "model name"); s != "" {
		m["cpu"] = s
	}
	if s := firstLine("/proc/meminfo", "MemTotal"); s != "" {
		m["memory"] = s
	}
	return m
}

// firstLine returns the value of the first "key : value" line; empty where
// there is none, as on other systems than Linux.
func firstLine(path, key string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(b)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == key {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// percentiles summarises durations in milliseconds.
func percentiles(d []time.Duration) map[string]float64 {
	if len(d) == 0 {
		return nil
	}
	d = slices.Sorted(slices.Values(d))
	at := func(q float64) float64 {
		return float64(d[min(len(d)-1, int(q*float64(len(d))))].Round(10*time.Microsecond).Microseconds()) / 1000
	}
	return map[string]float64{"p50": at(.5), "p95": at(.95), "p99": at(.99), "max": at(1)}
}
