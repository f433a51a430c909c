package media

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/png"
	"slices"
	"strings"
	"testing"

	"golang.org/x/image/webp"
)

const xmp = "<x:xmpmeta>GPS!</x:xmpmeta>"

func TestStripTakesThePlaceAndLeavesThePicture(t *testing.T) {
	blue := color.NRGBA{0, 0, 255, 255}
	icc := "ICC_PROFILE\x00\x01\x01" + string(make([]byte, 16)) + "RGB " + string(make([]byte, 200))
	jpegFile := withSegments(asJPEG(t, corners(64, 48)),
		segment(markAPP0, "JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"),
		segment(markAPP1, "Exif\x00\x00"+exifAt(6)),
		segment(markAPP1, "http://ns.adobe.com/xap/1.0/\x00"+xmp),
		segment(markAPP2, icc),
		segment(markAPP2, "MPF\x00GPS!"),
		segment(0xed, "Photoshop 3.0\x00GPS!"),
		segment(markCOM, "GPS!"))
	for _, c := range []struct {
		name string
		file []byte
		keep string
		o    Orientation
	}{
		{"JPEG", jpegFile, "ICC_PROFILE", 6},
		{"JPEG with another behind it", append(bytes.Clone(jpegFile), turnedJPEG(t, corners(8, 8), 1)...), "ICC_PROFILE", 6},
		{"JPEG cut off", jpegFile[:len(jpegFile)-40], "ICC_PROFILE", 6},
		{"upright JPEG", turnedJPEG(t, corners(64, 48), 1), "", 1},
		{"PNG", withChunks(asPNG(t, corners(64, 48)), chunk("gAMA", "\x00\x00\xb1\x8f"), chunk("eXIf", exifAt(8)),
			chunk("iTXt", "XML:com.adobe.xmp\x00\x00\x00\x00\x00"+xmp), chunk("tEXt", "Comment\x00GPS!"), chunk("zTXt", "x\x00\x00GPS!")), "gAMA", 8},
		{"PNG with something behind it", append(withChunks(asPNG(t, corners(64, 48)), chunk("eXIf", exifAt(1))), "GPS!"...), "", 1},
		{"WebP", webpFile(vp8x(0x2c, 64, 48), riff("ICCP", "profile"), vp8l(64, 48, blue), riff("EXIF", exifAt(3)), riff("XMP ", xmp)), "ICCP", 1},
		{"GIF", withExtensions(asGIF(t, 64, 48, 1), "\x21\xfe\x04GPS!\x00", "\x21\xff\x0bXMP DataXMP\x04GPS!\x00", "\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"), "NETSCAPE2.0", 1},
		{"GIF with something behind it", append(asGIF(t, 64, 48, 1), "GPS!"...), "", 1},
		{"WebP upright", webpFile(vp8x(0x0c, 64, 48), vp8l(64, 48, blue), riff("EXIF", exifAt(1)), riff("XMP ", xmp)), "", 1},
	} {
		var out bytes.Buffer
		if err := Strip(&out, bytes.NewReader(c.file)); err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		got := out.Bytes()
		if !bytes.Contains(c.file, []byte("GPS!")) || bytes.Contains(got, []byte("GPS!")) {
			t.Errorf("%s: the place is still there", c.name)
		}
		if !bytes.Contains(got, []byte(c.keep)) {
			t.Errorf("%s: %s is gone", c.name, c.keep)
		}
		before, err := Inspect(bytes.NewReader(c.file), usual)
		if err != nil {
			t.Fatal(c.name, err)
		}
		after, err := Inspect(bytes.NewReader(got), usual)
		if err != nil || after.Orientation != c.o || after.Width != before.Width || after.Height != before.Height {
			t.Errorf("%s: %+v, %v; before %+v", c.name, after, err, before)
		}
		if c.name != "JPEG cut off" && !samePixels(t, c.file, got) {
			t.Errorf("%s: other pixels", c.name)
		}
		// Stripping again changes nothing.
		var again bytes.Buffer
		if err := Strip(&again, bytes.NewReader(got)); err != nil || !bytes.Equal(again.Bytes(), got) {
			t.Errorf("%s: stripped twice it is another: %v", c.name, err)
		}
	}
}

