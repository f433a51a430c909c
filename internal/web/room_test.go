package web_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"campfire/internal/campfiretest"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// wheel turns the wheel over the middle of an element.
func (b *browser) wheel(selector string, by float64) {
	b.t.Helper()
	at := evaluate[[]float64](b, fmt.Sprintf(`(() => { const r = document.querySelector(%q).getBoundingClientRect(); return [r.left + r.width / 2, r.top + r.height / 2] })()`, selector))
	if _, err := chromedp.Call(b.ctx, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: input.DispatchMouseEventTypeMouseWheel, X: at[0], Y: at[1], DeltaX: 0.01, DeltaY: by}); err != nil {
		b.t.Fatal(err)
	}
}

// hover moves the pointer over the middle of an element.
func (b *browser) hover(selector string) {
	b.t.Helper()
	at := evaluate[[]float64](b, fmt.Sprintf(`(() => { const r = document.querySelector(%q).getBoundingClientRect(); return [r.left + r.width / 2, r.top + r.height / 2] })()`, selector))
	b.run(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: input.DispatchMouseEventTypeMouseMoved, X: at[0], Y: at[1]})
		return err
	}))
}

// speak posts so many lines to the first room.
func speak(srv *campfiretest.Server, token string, n int) {
	for from := 0; from < n; from += 100 {
		var batch []any
		for i := from; i < min(n, from+100); i++ {
			batch = append(batch, map[string]string{"body": fmt.Sprintf("line %03d", i)})
		}
		srv.Do(token, "POST", "/api/rooms/1/messages/batch", map[string]any{"messages": batch}).Want(200)
	}
}

// The day is named above the messages while one scrolls, and lies on nothing
// that is read at rest.
func TestTheDayIsNamedWhileScrolling(t *testing.T) {
	open := newBrowsers(t, withMouse)
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	speak(srv, ada, 100)
	b := open(1000, 700)
	// What the page showed at any time, as it was painted.
	b.before(`window.named = []; const look = () => {
		const name = document.querySelector(".day-above span");
		if (name) window.named.push(Number(getComputedStyle(name).opacity) > 0 && !name.parentElement.hidden ? name.textContent : "");
		requestAnimationFrame(look);
	}; requestAnimationFrame(look)`)
	b.enterAs(srv, "Ada")
	b.says("line 099")
	post(srv, ada, "and one more") // the list goes to its end by itself
	b.says("and one more")
	b.frames()
	if named := evaluate[string](b, `window.named.join("")`); named != "" {
		t.Errorf("a day was named while nobody scrolled: %s", named)
	}
	b.wheel("#messages", -400)
	b.eventually(`getComputedStyle(document.querySelector(".day-above span")).opacity === "1" && document.querySelector(".day-above span").textContent === "Today"`)
	b.eventually(`getComputedStyle(document.querySelector(".day-above span")).opacity === "0"`)
	if height := evaluate[float64](b, `document.querySelector(".day-above").getBoundingClientRect().height`); height != 0 {
		t.Errorf("the day takes %v px", height)
	}
	// At the beginning the separator is at its place, and says it alone.
	b.eventually(`(() => { document.getElementById("messages").scrollTop = 0; return document.querySelector(".day-above").hidden && document.querySelectorAll(".day").length === 1 && !document.querySelector(".intro").hidden })()`)
	if position := evaluate[string](b, `getComputedStyle(document.querySelector(".day")).position + getComputedStyle(document.querySelector(".day span")).opacity`); position != "static1" {
		t.Errorf("the separator is %s", position)
	}
	b.complaints()
}

