package client_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"campfire/client"
)

func ack(r request, seq int64, duplicate bool) string {
	return fmt.Sprintf(`{"type":"ack","client_message_id":%q,"message_id":%d,"seq":%d,"duplicate":%t}`, r.ClientMessageID, 100+seq, seq, duplicate)
}

func TestLivePostWaitsForTheAck(t *testing.T) {
	s := newScript(t, nil, func(p *peer) {
		p.welcome("e")
		r := p.want("post")
		if r.Body != "tea?" || r.RoomID != 7 || r.ClientMessageID == "" {
			p.t.Errorf("got %+v", r)
		}
		p.send(`{"type":"ack","client_message_id":"another's","message_id":1,"seq":1}`, ack(r, 5, false))
		p.stay()
	})
	l := s.client().Live(client.LiveOptions{Dial: s.dial, MaxWait: quick})
	defer l.Close()
	got, err := l.Post(patience(t), 7, client.Draft{Body: "tea?"})
	if want := (client.Ack{MessageID: 105, Seq: 5}); err != nil || got != want {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

// A post whose connection is cut before the answer is sent again, under the
// same id.
func TestLivePostIsSentAgainAfterAReconnect(t *testing.T) {
	var first request
	s := newScript(t, nil, func(p *peer) {
		p.welcome("e")
		first = p.want("post")
	}, func(p *peer) {
		p.welcome("e")
		r := p.want("post")
		if r.ClientMessageID != first.ClientMessageID || r.Body != first.Body {
			p.t.Errorf("sent %+v, then %+v", first, r)
		}
		p.send(ack(r, 1, true))
		p.stay()
	})
	l := s.client().Live(client.LiveOptions{Dial: s.dial, MaxWait: quick})
	defer l.Close()
	if got, err := l.Post(patience(t), 7, client.Draft{Body: "tea?"}); err != nil || !got.Duplicate {
		t.Errorf("got %v, %v", got, err)
	}
}

// Refusals that pass are waited out; the others are told.
func TestLivePostRefused(t *testing.T) {
	s := newScript(t, nil, func(p *peer) {
		p.welcome("e")
		for _, code := range []string{"overloaded", "rate_limited"} {
			r := p.want("post")
			p.send(fmt.Sprintf(`{"type":"error","code":%q,"detail":"later","client_message_id":%q}`, code, r.ClientMessageID))
		}
		p.send(ack(p.want("post"), 1, false))
		r := p.want("post")
		p.send(fmt.Sprintf(`{"type":"error","code":"conflict","detail":"another text","client_message_id":%q}`, r.ClientMessageID))
		p.stay()
	})
	l := s.client().Live(client.LiveOptions{Dial: s.dial, MaxWait: quick})
	defer l.Close()
	ctx := patience(t)
	if _, err := l.Post(ctx, 7, client.Draft{Body: "tea?", ClientMessageID: "a"}); err != nil {
		t.Errorf("after two refusals that pass: %v", err)
	}
	if _, err := l.Post(ctx, 7, client.Draft{Body: "tee?", ClientMessageID: "a"}); client.CodeOf(err) != "conflict" {
		t.Errorf("another text under the same id: %v", err)
	}
}

func TestLivePostEndsWithItsContextAndTheLive(t *testing.T) {
	posted := make(chan struct{}, 2)
	s := newScript(t, nil, func(p *peer) {
		p.welcome("e")
		for p.next().Type == "post" {
			posted <- struct{}{}
		}
	})
	l := s.client().Live(client.LiveOptions{Dial: s.dial, MaxWait: quick})
	defer l.Close()
	ctx, cancel := context.WithCancel(patience(t))
	done := make(chan error)
	go func() {
		_, err := l.Post(ctx, 7, client.Draft{Body: "one", ClientMessageID: "1"})
		done <- err
	}()
	<-posted
	if _, err := l.Post(ctx, 7, client.Draft{Body: "one", ClientMessageID: "1"}); err == nil {
		t.Error("two posts with one id were under way at once")
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("after its context ended: %v", err)
	}
	go func() {
		_, err := l.Post(patience(t), 7, client.Draft{Body: "two"})
		done <- err
	}()
	<-posted
	l.Close()
	if err := <-done; !errors.Is(err, client.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	if err := l.Typing(t.Context(), 7, true); !errors.Is(err, client.ErrClosed) {
		t.Errorf("typing after Close: %v", err)
	}
}

// The caller's functions may use the Live that calls them.
func TestLiveCallbackMayPost(t *testing.T) {
	s := newScript(t, eventLog("e", 1, 2), func(p *peer) {
		p.welcome("e")
		p.want("subscribe")
		p.created(1)
		p.subscribed(1)
		r := p.want("post")
		p.created(2)
		p.send(ack(r, 2, false))
		p.stay()
	})
	acks := make(chan client.Ack, 1)
	c := s.client()
	ready := make(chan *client.Live, 1)
	l := c.Live(client.LiveOptions{Dial: s.dial, MaxWait: quick, Event: func(e client.Event) {
		if e.Seq == 1 {
			a, err := (<-ready).Post(patience(t), 7, client.Draft{Body: "pong"})
			if err != nil {
				t.Error(err)
			}
			acks <- a
		}
	}})
	defer l.Close()
	ready <- l
	l.Subscribe(7, 0)
	if a := <-acks; a.Seq != 2 {
		t.Errorf("got %v", a)
	}
	if err := l.WaitSeq(patience(t), 7, 2); err != nil {
		t.Error(err)
	}
}
