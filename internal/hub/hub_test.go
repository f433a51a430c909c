package hub_test

import (
	"bytes"
	"compress/flate"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"campfire"
	"campfire/internal/hub"

	"github.com/gobwas/httphead"
	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsflate"
	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// room is a backend of one room with a real log, and the hub over it.
type world struct {
	t   testing.TB
	hub *hub.Hub
	srv *httptest.Server

	mu      sync.Mutex
	log     []*campfire.Event
	outside map[campfire.UserID]bool // who is not in the room
	members []campfire.UserID
	dead    map[campfire.CredentialID]bool

	joined   bool   // by a subscription
	greeting func() // called while a connection is greeted
	replayed func() // called once, between the reading of a replay and its return
}

const theRoom campfire.RoomID = 7

// theReader comes with a token that may read alone.
const theReader campfire.UserID = 100

func newWorld(t testing.TB, l hub.Limits) *world {
	w := &world{t: t, outside: map[campfire.UserID]bool{}, dead: map[campfire.CredentialID]bool{}, members: []campfire.UserID{1, 2, 3}}
	w.hub = hub.New(hub.Options{Backend: w, Limits: l, Shards: 2,
		Render: func(m *campfire.Message) []byte { return []byte("<p>" + m.Body + "</p>") }})
	w.srv = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		id, _ := strconv.ParseInt(r.URL.Query().Get("user"), 10, 64)
		a := campfire.Actor{Person: campfire.Person{ID: campfire.UserID(id), Name: fmt.Sprint("user ", id)}, Credential: campfire.CredentialID(id), Scopes: campfire.AllScopes}
		if a.ID == theReader {
			a.Scopes = campfire.ScopeRead
		}
		slot, err := w.hub.Admit(a, "192.0.2.1")
		if err != nil {
			http.Error(rw, err.Error(), campfire.CodeOf(err).Status())
			return
		}
		w.hub.Upgrade(rw, r, slot, r.URL.Query().Get("view") == "html")
	}))
	t.Cleanup(func() {
		w.hub.Close()
		w.srv.Close()
	})
	return w
}

func (w *world) Epoch() string {
	w.mu.Lock()
	greeting := w.greeting
	w.mu.Unlock()
	if greeting != nil {
		greeting()
	}
	return "e1"
}

func (w *world) allowed(u campfire.UserID, room campfire.RoomID) error {
	if room != theRoom || w.outside[u] {
		return campfire.NotFound("room")
	}
	return nil
}

func (w *world) Follow(_ context.Context, a campfire.Actor, room campfire.RoomID, join bool) (campfire.Seq, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.joined = w.joined || join
	return campfire.Seq(len(w.log)), w.allowed(a.ID, room)
}

func (w *world) Replay(_ context.Context, a campfire.Actor, room campfire.RoomID, since campfire.Seq, limit int) ([]*campfire.Event, bool, campfire.Seq, error) {
	w.mu.Lock()
	if err := w.allowed(a.ID, room); err != nil {
		w.mu.Unlock()
		return nil, false, 0, err
	}
	rest := w.log[since:]
	n := min(limit, len(rest))
	events, more, current := slices.Clone(rest[:n]), n < len(rest), campfire.Seq(len(w.log))
	then := w.replayed
	w.replayed = nil
	w.mu.Unlock()
	if then != nil {
		then()
	}
	return events, more, current, nil
}

// Post commits and publishes in one step, as the writer does.
func (w *world) Post(_ context.Context, a campfire.Actor, room campfire.RoomID, d campfire.Draft) (*campfire.Posted, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.allowed(a.ID, room); err != nil {
		return nil, err
	}
	return &campfire.Posted{Message: w.commit(a.Person, d.Body, d.ClientID)}, nil
}

func (w *world) commit(by campfire.Person, body, clientID string) *campfire.Message {
	seq := campfire.Seq(len(w.log) + 1)
	m := &campfire.Message{ID: campfire.MessageID(seq), Room: theRoom, Seq: seq, Version: seq, Creator: by, Body: body, ClientID: clientID}
	e := &campfire.Event{Kind: campfire.MessageCreated, Room: theRoom, Seq: seq, MessageID: m.ID, Message: m}
	w.log = append(w.log, e)
	w.hub.Publish([]campfire.Change{e})
	return m
}

func (w *world) say(body string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.commit(campfire.Person{ID: 1, Name: "Ada"}, body, body)
}

