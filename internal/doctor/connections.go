package doctor

import (
	"context"
	"fmt"
	"strings"
	"syscall"
	"time"
)

// The guide's number of connections, and what the server keeps aside of the
// descriptors for files, requests and the database.
const (
	guideSockets     = 10_000
	descriptorsAside = 512
)

func connectionLimits(_ context.Context, p *Patient) Finding {
	l := p.Config.Limits
	switch {
	case l.MaxSockets == 0:
		return warn("CAMPFIRE_MAX_SOCKETS=20000", "as many as come: memory has no bound")
	case l.MaxSockets < guideSockets:
		return warn("CAMPFIRE_MAX_SOCKETS=20000", "%d; the guide asks for 10,000", l.MaxSockets)
	case l.MaxUserSockets == 0:
		return warn("CAMPFIRE_MAX_USER_SOCKETS=20", "one person may take all connections")
	case l.MaxIPSockets == 0:
		return warn("CAMPFIRE_MAX_IP_SOCKETS=500", "one address may take all connections")
	case l.MaxHandshakes == 0:
		return warn("CAMPFIRE_MAX_HANDSHAKES=50", "as many may connect at once as come")
	}
	return ok("%d in all, %d of one person, %d of one address", l.MaxSockets, l.MaxUserSockets, l.MaxIPSockets)
}

func descriptors(_ context.Context, p *Patient) Finding {
	limit, whose := int64(p.Metrics.sum("process_max_fds")), "the server's limit"
	if limit == 0 {
		var files syscall.Rlimit
		if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil {
			return unknown("the limit can't be read: %v", err)
		}
		limit, whose = int64(min(files.Cur, 1<<62)), "the limit here"
	}
	sockets := p.Config.Limits.MaxSockets
	if sockets == 0 {
		sockets = guideSockets
	}
	want := int64(sockets + descriptorsAside)
	remedy := fmt.Sprintf("ulimit -n %d, or LimitNOFILE=%d in the systemd unit", want, want)
	switch {
	case limit < guideSockets+descriptorsAside && limit < want:
		return fail(remedy, "%s is %d: %d connections at most, %d are configured", whose, limit, max(limit-descriptorsAside, 64), sockets)
	case limit < want:
		return warn(remedy, "%s is %d: %d connections at most, %d are configured", whose, limit, limit-descriptorsAside, sockets)
	}
	return ok("%s is %d, enough for %d connections", whose, limit, sockets)
}

func backpressure(_ context.Context, p *Patient) Finding {
	l := p.Config.Limits
	switch {
	case l.WSQueue == 0:
		return warn("CAMPFIRE_WS_QUEUE=256", "any number of frames may wait for a slow reader")
	case l.WSQueueBytes == 0:
		return warn("CAMPFIRE_WS_QUEUE_BYTES=1MiB", "any number of bytes may wait for a slow reader")
	case l.WSWriteTimeout == 0:
		return warn("CAMPFIRE_WS_WRITE_TIMEOUT=10s", "a reader that takes nothing is never dropped")
	case l.WriteQueue == 0:
		return warn("CAMPFIRE_WRITE_QUEUE=1024", "any number of writes may wait for the disk")
	}
	return ok("%d frames and %s may wait for one socket, then it is closed with 4008", l.WSQueue, sizeOf(l.WSQueueBytes))
}

func batching(_ context.Context, p *Patient) Finding {
	c := p.Config
	switch {
	case c.BatchInterval == 0:
		return warn("CAMPFIRE_BATCH_INTERVAL=10ms", "off: each event is a frame of its own")
	case c.BatchSize <= 1:
		return warn("CAMPFIRE_BATCH_SIZE=64", "off: each event is a frame of its own")
	case c.BatchInterval > 50*time.Millisecond:
		return warn("CAMPFIRE_BATCH_INTERVAL=10ms", "events wait up to %v, more than the target of a whole broadcast", c.BatchInterval)
	}
	return ok("up to %d events within %v", c.BatchSize, c.BatchInterval)
}

func idleCleanup(_ context.Context, p *Patient) Finding {
	l := p.Config.Limits
	switch {
	case l.WSPing == 0:
		return warn("CAMPFIRE_WS_PING=25s", "off: proxies cut quiet connections, and dead ones stay")
	case l.WSDead == 0:
		return warn("CAMPFIRE_WS_DEAD=60s", "off: connections of peers that are gone stay open")
	case l.WSDead <= l.WSPing:
		return fail("CAMPFIRE_WS_DEAD="+(2*l.WSPing+10*time.Second).String(), "a socket is dropped after %v of silence but pinged every %v only: live ones are dropped", l.WSDead, l.WSPing)
	}
	return ok("pinged every %v, dropped after %v of silence", l.WSPing, l.WSDead)
}

func rates(_ context.Context, p *Patient) Finding {
	l := p.Config.Limits
	var lifted, remedy []string
	for _, r := range []struct {
		off         bool
		name, value string
	}{
		{l.RateLogin.Unlimited(), "CAMPFIRE_RATE_LOGIN", "10/3m"},
		{l.RateLoginIP.Unlimited(), "CAMPFIRE_RATE_LOGIN_IP", "50/3m"},
		{l.RatePost.Unlimited(), "CAMPFIRE_RATE_POST", "5/s,20"},
		{l.RateBot.Unlimited(), "CAMPFIRE_RATE_BOT", "10/s"},
		{l.RateSearch.Unlimited(), "CAMPFIRE_RATE_SEARCH", "2/s,10"},
		{l.WSRate.Unlimited(), "CAMPFIRE_WS_RATE", "20/s,40"},
	} {
		if r.off {
			lifted, remedy = append(lifted, r.name), append(remedy, r.name+"="+r.value)
		}
	}
	if len(lifted) > 0 {
		return warn(strings.Join(remedy, " "), "lifted: %s", strings.Join(lifted, ", "))
	}
	return ok("signing in, posting, searching and sockets are limited")
}

func boundedWork(_ context.Context, p *Patient) Finding {
	l := p.Config.Limits
	switch {
	case l.MaxInflight == 0:
		return warn("CAMPFIRE_MAX_INFLIGHT=512", "any number of requests are served at once")
	case l.RequestTimeout == 0:
		return warn("CAMPFIRE_REQUEST_TIMEOUT=30s", "a request may take for ever")
	case l.MaxBody == 0 || l.MaxBatchBody == 0:
		return warn("CAMPFIRE_MAX_BODY=256KiB CAMPFIRE_MAX_BATCH_BODY=4MiB", "the body of a request may be of any size")
	case l.HeaderTimeout == 0:
		return warn("CAMPFIRE_HEADER_TIMEOUT=5s", "a request's header may take for ever")
	}
	return ok("%d requests at once, %v each", l.MaxInflight, l.RequestTimeout)
}
