package hub

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"time"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

// reader reads frames without a buffer of its own: between messages, an idle
// connection costs nothing else (see poller).
type reader struct {
	conn  *conn
	early []byte // came together with the handshake
	head  [ws.MaxHeaderSize]byte

	// A message under way: fragments may have control frames between them
	// (RFC 6455, 5.4).
	joined     []byte
	inMessage  bool
	op         ws.OpCode
	compressed bool
}

// violation ends a connection with a close code.
type violation struct {
	code ws.StatusCode
	why  string
}

func (v *violation) Error() string { return v.why }

var (
	errPeerClosed = errors.New("the peer closed the connection")
	// errIdle says that nothing has come, between two messages.
	errIdle = errors.New("nothing to read")
)

// Read reads from what came early, then from the connection.
func (r *reader) Read(p []byte) (int, error) {
	if len(r.early) > 0 {
		n := copy(p, r.early)
		if r.early = r.early[n:]; len(r.early) == 0 {
			r.early = nil
		}
		return n, nil
	}
	return r.conn.net.Read(p)
}

// header reads a frame's header into the reader's own few bytes.
func (r *reader) header() (h ws.Header, err error) {
	have := 0
	if r.conn.watched && !r.inMessage && len(r.early) == 0 {
		if have, err = readNow(r.conn.raw, r.head[:2]); err != nil {
			return h, err
		}
		if have == 0 {
			return h, errIdle
		}
	}
	if _, err = io.ReadFull(r, r.head[have:2]); err != nil {
		return h, err
	}
	need := 2
	switch r.head[1] & 0x7f {
	case 126:
		need += 2
	case 127:
		need += 8
	}
	if r.head[1]&0x80 != 0 {
		need += 4
	}
	if _, err = io.ReadFull(r, r.head[2:need]); err != nil {
		return h, err
	}
	return ws.ReadHeader(bytes.NewReader(r.head[:need]))
}

// read handles frames until the connection ends, or nothing more has come: it
// reports which.
func (c *conn) read() (idle bool) {
	for {
		message, err := c.reader.message()
		if err == errIdle {
			return true
		}
		if err == nil && c.isEnded() {
			c.linger()
			return false
		}
		if err == nil {
			c.busy.Store(true)
			c.handle(message)
			c.busy.Store(false)
			c.heard.Store(time.Now().Unix())
			continue
		}
		if v, ok := errors.AsType[*violation](err); ok {
			c.shut(v.code, v.why)
			c.linger()
		}
		return false
	}
}

// linger reads on for a moment after we have closed, so that the peer gets
// the close frame and not a reset.
func (c *conn) linger() {
	c.net.SetReadDeadline(time.Now().Add(goodbyeWithin))
	io.Copy(io.Discard, io.LimitReader(c.net, 1<<20))
}

// message reads frames up to the end of a text message and returns it. Only
// a *violation is to be answered; after any other error the connection is gone.
func (r *reader) message() ([]byte, error) {
	l := &r.conn.hub.limits
	for {
		h, err := r.header()
		if err != nil {
			return nil, err
		}
		r.conn.heard.Store(time.Now().Unix())
		if err := r.check(h, l.MaxFrame); err != nil {
			return nil, err
		}
		payload := make([]byte, h.Length)
		if _, err := io.ReadFull(r, payload); err != nil {
			return nil, err
		}
		ws.Cipher(payload, h.Mask, 0)
		if h.OpCode.IsControl() {
			if err := r.control(h.OpCode, payload); err != nil {
				return nil, err
			}
			continue
		}
		if !r.inMessage {
			r.inMessage, r.op, r.joined = true, h.OpCode, nil
			r.compressed, _ = wsRsv1(h)
		}
		if l.MaxMessage > 0 && len(r.joined)+len(payload) > l.MaxMessage {
			return nil, &violation{ws.StatusMessageTooBig, "the message is too large"}
		}
		if h.Fin && r.joined == nil {
			r.joined = payload
		} else {
			r.joined = append(r.joined, payload...)
		}
		if h.Fin {
			r.inMessage = false
			message := r.joined
			r.joined = nil
			return r.finish(message, l.MaxMessage)
		}
	}
}

