package web_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"campfire/internal/campfiretest"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// written waits until the composer holds a text.
func (b *browser) drafted(text string) {
	b.t.Helper()
	b.eventually(fmt.Sprintf(`document.querySelector("#composer textarea")?.value === %q`, text))
}

// What is sent after the session has ended elsewhere waits, and goes once the
// reader has signed in again; what is half written is still there.
func TestSentAfterTheSessionEnded(t *testing.T) {
	open := newBrowsers(t)
	srv, ada, _ := crowd(t)
	b := open(1200, 700)
	b.signIn(srv, "ada@example.org")
	b.at("/rooms/1")
	b.do(`document.querySelector("#composer textarea").focus()`)
	b.key("typing when it ends")
	endBrowsers(srv, ada)
	b.eventually(`document.querySelector("dialog[open]")?.innerText.includes("You are signed out")`)
	b.key("\x1b")
	b.eventually(`!document.querySelector("dialog") && document.activeElement === document.querySelector("#composer textarea")`)
	b.key(", and sent\r")
	b.eventually(`document.querySelector(".pending .body")?.innerText.trim() === "typing when it ends, and sent"`)
	b.key("and more")
	b.drafted("and more")
	b.follow(`#status a`)
	b.run(
		chromedp.WaitVisible(`input[name=password]`),
		chromedp.SendKeys(`input[name=email]`, "ada@example.org"),
		chromedp.SendKeys(`input[name=password]`, campfiretest.Password+"\r"),
		chromedp.WaitVisible(`#composer`),
	)
	b.at("/rooms/1")
	b.says("typing when it ends, and sent")
	b.drafted("and more")
	b.eventually(`document.querySelectorAll("article.message").length === 1 && document.getElementById("status").textContent === ""`)
	b.calm()
}

// A device whose clock is hours or a day wrong dates and divides as the
// server's has it.
func TestClockThatIsWrong(t *testing.T) {
	open := newBrowsers(t)
	for name, by := range map[string]time.Duration{"a day ahead": 24 * time.Hour, "a day behind": -24 * time.Hour, "hours ahead": 5 * time.Hour, "hours behind": -5 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			srv, ada, bo := crowd(t)
			b := open(1200, 700)
			b.t = t
			if _, err := chromedp.Call(b.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: fmt.Sprintf(`
				const True = Date;
				window.Date = class extends True {
					constructor(...at) { if (at.length > 0) super(...at); else super(True.now() + %d) }
					static now() { return True.now() + %[1]d }
				}`, by.Milliseconds())}); err != nil {
				t.Fatal(err)
			}
			b.signIn(srv, "ada@example.org")
			b.follow(`.room[data-room="2"]`)
			b.at("/rooms/2")
			const days = `[...document.querySelectorAll(".day")].map((e) => e.textContent.trim()).join()`
			b.eventually(days + ` === "Today"`)
			b.do(`document.querySelector("#composer textarea").focus()`)
			b.key("what time is it?\r")
			b.says("what time is it?")
			say(srv, bo, 2, "no idea")
			b.says("no idea")
			b.eventually(days + ` === "Today"`)
			// A message's time is the server's, shown as the reader's zone has it.
			var last struct {
				Messages []struct {
					CreatedAt string `json:"created_at"`
				}
			}
			srv.Do(ada, "GET", "/api/rooms/2/messages?limit=1", nil).Want(200).JSON(&last)
			b.eventually(fmt.Sprintf(`[...document.querySelectorAll("article.message time")].at(-1).textContent === new Intl.DateTimeFormat("en-US", { hour: "numeric", minute: "2-digit" }).format(new Date(%q))`, last.Messages[0].CreatedAt))

			// What came while the room was not looked at is divided off, and no more.
			b.eventually(`fetch("/api/rooms/2").then((r) => r.json()).then(({ room }) => room.read_seq === room.seq)`)
			b.follow(`.room[data-room="1"]`)
			b.at("/rooms/1")
			say(srv, bo, 2, "came meanwhile")
			b.eventually(`document.querySelector('.room[data-room="2"].unread .count')?.textContent === "1"`)
			b.follow(`.room[data-room="2"]`)
			b.at("/rooms/2")
			b.eventually(`document.querySelector(".divider")?.nextElementSibling.innerText.includes("came meanwhile") && ` + days + ` === "Today"`)
			b.calm()
		})
	}
}

