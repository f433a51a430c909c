package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// background is what the driver gets for a context: a cancellable one costs a
// goroutine per statement, and would cut a transaction that others share.
var background = context.Background()

// statement is one SQL text, prepared once per connection. Its op names it in
// db_query_duration_seconds.
type statement struct {
	op  string
	sql string
	n   int // its place in every connection's list
}

// statements are all there are, in the order of definition.
var statements []*statement

// idParameter finds comparisons of an id with a parameter.
var idParameter = regexp.MustCompile(`\b((?:\w+\.)?(?:id|(?:room|user|author|message|booster|creator)_id)) = (\$\d+)`)

// define names a statement. $1, $2, … are its parameters, in SQLite as in
// PostgreSQL.
//
// SQLite plans "= 0" and "= 1" apart, taking them for truth values, and
// prepares a statement anew whenever a bare parameter changes between those
// and other numbers. The first room and the first administrator have the id
// 1: ids are compared through a cast, which is no such parameter.
func define(op, text string) *statement {
	text = idParameter.ReplaceAllString(text, "$1 = CAST($2 AS BIGINT)")
	st := &statement{op: op, sql: text, n: len(statements)}
	statements = append(statements, st)
	return st
}

// args are a statement's parameters.
type args []any

// conn is one connection with its prepared statements. One goroutine at a
// time uses it.
type conn struct {
	sql      *sql.Conn
	prepared []*sql.Stmt
}

func (c *conn) stmt(st *statement) (*sql.Stmt, error) {
	if st.n < len(c.prepared) && c.prepared[st.n] != nil {
		return c.prepared[st.n], nil
	}
	p, err := c.sql.PrepareContext(background, st.sql)
	if err != nil {
		return nil, fmt.Errorf("prepare %s: %w", st.op, err)
	}
	if st.n >= len(c.prepared) {
		c.prepared = append(c.prepared, make([]*sql.Stmt, len(statements)-len(c.prepared))...)
	}
	c.prepared[st.n] = p
	return p, nil
}

func (c *conn) close() error {
	var errs []error
	for _, p := range c.prepared {
		if p != nil {
			errs = append(errs, p.Close())
		}
	}
	return errors.Join(append(errs, c.sql.Close())...)
}

// journalSizeLimit is what the log is cut to when it starts over.
const journalSizeLimit = 32 << 20

// open makes a connection and sets every pragma that matters, each read back:
// some answer an unknown or refused value with silence.
func (s *Store) open(ctx context.Context, cache int64, readOnly bool) (*conn, error) {
	raw, err := s.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range s.opts.pragmas(cache, readOnly) {
		if err := setPragma(ctx, raw, p.name, p.value); err != nil {
			raw.Close()
			return nil, err
		}
	}
	return &conn{sql: raw}, nil
}

// pragma is one setting of a connection.
type pragma struct{ name, value string }

// pragmas are all that a connection with so many bytes of cache is set to.
func (o *Options) pragmas(cache int64, readOnly bool) []pragma {
	pragmas := []pragma{
		// First, so that the others wait for a lock instead of failing.
		{"busy_timeout", fmt.Sprint(o.BusyTimeout.Milliseconds())},
		{"journal_mode", "wal"},
		{"synchronous", map[string]string{"full": "2", "normal": "1"}[o.Sync]},
		{"foreign_keys", "1"},
		{"temp_store", "2"}, // memory
		{"cache_size", fmt.Sprint(-max(cache>>10, 64))},
		{"mmap_size", fmt.Sprint(o.MmapBytes)},
		{"journal_size_limit", fmt.Sprint(journalSizeLimit)},
		{"wal_autocheckpoint", "0"}, // checkpoints have a connection of their own
	}
	if readOnly {
		pragmas = append(pragmas, pragma{"query_only", "1"})
	}
	return pragmas
}

func setPragma(ctx context.Context, c *sql.Conn, name, value string) error {
	if _, err := c.ExecContext(ctx, "PRAGMA "+name+" = "+value); err != nil {
		return fmt.Errorf("PRAGMA %s = %s: %w", name, value, err)
	}
	var got string
	err := c.QueryRowContext(ctx, "PRAGMA "+name).Scan(&got)
	if errors.Is(err, sql.ErrNoRows) && name == "mmap_size" && value == "0" {
		return nil // a build without mapped I/O has nothing to read back
	}
	if err != nil {
		return fmt.Errorf("PRAGMA %s: %w", name, err)
	}
	if !strings.EqualFold(got, value) {
		return fmt.Errorf("the database refused PRAGMA %s = %s and keeps %s", name, value, got)
	}
	return nil
}

// uriPath escapes what has a meaning in SQLite's file: URIs.
func uriPath(path string) string { return (&url.URL{Path: path}).EscapedPath() }

// The kinds of failure that are treated apart.

func isFull(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && e.Code()&0xff == sqlite3.SQLITE_FULL
}

// isFatal reports an I/O error or damage: what was written may not be there.
func isFatal(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return false
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return true
	}
	return false
}

func isBusy(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && (e.Code()&0xff == sqlite3.SQLITE_BUSY || e.Code()&0xff == sqlite3.SQLITE_LOCKED)
}

func isUnique(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && (e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
}

// observe notes how long a statement took, rows included.
func (m *metrics) observe(st *statement, began time.Time) {
	m.query[st.n].Observe(time.Since(began).Seconds())
}
