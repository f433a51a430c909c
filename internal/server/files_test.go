package server_test

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io/fs"
	"mime/multipart"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"campfire/internal/campfiretest"
	"campfire/internal/media"
)

// file is a file of a form.
type file struct {
	name string
	data []byte
}

// form is a multipart form as browsers send it: names of files as they are.
func form(fields map[string]string, files ...file) (body []byte, contentType string) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for k, v := range fields {
		if err := w.WriteField(k, v); err != nil {
			panic(err)
		}
	}
	for _, f := range files {
		h := textproto.MIMEHeader{}
		name := strings.NewReplacer("\r", "%0D", "\n", "%0A", `"`, "%22").Replace(f.name)
		h.Set("Content-Disposition", `form-data; name="attachment"; filename="`+name+`"`)
		h.Set("Content-Type", "application/octet-stream")
		p, err := w.CreatePart(h)
		if err != nil {
			panic(err)
		}
		p.Write(f.data)
	}
	w.Close()
	return b.Bytes(), w.FormDataContentType()
}

func postFiles(srv *campfiretest.Server, token, room string, fields map[string]string, files ...file) *campfiretest.Answer {
	body, kind := form(fields, files...)
	return srv.Do(token, "POST", "/api/rooms/"+room+"/messages", body, "Content-Type", kind)
}

type attachment struct {
	ID           int64
	Filename     string
	ContentType  string `json:"content_type"`
	ByteSize     int64  `json:"byte_size"`
	Width        int
	URL          string
	ThumbnailURL string `json:"thumbnail_url"`
}

type fileMessage struct {
	message
	Attachments []attachment
}

// attached posts files and returns the message.
func attached(srv *campfiretest.Server, token, room string, fields map[string]string, files ...file) fileMessage {
	var in struct{ Message fileMessage }
	postFiles(srv, token, room, fields, files...).Want(201).JSON(&in)
	return in.Message
}

