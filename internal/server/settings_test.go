package server_test

import (
	"fmt"
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"campfire/internal/campfiretest"
)

// person is someone with a browser that runs no scripts.
type person struct {
	t      *testing.T
	srv    *campfiretest.Server
	cookie string
}

func visitor(t *testing.T, srv *campfiretest.Server, token string) *person {
	return &person{t, srv, "campfire=" + token}
}

func (p *person) get(path string) *campfiretest.Answer {
	p.t.Helper()
	return p.srv.Do("", "GET", path, nil, "Cookie", p.cookie)
}

// page returns a page's text with its entities resolved.
func (p *person) page(path string) string {
	p.t.Helper()
	return html.UnescapeString(string(p.get(path).Want(200).Body))
}

func (p *person) submit(path string, fields url.Values) *campfiretest.Answer {
	p.t.Helper()
	return p.srv.Do("", "POST", path, fields.Encode(), "Content-Type", "application/x-www-form-urlencoded", "Cookie", p.cookie, "Accept", "text/html")
}

// did submits a form that works, and returns the page that it leads to.
func (p *person) did(path string, fields url.Values) string {
	p.t.Helper()
	next, _, _ := strings.Cut(p.submit(path, fields).Want(303).Header.Get("Location"), "#")
	return p.page(next)
}

// refused submits a form that does not work, and returns what it says.
func (p *person) refused(status int, path string, fields url.Values) string {
	p.t.Helper()
	return html.UnescapeString(string(p.submit(path, fields).Want(status).Body))
}

func has(t *testing.T, page string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(page, w) {
			t.Errorf("the page does not have %q:\n%s", w, mainOf(page))
		}
	}
}

func hasNot(t *testing.T, page string, unwanted ...string) {
	t.Helper()
	for _, w := range unwanted {
		if strings.Contains(page, w) {
			t.Errorf("the page has %q", w)
		}
	}
}

func mainOf(page string) string {
	_, m, _ := strings.Cut(page, "<main")
	return m
}

func fields(pairs ...string) url.Values {
	f := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		f.Add(pairs[i], pairs[i+1])
	}
	return f
}

// hostileName closes whatever it is put into.
const hostileName = `"><script>alert(1)</script><b title='{name}`

func TestProfileForms(t *testing.T) {
	srv := campfiretest.New(t)
	token := srv.SetUp()
	bo := visitor(t, srv, srv.Join(token, "Bo"))

	page := bo.did("/profile", fields("name", "Bo B.", "email", "bo2@example.org", "bio", "Tea."))
	has(t, page, `value="Bo B."`, `value="bo2@example.org"`, ">Tea.</textarea>", `role="alert">Saved.`)

	page = bo.refused(422, "/profile", fields("name", " ", "email", "nonsense", "bio", "typed in vain"))
	has(t, page, `value="nonsense"`, ">typed in vain</textarea>", "Name must not be empty.", "Email address does not look like an address",
		`aria-invalid="true"`, `aria-describedby="profile-email-problem "`)
	page = bo.refused(409, "/profile", fields("name", "Bo", "email", "ada@example.org"))
	has(t, page, "Someone with this address has an account already.", `value="ada@example.org"`)
	if raw := string(bo.submit("/profile", fields("name", hostileName, "email", "x")).Want(422).Body); strings.Contains(raw, "<script>alert") {
		t.Error("what was typed comes back as markup")
	}
}

