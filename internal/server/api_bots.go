package server

import (
	"encoding/json"
	"net/http"
	"strconv"

	"campfire"
	"campfire/internal/chat"
	"campfire/internal/store"
)

// appendBot appends a bot with its settings: for administrators.
func (c *call) appendBot(b []byte, bot *campfire.BotSettings) []byte {
	b = c.s.wire.AppendUser(b, &bot.User, false)
	b = append(b[:len(b)-1], `,"webhook_url":`...)
	if bot.WebhookURL == "" {
		b = append(b, "null"...)
	} else {
		b = campfire.AppendJSONString(b, bot.WebhookURL)
	}
	b = append(b, `,"webhook_stopped_at":`...)
	if bot.WebhookStopped == 0 {
		b = append(b, "null"...)
	} else {
		b = append(b, '"')
		b, _ = bot.WebhookStopped.AppendText(b)
		b = append(b, '"')
	}
	return append(b, '}')
}

// nullable is a text of which null says that it goes, as the empty one does,
// and nothing that it stays.
type nullable struct{ text *string }

// UnmarshalJSON reads a text or null.
func (n *nullable) UnmarshalJSON(b []byte) error {
	n.text = new(string)
	return json.Unmarshal(b, n.text)
}

func (s *Server) getBots(c *call) error {
	bots, err := s.chat.Bots(c.r.Context(), c.actor)
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, func(b []byte) []byte {
		return append(appendAll(append(b, `{"bots":`...), bots, c.appendBot), '}')
	})
}

