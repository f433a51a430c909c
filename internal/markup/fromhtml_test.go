package markup

import (
	"runtime"
	"strings"
	"testing"
)

func TestHTMLIsReadAsMarkdown(t *testing.T) {
	for _, c := range []struct{ html, want string }{
		{"", ""},
		{"plain", "plain"},
		{"  a\n b  ", "a b"},
		{"<p>One</p><p>Two</p>", "One\n\nTwo"},
		{"<div>One</div><div>Two<br>Three</div>", "One\nTwo\nThree"},
		{"a <b>bold</b>, <em>slanted</em> and <del>gone</del>", "a **bold**, *slanted* and ~~gone~~"},
		{"a<b> b </b>c", "a **b** c"},
		{"<b></b>x<i> </i>y", "x y"},
		{"see <a href='https://example.org/a?b=(c)'>the page</a>.", "see [the page](<https://example.org/a?b=(c)>)."},
		{"<code>a *b* `c`</code>", "`a *b* 'c'`"},
		{"<pre><code>one\n  two</code></pre>after", "```\none\n  two\n```\n\nafter"},
		{"<ul><li>one<li>two<ul><li>deep</li></ul></li></ul>end", "- one\n- two\n  - deep\n\nend"},
		{"<ol><li>one</li><li>two</li></ol>", "1. one\n2. two"},
		{"<blockquote>said</blockquote>answered", "> said\n\nanswered"},
		{"<h1>Head</h1>text", "### Head\n\ntext"},
		{"<title>no</title><style>b{}</style><script>alert(1)</script>yes", "yes"},
		{"*not* _this_ [or](that) # nor &lt;b&gt;", "\\*not\\* \\_this\\_ \\[or\\](that) \\# nor \\<b\\>"},
		{"<p>- no list</p><p>1. nor this</p>", "\\- no list\n\n1\\. nor this"},
		{"</b></a></pre></ul></code>x", "x"},
		{"<img src=x alt='a cat'>", "a cat"},
	} {
		if got := FromHTML(c.html); got != c.want {
			t.Errorf("%q: %q, want %q", c.html, got, c.want)
		}
	}
}

// What was no markup for the one who wrote it is none here.
func TestHTMLIsNeverMarkupAgain(t *testing.T) {
	for _, text := range []string{"<script>alert(1)</script>", "**b** `c` [d](e)", "# h", "- l", "> q", "1) n", "~~s~~", "<@1> <!everyone>", "| a | b |", "---", "==="} {
		escaped := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
		r, err := Render(FromHTML("<p>"+escaped+"</p>"), nil)
		if err != nil {
			t.Fatal(err)
		}
		if r.Plain != text {
			t.Errorf("%q became %q by %q", text, r.Plain, r.Source)
		}
	}
}

// A bot may answer with a mebibyte of whatever it likes: reading it takes as much
// as there is to read, and no more.
func TestHTMLIsReadInItsOwnLength(t *testing.T) {
	for _, unit := range []string{"<b>", "<a href=x>", "<code>", "<h1>", "<ul>", "<blockquote>", "<li>x", "<b>x", "<pre>", "</b>", "<b></b>", "&amp;", "<"} {
		s := strings.Repeat(unit, 30_000)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		FromHTML(s)
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took > 256*uint64(len(s)) {
			t.Errorf("%s: %d bytes of memory for %d", unit, took, len(s))
		}
	}
}

func FuzzFromHTML(f *testing.F) {
	for _, s := range []string{"<p>a<b>b", "<ul><li><ol><li>x</ul>", "<a href='x'>y</b></a>", "<pre>```</pre>", "<blockquote><blockquote>x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got := FromHTML(s); len(got) > 64*len(s)+64 {
			t.Errorf("%d bytes of %d", len(got), len(s))
		}
	})
}
