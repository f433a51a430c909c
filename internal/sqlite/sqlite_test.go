package sqlite

import (
	"bytes"
	"database/sql"
	"errors"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"unsafe"

	engine "modernc.org/sqlite/lib"
	"pgregory.net/rapid"
)

func open(t testing.TB) *Conn {
	t.Helper()
	c, err := Open(filepath.Join(t.TempDir(), "test.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func prepare(t testing.TB, c *Conn, text string) *Stmt {
	t.Helper()
	s, err := c.Prepare(text)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// run runs s once and scans its one row.
func run(s *Stmt, args []any, dest ...any) error {
	if err := s.Begin(args); err != nil {
		return err
	}
	defer s.Reset()
	found, err := s.Step()
	if err == nil && !found {
		err = errors.New("no row")
	}
	if err != nil {
		return err
	}
	return s.Scan(dest...)
}

func TestValuesComeBackAsTheyWent(t *testing.T) {
	type id int64
	type kind uint8
	s := prepare(t, open(t), `SELECT $3, $1, $2, $4, $5, $6, $7`)
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.Just(strings.Repeat("long ", 5000)), rapid.Just("a\x00b")).Draw(t, "text")
		blob := rapid.SliceOf(rapid.Byte()).Draw(t, "blob")
		n := rapid.Int64().Draw(t, "n")
		k := kind(rapid.Uint8().Draw(t, "kind"))
		yes := rapid.Bool().Draw(t, "yes")
		var gotText string
		var gotBlob []byte
		var gotID id
		var gotKind kind
		var gotYes bool
		var null, notNull sql.NullString
		err := run(s, []any{blob, id(n), text, k, yes, nil, text}, &gotText, &gotBlob, &gotID, &gotKind, &gotYes, &null, &notNull)
		if err != nil {
			t.Fatal(err)
		}
		if gotText != text || !bytes.Equal(gotBlob, blob) || int64(gotID) != n || gotKind != k || gotYes != yes {
			t.Errorf("%q %x %d %d %v came back as %q %x %d %d %v", text, blob, n, k, yes, gotText, gotBlob, gotID, gotKind, gotYes)
		}
		if null.Valid || !notNull.Valid || notNull.String != text {
			t.Errorf("NULL came back as %v, a text as %v", null, notNull)
		}
	})
}

func TestAnEmptyTextIsNotNull(t *testing.T) {
	var textIs, blobIs string
	if err := run(prepare(t, open(t), `SELECT typeof($1), typeof($2)`), []any{"", []byte{}}, &textIs, &blobIs); err != nil || textIs != "text" || blobIs != "blob" {
		t.Errorf("%q, %q, %v", textIs, blobIs, err)
	}
}

