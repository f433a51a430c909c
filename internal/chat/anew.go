package chat

import (
	"cmp"
	"context"
	"strconv"
	"time"

	"campfire"
	"campfire/internal/markup"
	"campfire/internal/store"
)

// What a text is rendered to is stored with it. When a newer renderer makes
// something else of texts (markup.Version), what is read is rendered anew before
// it is handed out, and meanwhile all that is stored is.

// anewScan is how many ids one step of rendering anew looks at.
const anewScan = 200

// settled are the names of a text that was posted long ago: whom it means was
// decided then, and no name in it becomes a mention now.
type settled struct{ *names }

// Members returns nobody.
func (settled) Members() ([]campfire.Person, error) { return nil, nil }

// anew returns what this renderer makes of a message's source. Whom it reaches
// and what hangs on it stay.
func anew(m *campfire.Message, n *names) (*campfire.Message, error) {
	made, err := rendered(m.Body, settled{n})
	if err != nil {
		return nil, err
	}
	meta := campfire.MessageMeta{}
	if m.Meta != nil {
		meta = *m.Meta
	}
	found := cmp.Or(made.Meta, &campfire.MessageMeta{})
	meta.Hashtags, meta.URLs, meta.Sound = found.Hashtags, found.URLs, found.Sound
	made = withFiles(made, m.Meta.Files())
	m = new(*m)
	m.HTML, m.Plain, m.RenderVersion = made.HTML, made.Plain, markup.Version
	if m.Meta = &meta; meta.IsZero() {
		m.Meta = nil
	}
	return m, nil
}

// freshen replaces, in place, messages that an older renderer made by what
// this one makes of their source.
func (s *Service) freshen(ctx context.Context, messages []*campfire.Message) error {
	for i, m := range messages {
		if m.RenderVersion == markup.Version {
			continue
		}
		fresh, err := anew(m, &names{ctx: ctx, store: s.store, room: m.Room})
		if err != nil {
			return err
		}
		messages[i] = fresh
	}
	return nil
}

// freshenEvents does the same for the messages of events.
func (s *Service) freshenEvents(ctx context.Context, events []*campfire.Event) error {
	for _, e := range events {
		if e.Message == nil || e.Message.RenderVersion == markup.Version {
			continue
		}
		fresh, err := anew(e.Message, &names{ctx: ctx, store: s.store, room: e.Message.Room})
		if err != nil {
			return err
		}
		e.Message = fresh
	}
	return nil
}

// renderAnew renders anew what an older renderer made of all that is stored,
// once for each version of the renderer. It takes no numbers and tells nobody:
// pages that are open have what freshen makes. In small steps, and resting after
// each for three times as long, so that posts have most of the writer.
func (s *Service) renderAnew(ctx context.Context) error {
	version := strconv.Itoa(int(markup.Version))
	var done string
	var newest campfire.MessageID
	err := s.store.Read(ctx, func(r *store.Reader) (err error) {
		if done, err = r.Rendered(); err != nil {
			return err
		}
		newest, err = r.NewestMessage()
		return err
	})
	if err != nil || done == version {
		return err
	}
	if newest > 0 {
		s.log.Info("rendering anew what an older version rendered", "version", version)
	}
	for after := campfire.MessageID(0); after < newest; after += anewScan {
		began := time.Now()
		n, err := s.renderStep(ctx, after)
		if err != nil {
			return err
		}
		if n == 0 {
			continue
		}
		select {
		case <-time.After(3 * time.Since(began)):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return s.store.Write(ctx, func(tx *store.Tx) error { return tx.SetRendered(version) })
}

// renderStep renders the next ids' messages anew and returns how many.
func (s *Service) renderStep(ctx context.Context, after campfire.MessageID) (int, error) {
	var old []*campfire.Message
	err := s.store.Read(ctx, func(r *store.Reader) (err error) {
		old, err = r.RenderedBefore(markup.Version, after, anewScan)
		return err
	})
	if err != nil || len(old) == 0 {
		return 0, err
	}
	fresh := make([]*campfire.Message, len(old))
	for i, m := range old {
		if fresh[i], err = anew(m, &names{ctx: ctx, store: s.store, room: m.Room}); err != nil {
			return 0, err
		}
	}
	return len(old), s.store.Write(ctx, func(tx *store.Tx) error {
		for i := range old {
			if err := tx.StoreRendering(old[i], fresh[i]); err != nil {
				return err
			}
		}
		return nil
	})
}
