-- +goose Up

-- What a change owes to the world outside, written in the change's own
-- transaction. A row goes when it is done, given up or no longer wanted.
CREATE TABLE outbox (
	id           INTEGER PRIMARY KEY AUTOINCREMENT,
	delivery_id  TEXT    NOT NULL, -- the same for every try
	kind         INTEGER NOT NULL,
	lane         INTEGER NOT NULL, -- a bot, a device: only a few of one lane are worked on at once
	room_id      INTEGER NOT NULL, -- 0, as those below: none
	message_id   INTEGER NOT NULL,
	user_id      INTEGER NOT NULL,
	target_id    INTEGER NOT NULL,
	payload      TEXT    NOT NULL,
	created_at   INTEGER NOT NULL,
	run_at       INTEGER NOT NULL,
	leased_until INTEGER NOT NULL, -- 0: nobody works on it
	attempts     INTEGER NOT NULL
);
CREATE INDEX outbox_waiting ON outbox (kind, lane, run_at, id) WHERE leased_until = 0;
CREATE INDEX outbox_leased ON outbox (kind, lane, leased_until) WHERE leased_until <> 0;

-- One row for each lane that has any: when something of it can begin. What to do
-- next is found here, however many rows wait behind a receiver that hangs.
CREATE TABLE outbox_lanes (
	kind    INTEGER NOT NULL,
	lane    INTEGER NOT NULL,
	next_at INTEGER NOT NULL,
	PRIMARY KEY (kind, lane)
) WITHOUT ROWID;
CREATE INDEX outbox_lanes_due ON outbox_lanes (kind, next_at);

-- One row per try, and one for what the full outbox did not take.
CREATE TABLE outbox_log (
	id          INTEGER PRIMARY KEY AUTOINCREMENT,
	delivery_id TEXT    NOT NULL,
	kind        INTEGER NOT NULL,
	lane        INTEGER NOT NULL,
	room_id     INTEGER NOT NULL,
	message_id  INTEGER NOT NULL,
	user_id     INTEGER NOT NULL,
	target_id   INTEGER NOT NULL,
	payload     TEXT    NOT NULL,
	attempt     INTEGER NOT NULL, -- 1, 2, …
	outcome     INTEGER NOT NULL,
	status      INTEGER NOT NULL, -- of the answer over HTTP; 0: none came
	detail      TEXT    NOT NULL,
	took        INTEGER NOT NULL, -- microseconds
	at          INTEGER NOT NULL
);
CREATE INDEX outbox_log_by_user ON outbox_log (user_id, kind, id);
CREATE INDEX outbox_log_by_message ON outbox_log (message_id, kind, id);
