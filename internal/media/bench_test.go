package media

import (
	"bytes"
	"image/jpeg"
	"image/png"
	"syscall"
	"testing"
	"time"
)

// benchmark reports the time on the processor beside the time on the clock,
// which on a machine with other work to do says little.
func benchmark(b *testing.B, do func() error) {
	b.ReportAllocs()
	began := processor(b)
	n := 0
	for b.Loop() {
		if err := do(); err != nil {
			b.Fatal(err)
		}
		n++
	}
	b.ReportMetric(float64((processor(b)-began).Milliseconds())/float64(n), "cpu-ms/op")
}

func processor(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkThumbnail is of a telephone's picture of twelve million pixels, and
// of the largest that is allowed. BenchmarkFloor decodes the same files with
// the standard library and does nothing with them.
func BenchmarkThumbnail(b *testing.B) {
	w := NewWorkshop(Options{Limits: usual})
	for _, c := range largePictures(b) {
		b.Run(c.name, func(b *testing.B) {
			benchmark(b, func() error {
				_, err := w.Thumbnail(b.Context(), bytes.NewReader(c.file), ThumbnailBox)
				return err
			})
		})
	}
}

func BenchmarkFloor(b *testing.B) {
	for _, c := range largePictures(b) {
		decode := jpeg.Decode
		if Sniff(c.file) == PNG {
			decode = png.Decode
		}
		b.Run(c.name, func(b *testing.B) {
			benchmark(b, func() error {
				_, err := decode(bytes.NewReader(c.file))
				return err
			})
		})
	}
}

type large struct {
	name string
	file []byte
}

func largePictures(b *testing.B) []large {
	b.Helper()
	twelve := photo(4000, 3000)
	return []large{{"JPEG-12MP", asJPEG(b, twelve)}, {"PNG-12MP", asPNG(b, twelve)}, {"JPEG-50MP", asJPEG(b, photo(8640, 5760))}}
}

func BenchmarkStrip(b *testing.B) {
	file := withSegments(asJPEG(b, photo(4000, 3000)), segment(markAPP1, "Exif\x00\x00"+exifAt(6)))
	b.SetBytes(int64(len(file)))
	benchmark(b, func() error { return Strip(&discard{}, bytes.NewReader(file)) })
}
