package media

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
)

// Erase overwrites, in the file itself, what says where a picture or a film
// was made. The file keeps its length, and all else in it its place. It knows
//
//   - pictures made of boxes (HEIF, AVIF, JPEG 2000, JPEG XL): EXIF, XMP, and a
//     film or notes hung on behind,
//   - films and sounds made of boxes (MP4, QuickTime, 3GP, M4A): places among
//     what was written beside the film, XMP, and whole tracks of measurements,
//   - TIFF, and what cameras write that is TIFF: GPS, XMP, IPTC,
//   - Photoshop: EXIF, XMP, IPTC.
//
// Of any other type it returns ErrUnsupported and writes nothing. Memory does
// not grow with the file. What is cut off is gone through as far as it goes; a
// file of more parts than any program makes is ErrMalformed, and untouched.
func Erase(w io.WriterAt, src Source) error {
	head, err := Head(src)
	if err != nil {
		return err
	}
	e := &eraser{src: src}
	switch t := Sniff(head); {
	case isISO(head):
		err = e.iso()
	case t == TIFF:
		err = e.tiff()
	case t == PSD:
		err = e.photoshop()
	default:
		return ErrUnsupported
	}
	if err != nil {
		return err
	}
	return e.apply(w)
}

// isISO reports a file that is made of boxes.
func isISO(head []byte) bool {
	if len(head) < 12 {
		return false
	}
	if first := string(head[:8]); first == "\x00\x00\x00\x0cjP  " || first == "\x00\x00\x00\x0cJXL " {
		return true
	}
	switch string(head[4:8]) {
	case "ftyp", "moov", "mdat", "wide", "free", "skip": // QuickTime knew films without the first
		return true
	}
	return false
}

// eraser collects what is to be overwritten while a file is read, and writes
// when all is known.
type eraser struct {
	src   Source
	parts int    // boxes, directories and entries that were looked at
	spans []span // to be filled with spaces, which XML bears
	marks []mark // written over them
}

type mark struct {
	at int64
	b  string
}

// maxErased bounds the parts of a file, what is erased of it, and so the
// memory that this takes: a few MiB.
const maxErased = 1 << 18

var errParts = malformed("file", "it has too many parts")

// part counts one that is looked at.
func (e *eraser) part() error {
	if e.parts++; e.parts > maxErased {
		return errParts
	}
	return nil
}

// blank has n bytes filled with spaces, as far as they are in the file.
func (e *eraser) blank(at, n int64) error {
	if at < 0 || n <= 0 || at >= e.src.Size() {
		return nil
	}
	n = min(n, e.src.Size()-at)
	if k := len(e.spans) - 1; k >= 0 && e.spans[k].at+e.spans[k].n == at {
		e.spans[k].n += n
		return nil
	}
	e.spans = append(e.spans, span{at, n})
	if len(e.spans) > maxErased {
		return errParts
	}
	return nil
}

// put has b written, where it was blanked before.
func (e *eraser) put(at int64, b string) {
	if at+int64(len(b)) <= e.src.Size() {
		e.marks = append(e.marks, mark{at, b})
	}
}

// apply writes: each byte once, however often it was named.
func (e *eraser) apply(w io.WriterAt) error {
	slices.SortFunc(e.spans, func(a, b span) int { return int(min(max(a.at-b.at, -1), 1)) })
	spaces := bytes.Repeat([]byte{' '}, 32<<10)
	written := int64(0) // up to here
	for _, s := range e.spans {
		end := s.at + s.n
		for at := max(s.at, written); at < end; {
			n, err := w.WriteAt(spaces[:min(int64(len(spaces)), end-at)], at)
			if err != nil {
				return err
			}
			at += int64(n)
		}
		written = max(written, end)
	}
	for _, m := range e.marks {
		if _, err := w.WriteAt([]byte(m.b), m.at); err != nil {
			return err
		}
	}
	return nil
}

// table reads the fields of a part of a file one after the other. What is not
// there is zero, and ends it.
type table struct {
	r   *bufio.Reader
	err error
}

// table returns what reads from at to end.
func (e *eraser) table(at, end int64) *table {
	return &table{r: bufio.NewReaderSize(io.NewSectionReader(e.src, at, max(0, end-at)), 4<<10)}
}

// number reads size bytes, at most 8, as a number; its highest bit is left out.
func (t *table) number(size int) (n int64) {
	for range size {
		b, err := t.r.ReadByte()
		if err != nil {
			if t.err == nil {
				t.err = err
			}
			return 0
		}
		n = n<<8 | int64(b)
	}
	return n & (1<<63 - 1)
}

func (t *table) text(n int) string {
	b := make([]byte, n)
	k, err := io.ReadFull(t.r, b)
	if err != nil && t.err == nil {
		t.err = err
	}
	return string(b[:k])
}

func (t *table) skip(n int64) {
	for n > 0 && t.err == nil {
		k, err := t.r.Discard(int(min(n, 1<<20)))
		n, t.err = n-int64(k), err
	}
}

