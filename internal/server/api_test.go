package server_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"campfire/docs"
	"campfire/internal/campfiretest"
)

type message struct {
	ID, Seq, Version  int64
	Body, HTML, Plain string
	ClientMessageID   string `json:"client_message_id"`
	Creator           struct{ ID int64 }
	Boosts            []struct{ ID int64 }
	ReplyTo           int64 `json:"reply_to"`
}

func post(srv *campfiretest.Server, token, room, body string) message {
	var in struct{ Message message }
	srv.Do(token, "POST", "/api/rooms/"+room+"/messages", map[string]string{"body": body}).Want(201).JSON(&in)
	return in.Message
}

// Every operation that the document names is served, and answers as it says;
// campfiretest holds each exchange against it.
func TestWholeAPI(t *testing.T) {
	srv := campfiretest.New(t)
	srv.Do("", "GET", "/api/setup", nil).Want(200)
	ada := srv.SetUp()
	srv.Do("", "POST", "/api/setup", map[string]string{"name": "B", "email": "b@example.org", "password": campfiretest.Password}).Want(409)
	bo := srv.Join(ada, "Bo")
	srv.Join(ada, "Cy")
	srv.Do("", "POST", "/api/auth/login", map[string]string{"email": "bo@example.org", "password": campfiretest.Password}).Want(200)
	srv.Do("", "POST", "/api/auth/login", map[string]string{"email": "bo@example.org", "password": "nonsense and more"}).Want(401)

	srv.Do(ada, "PATCH", "/api/account", map[string]any{"name": "Kitchen", "accent": 200}).Want(200)
	srv.Do(bo, "PATCH", "/api/account", map[string]any{"name": "Mine"}).Want(403)
	srv.Do(bo, "POST", "/api/account/join_code", nil).Want(403)
	srv.Do(ada, "POST", "/api/account/join_code", nil).Want(200)

	srv.Do(bo, "GET", "/api/users/me", nil).Want(200)
	srv.Do(bo, "PATCH", "/api/users/me", map[string]any{"bio": "Likes tea."}).Want(200)
	srv.Do(bo, "PATCH", "/api/users/me", map[string]any{"password": "x"}).Want(422)
	srv.Do(bo, "POST", "/api/users/me/transfer", nil).Want(201)
	srv.Do(bo, "POST", "/api/users/1/transfer", nil).Want(403)
	srv.Do(ada, "POST", "/api/users/2/transfer", nil).Want(201)
	var sessions struct {
		Sessions []struct {
			ID      int64
			Current bool
		}
	}
	srv.Do(bo, "GET", "/api/users/me/sessions", nil).Want(200).JSON(&sessions)
	for _, s := range sessions.Sessions {
		if !s.Current {
			srv.Do(bo, "DELETE", path("/api/users/me/sessions/", s.ID), nil).Want(204)
		}
	}
	var token struct {
		Token  struct{ ID int64 }
		Secret string
	}
	srv.Do(bo, "POST", "/api/users/me/tokens", map[string]string{"name": "script"}).Want(201).JSON(&token)
	srv.Do(token.Secret, "GET", "/api/users/me", nil).Want(200)
	srv.Do(bo, "GET", "/api/users/me/tokens", nil).Want(200)
	srv.Do(bo, "DELETE", path("/api/users/me/tokens/", token.Token.ID), nil).Want(204)
	srv.Do(token.Secret, "GET", "/api/users/me", nil).Want(401)
	srv.Do(bo, "GET", "/api/users?query=b&limit=1", nil).Want(200)
	srv.Do(bo, "GET", "/api/users/1", nil).Want(200)
	srv.Do(ada, "PATCH", "/api/users/2", map[string]string{"role": "administrator"}).Want(200)
	srv.Do(ada, "PATCH", "/api/users/2", map[string]string{"role": "member"}).Want(200)

	srv.Do(bo, "GET", "/api/rooms", nil).Want(200)
	srv.Do(bo, "GET", "/api/rooms?scope=open", nil).Want(200)
	srv.Do(bo, "GET", "/api/rooms?scope=all", nil).Want(403)
	srv.Do(bo, "POST", "/api/rooms", map[string]any{"kind": "closed", "name": "Design", "user_ids": []int{1}}).Want(201)
	srv.Do(bo, "POST", "/api/rooms", map[string]any{"kind": "direct", "user_ids": []int{1}}).Want(201)
	srv.Do(ada, "POST", "/api/rooms", map[string]any{"kind": "direct", "user_ids": []int{2}}).Want(200)
	srv.Do(bo, "GET", "/api/rooms/2", nil).Want(200)
	srv.Do(bo, "PATCH", "/api/rooms/2", map[string]any{"name": "Design!"}).Want(200)
	srv.Do(bo, "GET", "/api/rooms/2/members", nil).Want(200)
	srv.Do(bo, "PUT", "/api/rooms/2/members/3", nil).Want(204)
	srv.Do(bo, "DELETE", "/api/rooms/2/members/3", nil).Want(204)
	srv.Do(bo, "PUT", "/api/rooms/3/members/3", nil).Want(409)
	srv.Do(bo, "PUT", "/api/rooms/2/involvement", map[string]string{"involvement": "nothing"}).Want(200)

	m := post(srv, bo, "1", "kettle's **on** https://example.org #tea @Ada @everyone")
	srv.Do(bo, "POST", "/api/rooms/1/messages", map[string]any{"body": "again", "client_message_id": "x", "reply_to": m.ID}).Want(201)
	srv.Do(bo, "POST", "/api/rooms/1/messages", map[string]any{"body": "again", "client_message_id": "x", "reply_to": m.ID}).Want(200)
	srv.Do(bo, "POST", "/api/rooms/1/messages", map[string]any{"body": "other", "client_message_id": "x"}).Want(409)
	srv.Do(bo, "POST", "/api/rooms/1/messages/batch", map[string]any{"messages": []any{map[string]any{"body": "a"}, map[string]any{"body": ""}, map[string]any{}}}).Want(200)
	srv.Do(bo, "GET", "/api/rooms/1/messages", nil).Want(200)
	srv.Do(bo, "GET", path("/api/rooms/1/messages?around=", m.ID), nil).Want(200)
	srv.Do(bo, "GET", path("/api/rooms/1/messages/", m.ID), nil).Want(200)
	srv.Do(bo, "PATCH", path("/api/rooms/1/messages/", m.ID), map[string]any{"body": "kettle's off", "version": m.Version}).Want(200)
	srv.Do(bo, "PATCH", path("/api/rooms/1/messages/", m.ID), map[string]any{"body": "late", "version": m.Version}).Want(409)
	srv.Do(ada, "PATCH", path("/api/rooms/1/messages/", m.ID), map[string]any{"body": "mine"}).Want(403)
	var boost struct{ Boost struct{ ID int64 } }
	srv.Do(ada, "POST", path("/api/rooms/1/messages/", m.ID)+"/boosts", map[string]string{"content": "👍"}).Want(201).JSON(&boost)
	srv.Do(ada, "POST", path("/api/rooms/1/messages/", m.ID)+"/boosts", map[string]string{"content": "👍"}).Want(200)
	srv.Do(ada, "GET", "/api/rooms/1/events?since=0", nil).Want(200)
	srv.Do(ada, "GET", "/api/rooms/1/events?since=99", nil).Want(410)
	srv.Do(ada, "GET", "/api/mentions", nil).Want(200)
	srv.Do(ada, "GET", "/api/search?q=kettle", nil).Want(200)
	srv.Do(ada, "GET", "/api/search?q=kettle&order=relevance", nil).Want(200)
	srv.Do(ada, "GET", "/api/searches", nil).Want(200)
	srv.Do(ada, "DELETE", "/api/searches", nil).Want(204)
	srv.Do(ada, "PUT", "/api/rooms/1/read", map[string]any{"seq": 3}).Want(204)
	srv.Do(ada, "PUT", "/api/rooms/1/read", map[string]any{"unread_from": m.ID}).Want(204)
	if a := srv.Do(ada, "DELETE", path("/api/rooms/1/messages/", m.ID)+path("/boosts/", boost.Boost.ID), nil).Want(204); a.Header.Get("Campfire-Seq") == "" {
		t.Error("the deletion's number is missing")
	}
	srv.Do(ada, "DELETE", path("/api/rooms/1/messages/", m.ID), nil).Want(204)
	srv.Do(bo, "GET", path("/api/rooms/1/messages/", m.ID), nil).Want(404)

	srv.Do(ada, "POST", "/api/rooms", map[string]any{"kind": "open", "name": "Open"}).Want(201)
	srv.Do(bo, "DELETE", "/api/rooms/4/members/2", nil).Want(204)
	srv.Do(bo, "GET", "/api/rooms/4/messages", nil).Want(403)
	srv.Do(bo, "POST", "/api/rooms/4/join", nil).Want(200)
	srv.Do(bo, "DELETE", "/api/rooms/4", nil).Want(403)
	srv.Do(ada, "DELETE", "/api/rooms/4", nil).Want(204)

	srv.Do(ada, "POST", "/api/users/3/ban", nil).Want(204)
	srv.Do(ada, "DELETE", "/api/users/3/ban", nil).Want(204)
	srv.Do(ada, "DELETE", "/api/users/3", nil).Want(204)
	srv.Do(ada, "DELETE", "/api/users/1", nil).Want(409)
	srv.Do(bo, "POST", "/api/auth/logout", nil).Want(204)
	srv.Do(bo, "GET", "/api/users/me", nil).Want(401)
	srv.Do("", "GET", "/api/openapi.json", nil).Want(200)
	srv.Do("", "GET", "/api/docs", nil).Want(200)
}

