package media

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"testing"
)

var usual = Limits{Pixels: 50_000_000, Frames: 200}

func TestInspectReadsDimensionsWithoutPixels(t *testing.T) {
	red := color.NRGBA{255, 0, 0, 255}
	for _, c := range []struct {
		name   string
		file   []byte
		is     Type
		w, h   int
		frames int
	}{
		{"PNG", asPNG(t, corners(30, 20)), PNG, 30, 20, 1},
		{"PNG turned", withChunks(asPNG(t, corners(30, 20)), chunk("eXIf", exifAt(6))), PNG, 20, 30, 1},
		{"animated PNG", withChunks(asPNG(t, corners(30, 20)), chunk("acTL", be32(7)+be32(0))), PNG, 30, 20, 7},
		{"JPEG", asJPEG(t, corners(30, 20)), JPEG, 30, 20, 1},
		{"JPEG turned", turnedJPEG(t, corners(30, 20), 8), JPEG, 20, 30, 1},
		{"JPEG upside down", turnedJPEG(t, corners(30, 20), 3), JPEG, 30, 20, 1},
		{"GIF", asGIF(t, 30, 20, 1), GIF, 30, 20, 1},
		{"animated GIF", asGIF(t, 30, 20, 12), GIF, 30, 20, 12},
		{"GIF without its end", bytes.TrimSuffix(asGIF(t, 30, 20, 2), []byte{0x3b}), GIF, 30, 20, 2},
		{"WebP", webpFile(vp8l(30, 20, red)), WebP, 30, 20, 1},
		{"WebP that says it is turned", webpFile(vp8x(0x18, 30, 20), vp8l(30, 20, red), riff("EXIF", exifAt(5))), WebP, 30, 20, 1},
		{"animated WebP", webpFile(vp8x(0x12, 30, 20), riff("ANIM", "\x00\x00\x00\x00\x00\x00"), anmf(0, 0, 30, 20, vp8l(30, 20, red)), anmf(0, 0, 30, 20, vp8l(30, 20, red))), WebP, 30, 20, 2},
		{"TIFF", asTIFF(t, corners(30, 20)), TIFF, 30, 20, 1},
		{"BMP", asBMP(t, corners(30, 20)), BMP, 30, 20, 1},
		{"AVIF", isoPicture("avif", 4000, 3000, 0), AVIF, 4000, 3000, 1},
		{"HEIC turned", isoPicture("heic", 4000, 3000, 3), HEIC, 3000, 4000, 1},
		{"PSD", []byte("8BPS\x00\x01\x00\x00\x00\x00\x00\x00\x00\x03" + be32(20) + be32(30)), PSD, 30, 20, 1},
		{"text", []byte("no picture"), Text, 0, 0, 0},
	} {
		got, err := Inspect(bytes.NewReader(c.file), usual)
		if err != nil || got.Type != c.is || got.Width != c.w || got.Height != c.h || got.Frames != c.frames {
			t.Errorf("%s: %s %d × %d, %d frames, %v; want %s %d × %d, %d frames",
				c.name, got.Type.Name, got.Width, got.Height, got.Frames, err, c.is.Name, c.w, c.h, c.frames)
		}
	}
}

