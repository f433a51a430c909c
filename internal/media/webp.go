package media

import (
	"bytes"
	"encoding/binary"
	"io"
)

// webpFrame is the first frame of an animated WebP: golang.org/x/image/webp
// knows still pictures alone.
type webpFrame struct {
	span
	width, height int
	x, y          int // where it lies in the picture
}

// Flags of the extended header.
const (
	webpXMP   = 0x04
	webpEXIF  = 0x08
	webpAlpha = 0x10
)

// webpChunks calls see for the chunks of a WebP, until it returns false.
func webpChunks(src Source, at, end int64, see func(name string, c *cursor, n int64) (more bool)) error {
	c := &cursor{src: src, at: at}
	for range maxParts {
		if c.at+8 > end {
			return nil
		}
		name := string(c.bytes(4))
		n := int64(binary.LittleEndian.Uint32(c.bytes(4)))
		if c.err != nil || n > end-c.at {
			return malformed("WebP", "a chunk that ends outside")
		}
		at := c.at
		if !see(name, c, n) || c.err != nil {
			return c.err
		}
		c.at = at + n + n&1
	}
	return malformed("WebP", "too many chunks")
}

func (f *webpFrame) grow(width, height int) {
	f.width, f.height = max(f.width, width), max(f.height, height)
}

// lossySize and losslessSize read what a coded frame says of itself.
func lossySize(b []byte) (width, height int) {
	return int(binary.LittleEndian.Uint16(b[6:]) & 0x3fff), int(binary.LittleEndian.Uint16(b[8:]) & 0x3fff)
}

func losslessSize(b []byte) (width, height int) {
	bits := binary.LittleEndian.Uint32(b[1:])
	return int(bits&0x3fff) + 1, int(bits>>14&0x3fff) + 1
}

func u24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

// webpEnd is where the RIFF container says it ends, inside of the file.
func webpEnd(src Source) int64 {
	c := &cursor{src: src, at: 4}
	return min(src.Size(), int64(binary.LittleEndian.Uint32(c.bytes(4)))+8)
}

// inspectWebP leaves an orientation in EXIF aside, as browsers do: a thumbnail
// must lie as the picture does.
func inspectWebP(src Source, info *Info, l Limits) error {
	var coded webpFrame // what the decoder will make, whatever the canvas is
	still, frames := false, 0
	lossless, alpha := false, false
	err := webpChunks(src, 12, webpEnd(src), func(name string, c *cursor, n int64) bool {
		switch name {
		case "VP8X":
			b := c.bytes(10)
			info.Width, info.Height = u24(b[4:])+1, u24(b[7:])+1
		case "VP8 ":
			still = true
			coded.grow(lossySize(c.bytes(10)))
		case "VP8L":
			still, lossless = true, true
			coded.grow(losslessSize(c.bytes(5)))
		case "ALPH":
			alpha = true
		case "ANMF":
			if frames++; frames == 1 && n > 16 {
				b := c.bytes(16)
				info.first = webpFrame{span{c.at, n - 16}, u24(b[6:]) + 1, u24(b[9:]) + 1, 2 * u24(b), 2 * u24(b[3:])}
				alpha, lossless = true, true // what it takes at most
			}
			return l.Frames == 0 || frames <= l.Frames
		}
		return true
	})
	if err != nil {
		return err
	}
	if !still && frames == 0 {
		return malformed("WebP", "no picture")
	}
	info.Frames = max(1, frames)
	if info.Width == 0 {
		info.Width, info.Height = coded.width, coded.height
	}
	if f := info.first; f.n > 0 {
		coded.grow(f.width, f.height)
		err := webpChunks(src, f.at, f.at+f.n, func(name string, c *cursor, _ int64) bool {
			switch name {
			case "VP8 ":
				coded.grow(lossySize(c.bytes(10)))
			case "VP8L":
				coded.grow(losslessSize(c.bytes(5)))
			}
			return true
		})
		if err != nil {
			return err
		}
	}
	if coded.width > info.Width || coded.height > info.Height {
		return malformed("WebP", "a frame larger than the picture")
	}
	pixels := int64(info.Width) * int64(info.Height)
	info.memory = pixels * 3 / 2
	if alpha {
		info.memory += 5 * pixels
	}
	if lossless {
		info.memory = max(info.memory, 8*pixels)
	}
	if f := info.first; f.n > 0 && (f.width != info.Width || f.height != info.Height) {
		info.memory += 4 * pixels // it is put on a canvas
	}
	return nil
}

// webpReader returns what the decoder is to read: the file, or its first frame
// as a file of its own.
func webpReader(src Source, info *Info) (io.Reader, error) {
	f := info.first
	if f.n == 0 {
		return all(src), nil
	}
	var head bytes.Buffer
	put := func(v uint32) { head.Write(binary.LittleEndian.AppendUint32(nil, v)) }
	alpha := false
	err := webpChunks(src, f.at, f.at+f.n, func(name string, _ *cursor, _ int64) bool {
		alpha = name == "ALPH"
		return !alpha
	})
	if err != nil {
		return nil, err
	}
	head.WriteString("RIFF")
	if !alpha {
		put(uint32(f.n) + 4)
		head.WriteString("WEBP")
	} else {
		put(uint32(f.n) + 22)
		head.WriteString("WEBPVP8X")
		put(10)
		put(webpAlpha)
		for _, side := range []int{f.width - 1, f.height - 1} {
			head.Write([]byte{byte(side), byte(side >> 8), byte(side >> 16)})
		}
	}
	return io.MultiReader(&head, io.NewSectionReader(src, f.at, f.n)), nil
}
