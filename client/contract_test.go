package client_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"campfire/client"
	"campfire/docs"
	"campfire/internal/campfiretest"

	"github.com/google/go-cmp/cmp"
)

// watched sends requests through the test server's own Do, which holds each
// exchange against docs/openapi.yaml, and notes what was called.
type watched struct {
	srv   *campfiretest.Server
	calls map[string]bool // "GET /api/rooms/1"
}

func (w *watched) RoundTrip(r *http.Request) (*http.Response, error) {
	var body any
	if r.Body != nil {
		body = r.Body
	}
	w.calls[r.Method+" "+r.URL.Path] = true
	var headers []string
	for name, values := range r.Header {
		headers = append(headers, name, values[0])
	}
	a := w.srv.Do(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), r.Method, r.URL.RequestURI(), body, headers...)
	return &http.Response{StatusCode: a.Status, Header: a.Header, Body: io.NopCloser(bytes.NewReader(a.Body)), Request: r}, nil
}

// speaker is a conversation with a server in which nothing may fail unasked.
type speaker struct {
	*testing.T
	ctx             context.Context
	anyone, ada, bo *client.Client
	adaUser, boUser *client.User
}

func (s *speaker) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func (s *speaker) refused(err error, code string) {
	s.Helper()
	if client.CodeOf(err) != code {
		s.Errorf("got %v, want %s", err, code)
	}
}

// The client has a method for every operation of the API, and understands
// what the server answers.
func TestClientSpeaksTheWholeAPI(t *testing.T) {
	srv := campfiretest.New(t)
	w := &watched{srv, make(map[string]bool)}
	s := &speaker{T: t, ctx: patience(t), anyone: client.New(srv.URL, "").Over(&http.Client{Transport: w})}
	s.arrive()
	s.people()
	s.rooms()
	s.messages()
	s.bots()
	s.files(1)
	s.hooks(1)
	s.notifications(1)
	s.previews(1)
	s.must(s.bo.Logout(s.ctx))
	_, err := s.bo.Me(s.ctx)
	s.refused(err, "unauthenticated")

	operations, err := docs.Operations()
	s.must(err)
	parameter := regexp.MustCompile(`\{[^}]*\}`)
	for _, o := range operations {
		// What bots do under their key in a path, the client does with the key
		// as its token.
		// Incoming webhooks are posted to by programs that know Slack.
		if o.Path == "/api/openapi.json" || strings.HasPrefix(o.Path, "/rooms/") || strings.HasPrefix(o.Path, "/hooks/") {
			continue
		}
		path := regexp.MustCompile("^" + o.Method + " " + parameter.ReplaceAllString(o.Path, "[^/]+") + "$")
		called := false
		for c := range w.calls {
			called = called || path.MatchString(c)
		}
		if !called {
			t.Errorf("%s %s: the client has no method for it, or this test does not call it", o.Method, o.Path)
		}
	}
}

func (s *speaker) arrive() {
	needed, err := s.anyone.NeedsSetup(s.ctx)
	s.must(err)
	if !needed {
		s.Error("a new server needs no setup")
	}
	s.ada, s.adaUser, err = s.anyone.SetUp(s.ctx, "Ada", "ada@example.org", campfiretest.Password)
	s.must(err)
	account, err := s.ada.UpdateAccount(s.ctx, client.AccountPatch{Name: new("Tea"), Accent: new(120)})
	s.must(err)
	if account.Name != "Tea" || account.Accent != 120 {
		s.Errorf("account %+v", account)
	}
	code, err := s.ada.RenewJoinCode(s.ctx)
	s.must(err)
	account, err = s.ada.Account(s.ctx)
	s.must(err)
	if account.JoinCode != code {
		s.Errorf("join code %q, want the new one %q", account.JoinCode, code)
	}
	css, err := s.ada.SetStyles(s.ctx, "body { color: teal }")
	s.must(err)
	stored, err := s.ada.Styles(s.ctx)
	s.must(err)
	if css != "body { color: teal }" || stored != css {
		s.Errorf("styles %q, then %q", css, stored)
	}
	s.bo, s.boUser, err = s.anyone.Join(s.ctx, code, "Bo", "bo@example.org", campfiretest.Password)
	s.must(err)
	_, _, err = s.anyone.Join(s.ctx, code, "Bo", "bo@example.org", campfiretest.Password)
	s.refused(err, "conflict")
}

