package server_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"campfire/internal/campfiretest"
	"campfire/internal/webpush/webpushtest"
)

// allowLocal lets pushes go to this machine.
const allowLocal = "CAMPFIRE_OUTBOUND_ALLOW=127.0.0.0/8:*"

// soon is how long a push may take: 2 s until it is decided, 10 s for who is
// watching, and a slow machine.
const soon = 40 * time.Second

// subscribe makes a device of a person, and returns its id.
func subscribe(t *testing.T, s *campfiretest.Server, token string, d *webpushtest.Device) int64 {
	t.Helper()
	var in struct{ Subscription struct{ ID int64 } }
	s.Do(token, "POST", "/api/users/me/push_subscriptions", d.JSON(), "User-Agent", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", "Accept-Language", "en").Want(201).JSON(&in)
	return in.Subscription.ID
}

// hall returns the first room.
func hall(s *campfiretest.Server, token string) int64 {
	var in struct{ Rooms []struct{ ID int64 } }
	s.Do(token, "GET", "/api/rooms", nil).Want(200).JSON(&in)
	return in.Rooms[0].ID
}

func sayID(s *campfiretest.Server, token string, room int64, body string) int64 {
	var in struct{ Message struct{ ID int64 } }
	s.Do(token, "POST", fmt.Sprintf("/api/rooms/%d/messages", room), map[string]string{"body": body}).Want(201).JSON(&in)
	return in.Message.ID
}

// explanation is the answer to why someone was told, or not.
type explanation struct {
	Notified   bool
	Rule       string
	Detail     string
	Deliveries []struct {
		Outcome, Detail string
		Status          int
		UserAgent       string `json:"user_agent"`
	}
}

func why(s *campfiretest.Server, token string, room, message int64) explanation {
	var in struct{ Notification explanation }
	s.Do(token, "GET", fmt.Sprintf("/api/rooms/%d/messages/%d/notification", room, message), nil).Want(200).JSON(&in)
	return in.Notification
}

func TestAMentionArrivesOnEveryDevice(t *testing.T) {
	s := campfiretest.New(t, allowLocal)
	ada := s.SetUp()
	bob := s.Join(ada, "Bob")
	room := hall(s, ada)
	service := webpushtest.New(t)
	phone, laptop := service.Device(), service.Device()
	subscribe(t, s, bob, phone)
	subscribe(t, s, bob, laptop)

	quiet := sayID(s, ada, room, "nothing for anyone")
	message := sayID(s, ada, room, "@Bob tea?")
	for _, d := range []*webpushtest.Device{phone, laptop} {
		got := d.Wait(soon, "the mention", func(got []webpushtest.Received) bool { return len(got) == 1 })[0]
		if got.Title != "All Talk" || got.Body != "Ada: @Bob tea?" || got.Urgency != "high" || got.Badge != 1 ||
			got.Path != fmt.Sprintf("/rooms/%d/@%d", room, message) || got.Topic == "" || got.Tag == "" {
			t.Errorf("got %+v", got)
		}
	}
	if e := why(s, bob, room, quiet); e.Notified || e.Rule != "not_mentioned" {
		t.Errorf("%+v", e)
	}
	if e := why(s, ada, room, message); e.Notified || e.Rule != "author" {
		t.Errorf("%+v", e)
	}
	// The log is written a moment after the push service answers.
	var e explanation
	eventually(t, "both deliveries to be logged", func() bool {
		e = why(s, bob, room, message)
		return len(e.Deliveries) == 2 && e.Deliveries[0].Outcome == "done" && e.Deliveries[1].Outcome == "done"
	})
	if !e.Notified || e.Rule != "mention" || e.Deliveries[0].Status != 201 || !strings.Contains(e.Deliveries[0].UserAgent, "Firefox") {
		t.Errorf("%+v", e)
	}
	var list struct {
		Subscriptions []struct {
			LastSuccessAt *string `json:"last_success_at"`
		}
	}
	s.Do(bob, "GET", "/api/users/me/push_subscriptions", nil).Want(200).JSON(&list)
	if len(list.Subscriptions) != 2 || list.Subscriptions[0].LastSuccessAt == nil {
		t.Errorf("%+v", list)
	}
}

// A message's page leads to why one was told of it, or was not, without scripts;
// whoever can't read the message finds nothing.
func TestWhyIsTold(t *testing.T) {
	s := campfiretest.New(t, allowLocal)
	token := s.SetUp()
	bobs := s.Join(token, "Bob")
	ada, bob := visitor(t, s, token), visitor(t, s, bobs)
	room := hall(s, token)
	path := func(message int64) string {
		return fmt.Sprintf("/rooms/%d/messages/%d", room, message)
	}
	before := sayID(s, token, room, "before anyone could hear")
	has(t, bob.page(path(before)+"/edit"), fmt.Sprintf(`href="%s/notification">Why was I (not) notified?`, path(before)))
	has(t, bob.page(path(before)+"/notification"), "<title>Why was I (not) notified?", "You were not notified", "You had no device that takes notifications.",
		"before anyone could hear", `href="/notifications"`, fmt.Sprintf(`href="/rooms/%d/@%d"`, room, before))
	has(t, ada.page(path(before)+"/notification"), "You wrote the message.")

	d := webpushtest.New(t).Device()
	subscribe(t, s, bobs, d)
	d.AnswerStatus(1, 500, "")
	s.Do(bobs, "PUT", "/api/users/me/notifications", `{"keywords":["<kettle>"]}`).Want(200)
	message := sayID(s, token, room, "is the `<kettle>` on?")
	has(t, bob.page(path(message)+"/notification"), "It is not decided yet.")
	eventually(t, "the first try", func() bool { return len(why(s, bobs, room, message).Deliveries) == 2 })
	has(t, bob.page(path(message)+"/notification"), "You were not notified", "The message has one of your keywords: <kettle>", "Firefox on Linux",
		"The push service did not take it: no, says the push service. It is tried again.", "It is waiting to be sent.")
	hasNot(t, string(bob.get(path(message)+"/notification").Want(200).Body), "keywords: <kettle>") // it is no markup
	if e := why(s, bobs, room, message); e.Detail != "The message has one of your keywords: <kettle>" {
		t.Errorf("%+v", e)
	}

	german := visitor(t, s, bobs)
	german.cookie += "; campfire_lang=de"
	has(t, german.page(path(message)+"/notification"), "Du wurdest nicht benachrichtigt")
	var closed struct{ Room struct{ ID int64 } }
	s.Do(token, "POST", "/api/rooms", map[string]any{"kind": "closed", "name": "Closed"}).Want(201).JSON(&closed)
	secret := sayID(s, token, closed.Room.ID, "nothing for Bob")
	bob.get(fmt.Sprintf("/rooms/%d/messages/%d/notification", closed.Room.ID, secret)).Want(404)
	bob.get(path(secret) + "/notification").Want(404)
	if a := s.Do("", "GET", path(message)+"/notification", nil, "Accept", "text/html"); a.Status != 303 {
		t.Errorf("signed out: %d", a.Status)
	}
}

// eventually waits until ok holds, which something outside of the test makes so.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for over := time.After(soon); !ok(); {
		select {
		case <-again.C:
		case <-over:
			t.Fatalf("waited %v for %s", soon, what)
		}
	}
}

