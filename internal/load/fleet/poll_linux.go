package fleet

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// reader reads a share of the sockets on one goroutine. Its descriptor of
// epoll is itself watched by the runtime, so that waiting holds no thread.
type reader struct {
	fleet  *Fleet
	index  int
	epoll  *os.File
	raw    syscall.RawConn
	events []unix.EpollEvent
	buffer []byte
	memory memory
	count  tally
	blocking
}

// readBuffer is what one read takes at most, in bytes: several frames of a
// socket that lags.
const readBuffer = 256 << 10

func newReader(f *Fleet, index int) (*reader, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("make a descriptor of epoll: %w", err)
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		unix.Close(fd)
		return nil, err
	}
	r := &reader{fleet: f, index: index, epoll: os.NewFile(uintptr(fd), "epoll"),
		events: make([]unix.EpollEvent, 256), buffer: make([]byte, readBuffer)}
	if r.raw, err = r.epoll.SyscallConn(); err != nil {
		r.epoll.Close()
		return nil, err
	}
	return r, nil
}

// stop makes run return after the sockets that were cut are closed.
func (r *reader) stop() {
	r.epoll.SetReadDeadline(time.Now()) // run sees it as its end; a descriptor that is open takes it
}

// descriptor is a link that is read through epoll.
type descriptor int

func (d descriptor) write(b []byte) error {
	for {
		n, err := unix.Write(int(d), b)
		switch {
		case err == unix.EINTR:
		case err != nil:
			// EAGAIN too: a server that takes no fifty bytes is lost.
			return err
		case n < len(b):
			return errors.New("the socket took a part of a frame")
		default:
			return nil
		}
	}
}

func (d descriptor) cut() {
	unix.Shutdown(int(d), unix.SHUT_RDWR) // fails when the peer has done so
}

// take gives the reader a connection, after the handshake, and sends the first
// frame on it.
func (r *reader) take(s *socket, nc net.Conn, early []byte, told chan error, first []byte) error {
	tcp, ok := nc.(*net.TCPConn)
	if !ok {
		return r.block(s, nc, early, told, first)
	}
	// The descriptor is taken out of net's hands: its connection would cost
	// more than all that the fleet keeps of a socket.
	raw, err := tcp.SyscallConn()
	if err != nil {
		nc.Close()
		return err
	}
	fd := -1
	cerr := raw.Control(func(p uintptr) { fd, err = unix.FcntlInt(p, unix.F_DUPFD_CLOEXEC, 0) })
	nc.Close()
	if err := errors.Join(cerr, err); err != nil {
		return fmt.Errorf("take over the descriptor: %w", err)
	}
	s.partial = append([]byte(nil), early...)
	s.mu.Lock()
	s.link, s.opening, s.gone = descriptor(fd), told, make(chan struct{})
	err = s.link.write(first)
	s.mu.Unlock()
	if err == nil {
		e := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLRDHUP, Fd: int32(s.index)}
		err = unix.EpollCtl(int(r.epollFd()), unix.EPOLL_CTL_ADD, fd, &e)
	}
	if err != nil {
		s.mu.Lock()
		s.link, s.opening = nil, nil
		close(s.gone)
		unix.Close(fd)
		s.mu.Unlock()
		return fmt.Errorf("subscribe: %w", err)
	}
	return nil
}

func (r *reader) epollFd() (fd uintptr) {
	r.raw.Control(func(p uintptr) { fd = p }) // fails only once it is closed
	return fd
}

// run reads until the fleet closes.
func (r *reader) run() {
	for {
		n, err := 0, error(nil)
		werr := r.raw.Read(func(fd uintptr) bool {
			n, err = unix.EpollWait(int(fd), r.events, 0)
			return n > 0 || err != nil && err != unix.EINTR
		})
		if n <= 0 && (werr != nil || err != nil) {
			break
		}
		for _, e := range r.events[:max(n, 0)] {
			r.ready(r.fleet.sockets[e.Fd])
		}
	}
	r.blocking.wg.Wait()
	r.sweep()
	r.epoll.Close()
}

// ready reads once from a socket that has something.
func (r *reader) ready(s *socket) {
	s.mu.Lock()
	fd, ok := s.link.(descriptor)
	s.mu.Unlock()
	if !ok {
		return
	}
	n, err := unix.Read(int(fd), r.buffer)
	switch {
	case err == unix.EAGAIN || err == unix.EINTR:
		return
	case err != nil || n == 0:
		err = errCut
	default:
		err = r.feed(s, r.buffer[:n])
	}
	if err != nil {
		r.release(s, fd, err)
	}
}

func (r *reader) release(s *socket, fd descriptor, err error) {
	s.mu.Lock()
	s.link = nil
	unix.Close(int(fd)) // leaves epoll by that
	s.mu.Unlock()
	r.fleet.ended(s, err)
}

// sweep closes what is left when the fleet closes.
func (r *reader) sweep() {
	for i := r.index; i < len(r.fleet.sockets); i += r.fleet.o.Readers {
		s := r.fleet.sockets[i]
		s.mu.Lock()
		fd, ok := s.link.(descriptor)
		s.mu.Unlock()
		if ok {
			r.release(s, fd, errCut)
		}
	}
}
