package doctor

import (
	"context"
	"strings"
)

// p95 holds a histogram against a target in seconds.
func p95(p *Patient, name string, target float64, remedy string, match ...string) Finding {
	value, n := p.Metrics.quantile(0.95, name, match...)
	if n < enough {
		return unknown("not enough data yet: %.0f observations of %d", n, enough)
	}
	if value > target {
		return warn(remedy, "p95 %.1f ms of %.0f since the start; the target is %.0f ms", 1000*value, n, 1000*target)
	}
	return ok("p95 %.2f ms of %.0f since the start; the target is %.0f ms", 1000*value, n, 1000*target)
}

func createTarget(_ context.Context, p *Patient) Finding {
	return p95(p, "message_create_duration_seconds", 0.010, "a faster disk (see the speed of a sync), or less posted at once: CAMPFIRE_RATE_POST=5/s,20")
}

func broadcastTarget(_ context.Context, p *Patient) Finding {
	return p95(p, "ws_broadcast_duration_seconds", 0.050, "more cores, or CAMPFIRE_BATCH_INTERVAL=10ms CAMPFIRE_BATCH_SIZE=64", "stage", "written")
}

// queryTarget leaves the commit out, whose time is the disk's.
func queryTarget(_ context.Context, p *Patient) Finding {
	return p95(p, "db_query_duration_seconds", 0.005, "CAMPFIRE_DB_CACHE="+itoa(2*max(p.Config.DBCache, leastCache)>>20)+"MiB", "op", "!commit")
}

const guideMemory = 512_000_000

func memoryTarget(_ context.Context, p *Patient) Finding {
	resident, sockets := p.Metrics.sum("process_resident_memory_bytes"), p.Metrics.sum("ws_connections")
	if resident == 0 {
		return unknown("this system does not tell a process's memory")
	}
	if resident > guideMemory && sockets <= guideSockets {
		remedy := "CAMPFIRE_CACHE=32MiB CAMPFIRE_DB_CACHE=64MiB"
		if p.Server.Metrics != "" {
			remedy += "; what holds it: go tool pprof http://" + p.Server.Metrics + "/debug/pprof/heap"
		}
		return warn(remedy, "%s with %.0f connections; the target is 512 MB with 10,000", sizeOf(int64(resident)), sockets)
	}
	return ok("%s with %.0f connections; the target is 512 MB with 10,000", sizeOf(int64(resident)), sockets)
}

func connectionsTarget(_ context.Context, p *Patient) Finding {
	open, limit := p.Metrics.sum("ws_connections"), p.Metrics.sum("ws_connections_limit")
	switch {
	case limit > 0 && limit < guideSockets:
		return warn("CAMPFIRE_MAX_SOCKETS=20000, and ulimit -n 20512", "%.0f open, %.0f allowed; the target is 10,000", open, limit)
	case limit > 0 && open > 0.9*limit:
		return warn("CAMPFIRE_MAX_SOCKETS="+itoa(int64(2*limit))+", and ulimit -n "+itoa(int64(2*limit)+descriptorsAside), "%.0f of %.0f are open; beyond it people are refused", open, limit)
	case limit == 0:
		return ok("%.0f open, without a bound", open)
	}
	return ok("%.0f open, %.0f allowed; the target is 10,000", open, limit)
}

// matches reports whether a sample's labels are as asked: names and values in
// turn, a value that begins with ! excluded.
func (s Sample) matches(match []string) bool {
	for i := 0; i+1 < len(match); i += 2 {
		value, not := strings.CutPrefix(match[i+1], "!")
		if (s.Labels[match[i]] == value) == not {
			return false
		}
	}
	return true
}
