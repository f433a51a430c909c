package chat

import (
	"strings"
	"time"
	"unicode"

	"campfire"
)

// query is a search as a person types it: words, and operators that narrow.
type query struct {
	terms    []string
	from     string // name of an author
	in       string // name of a room
	hasLink  bool
	hasFile  bool
	hasImage bool
	since    campfire.Time // after:
	until    campfire.Time // before:
}

// maxTerms bounds the words of a query; the rest is ignored.
const maxTerms = 16

// parseQuery reads a query. It never fails: what is no operator is a word to
// look for. Values of several words stand in quotes: from:"Ada Lovelace".
func parseQuery(s string) query {
	var q query
	s = strings.ToValidUTF8(s, " ")
	for s = strings.TrimLeftFunc(s, separates); s != ""; s = strings.TrimLeftFunc(s, separates) {
		var word string
		word, s = nextWord(s)
		if key, value, ok := strings.Cut(word, ":"); ok && q.operator(strings.ToLower(key), unquote(value)) {
			continue
		}
		if word = unquote(word); word != "" && len(q.terms) < maxTerms {
			q.terms = append(q.terms, word)
		}
	}
	return q
}

func separates(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }

// nextWord cuts a word off s; white space within quotes belongs to it.
func nextWord(s string) (word, rest string) {
	quoted := false
	for i, r := range s {
		if r == '"' {
			quoted = !quoted
		} else if separates(r) && !quoted {
			return s[:i], s[i:]
		}
	}
	return s, ""
}

func unquote(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, `"`, "")) }

// operator takes key:value when it is one.
func (q *query) operator(key, value string) bool {
	switch key {
	case "from":
		q.from = strings.TrimSpace(strings.TrimPrefix(value, "@"))
		return value != ""
	case "in":
		q.in = strings.TrimSpace(strings.TrimPrefix(value, "#"))
		return value != ""
	case "has":
		switch strings.ToLower(value) {
		case "link":
			q.hasLink = true
		case "file":
			q.hasFile = true
		case "image":
			q.hasImage = true
		default:
			return false
		}
		return true
	case "before", "after":
		day, err := time.Parse(time.DateOnly, value)
		if err != nil {
			return false
		}
		if key == "before" {
			q.until = campfire.TimeOf(day)
		} else {
			q.since = campfire.TimeOf(day.AddDate(0, 0, 1))
		}
		return true
	}
	return false
}

// empty reports whether the query asks for nothing at all.
func (q *query) empty() bool {
	return len(q.terms) == 0 && q.from == "" && q.in == "" && !q.hasLink && !q.hasFile && !q.hasImage && q.since == 0 && q.until == 0
}
