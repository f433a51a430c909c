package media

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

// copyOf is a file that can be written in.
type copyOf struct {
	b     []byte
	wrote int
}

func (c *copyOf) WriteAt(p []byte, at int64) (int, error) {
	if at < 0 || at+int64(len(p)) > int64(len(c.b)) {
		return 0, errors.New("a write beyond the file's end")
	}
	c.wrote += len(p)
	return copy(c.b[at:], p), nil
}

func erased(t testing.TB, file []byte) []byte {
	t.Helper()
	c := &copyOf{b: bytes.Clone(file)}
	if err := Erase(c, bytes.NewReader(file)); err != nil {
		t.Fatal(err)
	}
	return c.b
}

func be16(n int) string { return string(binary.BigEndian.AppendUint16(nil, uint16(n))) }
func be64(n int) string { return string(binary.BigEndian.AppendUint64(nil, uint64(n))) }

const v0 = "\x00\x00\x00\x00" // a version and flags

// secret is what must be gone, at least as long as EXIF with nothing in it.
const secret = "GPS! 48.8584N 2.2945E"

// picture is a HEIF picture with items, whose bytes lie in the box mdat, and
// one in the box idat.
func picture(brand string, version int, items [][2]string, inside [2]string) []byte {
	ftyp := box("ftyp", brand, v0, "mif1", brand)
	var infe, iloc string
	for i, it := range append(slices.Clone(items), inside) {
		infe += box("infe", "\x02\x00\x00\x00", be16(i+1), "\x00\x00", it[0], "\x00")
	}
	meta := func(data int) string {
		iloc = ""
		at := data
		for i, it := range items {
			iloc += be16(i + 1)
			half := len(it[1]) / 2
			if version > 0 {
				iloc += "\x00\x00"
			}
			// In two extents, beginning at a base.
			iloc += "\x00\x00" + be32(data-4) + be16(2) + be32(at-data+4) + be32(half) + be32(at-data+4+half) + be32(len(it[1])-half)
			at += len(it[1])
		}
		if version > 0 {
			iloc += be16(len(items)+1) + "\x00\x01\x00\x00" + be32(2) + be16(1) + be32(1) + be32(len(inside[1]))
		}
		n := len(items) + min(version, 1)
		return box("meta", v0, box("hdlr", v0+v0+"pict", "\x00\x00\x00\x00"), box("iinf", v0, be16(len(items)+1), infe),
			box("iloc", string([]byte{byte(version), 0, 0, 0}), "\x44\x40", be16(n), iloc), box("idat", "abc", inside[1]),
			box("iprp", box("ipco", box("ispe", v0, be32(9), be32(7)))))
	}
	data := len(ftyp) + len(meta(0)) + 8
	mdat := ""
	for _, it := range items {
		mdat += it[1]
	}
	return []byte(ftyp + meta(data) + box("mdat", mdat) + box("uuid", "\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8\x9c\x71\x99\x94\x91\xe3\xaf\xac", secret) + box("mpvd", box("moov", secret)))
}

