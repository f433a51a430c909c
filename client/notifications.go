package client

import (
	"context"
	"fmt"
	"time"
)

// PushKey returns the public key that a browser subscribes with.
func (c *Client) PushKey(ctx context.Context) (string, error) {
	var out struct {
		Key string `json:"key"`
	}
	err := c.Do(ctx, "GET", "/api/push/key", nil, &out)
	return out.Key, err
}

// PushSubscription is what a browser gives whoever may push to it.
type PushSubscription struct {
	Endpoint string   `json:"endpoint"`
	Keys     PushKeys `json:"keys"`
}

// PushKeys are those of one subscription, in base64 for URLs.
type PushKeys struct {
	P256DH string `json:"p256dh"`
	Auth   string `json:"auth"`
}

// Device is one that is told of messages.
type Device struct {
	ID            int64       `json:"id"`
	UserAgent     string      `json:"user_agent"`
	CreatedAt     time.Time   `json:"created_at"`
	Current       bool        `json:"current"` // whether the caller's own credential subscribed it
	LastSuccessAt *time.Time  `json:"last_success_at"`
	LastResult    *PushResult `json:"last_result"` // nil: nothing was sent yet
}

// PushResult is what came of the latest push.
type PushResult struct {
	At      time.Time `json:"at"`
	Success bool      `json:"success"`
	Status  int       `json:"status"` // of the push service's answer; 0: it was not reached
	Detail  string    `json:"detail"`
}

// Devices lists the caller's devices, oldest first.
func (c *Client) Devices(ctx context.Context) ([]Device, error) {
	var out struct {
		Subscriptions []Device `json:"subscriptions"`
	}
	err := c.Do(ctx, "GET", "/api/users/me/push_subscriptions", nil, &out)
	return out.Subscriptions, err
}

// Subscribe has a device told of messages; one that is known is brought up to
// date.
func (c *Client) Subscribe(ctx context.Context, s PushSubscription) (*Device, error) {
	var out struct {
		Subscription Device `json:"subscription"`
	}
	if err := c.Do(ctx, "POST", "/api/users/me/push_subscriptions", s, &out); err != nil {
		return nil, err
	}
	return &out.Subscription, nil
}

// Unsubscribe tells a device nothing any more.
func (c *Client) Unsubscribe(ctx context.Context, device int64) error {
	return c.Do(ctx, "DELETE", fmt.Sprintf("/api/users/me/push_subscriptions/%d", device), nil, nil)
}

// TestDevice sends a push; what came of it is the device's LastResult soon
// after.
func (c *Client) TestDevice(ctx context.Context, device int64) error {
	return c.Do(ctx, "POST", fmt.Sprintf("/api/users/me/push_subscriptions/%d/test", device), nil, nil)
}

// Notifications are when the caller wants to be told.
type Notifications struct {
	TimeZone    string       `json:"time_zone"` // of the IANA database
	QuietHours  []QuietHours `json:"quiet_hours"`
	PausedUntil *time.Time   `json:"paused_until"` // nil: they are not
	Keywords    []string     `json:"keywords"`
}

// QuietHours begin at From on each of Days and end at To, on the day after
// when that is not later.
type QuietHours struct {
	Days []string `json:"days"` // monday, …
	From string   `json:"from"` // 22:00
	To   string   `json:"to"`
}

// Notifications returns the caller's settings.
func (c *Client) Notifications(ctx context.Context) (*Notifications, error) {
	return c.notifications(ctx, "GET", nil)
}

// SetNotifications stores the caller's settings as a whole.
func (c *Client) SetNotifications(ctx context.Context, n Notifications) (*Notifications, error) {
	if n.QuietHours == nil {
		n.QuietHours = []QuietHours{}
	}
	if n.Keywords == nil {
		n.Keywords = []string{}
	}
	return c.notifications(ctx, "PUT", n)
}

func (c *Client) notifications(ctx context.Context, method string, in any) (*Notifications, error) {
	var out struct {
		Notifications Notifications `json:"notifications"`
	}
	if err := c.Do(ctx, method, "/api/users/me/notifications", in, &out); err != nil {
		return nil, err
	}
	return &out.Notifications, nil
}

// Explanation says why the caller was told of a message by push, or was not.
type Explanation struct {
	Notified   bool       `json:"notified"` // whether the push service of a device has taken it
	Rule       string     `json:"rule"`
	Detail     string     `json:"detail"` // the rule as a sentence
	Keyword    string     `json:"keyword"`
	DecidedAt  *time.Time `json:"decided_at"`
	Deliveries []PushTry  `json:"deliveries"`
}

// PushTry is one try to reach one device.
type PushTry struct {
	Device    int64     `json:"subscription_id"`
	UserAgent string    `json:"user_agent"` // empty: it is no longer there
	At        time.Time `json:"at"`
	Outcome   string    `json:"outcome"` // done, skipped, failed, given_up, dropped, waiting
	Status    int       `json:"status"`
	Detail    string    `json:"detail"`
}

// WhyNotified explains what the caller was told of a message.
func (c *Client) WhyNotified(ctx context.Context, room, message int64) (*Explanation, error) {
	var out struct {
		Notification Explanation `json:"notification"`
	}
	if err := c.Do(ctx, "GET", messagePath(room, message)+"/notification", nil, &out); err != nil {
		return nil, err
	}
	return &out.Notification, nil
}
