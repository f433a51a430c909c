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

// enterAs opens the first room as someone who is known already, by first name.
func (b *browser) enterAs(srv *campfiretest.Server, name string) {
	b.t.Helper()
	b.signIn(srv, strings.ToLower(name)+"@example.org")
	b.run(chromedp.WaitVisible(`.composer-tools`)) // the browser's code has run
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

// script runs a statement of the page.
func (b *browser) script(statement string) {
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
	b.enterAs(srv, "Ada")
	b.says("by Ada")
	b.script(`document.getElementById("messages").focus({preventScroll: true})`)
	b.keys(kb.ArrowUp)
	b.focused(fmt.Sprintf("#message-%d", last))
	for range 5 {
		b.keys(kb.Tab)
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
	b.script(fmt.Sprintf(`document.querySelector("#message-%d .options").focus()`, first))
	b.keys("\r")
	b.focused(`[role=menuitem]`)
	if got := names(); got != "Reply, Copy link, Copy text, Mark unread, Why was I (not) notified?, Delete message" {
		t.Errorf("an administrator's menu: %s", got)
	}
	b.keys("m\r")
	srv.Do(ada, "GET", "/api/rooms/1", nil).Want(200)
	b.eventually(`fetch("/api/rooms/1").then(r => r.json()).then(r => r.room.unread_count === 1)`)

	// At the upper end it opens downwards.
	b.script(`document.getElementById("messages").scrollTop = 0; document.querySelector("article.message .options").focus()`)
	b.keys("\r")
	b.inside(".popup")
	b.keys(kb.Escape)

	// Deleting asks, and can be thought better of.
	b.script(fmt.Sprintf(`document.querySelector("#message-%d .options").focus()`, first))
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
	c.enterAs(srv, "Bo")
	c.says("by Ada")
	c.script(fmt.Sprintf(`document.querySelector("#message-%d .options").focus()`, last))
	c.keys("\r")
	c.focused(`[role=menuitem]`)
	if got := strings.Join(evaluate[[]string](c, `[...document.querySelectorAll(".menu-item")].map(e => e.textContent)`), ", "); got != "Reply, Copy link, Copy text, Mark unread, Why was I (not) notified?" {
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
	b.enterAs(srv, "Ada")
	b.says("hold me")
	at := evaluate[[]float64](b, fmt.Sprintf(`(() => { const r = document.querySelector("#message-%d .body").getBoundingClientRect(); return [r.left + 20, r.top + r.height / 2] })()`, id))
	touch := func(kind input.DispatchTouchEventType, points ...*input.TouchPoint) chromedp.Action[chromedp.Void] {
		return chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
			_, err := chromedp.Call(ctx, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: kind, TouchPoints: append([]*input.TouchPoint{}, points...)})
			return err
		})
	}
	b.run(touch("touchStart", &input.TouchPoint{X: at[0], Y: at[1]}), chromedp.WaitVisible(`dialog.bottom-sheet [role=menu]`))
	b.inside("dialog.bottom-sheet")
	b.run(touch("touchEnd"))
	b.picture("sheet-phone")
	// The lifted finger chose nothing; the next tap does.
	if !evaluate[bool](b, `document.querySelector("dialog.bottom-sheet").open`) {
		t.Error("lifting the finger closed the sheet")
	}
	b.run(chromedp.Tap(`dialog.bottom-sheet .quick-boost`))
	b.eventually(`document.querySelector(".pill")?.dataset.content === "👍"`)
	b.eventually(`document.querySelector("dialog") === null`)

	b.run(chromedp.Tap(fmt.Sprintf("#message-%d .options", id)), chromedp.WaitVisible(`dialog.bottom-sheet [role=menu]`))
	small := evaluate[[]string](b, `[...document.querySelectorAll("dialog.bottom-sheet button")].filter(e => e.getBoundingClientRect().height < 44).map(e => e.outerHTML)`)
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
	b.enterAs(srv, "Ada")
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
	b.script(fmt.Sprintf(`document.querySelector("#message-%d .options").focus()`, id))
	b.eventually(`document.querySelector(".bar") !== null`)
	b.script(`document.querySelector(".bar-button").focus()`)
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

// written is what stands in the composer.
func (b *browser) written(want string) {
	b.t.Helper()
	b.eventually(fmt.Sprintf(`document.querySelector("#composer textarea").value === %q`, want))
}

// Writing: keys that send and that don't, marks, links, undoing, input
// methods, replies.
func TestComposerKeys(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	srv.SetUp()
	b := open(1000, 700)
	b.enterAs(srv, "Ada")
	b.run(chromedp.Focus(`#composer textarea`))
	height := func() float64 {
		return evaluate[float64](b, `document.querySelector("#composer textarea").getBoundingClientRect().height`)
	}
	one := height()
	b.keys("one")
	b.keys("\r", chromedp.ModifierShift)
	b.keys("two")
	b.written("one\ntwo")
	if two := height(); two < one+16 {
		t.Errorf("the field is %v pixels high with one line and %v with two", one, two)
	}
	b.keys("\r", chromedp.ModifierCtrl)
	b.says("one\ntwo")
	b.script(`document.querySelector("#composer textarea").value = "x\n".repeat(30)`)
	line := evaluate[float64](b, `parseFloat(getComputedStyle(document.activeElement).lineHeight)`)
	if many := height(); many > one+7.5*line || many < one+6.5*line {
		t.Errorf("the field is %v pixels high with one line and %v with thirty", one, many)
	}
	b.script(`document.querySelector("#composer textarea").value = ""`)

	// In a block of code the key makes a line, after it and beside it not.
	b.keys("```go\rx := 1\r```\r")
	b.written("")
	b.says("x := 1")
	b.keys("```x``` is code\r")
	b.says("x is code")

	// Marks around the selection; undoing takes them back.
	b.keys("bold move")
	b.script(`document.activeElement.setSelectionRange(0, 4)`)
	b.keys("b", chromedp.ModifierCtrl)
	b.written("**bold** move")
	b.keys("b", chromedp.ModifierCtrl)
	b.written("bold move")
	b.keys("e", chromedp.ModifierCtrl)
	b.written("`bold` move")
	b.keys("i", chromedp.ModifierCtrl)
	b.written("`_bold_` move")
	b.script(`document.execCommand("undo")`)
	b.written("`bold` move")
	b.script(`document.execCommand("undo"); document.execCommand("undo")`)
	b.written("**bold** move")

	// A link pasted onto words.
	paste := func(text string) {
		b.script(fmt.Sprintf(`const d = new DataTransfer(); d.setData("text/plain", %q); document.activeElement.dispatchEvent(new ClipboardEvent("paste", {clipboardData: d, bubbles: true, cancelable: true}))`, text))
	}
	b.script(`document.activeElement.value = "see the plan today"; document.activeElement.setSelectionRange(4, 12)`)
	paste("https://example.org/plan")
	b.written("see [the plan](https://example.org/plan) today")
	b.script(`document.activeElement.value = "see the plan"; document.activeElement.setSelectionRange(4, 12)`)
	paste("no link")
	b.written("see the plan")
	b.script(`document.activeElement.value = ""`)

	// Enter belongs to the input method while it composes.
	b.run(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, input.ImeSetComposition, input.ImeSetCompositionParams{Text: "にほ", SelectionStart: 2, SelectionEnd: 2})
		return err
	}))
	b.written("にほ")
	b.script(`const e = document.activeElement; for (const init of [{isComposing: true}, {keyCode: 229}]) e.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", bubbles: true, cancelable: true, ...init}))`)
	b.written("にほ")
	b.run(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, input.InsertText, input.InsertTextParams{Text: "日本"})
		return err
	}))
	b.written("日本")
	b.keys("\r")
	b.says("日本")

	// A reply shows what it is to; Escape thinks better of it.
	b.options("日本", "Reply")
	b.eventually(`document.querySelector("#replying").innerText.replace(/\s+/g, " ").trim() === "Replying to Ada 日本"`)
	b.focused(`#composer textarea`)
	b.picture("replying")
	b.keys(kb.Escape)
	b.eventually(`document.querySelector("#replying").hidden`)
	b.options("日本", "Reply")
	b.focused(`#composer textarea`)
	b.keys("is Japan\r")
	b.says("is Japan")
	b.eventually(`document.querySelector(".quote")?.innerText.includes("日本")`)

	// The list of marks.
	b.keys("plan")
	b.script(`document.activeElement.select()`)
	b.run(chromedp.Click(`button[title="Rich text"]`), chromedp.WaitVisible(`.formats`))
	b.inside(".popup")
	b.picture("formats")
	b.script(`[...document.querySelectorAll(".formats button")].find(e => e.textContent.startsWith("Strike")).click()`)
	b.written("~~plan~~")
	b.focused(`#composer textarea`)
	b.script(`document.activeElement.select()`)
	b.keys(kb.Backspace)

	// Up edits what one said last.
	b.keys(kb.ArrowUp)
	b.focused(`.editor textarea`)
	if got := evaluate[string](b, `document.activeElement.value`); got != "is Japan" {
		t.Errorf("it edits %q", got)
	}
	b.complaints()
}

