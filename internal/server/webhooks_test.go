package server_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"campfire/internal/campfiretest"
)

// received is one request that a receiver got.
type received struct {
	header http.Header
	body   []byte
	path   string
}

func (r *received) JSON(t *testing.T) (b hookBody) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(r.body))
	d.DisallowUnknownFields() // exactly what bots know
	if err := d.Decode(&b); err != nil {
		t.Fatalf("%v in %s", err, r.body)
	}
	return b
}

// hookBody is what Campfire's bots are told.
type hookBody struct {
	User struct {
		ID   int64
		Name string
	}
	Room struct {
		ID   int64
		Name *string
		Path string
	}
	Message struct {
		ID   int64
		Body struct {
			HTML  *string
			Plain string
		}
		Path string
	}
}

// receiver is a bot's own server.
type receiver struct {
	*httptest.Server
	t    *testing.T
	came chan *received
}

// receive starts a receiver that answers as told.
func receive(t *testing.T, answer http.HandlerFunc) *receiver {
	r := &receiver{t: t, came: make(chan *received, 100)}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		r.came <- &received{q.Header, body, q.URL.Path}
		q.Body = io.NopCloser(bytes.NewReader(body))
		answer(w, q)
	}))
	t.Cleanup(r.Close)
	return r
}

func nothing(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }

func says(kind, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		_, _ = io.WriteString(w, body)
	}
}

func (r *receiver) next() *received {
	r.t.Helper()
	select {
	case q := <-r.came:
		return q
	case <-time.After(20 * time.Second):
		r.t.Fatal("the webhook was not called")
		return nil
	}
}

// delivery is a row of a bot's log.
type delivery struct {
	ID         int64
	DeliveryID string `json:"delivery_id"`
	MessageID  *int64 `json:"message_id"`
	Attempt    int
	Outcome    string
	Status     *int
	Detail     string
}

// log waits until a bot's log has n rows, and returns them, newest first.
func (b bot) log(srv *campfiretest.Server, administrator string, n int) []delivery {
	for began := time.Now(); ; {
		var in struct{ Deliveries []delivery }
		srv.Do(administrator, "GET", fmt.Sprintf("/api/bots/%d/deliveries?limit=100", b.ID), nil).Want(200).JSON(&in)
		if len(in.Deliveries) >= n || time.Since(began) > 20*time.Second {
			return in.Deliveries
		}
	}
}

type posted struct {
	ID      int64
	Body    string
	Plain   string
	HTML    string
	Creator struct{ ID int64 }
}

func messages(srv *campfiretest.Server, token string, room int64) []posted {
	var in struct{ Messages []posted }
	srv.Do(token, "GET", fmt.Sprintf("/api/rooms/%d/messages", room), nil).Want(200).JSON(&in)
	return in.Messages
}

func say(srv *campfiretest.Server, token string, room int64, body string) posted {
	var in struct{ Message posted }
	srv.Do(token, "POST", fmt.Sprintf("/api/rooms/%d/messages", room), map[string]string{"body": body}).Want(201).JSON(&in)
	return in.Message
}

// verified reads the Standard Webhooks specification: the key is what stands
// behind "whsec_" in base64, what is signed is id, timestamp and body with
// dots between, and the header lists signatures of version 1 in base64.
func verified(t *testing.T, secret string, r *received) {
	t.Helper()
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil || len(key) < 24 || len(key) > 64 || !strings.HasPrefix(secret, "whsec_") {
		t.Fatalf("secret of %d bytes, %v", len(key), err)
	}
	id, at := r.header.Get("Webhook-Id"), r.header.Get("Webhook-Timestamp")
	seconds, err := strconv.ParseInt(at, 10, 64)
	if age := time.Since(time.Unix(seconds, 0)); err != nil || age > 5*time.Minute || age < -5*time.Minute {
		t.Errorf("timestamp %q", at)
	}
	signing := hmac.New(sha256.New, key)
	signing.Write([]byte(id))
	signing.Write([]byte("."))
	signing.Write([]byte(at))
	signing.Write([]byte("."))
	signing.Write(r.body)
	want := signing.Sum(nil)
	for _, one := range strings.Split(r.header.Get("Webhook-Signature"), " ") {
		version, sum, _ := strings.Cut(one, ",")
		got, err := base64.StdEncoding.DecodeString(sum)
		if version == "v1" && err == nil && hmac.Equal(got, want) {
			return
		}
	}
	t.Errorf("no signature of %q is right: %s", id, r.header.Get("Webhook-Signature"))
}

