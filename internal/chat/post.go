package chat

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"slices"
	"time"

	"campfire"
	"campfire/internal/markup"
	"campfire/internal/sounds"
	"campfire/internal/store"
)

// prepared is a draft that was checked and rendered, ready for the writer.
type prepared struct {
	room     campfire.RoomID
	rendered *markup.Rendered
	clientID string
	replyTo  campfire.MessageID
	digest   [16]byte
	reached  []campfire.UserID
	links    []string // to be looked at

	uploads  []campfire.AttachmentID
	received []*Received
}

// files is how many files the draft brings.
func (p *prepared) files() int { return len(p.uploads) + len(p.received) }

// Post stores a draft as the room's next message and returns it once it is
// durable. The same client id again, from the same author in the same room,
// is answered with the first message; with another text it is CodeConflict.
// Posting in an open room that one has left joins it again.
func (s *Service) Post(ctx context.Context, a campfire.Actor, room campfire.RoomID, d campfire.Draft) (*campfire.Posted, error) {
	results, err := s.PostBatch(ctx, a, room, []campfire.Draft{d})
	if err != nil {
		return nil, err
	}
	return results[0].Posted, results[0].Err
}

// BatchResult is the outcome of one draft of a batch.
type BatchResult struct {
	Posted *campfire.Posted
	Err    error
}

// PostBatch stores drafts in order, in one transaction. A draft that can't be
// stored fails alone. The error is one that concerns all of them.
func (s *Service) PostBatch(ctx context.Context, a campfire.Actor, room campfire.RoomID, drafts []campfire.Draft) ([]BatchResult, error) {
	return s.postAll(ctx, a, room, drafts, nil)
}

