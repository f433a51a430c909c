package server

import (
	"net/http"
	"net/url"
	"strconv"

	"campfire"
	"campfire/internal/web"
)

func (s *Server) userPage(c *call) error {
	id, err := pathID[campfire.UserID](c, "user")
	if err != nil {
		return err
	}
	return s.showUser(c, http.StatusOK, id, "", web.Form{})
}

func (s *Server) showUser(c *call, status int, id campfire.UserID, transferURL string, form web.Form) error {
	p, err := c.frame()
	if err != nil {
		return err
	}
	p.Form = form
	v := web.UserView{Page: p, TransferURL: transferURL}
	if v.User, err = s.chat.User(c.r.Context(), c.actor, id); err != nil {
		return err
	}
	if v.HasPicture, err = s.chat.HasAvatar(c.r.Context(), id); err != nil {
		return err
	}
	if v.Common, err = s.chat.InCommon(c.r.Context(), c.actor, id); err != nil {
		return err
	}
	return c.render(status, s.web.User(v))
}

func userPath(id campfire.UserID) string { return "/users/" + strconv.FormatInt(int64(id), 10) }

// onUserForm serves a form about one person. It leads back to where it stood:
// in the account's list of people, or on the person's own page. Why it was
// refused is said there.
func (s *Server) onUserForm(c *call, did string, do func(id campfire.UserID, f url.Values) error) error {
	id, err := pathID[campfire.UserID](c, "user")
	if err != nil {
		return err
	}
	f, err := c.form()
	if err != nil {
		return err
	}
	next := userPath(id)
	list, err := url.Parse(f.Get("next"))
	inList := err == nil && list.Host == "" && list.Path == "/account"
	if inList {
		next = list.RequestURI() + "#user-" + strconv.FormatInt(int64(id), 10)
	}
	if err := do(id, f); err != nil {
		form, status, ok := c.refused("user-"+strconv.FormatInt(int64(id), 10), f, err)
		if e, _ := told(err); ok {
			form.Error = c.texts().Problem(e) // its fields have no place for a problem
		}
		switch {
		case !ok:
			return err
		case inList:
			return s.showAccount(c, status, list.Query(), form)
		}
		return s.showUser(c, status, id, "", form)
	}
	return c.redirectDone(next, did)
}

func (s *Server) roleForm(c *call) error {
	return s.onUserForm(c, "role", func(id campfire.UserID, f url.Values) error {
		role, ok := campfire.ParseRole(f.Get("role"))
		if !ok {
			return campfire.Invalid("role", "must be member or administrator")
		}
		_, err := s.chat.SetRole(c.r.Context(), c.actor, id, role)
		return err
	})
}

func (s *Server) deactivateForm(c *call) error {
	return s.onUserForm(c, "deactivate", func(id campfire.UserID, _ url.Values) error {
		return s.chat.Deactivate(c.r.Context(), c.actor, id)
	})
}

func (s *Server) banForm(c *call) error {
	return s.onUserForm(c, "ban", func(id campfire.UserID, _ url.Values) error { return s.chat.Ban(c.r.Context(), c.actor, id) })
}

func (s *Server) unbanForm(c *call) error {
	return s.onUserForm(c, "unban", func(id campfire.UserID, _ url.Values) error { return s.chat.Unban(c.r.Context(), c.actor, id) })
}

func (s *Server) userTransferForm(c *call) error {
	id, err := pathID[campfire.UserID](c, "user")
	if err != nil {
		return err
	}
	t, err := s.chat.CreateTransfer(c.r.Context(), c.actor, id)
	if err != nil {
		form, status, ok := c.refused("user-"+strconv.FormatInt(int64(id), 10), nil, err)
		if !ok {
			return err
		}
		return s.showUser(c, status, id, "", form)
	}
	c.w.Header().Set("Cache-Control", "no-store")
	return s.showUser(c, http.StatusOK, id, s.address(c.r, "/transfer/"+t.Secret.Reveal()), web.Form{})
}
