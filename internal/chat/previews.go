package chat

import (
	"context"
	"encoding/json"
	"hash/fnv"
	"net/url"
	"slices"
	"time"

	"campfire"
	"campfire/internal/store"
)

// Unfurler knows what links lead to.
type Unfurler interface {
	// Looks reports whether a link is one that is looked at.
	Looks(link string) bool
	// Unfurl returns what a link leads to; CodeNotFound when there is nothing
	// to show, whatever the reason.
	Unfurl(ctx context.Context, link string) (*campfire.Preview, error)
}

const (
	// previewFor and nothingFor are how long it is known what a link leads to,
	// and that it leads to nothing.
	previewFor = 24 * time.Hour
	nothingFor = time.Hour
	// linksKept is how many links are known at once.
	linksKept  = 10_000
	purgeLinks = 200
)

// previews reports whether links are looked at here.
func (s *Service) previews() bool { return s.unfurler != nil && s.previewsOn.Load() }

// looked returns those of a text's links that are to be looked at, as much as
// its author may have looked at. More stay what they are: links.
func (s *Service) looked(a campfire.Actor, links []string) []string {
	if len(links) == 0 || !s.previews() {
		return nil
	}
	wanted := make([]string, 0, len(links))
	for _, l := range links {
		if s.unfurler.Looks(l) {
			wanted = append(wanted, l)
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	if _, ok := s.limiters.unfurl.take(a.ID, len(wanted), s.now()); !ok {
		return nil
	}
	return wanted
}

// Links returns those of a text's links whose pages would be shown below it,
// were it posted by a. None is asked for.
func (s *Service) Links(a campfire.Actor, text string) ([]string, error) {
	if wait, ok := s.limiters.links.take(a.ID, 1, s.now()); !ok {
		return nil, campfire.RateLimited(wait)
	}
	if s.limits.MaxMessage > 0 && len(text) > s.limits.MaxMessage {
		return nil, campfire.Invalid("body", "is longer than %d bytes", s.limits.MaxMessage)
	}
	if !s.previews() {
		return nil, nil
	}
	rendered, err := rendered(text, nobody{})
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(rendered.Links, func(l string) bool { return !s.unfurler.Looks(l) }), nil
}

// nobody has no names.
type nobody struct{}

func (nobody) Members() ([]campfire.Person, error) { return nil, nil }

func (nobody) Person(campfire.UserID) (campfire.Person, bool, error) {
	return campfire.Person{}, false, campfire.NotFound("user")
}

// queuePreviews owes a message what its links lead to.
func (s *Service) queuePreviews(tx *store.Tx, m *campfire.Message, links []string) error {
	if len(links) == 0 {
		return nil
	}
	payload, err := json.Marshal(links)
	if err != nil {
		return err
	}
	return tx.Enqueue(store.Job{Kind: store.PreviewJob, Lane: laneOf(links[0]), Room: m.Room, Message: m.ID, User: m.Creator.ID,
		Payload: string(payload), CreatedAt: s.now()})
}

// laneOf is one for each host: a slow one delays itself alone, and a link that
// many post is fetched once.
func laneOf(link string) int64 {
	h := fnv.New64a()
	if u, err := url.Parse(link); err == nil {
		h.Write([]byte(u.Host))
	}
	return int64(h.Sum64() >> 1)
}

// carryPreviews gives the new text of a message what the old one had: previews
// of links that are still there, and that there are to be none. It returns
// those of links that are to be looked at.
func carryPreviews(old, m *campfire.Message, links []string) []string {
	removed := old.Meta.PreviewsRemoved()
	if removed {
		links = nil
	}
	var shown []campfire.Preview
	for _, p := range old.Meta.ShownPreviews() {
		if m.Meta != nil && slices.Contains(m.Meta.URLs, p.URL) {
			shown = append(shown, p)
			links = slices.DeleteFunc(slices.Clone(links), func(l string) bool { return l == p.URL })
		}
	}
	if removed || len(shown) > 0 {
		meta := &campfire.MessageMeta{}
		if m.Meta != nil {
			*meta = *m.Meta
		}
		meta.Previews = &campfire.Previews{Shown: shown, Removed: removed}
		m.Meta = meta
	}
	return links
}

// WantedPreviews returns those of links that a message still holds, and is to
// show what they lead to.
func (s *Service) WantedPreviews(ctx context.Context, room campfire.RoomID, id campfire.MessageID, links []string) (wanted []string, err error) {
	if !s.previews() {
		return nil, nil
	}
	err = s.store.Read(ctx, func(r *store.Reader) error {
		m, err := r.Message(room, id)
		if campfire.CodeOf(err) == campfire.CodeNotFound {
			return nil
		}
		if err != nil || m.Meta == nil || m.Meta.PreviewsRemoved() {
			return err
		}
		for _, l := range links {
			if slices.Contains(m.Meta.URLs, l) {
				wanted = append(wanted, l)
			}
		}
		return nil
	})
	return wanted, err
}

// KnownPreview returns what a normalised link is known to lead to, a preview
// without a title when that is nothing; CodeNotFound when it is not known.
func (s *Service) KnownPreview(ctx context.Context, link string) (p campfire.Preview, err error) {
	err = s.store.Read(ctx, func(r *store.Reader) error {
		l, err := r.LinkPreview(link, s.now())
		if err == nil {
			p = l.Preview
		}
		return err
	})
	return p, err
}

// KeepPreview remembers what a normalised link leads to, with its picture (nil:
// none), and returns it with the picture's id. Without a title it leads to
// nothing.
func (s *Service) KeepPreview(ctx context.Context, link string, p campfire.Preview, image *store.PreviewImage) (campfire.Preview, error) {
	l := &store.LinkPreview{URL: link, Preview: p, ExpiresAt: s.now().Add(previewFor)}
	if p.Title == "" {
		l.ExpiresAt = s.now().Add(nothingFor)
	}
	err := s.store.Write(ctx, func(tx *store.Tx) error { return tx.KeepLinkPreview(l, image) })
	return l.Preview, err
}

// ShowPreviews adds previews to a message: those of links that it still holds.
func (s *Service) ShowPreviews(ctx context.Context, room campfire.RoomID, id campfire.MessageID, previews []campfire.Preview) error {
	return s.store.Write(ctx, func(tx *store.Tx) error {
		m, err := tx.Message(room, id)
		if campfire.CodeOf(err) == campfire.CodeNotFound {
			return nil
		}
		if err != nil || m.Meta == nil || m.Meta.PreviewsRemoved() {
			return err
		}
		var shown []campfire.Preview
		before := m.Meta.ShownPreviews()
		for _, link := range m.Meta.URLs {
			of := func(p campfire.Preview) bool { return p.URL == link }
			if i := slices.IndexFunc(previews, of); i >= 0 {
				shown = append(shown, previews[i])
			} else if i := slices.IndexFunc(before, of); i >= 0 {
				shown = append(shown, before[i])
			}
		}
		if slices.Equal(shown, before) {
			return nil
		}
		return s.changePreviews(tx, m, shown, false)
	})
}

// changePreviews gives a message that was just read other previews.
func (s *Service) changePreviews(tx *store.Tx, m *campfire.Message, shown []campfire.Preview, removed bool) error {
	next := &campfire.Previews{Shown: shown, Removed: removed}
	if was := m.Meta.Previews; was != nil {
		next.TextVersion = was.TextVersion
	}
	m.Meta.Previews = next
	if err := tx.UpdatePreviews(m, s.now()); err != nil {
		return err
	}
	tx.Emit(&campfire.Event{Kind: campfire.MessageUpdated, Room: m.Room, Seq: m.Version, MessageID: m.ID, Message: m})
	return nil
}

// RemovePreviews takes the previews off a message for good: its author, or an
// administrator who is in the room. It returns the number that this took; when
// none were there and none may come any more, the message's version.
func (s *Service) RemovePreviews(ctx context.Context, a campfire.Actor, room campfire.RoomID, id campfire.MessageID) (seq campfire.Seq, err error) {
	err = s.store.Write(ctx, func(tx *store.Tx) error {
		if err := s.stillActive(tx, a); err != nil {
			return err
		}
		if _, err := entered(&tx.Reader, a, room); err != nil {
			return err
		}
		m, err := tx.Message(room, id)
		if err != nil {
			return err
		}
		if m.Creator.ID != a.ID && !a.IsAdministrator() {
			return campfire.Forbidden("Only its author or an administrator can remove a message's previews.")
		}
		seq = m.Version
		if m.Meta == nil || len(m.Meta.URLs) == 0 || m.Meta.PreviewsRemoved() {
			return nil
		}
		err = s.changePreviews(tx, m, nil, true)
		seq = m.Version
		return err
	})
	return seq, err
}

// PreviewImage returns a picture of a preview in a room that a is in.
func (s *Service) PreviewImage(ctx context.Context, a campfire.Actor, id campfire.ImageID) (p *store.PreviewImage, err error) {
	err = s.store.Read(ctx, func(r *store.Reader) error {
		p, err = r.PreviewImage(id, a.ID)
		return err
	})
	return p, err
}

// Unfurl returns what a link leads to, without its picture, which is shown in
// rooms alone; CodeNotFound when there is nothing to show, whatever the reason.
func (s *Service) Unfurl(ctx context.Context, a campfire.Actor, link string) (*campfire.Preview, error) {
	if wait, ok := s.limiters.unfurl.take(a.ID, 1, s.now()); !ok {
		return nil, campfire.RateLimited(wait)
	}
	if !s.previews() {
		return nil, campfire.NotFound("preview")
	}
	p, err := s.unfurler.Unfurl(ctx, link)
	if err != nil {
		return nil, err
	}
	p = new(*p)
	p.Image, p.Width, p.Height = "", 0, 0
	return p, nil
}

// loadPreviews reads whether links are looked at.
func (s *Service) loadPreviews(ctx context.Context) error {
	account, err := s.Account(ctx)
	if campfire.CodeOf(err) == campfire.CodeNotFound {
		return nil // it comes with an AccountUpdated
	}
	if err == nil {
		s.previewsOn.Store(account.Previews)
	}
	return err
}
