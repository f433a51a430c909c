package server_test

import (
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"campfire/internal/campfiretest"
)

// bot is a bot of a test, with its key.
type bot struct {
	ID  int64
	Key string
}

func makeBot(srv *campfiretest.Server, administrator string, fields map[string]any) bot {
	var in struct {
		Bot struct{ ID int64 }
		Key string
	}
	srv.Do(administrator, "POST", "/api/bots", fields).Want(201).JSON(&in)
	return bot{in.Bot.ID, in.Key}
}

// path is where a bot posts in a room.
func (b bot) path(room int64) string { return fmt.Sprintf("/rooms/%d/%s/messages", room, b.Key) }

const plainText = "text/plain"

// botMessage is a message as bots know it.
type botMessage struct {
	ID        int64
	CreatedAt string `json:"created_at"`
	Body      struct {
		PlainText string `json:"plain_text"`
		HTML      string
	}
	Creator struct {
		ID        int64
		Name      string
		Role      string
		AvatarURL string `json:"avatar_url"`
	}
	Room struct{ ID int64 }
	URL  string
}

func firstRoom(srv *campfiretest.Server, token string) int64 {
	var in struct{ Rooms []struct{ ID int64 } }
	srv.Do(token, "GET", "/api/rooms", nil).Want(200).JSON(&in)
	return in.Rooms[0].ID
}

func makeRoom(srv *campfiretest.Server, token, kind, name string, people ...int64) int64 {
	fields := map[string]any{"kind": kind, "user_ids": append([]int64{}, people...)}
	if name != "" {
		fields["name"] = name
	}
	var in struct{ Room struct{ ID int64 } }
	srv.Do(token, "POST", "/api/rooms", fields).Want(201).JSON(&in)
	return in.Room.ID
}

