package client_test

import (
	"testing"

	"go.uber.org/goleak"
)

// Close waits for every goroutine of a Live.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
