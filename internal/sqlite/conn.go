package sqlite

import (
	"errors"
	"fmt"
	"unsafe"

	"modernc.org/libc"
	// The driver sets up the engine that both share.
	_ "modernc.org/sqlite"
	engine "modernc.org/sqlite/lib"
)

// Error is a failure that SQLite reported.
type Error struct {
	code int
	text string
}

func (e *Error) Error() string { return e.text }

// Code returns SQLite's extended result code.
func (e *Error) Code() int { return e.code }

// Conn is one connection to a database.
type Conn struct {
	tls *libc.TLS
	db  uintptr
	out uintptr // where SQLite puts what it returns by address
}

// Open opens the database in a file, for reading and writing; it is made when
// missing.
func Open(path string) (*Conn, error) {
	c := &Conn{tls: libc.NewTLS()}
	if err := c.open(path); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

func (c *Conn) open(path string) error {
	c.out = engine.Xsqlite3_malloc(c.tls, int32(unsafe.Sizeof(c.out)))
	name := c.text(path)
	defer engine.Xsqlite3_free(c.tls, name)
	if c.out == 0 || name == 0 {
		return c.failed(engine.SQLITE_NOMEM)
	}
	// No mutex: a connection belongs to one goroutine at a time.
	const flags = engine.SQLITE_OPEN_READWRITE | engine.SQLITE_OPEN_CREATE | engine.SQLITE_OPEN_NOMUTEX | engine.SQLITE_OPEN_EXRESCODE
	rc := engine.Xsqlite3_open_v2(c.tls, name, c.out, flags, 0)
	c.db = c.returned() // a failed one is to be closed too
	if rc != engine.SQLITE_OK {
		return c.failed(rc)
	}
	return nil
}

// Close closes the connection, whose statements must be closed already.
func (c *Conn) Close() error {
	var err error
	if c.db != 0 {
		if rc := engine.Xsqlite3_close(c.tls, c.db); rc != engine.SQLITE_OK {
			err = c.failed(rc)
		}
	}
	engine.Xsqlite3_free(c.tls, c.out)
	c.tls.Close()
	*c = Conn{}
	return err
}

// Interrupt makes the statement that runs now fail with SQLITE_INTERRUPT; one
// that has not begun is not touched.
func (c *Conn) Interrupt() {
	tls := libc.NewTLS() // the connection's own may be in use
	defer tls.Close()
	engine.Xsqlite3_interrupt(tls, c.db)
}

// Changes returns how many rows the last INSERT, UPDATE or DELETE touched.
func (c *Conn) Changes() int { return int(engine.Xsqlite3_changes(c.tls, c.db)) }

// TotalChanges returns how many rows were touched since the connection was
// opened, those that an index keeps for itself included.
func (c *Conn) TotalChanges() int { return int(engine.Xsqlite3_total_changes(c.tls, c.db)) }

// LastInsertID returns the rowid of the last row that was inserted.
func (c *Conn) LastInsertID() int64 { return engine.Xsqlite3_last_insert_rowid(c.tls, c.db) }

// Exec runs one statement that needs no preparing for later. When dest is
// given, the first row is scanned into it; found tells whether there was one.
func (c *Conn) Exec(text string, dest ...any) (found bool, err error) {
	s, err := c.Prepare(text)
	if err != nil {
		return false, err
	}
	defer s.Close()
	if err := s.Begin(nil); err != nil {
		return false, err
	}
	found, err = s.Step()
	if found && len(dest) > 0 {
		return true, s.Scan(dest...)
	}
	for more := found; more && err == nil; {
		more, err = s.Step()
	}
	return found, err
}

// memory is a stretch of the engine's memory, which Go's collector neither
// moves nor frees.
func memory(p uintptr, n int) []byte {
	return unsafe.Slice((*byte)(*(*unsafe.Pointer)(unsafe.Pointer(&p))), n)
}

// returned is what the last call returned by address.
func (c *Conn) returned() uintptr {
	return *(*uintptr)(*(*unsafe.Pointer)(unsafe.Pointer(&c.out)))
}

// text copies a string into memory of SQLite's, with the zero that ends it.
func (c *Conn) text(s string) uintptr {
	p := engine.Xsqlite3_malloc(c.tls, int32(len(s)+1))
	if p != 0 {
		b := memory(p, len(s)+1)
		b[copy(b, s)] = 0
	}
	return p
}

// failed makes an error of a result code.
func (c *Conn) failed(rc int32) error {
	text := libc.GoString(engine.Xsqlite3_errstr(c.tls, rc))
	if c.db != 0 {
		if more := libc.GoString(engine.Xsqlite3_errmsg(c.tls, c.db)); more != text {
			text += ": " + more
		}
	}
	return &Error{code: int(rc), text: fmt.Sprintf("%s (%d)", text, rc)}
}
