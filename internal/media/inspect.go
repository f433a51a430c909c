package media

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Limits are what a picture may have; zero is no limit.
type Limits struct {
	Pixels int64 // width times height
	Frames int   // of an animation
}

// check holds dimensions against the limits.
func (l Limits) check(width, height int64, frames int) error {
	if width <= 0 || height <= 0 {
		return malformed("picture", "without width or height")
	}
	// Either alone is compared first, so that the product can't overflow.
	if l.Pixels > 0 && (width > l.Pixels || height > l.Pixels || width*height > l.Pixels) {
		return fmt.Errorf("%w: %d × %d pixels; %d are allowed", ErrTooLarge, width, height, l.Pixels)
	}
	if width > maxSide || height > maxSide {
		return fmt.Errorf("%w: %d × %d pixels; a side may have %d", ErrTooLarge, width, height, maxSide)
	}
	if l.Frames > 0 && frames > l.Frames {
		return fmt.Errorf("%w: it has more than %d frames", ErrTooLarge, l.Frames)
	}
	return nil
}

// maxSide bounds a side where nothing else does.
const maxSide = 1 << 20

// Info is what a file's header says.
type Info struct {
	Type Type
	// Width and Height are as the picture is to be seen, in pixels: zero when
	// it is none, or when the header of its type is not read.
	Width, Height int
	// Frames is 1 for a still picture, 0 when there is none. Counting stops
	// behind the limit.
	Frames int
	// Orientation is how the stored picture has to be turned. Width and Height
	// are turned already.
	Orientation Orientation

	// memory is what decoding it takes, in bytes.
	memory int64
	// first is the frame to show of an animated WebP.
	first webpFrame
	// png is how the rows of a PNG are to be read.
	png pngHeader
	// profile is where the colour profile of a JPEG lies.
	profile span
}

// span is a part of a file.
type span struct{ at, n int64 }

// Inspect reads a file's header: what it is and, of a picture, its dimensions
// and frames. It decodes nothing. A picture beyond the limits is ErrTooLarge,
// one whose header makes no sense ErrMalformed; the Info says its Type even
// then. What is no picture is no error.
func Inspect(src Source, l Limits) (Info, error) {
	head, err := Head(src)
	if err != nil {
		return Info{Type: Binary}, err
	}
	info := Info{Type: Sniff(head), Orientation: upright}
	read := map[string]func(Source, *Info, Limits) error{
		PNG.Name: inspectPNG, JPEG.Name: inspectJPEG, GIF.Name: inspectGIF, WebP.Name: inspectWebP,
		TIFF.Name: inspectTIFF, BMP.Name: inspectBMP, ICO.Name: inspectICO, PSD.Name: inspectPSD,
		AVIF.Name: inspectISO, HEIC.Name: inspectISO, "image/heif": inspectISO,
	}[info.Type.Name]
	if read == nil {
		return info, nil
	}
	stored := Info{Type: info.Type, Orientation: upright, Frames: 1}
	if err := read(src, &stored, l); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
			err = malformed(info.Type.Name, "it ends too early")
		}
		return info, err
	}
	if err := l.check(int64(stored.Width), int64(stored.Height), stored.Frames); err != nil {
		return info, err
	}
	if stored.Orientation.turned() {
		stored.Width, stored.Height = stored.Height, stored.Width
	}
	return stored, nil
}

// maxParts bounds the segments or chunks in front of a picture.
const maxParts = 4096

func inspectPNG(src Source, info *Info, _ Limits) error {
	c := &cursor{src: src, at: 8}
	for range maxParts {
		n, name := c.be32(), string(c.bytes(4))
		if c.err != nil {
			return c.err
		}
		switch name {
		case "IHDR":
			info.Width, info.Height = int(c.be32()), int(c.be32())
			info.png = pngHeader{depth: c.u8(), color: c.u8(), interlaced: c.bytes(3)[2] != 0}
			n -= 13
		case "acTL":
			info.Frames = max(1, int(c.be32()))
			n -= 4
		case "eXIf":
			if b, err := section(src, c.at, n, 1<<16); err == nil {
				info.Orientation = exifOrientation(b)
			}
		case "IDAT":
			if info.Width == 0 {
				return malformed("PNG", "pixels without a header")
			}
			info.memory = pngMemory(info)
			return nil
		}
		c.skip(n + 4) // and its checksum
	}
	return malformed("PNG", "too many chunks")
}

// pngMemory is a few rows, or what image/png makes of an interlaced PNG.
func pngMemory(info *Info) int64 {
	if !info.png.interlaced {
		return 1<<20 + 20*int64(info.Width)
	}
	each := int64(4) // RGBA, or NRGBA for grey with transparency
	if info.png.depth == 16 {
		each = 8
	}
	n := int64(info.Width) * int64(info.Height) * each
	return n + n/2 // its largest pass is another picture
}

