package load

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// ClassicFigures are what the guide's own script came to.
type ClassicFigures struct {
	ReadRate float64 `json:"room_lists_per_second"`
	PostRate float64 `json:"posts_per_second"`
	Batch    Spread  `json:"batch"`
}

// classic reads the list of rooms from many connections, then posts in
// batches, with all sockets open.
func (r *run) classic(ctx context.Context) error {
	c := &ClassicFigures{}
	r.report.Classic = c
	r.before = r.moment(ctx)
	fmt.Fprintf(r.w.stderr, "%d connections read the list of rooms for %s …\n", r.s.Connections, r.s.ReadDuration)
	c.ReadRate = r.readLists(ctx)
	fmt.Fprintf(r.w.stderr, "%d posts, %d at a time …\n", r.s.Posts, r.s.Batch)
	began := time.Now()
	took, err := r.postBatches(ctx)
	if err != nil {
		return err
	}
	c.PostRate = float64(r.s.Posts) / time.Since(began).Seconds()
	all := newHistogram()
	took.drain(all)
	c.Batch = spreadOf(all)
	r.after = r.moment(ctx)
	return ctx.Err()
}

func (r *run) readLists(ctx context.Context) (rate float64) {
	began := r.now()
	var n atomic.Int64
	var wg sync.WaitGroup
	for i := range r.s.Connections {
		wg.Go(func() {
			token := r.w.People[i%r.s.Accounts].Token
			for at := r.now(); at < began+r.s.ReadDuration && ctx.Err() == nil; at = r.now() {
				a, ok := r.get(ctx, "rooms", "/api/rooms", token, at, true)
				if !ok {
					continue
				}
				n.Add(1)
				if b, err := a.body(); err != nil || !json.Valid(b) || !bytes.HasPrefix(b, []byte(`{"rooms":[`)) {
					r.ledger.contradict("GET /api/rooms: this is no list of rooms: %.100q", b)
				}
			}
		})
	}
	wg.Wait()
	return float64(n.Load()) / (r.now() - began).Seconds()
}

func (r *run) postBatches(ctx context.Context) (*recorder, error) {
	p := newProgress(r.w.stderr, "posts", r.s.Posts)
	defer p.end()
	took := newRecorder()
	room := r.w.Rooms[0]
	path := fmt.Sprintf("/api/rooms/%d/messages/batch", room)
	for sent := 0; sent < r.s.Posts && ctx.Err() == nil; {
		who := r.w.People[sent/r.s.Batch%r.s.Accounts]
		due := r.now()
		var numbers []int
		var items []json.RawMessage
		for range min(r.s.Batch, r.s.Posts-sent) {
			n, ok := r.ledger.add(due, room, who.ID, true)
			if !ok {
				return took, fmt.Errorf("a run holds no more posts")
			}
			numbers, items = append(numbers, n), append(items, r.ledger.request(n, r.ledger.texts.body(n)))
		}
		body, err := json.Marshal(map[string]any{"messages": items})
		if err != nil {
			return took, err
		}
		a := r.caller.call(ctx, "POST", path, who.Token, body)
		switch {
		case a.err != nil:
			return took, fmt.Errorf("a batch of posts was not answered: %w", a.err)
		case a.status == http.StatusTooManyRequests:
			return took, fmt.Errorf("the server limits how much one person may post; start it with %s", liftPosts)
		case a.status != http.StatusOK:
			return took, fmt.Errorf("a batch of posts was answered with %d: %.200s", a.status, bytes.TrimSpace(a.raw))
		}
		took.record(r.now() - due)
		if err := r.acknowledgeBatch(numbers, &a); err != nil {
			return took, err
		}
		sent += len(numbers)
		p.add(len(numbers), 0)
	}
	return took, nil
}

func (r *run) acknowledgeBatch(numbers []int, a *answer) error {
	var got struct {
		Results []struct {
			Status  int             `json:"status"`
			Message *stored         `json:"message"`
			Error   json.RawMessage `json:"error"`
		} `json:"results"`
	}
	if err := decode(a, &got); err != nil {
		return err
	}
	if len(got.Results) != len(numbers) {
		r.ledger.contradict("a batch of %d has %d results", len(numbers), len(got.Results))
		return nil
	}
	for i, n := range numbers {
		if one := got.Results[i]; one.Message != nil && one.Status == http.StatusCreated {
			r.ledger.acknowledge(n, one.Message, r.ledger.texts.body(n))
		} else {
			return fmt.Errorf("post %d of a batch was refused: %d %.200s", n, one.Status, one.Error)
		}
	}
	return nil
}
