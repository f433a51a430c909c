package web_test

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"campfire"
	"campfire/internal/campfiretest"
	"campfire/internal/web"
	"campfire/internal/web/text"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// A language that is written from right to left makes pages that are.
func TestPagesHaveTheLanguagesDirection(t *testing.T) {
	w, err := web.New(web.Options{})
	if err != nil {
		t.Fatal(err)
	}
	arabic := &text.Catalogue{Tag: "ar", Name: "العربية", Dir: "rtl", Texts: map[string]string{"login.title": "تسجيل الدخول", "list.comma": "، ", "list.last": "{names} و{last}"}}
	ctx := text.Into(context.Background(), arabic)
	viewer := &campfire.User{Person: campfire.Person{ID: 1, Name: "Ada"}}
	direct := &campfire.RoomView{Room: campfire.Room{ID: 7, Kind: campfire.Direct}, Others: []campfire.Person{{Name: "Bo"}, {Name: "Cy"}, {Name: "Di"}}}
	room := web.RoomView{Page: web.Page{Viewer: viewer}, View: direct}
	var login, whole bytes.Buffer
	if err := w.Login(web.FormView{}).Render(ctx, &login); err != nil {
		t.Fatal(err)
	}
	if err := w.Room(room).Render(ctx, &whole); err != nil {
		t.Fatal(err)
	}
	for name, page := range map[string]string{"login": login.String(), "room": whole.String(), "kept room": string(w.Root(arabic, "")) + string(w.RoomParts(arabic, room).Title)} {
		if !strings.Contains(page, `<html lang="ar" dir="rtl">`) {
			t.Errorf("%s: %.200s", name, page)
		}
		if want := map[bool]string{true: "تسجيل الدخول", false: "Bo، Cy وDi"}[name == "login"]; !strings.Contains(page, want) {
			t.Errorf("%s does not say %q", name, want)
		}
	}
}

// A message is the same in every language: its words are marked, to be
// replaced in the browser.
func TestMessagesAreMarkedForTheBrowser(t *testing.T) {
	w, err := web.New(web.Options{})
	if err != nil {
		t.Fatal(err)
	}
	b := string(w.AppendMessage(nil, &campfire.Message{EditedAt: 1, Quote: &campfire.Quote{Deleted: true}}))
	for _, want := range []string{`data-t="edited">edited<`, `data-t="deleted">This message was deleted<`, `data-t-label="options" aria-label="Message options"`} {
		if !strings.Contains(b, want) {
			t.Errorf("no %s in %s", want, b)
		}
	}
	for _, c := range text.All() {
		for _, key := range []string{"js.edited", "js.deleted", "js.options"} {
			if c.T(key) == key {
				t.Errorf("%s has no %s", c.Tag, key)
			}
		}
	}
}

// everything is all that a page says: to the eye, and to who can't see it.
const everything = `[document.title, document.body.innerText,
	...[...document.querySelectorAll("[aria-label], [placeholder], [title]")].flatMap(e => ["aria-label", "placeholder", "title"].map(a => e.getAttribute(a) ?? "")),
].join("\n")`

// inEnglish returns the texts of the English catalogue that are left in what a
// page in another language says. Short ones prove nothing: they are parts of
// other words.
func inEnglish(said string, c *text.Catalogue) (left []string) {
	placeholder := regexp.MustCompile(`\{\w+\}`)
	for key, english := range text.For("en").Texts {
		for _, part := range placeholder.Split(english, -1) {
			part = strings.TrimSpace(part)
			if len(part) > 12 && strings.Contains(said, part) && !strings.Contains(c.Texts[key], part) {
				left = append(left, key+": "+part)
			}
		}
	}
	return left
}

