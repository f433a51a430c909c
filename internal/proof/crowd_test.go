package proof

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"campfire/client"
	"campfire/internal/history"
)

// crowd is people in two rooms, an open and a closed one, and what they
// recorded of what they did and saw.
type crowd struct {
	t     *testing.T
	ctx   context.Context
	url   string
	net   network
	admin *client.Client
	rooms []int64 // the open one, the closed one

	posters   []*poster
	listeners []*listener
	stranger  *listener // not in the closed room, and insistent
	leaver    *listener // taken out of the closed room on the way

	connections int // that the listeners had in all

	mu      sync.Mutex // guards what follows
	changes []history.Change
	took    []time.Duration
	goals   map[int]chan struct{} // closed when so many changes were acknowledged
}

// network is how the crowd reaches the server; the zero network is direct.
type network struct {
	dial func(ctx context.Context, network, addr string) (net.Conn, error)
}

// over returns c speaking through the network, on connections of its own.
func (n network) over(t *testing.T, c *client.Client) *client.Client {
	tr := &http.Transport{DialContext: n.dial, MaxIdleConnsPerHost: 4}
	t.Cleanup(tr.CloseIdleConnections)
	return c.Over(&http.Client{Transport: tr, Timeout: 30 * time.Second})
}

const password = "correct horse battery"

// maxWait is how long clients wait before they come back, at most: so short
// that a run has many reconnects.
const maxWait = 100 * time.Millisecond

// gather makes the people and rooms and has the listeners listen.
func gather(t *testing.T, ctx context.Context, url string, n network, posters, listeners int) *crowd {
	t.Helper()
	g := &crowd{t: t, ctx: ctx, url: url, net: n, goals: make(map[int]chan struct{})}
	anyone := client.New(url, "")
	var err error
	if g.admin, _, err = anyone.SetUp(ctx, "Ada", "ada@example.org", password); err != nil {
		t.Fatal(err)
	}
	account, err := g.admin.Account(ctx)
	if err != nil {
		t.Fatal(err)
	}
	join := func(name string) (*client.Client, int64) {
		t.Helper()
		c, u, err := anyone.Join(ctx, account.JoinCode, name, strings.ToLower(name)+"@example.org", password)
		if err != nil {
			t.Fatal(err)
		}
		return c, u.ID
	}
	var ids []int64
	for i := range posters {
		c, id := join(fmt.Sprintf("Poster%d", i))
		g.posters = append(g.posters, newPoster(g, i, id, c))
		ids = append(ids, id)
	}
	leaver, leaverID := join("Leaver")
	stranger, _ := join("Stranger")
	closed, err := g.admin.CreateRoom(ctx, "closed", "Closed", append(ids, leaverID)...)
	if err != nil {
		t.Fatal(err)
	}
	g.rooms = []int64{1, closed.ID}
	for i := range listeners {
		l := &listener{name: fmt.Sprintf("listener %d", i), room: g.rooms[i%2], member: true}
		l.listen(g, g.posters[i%posters].direct)
		g.listeners = append(g.listeners, l)
	}
	g.leaver = &listener{name: "the leaver", room: closed.ID, member: true, person: leaverID}
	g.leaver.listen(g, leaver)
	g.stranger = &listener{name: "the stranger", room: closed.ID}
	g.stranger.listen(g, stranger)
	return g
}

// record notes what was done; tell says that it was acknowledged.
func (g *crowd) record(took time.Duration, changes ...history.Change) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.changes = append(g.changes, changes...)
	g.took = append(g.took, took)
	for goal, reached := range g.goals {
		if len(g.changes) >= goal {
			close(reached)
			delete(g.goals, goal)
		}
	}
}

// await returns once so many changes were acknowledged.
func (g *crowd) await(goal int) {
	g.mu.Lock()
	if len(g.changes) >= goal {
		g.mu.Unlock()
		return
	}
	reached := g.goals[goal]
	if reached == nil {
		reached = make(chan struct{})
		g.goals[goal] = reached
	}
	g.mu.Unlock()
	select {
	case <-reached:
	case <-g.ctx.Done():
		g.t.Fatalf("%d changes were never reached", goal)
	}
}

// work has each poster make n changes, beside each other.
func (g *crowd) work(n int) *sync.WaitGroup {
	var wg sync.WaitGroup
	for _, p := range g.posters {
		wg.Go(func() {
			if err := p.work(g.ctx, n); err != nil {
				g.t.Error(err)
			}
		})
	}
	return &wg
}

