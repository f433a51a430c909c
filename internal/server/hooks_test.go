package server_test

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"campfire/internal/campfiretest"
)

// hook is an incoming webhook as its maker gets it.
type hook struct {
	ID     int64  `json:"id"`
	Name   string `json:"name"`
	UserID int64  `json:"user_id"`
	URL    string `json:"url"`
	Used   string `json:"last_used_at"`
}

func makeHook(t *testing.T, srv *campfiretest.Server, token string, room int64, name string) hook {
	t.Helper()
	var in struct{ Hook hook }
	srv.Do(token, "POST", fmt.Sprintf("/api/rooms/%d/hooks", room), map[string]string{"name": name}).Want(201).JSON(&in)
	if !strings.HasPrefix(in.Hook.URL, srv.URL+"/hooks/") {
		t.Fatalf("address %q", in.Hook.URL)
	}
	return in.Hook
}

// send posts to a hook as a program does, and wants a status and a word.
func (h hook) send(t *testing.T, srv *campfiretest.Server, body string, status int, word string, headers ...string) *campfiretest.Answer {
	t.Helper()
	a := srv.Do("", "POST", strings.TrimPrefix(h.URL, srv.URL), body, headers...)
	if a.Status != status || string(a.Body) != word {
		t.Fatalf("%s: %d %q, want %d %q", body, a.Status, a.Body, status, word)
	}
	if kind := a.Header.Get("Content-Type"); kind != "text/plain; charset=utf-8" {
		t.Errorf("it is answered as %q", kind)
	}
	return a
}

type postedMessage struct {
	ID       int64
	Body     string
	Everyone bool
	Mentions []int64
	Creator  struct {
		ID   int64
		Name string
	}
}

func saidIn(t *testing.T, srv *campfiretest.Server, token string, room int64) []postedMessage {
	t.Helper()
	var in struct{ Messages []postedMessage }
	srv.Do(token, "GET", fmt.Sprintf("/api/rooms/%d/messages", room), nil).Want(200).JSON(&in)
	return in.Messages
}

func newRoom(t *testing.T, srv *campfiretest.Server, token, kind, name string) int64 {
	t.Helper()
	var in struct{ Room struct{ ID int64 } }
	srv.Do(token, "POST", "/api/rooms", map[string]string{"kind": kind, "name": name}).Want(201).JSON(&in)
	return in.Room.ID
}

// A hook's bot is nobody who is in the room.
func TestHooksAreNotCounted(t *testing.T) {
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	members := func(want int) {
		t.Helper()
		var in struct {
			Room struct {
				Count int `json:"member_count"`
			}
		}
		if srv.Do(ada, "GET", "/api/rooms/1", nil).Want(200).JSON(&in); in.Room.Count != want {
			t.Errorf("%d members, want %d", in.Room.Count, want)
		}
	}
	h, other := makeHook(t, srv, ada, 1, "Builds"), makeHook(t, srv, ada, 1, "Alarm")
	members(1)
	srv.Do(ada, "DELETE", fmt.Sprintf("/api/rooms/1/hooks/%d", h.ID), nil).Want(204)
	members(1)
	srv.Do(ada, "DELETE", fmt.Sprintf("/api/rooms/1/members/%d", other.UserID), nil).Want(204)
	members(1)
	srv.Join(ada, "Bo")
	members(2)
}

