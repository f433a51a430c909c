package web_test

import (
	"bytes"
	"fmt"
	"html"
	"image"
	"image/color"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"unicode/utf8"

	"campfire/internal/campfiretest"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// picture720 is a picture as pages have them: 1200 by 630.
func picture720(t *testing.T) []byte {
	m := image.NewRGBA(image.Rect(0, 0, 1200, 630))
	for y := range 630 {
		for x := range 1200 {
			m.Set(x, y, color.RGBA{uint8(40 + x/8), uint8(90 + y/6), 150, 255})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// outside serves pages by their path. One that begins with /slow is held back
// until something comes from release.
func outside(t *testing.T, pages map[string]string, release <-chan struct{}) *httptest.Server {
	pic := picture720(t)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/slow") {
			select {
			case <-release:
			case <-r.Context().Done():
				return
			}
		}
		if r.URL.Path == "/picture.png" {
			w.Header().Set("Content-Type", "image/png")
			_, _ = w.Write(pic)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, pages[r.URL.Path])
	}))
	t.Cleanup(srv.Close)
	return srv
}

func previewing(t *testing.T, timeout string) *campfiretest.Server {
	return campfiretest.New(t, "CAMPFIRE_PREVIEWS=on", "CAMPFIRE_OUTBOUND_ALLOW=127.0.0.1:*", "CAMPFIRE_RATE_UNFURL=off", "CAMPFIRE_UNFURL_TIMEOUT="+timeout)
}

