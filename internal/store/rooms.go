package store

import (
	"slices"
	"strconv"

	"campfire"
	"campfire/internal/sqlite"
)

// Place is a person's relation to a room, and the person as they are now.
type Place struct {
	Person     campfire.Person
	Status     campfire.Status
	Room       campfire.Room
	Member     bool
	Membership campfire.Membership // when Member
}

const roomColumns = `r.id, r.kind, r.name, r.creator_id, r.member_count, r.seq, r.oldest_replayable, r.last_message_at, r.created_at`

func roomDest(m *campfire.Room, more ...any) []any {
	return append([]any{&m.ID, &m.Kind, repeated(&m.Name), &m.Creator, &m.MemberCount, &m.Seq, &m.OldestReplayable, &m.LastMessageAt, &m.CreatedAt}, more...)
}

// viewColumns are a room's and, from a left-joined membership ms, the viewer's.
const viewColumns = roomColumns + `, ms.user_id IS NOT NULL, coalesce(ms.involvement, 0), coalesce(ms.read_seq, 0)`

func viewDest(v *campfire.RoomView) []any {
	return roomDest(&v.Room, &v.Member, &v.Involvement, &v.ReadSeq)
}

var (
	roomGet = define("room", `SELECT `+roomColumns+` FROM rooms r WHERE r.id = $1 AND r.deleted = 0`)
	place   = define("place", `SELECT `+viewColumns+`, coalesce(ms.joined_at, 0), u.id, u.name, u.avatar, u.role, u.status
		FROM rooms r JOIN users u ON u.id = $2 LEFT JOIN memberships ms ON ms.room_id = r.id AND ms.user_id = u.id
		WHERE r.id = $1 AND r.deleted = 0`)
	roomView = define("room_view", `SELECT `+viewColumns+`
		FROM rooms r LEFT JOIN memberships ms ON ms.room_id = r.id AND ms.user_id = $2
		WHERE r.id = $1 AND r.deleted = 0`)
	roomViews = define("room_views", `SELECT `+viewColumns+`
		FROM memberships ms JOIN rooms r ON r.id = ms.room_id
		WHERE ms.user_id = $1 AND r.deleted = 0
		ORDER BY r.kind = 2, CASE WHEN r.kind = 2 THEN -max(r.last_message_at, r.created_at) END, r.name_folded, r.id`)
	sharedRooms = define("shared_rooms", `SELECT `+viewColumns+`
		FROM rooms r LEFT JOIN memberships ms ON ms.room_id = r.id AND ms.user_id = $1
		WHERE r.deleted = 0 AND r.kind < 2 AND r.kind <= $2
		ORDER BY r.name_folded, r.id`)
	roomSeq   = define("room_seq", `SELECT seq FROM rooms WHERE id = $1 AND deleted = 0`)
	roomCount = define("room", `SELECT count(*) FROM rooms WHERE creator_id = $1 AND deleted = 0 AND kind < 2`)
)

// Room returns one room.
func (r *Reader) Room(id campfire.RoomID) (*campfire.Room, error) {
	m := &campfire.Room{}
	if err := r.one(roomGet, args{id}, roomDest(m)...); err != nil {
		return nil, notFound(err, "room")
	}
	return m, nil
}

// Place returns a room and the person's membership of it, if any, in one
// query: every authorisation of a room starts with it.
func (r *Reader) Place(room campfire.RoomID, u campfire.UserID) (*Place, error) {
	p := &Place{}
	m := &p.Membership
	err := r.one(place, args{room, u}, roomDest(&p.Room, &p.Member, &m.Involvement, &m.ReadSeq, &m.JoinedAt,
		&p.Person.ID, repeated(&p.Person.Name), &p.Person.Avatar, &p.Person.Role, &p.Status)...)
	if err != nil {
		return nil, notFound(err, "room")
	}
	m.Room, m.User = room, u
	return p, nil
}

// RoomView returns a room as u sees it, with counts.
func (r *Reader) RoomView(room campfire.RoomID, u campfire.UserID) (*campfire.RoomView, error) {
	v := &campfire.RoomView{}
	if err := r.one(roomView, args{room, u}, viewDest(v)...); err != nil {
		return nil, notFound(err, "room")
	}
	return v, r.complete(u, v)
}

// RoomViews returns the rooms u is in, with counts: shared ones by name (case
// ignored), then directs by latest activity.
func (r *Reader) RoomViews(u campfire.UserID) ([]*campfire.RoomView, error) {
	return r.views(u, roomViews, args{u})
}

// SharedRooms returns open rooms, and closed ones too when all is set, by
// name, as u sees them (Member tells whether u is in).
func (r *Reader) SharedRooms(u campfire.UserID, all bool) ([]*campfire.RoomView, error) {
	kinds := campfire.Open
	if all {
		kinds = campfire.Closed
	}
	return r.views(u, sharedRooms, args{u, kinds})
}

