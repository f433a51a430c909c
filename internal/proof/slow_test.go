package proof

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"campfire/client"
	"campfire/internal/load/fleet"

	"github.com/gobwas/ws"
)

// slowMiB is how much memory the server may take beyond what it had, for each
// reader that never reads: far below the megabyte that may wait for one, as
// what waits is shared.
const slowMiB = 0.064

// sharedMiB is what it may take besides, for posts and what they leave behind.
const sharedMiB = 64

// In a room that is posted to at full speed, readers that never read are
// closed as too slow (cut, as they take not even the 4008); the others get everything in order, posts go on, and
// memory stays bounded.
func TestSlowReadersHarmNobody(t *testing.T) {
	slow, quick := size(50, 1000), size(20, 100)
	ctx := patience(t, 3*time.Minute)
	p := startProcess(t, "CAMPFIRE_MAX_HANDSHAKES=off", "CAMPFIRE_REPLAY_MAX=1000000", "CAMPFIRE_REPLAY_TOTAL=1000000", fmt.Sprint("CAMPFIRE_WS_QUEUE=", size(64, 256)))
	admin := setUp(t, ctx, p.url())

	seats := make([]fleet.Seat, quick)
	for i := range seats {
		seats[i] = fleet.Seat{Token: admin.Token(), Room: 1}
	}
	f, err := fleet.New(fleet.Options{URL: p.url(), Seats: seats})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Connect(ctx, 32, nil, nil); err != nil {
		t.Fatal(err)
	}
	deaf := make([]*deafReader, slow)
	for i := range deaf {
		nc, in, status, _, err := upgraded(ctx, p.addr, admin.Token())
		if err == nil && nc == nil {
			err = fmt.Errorf("the handshake was answered %d", status)
		}
		if err == nil {
			err = subscribe(nc, 1)
		}
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		deaf[i] = &deafReader{nc: nc, in: in}
	}
	for i, d := range deaf {
		if err := d.hear("subscribed"); err != nil {
			t.Fatalf("slow reader %d: %v", i, err)
		}
	}
	before := p.memory("VmRSS")

	// Posters go on until the last of the slow is closed, and a while longer.
	var posted atomic.Int64
	var gone atomic.Int64
	gone.Store(-1) // how many were posted when that was
	var wg sync.WaitGroup
	filler := strings.Repeat("tea and more tea ", 10)
	more := int64(size(200, 2000))
	for i := range 16 {
		c := network{}.over(t, admin)
		wg.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				if g := gone.Load(); g >= 0 && posted.Load() >= g+more {
					return
				}
				d := client.Draft{Body: fmt.Sprintf("%d of poster %d: %s", n, i, filler), ClientMessageID: fmt.Sprintf("p%d-%d", i, n)}
				if _, err := c.Post(ctx, 1, d); err != nil {
					t.Errorf("a post was not acknowledged: %v", err)
					return
				}
				posted.Add(1)
			}
		})
	}
	began := time.Now()
	closed := func() float64 { return p.scraped("ws_connections_closed_total", `reason="slow"`) }
	kernel := 0.0
	for closed() < float64(slow) && ctx.Err() == nil {
		kernel = max(kernel, kernelTCP())
		<-time.After(20 * time.Millisecond)
	}
	took := time.Since(began)
	until := posted.Load()
	gone.Store(until)
	wg.Wait()
	if n := closed(); n != float64(slow) {
		t.Errorf("%v connections were closed as slow, want the %d that never read", n, slow)
	}
	peak := p.memory("VmHWM")
	if bound := before + slowMiB*float64(slow) + sharedMiB; peak > bound {
		t.Errorf("the server took %.0f MiB at most, more than the %.0f that %d slow readers may cost it", peak, bound, slow)
	}

	// Everyone else has everything. (The fleet holds each number against the
	// one before.)
	r, err := admin.Room(ctx, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i := range quick {
		for ctx.Err() == nil {
			if _, last := f.Seq(i); last >= r.Seq {
				break
			}
			<-time.After(time.Millisecond)
		}
		if _, last := f.Seq(i); last != r.Seq {
			t.Errorf("reader %d has %d of %d", i, last, r.Seq)
		}
	}
	// Where the machine is too busy for them they lag as well, and come back.
	counts := f.Counts()
	if counts.Faults > 0 || counts.Resynced > 0 {
		t.Errorf("%d faults, %d sockets that had to begin anew: %v %v", counts.Faults, counts.Resynced, counts.Closes, f.Faults())
	}
	if r.Seq != posted.Load() {
		t.Errorf("%d stored of %d acknowledged", r.Seq, posted.Load())
	}

	// What the slow ones have is the beginning, in order, and then the end.
	var told, heard atomic.Int64
	for i, d := range deaf {
		wg.Go(func() {
			code, err := d.rest()
			if err != nil {
				t.Errorf("slow reader %d: %v", i, err)
			}
			if code == 4008 {
				told.Add(1)
			} else if code != 0 {
				t.Errorf("slow reader %d was closed with %d", i, code)
			}
			heard.Add(d.last)
		})
	}
	wg.Wait()
	report(t, "slow", map[string]any{
		"slow": slow, "others": quick, "posted": posted.Load(), "posted_until_all_slow_were_closed": until,
		"until_all_slow_were_closed_s": took.Seconds(), "posts_per_second": float64(until) / took.Seconds(),
		"deliveries": counts.Deliveries, "others_lagged": counts.Lost, "kernel_tcp_mib": kernel, "slow_told_4008": told.Load(), "slow_cut": int64(slow) - told.Load(), "numbers_that_reached_a_slow_one": heard.Load() / int64(slow),
		"rss_before_mib": before, "peak_rss_mib": peak, "peak_rss_bound_mib": before + slowMiB*float64(slow) + sharedMiB,
	})
}

