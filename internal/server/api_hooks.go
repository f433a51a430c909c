package server

import (
	"net/http"

	"campfire"
)

type hookJSON struct {
	ID         campfire.HookID `json:"id"`
	Name       string          `json:"name"`
	UserID     campfire.UserID `json:"user_id"`
	CreatorID  campfire.UserID `json:"creator_id"`
	CreatedAt  campfire.Time   `json:"created_at"`
	LastUsedAt *campfire.Time  `json:"last_used_at"`
	URL        string          `json:"url,omitempty"` // when it is made
}

func hookOf(h *campfire.Hook) hookJSON {
	j := hookJSON{ID: h.ID, Name: h.Name, UserID: h.User, CreatorID: h.Creator.ID, CreatedAt: h.CreatedAt}
	if h.LastUsedAt != 0 {
		j.LastUsedAt = &h.LastUsedAt
	}
	return j
}

func (s *Server) getHooks(c *call) error {
	room, err := pathID[campfire.RoomID](c, "room")
	if err != nil {
		return err
	}
	hooks, err := s.chat.Hooks(c.r.Context(), c.actor, room)
	if err != nil {
		return err
	}
	list := make([]hookJSON, len(hooks))
	for i, h := range hooks {
		list[i] = hookOf(h)
	}
	return c.value(http.StatusOK, map[string]any{"hooks": list})
}

func (s *Server) postHook(c *call) error {
	room, err := pathID[campfire.RoomID](c, "room")
	if err != nil {
		return err
	}
	var in struct {
		Name string `json:"name"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	h, secret, err := s.chat.CreateHook(c.r.Context(), c.actor, room, in.Name)
	if err != nil {
		return err
	}
	j := hookOf(h)
	j.URL = s.address(c.r, hooksPath+secret.Reveal())
	c.w.Header().Set("Cache-Control", "no-store")
	return c.value(http.StatusCreated, map[string]any{"hook": j})
}

func (s *Server) deleteHook(c *call) error {
	room, err := pathID[campfire.RoomID](c, "room")
	if err != nil {
		return err
	}
	id, err := pathID[campfire.HookID](c, "hook")
	if err != nil {
		return err
	}
	if err := s.chat.DeleteHook(c.r.Context(), c.actor, room, id); err != nil {
		return err
	}
	return c.done(0)
}
