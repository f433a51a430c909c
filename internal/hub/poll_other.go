//go:build !linux

package hub

import (
	"errors"
	"syscall"
)

// poller is not there: every connection keeps the goroutine that reads it.
type poller struct{}

func newPoller() (*poller, error) { return nil, nil }

func (*poller) watch(*conn) bool { return false }
func (*poller) forget(*conn)     {}
func (*poller) run()             {}
func (*poller) stop()            {}

func readNow(syscall.RawConn, []byte) (int, error) { return 0, errors.ErrUnsupported }

func (c *conn) hangUp() { c.net.Close() }
