package history

import "time"

// Kind tells what a [Change] asked for.
type Kind uint8

// The kinds of change.
const (
	Post Kind = iota
	Edit
	Delete
	Boost
	Unboost
)

// Change is something that was asked for, once or, until an answer came, again
// and again.
type Change struct {
	Kind   Kind
	Room   int64
	Author int64
	Body   string // of a post or an edit

	ClientID  string // of a post
	MessageID int64  // zero: a post that got no answer
	BoostID   int64  // of a boost or its end; zero: no answer came

	// Seq is the number that the answer told; zero when it told none.
	Seq      int64
	Sent     time.Time // before it was asked for first
	Answered time.Time // after the acknowledgement came; zero: none came
}

// Acknowledged reports whether an acknowledgement came.
func (c *Change) Acknowledged() bool { return !c.Answered.IsZero() }

// Event is one event as a subscriber received it.
type Event struct {
	Type      string // message_created, message_updated, message_deleted, boost_created, boost_deleted
	Room      int64
	Seq       int64
	MessageID int64
	ClientID  string // of a creation or edit
	Body      string // of a creation or edit
	BoostID   int64
	Boosts    []int64 // of a creation or edit: those the message carried
}

// Subscriber is one person's record of one room, in the order received.
type Subscriber struct {
	Name   string
	Room   int64
	Member bool // may receive the room's events at all
	Since  int64
	// Removed is when the end of the membership was acknowledged; zero: it
	// lasted. Events of what was sent later must not arrive.
	Removed time.Time
	Events  []Event
}

// Stored is one message as a reader finds it at the end.
type Stored struct {
	Room      int64
	MessageID int64
	Seq       int64
	Author    int64
	ClientID  string
	Body      string
	Boosts    []int64
	Found     bool // a search for its words finds it
}

// History is all that was recorded of one run.
type History struct {
	Changes     []Change
	Subscribers []Subscriber
	Stored      []Stored
	Seq         map[int64]int64 // each room's number at the end
}
