package store

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync/atomic"
	"time"

	"campfire"
)

// Tx reads and writes in the writer's transaction.
type Tx struct {
	Reader
	alone   bool // the item has a savepoint of its own
	wrote   bool
	changes []campfire.Change
	last    []deferred
	outbox  *outbox
	jobs    int  // rows added to the outbox, less those removed
	queued  bool // any were added
}

// deferred is a statement that the writer executes after all items of the
// group, outside of any savepoint.
type deferred struct {
	st *statement
	a  args
}

// atEnd defers a write to the end of the group, if the item succeeds. The
// full-text indexes are written so: releasing a savepoint would flush their
// buffers, and cost more than all else that a post does.
func (tx *Tx) atEnd(st *statement, a ...any) error {
	tx.last = append(tx.last, deferred{st, a})
	return tx.writing()
}

// item is one call of Write.
type item struct {
	ctx     context.Context
	fn      func(*Tx) error
	changes []campfire.Change
	jobs    int
	queued  bool
	err     error
	done    chan struct{}
}

// Write hands fn to the writer, which runs it in a transaction together with
// others that wait: an error from fn undoes fn's writes alone. Write returns
// after the synced commit and after Committed has heard of the changes that fn
// emitted. fn must be quick, touch nothing outside but its own results, and
// bear being run again from the start: it is whenever another one of its group
// fails after it has written.
// CodeOverloaded when the queue is full, CodeStorageFull when the disk is.
// When ctx ends before fn was begun, fn is not run.
func (s *Store) Write(ctx context.Context, fn func(*Tx) error) error {
	it := &item{ctx: ctx, fn: fn, done: make(chan struct{})}
	s.closeMu.RLock()
	if s.closed {
		s.closeMu.RUnlock()
		return errClosed()
	}
	select {
	case s.queue <- it:
		s.closeMu.RUnlock()
	default:
		s.closeMu.RUnlock()
		s.metrics.refused.Inc()
		return campfire.Overloaded("Too many changes are waiting to be stored; nothing was done.")
	}
	<-it.done
	return it.err
}

// crowd follows how many items the writer's transactions hold, in sixteenths.
// One alone says little: the next takes what came while it was synced.
type crowd struct{ sixteenths atomic.Int64 }

// note is called by the writer's goroutine alone.
func (c *crowd) note(items int) {
	was := c.sixteenths.Load()
	c.sixteenths.Store(was + (int64(items)*16-was)/4)
}

// crowded is the mean that says that more comes than could be stored singly.
const crowded = 4

// Crowded reports whether changes come faster than the disk takes them one by
// one, so that whoever is in no hurry had better wait and write several at once.
func (s *Store) Crowded() bool { return s.crowd.sixteenths.Load() >= 16*crowded }

// Emit hands c to Options.Committed if and when the transaction commits.
func (tx *Tx) Emit(c campfire.Change) { tx.changes = append(tx.changes, c) }

var (
	beginWrite = define("begin", `BEGIN IMMEDIATE`)
	commit     = define("commit", `COMMIT`)
	rollback   = define("begin", `ROLLBACK`)
	savepoint  = define("savepoint", `SAVEPOINT item`)
	keep       = define("savepoint", `RELEASE item`)
	undo       = define("savepoint", `ROLLBACK TO item`)
)

// exec writes.
func (tx *Tx) exec(st *statement, a ...any) error {
	if err := tx.writing(); err != nil {
		return err
	}
	began := time.Now()
	p, err := tx.c.begin(st, a)
	if err != nil {
		return err
	}
	defer p.Reset()
	for more := true; more && err == nil; {
		more, err = p.Step()
	}
	tx.m.observe(st, began, 1)
	if err != nil {
		return fmt.Errorf("%s: %w", st.op, err)
	}
	return nil
}

// execCount writes and returns how many rows it touched.
func (tx *Tx) execCount(st *statement, a ...any) (int, error) {
	if err := tx.exec(st, a...); err != nil {
		return 0, err
	}
	return tx.c.db.Changes(), nil
}

// returning writes and scans the row that comes back.
func (tx *Tx) returning(st *statement, a args, dest ...any) error {
	if err := tx.writing(); err != nil {
		return err
	}
	return tx.one(st, a, dest...)
}

// writing comes before every write of an item.
func (tx *Tx) writing() error {
	if tx.alone && !tx.wrote {
		if err := tx.run(savepoint); err != nil {
			return err
		}
	}
	tx.wrote = true
	return nil
}

// write is the writer's goroutine: it takes all that waits, up to a bound,
// into one transaction.
func (s *Store) write() {
	group := make([]*item, 0, s.opts.MaxGroup)
	for {
		select {
		case it := <-s.queue:
			group = append(group[:0], it)
		case <-s.quit:
			// Close has stopped new items; answer those that are queued.
			select {
			case it := <-s.queue:
				group = append(group[:0], it)
			default:
				return
			}
		}
		for len(group) < cap(group) {
			select {
			case it := <-s.queue:
				group = append(group, it)
				continue
			default:
			}
			break
		}
		s.turn <- struct{}{}
		s.commitGroup(group)
		<-s.turn
		clear(group)
	}
}

