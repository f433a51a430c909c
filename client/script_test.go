package client_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"campfire/client"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// script is a server that does as told, also what no good server would. Each
// connection is served by one function, the last one by all that follow.
type script struct {
	t     *testing.T
	mu    sync.Mutex
	turns []func(*peer)
	http  *httptest.Server
	wg    sync.WaitGroup
}

// peer is the server's side of one connection.
type peer struct {
	t    *testing.T
	conn net.Conn
}

// newScript serves the connections by turns; api answers what is asked over
// HTTP and may be nil.
func newScript(t *testing.T, api http.HandlerFunc, turns ...func(*peer)) *script {
	s := &script{t: t, turns: turns}
	if api != nil {
		s.http = httptest.NewServer(api)
		t.Cleanup(s.http.Close)
	}
	t.Cleanup(s.wg.Wait)
	return s
}

func (s *script) client() *client.Client {
	if s.http == nil {
		return client.New("http://nowhere.invalid", "secret")
	}
	return client.New(s.http.URL, "secret").Over(s.http.Client())
}

// dial connects to the next turn, in memory.
func (s *script) dial(context.Context, string, string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	s.mu.Lock()
	turn := s.turns[0]
	if len(s.turns) > 1 {
		s.turns = s.turns[1:]
	}
	s.mu.Unlock()
	s.wg.Go(func() {
		defer ours.Close()
		if _, err := ws.Upgrade(ours); err != nil {
			return
		}
		turn(&peer{s.t, ours})
	})
	return theirs, nil
}

// send sends frames as they are.
func (p *peer) send(frames ...string) {
	for _, f := range frames {
		if wsutil.WriteServerText(p.conn, []byte(f)) != nil {
			return
		}
	}
}

func (p *peer) welcome(epoch string) {
	p.send(fmt.Sprintf(`{"type":"welcome","user_id":1,"connection_id":"x","epoch":%q,"ping_seconds":25}`, epoch))
}

func (p *peer) created(seqs ...int64) {
	for _, n := range seqs {
		p.send(created(n))
	}
}

func created(seq int64) string {
	return fmt.Sprintf(`{"type":"message_created","room_id":7,"seq":%d,"message":{"id":%d,"room_id":7,"seq":%[1]d,"body":"body %[1]d"}}`, seq, 100+seq)
}

func (p *peer) subscribed(seq int64) {
	p.send(fmt.Sprintf(`{"type":"subscribed","room_id":7,"seq":%d}`, seq))
}

func (p *peer) close(code ws.StatusCode) {
	_ = ws.WriteFrame(p.conn, ws.NewCloseFrame(ws.NewCloseFrameBody(code, "")))
}

// request is what a client may send.
type request struct {
	Type            string
	Epoch           string
	RoomID          int64 `json:"room_id"`
	Body            string
	ClientMessageID string `json:"client_message_id"`
	Visible         bool
	Rooms           []struct {
		ID    int64
		Since *int64
	}
}

// since is where a subscribe of one room goes on from; -1 is from now on, -2
// is no such request.
func (r request) since() int64 {
	switch {
	case len(r.Rooms) != 1:
		return -2
	case r.Rooms[0].Since == nil:
		return -1
	}
	return *r.Rooms[0].Since
}

// next returns what the client sends next; its type is empty at the end.
func (p *peer) next() (r request) {
	b, err := wsutil.ReadClientText(p.conn)
	if err != nil {
		return request{}
	}
	if err := json.Unmarshal(b, &r); err != nil {
		p.t.Errorf("the client sent %s: %v", b, err)
	}
	return r
}

// want returns the next request, which must be of a type.
func (p *peer) want(kind string) request {
	r := p.next()
	if r.Type != kind {
		p.t.Errorf("the client sent %q, want %q", r.Type, kind)
	}
	return r
}

// stay reads until the client goes.
func (p *peer) stay() {
	for p.next().Type != "" {
	}
}

// log answers GET …/events of room 7 from a log that reaches from first to
// last.
func eventLog(epoch string, first, last int64) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var since int64
		fmt.Sscan(r.URL.Query().Get("since"), &since)
		if e := r.URL.Query().Get("epoch"); e != "" && e != epoch || since+1 < first {
			w.WriteHeader(http.StatusGone)
			fmt.Fprint(w, `{"status":410,"code":"resync"}`)
			return
		}
		until := min(since+3, last) // small pages
		var events []json.RawMessage
		for n := since + 1; n <= until; n++ {
			events = append(events, json.RawMessage(created(n)))
		}
		json.NewEncoder(w).Encode(map[string]any{"epoch": epoch, "events": events, "seq": last, "more": until < last})
	}
}
