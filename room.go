package campfire

// RoomKind tells who is in a room.
type RoomKind uint8

// The kinds of room. Stored as these numbers.
const (
	Open   RoomKind = iota // everyone, unless they left
	Closed                 // those who were added
	Direct                 // one exact set of people, for ever
)

// String returns the kind's name on the wire.
func (k RoomKind) String() string { return [...]string{"open", "closed", "direct"}[k] }

// ParseRoomKind reads the name of a kind.
func ParseRoomKind(s string) (RoomKind, bool) {
	switch s {
	case "open":
		return Open, true
	case "closed":
		return Closed, true
	case "direct":
		return Direct, true
	}
	return 0, false
}

// Involvement is how much of a room a member wants to hear.
type Involvement uint8

// The involvements, from least to most. Stored as these numbers.
const (
	Invisible Involvement = iota // not in the sidebar
	Nothing
	Mentions
	Everything
)

// String returns the involvement's name on the wire.
func (i Involvement) String() string {
	return [...]string{"invisible", "nothing", "mentions", "everything"}[i]
}

// ParseInvolvement reads the name of an involvement.
func ParseInvolvement(s string) (Involvement, bool) {
	for i := Invisible; i <= Everything; i++ {
		if i.String() == s {
			return i, true
		}
	}
	return 0, false
}

// DefaultInvolvement is what a new member of such a room has.
func (k RoomKind) DefaultInvolvement() Involvement {
	if k == Direct {
		return Everything
	}
	return Mentions
}

// Room is where people talk.
type Room struct {
	ID          RoomID
	Kind        RoomKind
	Name        string // empty for directs
	Creator     UserID
	MemberCount int
	// Seq is the room's number: that of its latest event.
	Seq Seq
	// OldestReplayable is the first number the event log still holds in full;
	// resuming from before it is answered by resync.
	OldestReplayable Seq
	LastMessageAt    Time // zero: none yet
	CreatedAt        Time
}

// Membership is one person's place in one room. The person knows of unread
// messages from ReadSeq alone: every count derives from it.
type Membership struct {
	Room        RoomID
	User        UserID
	Involvement Involvement
	ReadSeq     Seq
	JoinedAt    Time
}

// MaxCount is where unread and mention counts stop: it means "or more".
const MaxCount = 1000

// RoomView is a room as one of its members sees it.
type RoomView struct {
	Room
	// Member is false for a room that the viewer may see but is not in; the
	// four fields after it are then zero.
	Member       bool
	Involvement  Involvement
	ReadSeq      Seq
	UnreadCount  int
	MentionCount int
	// Others are the first ten other people of a direct.
	Others []Person
}
