package web_test

import (
	"fmt"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"campfire/internal/campfiretest"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/heapprofiler"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/memory"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Modifiers of a key.
const (
	alt   = int64(kb.ModifierAlt)
	ctrl  = int64(kb.ModifierCtrl)
	shift = int64(kb.ModifierShift)
)

// key presses keys, one after the other, where the focus is. As on a keyboard,
// a key that is prevented writes nothing.
func (b *browser) key(keys string, modifiers ...int64) {
	b.t.Helper()
	for _, r := range keys {
		k := kb.Keys[r]
		if k == nil {
			b.t.Fatalf("no key %q", r)
		}
		down := input.DispatchKeyEventParams{Type: kb.KeyDown, Key: k.Key, Code: k.Code, WindowsVirtualKeyCode: k.Windows}
		if k.Shift {
			down.Modifiers |= shift
		}
		for _, m := range modifiers {
			down.Modifiers |= m
		}
		up := down
		up.Type = kb.KeyUp
		if k.Print && down.Modifiers&^shift == 0 {
			down.Text = k.Text
		}
		for _, e := range []input.DispatchKeyEventParams{down, up} {
			if _, err := chromedp.Call(b.ctx, input.DispatchKeyEvent, e); err != nil {
				b.t.Fatal(err)
			}
		}
	}
}

// do evaluates something for what it does.
func (b *browser) do(expression string) {
	b.t.Helper()
	b.run(chromedp.Evaluate[chromedp.Void](expression))
}

// follow clicks a link.
func (b *browser) follow(selector string) {
	b.t.Helper()
	b.run(chromedp.Click(selector))
}

// at waits until a path is shown: its address, its main part and its room's
// mark in the sidebar.
func (b *browser) at(path string) {
	b.t.Helper()
	b.eventually(fmt.Sprintf(`location.pathname + location.search === %q && !document.querySelector(".progress:not([hidden])")`, path))
	if room, ok := strings.CutPrefix(path, "/rooms/"); ok && !strings.ContainsAny(room, "/n") {
		b.eventually(fmt.Sprintf(`document.getElementById("messages")?.dataset.room === %q && document.querySelector(".room[aria-current]")?.dataset.room === %q`, room, room))
	}
}

// calm fails the test if the browser complained of anything.
func (b *browser) calm() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range b.problems {
		b.t.Errorf("the browser complains: %s", p)
	}
}

var roomPage = regexp.MustCompile(`/rooms/\d+(/@\d+)?$`)

// requests counts the pages of rooms that a window asks for, and the sockets
// that it opens.
type requests struct{ pages, sockets atomic.Int64 }

func (b *browser) count() *requests {
	b.t.Helper()
	var r requests
	err := chromedp.Listen(b.ctx, func(ev any) {
		switch ev := ev.(type) {
		case *network.EventRequestWillBeSent:
			if roomPage.MatchString(ev.Request.URL) {
				r.pages.Add(1)
			}
		case *network.EventWebSocketCreated:
			r.sockets.Add(1)
		}
	})
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := chromedp.Call(b.ctx, network.Enable, network.EnableParams{}); err != nil {
		b.t.Fatal(err)
	}
	return &r
}

// crowd is an installation with some rooms and people: Ada (1), who looks at
// it, Bo (2), Zoë (3); the rooms All Talk (1), Design Team (2), Release Notes
// (3), Café (4), a direct of Ada and Bo (5).
func crowd(t *testing.T) (srv *campfiretest.Server, ada, bo string) {
	srv = campfiretest.New(t)
	ada = srv.SetUp()
	bo = srv.Join(ada, "Bo")
	srv.Join(ada, "Zoë")
	for _, name := range []string{"Design Team", "Release Notes", "Café"} {
		srv.Do(ada, "POST", "/api/rooms", map[string]string{"kind": "open", "name": name}).Want(201)
	}
	srv.Do(bo, "POST", "/api/rooms", map[string]any{"kind": "direct", "user_ids": []int{1}}).Want(201)
	var batch []any
	for i := range 100 {
		batch = append(batch, map[string]string{"body": fmt.Sprintf("line %02d", i)})
	}
	srv.Do(ada, "POST", "/api/rooms/2/messages/batch", map[string]any{"messages": batch}).Want(200)
	return srv, ada, bo
}

