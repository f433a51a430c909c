package markup

import (
	"html"
	"strconv"
	"strings"

	"github.com/yuin/goldmark/ast"
)

// plainText is a parsed text as a person reads it aloud: without marks, each
// block on lines of its own.
func plainText(doc ast.Node, source []byte) string {
	p := plainWriter{source: source}
	p.blocks(doc)
	return strings.Trim(p.b.String(), " \t\n")
}

type plainWriter struct {
	source []byte
	b      strings.Builder
}

// blocks writes the children of a container, each on a line of its own.
func (p *plainWriter) blocks(parent ast.Node) {
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		switch n := n.(type) {
		case *ast.FencedCodeBlock:
			p.b.WriteString(strings.TrimRight(blockText(n, p.source), "\n"))
		case *ast.List:
			p.list(n)
			continue // its items end their lines
		case *ast.ThematicBreak:
			continue
		case *ast.Blockquote, *ast.ListItem:
			p.blocks(n)
			continue
		default:
			p.inlines(n)
		}
		p.b.WriteByte('\n')
	}
}

func (p *plainWriter) list(l *ast.List) {
	number := l.Start
	for item := l.FirstChild(); item != nil; item = item.NextSibling() {
		if l.IsOrdered() {
			p.b.WriteString(strconv.Itoa(number) + ". ")
			number++
		} else {
			p.b.WriteString("• ")
		}
		if !item.HasChildren() {
			p.b.WriteByte('\n')
		}
		p.blocks(item)
	}
}

func (p *plainWriter) inlines(parent ast.Node) {
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		switch n := n.(type) {
		case *ast.Text:
			p.text(n)
		case *ast.String:
			p.b.Write(n.Value)
		case *ast.CodeSpan:
			for c := n.FirstChild(); c != nil; c = c.NextSibling() {
				if t, ok := c.(*ast.Text); ok {
					p.b.Write(t.Segment.Value(p.source))
				}
			}
		case *ast.AutoLink:
			p.b.Write(n.Label(p.source))
		case *mention:
			p.b.WriteString(n.label())
		case *hashtag:
			p.b.WriteString("#" + n.tag)
		default: // links, emphasis
			p.inlines(n)
		}
	}
}

// text writes a stretch of text with its escapes and entities resolved.
func (p *plainWriter) text(n *ast.Text) {
	s := string(n.Segment.Value(p.source))
	if !n.IsRaw() {
		s = unescape(s)
	}
	p.b.WriteString(s)
	if n.SoftLineBreak() || n.HardLineBreak() {
		p.b.WriteByte('\n')
	}
}

// unescape resolves \* and &amp; as the HTML renderer does.
func unescape(s string) string {
	if strings.ContainsRune(s, '\\') {
		var b strings.Builder
		for i := 0; i < len(s); i++ {
			if s[i] == '\\' && i+1 < len(s) && isPunct(s[i+1]) {
				i++
				if s[i] == '&' {
					b.WriteString("&amp;") // escaped: not to be resolved below
					continue
				}
			}
			b.WriteByte(s[i])
		}
		s = b.String()
	}
	if strings.ContainsRune(s, '&') {
		s = html.UnescapeString(s)
	}
	return s
}

func isPunct(c byte) bool {
	return c >= '!' && c <= '/' || c >= ':' && c <= '@' || c >= '[' && c <= '`' || c >= '{' && c <= '~'
}