func (s *Server) postBot(c *call) error {
	var in struct {
		Name       string  `json:"name"`
		WebhookURL *string `json:"webhook_url"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	url := ""
	if in.WebhookURL != nil {
		url = *in.WebhookURL
	}
	made, err := s.chat.CreateBot(c.r.Context(), c.actor, in.Name, url)
	if err != nil {
		return err
	}
	c.w.Header().Set("Cache-Control", "no-store")
	return c.json(http.StatusCreated, func(b []byte) []byte {
		b = c.appendBot(append(b, `{"bot":`...), made.BotSettings)
		b = campfire.AppendJSONString(append(b, `,"key":`...), made.Key.Reveal())
		b = campfire.AppendJSONString(append(b, `,"webhook_secret":`...), made.WebhookSecret.Reveal())
		return append(b, '}')
	})
}

func (s *Server) patchBot(c *call) error {
	id, err := pathID[campfire.UserID](c, "bot")
	if err != nil {
		return err
	}
	var in struct {
		Name       *string  `json:"name"`
		WebhookURL nullable `json:"webhook_url"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	bot, err := s.chat.UpdateBot(c.r.Context(), c.actor, id, chat.BotPatch{Name: in.Name, WebhookURL: in.WebhookURL.text})
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, func(b []byte) []byte {
		return append(c.appendBot(append(b, `{"bot":`...), bot), '}')
	})
}

func (s *Server) deleteBot(c *call) error {
	id, err := pathID[campfire.UserID](c, "bot")
	if err != nil {
		return err
	}
	if err := s.chat.DeactivateBot(c.r.Context(), c.actor, id); err != nil {
		return err
	}
	return c.done(0)
}

func (s *Server) postBotKey(c *call) error {
	id, err := pathID[campfire.UserID](c, "bot")
	if err != nil {
		return err
	}
	key, err := s.chat.RenewBotKey(c.r.Context(), c.actor, id)
	if err != nil {
		return err
	}
	c.w.Header().Set("Cache-Control", "no-store")
	return c.value(http.StatusOK, map[string]string{"key": key.Reveal()})
}

func (s *Server) postBotSecret(c *call) error {
	id, err := pathID[campfire.UserID](c, "bot")
	if err != nil {
		return err
	}
	secret, err := s.chat.RenewWebhookSecret(c.r.Context(), c.actor, id)
	if err != nil {
		return err
	}
	c.w.Header().Set("Cache-Control", "no-store")
	return c.value(http.StatusOK, map[string]string{"webhook_secret": secret.Reveal()})
}

// postBotTest answers how the test of a webhook ended; that it failed is no
// error of this request.
func (s *Server) postBotTest(c *call) error {
	id, err := pathID[campfire.UserID](c, "bot")
	if err != nil {
		return err
	}
	t, err := s.Webhooks.Test(c.r.Context(), c.actor, id)
	if err != nil {
		return err
	}
	return c.value(http.StatusOK, map[string]any{"test": map[string]any{
		"outcome": t.Outcome, "status": status(t.Status), "detail": t.Detail, "took_ms": t.Took.Milliseconds()}})
}

// status is a status over HTTP, null where none came.
func status(n int) any {
	if n == 0 {
		return nil
	}
	return n
}

func (s *Server) getDeliveries(c *call) error {
	id, err := pathID[campfire.UserID](c, "bot")
	if err != nil {
		return err
	}
	before, err := queryID[store.TryID](c, "cursor")
	if err != nil {
		return err
	}
	limit, err := queryInt(c, "limit")
	if err != nil {
		return err
	}
	tries, more, err := s.chat.Deliveries(c.r.Context(), c.actor, id, before, limit)
	if err != nil {
		return err
	}
	type delivery struct {
		ID         store.TryID   `json:"id"`
		DeliveryID string        `json:"delivery_id"`
		RoomID     any           `json:"room_id"`
		MessageID  any           `json:"message_id"`
		Attempt    int           `json:"attempt"`
		Outcome    string        `json:"outcome"`
		Status     any           `json:"status"`
		Detail     string        `json:"detail"`
		Took       int64         `json:"took_ms"`
		At         campfire.Time `json:"at"`
	}
	out := make([]delivery, len(tries))
	for i, t := range tries {
		out[i] = delivery{t.ID, t.Job.DeliveryID, status(int(t.Job.Room)), status(int(t.Job.Message)), t.Attempt, t.Outcome.String(),
			status(t.Status), t.Detail, t.Took.Milliseconds(), t.At}
	}
	answer := map[string]any{"deliveries": out}
	if before == 0 {
		if err := s.addOwed(c, id, answer); err != nil {
			return err
		}
	}
	if more {
		answer["next_cursor"] = strconv.FormatInt(int64(tries[len(tries)-1].ID), 10)
	}
	return c.value(http.StatusOK, answer)
}

// addOwed adds to the first page of a bot's log what is still to be delivered.
func (s *Server) addOwed(c *call, id campfire.UserID, answer map[string]any) error {
	owed, total, err := s.chat.OwedDeliveries(c.r.Context(), c.actor, id)
	if err != nil {
		return err
	}
	type last struct {
		At     campfire.Time `json:"at"`
		Status any           `json:"status"`
		Detail string        `json:"detail"`
		Took   int64         `json:"took_ms"`
	}
	type delivery struct {
		DeliveryID string             `json:"delivery_id"`
		RoomID     campfire.RoomID    `json:"room_id"`
		MessageID  campfire.MessageID `json:"message_id"`
		CreatedAt  campfire.Time      `json:"created_at"`
		Attempts   int                `json:"attempts"`
		State      chat.Standing      `json:"state"`
		NextAt     *campfire.Time     `json:"next_attempt_at"`
		Last       *last              `json:"last_attempt"`
	}
	out := make([]delivery, len(owed))
	for i, o := range owed {
		d := delivery{DeliveryID: o.DeliveryID, RoomID: o.Room, MessageID: o.Message, CreatedAt: o.CreatedAt, Attempts: o.Attempts, State: o.Standing}
		if o.Standing != chat.Sending {
			d.NextAt = &o.RunAt
		}
		if t := o.Last; t != nil {
			d.Last = &last{t.At, status(t.Status), t.Detail, t.Took.Milliseconds()}
		}
		out[i] = d
	}
	answer["owed"], answer["owed_total"] = out, total
	return nil
}

func (s *Server) postReplay(c *call) error {
	id, err := pathID[campfire.UserID](c, "bot")
	if err != nil {
		return err
	}
	try, err := pathID[store.TryID](c, "delivery")
	if err != nil {
		return err
	}
	if err := s.chat.ReplayDelivery(c.r.Context(), c.actor, id, try); err != nil {
		return err
	}
	c.w.WriteHeader(http.StatusAccepted)
	return nil
}
