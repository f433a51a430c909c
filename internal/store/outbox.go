package store

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"campfire"
	"campfire/internal/sqlite"
)

// JobKind tells what is to be done.
type JobKind uint8

// The kinds of job. Stored as these numbers.
const (
	WebhookJob JobKind = iota + 1 // tell a bot of a message
	NotifyJob                     // find out who is to be told of a message
	PushJob                       // tell one device of a message
	PreviewJob                    // look at the links of a message
)

// JobKinds are all there are.
var JobKinds = []JobKind{WebhookJob, NotifyJob, PushJob, PreviewJob}

// String returns the kind's name, as metrics and the log of deliveries show it.
func (k JobKind) String() string {
	return [...]string{"", "webhook", "notify", "push", "preview"}[k]
}

// Job is one row of the outbox: something that a committed change owes to the
// world outside. It is done at least once.
type Job struct {
	ID JobID
	// DeliveryID is the same for every try and every replay, so that whoever
	// receives two can tell. Empty when enqueued: one is made.
	DeliveryID string
	Kind       JobKind
	// Lane groups what must not crowd out the rest: the bot, the device.
	Lane      int64
	Room      campfire.RoomID
	Message   campfire.MessageID
	User      campfire.UserID
	Target    int64 // what else it is about; its kind says what
	Payload   string
	CreatedAt campfire.Time
	RunAt     campfire.Time // not before; zero: at once
	Attempts  int           // tries that failed
}

// JobID names a row of the outbox.
type JobID int64

// TryOutcome is how one try ended.
type TryOutcome uint8

// The outcomes. Stored as these numbers.
const (
	TryDone    TryOutcome = iota + 1 // done
	TrySkipped                       // no longer wanted
	TryFailed                        // will be tried again
	TryGivenUp                       // will not be tried again
	TryDropped                       // the outbox was full: never tried
)

// String returns the outcome's name.
func (o TryOutcome) String() string {
	return [...]string{"", "done", "skipped", "failed", "given_up", "dropped"}[o]
}

// Try is one row of the log of deliveries.
type Try struct {
	ID      TryID
	Job     Job // as it was when it was tried
	Attempt int // 1, 2, …
	Outcome TryOutcome
	Status  int // of the answer over HTTP; 0: none came
	Detail  string
	Took    time.Duration
	At      campfire.Time
}

// TryID names a row of the log of deliveries.
type TryID int64

// outbox counts the rows of the table, so that its bound costs no query.
type outbox struct {
	depth atomic.Int64
	max   int64 // 0: no bound
	// full counts what was not taken.
	full func(JobKind)
}

