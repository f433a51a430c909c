package server

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"campfire"
	"campfire/internal/web"
)

// did is the words for what a form did, by the query that its redirect
// carries; anything else was saved.
func (c *call) did() string {
	texts := c.texts()
	switch c.query().Get("did") {
	case "":
		return ""
	case "picture":
		return texts.T("did.picture")
	case "test":
		return texts.T("did.test")
	case "device":
		return texts.T("did.device")
	case "password":
		return texts.T("did.password")
	case "end":
		return texts.T("did.end")
	case "token":
		return texts.T("did.token")
	case "bot":
		return texts.T("did.bot")
	case "replay":
		return texts.T("did.replay")
	case "code":
		return texts.T("did.code")
	case "role":
		return texts.T("did.role")
	case "deactivate":
		return texts.T("did.deactivate")
	case "ban":
		return texts.T("did.ban")
	case "unban":
		return texts.T("did.unban")
	case "hook":
		return texts.T("did.hook")
	case "member":
		return texts.T("did.member")
	case "leave":
		return texts.T("did.leave")
	case "delete":
		return texts.T("did.delete")
	}
	return texts.T("saved")
}

// redirectDone leads from a form to a page that says what it did.
func (c *call) redirectDone(path, did string) error {
	path, fragment, _ := strings.Cut(path, "#")
	mark := "?"
	if strings.Contains(path, "?") {
		mark = "&"
	}
	path += mark + "did=" + did // one of those above
	if fragment != "" {
		path += "#" + fragment
	}
	return c.redirect(path)
}

// onward carries what a form did through another redirect.
func (c *call) onward() string {
	if did := c.query().Get("did"); did != "" {
		return "?did=" + url.QueryEscape(did)
	}
	return ""
}

// refused puts an error into the form that it came of, to be shown on that
// form's page. It reports false for one that shows no form again: of who may
// not use it, of what is not there, or of ours.
func (c *call) refused(name string, typed url.Values, err error) (f web.Form, status int, ok bool) {
	e, ok := told(err)
	if !ok {
		return f, 0, false
	}
	switch e.Code {
	case campfire.CodeInvalid, campfire.CodeConflict, campfire.CodeRateLimited, campfire.CodeOverloaded, campfire.CodeStorageFull, campfire.CodeTooLarge:
	default:
		return f, 0, false
	}
	if e.RetryAfter > 0 {
		c.w.Header().Set("Retry-After", strconv.Itoa(int((e.RetryAfter+time.Second-1)/time.Second)))
	}
	f = web.Form{Name: name, Typed: typed, Fields: c.rules(e)}
	if len(e.Fields) == 0 {
		f.Error = c.texts().Problem(e)
	}
	return f, e.Code.Status(), true
}

// themeCookie holds the theme that was chosen on a device.
const themeCookie = "campfire_theme"

// theme returns the theme of a request.
func theme(r *http.Request) string {
	cookie, err := r.Cookie(themeCookie)
	if err != nil {
		return ""
	}
	theme, _ := web.ParseTheme(cookie.Value)
	return theme
}

// look is how pages look on a device that someone came with.
func (s *Server) look(r *http.Request) web.Look {
	l := web.Unset
	if account, err := s.chat.Account(r.Context()); err == nil {
		l = lookOf(account)
	}
	l.Theme = theme(r)
	return l
}

func lookOf(a *campfire.Account) web.Look {
	return web.Look{Site: a.Name, Accent: a.Accent, Styles: a.Styles, Logo: a.Logo}
}
