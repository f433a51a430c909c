package badnet

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
)

// The network itself changes nothing of what it lets through.
func TestNetworkKeepsTheBytes(t *testing.T) {
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
	b := New(t, l.Addr().String(), 1)
	b.Worsen(resets, 20_000)
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
	if cut != resets || whole != 5 || b.Resets() != resets {
		t.Errorf("%d connections cut, %d whole, %d resets counted; want %d, 5, %[4]d", cut, whole, b.Resets(), resets)
	}
}

// exchange sends everything through the network and returns what comes back.
func exchange(t *testing.T, b *Network, sent []byte) ([]byte, error) {
	c, err := b.Dial(t.Context(), "tcp", "")
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