var (
	jobCount  = define("outbox", `SELECT count(*) FROM outbox`)
	jobInsert = define("outbox_write", `INSERT INTO outbox (delivery_id, kind, lane, room_id, message_id, user_id, target_id, payload, created_at, run_at, leased_until, attempts)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, 0)`)
	laneHurry = define("outbox_write", `INSERT INTO outbox_lanes (kind, lane, next_at) VALUES ($1, $2, $3)
		ON CONFLICT (kind, lane) DO UPDATE SET next_at = min(next_at, excluded.next_at) WHERE next_at > excluded.next_at AND next_at <> $4`)
	lanesDue = define("outbox", `SELECT lane FROM outbox_lanes WHERE kind = $1 AND next_at <= $2 ORDER BY next_at LIMIT $3`)
	laneNext = define("outbox", `SELECT
		(SELECT count(*) FROM outbox WHERE kind = $1 AND lane = $2 AND leased_until <> 0),
		coalesce((SELECT min(run_at) FROM outbox WHERE kind = $1 AND lane = $2 AND leased_until = 0), 0)`)
	laneSet    = define("outbox_write", `UPDATE outbox_lanes SET next_at = $3 WHERE kind = $1 AND lane = $2`)
	laneEnd    = define("outbox_write", `DELETE FROM outbox_lanes WHERE kind = $1 AND lane = $2`)
	lanesEnd   = define("outbox_write", `DELETE FROM outbox_lanes`)
	lanesBegin = define("outbox_write", `INSERT INTO outbox_lanes (kind, lane, next_at) SELECT kind, lane, min(run_at) FROM outbox GROUP BY kind, lane`)

	jobLease = define("outbox_write", `UPDATE outbox SET leased_until = $4 WHERE id IN (
			SELECT id FROM outbox WHERE kind = $1 AND lane = $2 AND leased_until = 0 AND run_at <= $3 ORDER BY run_at, id LIMIT $5)
		RETURNING id, delivery_id, kind, lane, room_id, message_id, user_id, target_id, payload, created_at, run_at, attempts`)
	jobRelease    = define("outbox_write", `UPDATE outbox SET leased_until = 0, run_at = $2, attempts = $3 WHERE id = $1`)
	jobReleaseAll = define("outbox_write", `UPDATE outbox SET leased_until = 0 WHERE leased_until <> 0`)
	jobDelete     = define("outbox_write", `DELETE FROM outbox WHERE id = $1`)
	jobNext       = define("outbox", `SELECT coalesce(min(next_at), 0) FROM outbox_lanes WHERE kind = $1`)
	jobDepths     = define("outbox", `SELECT kind, count(*), min(created_at) FROM outbox GROUP BY kind`)

	// The index of what waits and that of what is leased are two.
	owedList = define("outbox", `SELECT o.id, o.delivery_id, o.kind, o.lane, o.room_id, o.message_id, o.user_id, o.target_id, o.payload, o.created_at, o.run_at, o.attempts,
			o.leased_until <> 0, coalesce(l.id, 0), coalesce(l.attempt, 0), coalesce(l.outcome, 0), coalesce(l.status, 0), coalesce(l.detail, ''), coalesce(l.took, 0), coalesce(l.at, 0)
		FROM outbox o LEFT JOIN outbox_log l ON l.id = (SELECT max(x.id) FROM outbox_log x
			WHERE x.message_id = o.message_id AND x.kind = o.kind AND x.delivery_id = o.delivery_id)
		WHERE o.id IN (SELECT id FROM outbox WHERE kind = $1 AND lane = $2 AND leased_until <> 0
			UNION ALL SELECT id FROM (SELECT id FROM outbox WHERE kind = $1 AND lane = $2 AND leased_until = 0 ORDER BY run_at, id LIMIT $3))
		ORDER BY o.leased_until = 0, o.run_at, o.id`)
	owedLane = define("outbox", `SELECT (SELECT count(*) FROM outbox WHERE kind = $1 AND lane = $2 AND leased_until <> 0)
		+ (SELECT count(*) FROM outbox WHERE kind = $1 AND lane = $2 AND leased_until = 0),
		coalesce((SELECT next_at FROM outbox_lanes WHERE kind = $1 AND lane = $2), 0)`)

	tryInsert = define("outbox_write", `INSERT INTO outbox_log (delivery_id, kind, lane, room_id, message_id, user_id, target_id, payload, attempt, outcome, status, detail, took, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`)
	triesOfUser    = define("outbox_log", `SELECT `+tryColumns+` FROM outbox_log WHERE user_id = $1 AND kind = $2 AND id < $3 ORDER BY id DESC LIMIT $4`)
	triesOfMessage = define("outbox_log", `SELECT `+tryColumns+` FROM outbox_log WHERE message_id = $1 AND kind = $2 AND user_id = $3 ORDER BY id LIMIT $4`)
	tryGet         = define("outbox_log", `SELECT `+tryColumns+` FROM outbox_log WHERE id = $1`)
	tryPurge       = define("outbox_write", `DELETE FROM outbox_log WHERE id IN (SELECT id FROM outbox_log
		WHERE at < $1 OR id <= (SELECT max(id) FROM outbox_log) - $2 ORDER BY id LIMIT $3)`)
)

const tryColumns = `id, delivery_id, kind, lane, room_id, message_id, user_id, target_id, payload, attempt, outcome, status, detail, took, at`

func scanJob(rows *sqlite.Stmt, j **Job) error {
	*j = &Job{}
	w := *j
	return rows.Scan(&w.ID, &w.DeliveryID, &w.Kind, &w.Lane, &w.Room, &w.Message, &w.User, &w.Target, &w.Payload, &w.CreatedAt, &w.RunAt, &w.Attempts)
}

