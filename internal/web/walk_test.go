package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"campfire/internal/campfiretest"

	"github.com/chromedp/cdproto/accessibility"
	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// walker is a person without a pointer: keys alone, and an eye on where the
// focus is.
type walker struct{ *browser }

// stop is what has the focus, as it is read aloud.
type stop struct{ Role, Name string }

func newWalker(b *browser, width, height int64) walker {
	b.t.Helper()
	b.wear(look{width: width, height: height, theme: "light"}) // without motion: what is seen is what it becomes
	// Each has a screen of their own.
	if _, err := chromedp.Call(b.ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}); err != nil {
		b.t.Fatal(err)
	}
	return walker{b}
}

// seen looks at what has the focus: that something has, that it is in the
// window with nothing over it, and that it looks other than before and after.
// It returns what is wrong.
const seen = `(() => {
	const e = document.activeElement;
	if (!e || e === document.body) return ["nothing has the focus"];
	const wrong = [];
	const looks = (x) => {
		const s = getComputedStyle(x);
		const outline = s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 1 ? s.outline : "";
		const shadow = s.boxShadow === "none" ? "" : s.boxShadow;
		return { ring: outline !== "" || shadow !== "", all: [outline, shadow, s.borderColor].join() };
	};
	// What shows the focus of a control: itself; of a field also its frame, of a
	// hidden box what stands for it.
	const shows = (x) => [x, x.matches("input, textarea") && x.closest(".composer, .switcher-field, .stand-in"), x.id === "drawer" && document.querySelector("main .menu")]
		.filter((s) => s && s.checkVisibility({ opacityProperty: true, visibilityProperty: true }));
	const name = (x) => x.outerHTML.slice(0, 160);
	const last = window.walked;
	if (last && last.e !== e && last.e.isConnected && !last.shown.some(([x, was]) => x.isConnected && looks(x).all !== was)) {
		wrong.push("looks the same with and without the focus: " + name(last.e));
	}
	const shown = shows(e);
	window.walked = { e, shown: shown.map((x) => [x, looks(x).all]) };
	if (e.id === "main") { // is given the focus, and stopped at by no key
		window.walked = undefined;
		return wrong;
	}
	if (!shown.some((x) => looks(x).ring)) wrong.push("shows no focus: " + name(e));
	const box = (shown[0] ?? e).getClientRects()[0] ?? new DOMRect();
	const x = box.x + box.width / 2, y = Math.max(0, box.y) + (Math.min(innerHeight, box.bottom) - Math.max(0, box.y)) / 2;
	const over = document.elementFromPoint(x, y);
	if (box.width < 2 || !over) wrong.push("is not in the window: " + name(e));
	else if (![e, ...shown].some((s) => s.contains(over) || over.contains(s)) && !over.closest(".toast")) wrong.push("is covered by " + name(over) + ": " + name(e));
	return wrong;
})()`

// stand returns what has the focus, and fails the test when that could not be
// told by eye or by ear.
func (w walker) stand() stop {
	w.t.Helper()
	w.eventually(`document.readyState === "complete"`)
	at, err := w.focused()
	for tries := 0; err == nil && at.Role == "none" && tries < 200; tries++ {
		at, err = w.focused() // a page that has just come is not read yet
	}
	if err != nil {
		w.t.Fatal(err)
	}
	for _, wrong := range evaluate[[]string](w.browser, seen) {
		w.t.Errorf("%s %q: %s", at.Role, at.Name, wrong)
	}
	if strings.TrimSpace(at.Name) == "" && at.Role != "main" {
		w.t.Errorf("a %s without a name: %s", at.Role, evaluate[string](w.browser, `document.activeElement.outerHTML.slice(0, 200)`))
	}
	return at
}

func (w walker) focused() (stop, error) {
	active, err := chromedp.Call(w.ctx, runtime.Evaluate, runtime.EvaluateParams{Expression: "document.activeElement"})
	if err != nil || active.Result.ObjectID == "" { // the page is about to be another
		return stop{}, err
	}
	alone := false
	tree, err := chromedp.Call(w.ctx, accessibility.GetPartialAXTree, accessibility.GetPartialAXTreeParams{ObjectID: active.Result.ObjectID, FetchRelatives: &alone})
	if err != nil || len(tree.Nodes) == 0 {
		return stop{}, err
	}
	return stop{axText(tree.Nodes[0].Role), axText(tree.Nodes[0].Name)}, nil
}

// presses is how often Tab is pressed at most to come somewhere.
const presses = 150

// tab presses Tab until what is called so has the focus.
func (w walker) tab(name string) { w.t.Helper(); w.to(name, kb.Tab) }

// back presses Shift+Tab until what is called so has the focus.
func (w walker) back(name string) { w.t.Helper(); w.to(name, kb.Tab, shift) }

