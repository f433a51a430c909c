package store

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"

	"campfire"
)

// FileRows are the rows of files, for whoever holds them against the bytes
// that are kept. They are read through a connection of their own, by one
// goroutine at a time.
type FileRows struct{ c *sql.Conn }

// Count returns how many files there are whose bytes must be there: those
// that hang on a message or wait for one.
func (f *FileRows) Count(ctx context.Context) (n int64, err error) {
	return n, f.c.QueryRowContext(ctx, `SELECT count(*) FROM attachments WHERE state IN (1, 2)`).Scan(&n)
}

const filesFrom = `SELECT a.id, a.state, a.byte_size, a.thumbnail, a.blob FROM attachments a WHERE a.state IN (1, 2) AND `

// Before returns up to limit files with smaller ids than the given one, the
// newest first. Of each the ID, State, Size, Thumbnail and Blob are read.
func (f *FileRows) Before(ctx context.Context, id campfire.AttachmentID, limit int) ([]File, error) {
	return f.list(ctx, filesFrom+`a.id < ? ORDER BY a.id DESC LIMIT ?`, id, limit)
}

// Some returns about n files at random among those with smaller ids than the
// given one, each once; as Before reads them.
func (f *FileRows) Some(ctx context.Context, id campfire.AttachmentID, n int) (some []File, err error) {
	seen := make(map[campfire.AttachmentID]bool, n)
	for range n {
		if id <= 1 {
			break
		}
		one, err := f.list(ctx, filesFrom+`a.id < ? ORDER BY a.id DESC LIMIT 1`, 1+rand.N(id))
		if err != nil {
			return nil, err
		}
		if len(one) == 1 && !seen[one[0].ID] {
			seen[one[0].ID] = true
			some = append(some, one[0])
		}
	}
	return some, nil
}

func (f *FileRows) list(ctx context.Context, query string, args ...any) ([]File, error) {
	return listOn(ctx, f.c, func(rows *sql.Rows, file *File) error {
		return rows.Scan(&file.ID, &file.State, &file.Size, &file.Thumbnail, &file.Blob)
	}, query, args...)
}

// Kept reports whether a file is kept under a key, whatever its state.
func (f *FileRows) Kept(ctx context.Context, key string) (kept bool, err error) {
	return kept, f.c.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM attachments WHERE blob = ?)`, key).Scan(&kept)
}

// Wanted reports whether a file's bytes must be there still.
func (f *FileRows) Wanted(ctx context.Context, id campfire.AttachmentID) (wanted bool, err error) {
	err = f.c.QueryRowContext(ctx, `SELECT state IN (1, 2) FROM attachments WHERE id = ?`, id).Scan(&wanted)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return wanted, err
}
