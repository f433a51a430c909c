package campfire

// EventKind tells what happened in a room.
type EventKind uint8

// The kinds of event. Stored as these numbers.
const (
	MessageCreated EventKind = iota + 1
	MessageUpdated
	MessageDeleted
	BoostCreated
	BoostDeleted
)

// String returns the kind's name on the wire.
func (k EventKind) String() string {
	return [...]string{"", "message_created", "message_updated", "message_deleted", "boost_created", "boost_deleted"}[k]
}

// Change is something that was committed and that connected people may have
// to hear of. Changes are handed on in commit order: within one room in order
// of Seq.
type Change interface{ isChange() }

// Event is a change that took a number in its room's log: whoever holds
// (room, seq) can have every later one again from the store.
type Event struct {
	Kind EventKind
	Room RoomID
	Seq  Seq
	// MessageID is the message concerned, of every kind.
	MessageID MessageID
	Message   *Message // MessageCreated, MessageUpdated
	Boost     *Boost   // BoostCreated
	BoostID   BoostID  // BoostCreated, BoostDeleted
	// Reached are the people a created message mentions, those of <!here>
	// and <!everyone> included as Everyone; empty in a replay.
	Reached []UserID
}

// The changes below are in no log: whoever missed one fetches the lists anew.
type (
	// MembersAdded tells Users that they are in Room now.
	MembersAdded struct {
		Room  *Room
		Users []UserID
	}
	// MembersRemoved takes Room from Users: they hear nothing of it after.
	MembersRemoved struct {
		Room  RoomID
		Users []UserID
	}
	// RoomUpdated is a new name or kind.
	RoomUpdated struct{ Room *Room }
	// RoomDeleted takes Room from all who were in it.
	RoomDeleted struct {
		Room  RoomID
		Users []UserID
	}
	// UserUpdated is a new name, picture, role or status.
	UserUpdated struct{ User *User }
	// AccountUpdated is a new name, accent, join code or policy.
	AccountUpdated struct{ Account *Account }
	// ReadMoved is a person's read pointer at a new place.
	ReadMoved struct {
		User         UserID
		Room         RoomID
		ReadSeq      Seq
		Seq          Seq
		UnreadCount  int
		MentionCount int
	}
	// InvolvementChanged is a person's new involvement in a room.
	InvolvementChanged struct {
		User        UserID
		Room        RoomID
		Involvement Involvement
	}
	// NotificationsChanged is that a person pauses notifications, or not, has
	// other quiet hours or keywords.
	NotificationsChanged struct{ User UserID }
	// CredentialEnded closes what was opened with one credential.
	CredentialEnded struct {
		User       UserID
		Credential CredentialID
	}
	// AccessEnded closes everything of a person who was banned or deactivated.
	AccessEnded struct{ User UserID }
	// DevicesChanged says whether anybody has a device that takes pushes.
	DevicesChanged struct{ Any bool }
	// BotsChanged carries all active bots that have a webhook.
	BotsChanged struct{ Hooked []UserID }
	// BansChanged carries all banned addresses: no other may write.
	BansChanged struct{ Addresses []string }
)

func (*Event) isChange()                {}
func (*MembersAdded) isChange()         {}
func (*MembersRemoved) isChange()       {}
func (*RoomUpdated) isChange()          {}
func (*RoomDeleted) isChange()          {}
func (*UserUpdated) isChange()          {}
func (*AccountUpdated) isChange()       {}
func (*ReadMoved) isChange()            {}
func (*InvolvementChanged) isChange()   {}
func (*NotificationsChanged) isChange() {}
func (*CredentialEnded) isChange()      {}
func (*AccessEnded) isChange()          {}
func (*BotsChanged) isChange()          {}
func (*DevicesChanged) isChange()       {}
func (*BansChanged) isChange()          {}
