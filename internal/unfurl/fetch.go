package unfurl

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"campfire/internal/outbound"
)

// MaxImage is the most bytes of a picture that is kept.
const MaxImage = 64 << 10

// Image is a picture that was made here, small enough to be kept.
type Image struct {
	Type          string // image/jpeg or image/png
	Width, Height int
	Data          []byte
}

// Found is what a link leads to.
type Found struct {
	Page
	Image *Image // nil: none
}

// ErrNothing says that a page says nothing of itself.
var ErrNothing = errors.New("the page has no title")

// Options are the bounds of a Fetcher.
type Options struct {
	Timeout       time.Duration // of one page or picture
	MaxBytes      int64         // of a page; beyond it nothing is read
	MaxImageBytes int64         // of a picture as it is fetched
	Redirects     int
	// Shrink makes a picture anew that fits, of at most MaxImage bytes; nil:
	// no pictures are fetched.
	Shrink func(context.Context, []byte) (*Image, error)
	// Own reports whether a link leads to this installation; nil: none does.
	Own    func(*url.URL) bool
	Logger *slog.Logger
}

// Fetcher fetches what links lead to.
type Fetcher struct {
	client *outbound.Client
	o      Options
}

// NewFetcher returns a fetcher that asks through client.
func NewFetcher(client *outbound.Client, o Options) *Fetcher {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Fetcher{client, o}
}

var (
	pageTypes  = []string{"text/html", "application/xhtml+xml"}
	imageTypes = []string{"image/jpeg", "image/png", "image/gif", "image/webp"}
)

// Fetch returns what a normalised link leads to. Its errors are of outbound,
// or ErrNothing; a picture that can't be had is none. How long it takes says
// nothing about an address that may not be reached (outbound.Request.Even).
func (f *Fetcher) Fetch(ctx context.Context, link string) (*Found, error) {
	u, err := url.Parse(link)
	if err != nil || f.o.Own != nil && f.o.Own(u) {
		return nil, ErrNothing
	}
	var page Page
	resp, err := f.client.Stream(ctx, outbound.Request{
		URL: link, Timeout: f.o.Timeout, MaxBytes: f.o.MaxBytes, Redirects: f.o.Redirects, Accept: pageTypes, Even: true,
	}, func(resp *outbound.Response, body io.Reader) error {
		if resp.Status == 200 {
			page = Read(body, resp.Header.Get("Content-Type"), resp.URL)
		}
		return nil
	})
	switch {
	case err != nil:
		return nil, err
	case resp.Status != 200:
		return nil, fmt.Errorf("%w: status %d", ErrNothing, resp.Status)
	case page.Title == "":
		return nil, ErrNothing
	}
	page.Site = cmp.Or(page.Site, strings.TrimPrefix(resp.URL.Hostname(), "www."))
	found := &Found{Page: page}
	if page.Image != nil && f.o.Shrink != nil {
		if found.Image, err = f.image(ctx, page.Image); err != nil {
			f.o.Logger.Debug("a preview has no picture", "reason", outbound.Reason(err), "err", err)
		}
	}
	return found, nil
}

// image fetches a picture and makes a small one of it.
func (f *Fetcher) image(ctx context.Context, u *url.URL) (*Image, error) {
	if f.o.Own != nil && f.o.Own(u) {
		return nil, ErrNothing
	}
	resp, err := f.client.Do(ctx, outbound.Request{
		URL: u.String(), Timeout: f.o.Timeout, MaxBytes: f.o.MaxImageBytes, Redirects: f.o.Redirects, Accept: imageTypes, Even: true,
	})
	if err != nil {
		return nil, err
	}
	if resp.Status != 200 {
		return nil, fmt.Errorf("status %d", resp.Status)
	}
	img, err := f.o.Shrink(ctx, resp.Body)
	if err != nil {
		return nil, err
	}
	if len(img.Data) > MaxImage || img.Width < 1 || img.Height < 1 {
		return nil, fmt.Errorf("%w: %d bytes when made small", outbound.ErrTooLarge, len(img.Data))
	}
	return img, nil
}
