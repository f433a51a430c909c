package load

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"campfire/client"
	"campfire/internal/load/fleet"
)

// book is a ledger with posts 0 to 3 of users 10 to 13: acknowledged as ids 100
// to 103, numbers 6 to 9 of room 7.
func book() *ledger {
	l := newLedger("run", 1, newRecorders(1))
	for i := range 4 {
		n, _ := l.add(time.Duration(i)*time.Second, 7, int64(10+i), true)
		l.acknowledge(n, storedPost(l, n), l.texts.body(n))
	}
	return l
}

// storedPost is a post as a Campfire keeps it.
func storedPost(l *ledger, n int) *stored {
	m := &stored{ID: int64(100 + n), RoomID: l.at(n).room, Seq: int64(6 + n), Body: l.texts.body(n), ClientID: l.clientID(n)}
	m.Creator.ID = l.at(n).author
	return m
}

func eventOf(l *ledger, n int) *fleet.Event {
	m := storedPost(l, n)
	return &fleet.Event{Kind: fleet.Created, Room: m.RoomID, Seq: m.Seq, ID: m.ID, Author: m.Creator.ID, ClientID: []byte(m.ClientID), Body: []byte(m.Body)}
}

// want holds a ledger's contradictions against the only one there should be;
// empty: none.
func (l *ledger) want(t *testing.T, sentence string) {
	t.Helper()
	got, n := l.broken()
	switch {
	case sentence == "" && n != 0:
		t.Errorf("contradictions: %q", got)
	case sentence != "" && (n == 0 || !strings.Contains(strings.Join(got, "\n"), sentence)):
		t.Errorf("contradictions %q, want %q", got, sentence)
	}
}

func TestLedgerHoldsAnswersAgainstPosts(t *testing.T) {
	for _, c := range []struct {
		with func(m *stored)
		want string
	}{
		{func(*stored) {}, ""},
		{func(m *stored) { m.Body += "." }, "the answer reads"},
		{func(m *stored) { m.RoomID = 8 }, "the answer is in room 8"},
		{func(m *stored) { m.Creator.ID = 11 }, "the answer is by user 11"},
		{func(m *stored) { m.ClientID = "run-1" }, `the answer has the client id "run-1"`},
		{func(m *stored) { m.ID = 0 }, "acknowledged with id 0"},
		{func(m *stored) { m.Seq = 0 }, "number 0"},
	} {
		l := newLedger("run", 1, nil)
		n, _ := l.add(0, 7, 10, true)
		m := storedPost(l, n)
		c.with(m)
		l.acknowledge(n, m, l.texts.body(n))
		l.want(t, c.want)
		if got := l.at(n).acked(); got != (c.want == "") {
			t.Errorf("%q: acknowledged %t", c.want, got)
		}
	}
}

func TestLedgerHoldsEventsAgainstPosts(t *testing.T) {
	for _, c := range []struct {
		name string
		with func(e *fleet.Event)
		want string
	}{
		{"as it was sent", func(*fleet.Event) {}, ""},
		{"altered", func(e *fleet.Event) { e.Body = []byte("tea?") }, `post 1 was delivered as "tea?"`},
		{"another's", func(e *fleet.Event) { e.Author = 12 }, "post 1 was delivered as user 12's, it was sent by user 11"},
		{"in another room", func(e *fleet.Event) { e.Room = 8 }, "post 1 was delivered in room 8, it was sent to room 7"},
		{"foreign", func(e *fleet.Event) { e.ClientID = []byte("other-1") }, "an event was delivered that is no post of this run"},
		{"of a number that no post has", func(e *fleet.Event) { e.ClientID = []byte("run-99") }, "no post of this run"},
		{"of a number written otherwise", func(e *fleet.Event) { e.ClientID = []byte("run-01") }, "no post of this run"},
		{"an edit", func(e *fleet.Event) { e.Kind = fleet.Updated }, "no post of this run"},
		{"again under another number", func(e *fleet.Event) { e.Seq = 9 }, "post 1 was delivered under number 7 and under number 9"},
		{"again with another id", func(e *fleet.Event) { e.ID = 109 }, "post 1 was delivered with id 101 and with id 109"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := book()
			l.Match(eventOf(l, 1))
			e := eventOf(l, 1)
			c.with(e)
			l.Match(e)
			l.want(t, c.want)
		})
	}
}