// A phone's Enter is a new line; the button sends.
func TestComposerByTouch(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	srv.SetUp()
	b := open(390, 844)
	b.phone()
	b.enterAs(srv, "Ada")
	b.run(chromedp.Tap(`#composer textarea`))
	b.keys("one\rtwo")
	b.written("one\ntwo")
	b.inside("#composer")
	b.picture("composer-phone")
	b.run(chromedp.Tap(`button[name=send]`))
	b.says("one\ntwo")
	b.written("")
	b.run(chromedp.Tap(`button[title="Add to your message"]`), chromedp.WaitVisible(`dialog.bottom-sheet .menu-item:last-child`), chromedp.Tap(`dialog.bottom-sheet .menu-item:last-child`), chromedp.WaitVisible(`dialog.bottom-sheet .formats`))
	b.inside("dialog.bottom-sheet")
	b.complaints()
}

// What is too long stays where it was written, and how much too long it is is
// said. The longest that may be sent is, and breaks nothing.
func TestLongMessages(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	srv.SetUp()
	b := open(390, 844)
	b.enterAs(srv, "Ada")
	note := `document.querySelector(".composer-note").textContent`
	fill := func(script string) {
		b.script(`const e = document.querySelector("#composer textarea"); e.focus(); e.value = ` + script + `; e.dispatchEvent(new InputEvent("input", {bubbles: true}))`)
	}
	fill(`"x".repeat(29000)`)
	b.eventually(note + ` === ""`)
	fill(`"x".repeat(32000)`)
	b.eventually(note + ` === "Room for about 768 more characters."`)
	fill(`"x".repeat(32 * 1024 - 5) + "ääää"`)
	b.eventually(note + ` === "2 characters too many. Shorten the text to send it."`)
	b.keys("\r")
	b.eventually(`document.querySelector("#composer textarea").value.length === 32 * 1024 - 1`)
	b.eventually(`document.querySelectorAll("article.message").length === 0`)
	b.picture("too-long")
	fill(`"x".repeat(32 * 1024)`)
	b.eventually(note + ` === "Room for about 0 more characters."`)
	b.keys("\r")
	b.eventually(`document.querySelector("article.message:not(.pending) .body")?.innerText.length === 32 * 1024`)
	b.inside("#composer")

	// Nothing but space is not sent, and not lost.
	b.keys(" \r")
	b.eventually(`document.querySelectorAll("article.message").length === 1`)
	b.complaints()
}