var onePixel = []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89\x00\x00\x00\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\x00\x05\x00\x01\xff\x56\xc7\x2f\x0d\x00\x00\x00\x00IEND\xaeB`\x82")

// lying counts what lies in the directory for files.
func lying(t *testing.T, dir string) (n int) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(dir, "files"), func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			n++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestAMessageBringsItsFiles(t *testing.T) {
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	text := bytes.Repeat([]byte("0123456789"), 50_000)
	m := attached(srv, ada, "1", map[string]string{"body": "look *here*", "client_message_id": "f1"},
		file{"tea pot.png", onePixel}, file{"numbers ünd.txt", text})
	if len(m.Attachments) != 2 || m.Body != "look *here*" || m.Plain != "look here\ntea pot.png\nnumbers ünd.txt" {
		t.Fatalf("%+v", m)
	}
	picture, numbers := m.Attachments[0], m.Attachments[1]
	if picture.ContentType != "image/png" || picture.ByteSize != int64(len(onePixel)) || picture.URL != fmt.Sprintf("/files/%d/tea%%20pot.png", picture.ID) {
		t.Errorf("%+v", picture)
	}
	a := srv.Do(ada, "GET", picture.URL, nil).Want(200)
	if !bytes.Equal(a.Body, onePixel) || a.Header.Get("Content-Type") != "image/png" || a.Header.Get("Content-Disposition") != `inline; filename="tea pot.png"` ||
		a.Header.Get("X-Content-Type-Options") != "nosniff" || a.Header.Get("Cache-Control") != "private, no-cache" {
		t.Errorf("%v", a.Header)
	}
	if a := srv.Do(ada, "GET", picture.URL, nil, "If-None-Match", a.Header.Get("Etag")).Want(304); len(a.Body) != 0 {
		t.Errorf("304 with %d bytes", len(a.Body))
	}
	a = srv.Do(ada, "GET", numbers.URL, nil).Want(200)
	if !bytes.Equal(a.Body, text) || a.Header.Get("Content-Disposition") != `attachment; filename="numbers _nd.txt"; filename*=UTF-8''numbers%20%C3%BCnd.txt` {
		t.Errorf("%d bytes, %v", len(a.Body), a.Header)
	}

	// Ranges, as players and interrupted downloads ask for them.
	tag := a.Header.Get("Etag")
	for _, c := range []struct {
		ask, ifRange string
		status       int
		want         []byte
		header       string
	}{
		{"bytes=10-19", "", 206, text[10:20], "bytes 10-19/500000"},
		{"bytes=-5", "", 206, text[len(text)-5:], "bytes 499995-499999/500000"},
		{"bytes=499999-", "", 206, text[499999:], "bytes 499999-499999/500000"},
		{"bytes=500000-", "", 416, nil, "bytes */500000"},
		{"bytes=10-19", tag, 206, text[10:20], "bytes 10-19/500000"},
		{"bytes=10-19", `"another"`, 200, text, ""},
	} {
		h := []string{"Range", c.ask}
		if c.ifRange != "" {
			h = append(h, "If-Range", c.ifRange)
		}
		a := srv.Do(ada, "GET", numbers.URL, nil, h...).Want(c.status)
		if c.want != nil && !bytes.Equal(a.Body, c.want) || a.Header.Get("Content-Range") != c.header {
			t.Errorf("%s: %d bytes, %q", c.ask, len(a.Body), a.Header.Get("Content-Range"))
		}
	}

	// The message is the same wherever it is read, and found by its files' names.
	for _, path := range []string{"/api/rooms/1/messages", "/api/rooms/1/events?since=0", "/api/search?q=numbers", "/api/search?q=ea+pot", "/api/search?q=pot+has:file", "/api/search?q=has:image"} {
		if body := srv.Do(ada, "GET", path, nil).Want(200).Body; !bytes.Contains(body, []byte(picture.URL)) {
			t.Errorf("%s: %s", path, body)
		}
	}
}

func TestAFileAloneIsAMessage(t *testing.T) {
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	m := attached(srv, ada, "1", nil, file{"minutes.txt", []byte("hello")})
	if m.Body != "" || m.HTML != "" || m.Plain != "minutes.txt" {
		t.Errorf("%+v", m)
	}
	postFiles(srv, ada, "1", map[string]string{"body": "  "}).Want(422)
	var reply struct{ Message fileMessage }
	srv.Do(ada, "POST", "/api/rooms/1/messages", map[string]any{"body": "thanks", "reply_to": m.ID}).Want(201).JSON(&reply)
	if page := srv.Do(ada, "GET", "/rooms/1", nil).Want(200).Body; !bytes.Contains(page, []byte(`<span dir="auto">minutes.txt</span>`)) {
		t.Errorf("the reply does not say what it replies to: %s", page)
	}
	// Its text may be edited; the file stays.
	var edited struct{ Message fileMessage }
	srv.Do(ada, "PATCH", fmt.Sprintf("/api/rooms/1/messages/%d", m.ID), map[string]string{"body": "of Monday"}).Want(200).JSON(&edited)
	if len(edited.Message.Attachments) != 1 || edited.Message.Plain != "of Monday\nminutes.txt" {
		t.Errorf("%+v", edited.Message)
	}
	srv.Do(ada, "PATCH", fmt.Sprintf("/api/rooms/1/messages/%d", m.ID), map[string]string{"body": ""}).Want(200)
	srv.Do(ada, "PATCH", fmt.Sprintf("/api/rooms/1/messages/%d", reply.Message.ID), map[string]string{"body": ""}).Want(422)
}

func TestPostingFilesAgainReturnsTheFirstMessage(t *testing.T) {
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	fields := map[string]string{"body": "once", "client_message_id": "same"}
	first := attached(srv, ada, "1", fields, file{"a.txt", []byte("one")})
	var again struct{ Message fileMessage }
	postFiles(srv, ada, "1", fields, file{"a.txt", []byte("one")}).Want(200).JSON(&again)
	if again.Message.ID != first.ID || again.Message.Attachments[0] != first.Attachments[0] {
		t.Errorf("%+v, then %+v", first, again)
	}
	postFiles(srv, ada, "1", fields, file{"a.txt", []byte("two")}).Want(409)
	postFiles(srv, ada, "1", fields, file{"b.txt", []byte("one")}).Want(409)
	postFiles(srv, ada, "1", fields).Want(409)
	srv.Do(ada, "DELETE", fmt.Sprintf("/api/rooms/1/messages/%d", first.ID), nil).Want(204)
	postFiles(srv, ada, "1", fields, file{"a.txt", []byte("one")}).Want(410)
	settle(t, "the files that no message has are gone", func() bool { return lying(t, srv.Dir) == 0 })
}

// Whoever may not read the message may not know that there is a file.
func TestWhoMayOpenAFile(t *testing.T) {
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	bo, cy := srv.Join(ada, "Bo"), srv.Join(ada, "Cy")
	var room struct{ Room struct{ ID int64 } }
	srv.Do(ada, "POST", "/api/rooms", map[string]any{"kind": "closed", "name": "Closed", "user_ids": []int{2}}).Want(201).JSON(&room)
	id := fmt.Sprint(room.Room.ID)
	m := attached(srv, bo, id, nil, file{"plan.png", onePixel})
	url := m.Attachments[0].URL
	other := fmt.Sprintf("/files/%d/other-name", m.Attachments[0].ID)
	for _, c := range []struct {
		who, token string
		status     int
	}{{"nobody", "", 401}, {"nonsense", "nonsense", 401}, {"its poster", bo, 200}, {"a member", ada, 200}, {"an outsider", cy, 404}} {
		for _, path := range []string{url, other} {
			if got := srv.Do(c.token, "GET", path, nil).Status; got != c.status {
				t.Errorf("%s gets %d at %s, want %d", c.who, got, path, c.status)
			}
			if got := srv.Do(c.token, "GET", path, nil, "Range", "bytes=0-0").Status; got != c.status && !(c.status == 200 && got == 206) {
				t.Errorf("%s gets %d of a range at %s, want %d", c.who, got, path, c.status)
			}
		}
	}
	for _, path := range []string{"/files/0/x", "/files/-1/x", "/files/9007199254740993/x", "/files/99/x", "/files/x/x", fmt.Sprintf("/files/%d/thumbnail", m.Attachments[0].ID+1)} {
		srv.Do(bo, "GET", path, nil).Want(404)
	}
	postFiles(srv, cy, id, nil, file{"a.txt", nil}).Want(404)

	srv.Do(ada, "DELETE", "/api/rooms/"+id+"/members/2", nil).Want(204)
	srv.Do(bo, "GET", url, nil).Want(404)
	srv.Do(bo, "GET", url, nil, "If-None-Match", "*").Want(404)
	srv.Do(ada, "PUT", "/api/rooms/"+id+"/members/2", nil).Want(204)
	srv.Do(bo, "GET", url, nil).Want(200)

	srv.Do(bo, "DELETE", fmt.Sprintf("/api/rooms/%s/messages/%d", id, m.ID), nil).Want(204)
	srv.Do(bo, "GET", url, nil).Want(404)
	settle(t, "its bytes are gone", func() bool { return lying(t, srv.Dir) == 0 })

	// Of someone who is banned, and of a room that is deleted.
	m = attached(srv, bo, "1", nil, file{"b.txt", []byte("b")})
	n := attached(srv, ada, id, nil, file{"c.txt", []byte("c")})
	srv.Do(ada, "POST", "/api/users/2/ban", nil).Want(204)
	srv.Do(ada, "GET", m.Attachments[0].URL, nil).Want(404)
	srv.Do(ada, "DELETE", "/api/rooms/"+id, nil).Want(204)
	srv.Do(ada, "GET", n.Attachments[0].URL, nil).Want(404)
	settle(t, "all bytes are gone", func() bool { return lying(t, srv.Dir) == 0 })
}

// What a browser could run is never handed to it as such.
func TestActiveFilesAreDownloaded(t *testing.T) {
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	for name, data := range map[string]string{
		"a.svg": `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`, "b.html": "<!doctype html><script>alert(1)</script>",
		"c.png": "<html><script>alert(1)</script>", "d.xml": `<?xml version="1.0"?><x xmlns="http://www.w3.org/1999/xhtml"/>`,
		"e.xhtml": `<html xmlns="http://www.w3.org/1999/xhtml"/>`, "f.js": "alert(1)", "g.pdf": "%PDF-1.7\n", "h.swf": "FWS\x01",
		"i.txt": "  \n<script>alert(1)</script>", "j.gif.html": "GIF89a\x2f\x00\x2a\x00<script>*/=1;alert(1)</script>", "k": "", "l.mht": "MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n<script>",
	} {
		m := attached(srv, ada, "1", nil, file{name, []byte(data)})
		a := srv.Do(ada, "GET", m.Attachments[0].URL, nil).Want(200)
		h := a.Header
		kind, _, _ := strings.Cut(h.Get("Content-Type"), ";")
		switch kind {
		case "application/octet-stream", "text/plain":
			if !strings.HasPrefix(h.Get("Content-Disposition"), "attachment") {
				t.Errorf("%s is %v", name, h)
			}
		case "image/gif":
		default:
			t.Errorf("%s is %q", name, kind)
		}
		if !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") || !strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'") || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", name, h)
		}
	}
}

// What is two things at once is what its first bytes say, whatever its sender
// says; what hangs behind a picture is gone.
func TestFilesThatAreTwoThings(t *testing.T) {
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	const active = "<script>alert(1)</script>"
	var photo bytes.Buffer
	if err := jpeg.Encode(&photo, image.NewGray(image.Rect(0, 0, 8, 8)), nil); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, said string
		data       string
		kind       string // as it is served
		inline     bool
		gone       bool // what is active in it
	}{
		{"pdf.html", "text/html", "%PDF-1.7\n" + active, "application/octet-stream", false, false},
		{"zip.jpg", "application/zip", photo.String() + "PK\x03\x04" + active, "image/jpeg", true, true},
		{"jar.png", "application/java-archive", string(onePixel) + "PK\x03\x04" + active, "image/png", true, true},
		{"js.gif", "text/javascript", "GIF89a/*\x01\x00\x00\x00\x00\x21\xfe\x19" + active + "\x00;*/=1;alert(1)", "image/gif", true, true},
		{"wav.html", "text/html", "RIFF\x2a/**WAVEfmt " + active, "audio/wav", true, false},
		{"picture.svg", "image/png", "<svg xmlns='http://www.w3.org/2000/svg'>" + active + "</svg>", "application/octet-stream", false, false},
		{"page.png", "image/png", "\xef\xbb\xbf <!-- -->" + active, "application/octet-stream", false, false},
		{"utf16.html", "text/html", "\xff\xfe<\x00s\x00c\x00r\x00i\x00p\x00t\x00>\x00", "text/plain", false, false},
		{"photo.html", "text/html; charset=utf-7", string(onePixel), "image/png", true, false},
	} {
		body := "--b\r\nContent-Disposition: form-data; name=attachment; filename=" + c.name + "\r\nContent-Type: " + c.said + "\r\n\r\n" + c.data + "\r\n--b--\r\n"
		var in struct{ Message fileMessage }
		srv.Do(ada, "POST", "/api/rooms/1/messages", []byte(body), "Content-Type", "multipart/form-data; boundary=b").Want(201).JSON(&in)
		a := srv.Do(ada, "GET", in.Message.Attachments[0].URL, nil).Want(200)
		kind, _, _ := strings.Cut(a.Header.Get("Content-Type"), ";")
		if kind != c.kind || strings.HasPrefix(a.Header.Get("Content-Disposition"), "inline") != c.inline || a.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", c.name, a.Header)
		}
		if c.gone && bytes.Contains(a.Body, []byte(active)) {
			t.Errorf("%s: %q", c.name, a.Body)
		}
	}
}

// Sizes that are none, or beyond all numbers, are told so and count nothing.
func TestSizesOfUploadsAreNumbers(t *testing.T) {
	srv := campfiretest.New(t, "CAMPFIRE_MAX_UPLOAD=off", "CAMPFIRE_MIN_FREE_DISK=off", "CAMPFIRE_RATE_UPLOAD=off", "CAMPFIRE_USER_QUOTA=5000")
	ada := srv.SetUp()
	attached(srv, ada, "1", nil, file{"a", []byte("a")})
	for _, size := range []string{"9223372036854775807", "-1", "1125899906842625"} {
		srv.Do(ada, "POST", "/api/uploads", []byte(`{"filename":"x","byte_size":`+size+`}`), "Content-Type", "application/json").Want(422)
	}
	srv.Do(ada, "POST", "/api/uploads", map[string]any{"filename": "x", "byte_size": 1 << 50}).Want(507)
	srv.Do(ada, "POST", "/api/uploads", map[string]any{"filename": "x", "byte_size": 4999}).Want(201)
	srv.Do(ada, "POST", "/api/uploads", map[string]any{"filename": "x", "byte_size": 1}).Want(507)
}

func TestNamesOfFilesDoNoHarm(t *testing.T) {
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	for name, want := range map[string]string{
		"../../etc/passwd": "passwd", `..\..\boot.ini`: "boot.ini", "%2e%2e%2fx": "%2e%2e%2fx", "..": "file", ".": "file", "/": "file", "CON": "_CON", "con.txt": "_con.txt", "LPT1.tar.gz": "_LPT1.tar.gz",
		"a\u202egnp.exe": "agnp.exe", "x\ny.txt": "x%0Ay.txt", strings.Repeat("n", 4096) + ".png": strings.Repeat("n", 196) + ".png",
		strings.Repeat("ä", 10_000): strings.Repeat("ä", 200), "a." + strings.Repeat("x", 10_000): "a." + strings.Repeat("x", 198), "a\u200eb\u200f.txt": "ab.txt",
		"\u2066isolated\u2069.txt": "isolated.txt", "tea.txt. . ": "tea.txt", " ": "file", "🫖.png": "🫖.png", `quote".txt`: "quote%22.txt", "thumbnail": "thumbnail", "a;b='c'.txt": "a;b='c'.txt", "über.txt": "über.txt",
	} {
		m := attached(srv, ada, "1", nil, file{name, []byte(name)})
		f := m.Attachments[0]
		if f.Filename != want {
			t.Errorf("%q became %q, want %q", name, f.Filename, want)
		}
		a := srv.Do(ada, "GET", f.URL, nil).Want(200)
		if string(a.Body) != name {
			t.Errorf("%q at %s holds %q", name, f.URL, a.Body)
		}
		if d := a.Header["Content-Disposition"]; len(d) != 1 || strings.ContainsAny(d[0], "\r\n\x00") || len(d[0]) > 4096 {
			t.Errorf("%q: %q", name, d)
		}
	}
	// What no header can hold comes in JSON.
	for name, want := range map[string]string{"nul\x00byte.txt": "nulbyte.txt", "\x1b[31mred.txt": "[31mred.txt", "a\r\nSet-Cookie: x": "aSet-Cookie: x", "\x00": "file"} {
		if got := begin(srv, ada, name, 1).Filename; got != want {
			t.Errorf("%q became %q, want %q", name, got, want)
		}
	}
	entries, err := os.ReadDir(srv.Dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), "campfire.") && e.Name() != "files" && e.Name() != "admin.sock" {
			t.Errorf("%s lies in the data directory", e.Name())
		}
	}
}