func TestADirectIsUrgentAndReadingCancels(t *testing.T) {
	s := campfiretest.New(t, allowLocal)
	ada := s.SetUp()
	bob := s.Join(ada, "Bob")
	service := webpushtest.New(t)
	d := service.Device()
	subscribe(t, s, bob, d)
	var in struct {
		Room struct{ ID, Seq int64 }
	}
	s.Do(ada, "POST", "/api/rooms", map[string]any{"kind": "direct", "user_ids": []int64{2}}).Want(201).JSON(&in)
	first := sayID(s, ada, in.Room.ID, "read at once")
	s.Do(bob, "PUT", fmt.Sprintf("/api/rooms/%d/read", in.Room.ID), map[string]int64{"seq": 1}).Want(204)
	second := sayID(s, ada, in.Room.ID, "not read")
	got := d.Wait(soon, "the second message", func(got []webpushtest.Received) bool { return len(got) == 1 })
	if got[0].Title != "Ada" || got[0].Body != "not read" || got[0].Urgency != "high" {
		t.Errorf("got %+v", got[0])
	}
	if e := why(s, bob, in.Room.ID, first); e.Notified || e.Rule != "read" {
		t.Errorf("%+v", e)
	}
	eventually(t, "the delivery to be logged", func() bool { return why(s, bob, in.Room.ID, second).Notified })
}

