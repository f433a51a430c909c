package web_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"campfire/client"
	"campfire/internal/badnet"
	"campfire/internal/campfiretest"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// comeIn signs someone in at an address and waits until the page is live.
func (b *browser) comeIn(url, email string) {
	b.t.Helper()
	b.run(
		chromedp.Navigate(url),
		chromedp.SendKeys(`input[name=email]`, email),
		chromedp.SendKeys(`input[name=password]`, campfiretest.Password+"\r"),
		chromedp.WaitVisible(`#composer`),
	)
	b.eventually(`document.getElementById("status").textContent === ""`)
}

// another opens a second window of the same person.
func (b *browser) another() *browser {
	b.t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx)
	b.t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil { // it lives as long as this context
		b.t.Fatal(err)
	}
	second := &browser{t: b.t, ctx: ctx}
	second.run(chromedp.EmulateViewport(1000, 700))
	return second
}

// fillRoom posts numbered messages to the first room; one in ten is long.
func fillRoom(srv *campfiretest.Server, token string, from, to int) {
	for from < to {
		var batch []any
		for ; from < to && len(batch) < 100; from++ {
			body := fmt.Sprintf("message %04d", from)
			if from%10 == 3 {
				body += strings.Repeat(" and it goes on", 20)
			}
			batch = append(batch, map[string]string{"body": body})
		}
		srv.Do(token, "POST", "/api/rooms/1/messages/batch", map[string]any{"messages": batch}).Want(200)
	}
}

// postTo posts to the first room and returns the message's id.
func postTo(srv *campfiretest.Server, token, body string) int64 {
	var out struct{ Message struct{ ID int64 } }
	srv.Do(token, "POST", "/api/rooms/1/messages", map[string]string{"body": body}).Want(201).JSON(&out)
	return out.Message.ID
}

// seqOf is the first room's number.
func seqOf(srv *campfiretest.Server, token string) int64 {
	var out struct{ Room struct{ Seq int64 } }
	srv.Do(token, "GET", "/api/rooms/1", nil).Want(200).JSON(&out)
	return out.Room.Seq
}

// top is how far below the upper edge of the log a message is, in pixels.
func (b *browser) top(id int64) float64 {
	b.t.Helper()
	return evaluate[float64](b, fmt.Sprintf(`document.getElementById("message-%d").getBoundingClientRect().top - document.getElementById("messages").getBoundingClientRect().top`, id))
}

// still fails the test when a message does not stay where it is while
// something happens and until an expression of the page is true.
func (b *browser) still(what string, id int64, act func(), until string) {
	b.t.Helper()
	before := b.top(id)
	act()
	b.eventually(until)
	b.frames()
	if after := b.top(id); after-before > 2 || before-after > 2 {
		b.t.Errorf("%s moved the message that is read from %.1f to %.1f px", what, before, after)
	}
}

// frames waits until what has been changed is painted.
func (b *browser) frames() {
	b.t.Helper()
	b.do(`window.painted = false; requestAnimationFrame(() => requestAnimationFrame(() => window.painted = true))`)
	b.eventually(`window.painted`)
}

const messageCount = `document.querySelectorAll("article[data-id]").length`

