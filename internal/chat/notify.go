package chat

import (
	"context"
	"time"

	"campfire"
	"campfire/internal/store"
)

const (
	// notifyAfter is how long after a message it is decided who is told: who
	// reads along has read it by then.
	notifyAfter = 2 * time.Second
	// watcherAfter is how long the push waits, counted from the message, of
	// who has the room on a visible screen. They may have left their desk: it
	// waits, and goes unless they have read on by then.
	watcherAfter = 10 * time.Second
)

// facts are all that decides whether a person is told of a message, as of the
// moment of deciding.
type facts struct {
	author      bool
	member      bool // was in the room when it was written
	device      bool
	involvement campfire.Involvement
	mentioned   bool
	keyword     string // of theirs, that the text has
	read        bool
	paused      bool
	quiet       bool
	watching    bool // has the room on a visible screen
}

// decision is what becomes of a message for a person: when the rule tells, the
// push goes off no sooner than after, counted from the message.
type decision struct {
	rule  campfire.Rule
	after time.Duration
}

// decide is the whole of who is told of what: what sends goes by it, and what
// explains. Connections are among the facts only for the wait.
//
// Facts that can't change any more come first, so that the answer for who had
// no device can be given at any later time.
func decide(f facts) decision {
	switch {
	case f.author:
		return decision{rule: campfire.RuleAuthor}
	case !f.member:
		return decision{rule: campfire.RuleNotMember}
	case !f.device:
		return decision{rule: campfire.RuleNoDevice}
	case f.involvement == campfire.Invisible:
		return decision{rule: campfire.RuleInvisible}
	case f.involvement == campfire.Nothing:
		return decision{rule: campfire.RuleNothing}
	}
	rule := campfire.RuleEverything
	switch {
	case f.mentioned:
		rule = campfire.RuleMention
	case f.keyword != "":
		rule = campfire.RuleKeyword
	case f.involvement != campfire.Everything:
		return decision{rule: campfire.RuleNotMentioned}
	}
	switch {
	case f.read:
		return decision{rule: campfire.RuleRead}
	case f.paused:
		return decision{rule: campfire.RulePaused}
	case f.quiet:
		return decision{rule: campfire.RuleQuietHours}
	case f.watching:
		return decision{rule: rule, after: watcherAfter}
	}
	return decision{rule: rule}
}

// factsOf are the facts of one member with a device.
func factsOf(m *campfire.Message, h *store.Hearer, watching bool, now campfire.Time) facts {
	return facts{
		author: m.Creator.ID == h.User, member: h.JoinedAt <= m.CreatedAt, device: true,
		involvement: h.Involvement, mentioned: h.Mentioned, keyword: h.Notifications.Keyword(m.Plain),
		read: h.ReadSeq >= m.Seq, paused: h.Notifications.PausedUntil > now, quiet: h.Notifications.QuietAt(now) != nil,
		watching: watching,
	}
}

// notifyLater queues, in a message's own transaction, that it is decided who is
// told of it. Where nobody has a device it costs one look at memory.
func (s *Service) notifyLater(tx *store.Tx, m *campfire.Message) error {
	if !s.anyDevice.Load() {
		return nil
	}
	return tx.Enqueue(store.Job{Kind: store.NotifyJob, Lane: int64(m.Room), Room: m.Room, Message: m.ID,
		CreatedAt: m.CreatedAt, RunAt: m.CreatedAt.Add(notifyAfter)})
}

