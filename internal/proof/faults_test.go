package proof

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"campfire/client"
	"campfire/internal/history"
)

// crowd is posters and subscribers in two rooms, and what they recorded.
type crowd struct {
	t     *testing.T
	ctx   context.Context
	admin *client.Client
	rooms []int64

	mu   sync.Mutex
	acks []history.Ack

	posters     []*client.Client
	ids         []int64
	subscribers []*listener
	stranger    *listener
	posted      atomic.Int64

	contradictions int
}

type listener struct {
	name string
	room int64
	live *client.Live

	mu     sync.Mutex
	events []history.Event
}

func (l *listener) take(e client.Event) {
	h := history.Event{Type: e.Type, Room: e.RoomID, Seq: e.Seq, MessageID: e.MessageID}
	if e.Message != nil {
		h.MessageID, h.ClientID, h.Body = e.Message.ID, e.Message.ClientMessageID, e.Message.Body
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events = append(l.events, h)
}

type dialer = func(ctx context.Context, network, addr string) (net.Conn, error)

// gather makes people and rooms: the second room is closed, with a stranger
// outside who tries to listen.
func gather(t *testing.T, ctx context.Context, url string, posters, listeners int, dial dialer) *crowd {
	t.Helper()
	g := &crowd{t: t, ctx: ctx}
	anyone := client.New(url, "")
	var err error
	if g.admin, _, err = anyone.SetUp(ctx, "Ada", "ada@example.org", "correct horse battery"); err != nil {
		t.Fatal(err)
	}
	account, err := g.admin.Account(ctx)
	if err != nil {
		t.Fatal(err)
	}
	join := func(name string) (*client.Client, int64) {
		c, u, err := anyone.Join(ctx, account.JoinCode, name, strings.ToLower(name)+"@example.org", "correct horse battery")
		if err != nil {
			t.Fatal(err)
		}
		return c, u.ID
	}
	for i := range posters {
		c, id := join(fmt.Sprintf("Poster%d", i))
		g.posters, g.ids = append(g.posters, c), append(g.ids, id)
	}
	closed, err := g.admin.CreateRoom(ctx, "closed", "Closed", g.ids...)
	if err != nil {
		t.Fatal(err)
	}
	g.rooms = []int64{1, closed.ID}
	for i := range listeners {
		l := &listener{name: fmt.Sprintf("listener %d", i), room: g.rooms[i%2]}
		l.live = g.posters[i%posters].Live(client.LiveOptions{Event: l.take, Dial: dial, MaxWait: 150 * time.Millisecond})
		l.live.Subscribe(l.room, 0)
		g.subscribers = append(g.subscribers, l)
	}
	outsider, _ := join("Stranger")
	g.stranger = &listener{name: "stranger", room: closed.ID}
	g.stranger.live = outsider.Live(client.LiveOptions{Event: g.stranger.take, MaxWait: 150 * time.Millisecond})
	g.stranger.live.Subscribe(closed.ID, 0)
	return g
}

// postFrom posts the messages first to first+n of each poster, half over HTTP
// and half over the socket, repeating each until it is acknowledged.
func (g *crowd) postFrom(first, n int, dial dialer) *sync.WaitGroup {
	var wg sync.WaitGroup
	for p, c := range g.posters {
		wg.Go(func() {
			live := c.Live(client.LiveOptions{Dial: dial, MaxWait: 150 * time.Millisecond})
			defer live.Close()
			for i := first; i < first+n; i++ {
				room := g.rooms[(p+i)%2]
				d := client.Draft{Body: fmt.Sprintf("word%dx%dend says poster %d", p, i, p), ClientMessageID: fmt.Sprintf("p%d-%d", p, i)}
				a := history.Ack{Room: room, Author: g.ids[p], ClientID: d.ClientMessageID, Body: d.Body, Sent: time.Now()}
				if i%2 == 0 {
					err := client.Retry(g.ctx, func() error {
						m, err := c.Post(g.ctx, room, d)
						if err == nil {
							a.MessageID, a.Seq = m.ID, m.Seq
						}
						return err
					})
					if err != nil {
						g.t.Errorf("post %s: %v", d.ClientMessageID, err)
						return
					}
				} else {
					ack, err := live.Post(g.ctx, room, d)
					if err != nil {
						g.t.Errorf("post %s over the socket: %v", d.ClientMessageID, err)
						return
					}
					a.MessageID, a.Seq = ack.MessageID, ack.Seq
				}
				a.Answered = time.Now()
				g.posted.Add(1)
				g.mu.Lock()
				g.acks = append(g.acks, a)
				g.mu.Unlock()
			}
		})
	}
	return &wg
}

// reach returns once so many posts were acknowledged.
func (g *crowd) reach(goal int64) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for g.posted.Load() < goal && g.ctx.Err() == nil {
		<-tick.C
	}
}

