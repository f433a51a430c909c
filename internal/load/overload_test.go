package load

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"
)

// poster answers posts as a Campfire does, once before has let it: before is
// told how many posts there were, and returns a status if it is another.
func poster(t *testing.T, before func(n int64) (status int)) *run {
	t.Helper()
	var n atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i := n.Add(1)
		if status := before(i); status != 0 {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(status)
			return
		}
		var m stored
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
			t.Error(err)
		}
		m.ID, m.Seq, m.RoomID, m.Creator.ID = i, i, 7, 10
		w.WriteHeader(http.StatusCreated)
		json.NewEncoder(w).Encode(map[string]any{"message": m})
	}))
	t.Cleanup(srv.Close)
	s := &settings{URL: srv.URL, Accounts: 1, Rooms: 1, Overload: 4}
	c, err := newCaller(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.close)
	return &run{s: s, caller: c, ledger: newLedger("run", 1, nil), epoch: time.Now(), tokens: map[int64]string{10: "t"},
		newest: map[int64]*atomic.Int64{7: new(atomic.Int64)}, timed: map[string]*measure{"probe": {recorder: newRecorder(), good: http.StatusCreated}},
		w: &world{Rooms: []int64{7}, People: []person{{ID: 10, Token: "t"}}}}
}

// A server is itself again with the first of ten paced posts in a row that are
// as quick as before: neither one that is refused nor one that is slow counts.
func TestRecoveryEndsWithTheFirstOfManyQuickPosts(t *testing.T) {
	row := inARow{bound: 10 * time.Millisecond}
	at := time.Duration(0)
	add := func(took time.Duration, ok bool) bool { at += time.Second; return row.add(at, took, ok) }
	for range quickAgain - 1 {
		if add(10*time.Millisecond, true) {
			t.Fatal("too few are enough")
		}
	}
	add(11*time.Millisecond, true) // slow
	for range quickAgain - 1 {
		if add(time.Millisecond, true) {
			t.Fatal("the row was broken by a slow one")
		}
	}
	add(time.Millisecond, false) // refused
	first := at + time.Second
	for i := range quickAgain {
		if done := add(time.Millisecond, true); done != (i == quickAgain-1) {
			t.Fatalf("quick post %d: %t", i+1, done)
		}
	}
	if row.first != first {
		t.Errorf("the first was at %s, want %s", row.first, first)
	}
}

func TestServerThatRefusesForAWhileRecovers(t *testing.T) {
	r := poster(t, func(n int64) int {
		if n == 1 || n == 4 {
			return http.StatusServiceUnavailable
		}
		return 0
	})
	if _, ok := r.recovery(t.Context(), time.Minute); !ok || r.ledger.count() != 4+quickAgain {
		t.Errorf("%t after %d posts, want %d", ok, r.ledger.count(), 4+quickAgain)
	}
	r.ledger.want(t, "")
}

func TestServerThatStaysSlowDoesNotRecover(t *testing.T) {
	r := poster(t, func(int64) int { return http.StatusServiceUnavailable })
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if seconds, ok := r.recovery(ctx, time.Hour); ok || seconds != recoverWithin.Seconds() {
		t.Errorf("%g s, %t", seconds, ok)
	}
}

func TestOverloadIsNotBegunOnAServerThatRefusesPacedPosts(t *testing.T) {
	r := poster(t, func(n int64) int {
		if n == 3 {
			return http.StatusTooManyRequests
		}
		return 0
	})
	if _, err := r.probe(t.Context()); err == nil || err.Error() != "the server does not serve posts before the overload (201: 2, 429: 1)" {
		t.Error(err)
	}
}