// Nothing moves that the reader did not move.
func TestReaderKeepsTheirPlace(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	bo := srv.Join(ada, "Bo")
	fillRoom(srv, bo, 0, 300)
	b := open(1000, 700)
	b.comeIn(srv.URL+"/login", "ada@example.org")
	b.says("message 0299")

	// History above. The message read is in the middle of what was loaded, so
	// that the load begins while it is on screen.
	read := evaluate[int64](b, `(() => {
		const m = document.querySelectorAll("article[data-id]")[8];
		document.getElementById("messages").scrollTop += m.getBoundingClientRect().top - document.getElementById("messages").getBoundingClientRect().top - 40;
		return Number(m.dataset.id);
	})()`)
	b.still("loading what was before", read, func() {}, messageCount+` > 90`)
	if evaluate[bool](b, `document.getElementById("jump").hidden`) {
		t.Error("there is no way to the newest message")
	}

	above, below := read-3, read+20
	seen := fmt.Sprintf(`document.getElementById("message-%d")`, read)
	b.still("a new message", read, func() { postTo(srv, bo, "seen from afar") }, `document.getElementById("jump").textContent.trim() === "1 new message"`)
	postTo(srv, bo, "and another")
	b.eventually(`document.getElementById("jump").textContent.trim() === "2 new messages"`)
	b.picture("log-jump")
	b.still("an edit above", read, func() {
		srv.Do(bo, "PATCH", fmt.Sprintf("/api/rooms/1/messages/%d", above), map[string]string{"body": strings.Repeat("much longer than before ", 60)}).Want(200)
	}, fmt.Sprintf(`document.getElementById("message-%d").innerText.includes("much longer")`, above))
	b.still("a boost above", read, func() {
		srv.Do(bo, "POST", fmt.Sprintf("/api/rooms/1/messages/%d/boosts", above), map[string]string{"content": "🔥"}).Want(201)
	}, fmt.Sprintf(`document.querySelector("#message-%d .boost") !== null`, above))
	b.still("a deletion above", read, func() {
		srv.Do(bo, "DELETE", fmt.Sprintf("/api/rooms/1/messages/%d", above-1), nil).Want(204)
	}, fmt.Sprintf(`document.getElementById("message-%d") === null`, above-1))
	b.still("an edit below", read, func() {
		srv.Do(bo, "PATCH", fmt.Sprintf("/api/rooms/1/messages/%d", below), map[string]string{"body": strings.Repeat("also longer ", 60)}).Want(200)
	}, fmt.Sprintf(`document.getElementById("message-%d").innerText.includes("also longer")`, below))
	b.still("a deletion of the message just above", read, func() {
		srv.Do(bo, "DELETE", fmt.Sprintf("/api/rooms/1/messages/%d", read-1), nil).Want(204)
	}, fmt.Sprintf(`document.getElementById("message-%d") === null`, read-1))
	if !evaluate[bool](b, seen+` !== null`) {
		t.Fatal("the message that is read has gone")
	}

	// An edit keeps the focus, and an open editor its text.
	mine := postTo(srv, ada, "mine, to be edited")
	b.do(`document.getElementById("jump").click()`)
	b.eventually(`document.getElementById("jump").hidden`)
	b.eventually(fmt.Sprintf(`document.getElementById("message-%d") !== null`, mine))
	b.do(fmt.Sprintf(`document.getElementById("message-%d").focus()`, mine))
	srv.Do(ada, "PATCH", fmt.Sprintf("/api/rooms/1/messages/%d", mine), map[string]string{"body": "edited elsewhere"}).Want(200)
	b.says("edited elsewhere")
	if id := evaluate[string](b, `document.activeElement.id`); id != fmt.Sprintf("message-%d", mine) {
		t.Errorf("after an edit the focus is at %q", id)
	}

	b.do(`document.activeElement.blur()`)

	// Whoever follows stays at the end, and the oldest leave.
	fillRoom(srv, bo, 300, 420)
	b.says("message 0419")
	b.eventually(`(() => { const log = document.getElementById("messages"); return log.scrollHeight - log.scrollTop - log.clientHeight < 2 })()`)
	fillRoom(srv, bo, 420, 700)
	b.says("message 0699")
	b.eventually(messageCount + ` <= 320`)
	b.eventually(`(() => { const log = document.getElementById("messages"); return log.scrollHeight - log.scrollTop - log.clientHeight < 2 })()`)
	b.eventually(`document.getElementById("jump").hidden`)
}

// A permalink shows its message in its surroundings, which go on both ways,
// and the way to the newest loads no page.
func TestPermalinkAndJump(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	bo := srv.Join(ada, "Bo")
	fillRoom(srv, bo, 0, 400)
	b := open(1000, 700)
	b.comeIn(srv.URL+"/login?next=/rooms/1/@100", "ada@example.org")
	b.eventually(`(() => {
		const m = document.querySelector(".message.highlight").getBoundingClientRect(), log = document.getElementById("messages").getBoundingClientRect();
		return m.top > log.top && m.bottom < log.bottom && document.querySelector(".message.highlight").dataset.id === "100";
	})()`)
	b.picture("log-permalink")
	// It goes on in both directions, where the reader goes.
	b.do(`document.getElementById("message-120").scrollIntoView({ block: "end" })`)
	b.still("loading what comes after", 120, func() {}, `document.getElementById("message-170") !== null`)
	// What is said meanwhile is not on this page, and is counted.
	postTo(srv, bo, "said far away")
	b.eventually(`document.getElementById("jump").textContent.trim() === "1 new message"`)
	b.do(`window.same = true; document.querySelector("#composer textarea").value = "half a tho"`)
	b.do(`document.getElementById("jump").click()`)
	b.says("said far away")
	b.eventually(`document.getElementById("jump").hidden && window.same && document.querySelector("#composer textarea").value === "half a tho"`)
	if n := evaluate[int](b, messageCount); n != 50 {
		t.Errorf("%d messages after the jump, want the newest 50", n)
	}
	// One's own message is at the end, wherever one was.
	b.do(`document.querySelector("#composer textarea").value = ""`)
	b.run(chromedp.Navigate(srv.URL+"/rooms/1/@50"), chromedp.WaitVisible(`.message.highlight`))
	b.write("from far away")
	b.says("from far away")
	b.eventually(`document.querySelectorAll(".pending").length === 0 && document.querySelector("article.message:last-of-type .body").innerText.trim() === "from far away"`)
}