// withExtensions puts extensions in front of a GIF's first frame.
func withExtensions(file []byte, extensions ...string) []byte {
	at := 13
	if file[10]&0x80 != 0 {
		at += 3 << (file[10]&7 + 1)
	}
	return slices.Concat(file[:at], []byte(strings.Join(extensions, "")), file[at:])
}

// A damaged picture loses the place, too, and what can be seen of it stays.
func TestStripTakesThePlaceOutOfWhatIsDamaged(t *testing.T) {
	blue := color.NRGBA{0, 0, 255, 255}
	turned := turnedJPEG(t, corners(64, 48), 6)
	exif := segment(markAPP1, "Exif\x00\x00"+exifAt(6))
	plain := asJPEG(t, corners(64, 48))
	pngFile := withChunks(asPNG(t, corners(64, 48)), chunk("eXIf", exifAt(8)), chunk("tEXt", "Comment\x00GPS!"))
	webpWhole := webpFile(vp8x(0x0c, 64, 48), riff("EXIF", exifAt(1)), vp8l(64, 48, blue), riff("XMP ", xmp))
	for _, c := range []struct {
		name  string
		file  []byte
		shows bool // what comes out is a whole picture, with the pixels of the first file of its kind
		o     Orientation
	}{
		{"bytes between segments", slices.Concat(plain[:2], []byte(exif), []byte("\x00GPS!\x00\xff\x00junk"), plain[2:]), true, 6},
		{"bytes in front of EXIF", slices.Concat(plain[:2], []byte("\xff\xfe\x00\x04GPS!junk"), []byte(exif), plain[2:]), true, 6},
		{"a second beginning", slices.Concat(plain[:2], []byte(exif), plain), true, 6},
		{"a length of nothing", slices.Concat(plain[:2], []byte("\xff\xe1\x00\x01GPS!"), []byte(exif), plain[2:]), true, 6},
		{"cut in the EXIF", turned[:30+len("Exif\x00\x00")+38], false, 1},
		{"cut behind the EXIF", turned[:2+len(exif)], false, 6},
		{"a segment longer than the file", slices.Concat(turned[:2+len(exif)], []byte("\xff\xe2\xff\xffGPS!")), false, 6},
		{"more segments than any", slices.Concat(plain[:2], bytes.Repeat([]byte("\xff\xe1\x00\x06GPS!"), maxParts), plain[2:]), false, 1},
		{"PNG cut in its pixels", pngFile[:len(pngFile)-20], false, 8},
		{"PNG cut in its EXIF", pngFile[:33+20], false, 1},
		{"PNG with a length beyond its end", append(bytes.Clone(pngFile[:33]), "\x7f\xff\xff\xffeXIfGPS!"...), false, 1},
		{"WebP cut in its pixels", webpWhole[:12+18+8+len(exifAt(1))+20], false, 1},
		{"WebP cut in XMP", webpWhole[:len(webpWhole)-3], true, 1},
		{"GIF cut in a comment", append(bytes.TrimSuffix(asGIF(t, 64, 48, 1), []byte(";")), "\x21\xfe\x7fGPS!"...), true, 1},
		{"GIF with what is no block", append(bytes.TrimSuffix(asGIF(t, 64, 48, 1), []byte(";")), "\x99GPS!"...), true, 1},
	} {
		if !bytes.Contains(c.file, []byte("GPS!")) && !strings.HasPrefix(c.name, "cut in") && !strings.HasPrefix(c.name, "WebP cut in XMP") && !strings.Contains(c.name, "PNG cut in its EXIF") {
			t.Fatalf("%s: no place to begin with", c.name)
		}
		var out bytes.Buffer
		if err := Strip(&out, bytes.NewReader(c.file)); err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		got := out.Bytes()
		if bytes.Contains(got, []byte("GPS!")) || bytes.Contains(got, []byte("\x88\x25")) {
			t.Errorf("%s: the place is still there", c.name)
		}
		if c.name == "WebP cut in its pixels" && !bytes.Contains(got, []byte("VP8L")) {
			t.Errorf("%s: they are gone", c.name)
		}
		if Sniff(got) != Sniff(c.file) {
			t.Errorf("%s: it has become %s", c.name, Sniff(got).Name)
		}
		info, err := Inspect(bytes.NewReader(got), usual)
		if c.shows && (err != nil || info.Width*info.Height != 64*48 || info.Orientation != c.o) {
			t.Errorf("%s: %+v, %v", c.name, info, err)
		}
		if c.shows && Sniff(c.file) == JPEG && !samePixels(t, plain, got) {
			t.Errorf("%s: other pixels", c.name)
		}
		var again bytes.Buffer
		if err := Strip(&again, bytes.NewReader(got)); err != nil || !bytes.Equal(again.Bytes(), got) {
			t.Errorf("%s: stripped twice it is another: %v", c.name, err)
		}
	}
}