func inspectGIF(src Source, info *Info, l Limits) error {
	r := bufio.NewReaderSize(all(src), 32<<10)
	var b [13]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return err
	}
	info.Width, info.Height = int(binary.LittleEndian.Uint16(b[6:])), int(binary.LittleEndian.Uint16(b[8:]))
	// One byte for each pixel of a frame, and again where lines are interlaced.
	info.memory = 2 * int64(info.Width) * int64(info.Height)
	if err := l.check(int64(info.Width), int64(info.Height), 1); err != nil {
		return err
	}
	skipTable := func(flags byte) error {
		if flags&0x80 == 0 {
			return nil
		}
		_, err := r.Discard(3 << (flags&7 + 1))
		return err
	}
	if err := skipTable(b[10]); err != nil {
		return err
	}
	info.Frames = 0
	for {
		introducer, err := r.ReadByte()
		if err != nil || introducer == 0x3b {
			// Browsers show a GIF without its end.
			if info.Frames == 0 {
				return malformed("GIF", "no frames")
			}
			return nil
		}
		switch introducer {
		case 0x21: // an extension: its label, then blocks
			_, err = r.Discard(1)
		case 0x2c:
			if _, err = io.ReadFull(r, b[:9]); err == nil {
				if info.Frames++; l.Frames > 0 && info.Frames > l.Frames {
					return nil // the caller refuses it
				}
				w, h := int(binary.LittleEndian.Uint16(b[4:])), int(binary.LittleEndian.Uint16(b[6:]))
				if info.Frames == 1 && (w != info.Width || h != info.Height) {
					info.memory += 4 * int64(info.Width) * int64(info.Height) // it is put on a canvas
				}
				if err = skipTable(b[8]); err == nil {
					_, err = r.Discard(1) // the code size
				}
			}
		default:
			return malformed("GIF", "an unknown block")
		}
		for err == nil {
			var n byte
			if n, err = r.ReadByte(); err != nil || n == 0 {
				break
			}
			_, err = r.Discard(int(n))
		}
		if err != nil && (info.Frames == 0 || !errors.Is(err, io.EOF)) {
			return err
		}
	}
}

func inspectTIFF(src Source, info *Info, _ Limits) error {
	c := &cursor{src: src}
	var order binary.ByteOrder = binary.LittleEndian
	if c.bytes(4)[0] == 'M' {
		order = binary.BigEndian
	}
	at := int64(order.Uint32(c.bytes(4)))
	// The directory is read as if it stood behind the header.
	dir := make([]byte, 8, 8+2+12*256)
	if _, err := src.ReadAt(dir, 0); err != nil {
		return err
	}
	order.PutUint32(dir[4:], 8)
	n := min(cap(dir)-8, int(max(0, src.Size()-at)))
	rest, err := section(src, at, int64(n), int64(n))
	if err != nil {
		return err
	}
	readIFD(append(dir, rest...), func(tag int, value uint32) {
		switch tag {
		case tagWidth:
			info.Width = int(value)
		case tagHeight:
			info.Height = int(value)
		case tagOrientation:
			if value >= 1 && value <= 8 {
				info.Orientation = Orientation(value)
			}
		}
	})
	// Up to 16 bits in four channels, and strips as large as the picture.
	info.memory = 16*int64(info.Width)*int64(info.Height) + src.Size()
	return c.err
}

func inspectBMP(src Source, info *Info, _ Limits) error {
	c := &cursor{src: src, at: 14}
	size := binary.LittleEndian.Uint32(c.bytes(4))
	if size == 12 {
		b := c.bytes(4)
		info.Width, info.Height = int(binary.LittleEndian.Uint16(b)), int(binary.LittleEndian.Uint16(b[2:]))
		return c.err
	}
	b := c.bytes(8)
	info.Width = int(int32(binary.LittleEndian.Uint32(b)))
	// A negative height is a picture stored from its top.
	info.Height = max(int(int32(binary.LittleEndian.Uint32(b[4:]))), -int(int32(binary.LittleEndian.Uint32(b[4:]))))
	return c.err
}

func inspectICO(src Source, info *Info, _ Limits) error {
	c := &cursor{src: src, at: 4}
	n := int(binary.LittleEndian.Uint16(c.bytes(2)))
	for range min(n, 64) {
		b := c.bytes(16)
		side := func(v byte) int { return (int(v)+255)%256 + 1 } // 0 is 256
		info.Width, info.Height = max(info.Width, side(b[0])), max(info.Height, side(b[1]))
	}
	return c.err
}

func inspectPSD(src Source, info *Info, _ Limits) error {
	c := &cursor{src: src, at: 14}
	info.Height, info.Width = int(c.be32()), int(c.be32())
	return c.err
}

// inspectISO finds the dimensions of AVIF and HEIC. A large picture is made of
// tiles with dimensions of their own: the largest are the picture's.
func inspectISO(src Source, info *Info, _ Limits) error {
	if b, err := Head(src); err == nil && string(b[8:12]) == "avis" {
		info.Frames = 2 // an animation; its frames are in a track that isn't read
	}
	var walk func(at, end int64, depth int) error
	boxes := 0
	walk = func(at, end int64, depth int) error {
		for at+8 <= end {
			if boxes++; boxes > maxParts {
				return malformed(info.Type.Name, "too many boxes")
			}
			c := &cursor{src: src, at: at}
			n, name := c.be32(), string(c.bytes(4))
			switch n {
			case 0:
				n = end - at
			case 1:
				n = c.be32()<<32 | c.be32()
			}
			if c.err != nil || n < c.at-at || n > end-at {
				return malformed(info.Type.Name, "a box that ends outside")
			}
			inner := c.at
			switch name {
			case "meta":
				inner += 4 // its version
				fallthrough
			case "iprp", "ipco":
				if depth < 4 {
					if err := walk(inner, at+n, depth+1); err != nil {
						return err
					}
				}
			case "ispe":
				c.skip(4)
				if w, h := int(c.be32()), int(c.be32()); c.err == nil && w <= maxSide && h <= maxSide && w*h > info.Width*info.Height {
					info.Width, info.Height = w, h
				}
			case "irot":
				info.Orientation = [4]Orientation{1, 8, 3, 6}[c.u8()&3]
			}
			at += n
		}
		return nil
	}
	return walk(0, src.Size(), 0)
}