// Push services say no in all ways; only 404 and 410 end a subscription.
func TestWhatPushServicesAnswer(t *testing.T) {
	s := campfiretest.New(t, allowLocal, "CAMPFIRE_MAX_PUSH=11")
	ada := s.SetUp()
	bob := s.Join(ada, "Bob")
	room := hall(s, ada)
	service := webpushtest.New(t)
	devices := map[string]*webpushtest.Device{}
	for _, name := range []string{"400", "401", "403", "404", "410", "413", "429", "500", "redirect", "endless", "hang up"} {
		devices[name] = service.Device()
		subscribe(t, s, bob, devices[name])
	}
	for name, d := range devices {
		var status int
		if _, err := fmt.Sscan(name, &status); err == nil {
			d.AnswerStatus(1, status, map[string]string{"429": "1"}[name])
		}
	}
	elsewhere := service.Device()
	devices["redirect"].Answer(1, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.Endpoint, http.StatusTemporaryRedirect)
	})
	devices["endless"].Answer(1, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusCreated)
		for range 1 << 14 { // a gigabyte, were it read
			if _, err := w.Write(make([]byte, 1<<16)); err != nil {
				return
			}
		}
		t.Error("a gigabyte was read")
	})
	devices["hang up"].Answer(1, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })

	message := sayID(s, ada, room, "@Bob tea?")
	for name, d := range devices {
		d.WaitRefused(soon, 1)
		if name == "413" { // once more, shorter, at once
			got := d.Wait(soon, "the shorter one", func(got []webpushtest.Received) bool { return len(got) == 1 })
			if len(got[0].Plain) > 1024 {
				t.Errorf("the shorter push has %d bytes", len(got[0].Plain))
			}
		}
	}
	var e explanation
	var outcomes map[string]int
	eventually(t, "all tries to be logged", func() bool {
		e = why(s, bob, room, message)
		outcomes = map[string]int{}
		for _, d := range e.Deliveries {
			outcomes[fmt.Sprint(d.Outcome, " ", d.Status)]++
		}
		return len(e.Deliveries)-outcomes["waiting 0"] >= 11 && outcomes["failed 0"] > 0 // the last one: it is waited for
	})
	delete(outcomes, "waiting 0")
	for want, n := range map[string]int{"given_up 400": 1, "given_up 401": 1, "given_up 403": 1, "given_up 404": 1, "given_up 410": 1,
		"failed 429": 1, "failed 500": 1, "failed 0": 1, "given_up 307": 1} {
		if outcomes[want] != n {
			t.Errorf("%s: %d times, want %d; all: %v", want, outcomes[want], n, outcomes)
		}
	}
	if outcomes["done 201"] < 2 { // and what was tried again by now
		t.Errorf("all: %v", outcomes)
	}
	if len(elsewhere.Received()) > 0 {
		t.Error("a redirect was followed")
	}
	var list struct{ Subscriptions []struct{ ID int64 } }
	s.Do(bob, "GET", "/api/users/me/push_subscriptions", nil).Want(200).JSON(&list)
	if len(list.Subscriptions) != 9 {
		t.Errorf("%d subscriptions are left, want all but those of 404 and 410", len(list.Subscriptions))
	}
}

func TestSubscriptions(t *testing.T) {
	s := campfiretest.New(t, allowLocal, "CAMPFIRE_MAX_PUSH=2")
	ada := s.SetUp()
	bob := s.Join(ada, "Bob")
	service := webpushtest.New(t)
	count := func(token string) int {
		var list struct{ Subscriptions []struct{ ID int64 } }
		s.Do(token, "GET", "/api/users/me/push_subscriptions", nil).Want(200).JSON(&list)
		return len(list.Subscriptions)
	}
	one, two, three := service.Device(), service.Device(), service.Device()
	first := subscribe(t, s, bob, one)
	s.Do(bob, "POST", "/api/users/me/push_subscriptions", one.JSON()).Want(200)
	subscribe(t, s, bob, two)
	subscribe(t, s, bob, three)
	if n := count(bob); n != 2 {
		t.Errorf("%d devices, want 2: the oldest goes", n)
	}
	s.Do(bob, "DELETE", fmt.Sprintf("/api/users/me/push_subscriptions/%d", first), nil).Want(404)

	// A browser that somebody else signs in on is theirs from then on.
	taken := subscribe(t, s, ada, three)
	if n := count(bob); n != 1 {
		t.Errorf("%d devices of Bob after Ada subscribed his browser", n)
	}
	// Others' devices are not to be seen.
	for _, method := range []string{"DELETE /", "POST /test"} {
		verb, rest, _ := strings.Cut(method, " /")
		path := fmt.Sprintf("/api/users/me/push_subscriptions/%d", taken)
		if rest != "" {
			path += "/" + rest
		}
		s.Do(bob, verb, path, nil).Want(404)
	}
	s.Do(ada, "POST", fmt.Sprintf("/api/users/me/push_subscriptions/%d/test", taken), nil).Want(202)
	if got := three.Wait(soon, "the test", func(got []webpushtest.Received) bool { return len(got) == 1 })[0]; got.Title != "Campfire test" || got.Path != "/notifications" {
		t.Errorf("got %+v", got)
	}

	for field, body := range map[string]any{
		"endpoint":    map[string]any{"endpoint": "ftp://push.example.org", "keys": map[string]string{"p256dh": one.Key, "auth": one.Auth}},
		"keys.p256dh": map[string]any{"endpoint": one.Endpoint, "keys": map[string]string{"p256dh": one.Auth, "auth": one.Auth}},
		"keys.auth":   map[string]any{"endpoint": one.Endpoint, "keys": map[string]string{"p256dh": one.Key, "auth": one.Key}},
	} {
		if a := s.Do(bob, "POST", "/api/users/me/push_subscriptions", body).Want(422); !strings.Contains(string(a.Body), `"`+field+`"`) {
			t.Errorf("%s: %s", field, a.Body)
		}
	}
	var key struct{ Key string }
	s.Do(bob, "GET", "/api/push/key", nil).Want(200).JSON(&key)
	s.Restart()
	var again struct{ Key string }
	s.Do(bob, "GET", "/api/push/key", nil).Want(200).JSON(&again)
	if key.Key == "" || key != again {
		t.Errorf("the key was %q and is %q after a restart", key.Key, again.Key)
	}
	// Who signs a device out hears nothing on it any more.
	s.Do(bob, "POST", "/api/auth/logout", nil).Want(204)
	bob = signedIn(s, "bob@example.org")
	if n := count(bob); n != 0 {
		t.Errorf("%d devices are left after their session ended", n)
	}
}

