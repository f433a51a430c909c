package hub

import (
	"bytes"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"campfire"
	"campfire/internal/deflate"

	"github.com/gobwas/ws"
)

// view is how a connection wants messages: whole, or as the web page shows them.
type view uint8

const (
	viewJSON view = iota
	viewHTML
	views
)

// kind is what a frame is: the type of its message, or its opcode.
type kind uint8

// The kinds beside those of events, which come first: see kindOf.
const (
	kindBatch kind = eventKinds + iota
	kindWelcome
	kindSubscribed
	kindResync
	kindPositions
	kindTyping
	kindPresence
	kindRead
	kindUnread
	kindRoomAdded
	kindRoomUpdated
	kindRoomRemoved
	kindUserUpdated
	kindInvolvement
	kindNotificationsUpdated
	kindAck
	kindError
	kindPong
	kindGoingAway
	kindPing      // control frame
	kindPongFrame // control frame
	kindClose     // control frame, and the last of a connection
	kinds         // how many there are
)

// eventKinds is the first kind that is none of an event.
const eventKinds = kind(campfire.BoostDeleted) + 1

var kindNames = [kinds]string{kindBatch: "batch", kindWelcome: "welcome", kindSubscribed: "subscribed", kindResync: "resync",
	kindPositions: "positions", kindTyping: "typing", kindPresence: "presence", kindRead: "read", kindUnread: "unread",
	kindRoomAdded: "room_added", kindRoomUpdated: "room_updated", kindRoomRemoved: "room_removed", kindUserUpdated: "user_updated",
	kindInvolvement: "involvement", kindNotificationsUpdated: "notifications_updated",
	kindAck: "ack", kindError: "error", kindPong: "pong", kindGoingAway: "going_away",
	kindPing: "ping_frame", kindPongFrame: "pong_frame", kindClose: "close_frame"}

// String returns the type of a message, as clients know it.
func (k kind) String() string {
	if k < eventKinds {
		return campfire.EventKind(k).String()
	}
	return kindNames[k]
}

func kindOf(e *campfire.Event) kind { return kind(e.Kind) }

// appendType begins a message with its type.
func appendType(b []byte, k kind) []byte {
	b = append(b, `{"type":"`...)
	b = append(b, k.String()...)
	return append(b, '"')
}

// frame is one encoded server frame, shared by all who receive it.
type frame struct {
	kind      kind
	ephemeral bool   // may be dropped for a slow reader: typing, presence
	plain     []byte // header and payload

	deflate  sync.Once
	deflated []byte
}

// textFrame frames a payload.
func textFrame(k kind, payload []byte) *frame {
	return &frame{kind: k, plain: withHeader(payload, false)}
}

func withHeader(payload []byte, compressed bool) []byte {
	h := ws.Header{Fin: true, OpCode: ws.OpText, Length: int64(len(payload))}
	if compressed {
		h.Rsv = ws.Rsv(true, false, false)
	}
	var b bytes.Buffer
	b.Grow(len(payload) + ws.MaxHeaderSize)
	ws.WriteHeader(&b, h) // to memory: can't fail
	b.Write(payload)
	return b.Bytes()
}

// deflateFrom is the payload that is worth compressing, in bytes.
const deflateFrom = 256

// bytes returns the frame for a connection, compressed where it may be small.
// Compression happens once, without
// context takeover (RFC 7692, 7.1.1), so that all can share the result.
func (f *frame) bytes(small bool) []byte {
	if !small || len(f.plain) < deflateFrom {
		return f.plain
	}
	f.deflate.Do(func() {
		head := 2
		if len(f.plain) >= 126+4 {
			head = 4
		}
		if len(f.plain) > 0xffff+4 {
			head = 10
		}
		b := deflate.Append(nil, f.plain[head:])
		// The empty block at the end is left out on the wire (7.2.1).
		f.deflated = withHeader(bytes.TrimSuffix(b, []byte{0, 0, 0xff, 0xff}), true)
	})
	return f.deflated
}

// broadcast is one or more consecutive events of a room on their way to its
// subscribers. Each view of it is encoded once, by whoever needs it first.
type broadcast struct {
	hub         *Hub
	room        campfire.RoomID
	events      []*campfire.Event
	first, last campfire.Seq
	size        int // about what a frame of it takes, in bytes
	born        time.Time
	unwritten   atomic.Int32 // shards that have yet to write it
	encoded     [views]struct {
		once  sync.Once
		frame *frame
	}
}

func (h *Hub) newBroadcast(events []*campfire.Event) *broadcast {
	b := &broadcast{hub: h, room: events[0].Room, events: events,
		first: events[0].Seq, last: events[len(events)-1].Seq, born: time.Now()}
	for _, e := range events {
		b.size += sizeOf(e)
	}
	return b
}

// sizeOf estimates what an event takes in a frame, in bytes.
func sizeOf(e *campfire.Event) int {
	const around = 400
	if e.Message == nil {
		return around
	}
	return around + len(e.Message.Body) + len(e.Message.HTML) + len(e.Message.Plain)
}

func (b *broadcast) frame(v view) *frame {
	e := &b.encoded[v]
	e.once.Do(func() {
		e.frame = b.hub.encodeEvents(b.room, b.events, v)
	})
	return e.frame
}

var buffers = sync.Pool{New: func() any { return new([]byte) }}

// maxPooled bounds what an encode buffer may keep.
const maxPooled = 64 << 10

// encodeEvents encodes events of one room: one as itself, several as a batch.
func (h *Hub) encodeEvents(room campfire.RoomID, events []*campfire.Event, v view) *frame {
	p := buffers.Get().(*[]byte)
	b := (*p)[:0]
	k := kindBatch
	if len(events) == 1 {
		k = kindOf(events[0])
		b = h.appendEvent(b, events[0], v)
	} else {
		b = append(appendType(b, k), `,"room_id":`...)
		b = strconv.AppendInt(b, int64(room), 10)
		b = append(b, `,"timestamp":"`...)
		b, _ = campfire.TimeOf(time.Now()).AppendText(b)
		b = append(b, `","messages":[`...)
		for i, e := range events {
			if i > 0 {
				b = append(b, ',')
			}
			b = h.appendEvent(b, e, v)
		}
		b = append(b, "]}"...)
	}
	f := textFrame(k, b)
	if cap(b) <= maxPooled {
		*p = b
		buffers.Put(p)
	}
	return f
}

func (h *Hub) appendEvent(b []byte, e *campfire.Event, v view) []byte {
	if v == viewHTML {
		var html []byte
		if e.Message != nil {
			html = h.render(e.Message)
		}
		return h.wire.AppendEventHTML(b, e, html)
	}
	return h.wire.AppendEvent(b, e)
}

// errorFrame tells a client what went wrong, with what it was about.
func errorFrame(err error, clientID string, room campfire.RoomID) *frame {
	code, detail := campfire.CodeOf(err), "Something went wrong here; it was logged."
	if e, ok := asError(err); ok {
		detail = e.Detail
	}
	b := append(appendType(nil, kindError), `,"code":"`...)
	b = append(b, code...)
	b = append(b, `","detail":`...)
	b = campfire.AppendJSONString(b, detail)
	if clientID != "" {
		b = append(b, `,"client_message_id":`...)
		b = campfire.AppendJSONString(b, clientID)
	}
	if room != 0 {
		b = append(b, `,"room_id":`...)
		b = strconv.AppendInt(b, int64(room), 10)
	}
	return textFrame(kindError, append(b, '}'))
}
