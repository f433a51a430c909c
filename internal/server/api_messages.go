package server

import (
	"errors"
	"net/http"
	"strconv"

	"campfire"
	"campfire/internal/chat"
	"campfire/internal/piece"
)

func (s *Server) appendPage(b []byte, p *chat.MessagePage) []byte {
	b = appendAll(append(b, `{"messages":`...), p.Messages, s.wire.AppendMessage)
	b = append(b, `,"has_before":`...)
	b = strconv.AppendBool(b, p.HasBefore)
	b = append(b, `,"has_after":`...)
	b = strconv.AppendBool(b, p.HasAfter)
	b = campfire.AppendJSONString(append(b, `,"epoch":`...), p.Epoch)
	b = append(b, `,"seq":`...)
	b = strconv.AppendInt(b, int64(p.Seq), 10)
	return append(b, '}')
}

func (c *call) pageRequest() (q chat.PageRequest, err error) {
	if c.r.URL.RawQuery == "" {
		return q, nil
	}
	for name, id := range map[string]*campfire.MessageID{"before": &q.Before, "after": &q.After, "around": &q.Around} {
		if *id, err = queryID[campfire.MessageID](c, name); err != nil {
			return q, err
		}
	}
	q.Limit, err = queryInt(c, "limit")
	return q, err
}

// draftJSON is a draft as it comes.
type draftJSON struct {
	Body            *string             `json:"body"`
	ClientMessageID *string             `json:"client_message_id"`
	ReplyTo         *campfire.MessageID `json:"reply_to"`

	UploadIDs []campfire.AttachmentID `json:"upload_ids"`
	Previews  *bool                   `json:"previews"`
}

func (d *draftJSON) draft() (campfire.Draft, error) {
	var out campfire.Draft
	out.Uploads = d.UploadIDs
	out.NoPreviews = d.Previews != nil && !*d.Previews
	if d.Body != nil {
		out.Body = *d.Body
	} else if len(d.UploadIDs) == 0 {
		return out, campfire.Invalid("body", "is needed")
	}
	if d.ClientMessageID != nil {
		if out.ClientID = *d.ClientMessageID; out.ClientID == "" {
			return out, campfire.Invalid("client_message_id", "must be 1 to 64 bytes")
		}
	}
	if d.ReplyTo != nil {
		if out.ReplyTo = *d.ReplyTo; out.ReplyTo <= 0 {
			return out, campfire.Invalid("reply_to", "must be the id of a message of this room")
		}
	}
	return out, nil
}

func (s *Server) postMessage(c *call) error {
	room, err := pathID[campfire.RoomID](c, "room")
	if err != nil {
		return err
	}
	var posted *campfire.Posted
	if isMultipart(c.r) {
		_, posted, err = s.postReceived(c, room)
	} else {
		posted, err = s.postDraft(c, room)
	}
	if err != nil {
		return err
	}
	return c.json(postedStatus(posted), func(b []byte) []byte {
		return append(s.wire.AppendMessage(append(b, `{"message":`...), posted.Message), '}')
	})
}

func (s *Server) postDraft(c *call, room campfire.RoomID) (*campfire.Posted, error) {
	var in draftJSON
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	d, err := in.draft()
	if err != nil {
		return nil, err
	}
	return s.chat.Post(c.r.Context(), c.actor, room, d)
}

func postedStatus(p *campfire.Posted) int {
	if p.Duplicate {
		return http.StatusOK
	}
	return http.StatusCreated
}

func (s *Server) postBatch(c *call) error {
	room, err := pathID[campfire.RoomID](c, "room")
	if err != nil {
		return err
	}
	var in struct {
		Messages []draftJSON `json:"messages"`
	}
	if err := c.decodeUpTo(&in, s.MaxBatchBody); err != nil {
		return err
	}
	drafts := make([]campfire.Draft, len(in.Messages))
	broken := make([]error, len(in.Messages))
	for i := range in.Messages {
		drafts[i], broken[i] = in.Messages[i].draft()
	}
	results, err := s.chat.PostBatch(c.r.Context(), c.actor, room, drafts)
	if err != nil {
		return err
	}
	for i := range results {
		if broken[i] != nil {
			results[i] = chat.BatchResult{Err: broken[i]}
		}
	}
	return c.json(http.StatusOK, func(b []byte) []byte {
		return append(appendAll(append(b, `{"results":`...), results, s.appendResult), '}')
	})
}

func (s *Server) appendResult(b []byte, r chat.BatchResult) []byte {
	b = append(b, `{"status":`...)
	if r.Err != nil {
		e, ok := errors.AsType[*campfire.Error](r.Err)
		if !ok {
			e = &campfire.Error{Code: campfire.CodeInternal, Detail: "Something went wrong here."}
		}
		b = strconv.AppendInt(b, int64(e.Code.Status()), 10)
		b = s.appendProblem(append(b, `,"error":`...), e)
		return append(b, '}')
	}
	b = strconv.AppendInt(b, int64(postedStatus(r.Posted)), 10)
	b = s.wire.AppendMessage(append(b, `,"message":`...), r.Posted.Message)
	return append(b, '}')
}

// messagePath reads the room and the message of a path.
func (c *call) messagePath() (room campfire.RoomID, id campfire.MessageID, err error) {
	if room, err = pathID[campfire.RoomID](c, "room"); err != nil {
		return 0, 0, err
	}
	id, err = pathID[campfire.MessageID](c, "message")
	return room, id, err
}

func (s *Server) getMessage(c *call) error {
	room, id, err := c.messagePath()
	if err != nil {
		return err
	}
	m, err := s.chat.Message(c.r.Context(), c.actor, room, id)
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, func(b []byte) []byte {
		return append(s.wire.AppendMessage(append(b, `{"message":`...), m), '}')
	})
}

