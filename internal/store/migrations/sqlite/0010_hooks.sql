-- +goose Up

-- Incoming webhooks. Each posts as a bot of its own, user_id. The row of one
-- whose room was deleted stays, so that its sender is told; its bot is
-- deactivated.
CREATE TABLE hooks (
	id           INTEGER PRIMARY KEY AUTOINCREMENT,
	room_id      INTEGER NOT NULL,
	user_id      INTEGER NOT NULL UNIQUE REFERENCES users (id),
	creator_id   INTEGER NOT NULL REFERENCES users (id),
	hash         BLOB    NOT NULL UNIQUE,
	name         TEXT    NOT NULL,
	created_at   INTEGER NOT NULL,
	last_used_at INTEGER NOT NULL -- 0: never
);
CREATE INDEX hooks_by_room ON hooks (room_id);
CREATE INDEX hooks_by_creator ON hooks (creator_id);
