package store

import (
	"fmt"
	"testing"
)

// Merging ends: what is left are fewer pieces than a merge takes, and the
// indexer rests.
func TestTrigramsAreMergedUntilNothingIsLeft(t *testing.T) {
	s := open(t, Options{})
	room, ada, _ := furnish(t, s)
	for i := range 600 {
		post(t, s, room, ada, fmt.Sprintf("message %d says that the kettle is on", i))
	}
	for n := 1; n > 0; {
		var err error
		if n, err = s.indexStep(); err != nil {
			t.Fatal(err)
		}
	}
	steps := 0
	for worked := true; worked; steps++ {
		var err error
		if worked, err = s.mergeStep(); err != nil {
			t.Fatal(err)
		}
		if steps > 1000 {
			t.Fatal("merging has no end")
		}
	}
	var pieces int
	read(t, s, func(r *Reader) error {
		_, err := r.c.db.Exec(`SELECT count(DISTINCT segid) FROM trigrams_idx`, &pieces)
		return err
	})
	t.Logf("%d pieces after %d steps", pieces, steps)
	if pieces > 12 {
		t.Errorf("%d pieces are left", pieces)
	}
}