func TestAMentionedBotIsToldAndAnswers(t *testing.T) {
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	hall := firstRoom(srv, ada)
	r := receive(t, says("text/plain; charset=utf-8", "at **four**"))
	var made struct {
		Bot    struct{ ID int64 }
		Key    string
		Secret string `json:"webhook_secret"`
	}
	srv.Do(ada, "POST", "/api/bots", map[string]any{"name": "Tea Bot", "webhook_url": r.URL + "/hook?a=b"}).Want(201).JSON(&made)
	b := bot{made.Bot.ID, made.Key}

	say(srv, ada, hall, "nobody is meant")
	m := say(srv, ada, hall, "@Tea Bot when is **tea**, @Tea Bot?")
	q := r.next()
	verified(t, made.Secret, q)
	if kind := q.header.Get("Content-Type"); kind != "application/json" || q.path != "/hook" || !strings.HasPrefix(q.header.Get("User-Agent"), "Campfire/") {
		t.Errorf("to %s as %s by %s", q.path, kind, q.header.Get("User-Agent"))
	}
	told := q.JSON(t)
	if told.User.ID != 1 || told.User.Name != "Ada" || told.Room.ID != hall || told.Room.Name == nil || *told.Room.Name != "All Talk" ||
		told.Message.ID != m.ID || told.Message.Body.HTML == nil || *told.Message.Body.HTML != m.HTML ||
		told.Message.Body.Plain != "when is tea, ?" || told.Message.Path != fmt.Sprintf("/rooms/%d/@%d", hall, m.ID) {
		t.Errorf("told %s", q.body)
	}

	// What it answered is its message, in its turn told to nobody.
	rows := b.log(srv, ada, 1)
	if len(rows) != 1 || rows[0].Outcome != "done" || rows[0].Status == nil || *rows[0].Status != 200 || rows[0].DeliveryID != q.header.Get("Webhook-Id") ||
		!strings.Contains(rows[0].Detail, "at **four**") || *rows[0].MessageID != m.ID {
		t.Fatalf("log %+v", rows)
	}
	all := messages(srv, ada, hall)
	if last := all[len(all)-1]; len(all) != 3 || last.Creator.ID != b.ID || last.Plain != "at four" {
		t.Fatalf("messages %+v", all)
	}

	// The path that it was told lets it post, in that room alone.
	if strings.Contains(told.Room.Path, b.Key) || !strings.HasPrefix(told.Room.Path, fmt.Sprintf("/rooms/%d/%d-", hall, b.ID)) {
		t.Errorf("path %s", told.Room.Path)
	}
	place := srv.Do("", "POST", told.Room.Path, "and cake", "Content-Type", plainText).Want(201).Header.Get("Location")
	srv.Do("", "DELETE", strings.TrimPrefix(place, srv.URL), nil).Want(204)
	srv.Do("", "GET", told.Room.Path, nil).Want(200)
	other := makeRoom(srv, ada, "open", "Other")
	elsewhere := strings.Replace(told.Room.Path, fmt.Sprintf("/rooms/%d/", hall), fmt.Sprintf("/rooms/%d/", other), 1)
	srv.Do("", "POST", elsewhere, "elsewhere", "Content-Type", plainText).Want(401)
	token := strings.Split(told.Room.Path, "/")[3]
	altered := strings.Replace(told.Room.Path, token, token[:len(token)-2]+"AA", 1)
	srv.Do("", "POST", altered, "altered", "Content-Type", plainText).Want(401)
	srv.Do(token, "GET", "/api/rooms", nil).Want(401)
	srv.Do(ada, "POST", fmt.Sprintf("/api/bots/%d/key", b.ID), nil).Want(200)
	srv.Do("", "POST", told.Room.Path, "after a new key", "Content-Type", plainText).Want(401)
}

