package hub

import (
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"
)

// poller watches the connections that nobody reads: one that is silent costs
// neither a goroutine nor a stack. Its descriptor of epoll is itself watched
// by the runtime, so that waiting holds no thread. A connection is watched for
// one event; who serves that lets it be watched again.
type poller struct {
	epoll *os.File // open until run returns, which is after the last connection
	fd    int      // its descriptor
	raw   syscall.RawConn

	mu      sync.Mutex
	watched map[int32]*conn // by descriptor, as long as it is open
}

func newPoller() (*poller, error) {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("make a descriptor of epoll: %w", err)
	}
	if err := syscall.SetNonblock(fd, true); err != nil {
		syscall.Close(fd)
		return nil, err
	}
	p := &poller{epoll: os.NewFile(uintptr(fd), "epoll"), fd: fd, watched: make(map[int32]*conn)}
	if p.raw, err = p.epoll.SyscallConn(); err != nil {
		p.epoll.Close()
		return nil, err
	}
	return p, nil
}

// oneEvent asks to hear once that there is something to read, the end included.
const oneEvent = syscall.EPOLLIN | syscall.EPOLLRDHUP | syscall.EPOLLONESHOT

// watch lets c be read when something comes. It reports false where c can't be
// watched: then someone has to wait for it.
func (p *poller) watch(c *conn) bool {
	if p == nil || c.raw == nil {
		return false
	}
	var err error
	cerr := c.raw.Control(func(fd uintptr) {
		event := syscall.EpollEvent{Events: oneEvent, Fd: int32(fd)}
		op := syscall.EPOLL_CTL_MOD
		if c.descriptor == 0 {
			op = syscall.EPOLL_CTL_ADD
			c.descriptor = int32(fd)
			p.mu.Lock()
			p.watched[c.descriptor] = c
			p.mu.Unlock()
		}
		err = syscall.EpollCtl(p.fd, op, int(fd), &event)
	})
	return cerr == nil && err == nil
}

// forget is called before c's descriptor is closed: the next connection may
// have its number.
func (p *poller) forget(c *conn) {
	if p == nil || c.descriptor == 0 {
		return
	}
	p.mu.Lock()
	delete(p.watched, c.descriptor)
	p.mu.Unlock()
}

// run has the connections read that have something, until stop.
func (p *poller) run() {
	defer p.epoll.Close()
	events := make([]syscall.EpollEvent, 128)
	for {
		n := 0
		var err error
		werr := p.raw.Read(func(fd uintptr) bool {
			n, err = syscall.EpollWait(int(fd), events, 0)
			return n > 0 || err != nil && err != syscall.EINTR
		})
		if n <= 0 && (werr != nil || err != nil) {
			return
		}
		for _, e := range events[:max(n, 0)] {
			p.mu.Lock()
			c := p.watched[e.Fd]
			p.mu.Unlock()
			if c != nil {
				c.resume()
			}
		}
	}
}

// stop makes run return.
func (p *poller) stop() {
	if p != nil {
		p.epoll.SetReadDeadline(time.Now()) // a descriptor that is open takes it
	}
}

// readNow reads what is there, and never waits: n is zero when nothing is.
func readNow(raw syscall.RawConn, b []byte) (n int, err error) {
	rerr := raw.Read(func(fd uintptr) bool {
		for {
			n, err = syscall.Read(int(fd), b)
			if err != syscall.EINTR {
				return true
			}
		}
	})
	switch {
	case rerr != nil:
		return 0, rerr
	case err == syscall.EAGAIN:
		return 0, nil
	case err != nil:
		return 0, err
	case n == 0:
		return 0, errPeerClosed
	}
	return n, nil
}

// hangUp ends a connection that others may be reading or writing: whoever
// does, fails, and a connection that nobody reads is read to its end.
func (c *conn) hangUp() {
	if c.raw == nil {
		c.net.Close()
		return
	}
	c.raw.Control(func(fd uintptr) { syscall.Shutdown(int(fd), syscall.SHUT_RDWR) }) // fails when it is closed
}