func TestEraseTakesThePlaceOutOfPicturesMadeOfBoxes(t *testing.T) {
	exif := "\x00\x00\x00\x06Exif\x00\x00" + exifAt(6) + secret
	for _, version := range []int{0, 1} {
		file := picture("heic", version, [][2]string{{"hvc1", "the pixels"}, {"Exif", exif}, {"grid", "tiles"}, {"mime", strings.Repeat("application/rdf+xml", 4) + secret}}, [2]string{"uri ", secret})
		if version == 0 { // knows no item inside
			file = bytes.Replace(file, []byte("abc"+secret), []byte("abc"+strings.Repeat("x", len(secret))), 1)
		}
		got := erased(t, file)
		if len(got) != len(file) || bytes.Contains(got, []byte("GPS!")) {
			t.Errorf("version %d: the place is still there: %q", version, got)
		}
		for _, kept := range []string{"the pixels", "tiles", "abc", noEXIF, noXMP} {
			if !bytes.Contains(got, []byte(kept)) {
				t.Errorf("version %d: %q is gone", version, kept)
			}
		}
		before, err := Inspect(bytes.NewReader(file), usual)
		if err != nil {
			t.Fatal(err)
		}
		if after, err := Inspect(bytes.NewReader(got), usual); err != nil || after != before {
			t.Errorf("version %d: it is %+v, %v; it was %+v", version, after, err, before)
		}
		if again := erased(t, got); !bytes.Equal(again, got) {
			t.Errorf("version %d: erased twice it is another", version)
		}
	}
	for _, first := range []string{"\x00\x00\x00\x0cJXL \r\n\x87\n", "\x00\x00\x00\x0cjP  \r\n\x87\n"} {
		got := erased(t, []byte(first+box("Exif", secret)+box("xml ", secret)+box("brob", secret)+box("jxlc", "pixels")))
		if bytes.Contains(got, []byte("GPS!")) || !bytes.Contains(got, []byte("pixels")) || !bytes.HasPrefix(got, []byte(first)) {
			t.Errorf("%q", got)
		}
	}
}

// keyed is QuickTime's list of values by numbered keys.
func keyed(values ...[2]string) string {
	var keys, list string
	for i, v := range values {
		keys += be32(8+len(v[0])) + "mdta" + v[0]
		list += box(be32(i+1), box("data", "\x00\x00\x00\x01\x00\x00\x00\x00", v[1]))
	}
	return box("hdlr", v0+v0+"mdta") + box("keys", v0, be32(len(values)), keys) + box("ilst", list)
}

// trak is a track whose samples lie at the given places, in chunks of two.
func trak(id int, handler string, sizes []int, far bool, chunks ...int) string {
	var list, offsets strings.Builder
	for _, n := range sizes {
		list.WriteString(be32(n))
	}
	name, number := "stco", be32
	if far {
		name, number = "co64", be64
	}
	for _, at := range chunks {
		offsets.WriteString(number(at))
	}
	places := box(name, v0, be32(len(chunks)), offsets.String())
	return box("trak", box("tkhd", v0+v0+v0, be32(id)), box("mdia", box("hdlr", v0+v0+handler),
		box("minf", box("stbl", box("stsz", v0, be32(0), be32(len(sizes)), list.String()), box("stsc", v0, be32(1), be32(1)+be32(2)+be32(1)), places))))
}

