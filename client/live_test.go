package client_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"campfire/client"
	"campfire/internal/campfiretest"
)

type recorder struct {
	mu     sync.Mutex
	events []client.Event
}

func (r *recorder) take(e client.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
}

func (r *recorder) bodies() (out []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.events {
		if e.Message != nil {
			out = append(out, e.Message.Body)
		} else {
			out = append(out, e.Type)
		}
	}
	return out
}

func patience(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func TestLiveDeliversOnceAndInOrderOverARestart(t *testing.T) {
	srv := campfiretest.New(t)
	ctx := patience(t)
	ada := client.New(srv.URL, srv.SetUp())
	bo := client.New(srv.URL, srv.Join(ada.Token(), "Bo"))

	var heard recorder
	live := bo.Live(client.LiveOptions{Event: heard.take, MaxWait: 200 * time.Millisecond})
	defer live.Close()
	live.Subscribe(1, 0)
	if err := live.WaitLive(ctx, 1); err != nil {
		t.Fatal(err)
	}
	talk := ada.Live(client.LiveOptions{MaxWait: 200 * time.Millisecond})
	defer talk.Close()
	var want []string
	for i := range 50 {
		if i == 25 {
			srv.Restart()
		}
		body := fmt.Sprintf("message %d", i)
		want = append(want, body)
		ack, err := talk.Post(ctx, 1, client.Draft{Body: body})
		if err != nil {
			t.Fatalf("post %d: %v", i, err)
		}
		if ack.Seq != int64(i+1) {
			t.Fatalf("post %d got number %d", i, ack.Seq)
		}
	}
	if err := live.WaitSeq(ctx, 1, 50); err != nil {
		t.Fatalf("%v; heard %d", err, len(heard.bodies()))
	}
	if got := heard.bodies(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("heard %q", got)
	}
}

func TestLiveEndsWhenSignedOut(t *testing.T) {
	srv := campfiretest.New(t)
	ctx := patience(t)
	ada := client.New(srv.URL, srv.SetUp())
	live := ada.Live(client.LiveOptions{})
	defer live.Close()
	live.Subscribe(1, 0)
	if err := live.WaitLive(ctx, 1); err != nil {
		t.Fatal(err)
	}
	if err := ada.Logout(ctx); err != nil {
		t.Fatal(err)
	}
	if err := live.WaitSeq(ctx, 1, 99); err != client.ErrSignedOut {
		t.Errorf("after signing out: %v", err)
	}
}