// expel takes the leaver out of the closed room.
func (g *crowd) expel() {
	g.t.Helper()
	err := client.Retry(g.ctx, func() error {
		err := g.admin.RemoveMember(g.ctx, g.leaver.room, g.leaver.person)
		if client.CodeOf(err) == "not_found" {
			return nil // an earlier try, whose answer was lost
		}
		return err
	})
	if err != nil {
		g.t.Fatal(err)
	}
	g.leaver.removed = time.Now()
}

// verdict waits until everyone has caught up, reads all that is stored and
// checks the whole history.
func (g *crowd) verdict() (stored, contradictions int) {
	g.t.Helper()
	h := history.History{Changes: g.changes, Seq: make(map[int64]int64)}
	for _, room := range g.rooms {
		r, err := g.posters[0].direct.Room(g.ctx, room)
		if err != nil {
			g.t.Fatal(err)
		}
		h.Seq[room] = r.Seq
		h.Stored = append(h.Stored, g.read(room)...)
	}
	for _, l := range g.listeners {
		if err := l.live.WaitSeq(g.ctx, l.room, h.Seq[l.room]); err != nil {
			g.t.Errorf("%s never caught up: %v", l.name, err)
		}
	}
	for _, l := range append(g.listeners, g.leaver, g.stranger) {
		l.live.Close()
		stats := l.live.Stats()
		g.connections += stats.Connections
		if stats.Gaps > 0 || stats.Repeats > 0 {
			g.t.Errorf("connections of %s left %d numbers out and repeated %d, which the client has mended", l.name, stats.Gaps, stats.Repeats)
		}
		h.Subscribers = append(h.Subscribers, history.Subscriber{Name: l.name, Room: l.room, Member: l.member, Removed: l.removed, Events: l.events})
	}
	found := history.Check(h)
	for _, s := range found[:min(len(found), 20)] {
		g.t.Error(s)
	}
	return len(h.Stored), len(found)
}

// read reads a whole room, and searches for each message by a word that no
// other has.
func (g *crowd) read(room int64) (all []history.Stored) {
	g.t.Helper()
	reader := g.posters[0].direct
	for m, err := range reader.History(g.ctx, room) {
		if err != nil {
			g.t.Fatal(err)
		}
		word, _, _ := strings.Cut(m.Body, " ")
		found, _, err := reader.Search(g.ctx, client.SearchQuery{Text: word})
		if err != nil {
			g.t.Fatal(err)
		}
		all = append(all, history.Stored{Room: room, MessageID: m.ID, Seq: m.Seq, Author: m.Creator.ID, ClientID: m.ClientMessageID,
			Body: m.Body, Boosts: boostIDs(&m), Found: len(found) == 1 && found[0].Message.ID == m.ID})
	}
	return all
}

func boostIDs(m *client.Message) (ids []int64) {
	for _, b := range m.Boosts {
		ids = append(ids, b.ID)
	}
	return ids
}

// listener follows one room and records what it hears.
type listener struct {
	name    string
	room    int64
	member  bool
	person  int64     // the leaver's id
	removed time.Time // when the leaver was taken out

	live    *client.Live
	events  []history.Event // the Live's, until it is closed
	refused int
}

// insistence is how often a stranger tries again.
const insistence = 100

func (l *listener) listen(g *crowd, c *client.Client) {
	ready := make(chan *client.Live, 1)
	l.live = g.net.over(g.t, c).Live(client.LiveOptions{
		Event: l.take, Dial: g.net.dial, MaxWait: maxWait,
		Refused: func(room int64, _ error) {
			if l.refused++; l.refused < insistence {
				live := <-ready
				if l.refused%2 == 0 {
					live.Subscribe(room, 0)
				} else {
					live.SubscribeNow(room)
				}
				ready <- live
			}
		},
	})
	ready <- l.live
	g.t.Cleanup(l.live.Close)
	l.live.Subscribe(l.room, 0)
}

func (l *listener) take(e client.Event) {
	h := history.Event{Type: e.Type, Room: e.RoomID, Seq: e.Seq, MessageID: e.MessageID, BoostID: e.BoostID}
	if e.Message != nil {
		h.MessageID, h.ClientID, h.Body, h.Boosts = e.Message.ID, e.Message.ClientMessageID, e.Message.Body, boostIDs(e.Message)
	}
	if e.Boost != nil {
		h.BoostID = e.Boost.ID
	}
	l.events = append(l.events, h)
}
