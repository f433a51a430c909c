package media

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"io"
)

// Source is the bytes of one file: *bytes.Reader and *io.SectionReader are.
type Source interface {
	io.ReaderAt
	Size() int64
}

// Head returns what Sniff wants to see of src.
func Head(src Source) ([]byte, error) {
	head := make([]byte, min(SniffLen, src.Size()))
	n, err := src.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return head[:n], nil
}

// all returns a reader of the whole of src.
func all(src Source) *io.SectionReader { return io.NewSectionReader(src, 0, src.Size()) }

// cursor reads small fields of a file in order. It never reads past the end,
// and remembers its first error.
type cursor struct {
	src Source
	at  int64
	err error
	buf [64]byte
}

// bytes returns the next n ≤ 64 bytes, which hold until the next call; zeros
// when they are not there.
func (c *cursor) bytes(n int) []byte {
	b := c.buf[:n]
	if c.err == nil && c.at+int64(n) > c.src.Size() {
		c.err = io.ErrUnexpectedEOF
	}
	if c.err == nil {
		if _, err := c.src.ReadAt(b, c.at); err != nil && !errors.Is(err, io.EOF) {
			c.err = err
		}
	}
	if c.err != nil {
		clear(b)
	}
	c.at += int64(n)
	return b
}

func (c *cursor) u8() int     { return int(c.bytes(1)[0]) }
func (c *cursor) be16() int   { return int(binary.BigEndian.Uint16(c.bytes(2))) }
func (c *cursor) be32() int64 { return int64(binary.BigEndian.Uint32(c.bytes(4))) }
func (c *cursor) skip(n int64) {
	c.at += n
	if c.at > c.src.Size() && c.err == nil {
		c.err = io.ErrUnexpectedEOF
	}
}

// find goes on to the next byte that is b.
func (c *cursor) find(b byte) {
	var buf [512]byte
	for c.err == nil {
		n, err := c.src.ReadAt(buf[:], c.at)
		if i := bytes.IndexByte(buf[:n], b); i >= 0 {
			c.at += int64(i)
			return
		}
		if c.at += int64(n); err != nil || n == 0 {
			c.err = cmp.Or(err, io.EOF)
		}
	}
}

// section returns n bytes from at on, no more than most of them.
func section(src Source, at, n, most int64) ([]byte, error) {
	if n < 0 || n > most || at+n > src.Size() {
		return nil, io.ErrUnexpectedEOF
	}
	b := make([]byte, n)
	if _, err := src.ReadAt(b, at); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return b, nil
}
