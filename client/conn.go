package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

const (
	// dialTimeout is how long a connection and its handshake may take.
	dialTimeout = 10 * time.Second
	// writeTimeout is how long the server may take to take a frame.
	writeTimeout = 10 * time.Second
	// silence is how long nothing at all may come before a connection counts
	// as dead.
	silence = 60 * time.Second
	// maxIncoming bounds a message of the server, in bytes: a full batch of
	// messages of the largest size fits.
	maxIncoming = 32 << 20
	// maxOutgoing bounds the frames that wait for the socket; whoever sends
	// more waits.
	maxOutgoing = 64
)

// Close codes of the contract.
const (
	closeSignedOut = 4001
	closeProtocol  = 4009
)

// conn is one connection, from the handshake to its end.
type conn struct {
	// Set at construction, then read-only.
	net  net.Conn
	out  chan []byte   // frames for the writer
	gone chan struct{} // closed when the connection has ended

	// heard is when bytes last came, in nanoseconds of a clock that begins
	// with the connection.
	began time.Time
	heard atomic.Int64
	bye   atomic.Bool // a close frame is queued: nothing may follow it

	// Owned by the reader.
	hint time.Duration // when the server wants us back; zero: not said
}

// connect holds a connection open, and comes back when it is cut.
func (l *Live) connect(ctx context.Context) {
	for failures := 0; ctx.Err() == nil; failures++ {
		welcomed, hint, err := l.session(ctx)
		if errors.Is(err, ErrSignedOut) {
			l.end(err)
			return
		}
		if welcomed {
			failures = 0
		}
		wait := min(hint, maxAsked)
		if wait == 0 {
			wait = jitter(min(l.o.MaxWait, time.Second<<min(failures, 10)))
		}
		if !sleep(ctx, wait) {
			return
		}
	}
}

// session is one connection: its reader. hint is how long the server asked to
// stay away, zero when it did not say.
func (l *Live) session(ctx context.Context) (welcomed bool, hint time.Duration, err error) {
	c, in, hint, err := l.dial(ctx)
	if err != nil {
		return false, hint, err
	}
	// The reader owns the connection and its writer: both end here.
	alive, cancel := context.WithCancel(ctx)
	written := make(chan struct{})
	ping := make(chan time.Duration, 1)
	go func() {
		defer close(written)
		defer cancel() // the reader may be waiting to hand it a frame
		c.write(alive, ping)
	}()
	defer func() {
		cancel()
		<-written
		l.disconnected(c)
		close(c.gone)
	}()

	r := &wsutil.Reader{
		Source: in, State: ws.StateClientSide, CheckUTF8: true, MaxFrameSize: maxIncoming, MaxMessageSize: maxIncoming,
		OnIntermediate: func(h ws.Header, body io.Reader) error { return c.control(alive, h, body) },
	}
	for {
		h, err := r.NextFrame()
		if err != nil {
			return welcomed, c.hint, err
		}
		if h.OpCode.IsControl() {
			if err := c.control(alive, h, r); err != nil {
				return welcomed, c.hint, err
			}
			continue
		}
		data, err := io.ReadAll(r)
		if err != nil {
			return welcomed, c.hint, err
		}
		var f incoming
		if h.OpCode != ws.OpText || json.Unmarshal(data, &f) != nil {
			c.bye.Store(true)
			c.queue(alive, ws.NewCloseFrame(ws.NewCloseFrameBody(closeProtocol, "messages are JSON")))
			return welcomed, c.hint, errors.New("the server sent what is no JSON")
		}
		switch f.Type {
		case "welcome":
			if welcomed {
				return true, c.hint, errors.New("the server said welcome twice")
			}
			welcomed = true
			ping <- time.Duration(f.PingSeconds) * time.Second // has room for one
			l.welcome(alive, c, f.Epoch)
		case "going_away":
			c.hint = time.Duration(f.RetryMS) * time.Millisecond
		}
		if err := l.take(alive, &f, data); err != nil {
			return welcomed, c.hint, err
		}
	}
}

