package chat_test

import (
	"strings"
	"testing"
	"time"

	"campfire"
	"campfire/internal/chat"
)

// hooked makes a bot that hears of messages.
func hooked(w *world, name string) *chat.NewBot {
	w.t.Helper()
	made, err := w.CreateBot(w.t.Context(), w.ada, name, "http://127.0.0.1:1/")
	if err != nil {
		w.t.Fatal(err)
	}
	return made
}

func TestAPostingTokenIsGoodForAnHourAndWithTheBot(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	bot := hooked(w, "Bot")
	posted, err := w.Post(ctx, w.ada, w.hall, campfire.Draft{Body: "@Bot tea?"})
	if err != nil {
		t.Fatal(err)
	}
	token := func() string {
		t.Helper()
		d, err := w.Delivery(ctx, bot.ID, w.hall, posted.Message.ID)
		if err != nil {
			t.Fatal(err)
		}
		return d.Token
	}
	refused := func(when, token string) {
		t.Helper()
		if a, err := w.AuthenticateBot(ctx, w.hall, token, from); campfire.CodeOf(err) != campfire.CodeUnauthenticated || err == nil {
			t.Errorf("%s: %v, %v", when, a.ID, err)
		}
	}
	first := token()
	a, err := w.AuthenticateBot(ctx, w.hall, first, from)
	if err != nil || a.ID != bot.ID || a.Role != campfire.Bot {
		t.Fatalf("%+v, %v", a, err)
	}
	w.pass(59 * time.Minute)
	if _, err := w.AuthenticateBot(ctx, w.hall, first, from); err != nil {
		t.Errorf("after 59 minutes: %v", err)
	}
	w.pass(2 * time.Minute)
	refused("after 61 minutes", first)
	// Its time can't be put off.
	refused("later, as of another", token()[:len(first)/2]+first[len(first)/2:])

	second := token()
	refused("with another bot's id", strings.Replace(second, "-", "0-", 1))
	if _, err := w.RenewBotKey(ctx, w.ada, bot.ID); err != nil {
		t.Fatal(err)
	}
	refused("after a new key", second)
	third := token()
	if err := w.DeactivateBot(ctx, w.ada, bot.ID); err != nil {
		t.Fatal(err)
	}
	refused("after the end", third)
}

// Bots that are gone or without a webhook cost a post nothing, and are not
// thought of any more at once.
func TestWhoHearsIsKnownAtOnce(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	last := func() int {
		all := heard[*campfire.BotsChanged](w)
		if len(all) == 0 {
			return -1
		}
		return len(all[len(all)-1].Hooked)
	}
	one, two := hooked(w, "One"), hooked(w, "Two")
	if last() != 2 {
		t.Errorf("%d bots hear", last())
	}
	if _, err := w.UpdateBot(ctx, w.ada, one.ID, chat.BotPatch{WebhookURL: new("")}); err != nil {
		t.Fatal(err)
	}
	if last() != 1 {
		t.Errorf("%d bots hear after one webhook was removed", last())
	}
	if err := w.Deactivate(ctx, w.ada, two.ID); err != nil {
		t.Fatal(err)
	}
	if last() != 0 {
		t.Errorf("%d bots hear after the other one is gone", last())
	}
}

func TestBotsHaveARateOfTheirOwn(t *testing.T) {
	w := newWorld(t, func(l *chat.Limits) { l.RateBot = campfire.Rate{Events: 1, Per: time.Second, Burst: 2} })
	bot := hooked(w, "Bot")
	a, err := w.AuthenticateBot(t.Context(), w.hall, bot.Key.Reveal(), from)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []campfire.Code{"", "", campfire.CodeRateLimited} {
		_, err := w.Post(t.Context(), a, w.hall, campfire.Draft{Body: "tick"})
		if got := campfire.CodeOf(err); err == nil && want != "" || err != nil && got != want {
			t.Errorf("post %d: %v, want %q", i+1, err, want)
		}
	}
	if _, err := w.Post(t.Context(), w.ada, w.hall, campfire.Draft{Body: "tock"}); err != nil {
		t.Errorf("a person pays for the bot: %v", err)
	}
}
