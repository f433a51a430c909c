package app

import (
	"bytes"
	"cmp"
	"context"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"campfire"
	"campfire/internal/chat"
	"campfire/internal/config"
	"campfire/internal/jobs"
	"campfire/internal/media"
	"campfire/internal/outbound"
	"campfire/internal/store"
	"campfire/internal/unfurl"
)

// unfurler is what the application asks about links; previews joins it to what
// knows the application in turn.
type unfurler struct {
	*jobs.Previews // nil: previews are off
}

func (u *unfurler) Looks(link string) bool { return u.Previews != nil && u.Previews.Looks(link) }

func (u *unfurler) Unfurl(ctx context.Context, link string) (*campfire.Preview, error) {
	if u.Previews == nil {
		return nil, campfire.NotFound("preview")
	}
	return u.Previews.Unfurl(ctx, link)
}

// maxPicture is the most bytes of a picture that is fetched for a preview.
const maxPicture = 5 << 20

// unbounded stands for a limit that is off: nobody waits for a stranger for
// ever, nor keeps all of what they send.
const (
	unboundedTime  = time.Minute
	unboundedBytes = 64 << 20
)

// previews lets the runner find out what links lead to, unless that is off.
// What it returns ends it once the runner has stopped.
func previews(cfg *config.Config, service *chat.Service, workshop *media.Workshop, runner *jobs.Runner, to *unfurler, log *slog.Logger) (stop func()) {
	if cfg.Previews == "off" {
		runner.Handle(store.PreviewJob, jobs.Handler{Quiet: true, Do: func(context.Context, *store.Job) jobs.Outcome {
			return jobs.Skip("Previews are off.")
		}})
		return func() {}
	}
	l := cfg.Limits
	timeout := cmp.Or(l.UnfurlTimeout, unboundedTime)
	client := outbound.New(outbound.Public(cfg.OutboundAllow...), outbound.Options{UserAgent: "Campfire (link preview)"})
	fetcher := unfurl.NewFetcher(client, unfurl.Options{
		Timeout: timeout, MaxBytes: cmp.Or(l.UnfurlBytes, unboundedBytes), MaxImageBytes: maxPicture, Redirects: l.UnfurlRedirects,
		Shrink: func(ctx context.Context, b []byte) (*unfurl.Image, error) { return shrink(ctx, workshop, b) },
		Own:    own(cfg.URL), Logger: log,
	})
	to.Previews = jobs.NewPreviews(service, fetcher, log)
	runner.Handle(store.PreviewJob, to.Handler(l.UnfurlWorkers, timeout))
	return client.Close
}

// previewBoxes are the sizes that a preview's picture is made in, the first in
// which it is small enough to be kept: PNGs of photographs are not.
var previewBoxes = []media.Box{{Width: 480, Height: 320}, {Width: 240, Height: 160}, {Width: 120, Height: 80}}

// shrink makes a picture anew that is small enough to be kept.
func shrink(ctx context.Context, workshop *media.Workshop, b []byte) (*unfurl.Image, error) {
	for _, box := range previewBoxes {
		p, err := workshop.Thumbnail(ctx, bytes.NewReader(b), box)
		if err != nil {
			return nil, err
		}
		if len(p.Data) <= unfurl.MaxImage {
			return &unfurl.Image{Type: p.Type.Name, Width: p.Width, Height: p.Height, Data: p.Data}, nil
		}
	}
	return nil, outbound.ErrTooLarge
}

// own recognises links to this installation: a page of ours says nothing to a
// stranger.
func own(base *url.URL) func(*url.URL) bool {
	if base == nil {
		return nil
	}
	return func(u *url.URL) bool {
		return strings.EqualFold(u.Host, base.Host) && strings.HasPrefix(u.Path+"/", base.Path+"/")
	}
}