// bombs are small files that would become large.
func bombs(tb testing.TB) map[string][]byte {
	pngOf := func(w, h int) []byte {
		b := asPNG(tb, corners(8, 8))
		header := chunk("IHDR", be32(w)+be32(h)+"\x08\x06\x00\x00\x00")
		return append(append(bytes.Clone(b[:8]), header...), b[8+len(header):]...)
	}
	gifOf := func(w, h uint16) []byte {
		b := asGIF(tb, 8, 8, 1)
		b[6], b[7], b[8], b[9] = byte(w), byte(w>>8), byte(h), byte(h>>8)
		return b
	}
	red := color.NRGBA{255, 0, 0, 255}
	jpegOf := asJPEG(tb, corners(8, 8))
	at := bytes.Index(jpegOf, []byte{0xff, markSOF0})
	copy(jpegOf[at+5:], "\xff\xff\xff\xff")
	return map[string][]byte{
		"PNG of 10⁵ × 10⁵":   pngOf(100_000, 100_000),
		"PNG of 2³¹ × 2³¹":   pngOf(1<<31-1, 1<<31-1),
		"GIF of 65535²":      gifOf(65535, 65535),
		"JPEG of 65535²":     jpegOf,
		"WebP of 16384²":     webpFile(vp8l(16384, 16384, red)),
		"WebP of 2²⁴ × 2²⁴":  webpFile(vp8x(0, 1<<24, 1<<24), vp8l(8, 8, red)),
		"AVIF of 10⁵ × 10⁵":  isoPicture("avif", 100_000, 100_000, 0),
		"GIF of 10⁴ frames":  asGIF(tb, 8, 8, 10_000),
		"GIF of 201 frames":  asGIF(tb, 8, 8, 201),
		"PNG of 10⁴ frames":  withChunks(asPNG(tb, corners(8, 8)), chunk("acTL", be32(10_000)+be32(0))),
		"WebP of 300 frames": webpFile(append([]string{vp8x(2, 8, 8)}, repeat(anmf(0, 0, 8, 8, vp8l(8, 8, red)), 300)...)...),
	}
}

func repeat(s string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = s
	}
	return out
}

func TestBombsAreRefusedBeforeTheyAreDecoded(t *testing.T) {
	w := NewWorkshop(Options{Limits: usual})
	for name, file := range bombs(t) {
		if info, err := w.Inspect(bytes.NewReader(file)); !errors.Is(err, ErrTooLarge) || info.Type.Kind != Image {
			t.Errorf("%s: Inspect says %v of %q", name, err, info.Type.Name)
		}
		bytesUsed := allocated(func() {
			if _, err := w.Thumbnail(t.Context(), bytes.NewReader(file), ThumbnailBox); !errors.Is(err, ErrTooLarge) {
				t.Errorf("%s: Thumbnail says %v", name, err)
			}
		})
		if bytesUsed > 1<<20 {
			t.Errorf("%s: refusing it took %d bytes", name, bytesUsed)
		}
	}
}

// What one part of a file says and another part denies must not become a
// picture of the larger size.
func TestContradictionsAreMalformed(t *testing.T) {
	red := color.NRGBA{255, 0, 0, 255}
	for name, file := range map[string][]byte{
		"WebP with a frame larger than its canvas":      webpFile(vp8x(0, 8, 8), vp8l(4000, 4000, red)),
		"animated WebP with a frame larger than itself": webpFile(vp8x(2, 8, 8), anmf(0, 0, 8, 8, vp8l(4000, 4000, red))),
		"PNG without a header":                          append([]byte("\x89PNG\r\n\x1a\n"), chunk("IDAT", "x")...),
		"JPEG without a header":                         []byte("\xff\xd8\xff\xda\x00\x02\xff\xd9"),
		"GIF without a frame":                           []byte("GIF89a\x08\x00\x08\x00\x00\x00\x00;"),
		"PNG cut off":                                   asPNG(t, corners(8, 8))[:20],
		"JPEG cut off":                                  asJPEG(t, corners(8, 8))[:30],
	} {
		// No decoder is asked.
		if _, err := Inspect(bytes.NewReader(file), usual); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: Inspect says %v", name, err)
		}
		used := allocated(func() {
			if _, err := NewWorkshop(Options{Limits: usual}).Thumbnail(t.Context(), bytes.NewReader(file), ThumbnailBox); !errors.Is(err, ErrMalformed) {
				t.Errorf("%s: %v", name, err)
			}
		})
		if used > 1<<20 {
			t.Errorf("%s: refusing it took %d bytes", name, used)
		}
	}
}