func wsRsv1(h ws.Header) (rsv1, others bool) {
	r1, r2, r3 := ws.RsvBits(h.Rsv)
	return r1, r2 || r3
}

// check holds a header against RFC 6455, section 5.
func (r *reader) check(h ws.Header, maxFrame int) error {
	rsv1, others := wsRsv1(h)
	protocol := func(why string) error { return &violation{ws.StatusProtocolError, why} }
	switch {
	case !h.Masked: // 5.1
		return protocol("frames from a client must be masked")
	case others, rsv1 && (!r.conn.deflate || h.OpCode.IsControl() || h.OpCode == ws.OpContinuation): // 5.2; RFC 7692, 6.1
		return protocol("reserved bits are set")
	case h.OpCode.IsReserved(): // 5.2
		return protocol("the opcode is reserved")
	case h.OpCode.IsControl() && !h.Fin: // 5.5
		return protocol("control frames can't be fragmented")
	case h.OpCode.IsControl() && h.Length > ws.MaxControlFramePayloadSize: // 5.5
		return protocol("control frames hold at most 125 bytes")
	case h.OpCode == ws.OpContinuation && !r.inMessage: // 5.4
		return protocol("there is no message to continue")
	case h.OpCode.IsData() && h.OpCode != ws.OpContinuation && r.inMessage: // 5.4
		return protocol("the message before is not complete")
	case h.OpCode == ws.OpBinary:
		return &violation{closeProtocol, "messages are JSON in text frames"}
	case maxFrame > 0 && h.Length > int64(maxFrame):
		return &violation{ws.StatusMessageTooBig, "the frame is too large"}
	}
	return nil
}

// control answers a control frame.
func (r *reader) control(op ws.OpCode, payload []byte) error {
	switch op {
	case ws.OpPing:
		r.conn.send(&frame{kind: kindPongFrame, plain: ws.MustCompileFrame(ws.NewPongFrame(payload))})
	case ws.OpClose:
		code, reason := ws.StatusNormalClosure, ""
		switch {
		case len(payload) == 1:
			return &violation{ws.StatusProtocolError, "a close frame's body has a code of two bytes"}
		case len(payload) >= 2:
			code, reason = ws.ParseCloseFrameData(payload)
			if !utf8.ValidString(reason) {
				return &violation{ws.StatusInvalidFramePayloadData, "the reason is no UTF-8"}
			}
			if err := ws.CheckCloseFrameData(code, reason); err != nil {
				return &violation{ws.StatusProtocolError, "that close code can't be sent"}
			}
		}
		r.conn.shut(code, "")
		return errPeerClosed
	}
	return nil
}

// finish decompresses a message where need be and checks its encoding.
func (r *reader) finish(message []byte, most int) ([]byte, error) {
	if r.compressed {
		f := flate.NewReader(io.MultiReader(bytes.NewReader(message), bytes.NewReader(deflateTail)))
		var in io.Reader = f
		if most > 0 {
			in = io.LimitReader(f, int64(most)+1)
		}
		inflated, err := io.ReadAll(in)
		if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, &violation{ws.StatusInvalidFramePayloadData, "the compressed data is damaged"}
		}
		if most > 0 && len(inflated) > most {
			return nil, &violation{ws.StatusMessageTooBig, "the message is too large"}
		}
		message = inflated
	}
	if !utf8.Valid(message) { // 8.1
		return nil, &violation{ws.StatusInvalidFramePayloadData, "the text is no UTF-8"}
	}
	return message, nil
}

// deflateTail is what senders leave out (RFC 7692, 7.2.2), and an end.
var deflateTail = []byte{0, 0, 0xff, 0xff, 1, 0, 0, 0xff, 0xff}
