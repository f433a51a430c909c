package chat_test

import (
	"testing"

	"go.uber.org/goleak"
)

// What a service starts for a request ends with it, and Run with its context.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
