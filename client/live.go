package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// Frame is one message of the socket that is no event of a room: unread,
// typing, presence, read, room_added and so on, as they came.
type Frame struct {
	Type   string
	RoomID int64
	Raw    json.RawMessage
}

// LiveOptions shape a Live.
type LiveOptions struct {
	// Event hears each event of the subscribed rooms, exactly once and in
	// order of Seq within a room, one at a time. While it runs nothing more is
	// read, which the server answers by closing a reader that is too slow; what
	// was missed is replayed after the reconnect.
	Event func(Event)
	// Resync hears that a room's history can't be replayed from where the
	// caller stood: it fetches a fresh page and goes on from seq. May be nil.
	Resync func(room, seq int64)
	// Other hears everything else. May be nil.
	Other func(Frame)
	// Dial replaces the way connections are made. May be nil.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// MaxWait bounds the wait between two tries to connect; default 30 s.
	MaxWait time.Duration
}

// Live is a WebSocket that stays: when it is cut it comes back, and goes on
// where it was.
type Live struct {
	c *Client
	o LiveOptions

	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu       sync.Mutex // guards what follows
	conn     net.Conn   // nil while there is none
	epoch    string
	rooms    map[int64]*place
	posts    map[string]*pendingPost // by client message id
	reserved time.Duration           // the server's wish for the next wait
	ended    error                   // why it will not come back
	changed  chan struct{}           // closed and replaced when a room's state changes

	writeMu sync.Mutex // one frame at a time
}

// place is how far a room's events were delivered.
type place struct {
	seq  int64
	live bool
	join bool
	from bool // seq is set: by the caller, or by the first subscribed
}

type pendingPost struct {
	room  int64
	draft Draft
	done  chan ackOrError
}

type ackOrError struct {
	ack Ack
	err error
}

// Ack is the answer to a post: the message is durable.
type Ack struct {
	MessageID int64 `json:"message_id"`
	Seq       int64 `json:"seq"`
	Duplicate bool  `json:"duplicate"`
}

// ErrSignedOut says that the session has ended: there is no coming back.
var ErrSignedOut = errors.New("signed out, or access ended")

// Live opens a socket in the background and keeps it open until Close.
func (c *Client) Live(o LiveOptions) *Live {
	if o.MaxWait <= 0 {
		o.MaxWait = 30 * time.Second
	}
	l := &Live{c: c, o: o, rooms: make(map[int64]*place), posts: make(map[string]*pendingPost), changed: make(chan struct{})}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	l.wg.Go(l.run)
	return l
}

// Close ends the socket and waits until nothing more is delivered.
func (l *Live) Close() {
	l.cancel()
	l.mu.Lock()
	if l.conn != nil {
		l.conn.Close()
	}
	l.mu.Unlock()
	l.wg.Wait()
}

// Subscribe follows a room from after a number on: all that happened since is
// delivered first. Subscribing again starts over from the new number.
func (l *Live) Subscribe(room, since int64) {
	l.mu.Lock()
	l.rooms[room] = &place{seq: since, from: true}
	l.mu.Unlock()
	l.sendSubscribe(room)
}

// SubscribeNow follows a room from now on.
func (l *Live) SubscribeNow(room int64) {
	l.mu.Lock()
	l.rooms[room] = &place{}
	l.mu.Unlock()
	l.sendSubscribe(room)
}

// Unsubscribe stops following a room.
func (l *Live) Unsubscribe(room int64) {
	l.mu.Lock()
	delete(l.rooms, room)
	l.mu.Unlock()
	l.Send(map[string]any{"type": "unsubscribe", "rooms": []int64{room}})
}

// WaitLive returns when the room's replay is complete and live events follow.
func (l *Live) WaitLive(ctx context.Context, room int64) error {
	return l.wait(ctx, func() bool { p := l.rooms[room]; return p != nil && p.live })
}

// WaitSeq returns when the room's events up to seq were delivered.
func (l *Live) WaitSeq(ctx context.Context, room, seq int64) error {
	return l.wait(ctx, func() bool { p := l.rooms[room]; return p != nil && p.seq >= seq })
}

func (l *Live) wait(ctx context.Context, holds func() bool) error {
	for {
		l.mu.Lock()
		ok, ended, changed := holds(), l.ended, l.changed
		l.mu.Unlock()
		if ok {
			return nil
		}
		if ended != nil {
			return ended
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		case <-l.ctx.Done():
			return errors.New("closed")
		}
	}
}

// notifyLocked wakes those who wait for a change.
func (l *Live) notifyLocked() {
	close(l.changed)
	l.changed = make(chan struct{})
}

