package text

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Every key that a template, the server or the browser's code uses is in the
// catalogue, and every key of the catalogue is used.
func TestCatalogueIsComplete(t *testing.T) {
	used := map[string]bool{}
	find := func(pattern, form, prefix string, forms ...string) {
		if len(forms) == 0 {
			forms = []string{""}
		}
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range regexp.MustCompile(form).FindAllStringSubmatch(string(b), -1) {
				for _, form := range forms {
					used[prefix+m[1]+form] = true
				}
			}
		}
	}
	find("../*.templ", `text\.T\(ctx, "([a-z._]+)"[,)]`, "")
	find("../*.templ", `text\.N\(ctx, "([a-z._]+)"`, "", ".one", ".other")
	find("../../server/*.go", `texts\.T\("([a-z._]+)"[,)]`, "")
	find("../*.go", `text\.T\(ctx, "([a-z._]+)"[,)]`, "")
	find("../*.go", `english\.T\("([a-z._]+)"[,)]`, "")
	find("../../server/*.go", `texts\(\)\.T\("([a-z._]+)"[,)]`, "")
	find("../src/*/*.ts", `[^a-z]t\("([a-z._]+)"`, "js.")
	find("../src/*/*.ts", `[^a-z]tn\("([a-z._]+)"`, "js.", ".one", ".other")
	find("../../jobs/*.go", `words\.T\("([a-z._]+)"[,)]`, "")
	find("text.go", `c\.T\("(list[a-z._]+)"`, "")
	find("problem.go", `c\.T\("([a-z._]+)"`, "")
	find("problem.go", `c\.N\("([a-z._]+)"`, "", ".one", ".other")
	find("../../../errors.go", `Code = "([a-z_]+)"`, "js.problem.")
	for _, made := range []string{"intro.closed.one", "intro.closed.other", "intro.group.other", "room.empty.open", "room.empty.closed", "room.empty.direct", "field.body", "field.q", "field.picture", "field.attachment", "field.user_ids", "involvement.invisible", "involvement.nothing", "involvement.mentions", "involvement.everything",
		"day.monday", "day.tuesday", "day.wednesday", "day.thursday", "day.friday", "day.saturday", "day.sunday",
		"day.monday.letter", "day.tuesday.letter", "day.wednesday.letter", "day.thursday.letter", "day.friday.letter", "day.saturday.letter", "day.sunday.letter",
		"sections.me", "sections.appearance", "sections.notifications", "sections.devices", "sections.password", "sections.tokens", "sections.look", "sections.invite", "sections.people", "sections.bots", "sections.styles",
		"pause.1h", "pause.3h", "pause.tomorrow", "pause.week",
		"bots.standing.sending", "bots.standing.scheduled", "bots.standing.behind", "bots.standing.queued", "bots.standing.stopped",
		"why.everything", "why.mention", "why.keyword", "why.author", "why.not_member", "why.no_device", "why.invisible", "why.nothing", "why.not_mentioned", "why.read", "why.paused", "why.quiet_hours", "why.pending", "why.dropped", "why.forgotten",
		"why.outcome.done", "why.outcome.skipped", "why.outcome.failed", "why.outcome.given_up", "why.outcome.dropped", "why.outcome.waiting",
		"role.member", "role.administrator", "role.bot", "bots.outcome.done", "bots.outcome.skipped", "bots.outcome.failed", "bots.outcome.given_up", "bots.outcome.dropped", "scope.read", "scope.write", "scope.admin", "status.active", "status.deactivated", "status.banned"} {
		used[made] = true // from the name of a value
	}
	for key := range used {
		if _, ok := english.Texts[key]; !ok {
			t.Errorf("%q is used and not in the catalogue", key)
		}
	}
	for key := range english.Texts {
		if !used[key] {
			t.Errorf("%q is in the catalogue and not used", key)
		}
	}
	if strings.Contains(string(english.Browser()), `"js.`) {
		t.Error("the browser's keys keep their prefix")
	}
}

