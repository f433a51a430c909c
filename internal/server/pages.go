package server

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"campfire"
	"campfire/internal/chat"
	"campfire/internal/web"
	"campfire/internal/web/text"

	"github.com/a-h/templ"
)

// page makes a handler of f for the signed-in; anyone else signs in first and
// comes back.
func (s *Server) page(f handlerFunc) http.HandlerFunc {
	return s.public(func(c *call) (err error) {
		c.w.Header()["Cache-Control"] = privateNoCache
		c.actor, err = s.authenticate(c.r)
		if campfire.CodeOf(err) == campfire.CodeUnauthenticated && err != nil {
			next := ""
			if c.r.Method == http.MethodGet && c.r.URL.Path != "/" && c.r.URL.Path != "/sidebar" {
				next = "?next=" + url.QueryEscape(c.r.URL.RequestURI())
			}
			return c.redirect("/login" + next)
		}
		if err != nil {
			return err
		}
		return f(c)
	})
}

// redirect sends the browser to a path of ours.
func (c *call) redirect(path string) error {
	http.Redirect(c.w, c.r, c.s.base+path, http.StatusSeeOther)
	return nil
}

func (c *call) render(status int, page templ.Component) error {
	h := c.w.Header()
	h["Content-Type"], h["Vary"] = contentHTML, varyLanguage
	c.w.WriteHeader(status)
	return page.Render(text.Into(c.r.Context(), c.texts()), c.w)
}

// frame gathers what every page of a signed-in person shows.
func (c *call) frame() (web.Page, error) {
	b, err := c.s.chat.Sidebar(c.r.Context(), c.actor)
	if err != nil {
		return web.Page{}, err
	}
	p := framed(b)
	p.Theme, p.Flash = theme(c.r), c.did()
	return p, nil
}

// told returns an error that a person can do something about.
func told(err error) (*campfire.Error, bool) {
	e, ok := errors.AsType[*campfire.Error](err)
	return e, ok && e.Code != campfire.CodeInternal
}

func (s *Server) errorPage(w http.ResponseWriter, r *http.Request, e *campfire.Error) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(e.Code.Status())
	s.web.Error(web.ErrorView{Look: s.look(r), Status: e.Code.Status(), Detail: language(r).Problem(e)}).Render(text.Into(r.Context(), language(r)), w)
}

// form reads a form's fields within the bound of a body.
func (c *call) form() (url.Values, error) {
	if c.s.MaxBody > 0 {
		c.r.Body = http.MaxBytesReader(c.w, c.r.Body, c.s.MaxBody)
	}
	if err := c.r.ParseForm(); err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return nil, &campfire.Error{Code: campfire.CodeTooLarge, Detail: "That is too long to be sent at once."}
		}
		return nil, &campfire.Error{Code: campfire.CodeMalformed, Detail: "The form did not come whole."}
	}
	return c.r.PostForm, nil
}

// — Outside of a session —

func (s *Server) signInView(c *call) web.FormView {
	v := web.FormView{Look: s.look(c.r), Version: s.Version, Language: c.languageView()}
	v.Help, _ = s.chat.Help(c.r.Context()) // a page without the hint is still one
	return v
}

// wrong puts an error into a form that is shown again.
func (c *call) wrong(v *web.FormView, e *campfire.Error) {
	v.Error, v.Fields = c.texts().Problem(e), c.rules(e)
}

// rules are the rules that fields break, in the page's language.
func (c *call) rules(e *campfire.Error) map[string]string {
	said := make(map[string]string, len(e.Fields))
	for _, f := range e.Fields {
		said[f.Field] = c.texts().Rule(f)
	}
	return said
}

func (s *Server) setupPage(c *call) error {
	needed, err := s.chat.SetupNeeded(c.r.Context())
	if err != nil {
		return err
	}
	if !needed {
		return c.redirect("/")
	}
	return c.render(http.StatusOK, s.web.Setup(web.FormView{Look: s.look(c.r), Language: c.languageView()}))
}

