package markup

import (
	"html"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Around a match, so much of the text is shown, in runes.
const (
	snippetBefore = 60
	snippetLength = 160
)

// Snippet is the part of a text around the first match of a term, as HTML: of
// whole words, escaped, every match in <mark>. Letter case and diacritics don't count.
func Snippet(plain string, terms []string) string {
	text := []rune(strings.Join(strings.Fields(strings.ToValidUTF8(plain, "\ufffd")), " "))
	folded := foldRunes(text)
	var matches [][2]int
	for _, t := range terms {
		t := foldRunes([]rune(strings.Join(strings.Fields(strings.ToValidUTF8(t, "\ufffd")), " ")))
		for from := 0; len(t) > 0 && len(matches) < 100; {
			i := indexRunes(folded[from:], t)
			if i < 0 {
				break
			}
			matches = append(matches, [2]int{from + i, from + i + len(t)})
			from += i + len(t)
		}
	}
	slices.SortFunc(matches, func(a, b [2]int) int { return a[0] - b[0] })

	start := 0
	if len(matches) > 0 {
		start = wordFrom(text, max(0, matches[0][0]-snippetBefore), matches[0][0])
	}
	end := wordUntil(text, start, min(len(text), start+snippetLength))
	var b strings.Builder
	if start > 0 {
		b.WriteString("…")
	}
	at := start
	for _, m := range matches {
		if m[0] < at || m[1] > end {
			continue // overlaps the one before, or is cut off
		}
		b.WriteString(html.EscapeString(string(text[at:m[0]])))
		b.WriteString("<mark>" + html.EscapeString(string(text[m[0]:m[1]])) + "</mark>")
		at = m[1]
	}
	b.WriteString(html.EscapeString(string(text[at:end])))
	if end < len(text) {
		b.WriteString("…")
	}
	return b.String()
}

// wordFrom is where the first whole word at or behind a place begins, not
// behind a bound; the place itself when a word is longer than that.
func wordFrom(text []rune, at, bound int) int {
	if at == 0 || text[at-1] == ' ' {
		return at
	}
	if i := slices.Index(text[at:bound], ' '); i >= 0 {
		return at + i + 1
	}
	return at
}

// wordUntil is where the last whole word before an end ends; the end itself
// when that would leave out more than half.
func wordUntil(text []rune, start, end int) int {
	if end == len(text) || text[end] == ' ' {
		return end
	}
	for i := end; i > start+snippetLength/2; i-- {
		if text[i-1] == ' ' {
			return i - 1
		}
	}
	return end
}

// foldRunes folds rune by rune, so that places in the result are places in
// the text.
func foldRunes(text []rune) []rune {
	out := make([]rune, len(text))
	for i, r := range text {
		if r >= utf8.RuneSelf {
			if base, _ := utf8.DecodeRuneInString(norm.NFD.String(string(r))); base != utf8.RuneError {
				r = base
			}
		}
		out[i] = unicode.ToLower(r)
	}
	return out
}

func indexRunes(text, part []rune) int {
	for i := 0; i+len(part) <= len(text); i++ {
		if slices.Equal(text[i:i+len(part)], part) {
			return i
		}
	}
	return -1
}

// EmojiOnly reports whether a text is one to a dozen emoji and nothing else,
// to be shown larger.
func EmojiOnly(plain string) bool {
	n := 0
	for _, r := range plain {
		switch {
		case r == '\ufe0f' || r == '\u200d' || r >= 0x1f3fb && r <= 0x1f3ff: // variation, joiner, skin
		case r >= 0x1f300 && r <= 0x1faff, r >= 0x2600 && r <= 0x27bf, r >= 0x1f1e6 && r <= 0x1f1ff,
			r == '\u2b50', r == '\u2b55', r == '\u231a', r == '\u231b', r >= 0x23e9 && r <= 0x23fa:
			n++
		default:
			return false
		}
	}
	return n > 0 && n <= 12
}