func TestHookPostsUnderItsName(t *testing.T) {
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	h := makeHook(t, srv, ada, 1, "Builds")
	h.send(t, srv, `{"text":"*green* again: <https://ci.example.org/7|build 7>"}`, 200, "ok")
	h.send(t, srv, "payload="+url.QueryEscape(`{"text":"by form","username":"Jenkins"}`), 200, "ok", "Content-Type", "application/x-www-form-urlencoded")
	h.send(t, srv, `{"text":"<!channel> <@1> @everyone"}`, 200, "ok")

	list := saidIn(t, srv, ada, 1)
	if len(list) != 3 {
		t.Fatalf("%d messages, want 3", len(list))
	}
	for i, want := range []string{"**green** again: [build 7](https://ci.example.org/7)", "**Jenkins**\nby form", `<!everyone> <@1> \@everyone`} {
		if m := list[i]; m.Body != want || m.Creator.Name != "Builds" || m.Creator.ID != h.UserID {
			t.Errorf("%+v, want %q of Builds, %d", m, want, h.UserID)
		}
	}
	if last := list[2]; !last.Everyone || len(last.Mentions) != 1 {
		t.Errorf("it calls nobody: %+v", last)
	}
	var hooks struct{ Hooks []hook }
	srv.Do(ada, "GET", "/api/rooms/1/hooks", nil).Want(200).JSON(&hooks)
	if len(hooks.Hooks) != 1 || hooks.Hooks[0].URL != "" || hooks.Hooks[0].Used == "" || hooks.Hooks[0].Name != "Builds" {
		t.Errorf("listed as %+v, want it used and its address hidden", hooks.Hooks)
	}
	srv.Do(ada, "DELETE", fmt.Sprintf("/api/rooms/1/hooks/%d", h.ID), nil).Want(204)
	srv.Do(ada, "DELETE", fmt.Sprintf("/api/rooms/1/hooks/%d", h.ID), nil).Want(404)
	h.send(t, srv, `{"text":"too late"}`, 404, "no_service")
	if list := saidIn(t, srv, ada, 1); len(list) != 3 || list[0].Creator.Name != "Builds" {
		t.Error("what it posted did not stay")
	}
}

func TestHookAnswersInSlacksWords(t *testing.T) {
	srv := campfiretest.New(t, "CAMPFIRE_MAX_BODY=1KiB", "CAMPFIRE_RATE_BOT=3/1h,3", "CAMPFIRE_MAX_MESSAGE=100")
	ada := srv.SetUp()
	room := newRoom(t, srv, ada, "closed", "Alerts")
	h := makeHook(t, srv, ada, room, "Alerts")
	h.send(t, srv, "hello", 400, "invalid_payload")
	h.send(t, srv, `{"text":"x"`, 400, "invalid_payload")
	h.send(t, srv, `{"text":null}`, 400, "no_text")
	h.send(t, srv, `{"text":"`+strings.Repeat("x", 1024)+`"}`, 413, "too_large")
	h.send(t, srv, `{"text":"`+strings.Repeat("x", 500)+`"}`, 200, "ok")
	if body := saidIn(t, srv, ada, room)[0].Body; len(body) != 100 || !strings.HasSuffix(body, "x…") {
		t.Errorf("a long text is %q", body)
	}
	h.send(t, srv, `{"text":"two"}`, 200, "ok")
	h.send(t, srv, `{"text":"three"}`, 200, "ok")
	if a := h.send(t, srv, `{"text":"four"}`, 429, "rate_limited"); a.Header.Get("Retry-After") == "" {
		t.Error("it is not said when to come back")
	}
	hook{URL: srv.URL + "/hooks/nonsense"}.send(t, srv, `{"text":"x"}`, 404, "no_service")
	srv.Do("", "GET", strings.TrimPrefix(h.URL, srv.URL), nil).Want(405)
	srv.Do(ada, "DELETE", fmt.Sprintf("/api/rooms/%d", room), nil).Want(204)
	h.send(t, srv, `{"text":"x"}`, 410, "channel_is_archived")
}

func TestHookRetriedWithItsKeyPostsOnce(t *testing.T) {
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	h := makeHook(t, srv, ada, 1, "Builds")
	for _, key := range []string{"build-7", strings.Repeat("k", 200), "\x80"} {
		h.send(t, srv, `{"text":"once"}`, 200, "ok", "Idempotency-Key", key)
		h.send(t, srv, `{"text":"once"}`, 200, "ok", "Idempotency-Key", key)
		h.send(t, srv, `{"text":"another"}`, 409, "conflict", "Idempotency-Key", key)
	}
	list := saidIn(t, srv, ada, 1)
	if len(list) != 3 {
		t.Errorf("%d messages, want one for each key", len(list))
	}
	srv.Do(ada, "DELETE", fmt.Sprintf("/api/rooms/1/messages/%d", list[0].ID), nil).Want(204)
	h.send(t, srv, `{"text":"once"}`, 200, "ok", "Idempotency-Key", "build-7")
	if list := saidIn(t, srv, ada, 1); len(list) != 2 {
		t.Error("a deleted message was posted again")
	}
}

