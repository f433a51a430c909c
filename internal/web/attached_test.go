package web_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"campfire/internal/campfiretest"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// sharing lets the page hand files on, as phones do: what is handed on is kept
// in the page. The first of so many tries is refused as one that came too late.
const sharing = `
	window.handed = [];
	window.late = %d;
	navigator.canShare = (data) => (data.files ?? []).length > 0;
	navigator.share = async (data) => {
		if (window.late-- > 0) throw new DOMException("too late", "NotAllowedError");
		for (const f of data.files) window.handed.push([f.name, f.type, await f.text()].join("|"));
	};
`

// menuOf opens the menu of the first message by keys and returns what is in it.
func (b *browser) menuOf() []string {
	b.t.Helper()
	b.script(`document.querySelector("article.message:not(.pending) .options").focus()`)
	b.keys("\r")
	b.eventually(`document.activeElement.closest(".menu-list") !== null`)
	return evaluate[[]string](b, `[...document.querySelectorAll(".menu-list > [role=menuitem]")].map(e => e.textContent)`)
}

// A message's menu downloads and hands on each of its files, by keys too, and
// offers to hand on only where the browser can.
func TestAMessagesMenuHasItsFiles(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	srv.SetUp()
	a := open(1200, 800)
	a.enterAs(srv, "Ada")
	notes := []byte("tea at four")
	long := strings.Repeat("a very long name ", 8) + ".txt"
	a.choose(map[string][]byte{"harbour.png": painting(40, 30, 60)})
	a.eventually(`document.querySelectorAll(".tray-file[data-state=whole]").length === 1`)
	a.hand("drop", "notes.txt", "text/plain", notes)
	a.hand("drop", "song.mp3", "audio/mpeg", []byte("ID3\x04\x00\x00\x00\x00\x00\x00"))
	a.hand("drop", long, "text/plain", notes)
	a.eventually(`document.querySelectorAll(".tray-file[data-state=whole]").length === 4`)
	a.run(chromedp.SendKeys(`#composer textarea`, "four files"))
	a.keys("\r")
	a.says("four files")

	names := []string{"harbour.png", "notes.txt", "song.mp3", long}
	items := a.menuOf()
	for _, name := range names {
		if !slices.Contains(items, "Download "+name) || slices.Contains(items, "Share "+name) {
			t.Errorf("where nothing can be handed on: %q", items)
		}
	}
	a.picture("attached-menu")
	accessible(a, "the menu of a message with files")
	if wide := evaluate[bool](a, `[...document.querySelectorAll(".menu-file")].some(e => e.getBoundingClientRect().width > 301)`); wide {
		t.Error("a name makes the menu wide")
	}

	// Downloaded by keys: the letter leads to the first.
	dir := t.TempDir()
	into := cdpbrowser.SetDownloadBehaviorParams{Behavior: cdpbrowser.SetDownloadBehaviorBehaviorAllow,
		BrowserContextID: chromedp.FromContext(a.ctx).BrowserContextID, DownloadPath: dir}
	if _, err := chromedp.Call(a.ctx, cdpbrowser.SetDownloadBehavior, into); err != nil {
		t.Fatal(err)
	}
	for evaluate[string](a, `document.activeElement.textContent`) != "Download notes.txt" {
		a.keys("d")
	}
	a.keys("\r")
	a.eventually(`document.querySelector(".menu-list") === null && document.activeElement.matches(".options")`)
	waitForFile(t, filepath.Join(dir, "notes.txt"), notes)

	// Handed on, by the file.
	a.script(fmt.Sprintf(sharing, 0))
	if items := a.menuOf(); !slices.Contains(items, "Share notes.txt") || !slices.Contains(items, "Share "+long) {
		t.Errorf("where files can be handed on: %q", items)
	}
	a.picture("attached-share")
	a.keys("s") // the first that shares
	a.keys(kb.ArrowDown)
	a.keys(kb.ArrowDown)
	a.keys("\r")
	a.eventually(`window.handed.length === 1`)
	if got := evaluate[string](a, `window.handed[0]`); got != "notes.txt|text/plain; charset=utf-8|tea at four" {
		t.Errorf("handed on was %q", got)
	}

	// A file that took long to come is handed on by another word.
	a.script(fmt.Sprintf(sharing, 1))
	a.options("four files", "Share notes.txt")
	a.eventually(`document.querySelector("dialog.question")?.innerText.includes("“notes.txt” is here.")`)
	a.keys("\r")
	a.eventually(`window.handed.length === 1 && document.querySelector("dialog.question") === null`)
	// What the browser hands on at no time is told.
	a.script(fmt.Sprintf(sharing, 2))
	a.options("four files", "Share notes.txt")
	a.eventually(`document.querySelector("dialog.question")?.open`)
	a.keys("\r")
	a.eventually(`document.body.innerText.includes("can't be shared from here")`)
}

// No file that someone posts can be made to run by a page that names it as a
// script, a style or a worker, whatever its first bytes are.
func TestFilesDoNotRun(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	srv.SetUp()
	a := open(1000, 700)
	a.enterAs(srv, "Ada")
	const active = `globalThis.ran = true; postMessage("ran")`
	files := map[string]string{
		"a.js": active, "b.gif": "GIF89a/*\x01\x00\x00\x00\x00;*/=1;" + active, "c.html": "<!doctype html><script>" + active + "</script>",
		"d.svg": "<svg xmlns='http://www.w3.org/2000/svg'><script>" + active + "</script></svg>", "e.wav": "RIFF/**/WAVEfmt =1;" + active, "f.css": "body { display: none }",
	}
	for name, data := range files {
		a.hand("drop", name, "image/png", []byte(data))
	}
	a.eventually(fmt.Sprintf(`document.querySelectorAll(".tray-file[data-state=whole]").length === %d`, len(files)))
	a.run(chromedp.SendKeys(`#composer textarea`, "do not run"))
	a.keys("\r")
	a.says("do not run")
	got := evaluateAsync[[]string](a, `Promise.all([...document.querySelectorAll(".files a.file, .files a.picture, .files audio")].flatMap((e) => {
		const url = e.href ?? e.src;
		const put = (tag, attribute) => new Promise((done) => {
			const x = document.createElement(tag);
			x.onload = () => done(tag + " ran " + url);
			x.onerror = () => done("");
			x[attribute] = url;
			if (tag === "link") x.rel = "stylesheet";
			document.head.append(x);
		});
		const worker = new Promise((done) => {
			try {
				const w = new Worker(url);
				w.onerror = () => done("");
				w.onmessage = () => done("worker ran " + url);
			} catch {
				done("");
			}
		});
		return [put("script", "src"), put("link", "href"), worker];
	}))`)
	for _, s := range got {
		if s != "" {
			t.Error(s)
		}
	}
	if len(got) != 3*len(files) {
		t.Errorf("%d ways were tried", len(got))
	}
	if evaluate[bool](a, `window.ran === true || getComputedStyle(document.body).display === "none"`) {
		t.Error("a file was run")
	}
}

// waitForFile waits until a file that is downloaded holds what it should.
func waitForFile(t *testing.T, path string, want []byte) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for began := time.Now(); time.Since(began) < 20*time.Second; <-tick.C {
		if got, err := os.ReadFile(path); err == nil && bytes.Equal(got, want) {
			return
		}
	}
	t.Errorf("%s was not downloaded", path)
}