// A draft is kept, and follows into another tab.
func TestDraftsFollow(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	srv.SetUp()
	b := open(1000, 700)
	b.enterAs(srv, "Ada")
	b.run(chromedp.Focus(`#composer textarea`))
	b.keys("not yet")
	b.run(chromedp.Reload(), chromedp.WaitVisible(`#composer`))
	b.written("not yet")
	b.script(`document.activeElement.blur()`) // one looks elsewhere
	b.script(`dispatchEvent(new StorageEvent("storage", {key: "campfire.draft.1.1", newValue: "from the other tab"}))`)
	b.written("from the other tab")
	b.run(chromedp.Focus(`#composer textarea`))
	b.keys("!")
	b.written("from the other tab!")
	b.script(`dispatchEvent(new StorageEvent("storage", {key: "campfire.draft.1.1", newValue: "not while one writes"}))`)
	b.written("from the other tab!")
	b.complaints()
}

// suggestions are the completion's options, the chosen one marked.
const suggestions = `[...document.querySelectorAll("[role=listbox] [role=option]")].map(e => (e.getAttribute("aria-selected") === "true" ? ">" : "") + e.querySelector(".completion-name").textContent).join(", ")`

// Names are completed by keys alone, also in the editor; one that others could
// be meant by goes as an id. Hostile names are names.
func TestNamesAreCompleted(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	hostile := `<img src=x onerror=alert(1)> "&`
	wide := strings.Repeat("🏳️‍🌈", 10) + "\u202eover"
	for i, name := range []string{"Bo", "Cy", "Cyd", "Dora Ek", hostile, wide, "Dóra", "Twin", "Twin"} {
		srv.Do(srv.Join(ada, fmt.Sprintf("p%d", i)), "PATCH", "/api/users/me", map[string]string{"name": name}).Want(200)
	}
	b := open(390, 700)
	b.enterAs(srv, "Ada")
	field := `#composer textarea`
	b.run(chromedp.Focus(field))
	b.keys("ask @c")
	b.eventually(suggestions + ` === ">Cy, Cyd"`)
	b.inside(".completion")
	b.picture("completion")
	if got := evaluate[string](b, `(() => { const i = document.activeElement; return [i.getAttribute("role"), i.getAttribute("aria-expanded"), document.getElementById(i.getAttribute("aria-activedescendant")).textContent].join() })()`); got != "combobox,true,Cy" {
		t.Errorf("the field says of itself %q", got)
	}
	b.keys(kb.ArrowDown)
	b.eventually(suggestions + ` === "Cy, >Cyd"`)
	b.keys(kb.ArrowDown + kb.ArrowUp + "\r")
	b.written("ask @Cyd ")
	b.eventually(`document.querySelector("[role=listbox]") === null && !document.activeElement.hasAttribute("role")`)
	b.keys("or @dora e")
	b.eventually(suggestions + ` === ">Dora Ek"`)
	b.keys(kb.Tab)
	b.written("ask @Cyd or @Dora Ek ")
	b.keys("or @nobody\r")
	b.says("ask @Cyd or @Dora Ek or @nobody")
	b.eventually(`document.querySelectorAll("article.message .mention").length === 2`)

	// An address completes nothing; Escape closes the list and nothing else.
	b.keys("bo@bo")
	b.eventually(`document.activeElement.value === "bo@bo" && document.querySelector("[role=listbox]") === null`)
	b.keys(" @bo")
	b.eventually(suggestions + ` === ">Bo"`)
	b.keys(kb.Escape)
	b.eventually(`document.querySelector("[role=listbox]") === null`)
	b.written("bo@bo @bo")
	b.script(`document.activeElement.value = ""`)

	// Two of one name; a name of marks; one that turns the line around.
	b.keys("@twin")
	b.eventually(suggestions + ` === ">Twin, Twin"`)
	b.keys("\r")
	b.eventually(`/^<@\d+> $/.test(document.querySelector("#composer textarea").value)`)
	b.keys("and @img")
	b.eventually(fmt.Sprintf(suggestions+` === ">" + %q`, hostile))
	b.inside(".completion")
	b.keys("\r")
	b.keys("and @over")
	b.eventually(fmt.Sprintf(suggestions+` === ">" + %q`, wide))
	b.inside(".completion")
	b.picture("completion-hostile")
	b.keys("\r")
	b.keys("\r")
	b.eventually(`[...document.querySelectorAll("article.message:not(.pending)")].at(-1).querySelectorAll(".mention").length === 3`)
	b.inside("#composer")

	// A call to all says how many hear it.
	b.keys("@every")
	b.eventually(`document.querySelector("[role=option]")?.innerText.replace(/\s+/g, " ").trim() === "everyone notifies 9 people"`)
	b.keys("\r")
	b.written("@everyone ")
	b.script(`document.activeElement.value = ""`)

	// In the editor, too.
	b.keys(kb.ArrowUp)
	b.focused(`.editor textarea`)
	b.keys(" @bo")
	b.eventually(suggestions + ` === ">Bo"`)
	b.inside(".completion")
	b.keys("\r")
	b.eventually(`document.querySelector(".editor textarea").value.endsWith(" @Bo ")`)
	b.keys("\r")
	b.eventually(`[...document.querySelectorAll("article.message")].at(-1).querySelectorAll(".mention").length === 4`)
	b.complaints()
}

