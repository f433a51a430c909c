package web_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"campfire/internal/campfiretest"
	"campfire/internal/webpush/webpushtest"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// look is a window's size and theme.
type look struct {
	name          string
	width, height int64
	theme         string
	touch         bool
}

var looks = []look{
	{"desktop-light", 1440, 900, "light", false},
	{"desktop-dark", 1440, 900, "dark", false},
	{"tablet-light", 820, 1180, "light", true},
	{"tablet-dark", 820, 1180, "dark", true},
	{"phone-light", 390, 844, "light", true},
	{"phone-dark", 390, 844, "dark", true},
}

// wear makes a window look so.
func (b *browser) wear(l look) {
	b.t.Helper()
	b.run(chromedp.EmulateViewport(l.width, l.height))
	features := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: l.theme}, {Name: "prefers-reduced-motion", Value: "reduce"}}
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features}); err != nil {
		b.t.Fatal(err)
	}
	if _, err := chromedp.Call(b.ctx, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: l.touch}); err != nil {
		b.t.Fatal(err)
	}
}

// pictureWhole is picture of a page with all that is below its window.
func (b *browser) pictureWhole(name string, l look) {
	b.t.Helper()
	more := evaluate[int64](b, `(() => { const s = document.querySelector(".sheet"); return s ? Math.max(0, s.scrollHeight - s.clientHeight) : 0 })()`)
	if more > 0 {
		b.run(chromedp.EmulateViewport(l.width, l.height+more))
		defer b.run(chromedp.EmulateViewport(l.width, l.height))
	}
	b.picture(name)
}

// signIn leads a window through the sign-in page.
func (b *browser) signIn(srv *campfiretest.Server, email string) {
	b.t.Helper()
	b.run(
		chromedp.Navigate(srv.URL+"/login"),
		chromedp.SendKeys(`input[name=email]`, email),
		chromedp.SendKeys(`input[name=password]`, campfiretest.Password+"\r"),
		chromedp.WaitVisible(`#sidebar`),
	)
}

// furnish fills an installation with what a team's looks like. It returns
// Ada's token.
func furnish(srv *campfiretest.Server) string {
	ada := srv.SetUp()
	bo, cy, dee, eli := srv.Join(ada, "Bo"), srv.Join(ada, "Cy"), srv.Join(ada, "Dee"), srv.Join(ada, "Eli")
	srv.Do(ada, "PATCH", "/api/account", map[string]any{"name": "Lantern Works"}).Want(200)
	srv.Do(ada, "PATCH", "/api/users/me", map[string]string{"bio": "Keeps the kettle on."}).Want(200)
	room := func(token, kind, name string, people ...int) string {
		body := map[string]any{"kind": kind}
		if name != "" {
			body["name"] = name
		}
		if len(people) > 0 {
			body["user_ids"] = people
		}
		var made struct{ Room struct{ ID int64 } }
		srv.Do(token, "POST", "/api/rooms", body).Want(201).JSON(&made)
		return fmt.Sprint(made.Room.ID)
	}
	say := func(token, room, body string, more ...any) int64 {
		m := map[string]any{"body": body}
		for i := 0; i+1 < len(more); i += 2 {
			m[more[i].(string)] = more[i+1]
		}
		var made struct{ Message struct{ ID int64 } }
		srv.Do(token, "POST", "/api/rooms/"+room+"/messages", m).Want(201).JSON(&made)
		return made.Message.ID
	}
	boost := func(token, room string, id int64, content string) {
		srv.Do(token, "POST", fmt.Sprintf("/api/rooms/%s/messages/%d/boosts", room, id), map[string]string{"content": content}).Want(201)
	}
	water := room(ada, "open", "Watercooler")
	design := room(ada, "open", "Design")
	srv.Do(ada, "POST", "/api/bots", map[string]string{"name": "Label printer", "webhook_url": "http://127.0.0.1:1/"}).Want(201)
	room(ada, "open", "Kitchen & garden")
	release := room(bo, "closed", "Release 2.0", 1, 3)
	withBo, withTwo := room(ada, "direct", "", 2), room(cy, "direct", "", 1, 5)

	say(bo, water, "Morning all. The workshop is open, the kettle is on.")
	first := say(ada, water, "Morning! Has anybody seen the **blue** mug?")
	boost(bo, water, first, "☕")
	boost(cy, water, first, "☕")
	boost(dee, water, first, "😂")
	say(cy, water, "On the windowsill, behind the ficus. I watered it, by the way, so mind the puddle.", "reply_to", first)
	say(cy, water, "The ficus, not the mug.")
	say(dee, water, "Here is the check that caught it last night:\n\n```go\nfunc (s *Store) Balance(ctx context.Context) (int64, error) {\n\tvar sum int64\n\terr := s.db.QueryRowContext(ctx, \"SELECT sum(amount) FROM entries\").Scan(&sum)\n\treturn sum, err // zero is what we want\n}\n```")
	say(bo, water, "Nice. `sum` is null on an empty table, though, so that needs a `coalesce`.\n\n> zero is what we want\n\nThree things left for today:\n\n1. the label printer\n2. the invoice for <https://example.org/lamps>\n3. lunch")
	m := say(eli, water, "@Ada can you look at the label printer? It prints every label twice.")
	boost(ada, water, m, "👍")
	say(eli, water, "🎉")
	say(ada, water, "Looking now. שלום to the new tape, it came this morning.")
	say(dee, water, "So it was the driver. Lunch at half past twelve, then?")
	say(bo, design, "New lamp shades are in the folder. Which hue?")
	say(cy, design, "@Ada you choose")
	say(bo, release, "Tagged. Notes are up.")
	say(bo, withBo, "Do you have five minutes before lunch?")
	say(cy, withTwo, "The three of us should talk about the stand in June.")
	return ada
}

