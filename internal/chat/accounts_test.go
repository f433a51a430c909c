package chat_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"campfire"
	"campfire/internal/chat"
)

func TestSetupHappensOnceEvenWhenRaced(t *testing.T) {
	w := newWorld(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			_, err := w.Setup(t.Context(), chat.SetupInput{Name: "Bo", Email: "bo@example.org", Password: password}, from)
			wantCode(t, err, campfire.CodeConflict)
		})
	}
	wg.Wait()
	if rooms, _ := w.Rooms(t.Context(), w.ada, chat.ScopeMine); len(rooms) != 1 || rooms[0].Name != chat.FirstRoom {
		t.Errorf("rooms after setup: %v", rooms)
	}
}

func TestJoinLink(t *testing.T) {
	w := newWorld(t)
	account, _ := w.Account(t.Context())
	w.room(w.ada, campfire.Open)
	w.room(w.ada, campfire.Closed)

	bo := w.join("bo")
	rooms, err := w.Rooms(t.Context(), bo, chat.ScopeMine)
	if err != nil || len(rooms) != 2 {
		t.Errorf("a new member is in %d rooms (%v), want the two open ones", len(rooms), err)
	}
	in := chat.JoinInput{Name: "Bo 2", Email: "BO@example.org", Password: password}
	_, err = w.Join(t.Context(), account.JoinCode, in, from)
	wantCode(t, err, campfire.CodeConflict)
	_, err = w.Join(t.Context(), strings.ToLower(account.JoinCode), in, from)
	wantCode(t, err, campfire.CodeNotFound)

	code, err := w.RenewJoinCode(t.Context(), w.ada)
	if err != nil || code == account.JoinCode {
		t.Fatalf("new code %q, %v", code, err)
	}
	wantCode(t, w.CheckJoinCode(t.Context(), account.JoinCode), campfire.CodeNotFound)
	if err := w.CheckJoinCode(t.Context(), code); err != nil {
		t.Error(err)
	}
	_, err = w.RenewJoinCode(t.Context(), bo)
	wantCode(t, err, campfire.CodeForbidden)
}

func TestLoginFailsInOneWay(t *testing.T) {
	w := newWorld(t)
	w.join("bo")
	var texts []string
	for _, c := range []struct{ email, password string }{
		{"ada@example.org", "wrong password"}, {"nobody@example.org", password}, {"", ""}, {"ada@example.org", ""},
	} {
		_, err := w.Login(t.Context(), c.email, c.password, from)
		wantCode(t, err, campfire.CodeUnauthenticated)
		texts = append(texts, err.Error())
	}
	for _, s := range texts {
		if s != texts[0] {
			t.Errorf("failures differ: %q and %q", texts[0], s)
		}
	}
	in, err := w.Login(t.Context(), " ADA@example.org ", password, from)
	if err != nil {
		t.Fatal(err)
	}
	if a := w.actor(in); a.ID != w.ada.ID || !a.IsAdministrator() {
		t.Errorf("signed in as %+v", a)
	}
}

func TestLoginIsLimitedPerAddressAndMail(t *testing.T) {
	w := newWorld(t, func(l *chat.Limits) { l.RateLogin = chat.DefaultLimits().RateLogin })
	for range 10 {
		_, err := w.Login(t.Context(), "ada@example.org", "wrong password", from)
		wantCode(t, err, campfire.CodeUnauthenticated)
	}
	_, err := w.Login(t.Context(), "Ada@example.org", password, from)
	wantCode(t, err, campfire.CodeRateLimited)
	if _, err := w.Login(t.Context(), "ada@example.org", password, chat.Client{IP: "198.51.100.1"}); err != nil {
		t.Errorf("from another address: %v", err)
	}
}