var placeholder = regexp.MustCompile(`\{\w*\}`)

// Every catalogue says what English says, with the same placeholders; one
// whose language counts in more forms has these, too.
func TestCataloguesHaveTheSameKeys(t *testing.T) {
	counted := regexp.MustCompile(`\.(zero|one|two|few|many)$`)
	for i, c := range All() {
		if c.Number != i || For(c.Tag) != c || c.Name == "" || c.Dir != "ltr" && c.Dir != "rtl" {
			t.Errorf("%s: number %d at %d, called %q, %q", c.Tag, c.Number, i, c.Name, c.Dir)
		}
		for key, want := range english.Texts {
			got, ok := c.Texts[key]
			if !ok {
				t.Errorf("%s lacks %q", c.Tag, key)
				continue
			}
			if strings.TrimSpace(got) == "" {
				t.Errorf("%s: %q says nothing", c.Tag, key)
			}
			of, in := placeholder.FindAllString(want, -1), placeholder.FindAllString(got, -1)
			slices.Sort(of)
			slices.Sort(in)
			if !slices.Equal(of, in) {
				t.Errorf("%s: %q has %q, want %q", c.Tag, key, in, of)
			}
			for _, straight := range []string{`"`, "...", "  "} {
				if strings.Contains(got, straight) {
					t.Errorf("%s: %q has %q in it: %s", c.Tag, key, straight, got)
				}
			}
		}
		for key := range c.Texts {
			_, ok := english.Texts[key]
			_, form := english.Texts[counted.ReplaceAllString(key, ".other")]
			if !ok && !form {
				t.Errorf("%s has %q, which English has not", c.Tag, key)
			}
		}
	}
}

func TestTextsAreFilled(t *testing.T) {
	polish := &Catalogue{Tag: "pl", Texts: map[string]string{"room.one": "{n} pokój", "room.few": "{n} pokoje", "room.many": "{n} pokoi", "room.other": "{n} pokoju"}}
	ctx := Into(context.Background(), german)
	for _, c := range []struct{ got, want string }{
		{english.N("room.members", 1), "just you"},
		{english.N("room.members", 3), "3 people"},
		{N(ctx, "room.members", 0), "0 Leute"},
		{T(ctx, "search"), "Suche"},
		{T(context.Background(), "search"), "Search"},
		{polish.N("room", 1), "1 pokój"},
		{polish.N("room", 22), "22 pokoje"},
		{polish.N("room", 5), "5 pokoi"},
		{english.T("search.none", "query", "{query} {name}"), "Nothing found for “{query} {name}”"},
		{english.T("search.none", "query", "a\u202eb\u2069c"), "Nothing found for “abc”"},
		{english.T("search.none", "query", "שלום"), "Nothing found for “\u2068שלום\u2069”"},
		{english.T("search.none", "query", "Zoë、"), "Nothing found for “Zoë、”"},
		{english.List([]string{"Bo", "\u202eAna"}), "Bo and Ana"},
		{english.T("no.such.key", "n", "1"), "no.such.key"},
		{(&Catalogue{Texts: map[string]string{"x": "a{b"}}).T("x", "b", "c"), "ac"},
		{english.List(nil), ""},
		{english.List([]string{"Ana"}), "Ana"},
		{english.List([]string{"Ana", "Bo"}), "Ana and Bo"},
		{german.List([]string{"Ana", "Bo", "{last}"}), "Ana, Bo und {last}"},
		{spanish.List([]string{"Ana", "Bo"}), "Ana y Bo"},
		{spanish.List([]string{"Ana", "Íñigo"}), "Ana e Íñigo"},
		{spanish.List([]string{"nieve", "hielo"}), "nieve y hielo"},
		{spanish.List([]string{"Bo", "Ana", "Hilario"}), "Bo, Ana e Hilario"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}