// A card comes below a message without moving the reader, shows the picture
// that the server made, and goes when who may take it away does so.
func TestPreviewsInABrowser(t *testing.T) {
	open := newBrowsers(t)
	release := make(chan struct{}, 10)
	site := outside(t, map[string]string{
		"/lantern": `<meta property="og:title" content="How a lantern is made"><meta property="og:description" content="From the frame to the glass: eight steps, each shown by the people who do it every day."><meta property="og:site_name" content="The Lantern Makers"><meta property="og:image" content="/picture.png">`,
		"/plain":   `<title>A page with a title alone</title>`,
		"/slow":    `<title>It came late</title><meta property="og:image" content="/picture.png"><meta name=description content="A description">`,
		"/slow2":   `<title>It came later</title><meta name=description content="Another description">`,
	}, release)
	srv := previewing(t, "25s")
	ada := srv.SetUp()
	bo := srv.Join(ada, "Bo")
	fillRoom(srv, bo, 0, 60)
	a, b := open(1000, 700), open(1000, 700)
	a.comeIn(srv.URL+"/login", "ada@example.org")
	b.comeIn(srv.URL+"/login", "bo@example.org")

	// Who reads the end stays there, and sees the whole card.
	mine := postTo(srv, ada, "Look: [this]("+site.URL+"/lantern) and [that]("+site.URL+"/plain)")
	card := fmt.Sprintf(`document.querySelectorAll("#message-%d .preview")`, mine)
	a.eventually(card + `.length === 2`)
	a.eventually(card + `[0].querySelector("img").complete && ` + card + `[0].querySelector("img").naturalWidth === 480`)
	a.frames()
	if gap := evaluate[float64](a, `(e => e.scrollHeight - e.scrollTop - e.clientHeight)(document.getElementById("messages"))`); gap > 2 {
		t.Errorf("the end is %.0f px away", gap)
	}
	title := card + `[0].querySelector("a.preview-title")`
	for expression, want := range map[string]string{
		title + `.textContent`: "How a lantern is made", title + `.href`: site.URL + "/lantern", title + `.rel`: "noopener noreferrer nofollow", title + `.target`: "_blank", title + `.dir`: "auto",
		card + `[0].querySelector(".preview-site").textContent`: "The Lantern Makers",
		card + `[1].querySelector(".preview-site").textContent`: "127.0.0.1",
	} {
		if got := evaluate[string](a, expression); got != want {
			t.Errorf("%s is %q, want %q", expression, got, want)
		}
	}
	if ratio := evaluate[float64](a, `(r => r.width / r.height)(`+card+`[0].querySelector("img").getBoundingClientRect())`); ratio < 1.8 || ratio > 2 {
		t.Errorf("the picture is shown %.2f times as wide as high, want 1.90", ratio)
	}
	for _, v := range a.violations() {
		t.Errorf("%s: %s\n%v", v.Rule, v.Help, v.Nodes)
	}

	// Who reads further up is not moved by a card above or below.
	above := postTo(srv, bo, "[slow]("+site.URL+"/slow)")
	fillRoom(srv, bo, 60, 100)
	a.says("message 0099")
	read := evaluate[int64](a, fmt.Sprintf(`(() => {
		const log = document.getElementById("messages");
		let m = document.getElementById("message-%d");
		for (let i = 0; i < 3; i++) do m = m.nextElementSibling; while (!m.dataset.id);
		log.scrollTop += m.getBoundingClientRect().top - log.getBoundingClientRect().top - 20;
		return Number(m.dataset.id);
	})()`, above))
	a.frames()
	a.still("a preview above", read, func() { release <- struct{}{} }, fmt.Sprintf(`document.querySelector("#message-%d .preview-title")?.textContent === "It came late"`, above))
	below := postTo(srv, bo, "[slow]("+site.URL+"/slow2)")
	a.still("a preview below", read, func() { release <- struct{}{} }, fmt.Sprintf(`document.querySelector("#message-%d .preview-title")?.textContent === "It came later"`, below))

	// While one's message is edited a card comes, and nothing is in conflict.
	slow := postTo(srv, ada, "[slow]("+site.URL+"/slow?again)")
	own := fmt.Sprintf(`document.getElementById("message-%d")`, slow)
	a.eventually(own + ` !== null`)
	a.run(chromedp.Evaluate[chromedp.Void](own + `.querySelector(".options").click()`))
	a.eventually(`[...document.querySelectorAll("[role=menuitem]")].some(e => e.textContent.includes("Edit"))`)
	a.do(`[...document.querySelectorAll("[role=menuitem]")].find(e => e.textContent.includes("Edit")).click()`)
	a.eventually(own + `.querySelector(".editor textarea") !== null`)
	release <- struct{}{}
	a.eventually(own + `.querySelector(".preview") !== null`)
	a.do(`(t => { t.value = "Edited: " + t.value; t.dispatchEvent(new Event("input", {bubbles: true})) })(` + own + `.querySelector(".editor textarea"))`)
	a.do(own + `.querySelector(".editor").requestSubmit()`)
	a.eventually(own + `.querySelector(".editor") === null && ` + own + `.querySelector(".body").innerText.startsWith("Edited")`)
	if !evaluate[bool](a, own+`.querySelector(".preview") !== null`) {
		t.Error("the edit took the preview away, though the link is there")
	}

	// Its author and administrators have the control, others do not.
	control := func(id int64) string {
		return fmt.Sprintf(`document.querySelector('#message-%d button.preview-remove[aria-label="Remove previews"]')`, id)
	}
	b.eventually(fmt.Sprintf(`document.querySelector("#message-%d .preview") !== null`, below))
	if !evaluate[bool](a, control(below)+` !== null`) || !evaluate[bool](b, control(below)+` !== null`) || evaluate[bool](b, control(slow)+` !== null`) {
		t.Error("the control is not where it should be")
	}
	b.do(control(below) + `.focus()`)
	b.run(chromedp.KeyEvent("\r"))
	gone := fmt.Sprintf(`document.querySelector("#message-%d .previews") === null`, below)
	a.eventually(gone)
	b.eventually(gone)
	if !evaluate[bool](b, fmt.Sprintf(`document.activeElement.id === "message-%d"`, below)) {
		t.Error("the focus is lost with the card")
	}
	b.run(chromedp.Reload(), chromedp.WaitVisible(`#composer`))
	b.eventually(gone)
	for _, w := range []*browser{a, b} {
		w.mu.Lock()
		for _, p := range w.problems {
			t.Errorf("the browser complains: %s", p)
		}
		w.mu.Unlock()
	}

	// A page that opens at its end is there when its pictures have come, too.
	end := postTo(srv, ada, "The guide: [how it is made]("+site.URL+"/lantern) [plain]("+site.URL+"/plain)")
	a.eventually(fmt.Sprintf(`document.querySelectorAll("#message-%d .preview").length === 2`, end))
	a.run(chromedp.Reload(), chromedp.WaitVisible(`#composer`))
	a.eventually(fmt.Sprintf(`document.querySelector("#message-%d img.preview-image").complete`, end))
	a.frames()
	if gap := evaluate[float64](a, `(e => e.scrollHeight - e.scrollTop - e.clientHeight)(document.getElementById("messages"))`); gap > 2 {
		t.Errorf("after opening the page its end is %.0f px away", gap)
	}

	if os.Getenv("CAMPFIRE_PICTURES") == "" {
		return
	}
	postTo(srv, ada, "The guide: [how it is made]("+site.URL+"/lantern) [plain]("+site.URL+"/plain)")
	postTo(srv, bo, "Thank you!")
	for _, l := range looks {
		a.wear(l)
		a.run(chromedp.Navigate(srv.URL+"/rooms/1"), chromedp.WaitVisible(`#composer`))
		a.eventually(`[...document.querySelectorAll(".preview-image")].length > 0`)
		a.frames()
		a.picture("previews-" + l.name)
	}
}

