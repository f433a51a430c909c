package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"campfire"
	"campfire/internal/sqlite"
)

// Reader reads one snapshot. What it doesn't find is a CodeNotFound error.
type Reader struct {
	c    *conn
	m    *metrics
	rows int // read so far
}

// errNoRow is what one returns when there is no row.
var errNoRow = errors.New("no row")

var (
	beginRead = define("begin", `BEGIN`)
	endRead   = define("begin", `COMMIT`)
)

// readerWait bounds the wait for a connection that is free.
const readerWait = 5 * time.Second

// Read runs fn on one snapshot. CodeOverloaded when no reader came free in
// time, or when fn took longer than Options.MaxRead and what it read then was
// cut off.
func (s *Store) Read(ctx context.Context, fn func(*Reader) error) error {
	c, err := s.acquire(ctx)
	if err != nil {
		return err
	}
	defer func() { s.readers <- c }()
	began := time.Now()
	r := &Reader{c: c, m: s.metrics}
	cutOff, err := r.snapshot(began.Add(s.opts.MaxRead), fn)
	s.metrics.slow.note(opRead, time.Since(began), r.rows)
	if cutOff && (isInterrupted(err) || errors.Is(err, errTooLong)) {
		return campfire.Overloaded("The database is busy with much; try again shortly, or ask for less.")
	}
	return err
}

// snapshot runs fn between the statements that keep its snapshot and reports
// whether it was still kept at the time given. Only fn is bounded: a COMMIT
// that was interrupted would leave the connection in its transaction, and
// every later BEGIN on it would fail.
func (r *Reader) snapshot(until time.Time, fn func(*Reader) error) (cutOff bool, err error) {
	if err := r.run(beginRead); err != nil {
		return false, err
	}
	defer func() {
		if e := r.run(endRead); e != nil {
			err = errors.Join(err, e)
		}
	}()
	r.c.bound.set(until)
	defer func() { cutOff = r.c.bound.lift() }()
	return false, fn(r)
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
		return nil, campfire.Overloaded("The database is busy; try again shortly.")
	}
}

func errClosed() error { return campfire.Overloaded("The server is stopping.") }

// run executes a statement without parameters or rows.
func (r *Reader) run(st *statement) error {
	p, err := r.c.stmt(st)
	if err != nil {
		return err
	}
	defer p.Reset()
	if err := p.Begin(nil); err != nil {
		return err
	}
	_, err = p.Step()
	return err
}

// one scans the first row into dest; errNoRow when there is none.
func (r *Reader) one(st *statement, a args, dest ...any) error {
	began := time.Now()
	p, err := r.c.begin(st, a)
	if err != nil {
		return err
	}
	defer p.Reset()
	found, err := p.Step()
	if found {
		r.rows++
		err = p.Scan(dest...)
	}
	r.m.observe(st, began, 1)
	if err != nil {
		return fmt.Errorf("%s: %w", st.op, err)
	}
	if !found {
		return errNoRow
	}
	return nil
}

// each calls row for every row.
func (r *Reader) each(st *statement, a args, row func(*sqlite.Stmt) error) error {
	began, n := time.Now(), 0
	p, err := r.c.begin(st, a)
	if err != nil {
		return err
	}
	defer p.Reset()
	more, err := p.Step()
	for more && err == nil {
		n++
		if err = row(p); err == nil {
			more, err = p.Step()
		}
	}
	r.rows += n
	r.m.observe(st, began, n)
	if err != nil {
		return fmt.Errorf("%s: %w", st.op, err)
	}
	return nil
}

// list scans every row into a T.
func list[T any](r *Reader, st *statement, a args, scan func(*sqlite.Stmt, *T) error) ([]T, error) {
	var out []T
	err := r.each(st, a, func(rows *sqlite.Stmt) error {
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
	return list(r, st, a, func(rows *sqlite.Stmt, v *T) error { return rows.Scan(v) })
}

// repeated is where a name goes that many rows have.
func repeated(s *string) *sqlite.Repeated { return (*sqlite.Repeated)(s) }

// notFound turns "no row" into what the caller is told.
func notFound(err error, what string) error {
	if err == errNoRow {
		return campfire.NotFound(what)
	}
	return err
}
