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
// same stay. It knows JPEG, PNG, WebP and GIF: of any other type it returns
// ErrUnsupported and writes nothing. Memory does not grow with the file.
//
// Of a damaged picture what can be made out is written: bytes of a JPEG that
// belong to no segment are left out, and a picture ends where nothing more can
// be followed. No byte of it passes that was not understood.
func Strip(w io.Writer, src Source) error {
	head, err := Head(src)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 64<<10)
	switch Sniff(head) {
	case JPEG:
		err = stripJPEG(out, src)
	case PNG:
		var info Info
		if info, err = Inspect(src, Limits{}); err == nil || errors.Is(err, ErrMalformed) {
			err = stripPNG(out, src, info.Orientation)
		}
	case WebP:
		err = stripWebP(out, src)
	case GIF:
		err = stripGIF(out, src)
	default:
		return ErrUnsupported
	}
	if err != nil {
		return err
	}
	return out.Flush()
}

// cutOff makes nothing of the end of a file that came too early.
func cutOff(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return nil
	}
	return err
}

// stripJPEG keeps the segments that decoding needs, and the first picture:
// telephones hang others behind it, with EXIF of their own.
func stripJPEG(out *bufio.Writer, src Source) error {
	o, err := jpegOrientation(src)
	if err != nil {
		return err
	}
	out.Write([]byte{0xff, markSOI})
	if o != upright {
		exif := append([]byte("Exif\x00\x00"), exifOf(o)...)
		out.Write(binary.BigEndian.AppendUint16([]byte{0xff, markAPP1}, uint16(len(exif)+2)))
		out.Write(exif)
	}
	c := &cursor{src: src, at: 2}
	scans := 0
	for range maxParts {
		mark, n := jpegSegment(c)
		if c.err != nil {
			break
		}
		if mark == markSOS {
			if scans++; scans > maxScans {
				break // sharper than anyone sees
			}
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
	if err := cutOff(c.err); err != nil {
		return err
	}
	out.Write([]byte{0xff, markEOI})
	return nil
}

// jpegSegment reads the next marker, as jpegMarker does, past what is none: as
// browsers read on. A segment that is not all there is io.ErrUnexpectedEOF.
func jpegSegment(c *cursor) (mark int, n int64) {
	for c.err == nil {
		at := c.at
		mark, n = jpegMarker(c)
		if c.err != nil || mark != 0 && n >= 0 && mark != markSOI {
			break
		}
		c.at = at + 1
		c.find(0xff)
	}
	if c.err == nil && c.at+n > c.src.Size() {
		c.err = io.ErrUnexpectedEOF
	}
	return mark, n
}

// jpegOrientation is what the EXIF in front of the picture says.
func jpegOrientation(src Source) (Orientation, error) {
	c := &cursor{src: src, at: 2}
	for range maxParts {
		mark, n := jpegSegment(c)
		if c.err != nil || mark == markSOS || mark == markEOI {
			break
		}
		at := c.at
		if mark == markAPP1 && startsEXIF(c, n) {
			b, err := section(src, at, n, 1<<16)
			return exifOrientation(b), err
		}
		c.at = at
		c.skip(n)
	}
	return upright, cutOff(c.err)
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
		if c.err != nil {
			return cutOff(c.err)
		}
		c.skip(n + 4)
		end := min(c.at, src.Size())
		if name[0]&0x20 == 0 || slices.Contains(pngKept, name) {
			if _, err := io.CopyN(out, io.NewSectionReader(src, start, end-start), end-start); err != nil {
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
	return nil // in so many no picture lies
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
	end, next := webpEnd(src), int64(12)
	keep := func(name string, at, n int64) {
		if slices.Contains(webpKept, name) {
			kept = append(kept, chunk{name, span{at, n}})
			size += 8 + n + n&1
		}
	}
	err := webpChunks(src, next, end, func(name string, c *cursor, n int64) bool {
		keep(name, c.at, n)
		next = c.at + n + n&1
		return true
	})
	if errors.Is(err, ErrMalformed) {
		// Cut off: what there is of the last chunk shows all the same.
		if next+8 <= end {
			name, err := section(src, next, 4, 4)
			if err != nil {
				return err
			}
			keep(string(name), next+8, end-next-8)
		}
	} else if err != nil {
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

// stripGIF leaves out comments, and what programs hang in between the frames
// but for how often they are played and their colours.
func stripGIF(out *bufio.Writer, src Source) error {
	in := bufio.NewReaderSize(all(src), 32<<10)
	// copyN copies bytes that are there.
	copyN := func(n int64) error {
		_, err := io.CopyN(out, in, n)
		return err
	}
	// blocks copies or leaves out blocks up to the empty one.
	blocks := func(keep bool) error {
		for {
			n, err := in.Peek(1)
			if err != nil {
				return err
			}
			whole := int(n[0]) + 1
			if !keep {
				_, err = in.Discard(whole)
			} else {
				err = copyN(int64(whole))
			}
			if err != nil || whole == 1 {
				return err
			}
		}
	}
	table := func(flags byte) error {
		if flags&0x80 == 0 {
			return nil
		}
		return copyN(3 << (flags&7 + 1))
	}
	b, err := in.Peek(13)
	if err != nil {
		out.Write(b) // a header alone
		return cutOff(err)
	}
	flags := b[10]
	if err = copyN(13); err == nil {
		err = table(flags)
	}
	for err == nil {
		b, _ := in.Peek(14)
		switch {
		case len(b) > 1 && b[0] == 0x21:
			keep := b[1] == 0xf9 || b[1] == 0x01 // how long a frame is shown, text
			if b[1] == 0xff && len(b) == 14 {
				keep = slices.Contains(gifKept, string(b[3:14]))
			}
			if !keep {
				_, err = in.Discard(2)
			} else {
				err = copyN(2)
			}
			if err == nil {
				err = blocks(keep)
			}
			if !keep {
				err = cutOff(err)
			}
		case len(b) > 9 && b[0] == 0x2c:
			flags := b[9]
			if err = copyN(10); err == nil {
				err = table(flags)
			}
			if err == nil {
				err = copyN(1) // how the pixels are coded
			}
			if err == nil {
				err = blocks(true)
			}
		default: // the end, or what is no part of a picture
			return out.WriteByte(0x3b)
		}
	}
	return cutOff(err)
}

// gifKept are the extensions by which an animation is played.
var gifKept = []string{"NETSCAPE2.0", "ANIMEXTS1.0", "ICCRGBG1012"}