// dial opens the socket.
func (l *Live) dial(ctx context.Context) (c *conn, in io.Reader, hint time.Duration, err error) {
	u, err := url.Parse(l.c.base + "/ws")
	if err != nil {
		return nil, nil, 0, err
	}
	u.Scheme = strings.Replace(u.Scheme, "http", "ws", 1)
	d := ws.Dialer{
		Timeout: dialTimeout, Protocols: []string{"campfire.v1"}, NetDial: l.o.Dial,
		Header: ws.HandshakeHeaderHTTP(http.Header{"Authorization": {"Bearer " + l.c.token}, "User-Agent": {"campfire-client"}}),
		OnStatusError: func(status int, _ []byte, resp io.Reader) {
			if r, err := http.ReadResponse(bufio.NewReader(resp), nil); err == nil {
				hint = retryAfter(r.Header)
			}
		},
	}
	nc, early, _, err := d.Dial(ctx, u.String())
	if err != nil {
		if status, ok := errors.AsType[ws.StatusError](err); ok && int(status) == http.StatusUnauthorized {
			return nil, nil, 0, ErrSignedOut
		}
		return nil, nil, hint, err
	}
	c = &conn{net: nc, out: make(chan []byte, maxOutgoing), gone: make(chan struct{}), began: time.Now()}
	in = listening{c}
	if early != nil {
		// What came with the handshake's answer is read first.
		b := make([]byte, early.Buffered())
		if _, err := io.ReadFull(early, b); err != nil {
			nc.Close()
			return nil, nil, 0, err
		}
		ws.PutReader(early)
		in = io.MultiReader(strings.NewReader(string(b)), in)
	}
	return c, bufio.NewReader(in), 0, nil
}

// listening reads from the connection as long as it is not silent.
type listening struct{ c *conn }

func (r listening) Read(p []byte) (int, error) {
	if err := r.c.net.SetReadDeadline(time.Now().Add(silence)); err != nil {
		return 0, err
	}
	n, err := r.c.net.Read(p)
	r.c.heard.Store(int64(time.Since(r.c.began)))
	return n, err
}

// control serves a control frame. The close frame's code ends the session.
func (c *conn) control(ctx context.Context, h ws.Header, body io.Reader) error {
	payload := make([]byte, h.Length) // at most 125, the reader has checked
	if _, err := io.ReadFull(body, payload); err != nil {
		return err
	}
	switch h.OpCode {
	case ws.OpPing:
		c.queue(ctx, ws.NewPongFrame(payload))
	case ws.OpClose:
		code, reason := ws.ParseCloseFrameData(payload)
		c.bye.Store(true)
		c.queue(ctx, ws.NewCloseFrame(payload))
		if code == closeSignedOut {
			return ErrSignedOut
		}
		return fmt.Errorf("the server closed the connection: %d %s", code, reason)
	}
	return nil
}

// send sends a value as a text frame; nil means that it is on its way.
func (c *conn) send(ctx context.Context, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return c.queue(ctx, ws.NewTextFrame(b))
}

// queue hands a frame to the writer, waiting for room.
func (c *conn) queue(ctx context.Context, f ws.Frame) error {
	b, err := ws.CompileFrame(ws.MaskFrameInPlace(f))
	if err != nil {
		return err
	}
	select {
	case c.out <- b:
		return nil
	case <-c.gone:
		return ErrOffline
	case <-ctx.Done():
		return ctx.Err()
	}
}

// pingFrame is what asks the server for a sign of life.
type pingFrame struct {
	Type string `json:"type"`
}

// write writes the frames until ctx ends, and pings when nothing came for as
// long as the welcome said. When the socket takes no more it cuts the
// connection, which the reader sees.
func (c *conn) write(ctx context.Context, welcome <-chan time.Duration) {
	defer c.net.Close()
	interval := 25 * time.Second
	tick := time.NewTimer(interval)
	defer tick.Stop()
	for {
		var b []byte
		select {
		case b = <-c.out:
		case interval = <-welcome:
			interval = min(max(interval, time.Second), silence/2)
			tick.Reset(interval)
			continue
		case <-tick.C:
			quiet := time.Since(c.began) - time.Duration(c.heard.Load())
			if quiet < interval {
				tick.Reset(interval - quiet)
				continue
			}
			tick.Reset(interval)
			f, err := json.Marshal(pingFrame{"ping"})
			if err == nil {
				b, err = ws.CompileFrame(ws.MaskFrameInPlace(ws.NewTextFrame(f)))
			}
			if err != nil {
				continue
			}
		case <-ctx.Done():
			c.farewell()
			return
		}
		if c.net.SetWriteDeadline(time.Now().Add(writeTimeout)) != nil {
			return
		}
		if _, err := c.net.Write(b); err != nil {
			return
		}
	}
}

// farewell writes what still waits, a pong or the answer to a close, and says
// goodbye.
func (c *conn) farewell() {
	if c.net.SetWriteDeadline(time.Now().Add(time.Second)) != nil {
		return
	}
	for {
		select {
		case b := <-c.out:
			if _, err := c.net.Write(b); err != nil {
				return
			}
		default:
			if c.bye.Load() {
				return
			}
			if b, err := ws.CompileFrame(ws.MaskFrameInPlace(ws.NewCloseFrame(ws.NewCloseFrameBody(ws.StatusGoingAway, "")))); err == nil {
				c.net.Write(b) // who went away hears nothing
			}
			return
		}
	}
}