// The divider stands where reading ended, and comes back when something is
// marked unread, on every device.
func TestDividerAndUnread(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	bo := srv.Join(ada, "Bo")
	fillRoom(srv, bo, 0, 20)
	srv.Do(ada, "PUT", "/api/rooms/1/read", map[string]int{"seq": 12}).Want(204)
	one, two := open(1000, 700), open(1000, 700)
	divided := `document.querySelector(".divider + article")?.dataset.seq`
	readSeq := func() int64 {
		var out struct {
			Room struct {
				ReadSeq int64 `json:"read_seq"`
			}
		}
		srv.Do(ada, "GET", "/api/rooms/1", nil).Want(200).JSON(&out)
		return out.Room.ReadSeq
	}
	one.comeIn(srv.URL+"/login", "ada@example.org")
	one.eventually(divided + ` === "13"`)
	if n := evaluate[int](one, `document.querySelectorAll(".day").length`); n != 1 {
		t.Errorf("%d days before messages of one day", n)
	}
	// It stays while more comes and is read.
	postTo(srv, bo, "one more")
	one.says("one more")
	waitFor(t, func() bool { return readSeq() == 21 })
	one.eventually(divided + ` === "13"`)
	// Its message goes: it stands before the next.
	srv.Do(bo, "DELETE", "/api/rooms/1/messages/13", nil).Want(204)
	one.eventually(divided + ` === "14"`)
	waitFor(t, func() bool { return readSeq() == 22 })

	two.comeIn(srv.URL+"/login", "ada@example.org")
	two.says("one more")
	two.eventually(`document.querySelector(".divider") === null`)
	srv.Do(ada, "PUT", "/api/rooms/1/read", map[string]int{"unread_from": 18}).Want(204)
	for _, b := range []*browser{one, two} {
		b.eventually(divided + ` === "18"`)
	}
	// One's own words are nothing new: the line stands behind them.
	srv.Do(ada, "PUT", "/api/rooms/1/read", map[string]int{"seq": 22}).Want(204)
	own := postTo(srv, ada, "my own")
	one.says("my own")
	postTo(srv, bo, "an answer")
	one.says("an answer")
	srv.Do(ada, "PUT", "/api/rooms/1/read", map[string]int64{"unread_from": own}).Want(204)
	one.eventually(`document.querySelector(".divider + article")?.innerText.includes("an answer")`)
	srv.Do(ada, "PUT", "/api/rooms/1/read", map[string]int{"unread_from": 18}).Want(204)
	for _, b := range []*browser{one, two} {
		b.eventually(divided + ` === "18"`)
	}
	// Nothing is read by itself until the reader goes on reading.
	postTo(srv, bo, "and another")
	for _, b := range []*browser{one, two} {
		b.says("and another")
	}
	if got := readSeq(); got != 17 {
		t.Errorf("read up to %d after marking unread from 18", got)
	}
	one.do(`document.getElementById("messages").dispatchEvent(new WheelEvent("wheel"))`)
	waitFor(t, func() bool { return readSeq() == 25 })
	one.eventually(divided + ` === "18"`)
}

// waitFor waits for something of the server.
func waitFor(t *testing.T, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("never true")
		}
	}
}

// The two windows of one person show the same as waiting and post it once.
func TestTwoWindowsOfOnePerson(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t, "CAMPFIRE_MAX_MENTIONS=1")
	ada := srv.SetUp()
	srv.Join(ada, "Bo")
	fillRoom(srv, ada, 0, 3)
	one := open(1000, 700)
	one.comeIn(srv.URL+"/login", "ada@example.org")
	two := one.another()
	two.run(chromedp.Navigate(srv.URL+"/rooms/1"), chromedp.WaitVisible(`#composer`))
	two.says("message 0002")

	srv.Stop()
	for _, b := range []*browser{one, two} {
		b.eventually(`document.getElementById("status").textContent !== ""`)
	}
	one.write("first, from one")
	two.eventually(`document.querySelectorAll(".pending").length === 1`)
	two.write("second, from two")
	one.eventually(`document.querySelectorAll(".pending").length === 2`)
	one.write("third, from one")
	two.eventually(`document.querySelectorAll(".pending").length === 3`)
	one.picture("log-waiting")
	srv.Start()
	want := []string{"first, from one", "second, from two", "third, from one"}
	for _, b := range []*browser{one, two} {
		b.eventually(`document.querySelectorAll(".pending").length === 0 && document.querySelectorAll("article[data-id]").length === 6`)
		if got := b.texts(); !slices.Equal(got[3:], want) {
			t.Errorf("a window shows %q, want %q", got[3:], want)
		}
	}

	// What the server refuses stays, and either window tries again or discards.
	const many = "<@1> <@2> tea?"
	one.do(fmt.Sprintf(`(() => { const i = document.querySelector("#composer textarea"); i.value = %q; i.form.requestSubmit() })()`, many))
	for _, b := range []*browser{one, two} {
		b.eventually(`document.querySelector(".pending.failed .failure") !== null`)
	}
	one.picture("log-refused")
	one.write("what comes after is sent")
	two.says("what comes after is sent")
	two.do(`document.querySelectorAll(".failure button")[0].click()`) // once more
	two.eventually(`document.querySelector(".pending.failed .failure") !== null`)
	two.do(`document.querySelectorAll(".failure button")[1].click()`) // not at all
	for _, b := range []*browser{one, two} {
		b.eventually(`document.querySelector(".pending") === null`)
	}
	if back := evaluate[string](two, `document.querySelector("#composer textarea").value`); !strings.HasSuffix(back, many) {
		t.Errorf("of the discarded text was given back: %.20q", back)
	}
}