// takeOut ends someone's membership; what is said after must not reach them.
func (w *world) takeOut(u campfire.UserID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.outside[u] = true
	w.hub.Publish([]campfire.Change{&campfire.MembersRemoved{Room: theRoom, Users: []campfire.UserID{u}}})
}

func (w *world) MarkRead(context.Context, campfire.Actor, campfire.RoomID, campfire.Seq) error {
	return nil
}
func (w *world) Members(context.Context, campfire.RoomID) ([]campfire.UserID, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(w.members), func(u campfire.UserID) bool { return w.outside[u] }), nil
}
func (w *world) Peers(context.Context, campfire.UserID) ([]campfire.UserID, error) { return nil, nil }
func (w *world) Seqs(_ context.Context, rooms []campfire.RoomID) (map[campfire.RoomID]campfire.Seq, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return map[campfire.RoomID]campfire.Seq{theRoom: campfire.Seq(len(w.log))}, nil
}
func (w *world) Alive(_ context.Context, a campfire.Actor) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.dead[a.Credential] {
		return campfire.Unauthenticated()
	}
	return nil
}

// socket is the other end of a connection, seen raw.
type socket struct {
	t    testing.TB
	conn net.Conn
	in   io.Reader
}

func (w *world) dial(user int, query ...string) *socket {
	w.t.Helper()
	s, err := w.tryDial(user, false, query...)
	if err != nil {
		w.t.Fatal(err)
	}
	if f := s.next(); f["type"] != "welcome" || f["epoch"] != "e1" {
		w.t.Fatalf("first frame: %v", f)
	}
	return s
}

func (w *world) tryDial(user int, deflate bool, query ...string) (*socket, error) {
	d := ws.Dialer{Protocols: []string{hub.Protocol}}
	if deflate {
		d.Extensions = []httphead.Option{wsflate.Parameters{ServerNoContextTakeover: true, ClientNoContextTakeover: true}.Option()}
	}
	conn, early, _, err := d.Dial(w.t.Context(), strings.Replace(w.srv.URL, "http", "ws", 1)+fmt.Sprintf("/?user=%d&%s", user, strings.Join(query, "&")))
	if err != nil {
		return nil, err
	}
	s := &socket{t: w.t, conn: conn, in: conn}
	if early != nil {
		b, _ := early.Peek(early.Buffered())
		s.in = io.MultiReader(bytes.NewReader(bytes.Clone(b)), conn)
	}
	w.t.Cleanup(func() { conn.Close() })
	return s, nil
}

func (s *socket) send(text string) { s.t.Helper(); s.raw(ws.NewTextFrame([]byte(text))) }

func (s *socket) raw(f ws.Frame) {
	s.t.Helper()
	if err := ws.WriteFrame(s.conn, ws.MaskFrameInPlace(f)); err != nil {
		s.t.Fatal(err)
	}
}

// frame reads one frame, pings passed over.
func (s *socket) frame() (ws.Frame, error) {
	for {
		s.conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		h, err := ws.ReadHeader(s.in)
		if err != nil {
			return ws.Frame{}, err
		}
		if h.Length > 16<<20 {
			return ws.Frame{}, fmt.Errorf("a frame of %d bytes", h.Length)
		}
		f := ws.Frame{Header: h, Payload: make([]byte, h.Length)}
		if _, err := io.ReadFull(s.in, f.Payload); err != nil || h.OpCode != ws.OpPing {
			return f, err
		}
	}
}

// next reads the next message.
func (s *socket) next() map[string]any {
	s.t.Helper()
	f, err := s.frame()
	if err != nil {
		s.t.Fatal(err)
	}
	payload := f.Payload
	if rsv1, _, _ := ws.RsvBits(f.Header.Rsv); rsv1 {
		payload, err = io.ReadAll(flate.NewReader(io.MultiReader(bytes.NewReader(payload), bytes.NewReader([]byte{0, 0, 0xff, 0xff, 1, 0, 0, 0xff, 0xff}))))
		if err != nil {
			s.t.Fatal(err)
		}
	}
	if f.Header.OpCode == ws.OpClose {
		code, reason := ws.ParseCloseFrameData(payload)
		s.t.Fatalf("closed with %d %s", code, reason)
	}
	var m map[string]any
	if err := json.Unmarshal(payload, &m); err != nil {
		s.t.Fatalf("%v in %q", err, payload)
	}
	return m
}

// want reads until a message of a type comes.
func (s *socket) want(kind string) map[string]any {
	s.t.Helper()
	for {
		if m := s.next(); m["type"] == kind {
			return m
		}
	}
}