func (r *Reader) views(u campfire.UserID, st *statement, a args) ([]*campfire.RoomView, error) {
	views, err := list(r, st, a, func(rows *sqlite.Stmt, v **campfire.RoomView) error {
		*v = &campfire.RoomView{}
		return rows.Scan(viewDest(*v)...)
	})
	if err != nil {
		return nil, err
	}
	return views, r.complete(u, views...)
}

// othersShown is how many of a direct's people a list names.
const othersShown = 10

var (
	unreadCount = define("counts", `SELECT count(*) FROM (SELECT 1 FROM messages m JOIN users u ON u.id = m.author_id
		WHERE m.room_id = $1 AND m.seq > $2 AND m.author_id <> $3 AND m.deleted = 0 AND m.id > u.hidden_through LIMIT $4)`)
	mentionCount = define("counts", `SELECT count(*) FROM (SELECT 1 FROM mentions x JOIN messages m ON m.id = x.message_id JOIN users u ON u.id = m.author_id
		WHERE x.user_id = $5 AND x.room_id = $1 AND x.seq > $2 AND m.author_id <> $3 AND m.deleted = 0 AND m.id > u.hidden_through LIMIT $4)`)
	others = define("others", `SELECT u.id, u.name, u.avatar, u.role FROM memberships ms JOIN users u ON u.id = ms.user_id
		WHERE ms.room_id = $1 AND ms.user_id <> $2 ORDER BY ms.user_id LIMIT $3`)
)

// complete adds the counts of rooms with something unread, and the others of
// directs.
func (r *Reader) complete(u campfire.UserID, views ...*campfire.RoomView) (err error) {
	for _, v := range views {
		if v.Member && v.ReadSeq < v.Seq {
			if v.UnreadCount, v.MentionCount, err = r.Counts(v.ID, u, v.ReadSeq); err != nil {
				return err
			}
		}
		if v.Kind == campfire.Direct {
			if v.Others, err = list(r, others, args{v.ID, u, othersShown}, scanPerson); err != nil {
				return err
			}
		}
	}
	return nil
}

// Counts returns a member's unread messages of others and mentions after
// read, each capped at campfire.MaxCount.
func (r *Reader) Counts(room campfire.RoomID, u campfire.UserID, read campfire.Seq) (unread, mentions int, err error) {
	if err := r.one(unreadCount, args{room, read, u, campfire.MaxCount}, &unread); err != nil {
		return 0, 0, err
	}
	if unread == 0 {
		return 0, 0, nil
	}
	for _, who := range []campfire.UserID{u, campfire.Everyone} {
		var n int
		if err := r.one(mentionCount, args{room, read, u, campfire.MaxCount, who}, &n); err != nil {
			return 0, 0, err
		}
		mentions += n
	}
	return unread, min(mentions, campfire.MaxCount), nil
}

// Seqs returns the current numbers of rooms; unknown rooms are left out.
func (r *Reader) Seqs(rooms []campfire.RoomID) (map[campfire.RoomID]campfire.Seq, error) {
	seqs := make(map[campfire.RoomID]campfire.Seq, len(rooms))
	for _, id := range rooms {
		var seq campfire.Seq
		err := r.one(roomSeq, args{id}, &seq)
		if err == errNoRow {
			continue
		}
		if err != nil {
			return nil, err
		}
		seqs[id] = seq
	}
	return seqs, nil
}

// RoomsOf returns the ids of the rooms that u is in, those that are being
// deleted too.
func (r *Reader) RoomsOf(u campfire.UserID) ([]campfire.RoomID, error) {
	return list(r, roomsOf, args{u}, func(rows *sqlite.Stmt, id *campfire.RoomID) error { return rows.Scan(id) })
}

// CountRooms counts the shared rooms that u created.
func (r *Reader) CountRooms(u campfire.UserID) (n int, err error) {
	return n, r.one(roomCount, args{u}, &n)
}

// RoomMember is one row of a member list.
type RoomMember struct {
	User        *campfire.User
	Involvement campfire.Involvement
	JoinedAt    campfire.Time
}

