package proof

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"campfire/client"
	"campfire/internal/history"
)

// poster posts, edits, deletes and boosts, over HTTP and over the socket, and
// repeats each change until it is acknowledged.
type poster struct {
	g      *crowd
	n      int // which one
	id     int64
	direct *client.Client // past the network
	http   *client.Client // through it
	rng    *rand.Rand

	made int
	mine []own // messages that are there
}

// own is a message of one's own.
type own struct {
	room, id int64
	boosts   []int64
}

func newPoster(g *crowd, n int, id int64, c *client.Client) *poster {
	return &poster{g: g, n: n, id: id, direct: c, http: g.net.over(g.t, c), rng: rand.New(rand.NewPCG(7, uint64(n)))}
}

// work makes n changes.
func (p *poster) work(ctx context.Context, n int) error {
	live := p.http.Live(client.LiveOptions{Dial: p.g.net.dial, MaxWait: maxWait})
	defer live.Close()
	for range n {
		var err error
		began := time.Now()
		var done []history.Change
		switch roll := p.rng.IntN(20); {
		case roll < 5 || len(p.mine) == 0:
			done, err = p.post(ctx)
		case roll < 11:
			done, err = p.postOverSocket(ctx, live)
		case roll < 13:
			done, err = p.postBatch(ctx)
		case roll < 16:
			done, err = p.edit(ctx)
		case roll < 17:
			done, err = p.delete(ctx)
		case roll < 19:
			done, err = p.boost(ctx)
		default:
			done, err = p.unboost(ctx)
		}
		if err != nil {
			return fmt.Errorf("poster %d: %w", p.n, err)
		}
		p.g.record(time.Since(began), done...)
	}
	return nil
}

// body returns a text whose first word no other has.
func (p *poster) body() string {
	p.made++
	return fmt.Sprintf("p%dx%d%s said poster %d", p.n, p.made, [...]string{"tea", "kettle", "cup"}[p.made%3], p.n)
}

// draft begins a post.
func (p *poster) draft() (history.Change, client.Draft) {
	body := p.body()
	d := client.Draft{Body: body, ClientMessageID: fmt.Sprintf("p%d-%d", p.n, p.made)}
	room := p.g.rooms[p.rng.IntN(len(p.g.rooms))]
	return history.Change{Kind: history.Post, Room: room, Author: p.id, Body: body, ClientID: d.ClientMessageID, Sent: time.Now()}, d
}

// posted ends one.
func (p *poster) posted(x *history.Change, id, seq int64) {
	x.MessageID, x.Seq, x.Answered = id, seq, time.Now()
	p.mine = append(p.mine, own{room: x.Room, id: id})
}

func (p *poster) post(ctx context.Context) ([]history.Change, error) {
	x, d := p.draft()
	m, err := p.http.PostSurely(ctx, x.Room, d)
	if err != nil {
		return nil, err
	}
	p.posted(&x, m.ID, m.Seq)
	return []history.Change{x}, nil
}

func (p *poster) postOverSocket(ctx context.Context, live *client.Live) ([]history.Change, error) {
	x, d := p.draft()
	ack, err := live.Post(ctx, x.Room, d)
	if err != nil {
		return nil, err
	}
	p.posted(&x, ack.MessageID, ack.Seq)
	return []history.Change{x}, nil
}

func (p *poster) postBatch(ctx context.Context) ([]history.Change, error) {
	var done []history.Change
	var drafts []client.Draft
	for range 1 + p.rng.IntN(5) {
		x, d := p.draft()
		if len(done) > 0 {
			x.Room = done[0].Room
		}
		done, drafts = append(done, x), append(drafts, d)
	}
	var results []client.BatchResult
	err := client.Retry(ctx, func() (err error) {
		if results, err = p.http.PostBatch(ctx, done[0].Room, drafts); err != nil {
			return err
		}
		for _, r := range results {
			if r.Error != nil {
				return r.Error
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i, r := range results {
		p.posted(&done[i], r.Message.ID, r.Message.Seq)
	}
	return done, nil
}

func (p *poster) edit(ctx context.Context) ([]history.Change, error) {
	o := p.mine[p.rng.IntN(len(p.mine))]
	x := history.Change{Kind: history.Edit, Room: o.room, Author: p.id, MessageID: o.id, Body: p.body(), Sent: time.Now()}
	err := client.Retry(ctx, func() error {
		m, err := p.http.Edit(ctx, o.room, o.id, x.Body, 0)
		if err == nil {
			x.Seq = m.Version
		}
		return err
	})
	x.Answered = time.Now()
	return []history.Change{x}, err
}

func (p *poster) delete(ctx context.Context) ([]history.Change, error) {
	i := p.rng.IntN(len(p.mine))
	o := p.mine[i]
	x := history.Change{Kind: history.Delete, Room: o.room, Author: p.id, MessageID: o.id, Sent: time.Now()}
	err := again(ctx, func() (err error) {
		x.Seq, err = p.http.Delete(ctx, o.room, o.id)
		return err
	})
	x.Answered = time.Now()
	p.mine = slices.Delete(p.mine, i, i+1)
	return []history.Change{x}, err
}

func (p *poster) boost(ctx context.Context) ([]history.Change, error) {
	o := &p.mine[p.rng.IntN(len(p.mine))]
	p.made++
	content := fmt.Sprintf("+%d", p.made)
	x := history.Change{Kind: history.Boost, Room: o.room, Author: p.id, MessageID: o.id, Sent: time.Now()}
	err := client.Retry(ctx, func() error {
		b, err := p.http.Boost(ctx, o.room, o.id, content)
		if err == nil {
			x.BoostID = b.ID
		}
		return err
	})
	x.Answered = time.Now()
	o.boosts = append(o.boosts, x.BoostID)
	return []history.Change{x}, err
}

// unboost takes a boost back, if there is one.
func (p *poster) unboost(ctx context.Context) ([]history.Change, error) {
	i := slices.IndexFunc(p.mine, func(o own) bool { return len(o.boosts) > 0 })
	if i < 0 {
		return p.boost(ctx)
	}
	o := &p.mine[i]
	x := history.Change{Kind: history.Unboost, Room: o.room, Author: p.id, MessageID: o.id, BoostID: o.boosts[0], Sent: time.Now()}
	err := again(ctx, func() (err error) {
		x.Seq, err = p.http.Unboost(ctx, o.room, o.id, x.BoostID)
		return err
	})
	x.Answered = time.Now()
	o.boosts = o.boosts[1:]
	return []history.Change{x}, err
}

// again repeats a deletion until it is acknowledged. When an earlier try had
// deleted it and its answer was lost, there is nothing left to find.
func again(ctx context.Context, do func() error) error {
	tries := 0
	return client.Retry(ctx, func() error {
		tries++
		err := do()
		if tries > 1 && client.CodeOf(err) == "not_found" {
			return nil
		}
		return err
	})
}