func TestEraseTakesThePlaceOutOfFilms(t *testing.T) {
	ftyp := box("ftyp", "qt  ", v0, "qt  ")
	place := box("\xa9xyz", "\x00\x15\x15\xc7", secret)
	user := box("udta", place, box("loci", v0, secret), box("\xa9nam", "\x00\x05\x15\xc7Title"), box("XMP_", secret), box("GPMF", secret), box("mAkr", secret),
		box("meta", v0, box("hdlr", v0+v0+"mdir"), box("ilst", box("\xa9nam", box("data", v0+v0+"Song")), place, box("----", box("mean", v0+"com.x"), box("name", v0+"Location"), box("data", v0+v0+secret)))))
	listed := keyed([2]string{"com.apple.quicktime.make", "Maker"}, [2]string{"com.apple.quicktime.location.ISO6709", secret}, [2]string{"com.apple.quicktime.LOCATION.name", secret}, [2]string{"com.apple.quicktime.software", "17"})
	// The samples come first, so that their places are known.
	samples := []string{"video1", "GPS!telemetry1", "GPS!t2", "video2", "GPS!telemetry3", "subtitle", "GPS (2.2, 48.8, 35)"}
	at := make([]int, len(samples))
	mdat := ""
	for i, s := range samples {
		at[i] = len(ftyp) + 8 + len(mdat)
		mdat += s
	}
	video := trak(1, "vide", []int{6, 6}, false, at[0])
	for _, c := range []struct {
		name string
		file string
		kept []string
	}{
		{"user data", ftyp + box("moov", video, user), []string{"Title", "Song"}},
		{"user data of a track", ftyp + box("moov", box("trak", user)), []string{"Title", "Song"}},
		{"user data with an end that is none", ftyp + box("moov", box("udta", box("\xa9nam", "Title"), v0, secret)), []string{"Title"}},
		{"user data with what is no box", ftyp + box("moov", box("udta", box("\xa9nam", "Title"), be32(3), secret)), []string{"Title"}},
		{"at the file's end, cut off", ftyp + box("moov", video) + box("moov", box("udta", place))[:40], nil},
		{"keys", ftyp + box("moov", box("meta", v0, listed)), []string{"Maker", "17"}},
		{"keys, QuickTime's way", ftyp + box("moov", box("meta", listed)), []string{"Maker", "17"}},
		{"XMP", ftyp + box("uuid", "0123456789abcdef", secret), nil},
		{"XML", ftyp + box("meta", v0, box("hdlr", v0+v0+"nrtm"), box("xml ", v0, secret)), nil},
		{"what is no longer used", ftyp + box("free", secret) + box("moov", box("skip", secret)), nil},
		{"a large box", ftyp + be32(1) + "uuid" + be64(16+16+len(secret)) + "0123456789abcdef" + secret + box("mdat", "pixels"), []string{"pixels"}},
		{"a box to the end", ftyp + box("mdat", "pixels") + be32(0) + "uuid0123456789abcdef" + secret, []string{"pixels"}},
		{"tracks", ftyp + box("mdat", mdat) + box("moov", video, trak(2, "meta", []int{14, 6, 14}, false, at[1], at[4]), trak(3, "text", []int{8}, false, at[5]), trak(4, "sbtl", []int{19}, true, at[6])), []string{"video1", "video2", "subtitle"}},
	} {
		if !strings.Contains(c.file, "GPS!") {
			t.Fatal(c.name, "no place to begin with")
		}
		got := erased(t, []byte(c.file))
		if len(got) != len(c.file) || bytes.Contains(got, []byte("GPS")) || bytes.Contains(got, []byte("48.8")) {
			t.Errorf("%s: the place is still there: %q", c.name, got)
		}
		for _, kept := range c.kept {
			if !bytes.Contains(got, []byte(kept)) {
				t.Errorf("%s: %q is gone", c.name, kept)
			}
		}
		if again := erased(t, got); !bytes.Equal(again, got) {
			t.Errorf("%s: erased twice it is another", c.name)
		}
	}
	// What shows a film as it was made stays.
	round := ftyp + box("moov", box("trak", box("uuid", spherical, "<rdf:SphericalVideo/>")))
	if got := erased(t, []byte(round)); string(got) != round {
		t.Errorf("%q", got)
	}
}

func TestEraseTakesTracksOutOfFragments(t *testing.T) {
	head := box("ftyp", "isom", v0, "isom") + box("moov", trak(1, "vide", nil, false), trak(7, "meta", nil, false),
		box("mvex", box("trex", v0, be32(1), v0+v0, be32(6)), box("trex", v0, be32(7), v0+v0, be32(8))))
	traf := func(id, flags int, runs ...string) string {
		return box("traf", box("tfhd", be32(flags), be32(id)), strings.Join(runs, ""))
	}
	// Samples of the default size, of the fragment's, of sizes of their own.
	fragment := func(offset int) string {
		return box("moof", traf(1, 0, box("trun", be32(1), be32(1), be32(offset))),
			traf(7, 0, box("trun", be32(1), be32(2), be32(offset+6)), box("trun", be32(0), be32(1))),
			traf(7, 0, box("trun", be32(0x301), be32(2), be32(offset+6+24), v0, be32(4), v0, be32(5))))
	}
	mdat := "video1" + "GPS!1234" + "GPS!5678" + "GPS!9abc" + "GPS!" + "GPS!x" + "video2"
	file := head + fragment(len(fragment(0))+8) + box("mdat", mdat)
	// In the second the place is counted from the file's beginning.
	for _, file := range []string{file, head + box("mdat", mdat[6:]) + box("moof", box("traf", box("tfhd", be32(1), be32(7), be64(len(head)+8)), box("trun", be32(0), be32(3)), box("trun", be32(0x200), be32(2), be32(4), be32(5))))} {
		got := erased(t, []byte(file))
		if bytes.Contains(got, []byte("GPS!")) || strings.Contains(file, "video1") != bytes.Contains(got, []byte("video1")) || !bytes.Contains(got, []byte("video2")) || len(got) != len(file) {
			t.Errorf("%q", got)
		}
	}
}