func TestPasswordFormAsksForTheOldAndEndsOtherSessions(t *testing.T) {
	srv := campfiretest.New(t)
	token := srv.SetUp()
	bo := visitor(t, srv, srv.Join(token, "Bo"))
	other := srv.Do("", "POST", "/api/auth/login", map[string]string{"email": "bo@example.org", "password": campfiretest.Password}).Want(200)
	var in struct{ Token string }
	other.JSON(&in)

	has(t, bo.refused(422, "/profile/password", fields("password", "a new password")), "Current password is needed to set a new password.")
	page := bo.refused(422, "/profile/password", fields("password", "a new password", "current_password", "wrong"))
	has(t, page, "Current password is wrong.")
	hasNot(t, page, `value="a new password"`)
	has(t, bo.refused(422, "/profile/password", fields("password", "short", "current_password", campfiretest.Password)), "New password must have at least 10 characters.")
	srv.Do(in.Token, "GET", "/api/users/me", nil).Want(200)
	page = bo.did("/profile/password", fields("password", "a new password", "current_password", campfiretest.Password))
	has(t, page, "Password changed. All your other devices were signed out.")
	srv.Do(in.Token, "GET", "/api/users/me", nil).Want(401)
}

func TestDevicesAreNamedAndSignedOut(t *testing.T) {
	srv := campfiretest.New(t)
	srv.SetUp()
	login := func(agent string) string {
		var in struct{ Token string }
		srv.Do("", "POST", "/api/auth/login", map[string]string{"email": "ada@example.org", "password": campfiretest.Password}, "User-Agent", agent).Want(200).JSON(&in)
		return in.Token
	}
	firefox := login("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
	phone := login("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1")
	odd := login(`<script>alert(1)</script>`)
	ada := visitor(t, srv, firefox)
	page := ada.page("/profile")
	has(t, page, ">Firefox on Linux</strong>", ">Safari on iPhone</strong>", "this device", `aria-label="Sign out Safari on iPhone"`, ">Sign out all others<")
	if strings.Contains(string(ada.get("/profile").Body), "<script>alert") {
		t.Error("a user agent is on the page as markup")
	}

	ids := regexp.MustCompile(`/profile/sessions/(\d+)/delete"><button class="button" aria-label="Sign out Safari`).FindStringSubmatch(strings.ReplaceAll(page, "\n", ""))
	if ids == nil {
		t.Fatal("no form to sign out the phone")
	}
	ada.did("/profile/sessions/"+ids[1]+"/delete", nil)
	srv.Do(phone, "GET", "/api/users/me", nil).Want(401)
	srv.Do(odd, "GET", "/api/users/me", nil).Want(200)
	ada.submit("/profile/sessions/999999/delete", nil).Want(404)
	bo := visitor(t, srv, srv.Join(firefox, "Bo"))
	bo.submit("/profile/sessions/1/delete", nil).Want(404) // another's

	hasNot(t, ada.did("/profile/sessions/others/delete", nil), ">Sign out all others<")
	srv.Do(odd, "GET", "/api/users/me", nil).Want(401)
	srv.Do(firefox, "GET", "/api/users/me", nil).Want(200)
	bo.get("/profile").Want(200)
}

func TestTokenForms(t *testing.T) {
	srv := campfiretest.New(t)
	ada := visitor(t, srv, srv.SetUp())
	has(t, ada.refused(422, "/profile/tokens", fields("name", "")), "What is it for? must not be empty.", "What may it do? must be one or more of read, write and admin.")
	a := ada.submit("/profile/tokens", fields("name", "the <b>backup</b>", "scopes", "read", "scopes", "write")).Want(200)
	if got := a.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("a page with a secret is %q", got)
	}
	page := html.UnescapeString(string(a.Body))
	if strings.Contains(string(a.Body), "<b>backup") {
		t.Error("a token's name is on the page as markup")
	}
	secret := regexp.MustCompile(`value="([A-Za-z0-9_-]{20,})" aria-label="Access token"`).FindStringSubmatch(page)
	if secret == nil {
		t.Fatalf("no secret on the page:\n%s", mainOf(page))
	}
	has(t, page, "curl -H 'Authorization: Bearer "+secret[1]+"' '"+srv.URL+"/api/users/me'", "never used")
	srv.Do(secret[1], "GET", "/api/users/me", nil).Want(200)
	hasNot(t, ada.page("/profile"), secret[1])
	id := regexp.MustCompile(`/profile/tokens/(\d+)/delete`).FindStringSubmatch(page)[1]
	ada.did("/profile/tokens/"+id+"/delete", nil)
	srv.Do(secret[1], "GET", "/api/users/me", nil).Want(401)
	ada.submit("/profile/tokens/"+id+"/delete", nil).Want(404)
}

