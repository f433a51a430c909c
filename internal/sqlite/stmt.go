package sqlite

import (
	"database/sql"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"

	"campfire/internal/intern"

	"modernc.org/libc"
	engine "modernc.org/sqlite/lib"
)

// Stmt is a prepared statement. One run of it goes from Begin to Reset.
type Stmt struct {
	c       *Conn
	stmt    uintptr
	places  []int32 // of $1, $2, … among SQLite's parameters; 0: not used
	columns int
	running bool

	// Texts and blobs of the parameters, for the length of a run. The engine
	// reads them in place, which it could not do in Go's memory.
	mem  uintptr
	size int
}

// Prepare compiles one statement. Its parameters are written $1, $2, ….
func (c *Conn) Prepare(text string) (*Stmt, error) {
	source := c.text(text)
	if source == 0 {
		return nil, c.failed(engine.SQLITE_NOMEM)
	}
	defer engine.Xsqlite3_free(c.tls, source)
	rc := engine.Xsqlite3_prepare_v3(c.tls, c.db, source, int32(len(text)+1), engine.SQLITE_PREPARE_PERSISTENT, c.out, 0)
	if rc != engine.SQLITE_OK {
		return nil, c.failed(rc)
	}
	s := &Stmt{c: c, stmt: c.returned()}
	if s.stmt == 0 {
		return nil, errors.New("the text holds no statement")
	}
	s.columns = int(engine.Xsqlite3_column_count(c.tls, s.stmt))
	if err := s.findPlaces(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// findPlaces finds the parameters. To SQLite $2 is a name like any other, and
// counts where it first occurs.
func (s *Stmt) findPlaces() error {
	for i := range engine.Xsqlite3_bind_parameter_count(s.c.tls, s.stmt) {
		name := libc.GoString(engine.Xsqlite3_bind_parameter_name(s.c.tls, s.stmt, i+1))
		n, err := strconv.Atoi(strings.TrimPrefix(name, "$"))
		if err != nil || n < 1 || n > 99 {
			return fmt.Errorf("the parameter %q is not $1 to $99", name)
		}
		for len(s.places) < n {
			s.places = append(s.places, 0)
		}
		s.places[n-1] = i + 1
	}
	return nil
}

// Close lets go of the statement.
func (s *Stmt) Close() error {
	rc := engine.Xsqlite3_finalize(s.c.tls, s.stmt)
	engine.Xsqlite3_free(s.c.tls, s.mem)
	*s = Stmt{c: s.c}
	if rc != engine.SQLITE_OK {
		return s.c.failed(rc)
	}
	return nil
}

// Begin starts a run with these parameters: integers, strings, booleans, byte
// slices and types made of integers; nil is NULL. Reset must follow, unless
// Begin fails.
func (s *Stmt) Begin(args []any) error {
	if s.running {
		return errors.New("the statement runs already")
	}
	if len(args) != len(s.places) {
		return fmt.Errorf("%d parameters for a statement that takes %d", len(args), len(s.places))
	}
	if err := s.reserve(args); err != nil {
		return err
	}
	if err := s.bind(args); err != nil {
		return err
	}
	s.running = true
	return nil
}

func (s *Stmt) bind(args []any) error {
	at := s.mem
	for i, a := range args {
		n := s.places[i]
		if n == 0 {
			continue
		}
		var rc int32
		switch a := a.(type) {
		case nil:
			rc = engine.Xsqlite3_bind_null(s.c.tls, s.stmt, n)
		case int:
			rc = engine.Xsqlite3_bind_int64(s.c.tls, s.stmt, n, int64(a))
		case string:
			copy(memory(at, len(a)), a)
			rc = engine.Xsqlite3_bind_text(s.c.tls, s.stmt, n, at, int32(len(a)), engine.SQLITE_STATIC)
			at += uintptr(len(a))
		case []byte:
			copy(memory(at, len(a)), a)
			rc = engine.Xsqlite3_bind_blob(s.c.tls, s.stmt, n, at, int32(len(a)), engine.SQLITE_STATIC)
			at += uintptr(len(a))
		default:
			v, ok := integer(a)
			if !ok {
				return fmt.Errorf("$%d is a %T, which has no form in the database", i+1, a)
			}
			rc = engine.Xsqlite3_bind_int64(s.c.tls, s.stmt, n, v)
		}
		if rc != engine.SQLITE_OK {
			return s.c.failed(rc)
		}
	}
	return nil
}

// reserve makes room for the texts and blobs of args.
func (s *Stmt) reserve(args []any) error {
	size := 1 // an empty text has an address too: at none it would be NULL
	for _, a := range args {
		switch a := a.(type) {
		case string:
			size += len(a)
		case []byte:
			size += len(a)
		}
	}
	if size <= s.size {
		return nil
	}
	engine.Xsqlite3_free(s.c.tls, s.mem)
	s.size = 0
	if s.mem = engine.Xsqlite3_malloc(s.c.tls, int32(size)); s.mem == 0 {
		return s.c.failed(engine.SQLITE_NOMEM)
	}
	s.size = size
	return nil
}

// integer is the integer that a value of an integer or boolean type is stored as.
func integer(a any) (int64, bool) {
	v := reflect.ValueOf(a)
	switch {
	case v.CanInt():
		return v.Int(), true
	case v.CanUint() && v.Uint() <= math.MaxInt64:
		return int64(v.Uint()), true
	case v.Kind() == reflect.Bool:
		if v.Bool() {
			return 1, true
		}
		return 0, true
	}
	return 0, false
}

// Step runs on to the next row; false when there are no more.
func (s *Stmt) Step() (row bool, err error) {
	switch rc := engine.Xsqlite3_step(s.c.tls, s.stmt); rc {
	case engine.SQLITE_ROW:
		return true, nil
	case engine.SQLITE_DONE:
		return false, nil
	default:
		return false, s.c.failed(rc)
	}
}

// maxKept bounds the memory for parameters that is kept between runs, in bytes.
const maxKept = 4 << 10

// Reset ends a run. What went wrong in it, Step has said.
func (s *Stmt) Reset() {
	engine.Xsqlite3_reset(s.c.tls, s.stmt)
	if s.size > maxKept {
		// Parameters keep pointing at what is freed here, and are not looked
		// at before the next Begin has set every one of them.
		engine.Xsqlite3_free(s.c.tls, s.mem)
		s.mem, s.size = 0, 0
	}
	s.running = false
}

// Repeated is a text that many rows have: Scan makes equal ones one string.
// It is for names, never for free text.
type Repeated string

// repeated are the texts that were scanned as such, on any connection.
var repeated intern.Table

// RepeatedTexts returns how many were scanned: those that were there before,
// and those that had to be copied.
func RepeatedTexts() (hits, misses int64) { return repeated.Requests() }

// Scan copies the row into what dest points to: integers, strings, booleans,
// byte slices and types made of integers, Repeated, or sql.NullString where
// it may be NULL.
func (s *Stmt) Scan(dest ...any) error {
	if len(dest) != s.columns {
		return fmt.Errorf("a row of %d columns is scanned into %d places", s.columns, len(dest))
	}
	for i, d := range dest {
		if err := s.column(int32(i), d); err != nil {
			return fmt.Errorf("column %d: %w", i+1, err)
		}
	}
	return nil
}

func (s *Stmt) column(i int32, dest any) error {
	null := engine.Xsqlite3_column_type(s.c.tls, s.stmt, i) == engine.SQLITE_NULL
	if d, ok := dest.(*sql.NullString); ok {
		d.Valid = !null
		d.String = ""
		if !null {
			d.String = s.str(i)
		}
		return nil
	}
	if null {
		return fmt.Errorf("it is NULL, and a %T can't be", dest)
	}
	switch d := dest.(type) {
	case *string:
		*d = s.str(i)
	case *Repeated:
		*d = Repeated(repeated.String(s.text(i)))
	case *int:
		*d = int(s.int(i))
	case *bool:
		*d = s.int(i) != 0
	case *[]byte:
		*d = []byte(s.str(i))
	default:
		n := s.int(i)
		v := reflect.ValueOf(dest).Elem()
		switch {
		case v.CanInt() && !v.OverflowInt(n):
			v.SetInt(n)
		case v.CanUint() && n >= 0 && !v.OverflowUint(uint64(n)):
			v.SetUint(uint64(n))
		default:
			return fmt.Errorf("the value %q does not fit a %T", s.str(i), dest)
		}
	}
	return nil
}

func (s *Stmt) int(i int32) int64 { return engine.Xsqlite3_column_int64(s.c.tls, s.stmt, i) }

// str copies a text or blob.
func (s *Stmt) str(i int32) string { return string(s.text(i)) }

// text is a text or blob where it lies, until the next step.
func (s *Stmt) text(i int32) []byte {
	// As a blob: SQLite would first copy a text, to put a zero behind it.
	p := engine.Xsqlite3_column_blob(s.c.tls, s.stmt, i)
	n := engine.Xsqlite3_column_bytes(s.c.tls, s.stmt, i)
	if p == 0 || n == 0 {
		return nil
	}
	return memory(p, int(n))
}
