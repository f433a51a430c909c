package chat

import (
	"context"
	"sync"
	"time"

	"campfire"
	"campfire/internal/auth"
	"campfire/internal/cache"
	"campfire/internal/store"
)

// remembered is what a Service keeps in memory of what it has read, so that
// the next request need not: who a session belongs to, who is in a room, a
// page of a room. Each is dropped by Committed, before the change that makes
// it untrue is answered.
type remembered struct {
	versions cache.Versions
	sessions *cache.Cache[store.SecretHash, session]
	members  *cache.Cache[membershipKey, struct{}]
	pages    *cache.Cache[pageKey, *MessagePage]
}

// session is who a live credential signs in.
type session struct {
	credential *campfire.Credential
	user       *campfire.User
}

type membershipKey struct {
	room campfire.RoomID
	user campfire.UserID
}

type pageKey struct {
	room campfire.RoomID
	q    PageRequest
}

// rememberFor bounds how long anything is remembered: that no one can tell of
// a change that another process made does not last.
const rememberFor = time.Minute

// init divides a budget: pages are by far the largest.
func (m *remembered) init(budget int64, metrics *cache.Metrics) {
	m.sessions = cache.New(cache.Options[store.SecretHash, session]{
		Name: "sessions", MaxBytes: budget / 8, TTL: rememberFor, Versions: &m.versions, Metrics: metrics,
		Size: func(s session) int { return 512 + len(s.user.Bio) + len(s.credential.UserAgent) },
	})
	m.members = cache.New(cache.Options[membershipKey, struct{}]{
		Name: "memberships", MaxBytes: budget / 8, TTL: rememberFor, Versions: &m.versions, Metrics: metrics,
		Size: func(struct{}) int { return 64 },
	})
	m.pages = cache.New(cache.Options[pageKey, *MessagePage]{
		Name: "pages", MaxBytes: budget - budget/4, TTL: rememberFor, Versions: &m.versions, Metrics: metrics,
		Size: (*MessagePage).size,
	})
}

// What is remembered depends on these.

func roomThing(id campfire.RoomID) cache.Thing   { return cache.Thing{Kind: "room", A: int64(id)} }
func personThing(id campfire.UserID) cache.Thing { return cache.Thing{Kind: "person", A: int64(id)} }
func membershipThing(r campfire.RoomID, u campfire.UserID) cache.Thing {
	return cache.Thing{Kind: "membership", A: int64(r), B: int64(u)}
}

// peopleThing is everyone: messages carry their authors' names, and a ban
// hides all that someone wrote.
var peopleThing = cache.Thing{Kind: "people"}

// forget drops what a committed change has made untrue.
func (m *remembered) forget(change campfire.Change) {
	switch c := change.(type) {
	case *campfire.Event:
		m.versions.Changed(roomThing(c.Room))
	case *campfire.MembersRemoved:
		m.left(c.Room, c.Users)
	case *campfire.RoomDeleted:
		m.versions.Changed(roomThing(c.Room))
		m.left(c.Room, c.Users)
	case *campfire.UserUpdated:
		m.versions.Changed(personThing(c.User.ID), peopleThing)
	case *campfire.CredentialEnded:
		m.versions.Changed(personThing(c.User))
	}
}

func (m *remembered) left(room campfire.RoomID, users []campfire.UserID) {
	for _, u := range users {
		m.versions.Changed(membershipThing(room, u))
	}
}

// session returns who a secret signs in, whatever has expired since.
func (s *Service) session(ctx context.Context, secret string, now campfire.Time) (session, error) {
	hash := auth.Hash(secret)
	return s.remembered.sessions.Get(ctx, hash, func(ctx context.Context) (in session, on []cache.Thing, err error) {
		err = s.store.Read(ctx, func(r *store.Reader) error {
			in.credential, in.user, err = r.Credential(hash, now)
			return err
		})
		if err == nil {
			on = []cache.Thing{personThing(in.user.ID)}
		}
		return in, on, err
	})
}

// entered reports why a may not read a room, nil when a may. Only that
// someone is in a room is remembered.
func (s *Service) entered(ctx context.Context, a campfire.Actor, room campfire.RoomID) error {
	_, err := s.remembered.members.Get(ctx, membershipKey{room, a.ID}, func(ctx context.Context) (struct{}, []cache.Thing, error) {
		err := s.store.Read(ctx, func(r *store.Reader) error {
			_, err := entered(r, a, room)
			return err
		})
		return struct{}{}, []cache.Thing{membershipThing(room, a.ID)}, err
	})
	return err
}

// MessagePage is a page of a room, oldest first, as everyone who is in it
// sees it. It is shared by all who asked for it: nobody may change it.
type MessagePage struct {
	Messages            []*campfire.Message
	HasBefore, HasAfter bool
	Epoch               string
	Seq                 campfire.Seq // the room's number when it was read

	forms [forms]struct {
		once  sync.Once
		bytes []byte
	}
}

// Form is a way to give a page out.
type Form int

// The forms of a page.
const (
	FormJSON Form = iota
	FormJSONGzip
	forms
)

// Form returns the page in a form, which build makes when it is first asked
// for, once for all who share the page.
func (p *MessagePage) Form(f Form, build func() []byte) []byte {
	form := &p.forms[f]
	form.once.Do(func() { form.bytes = build() })
	return form.bytes
}

// size estimates what the page holds on to, its forms included.
func (p *MessagePage) size() int {
	n := 0
	for _, m := range p.Messages {
		n += 1200 + 2*len(m.Body) + 2*len(m.HTML) + len(m.Plain) + 256*len(m.Boosts)
	}
	return n
}
