package slack

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxText bounds one text of a payload, in bytes.
const maxText = 40_000

// maxURL bounds an address, in bytes: what is longer is text.
const maxURL = 2000

// converter makes Markdown of Slack's marks.
type converter struct {
	linkNames bool // names after '@' call people
	quiet     bool // nothing calls people
	quoted    bool // within what follows '>>>'
}

// quiet is for what calls nobody in Slack either: labels and footers.
var quiet = converter{quiet: true}

// mrkdwn converts a text with Slack's marks.
func (c *converter) mrkdwn(s string) string {
	s = strings.TrimRight(clean(s), " \n\t")
	var out []string
	for {
		before, rest, found := strings.Cut(s, "```")
		code, after, closed := strings.Cut(rest, "```")
		if !found || !closed {
			return strings.Join(c.lines(out, s), "\n")
		}
		if before = strings.TrimRight(before, " \n\t"); before != "" {
			out = c.lines(out, before)
		}
		if code = strings.Trim(unescape(code), "\n"); strings.TrimSpace(code) != "" {
			out = append(out, "```")
			out = append(out, strings.Split(code, "\n")...)
			out = append(out, "```")
		}
		if s = strings.TrimLeft(after, " \n"); s == "" {
			return strings.Join(out, "\n")
		}
	}
}

// lines converts lines and appends them. Markdown takes a line after a quote
// or a list for a part of it; Slack does not.
func (c *converter) lines(out []string, s string) []string {
	prev := ""
	all := strings.Split(s, "\n")
	for i, l := range all {
		if rest, ok := strings.CutPrefix(unescapeMarks(l), ">>>"); ok && !c.quoted { // all that follows
			within := *c
			within.quoted = true
			quoted := within.lines(nil, strings.TrimLeft(strings.Join(append([]string{rest}, all[i+1:]...), "\n"), " "))
			return append(apart(out, prev, ">"), quote(strings.Join(quoted, "\n")))
		}
		conv := c.line(l, maxDepth)
		out = append(apart(out, prev, conv), conv)
		prev = conv
	}
	return out
}

// apart appends the empty line that a line needs before it.
func apart(out []string, prev, l string) []string {
	if l == "" || prev == "" {
		return out
	}
	if strings.HasPrefix(prev, ">") != strings.HasPrefix(l, ">") || listItem(prev) && !listItem(l) && l[0] != ' ' {
		return append(out, "")
	}
	return out
}

// listItem reports whether a line begins an item of a list.
func listItem(l string) bool {
	l = strings.TrimLeft(l, " ")
	if strings.HasPrefix(l, "- ") || strings.HasPrefix(l, "* ") || strings.HasPrefix(l, "+ ") {
		return true
	}
	digits := strings.TrimLeft(l, "0123456789")
	return len(digits) < len(l) && (strings.HasPrefix(digits, ". ") || strings.HasPrefix(digits, ") "))
}

// line converts one line, which is quoted depth times at most.
func (c *converter) line(l string, depth int) string {
	if rest, ok := strings.CutPrefix(unescapeMarks(l), ">"); ok {
		if depth == 0 {
			return c.line(strings.TrimLeft(strings.ReplaceAll(rest, "&gt;", ">"), "> "), 0)
		}
		return "> " + c.line(strings.TrimLeft(rest, " "), depth-1)
	}
	l = strings.TrimRight(l, " \t")
	in := inline{converter: c}
	trimmed := strings.TrimLeft(l, "#")
	if n := len(l) - len(trimmed); n > 0 && (trimmed == "" || trimmed[0] == ' ') {
		in.out.WriteByte('\\') // no heading in Slack
	}
	if rest, ok := strings.CutPrefix(strings.TrimLeft(l, " "), "* "); ok && !strings.Contains(rest, "*") {
		l = "- " + rest
	}
	in.convert(l, "")
	return in.out.String()
}

// unescapeMarks reads a line whose quote marks came as entities.
func unescapeMarks(l string) string {
	rest := strings.TrimLeft(l, " ")
	n := 0
	for strings.HasPrefix(rest, "&gt;") && n < 3 {
		rest = rest[len("&gt;"):]
		n++
	}
	if n == 0 {
		return rest
	}
	return strings.Repeat(">", n) + rest
}

// inline converts within one line.
type inline struct {
	*converter
	out strings.Builder
}

// pairs are Slack's marks and ours.
var pairs = map[byte]string{'*': "**", '_': "_", '~': "~~"}