// to presses a key until what is called so has the focus.
func (w walker) to(name, key string, modifiers ...int64) {
	w.t.Helper()
	var passed []string
	for range presses {
		w.key(key, modifiers...)
		if evaluate[bool](w.browser, `document.activeElement === document.body`) {
			continue // at the end of a page it is the window's own controls' turn
		}
		at := w.stand()
		if at.Name == name {
			return
		}
		passed = append(passed, at.Role+" "+at.Name)
	}
	w.picture("failed-" + w.t.Name())
	w.t.Fatalf("no way by keys to %q, only to\n%s", name, strings.Join(passed, "\n"))
}

// lands waits until the focus is on what is called so, wherever it was.
func (w walker) lands(name string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, 20*time.Second)
	defer cancel()
	var at stop
	for ctx.Err() == nil {
		var err error
		if at, err = w.focused(); err != nil && !leftBehind(err) && !strings.Contains(err.Error(), "Could not find") {
			w.t.Fatal(err)
		}
		if at.Name == name {
			w.stand()
			return
		}
	}
	w.picture("failed-" + w.t.Name())
	w.t.Fatalf("the focus is on %s %q, not on %q: %s", at.Role, at.Name, name, evaluate[string](w.browser, `document.activeElement.outerHTML.slice(0, 200)`))
}

// tells waits for what a page or a notice says.
func (w walker) tells(text string) {
	w.t.Helper()
	w.eventually(fmt.Sprintf(`[...document.querySelectorAll("[role=alert], [role=status]")].some((e) => e.textContent.includes(%q))`, text))
}

// on waits until the message with a text has the focus.
func (w walker) on(text string) {
	w.t.Helper()
	w.eventually(fmt.Sprintf(`document.activeElement?.matches("article.message") && document.activeElement.querySelector(".body").innerText.trim() === %q`, text))
	w.stand()
}

