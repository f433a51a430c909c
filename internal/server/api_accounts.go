package server

import (
	"net/http"
	"strconv"

	"campfire"
	"campfire/internal/chat"
)

func (s *Server) getSetup(c *call) error {
	needed, err := s.chat.SetupNeeded(c.r.Context())
	if err != nil {
		return err
	}
	return c.value(http.StatusOK, map[string]bool{"needed": needed})
}

func (s *Server) postSetup(c *call) error {
	var in struct {
		Name        string `json:"name"`
		Email       string `json:"email"`
		Password    string `json:"password"`
		AccountName string `json:"account_name"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	signedIn, err := s.chat.Setup(c.r.Context(), chat.SetupInput(in), c.client())
	if err != nil {
		return err
	}
	return c.signedIn(http.StatusCreated, signedIn, false)
}

func (s *Server) postLogin(c *call) error {
	var in struct {
		Email    string `json:"email"`
		Password string `json:"password"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	signedIn, err := s.chat.Login(c.r.Context(), in.Email, in.Password, c.client())
	if err != nil {
		return err
	}
	return c.signedIn(http.StatusOK, signedIn, true)
}

func (s *Server) postJoin(c *call) error {
	var in struct {
		Name     string `json:"name"`
		Email    string `json:"email"`
		Password string `json:"password"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	signedIn, err := s.chat.Join(c.r.Context(), c.r.PathValue("code"), chat.JoinInput(in), c.client())
	if err != nil {
		return err
	}
	return c.signedIn(http.StatusCreated, signedIn, false)
}

// signedIn answers with a new session.
func (c *call) signedIn(status int, in *chat.SignedIn, expires bool) error {
	c.s.setSession(c.w, c.r, in)
	c.w.Header().Set("Cache-Control", "no-store")
	return c.json(status, func(b []byte) []byte {
		b = c.s.wire.AppendUser(append(b, `{"user":`...), in.User, true)
		b = campfire.AppendJSONString(append(b, `,"token":`...), in.Secret.Reveal())
		if expires {
			b = append(b, `,"expires_at":`...)
			if in.Credential.ExpiresAt == 0 {
				b = append(b, "null"...)
			} else {
				b = campfire.AppendJSONString(b, in.Credential.ExpiresAt.String())
			}
		}
		return append(b, '}')
	})
}

func (s *Server) postLogout(c *call) error {
	if err := s.chat.Logout(c.r.Context(), c.actor); err != nil {
		return err
	}
	s.clearSession(c.w, c.r)
	return c.done(0)
}

func (s *Server) getAccount(c *call) error {
	account, err := s.chat.Account(c.r.Context())
	if err != nil {
		return err
	}
	return c.account(account)
}

func (s *Server) patchAccount(c *call) error {
	var in struct {
		Name                 *string `json:"name"`
		RestrictRoomCreation *bool   `json:"restrict_room_creation"`
		Previews             *bool   `json:"previews"`
		Accent               *int    `json:"accent"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	account, err := s.chat.UpdateAccount(c.r.Context(), c.actor, chat.AccountPatch(in))
	if err != nil {
		return err
	}
	return c.account(account)
}

func (c *call) account(a *campfire.Account) error {
	type account struct {
		Name                 string  `json:"name"`
		JoinCode             string  `json:"join_code"`
		RestrictRoomCreation bool    `json:"restrict_room_creation"`
		Previews             bool    `json:"previews"`
		Accent               int     `json:"accent"`
		LogoURL              *string `json:"logo_url"`
	}
	return c.value(http.StatusOK, map[string]account{"account": {a.Name, a.JoinCode, a.RestrictRoomCreation, a.Previews, a.Accent, c.s.logoURL(a)}})
}

func (s *Server) postJoinCode(c *call) error {
	code, err := s.chat.RenewJoinCode(c.r.Context(), c.actor)
	if err != nil {
		return err
	}
	return c.value(http.StatusOK, map[string]string{"join_code": code})
}

func (s *Server) getStyles(c *call) error {
	if !c.actor.IsAdministrator() {
		return campfire.Forbidden("Only administrators can do that.")
	}
	css, _, err := s.chat.Styles(c.r.Context())
	if err != nil {
		return err
	}
	return c.value(http.StatusOK, map[string]string{"css": css})
}

func (s *Server) putStyles(c *call) error {
	var in struct {
		CSS *string `json:"css"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	if in.CSS == nil {
		return campfire.Invalid("css", "is missing")
	}
	css, err := s.chat.SetStyles(c.r.Context(), c.actor, *in.CSS)
	if err != nil {
		return err
	}
	return c.value(http.StatusOK, map[string]string{"css": css})
}

func (s *Server) postMyTransfer(c *call) error { return s.transfer(c, c.actor.ID) }

func (s *Server) postTransfer(c *call) error {
	id, err := pathID[campfire.UserID](c, "user")
	if err != nil {
		return err
	}
	return s.transfer(c, id)
}

func (s *Server) transfer(c *call, user campfire.UserID) error {
	t, err := s.chat.CreateTransfer(c.r.Context(), c.actor, user)
	if err != nil {
		return err
	}
	c.w.Header().Set("Cache-Control", "no-store")
	return c.value(http.StatusCreated, map[string]any{"url": s.address(c.r, "/transfer/"+t.Secret.Reveal()), "expires_at": t.ExpiresAt})
}

// address is the absolute address of a path of ours.
func (s *Server) address(r *http.Request, path string) string {
	if s.URL != nil {
		return s.URL.String() + path
	}
	scheme := "http://"
	if visitOf(r).https {
		scheme = "https://"
	}
	return scheme + r.Host + s.base + path
}

func (s *Server) getSessions(c *call) error {
	list, err := s.chat.Sessions(c.r.Context(), c.actor)
	if err != nil {
		return err
	}
	type session struct {
		ID         campfire.CredentialID `json:"id"`
		UserAgent  string                `json:"user_agent"`
		IP         string                `json:"ip"`
		CreatedAt  campfire.Time         `json:"created_at"`
		LastSeenAt campfire.Time         `json:"last_seen_at"`
		Current    bool                  `json:"current"`
	}
	out := make([]session, len(list))
	for i, x := range list {
		out[i] = session{x.ID, x.UserAgent, x.IP, x.CreatedAt, x.LastSeenAt, x.ID == c.actor.Credential}
	}
	return c.value(http.StatusOK, map[string]any{"sessions": out})
}

func (s *Server) deleteSession(c *call) error {
	id, err := pathID[campfire.CredentialID](c, "session")
	if err != nil {
		return err
	}
	if err := s.chat.EndSession(c.r.Context(), c.actor, id); err != nil {
		return err
	}
	return c.done(0)
}

// usualScopes are those of a token that is made without saying.
const usualScopes = campfire.ScopeRead | campfire.ScopeWrite

type tokenJSON struct {
	ID         campfire.CredentialID `json:"id"`
	Name       string                `json:"name"`
	Scopes     []string              `json:"scopes"`
	CreatedAt  campfire.Time         `json:"created_at"`
	LastUsedAt *campfire.Time        `json:"last_used_at"`
}

func tokenOf(x *campfire.Credential) tokenJSON {
	t := tokenJSON{ID: x.ID, Name: x.Name, Scopes: x.Scopes.Names(), CreatedAt: x.CreatedAt}
	if x.LastSeenAt != 0 {
		t.LastUsedAt = &x.LastSeenAt
	}
	return t
}

func (s *Server) getTokens(c *call) error {
	list, err := s.chat.Tokens(c.r.Context(), c.actor)
	if err != nil {
		return err
	}
	out := make([]tokenJSON, len(list))
	for i, x := range list {
		out[i] = tokenOf(x)
	}
	return c.value(http.StatusOK, map[string]any{"tokens": out})
}

func (s *Server) postToken(c *call) error {
	var in struct {
		Name   string   `json:"name"`
		Scopes []string `json:"scopes"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	scopes := usualScopes
	if in.Scopes != nil {
		var ok bool
		if scopes, ok = campfire.ParseScopes(in.Scopes); !ok {
			return campfire.Invalid("scopes", "may hold read, write and admin")
		}
	}
	x, secret, err := s.chat.CreateToken(c.r.Context(), c.actor, in.Name, scopes)
	if err != nil {
		return err
	}
	c.w.Header().Set("Cache-Control", "no-store")
	return c.value(http.StatusCreated, map[string]any{"token": tokenOf(x), "secret": secret.Reveal()})
}

func (s *Server) deleteToken(c *call) error {
	id, err := pathID[campfire.CredentialID](c, "token")
	if err != nil {
		return err
	}
	if err := s.chat.DeleteToken(c.r.Context(), c.actor, id); err != nil {
		return err
	}
	return c.done(0)
}

func (s *Server) getMe(c *call) error {
	u, err := s.chat.Me(c.r.Context(), c.actor)
	if err != nil {
		return err
	}
	return c.user(u)
}

func (s *Server) patchMe(c *call) error {
	var in struct {
		Name            *string `json:"name"`
		Email           *string `json:"email"`
		Bio             *string `json:"bio"`
		Password        *string `json:"password"`
		CurrentPassword *string `json:"current_password"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	u, err := s.chat.UpdateMe(c.r.Context(), c.actor, chat.MePatch(in))
	if err != nil {
		return err
	}
	return c.user(u)
}

// user answers with a user; the address is for the person and administrators.
func (c *call) user(u *campfire.User) error {
	return c.json(http.StatusOK, func(b []byte) []byte {
		return append(c.appendUser(append(b, `{"user":`...), u), '}')
	})
}

func (c *call) appendUser(b []byte, u *campfire.User) []byte {
	return c.s.wire.AppendUser(b, u, u.ID == c.actor.ID || c.actor.IsAdministrator())
}

func (s *Server) getUsers(c *call) error {
	q := chat.UserQuery{Name: c.query().Get("query"), All: c.query().Get("all") == "true"}
	var err error
	if q.Room, err = queryID[campfire.RoomID](c, "room_id"); err != nil {
		return err
	}
	if q.After, err = queryID[campfire.UserID](c, "cursor"); err != nil {
		return err
	}
	if q.Limit, err = queryInt(c, "limit"); err != nil {
		return err
	}
	users, more, err := s.chat.Users(c.r.Context(), c.actor, q)
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, func(b []byte) []byte {
		b = appendAll(append(b, `{"users":`...), users, c.appendUser)
		if more {
			b = append(b, `,"next_cursor":"`...)
			b = strconv.AppendInt(b, int64(users[len(users)-1].ID), 10)
			b = append(b, '"')
		}
		return append(b, '}')
	})
}

func (s *Server) getUser(c *call) error {
	id, err := pathID[campfire.UserID](c, "user")
	if err != nil {
		return err
	}
	u, err := s.chat.User(c.r.Context(), c.actor, id)
	if err != nil {
		return err
	}
	return c.user(u)
}

func (s *Server) patchUser(c *call) error {
	id, err := pathID[campfire.UserID](c, "user")
	if err != nil {
		return err
	}
	var in struct {
		Role string `json:"role"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	role, ok := campfire.ParseRole(in.Role)
	if !ok {
		return campfire.Invalid("role", "must be member or administrator")
	}
	u, err := s.chat.SetRole(c.r.Context(), c.actor, id, role)
	if err != nil {
		return err
	}
	return c.user(u)
}

// onUser serves a change of one user that answers 204.
func (s *Server) onUser(c *call, do func(id campfire.UserID) error) error {
	id, err := pathID[campfire.UserID](c, "user")
	if err != nil {
		return err
	}
	if err := do(id); err != nil {
		return err
	}
	return c.done(0)
}

func (s *Server) deleteUser(c *call) error {
	return s.onUser(c, func(id campfire.UserID) error { return s.chat.Deactivate(c.r.Context(), c.actor, id) })
}

func (s *Server) postBan(c *call) error {
	return s.onUser(c, func(id campfire.UserID) error { return s.chat.Ban(c.r.Context(), c.actor, id) })
}

func (s *Server) deleteBan(c *call) error {
	return s.onUser(c, func(id campfire.UserID) error { return s.chat.Unban(c.r.Context(), c.actor, id) })
}
