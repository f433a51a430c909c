package slack_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"mime/multipart"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"campfire"
	"campfire/internal/markup"
	"campfire/internal/slack"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write what is wanted anew")

// What well-known senders send, in their shape, and what becomes of it.
func TestPayloadsOfWellKnownSenders(t *testing.T) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			in, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			m, err := slack.Parse("application/json", in)
			if err != nil {
				t.Fatal(err)
			}
			got := m.Markdown("Alertmanager", 0) + "\n"
			golden := strings.TrimSuffix(file, ".json") + ".md"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(got, string(want)); diff != "" {
				t.Errorf("(-got +want)\n%s", diff)
			}
		})
	}
}

func TestPayloadComesInManyWrappings(t *testing.T) {
	const in = `{"text":"a & b"}`
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	w.WriteField("payload", in)
	w.Close()
	for name, c := range map[string]struct{ kind, body string }{
		"JSON":                    {"application/json; charset=utf-8", in},
		"no content type":         {"", " \n" + in},
		"curl -d":                 {"application/x-www-form-urlencoded", in},
		"form":                    {"application/x-www-form-urlencoded", "payload=" + url.QueryEscape(in)},
		"form with more":          {"application/x-www-form-urlencoded", "x=1&payload=" + url.QueryEscape(in)},
		"multipart":               {w.FormDataContentType(), form.String()},
		"form without being said": {"text/plain", "payload=" + url.QueryEscape(in)},
	} {
		m, err := slack.Parse(c.kind, []byte(c.body))
		if err != nil || m.Text != "a & b" {
			t.Errorf("%s: %+v, %v", name, m, err)
		}
	}
}

func TestWhatIsNoPayload(t *testing.T) {
	for body, want := range map[string]error{
		"":                              slack.ErrPayload,
		"hello":                         slack.ErrPayload,
		"[]":                            slack.ErrPayload,
		`"text"`:                        slack.ErrPayload,
		`{"text":"x"`:                   slack.ErrPayload,
		`{"text":"x"} {}`:               slack.ErrPayload,
		"payload=nonsense":              slack.ErrPayload,
		"payload=%7B%22text%22%3A1%7D%": slack.ErrPayload,
		"{}":                            slack.ErrNoText,
		`{"text":" \n"}`:                slack.ErrNoText,
		`{"text":null,"attachments":null,"blocks":null}`:                         slack.ErrNoText,
		`{"attachments":[{"color":"good","footer":"x"}]}`:                        slack.ErrNoText,
		`{"blocks":[{"type":"actions","elements":[{"url":"javascript:x"}]}]}`:    slack.ErrNoText,
		`{"blocks":[{"type":"image","image_url":"data:text/html,x","title":1}]}`: nil,
	} {
		if _, err := slack.Parse("application/json", []byte(body)); err != want {
			t.Errorf("%s: %v, want %v", body, err, want)
		}
	}
}

func TestSenderIsNamedUnlessTheHookIs(t *testing.T) {
	m, err := slack.Parse("", []byte(`{"text":"- one","username":"Jenkins *2*","icon_emoji":":tada:"}`))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := m.Markdown("Builds", 0), ":tada: **Jenkins \\*2\\***\n\n- one"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := m.Markdown("jenkins *2*", 0); got != "- one" {
		t.Errorf("the hook's own name is said again: %q", got)
	}
}