// Files in a bucket of a service that others wrote: kept there before the
// message names them, read from any place, there after a restart.
func TestFilesInABucket(t *testing.T) {
	b := campfiretest.S3(t)
	srv := campfiretest.New(t, "CAMPFIRE_S3_BUCKET="+b.Name, "AWS_ENDPOINT_URL="+b.Endpoint, "AWS_ACCESS_KEY_ID="+b.AccessKey, "AWS_SECRET_ACCESS_KEY="+b.SecretKey)
	ada := srv.SetUp()
	large := bytes.Repeat([]byte("0123456789abcdef"), 20<<16) // 20 MiB: two parts
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 2400, 1600))); err != nil {
		t.Fatal(err)
	}
	m := attached(srv, ada, "1", map[string]string{"body": "both"}, file{"large.txt", large}, file{"wide.png", picture.Bytes()})
	if n := lying(t, b.Dir); n != 3 { // with the small picture
		t.Errorf("%d objects in the bucket, want 3", n)
	}
	if n := lying(t, srv.Dir); n != 0 {
		t.Errorf("%d files are here, too", n)
	}
	for range 2 {
		for i, want := range [][]byte{large, picture.Bytes()} {
			if a := srv.Do(ada, "GET", m.Attachments[i].URL, nil).Want(200); !bytes.Equal(a.Body, want) {
				t.Errorf("%s: %d bytes of %d came back", m.Attachments[i].Filename, len(a.Body), len(want))
			}
		}
		at := len(large) - 5
		if a := srv.Do(ada, "GET", m.Attachments[0].URL, nil, "Range", "bytes=-5").Want(206); !bytes.Equal(a.Body, large[at:]) {
			t.Errorf("the last five bytes: %q", a.Body)
		}
		small := srv.Do(ada, "GET", m.Attachments[1].ThumbnailURL, nil).Want(200)
		if c, _, err := image.DecodeConfig(bytes.NewReader(small.Body)); err != nil || c.Width != 1200 || c.Height != 800 {
			t.Errorf("the small picture: %+v, %v", c, err)
		}
		srv.Restart()
	}
}

