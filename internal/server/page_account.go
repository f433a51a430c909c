package server

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"campfire"
	"campfire/internal/chat"
	"campfire/internal/web"
)

func (s *Server) accountPage(c *call) error {
	return s.showAccount(c, http.StatusOK, c.query(), web.Form{})
}

// showAccount renders the account's settings and the page of its people that
// a query asks for.
func (s *Server) showAccount(c *call, status int, query url.Values, form web.Form) error {
	p, err := c.frame()
	if err != nil {
		return err
	}
	p.Form, p.Styles = form, "" // whoever hid everything finds back
	v := web.AccountView{Page: p, Name: strings.TrimSpace(query.Get("q"))}
	v.After, _ = campfire.ParseID[campfire.UserID](query.Get("after"))
	if v.Account, err = s.chat.Account(c.r.Context()); err != nil {
		return err
	}
	v.JoinURL = s.address(c.r, "/join/"+v.Account.JoinCode)
	people, err := s.chat.Everyone(c.r.Context(), c.actor, v.Name, v.After)
	if err != nil {
		return err
	}
	v.Administrators, v.Members, v.More, v.Total = people.Administrators, people.Members, people.More, people.Total
	return c.render(status, s.web.Account(v))
}

func (s *Server) accountForm(c *call) error {
	f, err := c.form()
	if err != nil {
		return err
	}
	p := chat.AccountPatch{Name: new(f.Get("name")), RestrictRoomCreation: new(f.Get("restrict_room_creation") == "true"), Previews: new(f.Get("previews") == "true")}
	if f.Has("accent") {
		hue, err := strconv.Atoi(f.Get("accent"))
		if err != nil {
			hue = -1 // out of range
		}
		p.Accent = &hue
	}
	if _, err := s.chat.UpdateAccount(c.r.Context(), c.actor, p); err != nil {
		if form, status, ok := c.refused("account", f, err); ok {
			return s.showAccount(c, status, nil, form)
		}
		return err
	}
	return c.redirectDone("/account", "save")
}

func (s *Server) joinCodeForm(c *call) error {
	if _, err := s.chat.RenewJoinCode(c.r.Context(), c.actor); err != nil {
		return err
	}
	return c.redirectDone("/account#invite", "code")
}

func (s *Server) stylesPage(c *call) error {
	if !c.actor.IsAdministrator() {
		return campfire.Forbidden("Only administrators can do that.")
	}
	return s.showStyles(c, http.StatusOK, web.Form{})
}

func (s *Server) showStyles(c *call, status int, form web.Form) error {
	p, err := c.frame()
	if err != nil {
		return err
	}
	p.Form, p.Styles = form, ""
	v := web.StylesView{Page: p}
	if v.CSS, _, err = s.chat.Styles(c.r.Context()); err != nil {
		return err
	}
	return c.render(status, s.web.Styles(v))
}

func (s *Server) stylesForm(c *call) error {
	f, err := c.form()
	if err != nil {
		return err
	}
	if _, err := s.chat.SetStyles(c.r.Context(), c.actor, f.Get("css")); err != nil {
		if form, status, ok := c.refused("styles", f, err); ok {
			return s.showStyles(c, status, form)
		}
		return err
	}
	return c.redirectDone("/account/styles", "save")
}

// styles serves the installation's own style sheet under the name of its
// version, for ever. It is for anyone: the page to sign in wears it, too. What
// it asks for from elsewhere the policy of every page refuses.
func (s *Server) styles(c *call) error {
	css, version, err := s.chat.Styles(c.r.Context())
	if err != nil {
		return err
	}
	if version == "" || c.r.PathValue("file") != version+".css" {
		return campfire.NotFound("style sheet")
	}
	h := c.w.Header()
	h.Set("Content-Type", "text/css; charset=utf-8")
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	_, _ = c.w.Write([]byte(css)) // who went away hears nothing
	return nil
}