// A browser that asks for German gets it, until Spanish is chosen.
func TestPagesSpeakTheReadersLanguage(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	bo := srv.Join(ada, "Bo")
	write := func(body string, reply int64) (id int64) {
		var made struct{ Message struct{ ID int64 } }
		draft := map[string]any{"body": body, "client_message_id": body}
		if reply != 0 {
			draft["reply_to"] = reply
		}
		srv.Do(bo, "POST", "/api/rooms/1/messages", draft).Want(201).JSON(&made)
		return made.Message.ID
	}
	edit := func(id int64, body string) {
		srv.Do(bo, "PATCH", fmt.Sprint("/api/rooms/1/messages/", id), map[string]string{"body": body}).Want(200)
	}
	first := write("eins", 0)
	second := write("zwei", first)
	srv.Do(bo, "DELETE", fmt.Sprint("/api/rooms/1/messages/", first), nil).Want(204)
	edit(second, "zwei, bis")

	b := open(1000, 800)
	agent := evaluate[string](b, `navigator.userAgent`)
	if _, err := chromedp.Call(b.ctx, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{UserAgent: agent, AcceptLanguage: "de-AT,de"}); err != nil {
		t.Fatal(err)
	}
	b.run(chromedp.Navigate(srv.URL+"/login"), chromedp.WaitVisible(`html[lang=de] .language select`))
	if got := evaluate[string](b, `document.title`); got != "Anmelden – Campfire" {
		t.Errorf("the page to sign in is called %q", got)
	}
	b.picture("login-german")
	b.run(
		chromedp.SendKeys(`input[name=email]`, "ada@example.org"),
		chromedp.SendKeys(`input[name=password]`, campfiretest.Password+"\r"),
		chromedp.WaitVisible(`html[lang=de] #composer`),
	)
	// Messages come the same to everyone, in the page and live.
	edited := func(words string, n int) {
		t.Helper()
		b.eventually(fmt.Sprintf(`[...document.querySelectorAll(".edited")].map(e => e.textContent).join() === Array(%d).fill(%q).join()`, n, words))
	}
	quoted := func(words string, n int) {
		t.Helper()
		b.eventually(fmt.Sprintf(`[...document.querySelectorAll(".quote")].filter(e => e.textContent === %q).length === %d`, words, n))
	}
	edited("bearbeitet", 1)
	quoted("Diese Nachricht wurde gelöscht", 1)
	third := write("drei", 0)
	fourth := write("vier", third)
	edit(third, "drei, bis")
	b.says("vier")
	edited("bearbeitet", 2)
	srv.Do(bo, "DELETE", fmt.Sprint("/api/rooms/1/messages/", third), nil).Want(204)
	quoted("Diese Nachricht wurde gelöscht", 2)
	b.eventually(`document.querySelector(".day").textContent === "Heute"`)
	german := text.For("de")
	if left := inEnglish(evaluate[string](b, everything), german); left != nil {
		t.Errorf("in German: %q", left)
	}
	b.picture("room-german")

	choose := func(tag, becomes string) {
		t.Helper()
		b.run(chromedp.Navigate(srv.URL+"/profile"), chromedp.WaitVisible(`.language select`),
			chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`(() => { const s = document.querySelector(".language select"); s.value = %q; s.dispatchEvent(new Event("change", { bubbles: true })) })()`, tag)),
			chromedp.WaitVisible(fmt.Sprintf(`html[lang=%s] .language`, becomes)))
		if got := evaluate[string](b, `document.querySelector(".language select").value`); got != tag {
			t.Errorf("%q was chosen, the page says %q", tag, got)
		}
	}
	choose("es", "es")
	b.picture("profile-spanish")
	spanish := text.For("es")
	for _, path := range []string{"/rooms/1", "/profile", "/account", "/search", "/search?q=zwei", "/search?q=nichts", "/rooms/new", "/rooms/1/edit", "/users/2", fmt.Sprintf("/rooms/1/messages/%d/edit", fourth), "/rooms/99"} {
		b.run(chromedp.Navigate(srv.URL+path), chromedp.WaitVisible(`html[lang=es] #main`))
		if path == "/rooms/1" {
			b.options("vier", "👏")
			b.eventually(`document.querySelector(".boost") !== null`)
			b.run(chromedp.Evaluate[chromedp.Void](`document.querySelector(".options").click()`), chromedp.WaitVisible(`.menu-list`))
			edited("editado", 1)
			quoted("Este mensaje se ha eliminado", 2)
		}
		said := evaluate[string](b, everything)
		if left := inEnglish(said, spanish); left != nil {
			t.Errorf("%s in Spanish: %q", path, left)
		}
		b.picture("spanish" + regexp.MustCompile(`\W+`).ReplaceAllString(path, "-"))
	}
	b.run(chromedp.Navigate(srv.URL+"/search?q=zwei"), chromedp.WaitVisible(`.hits time`))
	b.eventually(`(() => { const e = document.querySelector(".hits time"); return e.textContent === new Intl.DateTimeFormat("es", { hour: "numeric", minute: "2-digit" }).format(new Date(e.dateTime)) })()`)
	choose("", "de")
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range b.problems {
		t.Errorf("the browser complains: %s", p)
	}
}