func say(srv *campfiretest.Server, token string, room int, body string) {
	srv.Do(token, "POST", fmt.Sprintf("/api/rooms/%d/messages", room), map[string]string{"body": body}).Want(201)
}

// Rooms, settings and searches follow each other in one page with one socket;
// back leads to where the reader was.
func TestMovingAboutKeepsThePage(t *testing.T) {
	open := newBrowsers(t)
	srv, _, bo := crowd(t)
	b := open(1200, 700)
	seen := b.count()
	b.signIn(srv, "ada@example.org")
	b.at("/rooms/1")
	sockets := seen.sockets.Load()
	b.do(`window.mark = 1`)
	b.follow(`.room[data-room="2"]`)
	b.at("/rooms/2")
	b.says("line 99")
	b.eventually(`document.title === "Design Team – Campfire" && document.activeElement === document.querySelector("#composer textarea")`)
	b.eventually(`[...document.querySelectorAll("[role=status]")].some(e => e.textContent === document.title)`)

	// What is written in the room now shown is heard, what was left is not.
	say(srv, bo, 2, "hello design")
	b.says("hello design")

	// A place in the middle of the room survives a round trip.
	b.eventually(`(() => { const log = document.getElementById("messages"); log.scrollTop = 0; return log.querySelectorAll("article").length > 90 })()`)
	b.do(`[...document.querySelectorAll("article.message")].find(e => e.innerText.includes("line 30")).scrollIntoView()`)
	b.eventually(`document.getElementById("jump").hidden === false`)
	const offset = `(() => {
		const top = document.getElementById("messages").getBoundingClientRect().top;
		const line = [...document.querySelectorAll("article.message")].find(e => e.innerText.includes("line 30"));
		return line ? line.getBoundingClientRect().top - top : -1000 })()`
	place := evaluate[float64](b, offset)
	b.follow(`.room[data-room="3"]`)
	b.at("/rooms/3")
	b.follow(`.sidebar-foot a[href="/account"]`)
	b.at("/account")
	if !evaluate[bool](b, `document.body.className === "app settings" && !document.getElementById("messages")`) {
		t.Error("the account page is not what is shown")
	}
	b.do(`history.back()`)
	b.at("/rooms/3")
	b.do(`history.back()`)
	b.at("/rooms/2")
	b.eventually(fmt.Sprintf(`Math.abs(%s - %f) < 2 && !document.querySelector(".highlight")`, offset, place))
	b.do(`history.go(2)`)
	b.at("/account")

	// A search is a page like others, and leads to a message.
	b.follow(`.sidebar a[href="/search"]`)
	b.at("/search")
	srv.Do(bo, "POST", "/api/rooms", map[string]string{"kind": "open", "name": "Zoo"}).Want(201)
	b.eventually(`[...document.querySelectorAll(".room .name")].some(e => e.textContent === "Zoo") && document.querySelector('.sidebar [aria-current]').getAttribute("href") === "/search"`)
	b.run(chromedp.SendKeys(`#main input[type=search]`, "line 42\r"))
	b.eventually(`location.search.startsWith("?q=line") && document.querySelector(".hits a")`)
	b.follow(`.hits a`)
	b.eventually(`document.querySelector(".message.highlight")?.innerText.includes("line 42")`)

	// A message of the room that is shown is not fetched.
	pages := seen.pages.Load()
	b.do(`[...document.querySelectorAll("article.message")].find(e => e.innerText.includes("line 44")).querySelector(".time").click()`)
	b.eventually(`document.querySelectorAll(".message.highlight").length === 1 && document.querySelector(".message.highlight").innerText.includes("line 44") && location.pathname.includes("/@")`)
	if n := seen.pages.Load(); n != pages {
		t.Errorf("%d pages were fetched to show what was there", n-pages)
	}
	if !evaluate[bool](b, `window.mark === 1`) {
		t.Error("the page was loaded anew on the way")
	}
	if n := seen.sockets.Load(); n != sockets {
		t.Errorf("%d sockets were opened on the way", n-sockets)
	}

	// Files, the API and other windows are the browser's.
	if n := evaluate[int](b, `(() => {
		let taken = 0;
		for (const href of ["/api/docs", "/users/1/avatar", "https://example.org/rooms/1"]) {
			const a = document.createElement("a");
			a.href = href;
			document.body.append(a);
			const e = new MouseEvent("click", { bubbles: true, cancelable: true });
			document.addEventListener("click", x => { if (x.defaultPrevented) taken++; x.preventDefault() }, { once: true });
			a.dispatchEvent(e);
			a.remove();
		}
		return taken })()`); n != 0 {
		t.Errorf("%d links that lead out were followed inside", n)
	}
	b.calm()
}