// closeCode reads until the connection is closed and returns the code.
func (s *socket) closeCode() ws.StatusCode {
	s.t.Helper()
	for {
		f, err := s.frame()
		if err != nil {
			return 0
		}
		if f.Header.OpCode == ws.OpClose {
			code, _ := ws.ParseCloseFrameData(f.Payload)
			return code
		}
	}
}

// seqs reads events, batches taken apart, up to a number.
func (s *socket) seqs(through int) (out []int) {
	s.t.Helper()
	for len(out) == 0 || out[len(out)-1] < through {
		m := s.next()
		switch m["type"] {
		case "message_created":
			out = append(out, int(m["seq"].(float64)))
		case "batch":
			for _, e := range m["messages"].([]any) {
				out = append(out, int(e.(map[string]any)["seq"].(float64)))
			}
		}
	}
	return out
}

func count(from, to int) (out []int) {
	for i := from; i <= to; i++ {
		out = append(out, i)
	}
	return out
}

func TestSubscribeReplaysThenFollows(t *testing.T) {
	w := newWorld(t, hub.Limits{PageSize: 3})
	for i := range 10 {
		w.say(fmt.Sprint(i))
	}
	s := w.dial(1)
	s.send(`{"type":"subscribe","rooms":[{"id":7,"since":2}]}`)
	if got := s.seqs(10); !slices.Equal(got, count(3, 10)) {
		t.Errorf("replayed %v", got)
	}
	if f := s.next(); f["type"] != "subscribed" || f["seq"] != 10.0 {
		t.Errorf("after the replay: %v", f)
	}
	w.say("live")
	if f := s.next(); f["type"] != "message_created" || f["seq"] != 11.0 || f["message"].(map[string]any)["body"] != "live" {
		t.Errorf("live: %v", f)
	}
	h := w.dial(2, "view=html")
	h.send(`{"type":"subscribe","rooms":[{"id":7}]}`)
	h.want("subscribed")
	w.say("page")
	if f := h.next(); f["html"] != "<p>page</p>" || f["message"] != nil || f["message_id"] != 12.0 || f["creator_id"] != 1.0 {
		t.Errorf("html view: %v", f)
	}
}

func TestResyncWhenTooFarBehindOrOfAnotherHistory(t *testing.T) {
	w := newWorld(t, hub.Limits{ReplayMax: 5})
	for i := range 10 {
		w.say(fmt.Sprint(i))
	}
	s := w.dial(1)
	for _, subscribe := range []string{
		`{"type":"subscribe","rooms":[{"id":7,"since":4}]}`,
		`{"type":"subscribe","rooms":[{"id":7,"since":11}]}`,
		`{"type":"subscribe","rooms":[{"id":7,"since":9}],"epoch":"other"}`,
	} {
		s.send(subscribe)
		if f := s.next(); f["type"] != "resync" || f["seq"] != 10.0 {
			t.Errorf("%s: %v", subscribe, f)
		}
	}
	s.send(`{"type":"subscribe","rooms":[{"id":7,"since":5}],"epoch":"e1"}`)
	if got := s.seqs(10); !slices.Equal(got, count(6, 10)) {
		t.Errorf("at the limit: %v", got)
	}
	s.want("subscribed")
	s.send(`{"type":"subscribe","rooms":[{"id":8}]}`)
	if f := s.want("error"); f["code"] != "not_found" || f["room_id"] != 8.0 {
		t.Errorf("a room that is not ours: %v", f)
	}
}

// Whenever people come and go while others post, every subscription sees each
// number after its since once, in order.
func TestNoGapNoRepetitionUnderConcurrentPosts(t *testing.T) {
	for _, l := range []hub.Limits{{}, {BatchInterval: -1}, {BatchInterval: time.Millisecond, BatchSize: 3, PageSize: 2}} {
		l.Rate = campfire.Rate{Events: -1}
		l.Queue, l.MaxUser = 100000, -1
		rapid.Check(t, func(rt *rapid.T) {
			w := newWorld(t, l)
			defer w.hub.Close()
			const posts = 120
			before := rapid.IntRange(0, 40).Draw(rt, "before")
			for range before {
				w.say("x")
			}
			var wg sync.WaitGroup
			for i := range 3 {
				since := rapid.IntRange(0, before).Draw(rt, "since")
				wg.Go(func() {
					s := w.dial(i + 1)
					s.send(fmt.Sprintf(`{"type":"subscribe","rooms":[{"id":7,"since":%d}]}`, since))
					if got := s.seqs(before + posts); !slices.Equal(got, count(since+1, before+posts)) {
						rt.Errorf("since %d: %v", since, got)
					}
				})
			}
			wg.Go(func() {
				for range posts {
					w.say("y")
				}
			})
			wg.Wait()
		})
	}
}