func TestToAllCountsOnlyPostsThatCameToEverySocket(t *testing.T) {
	l := book()
	deliver := func(n, socket int, at time.Duration, replayed bool) {
		l.Deliver(0, fleet.Delivery{Kind: fleet.Created, Socket: socket, Room: 7, Mark: n, At: at, Replayed: replayed})
	}
	for socket := range 3 {
		deliver(0, socket, time.Duration(socket+1)*time.Millisecond, false)
	}
	deliver(1, 0, time.Second+2*time.Millisecond, false) // and to nobody else
	deliver(2, 0, 2*time.Second+5*time.Millisecond, false)
	deliver(2, 1, 2*time.Second+9*time.Millisecond, false)
	deliver(2, 2, 9*time.Second, true) // it was away
	into := newRecorder()
	if missing := l.toAll(map[int64]int{7: 3}, into); missing != 2 {
		t.Errorf("%d did not come to all, want 2: posts 1 and 3", missing)
	}
	h := newHistogram()
	into.drain(h)
	if h.TotalCount() != 2 || h.Min() < 3000 || h.Min() > 3010 || h.Max() < 9000 || h.Max() > 9010 {
		t.Errorf("%d times from %d to %d µs, want 3 ms and 9 ms", h.TotalCount(), h.Min(), h.Max())
	}
}

// pages serves rooms' histories, as a Campfire does, from what it is told.
type pages map[int64][]stored

func (p pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var room int64
	if _, err := fmt.Sscanf(r.URL.Path, "/api/rooms/%d/messages", &room); err != nil {
		http.NotFound(w, r)
		return
	}
	messages := p[room]
	if before, err := strconv.ParseInt(r.URL.Query().Get("before"), 10, 64); err == nil {
		end := 0
		for end < len(messages) && messages[end].ID < before {
			end++
		}
		messages = messages[:end]
	}
	limit := 2 // pages that small are many
	rest := max(0, len(messages)-limit)
	json.NewEncoder(w).Encode(page{Messages: messages[rest:], HasBefore: rest > 0})
}

// checked is a run whose posts are stored as told; nothing was delivered.
func checked(t *testing.T, l *ledger, history []stored, heads map[int64]int64) (*run, map[int]int) {
	srv := httptest.NewServer(pages{7: history})
	t.Cleanup(srv.Close)
	s := &settings{URL: srv.URL}
	r := &run{s: s, ledger: l, report: newReport(s), base: map[int64]int64{7: 5}, held: map[int64]int{},
		w: &world{Rooms: []int64{7}, admin: client.New(srv.URL, "t")}}
	return r, r.verifyStored(t.Context(), heads)
}

func TestEveryAcknowledgedPostIsLookedUp(t *testing.T) {
	early := func() []stored { // from before the run: nobody's business
		return []stored{{ID: 90, RoomID: 7, Seq: 4, Body: "hello"}, {ID: 91, RoomID: 7, Seq: 5, Body: "hello"}}
	}
	for _, c := range []struct {
		name string
		with func(l *ledger, m []stored) []stored
		want string
	}{
		{"as they were sent", func(_ *ledger, m []stored) []stored { return m }, ""},
		{"lost", func(_ *ledger, m []stored) []stored { return append(m[:1:1], m[2:]...) }, "post 1 was acknowledged and is not stored"},
		{"lost, the last", func(_ *ledger, m []stored) []stored { return m[:3] }, "post 3 was acknowledged and is not stored"},
		{"all lost", func(_ *ledger, m []stored) []stored { return nil }, "post 0 was acknowledged and is not stored"},
		{"doubled", func(_ *ledger, m []stored) []stored {
			twice := m[1]
			twice.ID, twice.Seq = 104, 10
			return append(m, twice)
		}, "post 1 is stored 2 times"},
		{"swapped", func(_ *ledger, m []stored) []stored {
			m[1], m[2] = m[2], m[1]
			m[1].ID, m[2].ID, m[1].Seq, m[2].Seq = 101, 102, 7, 8
			return m
		}, "post 1 was acknowledged as id 101, number 7, and is stored as id 102, number 8"},
		{"altered", func(_ *ledger, m []stored) []stored { m[1].Body = "tea?"; return m }, `post 1: what is stored reads "tea?"`},
		{"another's", func(_ *ledger, m []stored) []stored { m[1].Creator.ID = 12; return m }, "post 1: what is stored is by user 12"},
		{"foreign", func(_ *ledger, m []stored) []stored {
			return append(m, stored{ID: 104, RoomID: 7, Seq: 10, Body: "hi", ClientID: "x"})
		}, `stored is a message that is no post of this run ("x")`},
		{"under a number that was delivered for another", func(l *ledger, m []stored) []stored {
			e := eventOf(l, 1)
			e.Seq = 8
			l.Match(e)
			return m
		}, "post 1 was delivered as id 101, number 8, and is stored as id 101, number 7"},
		{"though it was refused", func(l *ledger, m []stored) []stored { l.at(1).outcome.Store(refused); return m }, "post 1 was refused and is stored"},
		{"a number is taken by nothing", func(_ *ledger, m []stored) []stored { m[3].Seq = 10; return m }, "room 7 has counted from 5 to 10 and holds 4 messages"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := book()
			var history []stored
			for n := range 4 {
				history = append(history, *storedPost(l, n))
			}
			history = append(early(), c.with(l, history)...)
			checked(t, l, history, map[int64]int64{7: history[len(history)-1].Seq})
			l.want(t, c.want)
		})
	}
}