func path(prefix string, id int64) string {
	digits := []byte{}
	for ; id > 0; id /= 10 {
		digits = append(digits, byte('0'+id%10))
	}
	slices.Reverse(digits)
	return prefix + string(digits)
}

// Whoever has no credentials is told so by every operation that needs them.
func TestEveryOperationAsksWhoComes(t *testing.T) {
	srv := campfiretest.New(t)
	srv.SetUp()
	operations, err := docs.Operations()
	if err != nil {
		t.Fatal(err)
	}
	public := []string{"/api/setup", "/api/auth/login", "/api/join/{code}", "/api/openapi.json", "/hooks/{token}"} // an unknown hook is 404
	n := 0
	for _, o := range operations {
		if slices.Contains(public, o.Path) {
			continue
		}
		n++
		p := strings.NewReplacer("{room}", "1", "{message}", "1", "{boost}", "1", "{user}", "1", "{session}", "1", "{token}", "1").Replace(o.Path)
		for _, token := range []string{"", "forged", strings.Repeat("x", 500)} {
			a := srv.Do(token, o.Method, p, "{}")
			if a.Status != 401 || a.Code() != "unauthenticated" {
				t.Errorf("%s %s with token %.10q: %d %s", o.Method, p, token, a.Status, a.Code())
			}
		}
	}
	if n < 40 {
		t.Errorf("only %d operations were tried", n)
	}
}

