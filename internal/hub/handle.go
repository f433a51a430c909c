package hub

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"time"

	"campfire"
)

// request is a message from a client. Which fields it has depends on its type.
type request struct {
	Type            string             `json:"type"`
	Rooms           json.RawMessage    `json:"rooms"`
	Epoch           string             `json:"epoch"`
	RoomID          campfire.RoomID    `json:"room_id"`
	Body            string             `json:"body"`
	ClientMessageID string             `json:"client_message_id"`
	ReplyTo         campfire.MessageID `json:"reply_to"`

	UploadIDs []campfire.AttachmentID `json:"upload_ids"`
	Previews  *bool                   `json:"previews"`
	Active    bool                    `json:"active"`
	Visible   bool                    `json:"visible"`
	Seq       campfire.Seq            `json:"seq"`
}

// changes reports whether a request is one for those who may change something.
// Joining a room is looked at where rooms are read.
func (q *request) changes() bool {
	return q.Type == "post" || q.Type == "typing" || q.Type == "read"
}

// following is one room of a subscribe.
type following struct {
	ID    campfire.RoomID `json:"id"`
	Since *campfire.Seq   `json:"since"`
	Join  bool            `json:"join"`
}

// decode reads a request strictly. notJSON tells syntax from meaning.
func decode(message []byte, v any) (notJSON bool, err error) {
	d := json.NewDecoder(bytes.NewReader(message))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		_, syntax := errors.AsType[*json.SyntaxError](err)
		return syntax || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF), err
	}
	if _, err := d.Token(); err != io.EOF {
		return true, errors.New("more than one value")
	}
	return false, nil
}

func invalid(detail string) error {
	return &campfire.Error{Code: campfire.CodeInvalid, Detail: detail}
}

// handle serves one message. It runs on the reader's goroutine, so that the
// requests of one connection are served one after the other, in order.
func (c *conn) handle(message []byte) {
	var q request
	notJSON, err := decode(message, &q)
	if notJSON {
		c.shut(closeProtocol, "messages are JSON")
		return
	}
	if err != nil {
		c.send(errorFrame(invalid("The message has an unknown field or a wrong type."), q.ClientMessageID, 0))
		return
	}
	if !c.budget.take(c.hub.limits.Rate, time.Now()) {
		c.send(errorFrame(campfire.RateLimited(time.Second), q.ClientMessageID, q.RoomID))
		return
	}
	if q.changes() && !c.actor.Scopes.Has(campfire.ScopeWrite) {
		c.send(errorFrame(campfire.Forbidden("The token is not for this: it lacks the scope write."), q.ClientMessageID, q.RoomID))
		return
	}
	switch q.Type {
	case "ping":
		c.send(pongFrame)
	case "subscribe":
		c.subscribe(&q)
	case "unsubscribe":
		c.unsubscribe(&q)
	case "post":
		c.post(&q)
	case "typing":
		c.typing(&q)
	case "present":
		c.present(&q)
	case "read":
		c.fail(c.hub.backend.MarkRead(c.hub.ctx, *c.actor, q.RoomID, q.Seq), "", q.RoomID)
	default:
		c.send(errorFrame(invalid("There is no such type of message."), "", 0))
	}
}

var pongFrame = textFrame(kindPong, append(appendType(nil, kindPong), '}'))

// fail tells the client of an error, if there is one.
func (c *conn) fail(err error, clientID string, room campfire.RoomID) {
	if err == nil {
		return
	}
	if _, told := asError(err); !told && c.hub.ctx.Err() == nil {
		c.hub.log.Error("a socket's request failed", "err", err, "user", c.actor.ID, "room", room)
	}
	c.send(errorFrame(err, clientID, room))
}

func (c *conn) post(q *request) {
	if c.hub.draining.Load() {
		c.fail(campfire.Overloaded("The server is restarting; send it again after you have reconnected."), q.ClientMessageID, q.RoomID)
		return
	}
	posted, err := c.hub.backend.Post(c.hub.ctx, *c.actor, q.RoomID,
		campfire.Draft{Body: q.Body, ClientID: q.ClientMessageID, ReplyTo: q.ReplyTo, Uploads: q.UploadIDs, NoPreviews: q.Previews != nil && !*q.Previews})
	if err != nil {
		c.fail(err, q.ClientMessageID, q.RoomID)
		return
	}
	m := posted.Message
	b := campfire.AppendJSONString(append(appendType(nil, kindAck), `,"client_message_id":`...), m.ClientID)
	b = append(b, `,"message_id":`...)
	b = strconv.AppendInt(b, int64(m.ID), 10)
	b = append(b, `,"seq":`...)
	b = strconv.AppendInt(b, int64(m.Seq), 10)
	b = append(b, `,"duplicate":`...)
	b = strconv.AppendBool(b, posted.Duplicate)
	c.send(textFrame(kindAck, append(b, '}')))
}