// A link that is pointed at is fetched once, before it is followed; the room
// that is come back to is the one that was looked at, not the one fetched.
func TestARoomIsWarmedBeforeItIsOpened(t *testing.T) {
	open := newBrowsers(t)
	srv, _, _ := crowd(t)
	b := open(1200, 700)
	b.signIn(srv, "ada@example.org")
	b.at("/rooms/1")
	hover := func(room int) {
		b.do(fmt.Sprintf(`document.querySelector('.room[data-room="%d"]').dispatchEvent(new PointerEvent("pointerover", { bubbles: true }))`, room))
	}
	hover(3)
	b.eventually(`performance.getEntriesByType("resource").some(e => e.name.endsWith("/rooms/3"))`)
	b.run(chromedp.Navigate(srv.URL + "/"))
	b.at("/rooms/1")
	seen := b.count()
	hover(2)
	b.eventually(`performance.getEntriesByType("resource").some(e => e.name.endsWith("/rooms/2"))`)
	b.do(`document.querySelector('.room[data-room="2"]').click()`)
	b.at("/rooms/2")
	if n := seen.pages.Load(); n != 1 {
		t.Errorf("the page was fetched %d times, want once", n)
	}
	b.run(chromedp.Navigate(srv.URL + "/"))
	b.at("/rooms/2")
	b.calm()
}

// What comes elsewhere is counted in the sidebar, and in title and icon when
// it is for the reader; looking at it, here or elsewhere, clears it.
func TestWhatIsUnreadIsCounted(t *testing.T) {
	open := newBrowsers(t)
	srv, ada, bo := crowd(t)
	b := open(1200, 700)
	b.signIn(srv, "ada@example.org")
	b.at("/rooms/1")
	const icon = `document.querySelector('link[rel="icon"]').getAttribute("href")`
	quiet := evaluate[string](b, icon)
	say(srv, bo, 3, "one")
	b.eventually(`document.querySelector('.room[data-room="3"].unread:not(.mentioned) .count')?.textContent === "1"`)
	if title := evaluate[string](b, `document.title`); title != "All Talk – Campfire" {
		t.Errorf("title %q with nothing for the reader", title)
	}
	say(srv, bo, 3, "<@1> two")
	b.eventually(`document.querySelector('.room[data-room="3"].unread.mentioned .count')?.textContent === "2"`)
	say(srv, bo, 5, "psst")
	b.eventually(`document.querySelector('.room[data-room="5"].mentioned .count')?.textContent === "1"`)
	b.eventually(`document.title === "(2) All Talk – Campfire"`)
	if got := evaluate[string](b, icon); got == quiet || !strings.Contains(got, "unread") {
		t.Errorf("the icon is %q with two messages for the reader", got)
	}
	b.picture("shell-unread")

	// Going there and reading clears it.
	b.follow(`.room[data-room="3"]`)
	b.at("/rooms/3")
	b.eventually(`!document.querySelector('.room[data-room="3"].unread') && document.title === "(1) Release Notes – Campfire"`)
	// So does reading elsewhere.
	srv.Do(ada, "PUT", "/api/rooms/5/read", map[string]int{"seq": 1}).Want(204)
	b.eventually(`document.title === "Release Notes – Campfire" && ` + icon + ` === ` + fmt.Sprintf("%q", quiet))

	// A room that says nothing is marked, and never for the reader.
	srv.Do(ada, "PUT", "/api/rooms/4/involvement", map[string]string{"involvement": "nothing"}).Want(200)
	b.run(chromedp.Reload())
	b.at("/rooms/3")
	say(srv, bo, 4, "<@1> are you there?")
	b.eventually(`document.querySelector('.room[data-room="4"].unread.muted:not(.mentioned) .count')?.textContent === "1"`)
	if title := evaluate[string](b, `document.title`); title != "Release Notes – Campfire" {
		t.Errorf("title %q with a muted room's mention", title)
	}

	// Rooms come and get names without a reload, and the focus stays.
	b.do(`document.querySelector('.room[data-room="4"]').focus()`)
	srv.Do(bo, "POST", "/api/rooms", map[string]string{"kind": "open", "name": "Archive"}).Want(201)
	b.eventually(`[...document.querySelectorAll(".room .name")].some(e => e.textContent === "Archive") && document.activeElement?.dataset.room === "4"`)
	srv.Do(ada, "PATCH", "/api/rooms/4", map[string]string{"name": "Bistro"}).Want(200)
	b.eventually(`document.querySelector('.room[data-room="4"] .name').textContent === "Bistro"`)

	// After a time without a server the list is right again.
	srv.Stop()
	srv.Start()
	say(srv, bo, 1, "while you were away")
	b.eventually(`document.querySelector('.room[data-room="1"] .count')?.textContent === "1" && document.activeElement?.dataset.room === "4"`)
	b.calm()
}

