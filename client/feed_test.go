package client_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"campfire/client"

	"github.com/google/go-cmp/cmp"
)

const quick = 20 * time.Millisecond

// numbers records the numbers of the events it hears.
type numbers struct {
	mu   sync.Mutex
	seqs []int64
}

func (n *numbers) take(e client.Event) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.seqs = append(n.seqs, e.Seq)
}

func (n *numbers) all() []int64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]int64(nil), n.seqs...)
}

func upTo(n int64) (out []int64) {
	for i := range n {
		out = append(out, i+1)
	}
	return out
}

// Whatever a connection leaves out, repeats or turns around, each room's
// events arrive once and in order.
func TestLiveMendsWhatConnectionsBreak(t *testing.T) {
	faults := map[string]client.Stats{ // what no good server does, and is counted
		"dropped":                 {Gaps: 1},
		"dropped from the replay": {Gaps: 1},
		"doubled and swapped":     {Gaps: 1, Repeats: 2},
		"a batch astride":         {Gaps: 1, Repeats: 1},
	}
	for name, turns := range map[string][]func(*peer){
		"nothing is broken": {func(p *peer) {
			p.welcome("e")
			p.want("subscribe")
			p.created(1, 2, 3)
			p.subscribed(3)
			p.created(4, 5, 6, 7, 8, 9)
			p.stay()
		}},
		"dropped": {func(p *peer) {
			p.welcome("e")
			p.want("subscribe")
			p.created(1, 2)
			p.subscribed(2)
			p.created(3, 5)
			p.want("subscribe")
			p.subscribed(9)
			p.stay()
		}},
		"dropped from the replay": {func(p *peer) {
			p.welcome("e")
			p.want("subscribe")
			p.created(1, 3)
			p.subscribed(9)
			p.want("subscribe")
			p.subscribed(9)
			p.stay()
		}},
		"dropped last, positions tell": {func(p *peer) {
			p.welcome("e")
			p.want("subscribe")
			p.created(1, 2)
			p.subscribed(2)
			p.send(`{"type":"positions","rooms":[{"id":7,"seq":9},{"id":8,"seq":1}]}`)
			p.want("subscribe")
			p.subscribed(9)
			p.stay()
		}},
		"doubled and swapped": {func(p *peer) {
			p.welcome("e")
			p.want("subscribe")
			p.created(1, 1, 2, 1)
			p.subscribed(2)
			p.created(2, 3, 3, 5, 4, 6)
			p.want("subscribe")
			p.created(8, 7)
			p.subscribed(9)
			p.stay()
		}},
		"a batch astride": {func(p *peer) {
			p.welcome("e")
			p.want("subscribe")
			p.created(1, 2)
			p.subscribed(2)
			p.send(`{"type":"batch","room_id":7,"messages":[` + created(2) + `,` + created(3) + `,` + created(4) + `]}`)
			p.send(`{"type":"batch","room_id":7,"messages":[` + created(8) + `,` + created(9) + `]}`)
			p.want("subscribe")
			p.subscribed(9)
			p.stay()
		}},
		"too far behind for the socket": {func(p *peer) {
			p.welcome("e")
			p.want("subscribe")
			p.send(`{"type":"resync","room_id":7,"seq":9}`)
			if r := p.want("subscribe"); r.since() != 9 {
				p.t.Errorf("subscribed since %d, want 9", r.since())
			}
			p.subscribed(9)
			p.stay()
		}},
		"cut between": {func(p *peer) {
			p.welcome("e")
			p.want("subscribe")
			p.created(1, 2)
			p.subscribed(2)
			p.created(3)
		}, func(p *peer) {
			p.welcome("e")
			r := p.want("subscribe")
			if r.since() != 3 || r.Epoch != "e" {
				p.t.Errorf("subscribed since %d of %q, want 3 of e", r.since(), r.Epoch)
			}
			p.created(4, 5, 6, 7, 8, 9)
			p.subscribed(9)
			p.stay()
		}},
		"an overloaded subscribe": {func(p *peer) {
			p.welcome("e")
			p.want("subscribe")
			p.send(`{"type":"error","code":"rate_limited","detail":"slow down"}`)
			p.want("subscribe")
			p.subscribed(9)
			p.stay()
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScript(t, eventLog("e", 1, 9), turns...)
			var heard numbers
			l := s.client().Live(client.LiveOptions{Event: heard.take, Dial: s.dial, MaxWait: quick})
			defer l.Close()
			l.Subscribe(7, 0)
			if err := l.WaitSeq(patience(t), 7, 9); err != nil {
				t.Fatalf("%v; heard %v", err, heard.all())
			}
			if err := l.WaitLive(patience(t), 7); err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff(upTo(9), heard.all()); diff != "" {
				t.Errorf("heard (-want +got):\n%s", diff)
			}
			got, want := l.Stats(), faults[name]
			if got.Gaps != want.Gaps || got.Repeats != want.Repeats || got.Connections != len(turns) {
				t.Errorf("counted %+v, want %+v and %d connections", got, want, len(turns))
			}
			if at, ok := l.Position(7); !ok || at != (client.Position{Seq: 9, Epoch: "e"}) {
				t.Errorf("position %v, %v", at, ok)
			}
		})
	}
}

