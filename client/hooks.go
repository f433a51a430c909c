package client

import (
	"context"
	"fmt"
	"time"
)

// Hook is an incoming webhook of a room: an address that other programs post
// to as they post to Slack.
type Hook struct {
	ID         int64      `json:"id"`
	Name       string     `json:"name"`
	UserID     int64      `json:"user_id"` // the bot that it posts as
	CreatorID  int64      `json:"creator_id"`
	CreatedAt  time.Time  `json:"created_at"`
	LastUsedAt *time.Time `json:"last_used_at"` // nil: never
	URL        string     `json:"url"`          // when it is made alone
}

// Hooks lists a room's incoming webhooks; for its creator and administrators,
// as what follows.
func (c *Client) Hooks(ctx context.Context, room int64) ([]Hook, error) {
	var out struct {
		Hooks []Hook `json:"hooks"`
	}
	err := c.Do(ctx, "GET", roomPath(room)+"/hooks", nil, &out)
	return out.Hooks, err
}

// CreateHook makes an incoming webhook.
func (c *Client) CreateHook(ctx context.Context, room int64, name string) (*Hook, error) {
	var out struct {
		Hook Hook `json:"hook"`
	}
	if err := c.Do(ctx, "POST", roomPath(room)+"/hooks", map[string]string{"name": name}, &out); err != nil {
		return nil, err
	}
	return &out.Hook, nil
}

// DeleteHook ends an incoming webhook; what it posted stays.
func (c *Client) DeleteHook(ctx context.Context, room, id int64) error {
	return c.Do(ctx, "DELETE", fmt.Sprintf("%s/hooks/%d", roomPath(room), id), nil, nil)
}