// A page whose number is of another history, or too old, takes the newest page
// in, in place, and keeps what is being written and what waits.
func TestResyncInPlace(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t, "CAMPFIRE_REPLAY_MAX=20")
	ada := srv.SetUp()
	bo := srv.Join(ada, "Bo")
	fillRoom(srv, bo, 0, 100)
	bad := badnet.New(t, strings.TrimPrefix(srv.URL, "http://"), 1)
	follows, reads := open(1000, 700), open(1000, 700)
	for _, b := range []*browser{follows, reads} {
		b.comeIn("http://"+bad.Addr()+"/login", "ada@example.org")
		b.says("message 0099")
		b.do(`window.same = true; document.querySelector("#composer textarea").value = "half a tho"`)
	}
	reads.do(`document.getElementById("messages").scrollTop = 0`)
	reads.eventually(messageCount + ` > 90`)
	reads.do(`document.getElementById("message-40").scrollIntoView({ block: "start" })`)
	reads.frames()
	place := reads.top(40)
	bad.Down()
	fillRoom(srv, bo, 100, 160)
	srv.Do(bo, "PATCH", "/api/rooms/1/messages/40", map[string]string{"body": "edited meanwhile"}).Want(200)
	bad.Up()
	follows.says("message 0159")
	reads.says("edited meanwhile")
	for _, b := range []*browser{follows, reads} {
		b.eventually(`window.same && document.getElementById("messages").dataset.seq === "161" && document.querySelector("#composer textarea").value === "half a tho"`)
	}
	reads.frames()
	if now := reads.top(40); now-place > 2 || place-now > 2 {
		t.Errorf("the message that is read moved from %.1f to %.1f px", place, now)
	}
	// Both are live again.
	postTo(srv, bo, "after all")
	follows.says("after all")
	reads.do(`document.getElementById("jump").click()`)
	reads.says("after all")
}

// A room that is lost while it is open, and a session that ends elsewhere, are
// said; what was written is kept.
func TestLossesAreSaid(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	bo := srv.Join(ada, "Bo")
	var room struct{ Room struct{ ID int64 } }
	srv.Do(ada, "POST", "/api/rooms", map[string]any{"kind": "closed", "name": "Kitchen", "user_ids": []int{2}}).Want(201).JSON(&room)
	b := open(1000, 700)
	b.comeIn(fmt.Sprintf("%s/login?next=/rooms/%d", srv.URL, room.Room.ID), "bo@example.org")
	b.eventually(`document.getElementById("messages").dataset.room === "` + fmt.Sprint(room.Room.ID) + `"`)
	srv.Do(ada, "DELETE", fmt.Sprintf("/api/rooms/%d/members/2", room.Room.ID), nil).Want(204)
	b.eventually(`document.getElementById("status").textContent === "You are no longer in this room. What you have written is kept on this device."`)
	b.picture("log-removed")

	b.run(chromedp.Navigate(srv.URL+"/rooms/1"), chromedp.WaitVisible(`#composer`))
	b.eventually(`document.getElementById("status").textContent === ""`)
	b.run(chromedp.SendKeys(`#composer textarea`, "written before"))
	var sessions struct {
		Sessions []struct{ ID int64 }
	}
	srv.Do(bo, "GET", "/api/users/me/sessions", nil).Want(200).JSON(&sessions)
	for _, s := range sessions.Sessions {
		srv.Do(bo, "DELETE", fmt.Sprintf("/api/users/me/sessions/%d", s.ID), nil)
	}
	b.eventually(`document.querySelector("#status a") !== null`)
	b.picture("log-signed-out")
	b.run(
		chromedp.Evaluate[chromedp.Void](`document.querySelector("#status a").click()`),
		chromedp.SendKeys(`input[name=email]`, "bo@example.org"),
		chromedp.SendKeys(`input[name=password]`, campfiretest.Password+"\r"),
		chromedp.WaitVisible(`#composer`),
	)
	b.eventually(`location.pathname === "/rooms/1" && document.querySelector("#composer textarea").value === "written before"`)
}