// With a pointer that hovers, what can be done to a message shows at the one
// pointed at, the one with the focus and the one whose menu is open, and moves
// nothing.
func TestOptionsShowWhereTheyAreWanted(t *testing.T) {
	open := newBrowsers(t, withMouse)
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	first, second := postTo(srv, ada, "one"), postTo(srv, ada, "two")
	b := open(1000, 700)
	b.enterAs(srv, "Ada")
	b.says("two")
	shown := func() string {
		return evaluate[string](b, `[...document.querySelectorAll(".options")].filter((e) => Number(getComputedStyle(e).opacity) > 0).map((e) => e.closest("article").id).join()`)
	}
	place := func() float64 { return b.top(second) }
	before := place()
	if got := shown(); got != "" {
		t.Errorf("options at rest: %s", got)
	}
	name := func(id int64) string { return fmt.Sprintf("message-%d", id) }
	b.hover("#" + name(first) + " .body")
	b.eventually(`getComputedStyle(document.querySelector("#` + name(first) + ` .options")).opacity === "1"`)
	if got := shown(); got != name(first) {
		t.Errorf("options where the pointer is: %s", got)
	}
	if got := place(); got != before {
		t.Errorf("the messages moved from %v to %v", before, got)
	}
	b.hover("#composer textarea")
	b.eventually(`getComputedStyle(document.querySelector("#` + name(first) + ` .options")).opacity === "0"`)
	b.script(`document.querySelector("#` + name(second) + ` .options").focus()`)
	if got := shown(); got != name(second) {
		t.Errorf("options where the focus is: %s", got)
	}
	b.keys("\r")
	b.eventually(`document.querySelector(".popup [role=menu]") !== null`)
	b.hover("#composer textarea")
	if got := shown(); got != name(second) {
		t.Errorf("options while the menu is open: %s", got)
	}
	b.complaints()
}

// The strip of pings is soft where it goes on, moves with the wheel, and shows
// what has the focus.
func TestStripShowsThatThereIsMore(t *testing.T) {
	open := newBrowsers(t, withMouse)
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	for _, name := range strings.Fields("Bo Cy Dee Eli Fay Gus Hal") {
		srv.Join(ada, name)
	}
	b := open(1000, 700)
	b.enterAs(srv, "Ada")
	for dir, sides := range map[string][2]string{"ltr": {"right", "left"}, "rtl": {"left", "right"}} {
		b.do(`document.documentElement.dir = "` + dir + `"; document.querySelector(".strip").scrollLeft = 0; document.querySelector(".strip").dispatchEvent(new Event("scroll"))`)
		b.eventually(`document.querySelector(".strip").dataset.liveMore === "` + sides[0] + `"`)
		b.wheel(".strip", 60)
		b.eventually(`document.querySelector(".strip").dataset.liveMore === "left right"`)
		b.wheel(".strip", 5000)
		b.eventually(`document.querySelector(".strip").dataset.liveMore === "` + sides[1] + `"`)
		b.do(`document.activeElement.blur(); document.querySelector(".strip a").focus()`)
		b.eventually(`(() => { const a = document.querySelector(".strip a").getBoundingClientRect(), s = document.querySelector(".strip").getBoundingClientRect(); return a.left >= s.left && a.right <= s.right })()`)
	}
	b.complaints()
}

