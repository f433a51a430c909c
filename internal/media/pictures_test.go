package media

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math"
	"testing"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
)

// photo is a picture with edges, slopes and noise, as a camera's.
func photo(w, h int) *image.YCbCr {
	m := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
	noise := uint32(1)
	for y := range h {
		for x := range w {
			noise = noise*1664525 + 1013904223
			v := 128 + 60*math.Sin(float64(x)/37) + 40*math.Cos(float64(y)/23)
			if (x/160+y/160)%2 == 0 {
				v /= 2
			}
			m.Y[y*m.YStride+x] = uint8(min(255, max(0, v+float64(noise>>27))))
		}
	}
	for i := range m.Cb {
		m.Cb[i], m.Cr[i] = uint8(90+i%m.CStride*60/m.CStride), uint8(100+i/m.CStride*60/(h/2+1))
	}
	return m
}

// corners is a picture by whose corners one sees how it lies: red, green, blue
// and white from the top left on, clockwise.
func corners(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.NRGBA{255, 0, 0, 255}
			switch {
			case x >= w/2 && y < h/2:
				c = color.NRGBA{0, 255, 0, 255}
			case x >= w/2:
				c = color.NRGBA{0, 0, 255, 255}
			case y >= h/2:
				c = color.NRGBA{255, 255, 255, 255}
			}
			m.SetNRGBA(x, y, c)
		}
	}
	return m
}

func asJPEG(tb testing.TB, m image.Image) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 92}); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func asPNG(tb testing.TB, m image.Image) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, m); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func asTIFF(tb testing.TB, m image.Image) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := tiff.Encode(&b, m, &tiff.Options{Compression: tiff.Deflate}); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func asBMP(tb testing.TB, m image.Image) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := bmp.Encode(&b, m); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// asGIF makes an animation of so many frames, each in another colour.
func asGIF(tb testing.TB, w, h, frames int) []byte {
	tb.Helper()
	g := &gif.GIF{}
	for i := range frames {
		m := image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{color.RGBA{uint8(200 - i), uint8(i), 30, 255}, color.Black})
		g.Image, g.Delay = append(g.Image, m), append(g.Delay, 5)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, g); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// segment is one of JPEG.
func segment(mark byte, body string) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{0xff, mark}, uint16(len(body)+2)), body...)
}

// withSegments puts segments behind the first marker of a JPEG.
func withSegments(jpeg []byte, segments ...[]byte) []byte {
	return append(append(bytes.Clone(jpeg[:2]), bytes.Join(segments, nil)...), jpeg[2:]...)
}

// exifAt is EXIF with an orientation and a place, which a test finds by "GPS!".
func exifAt(o Orientation) string {
	var b bytes.Buffer
	b.WriteString("MM\x00*\x00\x00\x00\x08\x00\x02")
	b.Write([]byte{1, 0x12, 0, 3, 0, 0, 0, 1, 0, byte(o), 0, 0})
	b.Write([]byte{0x88, 0x25, 0, 4, 0, 0, 0, 1, 0, 0, 0, 38}) // where the place is
	b.WriteString("\x00\x00\x00\x00\x00\x00GPS!")
	return b.String()
}

func turnedJPEG(tb testing.TB, m image.Image, o Orientation) []byte {
	return withSegments(asJPEG(tb, m), segment(markAPP1, "Exif\x00\x00"+exifAt(o)))
}

func chunk(name, body string) []byte {
	b := append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), name+body...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// withChunks puts chunks behind the header of a PNG.
func withChunks(png []byte, chunks ...[]byte) []byte {
	const header = 8 + 12 + 13
	return append(append(bytes.Clone(png[:header]), bytes.Join(chunks, nil)...), png[header:]...)
}

func riff(name, body string) string {
	b := string(binary.LittleEndian.AppendUint32([]byte(name), uint32(len(body)))) + body
	if len(body)%2 == 1 {
		b += "\x00"
	}
	return b
}

func webpFile(chunks ...string) []byte {
	body := "WEBP"
	for _, c := range chunks {
		body += c
	}
	return []byte(riff("RIFF", body))
}

func le24(v int) string { return string([]byte{byte(v), byte(v >> 8), byte(v >> 16)}) }

func vp8x(flags byte, w, h int) string {
	return riff("VP8X", string([]byte{flags, 0, 0, 0})+le24(w-1)+le24(h-1))
}

func anmf(x, y, w, h int, frame string) string {
	return riff("ANMF", le24(x/2)+le24(y/2)+le24(w-1)+le24(h-1)+le24(100)+"\x00"+frame)
}

// vp8l is a lossless frame in one colour: each code has one symbol, so that the
// pixels take no bits.
func vp8l(w, h int, c color.NRGBA) string {
	var out []byte
	var acc uint64
	var have uint
	put := func(v uint64, n uint) {
		acc |= v << have
		for have += n; have >= 8; have -= 8 {
			out = append(out, byte(acc))
			acc >>= 8
		}
	}
	put(0x2f, 8)
	put(uint64(w-1), 14)
	put(uint64(h-1), 14)
	put(1, 1) // transparency
	put(0, 3) // version
	put(0, 1) // no transforms
	put(0, 1) // no colour cache
	put(0, 1) // one group of codes
	for _, symbol := range []uint8{c.G, c.R, c.B, c.A, 0} {
		put(1, 1) // a simple code
		put(0, 1) // of one symbol
		put(1, 1) // of eight bits
		put(uint64(symbol), 8)
	}
	put(0, 8)
	return riff("VP8L", string(out))
}

func box(name string, body ...string) string {
	all := ""
	for _, b := range body {
		all += b
	}
	return string(binary.BigEndian.AppendUint32(nil, uint32(len(all)+8))) + name + all
}

func be32(v int) string { return string(binary.BigEndian.AppendUint32(nil, uint32(v))) }

// isoPicture is the head of an AVIF or HEIC of tiles, turned by quarters.
func isoPicture(brand string, w, h int, quarters byte) []byte {
	return []byte(box("ftyp", brand, "\x00\x00\x00\x00", "mif1", brand) +
		box("meta", "\x00\x00\x00\x00", box("hdlr", "\x00\x00\x00\x00\x00\x00\x00\x00pict"),
			box("iprp", box("ipco",
				box("ispe", "\x00\x00\x00\x00", be32(512), be32(512)),
				box("ispe", "\x00\x00\x00\x00", be32(w), be32(h)),
				box("irot", string([]byte{quarters}))))) +
		box("mdat", "pixels"))
}

// Frames of 16 × 12 pixels in blue, as a browser's canvas codes them: lossy, and
// what makes it half transparent.
var (
	vp8Blue  = riff("VP8 ", "\x90\x01\x00\x9d\x01\x2a\x10\x00\x0c\x00\x02\x80\x42\x25\xa0\x02\x74\xba\x00\x03\x98\x00\xfe\xf6\xe6\x07\xfe\xf6\x0b\xff\x76\x0b\xff\x76\x0b\xfd\x98\xfa\xef\x16\x92\x90\x00\x00")
	alphHalf = riff("ALPH", "\x01\x07\x50\xc0\x88\x08\x00\x04\xe1\xbf\x5c\x42\x44\xff\x53\x03")
)
