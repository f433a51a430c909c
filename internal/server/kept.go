package server

import (
	"net/http"
	"strconv"
	"sync"

	"campfire"
	"campfire/internal/chat"
	"campfire/internal/piece"
	"campfire/internal/web"
	"campfire/internal/web/text"
)

// joined is how a sidebar's rows stand in one answer: directs behind its
// brand, rooms behind its middle, as the template has them.
func (c *call) joined(w piece.Whole, b *chat.Sidebar, current campfire.RoomID, parts func() *web.Parts) piece.Whole {
	lang := c.texts().Number
	w = append(w, b.Frame.Brand.Thin(lang, func() []byte { return parts().Brand }))
	w = c.rows(w, b, true, current)
	w = append(w, b.Frame.Middle.Thin(lang, func() []byte { return parts().Middle }))
	w = c.rows(w, b, false, current)
	return append(w, b.Frame.Foot.Thin(lang, func() []byte { return parts().Foot }))
}

// rows appends one kind of rows, by groups. The row of the current room looks
// different, so its group comes row by row.
func (c *call) rows(w piece.Whole, b *chat.Sidebar, direct bool, current campfire.RoomID) piece.Whole {
	here := b.Row(current)
	lang := 0 // a shared room has one name for all
	if direct {
		lang = c.texts().Number
	}
	for _, g := range b.Groups {
		if g.Direct != direct {
			continue
		}
		if here == nil || !g.Has(here) {
			w = append(w, g.Listed.Thin(lang, func() (all []byte) {
				for _, r := range g.Rows {
					all = append(all, c.s.web.Row(c.texts(), b.Viewer, r.RoomView, false)...)
				}
				return all
			}))
			continue
		}
		for _, r := range g.Rows {
			if r == here {
				w = append(w, r.Current.Thin(lang, func() []byte { return c.s.web.Row(c.texts(), b.Viewer, r.RoomView, true) }))
			} else {
				w = append(w, r.Listed.Thin(lang, func() []byte { return c.s.web.Row(c.texts(), b.Viewer, r.RoomView, false) }))
			}
		}
	}
	return w
}

// maxPieces is room for the pieces of a page of someone in some dozens of rooms.
const maxPieces = 32

func (s *Server) sidebarFragment(c *call) error {
	b, err := s.chat.Sidebar(c.r.Context(), c.actor)
	if err != nil {
		return err
	}
	current, _ := campfire.ParseID[campfire.RoomID](c.query().Get("room"))
	parts := sync.OnceValue(func() *web.Parts { return s.web.SidebarParts(c.texts(), framed(b)) })
	return c.whole(contentHTML, c.joined(make(piece.Whole, 0, maxPieces), b, current, parts))
}

// framed is what a sidebar knows of a page.
func framed(b *chat.Sidebar) web.Page {
	return web.Page{Look: lookOf(b.Account), Viewer: b.Viewer, Rooms: b.Views(), Strangers: b.Strangers}
}

// keptRoom answers with a room's page as it mostly is: of someone who is in
// the room, with nothing to say but its messages. It reports false when the
// page is another.
func (s *Server) keptRoom(c *call, room campfire.RoomID, q chat.PageRequest) (bool, error) {
	ctx := c.r.Context()
	b, err := s.chat.Sidebar(ctx, c.actor)
	if err != nil {
		return true, err
	}
	row := b.Row(room)
	if row == nil || c.query().Get("did") != "" {
		return false, nil
	}
	page, err := s.chat.Messages(ctx, c.actor, room, q)
	if err != nil {
		return true, err
	}
	if page.Seq <= welcomeUntil {
		return false, nil
	}
	s.rememberRoom(c, room)
	parts := sync.OnceValue(func() *web.Parts {
		v := web.RoomView{Page: framed(b), View: row.RoomView}
		v.Room = room
		shown(&v, page, q)
		return s.web.RoomParts(c.texts(), v)
	})
	lang := c.texts().Number
	title, head := &page.Title, &page.Heads[row.Involvement]
	if row.Kind == campfire.Direct { // it is called after who else is in it
		title, head = &row.Head.Title, &row.Head.Head
	}
	w := append(make(piece.Whole, 0, maxPieces), s.roots.of(c),
		title.Thin(lang, func() []byte { return parts().Title }),
		b.Frame.Body.Thin(lang, func() []byte { return parts().Body }))
	w = c.joined(w, b, room, parts)
	return true, c.whole(contentHTML, append(w,
		head.Thin(lang, func() []byte { return parts().Head }),
		row.Head.Read.Thin(func() []byte { return parts().Read }),
		page.Opening.Thin(lang, func() []byte { return parts().Opening }),
		page.Log.Thin(func() []byte { return parts().Log }),
		page.Closing.Thin(lang, func() []byte { return parts().Closing })))
}

