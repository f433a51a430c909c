package memory

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// System is where the system tells of itself. Its zero value is this one.
type System struct {
	Root string // of /proc and /sys; empty: the system's
}

// Installed returns the machine's memory in bytes; 0 when it is not known.
func (s System) Installed() int64 {
	return s.kibibytes("/proc/meminfo", "MemTotal:")
}

// Peak returns the most memory that this process ever had resident, in bytes;
// 0 where the system does not tell.
func (s System) Peak() int64 {
	return s.kibibytes("/proc/self/status", "VmHWM:")
}

// kibibytes reads a line "key n kB".
func (s System) kibibytes(file, key string) int64 {
	b, err := os.ReadFile(filepath.Join(s.Root, file))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == key && f[2] == "kB" {
			n, _ := strconv.ParseInt(f[1], 10, 64)
			return n << 10
		}
	}
	return 0
}

// Container returns the lowest limit of the control groups that a process is
// in, version 1 or 2, in bytes; 0 when there is none. Of version 2 it is the
// size from which the process is held back or ended, whichever is less.
func (s System) Container(pid int) int64 {
	b, err := os.ReadFile(filepath.Join(s.Root, "/proc", strconv.Itoa(pid), "cgroup"))
	if err != nil {
		return 0
	}
	var lowest int64
	for line := range strings.Lines(string(b)) {
		// number:controllers:path
		part := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(part) != 3 {
			continue
		}
		dir, files := filepath.Join(s.Root, "/sys/fs/cgroup"), []string{"memory.max", "memory.high"}
		if slices.Contains(strings.Split(part[1], ","), "memory") {
			dir, files = filepath.Join(dir, "memory"), []string{"memory.limit_in_bytes"}
		} else if part[1] != "" {
			continue
		}
		// In a container the path is often the host's and is not there: the
		// root is then the container's own.
		for group := path.Clean("/" + part[2]); ; group = path.Dir(group) {
			for _, file := range files {
				if n := readLimit(filepath.Join(dir, group, file)); n > 0 && (lowest == 0 || n < lowest) {
					lowest = n
				}
			}
			if group == "/" {
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
