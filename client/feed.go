package client

import (
	"context"
	"errors"
	"time"
)

// Each room's events are delivered in order of their numbers, by one rule: the
// next one to take is the one that follows on the last one taken. The socket's
// reader takes what follows and queues it for the deliverer. When something
// else comes, when the queue is full, or when the server would not replay so
// much, the room is mended: the deliverer fetches what is missing over HTTP,
// page by page, and then has the socket go on from there. So nothing depends
// on what a connection repeats or leaves out, and the reader never waits for
// the caller's functions, which may therefore wait for answers of the socket.

// maxQueued bounds what waits to be delivered. Events of a room beyond it are
// fetched later; typing and presence are dropped; for anything else, which is
// in no log, the connection is given up: the next welcome says to fetch anew.
const maxQueued = 1024

// phase is where a subscription stands.
type phase uint8

const (
	away    phase = iota // not asked for on this connection
	asked                // asked for: the replay is coming
	live                 // the replay is complete
	mending              // the deliverer fetches what is missing
	refused              // not followed until subscribed again
)

// place is how far one has come in a room.
type place struct {
	phase phase
	at    Position // of the last event delivered
	// taken is the last number queued or delivered; the reader's, except
	// while mending, when it is the deliverer's.
	taken   int64
	started bool      // taken is set; else the room's number is taken over
	queued  int       // events of the room in the queue
	fresh   bool      // mending: event by event is not possible
	due     time.Time // mending: not before
	tries   int       // failures since the last time it was live
	goal    int64     // live: the number that the replay led to
	err     error     // of refused
}

// item waits to be delivered: an event of a place, a frame, or a refusal.
type item struct {
	place *place
	event Event
	epoch string
	frame Frame
	err   error
}

// Subscribe follows a room from after a number on: all that happened since is
// delivered first. 0 begins with the room's first event. Subscribing again
// starts over from the new number.
func (l *Live) Subscribe(room, since int64) { l.Resume(room, Position{Seq: since}) }

// Resume follows a room from a position on, such as a page's or one that
// [Live.Position] gave; when its epoch has passed, Resync is asked.
func (l *Live) Resume(room int64, from Position) {
	l.follow(room, &place{at: from, taken: from.Seq, started: true})
}

// SubscribeNow follows a room from now on.
func (l *Live) SubscribeNow(room int64) { l.follow(room, &place{}) }

func (l *Live) follow(room int64, p *place) {
	l.mu.Lock()
	l.rooms[room] = p
	l.changedLocked()
	l.mu.Unlock()
	l.ask(context.Background(), room)
}

// Unsubscribe stops following a room. An event that is being delivered may
// still arrive.
func (l *Live) Unsubscribe(room int64) {
	l.mu.Lock()
	delete(l.rooms, room)
	c := l.conn
	l.changedLocked()
	l.mu.Unlock()
	if c != nil {
		// On a connection that ends meanwhile there is nothing to take back.
		_ = c.send(context.Background(), struct {
			Type  string  `json:"type"`
			Rooms []int64 `json:"rooms"`
		}{"unsubscribe", []int64{room}})
	}
}

// Position returns how far a room's events were delivered; false when it is
// not followed, or nothing is known of it yet.
func (l *Live) Position(room int64) (Position, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.rooms[room]
	if p == nil || !p.started {
		return Position{}, false
	}
	return p.at, true
}

// errNotFollowed says that a wait can't end.
var errNotFollowed = errors.New("the room is not followed")

// WaitLive returns once a room's replay is complete and delivered, and live
// events follow; or with the reason why the room can't be followed.
func (l *Live) WaitLive(ctx context.Context, room int64) error {
	return l.waitFor(ctx, room, func(p *place) bool { return p.phase == live && p.at.Seq >= p.goal })
}

// WaitSeq returns once a room's events up to seq were delivered.
func (l *Live) WaitSeq(ctx context.Context, room, seq int64) error {
	return l.waitFor(ctx, room, func(p *place) bool { return p.started && p.at.Seq >= seq })
}