func TestThemeIsTheDevicesAndOnEveryPage(t *testing.T) {
	srv := campfiretest.New(t)
	token := srv.SetUp()
	ada := visitor(t, srv, token)
	busy := busyRoom(srv, token, "open")
	hasNot(t, ada.page("/rooms/"+busy), "data-theme")
	a := ada.submit("/profile/appearance", fields("theme", "dark")).Want(303)
	if set := a.Header.Get("Set-Cookie"); !strings.HasPrefix(set, "campfire_theme=dark;") {
		t.Fatalf("cookie %q", set)
	}
	ada.cookie += "; campfire_theme=dark"
	for _, path := range []string{"/profile", "/rooms/1", "/rooms/" + busy, "/login?x", "/rooms/99"} {
		a := ada.get(path)
		if path == "/login?x" {
			a = srv.Do("", "GET", path, nil, "Cookie", "campfire_theme=dark")
		}
		if !strings.Contains(string(a.Body), `data-theme="dark"`) {
			t.Errorf("%s (%d) is not dark", path, a.Status)
		}
	}
	ada.submit("/profile/appearance", fields("theme", "plaid")).Want(422)
	ada.cookie = "campfire=" + token + "; campfire_theme=plaid"
	hasNot(t, ada.page("/rooms/1"), "data-theme")
	if set := ada.submit("/profile/appearance", fields("theme", "")).Want(303).Header.Get("Set-Cookie"); !strings.Contains(set, "Max-Age=0") {
		t.Errorf("cookie %q", set)
	}
}

func TestInvolvementsOfAllRooms(t *testing.T) {
	srv := campfiretest.New(t)
	token := srv.SetUp()
	srv.Do(token, "POST", "/api/rooms", map[string]any{"kind": "open", "name": hostileName}).Want(201)
	srv.Do(token, "POST", "/api/rooms", map[string]any{"kind": "direct"}).Want(201)
	ada := visitor(t, srv, token)
	page := ada.did("/profile/rooms", fields("room-1", "everything", "was-1", "mentions", "room-2", "nothing", "was-2", "nothing", "room-3", "nonsense"))
	has(t, page, `<option value="everything" selected>`)
	var in struct {
		Rooms []struct {
			ID          int64
			Involvement string
		}
	}
	srv.Do(token, "GET", "/api/rooms", nil).JSON(&in)
	got := map[int64]string{}
	for _, r := range in.Rooms {
		got[r.ID] = r.Involvement
	}
	// What the page did not change stays, even where another device has changed it meanwhile.
	if got[1] != "everything" || got[2] != "mentions" || got[3] != "everything" {
		t.Errorf("involvements %v", got)
	}
}

func TestAccountForms(t *testing.T) {
	srv := campfiretest.New(t)
	token := srv.SetUp()
	ada, bo := visitor(t, srv, token), visitor(t, srv, srv.Join(token, "Bo"))
	page := ada.did("/account", fields("name", "Tea & Co", "accent", "200", "restrict_room_creation", "true"))
	has(t, page, `value="Tea & Co"`, `value="200"`, `role="switch" name="restrict_room_creation" value="true" checked`)
	page = ada.refused(422, "/account", fields("name", "", "accent", "400"))
	has(t, page, "Name must not be empty.", "Accent colour (hue) must be a hue from 0 to 359.")
	hasNot(t, page, `value="true" checked`) // as it was typed
	bo.submit("/account", fields("name", "Mine", "accent", "1")).Want(403)
	bo.submit("/account/join_code", nil).Want(403)
	hasNot(t, bo.page("/account"), `name="restrict_room_creation"`, "Regenerate", "Manage")
	has(t, bo.page("/account"), srv.URL+"/join/", "Tea & Co")
	has(t, bo.page("/rooms/new"), "Only administrators can make rooms here.")
	bo.submit("/rooms", fields("name", "Den")).Want(403)

	link := regexp.MustCompile(srv.URL + `(/join/[^"]+)`)
	old := link.FindStringSubmatch(ada.page("/account"))[1]
	fresh := link.FindStringSubmatch(ada.did("/account/join_code", nil))[1]
	srv.Do("", "GET", old, nil).Want(404)
	srv.Do("", "GET", fresh, nil).Want(200)
}

