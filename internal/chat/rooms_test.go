package chat_test

import (
	"context"
	"slices"
	"sync"
	"testing"

	"campfire"
	"campfire/internal/chat"
)

func TestWhoMayDoWhatWithARoom(t *testing.T) {
	w := newWorld(t)
	creator, member, stranger := w.join("creator"), w.join("member"), w.join("stranger")
	closed := w.room(creator, campfire.Closed, member)
	open := w.room(creator, campfire.Open)
	direct := w.room(creator, campfire.Direct, member)
	if err := w.RemoveMember(t.Context(), stranger, open, stranger.ID); err != nil {
		t.Fatal(err)
	}

	type try struct {
		what string
		do   func(context.Context, campfire.Actor, campfire.RoomID) error
	}
	see := try{"see", func(ctx context.Context, a campfire.Actor, r campfire.RoomID) error {
		_, err := w.Room(ctx, a, r)
		return err
	}}
	read := try{"read", func(ctx context.Context, a campfire.Actor, r campfire.RoomID) error {
		_, err := w.Messages(ctx, a, r, chat.PageRequest{})
		return err
	}}
	follow := try{"follow", func(ctx context.Context, a campfire.Actor, r campfire.RoomID) error {
		_, err := w.Follow(ctx, a, r, false)
		return err
	}}
	events := try{"events", func(ctx context.Context, a campfire.Actor, r campfire.RoomID) error {
		_, err := w.Events(ctx, a, r, 0, 0, "")
		return err
	}}
	rename := try{"rename", func(ctx context.Context, a campfire.Actor, r campfire.RoomID) error {
		_, err := w.UpdateRoom(ctx, a, r, chat.RoomPatch{Name: new("Renamed")})
		return err
	}}
	const ok, no, hidden, clash = "", campfire.CodeForbidden, campfire.CodeNotFound, campfire.CodeConflict
	for _, c := range []struct {
		name  string
		actor campfire.Actor
		room  campfire.RoomID
		want  map[*try]campfire.Code
	}{
		{"creator in closed", creator, closed, map[*try]campfire.Code{&see: ok, &read: ok, &follow: ok, &events: ok, &rename: ok}},
		{"member in closed", member, closed, map[*try]campfire.Code{&see: ok, &read: ok, &follow: ok, &events: ok, &rename: no}},
		{"stranger to closed", stranger, closed, map[*try]campfire.Code{&see: hidden, &read: hidden, &follow: hidden, &events: hidden, &rename: hidden}},
		{"administrator not in closed", w.ada, closed, map[*try]campfire.Code{&see: ok, &read: hidden, &follow: hidden, &events: hidden, &rename: ok}},
		{"one who left an open room", stranger, open, map[*try]campfire.Code{&see: ok, &read: no, &follow: no, &events: no, &rename: no}},
		{"one of a direct", member, direct, map[*try]campfire.Code{&see: ok, &read: ok, &follow: ok, &events: ok, &rename: clash}},
		{"stranger to direct", stranger, direct, map[*try]campfire.Code{&see: hidden, &read: hidden, &follow: hidden, &events: hidden, &rename: hidden}},
		{"administrator not in direct", w.ada, direct, map[*try]campfire.Code{&see: hidden, &read: hidden, &follow: hidden, &events: hidden, &rename: hidden}},
		{"anyone in no room", member, 999, map[*try]campfire.Code{&see: hidden, &read: hidden, &follow: hidden, &events: hidden, &rename: hidden}},
	} {
		for try, want := range c.want {
			err := try.do(t.Context(), c.actor, c.room)
			if want == ok && err != nil || want != ok && (err == nil || campfire.CodeOf(err) != want) {
				t.Errorf("%s, %s: %v, want %q", c.name, try.what, err, want)
			}
		}
	}
}