func (l *Live) waitFor(ctx context.Context, room int64, holds func(*place) bool) error {
	return l.wait(ctx, func() (bool, error) {
		p := l.rooms[room]
		switch {
		case p == nil:
			return false, errNotFollowed
		case holds(p):
			return true, nil
		}
		return false, p.err
	})
}

// subscribeFrame asks for rooms.
type subscribeFrame struct {
	Type  string          `json:"type"`
	Rooms []subscribeRoom `json:"rooms"`
	Epoch string          `json:"epoch,omitempty"`
}

type subscribeRoom struct {
	ID    int64  `json:"id"`
	Since *int64 `json:"since,omitempty"`
}

// maxAsk bounds the rooms of one frame.
const maxAsk = 100

// ask subscribes to those of the rooms that are away, if there is a
// connection.
func (l *Live) ask(ctx context.Context, rooms ...int64) {
	byEpoch := make(map[string][]subscribeRoom)
	l.mu.Lock()
	c := l.conn
	if c == nil {
		l.mu.Unlock()
		return
	}
	for _, id := range rooms {
		p := l.rooms[id]
		if p == nil || p.phase != away {
			continue
		}
		p.phase = asked
		r := subscribeRoom{ID: id}
		if p.started {
			r.Since = new(p.taken)
		}
		byEpoch[p.at.Epoch] = append(byEpoch[p.at.Epoch], r)
	}
	l.mu.Unlock()
	for epoch, list := range byEpoch {
		for len(list) > 0 {
			n := min(len(list), maxAsk)
			// When the connection ends first, the next one asks again.
			_ = c.send(ctx, subscribeFrame{"subscribe", list[:n], epoch})
			list = list[n:]
		}
	}
}

// welcome begins where the last connection ended.
func (l *Live) welcome(ctx context.Context, c *conn, epoch string) {
	l.mu.Lock()
	l.conn, l.epoch = c, epoch
	l.stats.Connections++
	rooms := make([]int64, 0, len(l.rooms))
	for id := range l.rooms {
		rooms = append(rooms, id)
	}
	present := l.present
	l.changedLocked()
	l.mu.Unlock()
	if present != 0 {
		_ = c.send(ctx, presentFrame{"present", present, true})
	}
	l.ask(ctx, rooms...)
}

// disconnected forgets what only the connection knew.
func (l *Live) disconnected(c *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn != c {
		return // it was never welcomed
	}
	l.conn = nil
	for _, p := range l.rooms {
		if p.phase == asked || p.phase == live {
			p.phase = away
		}
	}
	l.changedLocked()
}

