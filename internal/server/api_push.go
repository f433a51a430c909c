package server

import (
	"encoding/json"
	"net/http"
	"time"

	"campfire"
	"campfire/internal/chat"
	"campfire/internal/web/text"
)

func (s *Server) getPushKey(c *call) error {
	return c.value(http.StatusOK, map[string]string{"key": s.PushKey})
}

// deviceJSON is a device without its endpoint, which is a secret.
type deviceJSON struct {
	ID            campfire.DeviceID `json:"id"`
	UserAgent     string            `json:"user_agent"`
	CreatedAt     campfire.Time     `json:"created_at"`
	Current       bool              `json:"current"` // of the credential that asks
	LastSuccessAt *campfire.Time    `json:"last_success_at"`
	LastResult    *resultJSON       `json:"last_result"`
}

type resultJSON struct {
	At      campfire.Time `json:"at"`
	Success bool          `json:"success"`
	Status  int           `json:"status"`
	Detail  string        `json:"detail"`
}

func (c *call) device(d *campfire.Device) deviceJSON {
	out := deviceJSON{ID: d.ID, UserAgent: d.UserAgent, CreatedAt: d.CreatedAt, Current: d.Credential == c.actor.Credential}
	if d.LastSuccessAt != 0 {
		out.LastSuccessAt = &d.LastSuccessAt
	}
	if d.LastAt != 0 {
		out.LastResult = &resultJSON{d.LastAt, d.LastAt == d.LastSuccessAt, d.LastStatus, d.LastDetail}
	}
	return out
}

func (s *Server) getSubscriptions(c *call) error {
	devices, err := s.chat.Devices(c.r.Context(), c.actor)
	if err != nil {
		return err
	}
	out := make([]deviceJSON, len(devices))
	for i, d := range devices {
		out[i] = c.device(d)
	}
	return c.value(http.StatusOK, map[string]any{"subscriptions": out})
}

