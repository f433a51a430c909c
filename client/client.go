package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	mathrand "math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Client makes requests of one Campfire, as one person.
type Client struct {
	base  string
	token string
	http  *http.Client
}

// New returns a client for the Campfire at an address such as
// https://chat.example.org. token may be empty until someone signs in.
func New(base, token string) *Client {
	return &Client{base: strings.TrimRight(base, "/"), token: token, http: shared}
}

// shared keeps enough idle connections for a load test's worth of goroutines.
var shared = &http.Client{
	Timeout:   60 * time.Second,
	Transport: &http.Transport{MaxIdleConns: 512, MaxIdleConnsPerHost: 256, IdleConnTimeout: 60 * time.Second},
}

// As returns a client of the same Campfire for another person.
func (c *Client) As(token string) *Client {
	other := *c
	other.token = token
	return &other
}

// Token is what the client presents; empty when nobody is signed in.
func (c *Client) Token() string { return c.token }

// Error is a problem that the server explained (RFC 9457).
type Error struct {
	Status     int           `json:"status"`
	Code       string        `json:"code"` // a stable word: not_found, invalid, …
	Detail     string        `json:"detail"`
	Errors     []FieldError  `json:"errors"`
	RetryAfter time.Duration `json:"-"`
}

// FieldError is one field's broken rule.
type FieldError struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// Error returns the code and the sentence.
func (e *Error) Error() string { return fmt.Sprintf("%d %s: %s", e.Status, e.Code, e.Detail) }

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 64 << 20

// Do makes one request: in is encoded as the body unless nil, and the answer
// decoded into out unless nil. A refusal is an *Error.
func (c *Client) Do(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return err
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return err
	}
	if resp.StatusCode >= 400 {
		return problem(resp, answer)
	}
	if out == nil || len(answer) == 0 {
		return nil
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("%s %s answered what is no Campfire's: %w", method, path, err)
	}
	return nil
}

func problem(resp *http.Response, answer []byte) error {
	e := &Error{Status: resp.StatusCode}
	if json.Unmarshal(answer, e) != nil || e.Code == "" {
		e.Code, e.Detail = "unknown", http.StatusText(resp.StatusCode)
	}
	e.Status = resp.StatusCode
	if s, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil {
		e.RetryAfter = time.Duration(s) * time.Second
	}
	return e
}

// Retry calls do until it succeeds, waiting between tries, as long as the
// failure is one that passes: the server is away, overloaded or limits the
// rate. It honours Retry-After. Only repeat what is safe to repeat.
func Retry(ctx context.Context, do func() error) error {
	for try := 0; ; try++ {
		err := do()
		if err == nil || !Passing(err) {
			return err
		}
		wait := time.Duration(mathrand.Int64N(int64(min(10*time.Second, 100*time.Millisecond<<min(try, 8))) + 1))
		if e, ok := err.(*Error); ok && e.RetryAfter > 0 {
			wait = e.RetryAfter + time.Duration(mathrand.Int64N(int64(250*time.Millisecond)))
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return err
		}
	}
}

// Passing reports whether trying again later may succeed.
func Passing(err error) bool {
	e, ok := err.(*Error)
	if !ok {
		return true // no answer: the connection failed
	}
	return e.Status == http.StatusTooManyRequests || e.Status == http.StatusServiceUnavailable || e.Status == http.StatusBadGateway || e.Status == http.StatusGatewayTimeout
}

// NewID returns an id for a message that no other has.
func NewID() string { return rand.Text() }

type signedIn struct {
	User  User   `json:"user"`
	Token string `json:"token"`
}

// NeedsSetup reports whether nobody has set the Campfire up yet.
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

// SetUp sets the Campfire up and returns a client for its administrator.
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
	var out signedIn
	if err := c.Do(ctx, "POST", path, in, &out); err != nil {
		return nil, nil, err
	}
	return c.As(out.Token), &out.User, nil
}

// Logout ends the session.
func (c *Client) Logout(ctx context.Context) error {
	return c.Do(ctx, "POST", "/api/auth/logout", nil, nil)
}

// Me returns who the client is.
func (c *Client) Me(ctx context.Context) (*User, error) {
	var out struct{ User User }
	return &out.User, c.Do(ctx, "GET", "/api/users/me", nil, &out)
}

// Account returns the installation.
func (c *Client) Account(ctx context.Context) (*Account, error) {
	var out struct{ Account Account }
	return &out.Account, c.Do(ctx, "GET", "/api/account", nil, &out)
}

// Rooms lists the rooms that the person is in.
func (c *Client) Rooms(ctx context.Context) ([]Room, error) {
	var out struct{ Rooms []Room }
	err := c.Do(ctx, "GET", "/api/rooms", nil, &out)
	return out.Rooms, err
}

// Room returns one room.
func (c *Client) Room(ctx context.Context, id int64) (*Room, error) {
	var out struct{ Room Room }
	return &out.Room, c.Do(ctx, "GET", fmt.Sprintf("/api/rooms/%d", id), nil, &out)
}

// CreateRoom makes a room: kind is open, closed or direct.
func (c *Client) CreateRoom(ctx context.Context, kind, name string, people ...int64) (*Room, error) {
	in := map[string]any{"kind": kind}
	if name != "" {
		in["name"] = name
	}
	if len(people) > 0 {
		in["user_ids"] = people
	}
	var out struct{ Room Room }
	return &out.Room, c.Do(ctx, "POST", "/api/rooms", in, &out)
}

// AddMember puts someone into a room.
func (c *Client) AddMember(ctx context.Context, room, user int64) error {
	return c.Do(ctx, "PUT", fmt.Sprintf("/api/rooms/%d/members/%d", room, user), nil, nil)
}

