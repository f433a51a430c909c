package chat_test

import (
	"strings"
	"testing"

	"campfire"
	"campfire/internal/chat"
)

func TestLastAdministratorCannotBeLost(t *testing.T) {
	w := newWorld(t)
	bo := w.join("bo")
	_, err := w.SetRole(t.Context(), w.ada, w.ada.ID, campfire.Member)
	wantCode(t, err, campfire.CodeConflict)
	wantCode(t, w.Deactivate(t.Context(), w.ada, w.ada.ID), campfire.CodeConflict)
	wantCode(t, w.Ban(t.Context(), w.ada, w.ada.ID), campfire.CodeConflict)

	_, err = w.SetRole(t.Context(), bo, bo.ID, campfire.Administrator)
	wantCode(t, err, campfire.CodeForbidden)
	if _, err := w.SetRole(t.Context(), w.ada, bo.ID, campfire.Administrator); err != nil {
		t.Fatal(err)
	}
	if _, err := w.SetRole(t.Context(), w.ada, w.ada.ID, campfire.Member); err != nil {
		t.Fatal(err)
	}
	// ada's request may still carry the old role: the transaction looks again.
	_, err = w.SetRole(t.Context(), w.ada, w.ada.ID, campfire.Administrator)
	wantCode(t, err, campfire.CodeForbidden)
}

func TestDeactivationEndsAccessAndFreesTheAddress(t *testing.T) {
	w := newWorld(t)
	bo := w.join("bo")
	direct := w.room(w.ada, campfire.Direct, bo)
	w.post(bo, w.hall, "still here")
	if err := w.Deactivate(t.Context(), w.ada, bo.ID); err != nil {
		t.Fatal(err)
	}
	wantCode(t, w.Alive(t.Context(), bo), campfire.CodeUnauthenticated)
	_, err := w.Login(t.Context(), "bo@example.org", password, from)
	wantCode(t, err, campfire.CodeUnauthenticated)
	_, err = w.Post(t.Context(), bo, direct, campfire.Draft{Body: "ghost"}) // a request under way
	wantCode(t, err, campfire.CodeUnauthenticated)

	u, err := w.User(t.Context(), w.ada, bo.ID)
	if err != nil || u.Status != campfire.Deactivated || !strings.HasPrefix(u.Email, "bo-deactivated-") {
		t.Errorf("user = %+v, %v", u, err)
	}
	if got := w.bodies(w.ada, w.hall); len(got) != 1 || got[0] != "still here" {
		t.Errorf("messages: %q", got)
	}
	if members, _ := w.RoomMembers(t.Context(), w.ada, w.hall); len(members) != 1 {
		t.Errorf("%d members, want ada alone", len(members))
	}
	if len(heard[*campfire.AccessEnded](w)) != 1 || len(heard[*campfire.MembersRemoved](w)) != 1 {
		t.Error("the end of access was not published")
	}
	w.join("bo") // the address is free
}

func TestBanHidesAtOnceAndSweepsLater(t *testing.T) {
	w := newWorld(t)
	bo := w.join("bo")
	for range 5 {
		w.post(bo, w.hall, "spam")
	}
	w.post(w.ada, w.hall, "tea?")
	if err := w.Ban(t.Context(), w.ada, bo.ID); err != nil {
		t.Fatal(err)
	}
	if got := w.bodies(w.ada, w.hall); len(got) != 1 || got[0] != "tea?" {
		t.Errorf("right after the ban: %q", got)
	}
	hits, _, err := w.Search(t.Context(), w.ada, chat.SearchRequest{Query: "spam"})
	if err != nil || len(hits) != 0 {
		t.Errorf("search finds %d of a banned person's messages, %v", len(hits), err)
	}
	if !w.AddressBanned(from.IP) || !w.AddressBanned("::ffff:"+from.IP) || w.AddressBanned("192.0.2.8") {
		t.Error("the wrong addresses are banned")
	}
	w.background(func() bool {
		n := 0
		for _, e := range heard[*campfire.Event](w) {
			if e.Kind == campfire.MessageDeleted {
				n++
			}
		}
		return n == 5
	})
	if err := w.Unban(t.Context(), w.ada, bo.ID); err != nil {
		t.Fatal(err)
	}
	if w.AddressBanned(from.IP) {
		t.Error("still banned")
	}
	in, err := w.Login(t.Context(), "bo@example.org", password, from)
	if err != nil {
		t.Fatal(err)
	}
	w.post(w.actor(in), w.hall, "sorry")
	if got := w.bodies(w.ada, w.hall); len(got) != 2 || got[1] != "sorry" {
		t.Errorf("after the ban was lifted: %q", got)
	}
}