func TestPeopleListAndWhatCanBeDoneThere(t *testing.T) {
	srv := campfiretest.New(t)
	token := srv.SetUp()
	ada := visitor(t, srv, token)
	for _, name := range []string{"bob", "Alice", "Zed"} {
		srv.Join(token, name)
	}
	order := func(page string) (names []string) {
		for _, m := range regexp.MustCompile(`class="who" href="/users/\d+"><bdi>([^<]*)`).FindAllStringSubmatch(page, -1) {
			names = append(names, m[1])
		}
		return names
	}
	if got := fmt.Sprint(order(ada.page("/account"))); got != "[Ada Alice bob Zed]" {
		t.Errorf("order %s", got)
	}
	hasNot(t, ada.page("/account"), "Find someone")

	// The last administrator stays, and the list says why, where it was tried.
	next := fields("next", "/account", "role", "member")
	page := ada.refused(409, "/users/1/role", next)
	has(t, page, "This is the last administrator; make someone else one first.", "<title>", `class="sure manage" open`)
	page = ada.refused(409, "/users/1/role", fields("role", "member"))
	has(t, page, "This is the last administrator")
	hasNot(t, mainOf(page), "Invite people")
	has(t, ada.refused(422, "/users/2/role", fields("role", "king", "next", "/account")), "role must be member or administrator")
	ada.submit("/users/99/role", fields("role", "member")).Want(404)

	ada.did("/users/2/role", fields("role", "administrator", "next", "/account"))
	if got := fmt.Sprint(order(ada.page("/account"))); got != "[Ada bob Alice Zed]" {
		t.Errorf("order %s", got)
	}
	ada.did("/users/2/role", fields("role", "member", "next", "/account"))

	// Banned people are shown to administrators, the removed to nobody.
	has(t, ada.did("/users/3/ban", fields("next", "/account")), "Banned. All they wrote is gone.", "Lift the ban on Alice")
	bob := visitor(t, srv, login(srv, "bob"))
	hasNot(t, bob.page("/account"), "Alice")
	has(t, bob.page("/users/3"), "Alice is banned.")
	bob.submit("/users/3/unban", nil).Want(403)
	bob.submit("/users/1/deactivate", nil).Want(403)
	ada.did("/users/3/unban", fields("next", "/account"))
	has(t, bob.page("/account"), "Alice")
	ada.did("/users/4/deactivate", fields("next", "/account?q=z"))
	hasNot(t, ada.page("/account"), "Zed")
	has(t, ada.page("/users/4"), "Zed has left.")
	ada.submit("/users/4/deactivate", nil).Want(404)

	// A return address leads nowhere else.
	a := ada.submit("/users/2/role", fields("role", "member", "next", "https://evil.example/account")).Want(303)
	if got := a.Header.Get("Location"); got != "/users/2?did=role" {
		t.Errorf("next %q", got)
	}
	if got := ada.submit("/users/2/role", fields("role", "member", "next", "//evil.example/account")).Want(303).Header.Get("Location"); got != "/users/2?did=role" {
		t.Errorf("next %q", got)
	}
}

func login(srv *campfiretest.Server, name string) string {
	var in struct{ Token string }
	srv.Do("", "POST", "/api/auth/login", map[string]string{"email": name + "@example.org", "password": campfiretest.Password}).Want(200).JSON(&in)
	return in.Token
}

