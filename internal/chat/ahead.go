package chat

import (
	"context"
	"sync"

	"campfire"
)

// ahead is where something has happened: the newest pages of these rooms are
// read again before anyone asks, by the goroutine that runs refresh.
type ahead struct {
	mu    sync.Mutex
	rooms map[campfire.RoomID]struct{}
	wake  chan struct{} // holds one
}

// maxAhead bounds the rooms that wait. Beyond it a room's page is read when
// it is asked for.
const maxAhead = 1024

func newAhead() ahead {
	return ahead{rooms: make(map[campfire.RoomID]struct{}), wake: make(chan struct{}, 1)}
}

// note never waits.
func (a *ahead) note(room campfire.RoomID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.rooms) < maxAhead {
		a.rooms[room] = struct{}{}
	}
	select {
	case a.wake <- struct{}{}:
	default: // it will look anyway
	}
}

// next takes a room.
func (a *ahead) next() (campfire.RoomID, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for room := range a.rooms {
		delete(a.rooms, room)
		return room, true
	}
	return 0, false
}

// refresh reads newest pages again that have changed, one at a time, until
// ctx ends. A page that nobody has asked for since it was last read is left
// alone, so that posts to rooms that nobody looks at cost nothing.
func (s *Service) refresh(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.ahead.wake:
		}
		for room, ok := s.ahead.next(); ok && ctx.Err() == nil; room, ok = s.ahead.next() {
			q := PageRequest{Limit: s.usualPage()}
			err := s.remembered.pages.Refresh(ctx, pageKey{room, q}, s.pageLoader(room, q))
			if err != nil && campfire.CodeOf(err) != campfire.CodeNotFound && ctx.Err() == nil {
				s.log.Error("background work failed", "work", "refresh", "err", err)
			}
		}
	}
}
