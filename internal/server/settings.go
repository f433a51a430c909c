package server

import (
	"net/http"
	"net/url"
	"strconv"

	"campfire"
	"campfire/internal/chat"
	"campfire/internal/web"
)

// everyone lists all active people by name, page by page.
func (s *Server) everyone(c *call, all bool) (people []*campfire.User, err error) {
	q := chat.UserQuery{All: all}
	for more := true; more; {
		var page []*campfire.User
		if page, more, err = s.chat.Users(c.r.Context(), c.actor, q); err != nil {
			return nil, err
		}
		people = append(people, page...)
		if more {
			q.After = page[len(page)-1].ID
		}
		if len(people) >= maxListed {
			break
		}
	}
	return people, nil
}

// maxListed bounds the people of one page; beyond it one searches by name.
const maxListed = 2000

func (s *Server) newRoomPage(c *call) error {
	p, err := c.frame()
	if err != nil {
		return err
	}
	v := web.NewRoomView{Page: p}
	if v.People, err = s.everyone(c, false); err != nil {
		return err
	}
	if v.Open, err = s.openRooms(c); err != nil {
		return err
	}
	account, err := s.chat.Account(c.r.Context())
	if err != nil {
		return err
	}
	v.MayAdd = !account.RestrictRoomCreation || c.actor.IsAdministrator()
	return c.render(http.StatusOK, s.web.NewRoom(v))
}

func people(f url.Values) (ids []campfire.UserID) {
	for _, s := range f["user_ids"] {
		if id, ok := campfire.ParseID[campfire.UserID](s); ok {
			ids = append(ids, id)
		}
	}
	return ids
}

func (s *Server) newRoomForm(c *call) error {
	f, err := c.form()
	if err != nil {
		return err
	}
	d := chat.RoomDraft{Kind: campfire.Open, Name: f.Get("name")}
	if f.Get("kind") == "closed" {
		d.Kind, d.People = campfire.Closed, people(f)
	}
	return s.createRoom(c, d)
}

func (s *Server) newDirectForm(c *call) error {
	f, err := c.form()
	if err != nil {
		return err
	}
	return s.createRoom(c, chat.RoomDraft{Kind: campfire.Direct, People: people(f)})
}

func (s *Server) createRoom(c *call, d chat.RoomDraft) error {
	view, _, err := s.chat.CreateRoom(c.r.Context(), c.actor, d)
	if err != nil {
		return err
	}
	return c.redirect(roomPath(view.ID))
}

func (s *Server) editRoomPage(c *call) error {
	room, err := pathID[campfire.RoomID](c, "room")
	if err != nil {
		return err
	}
	p, err := c.frame()
	if err != nil {
		return err
	}
	p.Room = room
	v := web.EditRoomView{Page: p}
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
	if v.MayEdit {
		all, err := s.everyone(c, false)
		if err != nil {
			return err
		}
		for _, u := range all {
			if !in[u.ID] {
				v.Others = append(v.Others, u)
			}
		}
	}
	return c.render(http.StatusOK, s.web.EditRoom(v))
}

// onRoomForm serves a form about one room and leads to next.
func (s *Server) onRoomForm(c *call, do func(id campfire.RoomID, f url.Values) (next string, err error)) error {
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
		return err
	}
	return c.redirect(next)
}

func (s *Server) editRoomForm(c *call) error {
	return s.onRoomForm(c, func(id campfire.RoomID, f url.Values) (string, error) {
		p := chat.RoomPatch{Name: new(f.Get("name"))}
		if kind, ok := campfire.ParseRoomKind(f.Get("kind")); ok {
			p.Kind = &kind
		}
		_, err := s.chat.UpdateRoom(c.r.Context(), c.actor, id, p)
		return roomPath(id), err
	})
}

func (s *Server) deleteRoomForm(c *call) error {
	return s.onRoomForm(c, func(id campfire.RoomID, _ url.Values) (string, error) {
		return "/", s.chat.DeleteRoom(c.r.Context(), c.actor, id)
	})
}

func (s *Server) joinRoomForm(c *call) error {
	return s.onRoomForm(c, func(id campfire.RoomID, _ url.Values) (string, error) {
		_, err := s.chat.JoinRoom(c.r.Context(), c.actor, id)
		return roomPath(id), err
	})
}

func (s *Server) leaveRoomForm(c *call) error {
	return s.onRoomForm(c, func(id campfire.RoomID, _ url.Values) (string, error) {
		return "/", s.chat.RemoveMember(c.r.Context(), c.actor, id, c.actor.ID)
	})
}

func (s *Server) involvementForm(c *call) error {
	return s.onRoomForm(c, func(id campfire.RoomID, f url.Values) (string, error) {
		inv, ok := campfire.ParseInvolvement(f.Get("involvement"))
		if !ok {
			return "", campfire.Invalid("involvement", "must be invisible, nothing, mentions or everything")
		}
		_, err := s.chat.SetInvolvement(c.r.Context(), c.actor, id, inv)
		return roomPath(id), err
	})
}

