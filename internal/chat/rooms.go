package chat

import (
	"context"
	"slices"

	"campfire"
	"campfire/internal/store"
)

// seen returns a room and a's place in it, or CodeNotFound when a may not
// know of the room: a direct or closed room that a is not in, unless a
// administers closed ones.
func seen(r *store.Reader, a campfire.Actor, room campfire.RoomID) (*store.Place, error) {
	p, err := r.Place(room, a.ID)
	if err != nil {
		return nil, err
	}
	if p.Member || p.Room.Kind == campfire.Open || p.Room.Kind == campfire.Closed && a.IsAdministrator() {
		return p, nil
	}
	return nil, campfire.NotFound("room")
}

// entered returns a's place in a room whose messages a may read: CodeForbidden
// for an open room that a has left, CodeNotFound for any other that a is not in.
func entered(r *store.Reader, a campfire.Actor, room campfire.RoomID) (*store.Place, error) {
	p, err := r.Place(room, a.ID)
	if err != nil {
		return nil, err
	}
	if !p.Member {
		return nil, notIn(&p.Room)
	}
	return p, nil
}

func notIn(room *campfire.Room) error {
	if room.Kind == campfire.Open {
		return campfire.Forbidden("Join the room first.")
	}
	return campfire.NotFound("room")
}

// administered returns a room that a may rename, convert, delete and change
// the members of: the administrators' and the creator's. Directs have none.
func administered(r *store.Reader, a campfire.Actor, room campfire.RoomID) (*store.Place, error) {
	p, err := seen(r, a, room)
	if err != nil {
		return nil, err
	}
	if p.Room.Kind == campfire.Direct {
		return nil, campfire.Conflict("A direct room is what its people make it; nobody can change it.")
	}
	if !a.IsAdministrator() && p.Room.Creator != a.ID {
		return nil, campfire.Forbidden("Only an administrator or the room's creator can do that.")
	}
	return p, nil
}

// Scope selects rooms for a list.
type Scope uint8

// The scopes of Rooms.
const (
	ScopeMine Scope = iota // the rooms one is in
	ScopeOpen              // all open rooms
	ScopeAll               // all shared rooms: administrators
)

// Rooms lists rooms as a sees them: shared ones by name, then directs by
// latest activity.
func (s *Service) Rooms(ctx context.Context, a campfire.Actor, scope Scope) (rooms []*campfire.RoomView, err error) {
	if scope == ScopeAll && !a.IsAdministrator() {
		return nil, onlyAdministrators()
	}
	if scope == ScopeMine {
		b, err := s.Sidebar(ctx, a)
		if err != nil {
			return nil, err
		}
		return b.Views(), nil
	}
	err = s.store.Read(ctx, func(r *store.Reader) error {
		rooms, err = r.SharedRooms(a.ID, scope == ScopeAll)
		return err
	})
	return rooms, err
}

// Room returns one room as a sees it.
func (s *Service) Room(ctx context.Context, a campfire.Actor, id campfire.RoomID) (view *campfire.RoomView, err error) {
	err = s.store.Read(ctx, func(r *store.Reader) error {
		if _, err := seen(r, a, id); err != nil {
			return err
		}
		view, err = r.RoomView(id, a.ID)
		return err
	})
	return view, err
}

// RoomDraft is a room about to be made.
type RoomDraft struct {
	Kind   campfire.RoomKind
	Name   string            // of a shared room
	People []campfire.UserID // of a closed room or direct; the maker is added
}

// CreateRoom makes a room with its maker in it. A direct of the same people
// that exists already is returned with created false.
func (s *Service) CreateRoom(ctx context.Context, a campfire.Actor, d RoomDraft) (view *campfire.RoomView, created bool, err error) {
	var ck check
	if d.Kind == campfire.Direct {
		d.Name = ""
	} else {
		d.Name = ck.name("name", d.Name, s.limits.MaxRoomName)
	}
	people := slices.Clone(d.People)
	people = append(people, a.ID)
	slices.Sort(people)
	people = slices.Compact(people)
	if s.limits.MaxMembers > 0 && len(people) > s.limits.MaxMembers {
		ck.fail("user_ids", "names more than %d people", s.limits.MaxMembers)
	}
	if err := ck.err(); err != nil {
		return nil, false, err
	}
	err = s.store.Write(ctx, func(tx *store.Tx) error {
		created = false
		if err := s.stillActive(tx, a); err != nil {
			return err
		}
		if err := allActive(tx, people); err != nil {
			return err
		}
		if d.Kind == campfire.Direct {
			id, err := tx.FindDirect(people)
			if err == nil {
				view, err = tx.RoomView(id, a.ID)
				return err
			}
			if campfire.CodeOf(err) != campfire.CodeNotFound {
				return err
			}
		} else if err := s.mayCreate(tx, a); err != nil {
			return err
		}
		id, err := s.createRoom(tx, a, d, people)
		if err != nil {
			return err
		}
		created = true
		view, err = tx.RoomView(id, a.ID)
		return err
	})
	return view, created, err
}

