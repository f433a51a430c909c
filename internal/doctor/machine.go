package doctor

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"campfire/internal/memory"
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

func (m *Machine) system() memory.System { return memory.System{Root: m.Root} }

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
	total, whose = m.system().Installed(), "the machine"
	if limit := m.system().Container(pid); limit > 0 && (total == 0 || limit < total) {
		return limit, "the container"
	}
	return total, whose
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