func TestSessionsEndAndExpire(t *testing.T) {
	w := newWorld(t)
	bo := w.join("bo")
	in, err := w.Login(t.Context(), "bo@example.org", password, chat.Client{IP: "192.0.2.9", UserAgent: "phone"})
	if err != nil {
		t.Fatal(err)
	}
	phone := w.actor(in)
	list, err := w.Sessions(t.Context(), bo)
	if err != nil || len(list) != 2 {
		t.Fatalf("%d sessions, %v; want 2", len(list), err)
	}
	wantCode(t, w.EndSession(t.Context(), w.ada, phone.Credential), campfire.CodeNotFound)
	if err := w.EndSession(t.Context(), bo, phone.Credential); err != nil {
		t.Fatal(err)
	}
	_, err = w.Authenticate(t.Context(), in.Secret.Reveal(), from)
	wantCode(t, err, campfire.CodeUnauthenticated)
	if ended := heard[*campfire.CredentialEnded](w); len(ended) != 1 || ended[0].Credential != phone.Credential {
		t.Errorf("published ends: %v", ended)
	}
	wantCode(t, w.Alive(t.Context(), phone), campfire.CodeUnauthenticated)

	again, _ := w.Login(t.Context(), "bo@example.org", password, from)
	w.pass(31 * 24 * time.Hour)
	_, err = w.Authenticate(t.Context(), again.Secret.Reveal(), from)
	wantCode(t, err, campfire.CodeUnauthenticated)
}

func TestOldestSessionEndsBeyondTheLimit(t *testing.T) {
	w := newWorld(t, func(l *chat.Limits) { l.MaxSessions = 3 })
	first, err := w.Login(t.Context(), "ada@example.org", password, from)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		w.pass(time.Minute)
		if _, err := w.Login(t.Context(), "ada@example.org", password, from); err != nil {
			t.Fatal(err)
		}
	}
	_, err = w.Authenticate(t.Context(), first.Secret.Reveal(), from)
	wantCode(t, err, campfire.CodeUnauthenticated)
	if n := len(heard[*campfire.CredentialEnded](w)); n != 2 {
		t.Errorf("%d sessions ended, want the two oldest of five", n)
	}
}

func TestForgedSecretsAreNobody(t *testing.T) {
	w := newWorld(t)
	for _, secret := range []string{"", "1-", "1", "-", "1-" + strings.Repeat("a", 12), strings.Repeat("x", 10<<10), "\xff"} {
		_, err := w.Authenticate(t.Context(), secret, from)
		wantCode(t, err, campfire.CodeUnauthenticated)
	}
}

func TestNewPasswordAsksForTheOldAndEndsOtherSessions(t *testing.T) {
	w := newWorld(t)
	bo := w.join("bo")
	other, _ := w.Login(t.Context(), "bo@example.org", password, from)
	_, tokenSecret, err := w.CreateToken(t.Context(), bo, "script", campfire.AllScopes)
	if err != nil {
		t.Fatal(err)
	}

	_, err = w.UpdateMe(t.Context(), bo, chat.MePatch{Password: new("another password")})
	wantCode(t, err, campfire.CodeInvalid)
	_, err = w.UpdateMe(t.Context(), bo, chat.MePatch{Password: new("another password"), CurrentPassword: new("a wrong one")})
	wantCode(t, err, campfire.CodeInvalid)
	if _, err := w.UpdateMe(t.Context(), bo, chat.MePatch{Password: new("another password"), CurrentPassword: new(password)}); err != nil {
		t.Fatal(err)
	}
	_, err = w.Authenticate(t.Context(), other.Secret.Reveal(), from)
	wantCode(t, err, campfire.CodeUnauthenticated)
	if err := w.Alive(t.Context(), bo); err != nil {
		t.Errorf("the session that changed it: %v", err)
	}
	if _, err := w.Authenticate(t.Context(), tokenSecret.Reveal(), from); err != nil {
		t.Errorf("an access token: %v", err)
	}
	_, err = w.Login(t.Context(), "bo@example.org", password, from)
	wantCode(t, err, campfire.CodeUnauthenticated)
	if _, err := w.Login(t.Context(), "bo@example.org", "another password", from); err != nil {
		t.Error(err)
	}
}

