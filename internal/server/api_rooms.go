package server

import (
	"net/http"

	"campfire"
	"campfire/internal/chat"
	"campfire/internal/store"
)

func (s *Server) getRooms(c *call) error {
	scope, ok := map[string]chat.Scope{"": chat.ScopeMine, "mine": chat.ScopeMine, "open": chat.ScopeOpen, "all": chat.ScopeAll}[c.query().Get("scope")]
	if !ok {
		return campfire.Invalid("scope", "must be open or all")
	}
	if scope == chat.ScopeMine {
		return s.myRooms(c)
	}
	rooms, err := s.chat.Rooms(c.r.Context(), c.actor, scope)
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, func(b []byte) []byte {
		return append(appendAll(append(b, `{"rooms":`...), rooms, s.wire.AppendRoomView), '}')
	})
}

func (c *call) room(status int, v *campfire.RoomView) error {
	return c.json(status, func(b []byte) []byte {
		return append(c.s.wire.AppendRoomView(append(b, `{"room":`...), v), '}')
	})
}

func (s *Server) postRoom(c *call) error {
	var in struct {
		Kind    string            `json:"kind"`
		Name    string            `json:"name"`
		UserIDs []campfire.UserID `json:"user_ids"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	kind, ok := campfire.ParseRoomKind(in.Kind)
	if !ok {
		return campfire.Invalid("kind", "must be open, closed or direct")
	}
	view, created, err := s.chat.CreateRoom(c.r.Context(), c.actor, chat.RoomDraft{Kind: kind, Name: in.Name, People: in.UserIDs})
	if err != nil {
		return err
	}
	status := http.StatusOK
	if created {
		status = http.StatusCreated
	}
	return c.room(status, view)
}

// onRoom serves a call that answers with a room.
func (s *Server) onRoom(c *call, do func(id campfire.RoomID) (*campfire.RoomView, error)) error {
	id, err := pathID[campfire.RoomID](c, "room")
	if err != nil {
		return err
	}
	view, err := do(id)
	if err != nil {
		return err
	}
	return c.room(http.StatusOK, view)
}

func (s *Server) getRoom(c *call) error {
	return s.onRoom(c, func(id campfire.RoomID) (*campfire.RoomView, error) { return s.chat.Room(c.r.Context(), c.actor, id) })
}

func (s *Server) patchRoom(c *call) error {
	return s.onRoom(c, func(id campfire.RoomID) (*campfire.RoomView, error) {
		var in struct {
			Name *string `json:"name"`
			Kind *string `json:"kind"`
		}
		if err := c.decode(&in); err != nil {
			return nil, err
		}
		p := chat.RoomPatch{Name: in.Name}
		if in.Kind != nil {
			kind, ok := campfire.ParseRoomKind(*in.Kind)
			if !ok {
				return nil, campfire.Invalid("kind", "must be open or closed")
			}
			p.Kind = &kind
		}
		return s.chat.UpdateRoom(c.r.Context(), c.actor, id, p)
	})
}

func (s *Server) deleteRoom(c *call) error {
	id, err := pathID[campfire.RoomID](c, "room")
	if err != nil {
		return err
	}
	if err := s.chat.DeleteRoom(c.r.Context(), c.actor, id); err != nil {
		return err
	}
	return c.done(0)
}

func (s *Server) postRoomJoin(c *call) error {
	return s.onRoom(c, func(id campfire.RoomID) (*campfire.RoomView, error) {
		return s.chat.JoinRoom(c.r.Context(), c.actor, id)
	})
}

func (s *Server) getMembers(c *call) error {
	id, err := pathID[campfire.RoomID](c, "room")
	if err != nil {
		return err
	}
	members, err := s.chat.RoomMembers(c.r.Context(), c.actor, id)
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, func(b []byte) []byte {
		return append(appendAll(append(b, `{"members":`...), members, func(b []byte, m store.RoomMember) []byte {
			b = c.appendUser(append(b, `{"user":`...), m.User)
			b = append(b, `,"involvement":"`...)
			b = append(b, m.Involvement.String()...)
			b = campfire.AppendJSONString(append(b, `","joined_at":`...), m.JoinedAt.String())
			return append(b, '}')
		}), '}')
	})
}

// onMember serves a change of a membership.
func (s *Server) onMember(c *call, do func(campfire.RoomID, campfire.UserID) error) error {
	room, err := pathID[campfire.RoomID](c, "room")
	if err != nil {
		return err
	}
	user, err := pathID[campfire.UserID](c, "user")
	if err != nil {
		return err
	}
	if err := do(room, user); err != nil {
		return err
	}
	return c.done(0)
}

func (s *Server) putMember(c *call) error {
	return s.onMember(c, func(room campfire.RoomID, user campfire.UserID) error {
		return s.chat.AddMember(c.r.Context(), c.actor, room, user)
	})
}

func (s *Server) deleteMember(c *call) error {
	return s.onMember(c, func(room campfire.RoomID, user campfire.UserID) error {
		return s.chat.RemoveMember(c.r.Context(), c.actor, room, user)
	})
}

func (s *Server) putInvolvement(c *call) error {
	return s.onRoom(c, func(id campfire.RoomID) (*campfire.RoomView, error) {
		var in struct {
			Involvement string `json:"involvement"`
		}
		if err := c.decode(&in); err != nil {
			return nil, err
		}
		inv, ok := campfire.ParseInvolvement(in.Involvement)
		if !ok {
			return nil, campfire.Invalid("involvement", "must be invisible, nothing, mentions or everything")
		}
		return s.chat.SetInvolvement(c.r.Context(), c.actor, id, inv)
	})
}

func (s *Server) putRead(c *call) error {
	id, err := pathID[campfire.RoomID](c, "room")
	if err != nil {
		return err
	}
	var in struct {
		Seq        *campfire.Seq       `json:"seq"`
		UnreadFrom *campfire.MessageID `json:"unread_from"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	switch {
	case in.Seq != nil && in.UnreadFrom != nil:
		return campfire.Invalid("unread_from", "can't come with seq")
	case in.Seq != nil:
		err = s.chat.MarkRead(c.r.Context(), c.actor, id, *in.Seq)
	case in.UnreadFrom != nil:
		err = s.chat.MarkUnread(c.r.Context(), c.actor, id, *in.UnreadFrom)
	default:
		return campfire.Invalid("seq", "or unread_from is needed")
	}
	if err != nil {
		return err
	}
	return c.done(0)
}
