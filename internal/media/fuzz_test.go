package media

import (
	"bytes"
	"image/color"
	"testing"
)

// seeds are small files of every type that is read here.
func seeds(tb testing.TB) [][]byte {
	red := color.NRGBA{255, 0, 0, 200}
	all := [][]byte{
		asPNG(tb, corners(9, 7)), withChunks(asPNG(tb, corners(9, 7)), chunk("eXIf", exifAt(6)), chunk("acTL", be32(3)+be32(0))),
		asJPEG(tb, corners(20, 17)), turnedJPEG(tb, photo(20, 17), 5),
		asGIF(tb, 9, 7, 3), asTIFF(tb, corners(9, 7)), asBMP(tb, corners(9, 7)),
		webpFile(vp8l(9, 7, red)), webpFile(vp8x(0x10, 16, 12), alphHalf, vp8Blue), webpFile(vp8x(0x12, 16, 12), anmf(0, 0, 16, 12, alphHalf+vp8Blue)), webpFile(vp8x(0x1a, 9, 7), anmf(2, 2, 4, 4, vp8l(4, 4, red)), riff("EXIF", exifAt(2))),
		isoPicture("avif", 9, 7, 1), isoPicture("heic", 9, 7, 2),
		[]byte("8BPS\x00\x01\x00\x00\x00\x00\x00\x00\x00\x03" + be32(20) + be32(30)),
		[]byte("<svg>"), []byte("plain"), nil,
	}
	for _, b := range bombs(tb) {
		if len(b) < 4<<10 {
			all = append(all, b)
		}
	}
	return all
}

// FuzzMedia holds that no file makes anything panic, take more memory than is
// allowed, or become a picture other than said.
func FuzzMedia(f *testing.F) {
	for _, s := range seeds(f) {
		f.Add(s)
	}
	limits := Limits{Pixels: 1 << 16, Frames: 4}
	w := NewWorkshop(Options{Limits: limits})
	f.Fuzz(func(t *testing.T, file []byte) {
		src := bytes.NewReader(file)
		info, err := Inspect(src, limits) // unguarded: it must not panic by itself
		if err == nil && info.Type.Kind == Image && int64(info.Width)*int64(info.Height) > limits.Pixels {
			t.Fatalf("%d × %d pixels were let through", info.Width, info.Height)
		}
		if p, err := w.Thumbnail(t.Context(), src, Box{64, 64}); err == nil {
			if p.Width > 64 || p.Height > 64 || p.Width < 1 || p.Height < 1 {
				t.Fatalf("a thumbnail of %d × %d", p.Width, p.Height)
			}
			if got, err := Inspect(bytes.NewReader(p.Data), Limits{}); err != nil || got.Width != p.Width || got.Type != p.Type {
				t.Fatalf("what was made is %+v, %v", got, err)
			}
		}
		var out bytes.Buffer
		if err := Strip(&out, src); err == nil {
			whole, was := Inspect(src, Limits{})
			if got, err := Inspect(bytes.NewReader(out.Bytes()), Limits{}); was == nil && (err != nil || got.Orientation != whole.Orientation || got.Width != whole.Width || got.Height != whole.Height) {
				t.Fatalf("what was stripped is %+v, %v; it was %+v", got, err, whole)
			}
			var again bytes.Buffer
			if err := Strip(&again, bytes.NewReader(out.Bytes())); err != nil || !bytes.Equal(again.Bytes(), out.Bytes()) {
				t.Fatalf("stripped twice it is another: %v", err)
			}
		}
	})
}
