-- +goose Up

-- The indexer merges this index itself, a few pages at a time: left to SQLite,
-- whichever commit comes when enough has gathered pays for a long merge.
INSERT INTO trigrams (trigrams, rank) VALUES ('automerge', 0);