func TestBadInputIsRefusedAndStoresNothing(t *testing.T) {
	srv := campfiretest.New(t, "CAMPFIRE_MAX_BODY=4KiB", "CAMPFIRE_MAX_BATCH_BODY=8KiB")
	ada := srv.SetUp()
	srv.Do(ada, "POST", "/api/rooms", map[string]any{"kind": "open", "name": "Other"}).Want(201)
	foreign := post(srv, ada, "2", "elsewhere")
	const messages = "/api/rooms/1/messages"
	for _, c := range []struct {
		method, path string
		body         any
		status       int
		code         string
	}{
		{"POST", messages, `{"body":`, 400, "malformed"},
		{"POST", messages, ``, 400, "malformed"},
		{"POST", messages, `not json`, 400, "malformed"},
		{"POST", messages, `{"body":"a"} {"body":"b"}`, 400, "malformed"},
		{"POST", messages, `[]`, 422, "invalid"},
		{"POST", messages, `"text"`, 422, "invalid"},
		{"POST", messages, `{"body":7}`, 422, "invalid"},
		{"POST", messages, `{"body":null}`, 422, "invalid"},
		{"POST", messages, `{}`, 422, "invalid"},
		{"POST", messages, `{"body":"a","extra":1}`, 422, "invalid"},
		{"POST", messages, `{"body":""}`, 422, "invalid"},
		{"POST", messages, `{"body":" \n\t "}`, 422, "invalid"},
		{"POST", messages, `{"body":"a\u0000b"}`, 422, "invalid"},
		{"POST", messages, "{\"body\":\"\xff\"}", 422, "invalid"},
		{"POST", messages, `{"body":"a","client_message_id":""}`, 422, "invalid"},
		{"POST", messages, `{"body":"a","client_message_id":"` + strings.Repeat("x", 65) + `"}`, 422, "invalid"},
		{"POST", messages, `{"body":"a","reply_to":-1}`, 422, "invalid"},
		{"POST", messages, `{"body":"a","reply_to":9223372036854775807}`, 422, "invalid"},
		{"POST", messages, map[string]any{"body": "a", "reply_to": foreign.ID}, 422, "invalid"},
		{"POST", messages, `{"body":"` + strings.Repeat("x", 5000) + `"}`, 413, "too_large"},
		{"POST", messages + "/batch", `{"messages":[]}`, 422, "invalid"},
		{"POST", messages + "/batch", `{"messages":[{"body":"` + strings.Repeat("x", 9000) + `"}]}`, 413, "too_large"},
		{"POST", messages + "/batch", `{"messages":[{"body":"a","x":1}]}`, 422, "invalid"},
		{"POST", "/api/rooms/0/messages", `{"body":"a"}`, 404, "not_found"},
		{"POST", "/api/rooms/-1/messages", `{"body":"a"}`, 404, "not_found"},
		{"POST", "/api/rooms/9223372036854775808/messages", `{"body":"a"}`, 404, "not_found"},
		{"POST", "/api/rooms/1e3/messages", `{"body":"a"}`, 404, "not_found"},
		{"POST", "/api/rooms/99/messages", `{"body":"a"}`, 404, "not_found"},
		{"GET", path(messages+"/", foreign.ID), nil, 404, "not_found"},
		{"GET", path(messages+"?before=", foreign.ID), nil, 404, "not_found"},
		{"PATCH", path(messages+"/", foreign.ID), `{"body":"a"}`, 404, "not_found"},
		{"DELETE", path(messages+"/", foreign.ID), nil, 404, "not_found"},
		{"GET", messages + "?limit=0", nil, 422, "invalid"},
		{"GET", messages + "?limit=101", nil, 422, "invalid"},
		{"GET", messages + "?limit=x", nil, 422, "invalid"},
		{"GET", messages + "?before=1&after=1", nil, 422, "invalid"},
		{"GET", "/api/rooms/1/events?since=-1", nil, 422, "invalid"},
		{"GET", "/api/rooms/1/events?since=x", nil, 422, "invalid"},
		{"GET", "/api/search?q=" + strings.Repeat("x", 201), nil, 422, "invalid"},
		{"GET", "/api/rooms?scope=secret", nil, 422, "invalid"},
		{"PUT", "/api/rooms/1/read", `{"seq":1,"unread_from":1}`, 422, "invalid"},
		{"PUT", "/api/rooms/1/read", `{}`, 422, "invalid"},
		{"PUT", "/api/rooms/1/read", `{"seq":-1}`, 422, "invalid"},
		{"PUT", "/api/rooms/1/involvement", `{"involvement":"loud"}`, 422, "invalid"},
		{"POST", "/api/rooms", `{"kind":"secret","name":"x"}`, 422, "invalid"},
		{"POST", "/api/rooms", `{"kind":"open","name":"` + strings.Repeat("x", 81) + `"}`, 422, "invalid"},
		{"POST", "/api/rooms", `{"kind":"closed","name":"x","user_ids":[99]}`, 422, "invalid"},
		{"POST", "/api/rooms", `{"kind":"closed","name":"x","user_ids":[9223372036854775808]}`, 422, "invalid"},
		{"PATCH", "/api/users/1", `{"role":"owner"}`, 422, "invalid"},
		{"PATCH", "/api/users/me", `{"email":"nowhere"}`, 422, "invalid"},
		{"GET", "/api/nothing", nil, 404, "not_found"},
		{"PUT", messages, `{}`, 405, "method_not_allowed"},
		{"TRACE", messages, nil, 405, "method_not_allowed"},
	} {
		a := srv.Do(ada, c.method, c.path, c.body)
		if a.Status != c.status || a.Code() != c.code || a.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s %s %.60v: %d %s (%s), want %d %s", c.method, c.path, c.body, a.Status, a.Code(), a.Body, c.status, c.code)
		}
	}
	if a := srv.Do(ada, "POST", messages, "a=b", "Content-Type", "application/x-www-form-urlencoded"); a.Status != 415 || a.Code() != "unsupported_media" {
		t.Errorf("a form: %d %s", a.Status, a.Code())
	}
	if a := srv.Do(ada, "PUT", messages, nil); a.Header.Get("Allow") == "" {
		t.Error("405 without Allow")
	}
	var page struct {
		Messages []message
		Seq      int64
	}
	srv.Do(ada, "GET", messages, nil).Want(200).JSON(&page)
	if len(page.Messages) != 0 || page.Seq != 0 {
		t.Errorf("stored in spite of all: %+v", page)
	}
	if strings.Contains(srv.Log(), "level=ERROR") {
		t.Error("something was logged as an error")
	}
}

