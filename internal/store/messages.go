package store

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"

	"campfire"
	"campfire/internal/sqlite"
)

const messageColumns = `m.id, m.room_id, m.seq, m.version, m.author_id, u.name, u.avatar, u.role, m.client_message_id,
	m.reply_to, m.created_at, m.edited_at, m.render_version, m.body, m.html, m.plain, m.meta`

// shown is what a reader may see of messages m by authors u.
const shown = ` m.deleted = 0 AND m.id > u.hidden_through `

// row is one message as it is scanned.
type row struct {
	m     *campfire.Message
	plain sql.NullString
	meta  sql.NullString
}

func (w *row) dest(more ...any) []any {
	m := &campfire.Message{}
	w.m = m
	return append([]any{&m.ID, &m.Room, &m.Seq, &m.Version, &m.Creator.ID, repeated(&m.Creator.Name), &m.Creator.Avatar, &m.Creator.Role, &m.ClientID,
		&m.ReplyTo, &m.CreatedAt, &m.EditedAt, &m.RenderVersion, &m.Body, &m.HTML, &w.plain, &w.meta}, more...)
}

// message returns what was scanned.
func (w *row) message() (*campfire.Message, error) {
	m := w.m
	m.Plain = m.Body
	if w.plain.Valid {
		m.Plain = w.plain.String
	}
	var err error
	if m.Meta, err = parseMeta(w.meta); err != nil {
		return nil, fmt.Errorf("message %d: %w", m.ID, err)
	}
	return m, nil
}

// parseMeta reads the column of metadata; nil when there is none.
func parseMeta(column sql.NullString) (*campfire.MessageMeta, error) {
	if !column.Valid {
		return nil, nil
	}
	meta := &campfire.MessageMeta{}
	if err := json.Unmarshal([]byte(column.String), meta); err != nil {
		return nil, fmt.Errorf("metadata: %w", err)
	}
	return meta, nil
}

func scanMessage(rows *sqlite.Stmt, m **campfire.Message) (err error) {
	var w row
	if err := rows.Scan(w.dest()...); err != nil {
		return err
	}
	*m, err = w.message()
	return err
}

var (
	messageGet = define("message", `SELECT `+messageColumns+` FROM messages m JOIN users u ON u.id = m.author_id
		WHERE m.id = $2 AND m.room_id = $1 AND`+shown)
	messageSeq = define("message", `SELECT seq FROM messages WHERE id = $2 AND room_id = $1`)

	pageBefore = define("page", `SELECT `+messageColumns+` FROM messages m JOIN users u ON u.id = m.author_id
		WHERE m.room_id = $1 AND m.seq < $2 AND`+shown+`ORDER BY m.seq DESC LIMIT $3`)
	pageAfter = define("page", `SELECT `+messageColumns+` FROM messages m JOIN users u ON u.id = m.author_id
		WHERE m.room_id = $1 AND m.seq > $2 AND`+shown+`ORDER BY m.seq LIMIT $3`)

	quoteGet = define("quotes", `SELECT m.id, u.id, u.name, u.avatar, u.role, coalesce(m.plain, m.body), m.deleted = 1 OR m.id <= u.hidden_through
		FROM messages m JOIN users u ON u.id = m.author_id WHERE m.id = $1`)
	boostsBetween = define("boosts", `SELECT b.message_id, b.id, u.id, u.name, u.avatar, u.role, b.content, b.created_at
		FROM boosts b JOIN users u ON u.id = b.booster_id
		WHERE b.room_id = $1 AND b.message_id BETWEEN $2 AND $3 ORDER BY b.message_id, b.id`)
)

// Message returns a message that is neither deleted nor hidden, of this room.
func (r *Reader) Message(room campfire.RoomID, id campfire.MessageID) (*campfire.Message, error) {
	var w row
	if err := r.one(messageGet, args{room, id}, w.dest()...); err != nil {
		return nil, notFound(err, "message")
	}
	m, err := w.message()
	if err != nil {
		return nil, err
	}
	return m, r.dress([]*campfire.Message{m})
}