// The switcher finds rooms, people and commands by the keyboard alone, and
// always has a way on.
func TestSwitcherByKeyboard(t *testing.T) {
	open := newBrowsers(t)
	srv, _, bo := crowd(t)
	b := open(1200, 700)
	b.signIn(srv, "ada@example.org")
	b.at("/rooms/1")
	say(srv, bo, 3, "news")
	b.eventually(`document.querySelector('.room[data-room="3"].unread')`)
	b.do(`document.querySelector("#composer textarea").focus()`)
	show := func() {
		b.key("k", ctrl)
		b.eventually(`document.querySelector("dialog.switcher[open]") && document.activeElement.getAttribute("role") === "combobox"`)
	}
	// chosen waits for a line to be the one that Enter takes.
	chosen := func(label string) {
		b.eventually(fmt.Sprintf(`(() => { const input = document.activeElement; const o = document.getElementById(input.getAttribute("aria-activedescendant")); return o?.getAttribute("aria-selected") === "true" && o.querySelector(".name").textContent === %q })()`, label))
	}
	show()
	chosen("Release Notes") // which is unread
	b.picture("shell-switcher")
	b.key("dt")
	chosen("Design Team")
	b.key("\r")
	b.at("/rooms/2")
	b.eventually(`!document.querySelector("dialog")`)

	show()
	b.key("cafe")
	chosen("Café")
	b.key("\r")
	b.at("/rooms/4")

	show()
	b.key("zoe")
	chosen("Zoë")
	b.key("\r")
	b.at("/rooms/6")
	b.eventually(`document.querySelector("h1").innerText.includes("Zoë")`)

	show()
	b.key("account")
	chosen("Account settings")
	b.key("\r")
	b.at("/account")

	show()
	b.key("xyzzy plugh")
	chosen("Search for “xyzzy plugh”")
	if n := evaluate[int](b, `document.querySelectorAll("[role=option]").length`); n != 1 {
		t.Errorf("%d lines for nonsense, want the search alone", n)
	}
	b.key(kb.ArrowDown)
	chosen("Search for “xyzzy plugh”")
	b.key("\r")
	b.at("/search?q=xyzzy%20plugh")

	// The keys of a list; Escape gives the focus back.
	b.do(`document.querySelector("#main input[type=search]").focus()`)
	show()
	b.key(kb.End)
	chosen("Search messages")
	b.key(kb.ArrowDown)
	chosen("Release Notes")
	b.key(kb.ArrowUp)
	chosen("Search messages")
	b.key(kb.Home)
	chosen("Release Notes")
	b.key(kb.Escape)
	b.eventually(`!document.querySelector("dialog") && document.activeElement.type === "search"`)

	// A command acts where one is.
	show()
	b.key("dark")
	chosen("Dark theme")
	b.key("\r")
	b.eventually(`document.documentElement.dataset.theme === "dark"`)
	b.run(chromedp.Navigate(srv.URL + "/rooms/1"))
	b.at("/rooms/1")
	if got := evaluate[string](b, `document.documentElement.dataset.theme ?? ""`); got != "dark" {
		t.Errorf("the theme is %q after a reload", got)
	}
	show()
	b.key("mark every")
	chosen("Mark everything as read")
	b.key("\r")
	b.eventually(`!document.querySelector(".room.unread")`)
	b.calm()
}

