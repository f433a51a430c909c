package markup

import (
	"html"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"campfire"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// collected is what the parsers of one text find, and whom they ask.
type collected struct {
	names    Names
	err      error
	members  []campfire.Person // loaded at the first '@'
	loaded   bool
	tried    int
	rewrites []rewriting
	brackets []ast.Node // addresses that were put into angle brackets
}

// rewriting replaces a stretch of the source when it is stored.
type rewriting struct {
	start, stop int
	with        string
}

var collectedKey = parser.NewContextKey()

func withCollected(c *collected) parser.ParseOption {
	pc := parser.NewContext()
	pc.Set(collectedKey, c)
	return parser.WithContext(pc)
}

// rewrite returns the source with names of members replaced by mentions.
func (c *collected) rewrite(source string) string {
	if len(c.rewrites) == 0 {
		return source
	}
	// Inline parsers may see a stretch twice: within what then proves to be
	// no link, for one.
	slices.SortFunc(c.rewrites, func(a, b rewriting) int { return a.start - b.start })
	var b strings.Builder
	at := 0
	for _, r := range c.rewrites {
		if r.start < at {
			continue
		}
		b.WriteString(source[at:r.start])
		b.WriteString(r.with)
		at = r.stop
	}
	b.WriteString(source[at:])
	return b.String()
}

var (
	kindMention = ast.NewNodeKind("Mention")
	kindHashtag = ast.NewNodeKind("Hashtag")
)

// mention is <@42>, <!here> or <!everyone>, or a member's name after '@'.
type mention struct {
	ast.BaseInline
	person campfire.Person
	member bool
	all    string // "here" or "everyone"; empty for a person
}

func (*mention) Kind() ast.NodeKind              { return kindMention }
func (m *mention) Dump(source []byte, level int) { ast.DumpHelper(m, source, level, nil, nil) }

// label is the mention as a person reads it.
func (m *mention) label() string {
	if m.all != "" {
		return "@" + m.all
	}
	return "@" + m.person.Name
}

// hashtag is #word.
type hashtag struct {
	ast.BaseInline
	tag string // without '#'
}

func (*hashtag) Kind() ast.NodeKind              { return kindHashtag }
func (h *hashtag) Dump(source []byte, level int) { ast.DumpHelper(h, source, level, nil, nil) }

func renderMention(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	m := n.(*mention)
	if entering {
		if m.all != "" {
			w.WriteString(`<span class="mention" data-mention="` + m.all + `">`)
		} else {
			w.WriteString(`<span class="mention" data-user-id="` + strconv.FormatInt(int64(m.person.ID), 10) + `">`)
		}
		w.WriteString(html.EscapeString(m.label()))
		w.WriteString("</span>")
	}
	return ast.WalkSkipChildren, nil
}

func renderHashtag(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if entering {
		w.WriteString(`<span class="hashtag">#` + html.EscapeString(n.(*hashtag).tag) + "</span>")
	}
	return ast.WalkSkipChildren, nil
}

// Names are looked for after so many '@' of a text, and so far behind each.
const (
	maxNames     = 200
	maxNameBytes = 512
)

type mentionParser struct{}

func (mentionParser) Trigger() []byte { return []byte{'<', '@'} }

var mentionForm = regexp.MustCompile(`^<(?:@([1-9][0-9]{0,15})|!(here|everyone))>`)

func (mentionParser) Parse(_ ast.Node, block text.Reader, pc parser.Context) ast.Node {
	c := pc.Get(collectedKey).(*collected)
	line, segment := block.PeekLine()
	if len(line) == 0 || c.err != nil {
		return nil
	}
	if line[0] == '@' {
		if before := block.PrecendingCharacter(); isWord(before) || before == '<' {
			return nil // an address, or part of a word
		}
		if c.tried++; c.tried > maxNames {
			return nil
		}
		m, n := c.named(string(line[1:min(len(line), 1+maxNameBytes)]))
		if m == nil {
			return nil
		}
		with := "<!" + m.all + ">"
		if m.all == "" {
			with = "<@" + strconv.FormatInt(int64(m.person.ID), 10) + ">"
		}
		c.rewrites = append(c.rewrites, rewriting{segment.Start, segment.Start + 1 + n, with})
		block.Advance(1 + n)
		return m
	}
	found := mentionForm.FindSubmatch(line)
	if found == nil {
		return nil
	}
	m := &mention{all: string(found[2])}
	if m.all == "" {
		id, ok := campfire.ParseID[campfire.UserID](string(found[1]))
		if !ok {
			return nil
		}
		var err error
		m.person, m.member, err = c.names.Person(id)
		if err != nil {
			if campfire.CodeOf(err) != campfire.CodeNotFound {
				c.err = err
			}
			return nil
		}
	}
	block.Advance(len(found[0]))
	return m
}

// named finds whom the text after an '@' names: here, everyone, or the one
// member with the longest name that it begins with.
func (c *collected) named(s string) (m *mention, length int) {
	for _, all := range []string{"here", "everyone"} {
		if n := nameLength(s, all); n > 0 {
			m, length = &mention{all: all}, n
		}
	}
	if !c.loaded {
		c.members, c.err = c.names.Members()
		c.loaded = true
	}
	unique := true
	for _, p := range c.members {
		n := nameLength(s, p.Name)
		switch {
		case n == 0 || n < length:
		case n == length && m != nil && m.all == "":
			unique = false
		default:
			m, length, unique = &mention{person: p, member: true}, n, true
		}
	}
	if !unique {
		return nil, 0
	}
	return m, length
}

// nameLength returns how many bytes of s are the name, letter case ignored,
// up to the end of a word; 0 when s doesn't begin with it.
func nameLength(s, name string) int {
	rest := s
	for _, want := range name {
		got, n := utf8.DecodeRuneInString(rest)
		if n == 0 || got != want && !strings.EqualFold(string(got), string(want)) {
			return 0
		}
		rest = rest[n:]
	}
	if next, _ := utf8.DecodeRuneInString(rest); rest != "" && isWord(next) {
		return 0
	}
	return len(s) - len(rest)
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) || r == '_' }

