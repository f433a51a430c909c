package app

import (
	"testing"

	"go.uber.org/goleak"
)

// Run waits for all that it started.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