// What is published after a replay was read and before its reader goes live
// would fall between the two.
func TestEventPublishedDuringAReplayIsNotLost(t *testing.T) {
	w := newWorld(t, hub.Limits{BatchInterval: -1})
	w.say("one")
	witness := w.dial(2)
	witness.send(`{"type":"subscribe","rooms":[{"id":7}]}`)
	witness.want("subscribed")
	// Two connections, so that every shard has seen the event.
	other := w.dial(3)
	other.send(`{"type":"subscribe","rooms":[{"id":7}]}`)
	other.want("subscribed")
	w.mu.Lock()
	w.replayed = func() {
		w.say("two")
		witness.seqs(2)
		other.seqs(2)
	}
	w.mu.Unlock()
	s := w.dial(1)
	s.send(`{"type":"subscribe","rooms":[{"id":7,"since":0}]}`)
	if got := s.seqs(2); !slices.Equal(got, count(1, 2)) {
		t.Errorf("saw %v", got)
	}
	if f := s.next(); f["type"] != "subscribed" || f["seq"] != 2.0 {
		t.Errorf("then %v", f)
	}
}

func TestRemovedMemberHearsNothingAfter(t *testing.T) {
	w := newWorld(t, hub.Limits{})
	s, stays := w.dial(2), w.dial(3)
	for _, x := range []*socket{s, stays} {
		x.send(`{"type":"subscribe","rooms":[{"id":7}]}`)
		x.want("subscribed")
	}
	w.say("one")
	w.say("two")
	w.takeOut(2)
	w.say("secret")
	if got := stays.seqs(3); !slices.Equal(got, count(1, 3)) {
		t.Errorf("who stays sees %v", got)
	}
	s.want("room_removed")
	s.send(`{"type":"subscribe","rooms":[{"id":7,"since":0}]}`)
	if f := s.next(); f["type"] != "error" {
		t.Errorf("after the removal: %v", f)
	}
	s.send(`{"type":"ping"}`)
	if f := s.next(); f["type"] != "pong" {
		t.Errorf("after the removal: %v", f)
	}
}

func TestEndedCredentialClosesItsSocketsAlone(t *testing.T) {
	w := newWorld(t, hub.Limits{})
	gone, stays := w.dial(2), w.dial(3)
	w.hub.Publish([]campfire.Change{&campfire.CredentialEnded{User: 2, Credential: 2}, &campfire.CredentialEnded{User: 3, Credential: 99}})
	if code := gone.closeCode(); code != 4001 {
		t.Errorf("closed with %d", code)
	}
	stays.send(`{"type":"ping"}`)
	stays.want("pong")
	w.hub.Publish([]campfire.Change{&campfire.AccessEnded{User: 3}})
	if code := stays.closeCode(); code != 4001 {
		t.Errorf("closed with %d", code)
	}
}

func TestSlowReaderIsClosedAndDelaysNobody(t *testing.T) {
	w := newWorld(t, hub.Limits{Queue: 16, QueueBytes: 1 << 30, BatchInterval: -1})
	slow, quick := w.dial(2), w.dial(3)
	slow.conn.(*net.TCPConn).SetReadBuffer(4 << 10)
	for _, x := range []*socket{slow, quick} {
		x.send(`{"type":"subscribe","rooms":[{"id":7}]}`)
		x.want("subscribed")
	}
	const posts = 2000
	body := strings.Repeat("x", 8<<10)
	for i := range posts {
		w.say(body) // as fast as the quick one reads
		if got := quick.seqs(i + 1); !slices.Equal(got, []int{i + 1}) {
			t.Fatalf("the quick reader sees %v after post %d", got, i+1)
		}
	}
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for began := time.Now(); len(w.hub.Online([]campfire.UserID{2})) > 0; <-tick.C {
		if time.Since(began) > 10*time.Second {
			t.Fatal("the slow reader is still there")
		}
	}
}

