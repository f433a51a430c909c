package web

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"campfire"
)

// palette are the grounds of initials: every twentieth degree of hue in OKLCH,
// of lightness 0.55 and 0.47 in turn and a chroma of 0.14, or as much of it as
// sRGB has. White on each has a contrast of 4.5 at least.
var palette = [...]string{
	"#b24866", "#9a3130", "#b2511e", "#824c01", "#8f6b09", "#635d0c",
	"#607e09", "#106e20", "#038660", "#0b6961", "#13808a", "#0e647f",
	"#0b77ba", "#3355a8", "#6b62bf", "#6e4199", "#99519e", "#8e336c",
}

// Shapes behind initials. A bot's is another, so that nobody takes it for a
// person.
const (
	personShape = `<rect width="64" height="64" rx="20"`
	botShape    = `<path d="M28.5 3.0Q32.0 1.0 35.5 3.0L55.3 14.5Q58.8 16.5 58.8 20.5L58.8 43.5Q58.8 47.5 55.3 49.5L35.5 61.0Q32.0 63.0 28.5 61.0L8.7 49.5Q5.2 47.5 5.2 43.5L5.2 20.5Q5.2 16.5 8.7 14.5z"`
)

// Initials returns a picture for someone without one, as SVG: the first
// letters of their name, in any script.
func (w *Web) Initials(u *campfire.User) []byte {
	letters := initials(u.Name)
	size, shape := 26, personShape
	if utf8.RuneCountInString(letters) == 1 {
		size = 30
	}
	if u.Role == campfire.Bot {
		size, shape = size-4, botShape
	}
	// Neighbours in the order of joining are far from each other in hue.
	ground := palette[int(u.ID)*7%len(palette)]
	b := fmt.Appendf(nil, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" width="64" height="64">%s fill="%s"/>`+
		`<text x="32" y="33" fill="#fff" font-family="system-ui,sans-serif" font-size="%d" font-weight="600" text-anchor="middle" dominant-baseline="central">`, shape, ground, size)
	b = appendEscaped(b, letters)
	return append(b, `</text></svg>`...)
}

// initials are the first letters of a name's first two words; of a name in
// ideographs, syllables or kana the first alone, which says as much.
func initials(name string) string {
	var letters []string
	start := true
	for at := 0; at < len(name) && len(letters) < 2; {
		r, n := utf8.DecodeRuneInString(name[at:])
		switch {
		case unicode.IsSpace(r) || strings.ContainsRune("-._", r):
			start = true
		case start && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsSymbol(r)) && r != utf8.RuneError:
			n = grapheme(name[at:])
			letters = append(letters, upper(name[at:at+n]))
			if unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana) {
				return letters[0]
			}
			start = false
		}
		at += n
	}
	switch len(letters) {
	case 0:
		return "?"
	case 1:
		return letters[0]
	}
	if r, _ := utf8.DecodeRuneInString(letters[1]); unicode.In(r, unicode.Arabic, unicode.Syriac) {
		// Letters of two words are not joined to one.
		return letters[0] + "\u200c" + letters[1]
	}
	return letters[0] + letters[1]
}

// upper is a letter as it begins a name.
func upper(letter string) string {
	r, n := utf8.DecodeRuneInString(letter)
	return string(unicode.ToTitle(r)) + letter[n:]
}

// grapheme is the length of the first letter of s with all that belongs to it:
// marks, what is joined to it, the other half of a flag (after UAX #29, of
// which names need no more).
func grapheme(s string) int {
	const joiner, zwnj = '\u200d', '\u200c'
	first, n := utf8.DecodeRuneInString(s)
	flag := isRegional(first)
	for n < len(s) {
		r, size := utf8.DecodeRuneInString(s[n:])
		switch {
		case r == joiner: // and what it joins, where that is no letter
			n += size
			if next, size := utf8.DecodeRuneInString(s[n:]); unicode.IsSymbol(next) {
				n += size
			}
		case unicode.IsMark(r), r == zwnj, r >= 0x1f3fb && r <= 0x1f3ff: // marks, tones of skin
			n += size
		case flag && isRegional(r):
			return n + size
		default:
			return n
		}
	}
	return n
}

func isRegional(r rune) bool { return r >= 0x1f1e6 && r <= 0x1f1ff }