// convert converts a stretch that stands within the marks of outer.
func (in *inline) convert(s, outer string) {
	var none [2][256]bool // marks that nothing ahead closes, single and double ones
	closes := func(i int, b byte) int {
		if none[0][b] {
			return -1
		}
		end := strings.IndexByte(s[i:], b)
		none[0][b] = end < 0
		return end
	}
	for i := 0; i < len(s); {
		switch b := s[i]; b {
		case '`':
			if end := closes(i+1, '`'); end > 0 {
				in.out.WriteString("`" + unescape(s[i+1:i+1+end]) + "`")
				i += end + 2
				continue
			}
			in.out.WriteString("\\`")
			i++
		case '<':
			if end := closes(i, '>'); end > 1 && in.reference(s[i+1:i+end]) {
				i += end + 1
				continue
			}
			in.out.WriteString("\\<")
			i++
		case '*', '_', '~':
			if n := in.marked(s, i, outer, &none); n > 0 {
				i += n
				continue
			}
			if b != '_' || !between(s, i) {
				in.out.WriteByte('\\')
			}
			in.out.WriteByte(b)
			i++
		case 'h':
			if n := bareURL(s[i:]); n > 0 && !wordBefore(s, i) {
				in.out.WriteString(unescape(s[i : i+n]))
				i += n
				continue
			}
			in.out.WriteByte(b)
			i++
		case ':':
			if n := shortcodeAt(s[i:]); n > 0 {
				in.out.WriteString(emoji(s[i : i+n]))
				i += n
				continue
			}
			in.out.WriteByte(b)
			i++
		case '@':
			if !in.linkNames && !wordBefore(s, i) {
				in.out.WriteByte('\\')
			}
			in.out.WriteByte(b)
			i++
		case '&':
			b, n := entity(s[i:])
			i += n
			if b == '<' || b == '&' && begins(s[i:]) {
				in.out.WriteByte('\\')
			}
			in.out.WriteByte(b)
		case '\\':
			in.out.WriteByte(b)
			if i+1 < len(s) && punctuation(s[i+1]) {
				in.out.WriteByte(b)
			}
			i++
		default:
			in.out.WriteByte(b)
			i++
		}
	}
}

// marked converts a stretch between two marks at s[i], and returns how long
// it is with them; zero where there is none.
func (in *inline) marked(s string, i int, outer string, none *[2][256]bool) int {
	mark := s[i]
	if strings.IndexByte(outer, mark) >= 0 {
		return 0
	}
	width := 1
	if mark != '_' && i+1 < len(s) && s[i+1] == mark { // Markdown's own: **bold**
		width = 2
	}
	open := i + width
	if none[width-1][mark] || wordBefore(s, i) || i > 0 && s[i-1] == mark || open >= len(s) || s[open] == ' ' || s[open] == mark {
		return 0
	}
	closer := s[i:open]
	for at := open + 1; at+width <= len(s); at++ {
		if s[at:at+width] != closer || s[at-1] == ' ' || s[at-1] == mark {
			continue
		}
		if after := at + width; after < len(s) && (s[after] == mark || wordAt(s, after)) {
			continue
		}
		in.out.WriteString(pairs[mark])
		in.convert(s[open:at], outer+string(mark))
		in.out.WriteString(pairs[mark])
		return at + width - i
	}
	none[width-1][mark] = true
	return 0
}

// reference converts what stands in angle brackets: an address, a call to
// people, a room, a date. It reports false for anything else.
func (in *inline) reference(ref string) bool {
	target, label, labelled := strings.Cut(ref, "|")
	if target == "" {
		return false
	}
	switch target[0] {
	case '@':
		// A number is a person's id here; Slack's own ids mean nobody.
		if digits := target[1:]; !in.quiet && digits != "" && strings.Trim(digits, "0123456789") == "" {
			in.out.WriteString("<@" + digits + ">")
			return true
		}
		in.out.WriteString("\\@" + escape(strings.TrimPrefix(first(label, target[1:]), "@")))
		return true
	case '#':
		in.out.WriteString("\\#" + escape(strings.TrimPrefix(first(label, target[1:]), "#")))
		return true
	case '!':
		in.special(target[1:], label)
		return true
	}
	link, ok := address(unescape(target))
	switch {
	case ok && labelled && label != "":
		inner := inline{converter: &quiet}
		inner.convert(label, "")
		in.out.WriteString("[" + brackets.Replace(inner.out.String()) + "](" + link + ")")
	case ok:
		in.out.WriteString("<" + link + ">")
	case strings.Contains(target, ":"): // an address that leads nowhere from here
		in.out.WriteString(escape(unescape(first(label, target))))
	default:
		return false
	}
	return true
}

var brackets = strings.NewReplacer("[", "\\[", "]", "\\]")

