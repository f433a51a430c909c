package badnet

import (
	"context"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Network stands between clients and a server. It cuts what passes into small
// slices, delays some connections, and resets each one after a random number
// of bytes, until there were enough resets.
type Network struct {
	to     string
	resets atomic.Int64
	listen net.Listener
	wg     sync.WaitGroup

	mu     sync.Mutex // guards what follows
	enough int64
	budget int64
	rng    *rand.Rand
	conns  map[net.Conn]bool
	down   bool
	ended  bool
}

// New starts a network that leads to an address, and that is a good one until
// [Network.Worsen]. It ends with the test.
func New(t testing.TB, to string, seed uint64) *Network {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &Network{to: to, listen: l, rng: rand.New(rand.NewPCG(seed, seed)), conns: make(map[net.Conn]bool)}
	b.wg.Go(b.accept)
	t.Cleanup(b.close)
	return b
}

// Worsen cuts the connections that there are and makes a bad network of this:
// so many of the next ones are reset, each after less than budget bytes, both
// ways together.
func (b *Network) Worsen(resets int, budget int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.enough, b.budget = b.resets.Load()+int64(resets), budget
	for c := range b.conns {
		c.Close()
	}
}

// Down cuts everything and lets nothing through until [Network.Up].
func (b *Network) Down() { b.set(true) }

// Up lets connections through again.
func (b *Network) Up() { b.set(false) }

func (b *Network) set(down bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.down = down
	if down {
		for c := range b.conns {
			c.Close()
		}
	}
}

func (b *Network) accept() {
	for {
		c, err := b.listen.Accept()
		if err != nil {
			return
		}
		b.wg.Go(func() { b.pass(c) })
	}
}

// Addr is where the network begins.
func (b *Network) Addr() string { return b.listen.Addr().String() }

// Resets returns how many connections have been reset.
func (b *Network) Resets() int { return int(b.resets.Load()) }

// close cuts everything and waits.
func (b *Network) close() {
	b.listen.Close()
	b.mu.Lock()
	b.ended = true
	for c := range b.conns {
		c.Close()
	}
	b.mu.Unlock()
	b.wg.Wait()
}

// hold keeps a connection, to be cut when all are; false when nothing passes.
func (b *Network) hold(c net.Conn) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.conns[c] = true
	return !b.ended && !b.down
}

func (b *Network) drop(c net.Conn) {
	b.mu.Lock()
	delete(b.conns, c)
	b.mu.Unlock()
	c.Close()
}

// Dial connects through the network, whatever the address.
func (b *Network) Dial(ctx context.Context, network, _ string) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, network, b.listen.Addr().String())
}

// fate is what one connection has to expect.
type fate struct {
	slice  int           // bytes at once, at most
	delay  time.Duration // before each slice, at most
	budget int64         // bytes before the reset, both ways together
}

// draw decides a connection's fate.
func (b *Network) draw() fate {
	b.mu.Lock()
	defer b.mu.Unlock()
	f := fate{slice: 4096, budget: 1 << 62}
	if b.budget == 0 {
		return f
	}
	f.slice = 64
	switch b.rng.IntN(10) {
	case 0, 1:
		f.slice = 5
	case 2:
		f.slice, f.delay = 4096, 40*time.Millisecond
	}
	if b.resets.Load() < b.enough {
		f.budget = b.rng.Int64N(b.budget)
	}
	return f
}

// pass carries one connection both ways.
func (b *Network) pass(c net.Conn) {
	defer b.drop(c)
	s, err := net.Dial("tcp", b.to)
	if err != nil {
		return
	}
	defer b.drop(s)
	if !b.hold(c) || !b.hold(s) {
		return
	}
	f := b.draw()
	var left atomic.Int64
	left.Store(f.budget)
	var both sync.WaitGroup
	both.Go(func() { b.carry(s, c, f, &left) })
	b.carry(c, s, f, &left)
	both.Wait()
}

// carry copies one way until the end, or until the budget is used up: then
// both ends see a reset, in the middle of whatever it was.
func (b *Network) carry(to, from net.Conn, f fate, left *atomic.Int64) {
	buf := make([]byte, f.slice)
	rng := rand.New(rand.NewPCG(uint64(f.budget), uint64(f.slice)))
	for {
		n, err := from.Read(buf[:1+rng.IntN(f.slice)])
		if n > 0 {
			if f.delay > 0 {
				<-time.After(time.Duration(rng.Int64N(int64(f.delay)))) // the way is long
			}
			before := left.Add(-int64(n)) + int64(n)
			if before < int64(n) {
				if before < 0 {
					return // the other way has found out, and ends both
				}
				to.Write(buf[:before]) // to the very byte
				b.resets.Add(1)        // before anyone can see it
				for _, x := range []net.Conn{to, from} {
					x.(*net.TCPConn).SetLinger(0)
					x.Close()
				}
				return
			}
			if _, err := to.Write(buf[:n]); err != nil {
				from.Close()
				return
			}
		}
		if err != nil {
			to.(*net.TCPConn).CloseWrite()
			return
		}
	}
}