func TestRequestsFromOtherSitesAreRefused(t *testing.T) {
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	cookie := "campfire=" + ada
	for _, c := range []struct {
		name    string
		headers []string
		status  int
	}{
		{"own origin", []string{"Cookie", cookie, "Origin", srv.URL}, 201},
		{"same-origin fetch", []string{"Cookie", cookie, "Sec-Fetch-Site", "same-origin"}, 201},
		{"typed by the person", []string{"Cookie", cookie, "Sec-Fetch-Site", "none"}, 201},
		{"no browser", []string{"Cookie", cookie}, 201},
		{"cross-site", []string{"Cookie", cookie, "Sec-Fetch-Site", "cross-site"}, 403},
		{"same-site", []string{"Cookie", cookie, "Sec-Fetch-Site", "same-site"}, 403},
		{"foreign origin", []string{"Cookie", cookie, "Origin", "https://evil.example"}, 403},
		{"null origin", []string{"Cookie", cookie, "Origin", "null"}, 403},
		{"foreign origin with a bearer", []string{"Authorization", "Bearer " + ada, "Origin", "https://evil.example"}, 201},
	} {
		if a := srv.Do("", "POST", "/api/rooms/1/messages", map[string]string{"body": c.name}, c.headers...); a.Status != c.status {
			t.Errorf("%s: %d, want %d (%s)", c.name, a.Status, c.status, a.Body)
		}
	}
	for _, p := range []string{"/api/auth/login", "/api/join/x", "/api/setup", "/login", "/setup"} {
		if a := srv.Do("", "POST", p, "{}", "Sec-Fetch-Site", "cross-site"); a.Status != 403 {
			t.Errorf("cross-site POST %s: %d", p, a.Status)
		}
	}
	upgrade := []string{"Cookie", cookie, "Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="}
	for _, origin := range []string{"", "null", "https://evil.example", srv.URL + ".evil.example", "http://127.0.0.1:1"} {
		h := upgrade
		if origin != "" {
			h = append(slices.Clone(upgrade), "Origin", origin)
		}
		if a := srv.Do("", "GET", "/ws", nil, h...); a.Status != 403 {
			t.Errorf("upgrade from origin %q: %d", origin, a.Status)
		}
	}
	if a := srv.Do("", "GET", "/ws", nil, "Connection", "Upgrade", "Upgrade", "websocket"); a.Status != 401 {
		t.Errorf("upgrade without credentials: %d", a.Status)
	}
}

