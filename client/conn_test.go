package client_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"campfire/client"

	"github.com/gobwas/ws"
)

// A connection on which nothing comes is pinged, and given up after a minute.
func TestLiveNoticesSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var pings []time.Duration
		var again time.Duration
		s := newScript(t, nil, func(p *peer) {
			p.welcome("e")
			for p.next().Type == "ping" {
				pings = append(pings, time.Since(began))
			}
		}, func(p *peer) {
			again = time.Since(began)
			p.welcome("e")
			p.stay()
		})
		l := s.client().Live(client.LiveOptions{Dial: s.dial, MaxWait: time.Millisecond})
		defer l.Close()
		if err := l.WaitConnected(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(70 * time.Second) // of the bubble's clock
		synctest.Wait()
		if got := fmt.Sprint(pings); got != "[25s 50s]" {
			t.Errorf("pinged at %s, want [25s 50s]", got)
		}
		if again < time.Minute || again > time.Minute+time.Second {
			t.Errorf("came back after %v, want a minute", again)
		}
	})
}

// Whatever comes is a sign of life, also what no application sees.
func TestLiveStaysWhileTheServerPings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pongs := 0
		s := newScript(t, nil, func(p *peer) {
			p.welcome("e")
			for range 20 {
				time.Sleep(20 * time.Second)
				if ws.WriteFrame(p.conn, ws.NewPingFrame([]byte("x"))) != nil {
					break
				}
				h, err := ws.ReadHeader(p.conn)
				if err != nil || h.OpCode != ws.OpPong || !h.Masked || h.Length != 1 {
					p.t.Errorf("got %+v, %v, want a masked pong", h, err)
					break
				}
				if _, err := io.ReadFull(p.conn, make([]byte, 1)); err != nil {
					p.t.Error(err)
				}
				pongs++
			}
			p.close(4001)
			p.stay()
		})
		l := s.client().Live(client.LiveOptions{Dial: s.dial, MaxWait: time.Millisecond})
		defer l.Close()
		if err := l.WaitSeq(t.Context(), 7, 1); err == nil {
			t.Error("a room that is not followed was waited for")
		}
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if pongs != 20 {
			t.Errorf("%d pongs, want 20", pongs)
		}
	})
}

// Waits between tries are random up to a bound that doubles, so that many who
// lost the same server don't come back at once.
func TestLiveBacksOffWithFullJitter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var at []time.Time
		s := newScript(t, nil, func(p *peer) { at = append(at, time.Now()) })
		l := s.client().Live(client.LiveOptions{Dial: s.dial})
		defer l.Close()
		time.Sleep(20 * time.Minute)
		l.Close()
		synctest.Wait()
		longest := time.Duration(0)
		for i := 1; i < len(at); i++ {
			wait := at[i].Sub(at[i-1])
			if bound := min(30*time.Second, time.Second<<min(i-1, 10)); wait > bound {
				t.Errorf("wait %d took %v, more than %v", i, wait, bound)
			}
			longest = max(longest, wait)
		}
		// The mean is 15 s: in 20 minutes about 85 tries, some after long waits.
		if len(at) < 60 || len(at) > 140 || longest < 20*time.Second {
			t.Errorf("%d tries in 20 minutes, the longest wait %v", len(at), longest)
		}
	})
}

// A server that goes away says when to come back.
func TestLiveComesBackWhenAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var gone, again time.Time
		s := newScript(t, nil, func(p *peer) {
			p.welcome("e")
			gone = time.Now()
			p.send(`{"type":"going_away","retry_ms":7350}`)
			p.close(1012)
			p.stay()
		}, func(p *peer) {
			again = time.Now()
			p.welcome("e")
			p.stay()
		})
		l := s.client().Live(client.LiveOptions{Dial: s.dial})
		defer l.Close()
		time.Sleep(time.Minute)
		synctest.Wait()
		if wait := again.Sub(gone); wait != 7350*time.Millisecond {
			t.Errorf("came back after %v, want 7.35s", wait)
		}
	})
}