// over reports that the table has ended, and why if not because it did.
func (t *table) over() (bool, error) {
	if t.err == nil || t.err == io.EOF || t.err == io.ErrUnexpectedEOF {
		return t.err != nil, nil
	}
	return true, t.err
}

// What is written where something was erased, so that whoever reads it finds
// nothing rather than damage.
const (
	noEXIF = "MM\x00*\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00"
	noXMP  = "<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"
	noIFD  = "\x00\x00\x00\x00\x00\x00"
)

// replace has n bytes blanked, and what means nothing put in their place.
func (e *eraser) replace(at, n int64, nothing string) error {
	if n >= int64(len(nothing)) {
		e.put(at, nothing)
	}
	return e.blank(at, n)
}

// photoshopErased are the resources that were written beside the picture, and
// what is put in their place.
var photoshopErased = map[int]string{1028: "", 1058: noEXIF, 1059: noEXIF, 1060: noXMP} // IPTC, EXIF and more of it, XMP

func (e *eraser) photoshop() error {
	c := &cursor{src: e.src, at: 26}
	c.skip(c.be32()) // colours
	n := c.be32()
	end := min(c.at+n, e.src.Size())
	for c.at+12 <= end && c.err == nil {
		if err := e.part(); err != nil {
			return err
		}
		c.skip(4)
		id := c.be16()
		name := int64(c.u8())
		c.skip(name + (name+1)&1)
		n := c.be32()
		if nothing, ok := photoshopErased[id]; ok {
			if err := e.replace(c.at, n, nothing); err != nil {
				return err
			}
		}
		c.skip(n + n&1)
	}
	if errors.Is(c.err, io.ErrUnexpectedEOF) {
		return nil
	}
	return c.err
}

// Tags of TIFF.
const (
	tagXMP       = 700
	tagSubIFDs   = 330
	tagIPTC      = 33723
	tagPhotoshop = 34377
	tagEXIF      = 34665
	tagGPS       = 34853
)

// tiffSizes are the bytes of one value, by its type.
var tiffSizes = [...]int64{0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4}

// maxDirectories bounds the directories of a TIFF that are followed.
const maxDirectories = 1024

// tiff empties the directories of places, and the values of tags that hold a
// place among others.
func (e *eraser) tiff() error {
	c := &cursor{src: e.src}
	var order binary.ByteOrder = binary.LittleEndian
	if c.bytes(4)[0] == 'M' {
		order = binary.BigEndian
	}
	type directory struct {
		at  int64
		gps bool
	}
	todo := []directory{{at: int64(order.Uint32(c.bytes(4)))}}
	seen := make(map[directory]bool)
	for len(todo) > 0 {
		d := todo[0]
		todo = todo[1:]
		if seen[d] || d.at < 8 || d.at+2 > e.src.Size() {
			continue
		}
		if seen[d] = true; len(seen) > maxDirectories {
			return errParts
		}
		c := &cursor{src: e.src, at: d.at}
		n := int64(order.Uint16(c.bytes(2)))
		n = min(n, (e.src.Size()-c.at)/12)
		for range n {
			if err := e.part(); err != nil {
				return err
			}
			b := c.bytes(12)
			tag, kind := int(order.Uint16(b)), int(order.Uint16(b[2:]))
			count, value := int64(order.Uint32(b[4:])), int64(order.Uint32(b[8:]))
			size := int64(0)
			if kind < len(tiffSizes) {
				size = count * tiffSizes[kind]
			}
			switch {
			case d.gps, tag == tagXMP, tag == tagIPTC, tag == tagPhotoshop:
				nothing := ""
				if tag == tagXMP {
					nothing = noXMP
				}
				if size > 4 {
					if err := e.replace(value, size, nothing); err != nil {
						return err
					}
				}
			case tag == tagGPS:
				todo = append(todo, directory{value, true})
			case tag == tagEXIF, tag == tagSubIFDs && count == 1:
				todo = append(todo, directory{value, false})
			case tag == tagSubIFDs:
				t := e.table(value, value+4*min(count, maxDirectories))
				for range min(count, maxDirectories) {
					at := t.number(4)
					if order == binary.LittleEndian {
						at = int64(binary.LittleEndian.Uint32(binary.BigEndian.AppendUint32(nil, uint32(at))))
					}
					todo = append(todo, directory{at, false})
				}
				if _, err := t.over(); err != nil {
					return err
				}
			}
		}
		switch next := int64(order.Uint32(c.bytes(4))); {
		case d.gps: // with nothing in it, and nothing behind
			if err := e.replace(d.at, 2+12*n+4, noIFD); err != nil {
				return err
			}
		case c.err == nil:
			todo = append(todo, directory{next, false})
		}
		if c.err != nil && !errors.Is(c.err, io.ErrUnexpectedEOF) {
			return c.err
		}
	}
	return nil
}
