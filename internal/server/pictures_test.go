package server_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	_ "image/jpeg"
	encoder "image/png"
	"mime/multipart"
	"slices"
	"strings"
	"testing"

	"campfire/internal/campfiretest"
)

// drawing is a picture of one colour, and another in its middle square.
func drawing(t *testing.T, w, h int, edge, middle color.Color) []byte {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	side := min(w, h)
	inner := image.Rect((w-side)/2, (h-side)/2, (w+side)/2, (h+side)/2)
	for y := range h {
		for x := range w {
			c := edge
			if image.Pt(x, y).In(inner) {
				c = middle
			}
			m.Set(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := encoder.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// disc is a picture that is transparent around a disc of one colour.
func disc(t *testing.T, side int, c color.Color) []byte {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			if dx, dy := 2*x+1-side, 2*y+1-side; dx*dx+dy*dy < side*side {
				m.Set(x, y, c)
			}
		}
	}
	var b bytes.Buffer
	if err := encoder.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var (
	red  = color.NRGBA{220, 20, 20, 255}
	blue = color.NRGBA{20, 20, 220, 255}
)

// shown decodes a picture that was answered with.
func shown(t *testing.T, a *campfiretest.Answer) image.Image {
	t.Helper()
	m, _, err := image.Decode(bytes.NewReader(a.Want(200).Body))
	if err != nil {
		t.Fatalf("%s: %v", a.Header.Get("Content-Type"), err)
	}
	return m
}

func TestAvatarIsWhatWasSentCutAndMadeAnew(t *testing.T) {
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	bo := srv.Join(ada, "Bo")
	avatarOf := func(token string) string {
		var in struct {
			User struct {
				AvatarURL string `json:"avatar_url"`
			}
		}
		srv.Do(token, "GET", "/api/users/2", nil).Want(200).JSON(&in)
		return in.User.AvatarURL
	}
	before := avatarOf(ada)
	if a := srv.Do(ada, "GET", before, nil).Want(200); a.Header.Get("Content-Type") != "image/svg+xml" {
		t.Errorf("without a picture: %s", a.Header.Get("Content-Type"))
	}
	sent := drawing(t, 900, 300, red, blue)
	sent = append(sent, "<script>alert(1)</script>"...)
	srv.Do(bo, "PUT", "/api/users/me/avatar", sent, "Content-Type", "image/png").Want(200)
	after := avatarOf(ada)
	if after == before {
		t.Fatal("the address of the picture is the same")
	}
	a := srv.Do(ada, "GET", after, nil)
	m := shown(t, a)
	if m.Bounds().Dx() != 512 || m.Bounds().Dy() != 512 || len(a.Body) > 64<<10 || bytes.Contains(a.Body, []byte("script")) {
		t.Errorf("%v, %d bytes", m.Bounds(), len(a.Body))
	}
	for _, at := range []image.Point{{4, 4}, {508, 4}, {256, 256}, {4, 508}} {
		if r, _, b, _ := m.At(at.X, at.Y).RGBA(); r > b {
			t.Errorf("at %v there is the edge of what was sent", at)
		}
	}
	for name, want := range map[string]string{"Content-Type": "image/jpeg", "Cache-Control": "private, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"} {
		if got := a.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	srv.Do(ada, "GET", after, nil, "If-None-Match", a.Header.Get("ETag")).Want(304)
	// Under the address of before there is the picture of today, for now.
	if old := srv.Do(ada, "GET", before, nil); !bytes.Equal(old.Body, a.Body) || strings.Contains(old.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("the old address: %q", old.Header.Get("Cache-Control"))
	}
	srv.Do("", "GET", after, nil).Want(401)

	srv.Do(bo, "DELETE", "/api/users/me/avatar", nil).Want(204)
	srv.Do(bo, "DELETE", "/api/users/me/avatar", nil).Want(404)
	if a := srv.Do(ada, "GET", avatarOf(ada), nil).Want(200); a.Header.Get("Content-Type") != "image/svg+xml" {
		t.Errorf("after it was removed: %s", a.Header.Get("Content-Type"))
	}
}

func TestAvatarOfSomeoneElse(t *testing.T) {
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	bo := srv.Join(ada, "Bo")
	var made struct{ Bot struct{ ID int64 } }
	srv.Do(ada, "POST", "/api/bots", map[string]any{"name": "Beep"}).Want(201).JSON(&made)
	bot := path("/api/users/", made.Bot.ID) + "/avatar"
	file := drawing(t, 20, 20, blue, blue)
	put := func(token, path string) *campfiretest.Answer {
		return srv.Do(token, "PUT", path, file, "Content-Type", "image/png")
	}
	put(bo, bot).Want(403)
	put(bo, "/api/users/1/avatar").Want(403)
	put(ada, "/api/users/2/avatar").Want(403) // people choose for themselves
	put(ada, "/api/users/99/avatar").Want(404)
	put(ada, bot).Want(200)
	put(bo, "/api/users/2/avatar").Want(200)
	srv.Do(bo, "DELETE", bot, nil).Want(403)
	srv.Do(ada, "DELETE", bot, nil).Want(204)
	srv.Do(ada, "DELETE", "/api/users/2/avatar", nil).Want(204)

	// A ban takes the picture with what was written.
	put(bo, "/api/users/me/avatar").Want(200)
	srv.Do(ada, "POST", "/api/users/2/ban", nil).Want(204)
	srv.Do(ada, "DELETE", "/api/users/2/avatar", nil).Want(404)
}

func TestHostilePicturesAreRefused(t *testing.T) {
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	good := drawing(t, 20, 20, blue, blue)
	bomb := bytes.Clone(good)
	binary.BigEndian.PutUint32(bomb[16:], 100_000)
	binary.BigEndian.PutUint32(bomb[20:], 100_000)
	binary.BigEndian.PutUint32(bomb[29:], crc32.ChecksumIEEE(bomb[12:29]))
	for _, c := range []struct {
		name   string
		body   []byte
		status int
	}{
		{"nothing", nil, 422},
		{"a bomb", bomb, 422},
		{"an SVG that says it is a PNG", []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`), 422},
		{"HTML", []byte("<!doctype html><script>alert(1)</script>"), 422},
		{"a picture cut off", good[:len(good)/2], 422},
		{"a script behind the head of a GIF", []byte("GIF89a/*\x01\x00*/=1;alert(1)"), 422},
		{"too many bytes", make([]byte, 13<<20), 413},
	} {
		a := srv.Do(ada, "PUT", "/api/users/me/avatar", c.body, "Content-Type", "image/png")
		if a.Status != c.status {
			t.Errorf("%s: %d, want %d: %s", c.name, a.Status, c.status, a.Body)
		}
	}
	srv.Do(ada, "PUT", "/api/users/me/avatar", good, "Content-Type", "text/html").Want(415)
	if a := srv.Do(ada, "GET", "/users/1/avatar", nil).Want(200); a.Header.Get("Content-Type") != "image/svg+xml" {
		t.Errorf("something was stored: %s", a.Header.Get("Content-Type"))
	}
}

// upload is a form with a file, as a browser without scripts sends it.
func (p *person) upload(path, name string, file []byte) *campfiretest.Answer {
	p.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part, err := w.CreateFormFile(name, "me.png")
	if err != nil {
		p.t.Fatal(err)
	}
	part.Write(file)
	w.Close()
	return p.srv.Do("", "POST", path, &b, "Content-Type", w.FormDataContentType(), "Cookie", p.cookie, "Accept", "text/html")
}

func TestPicturesWithoutScripts(t *testing.T) {
	srv := campfiretest.New(t)
	ada := visitor(t, srv, srv.SetUp())
	bo := visitor(t, srv, srv.Join(strings.TrimPrefix(ada.cookie, "campfire="), "Bo"))
	if strings.Contains(bo.page("/profile"), "Remove picture") {
		t.Error("there is nothing to remove yet")
	}
	bo.upload("/profile/avatar", "picture", drawing(t, 40, 30, red, blue)).Want(303)
	has(t, bo.page("/profile"), "Remove picture")
	shown(t, bo.get("/users/2/avatar"))
	has(t, string(bo.upload("/profile/avatar", "picture", []byte("text")).Want(422).Body), "must be a JPEG, PNG, GIF, WebP or TIFF")
	has(t, string(bo.upload("/profile/avatar", "other", []byte("text")).Want(422).Body), "is missing")
	has(t, string(bo.upload("/profile/avatar", "picture", make([]byte, 13<<20)).Want(413).Body), "12 MiB at most")
	has(t, bo.did("/profile/avatar/delete", nil), "Picture removed.")

	bo.upload("/account/logo", "picture", drawing(t, 40, 30, red, blue)).Want(403)
	ada.upload("/account/logo", "picture", drawing(t, 40, 30, red, blue)).Want(303)
	has(t, ada.page("/account"), "Remove logo", `class="logo"`)
	has(t, bo.page("/account"), `class="logo"`)
	has(t, string(ada.upload("/account/logo", "picture", []byte("text")).Want(422).Body), "must be a JPEG")
	has(t, ada.did("/account/logo/delete", nil), "Picture removed.")

	bo.upload("/profile/avatar", "picture", drawing(t, 40, 30, red, blue)).Want(303)
	has(t, ada.page("/users/2"), "Remove picture")
	has(t, ada.did("/users/2/avatar/delete", nil), "Picture removed.")
}

func TestLogoStandsForTheAccount(t *testing.T) {
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	bo := srv.Join(ada, "Bo")
	size := func(query string) image.Point {
		return shown(t, srv.Do("", "GET", "/account/logo"+query, nil)).Bounds().Size()
	}
	if size("") != image.Pt(512, 512) || size("?size=small") != image.Pt(192, 192) {
		t.Error("the stock icon has another size")
	}
	type account struct {
		Account struct {
			LogoURL *string `json:"logo_url"`
		}
	}
	var none, one account
	srv.Do(bo, "GET", "/api/account", nil).Want(200).JSON(&none)
	stock := srv.Do("", "GET", "/account/logo", nil).Body

	file := disc(t, 60, blue)
	srv.Do(bo, "PUT", "/api/account/logo", file, "Content-Type", "image/png").Want(403)
	srv.Do(ada, "PUT", "/api/account/logo", file, "Content-Type", "image/png").Want(200).JSON(&one)
	if none.Account.LogoURL != nil || one.Account.LogoURL == nil {
		t.Fatalf("logo_url was %v and is %v", none.Account.LogoURL, one.Account.LogoURL)
	}
	a := srv.Do("", "GET", *one.Account.LogoURL, nil)
	if m := shown(t, a); m.Bounds().Size() != image.Pt(512, 512) || bytes.Equal(a.Body, stock) {
		t.Error("the logo is not the new one")
	}
	if size("?size=small") != image.Pt(192, 192) {
		t.Error("the small logo has another size")
	}
	if again := shown(t, srv.Do("", "GET", "/account/logo?size=maskable", nil)); again.Bounds().Size() != image.Pt(512, 512) {
		t.Error("the icon that may be cut has another size")
	}
	if got := a.Header.Get("Cache-Control"); got != "public, max-age=300, stale-while-revalidate=604800" {
		t.Errorf("Cache-Control: %s", got)
	}
	srv.Do("", "GET", "/account/logo", nil, "If-None-Match", a.Header.Get("ETag")).Want(304)
	if u := srv.Do("", "GET", "/account/logo?size=unread", nil).Want(200); u.Header.Get("Content-Type") != "image/svg+xml" || !bytes.Contains(u.Body, []byte("data:image/png")) {
		t.Errorf("with something unread: %s", u.Body)
	}
	// Pages and the manifest show it at once, those of someone signed in too.
	login := string(srv.Do("", "GET", "/login", nil).Want(200).Body)
	has(t, login, `<img class="logo"`, `rel="icon" href="/account/logo?v=`)
	has(t, string(srv.Do("", "GET", "/rooms/1", nil, "Cookie", "campfire="+bo).Want(200).Body), `<img class="logo"`)
	var manifest struct {
		Icons []struct{ Src, Sizes, Type, Purpose string }
	}
	b := srv.Do("", "GET", "/manifest.webmanifest", nil).Want(200).Body
	if err := json.Unmarshal(b, &manifest); err != nil {
		t.Fatal(err)
	}
	var purposes []string
	for _, i := range manifest.Icons[:min(3, len(manifest.Icons))] {
		m := shown(t, srv.Do("", "GET", i.Src, nil))
		if got := fmt.Sprintf("%dx%d", m.Bounds().Dx(), m.Bounds().Dy()); got != i.Sizes || !strings.HasPrefix(i.Src, "/account/logo?v=") {
			t.Errorf("%s is %s, and the manifest says %s", i.Src, got, i.Sizes)
		}
		purposes = append(purposes, i.Purpose)
		// The disc fills the logo. What may be cut has a ground in its corners,
		// and the disc where nothing is cut: in four fifths of the width.
		side := m.Bounds().Dx()
		seen := func(part float64) color.NRGBA {
			return color.NRGBAModel.Convert(m.At(int(part*float64(side)), side/2)).(color.NRGBA)
		}
		corner := color.NRGBAModel.Convert(m.At(1, 1)).(color.NRGBA)
		edge, inner := seen(.05), seen(.12)
		if i.Purpose == "maskable" {
			if white := (color.NRGBA{255, 255, 255, 255}); corner != white || edge != white || inner != blue {
				t.Errorf("%s: %v in the corner, %v at the edge, %v within", i.Src, corner, edge, inner)
			}
		} else if corner.A != 0 || edge != blue {
			t.Errorf("%s: %v in the corner, %v at the edge", i.Src, corner, edge)
		}
	}
	if len(manifest.Icons) != 4 || !slices.Equal(purposes, []string{"any", "any", "maskable"}) {
		t.Errorf("%s", b)
	}
	srv.Do(bo, "DELETE", "/api/account/logo", nil).Want(403)
	srv.Do(ada, "DELETE", "/api/account/logo", nil).Want(204)
	if !bytes.Equal(srv.Do("", "GET", "/account/logo", nil).Body, stock) {
		t.Error("the logo is still there")
	}
	if strings.Contains(string(srv.Do("", "GET", "/rooms/1", nil, "Cookie", "campfire="+bo).Want(200).Body), `<img class="logo"`) {
		t.Error("a page still shows it")
	}
}

// A picture survives a restart: it is in the database.
func TestAvatarIsKept(t *testing.T) {
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	srv.Do(ada, "PUT", "/api/users/me/avatar", drawing(t, 40, 40, blue, blue), "Content-Type", "image/png").Want(200)
	before := srv.Do(ada, "GET", "/users/1/avatar", nil).Want(200).Body
	srv.Restart()
	if after := srv.Do(ada, "GET", "/users/1/avatar", nil).Want(200).Body; !bytes.Equal(before, after) {
		t.Error("it is another now")
	}
}
