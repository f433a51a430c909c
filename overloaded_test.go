package campfire

import (
	"errors"
	"testing"
	"time"
)

// Those who are refused together are not asked back together.
func TestOverloadedSpreadsWhoComesBack(t *testing.T) {
	seen := make(map[time.Duration]bool)
	for range 100 {
		e, ok := errors.AsType[*Error](Overloaded("Full."))
		if !ok || e.Code != CodeOverloaded || e.RetryAfter < time.Second || e.RetryAfter > 5*time.Second {
			t.Fatalf("%+v", e)
		}
		seen[e.RetryAfter] = true
	}
	if len(seen) < 50 {
		t.Errorf("a hundred refusals name %d moments", len(seen))
	}
}
