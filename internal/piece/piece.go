package piece

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"io"
	"slices"
	"sync"
	"sync/atomic"

	"campfire/internal/deflate"
)

// Piece is a part of an answer. It never changes.
type Piece struct {
	plain   []byte // nil in a thin piece
	size    int    // of plain
	deflate []byte // ends on a byte's boundary, and is not the last block
	crc     uint32
	shift   uint32   // what moves a sum of what stands before past this piece
	digest  [16]byte // of plain
}

// New returns a piece of b, which it keeps: b must not change any more.
func New(b []byte) *Piece {
	p := &Piece{plain: b, size: len(b), crc: crc32.ChecksumIEEE(b), shift: shift(len(b))}
	sum := sha256.Sum256(b)
	copy(p.digest[:], sum[:])
	p.deflate = slices.Clip(deflate.Append(make([]byte, 0, len(b)/3+64), b))
	return p
}

// Thin returns a piece of b that holds on to the deflated bytes alone: for what
// there is much of, since hardly anyone asks for it plain.
func Thin(b []byte) *Piece {
	p := New(b)
	p.plain = nil
	return p
}

// Held is how many bytes the piece holds on to.
func (p *Piece) Held() int { return 96 + len(p.plain) + len(p.deflate) }

func (p *Piece) append(b []byte) []byte {
	if p.plain != nil || p.size == 0 {
		return append(b, p.plain...)
	}
	from := len(b)
	b = slices.Grow(b, p.size)[:from+p.size]
	if _, err := io.ReadFull(flate.NewReader(bytes.NewReader(p.deflate)), b[from:]); err != nil {
		panic(err) // we deflated it
	}
	return b
}

// Once is a piece that is made when it is first asked for. The zero Once is
// ready.
type Once struct {
	once  sync.Once
	piece *Piece
}

// Get returns the piece, of what build returns.
func (o *Once) Get(build func() []byte) *Piece {
	o.once.Do(func() { o.piece = New(build()) })
	return o.piece
}

// Thin is Get for a piece that is to be thin.
func (o *Once) Thin(build func() []byte) *Piece {
	o.once.Do(func() { o.piece = Thin(build()) })
	return o.piece
}

// Variants is a piece that comes in several forms, told apart by a small
// number; each is made when it is first asked for. It holds nothing for those
// that nobody asks for. The zero Variants is ready.
type Variants struct {
	head atomic.Pointer[variant] // the latest made first
}

type variant struct {
	n    int32
	once Once
	next *variant
}

// Thin returns variant n, thin, of what build returns.
func (v *Variants) Thin(n int, build func() []byte) *Piece {
	head := v.head.Load()
	for at := head; at != nil; at = at.next {
		if at.n == int32(n) {
			return at.once.Thin(build)
		}
	}
	made := &variant{n: int32(n), next: head}
	if v.head.CompareAndSwap(head, made) {
		return made.once.Thin(build)
	}
	return v.Thin(n, build) // someone was faster, perhaps with the same
}

// Whole is what pieces make together.
type Whole []*Piece

// Len is the length of the whole, plain.
func (w Whole) Len() (n int) {
	for _, p := range w {
		n += p.size
	}
	return n
}

// Append appends the whole, plain.
func (w Whole) Append(b []byte) []byte {
	for _, p := range w {
		b = p.append(b)
	}
	return b
}

// gzipHead is a member without a name or a time; the last byte says that the
// system is unknown (RFC 1952).
const gzipHead = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"

// lastBlock is empty: the pieces' own blocks are none of them the last.
const lastBlock = "\x03\x00"

// AppendGzip appends the whole as a gzip stream.
func (w Whole) AppendGzip(b []byte) []byte {
	b = append(b, gzipHead...)
	crc, size := uint32(0), uint32(0)
	for _, p := range w {
		b = append(b, p.deflate...)
		crc = multiply(p.shift, crc) ^ p.crc
		size += uint32(p.size)
	}
	b = append(b, lastBlock...)
	b = binary.LittleEndian.AppendUint32(b, crc)
	return binary.LittleEndian.AppendUint32(b, size)
}

// Tag returns the strong entity tag of the whole, without quotes: the same
// for the same pieces, in this process or any.
func (w Whole) Tag() string {
	var buf [512]byte
	all := buf[:0]
	for _, p := range w {
		all = append(all, p.digest[:]...)
	}
	sum := sha256.Sum256(all)
	return base64.RawURLEncoding.EncodeToString(sum[:15])
}

// A CRC-32 is a polynomial over GF(2), reflected: bit 31 is the coefficient
// of x^0. The sum of a‖b is that of a times x^(8·len(b)), plus that of b.

// squares[i] is x^(2^i).
var squares = func() (s [32]uint32) {
	s[0] = 1 << 30 // x
	for i := 1; i < len(s); i++ {
		s[i] = multiply(s[i-1], s[i-1])
	}
	return s
}()

// multiply returns the product of two polynomials modulo that of CRC-32.
func multiply(a, b uint32) (product uint32) {
	for m := uint32(1 << 31); a != 0; m >>= 1 {
		if a&m != 0 {
			product ^= b
			a &^= m
		}
		carry := b & 1
		b >>= 1
		if carry != 0 {
			b ^= crc32.IEEE
		}
	}
	return product
}

// shift returns x^(8·n).
func shift(n int) uint32 {
	product := uint32(1 << 31) // 1
	for i, bits := 3, uint(n); bits != 0; i, bits = i+1, bits>>1 {
		if bits&1 != 0 {
			product = multiply(squares[i%len(squares)], product)
		}
	}
	return product
}
