package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"campfire/internal/campfiretest"
	"campfire/internal/sounds"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// countSounds lets a page count the sounds that it starts.
const countSounds = `(() => {
	window.started = 0;
	const start = AudioBufferSourceNode.prototype.start;
	AudioBufferSourceNode.prototype.start = function (...a) { window.started++; return start.apply(this, a); };
})()`

// noted waits until the composer says something beneath what is written.
func (b *browser) noted(text string) {
	b.t.Helper()
	b.eventually(fmt.Sprintf(`document.querySelector(".composer-note").textContent.startsWith(%q)`, text))
}

func (b *browser) typed(text string) {
	b.t.Helper()
	b.run(chromedp.SendKeys(`#composer textarea`, text))
}

// offered is the options of the completion that is open, as they are read.
const offered = `[...document.querySelectorAll(".completion [role=option] bdi")].map((e) => e.textContent).join(" ")`

func TestSoundsPlayForWhoIsInTheRoom(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	token := srv.SetUp()
	srv.Join(token, "Bo")
	srv.Do(token, "POST", "/api/rooms/1/messages", map[string]string{"body": "/play gong"}).Want(201)
	ada, bo := open(1440, 900), open(390, 844)
	for name, b := range map[string]*browser{"ada": ada, "bo": bo} {
		signIn(b, srv, name)
		b.run(chromedp.Evaluate[chromedp.Void](countSounds))
	}
	// One is chosen by keys, listened to, and sent.
	ada.typed("/pl")
	ada.eventually(offered + ` === "/play"`)
	ada.picture("slash-commands")
	ada.key(kb.Tab)
	ada.eventually(`document.querySelector("#composer textarea").value === "/play "`)
	ada.eventually(offered + `.split(" ").length >= 20`)
	ada.typed("t")
	ada.eventually(offered + ` === "tada thunder trombone"`)
	ada.picture("slash-sounds")
	ada.key(kb.ArrowDown)
	ada.eventually(`document.querySelector("#composer textarea").getAttribute("aria-activedescendant") === document.querySelectorAll(".completion [role=option]")[1].id`)
	ada.key(kb.ArrowRight)
	ada.eventually(`window.started === 1`) // heard here alone
	ada.key(kb.ArrowUp)
	ada.enter()
	ada.eventually(`document.querySelector("#composer textarea").value === "/play tada"`)
	ada.enter()
	for _, b := range []*browser{ada, bo} {
		b.eventually(`document.querySelectorAll("article.message:not(.pending) .played").length === 2`)
		b.eventually(`[...document.querySelectorAll(".played")].at(-1).innerText.replace(/\s+/g, " ").trim() === "played tada"`)
	}
	ada.eventually(`window.started === 2`)
	bo.eventually(`window.started === 1`) // the gong is history
	bo.picture("sounds-390")
	ada.picture("sounds-1440")
	accessible(ada, "a room with sounds")
	if name := evaluate[string](ada, `[...document.querySelectorAll(".played a")].at(-1).getAttribute("aria-label")`); name != "Play tada" {
		t.Errorf("the button is called %q", name)
	}
	// By hand, also by keys, and again.
	bo.run(chromedp.Focus(`.played a[data-sound=gong]`))
	bo.enter()
	bo.eventually(`window.started === 2 && document.querySelector("a[data-sound=gong]").hasAttribute("data-playing")`)

	// Muted: shown, not heard; by hand it still plays.
	bo.run(chromedp.Focus(`#composer textarea`))
	bo.write("/mute")
	bo.eventually(`document.querySelector("#composer textarea").value === "" && document.getElementById("toasts")?.textContent.includes("Sounds are muted.")`)
	srv.Do(token, "POST", "/api/rooms/1/messages", map[string]string{"body": "/play pop"}).Want(201)
	bo.eventually(`document.querySelector("a[data-sound=pop]") !== null`)
	ada.eventually(`window.started === 3`)
	srv.Do(token, "POST", "/api/rooms/1/messages", map[string]string{"body": "after it"}).Want(201)
	bo.says("after it")
	if n := evaluate[int](bo, `window.started`); n != 2 {
		t.Errorf("muted, it played %d", n-2)
	}
	// The setting is the same, and stays.
	bo.visit(srv.URL + "/profile")
	bo.eventually(`document.querySelector("#sounds input").checkVisibility() && !document.querySelector("#sounds input").checked`)
	bo.run(chromedp.ScrollIntoView(`#sounds`))
	bo.whole("sounds-setting")
	bo.run(chromedp.Click(`#sounds input`))
	bo.eventually(`localStorage.getItem("campfire.mute." + document.body.dataset.viewer) === null`)

	// A name that there is none of is not sent.
	ada.write("/play kazoo")
	ada.noted("There is no sound called kazoo. There are: applause, bell,")
	if value := evaluate[string](ada, `document.querySelector("#composer textarea").value`); value != "/play kazoo" {
		t.Errorf("the text is %q", value)
	}
	ada.quiet()
	bo.quiet()
}