// Messages are gone through and acted on by keys.
func TestKeysInTheLog(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	fillRoom(srv, ada, 0, 60)
	b := open(1000, 700)
	b.comeIn(srv.URL+"/login", "ada@example.org")
	b.says("message 0059")
	focus := func(want string) { b.t.Helper(); b.eventually(`document.activeElement.dataset.id === "` + want + `"`) }
	b.do(`document.getElementById("messages").focus()`)
	b.key(kb.ArrowUp) // arrow up: the last one on screen
	focus("60")
	b.key(kb.ArrowUp)
	focus("59")
	b.key(kb.ArrowDown) // down
	focus("60")
	b.key(kb.ArrowDown) // and not further
	focus("60")
	b.key(kb.Home)
	b.eventually(`document.activeElement === document.querySelector("article[data-id]") && document.activeElement.getBoundingClientRect().top >= document.getElementById("messages").getBoundingClientRect().top - 1`)
	b.key(kb.End)
	focus("60")
	b.key("\r")
	b.eventually(`document.activeElement.getAttribute("role") === "menuitem"`)
	b.key(kb.Escape)
	b.eventually(`document.activeElement.matches("#message-60 .options") && !document.querySelector("[role=menu]")`)
	b.do(`document.getElementById("message-60").focus()`)
	b.key(kb.Escape)
	b.eventually(`document.activeElement.name === "body"`)
	b.do(`document.getElementById("message-60").focus()`)
	if label := evaluate[string](b, `document.activeElement.getAttribute("aria-label")`); !strings.HasPrefix(label, "Ada, ") {
		t.Errorf("a message is called %q", label)
	}
	if n := evaluate[int](b, `document.querySelectorAll("article .author:not([tabindex]), article .options:not([tabindex])").length`); n != 2 {
		t.Errorf("the tab key stops at the parts of several messages: %d", n)
	}
	b.key("r")
	b.eventually(`document.activeElement.name === "body" && !document.getElementById("replying").hidden`)
	b.do(`document.getElementById("message-60").focus()`)
	b.key("e")
	b.run(chromedp.WaitVisible(`#message-60 .editor`))

	// What is worked on is deleted: a reply says so, an edit's text is kept.
	b.eventually(`document.querySelector(".editor textarea").value === "message 0059"`)
	srv.Do(ada, "DELETE", "/api/rooms/1/messages/60", nil).Want(204)
	b.eventually(`document.getElementById("message-60") === null && document.getElementById("replying").innerText.includes("deleted") && document.querySelector("dialog textarea").value === "message 0059"`)
}

// New messages are said to those who hear the page; what is loaded or changed
// is not.
func TestAnnouncements(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	bo := srv.Join(ada, "Bo")
	fillRoom(srv, bo, 0, 120)
	b := open(1000, 700)
	b.comeIn(srv.URL+"/login", "ada@example.org")
	b.says("message 0119")
	b.eventually(`(() => { document.getElementById("messages").scrollTop = 0; return ` + messageCount + ` === 120 })()`)
	srv.Do(bo, "PATCH", "/api/rooms/1/messages/100", map[string]string{"body": "changed"}).Want(200)
	b.says("changed")
	said := `[...document.querySelectorAll(".announcer p")].map(e => e.textContent)`
	if got := evaluate[[]string](b, said); len(got) != 0 {
		t.Errorf("said of what is not new: %q", got)
	}
	postTo(srv, bo, "tea?")
	b.eventually(said + `.join() === "Bo: tea?"`)
	// One's own words are known; of a crowd's only the number is said.
	postTo(srv, ada, "mine, from elsewhere")
	b.says("mine, from elsewhere")
	fillRoom(srv, bo, 120, 125)
	b.says("message 0124")
	// A slow machine takes the five in several goes, of which one may be a single message.
	b.eventually(said + `.slice(1).reduce((n, text) => n + (Number(/^(\d+) new messages$/.exec(text)?.[1]) || (text.startsWith("Bo: message ") ? 1 : NaN)), 0) === 5 && ` + said + `.some((text) => text.endsWith("new messages")) && ` + said + `[0] === "Bo: tea?"`)
	if live := evaluate[string](b, `document.getElementById("messages").getAttribute("aria-live")`); live != "off" {
		t.Errorf("the log itself speaks: %q", live)
	}
}

// before runs a script in every page before its own.
func (b *browser) before(script string) {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script}); err != nil {
		b.t.Fatal(err)
	}
}

// A page that misses frames of its socket sees the gap and asks for them.
func TestMissedFramesAreAskedFor(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	bo := srv.Join(ada, "Bo")
	fillRoom(srv, bo, 0, 3)
	b := open(1000, 700)
	b.before(`window.missed = 0;
		window.WebSocket = class extends WebSocket {
			#n = 0;
			set onmessage(hear) {
				super.onmessage = (event) => {
					if (/^.{9}(message|boost|batch)/.test(event.data) && ++this.#n % 3 === 0) window.missed++;
					else hear(event);
				};
			}
		};`)
	b.comeIn(srv.URL+"/login", "ada@example.org")
	b.says("message 0002")
	for i := range 30 {
		id := postTo(srv, bo, fmt.Sprintf("one of many, %d", i))
		if i%4 == 1 {
			srv.Do(bo, "DELETE", fmt.Sprintf("/api/rooms/1/messages/%d", id), nil).Want(204)
		}
	}
	// The last one may be among what is missed: something comes after it.
	b.eventually(`window.missed > 3`)
	fresh := open(1000, 700)
	fresh.comeIn(srv.URL+"/login", "ada@example.org")
	fresh.says("one of many, 28")
	waitFor(t, func() bool {
		postTo(srv, bo, "and on")
		all := fmt.Sprintf(`document.getElementById("messages").dataset.seq === "%d"`, seqOf(srv, ada))
		return evaluate[bool](b, all) && evaluate[bool](fresh, all)
	})
	compare(t, "a page that misses frames", b.shows(), fresh.shows())
}

