package markup

import (
	_ "embed"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// shortcodes has a line "code character" for each, sorted by code. It is made
// of the emoji that the page offers, by internal/web/build.
//
//go:embed shortcodes.txt
var shortcodes string

var shortcodeLines = sync.OnceValue(func() []string { return strings.Split(strings.TrimSpace(shortcodes), "\n") })

// emojiOf returns the emoji of a shortcode, which comes without colons.
func emojiOf(code string) (string, bool) {
	lines := shortcodeLines()
	i, found := slices.BinarySearchFunc(lines, code, func(line, code string) int {
		c, _, _ := strings.Cut(line, " ")
		return strings.Compare(c, code)
	})
	if !found {
		return "", false
	}
	_, char, _ := strings.Cut(lines[i], " ")
	return char, true
}

// maxShortcode bounds a shortcode without its colons, in bytes.
const maxShortcode = 64

// shortcodeAt returns the emoji whose shortcode a text begins with, and the
// length of that with its colons.
func shortcodeAt(s string) (char string, n int) {
	end := strings.IndexByte(s[1:min(len(s), maxShortcode+2)], ':')
	if end < 1 {
		return "", 0
	}
	code := s[1 : 1+end]
	for i := range len(code) {
		if c := code[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' && c != '+' && c != '-' {
			return "", 0
		}
	}
	char, ok := emojiOf(code)
	if !ok {
		return "", 0
	}
	return char, end + 2
}

// holdsShortcode reports whether there is anything for the parser of
// shortcodes in a text.
func holdsShortcode(s string) bool {
	for {
		i := strings.IndexByte(s, ':')
		if i < 0 {
			return false
		}
		if s = s[i:]; len(s) < 3 {
			return false
		}
		if _, n := shortcodeAt(s); n > 0 {
			return true
		}
		s = s[1:]
	}
}

// shortcodeParser puts emoji in place of their shortcodes, in what is shown
// and in what is stored.
type shortcodeParser struct{}

func (shortcodeParser) Trigger() []byte { return []byte{':'} }

func (shortcodeParser) Parse(_ ast.Node, block text.Reader, pc parser.Context) ast.Node {
	if isWord(block.PrecendingCharacter()) {
		return nil // a time, or part of a word
	}
	line, segment := block.PeekLine()
	char, n := shortcodeAt(string(line[:min(len(line), maxShortcode+2)]))
	if n == 0 {
		return nil
	}
	c := pc.Get(collectedKey).(*collected)
	c.rewrites = append(c.rewrites, rewriting{segment.Start, segment.Start + n, char})
	block.Advance(n)
	return ast.NewString([]byte(char))
}

// action is how a text begins that tells what its author does.
const action = "/me "

var paragraphs = regexp.MustCompile(`(?s)<p dir="auto">(.*?)</p>`)

// renderAction renders what comes after "/me ", in italics.
func renderAction(source string, names Names) (*Rendered, error) {
	r, err := Render(source, names)
	if err != nil {
		return nil, err
	}
	r = new(*r)
	r.Source = action + r.Source
	r.HTML = paragraphs.ReplaceAllString(r.HTML, `<p dir="auto"><em>$1</em></p>`)
	return r, nil
}