// Whoever has touched nothing yet hears nothing, and nothing complains.
func TestSoundsWaitForTheReader(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	token := srv.SetUp()
	b := open(1440, 900)
	signIn(b, srv, "ada")
	b.visit(srv.URL + "/rooms/1") // a page that was not touched
	b.run(chromedp.Evaluate[chromedp.Void](countSounds))
	if evaluate[bool](b, `navigator.userActivation.hasBeenActive`) {
		t.Skip("the browser takes the page for touched")
	}
	srv.Do(token, "POST", "/api/rooms/1/messages", map[string]string{"body": "/play bell"}).Want(201)
	b.eventually(`document.querySelector("a[data-sound=bell]") !== null`)
	srv.Do(token, "POST", "/api/rooms/1/messages", map[string]string{"body": "after it"}).Want(201)
	b.says("after it")
	// A key of signing in that arrives late touches the page.
	if n := evaluate[int](b, `navigator.userActivation.hasBeenActive ? 0 : window.started`); n != 0 {
		t.Errorf("it played %d", n)
	}
	b.quiet()
}

// What came while the connection was away is shown, and not heard.
func TestSoundsOfAReplayAreSilent(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	token := srv.SetUp()
	b := open(1440, 900)
	signIn(b, srv, "ada")
	b.run(chromedp.Evaluate[chromedp.Void](countSounds), chromedp.Evaluate[chromedp.Void](`(() => {
		const Real = WebSocket;
		window.away = true;
		window.WebSocket = new Proxy(Real, { construct: (of, [address, ...rest]) => new of(window.away ? String(address).replace("/ws", "/nowhere") : address, ...rest) });
	})()`))
	srv.Restart()
	b.eventually(`document.getElementById("status").textContent !== ""`)
	srv.Do(token, "POST", "/api/rooms/1/messages", map[string]string{"body": "/play bell"}).Want(201)
	b.run(chromedp.Evaluate[chromedp.Void](`window.away = false`))
	b.eventually(`document.querySelector("a[data-sound=bell]") !== null`)
	srv.Do(token, "POST", "/api/rooms/1/messages", map[string]string{"body": "/play pop"}).Want(201)
	b.eventually(`document.querySelector("a[data-sound=pop]") !== null && window.started > 0`)
	if n := evaluate[int](b, `window.started`); n != 1 {
		t.Errorf("it played %d, want what came last alone", n)
	}
}

// Without scripts the link of a sound leads to the browser's own player.
func TestSoundHasAPageOfItsOwn(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	b := open(800, 600)
	b.run(chromedp.Navigate(srv.URL + soundOf(t, srv, "tada")))
	b.eventually(`document.querySelector("video")?.duration > 1`)
	b.quiet()
}

// soundOf sets an installation up and returns the address of a sound.
func soundOf(t *testing.T, srv *campfiretest.Server, name string) string {
	t.Helper()
	token := srv.SetUp()
	srv.Do(token, "POST", "/api/rooms/1/messages", map[string]string{"body": "/play " + name}).Want(201)
	page := string(srv.Do("", "GET", "/rooms/1", nil, "Cookie", "campfire="+token).Want(200).Body)
	_, rest, _ := strings.Cut(page, `data-sound="`+name+`"`)
	_, rest, _ = strings.Cut(rest, `href="`)
	address, _, found := strings.Cut(rest, `"`)
	if !found {
		t.Fatal("the page has no sound")
	}
	return address
}

func TestSoundsAreServedForEver(t *testing.T) {
	srv := campfiretest.New(t)
	address := soundOf(t, srv, "tada")
	a := srv.Do("", "GET", address, nil).Want(200)
	if a.Header.Get("Content-Type") != "audio/wav" || a.Header.Get("Cache-Control") != "public, max-age=31536000, immutable" || string(a.Body[:4]) != "RIFF" {
		t.Errorf("%s is served as %v", address, a.Header)
	}
	srv.Do("", "GET", address, nil, "If-None-Match", a.Header.Get("ETag")).Want(http.StatusNotModified)
	if part := srv.Do("", "GET", address, nil, "Range", "bytes=0-3").Want(206); string(part.Body) != "RIFF" {
		t.Errorf("a part of it is %q", part.Body)
	}
	srv.Do("", "GET", strings.Replace(address, "tada-", "tada-0", 1), nil).Want(404)
}