// A call to a crowd is pointed out, and members beyond the first page are found.
func TestManyMembersAreCompleted(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	for i := range 60 { // a page of people is fifty
		srv.Join(ada, fmt.Sprintf("Person%02d", i))
	}
	b := open(1000, 700)
	b.enterAs(srv, "Ada")
	b.run(chromedp.Focus(`#composer textarea`))
	b.keys("@person58")
	b.eventually(suggestions + ` === ">Person58"`)
	b.keys("\r")
	b.written("@Person58 ")
	b.keys("@everyone")
	b.eventually(suggestions + ` === ">everyone"`)
	b.keys("\r")
	b.eventually(`document.querySelector(".composer-note").textContent === "@everyone notifies 60 people."`)
	b.complaints()
}

// Two tabs edit one message: neither loses its text, and the second sees what
// the first made of it.
func TestTwoTabsEditOneMessage(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	id := post(srv, ada, "first version")
	path := fmt.Sprintf("/api/rooms/1/messages/%d", id)
	one, two := open(1000, 700), open(390, 844)
	for _, b := range []*browser{one, two} {
		b.enterAs(srv, "Ada")
		b.options("first version", "Edit")
		b.focused(`.editor textarea`)
	}
	one.keys(" by one")
	two.keys(" by two")
	one.keys("\r", chromedp.ModifierCtrl)
	one.says("first version by one")
	two.keys("\r")
	two.eventually(`document.querySelector(".other-version .body")?.innerText.trim() === "first version by one"`)
	if got := evaluate[string](two, `document.querySelector(".editor textarea").value`); got != "first version by two" {
		t.Errorf("the second tab's text became %q", got)
	}
	two.inside(".editor")
	two.picture("conflict")
	two.keys("\r")
	two.says("first version by two")
	one.says("first version by two")

	// Escape keeps the text for another time, the button discards it.
	one.options("first version by two", "Edit")
	one.focused(`.editor textarea`)
	one.keys(", later")
	one.keys(kb.Escape)
	one.eventually(`document.querySelector(".editor") === null`)
	one.focused(`article.message .options`) // where it came from
	one.options("first version by two", "Edit")
	one.eventually(`document.querySelector(".editor textarea")?.value === "first version by two, later"`)
	one.run(chromedp.Click(`button[title="Close editor and discard changes"]`))
	one.options("first version by two", "Edit")
	one.eventually(`document.querySelector(".editor textarea")?.value === "first version by two"`)

	// Deleted meanwhile: the text is not, and can be sent anew.
	one.keys(" and saved")
	srv.Do(ada, "DELETE", path, nil).Want(204)
	one.eventually(`document.querySelector("dialog h2")?.textContent === "This message was deleted meanwhile. Your text is still here."`)
	one.keys(" it")
	one.picture("deleted-meanwhile")
	one.run(chromedp.Click(`dialog .primary`))
	one.says("first version by two and saved it")
	two.says("first version by two and saved it")
	one.eventually(`document.querySelectorAll("article.message").length === 1`)

	// From the editor, too, a message can be deleted.
	one.run(chromedp.Focus(`#composer textarea`))
	one.keys(kb.ArrowUp)
	one.focused(`.editor textarea`)
	one.run(chromedp.Click(`.editor button[title="Delete message"]`), chromedp.WaitVisible(`dialog.question`))
	one.keys("\r")
	one.eventually(`document.querySelectorAll("article.message").length === 0`)
	two.eventually(`document.querySelectorAll("article.message").length === 0`)
	one.complaints()
	two.complaints()
}