func TestTransferLinkSignsInOnce(t *testing.T) {
	w := newWorld(t)
	bo := w.join("bo")
	_, err := w.CreateTransfer(t.Context(), bo, w.ada.ID)
	wantCode(t, err, campfire.CodeForbidden)
	link, err := w.CreateTransfer(t.Context(), w.ada, bo.ID)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // looking doesn't use it up
		if u, err := w.CheckTransfer(t.Context(), link.Secret.Reveal()); err != nil || u.ID != bo.ID {
			t.Fatalf("link signs in %v, %v", u, err)
		}
	}
	var wg sync.WaitGroup
	won := make(chan *chat.SignedIn, 8)
	for range 8 {
		wg.Go(func() {
			if in, err := w.RedeemTransfer(t.Context(), link.Secret.Reveal(), from); err == nil {
				won <- in
			}
		})
	}
	wg.Wait()
	if len(won) != 1 {
		t.Fatalf("%d sign-ins by one link, want 1", len(won))
	}
	// Its owner has lost the password: they may set a new one, for a while.
	a := w.actor(<-won)
	if _, err := w.UpdateMe(t.Context(), a, chat.MePatch{Password: new("found again 123")}); err != nil {
		t.Errorf("new password after a link: %v", err)
	}
	w.pass(31 * time.Minute)
	_, err = w.UpdateMe(t.Context(), a, chat.MePatch{Password: new("and once more 1")})
	wantCode(t, err, campfire.CodeInvalid)

	late, _ := w.CreateTransfer(t.Context(), bo, bo.ID)
	if late != nil {
		w.pass(4*time.Hour + time.Second)
		_, err = w.RedeemTransfer(t.Context(), late.Secret.Reveal(), from)
		wantCode(t, err, campfire.CodeNotFound)
	}
}

func TestUsesOfCredentialsAreStoredLater(t *testing.T) {
	w := newWorld(t)
	in, _ := w.Login(t.Context(), "ada@example.org", password, from)
	w.pass(20 * 24 * time.Hour)
	if _, err := w.Authenticate(t.Context(), in.Secret.Reveal(), chat.Client{IP: "192.0.2.55"}); err != nil {
		t.Fatal(err)
	}
	w.background(func() bool { return true }) // stopping stores what was noted
	w.pass(20 * 24 * time.Hour)
	// 40 days after signing in, 20 after the last use: alive.
	a, err := w.Authenticate(t.Context(), in.Secret.Reveal(), from)
	if err != nil {
		t.Fatal(err)
	}
	list, _ := w.Sessions(t.Context(), a)
	if len(list) == 0 || list[0].IP != "192.0.2.55" {
		t.Errorf("sessions: %+v", list)
	}
}

func TestOtherSessionsEndAlone(t *testing.T) {
	w := newWorld(t)
	first, err := w.Login(t.Context(), "ada@example.org", password, from)
	if err != nil {
		t.Fatal(err)
	}
	_, token, err := w.CreateToken(t.Context(), w.ada, "script", campfire.AllScopes)
	if err != nil {
		t.Fatal(err)
	}
	bo := w.join("bo")
	if err := w.EndOtherSessions(t.Context(), w.ada); err != nil {
		t.Fatal(err)
	}
	_, err = w.Authenticate(t.Context(), first.Secret.Reveal(), from)
	wantCode(t, err, campfire.CodeUnauthenticated)
	if _, err := w.Authenticate(t.Context(), token.Reveal(), from); err != nil {
		t.Errorf("a token ended with the sessions: %v", err)
	}
	for _, a := range []campfire.Actor{w.ada, bo} {
		if list, err := w.Sessions(t.Context(), a); err != nil || len(list) != 1 || list[0].ID != a.Credential {
			t.Errorf("%s has %d sessions, %v", a.Name, len(list), err)
		}
	}
}

func TestStylesChangeWithTheirVersion(t *testing.T) {
	w := newWorld(t)
	css, err := w.SetStyles(t.Context(), w.ada, " a {\r\n\tcolor: red\r} \n")
	if err != nil || css != "a {\n\tcolor: red\n}" {
		t.Fatalf("%q, %v", css, err)
	}
	account, err := w.Account(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	stored, version, err := w.Styles(t.Context())
	if err != nil || stored != css || version == "" || account.Styles != version {
		t.Errorf("%q as %q, the account has %q, %v", stored, version, account.Styles, err)
	}
	// Other settings leave it; it leaves them.
	if _, err := w.UpdateAccount(t.Context(), w.ada, chat.AccountPatch{Name: new("Tea")}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.SetStyles(t.Context(), w.ada, ""); err != nil {
		t.Fatal(err)
	}
	if account, err = w.Account(t.Context()); err != nil || account.Styles != "" || account.Name != "Tea" {
		t.Errorf("%+v, %v", account, err)
	}
	told := heard[*campfire.AccountUpdated](w)
	if n := len(told); n < 3 || told[n-3].Account.Styles != version || told[n-2].Account.Styles != version || told[n-1].Account.Styles != "" {
		t.Errorf("told of %d changes", n)
	}
	_, err = w.SetStyles(t.Context(), w.join("bo"), "a{}")
	wantCode(t, err, campfire.CodeForbidden)
}