// Who was signed out does not come back.
func TestLiveEndsWith4001AndWith401(t *testing.T) {
	refuses := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
	}))
	defer refuses.Close()
	s := newScript(t, nil, func(p *peer) {
		p.welcome("e")
		p.close(4001)
		p.stay()
	})
	for _, l := range []*client.Live{
		s.client().Live(client.LiveOptions{Dial: s.dial}),
		client.New(refuses.URL, "wrong").Live(client.LiveOptions{}),
	} {
		defer l.Close()
		l.SubscribeNow(7)
		if err := l.WaitSeq(patience(t), 7, 1); !errors.Is(err, client.ErrSignedOut) {
			t.Errorf("got %v, want ErrSignedOut", err)
		}
		if _, err := l.Post(patience(t), 7, client.Draft{Body: "x"}); !errors.Is(err, client.ErrSignedOut) {
			t.Errorf("post: %v, want ErrSignedOut", err)
		}
	}
}

// A server that breaks the protocol is left and tried again.
func TestLiveLeavesAServerThatBreaksTheProtocol(t *testing.T) {
	for name, breaks := range map[string]func(*peer){
		"no JSON":           func(p *peer) { p.send("tea") },
		"a binary frame":    func(p *peer) { ws.WriteFrame(p.conn, ws.NewBinaryFrame([]byte("{}"))) },
		"no UTF-8":          func(p *peer) { p.send("{\"type\":\"\xff\"}") },
		"welcome again":     func(p *peer) { p.welcome("e") },
		"a huge frame":      func(p *peer) { ws.WriteHeader(p.conn, ws.Header{Fin: true, OpCode: ws.OpText, Length: 1 << 40}) },
		"an unknown opcode": func(p *peer) { p.conn.Write([]byte{0x8b, 0x00}) },
		"a masked frame":    func(p *peer) { ws.WriteFrame(p.conn, ws.MaskFrame(ws.NewTextFrame([]byte("{}")))) },
	} {
		t.Run(name, func(t *testing.T) {
			again := make(chan struct{})
			s := newScript(t, nil, func(p *peer) {
				p.welcome("e")
				breaks(p)
				for p.next().Type != "" {
				}
			}, func(p *peer) {
				p.welcome("e")
				close(again)
				p.stay()
			})
			l := s.client().Live(client.LiveOptions{Dial: s.dial, MaxWait: quick})
			defer l.Close()
			select {
			case <-again:
			case <-patience(t).Done():
				t.Error("it did not come back")
			}
		})
	}
}

// A fragmented frame with a ping between is one message.
func TestLiveReadsFragments(t *testing.T) {
	s := newScript(t, nil, func(p *peer) {
		w := []byte(`{"type":"welcome","epoch":"e","ping_seconds":25}`)
		ws.WriteFrame(p.conn, ws.NewFrame(ws.OpText, false, w[:9]))
		ws.WriteFrame(p.conn, ws.NewPingFrame(nil))
		ws.WriteFrame(p.conn, ws.NewFrame(ws.OpContinuation, true, w[9:]))
		p.stay()
	})
	frames := make(chan client.Frame, 1)
	l := s.client().Live(client.LiveOptions{Dial: s.dial, MaxWait: quick, Other: func(f client.Frame) { frames <- f }})
	defer l.Close()
	if f := <-frames; f.Type != "welcome" || len(f.Raw) != 48 {
		t.Errorf("heard %s: %s", f.Type, f.Raw)
	}
}

// The room on screen is said again to each new connection.
func TestLiveRepeatsWhatIsOnScreen(t *testing.T) {
	s := newScript(t, nil, func(p *peer) {
		p.welcome("e")
		p.want("present")
	}, func(p *peer) {
		p.welcome("e")
		if r := p.want("present"); r.RoomID != 7 || !r.Visible {
			p.t.Errorf("got %+v", r)
		}
		p.close(4001)
		p.stay()
	})
	l := s.client().Live(client.LiveOptions{Dial: s.dial, MaxWait: quick})
	defer l.Close()
	if err := l.Present(t.Context(), 7, true); err != nil {
		t.Fatal(err)
	}
	l.SubscribeNow(7)
	l.WaitLive(patience(t), 7) // ends with the session
}