func (c *conn) typing(q *request) {
	if !c.shard.follows(c, q.RoomID) {
		c.send(errorFrame(campfire.NotFound("subscription"), "", q.RoomID))
		return
	}
	b := strconv.AppendInt(append(appendType(nil, kindTyping), `,"room_id":`...), int64(q.RoomID), 10)
	b = append(b, `,"user":{"id":`...)
	b = strconv.AppendInt(b, int64(c.actor.ID), 10)
	b = append(b, `,"name":`...)
	b = campfire.AppendJSONString(b, c.actor.Name)
	b = append(b, `},"active":`...)
	b = strconv.AppendBool(b, q.Active)
	f := textFrame(kindTyping, append(b, '}'))
	f.ephemeral = true
	for _, s := range c.hub.shards {
		s.offer(work{room: q.RoomID, frame: f, except: c.actor.ID})
	}
}

func (c *conn) unsubscribe(q *request) {
	var rooms []campfire.RoomID
	if err := json.Unmarshal(q.Rooms, &rooms); err != nil {
		c.send(errorFrame(invalid("rooms must be a list of ids."), "", 0))
		return
	}
	for _, room := range rooms {
		c.shard.unsubscribe(c, room)
	}
}

// maxSubscribe bounds the rooms of one request, and of a connection.
const maxSubscribe = 1000

func (c *conn) subscribe(q *request) {
	var rooms []following
	if len(q.Rooms) == 0 {
		q.Rooms = []byte("null")
	}
	if _, err := decode(q.Rooms, &rooms); err != nil || len(rooms) == 0 || len(rooms)+c.shard.subscriptions(c) > maxSubscribe {
		c.send(errorFrame(invalid("rooms must be a list of {id, since?, join?}, up to "+strconv.Itoa(maxSubscribe)+" in all."), "", 0))
		return
	}
	total := 0
	for _, f := range rooms {
		f.Join = f.Join && c.actor.Scopes.Has(campfire.ScopeWrite)
		n, err := c.follow(f, q.Epoch, total)
		total += n
		c.fail(err, "", f.ID)
	}
}

// follow subscribes to one room: what was missed is replayed as fast as the
// socket takes it, then live events follow without gap or repetition. It
// returns how many events were replayed; replayed counts those of the same
// request before.
func (c *conn) follow(f following, epoch string, replayed int) (n int, err error) {
	h := c.hub
	// Registered first: from here on nothing that is published goes unnoticed.
	c.shard.register(c, f.ID)
	current, err := h.backend.Follow(h.ctx, *c.actor, f.ID, f.Join)
	if err != nil {
		c.shard.unsubscribe(c, f.ID)
		return 0, err
	}
	at := current
	if f.Since != nil {
		if epoch != "" && epoch != h.backend.Epoch() || *f.Since > current || *f.Since < 0 {
			return 0, c.resync(f.ID, current)
		}
		at = *f.Since
	}
	for {
		if f.Since != nil && at < current {
			if h.limits.ReplayMax > 0 && int(current-at) > h.limits.ReplayMax-n ||
				h.limits.ReplayTotal > 0 && int(current-at) > h.limits.ReplayTotal-replayed-n {
				return n, c.resync(f.ID, current)
			}
			events, _, now, err := h.backend.Replay(h.ctx, *c.actor, f.ID, at, h.limits.PageSize)
			if campfire.CodeOf(err) == campfire.CodeResync && err != nil {
				return n, c.resync(f.ID, current)
			}
			if err != nil {
				c.shard.unsubscribe(c, f.ID)
				return n, err
			}
			if len(events) > 0 {
				if !c.sendWaiting(h.encodeEvents(f.ID, events, c.view)) {
					return n, nil
				}
				n += len(events)
				at = events[len(events)-1].Seq
			}
			current = now
			continue
		}
		live, gone := c.shard.goLive(c, f.ID, at, seqFrame(kindSubscribed, f.ID, at))
		switch {
		case gone:
			return n, campfire.NotFound("room")
		case live:
			c.write()
			return n, nil
		}
		// Something was published since: its number is the new goal.
		if current, err = h.backend.Follow(h.ctx, *c.actor, f.ID, false); err != nil {
			c.shard.unsubscribe(c, f.ID)
			return n, err
		}
		if f.Since == nil {
			at = current
		}
	}
}

// resync tells the client to fetch a fresh page. It is then not subscribed:
// it will do so again, from the page's number.
func (c *conn) resync(room campfire.RoomID, current campfire.Seq) error {
	c.shard.unsubscribe(c, room)
	c.send(seqFrame(kindResync, room, current))
	return nil
}

func seqFrame(k kind, room campfire.RoomID, seq campfire.Seq) *frame {
	b := append(appendType(nil, k), `,"room_id":`...)
	b = strconv.AppendInt(b, int64(room), 10)
	b = append(b, `,"seq":`...)
	b = strconv.AppendInt(b, int64(seq), 10)
	return textFrame(k, append(b, '}'))
}