// postAll is PostBatch; received are files of the first draft.
func (s *Service) postAll(ctx context.Context, a campfire.Actor, room campfire.RoomID, drafts []campfire.Draft, received []*Received) ([]BatchResult, error) {
	if len(drafts) == 0 || len(drafts) > s.limits.MaxBatch {
		return nil, campfire.Invalid("messages", "must hold 1 to %d", s.limits.MaxBatch)
	}
	if err := s.limitPosts(a, len(drafts)); err != nil {
		return nil, err
	}
	began := time.Now()
	results := make([]BatchResult, len(drafts))
	ready := make([]*prepared, len(drafts))
	for i, d := range drafts {
		var files []*Received
		if i == 0 {
			files = received
		}
		ready[i], results[i].Err = s.prepare(ctx, a, room, d, files)
		if internal := results[i].Err; internal != nil && campfire.CodeOf(internal) == campfire.CodeInternal {
			return nil, internal
		}
	}
	if !slices.ContainsFunc(ready, func(p *prepared) bool { return p != nil }) {
		// Nothing to store; still only those who may post learn more than that.
		return results, s.mayPost(ctx, a, room)
	}
	err := s.store.Write(ctx, func(tx *store.Tx) error {
		for i, p := range ready {
			if p == nil {
				continue
			}
			results[i].Posted, results[i].Err = s.post(tx, a, p)
			// What is told to the poster was found before anything was
			// written; anything else undoes the batch.
			if _, told := errors.AsType[*campfire.Error](results[i].Err); results[i].Err != nil && !told {
				return results[i].Err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, r := range results {
		if r.Posted != nil && r.Posted.Duplicate {
			s.metrics.created.WithLabelValues("duplicate").Inc()
		}
	}
	s.metrics.duration.Observe(time.Since(began).Seconds())
	return results, nil
}

// mayPost reports why a may not post in a room, nil when a may.
func (s *Service) mayPost(ctx context.Context, a campfire.Actor, room campfire.RoomID) error {
	return s.store.Read(ctx, func(r *store.Reader) error {
		p, err := r.Place(room, a.ID)
		if err != nil {
			return err
		}
		if !p.Member && p.Room.Kind != campfire.Open {
			return campfire.NotFound("room")
		}
		return nil
	})
}

// prepare checks and renders a draft, outside of any transaction. received
// are files that came with it.
func (s *Service) prepare(ctx context.Context, a campfire.Actor, room campfire.RoomID, d campfire.Draft, received []*Received) (*prepared, error) {
	var ck check
	n := len(d.Uploads) + len(received)
	body := ck.bodyBeside(n, "body", d.Body, s.limits.MaxMessage)
	if s.limits.MaxParts > 0 && n > s.limits.MaxParts {
		ck.fail("attachment", "are more than %d files", s.limits.MaxParts)
	}
	ck.clientID("client_message_id", d.ClientID)
	if d.ReplyTo < 0 || d.ReplyTo > campfire.MaxID {
		ck.fail("reply_to", "must be the id of a message of this room")
	}
	if err := ck.err(); err != nil {
		return nil, err
	}
	p := &prepared{room: room, clientID: d.ClientID, replyTo: d.ReplyTo, digest: digest(d, received),
		uploads: d.Uploads, received: received}
	if p.clientID == "" {
		p.clientID = rand.Text()
	}
	var err error
	if len(p.uploads) > 0 {
		if err := s.finishUploads(ctx, a, p.uploads); err != nil {
			return nil, err
		}
	}
	if p.rendered, err = s.render(ctx, room, body); err != nil {
		return nil, err
	}
	if p.links = p.rendered.Links; d.NoPreviews && p.rendered.Meta != nil && len(p.rendered.Meta.URLs) > 0 {
		p.links = nil
		p.rendered.Meta.Previews = &campfire.Previews{Removed: true}
	}
	p.links = s.looked(a, p.links)
	p.reached, err = s.reached(ctx, a, room, p.rendered.Meta)
	return p, err
}

// digest sums up what the poster sent, to recognise the same draft again
// after it was edited or deleted.
func digest(d campfire.Draft, received []*Received) [16]byte {
	h := sha256.New()
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(d.ReplyTo)))
	h.Write([]byte(d.Body))
	for _, id := range d.Uploads {
		h.Write(binary.BigEndian.AppendUint64([]byte{0}, uint64(id))) // no text holds a NUL
	}
	for _, f := range received {
		h.Write([]byte{0})
		h.Write(f.sum[:])
		h.Write([]byte(f.file.Filename))
	}
	return [16]byte(h.Sum(nil)[:16])
}

// render renders a text as of a room, and bounds whom it mentions.
func (s *Service) render(ctx context.Context, room campfire.RoomID, body string) (*markup.Rendered, error) {
	rendered, err := rendered(body, &names{ctx: ctx, store: s.store, room: room})
	if err != nil {
		return nil, err
	}
	if m := rendered.Meta; m != nil && s.limits.MaxMentions > 0 && len(m.Mentions) > s.limits.MaxMentions {
		return nil, campfire.Invalid("body", "mentions more than %d people", s.limits.MaxMentions)
	}
	return rendered, nil
}

// rendered renders a text: one that asks for a sound as that, any other as
// Markdown.
func rendered(body string, n markup.Names) (*markup.Rendered, error) {
	if name, ok := sounds.Asked(body); ok {
		return &markup.Rendered{Source: "/play " + name, HTML: `<p dir="auto">🔊 ` + name + "</p>", Plain: "🔊 " + name,
			Meta: &campfire.MessageMeta{Sound: name}}, nil
	}
	return markup.Render(body, n)
}

// reached returns whom a message's mentions concern: those named, those
// online for <!here>, campfire.Everyone for <!everyone>; never the author.
func (s *Service) reached(ctx context.Context, a campfire.Actor, room campfire.RoomID, m *campfire.MessageMeta) ([]campfire.UserID, error) {
	if m == nil {
		return nil, nil
	}
	if m.Everyone {
		return []campfire.UserID{campfire.Everyone}, nil
	}
	reached := slices.Clone(m.Mentions)
	if m.Here {
		members, err := s.Members(ctx, room)
		if err != nil {
			return nil, err
		}
		reached = append(reached, s.online(members)...)
	}
	slices.Sort(reached)
	reached = slices.Compact(reached)
	return slices.DeleteFunc(reached, func(id campfire.UserID) bool { return id == a.ID }), nil
}

// post stores one prepared draft. Errors that the poster is told of come
// before the first write.
func (s *Service) post(tx *store.Tx, a campfire.Actor, p *prepared) (*campfire.Posted, error) {
	place, err := tx.Place(p.room, a.ID)
	if err != nil {
		return nil, err
	}
	if place.Status != campfire.Active {
		return nil, campfire.Unauthenticated()
	}
	if !place.Member && a.Kind == campfire.HookCredential {
		return nil, campfire.Forbidden("The webhook was ended.")
	}
	if !place.Member && place.Room.Kind != campfire.Open {
		return nil, notIn(&place.Room)
	}
	quote, err := quoted(tx, a, p)
	if err != nil {
		return nil, err
	}
	rendered := p.rendered
	var files []store.File
	if p.files() > 0 {
		// Rows are written before the message is: whether it was posted before
		// must be known now.
		switch first, err := tx.FirstPost(p.room, a.ID, p.clientID); {
		case err == nil:
			return again(tx, p, first)
		case campfire.CodeOf(err) != campfire.CodeNotFound:
			return nil, err
		}
		if files, err = s.attach(tx, a, p); err != nil {
			return nil, err
		}
		rendered = withFiles(rendered, attachments(files))
	}
	now := s.now()
	m := &campfire.Message{
		Room: p.room, Creator: place.Person,
		Body: rendered.Source, HTML: rendered.HTML, Plain: rendered.Plain, Meta: rendered.Meta,
		RenderVersion: markup.Version,
		ClientID:      p.clientID, ReplyTo: p.replyTo, Quote: quote, CreatedAt: now,
	}
	first, err := tx.InsertMessage(&place.Room, m, p.digest)
	if err != nil {
		return nil, err
	}
	if first != nil {
		return again(tx, p, first)
	}
	if err := tx.PostFiles(files, m); err != nil {
		return nil, err
	}
	if !place.Member {
		if err := s.join(tx, a, &place.Room); err != nil {
			return nil, err
		}
	}
	if len(p.reached) > 0 {
		if err := tx.AddMentions(m, p.reached); err != nil {
			return nil, err
		}
	}
	if err := s.queueEffects(tx, &place.Room, m); err != nil {
		return nil, err
	}
	if err := s.queuePreviews(tx, m, p.links); err != nil {
		return nil, err
	}
	tx.Emit(&campfire.Event{Kind: campfire.MessageCreated, Room: m.Room, Seq: m.Seq,
		MessageID: m.ID, Message: m, Reached: p.reached})
	if place.Member && place.Membership.ReadSeq == place.Room.Seq {
		if err := moveRead(tx, a, &campfire.Room{ID: m.Room, Seq: m.Seq}, m.Seq); err != nil {
			return nil, err
		}
	}
	return &campfire.Posted{Message: m}, nil
}

// quoted returns the head of what a draft replies to; nil without a reply.
func quoted(tx *store.Tx, a campfire.Actor, p *prepared) (*campfire.Quote, error) {
	if p.replyTo == 0 {
		return nil, nil
	}
	target, err := tx.Message(p.room, p.replyTo)
	if campfire.CodeOf(err) == campfire.CodeNotFound {
		// A retry may name a message that was there when it was first sent.
		if _, err := tx.FirstPost(p.room, a.ID, p.clientID); err == nil {
			return nil, nil
		}
		return nil, campfire.Invalid("reply_to", "is no message of this room, or was deleted")
	}
	if err != nil {
		return nil, err
	}
	return &campfire.Quote{ID: target.ID, Creator: target.Creator, Excerpt: campfire.Excerpt(target.Plain)}, nil
}

// again answers a draft whose client id was used before.
func again(tx *store.Tx, p *prepared, first *store.FirstPost) (*campfire.Posted, error) {
	gone := &campfire.Error{Code: campfire.CodeGone, Detail: "That message was posted and has been deleted since."}
	if first.Deleted {
		return nil, gone
	}
	if first.Digest != p.digest {
		return nil, campfire.Conflict("Another message was posted under this client_message_id.")
	}
	m, err := tx.Message(p.room, first.ID)
	if campfire.CodeOf(err) == campfire.CodeNotFound {
		return nil, gone // hidden by a ban, on its way to a tombstone
	}
	if err != nil {
		return nil, err
	}
	return &campfire.Posted{Message: m, Duplicate: true}, nil
}

// names finds people for the renderer, reading a room's members at most once.
type names struct {
	ctx   context.Context // of the one call that renders
	store *store.Store
	room  campfire.RoomID

	members []campfire.Person
	loaded  bool
}

// Members returns the room's active members.
func (n *names) Members() ([]campfire.Person, error) {
	if n.loaded {
		return n.members, nil
	}
	err := n.store.Read(n.ctx, func(r *store.Reader) (err error) {
		n.members, err = r.MemberPeople(n.room)
		return err
	})
	n.loaded = err == nil
	return n.members, err
}

// Person returns a mentioned person and whether they are in the room.
func (n *names) Person(id campfire.UserID) (campfire.Person, bool, error) {
	members, err := n.Members()
	if err != nil {
		return campfire.Person{}, false, err
	}
	for _, p := range members {
		if p.ID == id {
			return p, true, nil
		}
	}
	var people []campfire.Person
	err = n.store.Read(n.ctx, func(r *store.Reader) (err error) {
		people, err = r.People([]campfire.UserID{id})
		return err
	})
	if err != nil || len(people) == 0 {
		if err == nil {
			err = campfire.NotFound("user")
		}
		return campfire.Person{}, false, err
	}
	return people[0], false, nil
}
