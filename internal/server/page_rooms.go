package server

import (
	"net/http"
	"net/url"
	"slices"

	"campfire"
	"campfire/internal/chat"
	"campfire/internal/web"
)

// everyone lists active people and bots by name, as many as one page shows.
func (s *Server) everyone(c *call) (people []*campfire.User, err error) {
	q := chat.UserQuery{}
	for more := true; more && len(people) < web.MaxListed; {
		var page []*campfire.User
		if page, more, err = s.chat.Users(c.r.Context(), c.actor, q); err != nil {
			return nil, err
		}
		people = append(people, page...)
		if more {
			q.After = page[len(page)-1].ID
		}
	}
	return people, nil
}

func (s *Server) newRoomPage(c *call) error { return s.showNewRoom(c, http.StatusOK, web.Form{}) }

func (s *Server) showNewRoom(c *call, status int, form web.Form) error {
	p, err := c.frame()
	if err != nil {
		return err
	}
	p.Form = form
	v := web.NewRoomView{Page: p}
	if v.People, err = s.everyone(c); err != nil {
		return err
	}
	account, err := s.chat.Account(c.r.Context())
	if err != nil {
		return err
	}
	v.MayAdd = !account.RestrictRoomCreation || c.actor.IsAdministrator()
	return c.render(status, s.web.NewRoom(v))
}

// ids reads those values of a field that are ids of people.
func ids(f url.Values, field string) (list []campfire.UserID) {
	for _, s := range f[field] {
		if id, ok := campfire.ParseID[campfire.UserID](s); ok {
			list = append(list, id)
		}
	}
	return list
}

func (s *Server) newRoomForm(c *call) error {
	f, err := c.form()
	if err != nil {
		return err
	}
	d := chat.RoomDraft{Kind: campfire.Open, Name: f.Get("name")}
	if f.Get("kind") == "closed" {
		d.Kind, d.People = campfire.Closed, ids(f, "user_ids")
	}
	view, _, err := s.chat.CreateRoom(c.r.Context(), c.actor, d)
	if err != nil {
		if form, status, ok := c.refused("room", f, err); ok {
			return s.showNewRoom(c, status, form)
		}
		return err
	}
	return c.redirect(roomPath(view.ID))
}

func (s *Server) newDirectPage(c *call) error { return s.showNewDirect(c, http.StatusOK, web.Form{}) }

func (s *Server) showNewDirect(c *call, status int, form web.Form) error {
	p, err := c.frame()
	if err != nil {
		return err
	}
	p.Form = form
	v := web.NewPingView{Page: p}
	if v.People, err = s.everyone(c); err != nil {
		return err
	}
	return c.render(status, s.web.NewPing(v))
}

func (s *Server) newDirectForm(c *call) error {
	f, err := c.form()
	if err != nil {
		return err
	}
	view, _, err := s.chat.CreateRoom(c.r.Context(), c.actor, chat.RoomDraft{Kind: campfire.Direct, People: ids(f, "user_ids")})
	if err != nil {
		if form, status, ok := c.refused("ping", f, err); ok {
			return s.showNewDirect(c, status, form)
		}
		return err
	}
	return c.redirect(roomPath(view.ID))
}

func (s *Server) browsePage(c *call) error {
	p, err := c.frame()
	if err != nil {
		return err
	}
	v := web.BrowseView{Page: p}
	if v.Open, err = s.openRooms(c); err != nil {
		return err
	}
	return c.render(http.StatusOK, s.web.Browse(v))
}

func (s *Server) editRoomPage(c *call) error {
	room, err := pathID[campfire.RoomID](c, "room")
	if err != nil {
		return err
	}
	return s.showEditRoom(c, http.StatusOK, room, web.Form{})
}

func (s *Server) showEditRoom(c *call, status int, room campfire.RoomID, form web.Form) error {
	return s.showRoomSettings(c, status, room, web.EditRoomView{Page: web.Page{Form: form}})
}