func TestABotPostsUnderItsKey(t *testing.T) {
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	hall := firstRoom(srv, ada)
	b := makeBot(srv, ada, map[string]any{"name": "Deploy"})
	if !regexp.MustCompile(fmt.Sprintf(`^%d-[A-Za-z2-9]{24}$`, b.ID)).MatchString(b.Key) {
		t.Fatalf("key %q", b.Key)
	}

	// The way of curl -d: what the body says it is does not count.
	a := srv.Do("", "POST", b.path(hall), "Deployed **v1**", "Content-Type", "application/x-www-form-urlencoded").Want(201)
	place := a.Header.Get("Location")
	if len(a.Body) != 0 || !strings.HasPrefix(place, srv.URL+b.path(hall)+"/") {
		t.Fatalf("body %q, Location %q", a.Body, place)
	}
	var m botMessage
	srv.Do("", "GET", strings.TrimPrefix(place, srv.URL), nil).Want(200).JSON(&m)
	if m.Body.PlainText != "Deployed v1" || m.Body.HTML != `<p dir="auto">Deployed <strong>v1</strong></p>` || m.Room.ID != hall ||
		m.Creator.Name != "Deploy" || m.Creator.Role != "bot" || m.Creator.ID != b.ID || !strings.HasPrefix(m.Creator.AvatarURL, srv.URL+"/users/") ||
		m.URL != fmt.Sprintf("%s/rooms/%d/@%d", srv.URL, hall, m.ID) {
		t.Errorf("message %+v", m)
	}
	srv.Do(ada, "GET", strings.TrimPrefix(m.URL, srv.URL), nil).Want(200)

	srv.Do("", "POST", b.path(hall), " \n", "Content-Type", plainText).Want(422)
	srv.Do("", "POST", b.path(hall), "", "Content-Type", plainText).Want(422)
	srv.Do("", "POST", b.path(hall), "--x\r\n\r\n--x--", "Content-Type", "multipart/form-data; boundary=x").Want(422)
	srv.Do("", "PATCH", strings.TrimPrefix(place, srv.URL), "--x\r\n\r\n--x--", "Content-Type", "multipart/form-data; boundary=x").Want(415)
	srv.Do("", "POST", b.path(hall), "--x\r\n\r\nx", "Content-Type", "multipart/form-data; boundary=x").Want(400)
	body, kind := form(map[string]string{"body": "the log"}, file{"build.log", []byte("ok\n")})
	srv.Do("", "POST", b.path(hall), body, "Content-Type", kind).Want(201)
	srv.Do("", "POST", b.path(hall), body, "Content-Type", kind, "Idempotency-Key", "k0").Want(201)
	srv.Do("", "POST", b.path(hall), body, "Content-Type", kind, "Idempotency-Key", "k0").Want(200)
	srv.Do("", "POST", b.path(hall), strings.Repeat("a", 300<<10), "Content-Type", plainText).Want(413)

	// Sent twice under one key, stored once.
	first := srv.Do("", "POST", b.path(hall), "once", "Content-Type", plainText, "Idempotency-Key", "k1").Want(201).Header.Get("Location")
	if again := srv.Do("", "POST", b.path(hall), "once", "Content-Type", plainText, "Idempotency-Key", "k1").Want(200).Header.Get("Location"); again != first {
		t.Errorf("again at %s, first at %s", again, first)
	}

	srv.Do("", "PATCH", strings.TrimPrefix(place, srv.URL), "Deployed v2", "Content-Type", plainText).Want(200).JSON(&m)
	if m.Body.PlainText != "Deployed v2" {
		t.Errorf("after an edit %+v", m)
	}
	srv.Do("", "PUT", strings.TrimPrefix(place, srv.URL), "Deployed v3", "Content-Type", plainText).Want(200)
	srv.Do("", "DELETE", strings.TrimPrefix(place, srv.URL), nil).Want(204)
	srv.Do("", "GET", strings.TrimPrefix(place, srv.URL), nil).Want(404)
	if allow := srv.Do("", "DELETE", b.path(hall), nil).Want(405).Header.Get("Allow"); allow != "GET, HEAD, POST" {
		t.Errorf("Allow: %s", allow)
	}

	// The same key as a bearer.
	srv.Do(b.Key, "POST", fmt.Sprintf("/api/rooms/%d/messages", hall), map[string]string{"body": "as JSON"}).Want(201)
}

// The way of curl -F attachment=@picture.png.
func TestABotPostsFilesUnderItsKey(t *testing.T) {
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	hall := firstRoom(srv, ada)
	b := makeBot(srv, ada, map[string]any{"name": "Plotter"})
	body, kind := form(map[string]string{"body": "a plot"}, file{"plot.txt", []byte("x y z")})
	place := srv.Do("", "POST", b.path(hall), body, "Content-Type", kind, "Idempotency-Key", "k1").Want(201).Header.Get("Location")
	if again := srv.Do("", "POST", b.path(hall), body, "Content-Type", kind, "Idempotency-Key", "k1").Want(200).Header.Get("Location"); again != place {
		t.Errorf("again at %s, first at %s", again, place)
	}
	var in struct{ Messages []fileMessage }
	srv.Do(ada, "GET", fmt.Sprintf("/api/rooms/%d/messages", hall), nil).Want(200).JSON(&in)
	if len(in.Messages) != 1 || len(in.Messages[0].Attachments) != 1 || in.Messages[0].Attachments[0].Filename != "plot.txt" {
		t.Fatalf("messages %+v", in.Messages)
	}
	if got := srv.Do(ada, "GET", in.Messages[0].Attachments[0].URL, nil).Want(200).Body; string(got) != "x y z" {
		t.Errorf("the file holds %q", got)
	}
	srv.Do("", "POST", strings.Replace(b.path(hall), "-", "-0", 1), body, "Content-Type", kind).Want(401)
	closed := makeRoom(srv, ada, "closed", "Closed")
	srv.Do("", "POST", b.path(closed), body, "Content-Type", kind).Want(404)
	if left := lying(t, srv.Dir); left != 1 {
		t.Errorf("%d files lie there", left)
	}
}