// special converts <!…>: calls to a room, groups, dates.
func (in *inline) special(command, label string) {
	name, _, _ := strings.Cut(command, "^")
	switch {
	case in.quiet:
		in.out.WriteString(escape(unescape(first(label, "@"+name))))
	case name == "here":
		in.out.WriteString("<!here>")
	case name == "channel", name == "everyone", name == "group":
		in.out.WriteString("<!everyone>")
	default:
		in.out.WriteString(escape(unescape(first(label, name))))
	}
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// address makes an address of the web or of mail fit to stand in Markdown.
func address(s string) (string, bool) {
	u, err := url.Parse(strings.TrimSpace(s))
	if err != nil || len(s) > maxURL {
		return "", false
	}
	switch u.Scheme {
	case "http", "https":
		if u.Host == "" {
			return "", false
		}
	case "mailto":
		if u.Opaque == "" {
			return "", false
		}
	default:
		return "", false
	}
	var out strings.Builder
	for _, r := range u.String() {
		if strings.ContainsRune("()<>[]\\`\"|", r) || unicode.IsSpace(r) || unicode.IsControl(r) {
			out.WriteString(url.QueryEscape(string(r)))
		} else {
			out.WriteRune(r)
		}
	}
	return out.String(), true
}

// bareURL is the length of the address that a text begins with.
func bareURL(s string) int {
	rest, ok := strings.CutPrefix(s, "https://")
	if !ok {
		if rest, ok = strings.CutPrefix(s, "http://"); !ok {
			return 0
		}
	}
	end := strings.IndexFunc(rest, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("<>|`\"", r) })
	if end < 0 {
		end = len(rest)
	}
	found := s[:len(s)-len(rest)+end]
	return len(strings.TrimRight(found, "*_~"))
}

// shortcodeAt is the length of the shortcode that a text begins with, its
// colons included.
func shortcodeAt(s string) int {
	if len(s) < 3 || s[0] != ':' {
		return 0
	}
	end := strings.IndexByte(s[1:min(len(s), 66)], ':')
	if end < 1 {
		return 0
	}
	for _, b := range []byte(s[1 : 1+end]) {
		if !letter(b) && (b < '0' || b > '9') && b != '_' && b != '-' && b != '+' && b != '\'' {
			return 0
		}
	}
	return end + 2
}

// emoji gives a shortcode the name that it has here. Slack's colours of skin
// stand apart and are dropped.
func emoji(code string) string {
	name := strings.Trim(code, ":")
	if strings.HasPrefix(name, "skin-tone-") {
		return ""
	}
	if strings.HasSuffix(name, "_circle") || strings.HasSuffix(name, "_square") {
		name = strings.TrimPrefix(name, "large_")
	}
	return ":" + name + ":"
}

// entity reads Slack's three entities; any other '&' stands for itself.
func entity(s string) (b byte, n int) {
	switch {
	case strings.HasPrefix(s, "&amp;"):
		return '&', 5
	case strings.HasPrefix(s, "&lt;"):
		return '<', 4
	case strings.HasPrefix(s, "&gt;"):
		return '>', 4
	}
	return '&', 1
}

var entities = strings.NewReplacer("&amp;", "&", "&lt;", "<", "&gt;", ">")

func unescape(s string) string { return entities.Replace(s) }

// escape makes a text stand as it is within a line of Markdown, but for
// shortcodes.
func escape(s string) string {
	s = line(s)
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if n := shortcodeAt(s[i:]); n > 0 {
			out.WriteString(emoji(s[i : i+n]))
			i += n - 1
			continue
		}
		if strings.IndexByte("\\`*_[]<>#@~", s[i]) >= 0 || s[i] == '&' && begins(s[i+1:]) {
			out.WriteByte('\\')
		}
		out.WriteByte(s[i])
	}
	return out.String()
}

// begins reports whether a text could be the rest of an entity.
func begins(s string) bool { return s != "" && (s[0] == '#' || letter(s[0])) }

// quote puts a text into a quote.
func quote(s string) string {
	return "> " + strings.ReplaceAll(s, "\n", "\n> ")
}

// — Characters —

func letter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }

func punctuation(b byte) bool {
	return b > ' ' && b < 0x7f && !letter(b) && (b < '0' || b > '9')
}

func word(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

func wordBefore(s string, i int) bool {
	r, _ := utf8.DecodeLastRuneInString(s[:i])
	return i > 0 && word(r)
}

func wordAt(s string, i int) bool {
	r, _ := utf8.DecodeRuneInString(s[i:])
	return i < len(s) && word(r)
}

// between reports whether s[i] stands within a word.
func between(s string, i int) bool { return wordBefore(s, i) && wordAt(s, i+1) }
