package chat

import (
	"context"

	"campfire"
	"campfire/internal/cache"
	"campfire/internal/markup"
	"campfire/internal/store"
)

// PageRequest asks for a page of a room's messages by the ids of messages. At
// most one of Before, After and Around is set; none asks for the newest.
type PageRequest struct {
	Before, After, Around campfire.MessageID
	Limit                 int // 0: 50
}

// Messages returns a page of a room that a is in.
func (s *Service) Messages(ctx context.Context, a campfire.Actor, room campfire.RoomID, q PageRequest) (*MessagePage, error) {
	var err error
	if q.Limit, err = pageLimit(q.Limit, s.limits.MaxPage, s.usualPage()); err != nil {
		return nil, err
	}
	if set(q.Before)+set(q.After)+set(q.Around) > 1 {
		return nil, campfire.Invalid("cursor", "can be one of before, after and around")
	}
	if err := s.entered(ctx, a, room); err != nil {
		return nil, err
	}
	return s.remembered.pages.Get(ctx, pageKey{room, q}, s.pageLoader(room, q))
}

func (s *Service) pageLoader(room campfire.RoomID, q PageRequest) func(context.Context) (*MessagePage, []cache.Thing, error) {
	return func(ctx context.Context) (*MessagePage, []cache.Thing, error) {
		page, err := s.readPage(ctx, room, q)
		return page, []cache.Thing{roomThing(room), peopleThing, accountThing}, err
	}
}

func (s *Service) readPage(ctx context.Context, room campfire.RoomID, q PageRequest) (*MessagePage, error) {
	page := &MessagePage{Epoch: s.store.Epoch()}
	err := s.store.Read(ctx, func(r *store.Reader) error {
		sq := store.PageQuery{Limit: q.Limit}
		for _, c := range []struct {
			id  campfire.MessageID
			seq *campfire.Seq
		}{{q.Before, &sq.Before}, {q.After, &sq.After}, {q.Around, &sq.Around}} {
			if c.id != 0 {
				var err error
				if *c.seq, err = r.SeqOf(room, c.id); err != nil {
					return err
				}
			}
		}
		rm, err := r.Room(room)
		if err != nil {
			return err
		}
		stretch, err := r.Page(room, sq)
		if err != nil {
			return err
		}
		page.Messages, page.HasBefore, page.HasAfter = stretch.Messages, stretch.HasBefore, stretch.HasAfter
		page.Seq = rm.Seq
		maker, err := r.User(rm.Creator)
		if err != nil {
			return err
		}
		page.Maker = maker.Name
		return nil
	})
	if err != nil {
		return nil, err
	}
	return page, s.freshen(ctx, page.Messages)
}

// usualPage is how much a page holds when nobody says.
func (s *Service) usualPage() int { return min(50, s.limits.MaxPage) }

func set(id campfire.MessageID) int {
	if id != 0 {
		return 1
	}
	return 0
}

// Message returns one message of a room that a is in.
func (s *Service) Message(ctx context.Context, a campfire.Actor, room campfire.RoomID, id campfire.MessageID) (*campfire.Message, error) {
	list := make([]*campfire.Message, 1)
	err := s.store.Read(ctx, func(r *store.Reader) error {
		if _, err := entered(r, a, room); err != nil {
			return err
		}
		m, err := r.Message(room, id)
		list[0] = m
		return err
	})
	if err != nil {
		return nil, err
	}
	err = s.freshen(ctx, list)
	return list[0], err
}

// EventPage is a stretch of a room's log.
type EventPage struct {
	Epoch  string
	Events []*campfire.Event
	Seq    campfire.Seq // the room's number
	More   bool
}

// maxEvents bounds a stretch of a log.
const maxEvents = 1000

// Events returns what happened in a room after since; CodeResync when that is
// beyond what is kept, ahead of the room, or of another epoch (empty: not
// checked).
func (s *Service) Events(ctx context.Context, a campfire.Actor, room campfire.RoomID, since campfire.Seq, limit int, epoch string) (*EventPage, error) {
	limit, err := pageLimit(limit, maxEvents, 100)
	if err != nil {
		return nil, err
	}
	if since < 0 {
		return nil, campfire.Invalid("since", "must not be negative")
	}
	page := &EventPage{Epoch: s.store.Epoch()}
	err = s.store.Read(ctx, func(r *store.Reader) error {
		place, err := entered(r, a, room)
		if err != nil {
			return err
		}
		if epoch != "" && epoch != page.Epoch || since > place.Room.Seq {
			return &campfire.Error{Code: campfire.CodeResync, Detail: "The numbers are of another history; fetch a fresh page."}
		}
		page.Seq = place.Room.Seq
		page.Events, page.More, err = r.Events(room, since, limit)
		return err
	})
	if err != nil {
		return nil, err
	}
	return page, s.freshenEvents(ctx, page.Events)
}

// Mentions lists messages that mention a, newest first.
func (s *Service) Mentions(ctx context.Context, a campfire.Actor, before campfire.MessageID, limit int) (messages []*campfire.Message, more bool, err error) {
	limit, err = pageLimit(limit, s.limits.MaxPage, s.usualPage())
	if err != nil {
		return nil, false, err
	}
	err = s.store.Read(ctx, func(r *store.Reader) error {
		messages, more, err = r.MentionsOf(a.ID, before, limit)
		return err
	})
	if err != nil {
		return nil, false, err
	}
	return messages, more, s.freshen(ctx, messages)
}

// MentionHits lists what Mentions does, with what is said around a's name.
func (s *Service) MentionHits(ctx context.Context, a campfire.Actor, before campfire.MessageID, limit int) (hits []Hit, more bool, err error) {
	messages, more, err := s.Mentions(ctx, a, before, limit)
	for _, m := range messages {
		hits = append(hits, Hit{m, markup.Snippet(m.Plain, []string{"@" + a.Name})})
	}
	return hits, more, err
}
