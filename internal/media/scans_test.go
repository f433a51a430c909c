package media

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"
)

// scanned is a progressive JPEG of one grey area, w by h pixels, that is gone
// over so many times: a few bytes for each.
func scanned(w, h, scans int) []byte {
	blocks := ((w + 7) / 8) * ((h + 7) / 8)
	var b strings.Builder
	b.WriteString("\xff\xd8")
	b.Write(segment(0xdb, "\x00"+strings.Repeat("\x01", 64)))
	b.Write(segment(markSOF2, "\x08"+be16(h)+be16(w)+"\x01\x01\x11\x00"))
	// One code of one bit: no difference; the end of 2^14 bands and more.
	table := func(class, symbol string) string { return class + "\x01" + strings.Repeat("\x00", 15) + symbol }
	b.Write(segment(markDHT, table("\x00", "\x00")+table("\x10", "\xe0")))
	b.WriteString(string(segment(markSOS, "\x01\x01\x00\x00\x00\x00")) + strings.Repeat("\x00", (blocks+7)/8))
	runs := (blocks + 1<<14 - 1) >> 14 // each code is one bit, and fourteen say how many more
	scan := strings.Repeat("\x00", (15*runs+7)/8)
	first := string(segment(markSOS, "\x01\x01\x00\x01\x3f\x01")) + scan
	again := string(segment(markSOS, "\x01\x01\x00\x01\x3f\x10")) + scan
	b.WriteString(first)
	for range scans {
		b.WriteString(again)
	}
	b.WriteString("\xff\xd9")
	return []byte(b.String())
}

// A picture that is gone over again and again costs a core for seconds with
// every kilobyte; no program makes so many scans.
func TestScansAreBounded(t *testing.T) {
	w := NewWorkshop(Options{Limits: usual})
	usually, often := scanned(64, 64, maxScans-2), scanned(64, 64, maxScans-1)
	if _, err := w.Thumbnail(t.Context(), bytes.NewReader(usually), ThumbnailBox); err != nil {
		t.Errorf("%d scans: %v", maxScans, err)
	}
	if _, err := w.Thumbnail(t.Context(), bytes.NewReader(often), ThumbnailBox); !errors.Is(err, ErrTooLarge) {
		t.Errorf("%d scans: %v", maxScans+1, err)
	}
	if _, err := w.Square(t.Context(), bytes.NewReader(often), SquareOptions{Side: 64}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("%d scans, as a square: %v", maxScans+1, err)
	}
	// Browsers are not given them either; the picture stays.
	for _, c := range []struct {
		file []byte
		want int
	}{{usually, maxScans}, {scanned(64, 64, 5000), maxScans}} {
		var out bytes.Buffer
		if err := Strip(&out, bytes.NewReader(c.file)); err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(out.Bytes(), []byte{0xff, markSOS}); n != c.want {
			t.Errorf("%d scans are left, want %d", n, c.want)
		}
		if _, err := w.Thumbnail(t.Context(), bytes.NewReader(out.Bytes()), ThumbnailBox); err != nil {
			t.Errorf("what was stripped: %v", err)
		}
	}
}

// What is small in a file and large when it is decoded is held against its
// dimensions, whatever the compression says.
func TestDecodingTakesWhatTheDimensionsSay(t *testing.T) {
	zeros := func(n int) []byte {
		var b bytes.Buffer
		w := zlib.NewWriter(&b)
		chunk := make([]byte, 1<<20)
		for range n >> 20 {
			w.Write(chunk)
		}
		w.Close()
		return b.Bytes()
	}
	bomb := zeros(256 << 20) // a quarter of a megabyte
	strip := append([]byte("II*\x00"+"\x08\x00\x00\x00"+"\x08\x00"), tiffEntries(8, len(bomb))...)
	tiffBomb := append(strip, bomb...)
	pngBomb := func(width int) []byte {
		b := asPNG(t, corners(8, 8))
		header := chunk("IHDR", be32(width)+be32(8)+"\x08\x06\x00\x00\x00")
		return slices.Concat(b[:8], header, chunk("IDAT", string(bomb)), chunk("IEND", ""))
	}
	text := withChunks(asPNG(t, corners(8, 8)), chunk("zTXt", "a\x00\x00"+string(bomb)), chunk("iCCP", "a\x00\x00"+string(bomb)))
	// Three colours, of which every coefficient is kept until the last scan.
	colours := slices.Concat([]byte("\xff\xd8"), segment(markSOF2, "\x08"+be16(7000)+be16(7000)+"\x03\x01\x11\x00\x02\x11\x00\x03\x11\x00"), segment(markSOS, "\x01\x01\x00\x00\x00\x00"))
	for name, c := range map[string]struct {
		file []byte
		want error // nil: a picture
	}{
		"TIFF of 8 × 8 in a strip of 256 MiB":    {tiffBomb, nil},
		"PNG of 8 × 8 in rows of 256 MiB":        {pngBomb(8), nil},
		"PNG with text and a profile of 256 MiB": {text, nil},
		"progressive JPEG of 49 million pixels":  {colours, ErrTooLarge},
		"JPEG whose segments are all the file":   {slices.Concat([]byte("\xff\xd8"), bytes.Repeat(segment(markAPP1, strings.Repeat("x", 1<<16-3)), 1000)), ErrMalformed},
	} {
		w := NewWorkshop(Options{Limits: usual})
		used := allocated(func() {
			if _, err := w.Thumbnail(t.Context(), bytes.NewReader(c.file), ThumbnailBox); !errors.Is(err, c.want) {
				t.Errorf("%s: %v", name, err)
			}
		})
		if used > 4<<20 {
			t.Errorf("%s: it took %d KiB", name, used>>10)
		}
		stripped := allocated(func() {
			if err := Strip(&discard{}, bytes.NewReader(c.file)); err != nil && !errors.Is(err, ErrUnsupported) {
				t.Errorf("%s: stripped: %v", name, err)
			}
		})
		if stripped > 1<<20 {
			t.Errorf("%s: stripping it took %d KiB", name, stripped>>10)
		}
	}
}

// tiffEntries are the directory of a grey square in one deflated strip, which
// follows.
func tiffEntries(side, n int) []byte {
	entry := func(tag, kind, count, value int) []byte {
		b := binary.LittleEndian.AppendUint16(nil, uint16(tag))
		b = binary.LittleEndian.AppendUint16(b, uint16(kind))
		b = binary.LittleEndian.AppendUint32(b, uint32(count))
		return binary.LittleEndian.AppendUint32(b, uint32(value))
	}
	const entries = 8
	return slices.Concat(entry(256, 4, 1, side), entry(257, 4, 1, side), entry(258, 3, 1, 8), entry(259, 3, 1, 8), entry(262, 3, 1, 1),
		entry(273, 4, 1, 8+2+12*entries+4), entry(278, 4, 1, side), entry(279, 4, 1, n), make([]byte, 4))
}
