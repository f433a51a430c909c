package client_test

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
)

// Close waits for every goroutine of a Live, so none may be left at the end.
func TestMain(m *testing.M) {
	code := m.Run()
	buf := make([]byte, 1<<20)
	for stack := range strings.SplitSeq(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		if strings.Contains(stack, "client.(*Live)") || strings.Contains(stack, "client.(*conn)") {
			fmt.Fprintf(os.Stderr, "a goroutine was left:\n%s\n", stack)
			code = 1
		}
	}
	os.Exit(code)
}