func (s *Server) setupForm(c *call) error {
	f, err := c.form()
	if err != nil {
		return err
	}
	in, err := s.chat.Setup(c.r.Context(), chat.SetupInput{Name: f.Get("name"), Email: f.Get("email"), Password: f.Get("password")}, c.client())
	if e, ok := told(err); ok {
		if e.Code == campfire.CodeConflict {
			return c.redirect("/")
		}
		v := web.FormView{Look: s.look(c.r), Language: c.languageView(), Name: f.Get("name"), Email: f.Get("email")}
		c.wrong(&v, e)
		return c.render(e.Code.Status(), s.web.Setup(v))
	}
	if err != nil {
		return err
	}
	return c.enter(in, "/")
}

// enter begins a browser's session.
func (c *call) enter(in *chat.SignedIn, next string) error {
	c.s.setSession(c.w, c.r, in)
	return c.redirect(localPath(next))
}

// localPath lets a return path lead only to our own pages.
func localPath(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n") {
		return "/"
	}
	return next
}

func (s *Server) loginPage(c *call) error {
	if _, err := s.authenticate(c.r); err == nil {
		return c.redirect(localPath(c.query().Get("next")))
	}
	needed, err := s.chat.SetupNeeded(c.r.Context())
	if err != nil {
		return err
	}
	if needed {
		return c.redirect("/setup")
	}
	v := s.signInView(c)
	v.Next = c.query().Get("next")
	return c.render(http.StatusOK, s.web.Login(v))
}

func (s *Server) loginForm(c *call) error {
	f, err := c.form()
	if err != nil {
		return err
	}
	in, err := s.chat.Login(c.r.Context(), f.Get("email"), f.Get("password"), c.client())
	if e, ok := told(err); ok {
		v := s.signInView(c)
		v.Email, v.Next = f.Get("email"), f.Get("next")
		if v.Next != "" {
			v.Language.Here += "?next=" + url.QueryEscape(v.Next)
		}
		c.wrong(&v, e)
		return c.render(e.Code.Status(), s.web.Login(v))
	}
	if err != nil {
		return err
	}
	return c.enter(in, f.Get("next"))
}

func (s *Server) logoutForm(c *call) error {
	if err := s.chat.Logout(c.r.Context(), c.actor); err != nil && campfire.CodeOf(err) != campfire.CodeNotFound {
		return err
	}
	s.clearSession(c.w, c.r)
	return c.redirect("/login")
}

func (s *Server) joinPage(c *call) error {
	if _, err := s.authenticate(c.r); err == nil {
		return c.redirect("/")
	}
	if err := s.chat.CheckJoinCode(c.r.Context(), c.r.PathValue("code")); err != nil {
		return err
	}
	v := s.signInView(c)
	v.Code = c.r.PathValue("code")
	return c.render(http.StatusOK, s.web.Join(v))
}

func (s *Server) joinForm(c *call) error {
	f, err := c.form()
	if err != nil {
		return err
	}
	code := c.r.PathValue("code")
	in, err := s.chat.Join(c.r.Context(), code, chat.JoinInput{Name: f.Get("name"), Email: f.Get("email"), Password: f.Get("password")}, c.client())
	if e, ok := told(err); ok && e.Code != campfire.CodeNotFound {
		v := s.signInView(c)
		v.Code, v.Name, v.Email = code, f.Get("name"), f.Get("email")
		c.wrong(&v, e)
		return c.render(e.Code.Status(), s.web.Join(v))
	}
	if err != nil {
		return err
	}
	return c.enter(in, "/")
}

func (s *Server) transferPage(c *call) error {
	u, err := s.chat.CheckTransfer(c.r.Context(), c.r.PathValue("token"))
	if err != nil {
		return err
	}
	v := s.signInView(c)
	v.Token, v.For = c.r.PathValue("token"), u.Name
	c.w.Header().Set("Cache-Control", "no-store")
	return c.render(http.StatusOK, s.web.Transfer(v))
}

func (s *Server) transferForm(c *call) error {
	in, err := s.chat.RedeemTransfer(c.r.Context(), c.r.PathValue("token"), c.client())
	if err != nil {
		return err
	}
	return c.enter(in, "/profile")
}

// — Rooms —

// lastRoomCookie remembers the room that was looked at last.
const lastRoomCookie = "campfire_room"

