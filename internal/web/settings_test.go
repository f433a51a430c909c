package web_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"campfire/internal/campfiretest"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// signIn opens a window for someone who has an account.
func signIn(b *browser, srv *campfiretest.Server, name string) {
	b.t.Helper()
	b.run(
		chromedp.Navigate(srv.URL+"/login"),
		chromedp.SendKeys(`input[name=email]`, name+"@example.org"),
		chromedp.SendKeys(`input[name=password]`, campfiretest.Password+"\r"),
		chromedp.WaitVisible(`#composer`),
	)
}

func (b *browser) visit(address string) {
	b.t.Helper()
	b.run(chromedp.Navigate(address), chromedp.WaitVisible(`#main`))
}

// press clicks what is called so: a button, a link, or what unfolds more.
func (b *browser) press(name string) {
	b.t.Helper()
	b.eventually(fmt.Sprintf(`(() => {
		const called = (e) => (e.getAttribute("aria-label") ?? e.textContent).trim() === %q;
		const x = [...document.querySelectorAll("main button, main a, main summary")].find((e) => called(e) && e.checkVisibility());
		if (!x) return false;
		x.scrollIntoView({ block: "center" });
		x.click();
		return true;
	})()`, name))
}

// enter presses the key as a keyboard does: what is prevented types nothing.
func (b *browser) enter() {
	b.t.Helper()
	down := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: "Enter", Code: "Enter", Text: "\r", WindowsVirtualKeyCode: 13}
	if _, err := chromedp.Call(b.ctx, input.DispatchKeyEvent, down); err != nil {
		b.t.Fatal(err)
	}
}

// told waits for what a page says about the last form.
func (b *browser) told(text string) {
	b.t.Helper()
	b.eventually(fmt.Sprintf(`[...document.querySelectorAll(".flash")].some((e) => e.textContent.trim().startsWith(%q))`, text))
}

