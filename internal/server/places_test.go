package server_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/jpeg"
	"strings"
	"testing"

	"campfire/internal/campfiretest"
)

// box is a box of which films and pictures of telephones are made.
func box(name string, parts ...string) string {
	content := strings.Join(parts, "")
	return string(binary.BigEndian.AppendUint32(nil, uint32(8+len(content)))) + name + content
}

const somewhere = "+48.8584+002.2945/"

// placed are files that say where they were made.
func placed(t *testing.T) map[string][]byte {
	t.Helper()
	var photo bytes.Buffer
	if err := jpeg.Encode(&photo, image.NewGray(image.Rect(0, 0, 32, 32)), nil); err != nil {
		t.Fatal(err)
	}
	exif := "\xff\xe1\x00\x1aExif\x00\x00" + somewhere
	whole := photo.String()[:2] + exif + photo.String()[2:]
	ftyp := func(brand string) string { return box("ftyp", brand, "\x00\x00\x00\x00", brand) }
	heic := ftyp("heic")
	meta := func(at int) string {
		return box("meta", "\x00\x00\x00\x00", box("hdlr", "\x00\x00\x00\x00\x00\x00\x00\x00pict"),
			box("iinf", "\x00\x00\x00\x00\x00\x01", box("infe", "\x02\x00\x00\x00\x00\x01\x00\x00Exif\x00")),
			box("iloc", "\x00\x00\x00\x00\x44\x00\x00\x01\x00\x01\x00\x00\x00\x01", string(binary.BigEndian.AppendUint32(nil, uint32(at))), string(binary.BigEndian.AppendUint32(nil, uint32(len(somewhere))))))
	}
	heic += meta(len(heic)+len(meta(0))+8) + box("mdat", somewhere, "pixels")
	tiff := "II*\x00\x08\x00\x00\x00\x02\x00\x00\x01\x03\x00\x01\x00\x00\x00\x09\x00\x00\x00\x25\x88\x04\x00\x01\x00\x00\x00\x26\x00\x00\x00\x00\x00\x00\x00" +
		"\x01\x00\x02\x00\x05\x00\x12\x00\x00\x00\x40\x00\x00\x00\x00\x00\x00\x00" + strings.Repeat("\x00", 8) + somewhere
	return map[string][]byte{
		"photo.jpg":   []byte(whole),
		"cut.jpg":     []byte(whole[:2+len(exif)+20]),
		"damaged.jpg": []byte(photo.String()[:2] + "\xff\xfe\x00\x02junk" + exif + photo.String()[2:]),
		"film.mp4":    []byte(ftyp("isom") + box("mdat", "pixels") + box("moov", box("udta", box("\xa9xyz", "\x00\x12\x15\xc7", somewhere)))),
		"cut.mov":     []byte(ftyp("qt  ") + box("moov", box("udta", box("\xa9xyz", "\x00\x12\x15\xc7", somewhere), "\x00\x00\x00\x99mo"))),
		"song.m4a":    []byte(ftyp("M4A ") + box("moov", box("udta", box("loci", "\x00\x00\x00\x00", somewhere)))),
		"photo.heic":  []byte(heic),
		"photo.tiff":  []byte(tiff),
		"comment.gif": []byte("GIF89a\x01\x00\x01\x00\x00\x00\x00\x21\xfe\x12" + somewhere + "\x00\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00;"),
	}
}

// Whichever way a picture or a film comes, it leaves without the place where
// it was made.
func TestNoFileSaysWhereItWasMade(t *testing.T) {
	srv := campfiretest.New(t, "CAMPFIRE_RATE_UPLOAD=off", "CAMPFIRE_RATE_POST=off")
	ada := srv.SetUp()
	for name, data := range placed(t) {
		if !bytes.Contains(data, []byte(somewhere)) {
			t.Fatal(name, "says nothing to begin with")
		}
		m := attached(srv, ada, "1", nil, file{name, data})
		u := begin(srv, ada, name, len(data))
		piece(srv, ada, u.ID, 0, data).Want(200)
		var in struct{ Message fileMessage }
		srv.Do(ada, "POST", "/api/rooms/1/messages", map[string]any{"upload_ids": []int64{u.ID}}).Want(201).JSON(&in)
		for _, a := range append(m.Attachments, in.Message.Attachments...) {
			got := srv.Do(ada, "GET", a.URL, nil).Want(200).Body
			if bytes.Contains(got, []byte(somewhere)) {
				t.Errorf("%s says it still: %q", name, got)
			}
			if int64(len(got)) != a.ByteSize {
				t.Errorf("%s: %d bytes of %d", name, len(got), a.ByteSize)
			}
			if name == "damaged.jpg" && a.Width != 32 { // mended by what was taken out
				t.Errorf("%s: %+v", name, a)
			}
		}
	}
}

// What can't be followed far enough to tell is refused, and nothing of it stays.
func TestWhatCannotBeFollowedIsRefused(t *testing.T) {
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	data := []byte(box("ftyp", "isom", "\x00\x00\x00\x00") + strings.Repeat("\x00\x00\x00\x08free", 300_000))
	if code := postFiles(srv, ada, "1", nil, file{"film.mp4", data}).Want(422).Code(); code != "invalid" {
		t.Errorf("code %q", code)
	}
	if n := lying(t, srv.Dir); n != 0 {
		t.Errorf("%d files lie there", n)
	}
	u := begin(srv, ada, "film.mp4", len(data))
	for at := 0; at < len(data); at += 1 << 20 {
		a := piece(srv, ada, u.ID, at, data[at:min(at+1<<20, len(data))])
		if last := at+1<<20 >= len(data); last {
			a.Want(422)
		} else {
			a.Want(200)
		}
	}
	srv.Do(ada, "POST", "/api/rooms/1/messages", map[string]any{"upload_ids": []int64{u.ID}}).Want(422)
	srv.Do(ada, "DELETE", fmt.Sprintf("/api/uploads/%d", u.ID), nil).Want(204)
}

// Asking for a file in many pieces at once costs no more than asking for it.
func TestRangesAreBounded(t *testing.T) {
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	data := bytes.Repeat([]byte("0123456789"), 5_000)
	url := attached(srv, ada, "1", nil, file{"numbers.bin", append([]byte{0}, data...)}).Attachments[0].URL
	many := make([]string, 1500)
	for i := range many {
		many[i] = fmt.Sprintf("%d-%d", 2*i, 2*i)
	}
	for name, c := range map[string]struct {
		ask    string
		status int
		most   int
	}{
		"two":              {"bytes=0-9,100-109", 206, 500},
		"many":             {"bytes=" + strings.Join(many, ","), 200, len(data) + 1},
		"one over another": {"bytes=" + strings.Repeat("0-,", 10) + "0-", 200, len(data) + 1},
		"backwards":        {"bytes=9-0", 416, 1000},
		"none":             {"bytes=", 200, len(data) + 1},
		"beyond numbers":   {"bytes=99999999999999999999-", 416, 1000},
		"another unit":     {"lines=0-1", 416, 1000},
	} {
		a := srv.Do(ada, "GET", url, nil, "Range", c.ask).Want(c.status)
		if len(a.Body) > c.most {
			t.Errorf("%s: %d bytes", name, len(a.Body))
		}
	}
}
