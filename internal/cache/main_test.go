package cache

import (
	"testing"

	"go.uber.org/goleak"
)

// A cache starts nothing that outlives a load.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
