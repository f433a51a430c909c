package fleet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gobwas/ws"
)

// link is a connection after its handshake. Anyone may write to it or cut it;
// only its reader reads and closes it.
type link interface {
	// write writes all of b, or fails.
	write(b []byte) error
	// cut makes the reader's next read fail.
	cut()
}

// socket is one seat's connection, and the ones that follow it.
type socket struct {
	index int
	seat  Seat

	// mu guards the link and what is said of it. It is held while a frame of
	// some fifty bytes is written, so that the reader does not close the
	// descriptor under the writer.
	mu      sync.Mutex
	link    link
	planned bool          // the cut was our wish
	opening chan error    // told when the subscription is live or has failed
	gone    chan struct{} // closed when the link is; nil before the first

	// Written by the reader, or by whoever opens while there is no link.
	partial  []byte // of a frame that has not come whole
	resuming bool   // since was sent, subscribed has not come
	code     string // the close frame's

	first, last atomic.Int64 // numbers of the room: where it began, the last seen
	begun       bool         // first is set
	live        atomic.Bool
	heard       atomic.Int64 // when anything came last, since Began

	pinged time.Duration // tend's own
}

// errClosed ends a connection whose peer has said goodbye.
var errClosed = errors.New("the server closed the connection")

// maxFrame bounds a frame of the server's, in bytes.
const maxFrame = 16 << 20

// compile makes a masked text frame.
func compile(text []byte) []byte {
	return ws.MustCompileFrame(ws.MaskFrameInPlace(ws.NewTextFrame(text)))
}

var pingFrame = compile([]byte(`{"type":"ping"}`))

func (s *socket) send(frame []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.link != nil && s.link.write(frame) != nil {
		s.link.cut()
	}
}

func (s *socket) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.link != nil {
		s.link.cut()
	}
}

func (s *socket) bounce() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.link == nil || s.planned || !s.live.Load() {
		return false
	}
	s.planned = true
	s.link.cut()
	return true
}

// tell ends the wait of whoever opens the socket.
func (s *socket) tell(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.opening != nil {
		s.opening <- err // holds one
		s.opening = nil
	}
}

// subscribe is the frame that asks for the room, from where the socket is.
func (s *socket) subscribe() []byte {
	b := append([]byte(`{"type":"subscribe","rooms":[{"id":`), strconv.FormatInt(s.seat.Room, 10)...)
	if s.begun {
		s.resuming = true
		b = append(b, `,"since":`...)
		b = strconv.AppendInt(b, s.last.Load(), 10)
	}
	return compile(append(b, `}]}`...))
}

// feed takes what was read and serves every whole frame in it.
func (r *reader) feed(s *socket, b []byte) error {
	r.count.bytes.Add(int64(len(b)))
	s.heard.Store(int64(time.Since(r.fleet.o.Began)))
	kept := len(s.partial) > 0
	if kept {
		s.partial = append(s.partial, b...)
		b = s.partial
	}
	for len(b) > 0 {
		n, err := r.frame(s, b)
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
		b = b[n:]
	}
	switch {
	case len(b) == 0:
		s.partial = nil // an idle socket keeps no buffer
	case kept:
		s.partial = append(s.partial[:0], b...)
	default:
		s.partial = append([]byte(nil), b...)
	}
	return nil
}

// frame serves the frame that b begins with and returns its length, 0 when it
// has not come whole.
func (r *reader) frame(s *socket, b []byte) (int, error) {
	if len(b) < 2 {
		return 0, nil
	}
	head, length := 2, uint64(b[1]&0x7f)
	switch length {
	case 126:
		head = 4
		if len(b) < head {
			return 0, nil
		}
		length = uint64(binary.BigEndian.Uint16(b[2:]))
	case 127:
		head = 10
		if len(b) < head {
			return 0, nil
		}
		length = binary.BigEndian.Uint64(b[2:])
	}
	if length > maxFrame {
		return 0, fmt.Errorf("a frame of %d bytes is larger than any the contract knows", length)
	}
	end := head + int(length)
	if b[1]&0x80 != 0 || b[0]&0xf0 != 0x80 {
		return 0, fmt.Errorf("a frame that is masked, compressed or in parts was not agreed on (%02x %02x)", b[0], b[1])
	}
	if len(b) < end {
		return 0, nil
	}
	payload := b[head:end]
	switch ws.OpCode(b[0] & 0x0f) {
	case ws.OpText:
		return end, r.text(s, payload)
	case ws.OpPing:
		s.send(ws.MustCompileFrame(ws.MaskFrame(ws.NewPongFrame(payload))))
	case ws.OpPong:
	case ws.OpClose:
		code, reason := ws.ParseCloseFrameData(payload)
		s.code = strconv.Itoa(int(code))
		s.send(ws.MustCompileFrame(ws.MaskFrame(ws.NewCloseFrame(ws.NewCloseFrameBody(code, "")))))
		return end, fmt.Errorf("%w: %d %s", errClosed, code, reason)
	default:
		return 0, fmt.Errorf("a frame of kind %d is none of the contract", b[0]&0x0f)
	}
	return end, nil
}

// ended is called by the reader after it has closed the connection.
func (f *Fleet) ended(s *socket, err error) {
	if s.live.Swap(false) {
		f.live.Add(-1)
	}
	s.partial = nil
	why := s.code
	s.code = ""
	s.mu.Lock()
	s.link = nil
	planned := s.planned
	s.planned = false
	opening := s.opening
	s.opening = nil
	close(s.gone)
	s.mu.Unlock()
	if why == "" {
		why = "cut"
		if !errors.Is(err, errClosed) && !errors.Is(err, errCut) {
			why = "fault"
			f.fault(s, "%v", err)
		}
	}
	if opening != nil {
		opening <- fmt.Errorf("the connection ended before it was subscribed: %w", err)
		return // whoever opens decides
	}
	if f.closing.Load() {
		return
	}
	if !planned {
		f.lost.Add(1)
		f.mu.Lock()
		f.closes[why]++
		f.mu.Unlock()
	}
	if !f.o.Quiet {
		f.again <- s // as long as there are sockets
	}
}

// errCut is the end of a connection without a close frame.
var errCut = errors.New("the connection was cut")
