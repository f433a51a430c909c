package server

import (
	"cmp"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"campfire"
	"campfire/internal/chat"
)

// The routes of this file are those that Campfire's bots know: the key stands
// in the path, a text is the whole body, and the answers have a form of their
// own. They have a mux to themselves, since a key may stand where other routes
// have a word; no session counts there, so no other site can use one.

// holdsKey reports whether the path of a URL is that of a bot's route:
// /rooms/{room}/{bot_key}/messages and what is below.
func holdsKey(u *url.URL) bool {
	if !strings.HasPrefix(u.Path, "/rooms/") {
		return false
	}
	_, rest, _ := strings.Cut(u.EscapedPath()[len("/rooms/"):], "/")
	key, rest, _ := strings.Cut(rest, "/")
	below, _, _ := strings.Cut(rest, "/")
	return key != "messages" && below == "messages"
}

func (s *Server) botRoutes() {
	bot := func(pattern string, f handlerFunc) {
		s.bots.Handle(pattern, s.bot(f))
		s.botsAll.Handle(pattern, s.bot(f))
	}
	s.botsAll.Handle(anyPath, s.public(s.none(s.bots)))
	bot("GET /rooms/{room}/{bot_key}/messages", s.botMessages)
	bot("POST /rooms/{room}/{bot_key}/messages", s.botPost)
	bot("GET /rooms/{room}/{bot_key}/messages/{message}", s.botMessage)
	bot("PATCH /rooms/{room}/{bot_key}/messages/{message}", s.botEdit)
	bot("PUT /rooms/{room}/{bot_key}/messages/{message}", s.botEdit)
	bot("DELETE /rooms/{room}/{bot_key}/messages/{message}", s.botDelete)
	bot("POST /rooms/{room}/{bot_key}/messages/{message}/boosts", s.botBoost)
	bot("DELETE /rooms/{room}/{bot_key}/messages/{message}/boosts/{boost}", s.botUnboost)
}

// bot makes a handler of f for the bot whose key is in the path.
func (s *Server) bot(f handlerFunc) http.HandlerFunc {
	return s.public(func(c *call) (err error) {
		c.w.Header()["Cache-Control"] = privateNoCache
		room, _ := campfire.ParseID[campfire.RoomID](c.r.PathValue("room"))
		if c.actor, err = s.chat.AuthenticateBot(c.r.Context(), room, c.r.PathValue("bot_key"), c.client()); err != nil {
			if campfire.CodeOf(err) == campfire.CodeUnauthenticated {
				c.w.Header().Set("WWW-Authenticate", "Bearer")
				err = notABot()
			}
			return err
		}
		return f(c)
	})
}

func notABot() error {
	return &campfire.Error{Code: campfire.CodeUnauthenticated, Detail: "That is no bot's key."}
}

// botURL is the address of something under the key that the request came with.
func (c *call) botURL(rest string) string {
	return c.s.address(c.r, "/rooms/"+c.r.PathValue("room")+"/"+c.r.PathValue("bot_key")+rest)
}

// text reads a body that is one text, whatever it says it is.
func (c *call) text() (string, error) {
	if isMultipart(c.r) {
		return "", &campfire.Error{Code: campfire.CodeUnsupportedMedia, Detail: "Here the body is the text itself."}
	}
	b, err := c.body(c.s.MaxBody)
	return string(b), err
}

func (s *Server) botPost(c *call) error {
	room, err := pathID[campfire.RoomID](c, "room")
	if err != nil {
		return err
	}
	key := c.r.Header.Get("Idempotency-Key")
	if isMultipart(c.r) {
		d, files, err := c.receive(room)
		if err != nil {
			s.chat.Drop(c.r.Context(), files)
			return err
		}
		d.ClientID = cmp.Or(d.ClientID, key)
		posted, err := s.chat.PostFiles(c.r.Context(), c.actor, room, d, files)
		if err != nil {
			return err
		}
		return c.botPlaced(posted)
	}
	body, err := c.text()
	if err != nil {
		return err
	}
	posted, err := s.chat.Post(c.r.Context(), c.actor, room, campfire.Draft{Body: body, ClientID: key})
	if err != nil {
		return err
	}
	return c.botPlaced(posted)
}

// botPlaced says where a bot's message is.
func (c *call) botPlaced(posted *campfire.Posted) error {
	c.w.Header().Set("Location", c.botURL("/messages/"+strconv.FormatInt(int64(posted.Message.ID), 10)))
	c.w.WriteHeader(postedStatus(posted))
	return nil
}

// botPage is how many messages one page for a bot holds.
const botPage = 40