// Decide decides who is told of a message. What it returns stores that, with a
// push for each device, in the transaction that ends the job. CodeNotFound when
// the message is gone.
func (s *Service) Decide(ctx context.Context, room campfire.RoomID, id campfire.MessageID) (func(*store.Tx) error, error) {
	var m *campfire.Message
	var hearers []*store.Hearer
	err := s.store.Read(ctx, func(r *store.Reader) (err error) {
		if m, err = r.Message(room, id); err != nil {
			return err
		}
		hearers, err = r.Hearers(m)
		return err
	})
	if err != nil {
		return nil, err
	}
	watching := make(map[campfire.UserID]bool)
	for _, u := range s.watching(room) {
		watching[u] = true
	}
	now := s.now()
	decided := make(map[campfire.UserID]store.Decided)
	var pushes []store.Job
	for _, h := range hearers {
		f := factsOf(m, h, watching[h.User], now)
		if f.author {
			continue
		}
		d := decide(f)
		decided[h.User] = store.Decided{Rule: d.rule}
		if d.rule == campfire.RuleKeyword {
			decided[h.User] = store.Decided{Rule: d.rule, Keyword: f.keyword}
		}
		if !d.rule.Tells() {
			continue
		}
		payload := ""
		if d.rule != campfire.RuleEverything {
			payload = urgent
		}
		for _, device := range h.Devices {
			pushes = append(pushes, store.Job{Kind: store.PushJob, Lane: int64(device), Room: room, Message: id, User: h.User,
				Target: int64(device), Payload: payload, CreatedAt: now, RunAt: max(now, m.CreatedAt.Add(d.after))})
		}
	}
	return func(tx *store.Tx) error {
		// Devices also go with their credentials, which nobody counts.
		any, err := tx.AnyDevice()
		if err != nil {
			return err
		}
		if !any {
			tx.Emit(&campfire.DevicesChanged{Any: false})
		}
		if len(decided) > 0 {
			if err := tx.SaveDecision(id, decided, now); err != nil {
				return err
			}
		}
		for _, j := range pushes {
			if err := tx.Enqueue(j); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

// urgent is the payload of a push of what is for the person, rather than for
// all of a room.
const urgent = "urgent"

// Push returns what a device is told by a job now. An error of ours says why it
// is told nothing any more: the person has read the message, or left the room,
// the message or the device is gone.
func (s *Service) Push(ctx context.Context, j *store.Job) (p *campfire.Push, err error) {
	p = &campfire.Push{Urgent: j.Payload == urgent}
	err = s.store.Read(ctx, func(r *store.Reader) error {
		if p.Device, err = r.Device(campfire.DeviceID(j.Target)); err != nil {
			return err
		}
		if p.Device.User != j.User {
			return campfire.NotFound("device") // someone else has signed in on it
		}
		if p.Unread, err = r.UnreadRooms(j.User); err != nil || j.Message == 0 {
			return err
		}
		place, err := r.Place(j.Room, j.User)
		if err != nil {
			return err
		}
		if !place.Member || place.Status != campfire.Active {
			return campfire.NotFound("membership")
		}
		if p.Message, err = r.Message(j.Room, j.Message); err != nil {
			return err
		}
		if place.Membership.ReadSeq >= p.Message.Seq {
			return &campfire.Error{Code: campfire.CodeGone, Detail: readDetail}
		}
		p.Room = &place.Room
		p.Urgent = p.Urgent || p.Room.Kind == campfire.Direct
		return nil
	})
	return p, err
}

// readDetail is how the log of deliveries says that a message had been read.
const readDetail = "read"

// explained is how many deliveries of one message are told to a person; they
// have ten devices at most, and each is tried a few times.
const explained = 100

// Explain says why a was told of a message of a room that a is in, or was not.
func (s *Service) Explain(ctx context.Context, a campfire.Actor, room campfire.RoomID, id campfire.MessageID) (*campfire.Explanation, error) {
	e := &campfire.Explanation{}
	err := s.store.Read(ctx, func(r *store.Reader) error {
		place, err := entered(r, a, room)
		if err != nil {
			return err
		}
		m, err := r.Message(room, id)
		if err != nil {
			return err
		}
		d, at, err := r.Decision(id, a.ID)
		switch {
		case campfire.CodeOf(err) == campfire.CodeNotFound:
			e.Rule, err = s.undecided(r, a, m, place)
			return err
		case err != nil:
			return err
		}
		e.Rule, e.Keyword, e.DecidedAt = d.Rule, d.Keyword, at
		if !d.Rule.Tells() {
			return nil
		}
		return s.deliveries(r, a, m, e)
	})
	return e, err
}

// undecided is the rule for whom nothing was decided.
func (s *Service) undecided(r *store.Reader, a campfire.Actor, m *campfire.Message, place *store.Place) (campfire.Rule, error) {
	d := decide(facts{author: m.Creator.ID == a.ID, member: place.Membership.JoinedAt <= m.CreatedAt})
	if d.rule != campfire.RuleNoDevice {
		return d.rule, nil
	}
	if m.CreatedAt < s.now().Add(-triesFor) {
		return campfire.RuleForgotten, nil
	}
	waiting, err := r.JobsFor(m.ID, store.NotifyJob, a.ID)
	if err != nil || len(waiting) > 0 {
		return campfire.RulePending, err
	}
	tries, err := r.TriesFor(m.ID, store.NotifyJob, 0, 1)
	if err != nil {
		return "", err
	}
	if len(tries) > 0 {
		return campfire.RuleDropped, nil // only what failed is in the log
	}
	return d.rule, nil
}

// deliveries adds what became of the pushes, and what the rule is when all of
// them came too late.
func (s *Service) deliveries(r *store.Reader, a campfire.Actor, m *campfire.Message, e *campfire.Explanation) error {
	devices, err := r.Devices(a.ID)
	if err != nil {
		return err
	}
	agents := make(map[campfire.DeviceID]string)
	for _, d := range devices {
		agents[d.ID] = d.UserAgent
	}
	tries, err := r.TriesFor(m.ID, store.PushJob, a.ID, explained)
	if err != nil {
		return err
	}
	read := len(tries) > 0
	dropped := len(tries) > 0
	for _, t := range tries {
		device := campfire.DeviceID(t.Job.Target)
		e.Deliveries = append(e.Deliveries, campfire.PushTry{Device: device, UserAgent: agents[device], At: t.At,
			Outcome: t.Outcome.String(), Status: t.Status, Detail: t.Detail})
		e.Notified = e.Notified || t.Outcome == store.TryDone
		read = read && t.Outcome == store.TrySkipped && t.Detail == readDetail
		dropped = dropped && t.Outcome == store.TryDropped
	}
	waiting, err := r.JobsFor(m.ID, store.PushJob, a.ID)
	if err != nil {
		return err
	}
	for _, j := range waiting {
		device := campfire.DeviceID(j.Target)
		e.Deliveries = append(e.Deliveries, campfire.PushTry{Device: device, UserAgent: agents[device], At: j.RunAt, Outcome: "waiting"})
	}
	switch {
	case len(waiting) > 0:
	case read:
		e.Rule, e.Keyword = campfire.RuleRead, ""
	case dropped:
		e.Rule, e.Keyword = campfire.RuleDropped, ""
	}
	return nil
}
