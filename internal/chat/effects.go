package chat

import (
	"campfire"
	"campfire/internal/store"
)

// queueEffects writes to the outbox what a new message owes to the world
// outside, in the message's own transaction. It is on the way of every post:
// what concerns nobody must be known from memory, without a query.
func (s *Service) queueEffects(tx *store.Tx, room *campfire.Room, m *campfire.Message) error {
	if err := s.queueWebhooks(tx, room, m); err != nil {
		return err
	}
	return s.notifyLater(tx, m)
}