// incoming is any frame of the server.
type incoming struct {
	Event
	Messages        []Event `json:"messages"`
	Epoch           string  `json:"epoch"`
	PingSeconds     int64   `json:"ping_seconds"`
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

// errBehind gives a connection up: what is in no log would be lost.
var errBehind = errors.New("too much waits to be delivered")

// take serves a frame on the reader's goroutine. Its error ends the
// connection.
func (l *Live) take(ctx context.Context, f *incoming, data []byte) error {
	switch f.Type {
	case MessageCreated, MessageUpdated, MessageDeleted, BoostCreated, BoostDeleted:
		l.takeEvents(f.RoomID, []Event{f.Event})
	case "batch":
		l.takeEvents(f.RoomID, f.Messages)
	case "subscribed":
		l.subscribed(f.RoomID, f.Seq)
	case "resync":
		l.mu.Lock()
		if p := l.rooms[f.RoomID]; p != nil && p.phase == asked {
			l.mendLocked(p)
		}
		l.mu.Unlock()
	case "positions":
		l.mu.Lock()
		for _, r := range f.Rooms {
			if p := l.rooms[r.ID]; p != nil && p.phase == live && p.taken < r.Seq {
				l.mendLocked(p)
			}
		}
		l.mu.Unlock()
	case "ack":
		l.answered(f.ClientMessageID, answer{ack: Ack{f.MessageID, f.Seq, f.Duplicate}})
	case "error":
		err := &Error{Code: f.Code, Detail: f.Detail}
		if f.ClientMessageID != "" {
			l.answered(f.ClientMessageID, answer{err: err})
		} else {
			l.failed(f.RoomID, err)
		}
	case "pong", "going_away":
	case "typing", "presence":
		l.takeFrame(f, data)
	default:
		if f.Type == "room_removed" {
			l.removed(f.RoomID)
		}
		if !l.takeFrame(f, data) {
			return errBehind
		}
		if f.Type == "room_added" {
			l.added(ctx, data)
		}
	}
	return nil
}

// takeEvents queues the events that follow on those taken.
func (l *Live) takeEvents(room int64, events []Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.rooms[room]
	if p == nil || !p.started || p.phase != asked && p.phase != live {
		return
	}
	for _, e := range events {
		switch {
		case e.Seq <= p.taken:
			// Seen before; a replay may bring it again.
			if p.phase == live {
				l.stats.Repeats++
			}
		case e.Seq > p.taken+1 && p.phase == asked:
			// Of an earlier subscription: the replay will bring it again.
		case e.Seq > p.taken+1:
			l.stats.Gaps++
			l.mendLocked(p)
			return
		case len(l.queue) >= maxQueued:
			l.mendLocked(p)
			return
		default:
			p.taken = e.Seq
			p.queued++
			if p.at.Epoch == "" {
				p.at.Epoch = l.epoch
			}
			l.queue = append(l.queue, item{place: p, event: e, epoch: l.epoch})
		}
	}
	l.wakeLocked()
}

// subscribed: the replay is complete up to seq.
func (l *Live) subscribed(room, seq int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.rooms[room]
	if p == nil || p.phase != asked {
		return
	}
	if !p.started {
		p.started, p.taken, p.at = true, seq, Position{seq, l.epoch}
	}
	if p.taken < seq {
		l.stats.Gaps++
		l.mendLocked(p)
		return
	}
	p.phase, p.goal, p.tries = live, seq, 0
	p.at.Epoch = l.epoch
	l.changedLocked()
}

// failed takes an error that is no post's: of a room, or of a request that it
// does not name. What was asked for may not have been heard, or was refused:
// the deliverer finds out.
func (l *Live) failed(room int64, err *Error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, p := range l.rooms {
		if p.phase == asked && (room == 0 || room == id) {
			l.postponeLocked(p, err)
			l.mendLocked(p)
		}
	}
}

// postponeLocked sets when a place is mended.
func (l *Live) postponeLocked(p *place, err error) {
	p.tries++
	p.due = time.Now().Add(max(pause(err, p.tries), 10*time.Millisecond))
}

func (l *Live) refuseLocked(room int64, p *place, err error) {
	p.phase, p.err = refused, err
	l.queue = append(l.queue, item{place: p, frame: Frame{RoomID: room}, err: err})
	l.changedLocked()
	l.wakeLocked()
}

// removed stops following a room that one was taken out of.
func (l *Live) removed(room int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if p := l.rooms[room]; p != nil && p.phase != refused {
		l.refuseLocked(room, p, &Error{Code: "forbidden", Detail: "You are in the room no longer."})
	}
}

// added follows a room again that one was taken out of and put back into.
func (l *Live) added(ctx context.Context, data []byte) {
	room := roomOf(data)
	l.mu.Lock()
	if p := l.rooms[room]; p != nil && p.phase == refused {
		p.phase, p.err = away, nil
	}
	l.mu.Unlock()
	l.ask(ctx, room)
}

// takeFrame queues what is no event; false when there is no room for it.
func (l *Live) takeFrame(f *incoming, data []byte) bool {
	if l.o.Other == nil {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) >= maxQueued {
		return false
	}
	l.queue = append(l.queue, item{frame: Frame{f.Type, f.RoomID, data}})
	l.wakeLocked()
	return true
}

// mendLocked has the deliverer fetch what is missing.
func (l *Live) mendLocked(p *place) {
	p.phase = mending
	l.changedLocked()
	l.wakeLocked()
}

// wakeLocked lets the deliverer look again.
func (l *Live) wakeLocked() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}