// fill puts a text into a field.
func (b *browser) fill(field, value string) {
	b.t.Helper()
	b.run(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.querySelector(%q).value = ""`, field)), chromedp.SendKeys(field, value))
}

// whole fails the test when the page is wider than its window, or a control
// has no name.
func (b *browser) whole(name string) {
	b.t.Helper()
	b.picture(name)
	if over := evaluate[int](b, `Math.max(document.documentElement.scrollWidth, ...[...document.querySelectorAll("main, .sheet")].map((e) => e.scrollWidth - e.clientWidth + innerWidth)) - innerWidth`); over > 0 {
		b.t.Errorf("%s: the page is %d pixels wider than its window", name, over)
	}
	for _, control := range evaluate[[]string](b, `[...document.querySelectorAll("main input:not([type=hidden],[hidden]), main select, main textarea, main button, main summary, main a")]
		.filter((e) => !((e.getAttribute("aria-label") ?? "") || (e.labels?.length ? e.labels[0].textContent.trim() : "") || e.textContent.trim()))
		.map((e) => e.outerHTML.slice(0, 120))`) {
		b.t.Errorf("%s: a control without a name: %s", name, control)
	}
}

// complains waits until the browser has refused what is named, by the policy
// of the page, and takes it off its complaints.
func (b *browser) complains(named ...string) {
	b.t.Helper()
	for range 500 {
		b.mu.Lock()
		var missing, left []string
		for _, name := range named {
			if !slices.ContainsFunc(b.problems, func(p string) bool {
				return strings.Contains(p, name) && strings.Contains(p, "Content Security Policy")
			}) {
				missing = append(missing, name)
			}
		}
		for _, p := range b.problems {
			if !slices.ContainsFunc(named, func(name string) bool { return strings.Contains(p, name) }) {
				left = append(left, p)
			}
		}
		if missing == nil {
			b.problems = left
		}
		b.mu.Unlock()
		if missing == nil {
			return
		}
		b.run(chromedp.Evaluate[chromedp.Void](`void 0`)) // what happened before it is heard first
	}
	b.t.Errorf("the browser did not refuse %q", named)
}

func (b *browser) quiet() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range b.problems {
		b.t.Errorf("the browser complains: %s", p)
	}
}

// The settings of a person and of an installation, as a person goes through
// them, on a phone and on a desk.
func TestSettingsStory(t *testing.T) {
	open := newBrowsers(t)
	type window struct {
		name          string
		width, height int64
	}
	sizes := []window{{"phone", 390, 844}, {"desk", 1440, 900}}
	if os.Getenv("CAMPFIRE_PICTURES") != "" {
		sizes = append(sizes, window{"tablet", 820, 1180})
	}
	for _, size := range sizes {
		t.Run(size.name, func(t *testing.T) {
			srv := campfiretest.New(t)
			token := srv.SetUp()
			bo := srv.Join(token, "Bo")
			for _, name := range []string{"Cy", "Dee"} {
				srv.Join(token, name)
			}
			b := open(size.width, size.height)
			b.t = t
			signIn(b, srv, "ada")
			picture := func(name string) { b.whole("settings-" + name + "-" + size.name) }

			// One's own profile: what is wrong is said beside it.
			b.visit(srv.URL + "/profile")
			picture("profile")
			b.fill(`#profile-name`, "Ada L.")
			b.fill(`#profile-bio`, "Kettle first.")
			b.run(chromedp.Evaluate[chromedp.Void](`document.querySelector("#profile-email").type = "text"`))
			b.fill(`#profile-email`, "nonsense\r")
			b.eventually(`document.activeElement.id === "profile-email" && document.activeElement.getAttribute("aria-invalid") === "true"`)
			picture("profile-wrong")
			if got := evaluate[string](b, `document.querySelector("#profile-name").value + "|" + document.querySelector("#profile-bio").value`); got != "Ada L.|Kettle first." {
				t.Errorf("what was typed is %q", got)
			}
			b.fill(`#profile-email`, "ada@example.org\r")
			b.told("Saved.")
			b.eventually(`document.querySelector(".me").textContent.includes("Ada L.") && location.search === ""`)

			// A token, shown this once, that works.
			b.fill(`#token-name`, "backup\r")
			b.eventually(`document.querySelector("#tokens .made") !== null`)
			b.run(chromedp.Evaluate[chromedp.Void](`document.querySelector("#tokens").scrollIntoView()`))
			picture("token")
			secret := evaluate[string](b, `document.querySelector("#tokens .made input").value`)
			srv.Do(secret, "GET", "/api/users/me", nil).Want(200)
			b.visit(srv.URL + "/profile")
			b.press("Revoke backup")
			b.eventually(`document.querySelector("#tokens details[open] form") !== null`)
			b.eventually(`(() => { const x = document.querySelector("#tokens details[open] form button"); if (!x) return false; x.click(); return true })()`)
			b.told("The token is revoked.")
			srv.Do(secret, "GET", "/api/users/me", nil).Want(401)

			// Another device is signed out.
			other := open(size.width, size.height)
			other.t = t
			signIn(other, srv, "ada")
			b.visit(srv.URL + "/profile")
			b.eventually(`document.querySelectorAll("#devices li").length === 3`) // the set-up's, too
			b.run(chromedp.Evaluate[chromedp.Void](`document.querySelector("#devices").scrollIntoView()`))
			picture("devices")
			b.press("Sign out all others")
			b.told("Signed out there.")
			other.visit(srv.URL + "/profile")
			other.eventually(`location.pathname === "/login"`)
			token = login(srv)

			// A closed room with a member; open; closed again; someone out; gone.
			b.visit(srv.URL + "/rooms/new")
			if evaluate[bool](b, `document.querySelector(".closed-only").checkVisibility()`) {
				t.Error("people can be chosen for a room that is everyone's")
			}
			b.fill(`#room-name`, "Den")
			b.run(chromedp.Click(`input[name=kind][value=closed]`), chromedp.Click(`input[aria-label="Give Bo access to this room"]`))
			picture("room-new")
			b.press("Save")
			b.eventually(`document.querySelector("#composer") !== null && document.querySelector("h1").textContent === "Den"`)
			srv.Do(bo, "GET", "/api/rooms/2", nil).Want(200)
			b.visit(srv.URL + "/rooms/2/edit")
			picture("room-closed")
			b.run(chromedp.Click(`input[name=kind][value=open]`))
			b.press("Save")
			b.told("Saved.")
			picture("room-open")
			b.press("Remove Cy")
			b.told("Members changed.")
			b.run(chromedp.Click(`input[name=kind][value=closed]`), chromedp.Click(`input[aria-label="Give Bo access to this room"]`))
			b.press("Save")
			b.told("Saved.")
			srv.Do(bo, "GET", "/api/rooms/2", nil).Want(404)
			b.press("Delete Den")
			b.press("Delete Den for everyone")
			b.told("Deleted.")
			srv.Do(token, "GET", "/api/rooms/2", nil).Want(404)

			// A link invites; an administrator is made, and unmade, and people go.
			b.visit(srv.URL + "/account")
			picture("account")
			link := evaluate[string](b, `document.querySelector("#invite input").value`)
			guest := open(size.width, size.height)
			guest.t = t
			guest.run(chromedp.Navigate(link),
				chromedp.SendKeys(`input[name=name]`, "Eve"),
				chromedp.SendKeys(`input[name=email]`, "eve@example.org"),
				chromedp.SendKeys(`input[name=password]`, campfiretest.Password+"\r"),
				chromedp.WaitVisible(`#composer`))
			b.visit(srv.URL + "/account")
			row := func(id int) string { return fmt.Sprintf(`#user-%d`, id) }
			do := func(id int, name, role string) {
				b.press("Manage " + name)
				b.run(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.querySelector("%s select").value = %q`, row(id), role)))
				b.press("Save role")
			}
			do(2, "Bo", "administrator")
			b.told("Role changed.")
			b.eventually(`document.querySelector("#people ul").textContent.includes("Bo")`)
			do(2, "Bo", "member")
			b.told("Role changed.")
			do(1, "Ada L.", "member")
			b.told("This is the last administrator")
			picture("last-administrator")
			if !evaluate[bool](b, `document.querySelector("#user-1 [role=alert]") !== null`) {
				t.Error("why it failed is not said where it was tried")
			}
			b.visit(srv.URL + "/account")
			b.press("Manage Eve")
			b.press("Ban Eve")
			picture("ban")
			b.press("Ban Eve now")
			b.told("Banned.")
			guest.visit(srv.URL + "/profile")
			guest.eventually(`location.pathname === "/login"`)
			b.press("Manage Dee")
			b.press("Remove Dee")
			b.press("Remove Dee for good")
			b.told("Removed.")
			b.visit(srv.URL + "/users/2")
			picture("user")
			b.visit(srv.URL + "/users/5")
			picture("user-banned")

			// The accent is tried on at once.
			b.visit(srv.URL + "/account")
			b.run(chromedp.Evaluate[chromedp.Void](`(() => { const x = document.querySelector("#account-accent"); x.value = "200"; x.dispatchEvent(new Event("input", { bubbles: true })); })()`))
			b.eventually(`getComputedStyle(document.documentElement).getPropertyValue("--hue").trim() === "200"`)
			picture("accent")

			// A style sheet that hides everything, and the way back.
			b.visit(srv.URL + "/account/styles")
			b.fill(`#styles-css`, "body { display: none } </style><script>alert(1)</script>")
			picture("styles")
			b.run(chromedp.Focus(`#styles-css`), chromedp.KeyEvent("\r", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
			b.told("Saved.")
			b.run(chromedp.Navigate(srv.URL + "/profile"))
			b.eventually(`document.readyState === "complete" && getComputedStyle(document.body).display === "none"`)
			b.visit(srv.URL + "/account")
			b.press("Custom styles")
			b.eventually(`document.querySelector("#styles-css") !== null`)
			b.run(chromedp.Evaluate[chromedp.Void](`document.querySelector("#styles-css").value = "@import 'https://canary.example/x.css'; body { --surface-1: rebeccapurple; background: url(https://canary.example/x.png) }"`))
			b.press("Save styles")
			b.told("Saved.")
			b.run(chromedp.Navigate(srv.URL + "/profile"))
			b.eventually(`getComputedStyle(document.body).getPropertyValue("--surface-1").trim() === "rebeccapurple"`)
			b.complains("https://canary.example/x.css", "https://canary.example/x.png")
			srv.Do(token, "PUT", "/api/account/styles", map[string]string{"css": ""}).Want(200)

			// Mentions, search, pings.
			srv.Do(bo, "POST", "/api/rooms/1/messages", map[string]string{"body": "<@1> is the **kettle** on? https://example.org/kettle"}).Want(201)
			b.visit(srv.URL + "/mentions")
			b.eventually(`document.querySelector(".inbox .snippet").textContent.includes("kettle")`)
			picture("mentions")
			b.visit(srv.URL + "/search?q=kettle")
			picture("search")
			b.press("What can be searched for")
			b.visit(srv.URL + "/directs/new")
			picture("ping-new")
			b.run(chromedp.Click(`input[name=user_ids][value="2"]`))
			b.press("Start Ping")
			b.eventually(`document.querySelector("#composer") !== null`)
			b.eventually(`document.querySelector("h1").textContent === "Bo"`)
			b.visit(srv.URL + evaluate[string](b, `location.pathname`) + "/edit")
			picture("ping-edit")
			srv.Do(token, "DELETE", "/api/rooms/1/members/1", nil).Want(204)
			b.visit(srv.URL + "/rooms")
			picture("browse")
			for _, w := range []*browser{b, other, guest} {
				w.quiet()
			}
		})
	}
}

// What scripts add to the pages around the talk: a search is narrowed by a
// press, a theme is worn as it is chosen, and the way back leads to where one
// was.
func TestPagesAreHandierWithScripts(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	token := srv.SetUp()
	srv.Join(token, "Bo")
	b := open(390, 844)
	signIn(b, srv, "ada")

	b.visit(srv.URL + "/search?q=kettle")
	b.press("What can be searched for")
	b.press("has:link")
	field := func(want string) {
		t.Helper()
		b.eventually(fmt.Sprintf(`document.activeElement?.matches(".search-field input") && document.activeElement.value === %q`, want))
	}
	field("kettle has:link")
	b.press("from:ada")
	field("kettle has:link from:")
	b.press("Clear search field")
	field("")
	if evaluate[bool](b, `document.querySelector(".search-field .clear").checkVisibility()`) {
		t.Error("an empty field can be cleared")
	}

	b.visit(srv.URL + "/profile")
	b.run(chromedp.Evaluate[chromedp.Void](`document.querySelector('[name=theme][value=dark]').click()`))
	b.eventually(`document.documentElement.dataset.theme === "dark"`)
	b.eventually(`fetch("/profile").then((r) => r.text()).then((t) => (window.kept = t.includes('data-theme="dark"'))) && window.kept === true`)
	b.run(chromedp.Evaluate[chromedp.Void](`document.querySelector('[name=theme][value=""]').click()`))
	b.eventually(`document.documentElement.dataset.theme === undefined`)

	b.visit(srv.URL + "/rooms/1/edit")
	b.press("Bo")
	b.eventually(`location.pathname === "/users/2" && document.querySelector("h1").textContent === "Bo"`)
	b.press("Go Back")
	b.eventually(`location.pathname === "/rooms/1/edit" && document.querySelector("h1").textContent.startsWith("Edit settings")`)
	b.press("Go Back")
	b.eventually(`location.pathname === "/rooms/1" && document.querySelector("#composer") !== null`)
	b.quiet()
}

func login(srv *campfiretest.Server) string {
	var in struct{ Token string }
	srv.Do("", "POST", "/api/auth/login", map[string]string{"email": "ada@example.org", "password": campfiretest.Password}).Want(200).JSON(&in)
	return in.Token
}

// Above twenty people the lists get a box to filter them, and Enter in it
// doesn't send the form.
func TestPeopleAreFiltered(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	token := srv.SetUp()
	for i := range 21 {
		srv.Join(token, fmt.Sprintf("Person%02d", i))
	}
	b := open(390, 844)
	signIn(b, srv, "ada")
	b.visit(srv.URL + "/directs/new")
	shown := `[...document.querySelectorAll("#ping-people > li")].filter((e) => e.checkVisibility()).length`
	b.eventually(shown + ` === 21`)
	b.run(chromedp.SendKeys(`#ping-filter`, "ERSÖN2"))
	b.enter()
	b.eventually(shown + ` === 1`)
	b.run(chromedp.Evaluate[chromedp.Void](`document.querySelector("#ping-filter").value = ""`), chromedp.SendKeys(`#ping-filter`, "son1"))
	b.eventually(shown + ` === 10`)
	b.whole("settings-filter-phone")
	if got := evaluate[string](b, `location.pathname`); got != "/directs/new" {
		t.Errorf("Enter in the filter led to %s", got)
	}
	b.run(chromedp.SendKeys(`#ping-filter`, "\x1b"))
	b.eventually(shown + ` === 21`)
	b.quiet()
}

// What is written in one form of a page outlives the saving of another, and so
// does the place; a password does not.
func TestUnsavedFormsAreKept(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	srv.SetUp()
	b := open(1000, 600)
	signIn(b, srv, "ada")
	b.visit(srv.URL + "/profile")
	b.do(`const type = (name, text) => { const e = document.querySelector("main [name=" + name + "]"); e.value = text; e.dispatchEvent(new InputEvent("input", { bubbles: true })) };
		type("bio", "Keeps the kettle on"); type("password", "not to be kept");
		document.querySelector("main input[name=scopes][value=admin]").checked = true;
		document.querySelector("main .sheet").scrollTop = 240`)
	b.do(`document.querySelector("main input[name=theme][value=dark]").click(); document.querySelector("main input[name=theme]").form.requestSubmit()`)
	b.eventually(`document.documentElement.dataset.theme === "dark" && document.querySelector("main [name=bio]").value === "Keeps the kettle on"`)
	b.eventually(`document.querySelector("main input[name=scopes][value=admin]").checked && document.querySelector("main [name=password]").value === "" && document.querySelector("main .sheet").scrollTop > 200`)
	b.do(`document.querySelector("main [name=bio]").form.requestSubmit()`)
	b.eventually(`document.querySelector("main [name=bio]").defaultValue === "Keeps the kettle on" && !document.querySelector("main input[name=scopes][value=admin]").defaultChecked`)
	b.visit(srv.URL + "/profile")
	b.eventually(`!document.querySelector("main input[name=scopes][value=admin]").checked`)
	b.quiet()
}

// Going back to a form that was refused sends nothing again.
func TestARefusedFormIsNotSentByGoingBack(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	srv.SetUp()
	b := open(1000, 600)
	b.run(chromedp.Navigate(srv.URL+"/login"), chromedp.SendKeys(`input[name=email]`, "ada@example.org"), chromedp.SendKeys(`input[name=password]`, "a wrong password\r"), chromedp.WaitVisible(`[role=alert]`))
	b.do(`window.location.href = "/signup-nowhere"`)
	b.eventually(`location.pathname === "/signup-nowhere" && document.readyState === "complete"`)
	b.do(`history.back()`)
	b.eventually(`location.pathname === "/login" && document.querySelector("input[name=password]") !== null`)
}