// Keys lead from room to room and to the composer, and explain themselves.
func TestKeys(t *testing.T) {
	open := newBrowsers(t)
	srv, _, bo := crowd(t)
	b := open(1200, 700)
	b.signIn(srv, "ada@example.org")
	b.at("/rooms/1")
	b.do(`document.querySelector("#composer textarea").focus()`)
	// Café, Design Team, Release Notes follow All Talk by name.
	for _, room := range []string{"4", "2", "3"} {
		b.key(kb.ArrowDown, alt)
		b.at("/rooms/" + room)
	}
	b.key(kb.ArrowUp, alt)
	b.at("/rooms/2")
	say(srv, bo, 4, "unread")
	b.eventually(`document.querySelector('.room[data-room="4"].unread')`)
	b.key(kb.ArrowDown, alt, shift)
	b.at("/rooms/4")
	b.eventually(`!document.querySelector(".room.unread")`)

	// In a field, characters are what is written; elsewhere they lead into the composer.
	b.key("a?/")
	b.eventually(`document.querySelector("#composer textarea").value === "a?/"`)
	b.do(`(() => { const input = document.querySelector("#composer textarea"); input.value = ""; input.dispatchEvent(new Event("input")); document.getElementById("messages").focus() })()`)
	b.key("?")
	b.eventually(`document.querySelector("dialog.keys[open]")?.innerText.includes("Ctrl+K")`)
	b.picture("shell-keys")
	b.key("x")
	b.key(kb.Escape)
	b.eventually(`!document.querySelector("dialog") && document.activeElement.id === "messages" && document.querySelector("#composer textarea").value === ""`)
	b.key("cup")
	b.eventually(`document.querySelector("#composer textarea").value === "cup" && document.activeElement.tagName === "TEXTAREA"`)
	b.do(`(() => { const input = document.querySelector("#composer textarea"); input.value = ""; input.dispatchEvent(new Event("input")); document.getElementById("messages").focus() })()`)
	b.key("/")
	b.at("/search")
	b.eventually(`document.activeElement.type === "search"`)
	b.key(kb.Escape)
	b.at("/rooms/4")

	// Escape goes to the end.
	b.key(kb.ArrowDown, alt)
	b.at("/rooms/2")
	b.says("line 99")
	b.do(`document.getElementById("messages").scrollTop = 0`)
	b.eventually(`!document.getElementById("jump").hidden`)
	b.key(kb.Escape)
	b.eventually(`document.getElementById("jump").hidden`)
	say(srv, bo, 1, "one")
	say(srv, bo, 3, "two")
	b.eventually(`document.querySelectorAll(".room.unread").length === 2`)
	b.key(kb.Escape, shift)
	b.eventually(`document.querySelectorAll(".room.unread").length === 0`)
	b.calm()
}

// The bell is a menu of levels, and says what it is set to.
func TestBellIsAMenuOfLevels(t *testing.T) {
	open := newBrowsers(t)
	srv, ada, _ := crowd(t)
	b := open(1200, 700)
	b.signIn(srv, "ada@example.org")
	b.at("/rooms/1")
	b.do(`window.mark = 1`)
	b.run(chromedp.Click(`button[title="Notifying about @ mentions"]`))
	b.eventually(`document.querySelectorAll("[role=menuitemradio]").length === 4 && document.activeElement.getAttribute("aria-checked") === "true"`)
	b.picture("shell-bell")
	b.key(kb.ArrowDown)
	b.key("\r")
	b.eventually(`document.querySelector('form.bell button[title="Notifications are off"]') && document.querySelector(".toast")?.innerText === "Notifications are off"`)
	b.eventually(`document.querySelector('.room[data-room="1"].muted')`)
	var got struct{ Room struct{ Involvement string } }
	srv.Do(ada, "GET", "/api/rooms/1", nil).Want(200).JSON(&got)
	if got.Room.Involvement != "nothing" {
		t.Errorf("involvement %q", got.Room.Involvement)
	}
	b.run(chromedp.Click(`form.bell button`))
	b.key(kb.ArrowDown)
	b.key("\r")
	b.eventually(`!document.querySelector('.room[data-room="1"]') && document.querySelector('form.bell button[title="Notifications are off and room invisible in sidebar"]')`)
	b.run(chromedp.Click(`form.bell button`))
	b.key(kb.Escape)
	b.eventually(`!document.querySelector(".levels") && document.activeElement.closest("form.bell")`)
	b.follow(`.room[data-room="5"]`)
	b.at("/rooms/5")
	b.run(chromedp.Click(`form.bell button`))
	b.eventually(`document.querySelectorAll("[role=menuitemradio]").length === 2`)
	if !evaluate[bool](b, `window.mark === 1`) {
		t.Error("the page was loaded anew")
	}
	b.calm()
}