// A film as a camera makes it has a picture to be seen before it plays, and
// does not say where it was made.
func TestAFilmHasAPoster(t *testing.T) {
	ffmpeg := media.FindFFmpeg()
	if ffmpeg == "" {
		campfiretest.Missing(t, "ffmpeg")
	}
	path := filepath.Join(t.TempDir(), "film.mp4")
	made, err := exec.Command(ffmpeg, "-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", "testsrc=duration=1:size=1280x720:rate=10", "-c:v", "mpeg4",
		"-movflags", "use_metadata_tags", "-metadata", "com.apple.quicktime.location.ISO6709=+52.3731+004.8922/", "-metadata", "title=Kettle", path).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, made)
	}
	film, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(film, []byte("+52.3731")) {
		t.Fatal("the film does not say where it was made to begin with")
	}
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	f := attached(srv, ada, "1", nil, file{"film.mp4", film}).Attachments[0]
	if f.ContentType != "video/mp4" || f.ThumbnailURL == "" {
		t.Fatalf("%+v", f)
	}
	poster := srv.Do(ada, "GET", f.ThumbnailURL, nil).Want(200)
	if c, _, err := image.DecodeConfig(bytes.NewReader(poster.Body)); err != nil || c.Width != 1200 || c.Height != 675 {
		t.Errorf("the poster: %+v, %v", c, err)
	}
	kept := srv.Do(ada, "GET", f.URL, nil).Want(200).Body
	if len(kept) != len(film) || bytes.Contains(kept, []byte("52.3731")) {
		t.Errorf("%d bytes of %d; where it was made: %t", len(kept), len(film), bytes.Contains(kept, []byte("52.3731")))
	}
	plays := exec.Command(ffmpeg, "-nostdin", "-v", "error", "-i", "pipe:0", "-f", "null", "-")
	plays.Stdin = bytes.NewReader(srv.Do(ada, "GET", f.URL, nil).Body)
	if out, err := plays.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("it does not play any more: %v: %s", err, out)
	}
}
