package chat

import (
	"context"

	"campfire"
	"campfire/internal/store"
)

// The methods of this file, with Post, MarkRead and Epoch, are what live
// connections ask of the application (hub.Backend).

// Follow lets a follow a room, joining an open one first when join is set,
// and returns the room's number.
func (s *Service) Follow(ctx context.Context, a campfire.Actor, room campfire.RoomID, join bool) (campfire.Seq, error) {
	var place *store.Place
	err := s.store.Read(ctx, func(r *store.Reader) (err error) {
		place, err = r.Place(room, a.ID)
		return err
	})
	switch {
	case err != nil:
		return 0, err
	case place.Member:
		return place.Room.Seq, nil
	case !join || place.Room.Kind != campfire.Open:
		return 0, notIn(&place.Room)
	}
	view, err := s.JoinRoom(ctx, a, room)
	if err != nil {
		return 0, err
	}
	return view.Seq, nil
}

// Replay returns what happened in a room after since, at most limit events,
// and the room's number, all of one snapshot; CodeResync when it can't.
func (s *Service) Replay(ctx context.Context, a campfire.Actor, room campfire.RoomID, since campfire.Seq, limit int) ([]*campfire.Event, bool, campfire.Seq, error) {
	page, err := s.Events(ctx, a, room, since, limit, "")
	if err != nil {
		return nil, false, 0, err
	}
	return page.Events, page.More, page.Seq, nil
}

// Members returns who is in a room, for telling them of unread messages.
func (s *Service) Members(ctx context.Context, room campfire.RoomID) (ids []campfire.UserID, err error) {
	err = s.store.Read(ctx, func(r *store.Reader) error {
		ids, err = r.MemberIDs(room)
		return err
	})
	return ids, err
}

// Peers returns everyone who shares a direct with u.
func (s *Service) Peers(ctx context.Context, u campfire.UserID) (ids []campfire.UserID, err error) {
	err = s.store.Read(ctx, func(r *store.Reader) error {
		ids, err = r.DirectPeers(u)
		return err
	})
	return ids, err
}

// Seqs returns the current numbers of rooms.
func (s *Service) Seqs(ctx context.Context, rooms []campfire.RoomID) (seqs map[campfire.RoomID]campfire.Seq, err error) {
	err = s.store.Read(ctx, func(r *store.Reader) error {
		seqs, err = r.Seqs(rooms)
		return err
	})
	return seqs, err
}

// Alive reports CodeUnauthenticated once a's credential has ended or expired.
func (s *Service) Alive(ctx context.Context, a campfire.Actor) error {
	return s.store.Read(ctx, func(r *store.Reader) error {
		alive, err := r.CredentialAlive(a.Credential, s.now())
		if err == nil && !alive {
			err = campfire.Unauthenticated()
		}
		return err
	})
}