// Whatever a page calls itself, it runs no script, asks nobody for anything
// and leaves the page whole.
func TestHostilePreviews(t *testing.T) {
	open := newBrowsers(t)
	pages := make(map[string]string)
	site := outside(t, pages, nil)
	srv := previewing(t, "2s") // pictures at hosts that are not there are waited for
	ada := srv.SetUp()
	list := vectors(t)
	var links []string
	for i, v := range list {
		v = strings.ToValidUTF8(v, "")
		if i%4 != 0 || strings.TrimSpace(v) == "" || utf8.RuneCountInString(v) > 1000 {
			continue
		}
		path := fmt.Sprintf("/%d", i)
		e := html.EscapeString(v)
		// As it is, and with its markup hidden from the page's own parser.
		pages[path] = `<meta property="og:title" content="title ` + e + `"><meta property="og:description" content="` + html.EscapeString(e) + `"><meta property="og:site_name" content="` + e + `"><meta property="og:image" content="` + e + `">`
		links = append(links, "[x]("+site.URL+path+")")
	}
	b := open(1000, 800)
	b.signIn(srv, "ada@example.org")
	b.run(chromedp.WaitVisible(`#composer`))
	foreign := b.watch(srv.URL)
	messages := 0
	for i := 0; i < len(links); i += 3 {
		srv.Do(ada, "POST", "/api/rooms/1/messages", map[string]string{"body": strings.Join(links[i:min(i+3, len(links))], " ")}).Want(201)
		messages++
	}
	last := fmt.Sprintf(`[...document.querySelectorAll("article.message")].slice(-%d).every(e => e.querySelector(".preview"))`, messages)
	b.eventually(last)
	b.run(chromedp.Reload(), chromedp.WaitVisible(`#composer`))
	b.eventually(fmt.Sprintf(`document.querySelectorAll(".preview").length >= %d`, messages))
	if !evaluate[bool](b, `document.querySelectorAll("#sidebar, #main").length === 2 && document.documentElement.scrollWidth <= innerWidth`) {
		t.Error("the page is not whole")
	}
	if n := evaluate[int](b, `document.querySelectorAll(".previews script, .previews svg:not(.preview-remove svg), .previews iframe, .previews [onerror], .previews [onload], .previews [style]").length`); n != 0 {
		t.Errorf("%d elements in previews are none of ours", n)
	}
	for _, url := range foreign() {
		t.Errorf("the page asked for %s", url)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range b.problems {
		t.Errorf("the browser complains: %s", p)
	}
}

// Whoever writes a link is told what it will show, and may leave it out, by keys
// and on a phone. Nobody who is linked to is asked before it is posted.
func TestLinksInTheComposer(t *testing.T) {
	open := newBrowsers(t)
	var asked atomic.Int64
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<title>A lantern</title>")
	}))
	t.Cleanup(site.Close)
	srv := previewing(t, "25s")
	ada := srv.SetUp()
	b := open(1000, 700)
	b.enterAs(srv, "Ada")
	const note, without = `document.querySelector(".composer-links [role=status]")`, `document.querySelector(".composer-links button")`
	host := strings.TrimPrefix(site.URL, "http://")
	paste := func(text string) {
		t.Helper()
		b.do(fmt.Sprintf(`(i => { i.focus(); document.execCommand("insertText", false, %q) })(document.querySelector("#composer textarea"))`, text))
	}
	clear := func() {
		t.Helper()
		b.do(`(i => { i.focus(); i.select(); document.execCommand("delete") })(document.querySelector("#composer textarea"))`)
	}
	said := func(want string) {
		t.Helper()
		b.eventually(fmt.Sprintf(`%s.textContent === %q`, note, want))
		b.eventually(fmt.Sprintf(`%s.hidden === %v`, without, want == ""))
	}
	some := "A preview of " + host + " will be added."
	last := func(text string) {
		t.Helper()
		b.eventually(fmt.Sprintf(`[...document.querySelectorAll("article.message:not(.pending) .body")].at(-1)?.innerText.trim() === %q`, text))
	}

	// Text, code, angle brackets and files promise nothing.
	for _, text := range []string{"no link", "`" + site.URL + "/x`", "<" + site.URL + "/x>", "[a](" + site.URL + "/a.zip)"} {
		paste("[a](" + site.URL + "/a) ")
		said(some)
		clear()
		said("")
		paste(text)
		said("")
		clear()
	}

	// It is left out by keys: the button stands before the text.
	paste("Look: [this](" + site.URL + "/one)")
	said(some)
	b.picture("composer-link")
	accessible(b, "the composer with a link")
	b.keys(kb.Tab, chromedp.ModifierShift)
	b.focused(".composer-links button")
	b.keys(" ")
	said("No preview will be added.")
	if got := evaluate[string](b, without+`.getAttribute("aria-pressed")+" "+`+without+`.textContent`); got != "true Without a preview" {
		t.Errorf("the button says %q", got)
	}
	b.picture("composer-link-without")
	b.do(`document.querySelector("#composer textarea").focus()`)
	b.keys("\r")
	last("Look: this")
	said("")
	if n := asked.Load(); n != 0 {
		t.Errorf("the page was asked for %d times", n)
	}
	first := evaluate[int64](b, `Number([...document.querySelectorAll("article.message")].at(-1).dataset.id)`)

	// The next one has its preview again; the first has none, though the page is known by now.
	paste("And [that](" + site.URL + "/one)")
	said(some)
	if n := asked.Load(); n != 0 {
		t.Errorf("before it was posted the page was asked for %d times", n)
	}
	b.keys("\r")
	b.eventually(`[...document.querySelectorAll("article.message")].at(-1)?.querySelector(".preview-title")?.textContent === "A lantern"`)
	var in struct{ Message struct{ Previews []any } }
	srv.Do(ada, "GET", fmt.Sprintf("/api/rooms/1/messages/%d", first), nil).Want(200).JSON(&in)
	if len(in.Message.Previews) != 0 {
		t.Errorf("the message without a preview has %v", in.Message.Previews)
	}

	// Off and on again; and where the account has none, nothing is promised.
	paste("[a](" + site.URL + "/three)")
	said(some)
	b.do(without + `.click()`)
	said("No preview will be added.")
	b.do(without + `.click()`)
	said(some)
	clear()
	said("")

	// On a phone, with a finger, in the longest language.
	b.phone()
	paste("[a](" + site.URL + "/a) [b](http://www.a-rather-long-name-of-a-host.example.org/b)")
	said("A preview of " + host + ", a-rather-long-name-of-a-host.example.org will be added.")
	b.inside(".composer-links")
	if size := evaluate[float64](b, without+`.getBoundingClientRect().height`); size < 44 {
		t.Errorf("the button is %.0f px high", size)
	}
	b.picture("composer-link-390")

	// In the other languages, at each width; drafts are kept meanwhile.
	for tag, want := range map[string]string{"de": "Eine Vorschau von " + host, "es": "Se añadirá una vista previa de " + host} {
		b.run(chromedp.Navigate(srv.URL+"/profile"), chromedp.WaitVisible(`.language select`),
			chromedp.SetValue(`.language select`, tag), chromedp.Click(`.language button`),
			chromedp.WaitVisible(fmt.Sprintf(`html[lang=%s] .language`, tag)))
		for _, l := range looks {
			b.wear(l)
			b.run(chromedp.Navigate(srv.URL+"/rooms/1"), chromedp.WaitVisible(`.composer-tools`))
			b.eventually(fmt.Sprintf(`%s.textContent.startsWith(%q)`, note, want))
			b.inside(".composer-links")
			b.picture("composer-link-" + tag + "-" + l.name)
		}
	}
	b.complaints()

	srv.Do(ada, "PATCH", "/api/account", map[string]any{"previews": false}).Want(200)
	clear()
	paste("[a](" + site.URL + "/four) ")
	b.eventually(note + `.textContent === ""`)
	var links struct{ Links []string }
	srv.Do(ada, "POST", "/api/links", map[string]string{"body": site.URL}).Want(200).JSON(&links)
	if len(links.Links) != 0 {
		t.Errorf("with previews off: %q", links.Links)
	}
}