func (s *Server) patchMessage(c *call) error {
	room, id, err := c.messagePath()
	if err != nil {
		return err
	}
	var in struct {
		Body    *string      `json:"body"`
		Version campfire.Seq `json:"version"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	if in.Body == nil {
		return campfire.Invalid("body", "is needed")
	}
	m, seq, err := s.chat.Edit(c.r.Context(), c.actor, room, id, *in.Body, in.Version)
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, func(b []byte) []byte {
		b = s.wire.AppendMessage(append(b, `{"message":`...), m)
		b = strconv.AppendInt(append(b, `,"seq":`...), int64(seq), 10)
		return append(b, '}')
	})
}

func (s *Server) deleteMessage(c *call) error {
	room, id, err := c.messagePath()
	if err != nil {
		return err
	}
	seq, err := s.chat.Delete(c.r.Context(), c.actor, room, id)
	if err != nil {
		return err
	}
	return c.done(seq)
}

func (s *Server) postBoost(c *call) error {
	room, id, err := c.messagePath()
	if err != nil {
		return err
	}
	var in struct {
		Content string `json:"content"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	boost, seq, created, err := s.chat.Boost(c.r.Context(), c.actor, room, id, in.Content)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if created {
		status = http.StatusCreated
	}
	return c.json(status, func(b []byte) []byte {
		b = s.wire.AppendBoost(append(b, `{"boost":`...), &boost)
		b = strconv.AppendInt(append(b, `,"seq":`...), int64(seq), 10)
		return append(b, '}')
	})
}

func (s *Server) deleteBoost(c *call) error {
	room, id, err := c.messagePath()
	if err != nil {
		return err
	}
	boost, err := pathID[campfire.BoostID](c, "boost")
	if err != nil {
		return err
	}
	seq, err := s.chat.Unboost(c.r.Context(), c.actor, room, id, boost)
	if err != nil {
		return err
	}
	return c.done(seq)
}

func (s *Server) getEvents(c *call) error {
	room, err := pathID[campfire.RoomID](c, "room")
	if err != nil {
		return err
	}
	query := c.query()
	since := campfire.Seq(0)
	if query.Has("since") {
		n, err := strconv.ParseInt(query.Get("since"), 10, 64)
		if err != nil {
			return campfire.Invalid("since", "must be a number")
		}
		since = campfire.Seq(n)
	}
	limit, err := queryInt(c, "limit")
	if err != nil {
		return err
	}
	p, err := s.chat.Events(c.r.Context(), c.actor, room, since, limit, query.Get("epoch"))
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, func(b []byte) []byte {
		b = campfire.AppendJSONString(append(b, `{"epoch":`...), p.Epoch)
		b = appendAll(append(b, `,"events":`...), p.Events, s.wire.AppendEvent)
		b = strconv.AppendInt(append(b, `,"seq":`...), int64(p.Seq), 10)
		b = strconv.AppendBool(append(b, `,"more":`...), p.More)
		return append(b, '}')
	})
}

func (s *Server) getMentions(c *call) error {
	before, err := queryID[campfire.MessageID](c, "before")
	if err != nil {
		return err
	}
	limit, err := queryInt(c, "limit")
	if err != nil {
		return err
	}
	messages, more, err := s.chat.Mentions(c.r.Context(), c.actor, before, limit)
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, func(b []byte) []byte {
		b = appendAll(append(b, `{"messages":`...), messages, s.wire.AppendMessage)
		b = strconv.AppendBool(append(b, `,"has_more":`...), more)
		return append(b, '}')
	})
}

func (s *Server) getSearch(c *call) (err error) {
	query := c.query()
	q := chat.SearchRequest{Query: query.Get("q")}
	switch query.Get("order") {
	case "", "newest":
	case "relevance":
		q.ByRelevance = true
	default:
		return campfire.Invalid("order", "must be newest or relevance")
	}
	if q.Room, err = queryID[campfire.RoomID](c, "room_id"); err != nil {
		return err
	}
	if q.From, err = queryID[campfire.UserID](c, "from"); err != nil {
		return err
	}
	if q.Before, err = queryID[campfire.MessageID](c, "before"); err != nil {
		return err
	}
	if q.Limit, err = queryInt(c, "limit"); err != nil {
		return err
	}
	found, err := s.chat.Found(c.r.Context(), c.actor, q, s.foundJSON)
	if err != nil {
		return err
	}
	return c.whole(contentJSON, piece.Whole{found})
}

func (s *Server) foundJSON(found *chat.SearchPage) []byte {
	b := appendAll([]byte(`{"results":`), found.Hits, func(b []byte, h chat.Hit) []byte {
		b = s.wire.AppendMessage(append(b, `{"message":`...), h.Message)
		b = strconv.AppendInt(append(b, `,"room_id":`...), int64(h.Message.Room), 10)
		b = campfire.AppendJSONString(append(b, `,"snippet":`...), h.Snippet)
		return append(b, '}')
	})
	b = strconv.AppendBool(append(b, `,"has_more":`...), found.More)
	return append(b, '}')
}

func (s *Server) getSearches(c *call) error {
	queries, err := s.chat.Searches(c.r.Context(), c.actor)
	if err != nil {
		return err
	}
	if queries == nil {
		queries = []string{}
	}
	return c.value(http.StatusOK, map[string]any{"searches": queries})
}

func (s *Server) deleteSearches(c *call) error {
	if err := s.chat.ClearSearches(c.r.Context(), c.actor); err != nil {
		return err
	}
	return c.done(0)
}
