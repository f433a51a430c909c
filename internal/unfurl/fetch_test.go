package unfurl

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"campfire/internal/outbound"
)

// fetcher reaches 127.0.0.1 alone, and makes pictures by decoding them.
func fetcher(t *testing.T, change func(*Options)) *Fetcher {
	allow, err := outbound.ParseNetwork("127.0.0.1:*")
	if err != nil {
		t.Fatal(err)
	}
	client := outbound.New(outbound.Public(allow), outbound.Options{})
	t.Cleanup(client.Close)
	o := Options{Timeout: 20 * time.Second, MaxBytes: 1 << 20, MaxImageBytes: 1 << 20, Redirects: 3,
		Shrink: func(_ context.Context, b []byte) (*Image, error) {
			c, err := png.DecodeConfig(bytes.NewReader(b))
			return &Image{"image/png", c.Width, c.Height, b}, err
		}}
	if change != nil {
		change(&o)
	}
	return NewFetcher(client, o)
}

func picture(t *testing.T) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 30, 20))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestFetch(t *testing.T) {
	small := picture(t)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		html := func(s string) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = io.WriteString(w, s)
		}
		filler := func(n int) {
			for range n / 1024 {
				if _, err := io.WriteString(w, strings.Repeat(" ", 1024)); err != nil {
					return
				}
			}
		}
		switch r.URL.Path {
		case "/page":
			html(`<title>T</title><meta property="og:image" content="/small.png">`)
		case "/here":
			html(`<title>T</title><meta property="og:image" content="/moved.png">`)
		case "/broken-picture":
			html(`<title>T</title><meta property="og:image" content="/broken.png">`)
		case "/large-picture":
			html(`<title>T</title><meta property="og:image" content="/large.png">`)
		case "/html-picture":
			html(`<title>T</title><meta property="og:image" content="/page">`)
		case "/svg-picture":
			html(`<title>T</title><meta property="og:image" content="/x.svg">`)
		case "/small.png":
			w.Header().Set("Content-Type", "image/png")
			_, _ = w.Write(small)
		case "/moved.png":
			http.Redirect(w, r, "/small.png", http.StatusMovedPermanently)
		case "/broken.png":
			w.Header().Set("Content-Type", "image/png")
			_, _ = w.Write(small[:20])
		case "/large.png":
			w.Header().Set("Content-Type", "image/png")
			filler(1<<20 + 1024)
		case "/x.svg":
			w.Header().Set("Content-Type", "image/svg+xml")
			_, _ = io.WriteString(w, "<svg/>")
		case "/endless":
			html("<title>T</title>")
			filler(1 << 30)
		case "/endless-title":
			html("<title>T")
			filler(1 << 30)
		case "/late-title":
			html("<!--")
			filler(1 << 20)
			html("--><title>T</title>")
		case "/json":
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `"<title>T</title>"`)
		case "/missing":
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(404)
			_, _ = io.WriteString(w, "<title>Not found</title>")
		case "/untitled":
			html("<p>hello")
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case "/far":
			http.Redirect(w, r, "/page", http.StatusFound)
		}
	}))
	t.Cleanup(srv.Close)
	for path, want := range map[string]struct {
		err     error
		picture bool
	}{
		"/page": {nil, true}, "/far": {nil, true}, "/here": {nil, true},
		"/broken-picture": {}, "/large-picture": {}, "/html-picture": {}, "/svg-picture": {},
		"/endless": {}, "/endless-title": {},
		"/late-title": {err: ErrNothing}, "/missing": {err: ErrNothing}, "/untitled": {err: ErrNothing},
		"/json": {err: outbound.ErrContentType}, "/loop": {err: outbound.ErrRedirects},
	} {
		found, err := fetcher(t, nil).Fetch(t.Context(), srv.URL+path)
		if !errors.Is(err, want.err) || err != nil && want.err == nil {
			t.Errorf("%s: %v, want %v", path, err, want.err)
			continue
		}
		if err == nil && (found.Title != "T" || found.Site != "127.0.0.1" || (found.Image != nil) != want.picture) {
			t.Errorf("%s: %+v", path, found)
		}
	}
	if found, err := fetcher(t, func(o *Options) { o.Shrink = nil }).Fetch(t.Context(), srv.URL+"/page"); err != nil || found.Image != nil {
		t.Errorf("without pictures: %+v, %v", found, err)
	}
	own := func(o *Options) {
		o.Own = func(u *url.URL) bool { return strings.HasPrefix(srv.URL, "http://"+u.Host) }
	}
	if _, err := fetcher(t, own).Fetch(t.Context(), srv.URL+"/page"); !errors.Is(err, ErrNothing) {
		t.Errorf("a page of our own: %v", err)
	}
	huge := func(o *Options) {
		o.Shrink = func(context.Context, []byte) (*Image, error) {
			return &Image{"image/png", 1, 1, make([]byte, MaxImage+1)}, nil
		}
	}
	if found, err := fetcher(t, huge).Fetch(t.Context(), srv.URL+"/page"); err != nil || found.Image != nil {
		t.Errorf("a picture beyond the bound: %+v, %v", found, err)
	}
}

// What is refused and what is not answered takes as long as what never is,
// whatever the reason: the page itself, where it leads, its picture.
func TestTheClockTellsNothing(t *testing.T) {
	const timeout = 100 * time.Millisecond
	silent, err := net.Listen("tcp", "127.0.0.1:0") // takes connections, says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = silent.Close() }()
	closed := httptest.NewServer(nil)
	closed.Close()
	var inside string
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/hop" {
			http.Redirect(w, r, inside, http.StatusFound)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<title>T</title><meta property="og:image" content=%q>`, inside)
	}))
	defer site.Close()
	f := fetcher(t, func(o *Options) { o.Timeout = timeout })
	for link, reason := range map[string]string{
		"http://127.0.0.2/": "refused", "http://10.0.0.1:22/": "refused", "http://0x7f.1/": "refused",
		"http://no-such-name.invalid/": "unreachable", closed.URL + "/": "unreachable", "http://" + silent.Addr().String() + "/": "timeout",
	} {
		inside = link
		for _, first := range []string{link, site.URL + "/hop", site.URL + "/picture"} {
			began := time.Now()
			found, err := f.Fetch(t.Context(), first)
			took := time.Since(began)
			// A name server that does not answer in time makes a timeout, too.
			if got := outbound.Reason(err); got != reason && got != "timeout" && found == nil || found != nil && found.Image != nil {
				t.Errorf("%s, first %s: %v, %v", link, first, found, err)
			}
			if took < timeout {
				t.Errorf("%s, first %s: failed after %v, before the %v that each may take", link, first, took, timeout)
			}
		}
	}

	// Whoever gives up does not wait.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	patient := fetcher(t, func(o *Options) { o.Timeout = time.Hour })
	if _, err := patient.Fetch(ctx, "http://127.0.0.2/"); err == nil {
		t.Error("no error")
	}
}
