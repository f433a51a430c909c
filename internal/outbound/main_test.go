package outbound

import (
	"testing"

	"go.uber.org/goleak"
)

// A request leaves nothing behind, however it ended.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