// Code scrolls inside of its block and can be copied; nothing makes the page
// wider than the window.
func TestCodeAndWideTexts(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	srv.Do(ada, "PATCH", "/api/users/me", map[string]string{"name": strings.Repeat("🏳️‍🌈", 10) + "\u202e" + strings.Repeat("W", 20)}).Want(200)
	code := "func wide() { " + strings.Repeat("x", 500) + " }\n\tnext()"
	id := post(srv, ada, "```go\n"+code+"\n```")
	post(srv, ada, strings.Repeat("w", 5000)+" https://example.org/"+strings.Repeat("u", 500))
	srv.Do(ada, "POST", fmt.Sprintf("/api/rooms/1/messages/%d/boosts", id), map[string]string{"content": strings.Repeat("W", 16)}).Want(201)
	for _, width := range []int64{390, 820, 1440} {
		b := open(width, 800)
		b.enterAs(srv, "Ada")
		b.eventually(`document.querySelector(".code-copy") !== null`)
		b.script(`document.querySelector(".code-block").scrollIntoView({block: "center"})`)
		b.inside(".code-block")
		b.picture(fmt.Sprintf("code-%d", width))
		if !evaluate[bool](b, `(() => { const p = document.querySelector(".code-block pre"); return p.scrollWidth > p.clientWidth })()`) {
			t.Error("code does not scroll inside of its block")
		}
		b.script(`window.copied = ""; navigator.clipboard.writeText = async (s) => { window.copied = s }; document.querySelector(".code-copy").focus()`)
		b.keys("\r")
		b.eventually(fmt.Sprintf(`window.copied === %q`, code))
		b.script(fmt.Sprintf(`document.querySelector("#message-%d .options").focus()`, id))
		b.keys("\r")
		b.focused(`[role=menuitem]`)
		b.inside(`:is(.popup, .bottom-sheet)`)
		b.script(`[...document.querySelectorAll(".menu-item")].find(e => e.textContent === "Copy text").click()`)
		b.eventually(fmt.Sprintf(`window.copied === %q`, code))
		b.script(`[...document.querySelectorAll("article.message")].at(-1).querySelector(".options").click()`)
		b.script(`[...document.querySelectorAll(".menu-item")].find(e => e.textContent === "Reply").click()`)
		b.inside("#composer")
		b.complaints()
	}
}