func TestWhoIsTold(t *testing.T) {
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	bo := srv.Join(ada, "Bo")
	hall := firstRoom(srv, ada)
	r, second := receive(t, says("text/plain", "@Second @First hello")), receive(t, nothing)
	one := makeBot(srv, ada, map[string]any{"name": "First", "webhook_url": r.URL})
	two := makeBot(srv, ada, map[string]any{"name": "Second", "webhook_url": second.URL})
	silent := makeBot(srv, ada, map[string]any{"name": "Silent"})

	// In a ping, each bot but the author, whatever is said.
	ping := makeRoom(srv, bo, "direct", "", one.ID, two.ID, silent.ID)
	say(srv, bo, ping, "hi")
	if name := r.next().JSON(t).Room.Name; name != nil {
		t.Errorf("a ping is called %q", *name)
	}
	second.next()
	one.log(srv, ada, 1)
	srv.Do("", "POST", one.path(ping), "from its key", "Content-Type", plainText).Want(201)
	if got := second.next().JSON(t); got.User.Name != "First" || got.Message.Body.Plain != "from its key" {
		t.Errorf("told %+v", got)
	}

	// Elsewhere those mentioned, when they are there.
	closed := makeRoom(srv, ada, "closed", "Closed", two.ID)
	say(srv, ada, closed, "@First @Second")
	second.next()
	say(srv, ada, hall, "@everyone, tea")
	say(srv, ada, hall, "not `@First` in code")
	say(srv, ada, hall, fmt.Sprintf("<@%d> by its id", one.ID))
	if got := r.next().JSON(t); got.Message.Body.Plain != "by its id" {
		t.Errorf("told %+v", got)
	}

	// Nothing that was answered was told to anyone: all that there is in the
	// logs is what was looked at above.
	if rows := one.log(srv, ada, 2); len(rows) != 2 {
		t.Errorf("First's log: %+v", rows)
	}
	if rows := two.log(srv, ada, 3); len(rows) != 3 {
		t.Errorf("Second's log: %+v", rows)
	}
	if len(r.came) != 0 || len(second.came) != 0 {
		t.Errorf("%d and %d more requests", len(r.came), len(second.came))
	}
}