func TestWhoMayHaveHooks(t *testing.T) {
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	bo, eve := srv.Join(ada, "Bo"), srv.Join(ada, "Eve")
	room := newRoom(t, srv, bo, "closed", "Bo's")
	h := makeHook(t, srv, bo, room, "Builds")
	path := fmt.Sprintf("/api/rooms/%d/hooks", room)
	name := map[string]string{"name": "x"}
	srv.Do("", "GET", path, nil).Want(401)
	for token, want := range map[string]int{eve: 404, ada: 200} { // outside; an administrator who is not in
		srv.Do(token, "GET", path, nil).Want(want)
	}
	srv.Do(bo, "PUT", fmt.Sprintf("/api/rooms/%d/members/3", room), nil).Want(204)
	srv.Do(eve, "GET", path, nil).Want(403)
	srv.Do(eve, "POST", path, name).Want(403)
	srv.Do(eve, "DELETE", path+"/1", nil).Want(403)
	srv.Do(bo, "POST", path, map[string]string{"name": " "}).Want(422)
	srv.Do(bo, "DELETE", "/api/rooms/1/hooks/1", nil).Want(403)
	srv.Do(ada, "DELETE", "/api/rooms/1/hooks/1", nil).Want(404) // another room's
	var direct struct{ Room struct{ ID int64 } }
	srv.Do(bo, "POST", "/api/rooms", map[string]any{"kind": "direct", "user_ids": []int64{1}}).Want(201).JSON(&direct)
	srv.Do(bo, "POST", fmt.Sprintf("/api/rooms/%d/hooks", direct.Room.ID), name).Want(409)
	// The address lets nobody in anywhere else.
	srv.Do(strings.TrimPrefix(h.URL, srv.URL+"/hooks/"), "GET", "/api/users/me", nil).Want(401)
}

// A hook ends with whatever it depends on.
func TestHookEnds(t *testing.T) {
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	bo := srv.Join(ada, "Bo")
	room := newRoom(t, srv, bo, "open", "Bo's")
	closed := newRoom(t, srv, bo, "closed", "Bo's own")
	for name, end := range map[string]func(h hook, room int64){
		"taken out of the room": func(h hook, room int64) {
			srv.Do(bo, "DELETE", fmt.Sprintf("/api/rooms/%d/members/%d", room, h.UserID), nil).Want(204)
		},
		"deactivated": func(h hook, _ int64) { srv.Do(ada, "DELETE", fmt.Sprintf("/api/users/%d", h.UserID), nil).Want(204) },
		"banned":      func(h hook, _ int64) { srv.Do(ada, "POST", fmt.Sprintf("/api/users/%d/ban", h.UserID), nil).Want(204) },
	} {
		for _, room := range []int64{room, closed} {
			h := makeHook(t, srv, bo, room, name)
			h.send(t, srv, `{"text":"before"}`, 200, "ok")
			end(h, room)
			h.send(t, srv, `{"text":"after"}`, 404, "no_service")
			var in struct{ Hooks []hook }
			srv.Do(bo, "GET", fmt.Sprintf("/api/rooms/%d/hooks", room), nil).Want(200).JSON(&in)
			if len(in.Hooks) != 0 {
				t.Errorf("%s: it is still listed", name)
			}
		}
	}
	h := makeHook(t, srv, bo, room, "of Bo")
	other := makeHook(t, srv, ada, room, "of Ada")
	srv.Do(ada, "POST", "/api/users/2/ban", nil).Want(204)
	h.send(t, srv, `{"text":"x"}`, 404, "no_service") // whoever is banned knows its address
	other.send(t, srv, `{"text":"x"}`, 200, "ok")
	for _, m := range saidIn(t, srv, ada, room) {
		if strings.Contains(m.Body, "after") {
			t.Errorf("%q was posted", m.Body)
		}
	}
}

