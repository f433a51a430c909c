package server_test

import (
	"runtime"
	"testing"
	"time"
)

// settle waits until background work has made something so.
func settle(t *testing.T, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !so(); runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("it never became so that %s", what)
		}
	}
}
