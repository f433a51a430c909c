package web_test

import (
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"campfire/internal/campfiretest"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// vectors are the hostile texts of the test data, and a few of our own.
func vectors(t *testing.T) []string {
	t.Helper()
	list := []string{
		`<script>alert(1)</script>`, `"><img src=https://canary.example/x onerror=alert(1)>`, `[x](javascript:alert(1))`, "![x](https://canary.example/x.png)",
		strings.Repeat("👩‍🚀", 64), strings.Repeat("\u202e", 40) + "right", strings.Repeat("a", 4000),
	}
	return append(list, campfiretest.Hostile(t)...)
}

// watch notes every address that the window asks for outside of the server.
func (b *browser) watch(origin string) func() []string {
	b.t.Helper()
	var mu sync.Mutex
	var foreign []string
	err := chromedp.Listen(b.ctx, func(ev any) {
		sent, ok := ev.(*network.EventRequestWillBeSent)
		if !ok || strings.HasPrefix(sent.Request.URL, origin) || strings.HasPrefix(sent.Request.URL, "data:") {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		foreign = append(foreign, sent.Request.URL)
	})
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := chromedp.Call(b.ctx, network.Enable, network.EnableParams{}); err != nil {
		b.t.Fatal(err)
	}
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return foreign
	}
}

// Every hostile text, as a message that comes live, as one of the page, as a
// name and as a term of a search, runs no script, asks nobody else for
// anything and leaves the page whole.
func TestHostileTextsOfTheTestData(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	token := srv.SetUp()
	b := open(1000, 800)
	b.signIn(srv, "ada@example.org")
	b.run(chromedp.WaitVisible(`#composer`))
	foreign := b.watch(srv.URL)

	list := vectors(t)
	stored := 0
	for begin := 0; begin < len(list); begin += 100 {
		var batch []any
		for _, v := range list[begin:min(begin+100, len(list))] {
			if v = strings.ToValidUTF8(v, ""); v != "" {
				batch = append(batch, map[string]string{"body": v})
			}
		}
		var answer struct {
			Results []struct{ Status int }
		}
		srv.Do(token, "POST", "/api/rooms/1/messages/batch", map[string]any{"messages": batch}).Want(200).JSON(&answer)
		for _, r := range answer.Results {
			if r.Status == 201 {
				stored++
			}
		}
	}
	if stored < len(list)/2 {
		t.Fatalf("%d of %d were stored", stored, len(list))
	}
	last := "the last one"
	srv.Do(token, "POST", "/api/rooms/1/messages", map[string]string{"body": last}).Want(201)
	b.says(last)

	// As part of the page, all of them.
	b.run(chromedp.Reload(), chromedp.WaitVisible(`#composer`))
	b.eventually(fmt.Sprintf(`(() => { const log = document.getElementById("messages"); log.scrollTop = 0; return document.querySelectorAll("article.message").length >= %d })()`, stored))

	whole := `document.querySelectorAll("#sidebar, #main").length === 2 && document.documentElement.scrollWidth <= innerWidth`
	for i, v := range list {
		v = strings.ToValidUTF8(v, "")
		if utf8.RuneCountInString(v) > 64 {
			v = string([]rune(v)[:64])
		}
		if i%8 != 0 || strings.TrimSpace(v) == "" { // each costs a page
			continue
		}
		srv.Do(token, "PATCH", "/api/users/me", map[string]string{"name": v}) // some are refused
		srv.Do(token, "PATCH", "/api/rooms/1", map[string]string{"name": v})
		for _, path := range []string{"/search?q=" + url.QueryEscape(v), "/rooms/1"} {
			b.run(chromedp.Navigate(srv.URL+path), chromedp.WaitVisible(`#main`))
			if !evaluate[bool](b, whole) {
				t.Errorf("%s is not whole with %q", path, v)
			}
		}
	}
	for _, url := range foreign() {
		t.Errorf("the page asked for %s", url)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range b.problems {
		t.Errorf("the browser complains: %s", p)
	}
}