// A page of history that is older than what has happened since it was asked
// for is brought up to date.
func TestHistoryIsOldWhenItComes(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	bo := srv.Join(ada, "Bo")
	fillRoom(srv, bo, 0, 130)
	b := open(1000, 700)
	b.before(`
		window.held = 0;
		const ask = window.fetch;
		window.fetch = async (...request) => {
			const answer = await ask(...request);
			if (window.gate && String(request[0]).includes("/messages?")) {
				window.held++;
				await window.gate;
			}
			return answer;
		};
		window.hold = () => (window.gate = new Promise((go) => (window.release = () => { window.gate = null; window.held = 0; go() })));`)
	b.comeIn(srv.URL+"/login", "ada@example.org")
	b.says("message 0129")
	b.do(`window.hold(); document.getElementById("messages").scrollTop = 0`)
	b.eventually(`window.held > 0`) // 31 to 80 are on their way
	srv.Do(bo, "PATCH", "/api/rooms/1/messages/60", map[string]string{"body": "edited on the way"}).Want(200)
	srv.Do(bo, "DELETE", "/api/rooms/1/messages/62", nil).Want(204)
	srv.Do(bo, "POST", "/api/rooms/1/messages/64/boosts", map[string]string{"content": "🔥"}).Want(201)
	b.eventually(`document.getElementById("messages").dataset.seq === "133"`)
	b.do(`window.release()`)
	b.says("edited on the way")
	b.eventually(`document.getElementById("message-62") === null && document.querySelector("#message-64 .boosts [data-boost]") !== null`)

	// The other way: a page that says it is the last, and is not.
	b.run(chromedp.Navigate(srv.URL+"/rooms/1/@50"), chromedp.WaitVisible(`.message.highlight`))
	b.eventually(`document.getElementById("status").textContent === ""`)
	b.eventually(`(() => { const m = document.getElementById("message-120"); if (m) return true; document.getElementById("messages").scrollTop += 400; return false })()`)
	b.do(`window.hold()`)
	b.eventually(`(() => { document.getElementById("messages").scrollTop += 400; return window.held > 0 || document.querySelector("#message-130") !== null })()`)
	if evaluate[bool](b, `window.held > 0`) {
		postTo(srv, bo, "said on the way")
		b.eventually(`document.getElementById("messages").dataset.seq === "134"`)
		b.do(`window.release()`)
	} else {
		t.Error("nothing was on its way")
	}
	b.eventually(`(() => { document.getElementById("messages").scrollTop += 400; return document.querySelector("article.message:last-of-type .body").innerText.trim() === "said on the way" })()`)
}

// shown is what a page shows of its messages, days and dividers left out where
// they depend on what else is loaded.
const shown = `[...document.querySelectorAll("#messages > article")].map((m, i) => JSON.stringify({
	id: Number(m.dataset.id), client: m.dataset.client, body: m.querySelector(".body").innerText.trim(),
	author: m.querySelector(".author").textContent, edited: m.querySelector(".edited") !== null,
	quote: m.querySelector(".quote")?.textContent ?? "", boosts: [...m.querySelectorAll(".boosts [data-boost]")].map(b => b.dataset.boost).sort(),
	...(i > 0 ? { grouped: m.classList.contains("grouped"), day: m.previousElementSibling.classList.contains("day") } : {}),
}))`

// shows returns what a page shows, the oldest message left out.
func (b *browser) shows() []string {
	b.t.Helper()
	list := evaluate[[]string](b, shown)
	if len(list) == 0 {
		b.t.Fatal("the page shows nothing")
	}
	return list[1:]
}