func TestABotReadsARoomByPages(t *testing.T) {
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	hall := firstRoom(srv, ada)
	b := makeBot(srv, ada, map[string]any{"name": "Reader"})
	for i := range 95 {
		srv.Do(ada, "POST", fmt.Sprintf("/api/rooms/%d/messages", hall), map[string]string{"body": fmt.Sprint("message ", i)}).Want(201)
	}
	link := regexp.MustCompile(`^<(.+)>; rel="next"$`)
	walk := func(path string) (bodies []string, sizes []int) {
		for path != "" {
			a := srv.Do("", "GET", path, nil).Want(200)
			if total := a.Header.Get("X-Total-Count"); total != "95" {
				t.Fatalf("X-Total-Count: %s", total)
			}
			var page []botMessage
			a.JSON(&page)
			sizes = append(sizes, len(page))
			texts := make([]string, len(page))
			for i, m := range page {
				texts[i] = m.Body.PlainText
				if i > 0 && m.ID < page[i-1].ID {
					t.Fatal("a page is not oldest first")
				}
			}
			if strings.Contains(path, "after=") {
				bodies = append(bodies, texts...)
			} else {
				bodies = append(texts, bodies...)
			}
			path = ""
			if next := link.FindStringSubmatch(a.Header.Get("Link")); next != nil {
				path = strings.TrimPrefix(next[1], srv.URL)
			}
		}
		return bodies, sizes
	}
	all, sizes := walk(b.path(hall))
	if len(all) != 95 || all[0] != "message 0" || all[94] != "message 94" || fmt.Sprint(sizes) != "[40 40 15]" {
		t.Errorf("%d messages from %q in pages of %v", len(all), all[0], sizes)
	}
	var first []botMessage
	srv.Do("", "GET", b.path(hall), nil).JSON(&first)
	newer, _ := walk(b.path(hall) + "?after=1")
	if len(newer) != 94 || newer[93] != "message 94" {
		t.Errorf("%d messages after the first", len(newer))
	}
	srv.Do("", "GET", b.path(hall)+"?before=nonsense", nil).Want(404)
}

func TestABotBoosts(t *testing.T) {
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	hall := firstRoom(srv, ada)
	b := makeBot(srv, ada, map[string]any{"name": "Fan"})
	var m struct{ Message struct{ ID int64 } }
	srv.Do(ada, "POST", fmt.Sprintf("/api/rooms/%d/messages", hall), map[string]string{"body": "tea?"}).Want(201).JSON(&m)
	boosts := fmt.Sprintf("%s/%d/boosts", b.path(hall), m.Message.ID)
	var boost struct {
		ID      int64
		Content string
		Booster struct{ Role string }
		Message struct{ ID int64 }
	}
	srv.Do("", "POST", boosts, "👍", "Content-Type", plainText).Want(201).JSON(&boost)
	if boost.Content != "👍" || boost.Booster.Role != "bot" || boost.Message.ID != m.Message.ID {
		t.Errorf("boost %+v", boost)
	}
	srv.Do("", "POST", boosts, " ", "Content-Type", plainText).Want(422)
	var theirs struct{ Boost struct{ ID int64 } }
	srv.Do(ada, "POST", fmt.Sprintf("/api/rooms/%d/messages/%d/boosts", hall, m.Message.ID), map[string]string{"content": "🎉"}).Want(201).JSON(&theirs)
	srv.Do("", "DELETE", fmt.Sprintf("%s/%d", boosts, theirs.Boost.ID), nil).Want(404)
	srv.Do("", "DELETE", fmt.Sprintf("%s/%d", boosts, boost.ID), nil).Want(204)
	srv.Do("", "DELETE", fmt.Sprintf("%s/%d", boosts, boost.ID), nil).Want(404)

	theirMessage := fmt.Sprintf("%s/%d", b.path(hall), m.Message.ID)
	srv.Do("", "PATCH", theirMessage, "coffee", "Content-Type", plainText).Want(403)
	srv.Do("", "DELETE", theirMessage, nil).Want(403)
}

