package store

import (
	"campfire"
	"campfire/internal/sqlite"
)

const hookColumns = `h.id, h.room_id, h.user_id, h.name, h.created_at, h.last_used_at, c.id, c.name, c.avatar`

const hookTables = `hooks h JOIN users c ON c.id = h.creator_id`

// noHook leaves the bots of hooks out of a list of users u: each belongs to
// its room alone.
const noHook = ` AND NOT EXISTS (SELECT 1 FROM hooks h WHERE h.user_id = u.id)`

var (
	hookGet = define("hook", `SELECT `+hookColumns+`, r.id IS NOT NULL FROM `+hookTables+`
		LEFT JOIN rooms r ON r.id = h.room_id AND r.deleted = 0 WHERE h.hash = $1`)
	hookOf     = define("hook", `SELECT `+hookColumns+` FROM `+hookTables+` WHERE h.user_id = $1`)
	hookList   = define("hooks", `SELECT `+hookColumns+` FROM `+hookTables+` WHERE h.room_id = $1 ORDER BY h.id`)
	hooksBy    = define("hooks", `SELECT `+hookColumns+` FROM `+hookTables+` WHERE h.creator_id = $1 ORDER BY h.id`)
	hookCreate = define("hook_write", `INSERT INTO hooks (room_id, user_id, creator_id, hash, name, created_at, last_used_at)
		VALUES ($1, $2, $3, $4, $5, $6, 0) RETURNING id`)
	hookDelete = define("hook_write", `DELETE FROM hooks WHERE id = $1`)
	hookTouch  = define("hook_write", `UPDATE hooks SET last_used_at = $2 WHERE id = $1`)
)

func hookDest(h *campfire.Hook, more ...any) []any {
	return append([]any{&h.ID, &h.Room, &h.User, &h.Name, &h.CreatedAt, &h.LastUsedAt,
		&h.Creator.ID, repeated(&h.Creator.Name), &h.Creator.Avatar}, more...)
}

func scanHook(rows *sqlite.Stmt, h **campfire.Hook) error {
	*h = &campfire.Hook{}
	return rows.Scan(hookDest(*h)...)
}

// Hook finds a hook by its secret, and tells whether its room still exists.
func (r *Reader) Hook(s SecretHash) (h *campfire.Hook, room bool, err error) {
	h = &campfire.Hook{}
	if err := r.one(hookGet, args{s[:]}, hookDest(h, &room)...); err != nil {
		return nil, false, notFound(err, "hook")
	}
	return h, room, nil
}

// HookOf returns the hook that posts as u.
func (r *Reader) HookOf(u campfire.UserID) (*campfire.Hook, error) {
	h := &campfire.Hook{}
	if err := r.one(hookOf, args{u}, hookDest(h)...); err != nil {
		return nil, notFound(err, "hook")
	}
	return h, nil
}

// Hooks lists a room's hooks, oldest first.
func (r *Reader) Hooks(room campfire.RoomID) ([]*campfire.Hook, error) {
	return list(r, hookList, args{room}, scanHook)
}

// HooksBy lists the hooks that u made.
func (r *Reader) HooksBy(u campfire.UserID) ([]*campfire.Hook, error) {
	return list(r, hooksBy, args{u}, scanHook)
}

// CreateHook stores h and sets its ID.
func (tx *Tx) CreateHook(h *campfire.Hook, s SecretHash) error {
	return tx.returning(hookCreate, args{h.Room, h.User, h.Creator.ID, s[:], h.Name, h.CreatedAt}, &h.ID)
}

// DeleteHook forgets a hook; its bot's user stays.
func (tx *Tx) DeleteHook(id campfire.HookID) error { return tx.exec(hookDelete, id) }

// TouchHook stores a hook's latest use.
func (tx *Tx) TouchHook(id campfire.HookID, at campfire.Time) error {
	return tx.exec(hookTouch, id, at)
}