// On a phone the sidebar is a drawer that keeps the focus while it is open.
func TestDrawerByKeyboard(t *testing.T) {
	open := newBrowsers(t)
	srv, _, _ := crowd(t)
	b := open(390, 844)
	b.signIn(srv, "ada@example.org")
	b.eventually(`location.pathname === "/rooms/1" && document.querySelector(".room[aria-current]")`)
	if got := evaluate[string](b, `document.getElementById("drawer").getAttribute("aria-label")`); got != "Open menu" {
		t.Errorf("the drawer is called %q", got)
	}
	b.do(`document.getElementById("drawer").focus()`)
	b.key(" ")
	b.eventually(`document.getElementById("drawer").checked && document.getElementById("sidebar").contains(document.activeElement)`)
	b.picture("shell-drawer")
	for range 30 {
		b.key(kb.Tab)
		if !evaluate[bool](b, `!!document.activeElement.closest("#sidebar, #drawer")`) {
			t.Fatal("the focus left the open drawer")
		}
	}
	b.key(kb.Escape)
	b.eventually(`!document.getElementById("drawer").checked && document.activeElement.id === "drawer"`)
	b.key("\r")
	b.eventually(`document.getElementById("drawer").checked`)
	b.do(`document.querySelector('.room[data-room="3"]').focus()`)
	b.key("\r")
	b.at("/rooms/3")
	b.eventually(`!document.getElementById("drawer").checked && !document.getElementById("main").inert && document.getElementById("main").contains(document.activeElement)`)

	// A finger pushes it away; one that scrolls does not.
	b.do(`document.getElementById("drawer").click()`)
	b.eventually(`document.getElementById("drawer").checked && document.getElementById("sidebar").contains(document.activeElement)`)
	swipe := func(x, y float64) {
		for _, e := range []input.DispatchTouchEventParams{
			{Type: input.DispatchTouchEventTypeTouchStart, TouchPoints: []*input.TouchPoint{{X: 200, Y: 600}}},
			{Type: input.DispatchTouchEventTypeTouchMove, TouchPoints: []*input.TouchPoint{{X: 200 + x/2, Y: 600 + y/2}}},
			{Type: input.DispatchTouchEventTypeTouchMove, TouchPoints: []*input.TouchPoint{{X: 200 + x, Y: 600 + y}}},
			{Type: input.DispatchTouchEventTypeTouchEnd, TouchPoints: []*input.TouchPoint{}},
		} {
			if _, err := chromedp.Call(b.ctx, input.DispatchTouchEvent, e); err != nil {
				t.Fatal(err)
			}
		}
	}
	swipe(-60, 120)
	if !evaluate[bool](b, `document.getElementById("drawer").checked`) {
		t.Error("scrolling the drawer closed it")
	}
	swipe(-120, 10)
	b.eventually(`!document.getElementById("drawer").checked`)
	b.calm()
}

// A person with one open page is seen by the other, in the sidebar and in the
// room's head.
func TestPresenceIsShown(t *testing.T) {
	open := newBrowsers(t)
	srv, _, token := crowd(t)
	b := open(1200, 700)
	b.signIn(srv, "ada@example.org")
	b.at("/rooms/1")
	b.eventually(`document.querySelector('.room[data-room="5"]').dataset.liveStatus === "offline"`)
	bo := open(1200, 700)
	bo.signIn(srv, "bo@example.org")
	bo.at("/rooms/1")
	b.eventually(`document.querySelector('.room[data-room="5"]').dataset.liveStatus === "online" && document.getElementById("present").innerText.includes("1 other person is here")`)
	b.picture("shell-present")
	endBrowsers(srv, token)
	b.eventually(`document.querySelector('.room[data-room="5"]').dataset.liveStatus === "offline" && document.getElementById("present").hidden`)
	b.calm()
	bo.calm()
}

