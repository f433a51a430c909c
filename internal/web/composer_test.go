package web_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"campfire/internal/campfiretest"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// signIn opens the first room as someone who is known already, by first name.
func (b *browser) signIn(srv *campfiretest.Server, name string) {
	b.t.Helper()
	b.run(
		chromedp.Navigate(srv.URL+"/login"),
		chromedp.SendKeys(`input[name=email]`, strings.ToLower(name)+"@example.org"),
		chromedp.SendKeys(`input[name=password]`, campfiretest.Password+"\r"),
		chromedp.WaitVisible(`#composer`),
	)
}

// phone has the window be one that is used with fingers.
func (b *browser) phone() {
	b.t.Helper()
	b.run(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch))
}

// keys presses keys where the focus is, as a keyboard does: a page that
// prevents what a key does hears no character of it.
func (b *browser) keys(keys string, modifiers ...chromedp.Modifier) {
	b.t.Helper()
	var held int64
	for _, m := range modifiers {
		held |= int64(m)
	}
	b.run(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		for _, r := range keys {
			text := ""
			events := kb.Encode(r)
			for _, k := range events {
				if k.Type == kb.KeyChar && held&^int64(chromedp.ModifierShift) == 0 {
					text = k.Text
				}
			}
			for _, k := range events {
				if k.Type == kb.KeyChar {
					continue
				}
				k.Modifiers |= held
				if k.Type == kb.KeyDown {
					k.Text = text
				}
				if _, err := chromedp.Call(ctx, input.DispatchKeyEvent, *k); err != nil {
					return err
				}
			}
		}
		return nil
	}))
}

// do runs a statement of the page.
func (b *browser) do(statement string) {
	b.t.Helper()
	evaluate[bool](b, `(() => {`+statement+`; return true })()`)
}

// focused waits until the focus is on what a selector finds.
func (b *browser) focused(selector string) {
	b.t.Helper()
	b.eventually(fmt.Sprintf(`!!document.activeElement?.matches(%q)`, selector))
}

// inside checks that an element is wholly in the window, and that the page
// can't be scrolled sideways.
func (b *browser) inside(selector string) {
	b.t.Helper()
	b.eventually(fmt.Sprintf(`document.querySelector(%q) !== null && document.querySelector(%[1]q).getAnimations().length === 0`, selector))
	if out := evaluate[string](b, fmt.Sprintf(`(() => {
		const r = document.querySelector(%q).getBoundingClientRect();
		const d = document.documentElement;
		const ok = r.left >= 0 && r.top >= 0 && r.right <= d.clientWidth + 0.5 && r.bottom <= d.clientHeight + 0.5 && r.width > 0 && r.height > 0;
		const wide = d.scrollWidth > d.clientWidth || document.getElementById("messages").scrollWidth > document.getElementById("messages").clientWidth;
		return ok && !wide ? "" : JSON.stringify([r, d.clientWidth, d.clientHeight, d.scrollWidth]);
	})()`, selector)); out != "" {
		b.picture("failed-" + strings.ReplaceAll(b.t.Name(), "/", "-"))
		b.t.Errorf("%s is not inside of the window: %s", selector, out)
	}
}

// complaints fails the test when the browser complained of anything.
func (b *browser) complaints() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range b.problems {
		b.t.Errorf("the browser complains: %s", p)
	}
}

// post posts a message and returns its id.
func post(srv *campfiretest.Server, token, body string) int {
	var a struct{ Message struct{ ID int } }
	srv.Do(token, "POST", "/api/rooms/1/messages", map[string]any{"body": body}).Want(201).JSON(&a)
	return a.Message.ID
}