// tiffFile has a directory of places in both orders of bytes.
func tiffFile(order binary.AppendByteOrder) []byte {
	mark := "II*\x00"
	if order == binary.AppendByteOrder(binary.BigEndian) {
		mark = "MM\x00*"
	}
	const first, gps, second = 8, 120, 200
	dir := func(next int, entries ...[4]int) []byte {
		b := order.AppendUint16(nil, uint16(len(entries)))
		for _, x := range entries {
			b = order.AppendUint16(b, uint16(x[0]))
			b = order.AppendUint16(b, uint16(x[1]))
			b = order.AppendUint32(b, uint32(x[2]))
			b = order.AppendUint32(b, uint32(x[3]))
		}
		return order.AppendUint32(b, uint32(next))
	}
	file := make([]byte, 400)
	copy(file, order.AppendUint32([]byte(mark), first))
	copy(file[first:], dir(second, [4]int{tagWidth, 4, 1, 9}, [4]int{tagHeight, 4, 1, 7}, [4]int{tagXMP, 1, 4 * 5, 300}, [4]int{tagGPS, 4, 1, gps}))
	copy(file[gps:], dir(0, [4]int{1, 2, 2, 'N'}, [4]int{2, 5, 3, 240}))
	copy(file[second:], dir(0, [4]int{tagEXIF, 4, 1, 330}))
	copy(file[330:], dir(0, [4]int{tagGPS, 4, 1, 370}))
	copy(file[370:], dir(second, [4]int{2, 2, 4, int('G') | 'P'<<8 | 'S'<<16 | '!'<<24}))
	copy(file[240:], "GPS!GPS!GPS!GPS!GPS!GPS!")
	copy(file[300:], "<x:GPS!GPS!GPS!GPS!>")
	copy(file[280:], "pixels")
	return file
}

func TestEraseTakesThePlaceOutOfTIFF(t *testing.T) {
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		file := tiffFile(order)
		got := erased(t, file)
		if bytes.Contains(got, []byte("GPS!")) || bytes.Contains(got, []byte("!SPG")) || !bytes.Contains(got, []byte("pixels")) {
			t.Errorf("%q", got)
		}
		if info, err := Inspect(bytes.NewReader(got), usual); err != nil || info.Width != 9 || info.Height != 7 {
			t.Errorf("%+v, %v", info, err)
		}
		if again := erased(t, got); !bytes.Equal(again, got) {
			t.Error("erased twice it is another")
		}
	}
	plain := asTIFF(t, corners(9, 7))
	if got := erased(t, plain); !bytes.Equal(got, plain) {
		t.Error("a TIFF without a place was changed")
	}
}

func TestEraseTakesThePlaceOutOfPhotoshop(t *testing.T) {
	resource := func(id int, data string) string {
		return "8BIM" + be16(id) + "\x03abc" + be32(len(data)) + data + "\x00"[:len(data)&1]
	}
	file := "8BPS\x00\x01\x00\x00\x00\x00\x00\x00\x00\x03" + be32(20) + be32(30) + "\x00\x08\x00\x03" + be32(4) + "cols"
	resources := resource(1005, "resolution") + resource(1058, secret) + resource(1060, secret+".") + resource(1028, secret)
	file += be32(len(resources)) + resources + "pixels"
	got := erased(t, []byte(file))
	if bytes.Contains(got, []byte("GPS!")) || !bytes.Contains(got, []byte("resolution")) || !bytes.Contains(got, []byte("pixels")) || len(got) != len(file) {
		t.Errorf("%q", got)
	}
}