func samePixels(t *testing.T, a, b []byte) bool {
	t.Helper()
	x, y := pixels(t, a), pixels(t, b)
	if x.Bounds() != y.Bounds() {
		return false
	}
	for py := range x.Bounds().Dy() {
		for px := range x.Bounds().Dx() {
			if x.At(px, py) != y.At(px, py) {
				return false
			}
		}
	}
	return true
}

func pixels(t *testing.T, file []byte) image.Image {
	t.Helper()
	c := codecs[Sniff(file).Name]
	if Sniff(file) == WebP {
		c.decode = webp.Decode
	}
	m, err := c.decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestStripKeepsAnimations(t *testing.T) {
	blue := color.NRGBA{0, 0, 255, 255}
	file := webpFile(vp8x(0x0e, 8, 8), riff("ANIM", "\x00\x00\x00\x00\x00\x00"), anmf(0, 0, 8, 8, vp8l(8, 8, blue)), anmf(0, 0, 8, 8, vp8l(8, 8, blue)), riff("EXIF", exifAt(1)))
	var out bytes.Buffer
	if err := Strip(&out, bytes.NewReader(file)); err != nil {
		t.Fatal(err)
	}
	if got, err := Inspect(bytes.NewReader(out.Bytes()), usual); err != nil || got.Frames != 2 {
		t.Errorf("%+v, %v", got, err)
	}
	var apng bytes.Buffer
	if err := Strip(&apng, bytes.NewReader(withChunks(asPNG(t, corners(8, 8)), chunk("acTL", be32(1)+be32(0)), chunk("tIME", "1234567")))); err != nil {
		t.Fatal(err)
	}
	if _, err := png.Decode(&apng); err != nil {
		t.Error(err)
	}
}

func TestStripRefusesWhatItDoesNotKnow(t *testing.T) {
	for _, file := range [][]byte{[]byte("text"), asBMP(t, corners(8, 8)), asTIFF(t, corners(8, 8))} {
		var out bytes.Buffer
		if err := Strip(&out, bytes.NewReader(file)); !errors.Is(err, ErrUnsupported) || out.Len() > 0 {
			t.Errorf("%s: %v, %d bytes", Sniff(file).Name, err, out.Len())
		}
	}
}

// A file of the largest allowed size takes no more memory than a small one.
func TestStripTakesNoMemoryForTheFile(t *testing.T) {
	file := withSegments(asJPEG(t, photo(2000, 1500)), segment(markAPP1, "Exif\x00\x00"+exifAt(1)))
	used := allocated(func() {
		if err := Strip(&discard{}, bytes.NewReader(file)); err != nil {
			t.Error(err)
		}
	})
	if used > 300<<10 || len(file) < 400<<10 {
		t.Errorf("%d bytes for a file of %d", used, len(file))
	}
}

type discard struct{ n int }

func (d *discard) Write(p []byte) (int, error) { d.n += len(p); return len(p), nil }