// What is told to a person while a connection of theirs is being greeted does
// not come before the welcome.
func TestTheWelcomeComesFirst(t *testing.T) {
	w := newWorld(t, hub.Limits{})
	witness := w.dial(1)
	told := make(chan struct{})
	go func() {
		defer close(told)
		for {
			f, err := witness.frame()
			if err != nil || strings.Contains(string(f.Payload), `"type":"read"`) {
				return
			}
		}
	}()
	w.mu.Lock()
	w.greeting = func() {
		w.hub.Publish([]campfire.Change{&campfire.ReadMoved{Room: theRoom, User: 1, Seq: 1}})
		<-told // every connection that is known has it
	}
	w.mu.Unlock()
	w.dial(1) // fails where another frame comes first
}

// A write that waits has a deadline; what is written after it has not.
func TestReplayLeavesNoDeadlineBehind(t *testing.T) {
	const timeout = 50 * time.Millisecond
	w := newWorld(t, hub.Limits{WriteTimeout: timeout})
	w.say("0")
	s := w.dial(1)
	s.send(`{"type":"subscribe","rooms":[{"id":7,"since":0}]}`)
	s.want("subscribed")
	for began, n := time.Now(), 2; time.Since(began) < 3*timeout; n++ {
		w.say("live")
		if got := s.seqs(n); got[len(got)-1] != n {
			t.Fatalf("heard %v, want %d", got, n)
		}
	}
}

func TestUnreadReachesMembersWhoDoNotFollow(t *testing.T) {
	w := newWorld(t, hub.Limits{})
	author, away, follows := w.dial(1), w.dial(2), w.dial(3)
	follows.send(`{"type":"subscribe","rooms":[{"id":7}]}`)
	follows.want("subscribed")
	w.say("first")
	if f := away.want("unread"); f["room_id"] != 7.0 || f["seq"] != 1.0 || f["mention"] != nil {
		t.Errorf("unread: %v", f)
	}
	began := time.Now()
	w.say("second")
	w.say("third")
	if f := away.want("unread"); f["seq"] != 3.0 || time.Since(began) < 500*time.Millisecond {
		t.Errorf("two more within a second: %v after %v", f, time.Since(began))
	}
	for name, s := range map[string]*socket{"author": author, "follower": follows} {
		s.send(`{"type":"ping"}`)
		for {
			f := s.next()
			if f["type"] == "unread" {
				t.Errorf("the %s is told of unread messages", name)
			}
			if f["type"] == "pong" {
				break
			}
		}
	}
}

func TestTypingAndPresence(t *testing.T) {
	w := newWorld(t, hub.Limits{})
	a, b := w.dial(1), w.dial(2)
	a.send(`{"type":"typing","room_id":7,"active":true}`)
	if f := a.want("error"); f["code"] != "not_found" {
		t.Errorf("typing without following: %v", f)
	}
	for _, x := range []*socket{a, b} {
		x.send(`{"type":"subscribe","rooms":[{"id":7}]}`)
		x.want("subscribed")
	}
	a.send(`{"type":"typing","room_id":7,"active":true}`)
	if f := b.want("typing"); f["active"] != true || f["user"].(map[string]any)["id"] != 1.0 {
		t.Errorf("typing: %v", f)
	}
	b.send(`{"type":"present","room_id":7,"visible":true}`)
	statuses := func(f map[string]any) map[float64]string {
		out := map[float64]string{}
		for _, u := range f["users"].([]any) {
			out[u.(map[string]any)["id"].(float64)] = u.(map[string]any)["status"].(string)
		}
		return out
	}
	if got := statuses(b.want("presence")); got[1] != "away" || got[2] != "online" {
		t.Errorf("snapshot: %v", got)
	}
	a.conn.Close()
	for {
		if got := statuses(b.want("presence")); got[1] == "offline" {
			break
		}
	}
}

func TestPostIsAcknowledged(t *testing.T) {
	w := newWorld(t, hub.Limits{})
	s := w.dial(1)
	s.send(`{"type":"post","room_id":7,"body":"hi","client_message_id":"c1"}`)
	if f := s.want("ack"); f["client_message_id"] != "c1" || f["message_id"] != 1.0 || f["seq"] != 1.0 || f["duplicate"] != false {
		t.Errorf("ack: %v", f)
	}
	s.send(`{"type":"post","room_id":8,"body":"hi","client_message_id":"c2"}`)
	if f := s.want("error"); f["client_message_id"] != "c2" || f["code"] != "not_found" {
		t.Errorf("refused: %v", f)
	}
}