func TestWhatIsNoBotsKeyIsRefused(t *testing.T) {
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	hall := firstRoom(srv, ada)
	b, other := makeBot(srv, ada, map[string]any{"name": "One"}), makeBot(srv, ada, map[string]any{"name": "Other"})
	var made struct{ Secret string }
	srv.Do(ada, "POST", "/api/users/me/tokens", map[string]any{"name": "mine", "scopes": []string{"read", "write", "admin"}}).Want(201).JSON(&made)
	random := strings.SplitN(b.Key, "-", 2)[1]
	for what, key := range map[string]string{
		"an empty half":        fmt.Sprintf("%d-", b.ID),
		"a person's id":        "1-",
		"the other half empty": "-" + random,
		"no dash":              fmt.Sprint(b.ID) + random,
		"no key":               "",
		"another bot's id":     fmt.Sprintf("%d-%s", other.ID, random),
		"one letter off":       b.Key[:len(b.Key)-1] + "0",
		"an array":             b.Key + "[]",
		"10 KiB":               strings.Repeat("7-aaaaaaaa", 1024),
		"a session":            ada,
		"an access token":      made.Secret,
		"a slash":              url.PathEscape(b.Key + "/" + b.Key),
	} {
		for _, c := range [][2]string{{"POST", ""}, {"GET", ""}, {"DELETE", "/1"}} {
			a := srv.Do("", c[0], fmt.Sprintf("/rooms/%d/%s/messages%s", hall, key, c[1]), "text", "Content-Type", plainText)
			if a.Status != 401 || a.Code() != "unauthenticated" {
				t.Errorf("%s: %s answered %d %s", what, c[0], a.Status, a.Body)
			}
		}
	}
	// A session that comes along does not stand in for the key.
	srv.Do("", "POST", fmt.Sprintf("/rooms/%d/1-/messages", hall), "text", "Content-Type", plainText, "Cookie", "campfire="+ada).Want(401)
	// Nor does a page of another site need one: the key is all there is.
	srv.Do("", "POST", b.path(hall), "from a page", "Content-Type", plainText, "Origin", "https://elsewhere.example", "Sec-Fetch-Site", "cross-site").Want(201)

	// A new key is the end of the old one; so is the end of the bot.
	var renewed struct{ Key string }
	srv.Do(ada, "POST", fmt.Sprintf("/api/bots/%d/key", b.ID), nil).Want(200).JSON(&renewed)
	srv.Do("", "GET", b.path(hall), nil).Want(401)
	b.Key = renewed.Key
	srv.Do("", "GET", b.path(hall), nil).Want(200)
	srv.Do(ada, "DELETE", fmt.Sprintf("/api/bots/%d", b.ID), nil).Want(204)
	srv.Do("", "GET", b.path(hall), nil).Want(401)
	srv.Do(ada, "DELETE", fmt.Sprintf("/api/bots/%d", b.ID), nil).Want(404)
	srv.Do(ada, "DELETE", "/api/bots/1", nil).Want(404) // a person
	for _, secret := range []string{b.Key, other.Key, random} {
		if strings.Contains(srv.Log(), secret) {
			t.Error("a key is in the log")
		}
	}
}