// verdict waits until every listener has caught up, reads all that is stored
// and checks the whole history.
func (g *crowd) verdict() (checked int) {
	g.t.Helper()
	h := history.History{Acks: g.acks, Seq: make(map[int64]int64), Deleted: map[int64]bool{}}
	reader := g.posters[0]
	for _, room := range g.rooms {
		for m, err := range reader.History(g.ctx, room) {
			if err != nil {
				g.t.Fatal(err)
			}
			word, _, _ := strings.Cut(m.Body, " ")
			found, _, err := reader.Search(g.ctx, client.SearchQuery{Text: word, Room: room})
			if err != nil {
				g.t.Fatal(err)
			}
			h.Stored = append(h.Stored, history.Stored{Room: room, MessageID: m.ID, Seq: m.Seq, Author: m.Creator.ID,
				ClientID: m.ClientMessageID, Body: m.Body, Found: len(found) == 1 && found[0].Message.ID == m.ID})
		}
		r, err := reader.Room(g.ctx, room)
		if err != nil {
			g.t.Fatal(err)
		}
		h.Seq[room] = r.Seq
	}
	for _, l := range g.subscribers {
		if err := l.live.WaitSeq(g.ctx, l.room, h.Seq[l.room]); err != nil {
			g.t.Errorf("%s never caught up: %v", l.name, err)
		}
		l.live.Close()
		h.Subscribers = append(h.Subscribers, history.Subscriber{Name: l.name, Room: l.room, Member: true, Events: l.events})
	}
	g.stranger.live.Close()
	h.Subscribers = append(h.Subscribers, history.Subscriber{Name: g.stranger.name, Room: g.stranger.room, Events: g.stranger.events})
	found := history.Check(h)
	g.contradictions = len(found)
	for _, s := range found[:min(len(found), 20)] {
		g.t.Error(s)
	}
	return len(h.Stored)
}

// Killed at random moments under load, the server loses nothing that it
// acknowledged, stores nothing twice, and everyone catches up.
func TestKilledServerLosesNothing(t *testing.T) {
	kills := rounds(2, 20)
	ctx := patience(t, time.Duration(60+kills*10)*time.Second)
	rng := rand.New(rand.NewPCG(1, 2))
	p := startProcess(t)
	g := gather(t, ctx, p.url(), 8, 8, nil)
	perKill := rounds(150, 300)
	posting := g.postFrom(0, perKill*kills/8+100, nil)
	var slowest time.Duration
	for k := range kills {
		// Each kill comes after so many more acknowledgements, and a little.
		goal := int64(perKill*k + 50 + rng.IntN(perKill))
		g.reach(goal)
		p.kill()
		slowest = max(slowest, p.start())
	}
	posting.Wait()
	stored := g.verdict()
	report(t, "kill", map[string]any{"kills": kills, "posts": stored, "slowest_ready_ms": slowest.Milliseconds(), "contradictions": g.contradictions})
}

// proxy passes connections on, in small slices, and resets each after a
// random number of bytes.
type proxy struct {
	l      net.Listener
	to     string
	resets atomic.Int64
	goal   int64

	mu  sync.Mutex
	rng *rand.Rand
	wg  sync.WaitGroup
}

func newProxy(t *testing.T, to string, goal int) *proxy {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{l: l, to: to, goal: int64(goal), rng: rand.New(rand.NewPCG(3, 4))}
	p.wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			p.wg.Go(func() { p.pass(c) })
		}
	})
	t.Cleanup(func() { l.Close(); p.wg.Wait() })
	return p
}

func (p *proxy) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, network, p.l.Addr().String())
}

func (p *proxy) random(n int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.rng.IntN(n)
}

// pass copies both ways until the connection's bytes are used up; then both
// ends see a reset. After the goal is reached connections live on.
func (p *proxy) pass(c net.Conn) {
	defer c.Close()
	s, err := net.Dial("tcp", p.to)
	if err != nil {
		return
	}
	defer s.Close()
	budget := int64(1 << 62)
	if p.resets.Load() < p.goal {
		budget = int64(300 + p.random(20000))
	}
	var left atomic.Int64
	left.Store(budget)
	reset := func() {
		for _, x := range []net.Conn{c, s} {
			x.(*net.TCPConn).SetLinger(0)
			x.Close()
		}
	}
	copyOne := func(to, from net.Conn) {
		buf := make([]byte, 64)
		for {
			n, err := from.Read(buf[:1+p.random(len(buf))])
			if n > 0 {
				if left.Add(-int64(n)) < 0 {
					p.resets.Add(1)
					reset()
					return
				}
				if _, err := to.Write(buf[:n]); err != nil {
					break
				}
			}
			if err != nil {
				break
			}
		}
		if t, ok := to.(*net.TCPConn); ok {
			t.CloseWrite()
		}
	}
	var both sync.WaitGroup
	both.Go(func() { copyOne(s, c) })
	copyOne(c, s)
	both.Wait()
}

// Connections reset at random bytes lose and double nothing.
func TestResetConnectionsLoseNothing(t *testing.T) {
	resets := rounds(100, 1000)
	ctx := patience(t, time.Duration(120+resets)*time.Second)
	p := startProcess(t)
	through := newProxy(t, p.addr, resets)
	g := gather(t, ctx, p.url(), 6, 12, through.dial)
	n := 0
	for through.resets.Load() < int64(resets) && ctx.Err() == nil {
		// Posting goes on until there were enough resets.
		batch := rounds(40, 100)
		g.postFrom(n, batch, through.dial).Wait()
		n += batch
	}
	stored := g.verdict()
	report(t, "resets", map[string]any{"resets": through.resets.Load(), "posts": stored, "contradictions": g.contradictions})
}
