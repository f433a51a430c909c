package server

import (
	"net/http"
	"strings"

	"campfire"
	"campfire/internal/chat"
)

// Over HTTPS the cookie's name binds it to the host and the whole path.
const (
	secureCookie = "__Host-campfire"
	plainCookie  = "campfire"
)

// bearer returns the token of the Authorization header.
func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if strings.EqualFold(scheme, "bearer") {
		return strings.TrimSpace(token)
	}
	return ""
}

func (s *Server) cookieName(r *http.Request) string {
	if visitOf(r).https && s.base == "" {
		return secureCookie
	}
	return plainCookie
}

// authenticate returns who makes a request, by bearer, else by cookie, and may
// make one of its method. What asks for an administrator finds none in a token
// without that scope.
func (s *Server) authenticate(r *http.Request) (campfire.Actor, error) {
	secret := bearer(r)
	if secret == "" {
		cookie, err := r.Cookie(s.cookieName(r))
		if err != nil {
			return campfire.Actor{}, campfire.Unauthenticated()
		}
		secret = cookie.Value
	}
	v := visitOf(r)
	a, err := s.chat.Authenticate(r.Context(), secret, chat.Client{IP: v.ip, UserAgent: r.UserAgent()})
	if err != nil {
		return a, err
	}
	need := campfire.ScopeRead
	if unsafe(r.Method) {
		need = campfire.ScopeWrite
	}
	if !a.Scopes.Has(need) {
		return a, campfire.Forbidden("The token is not for this: it lacks the scope " + need.Names()[0] + ".")
	}
	return a, nil
}

// setSession gives the browser its cookie.
func (s *Server) setSession(w http.ResponseWriter, r *http.Request, in *chat.SignedIn) {
	cookie := &http.Cookie{
		Name: s.cookieName(r), Value: in.Secret.Reveal(), Path: s.base + "/",
		HttpOnly: true, Secure: visitOf(r).https, SameSite: http.SameSiteLaxMode,
	}
	if in.Credential.ExpiresAt != 0 {
		cookie.Expires = in.Credential.ExpiresAt.Time()
	}
	http.SetCookie(w, cookie)
}

func (s *Server) clearSession(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, &http.Cookie{Name: s.cookieName(r), Path: s.base + "/", MaxAge: -1,
		HttpOnly: true, Secure: visitOf(r).https, SameSite: http.SameSiteLaxMode})
}