var (
	members = define("members", `SELECT `+userColumns+`, ms.involvement, ms.joined_at
		FROM memberships ms JOIN users u ON u.id = ms.user_id WHERE ms.room_id = $1 ORDER BY u.name_folded, u.id`)
	roomsOf      = define("rooms_of", `SELECT room_id FROM memberships WHERE user_id = $1`)
	memberIDs    = define("member_ids", `SELECT user_id FROM memberships WHERE room_id = $1 ORDER BY user_id`)
	memberPeople = define("member_people", `SELECT u.id, u.name, u.avatar, u.role FROM memberships ms JOIN users u ON u.id = ms.user_id
		WHERE ms.room_id = $1 AND u.status = 0`+noHook)
	directPeers = define("direct_peers", `SELECT DISTINCT other.user_id FROM memberships mine JOIN rooms r ON r.id = mine.room_id
		JOIN memberships other ON other.room_id = r.id
		WHERE mine.user_id = $1 AND r.kind = 2 AND r.deleted = 0 AND other.user_id <> $1`)
	directFind = define("direct", `SELECT id FROM rooms WHERE people = $1 AND deleted = 0`)
)

// Members returns a room's members by name.
func (r *Reader) Members(room campfire.RoomID) ([]RoomMember, error) {
	return list(r, members, args{room}, func(rows *sqlite.Stmt, m *RoomMember) error {
		m.User = &campfire.User{}
		return rows.Scan(userDest(m.User, &m.Involvement, &m.JoinedAt)...)
	})
}

// MemberIDs returns the ids of a room's members, ascending.
func (r *Reader) MemberIDs(room campfire.RoomID) ([]campfire.UserID, error) {
	return column[campfire.UserID](r, memberIDs, args{room})
}

// MemberPeople returns a room's active members but the bots of hooks, for
// resolving names.
func (r *Reader) MemberPeople(room campfire.RoomID) ([]campfire.Person, error) {
	return list(r, memberPeople, args{room}, scanPerson)
}

// DirectPeers returns everyone who shares a direct with u.
func (r *Reader) DirectPeers(u campfire.UserID) ([]campfire.UserID, error) {
	return column[campfire.UserID](r, directPeers, args{u})
}

// peopleKey is the exact set of a direct's people as it is stored.
func peopleKey(people []campfire.UserID) any {
	if people == nil {
		return nil
	}
	people = slices.Clone(people)
	slices.Sort(people)
	key := []byte{','}
	for _, id := range slices.Compact(people) {
		key = append(strconv.AppendInt(key, int64(id), 10), ',')
	}
	return string(key)
}

// FindDirect returns the direct room of exactly these people.
func (r *Reader) FindDirect(people []campfire.UserID) (id campfire.RoomID, err error) {
	return id, notFound(r.one(directFind, args{peopleKey(people)}, &id), "room")
}

var (
	roomCreate = define("room_write", `INSERT INTO rooms (kind, name, name_folded, creator_id, people, member_count, seq, oldest_replayable, last_message_at, created_at, deleted)
		VALUES ($1, $2, $3, $4, $5, 0, 0, 1, 0, $6, 0) RETURNING id`)
	roomUpdate = define("room_write", `UPDATE rooms SET name = $1, name_folded = $2, kind = $3 WHERE id = $4`)
	// The people of a deleted direct may make a new one.
	roomDelete = define("room_write", `UPDATE rooms SET deleted = 1, people = NULL WHERE id = $1`)
	roomLeave  = define("room_write", `DELETE FROM memberships WHERE room_id = $1`)

	memberAdd = define("membership_write", `INSERT INTO memberships (room_id, user_id, involvement, read_seq, joined_at)
		SELECT r.id, $2, $3, r.seq, $4 FROM rooms r WHERE r.id = $1 ON CONFLICT DO NOTHING`)
	memberAddAll = define("membership_write", `INSERT INTO memberships (room_id, user_id, involvement, read_seq, joined_at)
		SELECT r.id, u.id, $2, r.seq, $3 FROM rooms r, users u WHERE r.id = $1 AND u.status = 0`+noHook+` ON CONFLICT DO NOTHING RETURNING user_id`)
	memberRemove   = define("membership_write", `DELETE FROM memberships WHERE room_id = $1 AND user_id = $2`)
	memberRecount  = define("membership_write", `UPDATE rooms SET member_count = member_count + $2 WHERE id = $1`)
	openRooms      = define("room_ids", `SELECT `+roomColumns+` FROM rooms r WHERE r.kind = 0 AND r.deleted = 0`)
	leaveShared    = define("membership_write", `DELETE FROM memberships WHERE user_id = $1 AND room_id IN (SELECT id FROM rooms WHERE kind < 2) RETURNING room_id`)
	setInvolvement = define("membership_write", `UPDATE memberships SET involvement = $3 WHERE room_id = $1 AND user_id = $2`)
	setRead        = define("read_write", `UPDATE memberships SET read_seq = $3 WHERE room_id = $1 AND user_id = $2`)
)

// CreateRoom stores rm without members and sets its ID. people is the exact
// set of a direct, nil otherwise.
func (tx *Tx) CreateRoom(rm *campfire.Room, people []campfire.UserID) error {
	rm.OldestReplayable = 1
	return tx.returning(roomCreate, args{rm.Kind, rm.Name, fold(rm.Name), rm.Creator, peopleKey(people), rm.CreatedAt}, &rm.ID)
}