func TestABotIsWhereItsRoomsAre(t *testing.T) {
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	bo := srv.Join(ada, "Bo")
	open := makeRoom(srv, ada, "open", "Open before")
	b := makeBot(srv, ada, map[string]any{"name": "Bot"})
	closed := makeRoom(srv, ada, "closed", "Closed")
	later := makeRoom(srv, ada, "open", "Open later")
	post := func(room int64) *campfiretest.Answer {
		return srv.Do("", "POST", b.path(room), "hello", "Content-Type", plainText)
	}
	post(open).Want(201)
	post(later).Want(201)
	post(closed).Want(404)
	post(99999).Want(404)
	srv.Do("", "GET", "/rooms/nonsense/"+b.Key+"/messages", nil).Want(404)
	srv.Do(ada, "PUT", fmt.Sprintf("/api/rooms/%d/members/%d", closed, b.ID), nil).Want(204)
	post(closed).Want(201)
	// Out of an open room, a bot does not come back by posting.
	srv.Do(ada, "DELETE", fmt.Sprintf("/api/rooms/%d/members/%d", open, b.ID), nil).Want(204)
	post(open).Want(404)
	srv.Do("", "GET", b.path(open), nil).Want(404)

	direct := makeRoom(srv, bo, "direct", "", b.ID)
	post(direct).Want(201)
	var m botMessage
	place := post(closed).Want(201).Header.Get("Location")
	srv.Do("", "GET", strings.TrimPrefix(place, srv.URL), nil).Want(200).JSON(&m)
	srv.Do("", "GET", fmt.Sprintf("%s/%d", b.path(direct), m.ID), nil).Want(404)
	srv.Do("", "DELETE", fmt.Sprintf("%s/%d", b.path(direct), m.ID), nil).Want(404)
}

func TestBotsAreAdministered(t *testing.T) {
	srv := campfiretest.New(t, "CAMPFIRE_MAX_BOTS=2")
	ada := srv.SetUp()
	bo := srv.Join(ada, "Bo")
	b := makeBot(srv, ada, map[string]any{"name": " Ticker ", "webhook_url": "http://127.0.0.1:9/hook"})
	srv.Do(ada, "POST", "/api/bots", map[string]any{"name": "", "webhook_url": "ftp://x"}).Want(422)
	for _, address := range []string{"nonsense", "javascript:alert(1)", "http://", "https://:80/", "//x", "http://a:b@x/", "http://x/" + strings.Repeat("a", 2000)} {
		srv.Do(ada, "POST", "/api/bots", map[string]any{"name": "x", "webhook_url": address}).Want(422)
	}
	srv.Do(ada, "PATCH", fmt.Sprintf("/api/bots/%d", b.ID), map[string]any{"name": "Tock"}).Want(200)
	type settings struct {
		Name       string
		Role       string
		WebhookURL *string `json:"webhook_url"`
	}
	one := func() settings {
		var in struct{ Bots []settings }
		srv.Do(ada, "GET", "/api/bots", nil).Want(200).JSON(&in)
		return in.Bots[0]
	}
	if got := one(); got.Name != "Tock" || got.Role != "bot" || got.WebhookURL == nil || *got.WebhookURL != "http://127.0.0.1:9/hook" {
		t.Errorf("bot %+v", got)
	}
	srv.Do(ada, "PATCH", fmt.Sprintf("/api/bots/%d", b.ID), map[string]any{"webhook_url": nil}).Want(200)
	if got := one(); got.Name != "Tock" || got.WebhookURL != nil {
		t.Errorf("bot without a webhook %+v", got)
	}
	var first, second struct {
		Secret string `json:"webhook_secret"`
	}
	srv.Do(ada, "POST", fmt.Sprintf("/api/bots/%d/secret", b.ID), nil).Want(200).JSON(&first)
	srv.Do(ada, "POST", fmt.Sprintf("/api/bots/%d/secret", b.ID), nil).Want(200).JSON(&second)
	if !strings.HasPrefix(first.Secret, "whsec_") || first.Secret == second.Secret {
		t.Errorf("secrets %q and %q", first.Secret, second.Secret)
	}

	makeBot(srv, ada, map[string]any{"name": "Two"})
	srv.Do(ada, "POST", "/api/bots", map[string]any{"name": "Three"}).Want(409)

	for _, c := range []struct{ method, path string }{
		{"GET", "/api/bots"}, {"POST", "/api/bots"}, {"PATCH", fmt.Sprintf("/api/bots/%d", b.ID)}, {"DELETE", fmt.Sprintf("/api/bots/%d", b.ID)},
		{"POST", fmt.Sprintf("/api/bots/%d/key", b.ID)}, {"POST", fmt.Sprintf("/api/bots/%d/secret", b.ID)},
	} {
		var body any
		if c.method == "POST" && c.path == "/api/bots" || c.method == "PATCH" {
			body = map[string]any{"name": "Mine"}
		}
		srv.Do(bo, c.method, c.path, body).Want(403)
		srv.Do(b.Key, c.method, c.path, body).Want(403)
		srv.Do("", c.method, c.path, body).Want(401)
	}
}

