package client

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"sync"
	"time"
)

// LiveOptions shape a Live. Their functions are called one at a time, on a
// goroutine of the Live's own, and may use the Client and the Live; only Close
// must not be called from within, since it waits for them.
type LiveOptions struct {
	// Event hears each event of the subscribed rooms: exactly once, and in
	// order of Seq within a room. An event that was missed and is fetched
	// later shows how things stand by then (see api.md, "In a replay").
	//
	// While it runs, up to 1,024 further events wait; what comes beyond that is
	// fetched when it is done. A slow function delays itself and nobody else.
	Event func(Event)

	// Resync hears that what was missed in a room can't be told event by
	// event: it is too far back, or the numbers are of another epoch (a
	// restored backup). It fetches a fresh page and returns the page's Seq:
	// events go on from there. After an error it is asked again later. When
	// Resync is nil, what was missed stays missed.
	Resync func(ctx context.Context, room int64) (seq int64, err error)

	// Refused hears that a room is followed no longer: one may not, or was
	// taken out of it. Coming back into it resumes. May be nil.
	Refused func(room int64, err error)

	// Other hears what is no event of a room: welcome, unread, read, typing,
	// presence, room_added, room_updated, room_removed, user_updated,
	// involvement, notifications_updated. Those are in no log: after each
	// welcome fetch what you show of them anew. May be nil.
	Other func(Frame)

	// Dial replaces the way connections are made. May be nil.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)

	// MaxWait bounds the wait between two tries to connect; default 30 s.
	MaxWait time.Duration
}

// Frame is a message of the socket that is no event of a room. Raw is all of
// it, as JSON.
type Frame struct {
	Type   string
	RoomID int64 // zero: of no room
	Raw    json.RawMessage
}

// Position is how far one has come in a room.
type Position struct {
	Seq   int64
	Epoch string // what Seq was counted in; empty: not known
}

// Errors of a Live that came to its end.
var (
	// ErrSignedOut: the session has ended, or access to the Campfire.
	ErrSignedOut = errors.New("signed out, or access ended")
	// ErrClosed: Close was called.
	ErrClosed = errors.New("the live connection is closed")
)

// ErrOffline says that there is no connection just now, for what is worth
// nothing later.
var ErrOffline = errors.New("there is no connection at the moment")

// Live is a WebSocket that stays: when it is cut it comes back, and goes on
// where it was. It waits a random time before each try, up to a bound that
// doubles from one second to MaxWait, or as long as a server that goes away
// has asked for.
type Live struct {
	// Set at construction, then read-only.
	c    *Client
	o    LiveOptions
	stop context.CancelFunc
	done chan struct{} // closed once nothing will happen any more
	wg   sync.WaitGroup
	wake chan struct{} // capacity 1: there may be something to deliver

	mu      sync.Mutex // guards what follows; a leaf
	conn    *conn      // welcomed and alive; nil while there is none
	epoch   string     // of the last welcome
	rooms   map[int64]*place
	queue   []item // waits to be delivered, at most maxQueued
	posts   map[string]chan answer
	present int64 // the room on screen; zero: none
	stats   Stats
	ended   error         // why it will not come back
	changed chan struct{} // closed and replaced when any of this changes
}

// Stats counts what happened to a Live.
type Stats struct {
	Connections int // that were welcomed
	Fetched     int // events that were fetched over HTTP
	Resyncs     int // rooms of which a fresh page was needed
	// Gaps and Repeats are numbers that a connection left out, or brought
	// again, once a room's replay was complete. A good server does neither;
	// they are mended and passed over.
	Gaps, Repeats int
}

// Stats returns the counts so far.
func (l *Live) Stats() Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.stats
}

// Live opens a socket in the background and keeps it open until Close, or
// until the session ends.
func (c *Client) Live(o LiveOptions) *Live {
	if o.MaxWait <= 0 {
		o.MaxWait = 30 * time.Second
	}
	ctx, stop := context.WithCancel(context.Background())
	l := &Live{
		c: c, o: o, stop: stop, done: make(chan struct{}), wake: make(chan struct{}, 1),
		rooms: make(map[int64]*place), posts: make(map[string]chan answer), changed: make(chan struct{}),
	}
	l.wg.Go(func() { l.connect(ctx) })
	l.wg.Go(func() { l.deliver(ctx) })
	return l
}

// Close ends the socket and waits until nothing more is delivered. Closing
// again does nothing.
func (l *Live) Close() {
	l.end(ErrClosed)
	l.wg.Wait()
}

// end makes everything stop for good.
func (l *Live) end(err error) {
	l.mu.Lock()
	if l.ended == nil {
		l.ended = err
		close(l.done)
		l.changedLocked()
	}
	l.mu.Unlock()
	l.stop()
}

// changedLocked wakes those who wait for a change.
func (l *Live) changedLocked() {
	close(l.changed)
	l.changed = make(chan struct{})
}

// wait returns once holds does; holds is called with l.mu held.
func (l *Live) wait(ctx context.Context, holds func() (bool, error)) error {
	for {
		l.mu.Lock()
		ok, err := holds()
		if !ok && err == nil {
			err = l.ended
		}
		changed := l.changed
		l.mu.Unlock()
		if ok || err != nil {
			return err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// connection returns the connection, waiting for one if need be.
func (l *Live) connection(ctx context.Context) (c *conn, err error) {
	err = l.wait(ctx, func() (bool, error) { c = l.conn; return c != nil && l.ended == nil, nil })
	return c, err
}

// WaitConnected returns once there is a connection.
func (l *Live) WaitConnected(ctx context.Context) error {
	_, err := l.connection(ctx)
	return err
}

// Typing tells a room's other people that one types, or has stopped. The
// server forgets it by itself; nothing is sent later.
func (l *Live) Typing(ctx context.Context, room int64, active bool) error {
	return l.now(ctx, struct {
		Type   string `json:"type"`
		RoomID int64  `json:"room_id"`
		Active bool   `json:"active"`
	}{"typing", room, active})
}

// Present says which room is on screen, again after each reconnect; visible
// false takes it back.
func (l *Live) Present(ctx context.Context, room int64, visible bool) error {
	l.mu.Lock()
	if visible {
		l.present = room
	} else if l.present == room {
		l.present = 0
	}
	l.mu.Unlock()
	if err := l.now(ctx, presentFrame{"present", room, visible}); !errors.Is(err, ErrOffline) {
		return err
	}
	return nil // the next welcome will say it
}

type presentFrame struct {
	Type    string `json:"type"`
	RoomID  int64  `json:"room_id"`
	Visible bool   `json:"visible"`
}

// Read moves the read pointer, as [Client.MarkRead] does and more cheaply; a
// refusal is not heard.
func (l *Live) Read(ctx context.Context, room, seq int64) error {
	return l.now(ctx, struct {
		Type   string `json:"type"`
		RoomID int64  `json:"room_id"`
		Seq    int64  `json:"seq"`
	}{"read", room, seq})
}

// now sends a frame on the connection there is.
func (l *Live) now(ctx context.Context, v any) error {
	l.mu.Lock()
	c, ended := l.conn, l.ended
	l.mu.Unlock()
	switch {
	case ended != nil:
		return ended
	case c == nil:
		return ErrOffline
	}
	return c.send(ctx, v)
}
