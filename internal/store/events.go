package store

import (
	"slices"

	"campfire"
	"campfire/internal/sqlite"
)

var (
	createdSince = define("events", `SELECT `+messageColumns+`, m.deleted = 1 OR m.id <= u.hidden_through
		FROM messages m JOIN users u ON u.id = m.author_id
		WHERE m.room_id = $1 AND m.seq > $2 ORDER BY m.seq LIMIT $3`)
	changedSince = define("events", `SELECT seq, kind, message_id, boost_id FROM events WHERE room_id = $1 AND seq > $2 ORDER BY seq LIMIT $3`)
)

// Events returns what happened in a room after since, in order, as things
// stand now: a message that is gone appears as MessageDeleted, a boost that
// is gone as BoostDeleted. CodeResync when since is before the kept log.
func (r *Reader) Events(room campfire.RoomID, since campfire.Seq, limit int) (events []*campfire.Event, more bool, err error) {
	rm, err := r.Room(room)
	if err != nil {
		return nil, false, err
	}
	if since+1 < rm.OldestReplayable {
		return nil, false, &campfire.Error{Code: campfire.CodeResync, Detail: "That is longer ago than events are kept; fetch a fresh page."}
	}
	// Each kind of row is read up to the limit; of the two in order, the
	// first limit are complete.
	created, err := list(r, createdSince, args{room, since, limit + 1}, scanCreated)
	if err != nil {
		return nil, false, err
	}
	var messages []*campfire.Message
	for _, e := range created {
		if e.Message != nil {
			messages = append(messages, e.Message)
		}
	}
	if err := r.dress(messages); err != nil {
		return nil, false, err
	}
	changed, err := list(r, changedSince, args{room, since, limit + 1}, func(rows *sqlite.Stmt, e **campfire.Event) error {
		*e = &campfire.Event{Room: room}
		return rows.Scan(&(*e).Seq, &(*e).Kind, &(*e).MessageID, &(*e).BoostID)
	})
	if err != nil {
		return nil, false, err
	}
	events = append(created, changed...)
	slices.SortFunc(events, func(a, b *campfire.Event) int { return int(a.Seq - b.Seq) })
	if len(events) > limit {
		events, more = events[:limit], true
	}
	for _, e := range events {
		if err := r.current(e); err != nil {
			return nil, false, err
		}
	}
	return events, more, nil
}

func scanCreated(rows *sqlite.Stmt, e **campfire.Event) error {
	var w row
	var gone bool
	if err := rows.Scan(w.dest(&gone)...); err != nil {
		return err
	}
	*e = &campfire.Event{Kind: campfire.MessageDeleted, Room: w.m.Room, Seq: w.m.Seq, MessageID: w.m.ID}
	if gone {
		return nil
	}
	(*e).Kind = campfire.MessageCreated
	var err error
	(*e).Message, err = w.message()
	return err
}

// current brings a recorded change up to how things stand now.
func (r *Reader) current(e *campfire.Event) (err error) {
	switch e.Kind {
	case campfire.MessageUpdated:
		e.Message, err = r.Message(e.Room, e.MessageID)
		if campfire.CodeOf(err) == campfire.CodeNotFound {
			e.Kind, err = campfire.MessageDeleted, nil
		}
	case campfire.BoostCreated:
		b := &campfire.Boost{}
		err = r.one(boostGet, args{e.BoostID}, &b.ID, &b.Booster.ID, repeated(&b.Booster.Name), &b.Booster.Avatar, &b.Booster.Role, &b.Content, &b.CreatedAt)
		if err == errNoRow {
			e.Kind, err = campfire.BoostDeleted, nil
		} else {
			e.Boost = b
		}
	}
	return err
}

var (
	eventsBefore = define("events_purge", `SELECT room_id, seq FROM events WHERE created_at < $1 ORDER BY created_at LIMIT $2`)
	eventDelete  = define("events_purge", `DELETE FROM events WHERE room_id = $1 AND seq = $2`)
	roomOldest   = define("events_purge", `UPDATE rooms SET oldest_replayable = max(oldest_replayable, $2) WHERE id = $1`)
)

// PurgeEvents removes up to limit events older than before from the logs and
// moves their rooms' OldestReplayable.
func (tx *Tx) PurgeEvents(before campfire.Time, limit int) (int, error) {
	type place struct {
		room campfire.RoomID
		seq  campfire.Seq
	}
	old, err := list(&tx.Reader, eventsBefore, args{before, limit}, func(rows *sqlite.Stmt, p *place) error {
		return rows.Scan(&p.room, &p.seq)
	})
	if err != nil {
		return 0, err
	}
	for _, p := range old {
		if err := tx.exec(eventDelete, p.room, p.seq); err != nil {
			return 0, err
		}
		if err := tx.exec(roomOldest, p.room, p.seq+1); err != nil {
			return 0, err
		}
	}
	return len(old), nil
}
