package web_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"testing"

	"github.com/chromedp/chromedp"
)

// tab opens another window of the same person: cookies and storage are shared.
func (b *browser) tab(width, height int64) *browser {
	b.t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx)
	b.t.Cleanup(cancel)
	other := &browser{t: b.t, ctx: ctx}
	if err := chromedp.Do(context.Context(ctx)); err != nil {
		b.t.Fatal(err)
	}
	other.run(chromedp.EmulateViewport(width, height))
	return other
}

// What is set in one tab is so in the others, without a page being loaded: how
// much a room tells, what is paused, the theme, a room that is joined or left,
// names and pictures.
func TestTabsAreToldOfEachOther(t *testing.T) {
	open := newBrowsers(t)
	srv, ada, bo := crowd(t)
	one := open(1200, 700)
	one.signIn(srv, "ada@example.org")
	one.at("/rooms/1")
	two := one.tab(1200, 700)
	two.run(chromedp.Navigate(srv.URL+"/rooms/1"), chromedp.WaitVisible(`#composer`))
	two.at("/rooms/1")
	two.eventually(`document.querySelector(".composer-extras")`)
	two.do(`window.same = true`)
	say(srv, bo, 1, "by Bo")
	two.says("by Bo")

	const bell = `document.querySelector('form[action$="/involvement"] button').title`
	levels := func(n int) {
		one.eventually(fmt.Sprintf(`(() => { if (!document.querySelector(".levels")) document.querySelector('form[action$="/involvement"] button').click(); const level = document.querySelectorAll(".levels [role=menuitemradio]")[%d]; level?.click(); return !!level })()`, n))
	}
	levels(2)
	two.eventually(bell + ` === "Notifications are off" && document.querySelector('.room[data-room="1"]').classList.contains("muted")`)
	levels(3)
	two.eventually(bell + ` === "Notifications are off and room invisible in sidebar" && !document.querySelector('.room[data-room="1"]')`)
	levels(0)
	two.eventually(bell + ` === "Notifying about all messages" && document.querySelector('.room[data-room="1"]')`)

	// Without a connection it hears of nothing, and asks when it is back.
	srv.Restart()
	srv.Do(ada, "PUT", "/api/rooms/1/involvement", map[string]string{"involvement": "mentions"}).Want(200)
	two.eventually(bell + ` === "Notifying about @ mentions"`)

	// Names and pictures.
	srv.Do(bo, "PATCH", "/api/users/me", map[string]string{"name": "Bob"}).Want(200)
	two.eventually(`document.querySelector("article.message .author").textContent === "Bob" && document.querySelector("article.message").ariaLabel.startsWith("Bob, ") && document.querySelector('.room[data-room="5"] .name').textContent === "Bob"`)
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewRGBA(image.Rect(0, 0, 64, 64))); err != nil {
		t.Fatal(err)
	}
	before := evaluate[string](two, `document.querySelector("article.message img.avatar").src`)
	srv.Do(bo, "PUT", "/api/users/me/avatar", picture.Bytes(), "Content-Type", "image/png").Want(200)
	two.eventually(fmt.Sprintf(`document.querySelector("article.message img.avatar").src !== %q && document.querySelector('.room[data-room="5"] img.avatar').src === document.querySelector("article.message img.avatar").src`, before))
	srv.Do(ada, "PATCH", "/api/users/me", map[string]string{"name": "Ada L"}).Want(200)
	two.eventually(`document.querySelector(".me bdi").textContent === "Ada L"`)

	// The theme is the device's.
	one.do(`document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "k", ctrlKey: true, bubbles: true }))`)
	one.eventually(`document.querySelector("dialog input")`)
	one.do(`(() => { const i = document.querySelector("dialog input"); i.value = "Dark theme"; i.dispatchEvent(new InputEvent("input", { bubbles: true })) })()`)
	one.eventually(`(() => { const line = [...document.querySelectorAll("dialog [role=option]")].find((e) => e.textContent.includes("Dark theme")); line?.click(); return document.documentElement.dataset.theme === "dark" })()`)
	two.eventually(`document.documentElement.dataset.theme === "dark"`)

	// A room that one leaves and comes back to.
	srv.Do(ada, "DELETE", "/api/rooms/4/members/1", nil).Want(204)
	two.eventually(`!document.querySelector('.room[data-room="4"]')`)
	if !evaluate[bool](two, `window.same === true`) {
		t.Error("the page was loaded anew")
	}
	two.run(chromedp.Navigate(srv.URL+"/rooms/4"), chromedp.WaitVisible(`form[action$="/join"]`))
	two.eventually(`fetch("/api/rooms").then((r) => r.ok)`)
	srv.Do(ada, "POST", "/api/rooms/4/join", nil).Want(200)
	two.run(chromedp.WaitVisible(`#composer`))

	// What is paused.
	two.run(chromedp.Navigate(srv.URL+"/notifications"), chromedp.WaitVisible(`#pause`))
	two.eventually(`fetch("/api/rooms").then((r) => r.ok)`)
	two.do(`window.same = true`)
	srv.Do(ada, "PUT", "/api/users/me/notifications", map[string]any{"time_zone": "UTC", "quiet_hours": []any{}, "keywords": []string{"lighthouse"}, "paused_until": nil}).Want(200)
	two.eventually(`[...document.querySelectorAll("textarea")].some((e) => e.value.includes("lighthouse")) && window.same === true`)
	one.calm()
	two.calm()
}