// Who joins is seen at once where the owner waits for them: in the head, among
// the pings, and as someone who is there. So is what others make of the room.
func TestWhoJoinsIsSeen(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	b := open(1200, 700)
	b.signIn(srv, "ada@example.org")
	b.at("/rooms/1")
	b.eventually(`document.querySelector(".room-head .members").innerText.trim() === "just you"`)
	b.do(`window.mark = 1`)
	srv.Join(ada, "Bo")
	b.eventually(`document.querySelector(".room-head .members").innerText.trim() === "2 people" && document.querySelector(".stranger")?.title === "" && document.querySelector(".stranger .name").innerText === "Bo"`)
	bo := open(1200, 700)
	bo.signIn(srv, "bo@example.org")
	b.eventually(`document.getElementById("present").title === "Bo"`)

	srv.Do(ada, "PATCH", "/api/rooms/1", map[string]string{"name": "Den", "kind": "closed"}).Want(200)
	for _, b := range []*browser{b, bo} {
		b.eventually(`document.querySelector("h1").innerText === "Den" && document.querySelector("h1 use").getAttribute("href").endsWith("#lock") && document.title.startsWith("Den – ")`)
	}
	srv.Do(ada, "DELETE", "/api/rooms/1/members/2", nil).Want(204)
	b.eventually(`document.querySelector(".room-head .members").innerText.trim() === "just you" && document.getElementById("present").hidden && window.mark === 1`)
	b.calm()
}

// endBrowsers ends the sessions of someone's browsers, and not the one that
// says so.
func endBrowsers(srv *campfiretest.Server, token string) {
	var sessions struct {
		Sessions []struct {
			ID        int64
			UserAgent string `json:"user_agent"`
		}
	}
	srv.Do(token, "GET", "/api/users/me/sessions", nil).Want(200).JSON(&sessions)
	for _, s := range sessions.Sessions {
		if strings.Contains(s.UserAgent, "Chrome") {
			srv.Do(token, "DELETE", fmt.Sprintf("/api/users/me/sessions/%d", s.ID), nil).Want(204)
		}
	}
}

// A session that is ended elsewhere is said, leads back here, and loses no draft.
func TestSignedOutElsewhere(t *testing.T) {
	open := newBrowsers(t)
	srv, ada, _ := crowd(t)
	b := open(1200, 700)
	b.signIn(srv, "ada@example.org")
	b.follow(`.room[data-room="3"]`)
	b.at("/rooms/3")
	b.eventually(`document.activeElement === document.querySelector("#composer textarea")`)
	b.key("half a thought")
	endBrowsers(srv, ada)
	b.eventually(`document.querySelector("dialog[open] a.primary")`)
	b.picture("shell-signed-out")
	b.follow(`dialog a.primary`)
	b.run(
		chromedp.WaitVisible(`input[name=password]`),
		chromedp.SendKeys(`input[name=email]`, "ada@example.org"),
		chromedp.SendKeys(`input[name=password]`, campfiretest.Password+"\r"),
		chromedp.WaitVisible(`#composer`),
	)
	b.at("/rooms/3")
	b.eventually(`document.querySelector("#composer textarea").value === "half a thought"`)
	b.calm()
}

// Who may not come here any more is told so, and not that it was another device.
func TestAccessEnded(t *testing.T) {
	open := newBrowsers(t)
	srv, ada, _ := crowd(t)
	b := open(1200, 700)
	b.signIn(srv, "bo@example.org")
	b.at("/rooms/1")
	srv.Do(ada, "DELETE", "/api/users/2", nil).Want(204)
	b.eventually(`document.querySelector("dialog[open]")?.innerText.includes("An administrator has ended your access")`)
	b.calm()
}

// A server that is away leaves the reader where they are, with a way on; what
// is not there is said.
func TestMovingAboutWithoutAServer(t *testing.T) {
	open := newBrowsers(t)
	srv, ada, _ := crowd(t)
	b := open(1200, 700)
	b.signIn(srv, "ada@example.org")
	b.at("/rooms/1")
	b.do(`window.mark = 1`)
	srv.Stop()
	b.follow(`.room[data-room="2"]`)
	b.eventually(`document.querySelector(".toast.error button")`)
	b.at("/rooms/1")
	srv.Start()
	b.follow(`.toast.error button`)
	b.at("/rooms/2")
	b.says("line 99")
	srv.Do(ada, "POST", "/api/rooms/2/messages", map[string]string{"body": "back again"}).Want(201)
	b.says("back again")

	// A page that was seen is still there on the way back.
	srv.Stop()
	b.do(`history.back()`)
	b.at("/rooms/1")
	srv.Start()
	say(srv, ada, 1, "caught up")
	b.says("caught up")

	// What is not there.
	b.do(`(() => { const a = document.createElement("a"); a.href = "/rooms/999"; document.body.append(a); a.click(); a.remove() })()`)
	b.eventually(`[...document.querySelectorAll(".toast.error")].some(e => /found|exist|no such/i.test(e.innerText))`)
	b.at("/rooms/1")
	if !evaluate[bool](b, `window.mark === 1`) {
		t.Error("the page was loaded anew")
	}
	b.calm()
}