// commitGroup runs the items in one transaction and answers them. When the
// transaction is lost to one item (a full disk can end it whole), that item
// has its error and the others are run again.
func (s *Store) commitGroup(group []*item) {
	began := time.Now()
	pending, apart := group, false
	for len(pending) > 0 {
		culprit, err := s.tryGroup(pending, apart)
		if err == nil {
			break
		}
		if errors.Is(err, errApart) {
			apart = true
			continue
		}
		err = s.explain(err)
		if culprit < 0 { // the commit itself: nobody's fault alone
			for _, it := range pending {
				it.err, it.changes, it.jobs, it.queued = err, nil, 0, false
			}
			break
		}
		it := pending[culprit]
		it.err, it.changes, it.jobs, it.queued = err, nil, 0, false
		rest := make([]*item, 0, len(pending)-1)
		rest = append(append(rest, pending[:culprit]...), pending[culprit+1:]...)
		pending = rest
	}
	var changes []campfire.Change
	queued := false
	for _, it := range group {
		changes = append(changes, it.changes...)
		s.outbox.depth.Add(int64(it.jobs))
		queued = queued || it.queued
	}
	if len(changes) > 0 && s.opts.Committed != nil {
		s.opts.Committed(changes)
	}
	if queued && s.opts.Queued != nil {
		s.opts.Queued()
	}
	took := time.Since(began)
	s.metrics.group.Observe(float64(len(group)))
	s.metrics.commit.Observe(took.Seconds())
	s.metrics.slow.note(opGroup, took, len(group))
	s.written.Add(int64(len(group)))
	s.crowd.note(len(group))
	for _, it := range group {
		close(it.done)
	}
	select {
	case s.committed <- struct{}{}:
	default:
	}
}

// errApart says that an item failed after it had written, and that its group
// must be run again with a savepoint for each item, so that its writes alone
// are undone. That is seldom: what people can get wrong is found before the
// first write. A savepoint for each post would cost more than the post's rows.
var errApart = errors.New("run again, each item in a savepoint")

// tryGroup runs one transaction, each item apart in a savepoint or not. An
// error means that nothing of it was stored; culprit is the item that it is
// to be laid to, −1 if none.
func (s *Store) tryGroup(group []*item, apart bool) (culprit int, err error) {
	if failed := s.failed.Load(); failed != nil {
		return -1, *failed
	}
	r := Reader{c: s.writer, m: s.metrics}
	if err := r.run(beginWrite); err != nil {
		return -1, err
	}
	wrote := false
	var last []deferred
	for i, it := range group {
		it.err, it.changes, it.jobs, it.queued = nil, nil, 0, false
		if err := it.ctx.Err(); err != nil {
			it.err = err
			continue
		}
		tx := &Tx{Reader: r, alone: apart, outbox: &s.outbox}
		it.err = protect(tx, it.fn)
		if it.err != nil && (isFull(it.err) || isFatal(it.err)) {
			r.run(rollback) // may be rolled back already
			return i, it.err
		}
		if tx.wrote {
			if err := tx.settle(it.err); err != nil {
				r.run(rollback)
				return i, err
			}
		}
		if it.err == nil {
			it.changes, it.jobs, it.queued = tx.changes, tx.jobs, tx.queued
			wrote = wrote || tx.wrote
			last = append(last, tx.last...)
		}
	}
	if !wrote {
		return -1, r.run(rollback)
	}
	end := Tx{Reader: r}
	for _, d := range last {
		if err := end.exec(d.st, d.a...); err != nil {
			r.run(rollback)
			return -1, err
		}
	}
	began := time.Now()
	err = r.run(commit)
	s.metrics.observe(commit, began, len(group))
	if err != nil {
		r.run(rollback)
		return -1, err
	}
	return -1, nil
}

// settle keeps an item's writes, or undoes them when it failed.
func (tx *Tx) settle(failed error) error {
	switch {
	case !tx.alone && failed == nil:
		return nil
	case !tx.alone:
		return errApart
	case failed != nil:
		if err := tx.run(undo); err != nil {
			return fmt.Errorf("%w (and undoing it failed: %w)", failed, err)
		}
	}
	return tx.run(keep)
}

// protect runs fn and turns its panic into an error: the others in the
// transaction have no part in it.
func protect(tx *Tx, fn func(*Tx) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in a write: %v\n%s", p, debug.Stack())
		}
	}()
	return fn(tx)
}

// explain turns a failure of the transaction into what its callers are told,
// and stops all writing where nothing more may be acknowledged.
func (s *Store) explain(err error) error {
	switch {
	case isFull(err):
		return &campfire.Error{Code: campfire.CodeStorageFull, Err: err,
			Detail: "The server's disk is full; nothing was stored."}
	case isBusy(err):
		e := campfire.Overloaded("Another program holds the database; nothing was done.").(*campfire.Error)
		e.Err = err
		return e
	case isFatal(err):
		wrapped := fmt.Errorf("the database can no longer be trusted to store: %w", err)
		if s.failed.CompareAndSwap(nil, &wrapped) && s.opts.Fatal != nil {
			s.opts.Fatal(wrapped)
		}
		return wrapped
	}
	return err
}
