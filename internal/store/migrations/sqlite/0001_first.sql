-- +goose Up

-- What the store knows about itself: epoch, watermarks, how it was stopped.
CREATE TABLE meta (
	key   TEXT NOT NULL PRIMARY KEY,
	value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE account (
	id                     INTEGER PRIMARY KEY CHECK (id = 1),
	name                   TEXT    NOT NULL,
	join_code              TEXT    NOT NULL,
	restrict_room_creation INTEGER NOT NULL,
	accent                 INTEGER NOT NULL,
	created_at             INTEGER NOT NULL
);

CREATE TABLE users (
	id             INTEGER PRIMARY KEY AUTOINCREMENT,
	name           TEXT    NOT NULL,
	name_folded    TEXT    NOT NULL,
	avatar         INTEGER NOT NULL,
	role           INTEGER NOT NULL,
	status         INTEGER NOT NULL,
	email          TEXT    NOT NULL,
	email_folded   TEXT    UNIQUE, -- null for bots
	password_hash  TEXT    NOT NULL,
	bio            TEXT    NOT NULL,
	hidden_through INTEGER NOT NULL,
	created_at     INTEGER NOT NULL
);
CREATE INDEX users_by_name ON users (name_folded, id);

CREATE TABLE credentials (
	id           INTEGER PRIMARY KEY AUTOINCREMENT,
	user_id      INTEGER NOT NULL REFERENCES users (id),
	kind         INTEGER NOT NULL,
	hash         BLOB    NOT NULL UNIQUE,
	name         TEXT    NOT NULL,
	user_agent   TEXT    NOT NULL,
	ip           TEXT    NOT NULL,
	created_at   INTEGER NOT NULL,
	last_seen_at INTEGER NOT NULL,
	expires_at   INTEGER NOT NULL -- 0: never
);
CREATE INDEX credentials_by_user ON credentials (user_id, kind);
-- Not partial: held against a bound expiry, a partial index's condition makes
-- SQLite prepare the statement anew at every request.
CREATE INDEX credentials_by_expiry ON credentials (expires_at);

CREATE TABLE transfers (
	hash       BLOB    NOT NULL PRIMARY KEY,
	user_id    INTEGER NOT NULL REFERENCES users (id),
	made_by    INTEGER NOT NULL REFERENCES users (id),
	created_at INTEGER NOT NULL,
	expires_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX transfers_by_user ON transfers (user_id);
CREATE INDEX transfers_by_expiry ON transfers (expires_at);

CREATE TABLE bans (
	user_id    INTEGER NOT NULL REFERENCES users (id),
	ip         TEXT    NOT NULL,
	created_at INTEGER NOT NULL,
	PRIMARY KEY (user_id, ip)
) WITHOUT ROWID;

CREATE TABLE rooms (
	id                INTEGER PRIMARY KEY AUTOINCREMENT,
	kind              INTEGER NOT NULL,
	name              TEXT    NOT NULL,
	name_folded       TEXT    NOT NULL,
	creator_id        INTEGER NOT NULL REFERENCES users (id),
	people            TEXT    UNIQUE, -- of a direct: its ids, ascending; null otherwise
	member_count      INTEGER NOT NULL,
	seq               INTEGER NOT NULL,
	oldest_replayable INTEGER NOT NULL,
	last_message_at   INTEGER NOT NULL, -- 0: none yet
	created_at        INTEGER NOT NULL,
	deleted           INTEGER NOT NULL
);
CREATE INDEX rooms_by_creator ON rooms (creator_id);
CREATE INDEX rooms_deleted ON rooms (id) WHERE deleted = 1;
CREATE INDEX rooms_shared ON rooms (kind, name_folded) WHERE deleted = 0 AND kind < 2;

CREATE TABLE memberships (
	room_id     INTEGER NOT NULL REFERENCES rooms (id),
	user_id     INTEGER NOT NULL REFERENCES users (id),
	involvement INTEGER NOT NULL,
	read_seq    INTEGER NOT NULL,
	joined_at   INTEGER NOT NULL,
	PRIMARY KEY (room_id, user_id)
) WITHOUT ROWID;
CREATE INDEX memberships_by_user ON memberships (user_id, room_id);

-- A message's row is its own creation event. A deleted message keeps its row
-- without the text: its number, its client id and the digest of what was sent.
CREATE TABLE messages (
	id                INTEGER PRIMARY KEY AUTOINCREMENT,
	room_id           INTEGER NOT NULL REFERENCES rooms (id),
	seq               INTEGER NOT NULL,
	version           INTEGER NOT NULL,
	author_id         INTEGER NOT NULL REFERENCES users (id),
	client_message_id TEXT    NOT NULL,
	digest            BLOB    NOT NULL,
	reply_to          INTEGER NOT NULL, -- 0: none
	created_at        INTEGER NOT NULL,
	edited_at         INTEGER NOT NULL, -- 0: never
	deleted           INTEGER NOT NULL,
	render_version    INTEGER NOT NULL,
	body              TEXT    NOT NULL,
	html              TEXT    NOT NULL,
	plain             TEXT,             -- null: the same as body
	meta              TEXT,             -- null: none
	UNIQUE (room_id, author_id, client_message_id)
);
-- Pages, replays and unread counts are ranges of this index alone; the id
-- rides along.
CREATE INDEX messages_by_room ON messages (room_id, seq, author_id, deleted);

-- Edits, deletions and boosts: what took a number and is no message.
CREATE TABLE events (
	room_id    INTEGER NOT NULL REFERENCES rooms (id),
	seq        INTEGER NOT NULL,
	kind       INTEGER NOT NULL,
	message_id INTEGER NOT NULL,
	boost_id   INTEGER NOT NULL, -- 0: none
	created_at INTEGER NOT NULL,
	PRIMARY KEY (room_id, seq)
) WITHOUT ROWID;
CREATE INDEX events_by_time ON events (created_at);

CREATE TABLE boosts (
	id         INTEGER PRIMARY KEY AUTOINCREMENT,
	room_id    INTEGER NOT NULL REFERENCES rooms (id),
	message_id INTEGER NOT NULL REFERENCES messages (id),
	booster_id INTEGER NOT NULL REFERENCES users (id),
	content    TEXT    NOT NULL,
	seq        INTEGER NOT NULL,
	created_at INTEGER NOT NULL,
	UNIQUE (message_id, booster_id, content)
);
CREATE INDEX boosts_by_room ON boosts (room_id, message_id);

-- user_id 0 stands for everyone in the room.
CREATE TABLE mentions (
	user_id    INTEGER NOT NULL,
	room_id    INTEGER NOT NULL REFERENCES rooms (id),
	seq        INTEGER NOT NULL,
	message_id INTEGER NOT NULL REFERENCES messages (id),
	PRIMARY KEY (user_id, room_id, seq)
) WITHOUT ROWID;
CREATE INDEX mentions_by_message ON mentions (message_id);

CREATE TABLE searches (
	user_id INTEGER NOT NULL REFERENCES users (id),
	query   TEXT    NOT NULL,
	at      INTEGER NOT NULL,
	PRIMARY KEY (user_id, query)
) WITHOUT ROWID;

-- Banned people's messages on their way to tombstones.
CREATE TABLE sweeps (
	user_id INTEGER NOT NULL PRIMARY KEY REFERENCES users (id),
	through INTEGER NOT NULL,
	cursor  INTEGER NOT NULL
);

-- Both indexes hold no text of their own, only where each term occurs. They
-- are written explicitly: a trigger would flush the index on every row.
CREATE VIRTUAL TABLE words USING fts5 (
	body, content = '', contentless_delete = 1,
	tokenize = 'unicode61 remove_diacritics 2'
);
CREATE VIRTUAL TABLE trigrams USING fts5 (
	body, content = '', contentless_delete = 1, detail = none,
	tokenize = 'trigram remove_diacritics 1'
);