func (s *Service) createRoom(tx *store.Tx, a campfire.Actor, d RoomDraft, people []campfire.UserID) (campfire.RoomID, error) {
	now := s.now()
	room := &campfire.Room{Kind: d.Kind, Name: d.Name, Creator: a.ID, CreatedAt: now}
	var set []campfire.UserID
	if d.Kind == campfire.Direct {
		set = people
	}
	if err := tx.CreateRoom(room, set); err != nil {
		return 0, err
	}
	var added []campfire.UserID
	var err error
	if d.Kind == campfire.Open {
		added, err = tx.AddEveryone(room.ID, d.Kind.DefaultInvolvement(), now)
	} else {
		added, err = tx.AddMembers(room.ID, people, d.Kind.DefaultInvolvement(), now)
	}
	if err != nil {
		return 0, err
	}
	return room.ID, emitAdded(tx, room.ID, added)
}

// emitAdded tells people of a room as it is after they were added.
func emitAdded(tx *store.Tx, room campfire.RoomID, added []campfire.UserID) error {
	if len(added) == 0 {
		return nil
	}
	rm, err := tx.Room(room)
	if err != nil {
		return err
	}
	tx.Emit(&campfire.MembersAdded{Room: rm, Users: added})
	return nil
}

// emitUpdated tells a room's members of it as it is now.
func emitUpdated(tx *store.Tx, room campfire.RoomID) error {
	rm, err := tx.Room(room)
	if err != nil {
		return err
	}
	tx.Emit(&campfire.RoomUpdated{Room: rm})
	return nil
}

// mayCreate checks the policy and the limit for shared rooms.
func (s *Service) mayCreate(tx *store.Tx, a campfire.Actor) error {
	account, err := tx.Account()
	if err != nil {
		return err
	}
	if account.RestrictRoomCreation && !a.IsAdministrator() {
		return campfire.Forbidden("Only administrators can make rooms here.")
	}
	if s.limits.MaxRoomsPerUser <= 0 {
		return nil
	}
	n, err := tx.CountRooms(a.ID)
	if err != nil {
		return err
	}
	if n >= s.limits.MaxRoomsPerUser {
		return campfire.Conflict("You have made as many rooms as one person may.")
	}
	return nil
}

// allActive checks that every id is an active person or bot.
func allActive(tx *store.Tx, people []campfire.UserID) error {
	for _, id := range people {
		u, err := tx.User(id)
		if campfire.CodeOf(err) == campfire.CodeNotFound || err == nil && u.Status != campfire.Active {
			return campfire.Invalid("user_ids", "names someone who is not here: %d", id)
		}
		if err != nil {
			return err
		}
		if err := ofAnyRoom(&tx.Reader, u); err != nil {
			return err
		}
	}
	return nil
}

// RoomPatch names what to change; nil leaves a field.
type RoomPatch struct {
	Name *string
	Kind *campfire.RoomKind
	// Add and Remove are people to let in and to take out; who is in already,
	// or not in any more, does not matter.
	Add, Remove []campfire.UserID
}

// UpdateRoom renames a shared room, turns it from open to closed and back, and
// changes who is in it, all or nothing. Everyone is added to a room that
// becomes open; nobody leaves one that closes.
func (s *Service) UpdateRoom(ctx context.Context, a campfire.Actor, id campfire.RoomID, p RoomPatch) (view *campfire.RoomView, err error) {
	var ck check
	if p.Name != nil {
		p.Name = new(ck.name("name", *p.Name, s.limits.MaxRoomName))
	}
	if p.Kind != nil && *p.Kind == campfire.Direct {
		ck.fail("kind", "must be open or closed")
	}
	if err := ck.err(); err != nil {
		return nil, err
	}
	err = s.store.Write(ctx, func(tx *store.Tx) error {
		if err := s.stillActive(tx, a); err != nil {
			return err
		}
		place, err := administered(&tx.Reader, a, id)
		if err != nil {
			return err
		}
		room := place.Room
		if p.Name != nil {
			room.Name = *p.Name
		}
		opened := false
		if p.Kind != nil {
			opened = *p.Kind == campfire.Open && room.Kind != campfire.Open
			room.Kind = *p.Kind
		}
		if err := tx.UpdateRoom(&room); err != nil {
			return err
		}
		if opened {
			added, err := tx.AddEveryone(id, room.Kind.DefaultInvolvement(), s.now())
			if err != nil {
				return err
			}
			if err := emitAdded(tx, id, added); err != nil {
				return err
			}
		}
		if err := s.changeMembers(tx, &room, p.Add, p.Remove); err != nil {
			return err
		}
		if err := emitUpdated(tx, id); err != nil {
			return err
		}
		view, err = tx.RoomView(id, a.ID)
		return err
	})
	return view, err
}

