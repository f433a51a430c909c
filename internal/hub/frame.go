package hub

import (
	"bytes"
	"compress/flate"
	"strconv"
	"sync"
	"time"

	"campfire"

	"github.com/gobwas/ws"
)

// view is how a connection wants messages: whole, or as the web page shows them.
type view uint8

const (
	viewJSON view = iota
	viewHTML
	views
)

// frame is one encoded server frame, shared by all who receive it.
type frame struct {
	kind      string // its type, for metrics
	ephemeral bool   // may be dropped for a slow reader: typing, presence
	born      time.Time
	plain     []byte // header and payload

	deflate  sync.Once
	deflated []byte
}

// textFrame frames a payload.
func textFrame(kind string, payload []byte) *frame {
	return &frame{kind: kind, plain: withHeader(payload, false)}
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

var flaters = sync.Pool{New: func() any {
	w, _ := flate.NewWriter(nil, flate.BestSpeed) // the level is valid
	return w
}}

// bytes returns the frame for a connection. Compression happens once, without
// context takeover (RFC 7692, 7.1.1), so that all can share the result.
func (f *frame) bytes(deflate bool) []byte {
	if !deflate || len(f.plain) < deflateFrom {
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
		var b bytes.Buffer
		w := flaters.Get().(*flate.Writer)
		w.Reset(&b)
		_, err := w.Write(f.plain[head:])
		if err == nil {
			err = w.Flush()
		}
		flaters.Put(w)
		if err != nil {
			f.deflated = f.plain
			return
		}
		// The empty block that Flush ends with is left out on the wire (7.2.1).
		f.deflated = withHeader(bytes.TrimSuffix(b.Bytes(), []byte{0, 0, 0xff, 0xff}), true)
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
	born        time.Time
	encoded     [views]struct {
		once  sync.Once
		frame *frame
	}
}

func (h *Hub) newBroadcast(events []*campfire.Event) *broadcast {
	return &broadcast{hub: h, room: events[0].Room, events: events,
		first: events[0].Seq, last: events[len(events)-1].Seq, born: time.Now()}
}

func (b *broadcast) frame(v view) *frame {
	e := &b.encoded[v]
	e.once.Do(func() {
		e.frame = b.hub.encodeEvents(b.room, b.events, v)
		e.frame.born = b.born
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
	kind := "batch"
	if len(events) == 1 {
		kind = events[0].Kind.String()
		b = h.appendEvent(b, events[0], v)
	} else {
		b = append(b, `{"type":"batch","room_id":`...)
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
	f := textFrame(kind, b)
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
	b := []byte(`{"type":"error","code":"`)
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
	return textFrame("error", append(b, '}'))
}
