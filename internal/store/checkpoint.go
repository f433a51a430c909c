package store

import (
	"fmt"
	"time"

	"campfire"
)

// Copying the log into the database inside a commit would be the writer's
// slowest moments, so it is done beside the writer, in two steps. The first
// copies what is there while posts go on. The second takes the writer's turn
// for the small rest, so that the next write starts the log over instead of
// letting it grow; it is done when the log is long, or nobody is writing.
//
// A page that is written often is copied once per round: rounds are far
// apart, and each costs two syncs.
const (
	copyFrames     = 2000 // 8 MiB not copied yet: less is left alone while writes go on
	restartFrames  = 6000 // a log of 24 MiB is started over even under load; below journalSizeLimit
	checkpointLook = 20 * time.Millisecond
	checkpointIdle = time.Second
	optimizeEvery  = 24 * time.Hour
)

// checkpoint is the checkpointer's goroutine.
func (s *Store) checkpoint() {
	c, err := s.open(1<<20, false)
	if err != nil {
		s.log.Error("no connection for checkpoints; the log will grow until the next start", "err", err)
		return
	}
	defer c.close()
	daily := time.NewTicker(optimizeEvery)
	defer daily.Stop()
	idle := time.NewTimer(checkpointIdle)
	defer idle.Stop()
	dirty := false
	var looked time.Time
	for {
		select {
		case <-s.quit:
			return
		case <-s.committed:
			dirty = true
			idle.Reset(checkpointIdle)
			if now := time.Now(); now.Sub(looked) >= checkpointLook {
				looked = now
				if log, copied := s.logFrames(c); log-copied >= copyFrames {
					s.copyLog(c, log >= restartFrames)
				}
			}
		case <-idle.C:
			if dirty {
				s.copyLog(c, true)
				dirty = false
			}
		case <-daily.C:
			s.inTurn(func() {
				if err := optimize(c, s.metrics); err != nil {
					s.log.Warn("the planner's statistics could not be renewed; it will be tried again", "err", err)
				}
			})
		}
	}
}

// logFrames returns how many pages the log holds, and how many of them have
// been copied. It reads memory alone.
func (s *Store) logFrames(c *conn) (log, copied int) {
	var busy int
	if _, err := c.db.Exec(`PRAGMA wal_checkpoint(NOOP)`, &busy, &log, &copied); err != nil {
		s.log.Warn("the length of the log is not known; it will be asked again", "err", err)
	}
	return log, copied
}

// copyLog copies the log; with restart, also so that it starts over.
func (s *Store) copyLog(c *conn, restart bool) {
	s.pragma(c, `PRAGMA wal_checkpoint(PASSIVE)`)
	if restart {
		s.inTurn(func() { s.pragma(c, `PRAGMA wal_checkpoint(PASSIVE)`) })
	}
	s.metrics.checks.Inc()
}

// inTurn runs fn while the writer rests.
func (s *Store) inTurn(fn func()) {
	select {
	case s.turn <- struct{}{}:
		fn()
		<-s.turn
	case <-s.quit:
	}
}

// optimize renews the planner's statistics where they are missing or old, and
// notes when.
func optimize(c *conn, m *metrics) error {
	if _, err := c.db.Exec(`PRAGMA optimize`); err != nil {
		return fmt.Errorf("PRAGMA optimize: %w", err)
	}
	tx := &Tx{Reader: Reader{c: c, m: m}}
	return tx.exec(metaSet, metaOptimized, fmt.Sprint(int64(campfire.TimeOf(time.Now()))))
}

func (s *Store) pragma(c *conn, text string) {
	if _, err := c.db.Exec(text); err != nil {
		s.log.Warn("the database could not be tidied; it will be tried again", "what", text, "err", err)
	}
}