// The bot of a hook is in its room and nowhere else.
func TestHooksBotStaysInItsRoom(t *testing.T) {
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	srv.Join(ada, "Bo")
	h := makeHook(t, srv, ada, 1, "Bo")
	room := newRoom(t, srv, ada, "open", "Later")
	closed := newRoom(t, srv, ada, "closed", "Opened")
	srv.Do(ada, "PATCH", fmt.Sprintf("/api/rooms/%d", closed), map[string]string{"kind": "open"}).Want(200)
	for _, r := range []int64{room, closed} {
		if body := string(srv.Do(ada, "GET", fmt.Sprintf("/api/rooms/%d/members", r), nil).Want(200).Body); strings.Contains(body, `"bot"`) {
			t.Errorf("it is in room %d: %s", r, body)
		}
		srv.Do(ada, "PUT", fmt.Sprintf("/api/rooms/%d/members/%d", r, h.UserID), nil).Want(409)
	}
	if body := string(srv.Do(ada, "GET", "/api/rooms/1/members", nil).Want(200).Body); !strings.Contains(body, `"bot"`) {
		t.Errorf("it is not in its own room: %s", body)
	}
	for _, path := range []string{"/api/users", "/api/users?room_id=1"} {
		if body := string(srv.Do(ada, "GET", path, nil).Want(200).Body); strings.Contains(body, `"bot"`) {
			t.Errorf("%s lists it: %s", path, body)
		}
	}
	srv.Do(ada, "POST", "/api/rooms", map[string]any{"kind": "direct", "user_ids": []int64{h.UserID}}).Want(409)
	// A person of its name is still called by it.
	srv.Do(ada, "POST", "/api/rooms/1/messages", map[string]string{"body": "@Bo look"}).Want(201)
	if list := saidIn(t, srv, ada, 1); len(list) != 1 || len(list[0].Mentions) != 1 || list[0].Mentions[0] != 2 {
		t.Errorf("@Bo calls %+v", list)
	}
}

// What an address ends in is a secret; who posts there needs no session and
// brings none.
func TestHooksAddressIsInNoLog(t *testing.T) {
	srv := campfiretest.New(t, "CAMPFIRE_LOG_LEVEL=debug")
	ada := srv.SetUp()
	h := makeHook(t, srv, ada, 1, "Builds")
	secret := strings.TrimPrefix(h.URL, srv.URL+"/hooks/")
	h.send(t, srv, `{"text":"from a page of another site"}`, 200, "ok", "Origin", "https://elsewhere.example", "Sec-Fetch-Site", "cross-site")
	h.send(t, srv, `{"text":"x`, 400, "invalid_payload")
	srv.Do("", "GET", "/hooks/"+secret, nil).Want(405)
	// A session's cookie does not make it someone else's message.
	h.send(t, srv, `{"text":"with a cookie"}`, 200, "ok", "Cookie", "campfire="+ada)
	for _, m := range saidIn(t, srv, ada, 1) {
		if m.Creator.ID != h.UserID {
			t.Errorf("%+v is not the hook's", m)
		}
	}
	srv.Stop()
	if !strings.Contains(srv.Log(), "/hooks/{token}") {
		t.Error("the requests are not in the log")
	}
	if strings.Contains(srv.Log(), secret) {
		t.Error("the secret is in the log")
	}
	files, err := filepath.Glob(srv.Dir + "/*")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		if b, err := os.ReadFile(name); err == nil && strings.Contains(string(b), secret) {
			t.Errorf("the secret is in %s", name)
		}
	}
}

func TestHookForms(t *testing.T) {
	srv := campfiretest.New(t)
	token := srv.SetUp()
	ada, bo := visitor(t, srv, token), visitor(t, srv, srv.Join(token, "Bo"))
	has(t, ada.page("/rooms/1/edit"), "Incoming webhooks", "There is none yet.")
	hasNot(t, bo.page("/rooms/1/edit"), "Incoming webhooks")
	has(t, ada.refused(422, "/rooms/1/hooks", fields("name", " ")), "Name must not be empty.")
	if a := bo.submit("/rooms/1/hooks", fields("name", "x")); a.Status != 403 {
		t.Errorf("a member's form: %d", a.Status)
	}
	page := string(ada.submit("/rooms/1/hooks", fields("name", hostileName)).Want(200).Body)
	_, rest, _ := strings.Cut(page, `value="`+srv.URL+"/hooks/")
	secret, _, _ := strings.Cut(rest, `"`)
	if len(secret) != 43 {
		t.Fatalf("no address on the page: %q", secret)
	}
	if strings.Contains(page, "<script>alert") {
		t.Error("its name is on the page as markup")
	}
	page = ada.page("/rooms/1/edit")
	has(t, page, "never used", "made by Ada", `Delete `+hostileName)
	hasNot(t, page, secret)
	hook{URL: srv.URL + "/hooks/" + secret}.send(t, srv, `{"text":"x"}`, 200, "ok")
	has(t, ada.page("/rooms/1/edit"), "last used")
	has(t, ada.did("/rooms/1/hooks/1/delete", nil), "The webhook is deleted.", "There is none yet.")
	hook{URL: srv.URL + "/hooks/" + secret}.send(t, srv, `{"text":"x"}`, 404, "no_service")
}
