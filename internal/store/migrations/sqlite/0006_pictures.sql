-- +goose Up

-- What people and the account show themselves by, apart from the rows that
-- every page reads. The short columns come first: what stands behind a long
-- value costs the reading of it.
CREATE TABLE avatars (
	user_id INTEGER PRIMARY KEY REFERENCES users (id),
	type    TEXT NOT NULL,
	data    BLOB NOT NULL
);

CREATE TABLE logo (
	id      INTEGER PRIMARY KEY CHECK (id = 1),
	version TEXT NOT NULL,
	small   BLOB NOT NULL,
	large   BLOB NOT NULL
);
