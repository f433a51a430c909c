package store

import (
	"context"
	"log/slog"
	"time"

	"campfire"

	"github.com/prometheus/client_golang/prometheus"
)

// Options says where the data is and how it is kept.
type Options struct {
	Dir         string        // the data directory; made when missing
	Sync        string        // "full" (default) or "normal"
	CacheBytes  int64         // page cache of all connections together; default 64 MiB
	MmapBytes   int64         // default 0: off
	Readers     int           // default: as many as cores, at least 4, at most 20
	BusyTimeout time.Duration // default 5 s
	WriteQueue  int           // items that may wait for the writer; default 1,024
	MaxGroup    int           // items in one transaction; default 256

	// Committed hears of every committed change, in commit order, from one
	// goroutine at a time, before the writers that made them are answered. It
	// must not wait for anything but memory and CPU. May be nil.
	Committed func([]campfire.Change)
	// Fatal hears once of a failed sync or write of the log: the process must
	// stop acknowledging and end (delivery contract, 10). May be nil.
	Fatal func(error)

	Logger     *slog.Logger
	Registerer prometheus.Registerer
}

// Store is one open database.
type Store struct{}

// Open takes the lock of the data directory, opens or makes the database,
// migrates it and starts the writer, the checkpointer and the indexer. Its
// errors are sentences for the operator.
func Open(ctx context.Context, o Options) (*Store, error) { panic("store") }

// Close answers what is queued, stops the goroutines, checkpoints and unlocks.
func (s *Store) Close() error { panic("store") }

// Epoch names this history: clients that hold numbers of another one resync.
func (s *Store) Epoch() string { panic("store") }

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error { panic("store") }

// Read runs fn on one snapshot. CodeOverloaded when no reader came free in time.
func (s *Store) Read(ctx context.Context, fn func(*Reader) error) error { panic("store") }

// Write hands fn to the writer, which runs it in a transaction together with
// others that wait, each in a savepoint of its own: an error from fn undoes
// fn's writes alone. Write returns after the synced commit and after Committed
// has heard of the changes that fn emitted. fn must be quick, touch nothing
// outside but its own results, and bear being run again from the start.
// CodeOverloaded when the queue is full, CodeStorageFull when the disk is.
// When ctx ends before fn was begun, fn is not run.
func (s *Store) Write(ctx context.Context, fn func(*Tx) error) error { panic("store") }

// Reader reads one snapshot. What it doesn't find is a CodeNotFound error.
type Reader struct{}

// Tx reads and writes in the writer's transaction.
type Tx struct{ Reader }

// Emit hands c to Options.Committed if and when the transaction commits.
func (tx *Tx) Emit(c campfire.Change) { panic("store") }