func TestWhatAWebhookAnswers(t *testing.T) {
	srv := campfiretest.New(t, "CAMPFIRE_WEBHOOK_BYTES=64KiB", "CAMPFIRE_WEBHOOK_TIMEOUT=2s", "CAMPFIRE_WEBHOOK_TRIES=1")
	ada := srv.SetUp()
	hall := firstRoom(srv, ada)
	elsewhere := receive(t, says("text/plain", "from elsewhere"))
	hung := make(chan struct{})
	r := receive(t, func(w http.ResponseWriter, q *http.Request) {
		what := "ok"
		var in hookBody
		if json.NewDecoder(q.Body).Decode(&in) == nil {
			what = in.Message.Body.Plain
		}
		status := http.StatusOK
		switch what {
		case "html":
			says("text/html", "<p>Hello <b>there</b></p><script>alert(1)</script><ul><li>&lt;img onerror=x&gt;</ul>")(w, q)
		case "empty":
			says("text/plain", "")(w, q)
		case "blank":
			says("text/plain", " \n\t")(w, q)
		case "untyped":
			w.Header()["Content-Type"] = nil
			_, _ = io.WriteString(w, "no type")
		case "garbage type":
			says("text/;;=", "garbage")(w, q)
		case "picture":
			says("image/png", string(onePixel))(w, q)
		case "unknown":
			says("application/x-nobody-knows", "what is it")(w, q)
		case "json":
			says("application/json", `{"ok":true}`)(w, q)
		case "latin":
			says("text/plain; charset=iso-8859-1", "caf\xe9 \x00 fin")(w, q)
		case "accepted":
			w.Header().Set("Content-Type", plainText)
			w.WriteHeader(http.StatusAccepted)
			_, _ = io.WriteString(w, "Accepted")
		case "long":
			says("text/plain", strings.Repeat("ä", 20<<10))(w, q) // 40 KiB
		case "redirect":
			http.Redirect(w, q, elsewhere.URL, http.StatusTemporaryRedirect)
		case "gib":
			w.Header().Set("Content-Type", plainText)
			block := bytes.Repeat([]byte("a"), 1<<20)
			for range 1 << 10 {
				if _, err := w.Write(block); err != nil {
					return
				}
			}
		case "hang":
			select {
			case <-hung:
			case <-q.Context().Done():
			}
		case "cut":
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "not all")
		default:
			status, _ = strconv.Atoi(what)
			w.Header().Set("Content-Type", plainText)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "an error page")
		}
	})
	t.Cleanup(func() { close(hung) }) // before the receiver is closed
	b := makeBot(srv, ada, map[string]any{"name": "Bot", "webhook_url": r.URL})
	n := 0
	for _, c := range []struct{ say, outcome, detail, plain string }{
		{"html", "done", "text/html", "Hello there\n• <img onerror=x>"},
		{"empty", "done", "text/plain, empty", ""},
		{"blank", "done", "text/plain", ""},
		{"untyped", "done", "no content type", ""},
		{"garbage type", "done", "", ""},
		{"json", "done", `{"ok":true}`, "attachment.json"},
		{"picture", "done", "image/png", "attachment.png"},
		{"unknown", "done", "x-nobody-knows", ""},
		{"latin", "done", "text/plain", "caf\uFFFD  fin"},
		{"accepted", "done", "Accepted", ""},
		{"long", "done", "text/plain", strings.Repeat("ä", (32<<10-3)/2) + "…"},
		{"redirect", "given_up", "", ""},
		{"gib", "given_up", "too large", ""},
		{"cut", "given_up", "", ""},
		{"404", "given_up", "an error page", ""},
		{"500", "given_up", "an error page", ""},
		{"hang", "given_up", "too long", "Failed to respond within 2 seconds"},
	} {
		say(srv, ada, hall, "@Bot "+c.say)
		n++
		rows := b.log(srv, ada, n)
		if len(rows) != n || rows[0].Outcome != c.outcome || !strings.Contains(rows[0].Detail, c.detail) {
			t.Fatalf("%s: log %+v, want %s with %q", c.say, rows[:min(1, len(rows))], c.outcome, c.detail)
		}
		all := messages(srv, ada, hall)
		last := all[len(all)-1]
		if c.plain == "" && last.Creator.ID == b.ID || c.plain != "" && (last.Creator.ID != b.ID || last.Plain != c.plain) {
			t.Errorf("%s: the last message is %.80q by %d", c.say, last.Plain, last.Creator.ID)
		}
		if strings.Contains(last.HTML, "<script") || strings.Contains(last.HTML, "<img") {
			t.Errorf("%s: %s", c.say, last.HTML)
		}
	}
	if len(elsewhere.came) != 0 {
		t.Error("a redirect was followed")
	}
}

func TestAWebhookThatIsGoneIsStoppedUntilItsAddressIsSet(t *testing.T) {
	srv := campfiretest.New(t)
	token := srv.SetUp()
	ada := visitor(t, srv, token)
	hall := firstRoom(srv, token)
	gone := true
	r := receive(t, func(w http.ResponseWriter, q *http.Request) {
		if gone {
			w.WriteHeader(http.StatusGone)
		}
	})
	b := makeBot(srv, token, map[string]any{"name": "Bot", "webhook_url": r.URL})
	say(srv, token, hall, "@Bot one")
	if rows := b.log(srv, token, 1); rows[0].Outcome != "given_up" || *rows[0].Status != 410 || !strings.Contains(rows[0].Detail, "gone") {
		t.Fatalf("log %+v", rows)
	}
	r.next()
	has(t, ada.page("/account/bots"), "Its webhook said that it is gone.")
	has(t, ada.page(fmt.Sprintf("/account/bots/%d", b.ID)), "The webhook answered 410")
	say(srv, token, hall, "@Bot two")
	srv.Do(token, "POST", fmt.Sprintf("/api/bots/%d/deliveries/1/replay", b.ID), nil).Want(409)
	gone = false
	srv.Do(token, "PATCH", fmt.Sprintf("/api/bots/%d", b.ID), map[string]any{"webhook_url": r.URL}).Want(200)
	say(srv, token, hall, "@Bot three")
	if got := r.next().JSON(t).Message.Body.Plain; got != "three" {
		t.Errorf("told %q; what was said while it was stopped is not told later", got)
	}
}

