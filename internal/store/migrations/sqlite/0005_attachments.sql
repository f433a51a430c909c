-- +goose Up

-- Files, from when their upload begins until their bytes are gone.
CREATE TABLE attachments (
	id           INTEGER PRIMARY KEY AUTOINCREMENT,
	user_id      INTEGER NOT NULL REFERENCES users (id),
	room_id      INTEGER NOT NULL, -- 0: not posted
	message_id   INTEGER NOT NULL, -- 0: not posted
	state        INTEGER NOT NULL, -- 0 coming, 1 whole, 2 posted, 3 to be removed
	filename     TEXT    NOT NULL,
	content_type TEXT    NOT NULL,
	byte_size    INTEGER NOT NULL,
	width        INTEGER NOT NULL, -- 0: not known
	height       INTEGER NOT NULL,
	thumbnail    INTEGER NOT NULL, -- whether there is one
	blob         TEXT    NOT NULL UNIQUE,
	created_at   INTEGER NOT NULL
);
CREATE INDEX attachments_by_message ON attachments (message_id);
-- What someone stores is summed up from this index alone.
CREATE INDEX attachments_by_user ON attachments (user_id, state, byte_size);
CREATE INDEX attachments_unposted ON attachments (state, created_at) WHERE state <> 2;