type hashtagParser struct{}

func (hashtagParser) Trigger() []byte { return []byte{'#'} }

// maxHashtag bounds a hashtag, in bytes.
const maxHashtag = 100

func (hashtagParser) Parse(_ ast.Node, block text.Reader, _ parser.Context) ast.Node {
	if before := block.PrecendingCharacter(); isWord(before) || before == '#' || before == '&' || before == '/' {
		return nil
	}
	line, _ := block.PeekLine()
	line = line[:min(len(line), 1+maxHashtag+utf8.UTFMax)] // looked at no further: there may be one at every second byte
	n, letter := 0, false
	for i, r := range string(line[1:]) {
		if !isWord(r) && (r != '-' || i == 0) {
			break
		}
		letter = letter || unicode.IsLetter(r)
		n = i + utf8.RuneLen(r)
	}
	tag := strings.TrimRight(string(line[1:1+n]), "-")
	if !letter || len(tag) > maxHashtag {
		return nil
	}
	block.Advance(1 + len(tag))
	return &hashtag{tag: tag}
}

// metadata gathers what a parsed text holds, each thing once, in order.
func metadata(doc ast.Node, source []byte) *campfire.MessageMeta {
	m := &campfire.MessageMeta{}
	add := func(list *[]string, s string) {
		if !slices.Contains(*list, s) {
			*list = append(*list, s)
		}
	}
	ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *mention:
			switch {
			case n.all == "here":
				m.Here = true
			case n.all == "everyone":
				m.Everyone = true
			case n.member && !slices.Contains(m.Mentions, n.person.ID):
				m.Mentions = append(m.Mentions, n.person.ID)
			}
		case *hashtag:
			add(&m.Hashtags, strings.ToLower(n.tag))
		case *ast.Link:
			if isWeb(string(n.Destination)) {
				add(&m.URLs, string(n.Destination))
			}
		case *ast.Image:
			if isWeb(string(n.Destination)) {
				add(&m.URLs, string(n.Destination))
			}
		case *ast.AutoLink:
			if u := string(n.URL(source)); n.AutoLinkType == ast.AutoLinkURL && isWeb(u) {
				add(&m.URLs, u)
			}
		}
		return ast.WalkContinue, nil
	})
	return m
}

// bracketParser notes the addresses in angle brackets.
type bracketParser struct{ parser.InlineParser }

func (p bracketParser) Parse(parent ast.Node, block text.Reader, pc parser.Context) ast.Node {
	n := p.InlineParser.Parse(parent, block, pc)
	if n != nil {
		c := pc.Get(collectedKey).(*collected)
		c.brackets = append(c.brackets, n)
	}
	return n
}

// maxLinks is how many links of a text are shown below it.
const maxLinks = 3

// links gathers what may be shown below a text. Of an address in angle
// brackets its writer wants no more than the address.
func (c *collected) links(doc ast.Node, source []byte) []string {
	var found, not []string
	ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		u := ""
		switch n := n.(type) {
		case *ast.Link:
			u = string(n.Destination)
		case *ast.AutoLink:
			if n.AutoLinkType == ast.AutoLinkURL {
				u = string(n.URL(source))
			}
			if slices.Contains(c.brackets, ast.Node(n)) {
				not = append(not, u)
			}
		}
		if isWeb(u) && !slices.Contains(found, u) {
			found = append(found, u)
		}
		return ast.WalkContinue, nil
	})
	found = slices.DeleteFunc(found, func(u string) bool { return slices.Contains(not, u) })
	return found[:min(len(found), maxLinks)]
}

func isWeb(u string) bool { return strings.HasPrefix(u, "http://") || strings.HasPrefix(u, "https://") }