// Numbers of another epoch mean nothing: the caller fetches a page, and events
// go on from its number.
func TestLiveAsksForAFreshPageWhenTheEpochChanges(t *testing.T) {
	s := newScript(t, eventLog("new", 1, 4), func(p *peer) {
		p.welcome("old")
		p.want("subscribe")
		p.created(1, 2)
		p.subscribed(2)
		p.close(1012)
	}, func(p *peer) {
		p.welcome("new")
		if r := p.want("subscribe"); r.Epoch != "old" {
			p.t.Errorf("resumed in epoch %q, where its numbers are old", r.Epoch)
		}
		p.send(`{"type":"resync","room_id":7,"seq":4}`)
		r := p.want("subscribe")
		if r.Epoch != "new" || r.since() != 3 {
			p.t.Errorf("went on from %d of %q, want 3 of new", r.since(), r.Epoch)
		}
		p.created(4)
		p.subscribed(4)
		p.stay()
	})
	var heard numbers
	asked := 0
	l := s.client().Live(client.LiveOptions{Event: heard.take, Dial: s.dial, MaxWait: quick,
		Resync: func(_ context.Context, room int64) (int64, error) {
			if asked++; asked == 1 {
				return 0, &client.Error{Status: 503, Code: "overloaded"}
			}
			return 3, nil
		}})
	defer l.Close()
	l.Subscribe(7, 0)
	if err := l.WaitSeq(patience(t), 7, 4); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int64{1, 2, 4}, heard.all()); diff != "" {
		t.Errorf("heard (-want +got):\n%s", diff)
	}
	if asked != 2 {
		t.Errorf("Resync was asked %d times, want 2: the first one failed", asked)
	}
}

// A log that does not reach back far enough leads to a fresh page too, and
// without one to where the room stands.
func TestLiveWithoutResyncGoesOnFromNow(t *testing.T) {
	s := newScript(t, eventLog("e", 5, 9), func(p *peer) {
		p.welcome("e")
		p.want("subscribe")
		p.send(`{"type":"resync","room_id":7,"seq":9}`)
		if r := p.want("subscribe"); r.since() != -1 {
			p.t.Errorf("subscribed since %d, want from now on", r.since())
		}
		p.subscribed(9)
		p.created(10)
		p.stay()
	})
	var heard numbers
	l := s.client().Live(client.LiveOptions{Event: heard.take, Dial: s.dial, MaxWait: quick})
	defer l.Close()
	l.Subscribe(7, 1)
	if err := l.WaitSeq(patience(t), 7, 10); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int64{10}, heard.all()); diff != "" {
		t.Errorf("heard (-want +got):\n%s", diff)
	}
}

// Who is taken out of a room hears so, and goes on when put back.
func TestLiveStopsAndResumesWithMembership(t *testing.T) {
	back := make(chan struct{})
	s := newScript(t, eventLog("e", 1, 9), func(p *peer) {
		p.welcome("e")
		p.want("subscribe")
		p.created(1)
		p.subscribed(1)
		p.send(`{"type":"room_removed","room_id":7}`)
		<-back
		p.send(`{"type":"room_added","room":{"id":7,"name":"seven","kind":"closed"}}`)
		if r := p.want("subscribe"); r.since() != 1 {
			p.t.Errorf("resumed from %d, want 1", r.since())
		}
		p.created(2)
		p.subscribed(2)
		p.stay()
	})
	refused := make(chan error, 1)
	var heard numbers
	l := s.client().Live(client.LiveOptions{Event: heard.take, Dial: s.dial, MaxWait: quick,
		Refused: func(room int64, err error) { refused <- err }})
	defer l.Close()
	l.Subscribe(7, 0)
	ctx := patience(t)
	if err := l.WaitSeq(ctx, 7, 2); client.CodeOf(err) != "forbidden" {
		t.Errorf("waiting for a room one was taken out of: %v", err)
	}
	if err := <-refused; client.CodeOf(err) != "forbidden" {
		t.Errorf("Refused heard %v", err)
	}
	close(back)
	if err := l.WaitSeq(ctx, 7, 1); err != nil {
		t.Error(err)
	}
	for l.WaitSeq(ctx, 7, 2) != nil && ctx.Err() == nil {
		// Still refused until room_added has come.
	}
	if diff := cmp.Diff(upTo(2), heard.all()); diff != "" {
		t.Errorf("heard (-want +got):\n%s", diff)
	}
}