func (s *Server) botMessages(c *call) error {
	room, err := pathID[campfire.RoomID](c, "room")
	if err != nil {
		return err
	}
	q := chat.PageRequest{Limit: botPage}
	if q.Before, err = queryID[campfire.MessageID](c, "before"); err != nil {
		return err
	}
	if q.After, err = queryID[campfire.MessageID](c, "after"); err != nil {
		return err
	}
	p, err := s.chat.Messages(c.r.Context(), c.actor, room, q)
	if err != nil {
		return err
	}
	total, err := s.chat.CountMessages(c.r.Context(), c.actor, room)
	if err != nil {
		return err
	}
	h := c.w.Header()
	h.Set("X-Total-Count", strconv.Itoa(total))
	if n := len(p.Messages); n > 0 {
		next := ""
		switch {
		case q.After != 0 && p.HasAfter:
			next = "?after=" + strconv.FormatInt(int64(p.Messages[n-1].ID), 10)
		case q.After == 0 && p.HasBefore:
			next = "?before=" + strconv.FormatInt(int64(p.Messages[0].ID), 10)
		}
		if next != "" {
			h.Set("Link", "<"+c.botURL("/messages"+next)+`>; rel="next"`)
		}
	}
	return c.json(http.StatusOK, func(b []byte) []byte { return appendAll(b, p.Messages, c.appendBotMessage) })
}

func (s *Server) botMessage(c *call) error {
	room, id, err := c.messagePath()
	if err != nil {
		return err
	}
	m, err := s.chat.Message(c.r.Context(), c.actor, room, id)
	if err != nil {
		return err
	}
	return c.botAnswer(m)
}

func (s *Server) botEdit(c *call) error {
	room, id, err := c.messagePath()
	if err != nil {
		return err
	}
	body, err := c.text()
	if err != nil {
		return err
	}
	m, _, err := s.chat.Edit(c.r.Context(), c.actor, room, id, body, 0)
	if err != nil {
		return err
	}
	return c.botAnswer(m)
}

func (c *call) botAnswer(m *campfire.Message) error {
	return c.json(http.StatusOK, func(b []byte) []byte { return c.appendBotMessage(b, m) })
}

func (s *Server) botDelete(c *call) error { return s.deleteMessage(c) }

func (s *Server) botBoost(c *call) error {
	room, id, err := c.messagePath()
	if err != nil {
		return err
	}
	content, err := c.text()
	if err != nil {
		return err
	}
	boost, _, _, err := s.chat.Boost(c.r.Context(), c.actor, room, id, content)
	if err != nil {
		return err
	}
	return c.json(http.StatusCreated, func(b []byte) []byte {
		b = append(b, `{"id":`...)
		b = strconv.AppendInt(b, int64(boost.ID), 10)
		b = campfire.AppendJSONString(append(b, `,"content":`...), boost.Content)
		b = append(b, `,"created_at":"`...)
		b, _ = boost.CreatedAt.AppendText(b)
		b = c.appendBotPerson(append(b, `","booster":`...), boost.Booster)
		b = append(b, `,"message":{"id":`...)
		b = strconv.AppendInt(b, int64(id), 10)
		b = campfire.AppendJSONString(append(b, `,"url":`...), c.permalink(room, id))
		return append(b, '}', '}')
	})
}

func (s *Server) botUnboost(c *call) error {
	err := s.deleteBoost(c)
	if campfire.CodeOf(err) == campfire.CodeForbidden && err != nil {
		return campfire.NotFound("boost") // a bot can't list others'
	}
	return err
}

// permalink is the address of a message's page.
func (c *call) permalink(room campfire.RoomID, id campfire.MessageID) string {
	return c.s.address(c.r, roomPath(room)+"/@"+strconv.FormatInt(int64(id), 10))
}

// appendBotMessage appends a message as Campfire's bots know it.
func (c *call) appendBotMessage(b []byte, m *campfire.Message) []byte {
	b = append(b, `{"id":`...)
	b = strconv.AppendInt(b, int64(m.ID), 10)
	b = append(b, `,"created_at":"`...)
	b, _ = m.CreatedAt.AppendText(b)
	b = campfire.AppendJSONString(append(b, `","body":{"plain_text":`...), m.Plain)
	b = campfire.AppendJSONString(append(b, `,"html":`...), m.HTML)
	b = c.appendBotPerson(append(b, `},"creator":`...), m.Creator)
	b = append(b, `,"room":{"id":`...)
	b = strconv.AppendInt(b, int64(m.Room), 10)
	b = campfire.AppendJSONString(append(b, `},"url":`...), c.permalink(m.Room, m.ID))
	return append(b, '}')
}

func (c *call) appendBotPerson(b []byte, p campfire.Person) []byte {
	b = append(b, `{"id":`...)
	b = strconv.AppendInt(b, int64(p.ID), 10)
	b = campfire.AppendJSONString(append(b, `,"name":`...), p.Name)
	b = append(b, `,"role":"`...)
	b = append(b, p.Role.String()...)
	b = append(b, `","avatar_url":"`...)
	b = append(b, c.s.address(c.r, "/users/"+strconv.FormatInt(int64(p.ID), 10)+"/avatar?v="+strconv.Itoa(int(p.Avatar)))...)
	return append(b, '"', '}')
}
