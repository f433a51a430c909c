package web_test

import (
	"fmt"
	"strings"
	"testing"

	"campfire/internal/campfiretest"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Someone makes a webhook by keys alone, a program posts to it, and it is
// deleted again; on a desktop and on a phone.
func TestHooksOfARoom(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	srv.SetUp()
	for _, width := range []int64{1440, 390} {
		b := open(width, 844)
		signIn(b, srv, "ada")
		name := fmt.Sprintf("Builds %d", width)
		shot := fmt.Sprintf("hooks-%d", width)

		b.visit(srv.URL + "/rooms/1/edit")
		b.whole(shot + "-none")
		b.run(chromedp.Focus(`#hook-name`), chromedp.KeyEvent(name))
		b.enter()
		b.eventually(`document.querySelector("#hooks .made input") !== null`)
		b.run(chromedp.ScrollIntoView(`#hooks`))
		b.whole(shot + "-made")
		accessibleInBoth(b, "a webhook that was made")
		url := evaluate[string](b, `document.querySelector("#hooks .made input").value`)
		if command := evaluate[string](b, `document.querySelectorAll("#hooks .made input")[1].value`); command != `curl -d '{"text": "It *works* :tada:"}' '`+url+`'` {
			t.Errorf("the command is %s", command)
		}
		// Tab leads through what there is to copy.
		b.run(chromedp.Focus(`#hooks .made input`), chromedp.KeyEvent(kb.Tab))
		if label := evaluate[string](b, `document.activeElement.getAttribute("aria-label")`); label != "Copy webhook address" {
			t.Errorf("Tab leads to %q", label)
		}

		srv.Do("", "POST", strings.TrimPrefix(url, srv.URL), fmt.Sprintf(`{"text":"posted to %s"}`, name)).Want(200)
		b.visit(srv.URL + "/rooms/1")
		b.says("posted to " + name)
		srv.Do("", "POST", strings.TrimPrefix(url, srv.URL), fmt.Sprintf(`{"attachments":[{"color":"danger","title":"Down %d","text":"no answer","fields":[{"title":"Host","value":"a1","short":true},{"title":"Since","value":"10:30","short":true}]}]}`, width)).Want(200)
		b.eventually(fmt.Sprintf(`[...document.querySelectorAll("article.message blockquote strong")].some((e) => e.textContent === "Down %d")`, width))
		b.picture(shot + "-room")

		b.visit(srv.URL + "/rooms/1/edit")
		b.eventually(`document.querySelector("#hooks .note").textContent.includes("last used")`)
		b.run(chromedp.Focus(`#hooks summary`), chromedp.KeyEvent("\r"))
		b.eventually(`document.querySelector("#hooks details").open`)
		b.whole(shot + "-sure")
		accessibleInBoth(b, "a webhook about to be deleted")
		b.run(chromedp.Focus(`#hooks details button`))
		b.enter()
		b.told("The webhook is deleted.")
		srv.Do("", "POST", strings.TrimPrefix(url, srv.URL), `{"text":"x"}`).Want(404)
		b.quiet()
	}
}
