// Package text is the catalogues: every word that the page says, by key, in
// each of its languages.
//
// English is the measure: every other catalogue has its keys. A page is made
// in the language of its context ([Into], [T]); which that is follows from
// what the reader chose, else from what their browser asks for ([Match]).
//
// Catalogues never change; everything may be called concurrently.
package text

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// Catalogue is the texts of one language.
type Catalogue struct {
	Tag   string // of BCP 47
	Name  string // in the language itself
	Dir   string // "ltr" or "rtl"
	Texts map[string]string

	// Number is the catalogue's place in All: what is kept per language is
	// kept by it.
	Number int

	and    func(last string) string // the text "list.last" before it; nil: always the same
	errors map[string]string        // what errors say, by their English; with its verbs
}

// all are the catalogues, English first: it stands in for what is not there.
var all = numbered(english, german, spanish)

// numbered makes catalogues ready.
func numbered(list ...*Catalogue) []*Catalogue {
	for i, c := range list {
		c.Number = i
	}
	return list
}

// All returns the catalogues, English first. Nobody may change the list.
func All() []*Catalogue { return all }

// For returns the catalogue of a tag, nil when there is none.
func For(tag string) *Catalogue {
	for _, c := range all {
		if c.Tag == tag {
			return c
		}
	}
	return nil
}

// T returns a text with its placeholders filled: pairs of name and value for
// {name}. A key that the catalogue does not have is returned as it is; a test
// sees to it that there is none.
func (c *Catalogue) T(key string, pairs ...string) string {
	s, ok := c.Texts[key]
	if !ok {
		return key
	}
	if len(pairs) == 0 {
		return s
	}
	return filled(s, pairs)
}

// filled replaces all placeholders at once: what a value says is never taken
// for one.
func filled(s string, pairs []string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(s, "{")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		name, after, _ := strings.Cut(rest, "}")
		for i := 0; i+1 < len(pairs); i += 2 {
			if pairs[i] == name {
				b.WriteString(isolated(pairs[i+1]))
			}
		}
		s = after
	}
}

const (
	firstStrong = "\u2068" // begins an isolate whose direction is that of its first letter
	popIsolate  = "\u2069"
)

// isolated returns a value as it may stand in a sentence without turning the
// rest of it round: without marks of direction, which no name needs in there,
// and set apart where it is written from right to left (src/base/text.ts does
// the same).
func isolated(value string) string {
	ascii := true
	for i := range len(value) {
		ascii = ascii && value[i] < 0x80
	}
	if ascii {
		return value
	}
	value = strings.Map(func(r rune) rune {
		if r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' {
			return -1
		}
		return r
	}, value)
	if strings.ContainsFunc(value, fromRight) {
		return firstStrong + value + popIsolate
	}
	return value
}

func fromRight(r rune) bool {
	return unicode.In(r, unicode.Hebrew, unicode.Arabic, unicode.Syriac, unicode.Thaana, unicode.Nko, unicode.Adlam)
}

// forms are the keys' endings by how a language counts (CLDR). All languages
// have .other, which stands in for those that a catalogue does not tell apart.
var forms = [...]string{plural.Zero: ".zero", plural.One: ".one", plural.Two: ".two", plural.Few: ".few", plural.Many: ".many", plural.Other: ".other"}

// N returns the text of a number of things, in the form that the language has
// for so many: key.one, key.other, …, with {n} filled.
func (c *Catalogue) N(key string, n int, pairs ...string) string {
	form := forms[plural.Cardinal.MatchPlural(language.Make(c.Tag), n, 0, 0, 0, 0)]
	if _, ok := c.Texts[key+form]; !ok {
		form = forms[plural.Other]
	}
	return c.T(key+form, append([]string{"n", strconv.Itoa(n)}, pairs...)...)
}

// List returns names as the language lists them.
func (c *Catalogue) List(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	head, last := names[:len(names)-1], names[len(names)-1]
	form := c.T("list.last")
	if c.and != nil {
		form = c.and(last)
	}
	return filled(form, []string{"names", strings.Join(head, c.T("list.comma")), "last", last})
}

// Browser returns a script that brings the texts which the browser's code uses:
// those whose key begins with "js.", without it (src/base/text.ts).
func (c *Catalogue) Browser() []byte {
	out := make(map[string]string)
	for k, v := range c.Texts {
		if name, ok := strings.CutPrefix(k, "js."); ok {
			out[name] = v
		}
	}
	b, err := json.Marshal(out)
	if err != nil {
		panic(err) // a map of strings
	}
	return append(append([]byte("self.texts="), b...), ";\n"...)
}

// spoken is a context whose pages are in one language.
type spoken struct {
	context.Context
	catalogue *Catalogue
}

type spokenKey struct{}

func (s *spoken) Value(key any) any {
	if _, ours := key.(spokenKey); ours {
		return s.catalogue
	}
	return s.Context.Value(key)
}

// Into returns a context whose pages are in a catalogue's language.
func Into(ctx context.Context, c *Catalogue) context.Context { return &spoken{ctx, c} }

// Of returns the catalogue of a context; English when none was put there.
func Of(ctx context.Context) *Catalogue {
	if c, ok := ctx.Value(spokenKey{}).(*Catalogue); ok {
		return c
	}
	return english
}

// T is Catalogue.T of the context's catalogue.
func T(ctx context.Context, key string, pairs ...string) string { return Of(ctx).T(key, pairs...) }

// N is Catalogue.N of the context's catalogue.
func N(ctx context.Context, key string, n int, pairs ...string) string {
	return Of(ctx).N(key, n, pairs...)
}