func signedIn(s *campfiretest.Server, email string) string {
	var in struct{ Token string }
	s.Do("", "POST", "/api/auth/login", map[string]string{"email": email, "password": campfiretest.Password}).Want(200).JSON(&in)
	return in.Token
}

// A push service inside of our own network is not reached, and its subscriber
// learns no more than of one that is not there.
func TestSubscriptionsLeadNowhereInside(t *testing.T) {
	s := campfiretest.New(t)
	ada := s.SetUp()
	service := webpushtest.NewTLS(t)
	d := service.Device()
	id := subscribe(t, s, ada, d)
	s.Do(ada, "POST", fmt.Sprintf("/api/users/me/push_subscriptions/%d/test", id), nil).Want(202)
	var list struct {
		Subscriptions []struct {
			LastResult *struct{ Detail string } `json:"last_result"`
		}
	}
	eventually(t, "the result", func() bool {
		s.Do(ada, "GET", "/api/users/me/push_subscriptions", nil).Want(200).JSON(&list)
		return list.Subscriptions[0].LastResult != nil
	})
	if got := list.Subscriptions[0].LastResult.Detail; got != "unreachable" || len(d.Received())+d.Refused() > 0 {
		t.Errorf("%q; the push service got %d", got, len(d.Received()))
	}
}

func TestNotificationSettings(t *testing.T) {
	s := campfiretest.New(t)
	ada := s.SetUp()
	const path = "/api/users/me/notifications"
	if got := string(s.Do(ada, "GET", path, nil).Want(200).Body); got != `{"notifications":{"time_zone":"UTC","quiet_hours":[],"paused_until":null,"keywords":[]}}` {
		t.Errorf("at first: %s", got)
	}
	s.Do(ada, "PUT", path, `{"time_zone":"Europe/Berlin","quiet_hours":[{"days":["monday","friday"],"from":"22:00","to":"07:30"}],"paused_until":"2020-01-01T00:00:00Z","keywords":["Go", " go ","rust  lang"]}`).Want(200)
	const want = `{"notifications":{"time_zone":"Europe/Berlin","quiet_hours":[{"days":["monday","friday"],"from":"22:00","to":"07:30"}],"paused_until":null,"keywords":["Go","rust lang"]}}`
	if got := string(s.Do(ada, "GET", path, nil).Want(200).Body); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	s.Do(ada, "PUT", path, `{"keywords":[]}`).Want(200)
	for _, bad := range []string{`{"time_zone":"Berlin"}`, `{"time_zone":""}`, `{"time_zone":"../../etc/passwd"}`, `{"time_zone":"Local"}`, `{"quiet_hours":[{"days":[],"from":"22:00","to":"07:00"}]}`,
		`{"quiet_hours":[{"days":["someday"],"from":"22:00","to":"07:00"}]}`, `{"quiet_hours":[{"days":["monday"],"from":"24:00","to":"07:00"}]}`,
		`{"quiet_hours":[{"days":["monday"],"from":"7","to":"07:00"}]}`, `{"paused_until":"tomorrow"}`, `{"paused_until":"2999-01-01T00:00:00Z"}`, `{"keywords":[""]}`, `{"keywords":"x"}`, `{"mail":true}`} {
		s.Do(ada, "PUT", path, bad).Want(422)
	}
}
