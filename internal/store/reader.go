package store

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"time"

	"campfire"
)

// Reader reads one snapshot. What it doesn't find is a CodeNotFound error.
type Reader struct {
	c *conn
	m *metrics
}

var (
	beginRead = define("begin", `BEGIN`)
	endRead   = define("begin", `COMMIT`)
)

// readerWait bounds the wait for a connection that is free.
const readerWait = 5 * time.Second

// Read runs fn on one snapshot. CodeOverloaded when no reader came free in time.
func (s *Store) Read(ctx context.Context, fn func(*Reader) error) error {
	c, err := s.acquire(ctx)
	if err != nil {
		return err
	}
	defer func() { s.readers <- c }()
	r := &Reader{c: c, m: s.metrics}
	if err := r.run(beginRead); err != nil {
		return err
	}
	// Nothing was written, so how the snapshot is let go can't matter; if it
	// can't be, the next BEGIN on this connection will say so.
	defer r.run(endRead)
	return fn(r)
}

func (s *Store) acquire(ctx context.Context) (*conn, error) {
	select {
	case c := <-s.readers:
		return c, nil
	default:
	}
	s.metrics.waits.Inc()
	timer := time.NewTimer(readerWait)
	defer timer.Stop()
	select {
	case c := <-s.readers:
		return c, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-s.quit:
		return nil, errClosed()
	case <-timer.C:
		return nil, overloaded("The database is busy; try again shortly.")
	}
}

// overloaded asks to come back after 1 to 5 s, spread so that not all come
// back at once.
func overloaded(detail string) error {
	return &campfire.Error{Code: campfire.CodeOverloaded, Detail: detail,
		RetryAfter: time.Second + rand.N(4*time.Second)}
}

func errClosed() error { return overloaded("The server is stopping.") }

// run executes a statement without parameters or rows.
func (r *Reader) run(st *statement) error {
	p, err := r.c.stmt(st)
	if err != nil {
		return err
	}
	_, err = p.ExecContext(background)
	return err
}

// one scans the first row into dest; sql.ErrNoRows when there is none.
func (r *Reader) one(st *statement, a args, dest ...any) error {
	began := time.Now()
	defer r.m.observe(st, began)
	p, err := r.c.stmt(st)
	if err != nil {
		return err
	}
	err = p.QueryRowContext(background, a...).Scan(dest...)
	if err != nil && err != sql.ErrNoRows {
		return fmt.Errorf("%s: %w", st.op, err)
	}
	return err
}

// each calls row for every row.
func (r *Reader) each(st *statement, a args, row func(*sql.Rows) error) error {
	began := time.Now()
	defer r.m.observe(st, began)
	p, err := r.c.stmt(st)
	if err != nil {
		return err
	}
	rows, err := p.QueryContext(background, a...)
	if err != nil {
		return fmt.Errorf("%s: %w", st.op, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows); err != nil {
			return fmt.Errorf("%s: %w", st.op, err)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("%s: %w", st.op, err)
	}
	return nil
}

// list scans every row into a T.
func list[T any](r *Reader, st *statement, a args, scan func(*sql.Rows, *T) error) ([]T, error) {
	var out []T
	err := r.each(st, a, func(rows *sql.Rows) error {
		var v T
		if err := scan(rows, &v); err != nil {
			return err
		}
		out = append(out, v)
		return nil
	})
	return out, err
}

// column scans rows of one column.
func column[T any](r *Reader, st *statement, a args) ([]T, error) {
	return list(r, st, a, func(rows *sql.Rows, v *T) error { return rows.Scan(v) })
}

// notFound turns "no row" into what the caller is told.
func notFound(err error, what string) error {
	if err == sql.ErrNoRows {
		return campfire.NotFound(what)
	}
	return err
}