// Fifty moves leave nothing behind: no listeners, no nodes.
func TestMovingAboutLeaksNothing(t *testing.T) {
	open := newBrowsers(t)
	srv, _, _ := crowd(t)
	b := open(1200, 700)
	b.signIn(srv, "ada@example.org")
	b.at("/rooms/1")
	measure := func(moves int) memory.GetDOMCountersResult {
		for i := range moves {
			room := 1 + (i+1)%2
			b.do(fmt.Sprintf(`document.querySelector('.room[data-room="%d"]').click()`, room))
			b.at(fmt.Sprintf("/rooms/%d", room))
		}
		for range 2 { // what the first frees may hold others
			if _, err := chromedp.Call(b.ctx, heapprofiler.CollectGarbage, cdp.Empty{}); err != nil {
				t.Fatal(err)
			}
		}
		counters, err := chromedp.Call(b.ctx, memory.GetDOMCounters, cdp.Empty{})
		if err != nil {
			t.Fatal(err)
		}
		return counters
	}
	before := measure(10)
	after := measure(50)
	t.Logf("after 10 moves %+v, after 60 %+v", before, after)
	if grown := after.JsEventListeners - before.JsEventListeners; grown >= 50 {
		t.Errorf("%d listeners more after 50 moves", grown)
	}
	if grown := after.Nodes - before.Nodes; grown >= before.Nodes/2 {
		t.Errorf("%d nodes more after 50 moves, of %d", grown, before.Nodes)
	}
	b.calm()
}

// Behind one's pings the sidebar offers to begin one with those whom one knows
// least: by a key, inside of the page; and without scripts by a form.
func TestPingsAreOffered(t *testing.T) {
	open := newBrowsers(t)
	srv, ada, _ := crowd(t)
	srv.Do(srv.Join(ada, "di"), "PATCH", "/api/users/me", map[string]string{"name": "Di Dorn"}).Want(200)
	b := open(1200, 700)
	b.signIn(srv, "ada@example.org")
	b.at("/rooms/1")
	const offered = `[...document.querySelectorAll(".stranger")].map((e) => e.getAttribute("aria-label") + ":" + e.title).join()`
	if got := evaluate[string](b, offered); got != "Start a ping with Zoë:,Start a ping with Di:Di Dorn" {
		t.Errorf("offered are %q", got)
	}
	b.do(`window.mark = 1; document.querySelector(".stranger").focus()`)
	b.key("\r")
	b.at("/rooms/6")
	b.eventually(`document.querySelector("h1").innerText.includes("Zoë") && ` + offered + ` === "Start a ping with Di:Di Dorn"`)
	// Who comes is offered with the next list, and what has the focus keeps it.
	srv.Join(ada, "Eli")
	b.do(`document.querySelector(".stranger").focus()`)
	srv.Do(ada, "POST", "/api/rooms", map[string]string{"kind": "open", "name": "Zoo"}).Want(201)
	b.eventually(offered + ` === "Start a ping with Di:Di Dorn,Start a ping with Eli:" && document.activeElement.value === "4"`)
	if !evaluate[bool](b, `window.mark === 1`) {
		t.Error("the page was loaded anew")
	}

	if _, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	b.run(chromedp.Navigate(srv.URL+"/account"), chromedp.WaitVisible(`.stranger`), chromedp.Click(`.stranger[value="4"]`), chromedp.WaitVisible(`#composer`))
	if got := evaluate[string](b, `location.pathname + " " + document.querySelector("h1 bdi").textContent`); got != "/rooms/8 Di Dorn" {
		t.Errorf("without scripts the ping led to %q", got)
	}
	b.calm()
}