// The big one: pages whose connections are cut in the middle of whatever they
// carry show, in the end, exactly what a fresh page shows.
func TestNothingLostOnScreenUnderResets(t *testing.T) {
	const resets, rounds = 50, 250
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	people := []string{ada, srv.Join(ada, "Bo"), srv.Join(ada, "Cy")}
	fillRoom(srv, people[2], 0, 120)
	bad := badnet.New(t, strings.TrimPrefix(srv.URL, "http://"), 5)
	pages := []*browser{open(1000, 700), open(390, 844)}
	for i, b := range pages {
		b.comeIn("http://"+bad.Addr()+"/login", []string{"ada@example.org", "bo@example.org"}[i])
		b.says("message 0119")
	}
	bad.Worsen(resets, 8_000)

	// In each round three clients make some changes, and the pages say something;
	// one reader follows, the other goes up and down.
	rng := rand.New(rand.NewPCG(6, 6))
	var talkers []*talker
	for n, token := range people {
		talkers = append(talkers, &talker{c: client.New(srv.URL, token), who: n, rng: rand.New(rand.NewPCG(9, uint64(n)))})
	}
	round := 0
	for ; round < rounds && (bad.Resets() < resets || round < 60); round++ {
		var working sync.WaitGroup
		for _, x := range talkers {
			working.Go(func() {
				if err := x.talk(t.Context(), 3); err != nil {
					t.Error(err)
				}
			})
		}
		if round%3 == 0 {
			for i, b := range pages {
				b.do(fmt.Sprintf(`(() => { const i = document.querySelector("#composer textarea"); i.value = "page %d says %d"; i.form.requestSubmit() })()`, i, round))
			}
		}
		switch rng.IntN(4) {
		case 0, 1:
			pages[1].do(`document.getElementById("messages").scrollTop = 0`)
		case 2:
			pages[1].do(`document.getElementById("messages").scrollTop += 3000`)
		case 3:
			pages[1].do(`document.getElementById("jump").click()`)
		}
		working.Wait()
		if t.Failed() {
			return
		}
	}
	seen := bad.Resets()
	bad.Worsen(0, 8_000) // cut once more, and then let be
	t.Logf("%d rounds, %d resets", round, seen)
	if seen < resets/2 {
		t.Errorf("only %d connections were reset", seen)
	}

	c := client.New(srv.URL, ada)
	var stored struct{ Messages []struct{ ID, Seq int64 } }
	for _, b := range pages {
		b.patiently(`document.querySelectorAll(".pending").length === 0 && document.getElementById("status").textContent === ""`)
		b.do(`document.getElementById("jump").click()`)
	}
	seq := seqOf(srv, ada)
	fresh := open(1000, 700)
	fresh.comeIn(srv.URL+"/login", "ada@example.org")
	fresh.toTheBeginning()
	want := fresh.shows()
	for cursor := int64(0); ; {
		var stretch struct {
			Messages  []struct{ ID, Seq int64 }
			HasBefore bool `json:"has_before"`
		}
		path := "/api/rooms/1/messages?limit=100"
		if cursor != 0 {
			path += fmt.Sprintf("&before=%d", cursor)
		}
		if err := c.Do(t.Context(), "GET", path, nil, &stretch); err != nil {
			t.Fatal(err)
		}
		stored.Messages = append(stretch.Messages, stored.Messages...)
		if cursor = stretch.Messages[0].ID; !stretch.HasBefore {
			break
		}
	}
	if len(want) != len(stored.Messages)-1 {
		t.Fatalf("a fresh page shows %d messages, %d are stored", len(want)+1, len(stored.Messages))
	}
	for i, b := range pages {
		b.patiently(fmt.Sprintf(`document.getElementById("messages").dataset.seq === "%d"`, seq))
		got := b.shows()
		if len(got) > len(want) {
			t.Fatalf("page %d shows %d messages, %d are there", i, len(got), len(want))
		}
		compare(t, fmt.Sprintf("page %d, as it followed", i), got, want[len(want)-len(got):])
		b.toTheBeginning()
		compare(t, fmt.Sprintf("page %d, with all before", i), b.shows(), want)
		b.mu.Lock()
		for _, p := range b.problems {
			t.Errorf("page %d complains: %s", i, p)
		}
		b.mu.Unlock()
	}
	t.Logf("%d messages in the end, number %d", len(stored.Messages), seq)
}

// toTheBeginning loads everything that was before.
func (b *browser) toTheBeginning() {
	b.t.Helper()
	var last int
	for same := 0; same < 3; {
		b.do(`document.getElementById("messages").scrollTop = 0; document.getElementById("messages").dispatchEvent(new Event("scroll"))`)
		b.frames()
		n := evaluate[int](b, `Number(document.querySelector("article[data-id]").dataset.id)`)
		if n == last && n <= 2 {
			same++
		}
		last = n
	}
}

// patiently is eventually, on a bad network.
func (b *browser) patiently(expression string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 90*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Poll[chromedp.Void](expression, chromedp.WithPollingInterval(50*time.Millisecond))); err != nil {
		state := evaluate[string](b, `JSON.stringify({ seq: document.getElementById("messages").dataset.seq, status: document.getElementById("status").textContent, pending: document.querySelectorAll(".pending").length, failed: document.querySelector(".failure")?.textContent ?? "" })`)
		b.t.Fatalf("never true: %s\n%s", expression, state)
	}
}

// compare says how what a page shows differs from what it should.
func compare(t *testing.T, what string, got, want []string) {
	t.Helper()
	if slices.Equal(got, want) {
		return
	}
	known := make(map[string]bool)
	for _, m := range want {
		known[m] = true
	}
	wrong := 0
	for _, m := range got {
		if !known[m] {
			if wrong++; wrong < 5 {
				t.Errorf("%s: not so: %s", what, m)
			}
		}
		delete(known, m)
	}
	for _, m := range want {
		if known[m] {
			if wrong++; wrong < 10 {
				t.Errorf("%s: missing: %s", what, m)
			}
		}
	}
	t.Errorf("%s: %d messages shown, %d wanted, %d wrong or missing", what, len(got), len(want), wrong)
}

// talker posts, replies, edits, boosts and deletes.
type talker struct {
	c    *client.Client
	who  int
	rng  *rand.Rand
	n    int
	mine []own
	all  []int64 // what is replied to, deleted or not
}

// own is a message of one's own.
type own struct {
	id     int64
	boosts []int64
}

