package store

import "campfire"

// Place is a person's relation to a room.
type Place struct {
	Room       campfire.Room
	Member     bool
	Membership campfire.Membership // when Member
}

// Room returns one room.
func (r *Reader) Room(id campfire.RoomID) (*campfire.Room, error) { panic("store") }

// Place returns a room and the person's membership of it, if any, in one
// query: every authorisation of a room starts with it.
func (r *Reader) Place(room campfire.RoomID, u campfire.UserID) (*Place, error) { panic("store") }

// RoomView returns a room as u sees it, with counts.
func (r *Reader) RoomView(room campfire.RoomID, u campfire.UserID) (*campfire.RoomView, error) {
	panic("store")
}

// RoomViews returns the rooms u is in, with counts: shared ones by name (case
// ignored), then directs by latest activity.
func (r *Reader) RoomViews(u campfire.UserID) ([]*campfire.RoomView, error) { panic("store") }

// SharedRooms returns open rooms, and closed ones too when all is set, by
// name, as u sees them (Member tells whether u is in).
func (r *Reader) SharedRooms(u campfire.UserID, all bool) ([]*campfire.RoomView, error) {
	panic("store")
}

// RoomIDs returns the rooms u is in.
func (r *Reader) RoomIDs(u campfire.UserID) ([]campfire.RoomID, error) { panic("store") }

// Seqs returns the current numbers of rooms; unknown rooms are left out.
func (r *Reader) Seqs(rooms []campfire.RoomID) (map[campfire.RoomID]campfire.Seq, error) {
	panic("store")
}

// CountRooms counts the shared rooms that u created.
func (r *Reader) CountRooms(u campfire.UserID) (int, error) { panic("store") }

// Counts returns a member's unread messages of others and mentions after
// read, each capped at campfire.MaxCount.
func (r *Reader) Counts(room campfire.RoomID, u campfire.UserID, read campfire.Seq) (unread, mentions int, err error) {
	panic("store")
}

// RoomMember is one row of a member list.
type RoomMember struct {
	User        *campfire.User
	Involvement campfire.Involvement
	JoinedAt    campfire.Time
}

// Members returns a room's members by name.
func (r *Reader) Members(room campfire.RoomID) ([]RoomMember, error) { panic("store") }

// MemberIDs returns the ids of a room's members, ascending.
func (r *Reader) MemberIDs(room campfire.RoomID) ([]campfire.UserID, error) { panic("store") }

// MemberPeople returns a room's active members, for resolving names.
func (r *Reader) MemberPeople(room campfire.RoomID) ([]campfire.Person, error) { panic("store") }

// DirectPeers returns everyone who shares a direct with u.
func (r *Reader) DirectPeers(u campfire.UserID) ([]campfire.UserID, error) { panic("store") }

// FindDirect returns the direct room of exactly these people.
func (r *Reader) FindDirect(people []campfire.UserID) (campfire.RoomID, error) { panic("store") }

// CreateRoom stores rm without members and sets its ID. people is the exact
// set of a direct, nil otherwise.
func (tx *Tx) CreateRoom(rm *campfire.Room, people []campfire.UserID) error { panic("store") }

// UpdateRoom stores name and kind.
func (tx *Tx) UpdateRoom(rm *campfire.Room) error { panic("store") }

// DeleteRoom makes a room and all in it invisible at once; PurgeRooms removes
// the rows.
func (tx *Tx) DeleteRoom(id campfire.RoomID) error { panic("store") }

// PurgeRooms removes up to limit rows of deleted rooms and reports whether
// any are left.
func (tx *Tx) PurgeRooms(limit int) (more bool, err error) { panic("store") }

// AddMembers makes people members as of now, reading from the room's current
// number, and returns those who were none before. member_count follows.
func (tx *Tx) AddMembers(room campfire.RoomID, people []campfire.UserID, inv campfire.Involvement, now campfire.Time) ([]campfire.UserID, error) {
	panic("store")
}

// AddEveryone does AddMembers for every active user and bot.
func (tx *Tx) AddEveryone(room campfire.RoomID, inv campfire.Involvement, now campfire.Time) ([]campfire.UserID, error) {
	panic("store")
}

// AddToOpenRooms makes u a member of every open room and returns them.
func (tx *Tx) AddToOpenRooms(u campfire.UserID, now campfire.Time) ([]*campfire.Room, error) {
	panic("store")
}

// RemoveMembers ends memberships and returns those that there were.
func (tx *Tx) RemoveMembers(room campfire.RoomID, people []campfire.UserID) ([]campfire.UserID, error) {
	panic("store")
}

// RemoveFromSharedRooms ends all of u's memberships but directs.
func (tx *Tx) RemoveFromSharedRooms(u campfire.UserID) ([]campfire.RoomID, error) { panic("store") }

// SetInvolvement stores a member's involvement.
func (tx *Tx) SetInvolvement(room campfire.RoomID, u campfire.UserID, inv campfire.Involvement) error {
	panic("store")
}

// SetReadSeq stores a member's read pointer.
func (tx *Tx) SetReadSeq(room campfire.RoomID, u campfire.UserID, seq campfire.Seq) error {
	panic("store")
}