// The whole of Campfire by keys alone: every place that the focus comes to is
// seen and has a name, and whatever is done, it stays somewhere.
func TestWalkByKeysAlone(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	ada := newWalker(open(1200, 800), 1200, 800)
	if _, err := chromedp.Call(ada.ctx, cdpbrowser.SetPermission, cdpbrowser.SetPermissionParams{Permission: &cdpbrowser.PermissionDescriptor{Name: "clipboard-write"}, Setting: cdpbrowser.PermissionSettingGranted}); err != nil {
		t.Log(err) // then the link is shown in place of being copied
	}

	// Set up, and hand the invite link on.
	ada.run(chromedp.Navigate(srv.URL), chromedp.WaitVisible(`input[name=name]`))
	ada.lands("Name")
	ada.key("Ada")
	ada.tab("Email address")
	ada.key("ada@example.org")
	ada.tab("Password")
	ada.key(campfiretest.Password)
	ada.tab("Set up")
	ada.key("\r")
	ada.lands("Write a message")
	ada.back("Copy join link")
	ada.key(" ")
	ada.eventually(`document.querySelector(".toast[role=status]") !== null`)
	if at := ada.stand(); at.Name != "Copy join link" {
		t.Errorf("copying moved the focus to %+v", at)
	}
	link := evaluate[string](ada.browser, `document.querySelector(".welcome input").value`)
	ada.back("Join link")

	// A second person, in a window as narrow as a phone.
	bo := newWalker(open(390, 844), 390, 844)
	bo.run(chromedp.Navigate(link), chromedp.WaitVisible(`input[name=name]`))
	bo.lands("Name")
	bo.key("Bo")
	bo.tab("Email address")
	bo.key("bo@example.org")
	bo.tab("Password")
	bo.key(campfiretest.Password + "\r")
	bo.lands("Write a message")
	srv.Join(login(srv), "Cy") // is removed later
	srv.Join(login(srv), "Dee")

	// A room, made by the switcher and a form.
	ada.key("k", ctrl)
	ada.lands("Search or go to…")
	ada.key("new room\r")
	ada.at("/rooms/new")
	ada.stand()
	ada.tab("Name this room")
	ada.key("Den")
	ada.to("Give everyone access to this room", kb.Tab)
	ada.key(kb.ArrowDown)
	ada.lands("Give only some access to this room")
	ada.tab("Give Bo access to this room")
	ada.key(" ")
	ada.tab("Save")
	ada.key("\r")
	ada.eventually(`document.querySelector("h1")?.textContent === "Den"`)
	ada.lands("Write a message")

	// To the other room and back: by the sidebar, by keys.
	ada.back("All Talk")
	ada.key("\r")
	ada.at("/rooms/1")
	ada.lands("Write a message")
	ada.key(kb.ArrowDown, alt)
	ada.at("/rooms/2")
	ada.lands("Write a message")

	// Bo comes there by the drawer.
	bo.back("Open menu")
	bo.key(" ")
	bo.lands("Campfire")
	bo.tab("Den")
	bo.key("\r")
	bo.at("/rooms/2")
	bo.lands("Write a message")

	// Talk: post, reply, boost, edit, delete.
	ada.key("Shall we meet here?\r")
	ada.says("Shall we meet here?")
	ada.lands("Write a message")
	ada.key("A slip of the tongue\r")
	bo.says("A slip of the tongue")
	bo.to(evaluate[string](bo.browser, `document.getElementById("messages").getAttribute("aria-label")`), kb.Tab, shift)
	bo.key(kb.ArrowUp)
	bo.on("A slip of the tongue")
	bo.key(kb.ArrowUp)
	bo.on("Shall we meet here?")
	bo.key("r")
	bo.lands("Write a message")
	bo.key("Gladly\r")
	ada.says("Gladly")
	ada.eventually(`document.querySelector("article.message .quote")?.textContent.includes("Shall we meet here?")`)
	ada.back("Messages")
	ada.key(kb.End)
	ada.on("Gladly")
	ada.key("\r")
	ada.lands("👍")
	ada.to("🔥", kb.ArrowRight)
	ada.key("\r")
	ada.eventually(`document.querySelector(".pill bdi")?.innerText === "🔥"`)
	ada.lands("Message options")
	ada.back("🔥, 1: Ada")
	ada.key(" ") // taken back
	ada.eventually(`!document.querySelector(".pill")`)
	ada.on("Gladly")

	ada.key(kb.ArrowUp)
	ada.on("A slip of the tongue")
	ada.key(kb.ArrowUp)
	ada.on("Shall we meet here?")
	ada.key("e")
	ada.lands("Edit message")
	ada.key(" Or at mine.")
	ada.tab("Save changes")
	ada.key("\r")
	ada.says("Shall we meet here? Or at mine.")
	ada.on("Shall we meet here? Or at mine.")
	bo.says("Shall we meet here? Or at mine.")

	ada.key(kb.ArrowDown)
	ada.on("A slip of the tongue")
	ada.key("\r")
	ada.lands("👍")
	ada.key("d")
	ada.lands("Delete message")
	ada.key("\r")
	ada.eventually(`document.querySelector("dialog[open]") !== null`)
	ada.stand()
	ada.back("Cancel")
	ada.key("\r") // not yet
	ada.lands("Message options")
	ada.key("\r")
	ada.lands("👍")
	ada.key("d")
	ada.lands("Delete message")
	ada.key("\r")
	ada.eventually(`document.querySelector("dialog[open]") !== null`)
	ada.back("Delete message")
	ada.key("\r")
	ada.saysNot("A slip of the tongue")
	ada.on("Gladly") // the one after it
	bo.saysNot("A slip of the tongue")
	bo.stand()

	// Search, and open what is found.
	ada.key("/")
	ada.lands("search")
	ada.key("meet\r")
	ada.eventually(`document.querySelector(".hits a") !== null`)
	ada.stand()
	ada.eventually(`document.querySelector(".hits time").title !== ""`)
	ada.to(evaluate[string](ada.browser, `document.querySelector(".hits a").textContent.trim().replace(/\s+/g, " ")`), kb.Tab)
	ada.key("\r")
	ada.eventually(`document.querySelector(".message.highlight") !== null`)
	ada.on("Shall we meet here? Or at mine.")
	ada.key(kb.Escape)
	ada.lands("Write a message")

	// One's profile.
	ada.back("My Settings: Ada")
	ada.key("\r")
	ada.at("/profile")
	ada.stand()
	ada.tab("Name")
	ada.key("Ada L.")
	ada.tab("Save changes")
	ada.key("\r")
	ada.tells("Saved.")
	ada.stand()
	ada.eventually(`document.querySelector(".me").textContent.includes("Ada L.")`)

	// The installation: a role, someone removed, someone banned.
	ada.back("Account Settings")
	ada.key("\r")
	ada.at("/account")
	ada.stand()
	ada.tab("Manage Dee")
	ada.key("\r")
	ada.tab("Role of Dee")
	ada.key(kb.ArrowDown)
	ada.tab("Save role")
	ada.key("\r")
	ada.tells("Role changed.")
	ada.stand()
	ada.tab("Manage Cy")
	ada.key("\r")
	ada.tab("Remove Cy")
	ada.key("\r")
	ada.tab("Remove Cy for good")
	ada.key("\r")
	ada.tells("Removed.")
	ada.stand()
	ada.tab("Manage Bo")
	ada.key(" ")
	ada.tab("Ban Bo")
	ada.key(" ")
	ada.tab("Ban Bo now")
	ada.key("\r")
	ada.tells("Banned.")
	ada.stand()
	bo.lands("Sign in")

	// And out.

	ada.back("My Settings: Ada L.")
	ada.key("\r")
	ada.at("/profile")
	ada.tab("Log out")
	ada.key("\r")
	ada.lands("Email address")
	ada.calm()
	bo.calm()
}

// axText is a value of the accessibility tree as a text.
func axText(v *accessibility.Value) string {
	if v == nil {
		return ""
	}
	var s string
	if err := json.Unmarshal([]byte(v.Value), &s); err != nil {
		return string(v.Value)
	}
	return s
}