func TestWhoMayReadAloneChangesNothing(t *testing.T) {
	w := newWorld(t, hub.Limits{})
	s := w.dial(int(theReader))
	s.send(`{"type":"subscribe","rooms":[{"id":7,"join":true}]}`)
	s.want("subscribed")
	for _, m := range []string{`{"type":"post","room_id":7,"body":"hi","client_message_id":"c1"}`, `{"type":"typing","room_id":7,"active":true}`, `{"type":"read","room_id":7,"seq":1}`} {
		s.send(m)
		if f := s.want("error"); f["code"] != "forbidden" {
			t.Errorf("%s: %v", m, f)
		}
	}
	w.say("still live")
	s.want("message_created")
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.log) != 1 || w.joined {
		t.Errorf("%d messages, joined %v", len(w.log), w.joined)
	}
}

func TestDrainSendsEveryoneAwayWithAHint(t *testing.T) {
	w := newWorld(t, hub.Limits{})
	s := w.dial(1)
	done := make(chan error, 1)
	go func() { done <- w.hub.Drain(t.Context(), 10*time.Millisecond) }()
	if f := s.want("going_away"); f["retry_ms"] == nil {
		t.Errorf("%v", f)
	}
	if code := s.closeCode(); code != 1012 {
		t.Errorf("closed with %d", code)
	}
	s.conn.Close()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if _, err := w.hub.Admit(campfire.Actor{}, "192.0.2.1"); campfire.CodeOf(err) != campfire.CodeOverloaded {
		t.Errorf("a draining hub admits: %v", err)
	}
}

// Who is sent away first is not asked back while the others are still here:
// there is no server yet to come back to.
func TestDrainAsksNobodyBackBeforeItEnds(t *testing.T) {
	w := newWorld(t, hub.Limits{})
	sockets := []*socket{w.dial(1), w.dial(2)}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.hub.Drain(ctx, time.Hour) }()
	hints := make(chan time.Duration, len(sockets))
	var wg sync.WaitGroup
	for _, s := range sockets {
		wg.Go(func() {
			var m struct {
				RetryMS int64 `json:"retry_ms"`
			}
			if f, err := s.frame(); err == nil && json.Unmarshal(f.Payload, &m) == nil {
				hints <- time.Duration(m.RetryMS) * time.Millisecond
			}
		})
	}
	// The second of two is sent away half an hour after the first.
	if first := <-hints; first < 29*time.Minute || first > 31*time.Minute {
		t.Errorf("the first of two was asked back after %s", first)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("the drain was not cut short: %v", err)
	}
	for _, s := range sockets {
		s.conn.Close()
	}
	wg.Wait()
}

func TestPlacesAreLimitedAndGivenBack(t *testing.T) {
	for name, l := range map[string]hub.Limits{"process": {MaxSockets: 2}, "person": {MaxUser: 2}, "address": {MaxIP: 2}, "handshakes": {MaxHandshakes: 2}} {
		w := newWorld(t, l)
		a := campfire.Actor{Person: campfire.Person{ID: 1}}
		first, err1 := w.hub.Admit(a, "192.0.2.1")
		second, err2 := w.hub.Admit(a, "::ffff:192.0.2.1")
		_, err3 := w.hub.Admit(a, "192.0.2.1")
		if err1 != nil || err2 != nil || campfire.CodeOf(err3) != campfire.CodeOverloaded {
			t.Errorf("%s: %v, %v, %v", name, err1, err2, err3)
		}
		first.Release()
		first.Release()
		third, err := w.hub.Admit(a, "192.0.2.1")
		if err != nil {
			t.Errorf("%s: after a release: %v", name, err)
		} else {
			third.Release()
		}
		second.Release()
	}
}

func TestDeflatedFramesHoldTheSame(t *testing.T) {
	w := newWorld(t, hub.Limits{})
	s, err := w.tryDial(1, true)
	if err != nil {
		t.Fatal(err)
	}
	s.next() // welcome
	s.send(`{"type":"subscribe","rooms":[{"id":7}]}`)
	s.want("subscribed")
	body := strings.Repeat("kettle ", 500)
	w.say(body)
	if f := s.next(); f["message"].(map[string]any)["body"] != body {
		t.Errorf("%.200v", f)
	}
	// Ours compressed, too: without context takeover, the tail left out.
	var b bytes.Buffer
	z, _ := flate.NewWriter(&b, flate.DefaultCompression)
	io.WriteString(z, `{"type":"ping"}`)
	z.Flush()
	f := ws.NewTextFrame(bytes.TrimSuffix(b.Bytes(), []byte{0, 0, 0xff, 0xff}))
	f.Header.Rsv = ws.Rsv(true, false, false)
	s.raw(f)
	s.want("pong")
	// A bomb: a megabyte from a few bytes.
	b.Reset()
	z.Reset(&b)
	io.WriteString(z, strings.Repeat(" ", 64<<20))
	z.Flush()
	f = ws.NewTextFrame(b.Bytes())
	f.Header.Rsv = ws.Rsv(true, false, false)
	s.raw(f)
	if code := s.closeCode(); code != 1009 {
		t.Errorf("a bomb is closed with %d", code)
	}
}

