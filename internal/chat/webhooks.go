package chat

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"campfire"
	"campfire/internal/store"
)

// answerMark begins the client ids of what bots answered to webhooks: such a
// message is told to no webhook, so that bots can't keep each other going.
const answerMark = "webhook-answer-"

// queueWebhooks writes to the outbox which bots are to hear of a message: all
// that are in a direct, elsewhere those that it mentions.
func (s *Service) queueWebhooks(tx *store.Tx, room *campfire.Room, m *campfire.Message) error {
	hooked := *s.hooked.Load()
	if len(hooked) == 0 || room.Kind != campfire.Direct && m.Meta == nil {
		return nil
	}
	if m.Creator.Role == campfire.Bot && strings.HasPrefix(m.ClientID, answerMark) {
		return nil
	}
	var candidates []campfire.UserID
	if room.Kind == campfire.Direct {
		members, err := tx.MemberIDs(room.ID)
		if err != nil {
			return err
		}
		candidates = members
	} else {
		candidates = m.Meta.Mentions
	}
	for _, id := range candidates {
		if _, hears := slices.BinarySearch(hooked, id); !hears || id == m.Creator.ID {
			continue
		}
		err := tx.Enqueue(store.Job{Kind: store.WebhookJob, Lane: int64(id), Room: room.ID, Message: m.ID, User: id, CreatedAt: m.CreatedAt})
		if err != nil {
			return err
		}
	}
	return nil
}

// unwanted says why a delivery is no longer wanted.
func unwanted(reason string) error { return &campfire.Error{Code: campfire.CodeGone, Detail: reason} }

// Delivery returns what a bot's webhook is to be told of a message as it is
// now; CodeGone with the reason when it is no longer to be told.
func (s *Service) Delivery(ctx context.Context, bot campfire.UserID, room campfire.RoomID, message campfire.MessageID) (*campfire.Delivery, error) {
	var d *campfire.Delivery
	err := s.store.Read(ctx, func(r *store.Reader) error {
		b, err := r.Bot(bot)
		if err != nil {
			return err
		}
		switch {
		case b.Status != campfire.Active:
			return unwanted("The bot is gone.")
		case b.WebhookURL == "":
			return unwanted("The bot has no webhook any more.")
		case b.WebhookStopped != 0:
			return unwanted("The webhook was stopped.")
		}
		place, err := r.Place(room, bot)
		if campfire.CodeOf(err) == campfire.CodeNotFound && err != nil {
			return unwanted("The room was deleted.")
		}
		if err != nil {
			return err
		}
		if !place.Member {
			return unwanted("The bot is not in the room any more.")
		}
		m, err := r.Message(room, message)
		if campfire.CodeOf(err) == campfire.CodeNotFound && err != nil {
			return unwanted("The message was deleted.")
		}
		if err != nil {
			return err
		}
		d = s.delivery(b, &place.Room)
		d.Message = m
		return nil
	})
	if err != nil {
		return nil, err
	}
	list := []*campfire.Message{d.Message}
	err = s.freshen(ctx, list)
	d.Message = list[0]
	return d, err
}

func (s *Service) delivery(b *store.Bot, room *campfire.Room) *campfire.Delivery {
	return &campfire.Delivery{Bot: b.Person, URL: b.WebhookURL, Secret: b.WebhookSecret, Room: room,
		Token: postingToken(b, room.ID, s.now()+postingLife)}
}

// TestDelivery returns what a bot's webhook is sent to try it: a message that
// nobody wrote, in one of its rooms. Administrators; it starts a stopped
// webhook for this once.
func (s *Service) TestDelivery(ctx context.Context, a campfire.Actor, bot campfire.UserID) (*campfire.Delivery, error) {
	rooms, err := s.BotRooms(ctx, a, bot)
	if err != nil {
		return nil, err
	}
	if len(rooms) == 0 {
		return nil, campfire.Conflict("The bot is in no room that the test could be about.")
	}
	var d *campfire.Delivery
	err = s.store.Read(ctx, func(r *store.Reader) error {
		b, err := activeBot(r, bot)
		if err != nil {
			return err
		}
		if b.WebhookURL == "" {
			return campfire.Conflict("The bot has no webhook.")
		}
		d = s.delivery(b, &rooms[0].Room)
		d.Message = &campfire.Message{Room: d.Room.ID, Creator: a.Person, CreatedAt: s.now(),
			Plain: testText, HTML: "<p>" + testText + "</p>\n"}
		return nil
	})
	return d, err
}

