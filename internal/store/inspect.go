package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"campfire"
)

// Inspection is what a look at the database found. It changes nothing there.
type Inspection struct {
	// JournalMode is the file's own: it outlives every connection.
	JournalMode string
	// Connections are those that were looked at: the writer's and a reader's
	// of an open store; of a stopped one a single connection, set as Open
	// would set a reader's.
	Connections []Connection
	Readers     int // connections for reading that the store has; 0: it is stopped

	Schema int64 // version of the newest migration that was applied
	Newest int64 // version that this program knows

	Missing    []Index // indexes that the migrations make and that aren't there
	Statistics int     // rows of the planner's statistics
	Optimized  campfire.Time
	Messages   int64 // the newest message's id: about how many there are
	NewestAt   campfire.Time

	Outbox OutboxState
	// PushKey is the private key of Web Push that the installation made for
	// itself; empty: it has made none. It is not for showing.
	PushKey string `json:"-"`

	Checked bool     // whether the file was checked from end to end
	Damage  []string // what that found, at most ten sentences of SQLite
}

// Connection is what one connection answers when it is asked for its pragmas.
type Connection struct {
	Role    string // "writer", "reader" or "start"
	Pragmas map[string]string
}

// Index is an index by name, and the statement that makes it.
type Index struct{ Name, SQL string }

// InspectOptions say what is looked at beside the usual.
type InspectOptions struct {
	// Deep checks the whole file, which may take minutes and keeps the log
	// from starting over meanwhile.
	Deep bool
	// Files, when not nil, is called with the rows of files, which it may read
	// until it returns.
	Files func(ctx context.Context, rows *FileRows) error
	// Now is what is due is held against.
	Now campfire.Time
}

// ErrNoDatabase says that the data directory holds no database yet.
var ErrNoDatabase = errors.New("there is no database yet; the first start makes it")

// inspected are the pragmas that Inspect reads of every connection.
var inspected = []string{"busy_timeout", "journal_mode", "synchronous", "foreign_keys", "temp_store", "cache_size", "mmap_size", "journal_size_limit", "query_only"}

// Inspect looks at the open database: asks the connections that serve it for
// their pragmas, and reads the rest through one of its own.
func (s *Store) Inspect(ctx context.Context, look InspectOptions) (*Inspection, error) {
	in := &Inspection{Readers: s.opts.Readers}
	err := s.Write(ctx, func(tx *Tx) error {
		writer, err := inspectConnection(tx.c.db.Exec, "writer")
		in.Connections = append(in.Connections[:0], writer)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("ask the writer's connection: %w", err)
	}
	err = s.Read(ctx, func(r *Reader) error {
		reader, err := inspectConnection(r.c.db.Exec, "reader")
		if err != nil {
			return err
		}
		in.Connections = append(in.Connections, reader)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("ask a reader's connection: %w", err)
	}
	// The rest takes longer, and no connection from those that serve.
	return in, in.lookInto(ctx, filepath.Join(s.opts.Dir, DatabaseFile), look, nil)
}

// InspectStopped looks at the database that no server has open: it takes the
// directory's lock meanwhile (a *LockedError when a server runs), opens the
// file for reading alone, and makes and migrates nothing. ErrNoDatabase when
// there is none.
func InspectStopped(ctx context.Context, o Options, look InspectOptions) (*Inspection, error) {
	if err := o.setDefaults(); err != nil {
		return nil, err
	}
	path := filepath.Join(o.Dir, DatabaseFile)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNoDatabase
	} else if err != nil {
		return nil, fmt.Errorf("the database %s can't be looked at: %w; run this as the user that runs the server", path, reason(err))
	}
	lock, err := lockDirectory(o.Dir)
	if err != nil {
		return nil, err
	}
	defer lock.Close()
	in := &Inspection{}
	return in, in.lookInto(ctx, path, look, func(exec execute) error {
		_, readerCache := o.caches()
		for _, p := range o.pragmas(readerCache, true) {
			if p.name == "journal_mode" {
				continue // the file's own is to be seen, not mended
			}
			if err := setPragma(exec, p.name, p.value); err != nil {
				return err
			}
		}
		start, err := inspectConnection(exec, "start")
		in.Connections = append(in.Connections, start)
		return err
	})
}

// lookInto opens the file for reading alone, looks, and calls also when it is
// not nil.
func (in *Inspection) lookInto(ctx context.Context, path string, look InspectOptions, also func(execute) error) error {
	db, err := sql.Open("sqlite", "file:"+uriPath(path)+"?mode=ro")
	if err != nil {
		return fmt.Errorf("open the database %s: %w", path, err)
	}
	defer db.Close()
	raw, err := db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("open the database %s: %w", path, err)
	}
	defer raw.Close()
	if err := in.look(ctx, raw, look); err != nil {
		return fmt.Errorf("look at the database %s: %w", path, err)
	}
	if also == nil {
		return nil
	}
	return also(through(ctx, raw))
}

