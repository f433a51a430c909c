package memory

import (
	"math"
	"os"
	"runtime/debug"
)

// Limit is what the runtime keeps its memory below, and why.
type Limit struct {
	Bytes     int64 // 0: no limit
	Container int64 // what the container may use; 0: as much as the machine has
	// Set says that it was made from Container, and not by whoever started
	// the process.
	Set bool
}

// share of the container's memory, in tenths, is the process's; the rest is
// for the kernel, which counts buffers of sockets and pages of files too.
const share = 9

// SetLimit makes the runtime keep its memory below nine tenths of what the
// container may use, if that is less than the machine has, so that the
// collector works harder before the container ends the process. Of it outside
// bytes are left for memory that is not the runtime's, but never more than
// half. Where GOMEMLIMIT is set, that stays.
func (s System) SetLimit(outside int64) Limit {
	l := Limit{Container: s.Container(os.Getpid())}
	if installed := s.Installed(); installed > 0 && l.Container >= installed {
		l.Container = 0
	}
	if os.Getenv("GOMEMLIMIT") == "" && l.Container > 0 {
		usable := l.Container / 10 * share
		debug.SetMemoryLimit(usable - min(max(outside, 0), usable/2))
		l.Set = true
	}
	l.Bytes = inForce()
	return l
}

// inForce returns the runtime's limit; 0 when there is none.
func inForce() int64 {
	if n := debug.SetMemoryLimit(-1); n != math.MaxInt64 {
		return n
	}
	return 0
}