// The menu of a message: by keys alone, inside of the window at both ends of
// the log, with what each person may do.
func TestMessageMenuByKeys(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	bo := srv.Join(ada, "Bo")
	for i := range 12 {
		post(srv, ada, fmt.Sprintf("line %d", i))
	}
	first := post(srv, bo, "by Bo")
	last := post(srv, ada, "by Ada")

	b := open(1000, 600)
	b.signIn(srv, "Ada")
	b.says("by Ada")
	b.run(chromedp.Focus(`#composer textarea`))
	for range 20 {
		b.keys(kb.Tab, chromedp.ModifierShift)
		if evaluate[bool](b, `!!document.activeElement?.matches(".options")`) {
			break
		}
	}
	own := fmt.Sprintf("#message-%d .options", last)
	b.focused(own)
	b.eventually(fmt.Sprintf(`document.querySelector("#message-%d .bar") !== null`, last))
	b.keys("\r")
	b.focused(`[role=menu] [role=menuitem]`)
	b.inside(".popup")
	b.picture("menu")
	names := func() string {
		return strings.Join(evaluate[[]string](b, `[...document.querySelectorAll(".menu-item")].map(e => e.textContent)`), ", ")
	}
	if got := names(); got != "Reply, Copy link, Copy text, Mark unread, Edit, Delete message" {
		t.Errorf("the author's menu: %s", got)
	}
	label := `document.activeElement.textContent`
	for _, step := range []struct{ key, at string }{
		{kb.ArrowRight, "👏"}, {kb.ArrowDown, "Reply"}, {kb.ArrowUp, "👍"}, {kb.ArrowUp, "Delete message"},
		{kb.ArrowDown, "👍"}, {kb.End, "Delete message"}, {kb.Home, "👍"}, {"e", "Edit"},
	} {
		b.keys(step.key)
		if got := evaluate[string](b, label); got != step.at {
			t.Errorf("after %q the focus is on %q, not on %q", step.key, got, step.at)
		}
	}
	b.keys(kb.Escape)
	b.focused(own)
	b.eventually(`document.querySelector(".popup") === null`)

	// Of another's message an administrator may only delete it.
	b.do(fmt.Sprintf(`document.querySelector("#message-%d .options").focus()`, first))
	b.keys("\r")
	b.focused(`[role=menuitem]`)
	if got := names(); got != "Reply, Copy link, Copy text, Mark unread, Delete message" {
		t.Errorf("an administrator's menu: %s", got)
	}
	b.keys("m\r")
	srv.Do(ada, "GET", "/api/rooms/1", nil).Want(200)
	b.eventually(fmt.Sprintf(`fetch("/api/rooms/1").then(r => r.json()).then(r => r.room.unread_count === 1)`))

	// At the upper end it opens downwards.
	b.do(`document.getElementById("messages").scrollTop = 0; document.querySelector("article.message .options").focus()`)
	b.keys("\r")
	b.inside(".popup")
	b.keys(kb.Escape)

	// Deleting asks, and can be thought better of.
	b.do(fmt.Sprintf(`document.querySelector("#message-%d .options").focus()`, first))
	b.keys("\r")
	b.focused(`[role=menuitem]`)
	b.keys(kb.End + "\r")
	b.run(chromedp.WaitVisible(`dialog.question`))
	b.keys(kb.Escape)
	b.eventually(`document.querySelector("dialog") === null`)
	b.focused(fmt.Sprintf("#message-%d .options", first))
	b.keys("\r")
	b.focused(`[role=menuitem]`)
	b.keys(kb.End + "\r")
	b.run(chromedp.WaitVisible(`dialog.question`))
	b.keys("\r")
	b.saysNot("by Bo")

	// Bo may only reply to Ada's.
	c := open(1000, 600)
	c.signIn(srv, "Bo")
	c.says("by Ada")
	c.do(fmt.Sprintf(`document.querySelector("#message-%d .options").focus()`, last))
	c.keys("\r")
	c.focused(`[role=menuitem]`)
	if got := strings.Join(evaluate[[]string](c, `[...document.querySelectorAll(".menu-item")].map(e => e.textContent)`), ", "); got != "Reply, Copy link, Copy text, Mark unread" {
		t.Errorf("another's menu: %s", got)
	}
	b.complaints()
	c.complaints()
}

