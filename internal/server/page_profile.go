package server

import (
	"net/http"
	"net/url"
	"strconv"

	"campfire"
	"campfire/internal/chat"
	"campfire/internal/web"
)

func (s *Server) profilePage(c *call) error {
	return s.showProfile(c, http.StatusOK, web.ProfileView{})
}

// showProfile renders one's own settings around what v says already.
func (s *Server) showProfile(c *call, status int, v web.ProfileView) (err error) {
	form := v.Form
	if v.Page, err = c.frame(); err != nil {
		return err
	}
	v.Form, v.Current, v.Language = form, c.actor.Credential, c.languageView()
	v.Language.Here = "/profile"
	if v.Sessions, err = s.chat.Sessions(c.r.Context(), c.actor); err != nil {
		return err
	}
	if v.HasPicture, err = s.chat.HasAvatar(c.r.Context(), c.actor.ID); err != nil {
		return err
	}
	for _, x := range v.Sessions {
		v.ByLink = v.ByLink || x.ID == v.Current && x.Name != ""
	}
	if v.Tokens, err = s.chat.Tokens(c.r.Context(), c.actor); err != nil {
		return err
	}
	return c.render(status, s.web.Profile(v))
}

// refuseProfile shows one's own settings with a form that was refused, or
// returns the error.
func (s *Server) refuseProfile(c *call, form string, typed url.Values, err error) error {
	f, status, ok := c.refused(form, typed, err)
	if !ok {
		return err
	}
	return s.showProfile(c, status, web.ProfileView{Page: web.Page{Form: f}})
}

func (s *Server) profileForm(c *call) error {
	f, err := c.form()
	if err != nil {
		return err
	}
	_, err = s.chat.UpdateMe(c.r.Context(), c.actor, chat.MePatch{Name: new(f.Get("name")), Email: new(f.Get("email")), Bio: new(f.Get("bio"))})
	if err != nil {
		return s.refuseProfile(c, "profile", f, err)
	}
	return c.redirectDone("/profile", "save")
}

func (s *Server) passwordForm(c *call) error {
	f, err := c.form()
	if err != nil {
		return err
	}
	p := chat.MePatch{Password: new(f.Get("password"))}
	if f.Get("current_password") != "" {
		p.CurrentPassword = new(f.Get("current_password"))
	}
	if _, err := s.chat.UpdateMe(c.r.Context(), c.actor, p); err != nil {
		return s.refuseProfile(c, "password", f, err)
	}
	return c.redirectDone("/profile", "password")
}

// appearanceForm keeps the theme on the device that it was chosen on.
func (s *Server) appearanceForm(c *call) error {
	f, err := c.form()
	if err != nil {
		return err
	}
	theme, ok := web.ParseTheme(f.Get("theme"))
	if !ok {
		return campfire.Invalid("theme", "must be light, dark or empty")
	}
	cookie := &http.Cookie{Name: themeCookie, Value: theme, Path: s.base + "/", MaxAge: 10 * 365 * 24 * 3600,
		HttpOnly: true, Secure: visitOf(c.r).https, SameSite: http.SameSiteLaxMode}
	if theme == "" {
		cookie.MaxAge = -1
	}
	http.SetCookie(c.w, cookie)
	return c.redirectDone("/profile", "save")
}

// involvementsForm changes one's involvement in those rooms where another one
// was chosen than the page showed.
func (s *Server) involvementsForm(c *call) error {
	f, err := c.form()
	if err != nil {
		return err
	}
	b, err := s.chat.Sidebar(c.r.Context(), c.actor)
	if err != nil {
		return err
	}
	for _, r := range b.Rows {
		id := strconv.FormatInt(int64(r.ID), 10)
		inv, ok := campfire.ParseInvolvement(f.Get("room-" + id))
		if !ok || inv == r.Involvement || f.Get("room-"+id) == f.Get("was-"+id) {
			continue
		}
		_, err := s.chat.SetInvolvement(c.r.Context(), c.actor, r.ID, inv)
		if err != nil && campfire.CodeOf(err) != campfire.CodeNotFound { // left or deleted meanwhile
			return err
		}
	}
	return c.redirectDone("/profile#rooms", "save")
}

func (s *Server) profileTransferForm(c *call) error {
	t, err := s.chat.CreateTransfer(c.r.Context(), c.actor, c.actor.ID)
	if err != nil {
		return err
	}
	c.w.Header().Set("Cache-Control", "no-store")
	return s.showProfile(c, http.StatusOK, web.ProfileView{TransferURL: s.address(c.r, "/transfer/"+t.Secret.Reveal())})
}

func (s *Server) sessionForm(c *call) error {
	id, err := pathID[campfire.CredentialID](c, "session")
	if err != nil {
		return err
	}
	if err := s.chat.EndSession(c.r.Context(), c.actor, id); err != nil {
		return err
	}
	return c.redirectDone("/profile#devices", "end")
}

func (s *Server) otherSessionsForm(c *call) error {
	if err := s.chat.EndOtherSessions(c.r.Context(), c.actor); err != nil {
		return err
	}
	return c.redirectDone("/profile#devices", "end")
}

func (s *Server) tokenForm(c *call) error {
	f, err := c.form()
	if err != nil {
		return err
	}
	scopes, _ := campfire.ParseScopes(f["scopes"])
	x, secret, err := s.chat.CreateToken(c.r.Context(), c.actor, f.Get("name"), scopes)
	if err != nil {
		return s.refuseProfile(c, "token", f, err)
	}
	c.w.Header().Set("Cache-Control", "no-store")
	return s.showProfile(c, http.StatusOK, web.ProfileView{Secret: secret.Reveal(), SecretOf: x.Name, API: s.address(c.r, "/api/users/me")})
}

func (s *Server) endTokenForm(c *call) error {
	id, err := pathID[campfire.CredentialID](c, "token")
	if err != nil {
		return err
	}
	if err := s.chat.DeleteToken(c.r.Context(), c.actor, id); err != nil {
		return err
	}
	return c.redirectDone("/profile#tokens", "token")
}
