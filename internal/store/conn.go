package store

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"campfire/internal/sqlite"

	engine "modernc.org/sqlite/lib"
)

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
	db       *sqlite.Conn
	prepared []*sqlite.Stmt
	bound    bound // of the read under way
}

// begin starts a run of a statement; its Reset must follow unless begin fails.
func (c *conn) begin(st *statement, a args) (*sqlite.Stmt, error) {
	if c.bound.passed.Load() {
		return nil, errTooLong
	}
	p, err := c.stmt(st)
	if err != nil {
		return nil, err
	}
	if err := p.Begin(a); err != nil {
		return nil, fmt.Errorf("%s: %w", st.op, err)
	}
	return p, nil
}

func (c *conn) stmt(st *statement) (*sqlite.Stmt, error) {
	if st.n < len(c.prepared) && c.prepared[st.n] != nil {
		return c.prepared[st.n], nil
	}
	p, err := c.db.Prepare(st.sql)
	if err != nil {
		return nil, fmt.Errorf("prepare %s: %w", st.op, err)
	}
	if st.n >= len(c.prepared) {
		c.prepared = append(c.prepared, make([]*sqlite.Stmt, len(statements)-len(c.prepared))...)
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
	return errors.Join(append(errs, c.db.Close())...)
}

// journalSizeLimit is what the log is cut to when it starts over.
const journalSizeLimit = 32 << 20

// open makes a connection and sets every pragma that matters, each read back:
// some answer an unknown or refused value with silence.
func (s *Store) open(cache int64, readOnly bool) (*conn, error) {
	db, err := sqlite.Open(s.path)
	if err != nil {
		return nil, err
	}
	for _, p := range s.opts.pragmas(cache, readOnly) {
		if err := setPragma(db.Exec, p.name, p.value); err != nil {
			return nil, errors.Join(err, db.Close())
		}
	}
	return &conn{db: db}, nil
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

// execute runs a statement on some connection and scans the first row, if
// there is one, into dest.
type execute func(text string, dest ...any) (found bool, err error)

func setPragma(exec execute, name, value string) error {
	if _, err := exec("PRAGMA " + name + " = " + value); err != nil {
		return fmt.Errorf("PRAGMA %s = %s: %w", name, value, err)
	}
	var got string
	found, err := exec("PRAGMA "+name, &got)
	switch {
	case err != nil:
		return fmt.Errorf("PRAGMA %s: %w", name, err)
	case !found && name == "mmap_size" && value == "0":
		return nil // a build without mapped I/O has nothing to read back
	case !strings.EqualFold(got, value):
		return fmt.Errorf("the database refused PRAGMA %s = %s and keeps %q", name, value, got)
	}
	return nil
}

// uriPath escapes what has a meaning in SQLite's file: URIs.
func uriPath(path string) string { return (&url.URL{Path: path}).EscapedPath() }

// The kinds of failure that are treated apart.

// code is SQLite's extended result code, 0 for what is not a failure of
// SQLite's. Migrations go through database/sql, whose driver has an error
// type of its own.
func code(err error) int {
	if e, ok := errors.AsType[interface {
		error
		Code() int
	}](err); ok {
		return e.Code()
	}
	return 0
}

func isFull(err error) bool { return code(err)&0xff == engine.SQLITE_FULL }

// isFatal reports an I/O error or damage: what was written may not be there.
func isFatal(err error) bool {
	switch code(err) & 0xff {
	case engine.SQLITE_IOERR, engine.SQLITE_CORRUPT, engine.SQLITE_NOTADB:
		return true
	}
	return false
}

func isBusy(err error) bool {
	kind := code(err) & 0xff
	return kind == engine.SQLITE_BUSY || kind == engine.SQLITE_LOCKED
}

func isUnique(err error) bool {
	switch code(err) {
	case engine.SQLITE_CONSTRAINT_UNIQUE, engine.SQLITE_CONSTRAINT_PRIMARYKEY:
		return true
	}
	return false
}

func isInterrupted(err error) bool { return code(err)&0xff == engine.SQLITE_INTERRUPT }

// observe notes how long a statement took, its rows included.
func (m *metrics) observe(st *statement, began time.Time, rows int) {
	took := time.Since(began)
	m.query[st.n].Observe(took.Seconds())
	m.slow.note(st.op, took, rows)
}