func (s *speaker) pictures() {
	var file bytes.Buffer
	s.must(png.Encode(&file, image.NewGray(image.Rect(0, 0, 8, 8))))
	before, err := s.bo.Me(s.ctx)
	s.must(err)
	after, err := s.bo.SetAvatar(s.ctx, file.Bytes())
	s.must(err)
	if after.AvatarURL == before.AvatarURL {
		s.Errorf("the picture's address is still %q", after.AvatarURL)
	}
	s.must(s.bo.DeleteAvatar(s.ctx))
	var made struct{ Bot client.User }
	s.must(s.ada.Do(s.ctx, "POST", "/api/bots", map[string]string{"name": "Beep"}, &made))
	_, err = s.ada.SetAvatarOf(s.ctx, made.Bot.ID, file.Bytes())
	s.must(err)
	s.must(s.ada.DeleteAvatarOf(s.ctx, made.Bot.ID))
	s.must(s.ada.Do(s.ctx, "DELETE", fmt.Sprintf("/api/bots/%d", made.Bot.ID), nil, nil))
	account, err := s.ada.SetLogo(s.ctx, file.Bytes())
	s.must(err)
	if account.LogoURL == "" {
		s.Error("the account has no logo")
	}
	s.must(s.ada.DeleteLogo(s.ctx))
}

func (s *speaker) people() {
	phone, _, err := s.anyone.Login(s.ctx, "bo@example.org", campfiretest.Password)
	s.must(err)
	me, err := phone.UpdateMe(s.ctx, client.ProfilePatch{Bio: new("Tea, mostly.")})
	s.must(err)
	again, err := s.bo.Me(s.ctx)
	s.must(err)
	if diff := cmp.Diff(me, again); diff != "" || me.Email != "bo@example.org" || me.Bio != "Tea, mostly." {
		s.Errorf("Bo is %+v (-changed +asked):\n%s", me, diff)
	}

	s.pictures()

	sessions, err := s.bo.Sessions(s.ctx)
	s.must(err)
	i := slices.IndexFunc(sessions, func(x client.Session) bool { return !x.Current })
	if len(sessions) != 2 || i < 0 {
		s.Fatalf("sessions %+v", sessions)
	}
	s.must(s.bo.EndSession(s.ctx, sessions[i].ID))
	_, err = phone.Me(s.ctx)
	s.refused(err, "unauthenticated")

	token, secret, err := s.bo.CreateToken(s.ctx, "script", "read")
	s.must(err)
	_, err = s.bo.As(secret).Me(s.ctx)
	s.must(err)
	tokens, err := s.bo.Tokens(s.ctx)
	s.must(err)
	if len(tokens) != 1 || tokens[0].ID != token.ID || tokens[0].Name != "script" {
		s.Errorf("tokens %+v", tokens)
	}
	s.must(s.bo.DeleteToken(s.ctx, token.ID))

	own, err := s.bo.CreateTransfer(s.ctx)
	s.must(err)
	others, err := s.ada.CreateTransferFor(s.ctx, s.boUser.ID)
	s.must(err)
	for _, link := range []*client.Transfer{own, others} {
		if !strings.Contains(link.URL, "/transfer/") || link.ExpiresAt.IsZero() {
			s.Errorf("sign-in link %+v", link)
		}
	}

	u, err := s.ada.SetRole(s.ctx, s.boUser.ID, "administrator")
	s.must(err)
	if u.Role != "administrator" {
		s.Errorf("role %q", u.Role)
	}
	_, err = s.ada.SetRole(s.ctx, s.boUser.ID, "member")
	s.must(err)
	if u, err = s.ada.User(s.ctx, s.boUser.ID); err != nil || u.Name != "Bo" || u.Role != "member" {
		s.Errorf("Bo is %+v, %v", u, err)
	}

	account, err := s.ada.Account(s.ctx)
	s.must(err)
	_, cy, err := s.anyone.Join(s.ctx, account.JoinCode, "Cy", "cy@example.org", campfiretest.Password)
	s.must(err)
	s.must(s.ada.Ban(s.ctx, cy.ID))
	s.must(s.ada.Unban(s.ctx, cy.ID))
	s.must(s.ada.Deactivate(s.ctx, cy.ID))
	var names []string
	for u, err := range s.ada.Users(s.ctx, client.UserQuery{Room: 1}) {
		s.must(err)
		names = append(names, u.Name)
	}
	if diff := cmp.Diff([]string{"Ada", "Bo"}, names); diff != "" {
		s.Errorf("people (-want +got):\n%s", diff)
	}
}