func TestTokensDoWhatTheirScopesSay(t *testing.T) {
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	hall := firstRoom(srv, ada)
	token := func(with string, scopes ...string) string {
		var in struct {
			Token  struct{ Scopes []string }
			Secret string
		}
		fields := map[string]any{"name": "a token"}
		if scopes != nil {
			fields["scopes"] = scopes
		}
		srv.Do(with, "POST", "/api/users/me/tokens", fields).Want(201).JSON(&in)
		if scopes == nil {
			scopes = []string{"read", "write"}
		}
		if fmt.Sprint(in.Token.Scopes) != fmt.Sprint(scopes) {
			t.Errorf("scopes %v, want %v", in.Token.Scopes, scopes)
		}
		return in.Secret
	}
	read, write, usual, all := token(ada, "read"), token(ada, "write"), token(ada), token(ada, "read", "write", "admin")
	messages := fmt.Sprintf("/api/rooms/%d/messages", hall)
	post := map[string]any{"body": "hello"}
	account := map[string]any{"accent": 200}
	for _, c := range []struct {
		method, path string
		body         any
		want         [4]int // read, write, usual, all
	}{
		{"GET", messages, nil, [4]int{200, 403, 200, 200}},
		{"POST", messages, post, [4]int{403, 201, 201, 201}},
		{"GET", fmt.Sprintf("/rooms/%d", hall), nil, [4]int{200, 403, 200, 200}},
		{"PATCH", "/api/account", account, [4]int{403, 403, 403, 200}},
		{"GET", "/api/bots", nil, [4]int{403, 403, 403, 200}},
		{"GET", "/api/rooms?scope=all", nil, [4]int{403, 403, 403, 200}},
		{"POST", "/api/users/me/transfer", nil, [4]int{403, 403, 403, 201}},
		{"GET", "/account/bots", nil, [4]int{403, 403, 403, 200}},
	} {
		for i, secret := range []string{read, write, usual, all} {
			if a := srv.Do(secret, c.method, c.path, c.body); a.Status != c.want[i] {
				t.Errorf("%s %s with token %d: %d, want %d (%s)", c.method, c.path, i, a.Status, c.want[i], a.Body)
			}
		}
	}
	// No token makes one that may do more than itself.
	srv.Do(usual, "POST", "/api/users/me/tokens", map[string]any{"name": "more", "scopes": []string{"admin"}}).Want(403)
	srv.Do(write, "POST", "/api/users/me/tokens", map[string]any{"name": "more"}).Want(403)
	token(usual, "read")
	for _, scopes := range [][]string{{}, {"everything"}} {
		srv.Do(ada, "POST", "/api/users/me/tokens", map[string]any{"name": "odd", "scopes": scopes}).Want(422)
	}
	var list struct{ Tokens []json.RawMessage }
	srv.Do(ada, "GET", "/api/users/me/tokens", nil).Want(200).JSON(&list)
	if len(list.Tokens) != 5 {
		t.Errorf("%d tokens, want 5", len(list.Tokens))
	}
}

