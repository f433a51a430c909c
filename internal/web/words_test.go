package web_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"campfire/internal/web"
	"campfire/internal/web/text"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// in has the browser ask for a language.
func (b *browser) in(language string) {
	b.t.Helper()
	agent := evaluate[string](b, `navigator.userAgent`)
	if _, err := chromedp.Call(b.ctx, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{UserAgent: agent, AcceptLanguage: language}); err != nil {
		b.t.Fatal(err)
	}
}

// Whatever the server refuses a script, the page says by the kind of it in its
// own language; in the server's words only where the kind is not known.
func TestScriptsSayRefusalsInTheReadersLanguage(t *testing.T) {
	open := newBrowsers(t)
	srv, _, _ := crowd(t)
	source, err := os.ReadFile("../../errors.go")
	if err != nil {
		t.Fatal(err)
	}
	kinds := regexp.MustCompile(`Code = "([a-z_]+)"`).FindAllStringSubmatch(string(source), -1)
	if len(kinds) < 15 {
		t.Fatalf("only %d kinds of error were found", len(kinds))
	}
	b := open(1000, 800)
	b.in("de")
	b.signIn(srv, "ada@example.org")
	b.at("/rooms/1")
	b.do(`window.real = window.fetch; window.fetch = (...asked) => String(asked[0]).includes("/involvement")
		? Promise.resolve(new Response(JSON.stringify({ code: window.code, detail: "Said in English." }), { status: 409 })) : window.real(...asked)`)
	refused := func(code, want string) {
		t.Helper()
		b.do(fmt.Sprintf(`window.code = %q; document.getElementById("toasts")?.replaceChildren(); document.querySelector('form[action$="/involvement"] button').click()`, code))
		b.eventually(`(() => { const other = [...document.querySelectorAll(".levels [role=menuitemradio]")].find((e) => e.ariaChecked !== "true"); other?.click(); return !!other })()`)
		b.eventually(fmt.Sprintf(`document.querySelector("#toasts .error")?.textContent === %q`, want))
	}
	for _, kind := range kinds {
		refused(kind[1], text.For("de").T("js.problem."+kind[1]))
	}
	refused("of_another_version", "Said in English.")
	b.calm()
}

// The browser's texts come in a file of their own that is kept for ever, in
// the language of the page, before the code that says them; without them the
// page stays as it came.
func TestTextsComeInAFileOfTheirOwn(t *testing.T) {
	open := newBrowsers(t)
	srv, _, _ := crowd(t)
	w, err := web.New(web.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range text.All() {
		path := w.Asset("texts-" + c.Tag + ".js")
		a := srv.Do("", "GET", path, nil, "Accept-Encoding", "gzip")
		if a.Status != 200 || a.Header.Get("Cache-Control") != "public, max-age=31536000, immutable" || a.Header.Get("Content-Encoding") != "gzip" || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/javascript") {
			t.Errorf("%s: %d, %v", path, a.Status, a.Header)
		}
		page := string(srv.Do("", "GET", "/login", nil, "Accept-Language", c.Tag).Want(200).Body)
		if !strings.Contains(page, `<script defer src="`+path+`"></script><script type="module"`) {
			t.Errorf("%s is not asked for before the code", path)
		}
		if said := c.T("js.reconnecting"); strings.Contains(page, said) {
			t.Errorf("the page itself says %q", said)
		}
	}

	b := open(1000, 800)
	b.in("de")
	b.signIn(srv, "ada@example.org")
	b.at("/rooms/1")
	b.eventually(`document.querySelector(".composer-extras button").title === "Datei anhängen"`)
	// Nothing is painted before the words are there.
	b.eventually(`(() => {
		const [paint] = performance.getEntriesByName("first-paint");
		const texts = performance.getEntriesByType("resource").find((e) => /texts-de-\w+\.js$/.test(e.name));
		return paint && texts && texts.responseEnd <= paint.startTime;
	})()`)
	b.calm()

	if _, err := chromedp.Call(b.ctx, network.Enable, network.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(b.ctx, network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(b.ctx, network.SetBlockedURLs, network.SetBlockedURLsParams{URLPatterns: []*network.BlockPattern{{URLPattern: "*://*:*/assets/texts-*", Block: true}}}); err != nil {
		t.Fatal(err)
	}
	b.run(chromedp.Navigate(srv.URL+"/rooms/1"), chromedp.WaitVisible(`#composer`))
	b.eventually(`document.readyState === "complete" && !document.querySelector(".composer-extras") && document.querySelector("#composer button[name=send]").title === ` + fmt.Sprintf("%q", text.For("de").T("composer.send")))
}