// A room that one may not follow is refused, with the reason that the API
// gives; an error that belongs to something else refuses nothing.
func TestLiveTellsWhichRoomsAreRefused(t *testing.T) {
	api := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/rooms/8/events" {
			w.WriteHeader(http.StatusNotFound)
			w.Write([]byte(`{"status":404,"code":"not_found","detail":"There is no such room."}`))
			return
		}
		eventLog("e", 1, 2)(w, r)
	}
	s := newScript(t, api, func(p *peer) {
		p.welcome("e")
		p.want("subscribe")
		p.send(`{"type":"error","code":"not_found","detail":"of the typing","room_id":7}`)
		p.want("subscribe")
		p.created(1, 2)
		p.subscribed(2)
		p.send(`{"type":"error","code":"not_found","detail":"of the reading","room_id":7}`)
		p.want("subscribe")
		p.send(`{"type":"error","code":"not_found","detail":"There is no such room.","room_id":8}`)
		p.stay()
	})
	l := s.client().Live(client.LiveOptions{Dial: s.dial, MaxWait: quick})
	defer l.Close()
	ctx := patience(t)
	l.Subscribe(7, 0)
	if err := l.WaitSeq(ctx, 7, 2); err != nil {
		t.Fatal(err)
	}
	l.Subscribe(8, 0)
	if err := l.WaitLive(ctx, 8); client.CodeOf(err) != "not_found" {
		t.Errorf("following a foreign room: %v", err)
	}
	if err := l.WaitLive(ctx, 7); err != nil {
		t.Errorf("the other room: %v", err)
	}
	if err := l.WaitLive(ctx, 9); err == nil {
		t.Error("waiting for a room that is not followed ended well")
	}
}

// While a room is mended, what the socket goes on to bring waits for its turn.
func TestLiveMendsBesideALiveSocket(t *testing.T) {
	asked, answer := make(chan struct{}), make(chan struct{})
	var once sync.Once
	events := eventLog("e", 1, 6)
	api := func(w http.ResponseWriter, r *http.Request) {
		once.Do(func() { close(asked) })
		<-answer
		events(w, r)
	}
	s := newScript(t, api, func(p *peer) {
		p.welcome("e")
		p.want("subscribe")
		p.subscribed(0)
		p.created(1, 3)
		<-asked
		p.created(2, 3, 4, 5, 6)
		p.subscribed(6)
		p.send(`{"type":"resync","room_id":7,"seq":6}`)
		p.send(`{"type":"pong"}`) // who reads it has taken all that came before
		close(answer)
		p.want("subscribe")
		p.subscribed(6)
		p.created(7)
		p.stay()
	})
	var heard numbers
	l := s.client().Live(client.LiveOptions{Event: heard.take, Dial: s.dial, MaxWait: quick})
	defer l.Close()
	l.Subscribe(7, 0)
	if err := l.WaitSeq(patience(t), 7, 7); err != nil {
		t.Fatalf("%v; heard %v", err, heard.all())
	}
	if diff := cmp.Diff(upTo(7), heard.all()); diff != "" {
		t.Errorf("heard (-want +got):\n%s", diff)
	}
}

// A log with a hole can't mend: a fresh page can.
func TestLiveDoesNotBelieveALogWithAHole(t *testing.T) {
	api := func(w http.ResponseWriter, r *http.Request) {
		w.Write([]byte(`{"epoch":"e","seq":3,"more":false,"events":[` + created(1) + `,` + created(3) + `]}`))
	}
	s := newScript(t, api, func(p *peer) {
		p.welcome("e")
		p.want("subscribe")
		p.send(`{"type":"resync","room_id":7,"seq":3}`)
		if r := p.want("subscribe"); r.since() != 3 {
			p.t.Errorf("went on from %d, want 3", r.since())
		}
		p.subscribed(3)
		p.stay()
	})
	var heard numbers
	l := s.client().Live(client.LiveOptions{Event: heard.take, Dial: s.dial, MaxWait: quick,
		Resync: func(context.Context, int64) (int64, error) { return 3, nil }})
	defer l.Close()
	l.Subscribe(7, 0)
	if err := l.WaitLive(patience(t), 7); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int64{1}, heard.all()); diff != "" {
		t.Errorf("heard (-want +got):\n%s", diff)
	}
}

// What a slow caller can't keep up with is fetched later, not lost.
func TestLiveBoundsWhatWaits(t *testing.T) {
	const many = 3000
	hold := make(chan struct{})
	sent := make(chan struct{})
	s := newScript(t, eventLog("e", 1, many), func(p *peer) {
		p.welcome("e")
		p.want("subscribe")
		p.subscribed(0)
		for n := range int64(many) {
			p.created(n + 1)
		}
		close(sent)
		if r := p.want("subscribe"); r.since() != many {
			p.t.Errorf("resumed from %d, want %d", r.since(), many)
		}
		p.subscribed(many)
		p.stay()
	})
	var heard numbers
	l := s.client().Live(client.LiveOptions{Dial: s.dial, MaxWait: quick, Event: func(e client.Event) {
		<-hold
		heard.take(e)
	}})
	defer l.Close()
	l.Subscribe(7, 0)
	<-sent // the reader took all of it although nothing was delivered
	close(hold)
	if err := l.WaitSeq(patience(t), 7, many); err != nil {
		t.Fatalf("%v after %d", err, len(heard.all()))
	}
	if diff := cmp.Diff(upTo(many), heard.all()); diff != "" {
		t.Errorf("heard (-want +got):\n%s", diff)
	}
}
