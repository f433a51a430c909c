-- +goose Up

-- Where browsers are reached (Web Push). One ends with the credential that
-- subscribed it: who signs out a device hears nothing on it any more.
CREATE TABLE push_subscriptions (
	id              INTEGER PRIMARY KEY AUTOINCREMENT,
	user_id         INTEGER NOT NULL REFERENCES users (id),
	credential_id   INTEGER NOT NULL REFERENCES credentials (id) ON DELETE CASCADE,
	endpoint        TEXT    NOT NULL UNIQUE,
	p256dh          TEXT    NOT NULL,
	auth            TEXT    NOT NULL,
	user_agent      TEXT    NOT NULL,
	language        TEXT    NOT NULL,
	base            TEXT    NOT NULL, -- address of the installation as the browser sees it
	created_at      INTEGER NOT NULL,
	last_at         INTEGER NOT NULL, -- 0: nothing was pushed yet
	last_success_at INTEGER NOT NULL, -- 0: never
	last_status     INTEGER NOT NULL, -- 0: the push service was not reached
	last_detail     TEXT    NOT NULL
);
CREATE INDEX push_subscriptions_by_user ON push_subscriptions (user_id);
CREATE INDEX push_subscriptions_by_credential ON push_subscriptions (credential_id);

-- Of those who have set something.
CREATE TABLE notification_settings (
	user_id      INTEGER NOT NULL PRIMARY KEY REFERENCES users (id),
	time_zone    TEXT    NOT NULL,
	quiet        TEXT    NOT NULL, -- JSON
	paused_until INTEGER NOT NULL, -- 0: not paused
	keywords     TEXT    NOT NULL  -- JSON
);

-- What was decided about a message, for those who had a device then: what is
-- told of it later is what happened, whatever has been set since.
CREATE TABLE notify_decisions (
	message_id INTEGER NOT NULL PRIMARY KEY,
	rules      TEXT    NOT NULL, -- JSON, by user
	at         INTEGER NOT NULL
);
CREATE INDEX notify_decisions_by_time ON notify_decisions (at);