// The picker: by search, by keys, by touch, into a text and onto a message;
// those used last come first.
func TestEmojiPicker(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	id := post(srv, ada, "all done")
	b := open(1000, 700)
	b.enterAs(srv, "Ada")
	b.run(chromedp.Focus(`#composer textarea`))
	b.keys("well ")
	b.keys("done")
	b.script(`document.activeElement.setSelectionRange(5, 5)`)
	b.run(chromedp.Click(`button[title="Emoji"]`))
	b.focused(`.picker-search`)
	b.eventually(`document.querySelectorAll(".picker-emoji").length > 1000 && document.querySelectorAll(".picker-group").length > 7`)
	b.inside(".popup")
	b.picture("picker")
	if got := evaluate[int](b, `[...document.querySelectorAll(".picker-emoji")].filter(e => !e.getAttribute("aria-label")).length`); got > 0 {
		t.Errorf("%d emoji have no name", got)
	}

	// Arrows move in the grid as the eye does, and lead back to the search.
	b.keys(kb.ArrowDown)
	b.focused(`.picker-emoji`)
	place := func() []float64 {
		return evaluate[[]float64](b, `(() => { const r = document.activeElement.getBoundingClientRect(); const g = document.activeElement.closest(".picker-group").getBoundingClientRect(); return [r.left, r.top - g.top] })()`)
	}
	start := place()
	b.keys(kb.ArrowRight + kb.ArrowDown)
	if now := place(); now[0] <= start[0] || now[1] <= start[1] {
		t.Errorf("right and down lead from %v to %v", start, now)
	}
	b.keys(kb.ArrowLeft + kb.ArrowUp)
	if now := place(); now[0] != start[0] || now[1] != start[1] {
		t.Errorf("left and up lead to %v, not back to %v", now, start)
	}
	b.keys(kb.ArrowUp)
	b.focused(`.picker-search`)

	b.keys("nothing of this name")
	b.eventually(`document.querySelector(".picker-list").textContent === "No emoji is called that."`)
	b.script(`document.activeElement.select()`)
	b.keys("tada")
	b.eventually(`document.querySelector(".picker-emoji")?.textContent === "🎉"`)
	b.keys("\r")
	b.written("well 🎉done")
	b.focused(`#composer textarea`)
	b.eventually(`document.querySelector(".picker") === null`)

	// What was used comes first; Escape and a press beside it close it.
	b.run(chromedp.Click(`button[title="Emoji"]`))
	b.eventually(`document.querySelector(".picker-group")?.getAttribute("aria-label") === "Used recently" && document.querySelector(".picker-emoji").textContent === "🎉"`)
	b.keys(kb.Escape)
	b.focused(`#composer textarea`)
	b.eventually(`document.querySelector(".picker") === null`)
	b.run(chromedp.Click(`button[title="Emoji"]`), chromedp.WaitVisible(`.picker`), chromedp.MouseClickXY(500, 20))
	b.eventually(`document.querySelector(".picker") === null`)

	// Shortcodes, with and without their end.
	b.run(chromedp.Focus(`#composer textarea`))
	b.script(`document.activeElement.value = ""`)
	b.keys("ship :rocke")
	b.eventually(`document.querySelector("[role=option]")?.textContent.includes(":rocket:")`)
	b.inside(".completion")
	b.picture("shortcode")
	b.keys("\r")
	b.written("ship 🚀")
	b.keys(" at 10:30 :fire:")
	b.written("ship 🚀 at 10:30 🔥")

	// Onto a message.
	b.options("all done", "")
	b.eventually(`document.querySelector(".pill") === null && document.querySelector(".picker-search") !== null`)
	b.keys("rocket")
	b.eventually(`document.querySelector(".picker-emoji")?.textContent === "🚀"`)
	b.keys("\r")
	b.eventually(fmt.Sprintf(`document.querySelector("#message-%d .pill")?.dataset.content === "🚀"`, id))
	b.complaints()

	p := open(390, 844)
	p.phone()
	p.enterAs(srv, "Ada")
	p.run(chromedp.Tap(`button[title="Add to your message"]`), chromedp.WaitVisible(`dialog.bottom-sheet .menu-item:nth-child(2)`), chromedp.Tap(`dialog.bottom-sheet .menu-item:nth-child(2)`), chromedp.WaitVisible(`dialog.bottom-sheet .picker-emoji`))
	p.inside("dialog.bottom-sheet")
	p.picture("picker-phone")
	p.run(chromedp.Tap(`dialog.bottom-sheet .picker-emoji`))
	p.eventually(`document.querySelector("#composer textarea").value !== "" && document.querySelector("dialog") === null`)
	p.complaints()
}