func TestManyPeopleAreSearchedAndPaged(t *testing.T) {
	srv := campfiretest.New(t)
	token := srv.SetUp()
	ada := visitor(t, srv, token)
	for i := range 21 {
		srv.Join(token, fmt.Sprintf("Person%02d", i))
	}
	has(t, ada.page("/account"), "Find someone")
	found := ada.page("/account?q=ERSON07")
	has(t, found, "Person07", `value="ERSON07"`)
	hasNot(t, mainOf(found), "Person08")
	has(t, ada.page("/account?q=%22%3E%3Cscript%3E"), `Nobody here is called`)
	has(t, ada.page("/rooms/new"), `data-filter="room-people"`)
	ada.get("/account?after=999").Want(404)
	page := ada.page("/account?after=3") // Person01
	hasNot(t, mainOf(page), ">Person01<", `href="/users/1"`)
	has(t, page, ">Person02<")
}

func TestUserPage(t *testing.T) {
	srv := campfiretest.New(t)
	token := srv.SetUp()
	ada, bo := visitor(t, srv, token), visitor(t, srv, srv.Join(token, "Bo"))
	srv.Do(token, "POST", "/api/rooms", map[string]any{"kind": "closed", "name": "Den", "user_ids": []int{}}).Want(201)
	srv.Do(token, "PATCH", "/api/users/me", map[string]any{"bio": "Kettle first."}).Want(200)
	page := bo.page("/users/1")
	has(t, page, "Kettle first.", "Ping Ada", "Rooms you are both in", "All Talk")
	hasNot(t, mainOf(page), "Den", "ada@example.org", "Sign-in link", "Remove")
	page = ada.page("/users/2")
	has(t, page, "bo@example.org", "Make a sign-in link", "Remove Bo", "Ban Bo")
	hasNot(t, mainOf(ada.page("/users/1")), "Ban Ada", "Remove Ada")
	link := regexp.MustCompile(`(/transfer/[^"]+)"`).FindStringSubmatch(string(ada.submit("/users/2/transfer", nil).Want(200).Body))
	if link == nil {
		t.Fatal("no sign-in link")
	}
	srv.Do("", "GET", link[1], nil).Want(200)
	bo.submit("/users/1/transfer", nil).Want(403)
	ada.get("/users/99").Want(404)
	ada.get("/users/x").Want(404)
	ada.did("/users/2/deactivate", nil)
	has(t, ada.refused(409, "/users/2/transfer", nil), "Bo has left.")
}

func TestRoomForms(t *testing.T) {
	srv := campfiretest.New(t)
	token := srv.SetUp()
	ada, bo := visitor(t, srv, token), visitor(t, srv, srv.Join(token, "Bo"))
	cy := visitor(t, srv, srv.Join(token, "Cy"))

	page := bo.refused(422, "/rooms", fields("name", " ", "kind", "closed", "user_ids", "1"))
	has(t, page, "Name this room must not be empty.", `name="kind" value="closed" checked`, `name="user_ids" value="1" checked`, `aria-label="Give Ada access to this room"`)
	hasNot(t, page, `name="user_ids" value="3" checked`, `aria-label="Give Bo access`)
	has(t, bo.refused(422, "/rooms", fields("name", "Den", "kind", "closed", "user_ids", "99")), "names someone who is not here")
	next := bo.submit("/rooms", fields("name", "Den", "kind", "closed", "user_ids", "3")).Want(303).Header.Get("Location")
	if next != "/rooms/2" {
		t.Fatal(next)
	}
	cy.get("/rooms/2").Want(200)

	// The member may look and leave; the creator may change it.
	hasNot(t, cy.page("/rooms/2/edit"), `name="kind"`, "Delete Den")
	cy.submit("/rooms/2", fields("name", "Mine")).Want(403)
	has(t, bo.refused(422, "/rooms/2", fields("name", strings.Repeat("x", 81), "kind", "closed", "user_ids", "3", "was", "3")), "Name this room is longer than 80 characters.")
	page = bo.did("/rooms/2", fields("name", hostileName[:40], "kind", "closed", "user_ids", "1", "was", "3"))
	has(t, page, `name="user_ids" value="1" checked`)
	cy.get("/rooms/2").Want(404)
	ada.get("/rooms/2").Want(200)
	// One who was not on the page is not taken out by it.
	srv.Do(token, "PUT", "/api/rooms/2/members/3", nil).Want(204)
	bo.did("/rooms/2", fields("name", "Den", "kind", "closed", "user_ids", "1", "was", "1"))
	cy.get("/rooms/2").Want(200)
	srv.Do(token, "DELETE", "/api/rooms/2/members/3", nil).Want(204)

	// Open lets everyone in; closed again with those ticked alone.
	bo.did("/rooms/2", fields("name", "Den", "kind", "open"))
	cy.get("/rooms/2").Want(200)
	bo.did("/rooms/2/members", fields("remove", "3"))
	cy.get("/rooms/2/messages").Want(403)
	bo.did("/rooms/2/members", fields("add", "3"))
	bo.submit("/rooms/2/members", fields("add", "99")).Want(404)
	bo.submit("/rooms/2/members", nil).Want(404)
	bo.did("/rooms/2", fields("name", "Den", "kind", "closed", "was", "1", "was", "3", "user_ids", "3"))
	ada.submit("/rooms/2/leave", nil).Want(404)
	cy.get("/rooms/2").Want(200)
	has(t, ada.page("/rooms/2/edit"), "Delete Den") // administrators change rooms that they are not in
	cy.submit("/rooms/2/delete", nil).Want(403)
	if next := bo.submit("/rooms/2/delete", nil).Want(303).Header.Get("Location"); next != "/?did=delete" {
		t.Errorf("next %q", next)
	}
	bo.get("/rooms/2").Want(404)
	bo.submit("/rooms/2", fields("name", "x", "kind", "open")).Want(404)
}