func TestDeliveriesAreTestedLoggedAndReplayed(t *testing.T) {
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	bo := srv.Join(ada, "Bo")
	hall := firstRoom(srv, ada)
	broken := true
	r := receive(t, func(w http.ResponseWriter, q *http.Request) {
		if broken {
			http.Error(w, "not today", http.StatusBadRequest)
			return
		}
		says("text/plain", "fixed")(w, q)
	})
	b := makeBot(srv, ada, map[string]any{"name": "Bot", "webhook_url": r.URL})
	path := fmt.Sprintf("/api/bots/%d", b.ID)
	var test struct {
		Test struct {
			Outcome string
			Status  *int
			Detail  string
		}
	}
	srv.Do(ada, "POST", path+"/test", nil).Want(200).JSON(&test)
	if test.Test.Outcome != "given_up" || *test.Test.Status != 400 || !strings.Contains(test.Test.Detail, "not today") {
		t.Errorf("test %+v", test)
	}
	r.next()

	m := say(srv, ada, hall, "@Bot tea")
	first := r.next()
	rows := b.log(srv, ada, 2)
	if len(rows) != 2 || rows[1].MessageID != nil {
		t.Fatalf("log %+v", rows)
	}
	srv.Do(ada, "POST", fmt.Sprintf("%s/deliveries/%d/replay", path, rows[1].ID), nil).Want(409) // the test
	broken = false
	srv.Do(ada, "POST", path+"/test", nil).Want(200).JSON(&test)
	if got := r.next().JSON(t); test.Test.Outcome != "done" || got.Message.Body.Plain == "" || got.Room.ID != hall {
		t.Errorf("test %+v of %+v", test, got)
	}
	for range 2 { // the second finds that it is answered
		srv.Do(ada, "POST", fmt.Sprintf("%s/deliveries/%d/replay", path, rows[0].ID), nil).Want(202)
		again := r.next()
		if again.header.Get("Webhook-Id") != first.header.Get("Webhook-Id") || again.JSON(t).Message.ID != m.ID {
			t.Errorf("replayed as %s: %s", again.header.Get("Webhook-Id"), again.body)
		}
	}
	b.log(srv, ada, 5)
	if all := messages(srv, ada, hall); len(all) != 2 || all[1].Plain != "fixed" {
		t.Errorf("messages %+v", all)
	}

	var page struct {
		Deliveries []delivery
		NextCursor string `json:"next_cursor"`
	}
	var ids []int64
	for cursor := ""; ; cursor = "&cursor=" + page.NextCursor {
		page.NextCursor = ""
		srv.Do(ada, "GET", path+"/deliveries?limit=2"+cursor, nil).Want(200).JSON(&page)
		for _, d := range page.Deliveries {
			ids = append(ids, d.ID)
		}
		if page.NextCursor == "" {
			break
		}
	}
	if len(ids) != 5 || !slices.IsSortedFunc(ids, func(a, b int64) int { return int(b - a) }) {
		t.Errorf("rows %v", ids)
	}

	other := makeBot(srv, ada, map[string]any{"name": "Other", "webhook_url": r.URL})
	srv.Do(ada, "POST", fmt.Sprintf("/api/bots/%d/deliveries/%d/replay", other.ID, ids[0]), nil).Want(404)
	for _, c := range [][2]string{{"POST", path + "/test"}, {"GET", path + "/deliveries"}, {"POST", fmt.Sprintf("%s/deliveries/%d/replay", path, ids[0])}} {
		srv.Do(bo, c[0], c[1], nil).Want(403)
		srv.Do(b.Key, c[0], c[1], nil).Want(403)
	}
}

// owed is a delivery that is still to be done.
type owed struct {
	DeliveryID string `json:"delivery_id"`
	MessageID  int64  `json:"message_id"`
	Attempts   int
	State      string
	NextAt     *time.Time `json:"next_attempt_at"`
	Last       *struct {
		Status *int
		Detail string
	} `json:"last_attempt"`
}

