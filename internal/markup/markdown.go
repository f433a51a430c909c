package markup

import (
	"bytes"
	"html"
	"regexp"
	"strconv"
	"strings"

	"github.com/alecthomas/chroma/v2"
	chromahtml "github.com/alecthomas/chroma/v2/formatters/html"
	"github.com/alecthomas/chroma/v2/lexers"
	"github.com/alecthomas/chroma/v2/styles"
	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	gmhtml "github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/util"
)

// markdown is the chat's subset: no raw HTML (it is text like any other), no
// indented code, no underlined headings, no reference links, no tables.
var markdown = goldmark.New(
	goldmark.WithParser(parser.NewParser(
		parser.WithBlockParsers(
			util.Prioritized(parser.NewThematicBreakParser(), 200),
			util.Prioritized(parser.NewListParser(), 300),
			util.Prioritized(parser.NewListItemParser(), 400),
			util.Prioritized(parser.NewATXHeadingParser(), 600),
			util.Prioritized(parser.NewFencedCodeBlockParser(), 700),
			util.Prioritized(parser.NewBlockquoteParser(), 800),
			util.Prioritized(paragraphParser{parser.NewParagraphParser()}, 1000),
		),
		parser.WithInlineParsers(
			util.Prioritized(parser.NewCodeSpanParser(), 100),
			util.Prioritized(mentionParser{}, 150),
			util.Prioritized(parser.NewLinkParser(), 200),
			util.Prioritized(bracketParser{parser.NewAutoLinkParser()}, 300),
			util.Prioritized(parser.NewEmphasisParser(), 500),
			util.Prioritized(extension.NewStrikethroughParser(), 500),
			util.Prioritized(hashtagParser{}, 600),
			util.Prioritized(shortcodeParser{}, 650),
			util.Prioritized(extension.NewLinkifyParser(
				extension.WithLinkifyAllowedProtocols([]string{"http:", "https:"}),
			), 999),
		),
	)),
	goldmark.WithRenderer(renderer.NewRenderer(renderer.WithNodeRenderers(
		util.Prioritized(nodeRenderer{}, 100),
		util.Prioritized(gmhtml.NewRenderer(gmhtml.WithHardWraps()), 1000),
	))),
)

// paragraphParser takes indented lines too: without indented code blocks no
// other parser would, and their text would be lost.
type paragraphParser struct{ parser.BlockParser }

func (paragraphParser) CanAcceptIndentedLine() bool { return true }

// policy is what may leave the server, whatever the renderer made.
var policy = func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "strong", "em", "del", "code", "pre", "blockquote", "ul", "ol", "li", "hr", "h3", "h4", "h5", "h6", "span")
	p.AllowAttrs("dir").Matching(regexp.MustCompile(`^auto$`)).OnElements("p", "li", "blockquote", "h3", "h4", "h5", "h6")
	p.AllowAttrs("start").Matching(regexp.MustCompile(`^[0-9]{1,9}$`)).OnElements("ol")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^(mention|hashtag|[a-z][a-z0-9]{0,3})$`)).OnElements("span")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^chroma$`)).OnElements("pre")
	p.AllowAttrs("data-language").Matching(regexp.MustCompile(`^[a-z0-9+#.-]{1,20}$`)).OnElements("pre")
	p.AllowAttrs("data-user-id").Matching(regexp.MustCompile(`^[0-9]{1,16}$`)).OnElements("span")
	p.AllowAttrs("data-mention").Matching(regexp.MustCompile(`^(here|everyone)$`)).OnElements("span")
	p.AllowAttrs("href").OnElements("a")
	p.AllowURLSchemes("http", "https", "mailto")
	p.AllowRelativeURLs(false)
	p.RequireParseableURLs(true)
	p.RequireNoFollowOnLinks(true)
	p.RequireNoReferrerOnLinks(true)
	p.AddTargetBlankToFullyQualifiedLinks(true)
	return p
}()

// nodeRenderer renders what differs from goldmark's own HTML.
type nodeRenderer struct{}

func (nodeRenderer) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindParagraph, block("p"))
	r.Register(ast.KindBlockquote, block("blockquote"))
	r.Register(ast.KindListItem, block("li"))
	r.Register(ast.KindHeading, renderHeading)
	r.Register(ast.KindFencedCodeBlock, renderCode)
	r.Register(ast.KindImage, renderImage)
	r.Register(extast.KindStrikethrough, renderStrikethrough)
	r.Register(kindMention, renderMention)
	r.Register(kindHashtag, renderHashtag)
}

// block renders an element whose direction follows its text.
func block(name string) renderer.NodeRendererFunc {
	open, shut := "<"+name+` dir="auto">`, "</"+name+">\n"
	return func(w util.BufWriter, _ []byte, _ ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			w.WriteString(open)
		} else {
			w.WriteString(shut)
		}
		return ast.WalkContinue, nil
	}
}

// renderHeading begins at h3: the page has headings of its own.
func renderHeading(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	level := strconv.Itoa(min(n.(*ast.Heading).Level+2, 6))
	if entering {
		w.WriteString("<h" + level + ` dir="auto">`)
	} else {
		w.WriteString("</h" + level + ">\n")
	}
	return ast.WalkContinue, nil
}

func renderStrikethrough(w util.BufWriter, _ []byte, _ ast.Node, entering bool) (ast.WalkStatus, error) {
	if entering {
		w.WriteString("<del>")
	} else {
		w.WriteString("</del>")
	}
	return ast.WalkContinue, nil
}

// renderImage makes a link of an image: showing it would tell its host who reads.
func renderImage(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if entering {
		w.WriteString(`<a href="`)
		w.Write(util.EscapeHTML(util.URLEscape(n.(*ast.Image).Destination, true)))
		w.WriteString(`">`)
		if !n.HasChildren() {
			w.WriteString(html.EscapeString(string(n.(*ast.Image).Destination)))
		}
	} else {
		w.WriteString("</a>")
	}
	return ast.WalkContinue, nil
}

// maxHighlight bounds the code that is highlighted, in bytes; longer code is
// shown as it is.
const maxHighlight = 16 << 10

var formatter = chromahtml.New(chromahtml.WithClasses(true), chromahtml.PreventSurroundingPre(true))

func renderCode(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	code := blockText(n, source)
	language := strings.ToLower(string(n.(*ast.FencedCodeBlock).Language(source)))
	if lexer := lexerOf(language, code); lexer != nil {
		if tokens, err := lexer.Tokenise(nil, code); err == nil {
			var b bytes.Buffer
			if formatter.Format(&b, styles.Fallback, tokens) == nil {
				w.WriteString(`<pre class="chroma" data-language="` + html.EscapeString(language) + `"><code>`)
				w.Write(b.Bytes())
				w.WriteString("</code></pre>\n")
				return ast.WalkSkipChildren, nil
			}
		}
	}
	w.WriteString("<pre><code>" + html.EscapeString(code) + "</code></pre>\n")
	return ast.WalkSkipChildren, nil
}

func lexerOf(language, code string) chroma.Lexer {
	if language == "" || len(language) > 20 || len(code) > maxHighlight {
		return nil
	}
	l := lexers.Get(language)
	if l == nil {
		return nil
	}
	return chroma.Coalesce(l)
}

func blockText(n ast.Node, source []byte) string {
	var b strings.Builder
	lines := n.Lines()
	for i := range lines.Len() {
		line := lines.At(i)
		b.Write(line.Value(source))
	}
	return b.String()
}
