-- +goose Up

-- A style sheet of the installation's own. The version, which every page reads,
-- comes first: what stands behind a long value costs the reading of it.
ALTER TABLE account ADD COLUMN styles_version TEXT NOT NULL DEFAULT '';
ALTER TABLE account ADD COLUMN styles TEXT NOT NULL DEFAULT '';