func TestPrivateAddressDoesNotStopABan(t *testing.T) {
	w := newWorld(t)
	bo := w.join("bo")
	if _, err := w.Login(t.Context(), "bo@example.org", password, chat.Client{IP: "10.0.0.9"}); err != nil {
		t.Fatal(err)
	}
	if err := w.Ban(t.Context(), w.ada, bo.ID); err != nil {
		t.Fatal(err)
	}
	if w.AddressBanned("10.0.0.9") || !w.AddressBanned(from.IP) {
		t.Error("want the public address banned and the private one not")
	}
}

func TestUnbanDoesNotBringBackTheDeactivated(t *testing.T) {
	w := newWorld(t)
	bo := w.join("bo")
	if err := w.Deactivate(t.Context(), w.ada, bo.ID); err != nil {
		t.Fatal(err)
	}
	if err := w.Unban(t.Context(), w.ada, bo.ID); err != nil {
		t.Fatal(err)
	}
	if u, _ := w.User(t.Context(), w.ada, bo.ID); u.Status != campfire.Deactivated {
		t.Errorf("status = %v", u.Status)
	}
}

func TestRenamedPersonPostsUnderTheNewName(t *testing.T) {
	w := newWorld(t)
	bo := w.join("bo")
	if _, err := w.UpdateMe(t.Context(), bo, chat.MePatch{Name: new("Bodil")}); err != nil {
		t.Fatal(err)
	}
	// bo's socket still carries the old name.
	if m := w.post(bo, w.hall, "hi"); m.Creator.Name != "Bodil" {
		t.Errorf("posted as %q", m.Creator.Name)
	}
	_, err := w.UpdateMe(t.Context(), bo, chat.MePatch{Email: new("ADA@example.org")})
	wantCode(t, err, campfire.CodeConflict)
}

func TestUserListPages(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"cy", "bo", "dee", "Bob"} {
		w.join(name)
	}
	var got []string
	q := chat.UserQuery{Limit: 2}
	for {
		users, more, err := w.Users(t.Context(), w.ada, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range users {
			got = append(got, u.Name)
		}
		if !more {
			break
		}
		q.After = users[len(users)-1].ID
	}
	if want := "Ada bo Bob cy dee"; strings.Join(got, " ") != want {
		t.Errorf("got %q, want %q", got, want)
	}
	users, _, _ := w.Users(t.Context(), w.ada, chat.UserQuery{Name: "BO"})
	if len(users) != 2 {
		t.Errorf("%d named like BO, want 2", len(users))
	}
}

func TestEveryoneByRoleAndName(t *testing.T) {
	w := newWorld(t)
	cy := w.join("cy")
	for _, name := range []string{"bo", "Bob", "Zed"} {
		w.join(name)
	}
	if _, err := w.SetRole(t.Context(), w.ada, cy.ID, campfire.Administrator); err != nil {
		t.Fatal(err)
	}
	names := func(list []*campfire.User) string {
		var out []string
		for _, u := range list {
			out = append(out, u.Name)
		}
		return strings.Join(out, " ")
	}
	all, err := w.Everyone(t.Context(), w.ada, "", 0)
	if err != nil {
		t.Fatal(err)
	}
	if got := names(all.Administrators) + "; " + names(all.Members); got != "Ada cy; bo Bob Zed" || all.Total != 5 || all.More {
		t.Errorf("%s, %d, %v", got, all.Total, all.More)
	}
	rest, err := w.Everyone(t.Context(), w.ada, "", all.Members[0].ID)
	if err != nil || names(rest.Administrators) != "" || names(rest.Members) != "Bob Zed" {
		t.Errorf("after bo: %q, %q, %v", names(rest.Administrators), names(rest.Members), err)
	}
	bo, zed := all.Members[0].ID, all.Members[2].ID
	if err := w.Ban(t.Context(), w.ada, bo); err != nil {
		t.Fatal(err)
	}
	if err := w.Deactivate(t.Context(), w.ada, zed); err != nil {
		t.Fatal(err)
	}
	bob := campfire.Actor{Person: all.Members[1].Person}
	for who, want := range map[*campfire.Actor]string{&w.ada: "bo Bob", &bob: "Bob"} {
		p, err := w.Everyone(t.Context(), *who, "B", 0)
		if err != nil || names(p.Members) != want || p.Total != 3 {
			t.Errorf("%s sees %q of %d, %v; want %q of 3", who.Name, names(p.Members), p.Total, err, want)
		}
	}
}

func TestRoomsInCommonAreOnesOwn(t *testing.T) {
	w := newWorld(t)
	bo := w.join("bo")
	both := w.room(w.ada, campfire.Closed, bo)
	w.room(w.ada, campfire.Closed)
	w.room(bo, campfire.Closed)
	w.room(w.ada, campfire.Direct, bo)
	common, err := w.InCommon(t.Context(), bo, w.ada.ID)
	if err != nil || len(common) != 2 || common[0].ID != w.hall || common[1].ID != both {
		t.Errorf("%+v, %v", common, err)
	}
}
