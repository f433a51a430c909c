package store

import (
	"fmt"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

// Under a load that never pauses, the log is copied beside the writer and
// starts over, so that it neither grows without bound nor is copied more
// often than it has something new.
func TestTheLogStaysShortUnderLoad(t *testing.T) {
	s := open(t, Options{})
	room, ada, _ := furnish(t, s)
	var longest, written int64
	for i := 0; written < 3*journalSizeLimit; i++ {
		m := message(room, ada, "")
		m.Body = strings.Repeat(fmt.Sprintf("kettle %d ", i), 4<<10)
		m.Plain, m.HTML, m.ClientID = m.Body, m.Body, fmt.Sprint(i)
		write(t, s, func(tx *Tx) error { return insert(tx, m) })
		written += int64(2 * len(m.Body))
		longest = max(longest, s.walSize())
	}
	rounds := testutil.ToFloat64(s.metrics.checks)
	t.Logf("%d MiB of text, a log of %d MiB at most, copied %v times", written>>20, longest>>20, rounds)
	if longest > 2*journalSizeLimit {
		t.Errorf("the log grew to %d MiB", longest>>20)
	}
	if most := float64(written*4) / (copyFrames * 4096); rounds < 2 || rounds > most {
		t.Errorf("the log was copied %v times, want 2 to %.0f", rounds, most)
	}
}
