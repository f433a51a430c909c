package jobs_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"campfire"
	"campfire/internal/auth"
	"campfire/internal/chat"
	"campfire/internal/jobs"
	"campfire/internal/outbound"
	"campfire/internal/store"
)

// post is a request that a receiver got.
type post struct {
	id, at, signature string
	body              string
}

// house is a Campfire with one bot, whose webhooks are worked off on a clock
// that the test moves.
type house struct {
	t       *testing.T
	chat    *chat.Service
	store   *store.Store
	runner  *jobs.Runner
	ada     campfire.Actor
	bot     campfire.UserID
	mu      sync.Mutex
	skipped time.Duration
	posts   []post
}

func (h *house) now() campfire.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return campfire.TimeOf(time.Now().Add(h.skipped))
}

// pass moves the clock.
func (h *house) pass(d time.Duration) {
	h.mu.Lock()
	h.skipped += d
	h.mu.Unlock()
	h.runner.Wake()
}

// build makes a house whose bot answers by answer, which is told how often it
// was asked before.
func build(t *testing.T, timeout time.Duration, answer func(n int, w http.ResponseWriter, r *http.Request)) *house {
	t.Helper()
	h := &house{t: t}
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		h.mu.Lock()
		n := len(h.posts)
		h.posts = append(h.posts, post{r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp"), r.Header.Get("webhook-signature"), string(body)})
		h.mu.Unlock()
		answer(n, w, r)
	}))
	t.Cleanup(receiver.Close)
	client := outbound.New(outbound.Operator(), outbound.Options{})
	t.Cleanup(client.Close)
	h.runner = jobs.New(jobs.Options{Now: h.now})
	limits := chat.DefaultLimits()
	limits.RatePost = campfire.Rate{}
	h.chat = chat.New(chat.Options{Limits: limits, Passwords: auth.NewPasswords(auth.Cost{Memory: 64, Time: 1, Threads: 1}, 1, 1), Now: h.now})
	var err error
	h.store, err = store.Open(t.Context(), store.Options{Dir: t.TempDir(), Committed: h.chat.Committed, Queued: h.runner.Wake})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.chat.Start(t.Context(), h.store, nil); err != nil {
		t.Fatal(err)
	}
	in, err := h.chat.Setup(t.Context(), chat.SetupInput{Name: "Ada", Email: "ada@example.org", Password: "correct horse"}, chat.Client{})
	if err != nil {
		t.Fatal(err)
	}
	if h.ada, err = h.chat.Authenticate(t.Context(), in.Secret.Reveal(), chat.Client{}); err != nil {
		t.Fatal(err)
	}
	made, err := h.chat.CreateBot(t.Context(), h.ada, "Bot", receiver.URL)
	if err != nil {
		t.Fatal(err)
	}
	h.bot = made.ID
	webhooks := jobs.NewWebhooks(jobs.WebhookOptions{Bots: h.chat, Client: client, Timeout: timeout, Bytes: 1 << 20, Tries: 5, Now: h.now})
	h.runner.Handle(store.WebhookJob, webhooks.Handler())
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); h.runner.Run(ctx, h.store) }()
	t.Cleanup(func() {
		cancel()
		<-ended
		if err := h.store.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

func (h *house) say(body string) {
	h.t.Helper()
	if _, err := h.chat.Post(h.t.Context(), h.ada, 1, campfire.Draft{Body: body}); err != nil {
		h.t.Fatal(err)
	}
}

// log waits until the log has n rows and returns them, oldest first.
func (h *house) log(n int) []*store.Try {
	h.t.Helper()
	for began := time.Now(); ; {
		var tries []*store.Try
		err := h.store.Read(h.t.Context(), func(r *store.Reader) (err error) {
			tries, err = r.TriesOf(h.bot, store.WebhookJob, 0, 100)
			return err
		})
		if err != nil {
			h.t.Fatal(err)
		}
		if len(tries) >= n || time.Since(began) > 20*time.Second {
			slices.Reverse(tries)
			return tries
		}
		runtime.Gosched()
	}
}

// texts are what the room holds.
func (h *house) texts() (out []string) {
	h.t.Helper()
	page, err := h.chat.Messages(h.t.Context(), h.ada, 1, chat.PageRequest{})
	if err != nil {
		h.t.Fatal(err)
	}
	for _, m := range page.Messages {
		out = append(out, m.Plain)
	}
	return out
}

// fails makes all tries fail, the last of five included.
func (h *house) fails() []*store.Try {
	for n := 1; n < 5; n++ {
		h.log(n)
		h.pass(2 * time.Hour)
	}
	rows := h.log(5)
	if len(rows) != 5 {
		h.t.Fatalf("%d tries, want five", len(rows))
	}
	return rows
}

func TestAWebhookIsTriedAgainUnderOneIDWithFreshSignatures(t *testing.T) {
	h := build(t, 5*time.Second, func(n int, w http.ResponseWriter, _ *http.Request) {
		switch n {
		case 0:
			http.Error(w, "starting up", http.StatusServiceUnavailable)
		case 1:
			w.Header().Set("Retry-After", "1800")
			w.WriteHeader(http.StatusTooManyRequests)
		default:
			w.Header().Set("Content-Type", "text/plain")
			_, _ = io.WriteString(w, "at last")
		}
	})
	h.say("@Bot tea?")
	h.log(1)
	h.pass(15 * time.Second) // ten, and a fifth more at most
	h.log(2)
	if wait := time.Duration(h.owed(chat.Scheduled)[0].RunAt-h.now()) * time.Microsecond; wait < 29*time.Minute || wait > 31*time.Minute {
		t.Errorf("asked to stay away for half an hour, it is back in %v", wait)
	}
	h.pass(31 * time.Minute)
	rows := h.log(3)
	var seen []string
	for _, r := range rows {
		seen = append(seen, fmt.Sprintf("%d %s %d", r.Attempt, r.Outcome, r.Status))
	}
	equal(t, seen, []string{"1 failed 503", "2 failed 429", "3 done 200"})
	equal(t, h.texts(), []string{"@Bot tea?", "at last"})
	h.mu.Lock()
	defer h.mu.Unlock()
	for i, p := range h.posts[1:] {
		if p.id != h.posts[0].id || p.id != rows[0].Job.DeliveryID {
			t.Errorf("try %d has the id %s, the first %s", i+2, p.id, h.posts[0].id)
		}
		if p.at == h.posts[i].at || p.signature == h.posts[i].signature {
			t.Errorf("try %d is signed as the one before it, at %s", i+2, p.at)
		}
	}
}

func TestAWebhookThatHangsIsSpokenForAfterTheLastTry(t *testing.T) {
	h := build(t, 100*time.Millisecond, func(_ int, _ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	h.say("@Bot tea?")
	rows := h.fails()
	equal(t, h.texts(), []string{"@Bot tea?", "Failed to respond within 0.1 seconds"})
	if last := rows[4]; last.Outcome != store.TryGivenUp || last.Status != 0 || !strings.Contains(last.Detail, "too long") {
		t.Errorf("the last try: %+v", last)
	}
}

func TestAWebhookThatIsNotThereIsGivenUpInSilence(t *testing.T) {
	h := build(t, 5*time.Second, func(_ int, w http.ResponseWriter, _ *http.Request) {
		nc, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			nc.Close()
		}
	})
	h.say("@Bot tea?")
	rows := h.fails()
	equal(t, h.texts(), []string{"@Bot tea?"})
	if rows[4].Outcome != store.TryGivenUp {
		t.Errorf("the last try: %+v", rows[4])
	}
}

// What a delivery is about may be gone when its turn comes.
func TestADeliveryThatNobodyNeedsAnyMoreIsSkipped(t *testing.T) {
	for _, c := range []struct {
		want string
		do   func(*house) error
	}{
		{"The message was deleted.", func(h *house) error { _, err := h.chat.Delete(h.t.Context(), h.ada, 1, 1); return err }},
		{"The bot is not in the room any more.", func(h *house) error { return h.chat.RemoveMember(h.t.Context(), h.ada, 1, h.bot) }},
		{"The bot has no webhook any more.", func(h *house) error {
			_, err := h.chat.UpdateBot(h.t.Context(), h.ada, h.bot, chat.BotPatch{WebhookURL: new("")})
			return err
		}},
		{"The webhook was stopped.", func(h *house) error {
			return h.store.Write(h.t.Context(), func(tx *store.Tx) error { return h.chat.StopWebhook(tx, h.bot) })
		}},
		// In a direct it stays a member.
		{"The bot is gone.", func(h *house) error { return h.chat.DeactivateBot(h.t.Context(), h.ada, h.bot) }},
	} {
		h := build(t, 5*time.Second, func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) })
		room := campfire.RoomID(1)
		if c.want == "The bot is gone." {
			direct, _, err := h.chat.CreateRoom(t.Context(), h.ada, chat.RoomDraft{Kind: campfire.Direct, People: []campfire.UserID{h.bot}})
			if err != nil {
				t.Fatal(err)
			}
			room = direct.ID
		}
		if _, err := h.chat.Post(t.Context(), h.ada, room, campfire.Draft{Body: "@Bot tea?"}); err != nil {
			t.Fatal(err)
		}
		h.log(1)
		if err := c.do(h); err != nil {
			t.Fatal(err)
		}
		h.pass(time.Minute)
		rows := h.log(2)
		if last := rows[len(rows)-1]; len(rows) != 2 || last.Outcome != store.TrySkipped || last.Detail != c.want || len(h.posts) != 1 {
			t.Errorf("after %q: %s, %q, %d requests", c.want, last.Outcome, last.Detail, len(h.posts))
		}
	}
}

// An edit before the delivery is what is delivered; one bot that hangs keeps
// none of the others waiting.
func TestAnEditedMessageIsToldAsItIs(t *testing.T) {
	h := build(t, 5*time.Second, func(n int, w http.ResponseWriter, _ *http.Request) {
		if n == 0 {
			w.WriteHeader(500)
		}
	})
	h.say("@Bot tee?")
	h.log(1)
	if _, _, err := h.chat.Edit(h.t.Context(), h.ada, 1, 1, "@Bot tea?", 0); err != nil {
		t.Fatal(err)
	}
	h.pass(time.Minute)
	h.log(2)
	if !strings.Contains(h.posts[1].body, `"plain":"tea?"`) {
		t.Errorf("told %s", h.posts[1].body)
	}
}

// A gigabyte is read as far as its bound, and no further.
func TestAnAnswerIsReadAsFarAsItsBound(t *testing.T) {
	block := bytes.Repeat([]byte("a"), 64<<10)
	sent := make(chan int64, 1)
	h := build(t, 20*time.Second, func(_ int, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		var n int64
		for n < 1<<30 {
			m, err := w.Write(block)
			n += int64(m)
			if err != nil {
				break
			}
		}
		sent <- n
	})
	h.say("@Bot everything?")
	rows := h.log(1)
	if rows[0].Outcome != store.TryGivenUp || !strings.Contains(rows[0].Detail, "too large") {
		t.Errorf("log %+v", rows[0])
	}
	if n := <-sent; n > 256<<20 {
		t.Errorf("%d bytes were taken", n)
	}
	equal(t, h.texts(), []string{"@Bot everything?"})
}

// owed waits until what is owed to the bot stands as wanted, in the order in
// which it goes.
func (h *house) owed(want ...chat.Standing) []chat.OwedDelivery {
	h.t.Helper()
	var seen []chat.Standing
	for began := time.Now(); time.Since(began) < 20*time.Second; runtime.Gosched() {
		list, total, err := h.chat.OwedDeliveries(h.t.Context(), h.ada, h.bot)
		if err != nil || total != len(list) {
			h.t.Fatal(total, err)
		}
		seen = nil
		for _, o := range list {
			seen = append(seen, o.Standing)
		}
		if slices.Equal(seen, want) {
			return list
		}
	}
	h.t.Fatalf("what is owed stands as %v, want %v", seen, want)
	return nil
}

// What is still to be delivered is told with how often it was tried, what came
// of that and when it is tried next, or why not yet.
func TestWhatIsOwedIsTold(t *testing.T) {
	hung := make(chan struct{})
	release := sync.OnceFunc(func() { close(hung) })
	h := build(t, time.Minute, func(n int, w http.ResponseWriter, r *http.Request) {
		if n == 0 {
			w.Header().Set("Retry-After", "600")
			http.Error(w, "starting up", http.StatusServiceUnavailable)
			return
		}
		<-hung
	})
	t.Cleanup(release) // before the receiver is closed
	h.owed()
	h.say("@Bot one")
	tried := h.log(1)[0]
	one := h.owed(chat.Scheduled)[0]
	if one.Attempts != 1 || one.Message != tried.Job.Message || one.DeliveryID != tried.Job.DeliveryID ||
		one.Last == nil || one.Last.Status != 503 || one.Last.Detail != tried.Detail || one.Last.At != tried.At {
		t.Errorf("owed %+v after %+v, last %+v", one, tried, one.Last)
	}
	if wait := time.Duration(one.RunAt-h.now()) * time.Microsecond; wait < 9*time.Minute || wait > 10*time.Minute+time.Second {
		t.Errorf("the next try is in %v", wait)
	}

	// Four of one bot go at once. Nothing comes back, and the others wait.
	for range 5 {
		h.say("@Bot more")
	}
	h.owed(chat.Sending, chat.Sending, chat.Sending, chat.Sending, chat.Behind, chat.Scheduled)
	h.pass(11 * time.Minute)
	list := h.owed(chat.Sending, chat.Sending, chat.Sending, chat.Sending, chat.Behind, chat.Behind)
	if list[4].Attempts != 0 || list[4].Last != nil || list[5].ID != one.ID || list[5].Last.Status != 503 {
		t.Errorf("behind are %+v and %+v", list[4], list[5])
	}
	if _, err := h.chat.UpdateBot(t.Context(), h.ada, h.bot, chat.BotPatch{WebhookURL: new("")}); err != nil {
		t.Fatal(err)
	}
	h.owed(chat.Sending, chat.Sending, chat.Sending, chat.Sending, chat.Stopped, chat.Stopped)
	release()
	h.owed()
	if _, _, err := h.chat.OwedDeliveries(t.Context(), campfire.Actor{Person: campfire.Person{ID: h.bot, Role: campfire.Bot}}, h.bot); campfire.CodeOf(err) != campfire.CodeForbidden {
		t.Errorf("a bot is told: %v", err)
	}
}