// connect adds to what furnish made what programs and devices leave: a log of
// deliveries, a room's webhook, a device and what is set about notifications.
func connect(t *testing.T, srv *campfiretest.Server, ada string) {
	t.Helper()
	busy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "3600") // so that the page stays as it is
		http.Error(w, "out of labels", http.StatusTooManyRequests)
	}))
	t.Cleanup(busy.Close)
	const printer = "/api/bots/6"
	srv.Do(ada, "PATCH", printer, map[string]any{"webhook_url": busy.URL}).Want(200)
	srv.Do(ada, "POST", printer+"/test", nil).Want(200)
	srv.Do(ada, "POST", "/api/rooms/2/messages", map[string]string{"body": "@Label printer one more, please"}).Want(201)
	for began := time.Now(); ; {
		var log struct{ Owed []struct{ State string } }
		srv.Do(ada, "GET", printer+"/deliveries", nil).Want(200).JSON(&log)
		if len(log.Owed) == 1 && log.Owed[0].State == "scheduled" {
			break
		}
		if time.Since(began) > 20*time.Second {
			t.Fatalf("owed: %+v", log.Owed)
		}
	}
	srv.Do(ada, "POST", "/api/rooms/3/hooks", map[string]string{"name": "Builds"}).Want(201)
	srv.Do(ada, "POST", "/api/users/me/push_subscriptions", webpushtest.NewTLS(t).Device().JSON(), "User-Agent", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0").Want(201)
	srv.Do(ada, "PUT", "/api/users/me/notifications", map[string]any{
		"time_zone": "Europe/Berlin", "keywords": []string{"kettle"}, "paused_until": time.Now().Add(time.Hour),
		"quiet_hours": []any{map[string]any{"days": []string{"monday", "friday"}, "from": "22:00", "to": "07:00"}},
	}).Want(200)
}

// connected are the pages of what connect adds.
var connected = [][2]string{
	{"notifications", "/notifications"},
	{"bots", "/account/bots"},
	{"new-bot", "/account/bots/new"},
	{"bot", "/account/bots/6"},
	{"deliveries", "/account/bots/6/deliveries"},
	{"room-hooks", "/rooms/3/edit"},
	{"why", "/rooms/2/messages/2/notification"},
}