// showRoomSettings renders a room's settings around what v says already.
func (s *Server) showRoomSettings(c *call, status int, room campfire.RoomID, v web.EditRoomView) (err error) {
	form := v.Form
	if v.Page, err = c.frame(); err != nil {
		return err
	}
	v.Room, v.Form = room, form
	if v.View, err = s.chat.Room(c.r.Context(), c.actor, room); err != nil {
		return err
	}
	members, err := s.chat.RoomMembers(c.r.Context(), c.actor, room)
	if err != nil {
		return err
	}
	in := make(map[campfire.UserID]bool)
	for _, m := range members {
		in[m.User.ID] = true
		v.Members = append(v.Members, web.Member{User: m.User, Involvement: m.Involvement})
	}
	v.MayEdit = v.View.Kind != campfire.Direct && (c.actor.IsAdministrator() || v.View.Creator == c.actor.ID)
	if err := s.hooksOf(c, &v); err != nil {
		return err
	}
	if v.MayEdit {
		all, err := s.everyone(c)
		if err != nil {
			return err
		}
		for _, u := range all {
			if !in[u.ID] {
				v.Others = append(v.Others, u)
			}
		}
	}
	return c.render(status, s.web.EditRoom(v))
}

// onRoomForm serves a form about one room and leads to next. What is refused
// is said on the page of the room's settings, at the form of that name.
func (s *Server) onRoomForm(c *call, name, did string, do func(id campfire.RoomID, f url.Values) (next string, err error)) error {
	room, err := pathID[campfire.RoomID](c, "room")
	if err != nil {
		return err
	}
	f, err := c.form()
	if err != nil {
		return err
	}
	next, err := do(room, f)
	if err != nil {
		if form, status, ok := c.refused(name, f, err); ok && name != "" {
			return s.showEditRoom(c, status, room, form)
		}
		return err
	}
	if did == "" {
		return c.redirect(next)
	}
	return c.redirectDone(next, did)
}

func (s *Server) editRoomForm(c *call) error {
	return s.onRoomForm(c, "room", "save", func(id campfire.RoomID, f url.Values) (string, error) {
		p := chat.RoomPatch{Name: new(f.Get("name"))}
		kind, ok := campfire.ParseRoomKind(f.Get("kind"))
		if ok {
			p.Kind = &kind
		}
		if kind == campfire.Closed {
			// Who was not on the page is neither let in nor taken out.
			was, now := ids(f, "was"), ids(f, "user_ids")
			p.Add = slices.DeleteFunc(slices.Clone(now), func(u campfire.UserID) bool { return slices.Contains(was, u) })
			p.Remove = slices.DeleteFunc(was, func(u campfire.UserID) bool { return slices.Contains(now, u) })
		}
		_, err := s.chat.UpdateRoom(c.r.Context(), c.actor, id, p)
		return roomPath(id) + "/edit", err
	})
}

func (s *Server) deleteRoomForm(c *call) error {
	return s.onRoomForm(c, "", "delete", func(id campfire.RoomID, _ url.Values) (string, error) {
		return "/", s.chat.DeleteRoom(c.r.Context(), c.actor, id)
	})
}

func (s *Server) joinRoomForm(c *call) error {
	return s.onRoomForm(c, "", "", func(id campfire.RoomID, _ url.Values) (string, error) {
		_, err := s.chat.JoinRoom(c.r.Context(), c.actor, id)
		return roomPath(id), err
	})
}

func (s *Server) leaveRoomForm(c *call) error {
	return s.onRoomForm(c, "", "leave", func(id campfire.RoomID, _ url.Values) (string, error) {
		return "/", s.chat.RemoveMember(c.r.Context(), c.actor, id, c.actor.ID)
	})
}

func (s *Server) involvementForm(c *call) error {
	return s.onRoomForm(c, "", "", func(id campfire.RoomID, f url.Values) (string, error) {
		inv, ok := campfire.ParseInvolvement(f.Get("involvement"))
		if !ok {
			return "", campfire.Invalid("involvement", "must be invisible, nothing, mentions or everything")
		}
		_, err := s.chat.SetInvolvement(c.r.Context(), c.actor, id, inv)
		return roomPath(id), err
	})
}

func (s *Server) membersForm(c *call) error {
	return s.onRoomForm(c, "members", "member", func(id campfire.RoomID, f url.Values) (string, error) {
		next := roomPath(id) + "/edit"
		if user, ok := campfire.ParseID[campfire.UserID](f.Get("add")); ok {
			return next, s.chat.AddMember(c.r.Context(), c.actor, id, user)
		}
		user, ok := campfire.ParseID[campfire.UserID](f.Get("remove"))
		if !ok {
			return "", campfire.NotFound("user")
		}
		return next, s.chat.RemoveMember(c.r.Context(), c.actor, id, user)
	})
}
