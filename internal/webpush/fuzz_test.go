package webpush

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// What is no subscription is refused; for any other, the largest push is a body
// of the size that every push service takes, under headers that are.
func FuzzSubscription(f *testing.F) {
	keys, err := NewKeys()
	if err != nil {
		f.Fatal(err)
	}
	const key, auth = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4", "BTBZMqHH6r4Tts7J_aSIgg"
	f.Add("https://push.example.net:443/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV", key, auth)
	f.Add("HTTPS://[::1]/%0a?\"=#", key+"==", strings.ReplaceAll(auth, "_", "/"))
	f.Add("https://a b/", keys.Public(), "AAAAAAAAAAAAAAAAAAAAAA")
	f.Add("https://:1@x\r\n", "", "")
	f.Fuzz(func(t *testing.T, endpoint, key, auth string) {
		s, err := ParseSubscription(endpoint, key, auth, false)
		if err != nil {
			if err != ErrEndpoint && err != ErrKey && err != ErrAuth {
				t.Fatal(err)
			}
			return
		}
		sent := false
		c := Client{Keys: keys, Transport: func(_ context.Context, to string, h http.Header, body []byte) (int, http.Header, []byte, error) {
			sent = true
			if to != endpoint || len(body) != maxBody {
				t.Fatalf("%d bytes to %q", len(body), to)
			}
			for name, values := range h {
				if strings.ContainsAny(strings.Join(values, ""), "\r\n\x00") {
					t.Fatalf("%s: %q", name, values)
				}
			}
			return 201, nil, nil, nil
		}}
		if a, err := c.Send(t.Context(), s, Push{Payload: make([]byte, MaxPayload), Urgency: High, Topic: "room1", Subject: "mailto:ada@example.org"}); err != nil || !a.Accepted() || !sent {
			t.Fatalf("%v, %v", a, err)
		}
	})
}

// However long a text is and whatever it is made of, the payload fits, can be
// read, and says the beginning of it.
func FuzzNotification(f *testing.F) {
	f.Add("All Talk", "Ada: tea?", 1)
	f.Add("日本 ボット", "👩‍👩‍👧‍👦 🇩🇪🇫🇷 e\u0301 \u1100\u1161\u11a8", 900)
	f.Add("\x00\u2028<>&\"\\", "\xff\xfe\x80 \r\n", 500)
	f.Fuzz(func(t *testing.T, title, body string, times int) {
		body = strings.Repeat(body, max(1, min(times, 1+20_000/(1+len(body)))))
		n := Notification{Title: title, Body: body, Lang: "en", Navigate: "https://chat.example.org/rooms/7/@9", Tag: "room-7", Badge: 3, Data: map[string]any{"room": 7}}
		for _, most := range []int{MaxPayload, 1024} {
			b, err := n.Encode(most)
			if err != nil || len(b) > most {
				t.Fatalf("%d bytes of %d, %v", len(b), most, err)
			}
			var d declarative
			if err := json.Unmarshal(b, &d); err != nil || d.WebPush != 8030 || d.Notification.Navigate != n.Navigate || d.Badge != 3 {
				t.Fatalf("%v: %s", err, b)
			}
			for _, c := range [][2]string{{title, d.Notification.Title}, {body, d.Notification.Body}} {
				whole, said := strings.ToValidUTF8(c[0], ""), strings.ReplaceAll(c[1], "\uFFFD", "")
				whole = strings.ReplaceAll(whole, "\uFFFD", "")
				head, shortened := strings.CutSuffix(said, "…")
				if said != whole && !(shortened && strings.HasPrefix(whole, head)) && said != "" || !utf8.ValidString(c[1]) {
					t.Fatalf("%q is said as %q", c[0], c[1])
				}
			}
		}
	})
}

// Whatever a push service answers, what is shown of it is one short line, and it
// is waited for a day at most.
func FuzzAnswer(f *testing.F) {
	f.Add("120", "no\r\nmore")
	f.Add("Fri, 27 Nov 2026 10:00:00 GMT", strings.Repeat("ä", 300))
	f.Add("-99999999999999", "\x1b[31m\x00\x7f \xff")
	f.Fuzz(func(t *testing.T, retryAfter, said string) {
		c := Client{Now: func() time.Time { return time.Unix(1795730000, 0) }}
		if d := c.retryAfter(retryAfter); d < 0 || d > maxRetryAfter {
			t.Fatalf("%q is %v", retryAfter, d)
		}
		line := firstLine(said)
		if utf8.RuneCountInString(line) > 200 || !utf8.ValidString(line) || strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			t.Fatalf("%q is shown as %q", said, line)
		}
	})
}