func (s *speaker) bots() {
	made, err := s.ada.CreateBot(s.ctx, "Bot", "http://127.0.0.1:1/")
	s.must(err)
	id := made.Bot.ID
	bot, err := s.anyone.As(made.Key).Me(s.ctx)
	s.must(err)
	if bot.Role != "bot" || bot.ID != id {
		s.Errorf("the bot is %+v", bot)
	}
	changed, err := s.ada.UpdateBot(s.ctx, id, client.BotPatch{Name: new("Robot")})
	s.must(err)
	bots, err := s.ada.Bots(s.ctx)
	s.must(err)
	if diff := cmp.Diff([]client.Bot{*changed}, bots); diff != "" || changed.Name != "Robot" || changed.WebhookURL != "http://127.0.0.1:1/" {
		s.Errorf("bots (-changed +listed):\n%s", diff)
	}
	test, err := s.ada.TestWebhook(s.ctx, id)
	s.must(err)
	tries, _, err := s.ada.Deliveries(s.ctx, id, "")
	s.must(err)
	if len(tries) != 1 || test.Outcome != "given_up" || tries[0].Outcome != test.Outcome || test.Status != 0 {
		s.Errorf("test %+v, log %+v", test, tries)
	}
	s.refused(s.ada.ReplayDelivery(s.ctx, id, tries[0].ID), "conflict")
	key, err := s.ada.RenewBotKey(s.ctx, id)
	s.must(err)
	_, err = s.anyone.As(made.Key).Me(s.ctx)
	s.refused(err, "unauthenticated")
	_, err = s.anyone.As(key).Me(s.ctx)
	s.must(err)
	secret, err := s.ada.RenewWebhookSecret(s.ctx, id)
	s.must(err)
	if secret == made.WebhookSecret {
		s.Error("the new secret is the old one")
	}
	s.must(s.ada.DeleteBot(s.ctx, id))
	_, err = s.anyone.As(key).Me(s.ctx)
	s.refused(err, "unauthenticated")
}