// A room's first message stands below what introduces the room; one that is
// not in the page has nothing above it yet.
func TestRoomsAreIntroduced(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	bo := srv.Join(ada, "Bo")
	speak(srv, ada, 120)
	begin := func(token string, body map[string]any) int64 {
		var made struct{ Room struct{ ID int64 } }
		srv.Do(token, "POST", "/api/rooms", body).Want(201).JSON(&made)
		srv.Do(token, "POST", fmt.Sprintf("/api/rooms/%d/messages", made.Room.ID), map[string]string{"body": "first"}).Want(201)
		return made.Room.ID
	}
	closed := begin(bo, map[string]any{"kind": "closed", "name": "Release", "user_ids": []int{1}})
	ping := begin(ada, map[string]any{"kind": "direct", "user_ids": []int{2}})
	self := begin(ada, map[string]any{"kind": "direct", "user_ids": []int{}})
	empty := func() int64 {
		var made struct{ Room struct{ ID int64 } }
		srv.Do(ada, "POST", "/api/rooms", map[string]any{"kind": "open", "name": "Quiet"}).Want(201).JSON(&made)
		return made.Room.ID
	}()
	says := `(document.querySelector(".intro:not([hidden])")?.innerText ?? "").replace(/[\u2068\u2069]/g, "").replace(/\b[A-Z][a-z]+ \d+, \d{4}/, "(day)").split(/\s*\n\s*/).join(" | ")`
	for _, who := range []string{"Ada", "Bo"} {
		b := open(1000, 700)
		b.enterAs(srv, who)
		for room, want := range map[int64]string{
			closed: "Release | Made by Bo on (day). Only the 2 people in it can see it.",
			ping:   "Ada and Bo | Only you two can read this.",
			empty:  "",
		} {
			b.visit(fmt.Sprintf("%s/rooms/%d", srv.URL, room))
			if got := evaluate[string](b, says); got != want {
				t.Errorf("%s, room %d: %q, want %q", who, room, got, want)
			}
		}
		if who == "Ada" {
			b.visit(fmt.Sprintf("%s/rooms/%d", srv.URL, self))
			if got, want := evaluate[string](b, says), "Ada | Only you can read this: a place for notes."; got != want {
				t.Errorf("notes: %q, want %q", got, want)
			}
		}
		// Of a long room it is shown with the first message.
		b.visit(srv.URL + "/rooms/1")
		if got := evaluate[string](b, says); got != "" {
			t.Errorf("introduced far from the beginning: %q", got)
		}
		b.toTheBeginning()
		b.eventually(says + ` === "All Talk | Made by Ada on (day). Everyone can read it."`)
		// What is said first in an empty room brings it.
		if who == "Bo" {
			b.visit(fmt.Sprintf("%s/rooms/%d", srv.URL, empty))
			b.write("hello")
			b.eventually(says + ` === "Quiet | Made by Ada on (day). Everyone can read it." && !document.querySelector(".empty")`)
		}
		b.complaints()
	}
}

// The first room greets who administers a new installation with what to do, and
// everyone else with the way in for others.
func TestWelcomeSaysWhatToDo(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	srv.Join(ada, "Bo")
	for who, want := range map[string]string{
		"Ada": "Invite people|Give this Campfire a name and a logo|Make a room",
		"Bo":  "Invite people",
	} {
		b := open(390, 844)
		b.enterAs(srv, who)
		b.visit(srv.URL + "/rooms/1")
		if got := evaluate[string](b, `[...document.querySelectorAll(".welcome h3")].map((e) => e.textContent).join("|")`); got != want {
			t.Errorf("%s is told %q, want %q", who, got, want)
		}
		if got := evaluate[string](b, `document.querySelector(".welcome [aria-label='Copy join link']").tagName + document.querySelector(".welcome [aria-label='Join link']").tagName`); got != "BUTTONINPUT" {
			t.Errorf("%s: %s", who, got)
		}
		accessible(b, "welcome of "+who)
		if wide := evaluate[bool](b, `document.getElementById("messages").scrollWidth > document.getElementById("messages").clientWidth`); wide {
			t.Errorf("%s: the welcome is wider than the page", who)
		}
		b.complaints()
	}
}

// Names in lists stand at their icons, whatever script they are in and whatever
// direction the page has.
func TestNamesStandAtTheirIcons(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	for _, name := range []string{"Kitchen", "מטבח"} {
		srv.Do(ada, "POST", "/api/rooms", map[string]any{"kind": "open", "name": name}).Want(201)
	}
	b := open(1000, 700)
	b.enterAs(srv, "Ada")
	for _, dir := range []string{"ltr", "rtl"} {
		b.do(`document.documentElement.dir = "` + dir + `"`)
		far := evaluate[[]string](b, `[...document.querySelectorAll(".rooms.shared .room")].filter((row) => {
			const range = document.createRange();
			range.selectNodeContents(row.querySelector(".name"));
			const name = range.getBoundingClientRect(), icon = row.querySelector(".icon").getBoundingClientRect();
			return Math.min(Math.abs(name.left - icon.right), Math.abs(icon.left - name.right)) > 16;
		}).map((row) => row.textContent.trim())`)
		if len(far) > 0 {
			t.Errorf("%s: far from their icons: %q", dir, far)
		}
	}
	b.complaints()
}