func decoded(t *testing.T, p *Picture) image.Image {
	t.Helper()
	decode := jpeg.Decode
	if p.Type == PNG {
		decode = png.Decode
	}
	m, err := decode(bytes.NewReader(p.Data))
	if err != nil {
		t.Fatal(err)
	}
	if m.Bounds() != image.Rect(0, 0, p.Width, p.Height) {
		t.Fatalf("%v, said to be %d × %d", m.Bounds(), p.Width, p.Height)
	}
	return m
}

// near compares colours as JPEG keeps them.
func near(c color.Color, want color.NRGBA) bool {
	got := color.NRGBAModel.Convert(c).(color.NRGBA)
	d := func(a, b uint8) int { return max(int(a)-int(b), int(b)-int(a)) }
	return d(got.R, want.R) < 24 && d(got.G, want.G) < 24 && d(got.B, want.B) < 24 && d(got.A, want.A) < 4
}

// Each of the eight orientations of the same picture gives the same thumbnail.
func TestThumbnailIsUpright(t *testing.T) {
	red, green, blue, white := color.NRGBA{255, 0, 0, 255}, color.NRGBA{0, 255, 0, 255}, color.NRGBA{0, 0, 255, 255}, color.NRGBA{255, 255, 255, 255}
	w := NewWorkshop(Options{Limits: usual})
	for o := Orientation(1); o <= 8; o++ {
		// The picture is stored so that turning it makes it upright.
		seen := corners(360, 240)
		stored := image.NewNRGBA(image.Rect(0, 0, 360, 240))
		if o.turned() {
			stored = image.NewNRGBA(image.Rect(0, 0, 240, 360))
		}
		for y := range stored.Rect.Dy() {
			for x := range stored.Rect.Dx() {
				toX, toY := o.place(x, y, stored.Rect.Dx(), stored.Rect.Dy())
				stored.SetNRGBA(x, y, seen.NRGBAAt(toX, toY))
			}
		}
		for kind, file := range map[string][]byte{
			"JPEG": turnedJPEG(t, stored, o),
			"PNG":  withChunks(asPNG(t, stored), chunk("eXIf", exifAt(o))),
		} {
			p, err := w.Thumbnail(t.Context(), bytes.NewReader(file), Box{90, 90})
			if err != nil {
				t.Fatal(o, kind, err)
			}
			m := decoded(t, p)
			if p.Width != 90 || p.Height != 60 {
				t.Errorf("%s, orientation %d: %d × %d", kind, o, p.Width, p.Height)
			}
			if !near(m.At(10, 10), red) || !near(m.At(80, 10), green) || !near(m.At(80, 50), blue) || !near(m.At(10, 50), white) {
				t.Errorf("%s, orientation %d: lies wrong", kind, o)
			}
			// A square from the right lower corner of what one sees is blue.
			sq, err := w.Square(t.Context(), bytes.NewReader(file), SquareOptions{Crop: Crop{200, 140, 90}, Side: 32})
			if err != nil {
				t.Fatal(err)
			}
			if m := decoded(t, sq); !near(m.At(1, 1), blue) || !near(m.At(30, 30), blue) || sq.Width != 32 || sq.Height != 32 {
				t.Errorf("%s, orientation %d: the square lies wrong: %v", kind, o, m.At(1, 1))
			}
		}
	}
}