func TestHeadersOnEveryKindOfAnswer(t *testing.T) {
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	for _, p := range []string{"/up", "/login", "/nowhere", "/api/nowhere", "/api/rooms", "/rooms/1", "/assets/none.js"} {
		h := srv.Do(ada, "GET", p, nil).Header
		if csp := h.Get("Content-Security-Policy"); !strings.Contains(csp, "frame-ancestors 'none'") || strings.Contains(csp, "unsafe-inline") {
			t.Errorf("%s: policy %q", p, csp)
		}
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Cross-Origin-Opener-Policy": "same-origin"} {
			if h.Get(name) != want {
				t.Errorf("%s: %s is %q", p, name, h.Get(name))
			}
		}
		if h.Get("X-Request-Id") == "" || h.Get("Referrer-Policy") == "" {
			t.Errorf("%s: headers %v", p, h)
		}
	}
	for _, p := range []string{"/api/rooms", "/rooms/1"} {
		if got := srv.Do(ada, "GET", p, nil, "Cookie", "campfire="+ada).Header.Get("Cache-Control"); got != "private, no-cache" {
			t.Errorf("%s: Cache-Control %q", p, got)
		}
	}
}

func TestPagesWorkWithoutScripts(t *testing.T) {
	srv := campfiretest.New(t)
	form := func(cookie, path, body string) *campfiretest.Answer {
		return srv.Do("", "POST", path, body, "Content-Type", "application/x-www-form-urlencoded", "Cookie", cookie, "Accept", "text/html")
	}
	if a := srv.Do("", "GET", "/rooms/1", nil).Want(303); a.Header.Get("Location") != "/login?next=%2Frooms%2F1" {
		t.Errorf("signed out: %q", a.Header.Get("Location"))
	}
	srv.Do("", "GET", "/login", nil).Want(303)
	a := form("", "/setup", "name=Ada&email=ada@example.org&password=short").Want(422)
	if !strings.Contains(string(a.Body), "at least 10") || !strings.Contains(string(a.Body), `value="Ada"`) {
		t.Error("the form does not say what is wrong, or forgets what was typed")
	}
	a = form("", "/setup", "name=Ada&email=ada@example.org&password=correct+horse").Want(303)
	cookie, _, _ := strings.Cut(a.Header.Get("Set-Cookie"), ";")
	if raw := a.Header.Get("Set-Cookie"); !strings.Contains(raw, "HttpOnly") || !strings.Contains(raw, "SameSite=Lax") {
		t.Errorf("cookie %q", raw)
	}
	form(cookie, "/rooms/1/messages", "body=tea+%3Cscript%3Ealert(1)%3C/script%3E").Want(303)
	page := string(srv.Do("", "GET", "/rooms/1", nil, "Cookie", cookie).Want(200).Body)
	if !strings.Contains(page, "tea &lt;script&gt;") || strings.Contains(page, "<script>alert") {
		t.Error("the message is not on the page as text")
	}
	form(cookie, "/rooms/1/messages/1", "body=coffee&version=1").Want(303)
	form(cookie, "/rooms/1/messages/1/boosts", "content=%F0%9F%91%8D").Want(303)
	found := string(srv.Do("", "GET", "/search?q=coff", nil, "Cookie", cookie).Want(200).Body)
	if !strings.Contains(found, "<mark>coff</mark>ee") {
		t.Error("search does not show the match")
	}
	for _, p := range []string{"/", "/rooms/new", "/rooms/1/edit", "/rooms/1/messages/1/edit", "/rooms/1/@1", "/account", "/profile", "/users/1", "/sidebar"} {
		if a := srv.Do("", "GET", p, nil, "Cookie", cookie); a.Status != http.StatusOK && a.Status != http.StatusSeeOther {
			t.Errorf("%s: %d", p, a.Status)
		}
	}
	form(cookie, "/rooms/1/messages/1/delete", "").Want(303)
	form(cookie, "/logout", "").Want(303)
	srv.Do("", "GET", "/rooms/1", nil, "Cookie", cookie).Want(303)
	form("", "/login", "email=ada@example.org&password=wrong+password&next=//evil.example").Want(401)
	a = form("", "/login", "email=ada@example.org&password=correct+horse&next=//evil.example").Want(303)
	if a.Header.Get("Location") != "/" {
		t.Errorf("after signing in: %q", a.Header.Get("Location"))
	}
}

