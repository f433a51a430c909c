package client_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"campfire/client"
	"campfire/internal/campfiretest"

	"github.com/google/go-cmp/cmp"
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

// Who was away for longer than the socket replays still gets every event.
func TestLiveCatchesUpBeyondTheReplay(t *testing.T) {
	srv := campfiretest.New(t, "CAMPFIRE_REPLAY_MAX=20")
	ctx := patience(t)
	ada := client.New(srv.URL, srv.SetUp())
	var want []string
	for range 13 {
		drafts := make([]client.Draft, 50)
		for i := range drafts {
			drafts[i].Body = fmt.Sprintf("message %d", len(want))
			want = append(want, drafts[i].Body)
		}
		if _, err := ada.PostBatch(ctx, 1, drafts); err != nil {
			t.Fatal(err)
		}
	}
	var heard recorder
	live := ada.Live(client.LiveOptions{Event: heard.take, MaxWait: 200 * time.Millisecond})
	defer live.Close()
	live.Subscribe(1, 0)
	if err := live.WaitSeq(ctx, 1, int64(len(want))); err != nil {
		t.Fatalf("%v; heard %d", err, len(heard.bodies()))
	}
	if err := live.WaitLive(ctx, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := ada.Post(ctx, 1, client.Draft{Body: "now"}); err != nil {
		t.Fatal(err)
	}
	if err := live.WaitSeq(ctx, 1, int64(len(want)+1)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(append(want, "now"), heard.bodies()); diff != "" {
		t.Errorf("heard (-want +got):\n%s", diff)
	}
}

// A closed room is refused to whoever is not in it, and followed from the
// moment they are.
func TestLiveFollowsAClosedRoomOnceLetIn(t *testing.T) {
	srv := campfiretest.New(t)
	ctx := patience(t)
	ada := client.New(srv.URL, srv.SetUp())
	bo := client.New(srv.URL, srv.Join(ada.Token(), "Bo"))
	who, err := bo.Me(ctx)
	if err != nil {
		t.Fatal(err)
	}
	room, err := ada.CreateRoom(ctx, "closed", "Pantry")
	if err != nil {
		t.Fatal(err)
	}
	refused, added := make(chan error, 4), make(chan client.Frame, 4)
	var heard recorder
	live := bo.Live(client.LiveOptions{Event: heard.take, MaxWait: 200 * time.Millisecond,
		Refused: func(_ int64, err error) { refused <- err },
		Other: func(f client.Frame) {
			if f.Type == "room_added" {
				added <- f
			}
		}})
	defer live.Close()
	live.Subscribe(room.ID, 0)
	if err := live.WaitLive(ctx, room.ID); client.CodeOf(err) != "not_found" {
		t.Fatalf("following a closed room from outside: %v", err)
	}
	<-refused
	if _, err := ada.Post(ctx, room.ID, client.Draft{Body: "before"}); err != nil {
		t.Fatal(err)
	}
	if err := ada.AddMember(ctx, room.ID, who.ID); err != nil {
		t.Fatal(err)
	}
	<-added
	if err := live.WaitLive(ctx, room.ID); err != nil {
		t.Fatal(err)
	}
	if err := ada.RemoveMember(ctx, room.ID, who.ID); err != nil {
		t.Fatal(err)
	}
	if err := <-refused; client.CodeOf(err) != "forbidden" {
		t.Errorf("taken out of it: %v", err)
	}
	if _, err := ada.Post(ctx, room.ID, client.Draft{Body: "after"}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"before"}, heard.bodies()); diff != "" {
		t.Errorf("heard (-want +got):\n%s", diff)
	}
}

// Typing, presence and the read pointer reach other people and devices.
func TestLivePassesOnWhatIsInNoLog(t *testing.T) {
	srv := campfiretest.New(t)
	ctx := patience(t)
	ada := client.New(srv.URL, srv.SetUp())
	bo := client.New(srv.URL, srv.Join(ada.Token(), "Bo"))
	frames := make(chan client.Frame, 64)
	at := ada.Live(client.LiveOptions{Other: func(f client.Frame) { frames <- f }})
	defer at.Close()
	from := bo.Live(client.LiveOptions{})
	defer from.Close()
	for _, l := range []*client.Live{at, from} {
		l.SubscribeNow(1)
		if err := l.WaitLive(ctx, 1); err != nil {
			t.Fatal(err)
		}
	}
	want := func(kind string) client.Frame {
		t.Helper()
		for {
			select {
			case f := <-frames:
				if f.Type == kind {
					return f
				}
			case <-ctx.Done():
				t.Fatalf("%s never came", kind)
			}
		}
	}
	want("welcome")
	if err := from.Typing(ctx, 1, true); err != nil {
		t.Fatal(err)
	}
	want("typing")
	if err := at.Present(ctx, 1, true); err != nil {
		t.Fatal(err)
	}
	want("presence")
	ack, err := from.Post(ctx, 1, client.Draft{Body: "hello"})
	if err != nil {
		t.Fatal(err)
	}
	if err := at.Read(ctx, 1, ack.Seq); err != nil {
		t.Fatal(err)
	}
	want("read")
	for _, level := range []string{"nothing", "everything"} {
		if _, err := ada.SetInvolvement(ctx, 1, level); err != nil {
			t.Fatal(err)
		}
		var told struct{ Involvement string }
		if f := want("involvement"); json.Unmarshal(f.Raw, &told) != nil || told.Involvement != level || f.RoomID != 1 {
			t.Errorf("after %q it is told %s", level, f.Raw)
		}
	}
	n, err := ada.Notifications(ctx)
	if err != nil {
		t.Fatal(err)
	}
	n.Keywords = []string{"tea"}
	if _, err := ada.SetNotifications(ctx, *n); err != nil {
		t.Fatal(err)
	}
	want("notifications_updated")
}
