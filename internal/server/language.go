package server

import (
	"net/http"

	"campfire/internal/web"
	"campfire/internal/web/text"
)

// languageCookie holds the tag of the language that was chosen in a browser.
// It is the browser's rather than the person's: pages before signing in are in
// it, too, and nothing has to be read to know it.
const languageCookie = "campfire_lang"

var varyLanguage = []string{"Accept-Language, Cookie"}

func chosenLanguage(r *http.Request) string {
	if cookie, err := r.Cookie(languageCookie); err == nil {
		return cookie.Value
	}
	return ""
}

// language returns the catalogue of a request: that of the language chosen,
// else of what the browser asks for.
func language(r *http.Request) *text.Catalogue {
	return text.Match(chosenLanguage(r), r.Header.Get("Accept-Language"))
}

// texts returns the catalogue of the answer.
func (c *call) texts() *text.Catalogue {
	if c.spoken == nil {
		c.spoken = language(c.r)
	}
	return c.spoken
}

// languageView is the choice of a language on the page that is asked for.
func (c *call) languageView() web.LanguageView {
	v := web.LanguageView{Here: c.r.URL.RequestURI()}
	if chosen := text.For(chosenLanguage(c.r)); chosen != nil {
		v.Chosen = chosen.Tag
	}
	return v
}

// languageForm remembers a choice; one that is none is up to the browser again.
func (s *Server) languageForm(c *call) error {
	f, err := c.form()
	if err != nil {
		return err
	}
	cookie := &http.Cookie{Name: languageCookie, Path: s.base + "/", MaxAge: -1,
		HttpOnly: true, Secure: visitOf(c.r).https, SameSite: http.SameSiteLaxMode}
	if chosen := text.For(f.Get("language")); chosen != nil {
		cookie.Value, cookie.MaxAge = chosen.Tag, 365*24*3600
	}
	http.SetCookie(c.w, cookie)
	return c.redirect(localPath(f.Get("next")))
}
