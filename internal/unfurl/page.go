package unfurl

import (
	"bufio"
	"io"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/net/html/charset"
)

// Bounds of what is kept of a page, in characters.
const (
	MaxTitle       = 280
	MaxDescription = 560
	MaxSite        = 80
)

// Page is what a page says of itself: plain text on one line each. A page
// without a title says nothing.
type Page struct {
	Title       string
	Description string
	Site        string   // its own name for where it is
	Image       *url.URL // absolute, http or https; nil: none
}

// Read reads the head of a page, as it comes, and stops at its end. What can't
// be read ends it, too. contentType is the answer's, base where it came from.
func Read(r io.Reader, contentType string, base *url.URL) Page {
	b := bufio.NewReaderSize(r, 1024)
	start, _ := b.Peek(1024)
	encoding, _, certain := charset.DetermineEncoding(start, contentType)
	if !certain && utf8.Valid(lastWhole(start)) {
		// Nothing says what it is: what reads as UTF-8 is UTF-8.
		return (&head{base: base}).read(b)
	}
	return (&head{base: base}).read(encoding.NewDecoder().Reader(b))
}

// lastWhole cuts off a character that the end of b cuts in two.
func lastWhole(b []byte) []byte {
	for i := 1; i <= utf8.UTFMax && i <= len(b); i++ {
		if utf8.RuneStart(b[len(b)-i]) {
			if !utf8.FullRune(b[len(b)-i:]) {
				return b[:len(b)-i]
			}
			break
		}
	}
	return b
}

// head collects what was found, by how much it is worth.
type head struct {
	base  *url.URL
	found map[string]string // the first of each name
	title string            // of the title element
}

// names lists what is asked for, the best first.
var (
	titleNames       = []string{"og:title", "twitter:title"}
	descriptionNames = []string{"og:description", "twitter:description", "description"}
	siteNames        = []string{"og:site_name", "application-name"}
	imageNames       = []string{"og:image:secure_url", "og:image", "og:image:url", "twitter:image", "twitter:image:src"}
)

var wanted = func() map[string]bool {
	m := make(map[string]bool)
	for _, names := range [][]string{titleNames, descriptionNames, siteNames, imageNames} {
		for _, n := range names {
			m[n] = true
		}
	}
	return m
}()

func (h *head) read(r io.Reader) Page {
	h.found = make(map[string]string)
	z := html.NewTokenizer(r)
	inTitle := false
loop:
	for {
		switch z.Next() {
		case html.ErrorToken:
			break loop
		case html.TextToken:
			if inTitle && h.title == "" {
				h.title = string(z.Text())
			}
		case html.EndTagToken:
			switch name, _ := z.TagName(); atom.Lookup(name) {
			case atom.Head:
				break loop
			case atom.Title:
				inTitle = false
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			name, attributes := z.TagName()
			switch atom.Lookup(name) {
			case atom.Body:
				break loop
			case atom.Title:
				inTitle = true
			case atom.Meta:
				if attributes {
					h.meta(z)
				}
			}
		}
	}
	title := clean(h.first(titleNames), MaxTitle)
	if title == "" {
		title = clean(h.title, MaxTitle)
	}
	if title == "" {
		return Page{}
	}
	return Page{Title: title, Description: clean(h.first(descriptionNames), MaxDescription),
		Site: clean(h.first(siteNames), MaxSite), Image: h.image()}
}

// meta notes one meta element: its name may stand in either attribute.
func (h *head) meta(z *html.Tokenizer) {
	var property, name, content string
	for more := true; more; {
		var key, value []byte
		key, value, more = z.TagAttr()
		switch string(key) {
		case "property":
			property = string(value)
		case "name":
			name = string(value)
		case "content":
			content = string(value)
		}
	}
	for _, n := range []string{property, name} {
		n = strings.ToLower(strings.TrimSpace(n))
		if wanted[n] && h.found[n] == "" && strings.TrimSpace(content) != "" {
			h.found[n] = content
		}
	}
}

func (h *head) first(names []string) string {
	for _, n := range names {
		if v := h.found[n]; v != "" {
			return v
		}
	}
	return ""
}

func (h *head) image() *url.URL {
	link := strings.TrimSpace(h.first(imageNames))
	if link == "" || len(link) > MaxLink || h.base == nil {
		return nil
	}
	u, err := h.base.Parse(link)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return nil
	}
	return u
}

// clean makes plain text on one line of what a page says: without tags, which
// pages put into texts that are none, without what is not printed, and without
// what changes the direction of the text around it.
func clean(s string, most int) string {
	s = untagged(s)
	var b strings.Builder
	n, space := 0, false
	for _, r := range s {
		switch {
		case unicode.IsSpace(r):
			space = n > 0
			continue
		case r == utf8.RuneError, unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == '\ufeff', r == '\u2060', r == '\u200b':
			continue
		}
		if space {
			b.WriteByte(' ')
			n++
			space = false
		}
		if n++; n > most {
			return strings.TrimSpace(truncate(b.String(), most-1)) + "…"
		}
		b.WriteRune(r)
	}
	return b.String()
}

// truncate returns the first n characters.
func truncate(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// untagged returns the text of what may hold markup, once.
func untagged(s string) string {
	if !strings.ContainsAny(s, "<&") {
		return s
	}
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(s))
	hidden := false
	for {
		switch z.Next() {
		case html.ErrorToken:
			return b.String()
		case html.TextToken:
			if !hidden {
				b.Write(z.Text())
			}
		case html.StartTagToken:
			name, _ := z.TagName()
			a := atom.Lookup(name)
			hidden = a == atom.Script || a == atom.Style
			b.WriteByte(' ')
		case html.EndTagToken, html.SelfClosingTagToken:
			hidden = false
			b.WriteByte(' ')
		}
	}
}