const testText = "This is a test of your webhook."

// RecordTest writes the test of a bot's webhook into its log.
func (s *Service) RecordTest(ctx context.Context, bot campfire.UserID, t *store.Try) error {
	return s.store.Write(ctx, func(tx *store.Tx) error {
		t.Job.Kind, t.Job.User, t.Job.Lane = store.WebhookJob, bot, int64(bot)
		return tx.LogTry(t)
	})
}

// Answer prepares what a bot answered to a delivery, to be posted in the
// transaction that ends the delivery; once, however often that is. What can't
// be posted, since the bot has left or the text is empty, is passed over.
func (s *Service) Answer(ctx context.Context, bot campfire.UserID, room campfire.RoomID, deliveryID, text string) (func(*store.Tx) error, error) {
	return s.answer(ctx, bot, room, answerMark+deliveryID, text, nil)
}

// AnswerFile is Answer with a file in place of a text. One that is not posted,
// since the delivery was answered before, is found by the search for orphans.
func (s *Service) AnswerFile(ctx context.Context, bot campfire.UserID, room campfire.RoomID, deliveryID, name string, content []byte) (func(*store.Tx) error, error) {
	f, err := s.Receive(ctx, campfire.Actor{Person: campfire.Person{ID: bot}}, name, bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	return s.answer(ctx, bot, room, answerMark+deliveryID, "", []*Received{f})
}

// TimedOut prepares what is said in a bot's name when its webhook did not
// answer in time.
func (s *Service) TimedOut(ctx context.Context, bot campfire.UserID, room campfire.RoomID, deliveryID string, limit time.Duration) (func(*store.Tx) error, error) {
	seconds := strconv.FormatFloat(limit.Seconds(), 'g', -1, 64)
	return s.answer(ctx, bot, room, answerMark+"failed-"+deliveryID, "Failed to respond within "+seconds+" seconds", nil)
}

func (s *Service) answer(ctx context.Context, bot campfire.UserID, room campfire.RoomID, clientID, text string, files []*Received) (func(*store.Tx) error, error) {
	nothing := func(*store.Tx) error { return nil }
	var a campfire.Actor
	err := s.store.Read(ctx, func(r *store.Reader) error {
		u, err := r.User(bot)
		if err == nil {
			a = campfire.Actor{Person: u.Person}
		}
		return err
	})
	if err != nil {
		return nothing, err
	}
	text = fitting(text, s.limits.MaxMessage)
	if len(files) == 0 && !strings.ContainsFunc(text, visible) {
		return nothing, nil
	}
	p, err := s.prepare(ctx, a, room, campfire.Draft{Body: text, ClientID: clientID}, files)
	if campfire.CodeOf(err) == campfire.CodeInvalid {
		return nothing, nil
	}
	if err != nil {
		return nothing, err
	}
	return func(tx *store.Tx) error {
		// Asked here, for who has left an open room would join it by posting.
		place, err := tx.Place(room, bot)
		if err == nil && place.Member {
			_, err = s.post(tx, a, p)
		}
		if told, ok := errors.AsType[*campfire.Error](err); ok && told.Code != campfire.CodeInternal {
			return nil
		}
		return err
	}, nil
}

// fitting is the part of a text from elsewhere that a message can hold.
func fitting(s string, most int) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
	if most <= 0 || len(s) <= most {
		return s
	}
	const more = "…"
	s = s[:max(most-len(more), 0)]
	for len(s) > 0 && !utf8.ValidString(s[max(len(s)-utf8.UTFMax, 0):]) {
		s = s[:len(s)-1]
	}
	return s + more
}