func (s *speaker) rooms() {
	room, err := s.ada.CreateRoom(s.ctx, "closed", "Kitchen", s.boUser.ID)
	s.must(err)
	room, err = s.ada.UpdateRoom(s.ctx, room.ID, client.RoomPatch{Name: new("Pantry"), Kind: new("open")})
	s.must(err)
	if room.Name != "Pantry" || room.Kind != "open" || room.MemberCount != 2 {
		s.Errorf("room %+v", room)
	}
	s.must(s.bo.RemoveMember(s.ctx, room.ID, s.boUser.ID))
	open, err := s.bo.OpenRooms(s.ctx)
	s.must(err)
	mine, err := s.bo.Rooms(s.ctx)
	s.must(err)
	if len(open) != 2 || len(mine) != 1 {
		s.Errorf("after leaving one of two rooms: %d open, %d one's own", len(open), len(mine))
	}
	_, err = s.bo.JoinRoom(s.ctx, room.ID)
	s.must(err)
	s.must(s.ada.RemoveMember(s.ctx, room.ID, s.boUser.ID))
	s.must(s.ada.AddMember(s.ctx, room.ID, s.boUser.ID))
	room, err = s.bo.SetInvolvement(s.ctx, room.ID, "everything")
	s.must(err)
	members, err := s.ada.Members(s.ctx, room.ID)
	s.must(err)
	if len(members) != 2 || room.Involvement != "everything" {
		s.Errorf("members %+v, involvement %q", members, room.Involvement)
	}
	m, err := s.ada.Post(s.ctx, room.ID, client.Draft{Body: "Who ate the jam?"})
	s.must(err)
	s.must(s.bo.MarkRead(s.ctx, room.ID, m.Seq))
	s.must(s.bo.MarkUnread(s.ctx, room.ID, m.ID))
	if room, err = s.bo.Room(s.ctx, room.ID); err != nil || room.UnreadCount != 1 || room.Seq != m.Seq || room.LastMessageAt == nil {
		s.Errorf("room %+v, %v", room, err)
	}
	direct, err := s.ada.CreateRoom(s.ctx, "direct", "", s.boUser.ID)
	s.must(err)
	same, err := s.bo.CreateRoom(s.ctx, "direct", "", s.adaUser.ID)
	s.must(err)
	if same.ID != direct.ID || direct.Name != "" || len(same.Users) != 1 || same.Users[0].Name != "Ada" {
		s.Errorf("directs %+v and %+v", direct, same)
	}
	s.must(s.ada.DeleteRoom(s.ctx, room.ID))
	all, err := s.ada.AllRooms(s.ctx)
	s.must(err)
	if len(all) != 1 {
		s.Errorf("%d shared rooms, want 1", len(all))
	}
}

// files uploads in pieces, posts and reads again what was uploaded.
func (s *speaker) files(room int64) {
	content := strings.Repeat("0123456789", 150_000) // more than one piece
	id, err := s.ada.Upload(s.ctx, "../numbers.txt", int64(len(content)), strings.NewReader(content))
	s.must(err)
	u, err := s.ada.UploadState(s.ctx, id)
	s.must(err)
	if u.Offset != u.ByteSize || u.ByteSize != int64(len(content)) || u.Filename != "numbers.txt" {
		s.Errorf("upload %+v", u)
	}
	m, err := s.ada.Post(s.ctx, room, client.Draft{UploadIDs: []int64{id}})
	s.must(err)
	if len(m.Attachments) != 1 || m.Attachments[0].ByteSize != u.ByteSize || m.Attachments[0].URL == "" || m.Plain != "numbers.txt" {
		s.Fatalf("message %+v", m)
	}
	r, err := s.bo.Download(s.ctx, m.Attachments[0])
	s.must(err)
	got, err := io.ReadAll(r)
	r.Close()
	s.must(err)
	if string(got) != content {
		s.Errorf("%d bytes came back, want %d", len(got), len(content))
	}
	_, err = s.bo.Download(s.ctx, client.File{ID: 99})
	s.refused(err, "not_found")

	other, err := s.ada.BeginUpload(s.ctx, "b.txt", 10)
	s.must(err)
	s.must(s.ada.CancelUpload(s.ctx, other.ID))
	_, err = s.ada.SendPiece(s.ctx, other.ID, 0, strings.NewReader("x"))
	s.refused(err, "not_found")
}

func (s *speaker) hooks(room int64) {
	made, err := s.ada.CreateHook(s.ctx, room, "Alerts")
	s.must(err)
	hooks, err := s.ada.Hooks(s.ctx, room)
	s.must(err)
	if made.URL == "" || len(hooks) != 1 || hooks[0].ID != made.ID || hooks[0].Name != "Alerts" || hooks[0].LastUsedAt != nil || hooks[0].URL != "" {
		s.Errorf("made %+v, listed %+v", made, hooks)
	}
	s.must(s.ada.DeleteHook(s.ctx, room, made.ID))
	s.refused(s.ada.DeleteHook(s.ctx, room, made.ID), "not_found")
}

