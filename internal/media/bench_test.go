package media

import (
	"bytes"
	"image/jpeg"
	"image/png"
	"testing"
)

// BenchmarkThumbnail is a telephone's picture of twelve million pixels.
func BenchmarkThumbnail(b *testing.B) {
	big := photo(4000, 3000)
	for _, c := range []struct {
		name string
		file []byte
	}{{"JPEG-12MP", asJPEG(b, big)}, {"PNG-12MP", asPNG(b, big)}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := thumbnail(bytes.NewReader(c.file), ThumbnailBox, usual); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(c.file))/1e6, "MB-of-file")
		})
	}
}

// BenchmarkFloor decodes the same files, and does nothing with them.
func BenchmarkFloor(b *testing.B) {
	big := photo(4000, 3000)
	jpegFile, pngFile := asJPEG(b, big), asPNG(b, big)
	b.Run("JPEG-12MP", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := jpeg.Decode(bytes.NewReader(jpegFile)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("PNG-12MP", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := png.Decode(bytes.NewReader(pngFile)); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkStrip(b *testing.B) {
	file := withSegments(asJPEG(b, photo(4000, 3000)), segment(markAPP1, "Exif\x00\x00"+exifAt(6)))
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		if err := Strip(&discard{}, bytes.NewReader(file)); err != nil {
			b.Fatal(err)
		}
	}
}
