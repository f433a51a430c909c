-- +goose Up

-- What links lead to, by their normalised form, until it is looked at again.
CREATE TABLE link_previews (
	url         TEXT    PRIMARY KEY,
	expires_at  INTEGER NOT NULL,
	title       TEXT    NOT NULL, -- empty: the page says nothing, or could not be had
	description TEXT    NOT NULL,
	site        TEXT    NOT NULL,
	image_id    TEXT    NOT NULL, -- empty: none
	width       INTEGER NOT NULL,
	height      INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX link_previews_by_expiry ON link_previews (expires_at);
CREATE INDEX link_previews_by_image ON link_previews (image_id) WHERE image_id <> '';

-- Their pictures, made small here, by their content. One goes with the last
-- message that shows it and the last link that is known by it.
CREATE TABLE preview_images (
	hash         TEXT NOT NULL PRIMARY KEY, -- the id; one called so is taken for a number
	content_type TEXT NOT NULL,
	data         BLOB NOT NULL
);
CREATE TABLE preview_uses (
	image_id   TEXT    NOT NULL,
	message_id INTEGER NOT NULL,
	room_id    INTEGER NOT NULL,
	PRIMARY KEY (image_id, message_id)
) WITHOUT ROWID;
CREATE INDEX preview_uses_by_message ON preview_uses (message_id);

-- The style sheet stays the last column: what stands behind a long value costs
-- the reading of it.
ALTER TABLE account ADD COLUMN previews INTEGER NOT NULL DEFAULT 1;
ALTER TABLE account ADD COLUMN sheet TEXT NOT NULL DEFAULT '';
UPDATE account SET sheet = styles;
ALTER TABLE account DROP COLUMN styles;
ALTER TABLE account RENAME COLUMN sheet TO styles;
