package doctor

import (
	"context"
	"math"
)

// What a connection and the rest of the process take, for the estimate: the
// guide's allowance for a socket, its goroutine and kernel's part included,
// and the program at rest.
const (
	socketBytes  = 50 << 10
	processBytes = 64 << 20
)

func memoryBudget(_ context.Context, p *Patient) Finding {
	total, what := p.Machine.Memory(p.pid())
	if total == 0 {
		return unknown("the machine's memory can't be read")
	}
	sockets := p.Config.Limits.MaxSockets
	if sockets == 0 || sockets > guideSockets {
		sockets = guideSockets
	}
	caches := p.Config.Cache + p.Config.DBCache
	need := caches + int64(sockets)*socketBytes + processBytes
	detail := "%s of caches, an estimated %s for %d sockets and %s for the rest make %s of %s's %s"
	a := []any{sizeOf(caches), sizeOf(int64(sockets) * socketBytes), sockets, sizeOf(processBytes), sizeOf(need), what, sizeOf(total)}
	switch {
	case caches+processBytes > total*9/10:
		return fail("CAMPFIRE_CACHE=32MiB CAMPFIRE_DB_CACHE=64MiB, or more memory", detail, a...)
	case need > total*9/10:
		return warn("CAMPFIRE_MAX_SOCKETS="+fits(total, caches)+", or more memory", detail, a...)
	}
	return ok(detail, a...)
}

// fits returns how many sockets the estimate allows.
func fits(total, caches int64) string {
	return itoa(max((total*9/10-caches-processBytes)/socketBytes/100*100, 100))
}

func goMemoryLimit(_ context.Context, p *Patient) Finding {
	limit := p.Metrics.sum("go_gc_gomemlimit_bytes")
	inForce := limit > 0 && limit < math.MaxInt64/2
	container := p.Machine.system().Container(p.pid())
	switch {
	case container == 0 && inForce:
		return ok("%s", sizeOf(int64(limit)))
	case container == 0:
		return ok("not needed: no container limits the memory")
	case !inForce:
		return warn("GOMEMLIMIT="+itoa(container*9/10>>20)+"MiB", "the container ends the process beyond %s, and the collector does not know", sizeOf(container))
	case limit > float64(container):
		return fail("GOMEMLIMIT="+itoa(container*9/10>>20)+"MiB", "%s is more than the container's %s", sizeOf(int64(limit)), sizeOf(container))
	}
	return ok("%s of the container's %s", sizeOf(int64(limit)), sizeOf(container))
}

func memoryMetrics(_ context.Context, p *Patient) Finding {
	for _, name := range []string{"memory_allocated_bytes", "memory_peak_bytes"} {
		if !p.Metrics.has(name) {
			return fail("upgrade the server", "the server's metrics have no %s", name)
		}
	}
	return ok("%s allocated, %s at the peak", sizeOf(int64(p.Metrics.sum("memory_allocated_bytes"))), sizeOf(int64(p.Metrics.sum("memory_peak_bytes"))))
}

// A socket has one goroutine, one more while it lags; a request over HTTP has
// two. Both are descriptors.
const goroutinesAside = 100

func leaks(_ context.Context, p *Patient) Finding {
	goroutines, files, sockets := p.Metrics.sum("go_goroutines"), p.Metrics.sum("process_open_fds"), p.Metrics.sum("ws_connections")
	if most := goroutinesAside + 2*max(files, sockets); goroutines > most {
		addr := p.Server.Metrics
		if addr == "" {
			addr = "127.0.0.1:9300"
		}
		return warn("curl 'http://"+addr+"/debug/pprof/goroutine?debug=1'", "%.0f goroutines for %.0f sockets and %.0f open files: more than %.0f can be accounted for", goroutines, sockets, files, most)
	}
	return ok("%.0f goroutines for %.0f sockets and %.0f open files", goroutines, sockets, files)
}

// pointer is a line that only a document can answer.
func pointer(where string) Finding {
	return unknown("only a document can answer: see %s", where)
}

func interning(context.Context, *Patient) Finding {
	return pointer("docs/founding-guide.md, Memory")
}

func pooling(context.Context, *Patient) Finding {
	return pointer("docs/founding-guide.md, Memory; go test -run xx -bench AppendMessage -benchmem .")
}
