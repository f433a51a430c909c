package web_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"campfire/internal/campfiretest"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// painting is a picture whose colours tell where a pixel was.
func painting(width, height int, tint uint8) []byte {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			img.Set(x, y, color.RGBA{uint8(x * 255 / width), uint8(y * 255 / height), tint, 255})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// choose picks files with the button of the composer.
func (b *browser) choose(files map[string][]byte) {
	b.t.Helper()
	dir := b.t.TempDir()
	var paths []string
	for name, data := range files {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			b.t.Fatal(err)
		}
		paths = append(paths, path)
	}
	b.run(chromedp.SetUploadFiles(`#composer input[type=file]`, paths, chromedp.NodeReady))
}

// hand lets files fall onto the room, or pastes them: kind is "drop" or "paste".
func (b *browser) hand(kind, name, mime string, data []byte) {
	b.t.Helper()
	b.script(fmt.Sprintf(`
		const bytes = Uint8Array.from(atob(%q), (c) => c.charCodeAt(0));
		const data = new DataTransfer();
		data.items.add(new File([bytes], %q, {type: %q}));
		const target = document.querySelector(%q === "drop" ? "#messages" : "#composer textarea");
		if (%[4]q === "paste") target.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
		else for (const type of ["dragenter", "dragover", "drop"]) target.dispatchEvent(new DragEvent(type, {dataTransfer: data, bubbles: true, cancelable: true}));
	`, base64.StdEncoding.EncodeToString(data), name, mime, kind))
}

// Files come by the button, dropped and pasted; the other reader sees them at
// once, looks at the pictures by keys, and downloads.
func TestFilesAreSentAndSeen(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	srv.Join(ada, "Bo")
	a, b := open(1200, 800), open(390, 844)
	b.phone()
	a.enterAs(srv, "Ada")
	b.enterAs(srv, "Bo")

	a.choose(map[string][]byte{"harbour.png": painting(1600, 900, 60)})
	a.eventually(`document.querySelectorAll(".tray-file").length === 1 && document.querySelector(".tray-file canvas") !== null`)
	a.hand("drop", "minutes.txt", "text/plain", []byte("nothing new"))
	a.hand("paste", "image.png", "image/png", painting(300, 500, 200))
	a.eventually(`[...document.querySelectorAll(".tray-file")].filter(e => e.dataset.state === "whole").length === 3`)
	a.picture("files-tray")
	a.run(chromedp.SendKeys(`#composer textarea`, "from the harbour"))
	a.keys("\r")
	for _, w := range []*browser{a, b} {
		w.says("from the harbour")
		w.eventually(`document.querySelectorAll("article:not(.pending) .picture img").length === 2 && document.querySelectorAll("article:not(.pending) a.file").length === 1`)
		w.eventually(`[...document.querySelectorAll(".picture img")].every(e => e.complete && e.naturalWidth > 0)`)
		w.picture(fmt.Sprintf("files-message-%d", evaluate[int](w, `innerWidth`)))
		w.complaints()
	}
	a.eventually(`document.querySelector(".tray-box").hidden && document.querySelectorAll(".pending").length === 0`)
	if got := evaluate[string](b, `document.querySelector("a.file").textContent`); got != "Download minutes.txt 11 B" {
		t.Errorf("the card says %q", got)
	}
	// The place of a picture is kept before it has come, and never wider than the page.
	if wide := evaluate[bool](b, `[...document.querySelectorAll(".picture img")].some(e => e.getBoundingClientRect().right > innerWidth || e.getAttribute("width") === null)`); wide {
		t.Error("a picture is wider than the page, or has no size")
	}

	// The viewer, by keys.
	a.script(`document.querySelector(".picture").focus()`)
	a.keys("\r")
	a.eventually(`document.querySelector("dialog.viewer")?.open && document.activeElement.getAttribute("aria-label") === "Close image viewer"`)
	a.eventually(`document.querySelector(".viewer-image").complete && document.querySelector(".viewer-place").textContent === "1 of 2"`)
	a.eventually(`document.querySelector("dialog.viewer").getAnimations().length === 0`)
	a.picture("files-viewer")
	a.keys(kb.ArrowRight)
	a.eventually(`document.querySelector(".viewer-name").textContent === "image.png" && document.querySelector(".viewer-place").textContent === "2 of 2"`)
	a.keys(kb.ArrowRight)
	a.keys(kb.ArrowLeft)
	a.eventually(`document.querySelector(".viewer-name").textContent === "harbour.png" && document.querySelector("dialog.viewer a[download]").download === "harbour.png"`)
	a.keys(kb.Escape)
	a.eventually(`!document.querySelector("dialog.viewer") && document.activeElement === document.querySelector(".picture")`)
	if v := a.violations(); len(v) > 0 {
		t.Errorf("%+v", v)
	}
	a.complaints()

	// A message of files alone; deleted, it is gone for the other.
	a.choose(map[string][]byte{"alone.pdf": []byte("%PDF-1.7\n")})
	a.eventually(`document.querySelector(".tray-file")?.dataset.state === "whole"`)
	a.keys("\r")
	b.eventually(`[...document.querySelectorAll("article:not(.pending) a.file")].some(e => e.dataset.name === "alone.pdf")`)
}

