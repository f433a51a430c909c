package unfurl

import (
	"net/url"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
)

var base = &url.URL{Scheme: "https", Host: "example.org", Path: "/dir/page"}

func TestPages(t *testing.T) {
	image := func(s string) *url.URL {
		u, err := url.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	latin, err := charmap.ISO8859_1.NewEncoder().String("<meta charset=iso-8859-1><title>Müller & Söhne</title>")
	if err != nil {
		t.Fatal(err)
	}
	sjis, err := japanese.ShiftJIS.NewEncoder().String(`<meta http-equiv="Content-Type" content="text/html; charset=Shift_JIS"><title>お茶</title>`)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		kind, html string
		want       Page
	}{
		"og": {html: `<html><head><title>plain</title><meta property="og:title" content="The &quot;title&quot;"><meta property="og:description" content="What it is"><meta property="og:site_name" content="Site"><meta property="og:image" content="/a.png"></head>`,
			want: Page{"The \"title\"", "What it is", "Site", image("https://example.org/a.png")}},
		"og by name":           {html: `<meta name="og:title" content="T"><meta name=og:image content="b.png">`, want: Page{Title: "T", Image: image("https://example.org/dir/b.png")}},
		"upper case":           {html: `<META PROPERTY="OG:Title" CONTENT="T">`, want: Page{Title: "T"}},
		"twitter":              {html: `<meta name="twitter:title" content="T"><meta name="twitter:description" content="D"><meta name="twitter:image:src" content="//cdn.example/x.jpg"><title>plain</title>`, want: Page{Title: "T", Description: "D", Image: image("https://cdn.example/x.jpg")}},
		"plain":                {html: "<title> A\n\ttitle  </title><meta name=description content=' D '>", want: Page{Title: "A title", Description: "D"}},
		"first of two":         {html: `<meta property="og:title" content=""><meta property="og:title" content="one"><meta property="og:title" content="two">`, want: Page{Title: "one"}},
		"empty og":             {html: `<meta property="og:title" content="  "><title>plain</title>`, want: Page{Title: "plain"}},
		"only markup":          {html: `<meta property="og:title" content="<b></b>"><title>plain</title>`, want: Page{Title: "plain"}},
		"no title":             {html: `<meta property="og:description" content="D">`},
		"empty":                {},
		"no HTML":              {html: "{\"a\": 1}"},
		"tags":                 {html: `<meta property="og:title" content="A &lt;b&gt;bold&lt;/b&gt; <i>word</i>">`, want: Page{Title: "A bold word"}},
		"scripts":              {html: `<meta property="og:title" content="x<script>alert(1)</script>y">`, want: Page{Title: "x y"}},
		"encoded twice":        {html: `<title>Fish &amp;amp; chips</title>`, want: Page{Title: "Fish & chips"}},
		"less than":            {html: `<title>1 &lt; 2</title>`, want: Page{Title: "1 < 2"}},
		"controls":             {html: "<title>a\x01b\u202ec\u2066d\u200be\ufefff</title>", want: Page{Title: "abcdef"}},
		"title in the body":    {html: `<head></head><body><title>no</title>`},
		"after the head":       {html: `<head><title>yes</title></head><meta property="og:title" content="no">`, want: Page{Title: "yes"}},
		"in a script":          {html: `<script>var a = '<meta property="og:title" content="no">'</script><title>yes</title>`, want: Page{Title: "yes"}},
		"in a comment":         {html: `<!-- <title>no</title> --><title>yes</title>`, want: Page{Title: "yes"}},
		"in a title":           {html: `<title><meta property="og:title" content="no">yes</title>`, want: Page{Title: "yes"}},
		"cut in a title":       {html: `<title>half`, want: Page{Title: "half"}},
		"cut in a tag":         {html: `<title>whole</title><meta property="og:title" content="ha`, want: Page{Title: "whole"}},
		"image as script":      {html: `<title>T</title><meta property="og:image" content="javascript:alert(1)">`, want: Page{Title: "T"}},
		"image as data":        {html: `<title>T</title><meta property="og:image" content="data:image/png;base64,AAAA">`, want: Page{Title: "T"}},
		"image with a user":    {html: `<title>T</title><meta property="og:image" content="https://a:b@example.org/x">`, want: Page{Title: "T"}},
		"image as nonsense":    {html: `<title>T</title><meta property="og:image" content="http://[::1">`, want: Page{Title: "T"}},
		"Latin 1, by header":   {kind: "text/html; charset=iso-8859-1", html: "<title>M\xfcller</title>", want: Page{Title: "Müller"}},
		"Latin 1, by meta":     {html: latin, want: Page{Title: "Müller & Söhne"}},
		"Shift JIS":            {html: sjis, want: Page{Title: "お茶"}},
		"UTF-8, unsaid":        {html: "<title>Grüße 🎂</title>", want: Page{Title: "Grüße 🎂"}},
		"UTF-8, cut at 1024":   {html: "<!--" + strings.Repeat("x", 1009) + "--><title>ä</title>", want: Page{Title: "ä"}},
		"Latin 1, unsaid":      {html: "<title>M\xfcller</title>", want: Page{Title: "Müller"}},
		"not what it claims":   {kind: "text/html; charset=utf-8", html: "<title>M\xfcller</title>", want: Page{Title: "Mller"}},
		"an unknown charset":   {kind: "text/html; charset=nonsense", html: "<title>T</title>", want: Page{Title: "T"}},
		"a long title":         {html: "<title>" + strings.Repeat("ä", 400) + "</title>", want: Page{Title: strings.Repeat("ä", MaxTitle-1) + "…"}},
		"a title of the bound": {html: "<title>" + strings.Repeat("ä", MaxTitle) + "</title>", want: Page{Title: strings.Repeat("ä", MaxTitle)}},
	} {
		kind := c.kind
		if kind == "" {
			kind = "text/html"
		}
		if diff := cmp.Diff(Read(strings.NewReader(c.html), kind, base), c.want); diff != "" {
			t.Errorf("%s (got, want):\n%s", name, diff)
		}
	}
}

