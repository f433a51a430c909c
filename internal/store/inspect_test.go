package store

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// stopped makes a database that no server has open.
func stopped(t *testing.T) Options {
	t.Helper()
	o := Options{Dir: t.TempDir()}
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return o
}

// alter changes a stopped database behind the store's back.
func alter(t *testing.T, o Options, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+uriPath(filepath.Join(o.Dir, DatabaseFile)))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, text := range statements {
		if _, err := db.ExecContext(t.Context(), text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
}

func TestInspectionOfAnOpenStore(t *testing.T) {
	s, err := Open(t.Context(), Options{Dir: t.TempDir(), Readers: 5, CacheBytes: 80 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	in, err := s.Inspect(t.Context(), InspectOptions{Deep: true})
	if err != nil {
		t.Fatal(err)
	}
	if in.JournalMode != "wal" || in.Schema != in.Newest || in.Newest < 1 || len(in.Missing) != 0 || in.Readers != 5 || !in.Checked || len(in.Damage) != 0 {
		t.Errorf("%+v", in)
	}
	writer, reader := in.Connections[0], in.Connections[1]
	if writer.Role != "writer" || writer.Pragmas["cache_size"] != "-40960" || writer.Pragmas["synchronous"] != "2" || writer.Pragmas["query_only"] != "0" {
		t.Errorf("writer %+v", writer)
	}
	if reader.Role != "reader" || reader.Pragmas["cache_size"] != "-8192" || reader.Pragmas["query_only"] != "1" {
		t.Errorf("reader %+v", reader)
	}
	if _, err := InspectStopped(t.Context(), s.opts, InspectOptions{}); err == nil {
		t.Error("a directory that is in use was inspected from outside")
	} else if _, ok := errors.AsType[*LockedError](err); !ok {
		t.Errorf("got %v, want a LockedError", err)
	}
}

func TestInspectionOfAStoppedStoreChangesNothing(t *testing.T) {
	o := stopped(t)
	alter(t, o, `DROP INDEX messages_by_room`, `PRAGMA journal_mode = delete`)
	path := filepath.Join(o.Dir, DatabaseFile)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	in, err := InspectStopped(t.Context(), o, InspectOptions{Deep: true})
	if err != nil {
		t.Fatal(err)
	}
	if in.JournalMode != "delete" || len(in.Missing) != 1 || in.Missing[0].Name != "messages_by_room" || !in.Checked || in.Optimized == 0 {
		t.Errorf("%+v", in)
	}
	if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
		t.Errorf("the file was changed (%v)", err)
	}
}

func TestInspectionMakesNoDatabase(t *testing.T) {
	o := Options{Dir: filepath.Join(t.TempDir(), "none")}
	if _, err := InspectStopped(t.Context(), o, InspectOptions{}); !errors.Is(err, ErrNoDatabase) {
		t.Errorf("got %v, want ErrNoDatabase", err)
	}
	if _, err := os.Stat(o.Dir); err == nil {
		t.Error("the directory was made")
	}
}

func TestInspectionFindsDamage(t *testing.T) {
	o := stopped(t)
	path := filepath.Join(o.Dir, DatabaseFile)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	copy(b[len(b)/2&^4095:], make([]byte, 4096))
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	in, err := InspectStopped(t.Context(), o, InspectOptions{Deep: true})
	if err == nil && len(in.Damage) == 0 {
		t.Errorf("a page of zeros was not noticed: %+v", in)
	}
}

func TestStoppingMakesStatistics(t *testing.T) {
	o := stopped(t)
	alter(t, o, `INSERT INTO users (id, name, name_folded, avatar, role, status, email, password_hash, bio, hidden_through, created_at) VALUES (1, 'A', 'a', 0, 0, 0, '', '', '', 0, 0)`,
		`INSERT INTO rooms (id, kind, name, name_folded, creator_id, member_count, seq, oldest_replayable, last_message_at, created_at, deleted) VALUES (1, 0, 'r', 'r', 1, 1, 0, 0, 0, 0, 0)`,
		`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
		INSERT INTO messages (room_id, seq, version, author_id, client_message_id, digest, reply_to, created_at, edited_at, deleted, render_version, body, html)
		SELECT 1, i, 1, 1, i, x'', 0, i, 0, 0, 1, 'x', 'x' FROM n`)
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	in, err := InspectStopped(t.Context(), o, InspectOptions{})
	if err != nil || in.Messages != 5000 || in.Statistics == 0 {
		t.Fatalf("%+v, %v", in, err)
	}
}
