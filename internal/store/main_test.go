package store

import (
	"testing"

	"go.uber.org/goleak"
)

// Close waits for every goroutine of a store.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