func TestWhatDoesNotFitIsAnError(t *testing.T) {
	type small int8
	c := open(t)
	s := prepare(t, c, `SELECT $1`)
	var n small
	var u uint8
	var text string
	for name, err := range map[string]error{
		"an overflow":           run(s, []any{300}, &n),
		"a negative":            run(s, []any{-1}, &u),
		"NULL in a string":      run(s, []any{nil}, &text),
		"NULL in a number":      run(s, []any{nil}, &n),
		"too few parameters":    run(s, nil, &text),
		"too many parameters":   run(s, []any{1, 2}, &text),
		"too many places":       run(s, []any{1}, &n, &n),
		"an unsigned too large": run(s, []any{uint64(math.MaxUint64)}, &text),
		"a float":               run(s, []any{1.5}, &text),
	} {
		if err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	if err := run(s, []any{"still"}, &text); err != nil || text != "still" {
		t.Errorf("afterwards: %q, %v", text, err)
	}
	for _, text := range []string{"", "-- nothing", "SELECT ?", "SELECT :name", "no SQL"} {
		if s, err := c.Prepare(text); err == nil {
			s.Close()
			t.Errorf("%q was prepared", text)
		}
	}
}

func TestAStatementRunsOnceAtATime(t *testing.T) {
	s := prepare(t, open(t), `SELECT $1`)
	if err := s.Begin([]any{1}); err != nil {
		t.Fatal(err)
	}
	if err := s.Begin([]any{2}); err == nil {
		t.Error("it was begun twice")
	}
	s.Reset()
	var n int
	if err := run(s, []any{3}, &n); err != nil || n != 3 {
		t.Errorf("%d, %v", n, err)
	}
}

func TestFailuresCarryTheirCode(t *testing.T) {
	c := open(t)
	for _, text := range []string{`CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)`, `INSERT INTO t (id, name) VALUES (7, 'a')`} {
		if _, err := c.Exec(text); err != nil {
			t.Fatal(err)
		}
	}
	if c.LastInsertID() != 7 || c.Changes() != 1 {
		t.Errorf("id %d, %d rows", c.LastInsertID(), c.Changes())
	}
	_, err := c.Exec(`INSERT INTO t (name) VALUES ('a')`)
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Code() != engine.SQLITE_CONSTRAINT_UNIQUE || !strings.Contains(e.Error(), "t.name") {
		t.Errorf("err = %v", err)
	}
	if _, err := Open(filepath.Join(t.TempDir(), "no", "such", "directory")); err == nil {
		t.Error("a file in no directory was opened")
	}
}

func TestInterruptEndsWhatRuns(t *testing.T) {
	c := open(t)
	s := prepare(t, c, `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n`)
	if err := s.Begin(nil); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Step(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); c.Interrupt() }()
	var err error
	for more := true; more && err == nil; {
		more, err = s.Step()
	}
	<-done
	s.Reset()
	if e, ok := errors.AsType[*Error](err); !ok || e.Code() != engine.SQLITE_INTERRUPT {
		t.Errorf("err = %v", err)
	}
	if found, err := c.Exec(`SELECT 1`); !found || err != nil {
		t.Errorf("the next statement: %v, %v", found, err)
	}
}

// BenchmarkRow is one small row by its key, as most statements are.
func BenchmarkRow(b *testing.B) {
	c := open(b)
	for _, text := range []string{`CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL, n INTEGER NOT NULL)`, `INSERT INTO t VALUES (7, 'Ada Lovelace', 3)`} {
		if _, err := c.Exec(text); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("direct", func(b *testing.B) {
		s := prepare(b, c, `SELECT id, name, n FROM t WHERE id = $1`)
		b.ReportAllocs()
		for b.Loop() {
			var id, n int
			var name string
			if err := run(s, []any{7}, &id, &name, &n); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("database-sql", func(b *testing.B) {
		db, err := sql.Open("sqlite", filepath.Join(b.TempDir(), "test.db"))
		if err != nil {
			b.Fatal(err)
		}
		defer db.Close()
		db.SetMaxOpenConns(1)
		if _, err := db.Exec(`CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL, n INTEGER NOT NULL); INSERT INTO t VALUES (7, 'Ada Lovelace', 3)`); err != nil {
			b.Fatal(err)
		}
		s, err := db.Prepare(`SELECT id, name, n FROM t WHERE id = $1`)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			var id, n int
			var name string
			if err := s.QueryRow(7).Scan(&id, &name, &n); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func TestRepeatedTextsAreOneString(t *testing.T) {
	s := prepare(t, open(t), `SELECT 'Somebody' || $1`)
	var a, b, other string
	hits, _ := RepeatedTexts()
	for _, x := range []struct {
		n  int
		to *string
	}{{1, &a}, {2, &other}, {1, &b}} {
		if err := run(s, []any{x.n}, (*Repeated)(x.to)); err != nil {
			t.Fatal(err)
		}
	}
	if a != "Somebody1" || other != "Somebody2" || unsafe.StringData(a) != unsafe.StringData(b) {
		t.Errorf("%q, %q and %q: the first and last are not one", a, other, b)
	}
	if now, _ := RepeatedTexts(); now != hits+1 {
		t.Errorf("%d were there before, want one", now-hits)
	}
}