// StopWebhook ends the deliveries to a webhook whose receiver says that it is
// gone, until its address is set again.
func (s *Service) StopWebhook(tx *store.Tx, bot campfire.UserID) error {
	b, err := tx.Bot(bot)
	if err != nil {
		return err
	}
	b.WebhookStopped = s.now()
	if err := tx.UpdateBot(b); err != nil {
		return err
	}
	return emitHooked(tx)
}

// deliveriesPage is how many tries a page of a bot's log holds.
const deliveriesPage = 50

// Deliveries lists the tries of a bot's webhook, newest first, and whether
// there are more: administrators.
func (s *Service) Deliveries(ctx context.Context, a campfire.Actor, bot campfire.UserID, before store.TryID, limit int) (tries []*store.Try, more bool, err error) {
	if limit, err = pageLimit(limit, 100, deliveriesPage); err != nil {
		return nil, false, err
	}
	if _, err := s.Bot(ctx, a, bot); err != nil {
		return nil, false, err
	}
	err = s.store.Read(ctx, func(r *store.Reader) error {
		tries, err = r.TriesOf(bot, store.WebhookJob, before, limit+1)
		return err
	})
	if len(tries) > limit {
		return tries[:limit], true, err
	}
	return tries, false, err
}

// Standing is how it stands with a delivery that is still owed.
type Standing string

// The standings of deliveries.
const (
	Sending   Standing = "sending"   // a try is under way
	Scheduled Standing = "scheduled" // its time has not come yet
	Behind    Standing = "behind"    // as many to this bot as may be at once are under way
	Queued    Standing = "queued"    // its time has come, and a worker will take it
	Stopped   Standing = "stopped"   // the bot has no webhook any more, or it was stopped: it will be skipped
)

// OwedDelivery is a delivery that is still to be done, with its next try at
// RunAt; that lies behind for one that waits for its turn.
type OwedDelivery struct {
	*store.Owed
	Standing Standing
}

// OwedDeliveries lists what is still to be delivered to a bot, as many as a
// page of its log holds, what is under way first and then what is tried next;
// and how many there are in all: administrators.
func (s *Service) OwedDeliveries(ctx context.Context, a campfire.Actor, bot campfire.UserID) (owed []OwedDelivery, total int, err error) {
	if !a.IsAdministrator() {
		return nil, 0, onlyAdministrators()
	}
	err = s.store.Read(ctx, func(r *store.Reader) error {
		b, err := activeBot(r, bot)
		if err != nil {
			return err
		}
		list, n, full, err := r.OwedOf(store.WebhookJob, int64(bot), deliveriesPage)
		total = n
		for _, o := range list {
			owed = append(owed, OwedDelivery{o, standing(b, o, full, s.now())})
		}
		return err
	})
	return owed, total, err
}

func standing(b *store.Bot, o *store.Owed, full bool, now campfire.Time) Standing {
	switch {
	case o.Leased:
		return Sending
	case !b.Hooked():
		return Stopped
	case o.RunAt > now:
		return Scheduled
	case full:
		return Behind
	}
	return Queued
}

// ReplayDelivery queues a delivery again, under the id that it had: administrators.
func (s *Service) ReplayDelivery(ctx context.Context, a campfire.Actor, bot campfire.UserID, id store.TryID) error {
	if !a.IsAdministrator() {
		return onlyAdministrators()
	}
	return s.store.Write(ctx, func(tx *store.Tx) error {
		if err := s.stillAdministrator(tx, a); err != nil {
			return err
		}
		b, err := activeBot(&tx.Reader, bot)
		if err != nil {
			return err
		}
		t, err := tx.Try(id)
		if err != nil {
			return err
		}
		if t.Job.Kind != store.WebhookJob || t.Job.User != bot {
			return campfire.NotFound("delivery")
		}
		if t.Job.Message == 0 {
			return campfire.Conflict("A test can't be replayed; send another one.")
		}
		if !b.Hooked() {
			return campfire.Conflict("The bot has no webhook, or it was stopped; set its address first.")
		}
		return tx.Enqueue(store.Job{Kind: store.WebhookJob, DeliveryID: t.Job.DeliveryID, Lane: t.Job.Lane, Room: t.Job.Room,
			Message: t.Job.Message, User: bot, CreatedAt: s.now()})
	})
}
