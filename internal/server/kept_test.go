package server_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	"campfire/internal/campfiretest"
)

// kept are the answers that carry a tag: of the room that all in this file use.
func kept(room string) []string {
	return []string{"/rooms/" + room, "/rooms/" + room + "/messages", "/api/rooms/" + room + "/messages", "/sidebar?room=" + room, "/api/rooms", "/api/search?q=needle"}
}

// busyRoom has more in it than a room that still greets.
func busyRoom(srv *campfiretest.Server, token, kind string, people ...int) string {
	var made struct{ Room struct{ ID int64 } }
	srv.Do(token, "POST", "/api/rooms", map[string]any{"kind": kind, "name": "Workshop", "user_ids": append([]int{}, people...)}).Want(201).JSON(&made)
	room := fmt.Sprint(made.Room.ID)
	var drafts []map[string]string
	for i := range 60 {
		drafts = append(drafts, map[string]string{"body": fmt.Sprint("needle ", i, " *in* a stack of hay")})
	}
	srv.Do(token, "POST", "/api/rooms/"+room+"/messages/batch", map[string]any{"messages": drafts}).Want(200)
	return room
}

// ask asks for what may be held already, under a tag.
func ask(srv *campfiretest.Server, token, path, tag string) (status int, newTag, body string) {
	a := srv.Do(token, "GET", path, nil, "If-None-Match", tag)
	return a.Status, a.Header.Get("ETag"), string(a.Body)
}

func TestUnchangedAnswersAre304UntilSomethingChanges(t *testing.T) {
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	bo := srv.Join(ada, "Bo")
	room := busyRoom(srv, ada, "open")
	m := post(srv, ada, room, "the first needle")
	message := fmt.Sprintf("/api/rooms/%s/messages/%d", room, m.ID)
	type change struct {
		name    string
		do      func()
		changes []string // which of the answers to bo
	}
	room5, list, history, sidebar, rooms, search := kept(room)[0], kept(room)[1], kept(room)[2], kept(room)[3], kept(room)[4], kept(room)[5]
	all := kept(room)
	steps := []change{
		{"nothing", func() {}, nil},
		{"a post", func() { post(srv, ada, room, "another needle") }, all},
		{"an edit", func() { srv.Do(ada, "PATCH", message, map[string]any{"body": "an edited needle"}).Want(200) }, all},
		{"a boost", func() { srv.Do(ada, "POST", message+"/boosts", map[string]any{"content": "!"}).Want(201) }, all},
		{"a deletion", func() { srv.Do(ada, "DELETE", message, nil).Want(204) }, all},
		{"reading", func() { srv.Do(bo, "PUT", "/api/rooms/"+room+"/read", map[string]any{"seq": 30}).Want(204) }, []string{room5, sidebar, rooms}},
		{"an involvement", func() {
			srv.Do(bo, "PUT", "/api/rooms/"+room+"/involvement", map[string]any{"involvement": "everything"}).Want(200)
		}, []string{room5, sidebar, rooms}},
		{"another's reading", func() { srv.Do(ada, "PUT", "/api/rooms/"+room+"/read", map[string]any{"unread_from": 5}).Want(204) }, nil},
		{"a room's name", func() { srv.Do(ada, "PATCH", "/api/rooms/"+room, map[string]any{"name": "Shed"}).Want(200) }, []string{room5, sidebar, rooms}},
		{"the author's name", func() { srv.Do(ada, "PATCH", "/api/users/me", map[string]any{"name": "Ada L"}).Want(200) }, []string{room5, list, history, sidebar, search}}, // to whom the sidebar offers a ping
		{"one's own name", func() { srv.Do(bo, "PATCH", "/api/users/me", map[string]any{"name": "Bodil"}).Want(200) }, []string{room5, sidebar}},
		{"the account's name", func() { srv.Do(ada, "PATCH", "/api/account", map[string]any{"name": "Kitchen"}).Want(200) }, []string{room5, sidebar}},
		{"the accent", func() { srv.Do(ada, "PATCH", "/api/account", map[string]any{"accent": 200}).Want(200) }, []string{room5}},
		{"a newcomer", func() { srv.Join(ada, "Cy") }, []string{room5, sidebar, rooms}},
	}
	tags, bodies := make(map[string]string), make(map[string]string)
	for _, path := range all {
		a := srv.Do(bo, "GET", path, nil).Want(200)
		tags[path], bodies[path] = a.Header.Get("ETag"), string(a.Body)
		if tags[path] == "" || a.Header.Get("Cache-Control") != "private, no-cache" || !strings.Contains(a.Header.Get("Vary"), "Accept-Encoding") && len(a.Body) > 1024 {
			t.Errorf("%s: %v", path, a.Header)
		}
	}
	for _, s := range steps {
		s.do()
		changed := make(map[string]bool)
		for _, path := range s.changes {
			changed[path] = true
		}
		for _, path := range all {
			status, tag, body := ask(srv, bo, path, `"other", W/`+tags[path])
			switch {
			case changed[path] && (status != 200 || tag == tags[path] || body == bodies[path]):
				t.Errorf("%s after %s: %d, tag %s, was %s", path, s.name, status, tag, tags[path])
			case !changed[path] && (status != 304 || tag != tags[path] || body != ""):
				t.Errorf("%s after %s: %d, tag %s, was %s", path, s.name, status, tag, tags[path])
			}
			if status == 200 {
				tags[path], bodies[path] = tag, body
			}
		}
	}
}