// A room's page that was fetched when the pointer came near its link is older
// than what came before it was opened: that is divided off all the same.
func TestWhatCameAfterAPageWasFetchedIsNew(t *testing.T) {
	open := newBrowsers(t)
	srv, _, bo := crowd(t)
	b := open(1200, 700)
	b.signIn(srv, "ada@example.org")
	b.follow(`.room[data-room="2"]`)
	b.at("/rooms/2")
	b.eventually(`fetch("/api/rooms/2").then((r) => r.json()).then(({ room }) => room.read_seq === room.seq)`)
	b.follow(`.room[data-room="1"]`)
	b.at("/rooms/1")
	b.do(`performance.clearResourceTimings(); document.querySelector('.room[data-room="2"]').dispatchEvent(new PointerEvent("pointerover", { bubbles: true }))`)
	b.eventually(`performance.getEntriesByType("resource").some((e) => new URL(e.name).pathname === "/rooms/2")`)
	say(srv, bo, 2, "came meanwhile")
	b.eventually(`document.querySelector('.room[data-room="2"].unread .count')?.textContent === "1"`)
	b.do(`document.querySelector('.room[data-room="2"]').click()`)
	b.at("/rooms/2")
	b.eventually(`document.querySelector(".divider")?.nextElementSibling.innerText.includes("came meanwhile")`)
	b.eventually(`document.querySelectorAll(".divider").length === 1`)
	b.calm()
}

// A page that was frozen shows what it missed, and keeps what was written.
func TestSleep(t *testing.T) {
	open := newBrowsers(t)
	srv, _, bo := crowd(t)
	b := open(1200, 700)
	b.signIn(srv, "ada@example.org")
	b.at("/rooms/1")
	b.do(`window.same = true; document.querySelector("#composer textarea").focus()`)
	b.key("half")
	b.drafted("half")
	sleep := func(state page.SetWebLifecycleStateState) {
		t.Helper()
		if _, err := chromedp.Call(b.ctx, page.SetWebLifecycleState, page.SetWebLifecycleStateParams{State: state}); err != nil {
			t.Fatal(err)
		}
	}
	sleep(page.SetWebLifecycleStateStateFrozen)
	for i := range 3 {
		say(srv, bo, 1, fmt.Sprint("asleep ", i))
	}
	srv.Restart() // the connection is gone, and nobody heard it go
	say(srv, bo, 1, "awake?")
	sleep(page.SetWebLifecycleStateStateActive)
	for _, body := range []string{"asleep 0", "asleep 1", "asleep 2", "awake?"} {
		b.says(body)
	}
	b.drafted("half")
	if !evaluate[bool](b, `window.same === true`) {
		t.Error("the page was loaded anew")
	}
	b.calm()
}

// A page that is come back to from outside of the application is as it was,
// and has what it missed.
func TestTheWayBackFromOutside(t *testing.T) {
	open := newBrowsers(t)
	srv, _, bo := crowd(t)
	b := open(1200, 700)
	b.signIn(srv, "ada@example.org")
	b.at("/rooms/1")
	b.do(`document.querySelector("#composer textarea").focus()`)
	b.key("half")
	b.drafted("half")
	b.do(`window.same = 0; addEventListener("pageshow", (event) => { window.same += event.persisted ? 1 : 100 })`)
	b.run(chromedp.Navigate(srv.URL + "/api/docs"))
	say(srv, bo, 1, "while away")
	b.do(`history.back()`)
	// The browser has kept the page as it was, and chromedp's poll is not in it.
	until := func(expression string) {
		t.Helper()
		for deadline := time.Now().Add(20 * time.Second); !evaluate[bool](b, expression); {
			if time.Now().After(deadline) {
				t.Fatalf("never true: %s", expression)
			}
		}
	}
	const last = `[...document.querySelectorAll("article.message:not(.pending) .body")].at(-1)?.innerText.trim()`
	until(last + ` === "while away" && document.querySelector("#composer textarea").value === "half"`)
	b.do(`document.querySelector("#composer textarea").focus()`)
	b.key(" a thought\r")
	until(last + ` === "half a thought"`)
	say(srv, bo, 1, "live again")
	until(last + ` === "live again"`)
	until(`window.same === 1`) // it is the page that was left, not one that was loaded anew
	if got := b.texts(); !slices.Equal(got, []string{"while away", "half a thought", "live again"}) {
		t.Errorf("the page has %q", got)
	}
	b.calm()
}