func (s *Server) homePage(c *call) error {
	p, err := c.frame()
	if err != nil {
		return err
	}
	var last campfire.RoomID
	if cookie, err := c.r.Cookie(lastRoomCookie); err == nil {
		last, _ = campfire.ParseID[campfire.RoomID](cookie.Value)
	}
	var oldest campfire.RoomID
	for _, v := range p.Rooms {
		if v.ID == last {
			return c.redirect(roomPath(last) + c.onward())
		}
		if oldest == 0 || v.ID < oldest {
			oldest = v.ID
		}
	}
	if oldest != 0 {
		return c.redirect(roomPath(oldest) + c.onward())
	}
	v := web.BrowseView{Page: p}
	if v.Open, err = s.openRooms(c); err != nil {
		return err
	}
	return c.render(http.StatusOK, s.web.NoRooms(v))
}

// openRooms are the open rooms that the viewer is not in.
func (s *Server) openRooms(c *call) ([]*campfire.RoomView, error) {
	all, err := s.chat.Rooms(c.r.Context(), c.actor, chat.ScopeOpen)
	var out []*campfire.RoomView
	for _, v := range all {
		if !v.Member {
			out = append(out, v)
		}
	}
	return out, err
}

func (s *Server) roomPage(c *call) error {
	room, err := pathID[campfire.RoomID](c, "room")
	if err != nil {
		return err
	}
	q, err := c.pageRequest()
	if err != nil {
		return err
	}
	if draft := c.query().Get("draft"); draft != "" { // shared by another application
		return s.showRoom(c, room, q, http.StatusOK, strings.ToValidUTF8(draft, ""), "")
	}
	return s.openRoom(c, room, q)
}

// openRoom answers with a room's page.
func (s *Server) openRoom(c *call, room campfire.RoomID, q chat.PageRequest) error {
	if done, err := s.keptRoom(c, room, q); done {
		return err
	}
	return s.showRoom(c, room, q, http.StatusOK, "", "")
}

func (s *Server) permalinkPage(c *call) error {
	room, err := pathID[campfire.RoomID](c, "room")
	if err != nil {
		return err
	}
	digits, ok := strings.CutPrefix(c.r.PathValue("place"), "@")
	id, valid := campfire.ParseID[campfire.MessageID](digits)
	if !ok || !valid {
		return campfire.NotFound("page")
	}
	return s.openRoom(c, room, chat.PageRequest{Around: id})
}

// showRoom renders a room; draft and problem come from a form that failed.
func (s *Server) showRoom(c *call, room campfire.RoomID, q chat.PageRequest, status int, draft, problem string) error {
	p, err := c.frame()
	if err != nil {
		return err
	}
	p.Room = room
	if problem != "" {
		p.Error = problem
	}
	v := web.RoomView{Page: p, Draft: draft}
	if v.View, err = s.chat.Room(c.r.Context(), c.actor, room); err != nil {
		return err
	}
	if !v.View.Member {
		if v.View.Kind != campfire.Open {
			return campfire.NotFound("room")
		}
		return c.render(status, s.web.Room(v))
	}
	page, err := s.chat.Messages(c.r.Context(), c.actor, room, q)
	if err != nil {
		return err
	}
	shown(&v, page, q)
	if v.JoinURL, err = s.welcome(c, p.Rooms, v.View, page.Seq); err != nil {
		return err
	}
	s.rememberRoom(c, room)
	return c.render(status, s.web.Room(v))
}

// shown puts a page of messages into the view of its room.
func shown(v *web.RoomView, page *chat.MessagePage, q chat.PageRequest) {
	v.Messages, v.HasBefore, v.HasAfter = page.Messages, page.HasBefore, page.HasAfter
	v.Epoch, v.Seq, v.Unread, v.Highlight = page.Epoch, page.Seq, v.View.ReadSeq, q.Around
	v.Maker = page.Maker
}

// welcomeUntil is how many numbers the oldest room has when it stops greeting.
const welcomeUntil = 40

// welcome returns the join link for the oldest room while it is young.
func (s *Server) welcome(c *call, rooms []*campfire.RoomView, room *campfire.RoomView, seq campfire.Seq) (string, error) {
	if seq > welcomeUntil || room.Kind == campfire.Direct {
		return "", nil
	}
	for _, v := range rooms {
		if v.Kind != campfire.Direct && v.ID < room.ID {
			return "", nil
		}
	}
	return s.joinURL(c)
}

