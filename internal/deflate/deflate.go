// Package deflate compresses what is sent: parts of pages and events, each
// once, however many get it (RFC 1951).
//
// It owns the compressors, which are large and pooled, and the level. It
// refuses to know the containers that its blocks stand in: gzip
// (internal/piece), WebSocket frames (internal/hub). All of it may be called
// concurrently.
package deflate

import (
	"sync"

	"github.com/klauspost/compress/flate"
)

// level is one of the fast ones: of a page's parts it makes less than the
// standard library's fastest does, in a third of the time.
const level = 3

type compressor struct {
	*flate.Writer
	out sink
}

// sink is what a compressor appends to.
type sink struct{ b []byte }

func (s *sink) Write(p []byte) (int, error) {
	s.b = append(s.b, p...)
	return len(p), nil
}

var compressors = sync.Pool{New: func() any {
	w, err := flate.NewWriter(nil, level)
	if err != nil {
		panic(err) // the level is ours
	}
	return &compressor{Writer: w}
}}

// Append appends b, compressed up to a byte's boundary: blocks none of which
// is the last, behind them an empty one, the four bytes 00 00 FF FF.
func Append(dst, b []byte) []byte {
	c := compressors.Get().(*compressor)
	c.out.b = dst
	c.Reset(&c.out)
	_, _ = c.Write(b) // into memory
	_ = c.Flush()
	dst, c.out.b = c.out.b, nil
	compressors.Put(c)
	return dst
}