func TestCommandsAreWritten(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	srv.SetUp()
	b := open(1440, 900)
	signIn(b, srv, "ada")
	body := func(want string) {
		t.Helper()
		b.eventually(fmt.Sprintf(`[...document.querySelectorAll("article.message:not(.pending) .body")].at(-1)?.innerText.trim() === %q`, want))
	}
	b.write("/me waves")
	body("waves")
	b.eventually(`[...document.querySelectorAll("article.message .body em")].at(-1)?.textContent === "waves"`)
	b.write("/shrug who knows")
	body(`who knows ¯\_(ツ)_/¯`)
	b.write("//play tada")
	body("/play tada")
	b.write("//me is text")
	body("/me is text")
	b.write("/etc/hosts is a file")
	body("/etc/hosts is a file")
	b.write("/nonsense stays")
	body("/nonsense stays")
	b.write("// a comment")
	body("// a comment")

	b.write("/me")
	b.key(kb.Enter) // the first one completes it
	b.noted("Say what you are doing")
	b.run(chromedp.Evaluate[chromedp.Void](`document.querySelector("#composer textarea").value = ""`))
	b.write("/help")
	b.eventually(`document.querySelector("dialog.keys dl")?.innerText.includes("/shrug")`)
	b.picture("slash-help")
	accessible(b, "the list of commands")
	b.key(kb.Escape)
	b.eventually(`!document.querySelector("dialog") && document.activeElement === document.querySelector("#composer textarea")`)

	b.write("/leave")
	b.eventually(`document.querySelector("dialog.question") !== null`)
	b.key(kb.Escape)
	b.eventually(`!document.querySelector("dialog") && document.querySelector("#composer textarea").value === "/leave"`)
	b.run(chromedp.Evaluate[chromedp.Void](`document.querySelector("#composer textarea").value = ""`))
	b.write("/invite")
	b.eventually(`location.pathname === "/account" && document.querySelector("#invite") !== null`)
	b.visit(srv.URL + "/rooms/1")
	b.write("/leave")
	b.eventually(`(() => { const yes = document.querySelector("dialog button[value=yes]"); yes?.click(); return yes !== null })()`)
	b.eventually(`document.querySelector(".flash")?.textContent.includes("You left the room.")`)
	b.quiet()
}

// Each sound that there is can be had and heard: the list has all of them, the
// browser decodes each, and a message of each plays.
func TestEverySoundPlays(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	token := srv.SetUp()
	for _, name := range sounds.Names() {
		srv.Do(token, "POST", "/api/rooms/1/messages", map[string]string{"body": "/play " + name}).Want(201)
	}
	b := open(1440, 900)
	b.enterAs(srv, "Ada")
	b.run(chromedp.Evaluate[chromedp.Void](countSounds))
	if got, want := evaluateAsync[string](b, `fetch(document.body.dataset.sounds).then((r) => r.json()).then((l) => Object.keys(l).sort().join(" "))`), strings.Join(sounds.Names(), " "); got != want {
		t.Errorf("the list has %s, want %s", got, want)
	}
	if wrong := evaluateAsync[string](b, `(async () => {
		const list = await (await fetch(document.body.dataset.sounds)).json();
		const wrong = [];
		for (const [name, address] of Object.entries(list)) {
			const sound = await new OfflineAudioContext(1, 1, 22050).decodeAudioData(await (await fetch(address)).arrayBuffer()).catch((e) => null);
			const loudest = sound ? sound.getChannelData(0).reduce((most, s) => Math.max(most, Math.abs(s)), 0) : 0;
			if (!sound || sound.duration < 0.05 || loudest < 0.5) wrong.push(name);
		}
		return wrong.join(" ");
	})()`); wrong != "" {
		t.Errorf("the browser hears nothing of %s", wrong)
	}
	for i, name := range sounds.Names() {
		b.run(chromedp.Click(fmt.Sprintf(`.played a[data-sound=%q]`, name)))
		b.eventually(fmt.Sprintf(`window.started === %d`, i+1))
	}
	b.quiet()
}

// Whoever mutes sounds mutes them for themselves: another person at the same
// browser hears them, and oneself, back again, does not.
func TestMuteIsKeptForEachPerson(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	token := srv.SetUp()
	srv.Join(token, "Bo")
	b := open(1440, 900)
	said := 0
	hears := func(want bool) {
		t.Helper()
		b.run(chromedp.Evaluate[chromedp.Void](countSounds))
		b.run(chromedp.Click(`#composer textarea`)) // the page was touched
		srv.Do(token, "POST", "/api/rooms/1/messages", map[string]string{"body": "/play pop"}).Want(201)
		if want {
			b.eventually(`window.started > 0`)
			return
		}
		said++
		after := fmt.Sprint("after it ", said)
		srv.Do(token, "POST", "/api/rooms/1/messages", map[string]string{"body": after}).Want(201)
		b.says(after)
		if n := evaluate[int](b, `window.started`); n != 0 {
			t.Errorf("muted, it played %d", n)
		}
	}
	leave := func() {
		t.Helper()
		b.script(`fetch(document.querySelector("form[action$='/logout']")?.action ?? "/logout", {method: "POST"}).then(() => { window.left = true })`)
		b.eventually(`window.left === true`)
	}
	b.enterAs(srv, "Ada")
	b.write("/mute")
	b.eventually(`document.getElementById("toasts")?.textContent.includes("Sounds are muted.")`)
	hears(false)
	leave()
	b.enterAs(srv, "Bo")
	hears(true)
	leave()
	b.enterAs(srv, "Ada")
	hears(false)
	// Said again, the same command lets them play.
	b.write("/mute")
	b.eventually(`document.getElementById("toasts")?.textContent.includes("Sounds play again.")`)
	hears(true)
}
