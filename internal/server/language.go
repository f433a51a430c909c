package server

import (
	"net/http"

	"campfire/internal/web/text"
)

// languageCookie holds the language that was chosen, by its tag.
const languageCookie = "campfire_lang"

// language returns the catalogue of a request: that of the language chosen,
// else of what the browser asks for.
func language(r *http.Request) *text.Catalogue {
	chosen := ""
	if cookie, err := r.Cookie(languageCookie); err == nil {
		chosen = cookie.Value
	}
	return text.Match(chosen, r.Header.Get("Accept-Language"))
}

// texts returns the catalogue of the answer.
func (c *call) texts() *text.Catalogue {
	if c.spoken == nil {
		c.spoken = language(c.r)
	}
	return c.spoken
}