func TestEraseRefusesWhatItDoesNotKnow(t *testing.T) {
	for _, file := range [][]byte{asPNG(t, corners(8, 8)), []byte("text"), nil, asGIF(t, 8, 8, 1)} {
		if err := Erase(&copyOf{}, bytes.NewReader(file)); !errors.Is(err, ErrUnsupported) {
			t.Errorf("%s: %v", Sniff(file).Name, err)
		}
	}
}

// Whoever makes a file to harm finds that work and memory are bounded, and
// that what can't be followed is refused before anything is written.
func TestEraseIsBounded(t *testing.T) {
	ftyp := box("ftyp", "isom", v0, "isom")
	boxes := strings.Repeat(box("free"), maxErased+1)
	entries := strings.Repeat(be32(1<<20), maxErased+2)
	chunks := make([]int, maxErased+2)
	for i := range chunks {
		chunks[i] = 4 * i // with a gap behind each
	}
	loop := tiffFile(binary.LittleEndian)
	binary.LittleEndian.PutUint32(loop[8+2+4*12:], 8) // the first directory follows itself
	for _, c := range []struct {
		name    string
		file    []byte
		refused bool
	}{
		{"boxes without number", []byte(ftyp + boxes), true},
		{"boxes in boxes", []byte(ftyp + box("moov", box("udta", boxes))), true},
		{"chunks without number", []byte(ftyp + box("moov", trak(1, "meta", []int{1}, false), strings.Replace(trak(2, "meta", nil, true, chunks...), "stsz"+v0+be32(0)+be32(0), "stsz"+v0+be32(1)+be32(1<<30), 1))), true},
		{"one item that is the whole file", bytes.Replace(picture("heic", 0, [][2]string{{"Exif", secret}}, [2]string{"uri ", ""}), []byte(be32(len(secret)-len(secret)/2)), []byte(be32(0)), 1), true},
		{"sizes of which the sum is beyond all numbers", []byte(ftyp + box("mdat", secret) + box("moov", box("trak", box("tkhd", v0+v0+v0, be32(1)), box("mdia", box("hdlr", v0+v0+"meta"), box("minf", box("stbl",
			box("stsz", v0, "\xff\xff\xff\xff\xff\xff\xff\xff", entries[:64]), box("stsc", v0, be32(1), "\x00\x00\x00\x00\xff\xff\xff\xff\x00\x00\x00\x01"), box("co64", v0, "\xff\xff\xff\xff", be64(len(ftyp)+8), "\x7f\xff\xff\xff\xff\xff\xff\xf0"))))))), false},
		{"an item that names all the file again and again", manyExtents(200), false},
		{"a directory that follows itself", loop, false},
		{"a box that is longer than numbers go", []byte(ftyp + be32(1) + "moov\xff\xff\xff\xff\xff\xff\xff\xff" + box("udta", secret)), false},
	} {
		out := &copyOf{b: bytes.Clone(c.file)}
		var err error
		used := allocated(func() { err = Erase(out, bytes.NewReader(c.file)) })
		if c.refused != errors.Is(err, ErrMalformed) || err != nil && !c.refused {
			t.Errorf("%s: %v", c.name, err)
		}
		if c.refused && !bytes.Equal(out.b, c.file) {
			t.Errorf("%s: it was refused, and written in", c.name)
		}
		if strings.HasPrefix(c.name, "sizes") && bytes.Contains(out.b, []byte("GPS!")) {
			t.Errorf("%s: %q", c.name, out.b)
		}
		if out.wrote > 2*len(c.file) {
			t.Errorf("%s: %d bytes were written in a file of %d", c.name, out.wrote, len(c.file))
		}
		if used > 48<<20 {
			t.Errorf("%s: it took %d MiB", c.name, used>>20)
		}
	}
}

// manyExtents is a picture with an item of so many parts, each its pixels.
func manyExtents(n int) []byte {
	pixels := strings.Repeat("pixels", 10_000)
	meta := func(at int) string {
		return box("meta", v0, box("hdlr", v0+v0+"pict"), box("iinf", v0, be16(1), box("infe", "\x02\x00\x00\x00\x00\x01\x00\x00Exif\x00")),
			box("iloc", v0, "\x44\x00", be16(1), be16(1), "\x00\x00", be16(n), strings.Repeat(be32(at)+be32(len(pixels)), n)))
	}
	ftyp := box("ftyp", "heic", v0, "heic")
	return []byte(ftyp + meta(len(ftyp)+len(meta(0))+8) + box("mdat", pixels))
}

