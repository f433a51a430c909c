package web_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"campfire/internal/campfiretest"
	"campfire/internal/web/text"

	"github.com/chromedp/chromedp"
	"github.com/evanw/esbuild/pkg/api"
)

// Each language of the pages has all emoji, under shortcodes that tell them
// apart, in a file that is small on the way.
func TestEmojiOfEachLanguage(t *testing.T) {
	for _, c := range text.All() {
		b, err := os.ReadFile("dist/emoji-" + c.Tag + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var z bytes.Buffer
		g, _ := gzip.NewWriterLevel(&z, gzip.BestCompression)
		g.Write(b)
		g.Close()
		if z.Len() > 60_000 {
			t.Errorf("%s: %d bytes compressed", c.Tag, z.Len())
		}
		var file struct {
			Groups []struct {
				Name  string
				Emoji [][]any
			}
		}
		if err := json.Unmarshal(b, &file); err != nil {
			t.Fatal(err)
		}
		chars, codes := map[string]bool{}, map[string]string{}
		for _, g := range file.Groups {
			if g.Name == "" || len(g.Emoji) == 0 {
				t.Errorf("%s: group %q has %d emoji", c.Tag, g.Name, len(g.Emoji))
			}
			for _, e := range g.Emoji {
				char, label := e[0].(string), e[1].(string)
				if chars[char] || label == "" {
					t.Errorf("%s: %s, called %q, is there twice or has no label", c.Tag, char, label)
				}
				chars[char] = true
				for _, code := range strings.Split(e[2].(string), " ") {
					if code == "" || codes[code] != "" {
						t.Errorf("%s: %s and %s are both :%s:", c.Tag, char, codes[code], code)
					}
					codes[code] = char
				}
			}
		}
		if len(file.Groups) != 9 || len(chars) < 1900 {
			t.Errorf("%s: %d emoji in %d groups", c.Tag, len(chars), len(file.Groups))
		}
		if codes["+1"] != "👍" || codes["tada"] != "🎉" || codes["heart"] != "❤️" || codes["dog"] != "🐶" {
			t.Errorf("%s: %s %s %s %s", c.Tag, codes["+1"], codes["tada"], codes["heart"], codes["dog"])
		}
		t.Logf("%s: %d emoji, %d bytes, %d compressed", c.Tag, len(chars), len(b), z.Len())
	}
}

// The browser finds emoji by shortcode first, then by words of the page's
// language, and remembers those that were used.
func TestEmojiAreFound(t *testing.T) {
	built := api.Build(api.BuildOptions{EntryPoints: []string{"src/parts/emoji.ts"}, Bundle: true, Format: api.FormatIIFE, GlobalName: "emoji", Target: api.ES2022})
	if len(built.Errors) > 0 {
		t.Fatal(built.Errors)
	}
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	srv.SetUp()
	b := open(800, 600)
	b.signIn(srv, "ada@example.org")
	script := chromedp.Evaluate[chromedp.Void](string(built.OutputFiles[0].Contents) + "; window.emoji = emoji; undefined")
	b.run(script)
	search := func(query string) []string {
		t.Helper()
		q, _ := json.Marshal(query)
		return evaluateAsync[[]string](b, `emoji.loadEmoji().then(all => emoji.searchEmoji(all, `+string(q)+`).map(e => e.char))`)
	}
	first := func(query string, want ...string) {
		t.Helper()
		if got := search(query); len(got) < len(want) || !slices.Equal(got[:len(want)], want) {
			t.Errorf("%q finds %q, want %q first", query, got[:min(len(got), 10)], want)
		}
	}
	first("tada", "🎉")
	first(":tada:", "🎉")
	first("+1", "👍")
	first("cat", "🐱")
	first("smile", "😄", "😃") // the code itself, then those that begin with it
	first("thumbs up", "👍")  // spaces as well as underscores
	first("kale green", "🥬") // words of the tags, in any order
	first("🔥", "🔥")
	if found := search("face"); slices.Index(found, "😀") < 0 || slices.Index(found, "🥳") < 0 {
		t.Errorf("words of labels and codes find %d", len(found))
	}
	for _, q := range []string{"", ":", "  ", "zzqx", "(", "\\"} {
		if got := search(q); len(got) != 0 {
			t.Errorf("%q finds %q", q, got)
		}
	}
	if got := evaluateAsync[[]string](b, `emoji.loadEmoji().then(all => {
		localStorage.clear();
		const by = (code) => all.find(e => e.shortcodes.includes(code));
		const plain = emoji.toned(by("wave"));
		emoji.setEmojiTone(3);
		for (const c of ["👍", "🎉", "👍", "🔥"]) emoji.useEmoji(c);
		return [plain, emoji.toned(by("wave")), emoji.toned(by("man_shrugging")), emoji.toned(by("point_up")), emoji.toned(by("tada")), ...emoji.recentEmoji()];
	})`); !slices.Equal(got, []string{"👋", "👋🏽", "🤷🏽‍♂️", "☝🏽", "🎉", "🔥", "👍", "🎉"}) {
		t.Errorf("tones and those used last: %q", got)
	}
	if n := evaluateAsync[int](b, `(async () => { localStorage.clear(); for (const e of await emoji.loadEmoji()) emoji.useEmoji(e.char); return emoji.recentEmoji().length })()`); n != 32 {
		t.Errorf("%d are remembered", n)
	}

	// In another language, by its words with and without what stands on them.
	b.run(chromedp.Evaluate[chromedp.Void](`document.cookie = "campfire_lang=de; path=/"`), chromedp.Reload(), chromedp.WaitVisible(`#composer`), script)
	for _, q := range []string{"glück", "gluck", "Glu\u0308ck"} {
		if !slices.Contains(search(q), "🍀") {
			t.Errorf("%q does not find the clover", q)
		}
	}
	first("tada", "🎉")
}