// Post posts over the socket and returns once the message is durable. While
// there is no connection it waits for the next: the id makes it safe to send
// the draft again.
func (l *Live) Post(ctx context.Context, room int64, d Draft) (Ack, error) {
	if d.ClientMessageID == "" {
		d.ClientMessageID = NewID()
	}
	p := &pendingPost{room: room, draft: d, done: make(chan ackOrError, 1)}
	l.mu.Lock()
	if l.ended != nil {
		defer l.mu.Unlock()
		return Ack{}, l.ended
	}
	if l.posts[d.ClientMessageID] != nil {
		l.mu.Unlock()
		return Ack{}, fmt.Errorf("a post with the id %s is under way", d.ClientMessageID)
	}
	l.posts[d.ClientMessageID] = p
	l.mu.Unlock()
	defer func() {
		l.mu.Lock()
		delete(l.posts, d.ClientMessageID)
		l.mu.Unlock()
	}()
	l.sendPost(p)
	select {
	case r := <-p.done:
		return r.ack, r.err
	case <-ctx.Done():
		return Ack{}, ctx.Err()
	case <-l.ctx.Done():
		return Ack{}, errors.New("closed")
	}
}

func (l *Live) sendPost(p *pendingPost) {
	m := map[string]any{"type": "post", "room_id": p.room, "body": p.draft.Body, "client_message_id": p.draft.ClientMessageID}
	if p.draft.ReplyTo != 0 {
		m["reply_to"] = p.draft.ReplyTo
	}
	l.Send(m)
}

// Send sends one frame as it is; false when there is no connection.
func (l *Live) Send(v any) bool {
	b, err := json.Marshal(v)
	if err != nil {
		return false
	}
	l.mu.Lock()
	conn := l.conn
	l.mu.Unlock()
	if conn == nil {
		return false
	}
	l.writeMu.Lock()
	defer l.writeMu.Unlock()
	conn.SetWriteDeadline(time.Now().Add(10 * time.Second))
	return wsutil.WriteClientText(conn, b) == nil
}

func (l *Live) sendSubscribe(rooms ...int64) {
	l.mu.Lock()
	var list []map[string]any
	for _, id := range rooms {
		p := l.rooms[id]
		if p == nil {
			continue
		}
		m := map[string]any{"id": id}
		if p.from {
			m["since"] = p.seq
		}
		if p.join {
			m["join"] = true
		}
		list = append(list, m)
	}
	epoch := l.epoch
	l.mu.Unlock()
	if len(list) > 0 {
		l.Send(map[string]any{"type": "subscribe", "rooms": list, "epoch": epoch})
	}
}

// run connects, reads until the connection ends, and comes back.
func (l *Live) run() {
	for try := 0; l.ctx.Err() == nil; try++ {
		welcomed, err := l.session()
		if errors.Is(err, ErrSignedOut) {
			l.end(err)
			return
		}
		if welcomed {
			try = 0
		}
		// Full jitter, so that not all clients come back at once.
		wait := time.Duration(mathrand.Int64N(int64(min(l.o.MaxWait, time.Second<<min(try, 6))) + 1))
		l.mu.Lock()
		if l.reserved > 0 {
			wait, l.reserved = min(l.reserved, l.o.MaxWait), 0
		}
		l.mu.Unlock()
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-l.ctx.Done():
			timer.Stop()
		}
	}
}

func (l *Live) end(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = err
	for _, p := range l.posts {
		p.done <- ackOrError{err: err}
	}
	l.posts = make(map[string]*pendingPost)
	l.notifyLocked()
}

// silence is how long nothing may come before a connection counts as dead.
const silence = 60 * time.Second

// session is one connection, from the handshake to its end.
func (l *Live) session() (welcomed bool, err error) {
	u, err := url.Parse(l.c.base + "/ws")
	if err != nil {
		return false, err
	}
	u.Scheme = strings.Replace(u.Scheme, "http", "ws", 1)
	d := ws.Dialer{
		Timeout: 10 * time.Second, Protocols: []string{"campfire.v1"}, NetDial: l.o.Dial,
		Header: ws.HandshakeHeaderHTTP(http.Header{"Authorization": {"Bearer " + l.c.token}}),
	}
	conn, early, _, err := d.Dial(l.ctx, u.String())
	if err != nil {
		if e, ok := errors.AsType[ws.StatusError](err); ok && int(e) == http.StatusUnauthorized {
			return false, ErrSignedOut
		}
		return false, err
	}
	defer conn.Close()
	var in io.Reader = conn
	if early != nil {
		// What came with the handshake's answer is read first.
		b, _ := early.Peek(early.Buffered())
		in = io.MultiReader(strings.NewReader(string(b)), conn)
		ws.PutReader(early)
	}
	rw := struct {
		io.Reader
		io.Writer
	}{in, lockedWriter{l, conn}}
	defer func() {
		l.mu.Lock()
		l.conn = nil
		for _, p := range l.rooms {
			p.live = false
		}
		l.mu.Unlock()
	}()
	stop := make(chan struct{})
	defer close(stop)
	l.wg.Go(func() { l.ping(conn, stop) })
	for {
		conn.SetReadDeadline(time.Now().Add(silence))
		data, err := wsutil.ReadServerText(rw)
		if err != nil {
			if e, ok := errors.AsType[wsutil.ClosedError](err); ok && e.Code == 4001 {
				return welcomed, ErrSignedOut
			}
			return welcomed, err
		}
		if err := l.take(data, conn, &welcomed); err != nil {
			return welcomed, err
		}
	}
}

