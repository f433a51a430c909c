package auth

import (
	"testing"

	"go.uber.org/goleak"
)

// A hash that nobody waits for any more is not worked on.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