func TestOverloadIsRefusedBeforeAnyEffect(t *testing.T) {
	srv := campfiretest.New(t, "CAMPFIRE_RATE_POST=5/s,2")
	ada := srv.SetUp()
	post(srv, ada, "1", "one")
	post(srv, ada, "1", "two")
	a := srv.Do(ada, "POST", "/api/rooms/1/messages", map[string]string{"body": "three"})
	if a.Status != 429 || a.Code() != "rate_limited" || a.Header.Get("Retry-After") == "" {
		t.Errorf("%d %s, Retry-After %q", a.Status, a.Code(), a.Header.Get("Retry-After"))
	}
}

func TestHealth(t *testing.T) {
	srv := campfiretest.New(t)
	for _, p := range []string{"/up", "/health/live", "/health/ready", "/healthz", "/readyz"} {
		srv.Do("", "GET", p, nil).Want(200)
	}
	ada := srv.SetUp()
	srv.Do("", "GET", "/health", nil).Want(401)
	srv.Do(ada, "GET", "/health", nil).Want(200)
	srv.Do("", "GET", "/metrics", nil).Want(404)
	behind := campfiretest.New(t, "CAMPFIRE_METRICS_TOKEN=secret")
	behind.Do("", "GET", "/metrics", nil).Want(401)
	if a := behind.Do("secret", "GET", "/metrics", nil).Want(200); !strings.Contains(string(a.Body), "http_request_duration_seconds") {
		t.Error("the metrics lack the requests")
	}
}