// TestPictures takes the pictures of the main pages, in every look, into
// $CAMPFIRE_PICTURES ("make screenshots"). It asserts nothing but that each
// can be shown.
func TestPictures(t *testing.T) {
	if os.Getenv("CAMPFIRE_PICTURES") == "" {
		t.Skip("CAMPFIRE_PICTURES is not set")
	}
	open := newBrowsers(t, withMouse)
	srv := campfiretest.New(t)
	guest := open(1440, 900)
	for _, l := range looks {
		guest.wear(l)
		guest.run(chromedp.Navigate(srv.URL + "/setup"))
		guest.picture("setup-" + l.name)
	}
	token := furnish(srv)
	var account struct {
		Account struct {
			JoinCode string `json:"join_code"`
		}
	}
	srv.Do(token, "GET", "/api/account", nil).Want(200).JSON(&account)
	b := open(1440, 900)
	b.signIn(srv, "ada@example.org")
	pages := []struct{ name, path string }{
		{"room", "/rooms/2"}, {"welcome", "/rooms/1"}, {"direct", "/rooms/6"}, {"search", "/search?q=label"}, {"search-empty", "/search"}, {"search-nothing", "/search?q=xyzzy"}, {"rooms", "/rooms"}, {"permalink", "/rooms/2/@2"},
		{"mentions", "/mentions"}, {"new-ping", "/directs/new"}, {"styles", "/account/styles"}, {"empty-room", "/rooms/4"}, {"profile", "/profile"}, {"account", "/account"}, {"new-room", "/rooms/new"}, {"room-settings", "/rooms/5/edit"}, {"user", "/users/2"},
	}
	for _, l := range looks {
		guest.wear(l)
		for name, path := range map[string]string{"login": "/login", "join": "/join/" + account.Account.JoinCode} {
			guest.run(chromedp.Navigate(srv.URL + path))
			guest.picture(name + "-" + l.name)
		}
		b.wear(l)
		for _, p := range pages {
			b.run(chromedp.Navigate(srv.URL+p.path), chromedp.WaitVisible(`#main`))
			b.eventually(`!document.querySelector(".room.unread[aria-current]")`) // a room at its end is read soon
			b.pictureWhole(p.name+"-"+l.name, l)
		}
		b.run(chromedp.Navigate(srv.URL+"/rooms/2"), chromedp.WaitVisible(`#composer`))
		b.eventually(`(() => { document.querySelector("[data-switcher]").click(); return document.querySelectorAll(".switcher-line").length > 3 })()`)
		b.picture("switcher-" + l.name)
		b.run(chromedp.Navigate(srv.URL+"/rooms/2"), chromedp.WaitVisible(`#composer`))
		b.eventually(`(() => { [...document.querySelectorAll("article.message:has(.pill) .options")].at(-1).click(); return document.querySelector(".menu-list, [role=menu]") !== null })()`)
		b.picture("menu-" + l.name)
	}
	connect(t, srv, token)
	for _, l := range looks {
		b.wear(l)
		for _, p := range connected {
			b.run(chromedp.Navigate(srv.URL+p[1]), chromedp.WaitVisible(`#main`))
			b.pictureWhole(p[0]+"-"+l.name, l)
		}
	}
	// As a language that is written from right to left would have it.
	for _, l := range []look{looks[0], looks[4]} {
		b.wear(l)
		for _, p := range []struct{ name, path string }{{"room", "/rooms/2"}, {"rooms", "/rooms"}, {"account", "/account"}, {"profile", "/profile"}} {
			b.run(chromedp.Navigate(srv.URL+p.path), chromedp.WaitVisible(`#main`))
			b.do(`document.documentElement.dir = "rtl"`)
			b.pictureWhole("rtl-"+p.name+"-"+l.name, l)
			if l.touch && p.name == "room" {
				b.do(`document.getElementById("drawer").click()`)
				b.eventually(`document.getElementById("sidebar").contains(document.activeElement)`)
				b.picture("rtl-drawer-" + l.name)
			}
		}
	}
}

