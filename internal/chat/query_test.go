package chat

import (
	"strings"
	"testing"
	"time"

	"campfire"

	"github.com/google/go-cmp/cmp"
)

func day(s string) campfire.Time {
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return campfire.TimeOf(d)
}

func TestParseQuery(t *testing.T) {
	for in, want := range map[string]query{
		"":                                {},
		"  tea  kettle ":                  {terms: []string{"tea", "kettle"}},
		`"hot tea" cup`:                   {terms: []string{"hot tea", "cup"}},
		`from:ada tea`:                    {terms: []string{"tea"}, from: "ada"},
		`from:"Ada Lovelace" in:#kitchen`: {from: "Ada Lovelace", in: "kitchen"},
		`from:@bo`:                        {from: "bo"},
		`has:link HAS:LINK`:               {hasLink: true},
		`has:unicorn`:                     {terms: []string{"has:unicorn"}},
		`from:`:                           {terms: []string{"from:"}},
		`after:2026-01-31 before:2026-02-02`: {
			since: day("2026-02-01"), until: day("2026-02-02")},
		`before:yesterday`:         {terms: []string{"before:yesterday"}},
		`https://example.org/x`:    {terms: []string{"https://example.org/x"}},
		`AND OR NOT NEAR( * ^ "`:   {terms: []string{"AND", "OR", "NOT", "NEAR(", "*", "^"}},
		`"unclosed quote runs on`:  {terms: []string{"unclosed quote runs on"}},
		"bad \xff utf8\x00control": {terms: []string{"bad", "utf8", "control"}},
	} {
		if diff := cmp.Diff(want, parseQuery(in), cmp.AllowUnexported(query{})); diff != "" {
			t.Errorf("parseQuery(%q): (-want +got)\n%s", in, diff)
		}
	}
}

func FuzzParseQuery(f *testing.F) {
	for _, s := range []string{`from:"a b" c`, `"`, `has:link before:2026-13-45`, "\xff", strings.Repeat(`"a`, 99)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		q := parseQuery(s)
		if len(q.terms) > maxTerms {
			t.Errorf("%d terms", len(q.terms))
		}
		for _, term := range append(q.terms, q.from, q.in) {
			if strings.ContainsRune(term, '"') || term != strings.TrimSpace(term) || strings.ToValidUTF8(term, "") != term {
				t.Errorf("%q gives %q", s, term)
			}
		}
	})
}
