package chat

import (
	"context"
	"sync/atomic"
	"time"

	"campfire"
	"campfire/internal/auth"
	"campfire/internal/cache"
	"campfire/internal/piece"
	"campfire/internal/store"
)

// remembered is what a Service keeps in memory of what it has read, so that
// the next request need not: who a session belongs to, who is in a room, a
// page of a room, someone's sidebar, what a search found. Each is dropped by
// Committed, before the change that makes it untrue is answered.
type remembered struct {
	versions cache.Versions
	trails   trails
	sessions *cache.Cache[store.SecretHash, session]
	members  *cache.Cache[membershipKey, struct{}]
	pages    *cache.Cache[pageKey, *MessagePage]
	sidebars *cache.Cache[campfire.UserID, *Sidebar]
	searches *cache.Cache[searchKey, *piece.Piece]
}

// session is who a live credential signs in.
type session struct {
	credential *campfire.Credential
	user       *campfire.User
	noted      *atomic.Int64 // the latest use that was noted since it was read, a campfire.Time
}

type membershipKey struct {
	room campfire.RoomID
	user campfire.UserID
}

type pageKey struct {
	room campfire.RoomID
	q    PageRequest
}

type searchKey struct {
	user campfire.UserID
	q    SearchRequest
}

// rememberFor bounds how long anything is remembered. Nobody but this process
// changes its database; should someone do so all the same, by hand, it shows
// after that time.
const rememberFor = 10 * time.Minute

// init divides a budget: pages and sidebars are by far the largest.
func (m *remembered) init(budget int64, metrics *cache.Metrics) {
	part := budget / 16
	m.sessions = cache.New(cache.Options[store.SecretHash, session]{
		Name: "sessions", MaxBytes: part, TTL: rememberFor, Versions: &m.versions, Metrics: metrics,
		Size: func(s session) int { return 512 + len(s.user.Bio) + len(s.credential.UserAgent) },
	})
	m.members = cache.New(cache.Options[membershipKey, struct{}]{
		Name: "memberships", MaxBytes: 2 * part, TTL: rememberFor, Versions: &m.versions, Metrics: metrics,
		Size: func(struct{}) int { return 64 },
	})
	m.searches = cache.New(cache.Options[searchKey, *piece.Piece]{
		Name: "searches", MaxBytes: part, TTL: rememberFor, Versions: &m.versions, Metrics: metrics,
		Size: (*piece.Piece).Held,
	})
	m.pages = cache.New(cache.Options[pageKey, *MessagePage]{
		Name: "pages", MaxBytes: 4 * part, TTL: rememberFor, Versions: &m.versions, Metrics: metrics,
		Size: (*MessagePage).size,
	})
	m.sidebars = cache.New(cache.Options[campfire.UserID, *Sidebar]{
		Name: "sidebars", MaxBytes: 8 * part, TTL: rememberFor, Versions: &m.versions, Metrics: metrics,
		Size: (*Sidebar).size,
	})
}

// What is remembered depends on these.

// roomThing is a room: what is written in it, its name and kind, who is in it.
func roomThing(id campfire.RoomID) cache.Thing { return cache.Thing{Kind: "room", A: int64(id)} }

// personThing is one's user and credentials.
func personThing(id campfire.UserID) cache.Thing { return cache.Thing{Kind: "person", A: int64(id)} }

// membershipThing is that someone is in a room.
func membershipThing(r campfire.RoomID, u campfire.UserID) cache.Thing {
	return cache.Thing{Kind: "membership", A: int64(r), B: int64(u)}
}

// placeThing is how someone is in a room: read pointer and involvement.
func placeThing(r campfire.RoomID, u campfire.UserID) cache.Thing {
	return cache.Thing{Kind: "place", A: int64(r), B: int64(u)}
}

// roomsThing is which rooms someone is in.
func roomsThing(id campfire.UserID) cache.Thing { return cache.Thing{Kind: "rooms", A: int64(id)} }

// peopleThing is everyone: messages carry their authors' names, and a ban
// hides all that someone wrote.
var peopleThing = cache.Thing{Kind: "people"}

// accountThing is the installation's settings.
var accountThing = cache.Thing{Kind: "account"}

// forget drops what a committed change has made untrue. It is called by one
// goroutine at a time, in commit order.
func (m *remembered) forget(change campfire.Change) {
	switch c := change.(type) {
	case *campfire.Event:
		m.trails.note(c, m.versions.Now())
		m.versions.Changed(roomThing(c.Room))
	case *campfire.MembersAdded:
		m.altered(c.Room.ID, c.Users)
	case *campfire.MembersRemoved:
		m.altered(c.Room, c.Users)
	case *campfire.RoomUpdated:
		m.altered(c.Room.ID, nil)
	case *campfire.RoomDeleted:
		m.altered(c.Room, c.Users)
	case *campfire.UserUpdated:
		m.versions.Changed(personThing(c.User.ID), peopleThing)
	case *campfire.AccountUpdated:
		m.versions.Changed(accountThing)
	case *campfire.ReadMoved:
		m.versions.Changed(placeThing(c.Room, c.User))
	case *campfire.InvolvementChanged:
		m.versions.Changed(placeThing(c.Room, c.User))
	case *campfire.CredentialEnded:
		m.versions.Changed(personThing(c.User))
	case *campfire.AccessEnded, *campfire.BansChanged, *campfire.BotsChanged, *campfire.DevicesChanged, *campfire.NotificationsChanged:
		// The person's status is a UserUpdated; addresses, webhooks and devices are kept
		// apart, and what a person has set about notifications is not.
	}
}

// altered notes that a room is another, and that people came or went.
func (m *remembered) altered(room campfire.RoomID, users []campfire.UserID) {
	m.trails.block(room, blocked)
	things := append(make([]cache.Thing, 0, 1+3*len(users)), roomThing(room))
	for _, u := range users {
		things = append(things, membershipThing(room, u), placeThing(room, u), roomsThing(u))
	}
	m.trails.block(room, m.versions.Changed(things...))
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
			in.noted = new(atomic.Int64)
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
	Maker               string       // the name of who made the room

	// JSON is the page for programs, List its messages alone as HTML, and Log
	// the messages as they stand in a room's page: the same in every language.
	JSON, List, Log piece.Once
	// Opening and Closing are what a room's page shows around them, Title and
	// Heads what stands before, in a shared room, by the viewer's involvement;
	// all by language.
	Opening, Closing, Title piece.Variants
	Heads                   [campfire.Everything + 1]piece.Variants
}

// size estimates what the page holds on to, its forms included: JSON plain
// and compressed, HTML compressed.
func (p *MessagePage) size() int {
	n := 16 << 10
	for _, m := range p.Messages {
		n += 1800 + 3*(len(m.Body)+len(m.HTML)+len(m.Plain)) + 512*len(m.Boosts)
	}
	return n
}
