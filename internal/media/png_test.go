package media

import (
	"bytes"
	"compress/zlib"
	"errors"
	"image"
	"image/color"
	"image/png"
	"testing"
)

// pngFile is a PNG of any kind of pixels: rows of noise, each filtered in
// another way, in chunks of an odd size.
func pngFile(w, h int, header pngHeader, chunks ...[]byte) []byte {
	var pixels bytes.Buffer
	z := zlib.NewWriter(&pixels)
	seed := uint32(99)
	for y := range h {
		row := make([]byte, 1+(w*header.channels()*header.depth+7)/8)
		for i := range row {
			seed = seed*1664525 + 1013904223
			row[i] = byte(seed >> 24)
		}
		row[0] = byte(y % 5)
		z.Write(row)
	}
	z.Close()
	file := []byte("\x89PNG\r\n\x1a\n")
	file = append(file, chunk("IHDR", be32(w)+be32(h)+string([]byte{byte(header.depth), byte(header.color), 0, 0, 0}))...)
	file = append(file, bytes.Join(chunks, nil)...)
	for b := pixels.Bytes(); len(b) > 0; {
		n := min(len(b), 101)
		file = append(file, chunk("IDAT", string(b[:n]))...)
		b = b[n:]
	}
	return append(file, chunk("IEND", "")...)
}

// Whatever pixels a PNG has, its rows are those that image/png reads.
func TestRowsOfPNGAreThoseOfTheStandardLibrary(t *testing.T) {
	palette := func(n int) []byte {
		return chunk("PLTE", string(bytes.Repeat([]byte("\xff\x10\x20\x00\x80\x40"), n/2)))
	}
	for _, c := range []struct {
		header pngHeader
		chunks [][]byte
	}{
		{pngHeader{depth: 1, color: pngGrey}, nil},
		{pngHeader{depth: 2, color: pngGrey}, nil},
		{pngHeader{depth: 4, color: pngGrey}, nil},
		{pngHeader{depth: 8, color: pngGrey}, nil},
		{pngHeader{depth: 16, color: pngGrey}, nil},
		{pngHeader{depth: 4, color: pngGrey}, [][]byte{chunk("tRNS", "\x00\x07")}},
		{pngHeader{depth: 8, color: pngGrey}, [][]byte{chunk("tRNS", "\x00\x42")}},
		{pngHeader{depth: 8, color: pngRGB}, nil},
		{pngHeader{depth: 16, color: pngRGB}, nil},
		{pngHeader{depth: 8, color: pngRGB}, [][]byte{chunk("tRNS", "\x00\x01\x00\x02\x00\x03")}},
		{pngHeader{depth: 1, color: pngPaletted}, [][]byte{palette(2)}},
		{pngHeader{depth: 2, color: pngPaletted}, [][]byte{palette(4)}},
		{pngHeader{depth: 4, color: pngPaletted}, [][]byte{palette(16), chunk("tRNS", "\x00\x80\xff")}},
		{pngHeader{depth: 8, color: pngPaletted}, [][]byte{palette(256), chunk("tRNS", "\x00\x80\xff")}},
		{pngHeader{depth: 8, color: pngGreyAlpha}, nil},
		{pngHeader{depth: 16, color: pngGreyAlpha}, nil},
		{pngHeader{depth: 8, color: pngRGBA}, nil},
		{pngHeader{depth: 16, color: pngRGBA}, nil},
	} {
		const w, h = 37, 23
		file := pngFile(w, h, c.header, c.chunks...)
		want, err := png.Decode(bytes.NewReader(file))
		if err != nil {
			t.Fatalf("%+v: %v", c.header, err)
		}
		info, err := Inspect(bytes.NewReader(file), usual)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := newPNGRows(bytes.NewReader(file), &info, w)
		if err != nil {
			t.Fatal(err)
		}
		for y := range h {
			row, err := rows.next()
			if err != nil {
				t.Fatalf("%+v, row %d: %v", c.header, y, err)
			}
			for x := range w {
				got := color.RGBA{row[4*x], row[4*x+1], row[4*x+2], row[4*x+3]}
				should := color.RGBAModel.Convert(want.At(x, y)).(color.RGBA)
				d := func(a, b uint8) int { return max(int(a)-int(b), int(b)-int(a)) }
				if max(d(got.R, should.R), d(got.G, should.G), d(got.B, should.B), d(got.A, should.A)) > 1 {
					t.Fatalf("%+v at %d, %d: %v, want %v", c.header, x, y, got, should)
				}
			}
		}
	}
}

// A picture of the largest allowed size that compresses to almost nothing
// takes no memory for its pixels.
func TestLargePNGTakesFewRowsOfMemory(t *testing.T) {
	var file bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&file, image.NewPaletted(image.Rect(0, 0, 7000, 7000), color.Palette{color.White, color.Black})); err != nil {
		t.Fatal(err)
	}
	w := NewWorkshop(Options{Limits: usual})
	used := allocated(func() {
		if p, err := w.Thumbnail(t.Context(), bytes.NewReader(file.Bytes()), ThumbnailBox); err != nil || p.Width != 800 || p.Height != 800 {
			t.Errorf("%+v, %v", p, err)
		}
	})
	if used > 16<<20 {
		t.Errorf("%d MiB for a file of %d KiB", used>>20, file.Len()>>10)
	}
}

func TestPNGThatIsNoneIsMalformed(t *testing.T) {
	good := pngFile(9, 9, pngHeader{depth: 8, color: pngRGB})
	for name, file := range map[string][]byte{
		"an unknown depth":        bytes.Replace(good, []byte("\x08\x02\x00\x00\x00"), []byte("\x03\x02\x00\x00\x00"), 1),
		"an unknown colour type":  bytes.Replace(good, []byte("\x08\x02\x00\x00\x00"), []byte("\x08\x05\x00\x00\x00"), 1),
		"rows that are too short": append(bytes.Clone(good[:len(good)-60]), chunk("IEND", "")...),
		"pixels that are no zlib": append(bytes.Clone(good[:33]), chunk("IDAT", "not compressed")...),
	} {
		if _, err := NewWorkshop(Options{}).Thumbnail(t.Context(), bytes.NewReader(file), Box{4, 4}); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
