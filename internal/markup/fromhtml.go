package markup

import (
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// FromHTML returns a source that reads as a piece of HTML does, as far as the
// chat's subset of Markdown goes: what a program answers that knows nothing
// else. Of the rest the text stays; scripts, styles and titles don't. What is
// text there means nothing here.
func FromHTML(s string) string {
	w := htmlReader{}
	z := html.NewTokenizer(strings.NewReader(s))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return strings.TrimSpace(w.out.String())
		case html.TextToken:
			w.text(string(z.Text()))
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			w.open(t)
		case html.EndTagToken:
			t := z.Token()
			w.close(t.DataAtom)
		}
	}
}

// htmlReader writes Markdown while tags come. Tags need not fit each other:
// depths never go below zero.
type htmlReader struct {
	out     strings.Builder
	breaks  int    // line ends that are due before the next text
	space   bool   // a space is due before the next text
	line    bool   // something stands on this line
	opening string // marks that are due before the next text
	skipped int    // depth of what is not shown
	pre     int
	code    int
	quotes  int
	lists   []list
	links   []string
}

type list struct{ n int } // of the next item; 0: not numbered

const (
	maxNested  = 16
	maxOpening = 64 // bytes of marks without a text
)

func skipsText(a atom.Atom) bool {
	switch a {
	case atom.Script, atom.Style, atom.Title, atom.Template, atom.Noscript, atom.Textarea, atom.Select, atom.Iframe:
		return true
	}
	return false
}

func mark(a atom.Atom) string {
	switch a {
	case atom.B, atom.Strong:
		return "**"
	case atom.I, atom.Em:
		return "*"
	case atom.S, atom.Del, atom.Strike:
		return "~~"
	}
	return ""
}

func (w *htmlReader) open(t html.Token) {
	a := t.DataAtom
	if skipsText(a) {
		if t.Type == html.StartTagToken {
			w.skipped++
		}
		return
	}
	if w.skipped > 0 {
		return
	}
	switch a {
	case atom.Br:
		w.breaks = max(w.breaks, 1)
	case atom.Hr:
		w.block(2)
		w.start()
		w.out.WriteString("---")
		w.line = true
		w.block(2)
	case atom.P, atom.Table, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		w.block(2)
		if len(a.String()) == 2 {
			w.mark("### ")
		}
	case atom.Div, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Tr, atom.Dt, atom.Dd, atom.Figure:
		w.block(1)
	case atom.Td, atom.Th:
		w.space = true
	case atom.Blockquote:
		w.block(2)
		w.quotes = min(w.quotes+1, maxNested)
	case atom.Ul, atom.Ol:
		w.block(2 - min(len(w.lists), 1))
		if len(w.lists) < maxNested {
			n := 0
			if a == atom.Ol {
				n = 1
			}
			w.lists = append(w.lists, list{n})
		}
	case atom.Li:
		w.block(1)
		w.opening = "- "
		if n := len(w.lists); n > 0 && w.lists[n-1].n > 0 {
			w.opening = strconv.Itoa(w.lists[n-1].n) + ". "
			w.lists[n-1].n++
		}
	case atom.Pre:
		w.block(2)
		w.start()
		w.out.WriteString("```\n")
		w.pre++
	case atom.Code, atom.Kbd, atom.Samp:
		if w.pre == 0 && w.code == 0 {
			w.mark("`")
		}
		w.code++
	case atom.A:
		w.links = append(w.links, attribute(t, "href"))
		if href := w.links[len(w.links)-1]; href != "" && w.code == 0 && w.pre == 0 {
			w.mark("[")
		}
	case atom.Img:
		w.text(html.EscapeString(attribute(t, "alt")))
	default:
		if m := mark(a); m != "" && w.code == 0 && w.pre == 0 {
			w.mark(m)
		}
	}
}