func (x *talker) talk(ctx context.Context, changes int) error {
	for range changes {
		x.n++
		var err error
		roll, i := x.rng.IntN(10), 0
		if len(x.mine) > 0 {
			i = x.rng.IntN(len(x.mine))
		}
		switch {
		case roll < 5 || len(x.mine) < 3:
			d := client.Draft{Body: fmt.Sprintf("client %d says %d", x.who, x.n)}
			if len(x.all) > 0 && roll < 2 {
				d.ReplyTo = x.all[x.rng.IntN(len(x.all))]
			}
			var m *client.Message
			if m, err = x.c.Post(ctx, 1, d); err == nil {
				x.mine, x.all = append(x.mine, own{id: m.ID}), append(x.all, m.ID)
			}
		case roll < 7:
			_, err = x.c.Edit(ctx, 1, x.mine[i].id, fmt.Sprintf("client %d edits %d", x.who, x.n), 0)
		case roll < 8:
			var b *client.Boost
			if b, err = x.c.Boost(ctx, 1, x.mine[i].id, fmt.Sprintf("+%d", x.n)); err == nil {
				x.mine[i].boosts = append(x.mine[i].boosts, b.ID)
			}
		case roll < 9 && len(x.mine[i].boosts) > 0:
			_, err = x.c.Unboost(ctx, 1, x.mine[i].id, x.mine[i].boosts[0])
			x.mine[i].boosts = x.mine[i].boosts[1:]
		default:
			_, err = x.c.Delete(ctx, 1, x.mine[i].id)
			x.mine = slices.Delete(x.mine, i, i+1)
		}
		if client.CodeOf(err) == "invalid" {
			continue // a reply to what has been deleted
		}
		if err != nil {
			return fmt.Errorf("client %d: %w", x.who, err)
		}
	}
	return nil
}

// Whoever comes to a room's end with more unread than the window holds is told
// how much is above and led there; once the divider was on screen, no more.
func TestWhatIsNewAboveIsSaid(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	bo := srv.Join(ada, "Bo")
	fillRoom(srv, bo, 0, 100)
	read := func(seq int) { srv.Do(ada, "PUT", "/api/rooms/1/read", map[string]int{"seq": seq}).Want(204) }
	read(70)
	b := open(1000, 600)
	const above = `(document.querySelector(".new-above")?.checkVisibility() ? document.querySelector(".new-above").innerText.trim() : "")`
	b.comeIn(srv.URL+"/login", "ada@example.org")
	b.eventually(above + ` === "30 new messages"`)
	b.picture("new-above")
	accessible(b, "a room with news above")
	b.do(`document.querySelector(".new-above button").focus()`)
	b.key("\r")
	b.eventually(above + ` === "" && document.activeElement.id === "messages" && (() => { const d = document.querySelector(".divider").getBoundingClientRect(), log = document.getElementById("messages").getBoundingClientRect(); return d.top >= log.top && d.bottom <= log.bottom })()`)
	b.do(`document.getElementById("messages").scrollTop = 1e6`)
	postTo(srv, bo, "and one more")
	b.says("and one more")
	if got := evaluate[string](b, above); got != "" {
		t.Errorf("what was seen is still said to be new: %q", got)
	}

	// More is unread than the page has: it grows as the reader goes up.
	srv.Do(ada, "PUT", "/api/rooms/1/read", map[string]int{"unread_from": 21}).Want(204)
	two := open(1000, 600)
	two.comeIn(srv.URL+"/login", "ada@example.org")
	two.eventually(above + `.endsWith("+ new messages")`)
	two.patiently(`document.querySelector(".new-above button")?.checkVisibility() ? (document.querySelector(".new-above button").click(), false) : document.querySelector(".divider + article")?.dataset.seq === "21"`)
	b.calm()
	two.calm()
}

// A window that gets another width, as when a phone is turned, breaks all lines
// anew: who reads history stays at the same message, who follows the end there.
func TestTheWindowIsTurned(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	bo := srv.Join(ada, "Bo")
	fillRoom(srv, bo, 0, 120)
	b := open(390, 844)
	b.comeIn(srv.URL+"/login", "ada@example.org")
	b.patiently(`(() => { document.getElementById("messages").scrollTop = 0; return ` + messageCount + ` === 120 })()`)
	b.frames()
	b.do(`window.stopped = false; document.getElementById("messages").addEventListener("scrollend", () => window.stopped = true);
		document.getElementById("message-60").scrollIntoView({ block: "start" }); document.getElementById("messages").scrollTop += 20`)
	b.eventually(`window.stopped`)
	const first = `(() => { const top = document.getElementById("messages").getBoundingClientRect().top; const m = [...document.querySelectorAll("article[data-id]")].find((m) => m.getBoundingClientRect().bottom > top); return [Number(m.dataset.id), Math.round(m.getBoundingClientRect().top - top)] })()`
	before := evaluate[[]int](b, first)
	for _, size := range [][2]int64{{844, 390}, {390, 844}} {
		b.run(chromedp.EmulateViewport(size[0], size[1]))
		b.eventually(fmt.Sprintf(`innerWidth === %d`, size[0]))
		b.frames()
		if after := evaluate[[]int](b, first); after[0] != before[0] || after[1]-before[1] > 2 || before[1]-after[1] > 2 {
			t.Errorf("turned to %v the first message on screen is %v, was %v", size, after, before)
		}
	}
	b.do(`document.getElementById("messages").scrollTop = 1e6`)
	b.eventually(`document.getElementById("jump").hidden`)
	for _, size := range [][2]int64{{844, 390}, {390, 844}} {
		b.run(chromedp.EmulateViewport(size[0], size[1]))
		b.eventually(fmt.Sprintf(`innerWidth === %d && (({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight < 2)(document.getElementById("messages"))`, size[0]))
	}
	b.calm()
}
