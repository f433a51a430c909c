package media

import (
	"bufio"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"slices"
)

// Strip writes src to w without what a camera or a program wrote beside the
// picture: the place and the time (EXIF, XMP, IPTC), comments, previews, and
// what hangs behind the picture's end. The pixels are copied as they are; the
// orientation, the colour profile and all that the picture needs to look the
// same stay. It knows JPEG, PNG and WebP: of any other type it returns
// ErrUnsupported and writes nothing. Memory does not grow with the file.
//
// A damaged file is ErrMalformed; part of it may have been written.
func Strip(w io.Writer, src Source) error {
	head, err := Head(src)
	if err != nil {
		return err
	}
	kind := Sniff(head)
	if kind != JPEG && kind != PNG && kind != WebP {
		return ErrUnsupported
	}
	info, err := Inspect(src, Limits{})
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 64<<10)
	switch kind {
	case JPEG:
		err = stripJPEG(out, src, info.Orientation)
	case PNG:
		err = stripPNG(out, src, info.Orientation)
	case WebP:
		err = stripWebP(out, src)
	}
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = malformed(kind.Name, "it ends too early")
	}
	if err != nil {
		return err
	}
	return out.Flush()
}

// stripJPEG keeps the segments that decoding needs, and the first picture:
// telephones hang others behind it, with EXIF of their own.
func stripJPEG(out *bufio.Writer, src Source, o Orientation) error {
	out.Write([]byte{0xff, markSOI})
	if o != upright {
		exif := append([]byte("Exif\x00\x00"), exifOf(o)...)
		out.Write(binary.BigEndian.AppendUint16([]byte{0xff, markAPP1}, uint16(len(exif)+2)))
		out.Write(exif)
	}
	c := &cursor{src: src, at: 2}
	for range maxParts {
		mark, n := jpegMarker(c)
		if c.err != nil {
			return c.err
		}
		if n < 0 || mark == 0 {
			return malformed("JPEG", "no marker where one must be")
		}
		at := c.at
		if keepsSegment(mark, c, n) {
			out.Write([]byte{0xff, byte(mark)})
			if mark == markEOI {
				return nil
			}
			if !standsAlone(mark) {
				out.Write(binary.BigEndian.AppendUint16(nil, uint16(n+2)))
			}
			if _, err := io.CopyN(out, io.NewSectionReader(src, at, n), n); err != nil {
				return err
			}
		}
		if c.at = at; c.err == nil {
			c.skip(n)
		}
		if mark == markSOS {
			coded, err := copyScan(out, src, c.at)
			if err == errCut {
				return nil
			}
			if err != nil {
				return err
			}
			c.at = coded
		}
	}
	return malformed("JPEG", "too many segments")
}

// keepsSegment looks at the segment that c stands in.
func keepsSegment(mark int, c *cursor, n int64) bool {
	start := func(id string) bool { return n >= int64(len(id)) && string(c.bytes(len(id))) == id }
	switch {
	case mark == markAPP0:
		return start("JFIF\x00")
	case mark == markAPP2:
		return start("ICC_PROFILE\x00")
	case mark == markAPP14:
		return start("Adobe")
	}
	return mark < markAPP0 || mark > markAPP15 && mark != markCOM
}

var errCut = errors.New("the picture is cut off")

// copyScan copies entropy-coded bytes from at on, and returns where the marker
// behind them is.
func copyScan(out *bufio.Writer, src Source, at int64) (int64, error) {
	in := bufio.NewReaderSize(io.NewSectionReader(src, at, src.Size()-at), 64<<10)
	for {
		// Whatever is buffered is searched for the byte that begins a marker.
		if rest, err := in.Peek(2); err == io.EOF {
			// Cut off: what there is of the picture shows all the same.
			out.Write(rest)
			out.Write([]byte{0xff, markEOI})
			return 0, errCut
		} else if err != nil {
			return 0, err
		}
		b, _ := in.Peek(in.Buffered())
		i := slices.Index(b, 0xff)
		switch {
		case i < 0:
			i = len(b)
		case i == len(b)-1: // what follows it isn't buffered yet
		case b[i+1] == 0 || b[i+1] >= markRST0 && b[i+1] <= markRST7:
			i += 2 // part of the picture
		case b[i+1] == 0xff:
			i++ // filling
		default:
			out.Write(b[:i])
			return at + int64(i), nil
		}
		if _, err := out.Write(b[:i]); err != nil {
			return 0, err
		}
		in.Discard(i)
		at += int64(i)
	}
}

// pngKept are the chunks that say how the picture looks. What else a PNG needs
// has a capital for its first letter.
var pngKept = []string{"tRNS", "gAMA", "cHRM", "sRGB", "iCCP", "cICP", "mDCV", "cLLI", "sBIT", "bKGD", "pHYs", "acTL", "fcTL", "fdAT"}

func stripPNG(out *bufio.Writer, src Source, o Orientation) error {
	out.WriteString("\x89PNG\r\n\x1a\n")
	c := &cursor{src: src, at: 8}
	for range maxChunks {
		start := c.at
		n, name := c.be32(), string(c.bytes(4))
		c.skip(n + 4)
		if c.err != nil {
			return c.err
		}
		if name[0]&0x20 == 0 || slices.Contains(pngKept, name) {
			if _, err := io.CopyN(out, io.NewSectionReader(src, start, c.at-start), c.at-start); err != nil {
				return err
			}
		}
		switch name {
		case "IHDR":
			if o != upright {
				chunk := append([]byte("eXIf"), exifOf(o)...)
				out.Write(binary.BigEndian.AppendUint32(nil, uint32(len(chunk)-4)))
				out.Write(binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(chunk)))
			}
		case "IEND":
			return nil
		}
	}
	return malformed("PNG", "too many chunks")
}

// maxChunks bounds the chunks of a PNG, pixels included; they are 8 KiB each
// where programs make them small.
const maxChunks = 1 << 17

// webpKept are the chunks of a WebP that show something.
var webpKept = []string{"VP8X", "VP8 ", "VP8L", "ALPH", "ANIM", "ANMF", "ICCP"}

func stripWebP(out *bufio.Writer, src Source) error {
	type chunk struct {
		name string
		span
	}
	var kept []chunk
	size := int64(4)
	err := webpChunks(src, 12, webpEnd(src), func(name string, c *cursor, n int64) bool {
		if slices.Contains(webpKept, name) {
			kept = append(kept, chunk{name, span{c.at, n}})
			size += 8 + n + n&1
		}
		return true
	})
	if err != nil {
		return err
	}
	head := func(name string, n int64) {
		out.WriteString(name)
		out.Write(binary.LittleEndian.AppendUint32(nil, uint32(n)))
	}
	head("RIFF", size)
	out.WriteString("WEBP")
	for _, k := range kept {
		head(k.name, k.n)
		b := io.Reader(io.NewSectionReader(src, k.at, k.n))
		if k.name == "VP8X" && k.n > 0 {
			flags, err := section(src, k.at, 1, 1)
			if err != nil {
				return err
			}
			flags[0] &^= webpXMP | webpEXIF
			out.Write(flags)
			b = io.NewSectionReader(src, k.at+1, k.n-1)
		}
		if _, err := io.Copy(out, b); err != nil {
			return err
		}
		if k.n&1 == 1 {
			out.WriteByte(0)
		}
	}
	return nil
}
