package proof

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"campfire/client"
	"campfire/internal/load/fleet"

	"github.com/gobwas/ws"
)

// upgraded opens a socket by hand. status is what the server answered the
// handshake with, after its Retry-After in seconds, zero when it said none.
// The connection is nil unless status is 101.
func upgraded(ctx context.Context, addr, token string) (nc net.Conn, in *bufio.Reader, status, after int, err error) {
	var d net.Dialer
	if nc, err = d.DialContext(ctx, "tcp", addr); err != nil {
		return nil, nil, 0, 0, err
	}
	if deadline, ok := ctx.Deadline(); ok {
		nc.SetDeadline(deadline)
	}
	in = bufio.NewReaderSize(nc, 1024)
	_, err = fmt.Fprintf(nc, "GET /ws HTTP/1.1\r\nHost: campfire\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: campfire.v1\r\nAuthorization: Bearer %s\r\n\r\n", token)
	var resp *http.Response
	if err == nil {
		resp, err = http.ReadResponse(in, nil)
	}
	if err != nil {
		nc.Close()
		return nil, nil, 0, 0, err
	}
	if resp.StatusCode != http.StatusSwitchingProtocols {
		nc.Close()
		after, _ = strconv.Atoi(resp.Header.Get("Retry-After"))
		return nil, nil, resp.StatusCode, after, nil
	}
	return nc, in, resp.StatusCode, 0, nil
}

// subscribe follows a room from now on.
func subscribe(nc net.Conn, room int64) error {
	text := fmt.Appendf(nil, `{"type":"subscribe","rooms":[{"id":%d,"join":true}]}`, room)
	_, err := nc.Write(ws.MustCompileFrame(ws.MaskFrame(ws.NewTextFrame(text))))
	return err
}

// setUp makes the first account.
func setUp(t *testing.T, ctx context.Context, url string) *client.Client {
	t.Helper()
	admin, _, err := client.New(url, "").SetUp(ctx, "Ada", "ada@example.org", password)
	if err != nil {
		t.Fatal(err)
	}
	return admin
}

// A storm of connections at once is served or refused, each with a reason to
// come back; none hangs, no place is lost, and who comes back gets in.
func TestConnectionStormIsServedOrRefused(t *testing.T) {
	storm := size(200, 5000)
	places := storm / 2
	ctx := patience(t, 2*time.Minute)
	p := startProcess(t, "CAMPFIRE_MAX_HANDSHAKES=4", fmt.Sprint("CAMPFIRE_MAX_SOCKETS=", places))
	admin := setUp(t, ctx, p.url())

	type answer struct {
		conn          net.Conn
		status, after int
		err           error
		took          time.Duration
	}
	answers := make([]answer, storm)
	begin := make(chan struct{})
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() {
			<-begin
			a, began := &answers[i], time.Now()
			a.conn, _, a.status, a.after, a.err = upgraded(ctx, p.addr, admin.Token())
			a.took = time.Since(began)
		})
	}
	close(begin)
	wg.Wait()
	accepted, refused := 0, 0
	var took []time.Duration
	for i, a := range answers {
		took = append(took, a.took)
		switch {
		case a.err != nil:
			t.Errorf("socket %d was neither served nor refused: %v", i, a.err)
		case a.status == http.StatusSwitchingProtocols:
			accepted++
			defer a.conn.Close()
		case (a.status == http.StatusServiceUnavailable || a.status == http.StatusTooManyRequests) && a.after > 0:
			refused++
		default:
			t.Errorf("socket %d was answered %d, Retry-After %d", i, a.status, a.after)
		}
	}
	if accepted == 0 || accepted > places || refused < storm-places {
		t.Errorf("%d accepted and %d refused of %d, for %d places", accepted, refused, storm, places)
	}
	if _, err := admin.Rooms(ctx); err != nil {
		t.Errorf("who is connected already was not served after it: %v", err)
	}
	rss := p.memory("VmHWM")

	// The others come back when these have left. They are as many as there are
	// places, so none may have been lost.
	for _, a := range answers {
		if a.conn != nil {
			a.conn.Close()
		}
	}
	seats := make([]fleet.Seat, places)
	for i := range seats {
		seats[i] = fleet.Seat{Token: admin.Token(), Room: 1}
	}
	f, err := fleet.New(fleet.Options{URL: p.url(), Seats: seats})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var mu sync.Mutex
	again := 0
	began := time.Now()
	err = f.Connect(ctx, places, nil, func(err error) {
		mu.Lock()
		defer mu.Unlock()
		again++
		if r, ok := errors.AsType[*fleet.Refused](err); !ok || r.RetryAfter == 0 {
			t.Errorf("refused without saying for how long: %v", err)
		}
	})
	if err != nil {
		t.Fatalf("%d of %d came in: %v", f.Counts().Live, places, err)
	}
	report(t, "storm", map[string]any{
		"handshakes_at_once": storm, "places": places, "accepted": accepted, "refused": refused, "answered_ms": percentiles(took),
		"came_back": places, "refused_again": again, "came_back_s": time.Since(began).Seconds(), "peak_rss_mib": rss,
	})
}
