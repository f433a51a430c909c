package server_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"campfire/internal/campfiretest"
)

// Hostile strings in every place that takes text: taken or refused with a
// reason, never a failure of ours; what is stored is found as it was sent.
func TestHostileTextsInEveryPlace(t *testing.T) {
	srv := campfiretest.New(t, "CAMPFIRE_MAX_ROOMS_PER_USER=off", "CAMPFIRE_MAX_BOOSTS=off")
	ada := srv.SetUp()
	target := post(srv, ada, "1", "a target")
	for i, s := range hostile(t) {
		q := url.QueryEscape(s)
		for _, c := range []struct {
			method, path string
			body         any
		}{
			{"POST", "/api/rooms/1/messages", map[string]string{"body": s, "client_message_id": fmt.Sprint("h", i)}},
			{"PATCH", path("/api/rooms/1/messages/", target.ID), map[string]string{"body": s}},
			{"POST", path("/api/rooms/1/messages/", target.ID) + "/boosts", map[string]string{"content": s}},
			{"PATCH", "/api/users/me", map[string]string{"name": s, "bio": s}},
			{"PATCH", "/api/users/me", map[string]string{"email": s}},
			{"PATCH", "/api/rooms/1", map[string]string{"name": s}},
			{"PATCH", "/api/account", map[string]string{"name": s}},
			{"POST", "/api/auth/login", map[string]string{"email": s, "password": s}},
			{"GET", "/api/search?q=" + q, nil},
			{"GET", "/api/users?query=" + q, nil},
			{"GET", "/api/rooms/1/messages?before=" + q, nil},
			{"GET", "/api/rooms/1/events?since=0&limit=1&epoch=" + q, nil},
			{"POST", "/api/rooms/1/messages", s},
		} {
			a := srv.Do(ada, c.method, c.path, c.body)
			if a.Status >= 500 {
				t.Errorf("%s %.60s with %.60q: %d %s", c.method, c.path, s, a.Status, a.Body)
			}
			if c.method == "POST" && a.Status == 201 && strings.HasSuffix(c.path, "/messages") {
				var in struct{ Message message }
				a.JSON(&in)
				want := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s)
				if in.Message.Body != want && !strings.Contains(in.Message.Body, "<@") && !strings.Contains(in.Message.Body, "<!") {
					t.Errorf("%.60q is stored as %.60q", s, in.Message.Body)
				}
			}
		}
	}
	page := string(srv.Do("", "GET", "/rooms/1", nil, "Cookie", "campfire="+ada).Want(200).Body)
	if n := strings.Count(page, "<script"); n != 2 {
		t.Errorf("the page has %d script elements, want the texts' and the program's", n)
	}
	if strings.Contains(srv.Log(), "level=ERROR") {
		t.Error("something was logged as an error")
	}
}

func hostile(t *testing.T) []string {
	t.Helper()
	own := []string{"<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "' OR 1=1 --", "\u202eright to left", "\u200b", "\x00", "\ufeff", "NULL", "undefined", "../../etc/passwd",
		"%00%0d%0aSet-Cookie: a=b", "{{7*7}}", "${7*7}", "AND OR NOT", `"`, `*`, "^a", "a:b", "NEAR(a b)", "-", "()", "🏳️‍🌈", "Ω≈ç√∫", strings.Repeat("a", 5000), strings.Repeat("[", 500), "<!everyone>", "<@1>", "<@99>", "日本語", "-1", "1e99", "\\", "`", "```", "---"}
	return append(own, campfiretest.Hostile(t)...)
}
