package perf

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	_ "modernc.org/sqlite"
)

// BenchmarkFloorPosts is what no server of ours can be faster than: rows of a
// message's size and its words, written 16 to a synced transaction by one
// loop, without HTTP, rules or rendering.
func BenchmarkFloorPosts(b *testing.B) {
	f := newFloor(b)
	b.ReportAllocs()
	for b.Loop() {
		f.group(b)
	}
	b.ReportMetric(float64(f.seq)/b.Elapsed().Seconds(), "posts/s")
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(f.seq), "µs/post")
}

// floorRate measures the floor for a second: what a result of the same run is
// held against.
func floorRate(b *testing.B) (posts float64) {
	f := newFloor(b)
	began := time.Now()
	for time.Since(began) < time.Second {
		f.group(b)
	}
	return float64(f.seq) / time.Since(began).Seconds()
}

// floor is one connection with the tables that posting can't do without.
type floor struct {
	db  *sql.DB
	seq int
}

func newFloor(b *testing.B) *floor {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(b.TempDir(), "floor.db")+
		"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=wal_autocheckpoint(0)&_pragma=cache_size(-32000)")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1)
	for _, stmt := range []string{
		`CREATE TABLE rooms (id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, at INTEGER NOT NULL)`,
		`CREATE TABLE messages (id INTEGER PRIMARY KEY, room INTEGER NOT NULL, seq INTEGER NOT NULL,
			author INTEGER NOT NULL, client TEXT NOT NULL, body TEXT NOT NULL, html TEXT NOT NULL, at INTEGER NOT NULL,
			UNIQUE (room, author, client))`,
		`CREATE INDEX messages_room ON messages (room, seq)`,
		`CREATE VIRTUAL TABLE words USING fts5 (body, content='', tokenize='unicode61')`,
		`INSERT INTO rooms VALUES (1, 0, 0)`,
	} {
		if _, err := db.Exec(stmt); err != nil {
			b.Fatal(err)
		}
	}
	return &floor{db: db}
}

// group stores 16 posts in one synced transaction.
func (f *floor) group(b *testing.B) {
	tx, err := f.db.Begin()
	if err != nil {
		b.Fatal(err)
	}
	message, _ := tx.Prepare(`INSERT INTO messages (room, seq, author, client, body, html, at) VALUES (1, ?, ?, ?, ?, ?, ?)`)
	words, _ := tx.Prepare(`INSERT INTO words (rowid, body) VALUES (?, ?)`)
	for range 16 {
		f.seq++
		body := fmt.Sprintf("message %d says that the kettle is on and that tea will be ready in about %d minutes, whoever wants a cup should come down to the kitchen now and bring the blue mug", f.seq, f.seq%7)
		if _, err := message.Exec(f.seq, f.seq%50, fmt.Sprint("client-", f.seq), body, "<p>"+body+"</p>", f.seq); err != nil {
			b.Fatal(err)
		}
		if _, err := words.Exec(f.seq, body); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := tx.Exec(`UPDATE rooms SET seq = ?, at = ? WHERE id = 1`, f.seq, f.seq); err != nil {
		b.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		b.Fatal(err)
	}
}
