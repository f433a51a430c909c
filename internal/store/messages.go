package store

import "campfire"

// Message returns a message that is neither deleted nor hidden, of this room.
func (r *Reader) Message(room campfire.RoomID, id campfire.MessageID) (*campfire.Message, error) {
	panic("store")
}

// SeqOf returns the number that a message was created under, of this room,
// deleted or not: the place that a cursor names.
func (r *Reader) SeqOf(room campfire.RoomID, id campfire.MessageID) (campfire.Seq, error) {
	panic("store")
}

// PageQuery asks for a page of a room's messages. At most one of Before,
// After and Around is set; with none it is the newest page.
type PageQuery struct {
	Before, After, Around campfire.Seq
	Limit                 int
}

// Page is a stretch of a room, oldest first.
type Page struct {
	Messages            []*campfire.Message
	HasBefore, HasAfter bool
}

// Page returns a stretch of a room: Around gives half before, the message at
// that number, and half after. Deleted and hidden messages are left out.
func (r *Reader) Page(room campfire.RoomID, q PageQuery) (*Page, error) { panic("store") }

// Events returns what happened in a room after since, in order, as things
// stand now: a message that is gone appears as MessageDeleted, a boost that
// is gone as BoostDeleted. CodeResync when since is before the kept log.
func (r *Reader) Events(room campfire.RoomID, since campfire.Seq, limit int) (events []*campfire.Event, more bool, err error) {
	panic("store")
}

// MentionsOf returns messages that mention u, from the rooms u is in, newest
// first, before the given id (zero: from the newest).
func (r *Reader) MentionsOf(u campfire.UserID, before campfire.MessageID, limit int) ([]*campfire.Message, bool, error) {
	panic("store")
}

// InsertMessage stores m as its room's next message: it sets ID, Seq, Version
// and advances the room. digest is of what the poster first sent. When the
// author has used the client id in this room before, nothing is stored and
// the first post is returned instead.
func (tx *Tx) InsertMessage(m *campfire.Message, digest [16]byte) (*FirstPost, error) { panic("store") }

// FirstPost is what is kept of a post for ever, deleted or not.
type FirstPost struct {
	ID      campfire.MessageID
	Seq     campfire.Seq
	Digest  [16]byte
	Deleted bool
}

// FirstPost finds a post by its client id.
func (r *Reader) FirstPost(room campfire.RoomID, author campfire.UserID, clientID string) (*FirstPost, error) {
	panic("store")
}

// AddMentions records whom a message mentions (campfire.Everyone for all),
// for counts and the inbox. Edits replace what was recorded.
func (tx *Tx) AddMentions(m *campfire.Message, people []campfire.UserID) error { panic("store") }

// UpdateMessage stores body, rendering, metadata and EditedAt of m under the
// room's next number, which becomes its Version, and records the event.
func (tx *Tx) UpdateMessage(m *campfire.Message) error { panic("store") }

// DeleteMessage turns a message into a tombstone under the room's next number
// and records the event. The text is gone with it.
func (tx *Tx) DeleteMessage(room campfire.RoomID, id campfire.MessageID, now campfire.Time) (campfire.Seq, error) {
	panic("store")
}

// InsertBoost stores b on a message under the room's next number, sets its ID
// and records the event. When the booster has put the same content there
// before, nothing is stored and that boost is returned with seq zero.
func (tx *Tx) InsertBoost(room campfire.RoomID, message campfire.MessageID, b campfire.Boost) (campfire.Boost, campfire.Seq, error) {
	panic("store")
}

// DeleteBoost removes a boost under the room's next number and records the event.
func (tx *Tx) DeleteBoost(room campfire.RoomID, message campfire.MessageID, id campfire.BoostID, now campfire.Time) (campfire.Seq, error) {
	panic("store")
}

// Rerender stores a newer renderer's output without a number or an event, if
// the message is still of the given version.
func (tx *Tx) Rerender(m *campfire.Message) error { panic("store") }

// Sweep is a banned person's messages on their way to tombstones.
type Sweep struct {
	User    campfire.UserID
	Through campfire.MessageID
	Cursor  campfire.MessageID // everything up to here is done
}

// StartSweep hides all messages of u in one statement and queues their sweep.
func (tx *Tx) StartSweep(u campfire.UserID) error { panic("store") }

// Sweeps returns the unfinished sweeps.
func (r *Reader) Sweeps() ([]Sweep, error) { panic("store") }

// AdvanceSweep looks at up to scan messages after sw.Cursor, deletes those of
// sw.User (emitting an event for each), stores the new cursor, and reports
// whether the sweep is done; then its row is gone.
func (tx *Tx) AdvanceSweep(sw Sweep, scan int, now campfire.Time) (done bool, err error) {
	panic("store")
}

// PurgeEvents removes up to limit events older than before from the logs and
// moves their rooms' OldestReplayable.
func (tx *Tx) PurgeEvents(before campfire.Time, limit int) (n int, err error) { panic("store") }
