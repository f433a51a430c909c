package web_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
)

// A draft is kept with what it answers and with what its links are to show,
// across a reload and in other tabs; the sidebar and the switcher show where
// something is begun. What is answered may be deleted meanwhile: that is said,
// and the words stay. Sent, nothing is left of it.
func TestDraftsAreKeptWithWhatTheyAnswer(t *testing.T) {
	open := newBrowsers(t)
	site := outside(t, map[string]string{"/one": "<title>One</title>"}, nil)
	srv := previewing(t, "5s")
	ada := srv.SetUp()
	bo := srv.Join(ada, "Bo")
	srv.Do(ada, "POST", "/api/rooms", map[string]string{"kind": "open", "name": "Design Team"}).Want(201)
	write := func(body string) int64 {
		var made struct{ Message struct{ ID int64 } }
		srv.Do(bo, "POST", "/api/rooms/1/messages", map[string]string{"body": body}).Want(201).JSON(&made)
		return made.Message.ID
	}
	first, second := write("what do you think?"), write("and of this?")
	b := open(1200, 700)
	b.signIn(srv, "ada@example.org")
	b.at("/rooms/1")
	const (
		replying = `(document.getElementById("replying").hidden ? "" : document.querySelector(".replying-to").innerText.replace(/\s+/g, " "))`
		without  = `document.querySelector(".links-without:not([hidden])")?.ariaPressed`
		row      = `document.querySelector('.room[data-room="1"] .draft-mark')`
	)
	words := "see [one](" + site.URL + "/one)"
	b.options("what do you think?", "Reply")
	b.key(words)
	b.eventually(without + ` === "false"`)
	b.do(`document.querySelector(".links-without").click()`)
	b.drafted(words)
	if evaluate[bool](b, row+` !== null`) {
		t.Error("the room on screen has a mark")
	}

	reopen := func() {
		t.Helper()
		b.run(chromedp.Navigate(srv.URL+"/rooms/1"), chromedp.WaitVisible(`#composer`))
		b.at("/rooms/1")
	}
	reopen()
	b.drafted(words)
	b.eventually(replying + ` === "Replying to Bo what do you think?" && ` + without + ` === "true"`)

	// Where something is begun is seen from elsewhere, and in other tabs.
	other := b.tab(1200, 700)
	other.run(chromedp.Navigate(srv.URL+"/rooms/2"), chromedp.WaitVisible(`#composer`))
	other.eventually(row + `?.title === "draft" && !document.querySelector('.room[data-room="2"] .draft-mark')`)
	other.do(`document.querySelector(".goto").click()`)
	other.eventually(`[...document.querySelectorAll(".switcher-line")].some((e) => e.innerText.includes("All Talk") && e.querySelector(".draft-mark"))`)
	other.picture("drafts-switcher")
	other.key("\x1b")
	other.picture("drafts-sidebar")

	// Sent, it is what it was written as, and nothing of it is left.
	b.do(`document.querySelector("#composer textarea").focus()`)
	b.key("\r")
	b.says("see one")
	other.eventually(`!` + row)
	var got struct {
		Messages []struct {
			ReplyTo int64 `json:"reply_to"`
		}
	}
	srv.Do(ada, "GET", "/api/rooms/1/messages?limit=1", nil).Want(200).JSON(&got)
	if m := got.Messages[0]; m.ReplyTo != first {
		t.Errorf("it answers %d, want %d", m.ReplyTo, first)
	}
	reopen()
	if left := evaluate[string](b, `JSON.stringify(Object.keys(localStorage).filter((k) => k.startsWith("campfire.draft.")))`); left != "[]" {
		t.Errorf("%s is left", left)
	}

	// Deleted while it is on screen, and while nobody looked.
	b.options("and of this?", "Reply")
	b.key("my words")
	srv.Do(bo, "DELETE", fmt.Sprintf("/api/rooms/1/messages/%d", second), nil).Want(204)
	gone := `document.getElementById("replying").innerText.includes("Your words are kept.")`
	b.eventually(gone)
	b.drafted("my words")
	b.picture("drafts-gone")
	third := write("a third")
	b.options("a third", "Reply")
	b.eventually(replying + ` === "Replying to Bo a third"`)
	b.run(chromedp.Navigate(srv.URL + "/search"))
	srv.Do(bo, "DELETE", fmt.Sprintf("/api/rooms/1/messages/%d", third), nil).Want(204)
	reopen()
	b.eventually(gone)
	b.drafted("my words")
	b.do(`document.querySelector("#composer textarea").focus()`)
	b.key("\r")
	b.says("my words")
	b.calm()
}
