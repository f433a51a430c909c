package client

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Bot is a bot with its webhook. A program that is one uses its key with [New].
type Bot struct {
	User
	WebhookURL       string     `json:"webhook_url"`        // empty: none
	WebhookStoppedAt *time.Time `json:"webhook_stopped_at"` // when it answered that it is gone; nil: it did not
}

// NewBot is a bot just made, with what is never shown again.
type NewBot struct {
	Bot           Bot    `json:"bot"`
	Key           string `json:"key"`
	WebhookSecret string `json:"webhook_secret"`
}

// Bots lists the bots by name; for administrators, as all that follows.
func (c *Client) Bots(ctx context.Context) ([]Bot, error) {
	var out struct {
		Bots []Bot `json:"bots"`
	}
	err := c.Do(ctx, "GET", "/api/bots", nil, &out)
	return out.Bots, err
}

// CreateBot makes a bot; webhookURL may be empty.
func (c *Client) CreateBot(ctx context.Context, name, webhookURL string) (*NewBot, error) {
	out := &NewBot{}
	if err := c.Do(ctx, "POST", "/api/bots", map[string]string{"name": name, "webhook_url": webhookURL}, out); err != nil {
		return nil, err
	}
	return out, nil
}

// BotPatch is a change of a bot; what is nil stays.
type BotPatch struct {
	Name       *string `json:"name,omitempty"`
	WebhookURL *string `json:"webhook_url,omitempty"` // empty removes it
}

// UpdateBot changes a bot.
func (c *Client) UpdateBot(ctx context.Context, id int64, p BotPatch) (*Bot, error) {
	var out struct {
		Bot Bot `json:"bot"`
	}
	if err := c.Do(ctx, "PATCH", botPath(id), p, &out); err != nil {
		return nil, err
	}
	return &out.Bot, nil
}

// DeleteBot ends a bot's access; what it wrote stays.
func (c *Client) DeleteBot(ctx context.Context, id int64) error {
	return c.Do(ctx, "DELETE", botPath(id), nil, nil)
}

// RenewBotKey makes a new key, which ends the old one.
func (c *Client) RenewBotKey(ctx context.Context, id int64) (key string, err error) {
	var out struct {
		Key string `json:"key"`
	}
	err = c.Do(ctx, "POST", botPath(id)+"/key", nil, &out)
	return out.Key, err
}

// RenewWebhookSecret makes a new secret that signs what the webhook is told.
func (c *Client) RenewWebhookSecret(ctx context.Context, id int64) (secret string, err error) {
	var out struct {
		Secret string `json:"webhook_secret"`
	}
	err = c.Do(ctx, "POST", botPath(id)+"/secret", nil, &out)
	return out.Secret, err
}

// WebhookTest is how the test of a webhook ended.
type WebhookTest struct {
	Outcome string `json:"outcome"` // done or given_up
	Status  int    `json:"status"`  // of the answer; zero: none came
	Detail  string `json:"detail"`
	TookMS  int64  `json:"took_ms"`
}

// TestWebhook sends a bot's webhook a message that nobody wrote.
func (c *Client) TestWebhook(ctx context.Context, bot int64) (*WebhookTest, error) {
	var out struct {
		Test WebhookTest `json:"test"`
	}
	if err := c.Do(ctx, "POST", botPath(bot)+"/test", nil, &out); err != nil {
		return nil, err
	}
	return &out.Test, nil
}

// Try is one try to tell a bot's webhook of a message.
type Try struct {
	ID         int64     `json:"id"`
	DeliveryID string    `json:"delivery_id"` // the same for every try
	RoomID     int64     `json:"room_id"`
	MessageID  int64     `json:"message_id"` // zero: a test
	Attempt    int       `json:"attempt"`
	Outcome    string    `json:"outcome"` // done, skipped, failed, given_up or dropped
	Status     int       `json:"status"`  // of the answer; zero: none came
	Detail     string    `json:"detail"`
	TookMS     int64     `json:"took_ms"`
	At         time.Time `json:"at"`
}

// Deliveries returns a page of the tries of a bot's webhook, newest first;
// cursor is empty for the first page, and next is for the last.
func (c *Client) Deliveries(ctx context.Context, bot int64, cursor string) (tries []Try, next string, err error) {
	var out struct {
		Deliveries []Try  `json:"deliveries"`
		NextCursor string `json:"next_cursor"`
	}
	path := botPath(bot) + "/deliveries"
	if cursor != "" {
		path += "?cursor=" + cursor
	}
	err = c.Do(ctx, "GET", path, nil, &out)
	return out.Deliveries, out.NextCursor, err
}

// ReplayDelivery tells a bot's webhook of a message again, under the same
// delivery id.
func (c *Client) ReplayDelivery(ctx context.Context, bot, try int64) error {
	return c.Do(ctx, "POST", fmt.Sprintf("%s/deliveries/%d/replay", botPath(bot), try), nil, nil)
}

func botPath(id int64) string { return fmt.Sprintf("/api/bots/%d", id) }

// Delivery is what a bot's webhook is told of a message. An answer of
// text/plain is posted as the bot's message.
type Delivery struct {
	ID   string `json:"-"` // the same when it comes again
	User struct {
		ID   int64  `json:"id"`
		Name string `json:"name"`
	} `json:"user"`
	Room struct {
		ID   int64  `json:"id"`
		Name string `json:"name"` // empty in a ping
		Path string `json:"path"` // for an hour, whatever is posted there as a text is the bot's
	} `json:"room"`
	Message struct {
		ID   int64 `json:"id"`
		Body struct {
			HTML  string `json:"html"`
			Plain string `json:"plain"` // without the mention of the bot
		} `json:"body"`
		Path string `json:"path"`
	} `json:"message"`
}

// signatureAge is how old a delivery may be, and how far ahead.
const signatureAge = 5 * time.Minute

// maxDelivery bounds what is read of one, in bytes.
const maxDelivery = 1 << 20

// ReadDelivery reads a request to a bot's webhook. It refuses what the secret
// did not sign, and what was signed more than five minutes ago.
func ReadDelivery(r *http.Request, secret string) (*Delivery, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxDelivery))
	if err != nil {
		return nil, err
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil || len(key) == 0 {
		return nil, errors.New("campfire: the signing secret is malformed")
	}
	id, at := r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(at, 10, 64)
	if age := time.Since(time.Unix(seconds, 0)); err != nil || age > signatureAge || age < -signatureAge {
		return nil, errors.New("campfire: the delivery is too old")
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%s.%s", id, at, body)
	sum := mac.Sum(nil)
	for one := range strings.SplitSeq(r.Header.Get("webhook-signature"), " ") {
		text, ok := strings.CutPrefix(one, "v1,")
		if signature, err := base64.StdEncoding.DecodeString(text); ok && err == nil && hmac.Equal(signature, sum) {
			d := &Delivery{ID: id}
			if err := json.Unmarshal(body, d); err != nil {
				return nil, fmt.Errorf("campfire: the delivery is malformed: %w", err)
			}
			return d, nil
		}
	}
	return nil, errors.New("campfire: the delivery is not signed with this secret")
}