func TestPostWithoutAnAnswerThatIsStoredIsCounted(t *testing.T) {
	l := book()
	l.at(1).outcome.Store(unanswered)
	var history []stored
	for n := range 4 {
		history = append(history, *storedPost(l, n))
	}
	r, found := checked(t, l, history, map[int64]int64{7: 9})
	l.want(t, "")
	if r.report.Unanswered != 1 || r.report.Stored != 4 || found[1] != 1 {
		t.Errorf("%d unanswered of %d, found %v", r.report.Unanswered, r.report.Stored, found)
	}
}

func TestRoomThatCannotBeReadFailsTheRun(t *testing.T) {
	l := book()
	srv := httptest.NewServer(http.NotFoundHandler())
	defer srv.Close()
	s := &settings{URL: srv.URL}
	r := &run{s: s, ledger: l, report: newReport(s), base: map[int64]int64{7: 5}, w: &world{Rooms: []int64{7}, admin: client.New(srv.URL, "t")}}
	r.verifyStored(t.Context(), nil)
	if len(r.report.Failures) != 1 || !strings.Contains(r.report.Failures[0], "room 7 can't be read after the run") {
		t.Errorf("%q", r.report.Failures)
	}
}

func TestHistoryThatGoesRoundIsLeft(t *testing.T) {
	l := book()
	again := page{Messages: []stored{*storedPost(l, 2), *storedPost(l, 3)}, HasBefore: true}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { json.NewEncoder(w).Encode(again) }))
	defer srv.Close()
	s := &settings{URL: srv.URL}
	r := &run{s: s, ledger: l, report: newReport(s), base: map[int64]int64{7: 5}, w: &world{Rooms: []int64{7}, admin: client.New(srv.URL, "t")}}
	r.verifyStored(t.Context(), nil)
	l.want(t, "room 7: the page before message 102 begins with message 102")
}

func TestEveryStoredPostMustHaveComeToEverySocket(t *testing.T) {
	for _, c := range []struct {
		name    string
		outcome int32
		copies  int64
		found   int
		want    string
	}{
		{"heard by all", acknowledged, 3, 1, ""},
		{"heard by nobody", acknowledged, 0, 1, "post 0 came to sockets 0 times, its room has 3 of them"},
		{"heard by some", acknowledged, 2, 1, "post 0 came to sockets 2 times"},
		{"heard twice", acknowledged, 4, 1, "post 0 came to sockets 4 times"},
		{"stored without an answer, heard by some", unanswered, 2, 1, "post 0 came to sockets 2 times"},
		{"not stored, not heard", unanswered, 0, 0, ""},
		{"refused and heard", refused, 3, 0, "post 0 was refused and delivered"},
		{"refused", refused, 0, 0, ""},
	} {
		l := newLedger("run", 1, nil)
		n, _ := l.add(0, 7, 10, true)
		l.at(n).outcome.Store(c.outcome)
		l.at(n).copies.Store(c.copies)
		f, err := fleet.New(fleet.Options{})
		if err != nil {
			t.Fatal(err)
		}
		s := &settings{}
		r := &run{s: s, ledger: l, report: newReport(s), fleet: f, held: map[int64]int{7: 3}}
		r.verifyHeard(nil, map[int]int{0: c.found})
		f.Close()
		t.Log(c.name)
		l.want(t, c.want)
	}
}
