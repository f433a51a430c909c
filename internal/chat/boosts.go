package chat

import (
	"context"
	"slices"
	"strings"

	"campfire"
	"campfire/internal/store"
)

// Boost puts a short text or an emoji on a message. The same again by the
// same person returns the first, and the number it took, with created false.
func (s *Service) Boost(ctx context.Context, a campfire.Actor, room campfire.RoomID, id campfire.MessageID, content string) (b campfire.Boost, seq campfire.Seq, created bool, err error) {
	if err := s.limitPosts(a, 1); err != nil {
		return b, 0, false, err
	}
	var ck check
	content = ck.name("content", strings.TrimSpace(content), s.limits.MaxBoost)
	if err := ck.err(); err != nil {
		return b, 0, false, err
	}
	err = s.store.Write(ctx, func(tx *store.Tx) error {
		if err := s.stillActive(tx, a); err != nil {
			return err
		}
		place, err := entered(&tx.Reader, a, room)
		if err != nil {
			return err
		}
		m, err := tx.Message(room, id)
		if err != nil {
			return err
		}
		same := slices.ContainsFunc(m.Boosts, func(x campfire.Boost) bool { return x.Booster.ID == a.ID && x.Content == content })
		if !same && s.limits.MaxBoosts > 0 && len(m.Boosts) >= s.limits.MaxBoosts {
			return campfire.Conflict("The message has as many boosts as one can have.")
		}
		b = campfire.Boost{Booster: place.Person, Content: content, CreatedAt: s.now()}
		if seq, created, err = tx.InsertBoost(room, id, &b); err != nil || !created {
			return err
		}
		tx.Emit(&campfire.Event{Kind: campfire.BoostCreated, Room: room, Seq: seq, MessageID: id, BoostID: b.ID, Boost: new(b)})
		return nil
	})
	return b, seq, created, err
}

// Unboost removes a boost: the one who put it there.
func (s *Service) Unboost(ctx context.Context, a campfire.Actor, room campfire.RoomID, id campfire.MessageID, boost campfire.BoostID) (seq campfire.Seq, err error) {
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
		i := slices.IndexFunc(m.Boosts, func(b campfire.Boost) bool { return b.ID == boost })
		if i < 0 {
			return campfire.NotFound("boost")
		}
		if m.Boosts[i].Booster.ID != a.ID {
			return campfire.Forbidden("Only the one who boosted can take it back.")
		}
		if seq, err = tx.DeleteBoost(room, id, boost, s.now()); err != nil {
			return err
		}
		tx.Emit(&campfire.Event{Kind: campfire.BoostDeleted, Room: room, Seq: seq, MessageID: id, BoostID: boost})
		return nil
	})
	return seq, err
}
