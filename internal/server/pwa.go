package server

import (
	"context"

	"campfire/internal/piece"
	"campfire/internal/web"
	"campfire/internal/web/text"
)

// What a browser asks for to make an application of the page. It is asked for
// without a session, and again whenever it may have changed.

var (
	contentManifest = []string{"application/manifest+json"}
	contentScript   = []string{"text/javascript; charset=utf-8"}
	noCache         = []string{"no-cache"}
)

// shell is what a browser keeps for when there is no network. Browsers ask for
// the worker after every page, so all shells stand from the start.
type shell struct {
	worker *piece.Piece // the service worker's script
	page   *piece.Piece // the page that it keeps
}

// shellKey is what a shell depends on.
type shellKey struct {
	language int // of text.Catalogue
	theme    string
}

func makeShells(w *web.Web) (map[shellKey]shell, error) {
	out := make(map[shellKey]shell)
	for _, c := range text.All() {
		ctx := text.Into(context.Background(), c)
		for _, theme := range web.Themes() {
			page, err := w.OfflinePage(ctx, theme)
			if err != nil {
				return nil, err
			}
			worker, err := w.Worker(page)
			if err != nil {
				return nil, err
			}
			out[shellKey{c.Number, theme}] = shell{worker: piece.New(worker), page: piece.New(page)}
		}
	}
	return out, nil
}

func (c *call) shell() shell { return c.s.shells[shellKey{c.texts().Number, theme(c.r)}] }

func (s *Server) getManifest(c *call) error {
	b, err := s.web.Manifest(text.Into(c.r.Context(), c.texts()), s.look(c.r))
	if err != nil {
		return err
	}
	return c.unchanging(contentManifest, piece.New(b))
}

func (s *Server) getWorker(c *call) error  { return c.unchanging(contentScript, c.shell().worker) }
func (s *Server) getOffline(c *call) error { return c.unchanging(contentHTML, c.shell().page) }

// unchanging answers with what is the same for a while.
func (c *call) unchanging(kind []string, p *piece.Piece) error {
	c.w.Header()["Cache-Control"] = noCache
	return c.whole(kind, piece.Whole{p})
}