func (s *Server) joinURL(c *call) (string, error) {
	account, err := s.chat.Account(c.r.Context())
	if err != nil {
		return "", err
	}
	return s.address(c.r, "/join/"+account.JoinCode), nil
}

func roomPath(id campfire.RoomID) string { return "/rooms/" + strconv.FormatInt(int64(id), 10) }

func (s *Server) postForm(c *call) error {
	room, err := pathID[campfire.RoomID](c, "room")
	if err != nil {
		return err
	}
	d, err := s.postFromForm(c, room)
	if e, ok := told(err); ok {
		switch e.Code {
		case campfire.CodeInvalid, campfire.CodeTooLarge, campfire.CodeRateLimited, campfire.CodeOverloaded, campfire.CodeStorageFull:
			return s.showRoom(c, room, chat.PageRequest{}, e.Code.Status(), d.Body, c.texts().Problem(e))
		}
	}
	if err != nil {
		return err
	}
	return c.redirect(roomPath(room))
}

// postFromForm posts what a page's form brings, with files or without.
func (s *Server) postFromForm(c *call, room campfire.RoomID) (d campfire.Draft, err error) {
	if isMultipart(c.r) {
		d, _, err = s.postReceived(c, room)
		return d, err
	}
	f, err := c.form()
	if err != nil {
		return d, err
	}
	d.Body, d.ClientID = f.Get("body"), f.Get("client_message_id")
	d.ReplyTo, _ = campfire.ParseID[campfire.MessageID](f.Get("reply_to"))
	d.NoPreviews = f.Get("previews") == "false"
	_, err = s.chat.Post(c.r.Context(), c.actor, room, d)
	return d, err
}

func (s *Server) editMessagePage(c *call) error {
	room, id, err := c.messagePath()
	if err != nil {
		return err
	}
	m, err := s.chat.Message(c.r.Context(), c.actor, room, id)
	if err != nil {
		return err
	}
	p, err := c.frame()
	if err != nil {
		return err
	}
	p.Room = room
	return c.render(http.StatusOK, s.web.EditMessage(web.EditMessageView{Page: p, Message: m}))
}

// onMessage serves a form about one message and leads back to it.
func (s *Server) onMessage(c *call, do func(room campfire.RoomID, id campfire.MessageID, f url.Values) error) error {
	room, id, err := c.messagePath()
	if err != nil {
		return err
	}
	f, err := c.form()
	if err != nil {
		return err
	}
	if err := do(room, id, f); err != nil {
		return err
	}
	return c.redirect(roomPath(room) + "/@" + strconv.FormatInt(int64(id), 10))
}

func (s *Server) editMessageForm(c *call) error {
	return s.onMessage(c, func(room campfire.RoomID, id campfire.MessageID, f url.Values) error {
		version, _ := strconv.ParseInt(f.Get("version"), 10, 64)
		_, _, err := s.chat.Edit(c.r.Context(), c.actor, room, id, f.Get("body"), campfire.Seq(version))
		return err
	})
}

func (s *Server) deleteMessageForm(c *call) error {
	room, id, err := c.messagePath()
	if err != nil {
		return err
	}
	if _, err := s.chat.Delete(c.r.Context(), c.actor, room, id); err != nil {
		return err
	}
	return c.redirect(roomPath(room))
}

func (s *Server) boostForm(c *call) error {
	return s.onMessage(c, func(room campfire.RoomID, id campfire.MessageID, f url.Values) error {
		_, _, _, err := s.chat.Boost(c.r.Context(), c.actor, room, id, f.Get("content"))
		return err
	})
}

func (s *Server) unboostForm(c *call) error {
	return s.onMessage(c, func(room campfire.RoomID, id campfire.MessageID, _ url.Values) error {
		boost, err := pathID[campfire.BoostID](c, "boost")
		if err != nil {
			return err
		}
		_, err = s.chat.Unboost(c.r.Context(), c.actor, room, id, boost)
		return err
	})
}