func TestPostingIsForMembersAndJoinsOpenRooms(t *testing.T) {
	w := newWorld(t)
	bo, cy := w.join("bo"), w.join("cy")
	closed := w.room(bo, campfire.Closed)
	_, err := w.Post(t.Context(), cy, closed, campfire.Draft{Body: "let me in"})
	wantCode(t, err, campfire.CodeNotFound)
	_, err = w.Post(t.Context(), w.ada, closed, campfire.Draft{Body: "I administer"})
	wantCode(t, err, campfire.CodeNotFound)
	_, err = w.Post(t.Context(), cy, closed, campfire.Draft{Body: ""})
	if code := campfire.CodeOf(err); code != campfire.CodeNotFound {
		t.Errorf("an empty post to a hidden room tells %q", code)
	}

	if err := w.RemoveMember(t.Context(), cy, w.hall, cy.ID); err != nil {
		t.Fatal(err)
	}
	w.post(cy, w.hall, "back again")
	if v := w.view(cy, w.hall); !v.Member || v.UnreadCount != 0 {
		t.Errorf("after posting: %+v", v)
	}
	if _, err := w.Follow(t.Context(), cy, w.hall, false); err != nil {
		t.Error(err)
	}
}

func TestDirectIsOneForTheSamePeopleEvenWhenRaced(t *testing.T) {
	w := newWorld(t)
	bo := w.join("bo")
	ids := make(chan campfire.RoomID, 16)
	created := make(chan bool, 16)
	var wg sync.WaitGroup
	for i := range 16 {
		a, b := w.ada, bo
		if i%2 == 1 {
			a, b = b, a
		}
		wg.Go(func() {
			v, c, err := w.CreateRoom(t.Context(), a, chat.RoomDraft{Kind: campfire.Direct, People: []campfire.UserID{b.ID}})
			if err != nil {
				t.Error(err)
				return
			}
			ids <- v.ID
			created <- c
		})
	}
	wg.Wait()
	close(ids)
	close(created)
	first := <-ids
	for id := range ids {
		if id != first {
			t.Errorf("rooms %d and %d for the same people", first, id)
		}
	}
	n := 0
	for c := range created {
		if c {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d calls made a room, want 1", n)
	}
	alone := w.view(w.ada, w.room(w.ada, campfire.Direct))
	if alone.ID == first || len(alone.Others) != 0 {
		t.Errorf("note to self: %+v", alone)
	}
	if v := w.view(w.ada, first); len(v.Others) != 1 || v.Others[0].Name != "bo" {
		t.Errorf("others of a direct: %+v", v.Others)
	}
	wantCode(t, w.RemoveMember(t.Context(), bo, first, bo.ID), campfire.CodeConflict)
	wantCode(t, w.AddMember(t.Context(), bo, first, bo.ID), campfire.CodeConflict)
}

func TestOpeningARoomLetsEveryoneIn(t *testing.T) {
	w := newWorld(t)
	bo := w.join("bo")
	room := w.room(w.ada, campfire.Closed)
	w.post(w.ada, room, "before")
	if _, err := w.UpdateRoom(t.Context(), w.ada, room, chat.RoomPatch{Kind: new(campfire.Open)}); err != nil {
		t.Fatal(err)
	}
	if v := w.view(bo, room); !v.Member || v.UnreadCount != 0 || v.Kind != campfire.Open || v.MemberCount != 2 {
		t.Errorf("bo sees %+v", v)
	}
	if _, err := w.UpdateRoom(t.Context(), w.ada, room, chat.RoomPatch{Kind: new(campfire.Closed)}); err != nil {
		t.Fatal(err)
	}
	if v := w.view(bo, room); !v.Member {
		t.Error("closing a room put someone out")
	}
	_, err := w.UpdateRoom(t.Context(), w.ada, room, chat.RoomPatch{Kind: new(campfire.Direct)})
	wantCode(t, err, campfire.CodeInvalid)
}

// Names, kind and members of a room change together or not at all.
func TestMembersChangeAtOnceOrNotAtAll(t *testing.T) {
	w := newWorld(t, func(l *chat.Limits) { l.MaxMembers = 3 })
	bo, cy, dee := w.join("bo"), w.join("cy"), w.join("dee")
	room := w.room(w.ada, campfire.Closed, bo)
	change := func(p chat.RoomPatch) error {
		_, err := w.UpdateRoom(t.Context(), w.ada, room, p)
		return err
	}
	wantCode(t, change(chat.RoomPatch{Name: new("Other"), Add: []campfire.UserID{cy.ID, dee.ID}}), campfire.CodeInvalid)
	wantCode(t, change(chat.RoomPatch{Name: new("Other"), Add: []campfire.UserID{999}, Remove: []campfire.UserID{bo.ID}}), campfire.CodeInvalid)
	if v := w.view(w.ada, room); v.Name != "Room" || v.MemberCount != 2 || !w.view(bo, room).Member {
		t.Errorf("after two refusals it is %+v", v)
	}
	// One goes and one comes: the room is never too full.
	if err := change(chat.RoomPatch{Add: []campfire.UserID{cy.ID, dee.ID, w.ada.ID}, Remove: []campfire.UserID{bo.ID, 999}}); err != nil {
		t.Fatal(err)
	}
	if v := w.view(w.ada, room); v.MemberCount != 3 {
		t.Errorf("%d members, want 3", v.MemberCount)
	}
	_, err := w.Room(t.Context(), bo, room)
	wantCode(t, err, campfire.CodeNotFound)
	removed, added := heard[*campfire.MembersRemoved](w), heard[*campfire.MembersAdded](w)
	if last := removed[len(removed)-1]; last.Room != room || !slices.Equal(last.Users, []campfire.UserID{bo.ID}) {
		t.Errorf("told of as removed: %+v", last)
	}
	if last := added[len(added)-1]; !slices.Equal(last.Users, []campfire.UserID{cy.ID, dee.ID}) || last.Room.MemberCount != 3 {
		t.Errorf("told of as added: %+v, of a room of %d", last.Users, last.Room.MemberCount)
	}
	_, err = w.UpdateRoom(t.Context(), cy, room, chat.RoomPatch{Remove: []campfire.UserID{dee.ID}})
	wantCode(t, err, campfire.CodeForbidden)
}

func TestRoomCreationPolicyAndLimits(t *testing.T) {
	w := newWorld(t, func(l *chat.Limits) { l.MaxRoomsPerUser, l.MaxMembers = 2, 2 })
	bo, cy := w.join("bo"), w.join("cy")
	w.room(bo, campfire.Open)
	w.room(bo, campfire.Closed)
	_, _, err := w.CreateRoom(t.Context(), bo, chat.RoomDraft{Kind: campfire.Open, Name: "third"})
	wantCode(t, err, campfire.CodeConflict)
	_, _, err = w.CreateRoom(t.Context(), w.ada, chat.RoomDraft{Kind: campfire.Closed, Name: "x", People: []campfire.UserID{bo.ID, cy.ID}})
	wantCode(t, err, campfire.CodeInvalid)
	_, _, err = w.CreateRoom(t.Context(), w.ada, chat.RoomDraft{Kind: campfire.Closed, Name: "x", People: []campfire.UserID{999}})
	wantCode(t, err, campfire.CodeInvalid)
	_, _, err = w.CreateRoom(t.Context(), w.ada, chat.RoomDraft{Kind: campfire.Closed, Name: " "})
	wantCode(t, err, campfire.CodeInvalid)

	if _, err := w.UpdateAccount(t.Context(), w.ada, chat.AccountPatch{RestrictRoomCreation: new(true)}); err != nil {
		t.Fatal(err)
	}
	_, _, err = w.CreateRoom(t.Context(), cy, chat.RoomDraft{Kind: campfire.Open, Name: "no"})
	wantCode(t, err, campfire.CodeForbidden)
	w.room(cy, campfire.Direct, bo) // a ping is always allowed
}

func TestDeletedRoomIsGoneForAll(t *testing.T) {
	w := newWorld(t)
	bo := w.join("bo")
	room := w.room(w.ada, campfire.Open)
	w.post(bo, room, "findable")
	wantCode(t, w.DeleteRoom(t.Context(), bo, room), campfire.CodeForbidden)
	if err := w.DeleteRoom(t.Context(), w.ada, room); err != nil {
		t.Fatal(err)
	}
	_, err := w.Room(t.Context(), w.ada, room)
	wantCode(t, err, campfire.CodeNotFound)
	_, err = w.Post(t.Context(), bo, room, campfire.Draft{Body: "too late"})
	wantCode(t, err, campfire.CodeNotFound)
	if hits, _, err := w.Search(t.Context(), bo, chat.SearchRequest{Query: "findable"}); err != nil || len(hits) != 0 {
		t.Errorf("search finds %d messages of a deleted room, %v", len(hits), err)
	}
	if rooms, _ := w.Rooms(t.Context(), bo, chat.ScopeMine); len(rooms) != 1 {
		t.Errorf("bo has %d rooms, want the first alone", len(rooms))
	}
	if len(heard[*campfire.RoomDeleted](w)) != 1 {
		t.Error("the deletion was not published")
	}
	direct := w.room(w.ada, campfire.Direct, bo)
	if err := w.DeleteRoom(t.Context(), bo, direct); err != nil {
		t.Errorf("a direct by one of its people: %v", err)
	}
}

func TestReadPointer(t *testing.T) {
	w := newWorld(t)
	bo := w.join("bo")
	first := w.post(w.ada, w.hall, "one")
	w.post(w.ada, w.hall, "two <@"+itoa(bo.ID)+">")
	w.post(w.ada, w.hall, "three")
	if v := w.view(bo, w.hall); v.UnreadCount != 3 || v.MentionCount != 1 || v.ReadSeq != 0 {
		t.Fatalf("bo sees %+v", v)
	}
	if v := w.view(w.ada, w.hall); v.UnreadCount != 0 || v.ReadSeq != 3 {
		t.Errorf("the author sees %+v", v)
	}
	if err := w.MarkRead(t.Context(), bo, w.hall, 2); err != nil {
		t.Fatal(err)
	}
	if v := w.view(bo, w.hall); v.UnreadCount != 1 || v.MentionCount != 0 {
		t.Errorf("after reading two: %+v", v)
	}
	if err := w.MarkRead(t.Context(), bo, w.hall, 1); err != nil {
		t.Fatal(err)
	}
	if v := w.view(bo, w.hall); v.ReadSeq != 2 {
		t.Errorf("the pointer moved back to %d", v.ReadSeq)
	}
	if err := w.MarkRead(t.Context(), bo, w.hall, 1<<40); err != nil {
		t.Fatal(err)
	}
	if v := w.view(bo, w.hall); v.ReadSeq != 3 || v.UnreadCount != 0 {
		t.Errorf("after reading all and more: %+v", v)
	}
	if err := w.MarkUnread(t.Context(), bo, w.hall, first.ID); err != nil {
		t.Fatal(err)
	}
	if v := w.view(bo, w.hall); v.ReadSeq != 0 || v.UnreadCount != 3 {
		t.Errorf("after marking unread: %+v", v)
	}
	wantCode(t, w.MarkUnread(t.Context(), bo, w.hall, 999), campfire.CodeNotFound)
	wantCode(t, w.MarkRead(t.Context(), bo, w.hall, -1), campfire.CodeInvalid)

	moved := heard[*campfire.ReadMoved](w)
	last := moved[len(moved)-1]
	if last.User != bo.ID || last.ReadSeq != 0 || last.UnreadCount != 3 || last.MentionCount != 1 || last.Seq != 3 {
		t.Errorf("published: %+v", last)
	}
	if _, err := w.Delete(t.Context(), w.ada, w.hall, first.ID); err != nil {
		t.Fatal(err)
	}
	if v := w.view(bo, w.hall); v.UnreadCount != 2 {
		t.Errorf("deleted messages count: %+v", v)
	}
}

func TestInvolvement(t *testing.T) {
	w := newWorld(t)
	bo := w.join("bo")
	direct := w.room(w.ada, campfire.Direct, bo)
	if a, b := w.view(bo, w.hall).Involvement, w.view(bo, direct).Involvement; a != campfire.Mentions || b != campfire.Everything {
		t.Errorf("new memberships have %v and %v", a, b)
	}
	v, err := w.SetInvolvement(t.Context(), bo, w.hall, campfire.Invisible)
	if err != nil || v.Involvement != campfire.Invisible {
		t.Errorf("%+v, %v", v, err)
	}
	wantCode(t, func() error {
		_, err := w.SetInvolvement(t.Context(), w.join("cy"), direct, campfire.Nothing)
		return err
	}(), campfire.CodeNotFound)
}
