package store

import (
	"context"
	"database/sql"
	"time"

	"campfire"
)

// OutboxState is how what is owed to the world outside stands.
type OutboxState struct {
	Waiting int64         // rows
	Due     int64         // of them, that nobody works on though they could begin
	Oldest  campfire.Time // since when the first of those could; zero: there is none
	Expired int64         // rows that someone has leased for longer than a try lasts

	// Still are lanes of which something could begin for two minutes and
	// nothing is worked on, those that wait longest first, ten at most.
	Still []StillLane
	// Lost is what was never delivered in the last week, the most first.
	Lost []LostJobs
}

// StillLane is a lane that stands still.
type StillLane struct {
	Kind  JobKind
	Lane  int64
	Jobs  int64         // that could begin
	Since campfire.Time // when the first could
	Known bool          // whether it stands where workers look for what is due
}

// LostJobs counts the jobs of one lane that ended one way.
type LostJobs struct {
	Kind    JobKind
	Lane    int64
	Outcome TryOutcome // TryGivenUp or TryDropped
	Jobs    int64
}

// What counts as standing still, how long losses are told, and of how many
// lanes.
const (
	stillAfter = 2 * time.Minute
	lostFor    = 7 * 24 * time.Hour
	stillLanes = 10
	lostLanes  = 100
)

// lookAtOutbox reads how the outbox stands at a time.
func (in *Inspection) lookAtOutbox(ctx context.Context, c *sql.Conn, now campfire.Time) error {
	o := &in.Outbox
	err := c.QueryRowContext(ctx, `SELECT count(*),
			count(*) FILTER (WHERE leased_until = 0 AND run_at <= ?1),
			coalesce(min(run_at) FILTER (WHERE leased_until = 0 AND run_at <= ?1), 0),
			count(*) FILTER (WHERE leased_until <> 0 AND leased_until <= ?1)
		FROM outbox`, now).Scan(&o.Waiting, &o.Due, &o.Oldest, &o.Expired)
	if err != nil {
		return err
	}
	o.Still, err = listOn(ctx, c, func(rows *sql.Rows, l *StillLane) error {
		return rows.Scan(&l.Kind, &l.Lane, &l.Jobs, &l.Since, &l.Known)
	}, `SELECT kind, lane, count(*), min(run_at),
			EXISTS (SELECT 1 FROM outbox_lanes l WHERE l.kind = o.kind AND l.lane = o.lane AND l.next_at <= ?1)
		FROM outbox o WHERE leased_until = 0 AND run_at <= ?2
			AND NOT EXISTS (SELECT 1 FROM outbox w WHERE w.kind = o.kind AND w.lane = o.lane AND w.leased_until > ?1)
		GROUP BY kind, lane ORDER BY min(run_at) LIMIT ?3`, now, now.Add(-stillAfter), stillLanes)
	if err != nil {
		return err
	}
	o.Lost, err = listOn(ctx, c, func(rows *sql.Rows, l *LostJobs) error {
		return rows.Scan(&l.Kind, &l.Lane, &l.Outcome, &l.Jobs)
	}, `SELECT kind, lane, outcome, count(*) FROM outbox_log WHERE outcome IN (?1, ?2) AND at > ?3
		GROUP BY kind, lane, outcome ORDER BY count(*) DESC, kind, lane LIMIT ?4`,
		TryGivenUp, TryDropped, now.Add(-lostFor), lostLanes)
	return err
}

// listOn returns the rows of a query on a connection of database/sql.
func listOn[T any](ctx context.Context, c *sql.Conn, scan func(*sql.Rows, *T) error, query string, args ...any) (all []T, err error) {
	rows, err := c.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var v T
		if err := scan(rows, &v); err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, rows.Err()
}
