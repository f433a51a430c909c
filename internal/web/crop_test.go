package web_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"campfire/internal/campfiretest"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// quarters is a picture of four colours: red, green, blue and white from the
// top left on, clockwise.
func quarters(t *testing.T, w, h int) string {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	colors := [4]color.NRGBA{{220, 30, 30, 255}, {30, 160, 60, 255}, {40, 70, 210, 255}, {250, 250, 250, 255}}
	for y := range h {
		for x := range w {
			c := colors[0]
			switch {
			case x >= w/2 && y < h/2:
				c = colors[1]
			case x >= w/2:
				c = colors[2]
			case y >= h/2:
				c = colors[3]
			}
			m.SetNRGBA(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "quarters.png")
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// pick chooses a file in a form, and waits for the dialog.
func (b *browser) pick(field, file string) {
	b.t.Helper()
	b.run(chromedp.SetUploadFiles(field, []string{file}))
	b.eventually(`document.querySelector("dialog.crop[open] .crop-area") === document.activeElement`)
}

// portrait waits for the page that says that a picture was saved, and shows it.
func (b *browser) portrait() {
	b.t.Helper()
	b.eventually(`document.querySelector(".flash")?.innerText === "Saved." && document.querySelector(".portrait img")?.naturalWidth === 512`)
}

// avatar returns what a server shows of someone.
func avatar(t *testing.T, srv *campfiretest.Server, token, path string) (image.Image, string) {
	t.Helper()
	a := srv.Do(token, "GET", path, nil).Want(http.StatusOK)
	m, _, err := image.Decode(bytes.NewReader(a.Body))
	if err != nil {
		t.Fatalf("%s: %v", a.Header.Get("Content-Type"), err)
	}
	return m, a.Header.Get("Content-Type")
}

// colourAt names the colour at a place of the picture, in parts of a hundred.
func colourAt(m image.Image, x, y int) string {
	r, g, b, _ := m.At(m.Bounds().Dx()*x/100, m.Bounds().Dy()*y/100).RGBA()
	switch {
	case r > 0xc000 && g > 0xc000 && b > 0xc000:
		return "white"
	case r > g && r > b:
		return "red"
	case g > b:
		return "green"
	}
	return "blue"
}

func TestPictureIsCutByPointer(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	file := quarters(t, 900, 600)
	b := open(1440, 900)
	b.signIn(srv, "ada@example.org")
	for _, l := range []look{{"desktop-light", 1440, 900, "light", false}, {"phone-dark", 390, 844, "dark", true}} {
		b.wear(l)
		b.run(chromedp.Navigate(srv.URL+"/profile"), chromedp.WaitVisible(`#main`))
		b.pick(`#picture-picture`, file)
		accessible(b, "crop, "+l.name)
		b.picture("crop-" + l.name)
		if wide := evaluate[bool](b, `document.querySelector("dialog.crop").scrollWidth > document.querySelector("dialog.crop").clientWidth || document.documentElement.scrollWidth > innerWidth`); wide {
			t.Errorf("%s: the dialog is wider than its place", l.name)
		}
		// Twice as near, then the lower right corner is pulled into the middle.
		b.run(chromedp.Evaluate[chromedp.Void](`(() => { const s = document.querySelector(".crop-zoom input"); s.value = 2; s.dispatchEvent(new Event("input", { bubbles: true })) })()`))
		at := evaluate[[]float64](b, `(() => { const r = document.querySelector(".crop-area").getBoundingClientRect(); return [r.left + r.width / 2, r.top + r.height / 2, r.width] })()`)
		mouse := func(kind input.DispatchMouseEventType, x, y float64) {
			t.Helper()
			b.run(chromedp.MouseEvent(kind, x, y, chromedp.ButtonLeft))
		}
		mouse(input.DispatchMouseEventTypeMousePressed, at[0], at[1])
		mouse(input.DispatchMouseEventTypeMouseMoved, at[0]-at[2]*2, at[1]-at[2]*2)
		mouse(input.DispatchMouseEventTypeMouseReleased, at[0]-at[2]*2, at[1]-at[2]*2)
		b.picture("crop-moved-" + l.name)
		b.run(chromedp.Click(`dialog.crop .button.primary`))
		b.portrait()
		b.picture("portrait-" + l.name)
		m, kind := avatar(t, srv, ada, "/users/1/avatar")
		if kind != "image/jpeg" || colourAt(m, 10, 10) != "blue" || colourAt(m, 50, 50) != "blue" || colourAt(m, 90, 90) != "blue" {
			t.Errorf("%s: %s; %s, %s, %s", l.name, kind, colourAt(m, 10, 10), colourAt(m, 50, 50), colourAt(m, 90, 90))
		}
		srv.Do(ada, "DELETE", "/api/users/me/avatar", nil).Want(204)
	}
}

func TestPictureIsCutByKeysAndButtons(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	file := quarters(t, 600, 900)
	b := open(390, 844)
	b.signIn(srv, "ada@example.org")
	profile := func() {
		b.run(chromedp.Navigate(srv.URL+"/profile"), chromedp.WaitVisible(`#main`))
		b.pick(`#picture-picture`, file)
	}
	press := func(key string, times int) {
		for range times {
			b.run(chromedp.KeyEvent(key))
		}
	}
	// What was begun can be left, and nothing is chosen.
	profile()
	press(kb.Escape, 1)
	b.eventually(`!document.querySelector("dialog") && document.activeElement.id === "picture-picture" && document.querySelector("#picture-picture").value === ""`)

	// By keys: near, and to the upper left corner.
	profile()
	press("+", 12)
	b.eventually(`Number(document.querySelector(".crop-zoom input").value) > 3`)
	press(kb.ArrowRight, 40)
	press(kb.ArrowDown, 60)
	b.eventually(`/^Middle at \d+ % across and \d+ % down$/.test(document.querySelector("dialog [role=status]").textContent)`)
	b.run(chromedp.KeyEvent(kb.Tab))
	for range 12 { // to the last button
		if evaluate[bool](b, `document.activeElement.matches("dialog.crop .button.primary")`) {
			break
		}
		b.run(chromedp.KeyEvent(kb.Tab))
	}
	press(kb.Enter, 1)
	b.portrait()
	if m, _ := avatar(t, srv, ada, "/users/1/avatar"); colourAt(m, 5, 5) != "red" || colourAt(m, 95, 95) != "red" {
		t.Errorf("by keys: %s, %s", colourAt(m, 5, 5), colourAt(m, 95, 95))
	}

	// By buttons: out to all of it, and up: the lower half shows.
	profile()
	b.run(chromedp.Click(`.crop-zoom button:last-child`), chromedp.Click(`.crop-zoom button:first-child`), chromedp.Click(`.crop-zoom button:first-child`))
	for range 12 {
		b.run(chromedp.Click(`.crop-move button:nth-child(2)`))
	}
	b.run(chromedp.Click(`dialog.crop .button.primary`))
	b.portrait()
	m, _ := avatar(t, srv, ada, "/users/1/avatar")
	if got := fmt.Sprint(colourAt(m, 10, 10), colourAt(m, 90, 10), colourAt(m, 10, 90), colourAt(m, 90, 90)); got != "redgreenwhiteblue" || colourAt(m, 10, 35) != "white" {
		t.Errorf("by buttons: %s, %s", got, colourAt(m, 10, 35))
	}
}

// The account's logo takes the flame's place on every page, and is cut alike.
func TestLogoIsSeen(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	furnish(srv)
	b := open(1440, 900)
	b.signIn(srv, "ada@example.org")
	b.run(chromedp.Navigate(srv.URL+"/account"), chromedp.WaitVisible(`#main`))
	b.pick(`#logo-picture`, quarters(t, 300, 300))
	b.run(chromedp.Click(`dialog.crop .button.primary`))
	b.eventually(`document.querySelector(".logo-frame .logo")?.naturalWidth === 192 && document.querySelector(".brand .logo")?.naturalWidth === 192`)
	for _, l := range []look{{"desktop-light", 1440, 900, "light", false}, {"phone-dark", 390, 844, "dark", true}} {
		b.wear(l)
		b.run(chromedp.Navigate(srv.URL+"/account"), chromedp.WaitVisible(`#main`))
		accessible(b, "account with a logo, "+l.name)
		b.picture("logo-account-" + l.name)
		b.run(chromedp.Navigate(srv.URL+"/rooms/2"), chromedp.WaitVisible(`#composer`))
		b.picture("logo-room-" + l.name)
	}
	guest := open(390, 844)
	guest.run(chromedp.Navigate(srv.URL+"/login"), chromedp.WaitVisible(`input[name=email]`))
	guest.eventually(`document.querySelector(".mark .logo")?.naturalWidth === 192`)
	guest.picture("logo-login")
}

// What the browser can't read is sent as it is, and the server explains.
func TestPictureThatNobodyCanRead(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	srv.SetUp()
	file := filepath.Join(t.TempDir(), "evil.png")
	if err := os.WriteFile(file, []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), 0o600); err != nil {
		t.Fatal(err)
	}
	b := open(390, 844)
	b.signIn(srv, "ada@example.org")
	b.run(chromedp.Navigate(srv.URL+"/profile"), chromedp.WaitVisible(`#main`), chromedp.SetUploadFiles(`#picture-picture`, []string{file}))
	b.eventually(`document.querySelector("#picture-picture-problem")?.innerText.includes("must be a JPEG")`)
	b.picture("picture-refused")
}
