package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"campfire"
	"campfire/internal/outbound"
	"campfire/internal/store"
	"campfire/internal/unfurl"
)

// PreviewStore is what previews ask of the application.
type PreviewStore interface {
	// WantedPreviews returns those of links that a message still holds, and is
	// to show what they lead to.
	WantedPreviews(ctx context.Context, room campfire.RoomID, m campfire.MessageID, links []string) ([]string, error)
	// KnownPreview returns what a normalised link is known to lead to, without
	// a title when that is nothing; CodeNotFound when it is not known.
	KnownPreview(ctx context.Context, link string) (campfire.Preview, error)
	// KeepPreview remembers it, with its picture, and returns it with that's id.
	KeepPreview(ctx context.Context, link string, p campfire.Preview, image *store.PreviewImage) (campfire.Preview, error)
	// ShowPreviews adds previews to a message.
	ShowPreviews(ctx context.Context, room campfire.RoomID, m campfire.MessageID, previews []campfire.Preview) error
}

// Previews finds out what messages' links lead to.
type Previews struct {
	store   PreviewStore
	fetcher *unfurl.Fetcher
	log     *slog.Logger
}

// NewPreviews returns what does jobs of previews, and serves chat.Unfurler.
func NewPreviews(s PreviewStore, f *unfurl.Fetcher, log *slog.Logger) *Previews {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Previews{s, f, log}
}

// Handler is how jobs of previews are done: of one host one at a time, so that
// a link that many post is fetched once. timeout bounds one page or picture;
// those of a message are fetched at once.
func (p *Previews) Handler(workers int, timeout time.Duration) Handler {
	return Handler{Workers: workers, PerLane: 1, Tries: 3, Timeout: 2*timeout + 10*time.Second, Quiet: true, Do: p.do}
}

func (p *Previews) do(ctx context.Context, j *store.Job) Outcome {
	var links []string
	if err := json.Unmarshal([]byte(j.Payload), &links); err != nil {
		return GiveUp(err)
	}
	links, err := p.store.WantedPreviews(ctx, j.Room, j.Message, links)
	if err != nil {
		return Retry(err)
	}
	if len(links) == 0 {
		return Skip("The message shows no previews of these links any more.")
	}
	shown, failed := p.each(ctx, j, links)
	if failed != nil {
		return Retry(failed)
	}
	if shown == 0 {
		return Done("There is nothing to show.")
	}
	return Done(fmt.Sprintf("%d of %d", shown, len(links)))
}

// each asks for all links at once and shows what they lead to as it comes: a
// page that keeps one waiting holds no other up. It returns how many it showed,
// once all are known; an error is the application's.
func (p *Previews) each(ctx context.Context, j *store.Job, links []string) (shown int, failed error) {
	type answer struct {
		preview campfire.Preview
		err     error
	}
	answers := make(chan answer, len(links))
	for _, link := range links {
		go func() {
			found, err := p.preview(ctx, link)
			found.URL = link
			answers <- answer{found, err}
		}()
	}
	for left := len(links); left > 0; {
		var come []campfire.Preview
		// Those that came together are shown together.
		for more := true; more && left > 0; more = len(answers) > 0 {
			a := <-answers
			left--
			if a.err != nil {
				failed = a.err
			} else if a.preview.Title != "" {
				come = append(come, a.preview)
			}
		}
		if len(come) == 0 {
			continue
		}
		if err := p.store.ShowPreviews(ctx, j.Room, j.Message, come); err != nil {
			failed = err
			continue
		}
		shown += len(come)
	}
	return shown, failed
}

// preview returns what a link leads to, without a title when that is nothing.
// Its errors are the application's: whatever is wrong with a page is kept as
// nothing.
func (p *Previews) preview(ctx context.Context, link string) (campfire.Preview, error) {
	link, ok := unfurl.Normalise(link)
	if !ok {
		return campfire.Preview{}, nil
	}
	known, err := p.store.KnownPreview(ctx, link)
	if campfire.CodeOf(err) != campfire.CodeNotFound || err == nil {
		return known, err
	}
	page, err := p.fetcher.Fetch(ctx, link)
	if ctx.Err() != nil {
		return campfire.Preview{}, ctx.Err() // our own end says nothing about the page
	}
	var preview campfire.Preview
	var image *store.PreviewImage
	if err != nil {
		p.log.Debug("a link has no preview", "reason", outbound.Reason(err), "err", err)
	} else {
		preview = campfire.Preview{Title: page.Title, Description: page.Description, Site: page.Site}
		if i := page.Image; i != nil {
			image = &store.PreviewImage{ContentType: i.Type, Data: i.Data}
			preview.Width, preview.Height = i.Width, i.Height
		}
	}
	return p.store.KeepPreview(ctx, link, preview, image)
}

// Looks reports whether a link is one that is looked at.
func (p *Previews) Looks(link string) bool {
	_, ok := unfurl.Normalise(strings.TrimSpace(link))
	return ok
}

// Unfurl returns what a link leads to; CodeNotFound when there is nothing to
// show, whatever the reason.
func (p *Previews) Unfurl(ctx context.Context, link string) (*campfire.Preview, error) {
	link = strings.TrimSpace(link)
	found, err := p.preview(ctx, link)
	if err != nil {
		return nil, err
	}
	if found.Title == "" {
		return nil, campfire.NotFound("preview")
	}
	found.URL = link
	return &found, nil
}
