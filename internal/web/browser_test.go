package web_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"campfire/internal/campfiretest"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browser is one person's window, with storage of its own.
type browser struct {
	t      *testing.T
	ctx    context.Context
	worker context.Context // of the service worker, once a test has asked something of it

	mu       sync.Mutex
	problems []string // what the console complained of
}

// withMouse has pages know of a mouse, which a machine of tests has none of.
var withMouse = chromedp.Flag("blink-settings", "primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,availablePointerTypes=4")

// newBrowsers starts one Chromium; each call of the result opens a window
// that shares nothing with the others.
func newBrowsers(t *testing.T, more ...chromedp.ExecAllocatorOption) func(width, height int64) *browser {
	t.Helper()
	opts := append(slices.Clip(append(chromedp.DefaultExecAllocatorOptions[:], more...)),
		chromedp.ExecPath(campfiretest.Chromium(t)),
		chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.UserDataDir(t.TempDir()),
	)
	alloc, cancel := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(cancel)
	root, cancelRoot := chromedp.NewContext(alloc)
	t.Cleanup(cancelRoot)
	if err := chromedp.Do(root); err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	return func(width, height int64) *browser {
		ctx, cancel := chromedp.NewContext(root, chromedp.WithNewBrowserContext())
		t.Cleanup(cancel)
		b := &browser{t: t, ctx: ctx}
		err := chromedp.Listen(ctx, func(ev any) {
			switch ev := ev.(type) {
			case *runtime.EventExceptionThrown:
				b.problem("exception: " + ev.ExceptionDetails.Text)
			case *log.EventEntryAdded:
				if ev.Entry.Source == log.EntrySourceSecurity || strings.Contains(ev.Entry.Text, "Content Security Policy") {
					b.problem(ev.Entry.Text)
				}
				b.t.Log(ev.Entry.Text, ev.Entry.URL)
			case *page.EventJavascriptDialogOpening:
				if ev.Type != page.DialogTypeConfirm {
					b.problem("dialog: " + ev.Message)
				}
				go func() {
					_, _ = chromedp.Call(ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true})
				}()
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := chromedp.Call(ctx, log.Enable, cdp.Empty{}); err != nil {
			t.Fatal(err)
		}
		b.run(chromedp.EmulateViewport(width, height))
		return b
	}
}

func (b *browser) problem(s string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.problems = append(b.problems, s)
}

// run runs actions and fails the test with a picture of where it got to.
func (b *browser) run(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 30*time.Second)
	defer cancel()
	for _, action := range actions {
		err := chromedp.Do(ctx, action)
		// A page that is just loading may replace what was found before it is used.
		for tries := 0; err != nil && tries < 5 && strings.Contains(err.Error(), "Could not find node"); tries++ {
			err = chromedp.Do(ctx, action)
		}
		if err != nil {
			b.picture("failed-" + strings.ReplaceAll(b.t.Name(), "/", "-"))
			b.t.Fatal(err)
		}
	}
}

// evaluate returns what an expression of the page is.
func evaluate[T any](b *browser, expression string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// evaluateAsync returns what a promise of the page becomes.
func evaluateAsync[T any](b *browser, expression string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// picture saves what the window shows into $CAMPFIRE_PICTURES, if that is set.
func (b *browser) picture(name string) {
	dir := os.Getenv("CAMPFIRE_PICTURES")
	if dir == "" {
		return
	}
	if png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot()); err == nil {
		_ = os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644)
	}
}

// eventually waits until an expression of the page is true, also when the
// page leads to another meanwhile.
func (b *browser) eventually(expression string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 20*time.Second)
	defer cancel()
	poll := chromedp.Poll[chromedp.Void](expression, chromedp.WithPollingInterval(20*time.Millisecond))
	err := chromedp.Do(ctx, poll)
	for err != nil && ctx.Err() == nil && leftBehind(err) {
		err = chromedp.Do(ctx, poll)
	}
	if err != nil {
		text, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.body.innerText`))
		b.picture("failed-" + strings.ReplaceAll(b.t.Name(), "/", "-"))
		b.mu.Lock()
		defer b.mu.Unlock()
		b.t.Fatalf("never true: %s\n%v\nthe browser complains: %q\nthe page says:\n%s", expression, err, b.problems, text)
	}
}

// leftBehind reports whether an error is of a page that is no longer there.
func leftBehind(err error) bool {
	return strings.Contains(err.Error(), "navigated or closed") || strings.Contains(err.Error(), "Cannot find context")
}

// texts returns the messages on the page, as they are read.
func (b *browser) texts() []string {
	b.t.Helper()
	return evaluate[[]string](b, `[...document.querySelectorAll("article.message .body")].map(e => e.innerText.trim())`)
}

func (b *browser) says(text string) {
	b.t.Helper()
	b.eventually(fmt.Sprintf(`[...document.querySelectorAll("article.message:not(.pending) .body")].some(e => e.innerText.trim() === %q)`, text))
}

func (b *browser) saysNot(text string) {
	b.t.Helper()
	b.eventually(fmt.Sprintf(`![...document.querySelectorAll("article.message .body")].some(e => e.innerText.trim() === %q)`, text))
}

func (b *browser) write(text string) {
	b.t.Helper()
	b.run(chromedp.SendKeys(`#composer textarea`, text))
	b.enter()
}

// options opens the menu of the message with a text, once it is stored, and
// presses a button.
func (b *browser) options(text, button string) {
	b.t.Helper()
	b.says(text)
	b.eventually(fmt.Sprintf(`(() => {
		if (document.querySelector(".menu-list")) return true;
		const m = [...document.querySelectorAll("article.message:not(.pending)")].find(e => e.querySelector(".body").innerText.trim() === %q);
		m?.querySelector(".options")?.click();
		return !!document.querySelector(".menu-list");
	})()`, text))
	b.eventually(fmt.Sprintf(`(() => { const x = [...document.querySelectorAll(".menu-list [role=menuitem]")].find(e => e.textContent === %q); if (!x) return false; x.click(); return true })()`, button))
}

// The story of the README: set up, invite, talk, restart.
func TestTwoPeopleInTwoBrowsers(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	ada := open(1440, 900)
	ada.run(
		chromedp.Navigate(srv.URL),
		chromedp.WaitVisible(`input[name=name]`),
	)
	ada.picture("setup")
	ada.run(
		chromedp.SendKeys(`input[name=name]`, "Ada"),
		chromedp.SendKeys(`input[name=email]`, "ada@example.org"),
		chromedp.SendKeys(`input[name=password]`, campfiretest.Password+"\r"),
		chromedp.WaitVisible(`#composer`),
	)
	link := evaluate[string](ada, `document.querySelector(".welcome input").value`)
	if !strings.HasPrefix(link, srv.URL+"/join/") {
		t.Fatalf("join link %q", link)
	}
	ada.picture("welcome")

	bo := open(390, 844)
	bo.run(
		chromedp.Navigate(link),
		chromedp.SendKeys(`input[name=name]`, "Bo"),
		chromedp.SendKeys(`input[name=email]`, "bo@example.org"),
		chromedp.SendKeys(`input[name=password]`, campfiretest.Password+"\r"),
		chromedp.WaitVisible(`#composer`),
	)

	// A live exchange, both ways.
	ada.write("Morning. Kettle's on.")
	ada.says("Morning. Kettle's on.")
	bo.says("Morning. Kettle's on.")
	bo.write("On my way with the blue mug")
	ada.says("On my way with the blue mug")

	// Edit, boost, delete: each seen by the other.
	ada.options("Morning. Kettle's on.", "Edit")
	ada.run(chromedp.WaitVisible(`.editor textarea`),
		chromedp.Evaluate[chromedp.Void](`document.querySelector(".editor textarea").select()`),
		chromedp.SendKeys(`.editor textarea`, "Morning! **Kettle's** on.\r"))
	bo.says("Morning! Kettle's on.")
	ada.says("Morning! Kettle's on.")
	bo.eventually(`document.querySelector("article.message .edited") !== null`)
	bo.options("Morning! Kettle's on.", "🔥")
	ada.eventually(`document.querySelector(".pill bdi")?.innerText === "🔥"`)
	ada.write("Regret this one")
	bo.says("Regret this one")
	ada.options("Regret this one", "Delete message")
	ada.run(chromedp.Click(`dialog button[value=yes]`))
	bo.saysNot("Regret this one")
	ada.saysNot("Regret this one")

	// Typing is shown while it lasts.
	bo.run(chromedp.SendKeys(`#composer textarea`, "hm"))
	t.Log(evaluate[string](bo, `document.activeElement.outerHTML.slice(0,200) + "|" + document.querySelector("#composer textarea").value + "|" + document.querySelectorAll("dialog").length`))
	ada.eventually(`document.getElementById("typing").textContent === "Bo is typing…"`)
	bo.run(chromedp.Evaluate[chromedp.Void](`document.querySelector("#composer textarea").value = ""`))

	// A restart in the middle: what is written meanwhile is sent afterwards.
	srv.Stop()
	ada.eventually(`document.getElementById("status").textContent !== ""`)
	ada.write("Written while the server was away")
	bo.write("So was this")
	ada.eventually(`document.querySelectorAll(".pending").length === 1`)
	srv.Start()
	for _, b := range []*browser{ada, bo} {
		b.says("Written while the server was away")
		b.says("So was this")
		b.eventually(`document.querySelectorAll(".pending").length === 0`)
	}
	ada.write("Still here")
	bo.says("Still here")
	ada.says("Still here")
	ada.picture("room")
	bo.picture("room-phone")

	// Nothing lost, nothing doubled, and both see the same.
	a, b := ada.texts(), bo.texts()
	if !slices.Equal(a, b) {
		t.Errorf("ada sees %q\nbo sees  %q", a, b)
	}
	want := []string{"Morning! Kettle's on.", "On my way with the blue mug", "Written while the server was away", "So was this", "Still here"}
	slices.Sort(a)
	slices.Sort(want)
	if !slices.Equal(a, want) {
		t.Errorf("the page has %q, want %q", a, want)
	}
	ada.run(chromedp.Reload(), chromedp.WaitVisible(`#composer`))
	if again := ada.texts(); !slices.Equal(again, b) {
		t.Errorf("after a reload: %q, before it: %q", again, b)
	}

	// Search finds it, also by part of a word, and leads back to it.
	ada.run(
		chromedp.Navigate(srv.URL+"/search"),
		chromedp.SendKeys(`input[type=search]`, "ettle\r"),
		chromedp.WaitVisible(`.hits a`),
	)
	ada.picture("search")
	ada.run(
		chromedp.Click(`.hits a`),
		chromedp.WaitVisible(`.message.highlight`),
	)
	for name, w := range map[string]*browser{"ada": ada, "bo": bo} {
		w.mu.Lock()
		for _, p := range w.problems {
			t.Errorf("%s's browser complains: %s", name, p)
		}
		w.mu.Unlock()
	}
}

// History loads in both directions and keeps the reader's place.
func TestHistoryLoadsBothWays(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	token := srv.SetUp()
	for i := range 5 {
		var batch []any
		for j := range 100 {
			batch = append(batch, map[string]string{"body": fmt.Sprintf("message %03d", i*100+j)})
		}
		srv.Do(token, "POST", "/api/rooms/1/messages/batch", map[string]any{"messages": batch}).Want(200)
	}
	b := open(1000, 700)
	b.run(
		chromedp.Navigate(srv.URL+"/login"),
		chromedp.SendKeys(`input[name=email]`, "ada@example.org"),
		chromedp.SendKeys(`input[name=password]`, campfiretest.Password+"\r"),
		chromedp.WaitVisible(`#composer`),
	)
	b.says("message 499")
	for _, want := range []string{"message 300", "message 100", "message 000"} {
		b.eventually(fmt.Sprintf(`(() => { const log = document.getElementById("messages"); log.scrollTop = 0; return [...document.querySelectorAll("article.message .body")].some(e => e.innerText.trim() === %q) })()`, want))
	}
	b.eventually(`!document.getElementById("jump").hidden`)
	b.eventually(`(() => { const log = document.getElementById("messages"); log.scrollTop = log.scrollHeight; return [...document.querySelectorAll("article.message .body")].some(e => e.innerText.trim() === "message 499") })()`)
	if !evaluate[bool](b, `(() => { const t = [...document.querySelectorAll("article.message .body")].map(e => e.innerText.trim()); return t.every((x, i) => i === 0 || t[i-1] < x) })()`) {
		t.Errorf("out of order or doubled: %q", b.texts())
	}
}

// Hostile texts, as messages, names and search terms, run no script in a real
// browser and ask for nothing from elsewhere.
func TestHostileTextsRunNoScript(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t, "CAMPFIRE_MAX_PAGE=100")
	token := srv.SetUp()
	vectors := []string{
		`<script>alert(1)</script>`, `<img src=x onerror=alert(1)>`, `<svg onload=alert(1)>`, `[x](javascript:alert(1))`,
		`![x](https://canary.example/x.png)`, `<iframe srcdoc="<script>parent.alert(1)</script>">`, `<style>@import "https://canary.example/x"</style>`,
		"```html\n<script>alert(1)</script>\n```", `"><script>alert(1)</script>`, `<a href="javascript:alert(1)" onclick=alert(1)>x</a>`,
	}
	for i, v := range vectors {
		srv.Do(token, "POST", "/api/rooms/1/messages", map[string]string{"body": v, "client_message_id": fmt.Sprint(i)}).Want(201)
	}
	srv.Do(token, "PATCH", "/api/users/me", map[string]string{"name": `<img src=x onerror=alert(2)>`, "bio": `<script>alert(3)</script>`}).Want(200)
	srv.Do(token, "PATCH", "/api/rooms/1", map[string]string{"name": `"><script>alert(4)</script>`}).Want(200)
	srv.Do(token, "PATCH", "/api/account", map[string]string{"name": `</title><script>alert(5)</script>`}).Want(200)
	srv.Do(token, "POST", "/api/rooms/1/messages/1/boosts", map[string]string{"content": `<b onclick=a()>`}).Want(201)
	srv.Do(token, "POST", "/api/users/me/tokens", map[string]string{"name": `"><script>alert(8)</script>`}).Want(201)
	bo := srv.Join(token, "Bo")
	srv.Do(bo, "PATCH", "/api/users/me", map[string]string{"name": `'"><svg onload=alert(9)>`}).Want(200)
	srv.Do(bo, "POST", "/api/rooms/1/messages", map[string]string{"body": `<@1> <script>alert(10)</script>`}).Want(201)
	srv.Do(token, "PUT", "/api/account/styles", map[string]string{"css": `</style></link><script>alert(11)</script>`}).Want(200)
	b := open(1000, 800)
	b.run(
		chromedp.Navigate(srv.URL+"/login"),
		chromedp.SendKeys(`input[name=email]`, "ada@example.org"),
		chromedp.SendKeys(`input[name=password]`, campfiretest.Password+"\r"),
		chromedp.WaitVisible(`#composer`),
	)
	live := `live <img src=x onerror=alert(6)>`
	srv.Do(token, "POST", "/api/rooms/1/messages", map[string]string{"body": live}).Want(201)
	b.says(live)
	for _, p := range []string{"/account", "/account/styles", "/profile", "/users/1", "/users/2", "/rooms", "/rooms/new", "/directs/new", "/rooms/1/edit", "/mentions", "/search", "/rooms/1/messages/1/edit", "/search?q=%3Cscript%3Ealert(7)%3C/script%3E", "/rooms/1/@3"} {
		b.run(chromedp.Navigate(srv.URL+p), chromedp.WaitVisible(`#main`))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range b.problems {
		t.Errorf("the browser complains: %s", p)
	}
}
