package store

import (
	"slices"
	"testing"
	"time"

	"campfire"
)

// The first room and the first administrator have the id 1: going back and
// forth between them and others must not prepare statements anew (see
// define). Held against others than the first, in turns in one run.
func TestTheFirstIDsCostNoMore(t *testing.T) {
	s := open(t, Options{})
	room, ada, _ := furnish(t, s)
	if room != 1 || ada.ID != 1 {
		t.Fatalf("room %d, person %d: no longer the first", room, ada.ID)
	}
	const turns, each = 9, 300
	read(t, s, func(r *Reader) error {
		took := func(first campfire.RoomID) time.Duration {
			began := time.Now()
			for i := range campfire.RoomID(each) {
				id := first + i%2*1000
				if _, err := r.Place(id, ada.ID); (err == nil) != (id == room) {
					t.Fatalf("room %d: %v", id, err)
				}
			}
			return time.Since(began)
		}
		var ones, others []time.Duration
		for range turns {
			ones, others = append(ones, took(room)), append(others, took(room+1))
		}
		slices.Sort(ones)
		slices.Sort(others)
		one, other := ones[turns/2], others[turns/2]
		t.Logf("with the id 1 %v, without %v", one/each, other/each)
		if one > 3*other {
			t.Errorf("a query takes %v with the id 1, %v without", one/each, other/each)
		}
		return nil
	})
}
