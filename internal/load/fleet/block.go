package fleet

import (
	"net"
	"sync"
	"time"
)

// blocking reads connections that epoll can't: each on a goroutine of its own.
// What they hand on is served one at a time, as by any reader.
type blocking struct {
	wg sync.WaitGroup
	mu sync.Mutex // makes the goroutines one reader
}

// stream is a link that is read by a goroutine.
type stream struct{ net.Conn }

func (c stream) write(b []byte) error {
	c.SetWriteDeadline(time.Now().Add(dialTimeout)) // an error shows in the write
	_, err := c.Write(b)
	return err
}

func (c stream) cut() { c.Close() }

// streamBuffer is what each of these goroutines reads into, in bytes.
const streamBuffer = 4 << 10

func (r *reader) block(s *socket, nc net.Conn, early []byte, told chan error, first []byte) error {
	c := stream{nc}
	s.partial = append([]byte(nil), early...)
	s.mu.Lock()
	s.link, s.opening, s.gone = c, told, make(chan struct{})
	err := c.write(first)
	if err != nil {
		s.link, s.opening = nil, nil
		close(s.gone)
	}
	s.mu.Unlock()
	if err != nil {
		nc.Close()
		return err
	}
	r.blocking.wg.Go(func() {
		buffer := make([]byte, streamBuffer)
		for {
			n, err := nc.Read(buffer)
			if n > 0 {
				r.blocking.mu.Lock()
				err = r.feed(s, buffer[:n])
				r.blocking.mu.Unlock()
			} else if err != nil {
				err = errCut
			}
			if err != nil {
				nc.Close()
				r.fleet.ended(s, err)
				return
			}
		}
	})
	return nil
}