func scanTry(rows *sqlite.Stmt, t **Try) error {
	*t = &Try{}
	w, j := *t, &(*t).Job
	var took int64
	err := rows.Scan(&w.ID, &j.DeliveryID, &j.Kind, &j.Lane, &j.Room, &j.Message, &j.User, &j.Target, &j.Payload,
		&w.Attempt, &w.Outcome, &w.Status, &w.Detail, &took, &w.At)
	w.Took = time.Duration(took) * time.Microsecond
	j.Attempts = w.Attempt - 1
	return err
}

// Enqueue adds j to the outbox; CreatedAt must be set. When the outbox holds
// as many as it may, j is written to the log as dropped instead, so that
// somebody's broken receiver never stops the chat.
func (tx *Tx) Enqueue(j Job) error {
	if j.DeliveryID == "" {
		j.DeliveryID = "msg_" + rand.Text()
	}
	if o := tx.outbox; o.max > 0 && o.depth.Load()+int64(tx.jobs) >= o.max {
		o.full(j.Kind)
		return tx.LogTry(&Try{Job: j, Outcome: TryDropped, At: j.CreatedAt,
			Detail: fmt.Sprintf("The outbox holds %d already.", o.max)})
	}
	if j.RunAt == 0 {
		j.RunAt = j.CreatedAt
	}
	if err := tx.exec(jobInsert, j.DeliveryID, j.Kind, j.Lane, j.Room, j.Message, j.User, j.Target, j.Payload, j.CreatedAt, j.RunAt); err != nil {
		return err
	}
	if err := tx.exec(laneHurry, j.Kind, j.Lane, j.RunAt, laneFull); err != nil {
		return err
	}
	tx.jobs++
	tx.queued = true
	return nil
}

// Of a lane of which nothing can begin: as much of it is worked on as may be,
// or all of it is.
const (
	laneFull  = campfire.Time(1<<63 - 1)
	laneSpent = laneFull - 1
)

// LeaseJobs takes up to limit due jobs of a kind, of the lanes that wait
// longest, and keeps them from other workers until then. Of one lane no more
// than perLane are leased at a time.
func (tx *Tx) LeaseJobs(kind JobKind, now, until campfire.Time, perLane, limit int) (leased []*Job, err error) {
	lanes, err := column[int64](&tx.Reader, lanesDue, args{kind, now, limit})
	if err != nil {
		return nil, err
	}
	for _, lane := range lanes {
		var busy int
		var next campfire.Time
		if err := tx.one(laneNext, args{kind, lane}, &busy, &next); err != nil {
			return nil, err
		}
		if free := min(perLane-busy, limit-len(leased)); free > 0 {
			if err := tx.writing(); err != nil {
				return nil, err
			}
			jobs, err := list(&tx.Reader, jobLease, args{kind, lane, now, until, free}, scanJob)
			if err != nil {
				return nil, err
			}
			slices.SortFunc(jobs, func(a, b *Job) int { return cmp.Or(cmp.Compare(a.RunAt, b.RunAt), cmp.Compare(a.ID, b.ID)) })
			leased = append(leased, jobs...)
		}
		if err := tx.settleLane(kind, lane, perLane); err != nil {
			return nil, err
		}
	}
	return leased, nil
}

// settleLane notes when something more of a lane can begin.
func (tx *Tx) settleLane(kind JobKind, lane int64, perLane int) error {
	var busy int
	var next campfire.Time
	if err := tx.one(laneNext, args{kind, lane}, &busy, &next); err != nil {
		return err
	}
	switch {
	case busy == 0 && next == 0:
		return tx.exec(laneEnd, kind, lane)
	case busy >= perLane:
		next = laneFull
	case next == 0:
		next = laneSpent
	}
	return tx.exec(laneSet, kind, lane, next)
}

// FinishJob removes a job. perLane is what it was leased with.
func (tx *Tx) FinishJob(j *Job, perLane int) error {
	n, err := tx.execCount(jobDelete, j.ID)
	if err != nil {
		return err
	}
	tx.jobs -= n
	return tx.settleLane(j.Kind, j.Lane, perLane)
}

// PutBackJob gives a leased job back, to be taken again at runAt. perLane is
// what it was leased with.
func (tx *Tx) PutBackJob(j *Job, runAt campfire.Time, attempts, perLane int) error {
	if err := tx.exec(jobRelease, j.ID, runAt, attempts); err != nil {
		return err
	}
	return tx.settleLane(j.Kind, j.Lane, perLane)
}

