package server

import "campfire/internal/piece"

// What a browser asks for to make an application of the page. It is asked for
// without a session, and again whenever it may have changed.

var (
	contentManifest = []string{"application/manifest+json"}
	contentScript   = []string{"text/javascript; charset=utf-8"}
	noCache         = []string{"no-cache"}
)

func (s *Server) getManifest(c *call) error {
	b, err := s.web.Manifest(c.texts(), s.look(c.r).Site)
	if err != nil {
		return err
	}
	return c.unchanging(contentManifest, piece.New(b))
}

func (s *Server) getWorker(c *call) error { return c.unchanging(contentScript, s.worker) }

func (s *Server) getOffline(c *call) error {
	page, err := s.web.OfflinePage(c.texts())
	if err != nil {
		return err
	}
	return c.unchanging(contentHTML, piece.New(page))
}

// unchanging answers with what is the same for everyone, for a while.
func (c *call) unchanging(kind []string, p *piece.Piece) error {
	c.w.Header()["Cache-Control"] = noCache
	return c.whole(kind, piece.Whole{p})
}