func TestPings(t *testing.T) {
	srv := campfiretest.New(t)
	token := srv.SetUp()
	ada, bo := visitor(t, srv, token), visitor(t, srv, srv.Join(token, "Bo"))
	cy := visitor(t, srv, srv.Join(token, "Cy"))
	has(t, ada.page("/directs/new"), "Start Ping", "Bo")
	has(t, ada.refused(422, "/directs", fields("user_ids", "2", "user_ids", "99")), `value="2" checked`, "names someone who is not here")
	if next := ada.submit("/directs", fields("user_ids", "2")).Want(303).Header.Get("Location"); next != "/rooms/2" {
		t.Fatal(next)
	}
	if next := bo.submit("/directs", fields("user_ids", "1")).Want(303).Header.Get("Location"); next != "/rooms/2" {
		t.Errorf("a ping of the same people is another: %s", next)
	}
	page := bo.page("/rooms/2/edit")
	has(t, page, "Delete Ping", "Ada")
	hasNot(t, mainOf(page), "Leave this room", `name="kind"`)
	cy.get("/rooms/2/edit").Want(404)
	cy.submit("/rooms/2/delete", nil).Want(404)
	bo.submit("/rooms/2/delete", nil).Want(303)
	ada.get("/rooms/2").Want(404)
}

func TestBrowsingAndLeaving(t *testing.T) {
	srv := campfiretest.New(t)
	token := srv.SetUp()
	bo := visitor(t, srv, srv.Join(token, "Bo"))
	srv.Do(token, "POST", "/api/rooms", map[string]any{"kind": "open", "name": "Tea <room>"}).Want(201)
	has(t, bo.page("/rooms"), "You are in every open room there is.")
	if next := bo.submit("/rooms/2/leave", nil).Want(303).Header.Get("Location"); next != "/?did=leave" {
		t.Errorf("next %q", next)
	}
	if next := bo.get("/?did=leave").Want(303).Header.Get("Location"); next != "/rooms/1?did=leave" {
		t.Errorf("next %q", next)
	}
	has(t, bo.page("/rooms/1?did=leave"), "You left the room.")
	has(t, bo.page("/rooms"), `aria-label="Join Tea <room>"`, "1 person")
	bo.submit("/rooms/2/join", nil).Want(303)
	has(t, bo.page("/rooms"), "You are in every open room there is.")
	bo.submit("/rooms/99/join", nil).Want(404)
	bo.submit("/rooms/99/leave", nil).Want(404)
}

