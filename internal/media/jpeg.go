package media

import (
	"fmt"
	"io"
)

// Markers of JPEG (ITU-T T.81, annex B).
const (
	markSOF0  = 0xc0
	markSOF1  = 0xc1
	markSOF2  = 0xc2
	markDHT   = 0xc4
	markJPG   = 0xc8
	markDAC   = 0xcc
	markRST0  = 0xd0
	markRST7  = 0xd7
	markSOI   = 0xd8
	markEOI   = 0xd9
	markSOS   = 0xda
	markAPP0  = 0xe0
	markAPP1  = 0xe1
	markAPP2  = 0xe2
	markAPP14 = 0xee
	markAPP15 = 0xef
	markCOM   = 0xfe
	markTEM   = 0x01
)

// standsAlone reports a marker without a length.
func standsAlone(mark int) bool {
	return mark == markTEM || mark >= markRST0 && mark <= markSOI
}

// startsFrame reports a marker behind which dimensions stand.
func startsFrame(mark int) bool {
	return mark >= markSOF0 && mark <= 0xcf && mark != markDHT && mark != markJPG && mark != markDAC
}

// jpegMarker reads the next marker, and how long its segment is without the
// two bytes of its length.
func jpegMarker(c *cursor) (mark int, n int64) {
	if c.u8() != 0xff {
		return 0, 0
	}
	for mark = 0xff; mark == 0xff && c.err == nil; {
		mark = c.u8()
	}
	if c.err != nil || mark == 0 || mark == markEOI || standsAlone(mark) {
		return mark, 0
	}
	return mark, int64(c.be16()) - 2
}

func inspectJPEG(src Source, info *Info, _ Limits) error {
	c := &cursor{src: src, at: 2}
	turned := false // as the first EXIF says
	for range maxParts {
		mark, n := jpegMarker(c)
		if c.err != nil {
			return c.err
		}
		if n < 0 || mark == 0 {
			return malformed("JPEG", "no marker where one must be")
		}
		at := c.at
		switch {
		case mark == markAPP1 && !turned && startsEXIF(c, n):
			b, err := section(src, at, n, 1<<16)
			if err != nil {
				return err
			}
			turned, info.Orientation = true, exifOrientation(b)
		case mark == markAPP2 && n > iccHeader:
			// A profile in more than one piece is a printer's; it is left out.
			if b := c.bytes(14); string(b[:12]) == "ICC_PROFILE\x00" && b[12] == 1 && b[13] == 1 {
				info.profile = span{at, n}
			}
		case startsFrame(mark):
			jpegFrame(c, mark, info)
		case mark == markSOS || mark == markEOI:
			if info.Width == 0 {
				return malformed("JPEG", "pixels without a header")
			}
			return nil
		}
		if c.at = at; c.err == nil {
			c.skip(n)
		}
	}
	return malformed("JPEG", "too many segments")
}

// startsEXIF reports whether the segment that c stands in is EXIF.
func startsEXIF(c *cursor, n int64) bool {
	return n > 6 && string(c.bytes(6)) == "Exif\x00\x00"
}

// jpegFrame reads dimensions, and what image/jpeg needs for them.
func jpegFrame(c *cursor, mark int, info *Info) {
	c.skip(1)
	info.Height, info.Width = c.be16(), c.be16()
	pixels := int64(info.Width) * int64(info.Height)
	n := min(c.u8(), 4)
	var most, sum int64
	for range n {
		b := c.bytes(3)
		area := int64(b[1]>>4) * int64(b[1]&15)
		most, sum = max(most, area), sum+area
	}
	planes := pixels * int64(n)
	if most > 0 {
		planes = pixels * sum / most
	}
	info.memory = planes
	if mark == markSOF2 {
		info.memory += 4 * planes // coefficients are kept until the last scan
	}
	if n == 4 {
		info.memory += 4 * pixels // CMYK is put together from the planes
	}
}

// maxScans is how many times a picture may be gone over: ten are usual where it
// becomes sharper as it comes. One more costs the time of all its pixels, and
// forty bytes.
const maxScans = 100

// scanBound reads a JPEG until it has had too many scans.
type scanBound struct {
	r     io.Reader
	scans int
	last  byte
}

func (s *scanBound) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	for _, b := range p[:n] {
		if s.last == 0xff && b == markSOS {
			s.scans++
		}
		s.last = b
	}
	if s.scans > maxScans {
		return 0, fmt.Errorf("%w: it has more than %d scans", ErrTooLarge, maxScans)
	}
	return n, err
}
