package client

import (
	"context"
	"fmt"
	"net/url"
	"time"
)

// NeedsSetup reports whether nobody has set the Campfire up yet. What answers
// and is no Campfire is an error.
func (c *Client) NeedsSetup(ctx context.Context) (bool, error) {
	var out struct {
		Needed *bool `json:"needed"`
	}
	if err := c.Do(ctx, "GET", "/api/setup", nil, &out); err != nil {
		return false, err
	}
	if out.Needed == nil {
		return false, fmt.Errorf("%s answers, but is no Campfire", c.base)
	}
	return *out.Needed, nil
}

// SetUp sets the Campfire up and returns a client for its administrator. The
// room "All Talk" is there afterwards. It is a conflict ever after.
func (c *Client) SetUp(ctx context.Context, name, email, password string) (*Client, *User, error) {
	return c.signIn(ctx, "/api/setup", map[string]string{"name": name, "email": email, "password": password})
}

// Join makes an account by the join code and returns a client for it.
func (c *Client) Join(ctx context.Context, code, name, email, password string) (*Client, *User, error) {
	return c.signIn(ctx, "/api/join/"+url.PathEscape(code), map[string]string{"name": name, "email": email, "password": password})
}

// Login signs in and returns a client for the person.
func (c *Client) Login(ctx context.Context, email, password string) (*Client, *User, error) {
	return c.signIn(ctx, "/api/auth/login", map[string]string{"email": email, "password": password})
}

func (c *Client) signIn(ctx context.Context, path string, in any) (*Client, *User, error) {
	var out struct {
		User  User   `json:"user"`
		Token string `json:"token"`
	}
	if err := c.Do(ctx, "POST", path, in, &out); err != nil {
		return nil, nil, err
	}
	return c.As(out.Token), &out.User, nil
}

// Logout ends the session: its token and its sockets.
func (c *Client) Logout(ctx context.Context) error {
	return c.Do(ctx, "POST", "/api/auth/logout", nil, nil)
}

// Account returns the installation.
func (c *Client) Account(ctx context.Context) (*Account, error) {
	return c.account(ctx, "GET", nil)
}

// AccountPatch is a change of the installation; what is nil stays.
type AccountPatch struct {
	Name                 *string `json:"name,omitempty"`
	RestrictRoomCreation *bool   `json:"restrict_room_creation,omitempty"`
	Previews             *bool   `json:"previews,omitempty"`
	Accent               *int    `json:"accent,omitempty"`
}

// UpdateAccount changes the installation; for administrators.
func (c *Client) UpdateAccount(ctx context.Context, p AccountPatch) (*Account, error) {
	return c.account(ctx, "PATCH", p)
}

func (c *Client) account(ctx context.Context, method string, in any) (*Account, error) {
	var out struct {
		Account Account `json:"account"`
	}
	if err := c.Do(ctx, method, "/api/account", in, &out); err != nil {
		return nil, err
	}
	return &out.Account, nil
}

// RenewJoinCode makes a new join code, which ends the old one; for
// administrators.
func (c *Client) RenewJoinCode(ctx context.Context) (string, error) {
	var out struct {
		JoinCode string `json:"join_code"`
	}
	err := c.Do(ctx, "POST", "/api/account/join_code", nil, &out)
	return out.JoinCode, err
}

// Styles returns the style sheet that every page loads after its own; for
// administrators.
func (c *Client) Styles(ctx context.Context) (css string, err error) {
	return c.styles(ctx, "GET", nil)
}

// SetStyles replaces that style sheet, at most 64 KiB, and returns it as it is
// stored; empty removes it. For administrators.
func (c *Client) SetStyles(ctx context.Context, css string) (string, error) {
	return c.styles(ctx, "PUT", map[string]string{"css": css})
}

func (c *Client) styles(ctx context.Context, method string, in any) (string, error) {
	var out struct {
		CSS string `json:"css"`
	}
	err := c.Do(ctx, method, "/api/account/styles", in, &out)
	return out.CSS, err
}

// SetAvatar makes one's own picture of the square in the middle of an image:
// JPEG, PNG, GIF, WebP or TIFF, of 12 MiB at most.
func (c *Client) SetAvatar(ctx context.Context, image []byte) (*User, error) {
	return c.avatar(ctx, "/api/users/me/avatar", image)
}