// A room that is deleted while it is open, and one that one is taken out of,
// say so and keep what is written; who is let in again goes on.
func TestRoomsThatAreLostWhileOpen(t *testing.T) {
	open := newBrowsers(t)
	srv, ada, bo := crowd(t)
	b := open(1200, 700)
	b.signIn(srv, "ada@example.org")
	b.at("/rooms/1")
	var made struct{ Room struct{ ID int } }
	srv.Do(bo, "POST", "/api/rooms", map[string]any{"kind": "closed", "name": "Den", "user_ids": []int{1}}).Want(201).JSON(&made)
	den := made.Room.ID
	row := fmt.Sprintf(`.room[data-room="%d"]`, den)
	b.eventually(fmt.Sprintf(`document.querySelector('%s')`, row))
	b.follow(row)
	b.at(fmt.Sprintf("/rooms/%d", den))
	b.eventually(`document.activeElement === document.querySelector("#composer textarea")`)
	b.key("half")
	srv.Do(bo, "DELETE", fmt.Sprintf("/api/rooms/%d/members/1", den), nil).Want(204)
	b.eventually(`document.getElementById("status").textContent.startsWith("You are no longer in this room.") && !document.querySelector('` + row + `')`)
	b.key(" a thought\r") // goes nowhere, and is not lost
	b.drafted("half a thought")
	b.eventually(`!document.querySelector(".pending") && document.querySelector("#composer button[name=send]").disabled`)
	b.picture("trouble-taken-out")

	say(srv, bo, den, "come back")
	srv.Do(bo, "PUT", fmt.Sprintf("/api/rooms/%d/members/1", den), nil).Want(204)
	b.says("come back")
	b.eventually(`document.getElementById("status").textContent === "" && !document.querySelector("#composer button[name=send]").disabled && document.querySelector('` + row + `')`)
	b.key(" then\r")
	b.says("half a thought then")

	b.key("last words")
	srv.Do(bo, "DELETE", fmt.Sprintf("/api/rooms/%d", den), nil).Want(204)
	b.eventually(`document.getElementById("status").textContent.startsWith("This room was deleted.")`)
	b.drafted("last words")
	b.says("half a thought then") // what was read can still be read
	b.picture("trouble-deleted")
	b.follow(`.room[data-room="1"]`)
	b.at("/rooms/1")
	b.eventually(`document.getElementById("status").textContent === ""`)
	say(srv, ada, 1, "goes on")
	b.says("goes on")
	b.calm()
}

// A connection that brings nothing is found out and made anew, also when the
// device's clock was set back by hours since something came.
func TestClockIsSetBackWhileTheConnectionIsSilent(t *testing.T) {
	open := newBrowsers(t)
	srv, _, bo := crowd(t)
	b := open(1200, 700)
	if _, err := chromedp.Call(b.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: `
		window.skew = window.later = window.sockets = window.deaf = 0;
		const True = Date, now = performance.now.bind(performance), Real = WebSocket;
		window.Date = class extends True {
			constructor(...at) { if (at.length > 0) super(...at); else super(True.now() + window.skew) }
			static now() { return True.now() + window.skew }
		};
		performance.now = () => now() + window.later;
		window.WebSocket = class extends Real {
			constructor(...to) { super(...to); this.number = ++window.sockets }
			set onmessage(f) { super.onmessage = (event) => { if (this.number > window.deaf) f(event) } }
		};`}); err != nil {
		t.Fatal(err)
	}
	b.signIn(srv, "ada@example.org")
	b.at("/rooms/1")
	say(srv, bo, 1, "heard")
	b.says("heard")
	sockets := evaluate[int](b, `window.sockets`)
	b.do(`window.deaf = window.sockets; window.skew = -5 * 3600_000; window.later = 61_000`) // a minute without a word
	say(srv, bo, 1, "not heard at first")
	b.says("not heard at first")
	b.eventually(fmt.Sprintf(`window.sockets === %d`, sockets+1))
	if got := b.texts(); !slices.Equal(got, []string{"heard", "not heard at first"}) {
		t.Errorf("the page has %q", got)
	}
	b.calm()
}

// overriding finds the texts in which a name's mark of direction turns round
// more than the name: what is shown, and what the browser shows as a tip or a
// title of its own.
const overriding = `(() => {
	const found = [];
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (walk.nextNode()) {
		const { data, parentElement } = walk.currentNode;
		if (!data.includes("\u202e") || ["SCRIPT", "OPTION", "TEXTAREA"].includes(parentElement.tagName)) continue;
		const apart = parentElement.closest("bdi, [dir=auto]");
		if (!apart || apart.textContent.trim() !== data.trim() || data.trim() !== window.override) found.push(parentElement.outerHTML.slice(0, 200));
	}
	return found;
})()`

