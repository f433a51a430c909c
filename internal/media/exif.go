package media

import (
	"bytes"
	"encoding/binary"
)

// Orientation is how a picture's stored rows lie in the picture as it is to be
// seen, as EXIF numbers it: 1 as it is, 2 mirrored, 3 turned by 180°, 4
// mirrored top to bottom, 5 to 8 the same with rows and columns exchanged.
type Orientation uint8

const upright Orientation = 1

// turned reports whether width and height change places.
func (o Orientation) turned() bool { return o >= 5 && o <= 8 }

const (
	tagWidth       = 256
	tagHeight      = 257
	tagOrientation = 274
)

// exifOrientation reads the orientation out of EXIF, which is a TIFF file of
// its own. What can't be read is upright: no picture is refused for it.
func exifOrientation(b []byte) Orientation {
	b = bytes.TrimPrefix(b, []byte("Exif\x00\x00"))
	o := upright
	readIFD(b, func(tag int, value uint32) {
		if tag == tagOrientation && value >= 1 && value <= 8 {
			o = Orientation(value)
		}
	})
	return o
}

// readIFD calls see for the numbers in the first directory of a TIFF file.
func readIFD(b []byte, see func(tag int, value uint32)) {
	if len(b) < 8 {
		return
	}
	var order binary.ByteOrder = binary.LittleEndian
	switch string(b[:4]) {
	case "II*\x00":
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return
	}
	at := int64(order.Uint32(b[4:]))
	if at+2 > int64(len(b)) {
		return
	}
	n := int64(order.Uint16(b[at:]))
	for at += 2; n > 0 && at+12 <= int64(len(b)); n, at = n-1, at+12 {
		entry := b[at : at+12]
		switch order.Uint16(entry[2:]) {
		case 3: // short
			see(int(order.Uint16(entry)), uint32(order.Uint16(entry[8:])))
		case 4: // long
			see(int(order.Uint16(entry)), order.Uint32(entry[8:]))
		}
	}
}

// exifOf returns EXIF that says o and nothing else.
func exifOf(o Orientation) []byte {
	return []byte{
		'M', 'M', 0, '*', 0, 0, 0, 8, // the first directory follows
		0, 1, // one entry:
		tagOrientation >> 8, tagOrientation & 0xff, 0, 3, 0, 0, 0, 1, 0, byte(o), 0, 0,
		0, 0, 0, 0, // no further directory
	}
}
