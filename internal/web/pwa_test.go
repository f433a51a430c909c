package web_test

import (
	"fmt"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"campfire/internal/campfiretest"
	"campfire/internal/web"

	"github.com/chromedp/chromedp"
)

// Without the server, navigation shows the page that the worker keeps; when
// the server is back, so is the page that was asked for: by itself, and by the
// button.
func TestOfflinePageComesAndGoes(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	srv.SetUp()
	b := open(390, 844)
	b.signIn(srv, "ada@example.org")
	b.eventually(`navigator.serviceWorker.controller?.state === "activated"`)
	kept := evaluateAsync[[]string](b, `(async () => {
		const out = [];
		for (const name of await caches.keys()) for (const request of await (await caches.open(name)).keys()) out.push(new URL(request.url).pathname);
		return out;
	})()`)
	if len(kept) != 5 || kept[0] != "/offline" {
		t.Errorf("the worker keeps %q, want the offline page and its four files", kept)
	}

	srv.Stop()
	b.run(chromedp.Evaluate[chromedp.Void](`location.href = "/profile"`), chromedp.WaitVisible(`#retry`))
	b.eventually(`document.querySelector(".mark .icon use").getBBox().height > 15`)
	if color := evaluate[string](b, `getComputedStyle(document.querySelector(".button.primary")).cursor`); color != "pointer" {
		t.Error("the offline page has no styles")
	}
	b.picture("offline")
	srv.Start()
	b.run(chromedp.WaitVisible(`form[action="/profile"]`))

	srv.Stop()
	b.run(chromedp.Evaluate[chromedp.Void](`location.href = "/search"`), chromedp.WaitVisible(`#retry`),
		chromedp.Evaluate[chromedp.Void](`window.fetch = () => Promise.reject(new Error("only the button"))`))
	srv.Start()
	b.run(chromedp.Click(`#retry`), chromedp.WaitVisible(`input[type=search]`))
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range b.problems {
		t.Errorf("the browser complains: %s", p)
	}
}

// A browser that can install the page is asked to when the reader says so, and
// the hint appears on a phone from the third visit on, until it is dismissed.
func TestInstallIsOffered(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	srv.SetUp()
	b := open(390, 844)
	b.run(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch))
	b.signIn(srv, "ada@example.org")
	// Headless Chromium never makes the offer by itself.
	offer := chromedp.Evaluate[chromedp.Void](`(() => {
		const event = new Event("beforeinstallprompt", { cancelable: true });
		event.prompt = () => { window.asked = (window.asked ?? 0) + 1; return Promise.resolve() };
		window.dispatchEvent(event);
	})()`)
	b.run(offer)
	if evaluate[bool](b, `document.querySelector(".install-hint") !== null`) {
		t.Error("the hint is there at the first visit")
	}
	for range 2 {
		b.run(chromedp.Evaluate[chromedp.Void](`sessionStorage.clear()`), chromedp.Reload(), chromedp.WaitVisible(`#composer`))
	}
	b.run(offer, chromedp.WaitVisible(`.install-hint`))
	b.picture("install-hint")
	b.run(chromedp.Click(`.install-hint [aria-label]`), chromedp.WaitNotPresent(`.install-hint`),
		chromedp.Reload(), chromedp.WaitVisible(`#composer`), offer)
	if evaluate[bool](b, `document.querySelector(".install-hint") !== null`) {
		t.Error("the hint is there after it was dismissed")
	}
	b.run(chromedp.Navigate(srv.URL+"/profile"), chromedp.WaitVisible(`.sheet`))
	if !evaluate[bool](b, `document.getElementById("install").hidden`) {
		t.Error("the profile offers what can't be done")
	}
	b.run(offer, chromedp.WaitVisible(`#install button`), chromedp.Click(`#install button`))
	b.eventually(`window.asked === 1 && document.getElementById("install").hidden`)
}

// What is unread and for the reader shows on the tab's icon.
func TestUnreadShowsOnTheIcon(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	bo := srv.Join(ada, "Bo")
	b := open(800, 600)
	b.signIn(srv, "ada@example.org")
	b.run(
		chromedp.Navigate(srv.URL+"/search"), chromedp.WaitVisible(`input[type=search]`),
	)
	b.eventually(`document.querySelector("link[rel=icon]").href.includes("/icon-") && !document.querySelector("link[rel=icon]").href.includes("unread")`)
	srv.Do(bo, "POST", "/api/rooms/1/messages", map[string]string{"body": "<@1> tea?"}).Want(201)
	b.eventually(`document.querySelector("link[rel=icon]").href.includes("/icon-unread-")`)
	srv.Do(ada, "PUT", "/api/rooms/1/read", map[string]any{"seq": 1}).Want(204)
	b.eventually(`!document.querySelector("link[rel=icon]").href.includes("unread")`)
}

// The colours that the head and the manifest give are those of the style
// sheet's ground.
func TestFrameHasTheColourOfTheGround(t *testing.T) {
	css, err := os.ReadFile("src/styles/tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	const colour = `oklch\(([0-9.]+) ([0-9.]+) ([0-9.]+)\)`
	ground := regexp.MustCompile(`--surface-1: light-dark\(` + colour + `, ` + colour + `\)`).FindStringSubmatch(string(css))
	if ground == nil {
		t.Fatal("the style sheet has no ground")
	}
	pages, err := web.New(web.Options{})
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := pages.Manifest(t.Context(), web.Unset)
	if err != nil {
		t.Fatal(err)
	}
	var head strings.Builder
	if err := pages.Login(web.FormView{}).Render(t.Context(), &head); err != nil {
		t.Fatal(err)
	}
	colours := []string{sRGB(t, ground[1:4]), sRGB(t, ground[4:])}
	for i, scheme := range []string{"light", "dark"} {
		if want := fmt.Sprintf(`<meta name="theme-color" media="(prefers-color-scheme: %s)" content="%s" data-frame="%[1]s">`, scheme, colours[i]); !strings.Contains(head.String(), want) {
			t.Errorf("the head lacks %s", want)
		}
	}
	if want := `"theme_color":"` + colours[0] + `","background_color":"` + colours[0] + `"`; !strings.Contains(string(manifest), want) {
		t.Errorf("the manifest lacks %s", want)
	}
}

// sRGB is an oklch colour (https://www.w3.org/TR/css-color-4/#ok-lab) as hexadecimal digits.
func sRGB(t *testing.T, parts []string) string {
	var v [3]float64
	for i, p := range parts {
		var err error
		if v[i], err = strconv.ParseFloat(p, 64); err != nil {
			t.Fatal(err)
		}
	}
	a, b := v[1]*math.Cos(v[2]*math.Pi/180), v[1]*math.Sin(v[2]*math.Pi/180)
	cube := func(x float64) float64 { return x * x * x }
	l := cube(v[0] + 0.3963377774*a + 0.2158037573*b)
	m := cube(v[0] - 0.1055613458*a - 0.0638541728*b)
	s := cube(v[0] - 0.0894841775*a - 1.2914855480*b)
	out := "#"
	for _, linear := range []float64{
		4.0767416621*l - 3.3077115913*m + 0.2309699292*s,
		-1.2684380046*l + 2.6097574011*m - 0.3413193965*s,
		-0.0041960863*l - 0.7034186147*m + 1.7076147010*s,
	} {
		x := 12.92 * linear
		if linear > 0.0031308 {
			x = 1.055*math.Pow(linear, 1/2.4) - 0.055
		}
		out += fmt.Sprintf("%02x", int(math.Round(255*max(0, min(1, x)))))
	}
	return out
}
