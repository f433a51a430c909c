package server_test

import (
	"strconv"
	"testing"

	"campfire/internal/campfiretest"
)

// What has a meaning in the API as on the page: sounds, actions, shortcodes.
func TestTextsWithAMeaning(t *testing.T) {
	srv := campfiretest.New(t)
	token := srv.SetUp()
	h := makeHook(t, srv, token, 1, "Builds")
	type message struct {
		ID                       int64
		Body, HTML, Plain, Sound string
	}
	post := func(body string) message {
		var in struct{ Message message }
		srv.Do(token, "POST", "/api/rooms/1/messages", map[string]string{"body": body}).Want(201).JSON(&in)
		return in.Message
	}
	for body, want := range map[string]message{
		"/play Tada":     {Body: "/play tada", HTML: `<p dir="auto">🔊 tada</p>`, Plain: "🔊 tada", Sound: "tada"},
		"/play kazoo":    {Body: "/play kazoo", HTML: `<p dir="auto">/play kazoo</p>`, Plain: "/play kazoo"},
		"say /play tada": {Body: "say /play tada", HTML: `<p dir="auto">say /play tada</p>`, Plain: "say /play tada"},
		`\/play tada`:    {Body: `\/play tada`, HTML: `<p dir="auto">/play tada</p>`, Plain: "/play tada"},
		"/me waves":      {Body: "/me waves", HTML: `<p dir="auto"><em>waves</em></p>`, Plain: "waves"},
		":tada: done":    {Body: "🎉 done", HTML: `<p dir="auto">🎉 done</p>`, Plain: "🎉 done"},
	} {
		got := post(body)
		want.ID = got.ID
		if got != want {
			t.Errorf("%q: %+v, want %+v", body, got, want)
		}
	}
	// An edit makes and unmakes it.
	m := post("/play pop")
	var in struct{ Message message }
	path := "/api/rooms/1/messages/"
	srv.Do(token, "PATCH", path+strconv.FormatInt(m.ID, 10), map[string]string{"body": "/play gong"}).Want(200).JSON(&in)
	if in.Message.Sound != "gong" {
		t.Errorf("edited: %+v", in.Message)
	}
	in.Message = message{}
	srv.Do(token, "PATCH", path+strconv.FormatInt(m.ID, 10), map[string]string{"body": "quiet"}).Want(200).JSON(&in)
	if in.Message.Sound != "" || in.Message.Plain != "quiet" {
		t.Errorf("edited: %+v", in.Message)
	}
	// Retries are held against what was sent.
	retry := map[string]string{"body": "/play POP", "client_message_id": "once"}
	srv.Do(token, "POST", "/api/rooms/1/messages", retry).Want(201)
	srv.Do(token, "POST", "/api/rooms/1/messages", retry).Want(200)

	h.send(t, srv, `{"text":"/play drumroll"}`, 200, "ok")
	h.send(t, srv, `{"text":":large_green_circle: *green* :tada:"}`, 200, "ok")
	var page struct{ Messages []message }
	srv.Do(token, "GET", "/api/rooms/1/messages?limit=2", nil).Want(200).JSON(&page)
	if a, b := page.Messages[0], page.Messages[1]; a.Sound != "drumroll" || b.Plain != "🟢 green 🎉" {
		t.Errorf("by a webhook: %+v, %+v", a, b)
	}
}