// sparse is a film of a size that no test can hold, with a place at its end.
type sparse struct {
	size int64
	tail string
	read int64
}

func (s *sparse) Size() int64 { return s.size }

func (s *sparse) ReadAt(p []byte, at int64) (int, error) {
	if at >= s.size {
		return 0, io.EOF
	}
	n := int(min(int64(len(p)), s.size-at))
	s.read += int64(n)
	clear(p[:n])
	head := box("ftyp", "isom", v0, "isom")
	head += be32(1) + "mdat" + be64(int(s.size)-len(head)-len(s.tail))
	if at < int64(len(head)) {
		copy(p[:n], head[at:])
	}
	from := s.size - int64(len(s.tail))
	if at+int64(n) > from {
		k := max(0, from-at)
		copy(p[k:n], s.tail[max(0, at-from):])
	}
	return n, nil
}

func (s *sparse) WriteAt(p []byte, at int64) (int, error) {
	from := s.size - int64(len(s.tail))
	if at < from {
		return 0, errors.New("a write among the pixels")
	}
	s.tail = s.tail[:at-from] + string(p) + s.tail[at-from+int64(len(p)):]
	return len(p), nil
}

// A film is not read to find where its place stands, nor held in memory.
func TestEraseReadsNoPixels(t *testing.T) {
	s := &sparse{size: 100 << 30, tail: box("moov", box("udta", box("\xa9xyz", secret)))}
	used := allocated(func() {
		if err := Erase(s, s); err != nil {
			t.Error(err)
		}
	})
	if strings.Contains(s.tail, "GPS!") || s.read > 16<<10 || used > 128<<10 {
		t.Errorf("%d bytes were read, %d allocated, and left was %q", s.read, used, s.tail)
	}
}

// FuzzErase holds that no file makes Erase panic, write outside of it, change
// its type or its size, or leave what it has found, however often it is asked.
func FuzzErase(f *testing.F) {
	f.Add(picture("heic", 1, [][2]string{{"hvc1", "the pixels"}, {"Exif", secret + secret}}, [2]string{"mime", secret}))
	f.Add(picture("avif", 0, [][2]string{{"av01", "the pixels"}, {"mime", secret}}, [2]string{"uri ", secret}))
	f.Add(tiffFile(binary.LittleEndian))
	f.Add(tiffFile(binary.BigEndian))
	ftyp := box("ftyp", "qt  ", v0, "qt  ")
	f.Add([]byte(ftyp + box("mdat", secret) + box("moov", trak(2, "meta", []int{4, 6, 4}, true, 28, 40), box("udta", box("\xa9xyz", secret), box("meta", v0, keyed([2]string{"x.location", secret}))))))
	f.Add([]byte(ftyp + box("moov", trak(7, "meta", nil, false), box("mvex", box("trex", v0, be32(7), v0+v0, be32(8)))) + box("moof", box("traf", box("tfhd", be32(0x1b), be32(7), be64(3), v0+v0+be32(9)), box("trun", be32(0xf05), be32(2), be32(8), v0)))))
	f.Add([]byte("8BPS\x00\x01\x00\x00\x00\x00\x00\x00\x00\x03" + be32(20) + be32(30) + v0 + v0 + be32(40) + "8BIM" + be16(1060) + "\x00\x00" + be32(9) + secret))
	f.Fuzz(func(t *testing.T, file []byte) {
		out := &copyOf{b: bytes.Clone(file)}
		err := Erase(out, bytes.NewReader(file))
		if err != nil {
			if !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrUnsupported) {
				t.Fatal(err)
			}
			if !bytes.Equal(out.b, file) {
				t.Fatalf("%v, and it was written in", err)
			}
		}
	})
}
