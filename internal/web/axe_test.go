package web_test

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"campfire/internal/campfiretest"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// violation is a rule that a page breaks, and where.
type violation struct {
	Rule  string
	Help  string
	Nodes []struct{ HTML, Summary string }
}

var axe = sync.OnceValues(func() (string, error) {
	b, err := os.ReadFile("testdata/axe.min.js")
	return string(b), err
})

// violations holds the page that a window shows against axe's rules: those of
// WCAG 2.2 AA and of good practice.
func (b *browser) violations() []violation {
	b.t.Helper()
	script, err := axe()
	if err != nil {
		b.t.Fatal(err)
	}
	b.run(chromedp.Evaluate[chromedp.Void](`if (!window.axe) { ` + script + ` } undefined`))
	return evaluateAsync[[]violation](b, `axe.run(document, {
		runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
		resultTypes: ["violations"],
	}).then((result) => result.violations.map((v) => ({
		Rule: v.id, Help: v.help,
		Nodes: v.nodes.map((n) => ({ HTML: n.html, Summary: n.failureSummary })),
	})))`)
}

// accessible fails the test for each rule that the page breaks; what says
// which page it is.
func accessible(b *browser, what string) {
	b.t.Helper()
	for _, v := range b.violations() {
		for _, n := range v.Nodes {
			// Tab stops at what is in one message alone; the arrow keys lead to
			// the others.
			if v.Rule == "scrollable-region-focusable" && strings.HasPrefix(n.HTML, "<pre ") && strings.Contains(n.HTML, `tabindex="-1"`) {
				continue
			}
			// A menu stands above the page, in none of its parts.
			if v.Rule == "region" && strings.HasPrefix(n.HTML, `<div class="popup" popover=`) {
				continue
			}
			b.t.Errorf("%s: %s: %s\n\t%.300s\n\t%s", what, v.Rule, v.Help, n.HTML, strings.ReplaceAll(n.Summary, "\n", "\n\t"))
		}
	}
}

// accessibleInBoth holds what a window shows against the rules in dark and in
// light, which it is left in, without motion.
func accessibleInBoth(b *browser, what string) {
	b.t.Helper()
	for _, theme := range []string{"dark", "light"} {
		features := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}, {Name: "prefers-reduced-motion", Value: "reduce"}}
		if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features}); err != nil {
			b.t.Fatal(err)
		}
		accessible(b, what+", "+theme)
	}
}

func TestPagesAreAccessible(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	looks := []look{
		{"phone-light", 390, 844, "light", true},
		{"phone-dark", 390, 844, "dark", true},
		{"desktop-light", 1440, 900, "light", false},
		{"desktop-dark", 1440, 900, "dark", false},
	}
	guest := open(390, 844)
	walk := func(b *browser, pages [][2]string) {
		for _, l := range looks {
			b.wear(l)
			for _, p := range pages {
				b.run(chromedp.Navigate(srv.URL+p[1]), chromedp.WaitVisible(`#main`))
				accessible(b, p[0]+", "+l.name)
			}
		}
	}
	walk(guest, [][2]string{{"setup", "/setup"}})
	token := furnish(srv)
	var account struct {
		Account struct {
			JoinCode string `json:"join_code"`
		}
	}
	srv.Do(token, "GET", "/api/account", nil).Want(200).JSON(&account)
	walk(guest, [][2]string{
		{"login", "/login"},
		{"join", "/join/" + account.Account.JoinCode},
		{"error", "/join/nonsense"},
		{"offline", "/offline"},
	})
	ada := open(1440, 900)
	ada.signIn(srv, "ada@example.org")
	connect(t, srv, token)
	walk(ada, append([][2]string{
		{"room", "/rooms/2"},
		{"empty room", "/rooms/4"},
		{"ping", "/rooms/6"},
		{"message", "/rooms/2/messages/2/edit"},
		{"room settings", "/rooms/5/edit"},
		{"new room", "/rooms/new"},
		{"new ping", "/directs/new"},
		{"search", "/search?q=label"},
		{"mentions", "/mentions"},
		{"profile", "/profile"},
		{"account", "/account"},
		{"styles", "/account/styles"},
		{"user", "/users/2"},
		{"rooms", "/rooms"},
		{"share", "/share?text=tea"},
		{"API", "/api/docs"},
	}, connected...))
}

// A page that breaks rules is told so.
func TestViolationsAreFound(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	b := open(800, 600)
	b.run(chromedp.Navigate(srv.URL+"/setup"), chromedp.WaitVisible(`#main`),
		chromedp.Evaluate[chromedp.Void](`document.querySelector("main").insertAdjacentHTML("beforeend", "<button></button><img src=x>"); document.querySelector("h1").className = "bad"; document.querySelector("h1").style.color = "#ccc"`))
	found := make(map[string]bool)
	for _, v := range b.violations() {
		found[v.Rule] = true
	}
	for _, want := range []string{"button-name", "image-alt", "color-contrast"} {
		if !found[want] {
			t.Errorf("%s is not found among %v", want, found)
		}
	}
}

// What opens on a page is held against the same rules.
func TestWhatOpensIsAccessible(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	furnish(srv)
	b := open(1440, 900)
	b.signIn(srv, "ada@example.org")
	for _, l := range []look{{"phone-dark", 390, 844, "dark", true}, {"desktop-light", 1440, 900, "light", false}} {
		b.wear(l)
		for _, part := range []struct{ name, control, opened string }{
			{"sidebar", `label.menu`, `.first:has(> .drawer:checked)`},
			{"switcher", `[data-switcher]`, `dialog[open]`},
			{"message menu", `.message:last-of-type .options`, `[role=menu]`},
			{"emoji picker", `#composer button[aria-haspopup=dialog]:has(use[href$="#smile"])`, `.picker-emoji`},
		} {
			if part.name == "sidebar" && !l.touch {
				continue // it is there anyway
			}
			b.run(chromedp.Navigate(srv.URL+"/rooms/2"), chromedp.WaitVisible(`.composer-tools`))
			b.run(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.querySelector(%q).click()`, part.control)))
			b.eventually(fmt.Sprintf(`document.querySelector(%q) !== null`, part.opened))
			accessible(b, part.name+", "+l.name)
			b.picture("open-" + part.name + "-" + l.name)
		}
	}
}