// What opens from a message is at the message on a tablet, and marks what has
// the focus from the first key on.
func TestMenuOnATablet(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	id := post(srv, ada, "hold me")
	b := open(820, 1180)
	b.wear(look{width: 820, height: 1180, theme: "light", touch: true})
	b.enterAs(srv, "Ada")
	b.says("hold me")
	at := evaluate[[]float64](b, fmt.Sprintf(`(() => { const r = document.querySelector("#message-%d .body").getBoundingClientRect(); return [r.left + 20, r.top + r.height / 2] })()`, id))
	hold := func(kind input.DispatchTouchEventType, points ...*input.TouchPoint) {
		t.Helper()
		if _, err := chromedp.Call(b.ctx, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: kind, TouchPoints: append([]*input.TouchPoint{}, points...)}); err != nil {
			t.Fatal(err)
		}
	}
	hold(input.DispatchTouchEventTypeTouchStart, &input.TouchPoint{X: at[0], Y: at[1]})
	b.run(chromedp.WaitVisible(`.popup [role=menu]`))
	hold(input.DispatchTouchEventTypeTouchEnd)
	if selected := evaluate[string](b, `getSelection().toString()`); selected != "" {
		t.Errorf("holding selected %q", selected)
	}
	if far := evaluate[float64](b, fmt.Sprintf(`(() => { const p = document.querySelector(".popup").getBoundingClientRect(), o = document.querySelector("#message-%d .options").getBoundingClientRect(); return Math.min(Math.abs(p.top - o.bottom), Math.abs(p.bottom - o.top)) })()`, id)); far > 12 {
		t.Errorf("the menu is %v px from the options", far)
	}
	small := evaluate[[]string](b, `[...document.querySelectorAll(".popup button")].filter(e => e.getBoundingClientRect().height < 44).map(e => e.outerHTML)`)
	if len(small) > 0 {
		t.Errorf("too small for a finger: %q", small)
	}
	ring := `getComputedStyle(document.activeElement).outlineStyle`
	b.eventually(`document.activeElement.matches(".popup [role=menuitem]")`)
	if got := evaluate[string](b, ring); got != "none" {
		t.Errorf("opened by a finger, the first item has a ring: %s", got)
	}
	b.key(kb.ArrowRight)
	if got := evaluate[string](b, ring); got == "none" {
		t.Error("a key leads to an item that is not marked")
	}
	b.complaints()
}

// A room that is open at its end carries no badge from the frame on in which
// the server says that it was read.
func TestAnOpenRoomCarriesNoBadge(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	bo := srv.Join(ada, "Bo")
	for range 3 {
		srv.Do(bo, "POST", "/api/rooms/1/messages", map[string]string{"body": "@Ada look"}).Want(201)
	}
	b := open(1000, 700)
	// The badge as it is painted after each word of the server that something was read.
	b.before(`window.badges = []; const Socket = WebSocket; window.WebSocket = class extends Socket { constructor(...all) { super(...all); this.addEventListener("message", (event) => {
		for (const line of String(event.data).split("\n")) if (line.includes('"type":"read"')) requestAnimationFrame(() => window.badges.push(document.querySelector(".room[aria-current] .badge").textContent.trim() + (document.querySelector(".room[aria-current]").matches(".unread, .mentioned") ? "!" : "")));
	}) } }`)
	b.enterAs(srv, "Ada")
	b.eventually(`window.badges.length > 0`)
	srv.Do(bo, "POST", "/api/rooms/1/messages", map[string]string{"body": "@Ada and here"}).Want(201)
	b.says("@Ada and here")
	b.eventually(`window.badges.length > 1`)
	if got := evaluate[string](b, `window.badges.join("")`); got != "" {
		t.Errorf("the open room carried %q", got)
	}
	b.complaints()
}