// SetAvatarOf does the same for a bot; for administrators.
func (c *Client) SetAvatarOf(ctx context.Context, bot int64, image []byte) (*User, error) {
	return c.avatar(ctx, userPath(bot)+"/avatar", image)
}

func (c *Client) avatar(ctx context.Context, path string, image []byte) (*User, error) {
	var out struct {
		User User `json:"user"`
	}
	if err := c.Do(ctx, "PUT", path, raw(image), &out); err != nil {
		return nil, err
	}
	return &out.User, nil
}

// DeleteAvatar removes one's own picture.
func (c *Client) DeleteAvatar(ctx context.Context) error {
	return c.Do(ctx, "DELETE", "/api/users/me/avatar", nil, nil)
}

// DeleteAvatarOf removes a person's or bot's picture; for administrators.
func (c *Client) DeleteAvatarOf(ctx context.Context, user int64) error {
	return c.Do(ctx, "DELETE", userPath(user)+"/avatar", nil, nil)
}

// SetLogo makes the account's logo of the square in the middle of an image;
// for administrators.
func (c *Client) SetLogo(ctx context.Context, image []byte) (*Account, error) {
	var out struct {
		Account Account `json:"account"`
	}
	if err := c.Do(ctx, "PUT", "/api/account/logo", raw(image), &out); err != nil {
		return nil, err
	}
	return &out.Account, nil
}

// DeleteLogo removes the account's logo; for administrators.
func (c *Client) DeleteLogo(ctx context.Context) error {
	return c.Do(ctx, "DELETE", "/api/account/logo", nil, nil)
}

// Sessions lists where one is signed in.
func (c *Client) Sessions(ctx context.Context) ([]Session, error) {
	var out struct {
		Sessions []Session `json:"sessions"`
	}
	err := c.Do(ctx, "GET", "/api/users/me/sessions", nil, &out)
	return out.Sessions, err
}

// EndSession signs one of one's devices out.
func (c *Client) EndSession(ctx context.Context, id int64) error {
	return c.Do(ctx, "DELETE", fmt.Sprintf("/api/users/me/sessions/%d", id), nil, nil)
}

// Tokens lists one's personal access tokens.
func (c *Client) Tokens(ctx context.Context) ([]Token, error) {
	var out struct {
		Tokens []Token `json:"tokens"`
	}
	err := c.Do(ctx, "GET", "/api/users/me/tokens", nil, &out)
	return out.Tokens, err
}

// CreateToken makes a personal access token. Its secret, which [New] takes, is
// never shown again. scopes are of read, write and admin; without any it may
// read and write.
func (c *Client) CreateToken(ctx context.Context, name string, scopes ...string) (t *Token, secret string, err error) {
	var out struct {
		Token  Token  `json:"token"`
		Secret string `json:"secret"`
	}
	in := map[string]any{"name": name}
	if len(scopes) > 0 {
		in["scopes"] = scopes
	}
	if err := c.Do(ctx, "POST", "/api/users/me/tokens", in, &out); err != nil {
		return nil, "", err
	}
	return &out.Token, out.Secret, nil
}

// DeleteToken ends a personal access token.
func (c *Client) DeleteToken(ctx context.Context, id int64) error {
	return c.Do(ctx, "DELETE", fmt.Sprintf("/api/users/me/tokens/%d", id), nil, nil)
}

// Transfer is a one-time sign-in link.
type Transfer struct {
	URL       string    `json:"url"`
	ExpiresAt time.Time `json:"expires_at"`
}

// CreateTransfer makes a link that signs oneself in on another device.
func (c *Client) CreateTransfer(ctx context.Context) (*Transfer, error) {
	return c.transfer(ctx, "/api/users/me/transfer")
}

// CreateTransferFor makes such a link for someone who is locked out; for
// administrators.
func (c *Client) CreateTransferFor(ctx context.Context, user int64) (*Transfer, error) {
	return c.transfer(ctx, userPath(user)+"/transfer")
}

func (c *Client) transfer(ctx context.Context, path string) (*Transfer, error) {
	out := &Transfer{}
	if err := c.Do(ctx, "POST", path, nil, out); err != nil {
		return nil, err
	}
	return out, nil
}