func TestThumbnailOfEachType(t *testing.T) {
	blue := color.NRGBA{0, 0, 255, 255}
	half := image.NewNRGBA(image.Rect(0, 0, 40, 40))
	for i := 0; i < len(half.Pix); i += 4 {
		copy(half.Pix[i:], "\x00\x00\xff\x80")
	}
	grey := image.NewGray(image.Rect(0, 0, 40, 40))
	deep := image.NewNRGBA64(image.Rect(0, 0, 40, 40))
	for y := range 40 {
		for x := range 40 {
			deep.Set(x, y, blue)
		}
	}
	for _, c := range []struct {
		name string
		file []byte
		is   Type
		want color.NRGBA
	}{
		{"PNG", asPNG(t, image.NewPaletted(image.Rect(0, 0, 40, 40), color.Palette{blue})), JPEG, blue},
		{"transparent PNG", asPNG(t, half), PNG, color.NRGBA{0, 0, 255, 128}},
		{"PNG of 16 bits", asPNG(t, deep), JPEG, blue},
		{"grey JPEG", asJPEG(t, grey), JPEG, color.NRGBA{0, 0, 0, 255}},
		{"JPEG", asJPEG(t, deep), JPEG, blue},
		{"WebP", webpFile(vp8l(40, 40, blue)), JPEG, blue},
		{"animated WebP", webpFile(vp8x(2, 40, 40), anmf(0, 0, 40, 40, vp8l(40, 40, blue)), anmf(0, 0, 40, 40, vp8l(40, 40, color.NRGBA{}))), JPEG, blue},
		{"transparent WebP", webpFile(vp8l(40, 40, color.NRGBA{0, 0, 255, 128})), PNG, color.NRGBA{0, 0, 255, 128}},
		{"GIF", asGIF(t, 40, 40, 3), JPEG, color.NRGBA{200, 0, 30, 255}},
		{"TIFF", asTIFF(t, deep), JPEG, blue},
		{"lossy WebP", webpFile(vp8Blue), JPEG, blue},
		{"lossy WebP, half transparent", webpFile(vp8x(0x10, 16, 12), alphHalf, vp8Blue), PNG, color.NRGBA{0, 0, 255, 128}},
		{"animated lossy WebP, half transparent", webpFile(vp8x(0x12, 16, 12), anmf(0, 0, 16, 12, alphHalf+vp8Blue)), PNG, color.NRGBA{0, 0, 255, 128}},
		{"animated WebP with a part for its first frame", webpFile(vp8x(0x12, 40, 40), anmf(4, 6, 16, 12, vp8Blue)), PNG, blue},
	} {
		p, err := NewWorkshop(Options{Limits: usual}).Thumbnail(t.Context(), bytes.NewReader(c.file), Box{20, 20})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if m := decoded(t, p); p.Type != c.is || max(p.Width, p.Height) > 20 || !near(m.At(5, 5), c.want) {
			t.Errorf("%s: %s, %d × %d, %v; want %s, %v", c.name, p.Type.Name, p.Width, p.Height, m.At(5, 5), c.is.Name, c.want)
		}
	}
	for name, file := range map[string][]byte{"BMP": asBMP(t, half), "AVIF": isoPicture("avif", 40, 40, 0), "text": []byte("hello")} {
		if _, err := NewWorkshop(Options{}).Thumbnail(t.Context(), bytes.NewReader(file), Box{20, 20}); !errors.Is(err, ErrUnsupported) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestThumbnailFitsAndIsNeverEnlarged(t *testing.T) {
	for _, c := range [][4]int{{3000, 2000, 1200, 800}, {4000, 500, 1200, 150}, {500, 4000, 100, 800}, {30, 20, 30, 20}, {1201, 801, 1200, 800}, {5000, 2, 1200, 1}} {
		if w, h := fit(c[0], c[1], ThumbnailBox); w != c[2] || h != c[3] {
			t.Errorf("%v: %d × %d", c, w, h)
		}
	}
}

// The mean of all pixels is the same before and after: the scaler loses no part
// of any, whatever the sizes are.
func TestAreaKeepsTheMean(t *testing.T) {
	for _, c := range [][4]int{{100, 70, 33, 21}, {101, 71, 100, 70}, {64, 64, 64, 64}, {1000, 3, 1, 1}, {17, 19, 16, 3}} {
		in := make([]byte, c[0]*c[1])
		want := 0.0
		for i := range in {
			in[i] = byte(i * 31)
			want += float64(in[i])
		}
		want /= float64(len(in))
		for _, n := range []int{1, 4} {
			got, rows := 0.0, 0
			a := newArea(c[0], c[1], c[2], c[3], n, func(y int, row []byte) {
				if y != rows {
					t.Errorf("%v: row %d came as the %dth", c, y, rows)
				}
				rows++
				for _, v := range row {
					got += float64(v)
				}
			})
			for y := range c[1] {
				row := in[y*c[0]:][:c[0]]
				if n == 4 {
					wide := make([]byte, 0, 4*len(row))
					for _, v := range row {
						wide = append(wide, v, v, v, v)
					}
					row = wide
				}
				a.add(row)
			}
			if got /= float64(c[2] * c[3] * n); rows != c[3] || got < want-1 || got > want+1 {
				t.Errorf("%v of %d samples: mean %.2f of %d rows, want %.2f", c, n, got, rows, want)
			}
		}
	}
}

func TestProfileStaysWithTheThumbnail(t *testing.T) {
	icc := "ICC_PROFILE\x00\x01\x01" + string(make([]byte, 16)) + "RGB " + string(make([]byte, 200))
	for want, file := range map[bool][]byte{
		true:  withSegments(asJPEG(t, corners(40, 40)), segment(markAPP2, icc)),
		false: withSegments(asJPEG(t, corners(40, 40)), segment(markAPP2, "ICC_PROFILE\x00\x01\x01"+string(make([]byte, 16))+"CMYK"+string(make([]byte, 200)))),
	} {
		p, err := NewWorkshop(Options{}).Thumbnail(t.Context(), bytes.NewReader(file), Box{20, 20})
		if err != nil {
			t.Fatal(err)
		}
		decoded(t, p)
		if got := bytes.Contains(p.Data, []byte("ICC_PROFILE")); got != want {
			t.Errorf("the thumbnail has a profile: %v", got)
		}
	}
}

func TestSquareIsBoundedAndExact(t *testing.T) {
	noise := image.NewNRGBA(image.Rect(0, 0, 700, 600))
	seed := uint32(7)
	for i := range noise.Pix {
		seed = seed*1664525 + 1013904223
		noise.Pix[i] = byte(seed >> 24)
	}
	w := NewWorkshop(Options{})
	p, err := w.Square(t.Context(), bytes.NewReader(asPNG(t, noise)), SquareOptions{Side: 512, MaxBytes: 64 << 10})
	if err != nil || len(p.Data) > 64<<10 || p.Type != PNG || p.Width < leastSide {
		t.Errorf("%v; %d bytes, %s, %d", err, len(p.Data), p.Type.Name, p.Width)
	}
	for i := 3; i < len(noise.Pix); i += 4 {
		noise.Pix[i] = 255
	}
	p, err = w.Square(t.Context(), bytes.NewReader(asPNG(t, noise)), SquareOptions{Side: 512, MaxBytes: 64 << 10})
	if err != nil || len(p.Data) > 64<<10 || p.Type != JPEG || p.Width != 512 {
		t.Errorf("%v; %d bytes, %s, %d", err, len(p.Data), p.Type.Name, p.Width)
	}
	p, err = w.Square(t.Context(), bytes.NewReader(asJPEG(t, corners(20, 30))), SquareOptions{Side: 192, PNG: true})
	if err != nil || p.Type != PNG || p.Width != 192 || p.Height != 192 {
		t.Errorf("%v; %+v", err, p)
	}
}

func TestCropStaysInside(t *testing.T) {
	for c, want := range map[Crop]image.Rectangle{
		{}:               image.Rect(20, 0, 80, 60),
		{-5, -5, 30}:     image.Rect(0, 0, 30, 30),
		{90, 50, 30}:     image.Rect(70, 30, 100, 60),
		{10, 10, 5000}:   image.Rect(10, 0, 70, 60),
		{1 << 40, 0, 10}: image.Rect(90, 0, 100, 10),
	} {
		if got := c.within(100, 60); got != want {
			t.Errorf("%v: %v, want %v", c, got, want)
		}
	}
}
