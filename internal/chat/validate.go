package chat

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"campfire"
)

// check collects broken rules, so that a form shows all of them at once.
type check struct{ fields []campfire.FieldError }

func (c *check) fail(field, form string, args ...any) {
	c.fields = append(c.fields, campfire.Broken(field, form, args...))
}

// err returns what was collected as one error; nil when nothing was.
func (c *check) err() error {
	if len(c.fields) == 0 {
		return nil
	}
	details := make([]string, len(c.fields))
	for i, f := range c.fields {
		details[i] = f.Field + " " + f.Message
	}
	return &campfire.Error{Code: campfire.CodeInvalid, Detail: strings.Join(details, "; ") + ".", Fields: c.fields}
}

// name trims a name and checks that one can see it: 1 to limit runes, no
// control characters, at least one that leaves a mark.
func (c *check) name(field, s string, limit int) string {
	s = strings.TrimSpace(s)
	switch {
	case !utf8.ValidString(s):
		c.fail(field, "is not valid UTF-8")
	case !strings.ContainsFunc(s, visible):
		c.fail(field, "must not be empty")
	case limit > 0 && utf8.RuneCountInString(s) > limit:
		c.fail(field, "is longer than %d characters", limit)
	case strings.ContainsFunc(s, unicode.IsControl):
		c.fail(field, "must not contain control characters")
	}
	return s
}

func visible(r rune) bool {
	return unicode.IsGraphic(r) && !unicode.IsSpace(r) && r != '\u3164' && r != '\u2800'
}

// text checks a text that may be empty.
func (c *check) text(field, s string, runes int) string {
	s = strings.TrimSpace(s)
	if !utf8.ValidString(s) {
		c.fail(field, "is not valid UTF-8")
	} else if runes > 0 && utf8.RuneCountInString(s) > runes {
		c.fail(field, "is longer than %d characters", runes)
	} else if strings.ContainsRune(s, 0) {
		c.fail(field, "must not contain NUL")
	}
	return s
}

// maxEmail is the longest address that mail can carry (RFC 5321, 4.5.3.1.3).
const maxEmail = 254

// email checks the form of an address as far as a typing error shows.
func (c *check) email(field, s string) string {
	s = strings.TrimSpace(s)
	at := strings.LastIndexByte(s, '@')
	switch {
	case s == "":
		c.fail(field, "must not be empty")
	case !utf8.ValidString(s), strings.ContainsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }):
		c.fail(field, "must not contain spaces or control characters")
	case at < 1, at == len(s)-1:
		c.fail(field, "does not look like an address: name@example.org")
	case len(s) > maxEmail:
		c.fail(field, "is longer than %d bytes", maxEmail)
	}
	return s
}

func (c *check) password(field, s string, l Limits) {
	switch {
	case len(s) < l.MinPassword:
		c.fail(field, "must have at least %d characters", l.MinPassword)
	case l.MaxPassword > 0 && len(s) > l.MaxPassword:
		c.fail(field, "must have at most %d bytes", l.MaxPassword)
	case !utf8.ValidString(s):
		c.fail(field, "is not valid UTF-8")
	}
}

// body checks a message's text and returns it with line ends as LF.
func (c *check) body(field, s string, limit int) string {
	switch {
	case !utf8.ValidString(s):
		c.fail(field, "is not valid UTF-8")
	case limit > 0 && len(s) > limit:
		c.fail(field, "is longer than %d bytes", limit)
	case !strings.ContainsFunc(s, visible):
		c.fail(field, "must not be empty")
	case strings.ContainsRune(s, 0):
		c.fail(field, "must not contain NUL")
	}
	return lines(s)
}

// bodyBeside checks the text of a message with so many files: beside any, it
// may be empty, and is then returned so.
func (c *check) bodyBeside(files int, field, s string, limit int) string {
	if files > 0 && utf8.ValidString(s) && (limit <= 0 || len(s) <= limit) && !strings.ContainsFunc(s, visible) {
		return ""
	}
	return c.body(field, s, limit)
}

// lines returns a text with its line ends as LF.
func lines(s string) string {
	if strings.ContainsRune(s, '\r') {
		s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	}
	return s
}

// styles checks a style sheet as far as its bytes go: what a browser can't
// read in it, it skips.
func (c *check) styles(field, s string) string {
	s = strings.TrimSpace(lines(s))
	switch {
	case !utf8.ValidString(s):
		c.fail(field, "is not valid UTF-8")
	case len(s) > maxStyles:
		c.fail(field, "is longer than %d bytes", maxStyles)
	case strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }):
		c.fail(field, "must not contain control characters")
	}
	return s
}

// maxClientID is the contract's bound on client_message_id, in bytes.
const maxClientID = 64

func (c *check) clientID(field, s string) {
	if len(s) > maxClientID || !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
		c.fail(field, "must be 1 to %d bytes of printable text", maxClientID)
	}
}

// limit checks a page size against 1 to most, taking fallback for zero.
func pageLimit(n, most, fallback int) (int, error) {
	if n == 0 {
		return min(fallback, most), nil
	}
	if n < 1 || n > most {
		return 0, campfire.Invalid("limit", "must be from 1 to %d", most)
	}
	return n, nil
}
