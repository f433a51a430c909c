package markup

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"campfire"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
)

func TestMain(m *testing.M) {
	debugPanics = true
	os.Exit(m.Run())
}

type kitchen struct{}

var people = []campfire.Person{{ID: 1, Name: "Ada"}, {ID: 2, Name: "Ada Lovelace"}, {ID: 3, Name: "Bo"}, {ID: 4, Name: "Twin"}, {ID: 5, Name: "twin"}, {ID: 6, Name: "日本"}, {ID: 7, Name: "Here"}}

func (kitchen) Members() ([]campfire.Person, error) { return people, nil }

func (kitchen) Person(id campfire.UserID) (campfire.Person, bool, error) {
	for _, p := range people {
		if p.ID == id {
			return p, true, nil
		}
	}
	if id == 40 {
		return campfire.Person{ID: 40, Name: "Outsider <b>"}, false, nil
	}
	return campfire.Person{}, false, campfire.NotFound("user")
}

func render(t testing.TB, source string) *Rendered {
	t.Helper()
	r, err := Render(source, kitchen{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRenderGolden(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.golden")
	if len(files) == 0 {
		t.Fatal("no golden files")
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		for _, c := range strings.Split(string(b), "\n=====\n") {
			source, _, _ := strings.Cut(c, "\n-----\n")
			r := render(t, source)
			meta, _ := json.Marshal(r.Meta)
			if out.Len() > 0 {
				out.WriteString("\n=====\n")
			}
			fmt.Fprintf(&out, "%s\n-----\n%s\n-----\n%s\n-----\n%s", source, r.HTML, r.Plain, meta)
			if r.Source != source {
				fmt.Fprintf(&out, "\n-----\n%s", r.Source)
			}
		}
		if os.Getenv("UPDATE_GOLDEN") != "" {
			if err := os.WriteFile(file, []byte(out.String()), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if diff := cmp.Diff(string(b), out.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
	}
}

// checkSafe holds rendered HTML against the allow list, by parsing it again.
// renderings sums up what the versions of the renderer make of the texts below.
var renderings = map[int16]string{
	2: "ce1c2a1599b1b06e",
}

// What is stored is made anew when Version moves, and only then: whoever changes
// what texts are rendered to moves it, and adds the new sum above.
func TestVersionMovesWithTheRendering(t *testing.T) {
	var texts []string
	for _, file := range []string{"testdata/messages.golden", "testdata/hostile.txt"} {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range strings.Split(string(b), "\n=====\n") {
			source, _, _ := strings.Cut(c, "\n-----\n")
			texts = append(texts, source)
		}
	}
	sum := sha256.New()
	for _, source := range append(texts, "/me waves :tada:", ":heart:") {
		r := render(t, source)
		meta, err := json.Marshal(r.Meta)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(sum, "%s\x00%s\x00%s\x00", r.HTML, r.Plain, meta)
	}
	if got := hex.EncodeToString(sum.Sum(nil)[:8]); got != renderings[Version] {
		t.Errorf("version %d of the renderer makes %s of the texts, and made %q: move Version", Version, got, renderings[Version])
	}
}

func checkSafe(t testing.TB, source, rendered string) {
	t.Helper()
	if again := policy.Sanitize(rendered); again != rendered {
		t.Errorf("%q: sanitising again changes\n%s\nto\n%s", source, rendered, again)
	}
	z := html.NewTokenizer(strings.NewReader(rendered))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return
		case html.CommentToken, html.DoctypeToken:
			t.Errorf("%q: %s", source, z.Raw())
		case html.StartTagToken, html.SelfClosingTagToken, html.EndTagToken:
			tok := z.Token()
			allowed := strings.Contains(" p br strong em del code pre blockquote ul ol li hr h3 h4 h5 h6 span a ", " "+tok.Data+" ")
			if !allowed {
				t.Errorf("%q: element %s", source, tok)
			}
			for _, a := range tok.Attr {
				switch a.Key {
				case "href":
					scheme, _, _ := strings.Cut(strings.ToLower(a.Val), ":")
					if scheme != "http" && scheme != "https" && scheme != "mailto" {
						t.Errorf("%q: link to %q", source, a.Val)
					}
				case "class", "dir", "start", "rel", "target", "data-user-id", "data-mention", "data-language":
				default:
					t.Errorf("%q: attribute %s=%q", source, a.Key, a.Val)
				}
			}
		}
	}
}

func TestHostileTextsAreHarmless(t *testing.T) {
	b, err := os.ReadFile("testdata/hostile.txt")
	if err != nil {
		t.Fatal(err)
	}
	for source := range strings.SplitSeq(string(b), "\n") {
		checkSafe(t, source, render(t, source).HTML)
	}
	dir := os.Getenv("CAMPFIRE_TESTDATA")
	if dir == "" {
		t.Log("CAMPFIRE_TESTDATA is not set: the project's own cases alone")
		return
	}
	var vectors []struct{ ID, Payload string }
	var naughty []string
	for file, into := range map[string]any{"h5sc.json": &vectors, "naughty-strings.json": &naughty} {
		b, err := os.ReadFile(filepath.Join(dir, "hostile", file))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b, into); err != nil {
			t.Fatal(err)
		}
	}
	for _, v := range vectors {
		naughty = append(naughty, v.Payload)
	}
	for _, source := range naughty {
		for _, in := range []string{source, "> " + source, "[" + source + "](" + source + ")", "`" + source + "`", "```html\n" + source + "\n```", "* " + source} {
			checkSafe(t, in, render(t, in).HTML)
		}
	}
}

func TestFastPathRendersLikeTheParser(t *testing.T) {
	for _, source := range []string{"x", "hello there", "a\nb", "a\n\nb", "  a  \n  b  ", "\n\na\n\n\n", `it's "quoted"`, "10 apples", "a 1. b", "1.5 litres",
		"x = y", "日本語 text", "tea?\n-", "a\n- b", "a\n1) b", "a\n2) b", "=", "5) x", "www.", "a: b", "half/half", "\u00a0nbsp", "\u2028ls", "emoji 🔥", "a;b,c.(d)", "(www.example.org)", "100%", "$5^2", "{x}"} {
		comparePaths(t, source)
	}
}

func comparePaths(t *testing.T, source string) {
	t.Helper()
	fast, ok := renderPlain(source)
	if !ok {
		return
	}
	slow, err := renderMarkdown(source, kitchen{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(slow, fast); diff != "" {
		t.Errorf("%q (-parser +fast)\n%s", source, diff)
	}
}

func FuzzRender(f *testing.F) {
	for _, s := range []string{"plain", "**a** _b_ ~~c~~ `d`", "```go\nx := 1\n```", "> q\n> - l\n1. o", "[a](http://b) <http://c> www.d.e", "@Ada <@3> <!here> #tag", "<script>", "![i](javascript:x)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, source string) {
		if len(source) > 32<<10 || strings.ToValidUTF8(source, "") != source {
			return
		}
		r := render(t, source)
		checkSafe(t, source, r.HTML)
		comparePaths(t, source)
		if strings.ToValidUTF8(r.Plain, "") != r.Plain || strings.ToValidUTF8(r.Source, "") != r.Source {
			t.Errorf("%q: no UTF-8 in %+v", source, *r)
		}
	})
}

func FuzzSnippet(f *testing.F) {
	f.Add("Tea for two", "tea")
	f.Add("İstanbul ẞ", "i")
	f.Fuzz(func(t *testing.T, plain, term string) {
		s := Snippet(plain, []string{term})
		z := html.NewTokenizer(strings.NewReader(s))
		for {
			switch z.Next() {
			case html.ErrorToken:
				return
			case html.TextToken:
			default:
				if tag := z.Token().Data; tag != "mark" {
					t.Fatalf("%q in %q", tag, s)
				}
			}
		}
	})
}

// Texts made to be slow are rendered in a time that grows as they do: none may
// hold a request for long. Four times the text is held against sixteen times the
// time, of what takes long enough to be measured.
func TestPathologicalTextsAreRenderedInBoundedTime(t *testing.T) {
	const n = 32 << 10
	took := func(name, source string) time.Duration {
		best := time.Hour
		for range 3 {
			began := time.Now()
			html := render(t, source).HTML
			best = min(best, time.Since(began))
			checkSafe(t, name, html)
		}
		return best
	}
	for name, unit := range map[string]string{
		"brackets": "[", "closing": "]", "emphasis": "*a ", "both": "*_", "backticks": "`a", "runs": "``` ", "quotes": ">", "lists": "- ", "links": "[a](", "images": "![",
		"autolinks": "<http://a", "urls": "http://a.b/", "www": "www.a.", "mentions": "@Ada ", "ats": "@", "hashes": "#a", "entities": "&amp;", "backslash": "\\", "tildes": "~~a", "letters": "x", "newlines": "a\n", "angle": "<", "nested": "> - ", "mail": "a@b.", "parens": "((",
		"numbers": "1. ", "years": "2026) ", "quoted numbers": "> 1. ", "headings": "# ", "tags": "#a ", "called": "<@1> ",
	} {
		whole := took(name, strings.Repeat(unit, n/len(unit)))
		if whole < 100*time.Millisecond {
			continue
		}
		if quarter := took(name, strings.Repeat(unit, n/4/len(unit))); whole > 10*quarter {
			t.Errorf("%s: %v, and a quarter of it %v", name, whole, quarter)
		}
	}
}

func TestSnippet(t *testing.T) {
	long := strings.Repeat("before ", 40) + "the Käse is here " + strings.Repeat("after ", 40)
	for _, c := range []struct {
		plain string
		terms []string
		want  string
	}{
		{"Tea for two", []string{"tea", "two"}, "<mark>Tea</mark> for <mark>two</mark>"},
		{"a <b> & tea", []string{"<b>"}, "a <mark>&lt;b&gt;</mark> &amp; tea"},
		{"no match", []string{"tea"}, "no match"},
		{"", []string{"tea"}, ""},
		{"Überraschung", []string{"uber"}, "<mark>Über</mark>raschung"},
		{"two\nlines", []string{"lines"}, "two <mark>lines</mark>"},
	} {
		if got := Snippet(c.plain, c.terms); got != c.want {
			t.Errorf("Snippet(%q, %q) = %q, want %q", c.plain, c.terms, got, c.want)
		}
	}
	const word = "0123456789 "
	number := strings.Repeat(word, 9) + "kettle " + strings.Repeat(word, 20)
	if got, want := Snippet(number, []string{"kettle"}), "…"+strings.Repeat(word, 5)+"<mark>kettle</mark>"+strings.TrimSuffix(strings.Repeat(" 0123456789", 9), " ")+"…"; got != want {
		t.Errorf("cut within words: %q, want %q", got, want)
	}
	endless := strings.Repeat("x", 100) + "kettle" + strings.Repeat("x", 200)
	if got, want := Snippet(endless, []string{"kettle"}), "…"+strings.Repeat("x", 60)+"<mark>kettle</mark>"+strings.Repeat("x", 94)+"…"; got != want {
		t.Errorf("of one word: %q, want %q", got, want)
	}
	if got := Snippet(long, []string{"kase"}); !strings.Contains(got, "<mark>Käse</mark>") || !strings.HasPrefix(got, "…") || !strings.HasSuffix(got, "…") {
		t.Errorf("long: %q", got)
	}
}

func TestEmojiOnly(t *testing.T) {
	for s, want := range map[string]bool{"🔥": true, "👍🏽👩‍💻❤️": true, "🔥 ": false, "a🔥": false, "": false, "1": false, strings.Repeat("🔥", 13): false} {
		if got := EmojiOnly(s); got != want {
			t.Errorf("EmojiOnly(%q) = %v", s, got)
		}
	}
}

// Whatever Markdown makes of a text, every word of it can still be read.
func TestShortcodesBecomeEmoji(t *testing.T) {
	for source, plain := range map[string]string{
		"tea :tada:": "tea 🎉", ":see_no_evil:": "🙈", "`:tada:`": ":tada:", ":no_such_thing:": ":no_such_thing:",
		"at 10:30:15": "at 10:30:15", "::tada::": ":🎉:", "C:tada:x": "C:tada:x", "http://example.org/:tada:": "http://example.org/:tada:",
	} {
		if got := render(t, source).Plain; got != plain {
			t.Errorf("%q is shown as %q, want %q", source, got, plain)
		}
	}
}

func TestNoWordIsLost(t *testing.T) {
	for _, source := range []string{"a\n\n    indented words\n\nb", "\tafter a tab", "- x\n\n      deep", "> \n>     quoted", "1. a\n\n        b", "```\nunclosed", "# \nx", "[a]: b\n\nc", "a\n===\nb\n---\nc"} {
		checkWords(t, source)
	}
	dir := os.Getenv("CAMPFIRE_TESTDATA")
	if dir == "" {
		t.Log("CAMPFIRE_TESTDATA is not set: the project's own cases alone")
		return
	}
	f, err := os.Open(filepath.Join(dir, "conversations.jsonl.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(z)
	for n := 0; d.More(); n++ {
		var m struct{ Text string }
		if err := d.Decode(&m); err != nil {
			t.Fatal(err)
		}
		if n%7 == 0 { // enough to meet every form of text
			checkWords(t, m.Text)
		}
	}
}

func checkWords(t *testing.T, source string) {
	t.Helper()
	r := render(t, source)
	shown := html.UnescapeString(r.HTML)
	for at, c := range source { // the words of a shortcode become its emoji
		if c != ':' {
			continue
		}
		if char, n := shortcodeAt(source[at:]); n > 0 && strings.Contains(shown, char) {
			shown += source[at : at+n]
		}
	}
	for word := range strings.FieldsFuncSeq(source, func(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z') }) {
		if len(word) > 3 && !strings.Contains(strings.ToLower(shown), strings.ToLower(word)) && !strings.Contains(source, "](") && !strings.Contains(source, "&"+word+";") && !strings.Contains(source, "```"+word) {
			// A highlighter may cut a word into tokens.
			if !strings.Contains(strings.ToLower(r.Plain), strings.ToLower(word)) {
				t.Errorf("%q is lost from %q", word, source)
				return
			}
		}
	}
}

func BenchmarkRender(b *testing.B) {
	for name, source := range map[string]string{
		"plain":   "Morning. Kettle's on, and there are two buns left in the kitchen.",
		"typical": "I pushed **two** fixes to `main`, see https://example.org/pull/42 – @Ada could you look? #review",
		"code":    "```go\nfunc main() {\n\tfmt.Println(\"tea\")\n}\n```",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				render(b, source)
			}
		})
	}
}
