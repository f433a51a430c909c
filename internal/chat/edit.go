package chat

import (
	"context"

	"campfire"
	"campfire/internal/markup"
	"campfire/internal/store"
)

// Edit replaces a message's text: its author. version, when not zero, is the
// one the editor saw: if the message has changed since, it is CodeConflict
// with the message as it is now. An edit that changes nothing takes no
// number; the message's version is returned then.
func (s *Service) Edit(ctx context.Context, a campfire.Actor, room campfire.RoomID, id campfire.MessageID, body string, version campfire.Seq) (*campfire.Message, campfire.Seq, error) {
	if err := s.limitPosts(a, 1); err != nil {
		return nil, 0, err
	}
	var ck check
	body = ck.bodyBeside(1, "body", body, s.limits.MaxMessage) // whether it has files is seen below
	if err := ck.err(); err != nil {
		return nil, 0, err
	}
	rendered, err := s.render(ctx, room, body)
	if err != nil {
		return nil, 0, err
	}
	reached, err := s.reached(ctx, a, room, rendered.Meta)
	if err != nil {
		return nil, 0, err
	}
	links := s.looked(a, rendered.Links)
	var m *campfire.Message
	err = s.store.Write(ctx, func(tx *store.Tx) error {
		if err := s.stillActive(tx, a); err != nil {
			return err
		}
		if _, err := entered(&tx.Reader, a, room); err != nil {
			return err
		}
		if m, err = tx.Message(room, id); err != nil {
			return err
		}
		if m.Creator.ID != a.ID {
			return campfire.Forbidden("Only its author can edit a message.")
		}
		if version != 0 && !sees(version, m) {
			return &campfire.Error{Code: campfire.CodeConflict, Message: m,
				Detail: "The message was changed since you began to edit it."}
		}
		if m.Body == rendered.Source {
			return nil
		}
		if rendered.Source == "" && len(m.Meta.Files()) == 0 {
			return campfire.Invalid("body", "must not be empty")
		}
		rendered := withFiles(rendered, m.Meta.Files())
		old := m
		m = new(*m)
		m.Body, m.HTML, m.Plain, m.Meta = rendered.Source, rendered.HTML, rendered.Plain, rendered.Meta
		m.RenderVersion, m.EditedAt = markup.Version, s.now()
		links := carryPreviews(old, m, links)
		if err := tx.UpdateMessage(m); err != nil {
			return err
		}
		if err := tx.AddMentions(m, reached); err != nil {
			return err
		}
		if err := s.queuePreviews(tx, m, links); err != nil {
			return err
		}
		tx.Emit(&campfire.Event{Kind: campfire.MessageUpdated, Room: room, Seq: m.Version, MessageID: id, Message: m})
		return nil
	})
	if err != nil {
		return nil, 0, err
	}
	return m, m.Version, nil
}

// sees reports whether a version has the text that a message has now: what
// came below it since is none of an editor's concern.
func sees(version campfire.Seq, m *campfire.Message) bool {
	if version == m.Version || m.Meta == nil || m.Meta.Previews == nil {
		return version == m.Version
	}
	text := m.Meta.Previews.TextVersion
	return text != 0 && version >= text && version < m.Version
}

// Delete turns a message into a tombstone: its author, or an administrator
// who is in the room. It returns the number that the deletion took.
func (s *Service) Delete(ctx context.Context, a campfire.Actor, room campfire.RoomID, id campfire.MessageID) (seq campfire.Seq, err error) {
	files := false
	err = s.store.Write(ctx, func(tx *store.Tx) error {
		if err := s.stillActive(tx, a); err != nil {
			return err
		}
		if _, err := entered(&tx.Reader, a, room); err != nil {
			return err
		}
		m, err := tx.Message(room, id)
		if err != nil {
			return err
		}
		if m.Creator.ID != a.ID && !a.IsAdministrator() {
			return campfire.Forbidden("Only its author or an administrator can delete a message.")
		}
		if seq, err = tx.DeleteMessage(room, id, s.now()); err != nil {
			return err
		}
		files = len(m.Meta.Files()) > 0
		tx.Emit(&campfire.Event{Kind: campfire.MessageDeleted, Room: room, Seq: seq, MessageID: id})
		return nil
	})
	if err == nil && files {
		s.wakeRun()
	}
	return seq, err
}
