package server

import (
	"net/http"
	"net/url"
	"strconv"

	"campfire"
)

func (s *Server) deletePreviews(c *call) error {
	room, id, err := c.messagePath()
	if err != nil {
		return err
	}
	seq, err := s.chat.RemovePreviews(c.r.Context(), c.actor, room, id)
	if err != nil {
		return err
	}
	return c.done(seq)
}

func (s *Server) previewsForm(c *call) error {
	return s.onMessage(c, func(room campfire.RoomID, id campfire.MessageID, _ url.Values) error {
		_, err := s.chat.RemovePreviews(c.r.Context(), c.actor, room, id)
		return err
	})
}

// postLinks says what links of a text would be looked at; it is asked while the
// text is written, and asks nobody else.
func (s *Server) postLinks(c *call) error {
	var in struct {
		Body *string `json:"body"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	if in.Body == nil {
		return campfire.Invalid("body", "is needed")
	}
	links, err := s.chat.Links(c.actor, *in.Body)
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, func(b []byte) []byte {
		b = append(b, `{"links":[`...)
		for i, l := range links {
			if i > 0 {
				b = append(b, ',')
			}
			b = campfire.AppendJSONString(b, l)
		}
		return append(b, "]}"...)
	})
}

// postUnfurl answers 204 for all that can't be shown, whatever the reason: who
// asks learns nothing about what is inside.
func (s *Server) postUnfurl(c *call) error {
	var in struct {
		URL *string `json:"url"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	if in.URL == nil || *in.URL == "" {
		return campfire.Invalid("url", "is needed")
	}
	p, err := s.chat.Unfurl(c.r.Context(), c.actor, *in.URL)
	if err != nil && campfire.CodeOf(err) == campfire.CodeNotFound {
		return c.done(0)
	}
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, func(b []byte) []byte {
		return append(s.wire.AppendPreview(append(b, `{"preview":`...), *p), '}')
	})
}

// previewImage serves a picture that was made here, to whoever is in a room
// where it is shown.
func (s *Server) previewImage(c *call) error {
	id := campfire.ImageID(c.r.PathValue("image"))
	p, err := s.chat.PreviewImage(c.r.Context(), c.actor, id)
	if err != nil {
		return err
	}
	h := c.w.Header()
	tag := `"` + string(id) + `"` // of its content
	h.Set("ETag", tag)
	if c.r.Header.Get("If-None-Match") == tag {
		c.w.WriteHeader(http.StatusNotModified)
		return nil
	}
	h.Set("Content-Type", p.ContentType)
	h.Set("Content-Length", strconv.Itoa(len(p.Data)))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	_, _ = c.w.Write(p.Data)
	return nil
}
