package proof

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// badNetwork stands between clients and a server. It cuts what passes into
// small slices, delays some connections, and resets each one after a random
// number of bytes, until there were enough resets.
type badNetwork struct {
	to     string
	enough int64
	resets atomic.Int64
	listen net.Listener
	wg     sync.WaitGroup

	mu    sync.Mutex // guards what follows
	rng   *rand.Rand
	conns map[net.Conn]bool
	ended bool
}

// newBadNetwork starts a network that leads to an address.
func newBadNetwork(t *testing.T, to string, resets int, seed uint64) *badNetwork {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &badNetwork{to: to, enough: int64(resets), listen: l, rng: rand.New(rand.NewPCG(seed, seed)), conns: make(map[net.Conn]bool)}
	b.wg.Go(b.accept)
	t.Cleanup(b.close)
	return b
}

func (b *badNetwork) accept() {
	for {
		c, err := b.listen.Accept()
		if err != nil {
			return
		}
		b.wg.Go(func() { b.pass(c) })
	}
}

// close cuts everything and waits.
func (b *badNetwork) close() {
	b.listen.Close()
	b.mu.Lock()
	b.ended = true
	for c := range b.conns {
		c.Close()
	}
	b.mu.Unlock()
	b.wg.Wait()
}

// hold keeps a connection for close to cut; false when that was called.
func (b *badNetwork) hold(c net.Conn) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.conns[c] = true
	return !b.ended
}

func (b *badNetwork) drop(c net.Conn) {
	b.mu.Lock()
	delete(b.conns, c)
	b.mu.Unlock()
	c.Close()
}

// dial connects through the network, whatever the address.
func (b *badNetwork) dial(ctx context.Context, network, _ string) (net.Conn, error) {
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
func (b *badNetwork) draw() fate {
	b.mu.Lock()
	defer b.mu.Unlock()
	f := fate{slice: 64}
	switch b.rng.IntN(10) {
	case 0, 1:
		f.slice = 5
	case 2:
		f.slice, f.delay = 4096, 40*time.Millisecond
	}
	f.budget = 1 << 62
	if b.resets.Load() < b.enough {
		f.budget = int64(b.rng.IntN(20_000))
	}
	return f
}

// pass carries one connection both ways.
func (b *badNetwork) pass(c net.Conn) {
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
func (b *badNetwork) carry(to, from net.Conn, f fate, left *atomic.Int64) {
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

// The network itself changes nothing of what it lets through.
func TestBadNetworkKeepsTheBytes(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var echo sync.WaitGroup
	defer echo.Wait()
	echo.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			echo.Go(func() {
				defer c.Close()
				io.Copy(c, c)
			})
		}
	})
	defer l.Close()
	const resets = 20
	b := newBadNetwork(t, l.Addr().String(), resets, 1)
	sent := bytes.Repeat([]byte("one kettle of tea "), 2000)
	cut, whole := 0, 0
	for range resets + 5 {
		got, err := exchange(t, b, sent)
		if !bytes.HasPrefix(sent, got) {
			t.Fatal("the bytes were changed on the way")
		}
		if err == nil && len(got) == len(sent) {
			whole++
		} else {
			cut++
		}
	}
	if cut != resets || whole != 5 || b.resets.Load() != resets {
		t.Errorf("%d connections cut, %d whole, %d resets counted; want %d, 5, %[4]d", cut, whole, b.resets.Load(), resets)
	}
}

// exchange sends everything through the network and returns what comes back.
func exchange(t *testing.T, b *badNetwork, sent []byte) ([]byte, error) {
	c, err := b.dial(t.Context(), "tcp", "")
	if err != nil {
		return nil, fmt.Errorf("dial: %w", err)
	}
	defer c.Close()
	var writer sync.WaitGroup
	defer writer.Wait()
	writer.Go(func() {
		c.Write(sent)
		c.(*net.TCPConn).CloseWrite()
	})
	return io.ReadAll(c)
}