// The longest and the most awkward names stay where they stand, on every page
// that shows one: nothing is wider than the window, and a mark of direction
// turns round the name alone.
func TestAwkwardNames(t *testing.T) {
	open := newBrowsers(t)
	srv, ada, bo := crowd(t)
	override := "\u202eoverride \u2067of Bo"
	say(srv, bo, 1, "first")
	var made struct{ Message struct{ ID int64 } }
	srv.Do(bo, "POST", "/api/rooms/1/messages", map[string]any{"body": "<@1> a needle"}).Want(201).JSON(&made)
	srv.Do(ada, "POST", "/api/rooms/1/messages", map[string]any{"body": "an answer", "reply_to": made.Message.ID}).Want(201)
	srv.Do(bo, "POST", fmt.Sprintf("/api/rooms/1/messages/%d/boosts", made.Message.ID), map[string]string{"content": "👏"}).Want(201)
	say(srv, bo, 5, "in the direct")
	for _, width := range []int64{390, 1200} {
		b := open(width, 800)
		b.signIn(srv, "ada@example.org")
		for _, name := range []string{strings.Repeat("🦊", 64), strings.Repeat("👩‍🚀", 21), override, strings.Repeat("W", 64)} {
			srv.Do(bo, "PATCH", "/api/users/me", map[string]string{"name": name}).Want(200)
			for _, path := range []string{"/rooms/1", "/rooms/5", "/mentions", "/search?q=needle", "/users/2", "/account", "/rooms/2/edit", "/rooms/new", "/directs/new", fmt.Sprintf("/rooms/1/messages/%d/notification", made.Message.ID)} {
				b.run(chromedp.Navigate(srv.URL+path), chromedp.WaitVisible(`#main`))
				check := func(where string) {
					t.Helper()
					if wide := evaluate[int](b, `document.documentElement.scrollWidth - innerWidth`); wide > 0 {
						t.Errorf("%s%s is %d pixels wider than the window with %q", path, where, wide, name)
						b.picture("trouble-wide-" + strings.Trim(strings.ReplaceAll(path, "/", "-"), "-"))
					}
					b.do(fmt.Sprintf(`window.override = %q`, override))
					for _, e := range evaluate[[]string](b, overriding) {
						t.Errorf("%s%s is turned round: %s", path, where, e)
					}
				}
				check("")
				if path != "/rooms/1" {
					continue
				}
				b.eventually(`document.querySelector(".pill") && document.querySelector(".quote")`)
				b.do(fmt.Sprintf(`document.querySelector("#message-%d .options").click()`, made.Message.ID))
				b.eventually(`(() => { const reply = [...document.querySelectorAll(".menu-list [role=menuitem]")].find((e) => e.textContent === "Reply"); reply?.click(); return !document.getElementById("replying").hidden })()`)
				check(", while it is answered")
				begins := strings.TrimPrefix(name, "\u202e")
				_, size := utf8.DecodeRuneInString(begins)
				const write = `(() => { const c = document.querySelector("#composer textarea"); c.focus(); c.value = %q; c.dispatchEvent(new InputEvent("input", { bubbles: true })) })()`
				b.do(fmt.Sprintf(write, "@"+begins[:size]))
				b.eventually(`document.querySelector("[role=listbox] [role=option]")`)
				check(", while names are suggested")
				b.do(fmt.Sprintf(write, ""))
			}
		}
		b.calm()
	}
}

// The longest message, without a space in it, stays within its room: as it is
// written, as it waits, as it comes, as it is answered, found and edited.
func TestLongestWord(t *testing.T) {
	open := newBrowsers(t)
	srv, _, _ := crowd(t)
	word := strings.Repeat("w", 32<<10)
	for _, width := range []int64{390, 1200} {
		b := open(width, 800)
		b.signIn(srv, "ada@example.org")
		b.at("/rooms/1")
		inside := func(when string) {
			t.Helper()
			if wide := evaluate[int](b, `Math.max(document.documentElement.scrollWidth - innerWidth, document.getElementById("messages")?.scrollWidth - document.getElementById("messages")?.clientWidth || 0)`); wide > 0 {
				t.Errorf("%s, it is %d pixels too wide", when, wide)
			}
			if high := evaluate[bool](b, `(() => { const c = document.getElementById("composer"); return !!c && c.getBoundingClientRect().height > innerHeight / 2 + 100 })()`); high {
				t.Errorf("%s, the composer covers the room", when)
			}
		}
		own := fmt.Sprintf("w%d%s", width, word[:len(word)-4])
		own = own[:32<<10]
		b.do(fmt.Sprintf(`(() => { const c = document.querySelector("#composer textarea"); c.value = %q; c.dispatchEvent(new InputEvent("input", { bubbles: true })) })()`, own))
		inside("being written")
		b.do(`document.getElementById("composer").requestSubmit()`)
		b.says(own)
		inside("posted")
		b.options(own, "Reply")
		b.eventually(`!document.getElementById("replying").hidden`)
		inside("being answered")
		b.write("short")
		b.says("short")
		inside("answered")
		b.run(chromedp.Reload(), chromedp.WaitVisible(`#composer`))
		b.says("short")
		inside("loaded")
		b.options(own, "Edit")
		b.eventually(`document.querySelector(".editor textarea")`)
		inside("being edited")
		b.run(chromedp.Navigate(srv.URL+"/search?q="+own[:6]), chromedp.WaitVisible(`.hits`))
		inside("found")
		b.calm()
	}
}