// TestPicturesOfStates takes the pictures of what a room shows for a while, on a
// desktop and a phone ("make screenshots"). Like TestPictures, it asserts
// nothing more.
func TestPicturesOfStates(t *testing.T) {
	if os.Getenv("CAMPFIRE_PICTURES") == "" {
		t.Skip("CAMPFIRE_PICTURES is not set")
	}
	open := newBrowsers(t, withMouse)
	srv := campfiretest.New(t, "CAMPFIRE_MAX_MENTIONS=1")
	ada := furnish(srv)
	bo := srv.Join(ada, "Bob")
	looks := []look{looks[0], looks[1], looks[4], looks[5]}
	begin := func(token, kind, name string, people ...int) int64 {
		var made struct{ Room struct{ ID int64 } }
		body := map[string]any{"kind": kind, "user_ids": append([]int{}, people...)}
		if name != "" {
			body["name"] = name
		}
		srv.Do(token, "POST", "/api/rooms", body).Want(201).JSON(&made)
		return made.Room.ID
	}
	say := func(token string, room int64, body string) {
		srv.Do(token, "POST", fmt.Sprintf("/api/rooms/%d/messages", room), map[string]string{"body": body}).Want(201)
	}
	odd := begin(ada, "open", strings.Repeat("🦊", 64))
	say(bo, odd, strings.Repeat("Donaudampfschifffahrtsgesellschaftskapitän", 6))
	say(bo, odd, "https://example.org/a/very/"+strings.Repeat("long/", 40)+"address?with=much#behind-it")
	say(ada, odd, "| what | how many |\n|---|---|\n| lamps | 12 |\n| a column with rather more to say than there is room for | 3 |\n\n- [x] one\n- two\n  - three")
	say(ada, odd, "```\n"+strings.Repeat("a line of code that is longer than a phone is wide; ", 3)+"\n```")
	notes := begin(ada, "direct", "")
	say(ada, notes, "Buy a new label tape")
	long := begin(ada, "open", "Long")
	for i := range 60 {
		say(bo, long, fmt.Sprintf("Line %d of a long talk, with enough in it to be read.", i+1))
	}
	b := open(1440, 900)
	b.signIn(srv, "ada@example.org")
	b.before(`window.textOf = (part) => [...document.querySelectorAll("article.message:not(.pending)")].findLast((m) => m.querySelector(".body").innerText.includes(part))`)
	room := func(id any) {
		b.run(chromedp.Navigate(fmt.Sprintf("%s/rooms/%v", srv.URL, id)), chromedp.WaitVisible(`#composer .composer-tools`))
		b.eventually(`!document.querySelector(".room.unread[aria-current]")`)
	}
	write := func(text string) {
		b.do(fmt.Sprintf(`(() => { const i = document.querySelector("#composer textarea"); i.focus(); i.setSelectionRange(0, i.value.length); document.execCommand(%q === "" ? "delete" : "insertText", false, %q) })()`, text, text))
	}
	for _, l := range looks {
		b.wear(l)
		take := func(name string) { b.picture("state-" + name + "-" + l.name) }
		room(odd)
		take("odd")
		room(notes)
		take("notes")

		room(2)
		b.do(`textOf("mind the puddle").querySelector(".options").click()`)
		b.eventually(`(() => { const x = [...document.querySelectorAll("[role=menuitem]")].find((e) => e.textContent === "Reply"); x?.click(); return !!x })()`)
		write("It is under the *sink*, I think.\nOr was that the other one?\n\nEither way:\n1. mop\n2. bucket\n3. towel\n4. patience\n5. tea")
		take("reply")
		b.do(`document.querySelector("#replying button").click()`)
		write("")
		b.keys("ask @b")
		b.eventually(`document.querySelector(".completion") !== null`)
		take("people")
		write("")
		b.keys("to you :he")
		b.eventually(`document.querySelectorAll(".completion [role=option]").length > 2`)
		take("shortcodes")
		write("")
		b.do(`textOf("Looking now").querySelector(".options").click()`)
		b.eventually(`(() => { const x = [...document.querySelectorAll("[role=menuitem]")].find((e) => e.textContent === "Edit"); x?.click(); return !!x })()`)
		b.eventually(`document.querySelector(".editor textarea") !== null`)
		take("edit")
		room(2)
		b.do(`(document.querySelector(".composer-more")?.checkVisibility() ? document.querySelector(".composer-more") : document.querySelector(".composer-extras > :last-child")).click()`)
		b.eventually(`document.querySelector(".popup, .bottom-sheet") !== null`)
		take("more")
		if l.touch {
			b.do(`[...document.querySelectorAll("[role=menuitem]")][1].click()`)
		}
		b.eventually(`document.querySelectorAll(".picker-emoji").length > 30`)
		take("emoji")
		room(2)
		srv.Do(ada, "PUT", "/api/rooms/2/read", map[string]any{"unread_from": 6}).Want(204)
		b.eventually(`document.querySelector(".divider") !== null`)
		b.do(`document.querySelector(".divider").scrollIntoView({ block: "center" })`)
		take("new")
		srv.Do(ada, "PUT", "/api/rooms/2/read", map[string]any{"seq": 1000}).Want(204)

		room(long)
		b.do(`document.getElementById("messages").scrollTop = 200`)
		b.eventually(`!document.getElementById("jump").hidden`)
		say(bo, long, "And another.")
		say(bo, long, "And one more.")
		b.eventually(`document.getElementById("jump").textContent.includes("2")`)
		take("below")
		b.eventually(`(() => { document.getElementById("messages").scrollTop = 0; return !document.querySelector(".intro").hidden })()`)
		take("beginning")
	}
	// What only goes wrong once.
	for _, l := range looks {
		b.wear(l)
		passing := begin(bo, "closed", "Short-lived", 1)
		say(bo, passing, "This will not last.")
		room(passing)
		srv.Do(bo, "DELETE", fmt.Sprintf("/api/rooms/%d", passing), nil).Want(204)
		b.eventually(`document.getElementById("status").textContent !== ""`)
		b.picture("state-deleted-" + l.name)
		room(2)
		b.do(`(() => { const i = document.querySelector("#composer textarea"); i.value = "<@1> <@2> more people than may be named at once"; i.form.requestSubmit() })()`)
		b.eventually(`document.querySelector(".pending.failed .failure") !== null`)
		b.picture("state-refused-" + l.name)
		b.do(`document.querySelectorAll(".failure button")[1].click()`)
		b.eventually(`document.querySelector(".pending") === null`)
		write("")
	}
	room(4)
	srv.Stop()
	b.eventually(`document.getElementById("status").textContent !== ""`)
	write("Written while the server is away")
	b.do(`document.querySelector("#composer").requestSubmit()`)
	b.eventually(`document.querySelectorAll(".pending").length === 1`)
	for _, l := range looks {
		b.wear(l)
		b.picture("state-offline-" + l.name)
	}
	srv.Start()
}