// ReleaseJobs ends all leases: for the start of the only process there is,
// when whoever held them is gone.
func (tx *Tx) ReleaseJobs() error {
	for _, st := range []*statement{jobReleaseAll, lanesEnd, lanesBegin} {
		if err := tx.exec(st); err != nil {
			return err
		}
	}
	return nil
}

// LogTry writes a row of the log.
func (tx *Tx) LogTry(t *Try) error {
	j := &t.Job
	return tx.exec(tryInsert, j.DeliveryID, j.Kind, j.Lane, j.Room, j.Message, j.User, j.Target, j.Payload,
		t.Attempt, t.Outcome, t.Status, t.Detail, t.Took.Microseconds(), t.At)
}

// PurgeTries removes up to limit rows of the log that are older than before
// or beyond the newest keep, and returns how many.
func (tx *Tx) PurgeTries(before campfire.Time, keep, limit int) (int, error) {
	return tx.execCount(tryPurge, before, keep, limit)
}

// NextJob returns when the next job of a kind can begin; zero: there is none,
// or none before another one ends.
func (r *Reader) NextJob(kind JobKind) (at campfire.Time, err error) {
	if err := r.one(jobNext, args{kind}, &at); err != nil || at >= laneSpent {
		return 0, err
	}
	return at, nil
}

// Backlog is what waits of one kind.
type Backlog struct {
	Kind   JobKind
	Depth  int
	Oldest campfire.Time // when the oldest was queued
}

// Backlogs returns what waits, by kind; kinds of which nothing waits are left out.
func (r *Reader) Backlogs() ([]Backlog, error) {
	return list(r, jobDepths, nil, func(rows *sqlite.Stmt, b *Backlog) error { return rows.Scan(&b.Kind, &b.Depth, &b.Oldest) })
}

// Owed is a job that waits or is worked on.
type Owed struct {
	Job
	Leased bool // it is worked on
	Last   *Try // the latest try of the same delivery; nil: none yet
}

// OwedOf returns what of a lane is worked on, and up to limit jobs that wait
// behind it, the next ones first; how many there are in all; and whether as
// many are worked on as may be, so that the others wait for these.
func (r *Reader) OwedOf(kind JobKind, lane int64, limit int) (owed []*Owed, total int, full bool, err error) {
	var next campfire.Time
	if err := r.one(owedLane, args{kind, lane}, &total, &next); err != nil || total == 0 {
		return nil, 0, false, err
	}
	owed, err = list(r, owedList, args{kind, lane, limit}, func(rows *sqlite.Stmt, o **Owed) error {
		*o = &Owed{}
		w, t, took := *o, &Try{}, int64(0)
		err := rows.Scan(&w.ID, &w.DeliveryID, &w.Kind, &w.Lane, &w.Room, &w.Message, &w.User, &w.Target, &w.Payload, &w.CreatedAt, &w.RunAt, &w.Attempts,
			&w.Leased, &t.ID, &t.Attempt, &t.Outcome, &t.Status, &t.Detail, &took, &t.At)
		if t.ID != 0 {
			t.Job, t.Took = w.Job, time.Duration(took)*time.Microsecond
			w.Last = t
		}
		return err
	})
	return owed, total, next == laneFull, err
}

// TriesOf returns the tries of a kind that concern a user, newest first,
// before the given one (zero: from the newest).
func (r *Reader) TriesOf(u campfire.UserID, kind JobKind, before TryID, limit int) ([]*Try, error) {
	if before == 0 {
		before = campfire.MaxID
	}
	return list(r, triesOfUser, args{u, kind, before, limit}, scanTry)
}

// TriesFor returns the tries of a kind for one message and user, oldest first.
func (r *Reader) TriesFor(m campfire.MessageID, kind JobKind, u campfire.UserID, limit int) ([]*Try, error) {
	return list(r, triesOfMessage, args{m, kind, u, limit}, scanTry)
}

// Try returns one row of the log.
func (r *Reader) Try(id TryID) (*Try, error) {
	found, err := list(r, tryGet, args{id}, scanTry)
	if err == nil && len(found) == 0 {
		return nil, campfire.NotFound("delivery")
	}
	if err != nil {
		return nil, err
	}
	return found[0], nil
}
