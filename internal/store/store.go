package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
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
	MaxRead     time.Duration // how long one Read may keep its snapshot; default 10 s
	Slow        time.Duration // what takes longer is logged; 0: nothing is

	// Committed hears of every committed change, in commit order, from one
	// goroutine at a time, before the writers that made them are answered. It
	// must not wait for anything but memory and CPU. May be nil.
	Committed func([]campfire.Change)
	// Fatal hears once of a failed sync or write of the log: the process must
	// stop acknowledging and end (a later sync could report success with the
	// data gone). May be nil.
	Fatal func(error)

	// Queued is told, after Committed, that the outbox has new rows. It must
	// not wait. May be nil.
	Queued    func()
	OutboxMax int // rows of the outbox; what comes beyond is dropped and logged; 0: no bound

	Logger     *slog.Logger
	Registerer prometheus.Registerer
}

func (o *Options) setDefaults() error {
	switch o.Sync {
	case "":
		o.Sync = "full"
	case "full", "normal":
	default:
		return fmt.Errorf("sync mode %q is neither full nor normal", o.Sync)
	}
	def := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	def(&o.Readers, min(max(runtime.GOMAXPROCS(0), 4), 20))
	def(&o.WriteQueue, 1024)
	def(&o.MaxGroup, 256)
	if o.CacheBytes <= 0 {
		o.CacheBytes = 64 << 20
	}
	if o.BusyTimeout <= 0 {
		o.BusyTimeout = 5 * time.Second
	}
	if o.MaxRead <= 0 {
		o.MaxRead = 10 * time.Second
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return nil
}

// caches divides the page cache: half of it is the writer's, which touches
// the most pages; the readers share the rest.
func (o *Options) caches() (writer, reader int64) {
	writer = o.CacheBytes / 2
	return writer, (o.CacheBytes - writer) / int64(o.Readers)
}

// Store is one open database.
type Store struct {
	// Set by Open, then read-only.
	opts    Options
	lock    *os.File
	path    string
	writer  *conn // belongs to the writer goroutine after Open
	reading []*conn
	readers chan *conn // those of reading that are free
	epoch   string
	metrics *metrics
	log     *slog.Logger

	queue  chan *item
	turn   chan struct{} // holds one token while the writer or a checkpoint works
	failed atomic.Pointer[error]

	written atomic.Int64 // items that the writer has answered
	crowd   crowd
	outbox  outbox

	closeMu sync.RWMutex // write-held to stop taking items
	closed  bool
	quit    chan struct{}
	wg      sync.WaitGroup

	committed chan struct{} // tells the checkpointer of new rows; holds one
}

// DatabaseFile is the name of the database in the data directory.
const DatabaseFile = "campfire.db"

// Open takes the lock of the data directory, opens or makes the database,
// migrates it and starts the writer, the checkpointer and the indexer. Its
// errors are sentences for the operator.
func Open(ctx context.Context, o Options) (_ *Store, err error) {
	if err := o.setDefaults(); err != nil {
		return nil, err
	}
	lock, err := lockDirectory(o.Dir)
	if err != nil {
		return nil, err
	}
	s := &Store{
		opts: o, lock: lock, log: o.Logger,
		path:      filepath.Join(o.Dir, DatabaseFile),
		metrics:   newMetrics(o.Registerer, o.Slow, o.Logger),
		readers:   make(chan *conn, o.Readers),
		queue:     make(chan *item, o.WriteQueue),
		turn:      make(chan struct{}, 1),
		quit:      make(chan struct{}),
		committed: make(chan struct{}, 1),
	}
	defer func() {
		if err != nil {
			s.release()
		}
	}()
	if err := createPrivate(s.path); err != nil {
		return nil, err
	}
	if err := s.connect(ctx); err != nil {
		return nil, fmt.Errorf("open the database %s: %w", s.path, err)
	}
	if err := s.start(); err != nil {
		return nil, fmt.Errorf("open the database %s: %w", s.path, err)
	}
	if o.Sync == "normal" {
		o.Logger.Warn("CAMPFIRE_DB_SYNC is normal: a power failure loses the messages of the last moments, acknowledged ones too")
	}
	s.metrics.watch(s)
	s.wg.Go(s.write)
	s.wg.Go(s.checkpoint)
	s.wg.Go(s.index)
	s.wg.Go(s.boundReads)
	return s, nil
}

// connect opens the writer's connection, migrates, and opens the readers.
func (s *Store) connect(ctx context.Context) error {
	writerCache, readerCache := s.opts.caches()
	var err error
	if s.writer, err = s.open(writerCache, false); err != nil {
		return err
	}
	if err := migrate(ctx, s.path, s.log); err != nil {
		return err
	}
	for range s.opts.Readers {
		c, err := s.open(readerCache, true)
		if err != nil {
			return err
		}
		s.reading = append(s.reading, c)
		s.readers <- c
	}
	return nil
}

// Keys of the meta table.
const (
	metaEpoch    = "epoch"
	metaStopped  = "stopped"       // "clean", or the sync mode that was running
	metaTrigram  = "trigram_until" // every message up to this id is in trigrams
	metaRendered = "rendered"      // the renderer's version that has made all texts

	metaOptimized = "optimized" // when the planner's statistics were last looked after
)

var (
	metaGet = define("meta", `SELECT value FROM meta WHERE key = $1`)
	metaSet = define("meta", `INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value`)
)

func (r *Reader) meta(key string) (value string, err error) {
	err = r.one(metaGet, args{key}, &value)
	if errors.Is(err, errNoRow) {
		return "", nil
	}
	return value, err
}

// start settles the epoch: a new one where the last run may have lost what it
// had acknowledged.
func (s *Store) start() error {
	tx := &Tx{Reader: Reader{c: s.writer, m: s.metrics}}
	epoch, err := tx.meta(metaEpoch)
	if err != nil {
		return err
	}
	stopped, err := tx.meta(metaStopped)
	if err != nil {
		return err
	}
	if epoch == "" || stopped == "normal" {
		epoch = rand.Text()[:12]
		if err := tx.exec(metaSet, metaEpoch, epoch); err != nil {
			return err
		}
	}
	if err := tx.exec(metaSet, metaStopped, s.opts.Sync); err != nil {
		return err
	}
	s.epoch = epoch
	var waiting int64
	if err := tx.one(jobCount, nil, &waiting); err != nil {
		return err
	}
	s.outbox.max, s.outbox.full = int64(s.opts.OutboxMax), func(k JobKind) { s.metrics.dropped.WithLabelValues(k.String()).Inc() }
	s.outbox.depth.Store(waiting)
	return nil
}

// Close answers what is queued, stops the goroutines, checkpoints and unlocks.
func (s *Store) Close() error {
	s.closeMu.Lock()
	if s.closed {
		s.closeMu.Unlock()
		return nil
	}
	s.closed = true
	s.closeMu.Unlock()
	close(s.quit)
	s.wg.Wait()

	var errs []error
	if s.failed.Load() == nil {
		tx := &Tx{Reader: Reader{c: s.writer, m: s.metrics}}
		err := tx.exec(metaSet, metaStopped, "clean")
		errs = append(errs, err)
		errs = append(errs, optimize(s.writer, s.metrics))
		_, err = s.writer.db.Exec(`PRAGMA wal_checkpoint(TRUNCATE)`)
		errs = append(errs, err)
	}
	s.metrics.unwatch(s.opts.Registerer)
	errs = append(errs, s.release())
	return errors.Join(errs...)
}

// release closes what Open had opened.
func (s *Store) release() error {
	var errs []error
	for range s.reading {
		select {
		case c := <-s.readers:
			errs = append(errs, c.close())
		case <-time.After(readerWait): // its reader does not return; it is left to it
		}
	}
	if s.writer != nil {
		errs = append(errs, s.writer.close())
	}
	errs = append(errs, s.lock.Close())
	return errors.Join(errs...)
}

// Epoch names this history: clients that hold numbers of another one resync.
func (s *Store) Epoch() string { return s.epoch }

var ping = define("ping", `SELECT count(*) FROM account`)

// Ping reports whether the database answers and still takes writes.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.failed.Load(); err != nil {
		return *err
	}
	return s.Read(ctx, func(r *Reader) error {
		var n int
		return r.one(ping, nil, &n)
	})
}