func (w *htmlReader) close(a atom.Atom) {
	if skipsText(a) {
		w.skipped = max(w.skipped-1, 0)
		return
	}
	if w.skipped > 0 {
		return
	}
	switch a {
	case atom.P, atom.Table, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		w.block(2)
	case atom.Div, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Tr, atom.Dt, atom.Dd, atom.Figure, atom.Li:
		w.block(1)
	case atom.Blockquote:
		w.block(2)
		w.quotes = max(w.quotes-1, 0)
	case atom.Ul, atom.Ol:
		if len(w.lists) > 0 {
			w.lists = w.lists[:len(w.lists)-1]
		}
		w.block(2 - min(len(w.lists), 1))
	case atom.Pre:
		if w.pre == 0 {
			return
		}
		if w.pre--; w.pre == 0 {
			w.out.WriteString("\n```")
			w.line = true
			w.block(2)
		}
	case atom.Code, atom.Kbd, atom.Samp:
		if w.code == 0 {
			return
		}
		if w.code--; w.code == 0 && w.pre == 0 {
			w.end("`", "`")
		}
	case atom.A:
		if len(w.links) == 0 {
			return
		}
		href := w.links[len(w.links)-1]
		w.links = w.links[:len(w.links)-1]
		if href != "" && w.code == 0 && w.pre == 0 {
			w.end("[", "](<"+strings.NewReplacer("<", "%3C", ">", "%3E", "\\", "%5C", "\n", "", "\r", "").Replace(href)+">)")
		}
	default:
		if m := mark(a); m != "" && w.code == 0 && w.pre == 0 {
			w.end(m, m)
		}
	}
}

// mark adds one to those that are due before the next text. Nobody writes as many
// as are left out: adding each to all before it would take hours.
func (w *htmlReader) mark(m string) {
	if len(w.opening) < maxOpening {
		w.opening += m
	}
}

// block asks for line ends before what comes next.
func (w *htmlReader) block(breaks int) {
	if w.pre > 0 {
		return
	}
	if w.opening = ""; w.line {
		w.breaks = max(w.breaks, breaks)
	}
	w.space = false
}

// end closes what was opened with a mark, or takes that back where nothing
// came between.
func (w *htmlReader) end(opened, closing string) {
	if rest, ok := strings.CutSuffix(w.opening, opened); ok {
		w.opening = rest
		return
	}
	if w.line {
		w.out.WriteString(closing)
	}
}

// start writes what is due before a text.
func (w *htmlReader) start() {
	fresh := !w.line
	if w.breaks > 0 {
		if w.line || w.breaks > 1 {
			for range w.breaks {
				w.out.WriteByte('\n')
				w.margin()
			}
		}
		w.breaks, fresh = 0, true
	} else if fresh {
		w.margin()
	}
	if w.space && !fresh {
		w.out.WriteByte(' ')
	}
	w.space = false
	w.out.WriteString(w.opening)
	w.opening, w.line = "", true
}

// margin begins a line within quotes and lists.
func (w *htmlReader) margin() {
	w.out.WriteString(strings.Repeat("> ", w.quotes))
	if n := len(w.lists); n > 1 {
		w.out.WriteString(strings.Repeat("  ", n-1))
	}
}

// escaper takes the meaning from what text may hold.
var escaper = strings.NewReplacer("\\", "\\\\", "`", "\\`", "*", "\\*", "_", "\\_", "[", "\\[", "]", "\\]", "<", "\\<", ">", "\\>", "~", "\\~", "#", "\\#", "|", "\\|")

func (w *htmlReader) text(raw string) {
	if w.skipped > 0 {
		return
	}
	s := html.UnescapeString(raw)
	if w.pre > 0 {
		w.out.WriteString(strings.ReplaceAll(s, "```", "'''"))
		return
	}
	for i, word := range strings.FieldsFunc(s, isSpace) {
		if i > 0 || isSpace(rune(s[0])) {
			w.space = true
		}
		if w.code > 0 {
			w.start()
			w.out.WriteString(strings.ReplaceAll(word, "`", "'"))
			continue
		}
		fresh := !w.line || w.breaks > 0
		w.start()
		word = escaper.Replace(word)
		if fresh {
			word = begun(word)
		}
		w.out.WriteString(word)
	}
	if s != "" && isSpace(rune(s[len(s)-1])) {
		w.space = true
	}
}

func isSpace(r rune) bool { return r == ' ' || r == '\n' || r == '\t' || r == '\r' || r == '\f' }

// begun is the first word of a line, which begins no list, heading or rule.
func begun(word string) string {
	if word != "" && strings.ContainsRune("-+=", rune(word[0])) {
		return "\\" + word
	}
	digits := len(word) - len(strings.TrimLeft(word, "0123456789"))
	if digits > 0 && digits < len(word) && (word[digits] == '.' || word[digits] == ')') {
		return word[:digits] + "\\" + word[digits:]
	}
	return word
}

func attribute(t html.Token, name string) string {
	for _, a := range t.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
