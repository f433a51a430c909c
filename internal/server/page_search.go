package server

import (
	"net/http"

	"campfire"
	"campfire/internal/chat"
	"campfire/internal/markup"
	"campfire/internal/web"
	"campfire/internal/web/text"
)

// roomNames are what the viewer's rooms are called.
func (c *call) roomNames(p web.Page) map[campfire.RoomID]string {
	ctx := text.Into(c.r.Context(), c.texts())
	names := make(map[campfire.RoomID]string, len(p.Rooms))
	for _, r := range p.Rooms {
		names[r.ID] = web.RoomTitle(ctx, r, p.Viewer)
	}
	return names
}

func (s *Server) searchPage(c *call) error {
	p, err := c.frame()
	if err != nil {
		return err
	}
	v := web.SearchView{Page: p, Query: c.query().Get("q")}
	if v.Before, err = queryID[campfire.MessageID](c, "before"); err != nil {
		return err
	}
	status := http.StatusOK
	if v.Query != "" {
		found, err := s.chat.Search(c.r.Context(), c.actor, chat.SearchRequest{Query: v.Query, Before: v.Before})
		if e, ok := told(err); ok {
			v.Error, status = c.texts().Problem(e), e.Code.Status()
		} else if err != nil {
			return err
		}
		if found != nil {
			v.More = found.More
			names := c.roomNames(p)
			for _, h := range found.Hits {
				v.Hits = append(v.Hits, web.Hit{Message: h.Message, Room: names[h.Message.Room], Snippet: h.Snippet})
			}
		}
		if v.Before == 0 {
			if err := s.chat.RecordSearch(c.r.Context(), c.actor, v.Query); err != nil {
				return err
			}
		}
	} else if v.Recent, err = s.chat.Searches(c.r.Context(), c.actor); err != nil {
		return err
	}
	return c.render(status, s.web.Search(v))
}

func (s *Server) clearSearchesForm(c *call) error {
	if err := s.chat.ClearSearches(c.r.Context(), c.actor); err != nil {
		return err
	}
	return c.redirect("/search")
}

// mentionsPage is the inbox. Looking at it marks nothing as read.
func (s *Server) mentionsPage(c *call) error {
	p, err := c.frame()
	if err != nil {
		return err
	}
	v := web.MentionsView{Page: p}
	if v.Before, err = queryID[campfire.MessageID](c, "before"); err != nil {
		return err
	}
	messages, more, err := s.chat.Mentions(c.r.Context(), c.actor, v.Before, 0)
	if err != nil {
		return err
	}
	names := c.roomNames(p)
	for _, m := range messages {
		v.Mentions = append(v.Mentions, web.Mention{Message: m, Room: names[m.Room], Snippet: markup.Snippet(m.Plain, []string{"@" + p.Viewer.Name})})
	}
	v.More = more
	return c.render(http.StatusOK, s.web.Mentions(v))
}