// lockedWriter lets control frames be answered between our own.
type lockedWriter struct {
	l *Live
	c net.Conn
}

func (w lockedWriter) Write(p []byte) (int, error) {
	w.l.writeMu.Lock()
	defer w.l.writeMu.Unlock()
	w.c.SetWriteDeadline(time.Now().Add(10 * time.Second))
	return w.c.Write(p)
}

// ping keeps the server sure of us.
func (l *Live) ping(conn net.Conn, stop chan struct{}) {
	tick := time.NewTicker(20 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			l.Send(map[string]string{"type": "ping"})
		case <-stop:
			return
		case <-l.ctx.Done():
			conn.Close()
			return
		}
	}
}

// incoming is any frame of the server.
type incoming struct {
	Event
	Messages        []Event `json:"messages"`
	Epoch           string  `json:"epoch"`
	RetryMS         int64   `json:"retry_ms"`
	ClientMessageID string  `json:"client_message_id"`
	Duplicate       bool    `json:"duplicate"`
	Code            string  `json:"code"`
	Detail          string  `json:"detail"`
	Rooms           []struct {
		ID  int64 `json:"id"`
		Seq int64 `json:"seq"`
	} `json:"rooms"`
}

func (l *Live) take(data []byte, conn net.Conn, welcomed *bool) error {
	var f incoming
	if err := json.Unmarshal(data, &f); err != nil {
		return fmt.Errorf("a frame that is no JSON: %w", err)
	}
	switch f.Type {
	case "message_created", "message_updated", "message_deleted", "boost_created", "boost_deleted":
		l.deliver(f.RoomID, []Event{f.Event})
		return nil
	case "batch":
		l.deliver(f.RoomID, f.Messages)
		return nil
	case "welcome":
		*welcomed = true
		l.welcome(f.Epoch, conn)
	case "subscribed":
		l.mu.Lock()
		if p := l.rooms[f.RoomID]; p != nil {
			p.live = true
			if !p.from {
				p.seq, p.from = f.Seq, true
			}
			l.notifyLocked()
		}
		l.mu.Unlock()
	case "resync":
		l.mu.Lock()
		if p := l.rooms[f.RoomID]; p != nil {
			p.seq, p.from = f.Seq, true
		}
		l.mu.Unlock()
		if l.o.Resync != nil {
			l.o.Resync(f.RoomID, f.Seq)
		}
		l.sendSubscribe(f.RoomID)
	case "positions":
		for _, r := range f.Rooms {
			l.mu.Lock()
			p := l.rooms[r.ID]
			behind := p != nil && p.live && p.seq < r.Seq
			l.mu.Unlock()
			if behind {
				l.sendSubscribe(r.ID)
			}
		}
	case "going_away":
		l.mu.Lock()
		l.reserved = time.Duration(f.RetryMS) * time.Millisecond
		l.mu.Unlock()
	case "ack":
		l.answer(f.ClientMessageID, ackOrError{ack: Ack{f.Event.MessageID, f.Seq, f.Duplicate}})
	case "error":
		if f.ClientMessageID != "" && f.Code != "overloaded" {
			l.answer(f.ClientMessageID, ackOrError{err: &Error{Code: f.Code, Detail: f.Detail}})
		}
	}
	if l.o.Other != nil {
		l.o.Other(Frame{f.Type, f.RoomID, append(json.RawMessage(nil), data...)})
	}
	return nil
}

// welcome begins where the last connection ended: subscriptions from the
// numbers that were reached, and the posts that have no answer.
func (l *Live) welcome(epoch string, conn net.Conn) {
	l.mu.Lock()
	l.conn = conn
	l.epoch = epoch
	var rooms []int64
	for id := range l.rooms {
		rooms = append(rooms, id)
	}
	var posts []*pendingPost
	for _, p := range l.posts {
		posts = append(posts, p)
	}
	l.notifyLocked()
	l.mu.Unlock()
	l.sendSubscribe(rooms...)
	for _, p := range posts {
		l.sendPost(p)
	}
}

func (l *Live) answer(id string, r ackOrError) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if p := l.posts[id]; p != nil {
		delete(l.posts, id)
		p.done <- r
	}
}

// deliver hands on the events that follow on what was delivered. What is
// known is passed over; where something is missing it is asked for.
func (l *Live) deliver(room int64, events []Event) {
	for _, e := range events {
		l.mu.Lock()
		p := l.rooms[room]
		if p == nil || !p.from || e.Seq <= p.seq {
			l.mu.Unlock()
			continue
		}
		if e.Seq > p.seq+1 {
			l.mu.Unlock()
			l.sendSubscribe(room)
			return
		}
		p.seq = e.Seq
		l.mu.Unlock()
		if l.o.Event != nil {
			l.o.Event(e)
		}
		l.mu.Lock()
		l.notifyLocked()
		l.mu.Unlock()
	}
}