// On a phone the way back closes what is open over the page, one after the other,
// before it leaves the room; what was closed otherwise leaves no step behind.
func TestBackClosesWhatIsOpen(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	srv.Do(ada, "POST", "/api/rooms", map[string]any{"kind": "open", "name": "Kitchen"}).Want(201)
	id := post(srv, ada, "hold me")
	b := open(390, 844)
	b.phone()
	b.enterAs(srv, "Ada")
	b.visit(srv.URL + "/rooms/1")
	b.says("hold me")
	here := func(what string) {
		t.Helper()
		b.frames()
		if got := evaluate[string](b, `location.pathname + document.getElementById("messages").dataset.room`); got != "/rooms/11" {
			t.Fatalf("%s: the page is %s", what, got)
		}
	}
	sheet := func() {
		t.Helper()
		b.run(chromedp.Tap(fmt.Sprintf("#message-%d .options", id)), chromedp.WaitVisible(`dialog.bottom-sheet [role=menu]`))
	}
	drawn := func() {
		t.Helper()
		b.do(`document.getElementById("drawer").click()`)
		b.eventually(`document.getElementById("sidebar").contains(document.activeElement)`)
	}
	sheet()
	b.do(`history.back()`)
	b.eventually(`!document.querySelector("dialog")`)
	here("a sheet")
	drawn()
	b.do(`history.back()`)
	b.eventually(`!document.getElementById("drawer").checked`)
	here("the drawer")
	// A picker over the page is one of two: each has its step.
	drawn()
	b.do(`document.querySelector("[data-switcher]").click()`)
	b.eventually(`document.querySelector("dialog.over") !== null`)
	b.do(`history.back()`)
	b.eventually(`!document.querySelector("dialog")`)
	here("the switcher")

	// To another room through the drawer: one step leads back, over nothing.
	drawn()
	b.do(`document.querySelector(".rooms.shared [data-room=\"2\"]").click()`)
	b.at("/rooms/2")
	b.do(`history.back()`)
	b.at("/rooms/1")
	b.says("hold me")

	// Closed by hand: the next step back leaves the room at once.
	b.do(`history.forward()`)
	b.at("/rooms/2")
	drawn()
	b.do(`document.querySelector(".scrim").click()`)
	b.eventually(`!document.getElementById("drawer").checked`)
	b.do(`history.back()`)
	b.at("/rooms/1")
	b.complaints()
}

// A sheet that is drawn down far enough goes; one that is let go of before stays.
func TestSheetsAreDrawnDown(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	id := post(srv, ada, "hold me")
	b := open(390, 844)
	b.phone()
	b.enterAs(srv, "Ada")
	b.says("hold me")
	b.run(chromedp.Tap(fmt.Sprintf("#message-%d .options", id)), chromedp.WaitVisible(`dialog.bottom-sheet [role=menu]`))
	draw := func(by float64) {
		t.Helper()
		top := evaluate[float64](b, `document.querySelector("dialog.bottom-sheet").getBoundingClientRect().top`) + 6
		for _, e := range []input.DispatchTouchEventParams{
			{Type: input.DispatchTouchEventTypeTouchStart, TouchPoints: []*input.TouchPoint{{X: 195, Y: top}}},
			{Type: input.DispatchTouchEventTypeTouchMove, TouchPoints: []*input.TouchPoint{{X: 195, Y: top + by/2}}},
			{Type: input.DispatchTouchEventTypeTouchMove, TouchPoints: []*input.TouchPoint{{X: 195, Y: top + by}}},
			{Type: input.DispatchTouchEventTypeTouchEnd, TouchPoints: []*input.TouchPoint{}},
		} {
			if _, err := chromedp.Call(b.ctx, input.DispatchTouchEvent, e); err != nil {
				t.Fatal(err)
			}
		}
		b.frames()
	}
	draw(40)
	if open := evaluate[bool](b, `document.querySelector("dialog.bottom-sheet")?.open === true && document.querySelector("dialog.bottom-sheet").style.translate === ""`); !open {
		t.Error("a little way down closed the sheet, or left it there")
	}
	draw(160)
	b.eventually(`!document.querySelector("dialog")`)
	b.complaints()
}
