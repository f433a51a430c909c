package server

import (
	"net/http"
	"net/url"

	"campfire"
	"campfire/internal/web"
)

// hooksOf adds a room's incoming webhooks to the view of its settings, for
// those who may change them. Their bots have no place among the members there.
func (s *Server) hooksOf(c *call, v *web.EditRoomView) (err error) {
	if !v.MayEdit {
		return nil
	}
	if v.Hooks.List, err = s.chat.Hooks(c.r.Context(), c.actor, v.View.ID); err != nil {
		return err
	}
	bots := make(map[campfire.UserID]bool, len(v.Hooks.List))
	for _, h := range v.Hooks.List {
		bots[h.User] = true
	}
	people := v.Members[:0:0]
	for _, m := range v.Members {
		if !bots[m.User.ID] {
			people = append(people, m)
		}
	}
	v.Members = people
	return nil
}

func (s *Server) hookForm(c *call) error {
	room, err := pathID[campfire.RoomID](c, "room")
	if err != nil {
		return err
	}
	f, err := c.form()
	if err != nil {
		return err
	}
	h, secret, err := s.chat.CreateHook(c.r.Context(), c.actor, room, f.Get("name"))
	if err != nil {
		if form, status, ok := c.refused("hook", f, err); ok {
			return s.showEditRoom(c, status, room, form)
		}
		return err
	}
	c.w.Header().Set("Cache-Control", "no-store")
	return s.showRoomSettings(c, http.StatusOK, room, web.EditRoomView{
		Hooks: web.HooksView{Made: h, URL: s.address(c.r, hooksPath+secret.Reveal())},
	})
}

func (s *Server) endHookForm(c *call) error {
	return s.onRoomForm(c, "", "hook", func(room campfire.RoomID, _ url.Values) (string, error) {
		id, err := pathID[campfire.HookID](c, "hook")
		if err != nil {
			return "", err
		}
		return roomPath(room) + "/edit#hooks", s.chat.DeleteHook(c.r.Context(), c.actor, room, id)
	})
}
