//go:build !linux

package fleet

import "net"

// reader reads a share of the sockets, each on a goroutine of its own.
type reader struct {
	fleet  *Fleet
	index  int
	ended  chan struct{}
	memory memory
	count  tally
	blocking
}

func newReader(f *Fleet, index int) (*reader, error) {
	return &reader{fleet: f, index: index, ended: make(chan struct{})}, nil
}

func (r *reader) stop() { close(r.ended) }

func (r *reader) run() {
	<-r.ended
	r.blocking.wg.Wait()
}

func (r *reader) take(s *socket, nc net.Conn, early []byte, told chan error, first []byte) error {
	return r.block(s, nc, early, told, first)
}
