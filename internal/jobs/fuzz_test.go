package jobs

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"campfire"
	"campfire/internal/outbound"
	"campfire/internal/store"
)

// patient takes every answer that is posted.
type patient struct {
	Bots
	posted []string
}

func (p *patient) Answer(_ context.Context, _ campfire.UserID, _ campfire.RoomID, _, text string) (func(*store.Tx) error, error) {
	p.posted = append(p.posted, text)
	return func(*store.Tx) error { return nil }, nil
}

func (p *patient) AnswerFile(_ context.Context, _ campfire.UserID, _ campfire.RoomID, _, name string, content []byte) (func(*store.Tx) error, error) {
	if len(content) == 0 || !strings.HasPrefix(name, "attachment.") || strings.ContainsAny(name, `/\`) {
		panic("a file named " + name)
	}
	p.posted = append(p.posted, name)
	return func(*store.Tx) error { return nil }, nil
}

// Whatever a webhook answers, the try ends in one of the ways that are spoken of
// in docs/bots.md, and what the log keeps of it is short and fit to be read.
func FuzzAnswered(f *testing.F) {
	f.Add(200, "text/plain", "", []byte("at four"))
	f.Add(200, "text/html; charset=utf-8", "", []byte("<p>Hello <b>there</b>"))
	f.Add(200, "image/png", "", []byte("\x89PNG"))
	f.Add(429, "text/;;=", "86400", []byte("\x00\x1b[31m\xff"))
	f.Add(503, "text/"+strings.Repeat("x", 4000), "-1", bytes.Repeat([]byte("ä"), 400))
	f.Add(307, "", "", []byte("elsewhere"))
	f.Add(401, "text/plain", "", []byte("who are you"))
	f.Add(404, "text/plain", "60", []byte("an error page"))
	f.Add(408, "", "3601", []byte(nil))
	f.Add(410, "application/problem+json", "soon", []byte(`{}`))
	f.Fuzz(func(t *testing.T, status int, kind, retryAfter string, body []byte) {
		if status < 100 || status > 999 {
			return // no client takes it for an answer
		}
		bots := &patient{}
		w := NewWebhooks(WebhookOptions{Bots: bots})
		resp := &outbound.Response{Status: status, Header: http.Header{}, Body: body}
		resp.Header.Set("Content-Type", kind)
		resp.Header.Set("Retry-After", retryAfter)
		o := w.answered(t.Context(), &store.Job{DeliveryID: "msg_1"}, resp)
		want := givenUp
		switch {
		case status >= 200 && status < 300:
			want = done
		case status == 408, status == 429, status >= 500:
			want = retry
		}
		if o.verb != want || o.status != status {
			t.Fatalf("%d ends as %s with %d", status, o.verb, o.status)
		}
		if (o.also != nil) != (status == 410 || len(bots.posted) > 0) || len(bots.posted) > 1 {
			t.Fatalf("%d: posted %q", status, bots.posted)
		}
		if len(bots.posted) > 0 && (want != done || status != 200 && bots.posted[0] != "attachment"+endingOf(mediaType(resp))) {
			t.Fatalf("%d: posted %q", status, bots.posted)
		}
		if o.after < 0 || o.after > time.Hour {
			t.Fatalf("put off for %v", o.after)
		}
		if len(o.detail) > 600 || !utf8.ValidString(o.detail) || strings.ContainsFunc(o.detail, unicode.IsControl) {
			t.Fatalf("the log keeps %d bytes: %q", len(o.detail), o.detail)
		}
	})
}

// Whatever people, rooms and messages are called, a bot is told it as it is, in
// the form that it knows, without its own name.
func FuzzWebhookBody(f *testing.F) {
	f.Add("Bot", "Kitchen", "Ada", "@Bot tea?", "<p>tea?</p>")
	f.Add("", "</script>", "\u2028", "@ @", "")
	f.Add("A", "日本", "\u202e", "@A @AB @A.", "x")
	f.Add("@", "\x00", "\xff", "@@@@", "&")
	f.Fuzz(func(t *testing.T, bot, room, person, plain, html string) {
		for _, s := range []string{bot, room, person, plain, html} {
			if !utf8.ValidString(s) {
				return // nothing of the kind is stored
			}
		}
		d := &campfire.Delivery{Bot: campfire.Person{ID: 2, Name: bot}, Room: &campfire.Room{ID: 7, Name: room}, Token: "2-token",
			Message: &campfire.Message{ID: 9, Creator: campfire.Person{ID: 1, Name: person}, Plain: plain, HTML: html}}
		b := webhookBody(d, "/chat")
		var in struct {
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
		decoder := json.NewDecoder(bytes.NewReader(b))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&in); err != nil {
			t.Fatalf("%v: %s", err, b)
		}
		if in.User.Name != person || in.Room.Name == nil || *in.Room.Name != room || in.Room.Path != "/chat/rooms/7/2-token/messages" ||
			in.Message.Path != "/chat/rooms/7/@9" || (in.Message.Body.HTML == nil) != (html == "") || html != "" && *in.Message.Body.HTML != html {
			t.Fatalf("told %s", b)
		}
		// What is left out is the bot's name and what stood around the text.
		left := in.Message.Body.Plain
		for _, r := range plain {
			if rest, ok := strings.CutPrefix(left, string(r)); ok {
				left = rest
			}
		}
		if left != "" || left == "" && len(in.Message.Body.Plain) > len(plain) {
			t.Fatalf("of %q as %q there is %q", plain, bot, in.Message.Body.Plain)
		}
	})
}