// Whoever may no longer read is told so, whatever they still hold.
func TestNoTagOpensARoom(t *testing.T) {
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	bo := srv.Join(ada, "Bo")
	room := busyRoom(srv, ada, "closed", 2)
	held := make(map[string]string)
	for _, path := range kept(room) {
		held[path] = srv.Do(bo, "GET", path, nil).Want(200).Header.Get("ETag")
	}
	srv.Do(ada, "DELETE", "/api/rooms/"+room+"/members/2", nil).Want(204)
	for _, path := range kept(room)[:3] {
		for _, tag := range []string{held[path], "*"} {
			if status, _, body := ask(srv, bo, path, tag); status != 404 || strings.Contains(body, "needle") {
				t.Errorf("%s with %s: %d", path, tag, status)
			}
		}
	}
	for _, path := range kept(room)[3:] {
		if status, _, body := ask(srv, bo, path, held[path]); status != 200 || strings.Contains(body, "needle ") || strings.Contains(body, "Workshop") {
			t.Errorf("%s: %d, %s", path, status, body)
		}
	}
	srv.Do(ada, "POST", "/api/users/2/ban", nil)
	if status, _, _ := ask(srv, bo, "/api/rooms", held["/api/rooms"]); status != 401 {
		t.Errorf("a banned person with a tag: %d", status)
	}
	srv.Do(ada, "DELETE", "/api/rooms/"+room, nil).Want(204)
	for _, path := range kept(room)[:3] {
		if status, _, _ := ask(srv, ada, path, held[path]); status != 404 {
			t.Errorf("%s of a deleted room: %d", path, status)
		}
	}
}

// offered are those to whom a ping is offered: anyone may be.
var offered = regexp.MustCompile(`<li id="stranger-\d+">.*?</li>`)

// What is shared between people holds nothing of any of them.
func TestNobodyGetsAnothersPage(t *testing.T) {
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	bo, cy := srv.Join(ada, "Bodilwhile"), srv.Join(ada, "Cyrusward")
	room := busyRoom(srv, ada, "open")
	var direct struct{ Room struct{ ID int64 } }
	srv.Do(ada, "POST", "/api/rooms", map[string]any{"kind": "direct", "user_ids": []int{2}}).Want(201).JSON(&direct)
	srv.Do(bo, "PUT", "/api/rooms/"+room+"/read", map[string]any{"seq": 17}).Want(204)
	srv.Do(bo, "PUT", "/api/rooms/"+room+"/involvement", map[string]any{"involvement": "nothing"}).Want(200)
	for range 2 { // made, then kept
		for _, path := range kept(room) {
			mine, theirs := srv.Do(bo, "GET", path, nil).Want(200), srv.Do(cy, "GET", path, nil).Want(200)
			for who, body := range map[string]string{"Bodilwhile": offered.ReplaceAllString(string(theirs.Body), ""), "Cyrusward": offered.ReplaceAllString(string(mine.Body), "")} {
				if strings.Contains(body, who) || who == "Bodilwhile" && (strings.Contains(body, `data-read="17"`) || strings.Contains(body, `"read_seq":17,`)) {
					t.Errorf("%s shows %s to another", path, who)
				}
			}
			if status, _, _ := ask(srv, cy, path, mine.Header.Get("ETag")); status != 200 && string(mine.Body) != string(theirs.Body) {
				t.Errorf("%s: one's tag answers another", path)
			}
		}
	}
}