// SeqOf returns the number that a message was created under, of this room,
// deleted or not: the place that a cursor names.
func (r *Reader) SeqOf(room campfire.RoomID, id campfire.MessageID) (seq campfire.Seq, err error) {
	return seq, notFound(r.one(messageSeq, args{room, id}, &seq), "message")
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
func (r *Reader) Page(room campfire.RoomID, q PageQuery) (p *Page, err error) {
	p = &Page{}
	switch {
	case q.After != 0:
		p.Messages, p.HasAfter, err = r.stretch(pageAfter, room, q.After, q.Limit)
		if err == nil {
			p.HasBefore, err = r.any(pageBefore, room, q.After+1)
		}
	case q.Around != 0:
		var older, newer []*campfire.Message
		older, p.HasBefore, err = r.stretch(pageBefore, room, q.Around, (q.Limit-1)/2)
		if err != nil {
			return nil, err
		}
		slices.Reverse(older)
		newer, p.HasAfter, err = r.stretch(pageAfter, room, q.Around-1, q.Limit-len(older))
		p.Messages = append(older, newer...)
	default:
		before := q.Before
		if before == 0 {
			before = 1 << 62
		}
		p.Messages, p.HasBefore, err = r.stretch(pageBefore, room, before, q.Limit)
		slices.Reverse(p.Messages)
		if err == nil && q.Before != 0 {
			p.HasAfter, err = r.any(pageAfter, room, q.Before-1)
		}
	}
	if err != nil {
		return nil, err
	}
	return p, r.dress(p.Messages)
}

// stretch reads up to limit messages from a place and tells whether there are more.
func (r *Reader) stretch(st *statement, room campfire.RoomID, from campfire.Seq, limit int) ([]*campfire.Message, bool, error) {
	messages, err := list(r, st, args{room, from, limit + 1}, scanMessage)
	if len(messages) > limit {
		return messages[:limit], true, err
	}
	return messages, false, err
}

func (r *Reader) any(st *statement, room campfire.RoomID, from campfire.Seq) (bool, error) {
	_, more, err := r.stretch(st, room, from, 0)
	return more, err
}

// dress adds what hangs on messages of one room, ascending: boosts and what
// they reply to.
func (r *Reader) dress(messages []*campfire.Message) error {
	if len(messages) == 0 {
		return nil
	}
	at := 0
	first, last := messages[0], messages[len(messages)-1]
	err := r.each(boostsBetween, args{first.Room, first.ID, last.ID}, func(rows *sqlite.Stmt) error {
		var on campfire.MessageID
		var b campfire.Boost
		if err := rows.Scan(&on, &b.ID, &b.Booster.ID, repeated(&b.Booster.Name), &b.Booster.Avatar, &b.Booster.Role, &b.Content, &b.CreatedAt); err != nil {
			return err
		}
		for at < len(messages) && messages[at].ID < on {
			at++
		}
		if at < len(messages) && messages[at].ID == on {
			messages[at].Boosts = append(messages[at].Boosts, b)
		}
		return nil
	})
	if err != nil {
		return err
	}
	quotes := make(map[campfire.MessageID]*campfire.Quote)
	for _, m := range messages {
		if m.ReplyTo == 0 {
			continue
		}
		q, known := quotes[m.ReplyTo]
		if !known {
			if q, err = r.quote(m.ReplyTo); err != nil {
				return err
			}
			quotes[m.ReplyTo] = q
		}
		m.Quote = q
	}
	return nil
}

func (r *Reader) quote(id campfire.MessageID) (*campfire.Quote, error) {
	q := &campfire.Quote{}
	var plain string
	err := r.one(quoteGet, args{id}, &q.ID, &q.Creator.ID, repeated(&q.Creator.Name), &q.Creator.Avatar, &q.Creator.Role, &plain, &q.Deleted)
	if err == errNoRow {
		return &campfire.Quote{ID: id, Deleted: true}, nil
	}
	if err != nil {
		return nil, err
	}
	if !q.Deleted {
		q.Excerpt = campfire.Excerpt(plain)
	}
	return q, nil
}

// FirstPost is what is kept of a post for ever, deleted or not.
type FirstPost struct {
	ID      campfire.MessageID
	Seq     campfire.Seq
	Digest  [16]byte
	Deleted bool
}

var (
	firstPost = define("first_post", `SELECT id, seq, digest, deleted FROM messages WHERE room_id = $1 AND author_id = $2 AND client_message_id = $3`)

	messageInsert = define("message_insert", `INSERT INTO messages (room_id, seq, version, author_id, client_message_id, digest,
			reply_to, created_at, edited_at, deleted, render_version, body, html, plain, meta)
		VALUES ($1, $2, $2, $3, $4, $5, $6, $7, 0, 0, $8, $9, $10, $11, $12)
		ON CONFLICT (room_id, author_id, client_message_id) DO NOTHING`)
	roomPosted = define("room_seq_write", `UPDATE rooms SET seq = $2, last_message_at = $3 WHERE id = $1 AND seq = $2 - 1 AND deleted = 0`)
	roomNext   = define("room_seq_write", `UPDATE rooms SET seq = seq + 1 WHERE id = $1 AND deleted = 0 RETURNING seq`)

	messageUpdate = define("message_update", `UPDATE messages SET version = $2, edited_at = $3, render_version = $4, body = $5, html = $6, plain = $7, meta = $8 WHERE id = $1`)
	messageDelete = define("message_delete", `UPDATE messages SET version = $2, deleted = 1, body = '', html = '', plain = NULL, meta = NULL WHERE id = $1`)
	boostsDelete  = define("message_delete", `DELETE FROM boosts WHERE message_id = $1`)
	eventInsert   = define("event_insert", `INSERT INTO events (room_id, seq, kind, message_id, boost_id, created_at) VALUES ($1, $2, $3, $4, $5, $6)`)

	mentionAdd    = define("mention_write", `INSERT INTO mentions (user_id, room_id, seq, message_id) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`)
	mentionRemove = define("mention_write", `DELETE FROM mentions WHERE message_id = $1`)
)

// FirstPost finds a post by its client id.
func (r *Reader) FirstPost(room campfire.RoomID, author campfire.UserID, clientID string) (*FirstPost, error) {
	p := &FirstPost{}
	var digest []byte
	if err := r.one(firstPost, args{room, author, clientID}, &p.ID, &p.Seq, &digest, &p.Deleted); err != nil {
		return nil, notFound(err, "message")
	}
	copy(p.Digest[:], digest)
	return p, nil
}

// plainColumn is the plain text as it is stored: null when it is the body.
func plainColumn(m *campfire.Message) any {
	if m.Plain == m.Body {
		return nil
	}
	return m.Plain
}

func metaColumn(m *campfire.Message) (any, error) {
	if m.Meta.IsZero() {
		return nil, nil
	}
	b, err := json.Marshal(m.Meta)
	return string(b), err
}

// InsertMessage stores m as its room's next message, sets ID, Seq and Version,
// and advances the room. room is m's, as this transaction has read it. digest
// is of what the poster first sent. When the author has used the client id in
// this room before, nothing is stored and the first post is returned instead.
func (tx *Tx) InsertMessage(room *campfire.Room, m *campfire.Message, digest [16]byte) (*FirstPost, error) {
	meta, err := metaColumn(m)
	if err != nil {
		return nil, err
	}
	// The number is taken from what was read, and the id from the connection:
	// RETURNING would have SQLite set up a table for its one row.
	seq := room.Seq + 1
	stored, err := tx.execCount(messageInsert, room.ID, seq, m.Creator.ID, m.ClientID, digest[:], m.ReplyTo, m.CreatedAt,
		m.RenderVersion, m.Body, m.HTML, plainColumn(m), meta)
	if err != nil {
		return nil, err
	}
	if stored == 0 {
		return tx.FirstPost(room.ID, m.Creator.ID, m.ClientID)
	}
	m.ID, m.Seq, m.Version = campfire.MessageID(tx.c.db.LastInsertID()), seq, seq
	advanced, err := tx.execCount(roomPosted, room.ID, seq, m.CreatedAt)
	if err != nil {
		return nil, err
	}
	if advanced == 0 {
		return nil, fmt.Errorf("message %d of room %d: the room is not the one that was read", seq, room.ID)
	}
	return nil, tx.indexWords(m)
}

// next takes the room's next number.
func (tx *Tx) next(room campfire.RoomID) (seq campfire.Seq, err error) {
	return seq, notFound(tx.returning(roomNext, args{room}, &seq), "room")
}

// AddMentions records whom a message mentions (campfire.Everyone for all),
// for counts and the inbox, in place of what was recorded of it before.
func (tx *Tx) AddMentions(m *campfire.Message, people []campfire.UserID) error {
	if m.Version != m.Seq { // an edit; a new message has none yet
		if err := tx.exec(mentionRemove, m.ID); err != nil {
			return err
		}
	}
	for _, u := range people {
		if err := tx.exec(mentionAdd, u, m.Room, m.Seq, m.ID); err != nil {
			return err
		}
	}
	return nil
}

// UpdateMessage stores body, rendering, metadata and EditedAt of m under the
// room's next number, which becomes its Version, and records the event.
func (tx *Tx) UpdateMessage(m *campfire.Message) error {
	meta, err := metaColumn(m)
	if err != nil {
		return err
	}
	if m.Version, err = tx.next(m.Room); err != nil {
		return err
	}
	if err := tx.exec(messageUpdate, m.ID, m.Version, m.EditedAt, m.RenderVersion, m.Body, m.HTML, plainColumn(m), meta); err != nil {
		return err
	}
	if err := tx.reindex(m); err != nil {
		return err
	}
	if err := tx.showImages(m); err != nil {
		return err
	}
	return tx.exec(eventInsert, m.Room, m.Version, campfire.MessageUpdated, m.ID, 0, m.EditedAt)
}

// DeleteMessage turns a message into a tombstone under the room's next number
// and records the event. The text is gone with it.
func (tx *Tx) DeleteMessage(room campfire.RoomID, id campfire.MessageID, now campfire.Time) (campfire.Seq, error) {
	seq, err := tx.next(room)
	if err != nil {
		return 0, err
	}
	if err := tx.exec(messageDelete, id, seq); err != nil {
		return 0, err
	}
	for _, st := range []*statement{boostsDelete, mentionRemove, filesOf} {
		if err := tx.exec(st, id); err != nil {
			return 0, err
		}
	}
	if err := tx.hideImages(id); err != nil {
		return 0, err
	}
	if err := tx.unindex(id); err != nil {
		return 0, err
	}
	err = tx.exec(eventInsert, room, seq, campfire.MessageDeleted, id, 0, now)
	return seq, err
}

var (
	boostInsert = define("boost_write", `INSERT INTO boosts (room_id, message_id, booster_id, content, seq, created_at)
		SELECT $1, $2, $3, $4, seq + 1, $5 FROM rooms WHERE id = $1 ON CONFLICT (message_id, booster_id, content) DO NOTHING RETURNING id, seq`)
	boostSame = define("boosts", `SELECT id, seq, created_at FROM boosts WHERE message_id = $1 AND booster_id = $2 AND content = $3`)
	boostGet  = define("boosts", `SELECT b.id, u.id, u.name, u.avatar, u.role, b.content, b.created_at
		FROM boosts b JOIN users u ON u.id = b.booster_id WHERE b.id = $1`)
	boostDelete = define("boost_write", `DELETE FROM boosts WHERE id = $1 AND message_id = $2`)
)

// InsertBoost stores b on a message under the room's next number, sets its ID
// and records the event. When the booster has put the same content there
// before, nothing is stored, and that boost and its number are returned with
// created false.
func (tx *Tx) InsertBoost(room campfire.RoomID, message campfire.MessageID, b *campfire.Boost) (seq campfire.Seq, created bool, err error) {
	err = tx.returning(boostInsert, args{room, message, b.Booster.ID, b.Content, b.CreatedAt}, &b.ID, &seq)
	if err == errNoRow {
		return seq, false, tx.one(boostSame, args{message, b.Booster.ID, b.Content}, &b.ID, &seq, &b.CreatedAt)
	}
	if err != nil {
		return 0, false, err
	}
	if seq, err = tx.next(room); err != nil {
		return 0, false, err
	}
	err = tx.exec(eventInsert, room, seq, campfire.BoostCreated, message, b.ID, b.CreatedAt)
	return seq, true, err
}

// DeleteBoost removes a boost under the room's next number and records the event.
func (tx *Tx) DeleteBoost(room campfire.RoomID, message campfire.MessageID, id campfire.BoostID, now campfire.Time) (campfire.Seq, error) {
	n, err := tx.execCount(boostDelete, id, message)
	if err != nil {
		return 0, err
	}
	if n == 0 {
		return 0, campfire.NotFound("boost")
	}
	seq, err := tx.next(room)
	if err != nil {
		return 0, err
	}
	err = tx.exec(eventInsert, room, seq, campfire.BoostDeleted, message, id, now)
	return seq, err
}

var mentionsOf = define("mentions", `SELECT `+messageColumns+`
	FROM mentions x JOIN memberships ms ON ms.user_id = $1 AND ms.room_id = x.room_id
	JOIN messages m ON m.id = x.message_id JOIN users u ON u.id = m.author_id
	WHERE x.user_id IN ($1, 0) AND x.message_id < $2 AND m.author_id <> $1
		AND (x.user_id <> 0 OR m.created_at >= ms.joined_at) AND`+shown+`
	ORDER BY m.id DESC LIMIT $3`)

// MentionsOf returns messages that mention u, from the rooms u is in, newest
// first, before the given id (zero: from the newest).
func (r *Reader) MentionsOf(u campfire.UserID, before campfire.MessageID, limit int) ([]*campfire.Message, bool, error) {
	if before == 0 {
		before = campfire.MaxID
	}
	messages, err := list(r, mentionsOf, args{u, before, limit + 1}, scanMessage)
	if err != nil {
		return nil, false, err
	}
	more := len(messages) > limit
	messages = messages[:min(len(messages), limit)]
	return messages, more, r.dressEach(messages)
}

// dressEach is dress for messages of several rooms.
func (r *Reader) dressEach(messages []*campfire.Message) error {
	for i := range messages {
		if err := r.dress(messages[i : i+1]); err != nil {
			return err
		}
	}
	return nil
}