// On a phone the options and a long press open a sheet with the same.
func TestMessageSheetByTouch(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	id := post(srv, ada, "hold me")
	b := open(390, 844)
	b.phone()
	b.signIn(srv, "Ada")
	b.says("hold me")
	at := evaluate[[]float64](b, fmt.Sprintf(`(() => { const r = document.querySelector("#message-%d .body").getBoundingClientRect(); return [r.left + 20, r.top + r.height / 2] })()`, id))
	touch := func(kind input.DispatchTouchEventType, points ...*input.TouchPoint) chromedp.Action[chromedp.Void] {
		return chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
			_, err := chromedp.Call(ctx, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: kind, TouchPoints: append([]*input.TouchPoint{}, points...)})
			return err
		})
	}
	b.run(touch("touchStart", &input.TouchPoint{X: at[0], Y: at[1]}), chromedp.WaitVisible(`dialog.sheet [role=menu]`))
	b.inside("dialog.sheet")
	b.run(touch("touchEnd"))
	b.picture("sheet-phone")
	// The lifted finger chose nothing; the next tap does.
	if !evaluate[bool](b, `document.querySelector("dialog.sheet").open`) {
		t.Error("lifting the finger closed the sheet")
	}
	b.run(chromedp.Tap(`dialog.sheet .quick-boost`))
	b.eventually(`document.querySelector(".pill")?.dataset.content === "👍"`)
	b.eventually(`document.querySelector("dialog") === null`)

	b.run(chromedp.Tap(fmt.Sprintf("#message-%d .options", id)), chromedp.WaitVisible(`dialog.sheet [role=menu]`))
	small := evaluate[[]string](b, `[...document.querySelectorAll("dialog.sheet button")].filter(e => e.getBoundingClientRect().height < 44).map(e => e.outerHTML)`)
	if len(small) > 0 {
		t.Errorf("too small for a finger: %q", small)
	}
	b.run(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error { // beside the sheet
		_, err := chromedp.Run(ctx, chromedp.TapXY(195, 60))
		return err
	}))
	b.eventually(`document.querySelector("dialog") === null`)
	b.complaints()
}

// Boosts of one content count together, live, and a press adds or takes back
// one's own.
func TestBoostsCount(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	bo := srv.Join(ada, "Bo")
	id := post(srv, ada, "kettle's on")
	boosts := fmt.Sprintf("/api/rooms/1/messages/%d/boosts", id)
	srv.Do(bo, "POST", boosts, map[string]string{"content": "👍"}).Want(201)
	b := open(1000, 700)
	b.signIn(srv, "Ada")
	b.says("kettle's on")
	pill := func(n int) string { return fmt.Sprintf(`document.querySelectorAll(".pill")[%d]`, n) }
	b.eventually(pill(0) + `?.getAttribute("aria-label") === "👍, 1: Bo"`)
	if evaluate[bool](b, `document.querySelector(".pop") !== null`) {
		t.Error("a boost that was there pops")
	}
	b.run(chromedp.Click(`.pill`))
	b.eventually(pill(0) + `.getAttribute("aria-label") === "👍, 2: Bo, Ada" && ` + pill(0) + `.getAttribute("aria-pressed") === "true"`)
	srv.Do(bo, "POST", boosts, map[string]string{"content": "so good"}).Want(201)
	b.eventually(pill(1) + `?.innerText.replace(/\s+/g, " ") === "so good 1"`)
	b.focused(`.pill`)
	b.keys(" ")
	b.eventually(pill(0) + `.getAttribute("aria-label") === "👍, 1: Bo" && ` + pill(0) + `.getAttribute("aria-pressed") === "false"`)
	b.focused(`.pill`)

	// Words of one's own, by keys from the bar.
	b.do(fmt.Sprintf(`document.querySelector("#message-%d .options").focus()`, id))
	b.eventually(`document.querySelector(".bar") !== null`)
	b.do(`document.querySelector(".bar-button").focus()`)
	b.keys("\r")
	b.focused(`.quick-boost`)
	b.inside(".popup")
	b.picture("boost")
	b.keys(kb.Tab, chromedp.ModifierShift)
	b.keys(kb.Tab, chromedp.ModifierShift)
	b.focused(`.boost-words input`)
	b.keys("seventeen letters")
	b.keys("\r")
	if !evaluate[bool](b, `!document.querySelector(".boost-words input").validity.valid`) {
		t.Error("seventeen characters are taken")
	}
	b.keys(kb.Backspace)
	b.keys("\r")
	b.eventually(pill(2) + `?.dataset.content === "seventeen letter"`)
	if got := evaluate[[]string](b, `[...document.querySelectorAll(".pill")].map(e => e.dataset.content)`); !slices.Equal(got, []string{"👍", "so good", "seventeen letter"}) {
		t.Errorf("boosts %q", got)
	}
	b.complaints()
}