func TestMentionsInbox(t *testing.T) {
	srv := campfiretest.New(t)
	token := srv.SetUp()
	botoken := srv.Join(token, "Bo")
	bo := visitor(t, srv, botoken)
	has(t, bo.page("/mentions"), "Nobody has mentioned you yet")
	for i := range 60 {
		post(srv, token, "1", fmt.Sprintf("<@2> kettle %02d", i))
	}
	page := bo.page("/mentions")
	has(t, page, "kettle 59", "kettle 10", "All Talk", "Older mentions", `href="/rooms/1/@60"`)
	hasNot(t, page, "kettle 09")
	if strings.Index(page, "kettle 59") > strings.Index(page, "kettle 58") {
		t.Error("not the newest first")
	}
	older := regexp.MustCompile(`/mentions\?before=\d+`).FindString(page)
	page = bo.page(older)
	has(t, page, "kettle 09", "kettle 00")
	hasNot(t, page, "kettle 10", "Older mentions")
	has(t, bo.page("/mentions?before=1"), "There are no older ones.")
	bo.get("/mentions?before=x").Want(404)
	var in struct {
		Rooms []struct {
			MentionCount int `json:"mention_count"`
		}
	}
	srv.Do(botoken, "GET", "/api/rooms", nil).JSON(&in)
	if in.Rooms[0].MentionCount != 60 {
		t.Errorf("looking at the inbox left %d mentions unread, want 60", in.Rooms[0].MentionCount)
	}
	// One that is no more, or of a room that is not one's own, is not shown.
	srv.Do(token, "DELETE", "/api/rooms/1/messages/60", nil).Want(204)
	hasNot(t, bo.page("/mentions"), "kettle 59")
	srv.Do(token, "DELETE", "/api/rooms/1/members/2", nil).Want(204)
	has(t, bo.page("/mentions"), "Nobody has mentioned you yet")
}

func TestSearchIsPagedAndRemembered(t *testing.T) {
	srv := campfiretest.New(t)
	token := srv.SetUp()
	ada := visitor(t, srv, token)
	for i := range 60 {
		post(srv, token, "1", fmt.Sprintf("kettle %02d", i))
	}
	page := ada.page("/search?q=kettle")
	has(t, page, "<mark>kettle</mark> 59", "Older results", "All Talk", "from:me")
	hasNot(t, page, "</mark> 09")
	older := regexp.MustCompile(`/search\?q=kettle&before=\d+`).FindString(page)
	page = ada.page(older)
	has(t, page, "</mark> 09", "</mark> 00")
	hasNot(t, page, "</mark> 10", "Older results")
	has(t, ada.page("/search?q=kettle&before=1"), "There is nothing older.")
	hostile := `"><script>alert(1)</script>`
	if strings.Contains(string(ada.get("/search?q="+url.QueryEscape(hostile)).Want(200).Body), "<script>alert") {
		t.Error("a query is on the page as markup")
	}
	page = ada.page("/search")
	has(t, page, `href="/search?q=kettle"`, hostile)
	ada.get("/search?q=x&before=0").Want(404)
	hasNot(t, ada.did("/searches/clear", nil), `href="/search?q=kettle"`)
}