// Cases are named after the clauses of RFC 6455 that they hold us to.
func TestProtocol(t *testing.T) {
	text := func(fin bool, op ws.OpCode, payload string) ws.Frame {
		f := ws.NewFrame(op, fin, []byte(payload))
		return f
	}
	rsv := func(f ws.Frame) ws.Frame { f.Header.Rsv = ws.Rsv(true, false, false); return f }
	for _, c := range []struct {
		clause string
		frames []ws.Frame
		code   ws.StatusCode // 0: answered by pong
	}{
		{"5.2 reserved bits", []ws.Frame{rsv(text(true, ws.OpText, "{}"))}, 1002},
		{"5.2 reserved opcode", []ws.Frame{text(true, 3, "")}, 1002},
		{"5.2 reserved control opcode", []ws.Frame{text(true, 11, "")}, 1002},
		{"5.4 fragments are joined", []ws.Frame{text(false, ws.OpText, `{"type"`), text(false, ws.OpContinuation, `:"pi`), text(true, ws.OpContinuation, `ng"}`)}, 0},
		{"5.4 control frames between fragments", []ws.Frame{text(false, ws.OpText, `{"type"`), ws.NewPongFrame(nil), text(true, ws.OpContinuation, `:"ping"}`)}, 0},
		{"5.4 empty fragments", []ws.Frame{text(false, ws.OpText, ``), text(false, ws.OpContinuation, `{"type":"ping"}`), text(true, ws.OpContinuation, ``)}, 0},
		{"5.4 continuation of nothing", []ws.Frame{text(true, ws.OpContinuation, "x")}, 1002},
		{"5.4 a message within a message", []ws.Frame{text(false, ws.OpText, "a"), text(true, ws.OpText, "b")}, 1002},
		{"5.5 fragmented control frame", []ws.Frame{text(false, ws.OpPing, "")}, 1002},
		{"5.5 long control frame", []ws.Frame{text(true, ws.OpPing, strings.Repeat("x", 126))}, 1002},
		{"5.5.1 close is answered", []ws.Frame{ws.NewCloseFrame(ws.NewCloseFrameBody(1000, "bye"))}, 1000},
		{"5.5.1 close body of one byte", []ws.Frame{text(true, ws.OpClose, "x")}, 1002},
		{"7.4 close code that can't be sent", []ws.Frame{ws.NewCloseFrame(ws.NewCloseFrameBody(1005, ""))}, 1002},
		{"8.1 text that is no UTF-8", []ws.Frame{text(true, ws.OpText, "\xff")}, 1007},
		{"8.1 character cut between fragments", []ws.Frame{text(false, ws.OpText, "{\"type\":\"ping\",\"epoch\":\"\xc3"), text(true, ws.OpContinuation, "\xa9\"}")}, 0},
		{"10.4 frame too large", []ws.Frame{text(true, ws.OpText, strings.Repeat(" ", 2000))}, 1009},
		{"10.4 message too large", []ws.Frame{text(false, ws.OpText, strings.Repeat(" ", 900)), text(false, ws.OpContinuation, strings.Repeat(" ", 900))}, 1009},
		{"contract: binary", []ws.Frame{text(true, ws.OpBinary, "{}")}, 4009},
		{"contract: no JSON", []ws.Frame{text(true, ws.OpText, "hello")}, 4009},
		{"contract: half a JSON", []ws.Frame{text(true, ws.OpText, `{"type":`)}, 4009},
		{"contract: nothing", []ws.Frame{text(true, ws.OpText, "")}, 4009},
	} {
		t.Run(c.clause, func(t *testing.T) {
			w := newWorld(t, hub.Limits{MaxFrame: 1000, MaxMessage: 1500})
			s := w.dial(1)
			for _, f := range c.frames {
				s.raw(f)
			}
			if c.code == 0 {
				s.want("pong")
			} else if code := s.closeCode(); code != c.code {
				t.Errorf("closed with %d, want %d", code, c.code)
			}
		})
	}
	t.Run("5.1 unmasked", func(t *testing.T) {
		s := newWorld(t, hub.Limits{}).dial(1)
		ws.WriteFrame(s.conn, ws.NewTextFrame([]byte("{}")))
		if code := s.closeCode(); code != 1002 {
			t.Errorf("closed with %d", code)
		}
	})
	t.Run("5.5.2 ping is answered with its payload", func(t *testing.T) {
		s := newWorld(t, hub.Limits{}).dial(1)
		s.raw(ws.NewPingFrame([]byte("tea")))
		if f, err := s.frame(); err != nil || f.Header.OpCode != ws.OpPong || string(f.Payload) != "tea" {
			t.Errorf("%v, %v", f, err)
		}
	})
	t.Run("ten thousand tiny fragments", func(t *testing.T) {
		s := newWorld(t, hub.Limits{}).dial(1)
		s.raw(text(false, ws.OpText, `{"type":"ping"`))
		for range 10000 {
			s.raw(text(false, ws.OpContinuation, " "))
		}
		s.raw(text(true, ws.OpContinuation, "}"))
		s.want("pong")
	})
}