// RemoveMember takes someone, or oneself, out of a room.
func (c *Client) RemoveMember(ctx context.Context, room, user int64) error {
	return c.Do(ctx, "DELETE", fmt.Sprintf("/api/rooms/%d/members/%d", room, user), nil, nil)
}

// MarkRead moves the read pointer.
func (c *Client) MarkRead(ctx context.Context, room, seq int64) error {
	return c.Do(ctx, "PUT", fmt.Sprintf("/api/rooms/%d/read", room), map[string]int64{"seq": seq}, nil)
}

// Post posts a message. Called again with the same draft and id it returns
// the first one.
func (c *Client) Post(ctx context.Context, room int64, d Draft) (*Message, error) {
	if d.ClientMessageID == "" {
		d.ClientMessageID = NewID()
	}
	var out struct{ Message Message }
	return &out.Message, c.Do(ctx, "POST", fmt.Sprintf("/api/rooms/%d/messages", room), d, &out)
}

// PostBatch posts up to 100 messages in order.
func (c *Client) PostBatch(ctx context.Context, room int64, drafts []Draft) ([]BatchResult, error) {
	var out struct{ Results []BatchResult }
	err := c.Do(ctx, "POST", fmt.Sprintf("/api/rooms/%d/messages/batch", room), map[string]any{"messages": drafts}, &out)
	return out.Results, err
}

// Message returns one message.
func (c *Client) Message(ctx context.Context, room, id int64) (*Message, error) {
	var out struct{ Message Message }
	return &out.Message, c.Do(ctx, "GET", messagePath(room, id), nil, &out)
}

// Edit replaces the text of one's message; version 0 is any.
func (c *Client) Edit(ctx context.Context, room, id int64, body string, version int64) (*Message, error) {
	in := map[string]any{"body": body}
	if version != 0 {
		in["version"] = version
	}
	var out struct{ Message Message }
	return &out.Message, c.Do(ctx, "PATCH", messagePath(room, id), in, &out)
}

// Delete deletes a message.
func (c *Client) Delete(ctx context.Context, room, id int64) error {
	return c.Do(ctx, "DELETE", messagePath(room, id), nil, nil)
}

// Boost boosts a message.
func (c *Client) Boost(ctx context.Context, room, id int64, content string) (*Boost, error) {
	var out struct{ Boost Boost }
	return &out.Boost, c.Do(ctx, "POST", messagePath(room, id)+"/boosts", map[string]string{"content": content}, &out)
}

// Unboost takes a boost back.
func (c *Client) Unboost(ctx context.Context, room, id, boost int64) error {
	return c.Do(ctx, "DELETE", fmt.Sprintf("%s/boosts/%d", messagePath(room, id), boost), nil, nil)
}

func messagePath(room, id int64) string { return fmt.Sprintf("/api/rooms/%d/messages/%d", room, id) }

// PageQuery asks for a page by the ids of messages; at most one is set.
type PageQuery struct {
	Before, After, Around int64
	Limit                 int
}

// Messages returns a page of a room.
func (c *Client) Messages(ctx context.Context, room int64, q PageQuery) (*Page, error) {
	v := url.Values{}
	for name, id := range map[string]int64{"before": q.Before, "after": q.After, "around": q.Around, "limit": int64(q.Limit)} {
		if id != 0 {
			v.Set(name, strconv.FormatInt(id, 10))
		}
	}
	path := fmt.Sprintf("/api/rooms/%d/messages", room)
	if len(v) > 0 {
		path += "?" + v.Encode()
	}
	p := &Page{}
	return p, c.Do(ctx, "GET", path, nil, p)
}

// History goes through a whole room, newest first, a page at a time.
func (c *Client) History(ctx context.Context, room int64) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		q := PageQuery{Limit: 100}
		for {
			var page *Page
			err := Retry(ctx, func() (err error) {
				page, err = c.Messages(ctx, room, q)
				return err
			})
			if err != nil {
				yield(Message{}, err)
				return
			}
			for i := len(page.Messages) - 1; i >= 0; i-- {
				if !yield(page.Messages[i], nil) {
					return
				}
			}
			if !page.HasBefore || len(page.Messages) == 0 {
				return
			}
			q.Before = page.Messages[0].ID
		}
	}
}

// Events returns what happened in a room after a number.
func (c *Client) Events(ctx context.Context, room, since int64, limit int, epoch string) (*EventPage, error) {
	v := url.Values{"since": {strconv.FormatInt(since, 10)}}
	if limit != 0 {
		v.Set("limit", strconv.Itoa(limit))
	}
	if epoch != "" {
		v.Set("epoch", epoch)
	}
	p := &EventPage{}
	return p, c.Do(ctx, "GET", fmt.Sprintf("/api/rooms/%d/events?%s", room, v.Encode()), nil, p)
}

// SearchQuery asks for messages by what they say.
type SearchQuery struct {
	Text   string
	Room   int64
	Before int64
	Limit  int
}

// Search finds messages and reports whether there may be more.
func (c *Client) Search(ctx context.Context, q SearchQuery) ([]Result, bool, error) {
	v := url.Values{"q": {q.Text}}
	for name, n := range map[string]int64{"room_id": q.Room, "before": q.Before, "limit": int64(q.Limit)} {
		if n != 0 {
			v.Set(name, strconv.FormatInt(n, 10))
		}
	}
	var out struct {
		Results []Result
		HasMore bool `json:"has_more"`
	}
	err := c.Do(ctx, "GET", "/api/search?"+v.Encode(), nil, &out)
	return out.Results, out.HasMore, err
}
