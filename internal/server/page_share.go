package server

import (
	"errors"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"

	"campfire"
	"campfire/internal/web"
)

// maxShared bounds each part of what is shared, in bytes as an address carries
// it: together they stay below what servers take of one.
const maxShared = 4000

// shareTarget takes what another application hands on where there is no worker
// that would: by a form, of which the text is kept. It asks for no session, so
// that whoever signs in first comes back with it; nothing is stored.
func (s *Server) shareTarget(c *call) error {
	q := url.Values{}
	kind, params, _ := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if kind == "multipart/form-data" {
		body := c.r.Body
		if s.MaxBody > 0 {
			body = http.MaxBytesReader(c.w, body, s.MaxBody)
		}
		parts := multipart.NewReader(body, params["boundary"])
		for {
			part, err := parts.NextPart()
			if err != nil { // its end, or more than is read of it: texts come first
				if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
					q.Set("lost", "1")
				}
				break
			}
			if part.FileName() != "" {
				q.Set("lost", "1")
				continue
			}
			text := make([]byte, maxShared)
			n := 0
			for n < len(text) {
				m, err := part.Read(text[n:])
				if n += m; err != nil {
					break
				}
			}
			addShared(q, part.FormName(), string(text[:n]))
		}
	} else {
		f, err := c.form()
		if err != nil {
			return err
		}
		for _, name := range sharedFields {
			addShared(q, name, f.Get(name))
		}
	}
	return c.redirect("/share?" + q.Encode())
}

var sharedFields = []string{"title", "text", "url"}

// addShared puts a field into an address, if it is one of those and fits.
func addShared(q url.Values, name, value string) {
	for _, field := range sharedFields {
		if name == field && value != "" {
			q.Set(name, carried(value))
		}
	}
}

// carried is as much of a text as an address carries.
func carried(s string) string {
	s = strings.ToValidUTF8(s, "")
	for n := len(url.QueryEscape(s)); n > maxShared; n = len(url.QueryEscape(s)) {
		s = strings.ToValidUTF8(s[:(len(s)-3)*maxShared/n], "") + "…"
	}
	return s
}

// sharePage asks which room something is for.
func (s *Server) sharePage(c *call) error {
	p, err := c.frame()
	if err != nil {
		return err
	}
	q := c.query()
	return c.render(http.StatusOK, s.web.Share(web.ShareView{
		Page: p, Text: shared(q.Get("title"), q.Get("text"), q.Get("url")), Files: q.Has("files"), Lost: q.Has("lost"),
	}))
}

// shared joins the parts of what was shared; many applications say one of them
// in two.
func shared(parts ...string) string {
	var out []string
	for i, p := range parts {
		p = strings.TrimSpace(strings.ToValidUTF8(p, ""))
		again := false
		for j, other := range parts {
			other = strings.TrimSpace(other)
			again = again || i != j && strings.Contains(other, p) && (len(other) > len(p) || j < i)
		}
		if p != "" && !again {
			out = append(out, p)
		}
	}
	return strings.Join(out, "\n")
}

// shareRoom leads to the room that was chosen, with the text as its draft.
func (s *Server) shareRoom(c *call) error {
	q := c.query()
	room, ok := campfire.ParseID[campfire.RoomID](q.Get("room"))
	if !ok {
		return campfire.NotFound("room")
	}
	path := roomPath(room)
	if draft := q.Get("draft"); draft != "" {
		path += "?draft=" + url.QueryEscape(draft)
	}
	return c.redirect(path)
}
