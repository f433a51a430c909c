package chat_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"campfire"
	"campfire/internal/chat"
)

// What is remembered of the database must not outlive a change that was
// acknowledged: here each change follows on a look that is remembered.
func TestNothingRememberedOutlivesAChange(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	account, _ := w.Account(ctx)
	in, err := w.Join(ctx, account.JoinCode, chat.JoinInput{Name: "bo", Email: "bo@example.org", Password: password}, from)
	if err != nil {
		t.Fatal(err)
	}
	bo, secret := w.actor(in), in.Secret.Reveal()
	closed := w.room(w.ada, campfire.Closed, bo)
	m := w.post(bo, closed, "first")

	page := func(a campfire.Actor) []*campfire.Message {
		t.Helper()
		p, err := w.Messages(ctx, a, closed, chat.PageRequest{})
		if err != nil {
			t.Fatal(err)
		}
		return p.Messages
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	page(w.ada)
	w.post(bo, closed, "second")
	if got := page(w.ada); len(got) != 2 {
		t.Errorf("after a post: %d messages", len(got))
	}
	_, _, err = w.Edit(ctx, bo, closed, m.ID, "first, edited", 0)
	must(err)
	if got := page(w.ada)[0].Body; got != "first, edited" {
		t.Errorf("after an edit: %q", got)
	}
	b, _, _, err := w.Boost(ctx, w.ada, closed, m.ID, "!")
	must(err)
	if got := page(w.ada)[0].Boosts; len(got) != 1 {
		t.Errorf("after a boost: %v", got)
	}
	_, err = w.Unboost(ctx, w.ada, closed, m.ID, b.ID)
	must(err)
	if got := page(w.ada)[0].Boosts; len(got) != 0 {
		t.Errorf("after taking it back: %v", got)
	}
	_, err = w.UpdateMe(ctx, bo, chat.MePatch{Name: new("Bodil")})
	must(err)
	if got := page(w.ada)[0].Creator.Name; got != "Bodil" {
		t.Errorf("after a new name: %q", got)
	}
	if a, err := w.Authenticate(ctx, secret, from); err != nil || a.Name != "Bodil" {
		t.Errorf("after a new name the session is %q's, %v", a.Name, err)
	}
	_, err = w.Delete(ctx, bo, closed, m.ID)
	must(err)
	if got := page(bo); len(got) != 1 {
		t.Errorf("after a deletion: %d messages", len(got))
	}

	_, err = w.SetRole(ctx, w.ada, bo.ID, campfire.Administrator)
	must(err)
	if a, err := w.Authenticate(ctx, secret, from); err != nil || a.Role != campfire.Administrator {
		t.Errorf("after a new role: %v, %v", a.Role, err)
	}
	_, err = w.SetRole(ctx, w.ada, bo.ID, campfire.Member)
	must(err)
	if a, _ := w.Authenticate(ctx, secret, from); a.Role != campfire.Member {
		t.Errorf("after the role was taken away: %v", a.Role)
	}

	must(w.RemoveMember(ctx, w.ada, closed, bo.ID))
	_, err = w.Messages(ctx, bo, closed, chat.PageRequest{})
	wantCode(t, err, campfire.CodeNotFound)
	must(w.AddMember(ctx, w.ada, closed, bo.ID))
	page(bo)

	second, err := w.Login(ctx, "bo@example.org", password, from)
	must(err)
	other := w.actor(second)
	must(w.EndSession(ctx, bo, other.Credential))
	_, err = w.Authenticate(ctx, second.Secret.Reveal(), from)
	wantCode(t, err, campfire.CodeUnauthenticated)

	must(w.Ban(ctx, w.ada, bo.ID))
	if got := page(w.ada); len(got) != 0 {
		t.Errorf("after a ban: %d messages", len(got))
	}
	must(w.DeleteRoom(ctx, w.ada, closed))
	_, err = w.Messages(ctx, w.ada, closed, chat.PageRequest{})
	wantCode(t, err, campfire.CodeNotFound)

	cy, err := w.Join(ctx, account.JoinCode, chat.JoinInput{Name: "cy", Email: "cy@example.org", Password: password}, chat.Client{IP: "192.0.2.77"})
	must(err)
	w.actor(cy)
	w.pass(31 * 24 * 3600e9) // idle for too long, though remembered as alive
	_, err = w.Authenticate(ctx, cy.Secret.Reveal(), from)
	wantCode(t, err, campfire.CodeUnauthenticated)
}

// The hunt: people change things at once and look, each right after the
// answer, while others keep looking.
func TestPagesAreNeverStale(t *testing.T) {
	w := newWorld(t)
	const people, rounds = 6, 40
	var all []campfire.Actor
	for i := range people {
		all = append(all, w.join(fmt.Sprint("p", i)))
	}
	look := func(a campfire.Actor) []*campfire.Message {
		p, err := w.Messages(context.Background(), a, w.hall, chat.PageRequest{Limit: 100})
		if err != nil {
			t.Error(err)
			return nil
		}
		return p.Messages
	}
	onlookers, stop := context.WithCancel(t.Context())
	var looking, changing sync.WaitGroup
	for range 2 {
		looking.Go(func() {
			for onlookers.Err() == nil {
				look(w.ada)
			}
		})
	}
	for _, a := range all {
		changing.Go(func() {
			for range rounds {
				p, err := w.Post(t.Context(), a, w.hall, campfire.Draft{Body: "posted"})
				if err != nil {
					t.Error(err)
					return
				}
				mine := func() *campfire.Message {
					list := look(a)
					i := slices.IndexFunc(list, func(m *campfire.Message) bool { return m.ID == p.Message.ID })
					if i < 0 {
						return nil
					}
					return list[i]
				}
				if m := mine(); m == nil {
					t.Errorf("#%d is not seen after its answer", p.Message.Seq)
					return
				}
				if _, _, err := w.Edit(t.Context(), a, w.hall, p.Message.ID, "edited", 0); err != nil {
					t.Error(err)
				}
				if m := mine(); m == nil || m.Body != "edited" {
					t.Errorf("the edit of #%d is not seen after its answer", p.Message.Seq)
				}
				if _, err := w.Delete(t.Context(), a, w.hall, p.Message.ID); err != nil {
					t.Error(err)
				}
				if mine() != nil {
					t.Errorf("#%d is seen after its deletion was answered", p.Message.Seq)
				}
			}
		})
	}
	changing.Wait()
	stop()
	looking.Wait()
}

// A page that is asked for is read again when something is posted, before it
// is asked for again; one that nobody looks at is not.
func TestPagesAreReadAhead(t *testing.T) {
	w := newWorld(t)
	quiet := w.room(w.ada, campfire.Open)
	w.post(w.ada, w.hall, "one")
	look := func() []*campfire.Message {
		t.Helper()
		page, err := w.Messages(t.Context(), w.ada, w.hall, chat.PageRequest{})
		if err != nil {
			t.Fatal(err)
		}
		return page.Messages
	}
	look()
	w.post(w.ada, w.hall, "two")
	w.post(w.ada, quiet, "nobody reads this")
	w.background(func() bool { return w.count("cache_refreshes_total", "pages") == 1 })
	hits := w.count("cache_requests_total", "pages", "hit")
	if m := look(); len(m) != 2 || m[1].Body != "two" {
		t.Errorf("read %d messages", len(m))
	}
	if n := w.count("cache_requests_total", "pages", "hit") - hits; n != 1 {
		t.Errorf("%v hits after reading ahead, want 1", n)
	}
	w.post(w.ada, quiet, "nor this")
	w.post(w.ada, w.hall, "three")
	w.background(func() bool { return w.count("cache_refreshes_total", "pages") == 2 })
}

// The use of a session makes it last longer at once, and storing that use
// later makes nothing untrue.
func TestAUsedSessionIsRememberedAndLastsLonger(t *testing.T) {
	w := newWorld(t, func(l *chat.Limits) { l.SessionIdle = time.Hour })
	account, _ := w.Account(t.Context())
	in, err := w.Join(t.Context(), account.JoinCode, chat.JoinInput{Name: "bo", Email: "bo@example.org", Password: password}, from)
	if err != nil {
		t.Fatal(err)
	}
	secret := in.Secret.Reveal()
	for range 3 {
		if _, err := w.Authenticate(t.Context(), secret, from); err != nil {
			t.Fatal(err)
		}
		w.pass(50 * time.Minute)
	}
	bo, err := w.Authenticate(t.Context(), secret, from)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	w.Run(ctx) // stores what was noted
	list, err := w.Sessions(t.Context(), bo)
	if err != nil || len(list) != 1 {
		t.Fatalf("%d sessions, %v", len(list), err)
	}
	if got, least := list[0].LastSeenAt, list[0].CreatedAt.Add(150*time.Minute); got < least {
		t.Errorf("the last use stored is of %v, want %v or later", got, least)
	}
	if _, err := w.Authenticate(t.Context(), secret, from); err != nil {
		t.Error(err)
	}
	if n := w.count("cache_requests_total", "sessions", "stale"); n != 0 {
		t.Errorf("%v times a session had changed", n)
	}
	w.pass(61 * time.Minute)
	_, err = w.Authenticate(t.Context(), secret, from)
	wantCode(t, err, campfire.CodeUnauthenticated)
}
