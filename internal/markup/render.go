package markup

import (
	"bytes"
	"fmt"
	"html"
	"runtime/debug"
	"strings"

	"campfire"

	"github.com/yuin/goldmark/text"
)

// Version is of the renderer; it is stored with what it made, so that a newer
// one knows what to make anew. It moves whenever texts are rendered to something
// else: 2 knows shortcodes, actions and sounds.
const Version int16 = 2

// Rendered is everything that derives from a message's source.
type Rendered struct {
	Source string // the body to store: names of members rewritten to <@42>
	HTML   string
	Plain  string
	Meta   *campfire.MessageMeta // nil when there is nothing
	// Links are those of the text whose pages may be shown below it, at most
	// three of Meta.URLs: links, and addresses as they stand, but none that
	// was put into angle brackets.
	Links []string
}

// Names says whom a name or an id means, as of one room.
type Names interface {
	// Members returns the room's active members. It is asked only when the
	// text holds an '@' or a mention.
	Members() ([]campfire.Person, error)
	// Person returns a person by id and whether they are in the room;
	// CodeNotFound for nobody.
	Person(id campfire.UserID) (p campfire.Person, member bool, err error)
}

// Render renders a source. Its errors are those of names alone: there is no
// text that can't be rendered.
func Render(source string, names Names) (*Rendered, error) {
	if rest, ok := strings.CutPrefix(source, action); ok && strings.TrimSpace(rest) != "" && !strings.HasPrefix(rest, action) {
		return renderAction(rest, names)
	}
	if r, ok := renderPlain(source); ok {
		return r, nil
	}
	return renderMarkdown(source, names)
}

func renderMarkdown(source string, names Names) (r *Rendered, err error) {
	defer func() {
		if p := recover(); p != nil {
			// A parser that fails on a text must not fail its poster. It is
			// shown as it was written.
			r, err = asWritten(source), nil
			if debugPanics {
				panic(fmt.Sprintf("%v\n%s", p, debug.Stack()))
			}
		}
	}()
	if intricate(source) {
		return asWritten(source), nil
	}
	c := &collected{names: names}
	src := []byte(source)
	doc := markdown.Parser().Parse(text.NewReader(src), withCollected(c))
	if c.err != nil {
		return nil, c.err
	}
	var out bytes.Buffer
	if err := markdown.Renderer().Render(&out, src, doc); err != nil {
		return nil, err
	}
	r = &Rendered{
		Source: c.rewrite(source),
		HTML:   strings.TrimSpace(policy.Sanitize(out.String())),
		Plain:  plainText(doc, src),
	}
	if m := metadata(doc, src); !m.IsZero() {
		r.Meta, r.Links = m, c.links(doc, src)
	}
	return r, nil
}

// asWritten shows a source without reading it as Markdown.
func asWritten(source string) *Rendered {
	return &Rendered{Source: source, Plain: source,
		HTML: policy.Sanitize(paragraphOpen + strings.ReplaceAll(html.EscapeString(source), "\n", "<br>\n") + "</p>")}
}

// Beyond these, a text is no longer anything that a person would write, and
// would cost its reader's server much: depth of quotes and lists in one line,
// brackets in all.
const (
	maxDepth    = 50
	maxBrackets = 2000
)

func intricate(source string) bool {
	if strings.Count(source, "[") > maxBrackets {
		return true
	}
	for line := range strings.SplitSeq(source, "\n") {
		if markers(line) > maxDepth && strings.ContainsAny(line, "> ") {
			return true
		}
	}
	return false
}

// markers counts the marks of quotes and lists that a line begins with.
func markers(line string) (n int) {
	number := false
	for _, r := range line {
		switch {
		case strings.ContainsRune(">-+*", r), number && (r == '.' || r == ')'):
			n++
			number = false
		case r >= '0' && r <= '9':
			number = true
		case r != ' ' && r != '\t':
			return n
		}
	}
	return n
}

// debugPanics is set by tests, which want to see them.
var debugPanics = false

const paragraphOpen = `<p dir="auto">`

// renderPlain renders a text in which nothing has a meaning to Markdown, as
// most of what people write: what it returns is what renderMarkdown would.
func renderPlain(source string) (*Rendered, bool) {
	if strings.ContainsAny(source, "*_`[]<>&#@\\~|!\r\t\v\f\x00") || strings.Contains(source, ":/") ||
		strings.Contains(source, " \n") || containsWWW(source) || holdsShortcode(source) {
		return nil, false
	}
	var out, plain strings.Builder
	out.Grow(len(source) + 32)
	plain.Grow(len(source))
	inParagraph := false
	for line := range strings.SplitSeq(source, "\n") {
		line = strings.Trim(line, " ")
		if line == "" {
			if inParagraph {
				out.WriteString("</p>\n")
				inParagraph = false
			}
			continue
		}
		if startsBlock(line) {
			return nil, false
		}
		switch {
		case inParagraph:
			out.WriteString("<br>\n")
			plain.WriteByte('\n')
		case plain.Len() > 0:
			out.WriteString(paragraphOpen)
			plain.WriteByte('\n')
		default:
			out.WriteString(paragraphOpen)
		}
		inParagraph = true
		out.WriteString(html.EscapeString(line))
		plain.WriteString(line)
	}
	if inParagraph {
		out.WriteString("</p>")
	}
	if plain.Len() == 0 {
		return nil, false
	}
	return &Rendered{Source: source, HTML: strings.TrimSuffix(out.String(), "\n"), Plain: plain.String()}, true
}

// startsBlock reports whether a trimmed line could begin a list or a rule, or
// holds what only the parser should judge.
func startsBlock(line string) bool {
	switch c := line[0]; {
	case c == '-' || c == '+' || c == '=':
		return true
	case c >= '0' && c <= '9':
		rest := strings.TrimLeft(line, "0123456789")
		return rest != "" && (rest[0] == '.' || rest[0] == ')')
	}
	for i := range len(line) {
		if line[i] < ' ' || line[i] == 0x7f {
			return true
		}
	}
	return false
}

func containsWWW(s string) bool {
	return strings.Contains(s, "www.") || strings.Contains(s, "WWW.") || strings.Contains(s, "Www.")
}