// An installation's own style sheet is a file of its own: on every page but
// those where it is undone, and never markup.
func TestOwnStyles(t *testing.T) {
	srv := campfiretest.New(t)
	token := srv.SetUp()
	botoken := srv.Join(token, "Bo")
	ada, bo := visitor(t, srv, token), visitor(t, srv, botoken)
	busy := busyRoom(srv, token, "open")
	hasNot(t, ada.page("/profile"), "/styles/")

	css := "body { background: url(https://canary.example/x) }\r\n</style><script>alert(1)</script>"
	ada.did("/account/styles", fields("css", css))
	has(t, ada.page("/account/styles"), "</style><script>alert(1)</script></textarea>")
	raw := string(ada.get("/account/styles").Body)
	if strings.Contains(raw, "<script>alert") {
		t.Error("the style sheet is on its page as markup")
	}
	hasNot(t, raw, "/styles/1", `rel="stylesheet" href="/styles/`)
	hasNot(t, ada.page("/account"), `rel="stylesheet" href="/styles/`)
	link := regexp.MustCompile(`<link rel="stylesheet" href="(/styles/[0-9a-f]+\.css)">`)
	address := ""
	for _, path := range []string{"/profile", "/rooms/1", "/rooms/" + busy, "/rooms/99", "/search"} {
		page := string(bo.get(path).Body)
		m := link.FindStringSubmatch(page)
		if m == nil {
			t.Errorf("%s does not wear the style sheet", path)
			continue
		}
		address = m[1]
		if strings.Index(page, m[1]) < strings.Index(page, "/assets/app-") || strings.Index(page, m[1]) < strings.Index(page, "/assets/accent-") {
			t.Errorf("%s: our own styles come after it", path)
		}
	}
	for _, path := range []string{"/login", "/api/docs", "/nothing"} {
		if !link.Match(srv.Do("", "GET", path, nil, "Accept", "text/html").Body) {
			t.Errorf("%s does not wear the style sheet", path)
		}
	}
	a := srv.Do("", "GET", address, nil).Want(200)
	if got, want := string(a.Body), strings.ReplaceAll(css, "\r\n", "\n"); got != want {
		t.Errorf("served %q, want %q", got, want)
	}
	if h := a.Header; h.Get("Content-Type") != "text/css; charset=utf-8" || h.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(h.Get("Cache-Control"), "immutable") || !strings.Contains(h.Get("Cache-Control"), "public") {
		t.Errorf("headers %v", h)
	}
	srv.Do("", "GET", "/styles/0000000000000000.css", nil).Want(404)
	srv.Do("", "GET", "/styles/.css", nil).Want(404)

	// Bounds, and who may.
	bo.get("/account/styles").Want(403)
	bo.submit("/account/styles", fields("css", "x")).Want(403)
	srv.Do(botoken, "GET", "/api/account/styles", nil).Want(403)
	srv.Do(botoken, "PUT", "/api/account/styles", map[string]string{"css": "x"}).Want(403)
	srv.Do(token, "PUT", "/api/account/styles", map[string]string{}).Want(422)
	srv.Do(token, "PUT", "/api/account/styles", map[string]string{"css": strings.Repeat("x", 64<<10+1)}).Want(422)
	srv.Do(token, "PUT", "/api/account/styles", map[string]string{"css": "a\x00b"}).Want(422)
	srv.Do(token, "PUT", "/api/account/styles", map[string]string{"css": "a\x1bb"}).Want(422)
	srv.Do(token, "PUT", "/api/account/styles", "{\"css\":\"\xff\"}").Want(422)
	page := ada.refused(422, "/account/styles", fields("css", "typed "+strings.Repeat("x", 64<<10)))
	has(t, page, "CSS is longer than 65536 bytes.", "typed xxx")
	ada.submit("/account/styles", fields("css", "\xff")).Want(422)
	srv.Do(token, "PUT", "/api/account/styles", map[string]string{"css": strings.Repeat("é", 32<<10)}).Want(200)

	// Another version has another address; the old one is gone, and so is
	// the link from pages that are kept.
	srv.Do("", "GET", address, nil).Want(404)
	if m := link.FindStringSubmatch(string(bo.get("/rooms/" + busy).Body)); m == nil || m[1] == address {
		t.Errorf("the kept page wears %v", m)
	}
	srv.Do(token, "PUT", "/api/account/styles", map[string]string{"css": "  "}).Want(200)
	for _, path := range []string{"/profile", "/rooms/" + busy} {
		hasNot(t, bo.page(path), "/styles/")
	}
	srv.Do("", "GET", "/styles/.css", nil).Want(404)
}