func (s *Server) membersForm(c *call) error {
	return s.onRoomForm(c, func(id campfire.RoomID, f url.Values) (string, error) {
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

func (s *Server) accountPage(c *call) error {
	p, err := c.frame()
	if err != nil {
		return err
	}
	v := web.AccountView{Page: p}
	if v.Account, err = s.chat.Account(c.r.Context()); err != nil {
		return err
	}
	if v.JoinURL, err = s.joinURL(c); err != nil {
		return err
	}
	if v.People, err = s.everyone(c, true); err != nil {
		return err
	}
	return c.render(http.StatusOK, s.web.Account(v))
}

func (s *Server) accountForm(c *call) error {
	f, err := c.form()
	if err != nil {
		return err
	}
	p := chat.AccountPatch{Name: new(f.Get("name")), RestrictRoomCreation: new(f.Get("restrict_room_creation") == "true")}
	if hue, err := strconv.Atoi(f.Get("accent")); err == nil {
		p.Accent = &hue
	}
	if _, err := s.chat.UpdateAccount(c.r.Context(), c.actor, p); err != nil {
		return err
	}
	return c.redirect("/account?did=save")
}

func (s *Server) joinCodeForm(c *call) error {
	if _, err := s.chat.RenewJoinCode(c.r.Context(), c.actor); err != nil {
		return err
	}
	return c.redirect("/account")
}

func (s *Server) profilePage(c *call) error { return s.showProfile(c, http.StatusOK, "", "") }

func (s *Server) showProfile(c *call, status int, transferURL, problem string) error {
	p, err := c.frame()
	if err != nil {
		return err
	}
	p.Error = problem
	v := web.ProfileView{Page: p, Current: c.actor.Credential, TransferURL: transferURL, Language: c.languageView()}
	v.Language.Here = "/profile"
	if v.Sessions, err = s.chat.Sessions(c.r.Context(), c.actor); err != nil {
		return err
	}
	return c.render(status, s.web.Profile(v))
}

func (s *Server) profileForm(c *call) error {
	f, err := c.form()
	if err != nil {
		return err
	}
	p := chat.MePatch{Name: new(f.Get("name")), Email: new(f.Get("email")), Bio: new(f.Get("bio"))}
	if f.Get("password") != "" {
		p.Password = new(f.Get("password"))
		if f.Get("current_password") != "" {
			p.CurrentPassword = new(f.Get("current_password"))
		}
	}
	_, err = s.chat.UpdateMe(c.r.Context(), c.actor, p)
	if e, ok := told(err); ok {
		return s.showProfile(c, e.Code.Status(), "", e.Detail)
	}
	if err != nil {
		return err
	}
	return c.redirect("/profile?did=save")
}

func (s *Server) profileTransferForm(c *call) error {
	t, err := s.chat.CreateTransfer(c.r.Context(), c.actor, c.actor.ID)
	if err != nil {
		return err
	}
	c.w.Header().Set("Cache-Control", "no-store")
	return s.showProfile(c, http.StatusOK, s.address(c.r, "/transfer/"+t.Secret.Reveal()), "")
}

func (s *Server) sessionForm(c *call) error {
	id, err := pathID[campfire.CredentialID](c, "session")
	if err != nil {
		return err
	}
	if err := s.chat.EndSession(c.r.Context(), c.actor, id); err != nil {
		return err
	}
	return c.redirect("/profile")
}

func (s *Server) userPage(c *call) error {
	id, err := pathID[campfire.UserID](c, "user")
	if err != nil {
		return err
	}
	return s.showUser(c, id, "")
}

func (s *Server) showUser(c *call, id campfire.UserID, transferURL string) error {
	p, err := c.frame()
	if err != nil {
		return err
	}
	v := web.UserView{Page: p, TransferURL: transferURL}
	if v.User, err = s.chat.User(c.r.Context(), c.actor, id); err != nil {
		return err
	}
	return c.render(http.StatusOK, s.web.User(v))
}

// onUserForm serves a form about one person and leads back to them.
func (s *Server) onUserForm(c *call, do func(id campfire.UserID, f url.Values) error) error {
	id, err := pathID[campfire.UserID](c, "user")
	if err != nil {
		return err
	}
	f, err := c.form()
	if err != nil {
		return err
	}
	if err := do(id, f); err != nil {
		return err
	}
	return c.redirect("/users/" + strconv.FormatInt(int64(id), 10))
}

func (s *Server) roleForm(c *call) error {
	return s.onUserForm(c, func(id campfire.UserID, f url.Values) error {
		role, ok := campfire.ParseRole(f.Get("role"))
		if !ok {
			return campfire.Invalid("role", "must be member or administrator")
		}
		_, err := s.chat.SetRole(c.r.Context(), c.actor, id, role)
		return err
	})
}

func (s *Server) deactivateForm(c *call) error {
	return s.onUserForm(c, func(id campfire.UserID, _ url.Values) error { return s.chat.Deactivate(c.r.Context(), c.actor, id) })
}

func (s *Server) banForm(c *call) error {
	return s.onUserForm(c, func(id campfire.UserID, _ url.Values) error { return s.chat.Ban(c.r.Context(), c.actor, id) })
}

func (s *Server) unbanForm(c *call) error {
	return s.onUserForm(c, func(id campfire.UserID, _ url.Values) error { return s.chat.Unban(c.r.Context(), c.actor, id) })
}

func (s *Server) userTransferForm(c *call) error {
	id, err := pathID[campfire.UserID](c, "user")
	if err != nil {
		return err
	}
	t, err := s.chat.CreateTransfer(c.r.Context(), c.actor, id)
	if err != nil {
		return err
	}
	c.w.Header().Set("Cache-Control", "no-store")
	return s.showUser(c, id, s.address(c.r, "/transfer/"+t.Secret.Reveal()))
}