func TestABannedAuthorsMessagesVanishFromWhatIsKept(t *testing.T) {
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	bo := srv.Join(ada, "Bo")
	room := busyRoom(srv, ada, "open")
	post(srv, bo, room, "a needle of spam")
	held := make(map[string]string)
	for _, path := range kept(room) {
		held[path] = srv.Do(ada, "GET", path, nil).Want(200).Header.Get("ETag")
	}
	srv.Do(ada, "POST", "/api/users/2/ban", nil).Want(204)
	for _, path := range []string{kept(room)[0], kept(room)[1], kept(room)[2], kept(room)[5]} {
		if status, _, body := ask(srv, ada, path, held[path]); status != 200 || strings.Contains(body, "spam") {
			t.Errorf("%s: %d", path, status)
		}
	}
}

func unzip(t *testing.T, b []byte) string {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

var flash = regexp.MustCompile(`<p class="flash" role="alert">[^<]*</p>`)

// A page that is joined from pieces is the page that the template makes, in
// both codings; so is a permalink's, and a direct's.
func TestJoinedPagesAreTheTemplates(t *testing.T) {
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	srv.Do(srv.Join(ada, "Bo"), "PATCH", "/api/users/me", map[string]any{"name": `Bo "<&>`}).Want(200)
	srv.Join(ada, "Cy")
	var rooms []string
	for range 11 { // more than a group
		rooms = append(rooms, busyRoom(srv, ada, "open"))
	}
	for _, people := range [][]int{{2}, {2, 3}} {
		var direct struct{ Room struct{ ID int64 } }
		srv.Do(ada, "POST", "/api/rooms", map[string]any{"kind": "direct", "user_ids": people}).Want(201).JSON(&direct)
		rooms = append(rooms, fmt.Sprint(direct.Room.ID))
		for range 41 {
			post(srv, ada, rooms[len(rooms)-1], "psst")
		}
	}
	srv.Do(ada, "PUT", "/api/rooms/"+rooms[2]+"/involvement", map[string]any{"involvement": "invisible"}).Want(200)
	var last struct{ Messages []message }
	srv.Do(ada, "GET", "/api/rooms/"+rooms[0]+"/messages", nil).JSON(&last)
	paths := []string{fmt.Sprintf("/rooms/%s/@%d", rooms[0], last.Messages[20].ID), fmt.Sprintf("/rooms/%s?before=%d", rooms[0], last.Messages[20].ID)}
	for _, room := range rooms {
		paths = append(paths, "/rooms/"+room)
	}
	for _, path := range paths {
		joined := srv.Do(ada, "GET", path, nil, "Accept-Encoding", "identity").Want(200)
		again := "?did=it"
		if strings.Contains(path, "?") {
			again = "&did=it"
		}
		whole := srv.Do(ada, "GET", path+again, nil).Want(200)
		if whole.Header.Get("ETag") != "" {
			t.Fatal("the page that is rendered whole is not told from the other")
		}
		if got, want := string(joined.Body), flash.ReplaceAllString(string(whole.Body), ""); got != want {
			t.Errorf("%s: the joined page is another:\n%s\n%s", path, got, want)
		}
		zipped := srv.Do(ada, "GET", path, nil, "Accept-Encoding", "gzip").Want(200)
		if zipped.Header.Get("Content-Encoding") != "gzip" || zipped.Header.Get("ETag") == joined.Header.Get("ETag") {
			t.Errorf("%s: %v", path, zipped.Header)
		}
		if got := unzip(t, zipped.Body); got != string(joined.Body) {
			t.Errorf("%s: compressed it is another", path)
		}
	}
}

func TestARoomIsRememberedAsTheLast(t *testing.T) {
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	one, two := busyRoom(srv, ada, "open"), busyRoom(srv, ada, "open")
	for _, room := range []string{one, two, one} {
		for range 2 {
			set := srv.Do(ada, "GET", "/rooms/"+room, nil).Want(200).Header.Get("Set-Cookie")
			if !strings.HasPrefix(set, "campfire_room="+room+";") {
				t.Fatalf("room %s set %q", room, set)
			}
		}
		if set := srv.Do(ada, "GET", "/rooms/"+room, nil, "Cookie", "campfire_room="+room).Header.Get("Set-Cookie"); set != "" {
			t.Errorf("the same again set %q", set)
		}
		tag := srv.Do(ada, "GET", "/rooms/"+room, nil).Header.Get("ETag")
		if a := srv.Do(ada, "GET", "/rooms/"+room, nil, "If-None-Match", tag, "Cookie", "campfire_room=1"); a.Status != 304 || a.Header.Get("Set-Cookie") == "" {
			t.Errorf("unchanged, from another room: %d, %q", a.Status, a.Header.Get("Set-Cookie"))
		}
	}
}
