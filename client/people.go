package client

import (
	"context"
	"fmt"
	"iter"
)

func userPath(id int64) string { return fmt.Sprintf("/api/users/%d", id) }

// Me returns who the client is.
func (c *Client) Me(ctx context.Context) (*User, error) {
	return c.user(ctx, "GET", "/api/users/me", nil)
}

// ProfilePatch is a change of oneself; what is nil stays.
type ProfilePatch struct {
	Name            *string `json:"name,omitempty"`
	Email           *string `json:"email,omitempty"`
	Bio             *string `json:"bio,omitempty"`
	Password        *string `json:"password,omitempty"` // needs CurrentPassword, and ends all other sessions
	CurrentPassword *string `json:"current_password,omitempty"`
}

// UpdateMe changes one's own profile.
func (c *Client) UpdateMe(ctx context.Context, p ProfilePatch) (*User, error) {
	return c.user(ctx, "PATCH", "/api/users/me", p)
}

// User returns a person or a bot.
func (c *Client) User(ctx context.Context, id int64) (*User, error) {
	return c.user(ctx, "GET", userPath(id), nil)
}

// SetRole makes someone a member or an administrator; for administrators.
func (c *Client) SetRole(ctx context.Context, id int64, role string) (*User, error) {
	return c.user(ctx, "PATCH", userPath(id), map[string]string{"role": role})
}

func (c *Client) user(ctx context.Context, method, path string, in any) (*User, error) {
	var out struct {
		User User `json:"user"`
	}
	if err := c.Do(ctx, method, path, in, &out); err != nil {
		return nil, err
	}
	return &out.User, nil
}

// UserQuery asks for people; the zero UserQuery for all.
type UserQuery struct {
	Name string // a part of the name
	Room int64  // only its members
}

// Users goes through the people whose name holds a text, a page at a time.
func (c *Client) Users(ctx context.Context, q UserQuery) iter.Seq2[User, error] {
	return func(yield func(User, error) bool) {
		cursor := ""
		for {
			var out struct {
				Users      []User `json:"users"`
				NextCursor string `json:"next_cursor"`
			}
			path := query{}.text("query", q.Name).number("room_id", q.Room).text("cursor", cursor).on("/api/users")
			err := Retry(ctx, func() error { return c.Do(ctx, "GET", path, nil, &out) })
			if err != nil {
				yield(User{}, err)
				return
			}
			for _, u := range out.Users {
				if !yield(u, nil) {
					return
				}
			}
			if cursor = out.NextCursor; cursor == "" {
				return
			}
		}
	}
}

// Deactivate ends someone's account; for administrators.
func (c *Client) Deactivate(ctx context.Context, id int64) error {
	return c.Do(ctx, "DELETE", userPath(id), nil, nil)
}

// Ban shuts someone out and hides what they wrote; for administrators.
func (c *Client) Ban(ctx context.Context, id int64) error {
	return c.Do(ctx, "POST", userPath(id)+"/ban", nil, nil)
}

// Unban lets someone in again; for administrators.
func (c *Client) Unban(ctx context.Context, id int64) error {
	return c.Do(ctx, "DELETE", userPath(id)+"/ban", nil, nil)
}
