package media

import (
	"bytes"
	"errors"
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
