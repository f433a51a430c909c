package memory

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// system is one with these files, and 4 GiB of memory.
func system(t *testing.T, files map[string]string) System {
	t.Helper()
	s := System{Root: t.TempDir()}
	files["proc/meminfo"] = "MemFree: 1 kB\nMemTotal: 4194304 kB\n"
	for path, text := range files {
		path = filepath.Join(s.Root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestContainerIsTheLowestLimitOfAllGroups(t *testing.T) {
	const mib = 1 << 20
	for name, x := range map[string]struct {
		files map[string]string
		want  int64
	}{
		"none": {map[string]string{"proc/7/cgroup": "0::/\n"}, 0},
		"version 2": {map[string]string{"proc/7/cgroup": "0::/a/b\n",
			"sys/fs/cgroup/a/b/memory.max": "536870912\n", "sys/fs/cgroup/a/memory.max": "max\n"}, 512 * mib},
		"version 2, the parent has less": {map[string]string{"proc/7/cgroup": "0::/a/b\n",
			"sys/fs/cgroup/a/b/memory.max": "536870912\n", "sys/fs/cgroup/a/memory.max": "268435456\n"}, 256 * mib},
		"version 2, held back before it is ended": {map[string]string{"proc/7/cgroup": "0::/\n",
			"sys/fs/cgroup/memory.max": "536870912\n", "sys/fs/cgroup/memory.high": "402653184\n"}, 384 * mib},
		"version 2, in a container that shows the host's path": {map[string]string{"proc/7/cgroup": "0::/kubepods/pod1/c\n",
			"sys/fs/cgroup/memory.max": "536870912\n"}, 512 * mib},
		"version 2, outside of its own root": {map[string]string{"proc/7/cgroup": "0::/../x\n",
			"sys/fs/x/memory.max": "1048576\n", "sys/fs/cgroup/x/memory.max": "536870912\n"}, 512 * mib},
		"version 1": {map[string]string{"proc/7/cgroup": "5:cpu:/\n4:memory:/a\n0::/\n",
			"sys/fs/cgroup/memory/a/memory.limit_in_bytes": "536870912\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n"}, 512 * mib},
		"version 1, with others": {map[string]string{"proc/7/cgroup": "4:blkio,memory:/\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "536870912\n"}, 512 * mib},
	} {
		if got := system(t, x.files).Container(7); got != x.want {
			t.Errorf("%s: %d, want %d", name, got, x.want)
		}
	}
}

// keepLimit puts the runtime's limit back.
func keepLimit(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	t.Cleanup(func() { debug.SetMemoryLimit(before) })
	debug.SetMemoryLimit(math.MaxInt64)
	t.Setenv("GOMEMLIMIT", "")
}

func container(t *testing.T, bytes int64) System {
	return system(t, map[string]string{
		"proc/" + strconv.Itoa(os.Getpid()) + "/cgroup": "0::/\n",
		"sys/fs/cgroup/memory.max":                      strconv.FormatInt(bytes, 10) + "\n",
	})
}

func TestTheCollectorIsToldTheContainersLimit(t *testing.T) {
	for name, x := range map[string]struct {
		container, outside int64
		want               Limit
	}{
		"nine tenths":                    {1000 << 20, 0, Limit{900 << 20, 1000 << 20, true}},
		"less what is not the runtime's": {1000 << 20, 64 << 20, Limit{836 << 20, 1000 << 20, true}},
		"never below half":               {100 << 20, 64 << 20, Limit{45 << 20, 100 << 20, true}},
		"as much as the machine has":     {4 << 30, 0, Limit{}},
	} {
		t.Run(name, func(t *testing.T) {
			keepLimit(t)
			got := container(t, x.container).SetLimit(x.outside)
			if got != x.want {
				t.Errorf("%+v, want %+v", got, x.want)
			}
			if now := debug.SetMemoryLimit(-1); x.want.Bytes != 0 && now != x.want.Bytes || x.want.Bytes == 0 && now != math.MaxInt64 {
				t.Errorf("the runtime's is %d", now)
			}
		})
	}
}

func TestALimitThatWasGivenStays(t *testing.T) {
	keepLimit(t)
	debug.SetMemoryLimit(700 << 20)
	t.Setenv("GOMEMLIMIT", "700MiB")
	got := container(t, 1000<<20).SetLimit(0)
	if want := (Limit{700 << 20, 1000 << 20, false}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// gauges are all values of a registry, by name.
func gauges(t *testing.T, r *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	values := make(map[string]float64)
	for _, f := range families {
		values[f.GetName()] = f.GetMetric()[0].GetGauge().GetValue()
	}
	return values
}

var held []byte

func TestThePeakBetweenTwoScrapesIsSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := prometheus.NewRegistry()
		u := NewUsage(System{}, r)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { u.Run(ctx); close(done) }()
		defer func() { cancel(); <-done }()

		before := gauges(t, r)["memory_peak_bytes"]
		held = make([]byte, 64<<20)
		time.Sleep(every + 1) // of the bubble
		synctest.Wait()
		held = nil
		runtime.GC()
		after := gauges(t, r)
		if got := after["memory_allocated_bytes"]; got >= before+32<<20 {
			t.Fatalf("%.0f bytes are allocated still: nothing is shown", got)
		}
		if got := after["memory_peak_bytes"]; got < 64<<20 {
			t.Errorf("peak %.0f after 64 MiB were held for more than a second", got)
		}
	})
}

func TestTheSystemsPeakIsReported(t *testing.T) {
	r := prometheus.NewRegistry()
	NewUsage(system(t, map[string]string{"proc/self/status": "VmPeak:\t 9 kB\nVmHWM:\t 2048 kB\n"}), r)
	if got := gauges(t, r)["memory_resident_peak_bytes"]; got != 2<<20 {
		t.Errorf("%.0f", got)
	}
	// A system that does not tell has no such figure, rather than a wrong one.
	r = prometheus.NewRegistry()
	NewUsage(system(t, map[string]string{}), r)
	if got, there := gauges(t, r)["memory_resident_peak_bytes"]; there {
		t.Errorf("%.0f of a system that tells nothing", got)
	}
}

func TestTheLimitIsReported(t *testing.T) {
	keepLimit(t)
	r := prometheus.NewRegistry()
	NewUsage(System{}, r)
	if got := gauges(t, r)["memory_limit_bytes"]; got != 0 {
		t.Errorf("%.0f without a limit", got)
	}
	debug.SetMemoryLimit(300 << 20)
	if got := gauges(t, r)["memory_limit_bytes"]; got != 300<<20 {
		t.Errorf("%.0f", got)
	}
}