func TestWrongMessagesAreAnsweredNotStored(t *testing.T) {
	w := newWorld(t, hub.Limits{})
	s := w.dial(1)
	for _, m := range []string{`{"type":"nonsense"}`, `{"type":7}`, `{"type":"ping","extra":1}`, `{"type":"post","room_id":"7"}`, `[]`, `"x"`, `null`, `{}`,
		`{"type":"subscribe"}`, `{"type":"subscribe","rooms":[]}`, `{"type":"subscribe","rooms":[7]}`, `{"type":"subscribe","rooms":[{"id":7,"x":1}]}`, `{"type":"unsubscribe","rooms":"7"}`,
		`{"type":"subscribe","rooms":[{"id":9223372036854775808}]}`} {
		s.send(m)
		if f := s.next(); f["type"] != "error" || f["code"] != "invalid" {
			t.Errorf("%s: %v", m, f)
		}
	}
	limited := newWorld(t, hub.Limits{Rate: campfire.Rate{Events: 1, Per: time.Hour, Burst: 3}}).dial(1)
	for range 3 {
		limited.send(`{"type":"ping"}`)
		limited.want("pong")
	}
	limited.send(`{"type":"ping"}`)
	if f := limited.next(); f["code"] != "rate_limited" {
		t.Errorf("above the rate: %v", f)
	}
	if len(w.log) != 0 {
		t.Error("something was stored")
	}
}

func TestPositionsTellOfALostLastEvent(t *testing.T) {
	w := newWorld(t, hub.Limits{Check: 20 * time.Millisecond})
	s := w.dial(1)
	s.send(`{"type":"subscribe","rooms":[{"id":7}]}`)
	s.want("subscribed")
	w.mu.Lock()
	w.log = append(w.log, &campfire.Event{Kind: campfire.MessageDeleted, Room: theRoom, Seq: 1, MessageID: 1}) // committed, never published
	w.mu.Unlock()
	for {
		f := s.want("positions")
		if r := f["rooms"].([]any)[0].(map[string]any); r["seq"] == 1.0 {
			break
		}
	}
	w.mu.Lock()
	w.dead[1] = true
	w.mu.Unlock()
	if code := s.closeCode(); code != 4001 {
		t.Errorf("a session that ended unnoticed: %d", code)
	}
}

func BenchmarkBroadcast(b *testing.B) {
	for _, n := range []int{10, 100, 1000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			w := newWorld(b, hub.Limits{MaxIP: -1, MaxUser: -1, MaxHandshakes: -1, BatchInterval: -1, Queue: 1 << 20, QueueBytes: 1 << 30})
			var wg sync.WaitGroup
			var ends []chan int
			for range n {
				s := w.dial(1)
				s.send(`{"type":"subscribe","rooms":[{"id":7}]}`)
				s.want("subscribed")
				end := make(chan int, 1)
				ends = append(ends, end)
				wg.Go(func() {
					through := <-end
					s.seqs(through)
				})
			}
			body := strings.Repeat("tea ", 50)
			b.ReportAllocs()
			posts := 0
			b.ResetTimer()
			for _, end := range ends {
				end <- b.N
			}
			for range b.N {
				w.say(body)
				posts++
			}
			wg.Wait()
			b.ReportMetric(float64(posts*n)/b.Elapsed().Seconds(), "deliveries/s")
		})
	}
}
