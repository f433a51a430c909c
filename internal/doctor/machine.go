package doctor

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"campfire/internal/store"

	"golang.org/x/sys/unix"
)

// Machine is where the server runs. Its zero value asks the system; tests
// replace what they would have otherwise.
type Machine struct {
	Root string // of /proc and /sys; empty: the system's

	network      func(dir string) string
	space        func(dir string) (free, total int64, err error)
	sync         func(ctx context.Context, dir string) (time.Duration, error)
	synchronised func() (yes, known bool)
}

// pid is the running server's process, this one when there is none.
func (p *Patient) pid() int {
	if p.Server != nil {
		return p.Server.PID
	}
	return os.Getpid()
}

// Memory returns the bytes that a process may use at most, and whose they
// are: the container's when it has fewer than the machine. 0: not known.
func (m *Machine) Memory(pid int) (total int64, whose string) {
	total, whose = m.installed(), "the machine"
	if limit := m.ContainerMemory(pid); limit > 0 && (total == 0 || limit < total) {
		return limit, "the container"
	}
	return total, whose
}

func (m *Machine) installed() int64 {
	b, err := os.ReadFile(filepath.Join(m.Root, "/proc/meminfo"))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "MemTotal:" {
			kib, _ := strconv.ParseInt(f[1], 10, 64)
			return kib << 10
		}
	}
	return 0
}

// ContainerMemory returns the lowest limit of the control groups that a
// process is in, version 1 or 2, in bytes; 0 when there is none.
func (m *Machine) ContainerMemory(pid int) int64 {
	b, err := os.ReadFile(filepath.Join(m.Root, "/proc", strconv.Itoa(pid), "cgroup"))
	if err != nil {
		return 0
	}
	var lowest int64
	for line := range strings.Lines(string(b)) {
		part := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(part) != 3 {
			continue
		}
		dir, file := filepath.Join(m.Root, "/sys/fs/cgroup"), "memory.max"
		if part[1] == "memory" {
			dir, file = filepath.Join(dir, "memory"), "memory.limit_in_bytes"
		} else if part[1] != "" {
			continue
		}
		// In a container the path is often the host's and is not there: the
		// root is then the container's own.
		for path := part[2]; ; path = filepath.Dir(path) {
			if n := readLimit(filepath.Join(dir, path, file)); n > 0 && (lowest == 0 || n < lowest) {
				lowest = n
			}
			if path == "/" || path == "." {
				break
			}
		}
	}
	return lowest
}

// noLimit is less than what version 1 says where there is no limit.
const noLimit = 1 << 60

func readLimit(path string) int64 {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64) // "max" is no number
	if err != nil || n >= noLimit {
		return 0
	}
	return n
}

// NetworkFileSystem names the network file system of a directory, or of the
// nearest above it that is there; empty for a local disk.
func (m *Machine) NetworkFileSystem(dir string) string {
	if m.network != nil {
		return m.network(dir)
	}
	return store.NetworkFileSystem(existing(dir))
}

// Space returns the bytes that are free to this user, and all there are.
func (m *Machine) Space(dir string) (free, total int64, err error) {
	if m.space != nil {
		return m.space(dir)
	}
	var st unix.Statfs_t
	if err := unix.Statfs(existing(dir), &st); err != nil {
		return 0, 0, err
	}
	return int64(st.Bavail) * int64(st.Bsize), int64(st.Blocks) * int64(st.Bsize), nil
}

func existing(dir string) string {
	for dir != filepath.Dir(dir) {
		if _, err := os.Stat(dir); err == nil {
			return dir
		}
		dir = filepath.Dir(dir)
	}
	return dir
}

// Sync measures the median time of appending 4 KiB and syncing them.
func (m *Machine) Sync(ctx context.Context, dir string) (time.Duration, error) {
	if m.sync != nil {
		return m.sync(ctx, dir)
	}
	return measureSync(ctx, dir)
}

// Synchronised reports whether the system's clock follows a time server.
func (m *Machine) Synchronised() (yes, known bool) {
	if m.synchronised != nil {
		return m.synchronised()
	}
	return clockState()
}

func cores(_ context.Context, p *Patient) Finding {
	n := runtime.GOMAXPROCS(0)
	if v := p.Metrics.sum("go_sched_gomaxprocs_threads"); v > 0 {
		n = int(v)
	}
	if n < 2 {
		return warn("two cores or more", "%d: posts, deliveries and pages take turns", n)
	}
	return ok("%d; what each number of cores carries is in docs/founding-guide.md, Sizing", n)
}

func network(context.Context, *Patient) Finding {
	return pointer("docs/founding-guide.md, Sizing")
}