// postSubscription takes what PushSubscription.toJSON() gives.
func (s *Server) postSubscription(c *call) error {
	var in struct {
		Endpoint       string   `json:"endpoint"`
		ExpirationTime *float64 `json:"expirationTime"` // no browser sets it
		Keys           struct {
			Key  string `json:"p256dh"`
			Auth string `json:"auth"`
		} `json:"keys"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	d, created, err := s.chat.Subscribe(c.r.Context(), c.actor, chat.Subscription{
		Endpoint: in.Endpoint, Key: in.Keys.Key, Auth: in.Keys.Auth, Language: c.texts().Tag, Base: s.address(c.r, ""),
	}, c.client())
	if err != nil {
		return err
	}
	status := http.StatusOK
	if created {
		status = http.StatusCreated
	}
	return c.value(status, map[string]any{"subscription": c.device(d)})
}

func (s *Server) deleteSubscription(c *call) error {
	id, err := pathID[campfire.DeviceID](c, "subscription")
	if err != nil {
		return err
	}
	if err := s.chat.RemoveDevice(c.r.Context(), c.actor, id); err != nil {
		return err
	}
	return c.done(0)
}

// testSubscription answers before the test is sent: what came of it is the
// device's last result, soon after.
func (s *Server) testSubscription(c *call) error {
	id, err := pathID[campfire.DeviceID](c, "subscription")
	if err != nil {
		return err
	}
	if err := s.chat.TestDevice(c.r.Context(), c.actor, id); err != nil {
		return err
	}
	c.w.WriteHeader(http.StatusAccepted)
	return nil
}

// days are how days of the week are written; JavaScript and Go both begin with
// Sunday.
var days = []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

type quietJSON struct {
	Days []string `json:"days"`
	From string   `json:"from"`
	To   string   `json:"to"`
}

type notificationsJSON struct {
	TimeZone    string         `json:"time_zone"`
	QuietHours  []quietJSON    `json:"quiet_hours"`
	PausedUntil *campfire.Time `json:"paused_until"`
	Keywords    []string       `json:"keywords"`
}

func (c *call) notifications(n *campfire.Notifications) error {
	out := notificationsJSON{TimeZone: n.TimeZone, QuietHours: []quietJSON{}, Keywords: append([]string{}, n.Keywords...)}
	for _, q := range n.Quiet {
		j := quietJSON{From: q.From.String(), To: q.To.String()}
		for _, d := range q.Days {
			j.Days = append(j.Days, days[d])
		}
		out.QuietHours = append(out.QuietHours, j)
	}
	if n.PausedUntil != 0 {
		out.PausedUntil = &n.PausedUntil
	}
	return c.value(http.StatusOK, map[string]any{"notifications": out})
}

func (s *Server) getNotifications(c *call) error {
	n, err := s.chat.Notifications(c.r.Context(), c.actor)
	if err != nil {
		return err
	}
	return c.notifications(n)
}

// putNotifications replaces what is given; what is left out stays.
func (s *Server) putNotifications(c *call) error {
	var in struct {
		TimeZone    *string         `json:"time_zone"`
		QuietHours  *[]quietJSON    `json:"quiet_hours"`
		PausedUntil json.RawMessage `json:"paused_until"`
		Keywords    *[]string       `json:"keywords"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	n, err := s.chat.Notifications(c.r.Context(), c.actor)
	if err != nil {
		return err
	}
	if in.TimeZone != nil {
		n.TimeZone = *in.TimeZone
	}
	if in.QuietHours != nil {
		if n.Quiet, err = quietHours(*in.QuietHours); err != nil {
			return err
		}
	}
	if in.PausedUntil != nil {
		n.PausedUntil = 0
		if json.Unmarshal(in.PausedUntil, &n.PausedUntil) != nil {
			return campfire.Invalid("paused_until", "must be a time such as 2026-01-02T03:04:05Z, or null")
		}
	}
	if in.Keywords != nil {
		n.Keywords = *in.Keywords
	}
	if n, err = s.chat.SetNotifications(c.r.Context(), c.actor, *n); err != nil {
		return err
	}
	return c.notifications(n)
}

func quietHours(in []quietJSON) ([]campfire.QuietHours, error) {
	var out []campfire.QuietHours
	for _, j := range in {
		var q campfire.QuietHours
		var okFrom, okTo bool
		q.From, okFrom = campfire.ParseMinute(j.From)
		q.To, okTo = campfire.ParseMinute(j.To)
		if !okFrom || !okTo {
			return nil, campfire.Invalid("quiet_hours", "must begin and end at times such as 22:00")
		}
		for _, name := range j.Days {
			day, ok := weekday(name)
			if !ok {
				return nil, campfire.Invalid("quiet_hours", "must be on days such as monday")
			}
			q.Days = append(q.Days, day)
		}
		out = append(out, q)
	}
	return out, nil
}

func weekday(name string) (time.Weekday, bool) {
	for i, d := range days {
		if d == name {
			return time.Weekday(i), true
		}
	}
	return 0, false
}

// getNotification says why the caller was told of a message, or was not.
func (s *Server) getNotification(c *call) error {
	room, id, err := c.messagePath()
	if err != nil {
		return err
	}
	e, err := s.chat.Explain(c.r.Context(), c.actor, room, id)
	if err != nil {
		return err
	}
	type delivery struct {
		Device    campfire.DeviceID `json:"subscription_id"`
		UserAgent string            `json:"user_agent"`
		At        campfire.Time     `json:"at"`
		Outcome   string            `json:"outcome"`
		Status    int               `json:"status"`
		Detail    string            `json:"detail"`
	}
	out := struct {
		Notified   bool           `json:"notified"`
		Rule       campfire.Rule  `json:"rule"`
		Detail     string         `json:"detail"`
		Keyword    string         `json:"keyword,omitempty"`
		DecidedAt  *campfire.Time `json:"decided_at"`
		Deliveries []delivery     `json:"deliveries"`
	}{Notified: e.Notified, Rule: e.Rule, Detail: text.For("en").T("why."+string(e.Rule), "keyword", e.Keyword), Keyword: e.Keyword, Deliveries: []delivery{}}
	if e.DecidedAt != 0 {
		out.DecidedAt = &e.DecidedAt
	}
	for _, d := range e.Deliveries {
		out.Deliveries = append(out.Deliveries, delivery(d))
	}
	return c.value(http.StatusOK, map[string]any{"notification": out})
}
