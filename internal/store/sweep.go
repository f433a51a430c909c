package store

import (
	"campfire"
	"campfire/internal/sqlite"
)

// Sweep is a banned person's messages on their way to tombstones.
type Sweep struct {
	User    campfire.UserID
	Through campfire.MessageID
	Cursor  campfire.MessageID // everything up to here is done
}

var (
	userHide   = define("sweep", `UPDATE users SET hidden_through = (SELECT coalesce(max(id), 0) FROM messages) WHERE id = $1`)
	sweepStart = define("sweep", `INSERT INTO sweeps (user_id, through, cursor) SELECT id, hidden_through, 0 FROM users WHERE id = $1
		ON CONFLICT (user_id) DO UPDATE SET through = excluded.through`)
	sweepList = define("sweep", `SELECT user_id, through, cursor FROM sweeps`)
	sweepScan = define("sweep", `SELECT id, room_id, author_id = $1 AND deleted = 0 FROM messages WHERE id > $2 AND id <= $3 ORDER BY id LIMIT $4`)
	sweepMove = define("sweep", `UPDATE sweeps SET cursor = $2 WHERE user_id = $1`)
	sweepEnd  = define("sweep", `DELETE FROM sweeps WHERE user_id = $1 AND through <= $2`)
)

// StartSweep hides all messages of u in one statement and queues their sweep;
// files that u has not posted are given up.
func (tx *Tx) StartSweep(u campfire.UserID) error {
	if err := tx.exec(userHide, u); err != nil {
		return err
	}
	if err := tx.RemoveUnposted(u); err != nil {
		return err
	}
	return tx.exec(sweepStart, u)
}

// Sweeps returns the unfinished sweeps.
func (r *Reader) Sweeps() ([]Sweep, error) {
	return list(r, sweepList, nil, func(rows *sqlite.Stmt, s *Sweep) error { return rows.Scan(&s.User, &s.Through, &s.Cursor) })
}

// tombstonesPerStep bounds the deletions of one step.
const tombstonesPerStep = 200

// AdvanceSweep looks at up to scan messages after sw.Cursor, deletes those of
// sw.User (emitting an event for each), stores the new cursor, and reports
// whether the sweep is done; then its row is gone.
func (tx *Tx) AdvanceSweep(sw Sweep, scan int, now campfire.Time) (done bool, err error) {
	type seen struct {
		id     campfire.MessageID
		room   campfire.RoomID
		theirs bool
	}
	rows, err := list(&tx.Reader, sweepScan, args{sw.User, sw.Cursor, sw.Through, scan}, func(rows *sqlite.Stmt, s *seen) error {
		return rows.Scan(&s.id, &s.room, &s.theirs)
	})
	if err != nil {
		return false, err
	}
	cursor, deleted := sw.Cursor, 0
	for _, s := range rows {
		if deleted == tombstonesPerStep {
			break
		}
		cursor = s.id
		if !s.theirs {
			continue
		}
		seq, err := tx.DeleteMessage(s.room, s.id, now)
		if campfire.CodeOf(err) == campfire.CodeNotFound {
			continue // the room is deleted
		}
		if err != nil {
			return false, err
		}
		deleted++
		tx.Emit(&campfire.Event{Kind: campfire.MessageDeleted, Room: s.room, Seq: seq, MessageID: s.id})
	}
	if len(rows) < scan && (len(rows) == 0 || cursor == rows[len(rows)-1].id) {
		err := tx.exec(sweepEnd, sw.User, sw.Through)
		return true, err
	}
	err = tx.exec(sweepMove, sw.User, cursor)
	return false, err
}

var (
	purgeRoom     = define("room_purge", `SELECT id FROM rooms WHERE deleted = 1 ORDER BY id LIMIT 1`)
	purgeMessages = define("room_purge", `SELECT id FROM messages WHERE room_id = $1 ORDER BY seq LIMIT $2`)
	purgeBoosts   = define("room_purge", `DELETE FROM boosts WHERE message_id = $1`)
	purgeMentions = define("room_purge", `DELETE FROM mentions WHERE message_id = $1`)
	purgeMessage  = define("room_purge", `DELETE FROM messages WHERE id = $1`)
	purgeEvents   = define("room_purge", `DELETE FROM events WHERE room_id = $1 AND seq IN (SELECT seq FROM events WHERE room_id = $1 LIMIT $2)`)
	purgeMembers  = define("room_purge", `DELETE FROM memberships WHERE room_id = $1`)
	purgeLast     = define("room_purge", `DELETE FROM rooms WHERE id = $1`)
)

// PurgeRooms removes up to limit rows of deleted rooms and reports whether
// any are left.
func (tx *Tx) PurgeRooms(limit int) (more bool, err error) {
	var room campfire.RoomID
	err = tx.one(purgeRoom, nil, &room)
	if err == errNoRow {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	ids, err := column[campfire.MessageID](&tx.Reader, purgeMessages, args{room, limit})
	if err != nil {
		return false, err
	}
	for _, id := range ids {
		if err := tx.unindex(id); err != nil {
			return false, err
		}
		if err := tx.hideImages(id); err != nil {
			return false, err
		}
		for _, st := range []*statement{purgeBoosts, purgeMentions, filesOf, purgeMessage} {
			if err := tx.exec(st, id); err != nil {
				return false, err
			}
		}
	}
	if len(ids) > 0 {
		return true, nil
	}
	if n, err := tx.execCount(purgeEvents, room, limit); err != nil || n > 0 {
		return true, err
	}
	for _, st := range []*statement{purgeMembers, purgeLast} {
		if err := tx.exec(st, room); err != nil {
			return false, err
		}
	}
	return true, nil
}
