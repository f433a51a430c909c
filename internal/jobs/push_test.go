package jobs

import (
	"testing"
	"time"

	"campfire/internal/webpush"
)

// A push service is asked again when it says that this may help, and not before
// it wants to be.
func TestWhatBecomesOfAPush(t *testing.T) {
	for _, c := range []struct {
		status int
		asks   time.Duration
		want   verb
	}{
		{201, 0, done}, {202, time.Hour, done},
		{0, 0, retry}, {408, 0, retry}, {429, 2 * time.Hour, retry}, {500, 0, retry}, {503, time.Minute, retry},
		{301, 0, givenUp}, {400, 0, givenUp}, {401, 0, givenUp}, {403, time.Hour, givenUp}, {404, 0, givenUp}, {410, 0, givenUp}, {413, 0, givenUp},
	} {
		o := result(webpush.Answer{Status: c.status, RetryAfter: c.asks, Reason: "so it says"})
		if o.verb != c.want || o.status != c.status {
			t.Errorf("%d ends as %s with %d, want %s", c.status, o.verb, o.status, c.want)
		}
		if c.want == retry && o.after != c.asks {
			t.Errorf("%d: the next try is in %v at least, and %v was asked for", c.status, o.after, c.asks)
		}
	}
}
