package webpush

import (
	"context"
	"crypto/ecdh"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"campfire/internal/webpush/webpushtest"
)

// A text that is a byte too long is cut, and one that fits is whole.
func TestAPayloadFitsAtEveryLength(t *testing.T) {
	n := Notification{Title: "All Talk", Navigate: "https://chat.example.org/rooms/7/@9", Tag: "room-7", Icon: "https://chat.example.org/account/logo"}
	frame, err := n.encode()
	if err != nil {
		t.Fatal(err)
	}
	for length := MaxPayload - len(frame) - 300; length < MaxPayload+20; length++ {
		n.Body = strings.Repeat("x", length)
		b, err := n.Encode(MaxPayload)
		if err != nil || len(b) > MaxPayload {
			t.Fatalf("a text of %d bytes makes a payload of %d, %v", length, len(b), err)
		}
		if whole := len(frame)+length <= MaxPayload; whole == strings.Contains(string(b), "…") {
			t.Fatalf("of %d bytes %d are left over, and cut is %t", MaxPayload-len(frame), length, !whole)
		}
	}
}

// The example of RFC 8291, appendix A.
func TestEncryptsAsTheRFC(t *testing.T) {
	s, err := ParseSubscription("https://push.example.net/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV",
		"BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4", "BTBZMqHH6r4Tts7J_aSIgg", false)
	if err != nil {
		t.Fatal(err)
	}
	scalar, err := decode("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")
	if err != nil {
		t.Fatal(err)
	}
	ours, err := ecdh.P256().NewPrivateKey(scalar)
	if err != nil {
		t.Fatal(err)
	}
	salt, err := decode("DGv6ra1nlYgDCS1FRnbzlw")
	if err != nil {
		t.Fatal(err)
	}
	body, err := s.encryptWith([]byte("When I grow up, I want to be a watermelon"), ours, salt)
	if err != nil {
		t.Fatal(err)
	}
	const want = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
	if got := encode(body); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func client(t *testing.T, s *webpushtest.Service) *Client {
	t.Helper()
	keys, err := NewKeys()
	if err != nil {
		t.Fatal(err)
	}
	return &Client{Keys: keys, Transport: s.Post}
}

func subscription(t *testing.T, d *webpushtest.Device) *Subscription {
	t.Helper()
	s, err := ParseSubscription(d.Endpoint, d.Key, d.Auth, true)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAPushArrives(t *testing.T) {
	for _, service := range []*webpushtest.Service{webpushtest.New(t), webpushtest.NewTLS(t)} {
		d := service.Device()
		payload, err := Notification{Title: "Kitchen", Body: "Bob: tea? 🫖", Navigate: "https://chat.example.org/rooms/7", Tag: "room-7", Badge: 3}.Encode(MaxPayload)
		if err != nil {
			t.Fatal(err)
		}
		a, err := client(t, service).Send(t.Context(), subscription(t, d), Push{Payload: payload, Urgency: High, Topic: "room7", Subject: "mailto:ada@example.org"})
		if err != nil || !a.Accepted() {
			t.Fatalf("%+v, %v", a, err)
		}
		got := d.Received()[0]
		if got.Title != "Kitchen" || got.Body != "Bob: tea? 🫖" || got.Path != "/rooms/7" || got.Tag != "room-7" || got.Badge != 3 ||
			got.Urgency != "high" || got.Topic != "room7" || got.TTL != 4*7*24*3600 || got.Subject != "mailto:ada@example.org" {
			t.Errorf("got %+v", got)
		}
	}
}

// The receiver must be able to say no, or it proves nothing.
func TestTheReceiverRefusesAForgedSender(t *testing.T) {
	service := webpushtest.NewTLS(t)
	c := client(t, service)
	other, err := NewKeys()
	if err != nil {
		t.Fatal(err)
	}
	c.Keys.public = other.public // says so, and can't prove it
	header, _, err := c.request(subscription(t, service.Device()), Push{Payload: []byte("{}"), Urgency: Normal, Subject: "mailto:ada@example.org"})
	if err != nil {
		t.Fatal(err)
	}
	if err := webpushtest.Verify(header, service.URL); err == nil || !strings.Contains(err.Error(), "signature") {
		t.Errorf("got %v", err)
	}
}

func TestAnyPayloadIsMadeToFit(t *testing.T) {
	const family = "👨‍👩‍👧‍👦"
	for name, text := range map[string]string{
		"letters": strings.Repeat("a", 100_000), "emoji": strings.Repeat(family, 3000), "flags": strings.Repeat("🇩🇪", 3000),
		"accents": strings.Repeat("e\u0301\u0323", 5000), "escapes": strings.Repeat("\x01\"<", 5000), "Korean": strings.Repeat("\u1112\u1161\u11ab", 4000),
		"one endless character": "a" + strings.Repeat("\u0301", 10_000), "broken": strings.Repeat("\xff\xfe", 5000), "skin": strings.Repeat("👍🏽", 3000),
	} {
		n := Notification{Title: text, Body: text, Navigate: "https://chat.example.org/rooms/7"}
		b, err := n.Encode(MaxPayload)
		if err != nil || len(b) > MaxPayload {
			t.Errorf("%s: %d bytes, %v", name, len(b), err)
		}
		n.Title = "Kitchen"
		if b, err = n.Encode(MaxPayload); err != nil || len(b) > MaxPayload {
			t.Errorf("%s: %d bytes, %v", name, len(b), err)
		}
		var in struct{ Notification struct{ Title, Body string } }
		if err := json.Unmarshal(b, &in); err != nil {
			t.Fatal(err)
		}
		if in.Notification.Title != "Kitchen" {
			t.Errorf("%s: the title was cut before the body", name)
		}
		head, cut := strings.CutSuffix(in.Notification.Body, "…")
		unit := map[string]string{"emoji": family, "flags": "🇩🇪", "accents": "e\u0301\u0323", "Korean": "\u1112\u1161\u11ab", "skin": "👍🏽"}[name]
		if unit != "" && (!cut || head == "" || strings.Trim(strings.ReplaceAll(head, unit, ""), " ") != "" || len(b) < MaxPayload-2*len(unit)-4) {
			t.Errorf("%s: cut within a character, or too early (%d bytes): …%q", name, len(b), head[max(0, len(head)-30):])
		}
		if !utf8.ValidString(in.Notification.Body) {
			t.Errorf("%s: no UTF-8", name)
		}
	}
}

// Wherever the bound falls, no flag is cut in two.
func TestFlagsStayWhole(t *testing.T) {
	for pad := range 16 {
		b, err := Notification{Title: strings.Repeat("x", pad), Body: strings.Repeat("🇩🇪", 3000), Navigate: "https://chat.example.org/"}.Encode(MaxPayload)
		if err != nil {
			t.Fatal(err)
		}
		var in struct{ Notification struct{ Body string } }
		if err := json.Unmarshal(b, &in); err != nil {
			t.Fatal(err)
		}
		if n := len(strings.TrimSuffix(in.Notification.Body, "…")); n%len("🇩🇪") != 0 || n == 0 {
			t.Errorf("behind %d letters the body is cut at byte %d, within a flag", pad, n)
		}
	}
}

// The origin that a proof is for, as the push service writes it.
func TestOrigins(t *testing.T) {
	for address, want := range map[string]string{
		"https://push.example.org/a?b": "https://push.example.org", "https://Push.Example.org:443/": "https://push.example.org",
		"https://push.example.org:8443/": "https://push.example.org:8443", "http://127.0.0.1:80/": "http://127.0.0.1", "https://[2001:db8::1]:443/": "https://[2001:db8::1]",
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if got := origin(u); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
}

func TestKeysComeBack(t *testing.T) {
	k, err := NewKeys()
	if err != nil {
		t.Fatal(err)
	}
	private, err := k.RevealPrivate()
	if err != nil {
		t.Fatal(err)
	}
	for _, public := range []string{k.Public(), k.Public() + "=", ""} {
		again, err := ParseKeys(public, private)
		if err != nil || again.Public() != k.Public() {
			t.Errorf("%v, %v", again, err)
		}
	}
	other, err := NewKeys()
	if err != nil {
		t.Fatal(err)
	}
	for name, pair := range map[string][2]string{
		"of two pairs": {other.Public(), private}, "cut": {k.Public(), private[:40]}, "zero": {"", encode(make([]byte, 32))},
		"no base64": {k.Public(), "!!"}, "short public": {k.Public()[:80], private},
	} {
		if _, err := ParseKeys(pair[0], pair[1]); err == nil {
			t.Errorf("keys %s are taken", name)
		}
	}
}

func TestSubjects(t *testing.T) {
	for s, good := range map[string]bool{
		"mailto:ada@example.org": true, "https://example.org": true, "https://example.org/contact": true,
		"": false, "ada@example.org": false, "mailto:": false, "mailto:ada": false, "http://example.org": false, "https://localhost": false,
		"mailto:root@localhost": false, "mailto:<ada@example.org>": false, "mailto: ada@example.org": false, "https://box": false, "https://a:b@example.org": false,
	} {
		if err := CheckSubject(s); (err == nil) != good {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestSubscriptionsThatCanNotWorkAreRefused(t *testing.T) {
	const endpoint = "https://push.example.org/x"
	const key, auth = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4", "BTBZMqHH6r4Tts7J_aSIgg"
	for _, c := range []struct {
		endpoint, key, auth string
		want                error
	}{
		{endpoint, key, auth, nil},
		{endpoint, strings.NewReplacer("-", "+", "_", "/").Replace(key) + "=", auth + "==", nil},
		{"http://push.example.org/x", key, auth, ErrEndpoint},
		{"https://a:b@push.example.org/x", key, auth, ErrEndpoint},
		{"file:///etc/passwd", key, auth, ErrEndpoint},
		{"", key, auth, ErrEndpoint},
		{endpoint + strings.Repeat("x", MaxEndpoint), key, auth, ErrEndpoint},
		{endpoint, "", auth, ErrKey},
		{endpoint, encode(append([]byte{4}, make([]byte, 64)...)), auth, ErrKey}, // not on the curve
		{endpoint, key[:60], auth, ErrKey},
		{endpoint, key, "", ErrAuth},
		{endpoint, key, key, ErrAuth},
	} {
		if _, err := ParseSubscription(c.endpoint, c.key, c.auth, false); err != c.want {
			t.Errorf("%q, %q, %q: %v, want %v", c.endpoint, c.key, c.auth, err, c.want)
		}
	}
}

func TestAnswers(t *testing.T) {
	service := webpushtest.New(t)
	c := client(t, service)
	for status, want := range map[int]Answer{
		201: {}, 400: {}, 403: {}, 404: {}, 410: {}, 413: {}, 429: {RetryAfter: 120 * time.Second}, 500: {}, 503: {RetryAfter: maxRetryAfter},
	} {
		d := service.Device()
		after := map[int]string{429: "120", 503: "99999999999"}[status]
		d.AnswerStatus(1, status, after)
		a, err := c.Send(t.Context(), subscription(t, d), Push{Payload: []byte("{}"), Urgency: Normal})
		if err != nil || a.Status != status || a.RetryAfter != want.RetryAfter {
			t.Errorf("%d: %+v, %v", status, a, err)
		}
		if a.Accepted() != (status == 201) || a.Gone() != (status == 404 || status == 410) || a.TooLarge() != (status == 413) || a.Temporary() != (status == 429 || status >= 500) {
			t.Errorf("%d is read as %+v", status, a)
		}
	}
}

// What push services do when they do harm: hang, redirect, pour out a gigabyte,
// hang up.
func TestPushServicesThatAnswerAnything(t *testing.T) {
	service := webpushtest.New(t)
	c := client(t, service)
	send := func(ctx context.Context, h http.HandlerFunc) (Answer, *webpushtest.Device) {
		d := service.Device()
		d.Answer(1, h)
		a, err := c.Send(ctx, subscription(t, d), Push{Payload: []byte("{}"), Urgency: Normal})
		if err != nil {
			t.Fatal(err)
		}
		return a, d
	}
	elsewhere := service.Device()
	if a, _ := send(t.Context(), func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.Endpoint, http.StatusTemporaryRedirect)
	}); a.Status != 307 || a.Accepted() || len(elsewhere.Received()) > 0 {
		t.Errorf("a redirect: %+v", a)
	}
	written := make(chan int64, 1)
	if a, _ := send(t.Context(), func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		n, _ := io.CopyN(w, endless{}, 1<<30)
		written <- n
	}); a.Status != 400 || len(a.Reason) > MaxReason {
		t.Errorf("a gigabyte: %+v", a)
	}
	if n := <-written; n >= 1<<30 {
		t.Error("a gigabyte was read")
	}
	if a, _ := send(t.Context(), func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) }); a.Status != 0 || a.Reason == "" || !a.Temporary() {
		t.Errorf("hanging up: %+v", a)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if a, _ := send(ctx, func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }); a.Status != 0 || !a.Temporary() {
		t.Errorf("a hang: %+v", a)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

func TestRetryAfterIsADateToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &Client{}
		for header, want := range map[string]time.Duration{
			"": 0, "soon": 0, "-5": 0, "5": 5 * time.Second,
			time.Now().Add(time.Minute).UTC().Format(http.TimeFormat): time.Minute,
			time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat):  0,
		} {
			if got := c.retryAfter(header); got != want {
				t.Errorf("%q: %v, want %v", header, got, want)
			}
		}
	})
}
