package web

import (
	"bytes"
	"context"
	"io"

	"campfire"
	"campfire/internal/web/text"

	"github.com/a-h/templ"
)

// Parts are a room's page, cut into what changes apart from the rest. Joined
// in this order, behind its Root, with the rows of the directs behind Brand and
// those of the rooms behind Middle, they are what Room renders. All but Read and
// Log are of the page's language, too.
type Parts struct {
	Title  []byte // of the room and the installation
	Body   []byte // of the viewer
	Brand  []byte // of the installation
	Middle []byte // of whom the viewer has no ping with
	Foot   []byte // of the viewer
	Head   []byte // of the room and the viewer's involvement
	Read   []byte // the viewer's read pointer
	// Opening and Closing stand around the messages, which are the same in
	// every language.
	Opening, Log, Closing []byte
}

// cutMark stands between parts: no text that is shown can hold it.
const cutMark = "\x00"

// cut marks a place between parts, in a page that is rendered to be cut.
func (p Page) cut() templ.Component {
	if !p.parts {
		return templ.NopComponent
	}
	return templ.ComponentFunc(func(_ context.Context, out io.Writer) error {
		_, err := io.WriteString(out, cutMark)
		return err
	})
}

// RoomParts renders a room's page in a language, without the rows of its
// sidebar.
func (w *Web) RoomParts(c *text.Catalogue, v RoomView) *Parts {
	v.parts, v.Rooms = true, nil
	p := parts(c, w.Room(v), 11)
	return &Parts{Title: p[1], Body: p[2], Brand: p[3], Middle: p[4], Foot: p[5], Head: p[6], Read: p[7],
		Opening: p[8], Log: p[9], Closing: p[10]}
}

// Root renders what every page begins with: what depends on the language and
// the device alone.
func (w *Web) Root(c *text.Catalogue, theme string) []byte {
	b, _, _ := bytes.Cut(kept(c, root(theme)), []byte("</html>"))
	return b
}

// SidebarParts renders a sidebar without its rows: Brand, Middle and Foot.
func (w *Web) SidebarParts(c *text.Catalogue, v Page) *Parts {
	v.parts, v.Rooms = true, nil
	p := parts(c, w.Sidebar(v), 3)
	return &Parts{Brand: p[0], Middle: p[1], Foot: p[2]}
}

func parts(c *text.Catalogue, page templ.Component, n int) [][]byte {
	list := bytes.SplitN(kept(c, page), []byte(cutMark), n)
	if len(list) != n {
		panic("web: a page is not cut as its parts are named")
	}
	return list
}

// Row renders one room of a sidebar.
func (w *Web) Row(c *text.Catalogue, viewer *campfire.User, v *campfire.RoomView, current bool) []byte {
	p := Page{Viewer: viewer}
	if current {
		p.Room = v.ID
	}
	return kept(c, w.sidebarRoom(p, v))
}

// List renders a stretch of messages to be kept, the same in every language.
func (w *Web) List(v MessagesView) []byte { return kept(english, w.Messages(v)) }

// kept renders what outlives the request that it is first made for, and so
// does not end with it.
func kept(c *text.Catalogue, page templ.Component) []byte {
	var b bytes.Buffer
	if err := page.Render(text.Into(context.Background(), c), &b); err != nil {
		panic(err) // memory takes all, and nothing here can be canceled
	}
	return b.Bytes()
}