func TestBotFormsWithoutScripts(t *testing.T) {
	srv := campfiretest.New(t)
	token := srv.SetUp()
	ada := visitor(t, srv, token)
	bo := visitor(t, srv, srv.Join(token, "Bo"))
	has(t, ada.page("/account"), `href="/account/bots">Set up chat bots<`)
	hasNot(t, bo.page("/account"), "Set up chat bots")
	has(t, ada.page("/account/bots"), "<title>Chat bots", "No bots yet.")

	page := ada.refused(422, "/account/bots", fields("name", " ", "webhook_url", "ftp://nowhere"))
	has(t, page, "Name must not be empty.", "Webhook URL must be an address like", `value="ftp://nowhere"`)
	made := ada.submit("/account/bots", fields("name", "Deploy", "webhook_url", "")).Want(200)
	if got := made.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("a page with a key is %q", got)
	}
	page = html.UnescapeString(string(made.Body))
	key := regexp.MustCompile(`value="(3-[A-Za-z2-9]{24})" aria-label="Bot key"`).FindStringSubmatch(page)
	if key == nil {
		t.Fatalf("no key on the page:\n%s", mainOf(page))
	}
	has(t, page, "curl -d 'Hello!' '"+srv.URL+"/rooms/1/"+key[1]+"/messages'", "curl -F attachment=@picture.png '"+srv.URL+"/rooms/1/"+key[1]+"/messages'", `value="whsec_`)
	page = ada.page("/account/bots/3")
	hasNot(t, page, key[1], "whsec_", ">Send a test<")
	has(t, page, `curl -d 'Hello!' "`+srv.URL+`/rooms/1/$BOT_KEY/messages"`)

	has(t, ada.did("/account/bots/3", fields("name", "Deployer", "webhook_url", "http://127.0.0.1:1/")), "Saved.", `value="Deployer"`, ">Send a test<")
	has(t, ada.refused(422, "/account/bots/3", fields("name", "", "webhook_url", "http://127.0.0.1:1/")), "Name must not be empty.")
	has(t, ada.refused(200, "/account/bots/3/test", nil), "The test failed after", "no answer")
	has(t, ada.page("/account/bots/3/deliveries"), "Given up", "test")
	ada.submit("/account/bots/3/deliveries/1/replay", nil).Want(409)
	hasNot(t, string(ada.submit("/account/bots/3/secret", nil).Want(200).Body), "not-there")
	renewed := ada.submit("/account/bots/3/key", nil).Want(200)
	if strings.Contains(string(renewed.Body), key[1]) || renewed.Header.Get("Cache-Control") != "no-store" {
		t.Error("the new key is the old one, or may be kept")
	}
	srv.Do("", "GET", "/rooms/1/"+key[1]+"/messages", nil).Want(401)

	ada.upload("/account/bots/3/avatar", "picture", drawing(t, 40, 30, red, blue)).Want(303)
	has(t, ada.page("/account/bots/3"), "Remove picture")
	has(t, string(ada.upload("/account/bots/3/avatar", "picture", []byte("text")).Want(422).Body), "must be a JPEG")
	has(t, ada.did("/account/bots/3/avatar/delete", nil), "Picture removed.")

	has(t, ada.page("/rooms/new"), `Deployer</bdi> <span class="bot-badge">Bot</span>`)
	for _, path := range []string{"/account/bots", "/account/bots/new", "/account/bots/3", "/account/bots/3/deliveries"} {
		bo.get(path).Want(403)
	}
	for _, path := range []string{"/account/bots", "/account/bots/3", "/account/bots/3/key", "/account/bots/3/secret", "/account/bots/3/test", "/account/bots/3/delete", "/account/bots/3/deliveries/1/replay"} {
		bo.submit(path, fields("name", "Mine")).Want(403)
	}
	bo.upload("/account/bots/3/avatar", "picture", drawing(t, 40, 30, red, blue)).Want(403)
	ada.submit("/account/bots/2/delete", nil).Want(404) // a person
	has(t, ada.did("/account/bots/3/delete", nil), "The bot is removed.", "No bots yet.")
	ada.get("/account/bots/3").Want(404)
	has(t, ada.page("/users/3"), "Deployer")
}
