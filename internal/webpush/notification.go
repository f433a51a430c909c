package webpush

import (
	"encoding/json"
	"unicode"
	"unicode/utf8"
)

// Notification is what a device shows. Its JSON is that of declarative web push,
// which Safari shows without running any code; other browsers hand the same to
// the page's service worker.
type Notification struct {
	Title    string
	Body     string // shortened to what fits
	Lang     string // of the words, BCP 47; empty: unknown
	Navigate string // absolute address that a click leads to
	Tag      string // a newer notification with the same tag takes its place
	Icon     string // absolute address; empty: the browser's
	Badge    int    // what the application's icon says: rooms with something unread
	Silent   bool   // replaces without a sound
	Data     map[string]any
}

type declarative struct {
	WebPush      int           `json:"web_push"`
	Notification declaredParts `json:"notification"`
	Badge        int           `json:"app_badge"`
	// Mutable lets Safari's worker have a look first; without one it shows this.
	Mutable bool `json:"mutable"`
}

type declaredParts struct {
	Title    string         `json:"title"`
	Lang     string         `json:"lang,omitempty"`
	Dir      string         `json:"dir"`
	Body     string         `json:"body"`
	Navigate string         `json:"navigate"`
	Tag      string         `json:"tag,omitempty"`
	Icon     string         `json:"icon,omitempty"`
	Silent   bool           `json:"silent"`
	Renotify bool           `json:"renotify,omitempty"`
	Data     map[string]any `json:"data,omitempty"`
}

// Encode returns the payload of a push, of at most most bytes: the body is cut
// where a reader sees a character end, the title too if it must be. It never
// fails for want of room that the two take; most should be MaxPayload or less.
func (n Notification) Encode(most int) ([]byte, error) {
	b, err := n.encode()
	if err != nil || len(b) <= most {
		return b, err
	}
	for _, text := range []*string{&n.Body, &n.Title} {
		// The longest head that fits, found by halving: what a byte costs in
		// JSON depends on the byte.
		whole := *text
		low, high := 0, len(whole)
		for low < high {
			middle := (low + high + 1) / 2
			*text = cut(whole, middle)
			if b, err = n.encode(); err != nil {
				return nil, err
			}
			if len(b) <= most {
				low = middle
			} else {
				high = middle - 1
			}
		}
		*text = cut(whole, low)
		if b, err = n.encode(); err != nil || len(b) <= most {
			return b, err
		}
	}
	return b, err
}

func (n Notification) encode() ([]byte, error) {
	return json.Marshal(declarative{
		WebPush: 8030,
		Notification: declaredParts{Title: n.Title, Lang: n.Lang, Dir: "auto", Body: n.Body, Navigate: n.Navigate, Tag: n.Tag,
			Icon: n.Icon, Silent: n.Silent, Renotify: n.Tag != "" && !n.Silent, Data: n.Data},
		Badge: n.Badge,
	})
}

// cut returns the head of s of at most n bytes, ended between two characters as
// a reader sees them, with an ellipsis when something is missing.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !boundary(s, n) {
		n--
	}
	if n == 0 {
		return ""
	}
	return s[:n] + "…"
}

// boundary reports whether a character as a reader sees it may end before byte
// i of s: accents, skin tones, joined emoji, flags and Korean syllables stay
// whole. Where it is not sure it says no.
func boundary(s string, i int) bool {
	if !utf8.RuneStart(s[i]) {
		return false
	}
	next, _ := utf8.DecodeRuneInString(s[i:])
	last, _ := utf8.DecodeLastRuneInString(s[:i])
	switch {
	case last == '\r' && next == '\n', joins(next), last == '\u200d':
		return false
	case unicode.Is(unicode.Hangul, last) && next >= 0x1160 && next <= 0x11ff:
		return false
	case flag(last) && flag(next):
		// Flags are pairs: the number of letters before decides.
		n := 0
		for head := s[:i]; ; n++ {
			r, size := utf8.DecodeLastRuneInString(head)
			if !flag(r) {
				break
			}
			head = head[:len(head)-size]
		}
		return n%2 == 0
	}
	return true
}

func joins(r rune) bool {
	return r == '\u200d' || unicode.In(r, unicode.Mn, unicode.Me, unicode.Mc, unicode.Variation_Selector) ||
		r >= 0x1f3fb && r <= 0x1f3ff || r >= 0xe0020 && r <= 0xe007f
}

// flag reports a regional indicator, two of which make a flag.
func flag(r rune) bool { return r >= 0x1f1e6 && r <= 0x1f1ff }