// changeMembers lets people into a room and takes others out.
func (s *Service) changeMembers(tx *store.Tx, room *campfire.Room, add, remove []campfire.UserID) error {
	removed, err := tx.RemoveMembers(room.ID, remove)
	if err != nil {
		return err
	}
	if len(removed) > 0 {
		tx.Emit(&campfire.MembersRemoved{Room: room.ID, Users: removed})
		if err := endHooksOf(tx, removed); err != nil {
			return err
		}
	}
	if err := allActive(tx, add); err != nil {
		return err
	}
	added, err := tx.AddMembers(room.ID, add, room.Kind.DefaultInvolvement(), s.now())
	if err != nil {
		return err
	}
	if most := s.limits.MaxMembers; room.Kind == campfire.Closed && most > 0 && len(added) > 0 && room.MemberCount+len(added)-len(removed) > most {
		return campfire.Invalid("user_ids", "names more than %d people", most)
	}
	return emitAdded(tx, room.ID, added)
}

// DeleteRoom removes a room and all in it: a shared one by an administrator
// or its creator, a direct by any of its people.
func (s *Service) DeleteRoom(ctx context.Context, a campfire.Actor, id campfire.RoomID) error {
	err := s.store.Write(ctx, func(tx *store.Tx) error {
		if err := s.stillActive(tx, a); err != nil {
			return err
		}
		place, err := seen(&tx.Reader, a, id)
		if err != nil {
			return err
		}
		if place.Room.Kind != campfire.Direct {
			if _, err := administered(&tx.Reader, a, id); err != nil {
				return err
			}
		}
		members, err := tx.MemberIDs(id)
		if err != nil {
			return err
		}
		if err := tx.DeleteRoom(id); err != nil {
			return err
		}
		tx.Emit(&campfire.RoomDeleted{Room: id, Users: members})
		return retireHookBots(tx, id)
	})
	if err == nil {
		s.wakeRun()
	}
	return err
}

// JoinRoom puts a into an open room; one who is in already stays.
func (s *Service) JoinRoom(ctx context.Context, a campfire.Actor, id campfire.RoomID) (view *campfire.RoomView, err error) {
	err = s.store.Write(ctx, func(tx *store.Tx) error {
		if err := s.stillActive(tx, a); err != nil {
			return err
		}
		place, err := tx.Place(id, a.ID)
		if err != nil {
			return err
		}
		if !place.Member {
			if err := s.join(tx, a, &place.Room); err != nil {
				return err
			}
		}
		view, err = tx.RoomView(id, a.ID)
		return err
	})
	return view, err
}

// join makes a a member of an open room.
func (s *Service) join(tx *store.Tx, a campfire.Actor, room *campfire.Room) error {
	if room.Kind != campfire.Open {
		return campfire.NotFound("room")
	}
	added, err := tx.AddMembers(room.ID, []campfire.UserID{a.ID}, room.Kind.DefaultInvolvement(), s.now())
	if err != nil {
		return err
	}
	return emitAdded(tx, room.ID, added)
}

// RoomMembers lists who is in a room that a may see.
func (s *Service) RoomMembers(ctx context.Context, a campfire.Actor, id campfire.RoomID) (members []store.RoomMember, err error) {
	err = s.store.Read(ctx, func(r *store.Reader) error {
		if _, err := seen(r, a, id); err != nil {
			return err
		}
		members, err = r.Members(id)
		return err
	})
	return members, err
}

