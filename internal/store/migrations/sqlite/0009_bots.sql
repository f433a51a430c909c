-- +goose Up

-- What makes a user with the role of a bot one. A signing secret has to be
-- used, so it is kept as it is; posting_key makes the tokens in the paths that
-- webhooks name (docs/decisions/0019-where-a-webhook-lets-a-bot-post.md).
CREATE TABLE bots (
	user_id         INTEGER PRIMARY KEY REFERENCES users (id),
	webhook_url     TEXT    NOT NULL, -- empty: none
	webhook_stopped INTEGER NOT NULL, -- when the receiver said that it is gone; 0: it did not
	webhook_secret  TEXT    NOT NULL,
	posting_key     BLOB    NOT NULL
);

-- Bits of campfire.Scopes: what was made before may do all.
ALTER TABLE credentials ADD COLUMN scopes INTEGER NOT NULL DEFAULT 7;