func (s *speaker) notifications(room int64) {
	key, err := s.bo.PushKey(s.ctx)
	s.must(err)
	device, err := s.bo.Subscribe(s.ctx, client.PushSubscription{Endpoint: "https://push.invalid/1",
		Keys: client.PushKeys{P256DH: key, Auth: "AAAAAAAAAAAAAAAAAAAAAA"}}) // any point of the curve will do
	s.must(err)
	devices, err := s.bo.Devices(s.ctx)
	s.must(err)
	if len(devices) != 1 || devices[0].ID != device.ID {
		s.Errorf("subscribed %+v, listed %+v", device, devices)
	}
	s.must(s.bo.TestDevice(s.ctx, device.ID))
	want := client.Notifications{TimeZone: "Europe/Berlin", Keywords: []string{"kettle"},
		QuietHours: []client.QuietHours{{Days: []string{"monday"}, From: "22:00", To: "07:00"}}}
	set, err := s.bo.SetNotifications(s.ctx, want)
	s.must(err)
	got, err := s.bo.Notifications(s.ctx)
	s.must(err)
	if diff := cmp.Diff(&want, got); diff != "" || !cmp.Equal(set, got) {
		s.Errorf("settings (-set +got):\n%s", diff)
	}
	m, err := s.bo.Post(s.ctx, room, client.Draft{Body: "mine"})
	s.must(err)
	why, err := s.bo.WhyNotified(s.ctx, room, m.ID)
	s.must(err)
	if why.Notified || why.Rule != "author" || why.Detail == "" {
		s.Errorf("told of one's own message: %+v", why)
	}
	s.must(s.bo.Unsubscribe(s.ctx, device.ID))
}

func (s *speaker) previews(room int64) {
	preview, err := s.bo.Unfurl(s.ctx, "http://127.0.0.1:1/") // inside: nobody is asked
	s.must(err)
	m, err := s.bo.Post(s.ctx, room, client.Draft{Body: "no link"})
	s.must(err)
	seq, err := s.bo.RemovePreviews(s.ctx, room, m.ID)
	s.must(err)
	if preview != nil || seq < m.Seq {
		s.Errorf("preview %+v, number %d", preview, seq)
	}
	links, err := s.bo.Links(s.ctx, "see https://example.org/tea")
	s.must(err)
	if len(links) != 0 { // this server shows none
		s.Errorf("links %q", links)
	}
}