// A page is compressed for who takes it, and is the same.
func TestPagesAreCompressed(t *testing.T) {
	srv := campfiretest.New(t)
	token := srv.SetUp()
	for range 20 {
		srv.Do(token, "POST", "/api/rooms/1/messages", map[string]string{"body": strings.Repeat("tea ", 50)}).Want(201)
	}
	get := func(accept string) (coding string, body []byte) {
		t.Helper()
		req, _ := http.NewRequestWithContext(t.Context(), "GET", srv.URL+"/api/rooms/1/messages", nil)
		req.Header.Set("Authorization", "Bearer "+token)
		req.Header.Set("Accept-Encoding", accept)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if body, err = io.ReadAll(resp.Body); err != nil || resp.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%v, Vary: %q", err, resp.Header.Get("Vary"))
		}
		return resp.Header.Get("Content-Encoding"), body
	}
	coding, plain := get("identity")
	if coding != "" {
		t.Errorf("%q for who takes none", coding)
	}
	for range 2 { // made, then remembered
		coding, packed := get("gzip")
		z, err := gzip.NewReader(bytes.NewReader(packed))
		if coding != "gzip" || err != nil {
			t.Fatal(coding, err)
		}
		if got, err := io.ReadAll(z); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("unpacked it is another page, %v", err)
		}
	}
}

// Without a limit a list of people is as long as the installation lets a page
// be, and goes on; a name is found however it is accented.
func TestPeopleByNameAndPage(t *testing.T) {
	srv := campfiretest.New(t, "CAMPFIRE_MAX_PAGE=2")
	ada := srv.SetUp()
	for i, name := range []string{"José", "Jozef", "Zoë"} {
		srv.Do(srv.Join(ada, "p"+strconv.Itoa(i)), "PATCH", "/api/users/me", map[string]string{"name": name}).Want(200)
	}
	type page struct {
		Users      []struct{ Name string }
		NextCursor string `json:"next_cursor"`
	}
	names := func(query string) (p page, s string) {
		t.Helper()
		srv.Do(ada, "GET", "/api/users"+query, nil).Want(200).JSON(&p)
		for _, u := range p.Users {
			s += u.Name + " "
		}
		return p, s
	}
	first, got := names("")
	if got != "Ada José " || first.NextCursor == "" {
		t.Errorf("the first page is %q, then %q", got, first.NextCursor)
	}
	if _, got := names("?cursor=" + first.NextCursor); got != "Jozef Zoë " {
		t.Errorf("the second page is %q", got)
	}
	for query, want := range map[string]string{"jose": "José ", "ZOE": "Zoë ", "JOSÉ": "José "} {
		if _, got := names("?query=" + url.QueryEscape(query)); got != want {
			t.Errorf("%q finds %q", query, got)
		}
	}
}