// The log begins with what is still to be delivered: when it is tried next, what
// came of it until now, or why it waits.
func TestTheLogBeginsWithWhatIsOwed(t *testing.T) {
	srv := campfiretest.New(t)
	token := srv.SetUp()
	ada := visitor(t, srv, token)
	hall := firstRoom(srv, token)
	hung := make(chan struct{})
	var hangs atomic.Bool
	r := receive(t, func(w http.ResponseWriter, q *http.Request) {
		if !hangs.Load() {
			w.Header().Set("Retry-After", "600")
			http.Error(w, "starting up", http.StatusServiceUnavailable)
			return
		}
		select {
		case <-hung:
		case <-q.Context().Done():
		}
	})
	t.Cleanup(func() { close(hung) }) // before the receiver is closed
	b := makeBot(srv, token, map[string]any{"name": "Bot", "webhook_url": r.URL})
	path := fmt.Sprintf("/api/bots/%d/deliveries", b.ID)
	page := fmt.Sprintf("/account/bots/%d/deliveries", b.ID)
	var in struct {
		Owed       []owed
		Total      int    `json:"owed_total"`
		NextCursor string `json:"next_cursor"`
	}
	waiting := func(what string, ok func() bool) {
		t.Helper()
		eventually(t, what, func() bool {
			in.Owed, in.NextCursor = nil, ""
			srv.Do(token, "GET", path+"?limit=1", nil).Want(200).JSON(&in)
			return ok()
		})
	}
	waiting("nothing to be owed", func() bool { return in.Total == 0 && in.Owed != nil })
	hasNot(t, ada.page(page), "Still to be delivered")

	m := say(srv, token, hall, "@Bot one")
	waiting("the next try to be set", func() bool { return len(in.Owed) == 1 && in.Owed[0].State == "scheduled" })
	one := in.Owed[0]
	if one.MessageID != m.ID || one.Attempts != 1 || one.NextAt == nil || one.NextAt.Before(time.Now()) || one.Last == nil || *one.Last.Status != 503 || one.Last.Detail != "text/plain: starting up" {
		t.Errorf("owed %+v, last %+v", one, one.Last)
	}
	r.next()
	has(t, ada.page(page), "Still to be delivered", "Will be tried again", "next try in 10 minutes, ", "tried once", "Last try:", ">503<", "starting up", fmt.Sprintf(`href="/rooms/%d/@%d"`, hall, m.ID))

	hangs.Store(true)
	for range 5 {
		say(srv, token, hall, "@Bot more")
	}
	waiting("four to be under way", func() bool {
		return in.Total == 6 && len(in.Owed) == 6 && in.Owed[3].State == "sending" && in.Owed[4].State == "behind"
	})
	if in.Owed[0].NextAt != nil || in.Owed[4].NextAt == nil {
		t.Errorf("next tries of %+v", in.Owed)
	}
	has(t, ada.page(page), "Under way", "Waits for its turn", "As many deliveries to this bot as go at once are under way.", "not tried yet")
	// What is older says nothing of it.
	var older map[string]any
	srv.Do(token, "GET", path+"?cursor=1000", nil).Want(200).JSON(&older)
	if _, ok := older["owed"]; ok {
		t.Errorf("%v", older)
	}
	hasNot(t, ada.page(page+"?cursor=1000"), "Still to be delivered")
}

func TestNamesOfBotsAreOnlyNames(t *testing.T) {
	srv := campfiretest.New(t)
	token := srv.SetUp()
	ada := visitor(t, srv, token)
	hall := firstRoom(srv, token)
	r := receive(t, nothing)
	for _, name := range []string{hostileName, "here", "*.*", "$1 \\ '; DROP TABLE bots; --", "\u202eevil", "日本 ボット", "A"} {
		b := makeBot(srv, token, map[string]any{"name": name, "webhook_url": r.URL + "/?q='\"><script>alert(1)</script>"})
		say(srv, token, hall, fmt.Sprintf("<@%d> and <@%d>: hello", b.ID, b.ID))
		q := r.next()
		if got := q.JSON(t).Message.Body.Plain; got != "and : hello" {
			t.Errorf("%q: told %q", name, got)
		}
		srv.Do("", "POST", b.path(hall), "mine", "Content-Type", plainText).Want(201)
		for _, path := range []string{"/account/bots", fmt.Sprintf("/account/bots/%d", b.ID), fmt.Sprintf("/account/bots/%d/deliveries", b.ID), fmt.Sprintf("/rooms/%d", hall)} {
			if strings.Contains(string(ada.get(path).Want(200).Body), "<script>alert") {
				t.Errorf("%q is markup on %s", name, path)
			}
		}
	}
}