func TestNormalise(t *testing.T) {
	for link, want := range map[string]string{
		"https://Example.ORG":                       "https://example.org/",
		"HTTP://example.org:80/a#b":                 "http://example.org/a",
		"https://example.org:443/?q=A#top":          "https://example.org/?q=A",
		"https://example.org:8443/":                 "https://example.org:8443/",
		"https://bücher.example/ä":                  "https://xn--bcher-kva.example/%C3%A4",
		"https://[2A00::1]/":                        "https://[2a00::1]/",
		"http://a_b.example/":                       "http://a_b.example/",
		"https://example.org/a.html":                "https://example.org/a.html",
		"https://example.org/v1.2":                  "https://example.org/v1.2",
		"https://example.org/a.ZIP":                 "",
		"https://example.org/a.tar.gz?x=1":          "",
		"https://example.org/a.jpeg#x":              "",
		"https://example.org/?file=a.zip":           "https://example.org/?file=a.zip",
		"ftp://example.org/":                        "",
		"javascript:alert(1)":                       "",
		"https://user@example.org/":                 "",
		"https://":                                  "",
		"https:///x":                                "",
		"":                                          "",
		"https://example.org/%zz":                   "",
		"https://e/" + strings.Repeat("a", MaxLink): "",
	} {
		got, ok := Normalise(link)
		if got != want && ok || ok != (want != "") {
			t.Errorf("%.60s: %q, %v; want %q", link, got, ok, want)
		}
		if again, ok2 := Normalise(got); ok && (!ok2 || again != got) {
			t.Errorf("%.60s: %q becomes %q", link, got, again)
		}
	}
}

// FuzzRead holds what is promised of every page: bounded text on one line,
// without anything that changes what stands around it.
func FuzzRead(f *testing.F) {
	f.Add([]byte(`<meta property="og:title" content="&lt;b&gt;x"><meta name=description content="y">`), "text/html; charset=utf-16")
	f.Add([]byte("<title>a\u202eb</title><meta property=og:image content=//x/y>"), "")
	f.Fuzz(func(t *testing.T, b []byte, kind string) {
		p := Read(strings.NewReader(string(b)), kind, base)
		for s, most := range map[string]int{p.Title: MaxTitle, p.Description: MaxDescription, p.Site: MaxSite} {
			if !utf8.ValidString(s) || utf8.RuneCountInString(s) > most || strings.TrimSpace(s) != s {
				t.Fatalf("%q", s)
			}
			for _, r := range s {
				if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
					t.Fatalf("%q holds %U", s, r)
				}
			}
		}
		if p.Title == "" && p != (Page{}) {
			t.Fatalf("without a title: %+v", p)
		}
		if p.Image != nil && p.Image.Scheme != "http" && p.Image.Scheme != "https" {
			t.Fatalf("an image at %v", p.Image)
		}
	})
}

func FuzzNormalise(f *testing.F) {
	f.Add("HTTPS://Bücher.example:443/a b#c")
	f.Fuzz(func(t *testing.T, s string) {
		one, ok := Normalise(s)
		if !ok {
			return
		}
		if two, ok := Normalise(one); !ok || two != one || len(one) > MaxLink {
			t.Fatalf("%q becomes %q, that %q", s, one, two)
		}
	})
}
