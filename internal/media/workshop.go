package media

import (
	"context"
	"fmt"
	"time"
)

// Options are what a Workshop may use.
type Options struct {
	// Workers is how many pictures are made at once, Queue how many more may
	// wait for their turn.
	Workers, Queue int
	Limits         Limits
	// FFmpeg is the program that makes posters of videos; empty for none.
	FFmpeg string
	// PosterTime bounds one poster.
	PosterTime time.Duration
}

// Workshop makes pictures, a bounded number at a time: each takes a core, and
// all together MaxMemory to decode. It has no goroutines: what is made is made
// in the caller's.
type Workshop struct {
	o       Options
	workers chan struct{} // one token per picture under way
	waiting chan struct{} // one token per picture under way or waiting

	memory   chan struct{} // one token per memoryUnit in use
	claiming chan struct{} // held while tokens of memory are taken, so that no two wait for each other
}

// memoryUnit is what memory is given out in.
const memoryUnit = 8 << 20

// NewWorkshop returns a workshop without work.
func NewWorkshop(o Options) *Workshop {
	o.Workers = max(1, o.Workers)
	if o.PosterTime <= 0 {
		o.PosterTime = 10 * time.Second
	}
	return &Workshop{
		o:       o,
		workers: make(chan struct{}, o.Workers),
		waiting: make(chan struct{}, o.Workers+max(0, o.Queue)),

		memory:   make(chan struct{}, MaxMemory/memoryUnit),
		claiming: make(chan struct{}, 1),
	}
}

// claim waits until so many bytes, at most MaxMemory, are there to be used.
func (w *Workshop) claim(ctx context.Context, bytes int64) (release func(), err error) {
	n, taken := int((bytes+memoryUnit-1)/memoryUnit), 0
	release = func() {
		for range taken {
			<-w.memory
		}
	}
	select {
	case w.claiming <- struct{}{}:
		defer func() { <-w.claiming }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	for taken < n {
		select {
		case w.memory <- struct{}{}:
			taken++
		case <-ctx.Done():
			release()
			return nil, ctx.Err()
		}
	}
	return release, nil
}

// Inspect is Inspect with the workshop's limits. It needs no turn.
func (w *Workshop) Inspect(src Source) (info Info, err error) {
	defer guard(&err)
	return Inspect(src, w.o.Limits)
}

// Thumbnail makes a picture fit into box; it is never enlarged. Of an animation
// it shows the first frame. When ctx ends it gives up at the next read.
func (w *Workshop) Thumbnail(ctx context.Context, src Source, box Box) (*Picture, error) {
	return w.make(ctx, func() (*Picture, error) { return w.thumbnail(ctx, src, box) })
}

// Square cuts a square out of a picture. The result is encoded anew, whatever
// the source is.
func (w *Workshop) Square(ctx context.Context, src Source, o SquareOptions) (*Picture, error) {
	return w.make(ctx, func() (*Picture, error) {
		info, release, err := w.admit(ctx, src)
		if err != nil {
			return nil, err
		}
		defer release()
		return square(bound{src, ctx}, &info, o)
	})
}

func (w *Workshop) thumbnail(ctx context.Context, src Source, box Box) (*Picture, error) {
	info, release, err := w.admit(ctx, src)
	if err != nil {
		return nil, err
	}
	defer release()
	return thumbnail(bound{src, ctx}, &info, box)
}

// admit holds a picture against the limits, and waits for the memory that
// decoding it takes.
func (w *Workshop) admit(ctx context.Context, src Source) (info Info, release func(), err error) {
	defer guard(&err)
	if info, err = decodable(bound{src, ctx}, w.o.Limits); err != nil {
		return info, nil, err
	}
	release, err = w.claim(ctx, info.memory)
	return info, release, err
}

// make does work in turn. Who finds the queue full gets ErrBusy.
func (w *Workshop) make(ctx context.Context, work func() (*Picture, error)) (*Picture, error) {
	select {
	case w.waiting <- struct{}{}:
		defer func() { <-w.waiting }()
	default:
		return nil, ErrBusy
	}
	select {
	case w.workers <- struct{}{}:
		defer func() { <-w.workers }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	p, err := work()
	if err != nil && ctx.Err() != nil {
		// A decoder that could not read on calls the file damaged.
		return nil, fmt.Errorf("make a picture: %w", ctx.Err())
	}
	return p, err
}

// bound is a source that can't be read any more once its context has ended.
type bound struct {
	Source
	ctx context.Context
}

func (b bound) ReadAt(p []byte, at int64) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	return b.Source.ReadAt(p, at)
}
