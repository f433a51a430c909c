package client

import (
	"context"
	"fmt"
	"time"
)

// Ack is the answer to a post: the message is durable.
type Ack struct {
	MessageID int64
	Seq       int64
	// Duplicate says that it was stored before this try reached the server,
	// perhaps by an earlier try of the same call.
	Duplicate bool
}

// answer is an ack or an error.
type answer struct {
	ack Ack
	err error
}

// postFrame is a draft on its way.
type postFrame struct {
	Type   string `json:"type"`
	RoomID int64  `json:"room_id"`
	Draft
}

// Post posts over the socket and returns once the message is durable, has been
// refused, or ctx or the Live has ended. While there is no connection it waits
// for the next, and what got no answer is sent again: the draft's id, made
// here if it has none, lets it be stored once. It needs no subscription.
//
// Whether a post whose ctx ended was stored is not known; posting the same
// draft and id again tells.
func (l *Live) Post(ctx context.Context, room int64, d Draft) (Ack, error) {
	d = d.withID()
	answers := make(chan answer, 1)
	l.mu.Lock()
	if _, taken := l.posts[d.ClientMessageID]; taken {
		l.mu.Unlock()
		return Ack{}, fmt.Errorf("a post with the id %q is under way", d.ClientMessageID)
	}
	l.posts[d.ClientMessageID] = answers
	l.mu.Unlock()
	defer func() {
		l.mu.Lock()
		delete(l.posts, d.ClientMessageID)
		l.mu.Unlock()
	}()

	frame := postFrame{"post", room, d}
	for try := 0; ; try++ {
		c, err := l.connection(ctx)
		if err != nil {
			return Ack{}, err
		}
		if err := c.send(ctx, frame); err != nil && ctx.Err() != nil {
			return Ack{}, err
		}
		select {
		case a := <-answers:
			if a.err == nil || !Passing(a.err) {
				return a.ack, a.err
			}
			// The server would not take it now; it has stored nothing.
			if !l.pause(ctx, max(pause(a.err, try), 50*time.Millisecond)) {
				return Ack{}, a.err
			}
		case <-c.gone:
			// Whether it arrived is not known: it is sent again.
		case <-ctx.Done():
			return Ack{}, ctx.Err()
		}
	}
}

// pause sleeps, and reports false when ctx or the Live ended first.
func (l *Live) pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
	case <-l.done:
	}
	return false
}

// answered hands an answer to whoever posted; the first one counts.
func (l *Live) answered(id string, a answer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if answers, ok := l.posts[id]; ok {
		select {
		case answers <- a:
		default:
		}
	}
}