func TestLongTextsAreCut(t *testing.T) {
	m, err := slack.Parse("", []byte(`{"text":"`+strings.Repeat("ä", 30_000)+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, limit := range []int{1, 3, 4, 100, 101, 32 << 10} {
		got := m.Markdown("", limit)
		if len(got) > limit || !utf8.ValidString(got) || limit > 3 && !strings.HasSuffix(got, "…") {
			t.Errorf("limit %d: %d bytes, %q", limit, len(got), got[max(0, len(got)-8):])
		}
	}
}

// nobody knows everyone whom a name could mean, so that a call is noticed.
type nobody struct{}

var ada = campfire.Person{ID: 42, Name: "Ada"}

func (nobody) Members() ([]campfire.Person, error) { return []campfire.Person{ada}, nil }
func (nobody) Person(id campfire.UserID) (campfire.Person, bool, error) {
	return campfire.Person{ID: id, Name: "someone"}, true, nil
}

func mentions(t testing.TB, body string) *campfire.MessageMeta {
	t.Helper()
	m, err := slack.Parse("", []byte(body))
	if err != nil {
		return &campfire.MessageMeta{}
	}
	r, err := markup.Render(m.Markdown("hook", 32<<10), nobody{})
	if err != nil {
		t.Fatal(err)
	}
	if r.Meta == nil {
		return &campfire.MessageMeta{}
	}
	return r.Meta
}

func TestOnlyWhatSlackTakesForACallIsOne(t *testing.T) {
	calls := func(body string) [3]bool {
		m := mentions(t, body)
		return [3]bool{m.Here, m.Everyone, len(m.Mentions) > 0}
	}
	for text, want := range map[string][3]bool{
		`<!here>`:    {true, false, false},
		`<!channel>`: {false, true, false},
		`*<@42>*`:    {false, false, true},
		`@here @everyone @channel @Ada (@everyone) .@everyone`: {},
		`&lt;!channel&gt; &lt;@42&gt; &amp;lt;!here&amp;gt;`:   {},
		`&lt;!here&gt; &lt;!everyone&gt;`:                      {},
		"`<!here>` ```<!everyone> <@42>```":                    {},
		`<https://example.org/|<!here> @everyone>`:             {},
		`<#C1|@everyone> <@U1|@everyone> <!subteam^S1|@Ada>`:   {},
		`\\<!here\\>`: {},
	} {
		for _, where := range []string{`{"text":"%"}`, `{"attachments":[{"text":"%"}]}`, `{"blocks":[{"type":"section","text":{"type":"mrkdwn","text":"%"}}]}`, `{"attachments":[{"fields":[{"value":"%"}]}]}`} {
			body := strings.ReplaceAll(where, "%", text)
			if got := calls(body); got != want {
				t.Errorf("%s: here, everyone, person: %v, want %v", body, got, want)
			}
		}
		for _, where := range []string{`{"attachments":[{"title":"%"}]}`, `{"attachments":[{"title":"x","title_link":"https://example.org/","author_name":"%","footer":"%"}]}`,
			`{"text":"x","username":"%"}`, `{"blocks":[{"type":"header","text":{"type":"plain_text","text":"%"}}]}`,
			`{"blocks":[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"%"}]}]}]}`} {
			if got := calls(strings.ReplaceAll(where, "%", text)); got != ([3]bool{}) {
				t.Errorf("%s in %s calls: %v", text, where, got)
			}
		}
	}
	if got := calls(`{"text":"@Ada @everyone","link_names":1}`); got != [3]bool{false, true, true} {
		t.Errorf("with link_names: %v", got)
	}
}

// Whoever has a hook's address may send what they like: four times the text takes
// some four times as long to read, not sixteen.
func TestTextsAreReadInTheirOwnLength(t *testing.T) {
	for _, unit := range []string{"**a ", "~~a ", "*a ", "*_~a ", "*a *", "<a ", "<a|b", "`a ", "```a ", ":a ", ">", "&gt;", "> a\n", ">>> a\n", "&gt;&gt;&gt; a\n", "http://a ", "@a ", "* a\n", "#"} {
		read := func(length int) time.Duration {
			body, err := json.Marshal(map[string]string{"text": strings.Repeat(unit, length/len(unit))})
			if err != nil {
				t.Fatal(err)
			}
			least := time.Hour
			for range 10 {
				began := time.Now()
				_, _ = slack.Parse("application/json", body)
				least = min(least, time.Since(began))
			}
			return least
		}
		short, long := read(5_000), read(20_000)
		if ratio := float64(long) / float64(short); ratio > 10 {
			t.Errorf("%q: four times as long a text takes %.0f times as long, %v", unit, ratio, long)
		}
	}
}

// No more than a few quotes stand within each other.
func TestQuotesWithinQuotesEnd(t *testing.T) {
	for text, want := range map[string]string{
		">>> a\n>>> b\n> c":                        "> a\n> \n> > > > b\n> > c",
		strings.Repeat(">", 50) + "a &gt; b":       strings.Repeat("> ", 6) + "a > b",
		strings.Repeat("&gt;", 50) + " a":          strings.Repeat("> ", 6) + "a",
		strings.Repeat("> ", 50) + "a":             strings.Repeat("> ", 5) + "a",
		strings.Repeat(">>> a\n", 3) + "&gt;&gt;b": "> a\n> \n> > > > a\n> > > > a\n> > > b",
	} {
		body, err := json.Marshal(map[string]string{"text": text})
		if err != nil {
			t.Fatal(err)
		}
		m, err := slack.Parse("", body)
		if err != nil {
			t.Fatal(err)
		}
		if m.Text != want {
			t.Errorf("%q is %q, want %q", text, m.Text, want)
		}
	}
}

// Whatever comes, it is read without a panic, in time, into valid text within
// the limit; and calls nobody unless it holds Slack's way of calling.
func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.json")
	for _, file := range files {
		in, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add("application/json", in)
	}
	f.Add("application/x-www-form-urlencoded", []byte("payload=%7B%22text%22%3A%22x%22%7D"))
	f.Add("multipart/form-data; boundary=x", []byte("--x\r\nContent-Disposition: form-data; name=\"payload\"\r\n\r\n{\"text\":\"x\"}\r\n--x--"))
	f.Add("", []byte(`{"text":"@everyone *a_b~c`+"`"+` \\<!here\\> &lt;!here&gt; \n&gt;&gt;&gt; `+"```"+`"}`))
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		m, err := slack.Parse(kind, body)
		if err != nil {
			if err != slack.ErrPayload && err != slack.ErrNoText {
				t.Fatal(err)
			}
			return
		}
		const limit = 1000
		for _, s := range []string{m.Markdown("", limit), m.Markdown(m.Username, limit)} {
			if len(s) > limit || !utf8.ValidString(s) || strings.ContainsRune(s, 0) || strings.TrimSpace(s) == "" {
				t.Fatalf("%d bytes: %q", len(s), s)
			}
		}
		lower := strings.ToLower(string(body))
		if strings.Contains(lower, "<") || strings.Contains(lower, "link_names") || strings.Contains(lower, "parse") || strings.Contains(lower, `\u`) ||
			strings.Contains(lower, "markdown") || strings.Contains(lower, "broadcast") || strings.Contains(lower, "user") || strings.Contains(lower, "%") {
			return
		}
		if meta := mentions(t, string(body)); meta.Here || meta.Everyone || len(meta.Mentions) > 0 {
			t.Fatalf("calls people: %q", m.Text)
		}
	})
}