// UpdateRoom stores name and kind.
func (tx *Tx) UpdateRoom(rm *campfire.Room) error {
	return tx.exec(roomUpdate, rm.Name, fold(rm.Name), rm.Kind, rm.ID)
}

// DeleteRoom makes a room and all in it invisible at once; PurgeRooms removes
// the rows.
func (tx *Tx) DeleteRoom(id campfire.RoomID) error {
	if err := tx.exec(roomDelete, id); err != nil {
		return err
	}
	return tx.exec(roomLeave, id)
}

// AddMembers makes people members as of now, reading from the room's current
// number, and returns those who were none before.
func (tx *Tx) AddMembers(room campfire.RoomID, people []campfire.UserID, inv campfire.Involvement, now campfire.Time) (added []campfire.UserID, err error) {
	for _, u := range people {
		n, err := tx.execCount(memberAdd, room, u, inv, now)
		if err != nil {
			return nil, err
		}
		if n > 0 {
			added = append(added, u)
		}
	}
	n, err := tx.counted(added)
	if err != nil {
		return nil, err
	}
	return added, tx.recount(room, n)
}

// counted returns how many of some people count as members: all but the bots
// of hooks, whose rows must stand while their bots come and go.
func (tx *Tx) counted(people []campfire.UserID) (n int, err error) {
	for _, u := range people {
		switch _, err := tx.HookOf(u); {
		case campfire.CodeOf(err) == campfire.CodeNotFound:
			n++
		case err != nil:
			return 0, err
		}
	}
	return n, nil
}

func (tx *Tx) recount(room campfire.RoomID, change int) error {
	if change == 0 {
		return nil
	}
	return tx.exec(memberRecount, room, change)
}

// AddEveryone does AddMembers for every active user and bot but those of hooks.
func (tx *Tx) AddEveryone(room campfire.RoomID, inv campfire.Involvement, now campfire.Time) ([]campfire.UserID, error) {
	if err := tx.writing(); err != nil {
		return nil, err
	}
	added, err := column[campfire.UserID](&tx.Reader, memberAddAll, args{room, inv, now})
	if err != nil {
		return nil, err
	}
	return added, tx.recount(room, len(added))
}

// AddToOpenRooms makes u a member of every open room and returns them.
func (tx *Tx) AddToOpenRooms(u campfire.UserID, now campfire.Time) ([]*campfire.Room, error) {
	rooms, err := list(&tx.Reader, openRooms, nil, func(rows *sqlite.Stmt, m **campfire.Room) error {
		*m = &campfire.Room{}
		return rows.Scan(roomDest(*m)...)
	})
	if err != nil {
		return nil, err
	}
	for _, m := range rooms {
		added, err := tx.AddMembers(m.ID, []campfire.UserID{u}, m.Kind.DefaultInvolvement(), now)
		if err != nil {
			return nil, err
		}
		m.MemberCount += len(added)
	}
	return rooms, nil
}

// RemoveMembers ends memberships and returns those that there were.
func (tx *Tx) RemoveMembers(room campfire.RoomID, people []campfire.UserID) (removed []campfire.UserID, err error) {
	for _, u := range people {
		n, err := tx.execCount(memberRemove, room, u)
		if err != nil {
			return nil, err
		}
		if n > 0 {
			removed = append(removed, u)
		}
	}
	n, err := tx.counted(removed)
	if err != nil {
		return nil, err
	}
	return removed, tx.recount(room, -n)
}

// RemoveFromSharedRooms ends all of u's memberships but directs.
func (tx *Tx) RemoveFromSharedRooms(u campfire.UserID) ([]campfire.RoomID, error) {
	if err := tx.writing(); err != nil {
		return nil, err
	}
	rooms, err := column[campfire.RoomID](&tx.Reader, leaveShared, args{u})
	if err != nil {
		return nil, err
	}
	n, err := tx.counted([]campfire.UserID{u})
	if err != nil {
		return nil, err
	}
	for _, id := range rooms {
		if err := tx.recount(id, -n); err != nil {
			return nil, err
		}
	}
	return rooms, nil
}

// SetInvolvement stores a member's involvement.
func (tx *Tx) SetInvolvement(room campfire.RoomID, u campfire.UserID, inv campfire.Involvement) error {
	return tx.exec(setInvolvement, room, u, inv)
}

// SetReadSeq stores a member's read pointer.
func (tx *Tx) SetReadSeq(room campfire.RoomID, u campfire.UserID, seq campfire.Seq) error {
	return tx.exec(setRead, room, u, seq)
}
