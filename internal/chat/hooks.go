package chat

import (
	"context"

	"campfire"
	"campfire/internal/auth"
	"campfire/internal/store"
)

// maxHooks bounds the hooks of one room.
const maxHooks = 50

// hookSeenEvery is how old a hook's recorded use may grow before a new one is
// recorded.
const hookSeenEvery = campfire.Time(60e6)

// MaxMessage is the most that a message's text may hold, in bytes; zero sets
// no bound.
func (s *Service) MaxMessage() int { return s.limits.MaxMessage }

// Hooks lists a room's incoming webhooks: the room's creator and
// administrators.
func (s *Service) Hooks(ctx context.Context, a campfire.Actor, room campfire.RoomID) (hooks []*campfire.Hook, err error) {
	err = s.store.Read(ctx, func(r *store.Reader) error {
		if _, err := administered(r, a, room); err != nil {
			return err
		}
		hooks, err = r.Hooks(room)
		return err
	})
	return hooks, err
}

// CreateHook makes an incoming webhook of a room, and the bot that it posts
// as: the room's creator and administrators. The secret is shown this once.
func (s *Service) CreateHook(ctx context.Context, a campfire.Actor, room campfire.RoomID, name string) (*campfire.Hook, auth.Secret, error) {
	var ck check
	name = ck.name("name", name, s.limits.MaxName)
	if err := ck.err(); err != nil {
		return nil, auth.Secret{}, err
	}
	secret := auth.NewSecret()
	var h *campfire.Hook
	err := s.store.Write(ctx, func(tx *store.Tx) error {
		if err := s.stillActive(tx, a); err != nil {
			return err
		}
		place, err := administered(&tx.Reader, a, room)
		if err != nil {
			return err
		}
		list, err := tx.Hooks(room)
		if err != nil {
			return err
		}
		if len(list) >= maxHooks {
			return campfire.Conflict("This room has too many webhooks; delete one first.")
		}
		now := s.now()
		bot := &campfire.User{Person: campfire.Person{Name: name, Role: campfire.Bot}, CreatedAt: now}
		if err := tx.CreateUser(bot, ""); err != nil {
			return err
		}
		h = &campfire.Hook{Room: place.Room.ID, User: bot.ID, Creator: place.Person, Name: name, CreatedAt: now}
		if err := tx.CreateHook(h, secret.Hash()); err != nil {
			return err
		}
		added, err := tx.AddMembers(room, []campfire.UserID{bot.ID}, campfire.Nothing, now)
		if err != nil {
			return err
		}
		tx.Emit(&campfire.UserUpdated{User: bot})
		return emitAdded(tx, room, added)
	})
	return h, secret, err
}

// DeleteHook ends an incoming webhook; what it posted stays.
func (s *Service) DeleteHook(ctx context.Context, a campfire.Actor, room campfire.RoomID, id campfire.HookID) error {
	return s.store.Write(ctx, func(tx *store.Tx) error {
		if err := s.stillActive(tx, a); err != nil {
			return err
		}
		if _, err := administered(&tx.Reader, a, room); err != nil {
			return err
		}
		list, err := tx.Hooks(room)
		if err != nil {
			return err
		}
		for _, h := range list {
			if h.ID == id {
				return endHook(tx, h)
			}
		}
		return campfire.NotFound("webhook")
	})
}

// OpenHook returns the hook that a secret stands for: CodeNotFound for none,
// CodeGone for one whose room was deleted.
func (s *Service) OpenHook(ctx context.Context, secret string) (h *campfire.Hook, err error) {
	err = s.store.Read(ctx, func(r *store.Reader) error {
		var room bool
		if h, room, err = r.Hook(auth.Hash(secret)); err != nil {
			return err
		}
		if !room {
			return roomGone()
		}
		return nil
	})
	return h, err
}

// PostByHook posts a draft as a hook's bot, at the rate of bots. A hook that
// has ended since it was opened is CodeNotFound or CodeGone. A repeated client
// id is no error, whatever became of the first message.
func (s *Service) PostByHook(ctx context.Context, h *campfire.Hook, d campfire.Draft) error {
	a := campfire.Actor{Person: campfire.Person{ID: h.User, Name: h.Name, Role: campfire.Bot}, Kind: campfire.HookCredential}
	_, err := s.Post(ctx, a, h.Room, d)
	switch campfire.CodeOf(err) {
	case campfire.CodeUnauthenticated, campfire.CodeForbidden: // its bot is no longer active, or not in the room
		return campfire.NotFound("hook")
	case campfire.CodeNotFound:
		return roomGone()
	case campfire.CodeGone:
		return nil // it was posted, and has been deleted since
	}
	if err != nil {
		return err
	}
	if now := s.now(); now-h.LastUsedAt > hookSeenEvery {
		err := s.store.Write(ctx, func(tx *store.Tx) error { return tx.TouchHook(h.ID, now) })
		if err != nil {
			s.log.Warn("a webhook's use was not noted", "hook", h.ID, "err", err)
		}
	}
	return nil
}

func roomGone() error {
	return &campfire.Error{Code: campfire.CodeGone, Detail: "The room was deleted."}
}

// endHook ends a hook and takes its bot out of the room and of use.
func endHook(tx *store.Tx, h *campfire.Hook) error {
	removed, err := tx.RemoveMembers(h.Room, []campfire.UserID{h.User})
	if err != nil {
		return err
	}
	if err := tx.DeleteHook(h.ID); err != nil {
		return err
	}
	if len(removed) > 0 {
		tx.Emit(&campfire.MembersRemoved{Room: h.Room, Users: removed})
	}
	return retireHookBot(tx, h)
}

// retireHookBot deactivates the bot that a hook posted as.
func retireHookBot(tx *store.Tx, h *campfire.Hook) error {
	u, err := tx.User(h.User)
	if err != nil {
		return err
	}
	if u.Status != campfire.Active {
		return nil
	}
	u = new(*u)
	u.Status = campfire.Deactivated
	if err := tx.UpdateUser(u); err != nil {
		return err
	}
	tx.Emit(&campfire.UserUpdated{User: u})
	return nil
}

// endHooksOf ends the hooks that post as users who were taken out of a room.
func endHooksOf(tx *store.Tx, users []campfire.UserID) error {
	for _, u := range users {
		h, err := tx.HookOf(u)
		if campfire.CodeOf(err) == campfire.CodeNotFound {
			continue
		}
		if err != nil {
			return err
		}
		if err := endHook(tx, h); err != nil {
			return err
		}
	}
	return nil
}

// endHooksBy ends the hooks that a person made, whose addresses they know.
func endHooksBy(tx *store.Tx, u campfire.UserID) error {
	list, err := tx.HooksBy(u)
	if err != nil {
		return err
	}
	for _, h := range list {
		if err := endHook(tx, h); err != nil {
			return err
		}
	}
	return nil
}

// retireHookBots takes the bots of a deleted room's hooks out of use. The
// hooks stay, to tell their senders what happened.
func retireHookBots(tx *store.Tx, room campfire.RoomID) error {
	list, err := tx.Hooks(room)
	if err != nil {
		return err
	}
	for _, h := range list {
		if err := retireHookBot(tx, h); err != nil {
			return err
		}
	}
	return nil
}

// ofAnyRoom refuses a user who belongs to one room alone: the bot of a hook.
func ofAnyRoom(r *store.Reader, u *campfire.User) error {
	if u.Role != campfire.Bot {
		return nil
	}
	_, err := r.HookOf(u.ID)
	if campfire.CodeOf(err) == campfire.CodeNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	return campfire.Conflict("A webhook posts in its own room alone.")
}