// roots are what pages begin with, by language and theme.
type roots map[root]*piece.Piece

type root struct{ language, theme string }

func (r roots) of(c *call) *piece.Piece { return r[root{c.texts().Tag, theme(c.r)}] }

func newRoots(w *web.Web) roots {
	r := make(roots)
	for _, language := range text.All() {
		for _, theme := range web.Themes() {
			r[root{language.Tag, theme}] = piece.New(w.Root(language, theme))
		}
	}
	return r
}

// rememberRoom has the browser come back to a room. It says so when that is
// another than the last. A page that is fetched before anyone asks to see it is
// none: the browser's code notes the room when it shows that page, and so may
// write the cookie.
func (s *Server) rememberRoom(c *call, room campfire.RoomID) {
	if c.r.Header.Get("Purpose") == "prefetch" {
		return
	}
	id := strconv.FormatInt(int64(room), 10)
	if cookie, err := c.r.Cookie(lastRoomCookie); err == nil && cookie.Value == id {
		return
	}
	http.SetCookie(c.w, &http.Cookie{Name: lastRoomCookie, Value: id, Path: s.base + "/",
		MaxAge: 365 * 24 * 3600, Secure: visitOf(c.r).https, SameSite: http.SameSiteLaxMode})
}

func (s *Server) messagesFragment(c *call) error {
	return s.onPage(c, contentHTML, func(p *chat.MessagePage) *piece.Piece {
		return p.List.Thin(func() []byte {
			return s.web.List(web.MessagesView{Messages: p.Messages, HasBefore: p.HasBefore, HasAfter: p.HasAfter, Epoch: p.Epoch, Seq: p.Seq})
		})
	})
}

func (s *Server) getMessages(c *call) error {
	return s.onPage(c, contentJSON, func(p *chat.MessagePage) *piece.Piece {
		return p.JSON.Get(func() []byte { return s.appendPage(nil, p) })
	})
}

// onPage answers with a page of a room in one form.
func (s *Server) onPage(c *call, kind []string, form func(*chat.MessagePage) *piece.Piece) error {
	room, err := pathID[campfire.RoomID](c, "room")
	if err != nil {
		return err
	}
	q, err := c.pageRequest()
	if err != nil {
		return err
	}
	p, err := s.chat.Messages(c.r.Context(), c.actor, room, q)
	if err != nil {
		return err
	}
	return c.whole(kind, piece.Whole{form(p)})
}

// These stand around lists.
var (
	roomsOpen = piece.New([]byte(`{"rooms":[`))
	listClose = piece.New([]byte(`]}`))
)

// myRooms answers with the rooms that the caller is in.
func (s *Server) myRooms(c *call) error {
	b, err := s.chat.Sidebar(c.r.Context(), c.actor)
	if err != nil {
		return err
	}
	w := append(make(piece.Whole, 0, maxPieces), roomsOpen)
	for _, g := range b.Groups {
		w = append(w, g.JSON.Thin(func() (all []byte) {
			for i, r := range g.Rows {
				if i > 0 || !g.First {
					all = append(all, ',')
				}
				all = s.wire.AppendRoomView(all, r.RoomView)
			}
			return all
		}))
	}
	return c.whole(contentJSON, append(w, listClose))
}