// NetworkFileSystem names the network file system that a directory is on, on
// which a store refuses to open; empty for a local disk.
func NetworkFileSystem(dir string) string { return networkKind(dir) }

// through executes on a connection of database/sql.
func through(ctx context.Context, c *sql.Conn) execute {
	return func(text string, dest ...any) (bool, error) {
		if len(dest) == 0 {
			_, err := c.ExecContext(ctx, text)
			return false, err
		}
		err := c.QueryRowContext(ctx, text).Scan(dest...)
		if errors.Is(err, sql.ErrNoRows) {
			return false, nil
		}
		return err == nil, err
	}
}

func inspectConnection(exec execute, role string) (Connection, error) {
	out := Connection{Role: role, Pragmas: make(map[string]string)}
	for _, name := range inspected {
		var value string
		found, err := exec("PRAGMA "+name, &value)
		if err != nil {
			return out, fmt.Errorf("PRAGMA %s: %w", name, err)
		}
		if found { // a build may be without it
			out.Pragmas[name] = value
		}
	}
	return out, nil
}

// look reads what the file holds.
func (in *Inspection) look(ctx context.Context, c *sql.Conn, o InspectOptions) error {
	if err := c.QueryRowContext(ctx, `PRAGMA journal_mode`).Scan(&in.JournalMode); err != nil {
		return err
	}
	there, err := indexes(ctx, c)
	if err != nil {
		return err
	}
	if err := in.compare(ctx, there); err != nil {
		return err
	}
	if there[statisticsTable] != "" {
		if err := c.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_stat1`).Scan(&in.Statistics); err != nil {
			return err
		}
	}
	if there["goose_db_version"] == "" {
		return nil // never migrated: there are no tables to ask
	}
	if err := c.QueryRowContext(ctx, schemaVersion).Scan(&in.Schema); err != nil {
		return err
	}
	var optimized sql.NullInt64
	if err := c.QueryRowContext(ctx, `SELECT CAST(max(value) AS INTEGER) FROM meta WHERE key = ?`, metaOptimized).Scan(&optimized); err != nil {
		return err
	}
	in.Optimized = campfire.Time(optimized.Int64)
	err = c.QueryRowContext(ctx, `SELECT id, created_at FROM messages ORDER BY id DESC LIMIT 1`).Scan(&in.Messages, &in.NewestAt)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	// What a later version brought is not there before the first start of one.
	if there["outbox_lanes"] != "" {
		if err := in.lookAtOutbox(ctx, c, o.Now); err != nil {
			return err
		}
		err := c.QueryRowContext(ctx, `SELECT value FROM meta WHERE key = ?`, MetaPushKey).Scan(&in.PushKey)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
	}
	if there["attachments"] != "" && o.Files != nil {
		if err := o.Files(ctx, &FileRows{c}); err != nil {
			return fmt.Errorf("the files: %w", err)
		}
	}
	if !o.Deep {
		return nil
	}
	return in.check(ctx, c)
}

// check reads the whole file; what it finds wrong is no error.
func (in *Inspection) check(ctx context.Context, c *sql.Conn) error {
	rows, err := c.QueryContext(ctx, `PRAGMA quick_check(10)`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return err
		}
		if line != "ok" {
			in.Damage = append(in.Damage, line)
		}
	}
	in.Checked = true
	return rows.Err()
}

const schemaVersion = `SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied`

// statisticsTable is where ANALYZE keeps what it counted.
const statisticsTable = "sqlite_stat1"

// indexes returns the statements that made the tables and indexes, by name;
// those that SQLite makes by itself for a constraint belong to their table.
func indexes(ctx context.Context, c *sql.Conn) (map[string]string, error) {
	rows, err := c.QueryContext(ctx, `SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'index') AND sql IS NOT NULL`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	made := make(map[string]string)
	for rows.Next() {
		var name, text string
		if err := rows.Scan(&name, &text); err != nil {
			return nil, err
		}
		made[name] = text
	}
	return made, rows.Err()
}

// compare holds the indexes that are there against those that the migrations
// make in an empty database.
func (in *Inspection) compare(ctx context.Context, there map[string]string) error {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1) // a second would be another database
	if err := migrateOn(ctx, db, slog.New(slog.DiscardHandler)); err != nil {
		return err
	}
	fresh, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer fresh.Close()
	if err := fresh.QueryRowContext(ctx, schemaVersion).Scan(&in.Newest); err != nil {
		return err
	}
	rows, err := fresh.QueryContext(ctx, `SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var x Index
		if err := rows.Scan(&x.Name, &x.SQL); err != nil {
			return err
		}
		if there[x.Name] == "" {
			in.Missing = append(in.Missing, x)
		}
	}
	return rows.Err()
}