func (s *speaker) messages() {
	const room = 1
	first, err := s.ada.Post(s.ctx, room, client.Draft{ClientMessageID: "a",
		Body: fmt.Sprintf("Kettle's **on**, <@%d>! https://example.org #tea", s.boUser.ID)})
	s.must(err)
	again, err := s.ada.PostSurely(s.ctx, room, client.Draft{Body: first.Body, ClientMessageID: "a"})
	s.must(err)
	if diff := cmp.Diff(first, again); diff != "" {
		s.Errorf("the same draft again (-first +second):\n%s", diff)
	}
	if first.HTML == "" || first.Plain == "" || len(first.Mentions) != 1 || len(first.URLs) != 1 || len(first.Hashtags) != 1 || first.CreatedAt.IsZero() {
		s.Errorf("message %+v", first)
	}
	mentions, _, err := s.bo.Mentions(s.ctx, 0, 10)
	s.must(err)
	if len(mentions) != 1 || mentions[0].ID != first.ID {
		s.Errorf("mentions %+v", mentions)
	}
	drafts := []client.Draft{{Body: "two"}, {Body: ""}, {Body: "three", ReplyTo: first.ID}}
	results, err := s.bo.PostBatch(s.ctx, room, drafts)
	s.must(err)
	if results[0].Message == nil || results[1].Error == nil || results[1].Error.Code != "invalid" || results[2].Message.ReplyTo != first.ID {
		s.Errorf("batch %+v", results)
	}
	if drafts[0].ClientMessageID != "" {
		s.Error("the caller's drafts were changed")
	}

	edited, err := s.ada.Edit(s.ctx, room, first.ID, "Kettle's off.", first.Version)
	s.must(err)
	if edited.EditedAt == nil || edited.Version <= first.Version || edited.Seq != first.Seq {
		s.Errorf("edited %+v", edited)
	}
	_, err = s.ada.Edit(s.ctx, room, first.ID, "stale", first.Version)
	s.refused(err, "conflict")
	if e, ok := err.(*client.Error); ok {
		if diff := cmp.Diff(edited, e.Message); diff != "" {
			s.Errorf("a stale edit came with (-current +got):\n%s", diff)
		}
	}
	boost, err := s.bo.Boost(s.ctx, room, first.ID, "👍")
	s.must(err)
	if got, err := s.bo.Message(s.ctx, room, first.ID); err != nil || len(got.Boosts) != 1 || got.Boosts[0].Booster.Name != "Bo" {
		s.Errorf("boosted %+v, %v", got, err)
	}
	seq, err := s.bo.Unboost(s.ctx, room, first.ID, boost.ID)
	s.must(err)
	deleted, err := s.bo.Delete(s.ctx, room, results[0].Message.ID)
	s.must(err)
	if seq != 6 || deleted != 7 {
		s.Errorf("numbers %d and %d, want 6 and 7", seq, deleted)
	}
	s.log(first.ID)

	hits, more, err := s.bo.Search(s.ctx, client.SearchQuery{Text: "kettle", Room: room, ByRelevance: true})
	s.must(err)
	if len(hits) != 1 || more || hits[0].Message.ID != first.ID || hits[0].Snippet == "" {
		s.Errorf("search found %+v", hits)
	}
	_, err = s.bo.Searches(s.ctx)
	s.must(err)
	s.must(s.bo.ClearSearches(s.ctx))
}

// log reads what the seven changes left.
func (s *speaker) log(first int64) {
	events, err := s.bo.Events(s.ctx, 1, client.EventQuery{Limit: 3})
	s.must(err)
	page, err := s.bo.Messages(s.ctx, 1, client.PageQuery{Around: first, Limit: 10})
	s.must(err)
	if len(events.Events) != 3 || !events.More || events.Seq != 7 || events.Epoch != page.Epoch || page.Seq != 7 {
		s.Errorf("events %+v beside a page at %d of %q", events, page.Seq, page.Epoch)
	}
	_, err = s.bo.Events(s.ctx, 1, client.EventQuery{Since: 1, Epoch: "another"})
	s.refused(err, "resync")
}

// The iterators give every message of a room once, whichever way they go.
func TestHistoryGoesBothWays(t *testing.T) {
	srv := campfiretest.New(t)
	ctx := patience(t)
	ada := client.New(srv.URL, srv.SetUp())
	var want []int64
	for range 3 {
		drafts := make([]client.Draft, 70)
		for i := range drafts {
			drafts[i].Body = fmt.Sprintf("message %d", i)
		}
		results, err := ada.PostBatch(ctx, 1, drafts)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range results {
			want = append(want, r.Message.ID)
		}
	}
	var down, up []int64
	for m, err := range ada.HistoryAfter(ctx, 1, want[0]) {
		if err != nil {
			t.Fatal(err)
		}
		down = append(down, m.ID)
	}
	for m, err := range ada.History(ctx, 1) {
		if err != nil {
			t.Fatal(err)
		}
		up = append(up, m.ID)
	}
	slices.Reverse(up)
	if diff := cmp.Diff(want[1:], down); diff != "" {
		t.Errorf("after the first one (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, up); diff != "" {
		t.Errorf("newest first, reversed (-want +got):\n%s", diff)
	}
	for range ada.History(ctx, 1) {
		break // may stop anywhere
	}
	for _, err := range ada.HistoryAfter(ctx, 99, want[0]) {
		if client.CodeOf(err) != "not_found" {
			t.Errorf("a foreign room: %v", err)
		}
	}
	for _, err := range ada.HistoryAfter(ctx, 1, 0) {
		if err == nil {
			t.Error("after no message: messages came")
		}
	}
}
