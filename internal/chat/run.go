package chat

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"campfire/internal/store"

	"campfire"
)

const (
	flushEvery = 30 * time.Second // latest uses of credentials
	tidyEvery  = time.Hour        // what expired
	lookEvery  = 24 * time.Hour   // bytes without a row

	// Bounds of one transaction, so that posts never wait long behind one.
	sweepScan   = 2000
	purgeRows   = 500
	purgeEvents = 1000

	// The log of deliveries.
	triesFor   = 30 * 24 * time.Hour
	triesKept  = 100_000
	purgeTries = 1000
)

// Run does the work that no request waits for, until ctx ends: it stores
// latest uses, writes the tombstones of banned people's messages, removes
// what expired, the rows of deleted rooms and the bytes of files that are
// gone, renders anew what an older version rendered, and reads pages again that
// have changed and are asked for. All of it resumes after a crash.
func (s *Service) Run(ctx context.Context) error {
	var refreshing sync.WaitGroup
	refreshing.Go(func() { s.refresh(ctx) })
	refreshing.Go(func() { s.background(ctx, "rendering", s.renderAnew) })
	defer refreshing.Wait()
	flush := time.NewTicker(flushEvery)
	defer flush.Stop()
	tidy := time.NewTicker(tidyEvery)
	defer tidy.Stop()
	look := time.NewTicker(lookEvery)
	defer look.Stop()

	s.background(ctx, "sweep", s.sweep)
	s.background(ctx, "tidy", s.tidy)
	s.background(ctx, "files", s.tidyFiles)
	s.background(ctx, "orphans", s.removeOrphans)
	for {
		select {
		case <-ctx.Done():
			// What was noted last is worth one more write, not a wait.
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
			defer cancel()
			s.background(last, "last seen", s.flushSeen)
			return nil
		case <-s.wake:
			s.background(ctx, "sweep", s.sweep)
			s.background(ctx, "files", s.removeFiles)
		case <-flush.C:
			s.background(ctx, "last seen", s.flushSeen)
		case <-tidy.C:
			s.background(ctx, "tidy", s.tidy)
			s.background(ctx, "files", s.tidyFiles)
		case <-look.C:
			s.background(ctx, "orphans", s.removeOrphans)
		}
	}
}

// background does one piece of work and logs its failure: the next round
// tries again.
func (s *Service) background(ctx context.Context, what string, work func(context.Context) error) {
	if err := work(ctx); err != nil && ctx.Err() == nil {
		s.log.Error("background work failed", "work", what, "err", err)
	}
}

// wakeRun tells Run that there is something to sweep.
func (s *Service) wakeRun() {
	select {
	case s.wake <- struct{}{}:
	default: // it will look anyway
	}
}

// sweep finishes all bans' sweeps and removes the rows of deleted rooms.
func (s *Service) sweep(ctx context.Context) error {
	for {
		var sweeps []store.Sweep
		err := s.store.Read(ctx, func(r *store.Reader) (err error) {
			sweeps, err = r.Sweeps()
			return err
		})
		if err != nil {
			return err
		}
		if len(sweeps) == 0 {
			break
		}
		for _, sw := range sweeps {
			err := s.store.Write(ctx, func(tx *store.Tx) error {
				_, err := tx.AdvanceSweep(sw, sweepScan, s.now())
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	for more := true; more; {
		err := s.store.Write(ctx, func(tx *store.Tx) (err error) {
			more, err = tx.PurgeRooms(purgeRows)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// tidy removes expired credentials and links, old deliveries, what is no longer
// known of pages, and events beyond retention.
func (s *Service) tidy(ctx context.Context) error {
	err := s.repeat(ctx, purgeRows, func(tx *store.Tx) (int, error) { return tx.PurgeExpired(s.now(), purgeRows) })
	if err != nil {
		return err
	}
	old := s.now().Add(-triesFor)
	err = s.repeat(ctx, purgeTries, func(tx *store.Tx) (int, error) { return tx.PurgeTries(old, triesKept, purgeTries) })
	if err != nil {
		return err
	}
	err = s.repeat(ctx, purgeTries, func(tx *store.Tx) (int, error) { return tx.PurgeDecisions(old, purgeTries) })
	if err != nil {
		return err
	}
	err = s.repeat(ctx, purgeLinks, func(tx *store.Tx) (int, error) { return tx.PurgeLinkPreviews(s.now(), linksKept, purgeLinks) })
	if err != nil || s.limits.EventRetention <= 0 {
		return err
	}
	before := s.now().Add(-s.limits.EventRetention)
	return s.repeat(ctx, purgeEvents, func(tx *store.Tx) (int, error) { return tx.PurgeEvents(before, purgeEvents) })
}

// repeat runs a bounded step until it finds less than its bound.
func (s *Service) repeat(ctx context.Context, bound int, step func(*store.Tx) (int, error)) error {
	for n := bound; n >= bound; {
		err := s.store.Write(ctx, func(tx *store.Tx) (err error) {
			n, err = step(tx)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// flushSeen stores the latest uses of credentials that were noted.
func (s *Service) flushSeen(ctx context.Context) error {
	s.seenMu.Lock()
	noted := s.seen
	s.seen = make(map[campfire.CredentialID]store.Seen)
	s.seenMu.Unlock()
	if len(noted) == 0 {
		return nil
	}
	list := slices.Collect(maps.Values(noted))
	return s.store.Write(ctx, func(tx *store.Tx) error { return tx.TouchCredentials(list) })
}