// What is too large is told before it is sent, and does not go along.
func TestWhatCanNotBeSentIsTold(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t, "CAMPFIRE_MAX_UPLOAD=10KiB", "CAMPFIRE_USER_QUOTA=15KiB")
	srv.SetUp()
	a := open(1000, 700)
	a.enterAs(srv, "Ada")
	a.choose(map[string][]byte{"large.bin": make([]byte, 11<<10)})
	a.eventually(`document.querySelector(".tray-file")?.dataset.state === "refused" && document.querySelector(".tray-problem").textContent === "Too large: 10 kB at most."`)
	a.run(chromedp.SendKeys(`#composer textarea`, "with it"))
	a.keys("\r")
	a.eventually(`document.querySelector(".composer-note").textContent === "“large.bin” can't be sent. Remove it first."`)
	a.picture("files-refused")
	a.script(`document.querySelector(".tray-file [aria-label='Remove large.bin']").click()`)
	a.choose(map[string][]byte{"one.bin": make([]byte, 9<<10)})
	a.eventually(`document.querySelector(".tray-file")?.dataset.state === "whole"`)
	a.choose(map[string][]byte{"two.bin": make([]byte, 9<<10)})
	a.eventually(`[...document.querySelectorAll(".tray-problem")].some(e => e.textContent.includes("as much here as one person may"))`)
	a.script(`document.querySelector(".tray-file [aria-label='Remove two.bin']").click()`)
	a.keys("\r")
	a.says("with it")
}

// flaky passes requests on, and cuts those that bring pieces while cut is set.
type flaky struct {
	*httptest.Server
	cut    atomic.Bool
	cuts   atomic.Int64
	pieces atomic.Int64
}

func newFlaky(t *testing.T, to string) *flaky {
	target, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	f := &flaky{}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPatch {
			if f.cut.Load() && f.pieces.Load() >= 2 {
				f.cuts.Add(1)
				io.CopyN(io.Discard, r.Body, 1000)
				panic(http.ErrAbortHandler)
			}
			f.pieces.Add(1)
		}
		r.Host = target.Host
		r.Header.Set("Origin", to)
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(f.Close)
	return f
}

// An upload that is cut goes on where the server stands, and its message goes
// by itself when the file is whole; one can look at another room meanwhile.
func TestACutUploadGoesOn(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t, "CAMPFIRE_UPLOAD_CHUNK=64KiB")
	ada := srv.SetUp()
	srv.Do(ada, "POST", "/api/rooms", map[string]any{"kind": "open", "name": "Kitchen"}).Want(201)
	way := newFlaky(t, srv.URL)
	way.cut.Store(true)
	a := open(1000, 700)
	a.comeIn(way.URL, "ada@example.org")
	data := bytes.Repeat([]byte("0123456789abcdef"), 32<<10) // 512 KiB, eight pieces
	a.choose(map[string][]byte{"log.bin": data})
	a.eventually(`document.querySelector(".tray-file progress")?.value >= 131072`)
	a.run(chromedp.SendKeys(`#composer textarea`, "all of it"))
	a.keys("\r")
	a.eventually(`document.querySelector(".pending .tray-file progress") !== null && document.querySelector("#composer .tray-box").hidden`)
	a.picture("files-pending")
	waitFor(t, func() bool { return way.cuts.Load() >= 2 })
	a.script(`[...document.querySelectorAll("#sidebar a[data-room]")].find(e => e.textContent.includes("Kitchen")).click()`)
	a.eventually(`document.querySelector("h1").textContent.includes("Kitchen")`)
	way.cut.Store(false)
	var page struct {
		Messages []struct {
			Body        string
			Attachments []struct{ URL string }
		}
	}
	waitFor(t, func() bool {
		srv.Do(ada, "GET", "/api/rooms/1/messages", nil).Want(200).JSON(&page)
		return len(page.Messages) == 1 && page.Messages[0].Body == "all of it"
	})
	if n := way.pieces.Load(); n != 8 {
		t.Errorf("%d pieces came, want 8: it did not go on where it was", n)
	}
	a.script(`[...document.querySelectorAll("#sidebar a[data-room]")].find(e => e.textContent.includes("All Talk")).click()`)
	a.says("all of it")
	if got := srv.Do(ada, "GET", page.Messages[0].Attachments[0].URL, nil).Want(200).Body; !bytes.Equal(got, data) {
		t.Errorf("%d bytes arrived", len(got))
	}
}

// Without scripts the composer is a form.
func TestFilesWithoutScripts(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	srv.SetUp()
	a := open(900, 700)
	a.signIn(srv, "ada@example.org")
	if _, err := chromedp.Call(a.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	a.run(chromedp.Navigate(srv.URL + "/rooms/1"))
	a.choose(map[string][]byte{"plain.txt": []byte("plain")})
	a.picture("files-noscript")
	a.run(chromedp.Click(`#composer button[name=send]`), chromedp.WaitVisible(`a.file`))
	body, err := chromedp.Run(a.ctx, chromedp.OuterHTML(`a.file`))
	if err != nil || !strings.Contains(body, "plain.txt") {
		t.Errorf("%s, %v", body, err)
	}
}