// AddMember puts someone into a shared room.
func (s *Service) AddMember(ctx context.Context, a campfire.Actor, room campfire.RoomID, user campfire.UserID) error {
	return s.store.Write(ctx, func(tx *store.Tx) error {
		if err := s.stillActive(tx, a); err != nil {
			return err
		}
		place, err := administered(&tx.Reader, a, room)
		if err != nil {
			return err
		}
		u, err := tx.User(user)
		if err != nil {
			return err
		}
		if u.Status != campfire.Active {
			return campfire.NotFound("user")
		}
		if err := ofAnyRoom(&tx.Reader, u); err != nil {
			return err
		}
		if place.Room.Kind == campfire.Closed && s.limits.MaxMembers > 0 && place.Room.MemberCount >= s.limits.MaxMembers {
			return campfire.Conflict("The room is full.")
		}
		added, err := tx.AddMembers(room, []campfire.UserID{user}, place.Room.Kind.DefaultInvolvement(), s.now())
		if err != nil {
			return err
		}
		if len(added) == 0 {
			return nil
		}
		if err := emitAdded(tx, room, added); err != nil {
			return err
		}
		return emitUpdated(tx, room)
	})
}

// RemoveMember takes someone out of a shared room; anyone may take themselves.
func (s *Service) RemoveMember(ctx context.Context, a campfire.Actor, room campfire.RoomID, user campfire.UserID) error {
	return s.store.Write(ctx, func(tx *store.Tx) error {
		if err := s.stillActive(tx, a); err != nil {
			return err
		}
		place, err := seen(&tx.Reader, a, room)
		if err != nil {
			return err
		}
		if place.Room.Kind == campfire.Direct {
			return campfire.Conflict("Nobody can be taken out of a direct room.")
		}
		if user != a.ID {
			if _, err := administered(&tx.Reader, a, room); err != nil {
				return err
			}
		}
		removed, err := tx.RemoveMembers(room, []campfire.UserID{user})
		if err != nil {
			return err
		}
		if len(removed) == 0 {
			return campfire.NotFound("member")
		}
		tx.Emit(&campfire.MembersRemoved{Room: room, Users: removed})
		if err := endHooksOf(tx, removed); err != nil {
			return err
		}
		return emitUpdated(tx, room)
	})
}

// SetInvolvement says how much of a room a wants to hear.
func (s *Service) SetInvolvement(ctx context.Context, a campfire.Actor, room campfire.RoomID, inv campfire.Involvement) (view *campfire.RoomView, err error) {
	err = s.store.Write(ctx, func(tx *store.Tx) error {
		place, err := entered(&tx.Reader, a, room)
		if err != nil {
			return err
		}
		if place.Membership.Involvement != inv {
			if err := tx.SetInvolvement(room, a.ID, inv); err != nil {
				return err
			}
			tx.Emit(&campfire.InvolvementChanged{User: a.ID, Room: room, Involvement: inv})
		}
		view, err = tx.RoomView(room, a.ID)
		return err
	})
	return view, err
}

// MarkRead moves a's read pointer forward to seq; never back, never beyond
// the room's number.
func (s *Service) MarkRead(ctx context.Context, a campfire.Actor, room campfire.RoomID, seq campfire.Seq) error {
	if seq < 0 {
		return campfire.Invalid("seq", "must not be negative")
	}
	// Most calls find the pointer there already: don't trouble the writer.
	var place *store.Place
	err := s.store.Read(ctx, func(r *store.Reader) (err error) {
		place, err = entered(r, a, room)
		return err
	})
	if err != nil || min(seq, place.Room.Seq) <= place.Membership.ReadSeq {
		return err
	}
	return s.store.Write(ctx, func(tx *store.Tx) error {
		place, err := entered(&tx.Reader, a, room)
		if err != nil {
			return err
		}
		seq := min(seq, place.Room.Seq)
		if seq <= place.Membership.ReadSeq {
			return nil
		}
		return moveRead(tx, a, &place.Room, seq)
	})
}

// MarkUnread sets a's read pointer just before a message.
func (s *Service) MarkUnread(ctx context.Context, a campfire.Actor, room campfire.RoomID, from campfire.MessageID) error {
	return s.store.Write(ctx, func(tx *store.Tx) error {
		place, err := entered(&tx.Reader, a, room)
		if err != nil {
			return err
		}
		seq, err := tx.SeqOf(room, from)
		if err != nil {
			return err
		}
		return moveRead(tx, a, &place.Room, seq-1)
	})
}

func moveRead(tx *store.Tx, a campfire.Actor, room *campfire.Room, seq campfire.Seq) error {
	if err := tx.SetReadSeq(room.ID, a.ID, seq); err != nil {
		return err
	}
	c := &campfire.ReadMoved{User: a.ID, Room: room.ID, ReadSeq: seq, Seq: room.Seq}
	if seq < room.Seq {
		var err error
		if c.UnreadCount, c.MentionCount, err = tx.Counts(room.ID, a.ID, seq); err != nil {
			return err
		}
	}
	tx.Emit(c)
	return nil
}
