package deploy_test

import (
	"testing"

	"go.uber.org/goleak"
)

// A server that has stopped leaves nothing behind.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