// kernelTCP is what all TCP sockets of the system hold in the kernel, in MiB:
// it belongs to no process. Zero on other systems than Linux.
func kernelTCP() float64 {
	_, pages, _ := strings.Cut(firstLine("/proc/net/sockstat", "TCP"), " mem ")
	n, _ := strconv.Atoi(pages)
	return float64(n) * float64(os.Getpagesize()) / (1 << 20)
}

// deafReader is a socket that nobody reads for a while.
type deafReader struct {
	nc   net.Conn
	in   *bufio.Reader
	last int64 // number
}

// hear reads up to a frame of a type.
func (d *deafReader) hear(kind string) error {
	for {
		_, payload, err := d.frame()
		if err != nil {
			return err
		}
		if bytes.Contains(payload, []byte(`"type":"`+kind+`"`)) {
			return nil
		}
	}
}

func (d *deafReader) frame() (ws.Header, []byte, error) {
	h, err := ws.ReadHeader(d.in)
	if err != nil {
		return h, nil, err
	}
	payload := make([]byte, h.Length)
	_, err = io.ReadFull(d.in, payload)
	return h, payload, err
}

// rest reads what was sent before the connection ended, holds its numbers
// against each other, and returns the close code; zero when it was cut.
func (d *deafReader) rest() (code ws.StatusCode, err error) {
	for {
		h, payload, err := d.frame()
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return 0, errors.New("the connection was never ended")
		}
		if err != nil {
			return 0, nil // cut, maybe in the middle of a frame
		}
		if h.OpCode == ws.OpClose {
			code, _ = ws.ParseCloseFrameData(payload)
			return code, nil
		}
		if h.OpCode != ws.OpText {
			continue
		}
		var m struct {
			Type   string
			Seq    int64
			Inside []struct{ Seq int64 } `json:"messages"`
		}
		if err := json.Unmarshal(payload, &m); err != nil {
			return 0, err
		}
		if m.Type == "message_created" {
			m.Inside = append(m.Inside, struct{ Seq int64 }{m.Seq})
		}
		for _, e := range m.Inside {
			if e.Seq != d.last+1 {
				return 0, fmt.Errorf("number %d came after %d", e.Seq, d.last)
			}
			d.last = e.Seq
		}
	}
}
