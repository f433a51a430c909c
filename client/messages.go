package client

import (
	"context"
	"crypto/rand"
	"fmt"
	"iter"
	"slices"
	"strconv"
)

// NewID returns an id for a message that no other has.
func NewID() string { return rand.Text() }

// Draft is a message to post.
type Draft struct {
	Body string `json:"body"` // Markdown source
	// ClientMessageID is the poster's own id, 1 to 64 bytes, unique per room
	// and author for ever: the same one again answers with the first message.
	// Without one, each post gets a new one.
	ClientMessageID string `json:"client_message_id,omitempty"`
	ReplyTo         int64  `json:"reply_to,omitempty"`
	// UploadIDs are files that were uploaded before ([Client.Upload]); with
	// any, Body may be empty.
	UploadIDs []int64 `json:"upload_ids,omitempty"`
	// Previews of where the text's links lead are left out, for good, when it
	// is new(false); nil: they come.
	Previews *bool `json:"previews,omitempty"`
}

// withID returns the draft with an id.
func (d Draft) withID() Draft {
	if d.ClientMessageID == "" {
		d.ClientMessageID = NewID()
	}
	return d
}

func messagePath(room, id int64) string { return fmt.Sprintf("%s/messages/%d", roomPath(room), id) }

// Post posts a message, once. Whoever repeats it after a failure gives the
// draft an id; see [Client.PostSurely]. With the same draft and id it returns
// the first message as it is now.
func (c *Client) Post(ctx context.Context, room int64, d Draft) (*Message, error) {
	return c.message(ctx, "POST", roomPath(room)+"/messages", d.withID())
}

// PostSurely posts a message, again and again while the failure is one that
// passes, until it is stored or ctx ends. It is stored once.
func (c *Client) PostSurely(ctx context.Context, room int64, d Draft) (m *Message, err error) {
	d = d.withID()
	err = Retry(ctx, func() error {
		m, err = c.Post(ctx, room, d)
		return err
	})
	return m, err
}

// BatchResult is the outcome of one draft of a batch: Message or Error.
type BatchResult struct {
	Status  int      `json:"status"` // 201 stored, 200 stored before, or the error's
	Message *Message `json:"message"`
	Error   *Error   `json:"error"`
}

// PostBatch posts up to 100 messages in order; one bad item never fails its
// neighbours. Whoever repeats it gives every draft an id.
func (c *Client) PostBatch(ctx context.Context, room int64, drafts []Draft) ([]BatchResult, error) {
	in := struct {
		Messages []Draft `json:"messages"`
	}{make([]Draft, len(drafts))}
	for i, d := range drafts {
		in.Messages[i] = d.withID()
	}
	var out struct {
		Results []BatchResult `json:"results"`
	}
	path := roomPath(room) + "/messages/batch"
	if err := c.Do(ctx, "POST", path, in, &out); err != nil {
		return nil, err
	}
	if len(out.Results) != len(drafts) {
		return nil, fmt.Errorf("POST %s: %d results for %d messages", path, len(out.Results), len(drafts))
	}
	return out.Results, nil
}

// Message returns one message.
func (c *Client) Message(ctx context.Context, room, id int64) (*Message, error) {
	return c.message(ctx, "GET", messagePath(room, id), nil)
}

// Edit replaces the text of one's message. With a version that is no longer
// the message's it is a conflict, and the [Error] carries the message as it is
// now; version 0 is any.
func (c *Client) Edit(ctx context.Context, room, id int64, body string, version int64) (*Message, error) {
	in := struct {
		Body    string `json:"body"`
		Version int64  `json:"version,omitempty"`
	}{body, version}
	return c.message(ctx, "PATCH", messagePath(room, id), in)
}

func (c *Client) message(ctx context.Context, method, path string, in any) (*Message, error) {
	var out struct {
		Message Message `json:"message"`
	}
	if err := c.Do(ctx, method, path, in, &out); err != nil {
		return nil, err
	}
	return &out.Message, nil
}

// Delete deletes a message and returns the number that this took.
func (c *Client) Delete(ctx context.Context, room, id int64) (seq int64, err error) {
	return c.changed(ctx, "DELETE", messagePath(room, id))
}

// RemovePreviews takes what a message shows of its links off it, for good, and
// returns the number that this took.
func (c *Client) RemovePreviews(ctx context.Context, room, id int64) (seq int64, err error) {
	return c.changed(ctx, "DELETE", messagePath(room, id)+"/previews")
}

// Links returns those of a text's links whose pages would be shown below it. No
// page is asked for.
func (c *Client) Links(ctx context.Context, body string) ([]string, error) {
	var out struct{ Links []string }
	err := c.Do(ctx, "POST", "/api/links", map[string]string{"body": body}, &out)
	return out.Links, err
}

// Unfurl returns what a link leads to; nil when there is nothing to show.
func (c *Client) Unfurl(ctx context.Context, link string) (*Preview, error) {
	var out struct {
		Preview *Preview `json:"preview"`
	}
	err := c.Do(ctx, "POST", "/api/unfurl", map[string]string{"url": link}, &out)
	return out.Preview, err
}

// Boost puts a short text or an emoji on a message. The same one again is the
// first.
func (c *Client) Boost(ctx context.Context, room, id int64, content string) (*Boost, error) {
	var out struct {
		Boost Boost `json:"boost"`
	}
	if err := c.Do(ctx, "POST", messagePath(room, id)+"/boosts", map[string]string{"content": content}, &out); err != nil {
		return nil, err
	}
	return &out.Boost, nil
}

// Unboost takes a boost back and returns the number that this took.
func (c *Client) Unboost(ctx context.Context, room, id, boost int64) (seq int64, err error) {
	return c.changed(ctx, "DELETE", fmt.Sprintf("%s/boosts/%d", messagePath(room, id), boost))
}

// PageQuery asks for a page by the ids of messages, at most one of them. The
// zero PageQuery asks for the newest page.
type PageQuery struct {
	Before, After, Around int64
	Limit                 int // 1 to 100; zero: 50
}

// Messages returns a page of a room.
func (c *Client) Messages(ctx context.Context, room int64, q PageQuery) (*Page, error) {
	path := query{}.number("before", q.Before).number("after", q.After).number("around", q.Around).
		number("limit", int64(q.Limit)).on(roomPath(room) + "/messages")
	p := &Page{}
	if err := c.Do(ctx, "GET", path, nil, p); err != nil {
		return nil, err
	}
	return p, nil
}

// pageSize is how much the iterators ask for at once: the most there is.
const pageSize = 100

// History goes through a whole room, newest first, a page at a time. It ends
// with the first error that does not pass.
func (c *Client) History(ctx context.Context, room int64) iter.Seq2[Message, error] {
	return c.pages(ctx, room, PageQuery{Limit: pageSize}, func(p *Page, q *PageQuery) bool {
		slices.Reverse(p.Messages)
		q.Before = p.Messages[len(p.Messages)-1].ID
		return p.HasBefore
	})
}

// HistoryAfter goes through a room from the message after the given one to the
// newest, oldest first. The given one may have been deleted.
func (c *Client) HistoryAfter(ctx context.Context, room, after int64) iter.Seq2[Message, error] {
	if after <= 0 {
		return func(yield func(Message, error) bool) {
			yield(Message{}, fmt.Errorf("%d is no id of a message", after))
		}
	}
	return c.pages(ctx, room, PageQuery{After: after, Limit: pageSize}, func(p *Page, q *PageQuery) bool {
		q.After = p.Messages[len(p.Messages)-1].ID
		return p.HasAfter
	})
}

// pages goes through a room; next prepares the page for reading, sets the
// following query and reports whether there is more.
func (c *Client) pages(ctx context.Context, room int64, q PageQuery, next func(*Page, *PageQuery) bool) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		for more := true; more; {
			var page *Page
			err := Retry(ctx, func() (err error) {
				page, err = c.Messages(ctx, room, q)
				return err
			})
			if err != nil {
				yield(Message{}, err)
				return
			}
			if len(page.Messages) == 0 {
				return
			}
			more = next(page, &q)
			for _, m := range page.Messages {
				if !yield(m, nil) {
					return
				}
			}
		}
	}
}

// Mentions returns messages that mention one, newest first, those before a
// message or the newest for 0, and reports whether there are more.
func (c *Client) Mentions(ctx context.Context, before int64, limit int) (messages []Message, more bool, err error) {
	var out struct {
		Messages []Message `json:"messages"`
		HasMore  bool      `json:"has_more"`
	}
	path := query{}.number("before", before).number("limit", int64(limit)).on("/api/mentions")
	err = c.Do(ctx, "GET", path, nil, &out)
	return out.Messages, out.HasMore, err
}

// SearchQuery asks for messages by what they say. Zero fields narrow nothing.
type SearchQuery struct {
	Text        string // words, and the operators that the search page knows
	Room        int64
	From        int64 // an author
	Before      int64 // only messages older than this one
	Limit       int   // 1 to 100
	ByRelevance bool  // instead of newest first
}

// Search finds messages in one's rooms and reports whether there may be more.
func (c *Client) Search(ctx context.Context, q SearchQuery) (results []Result, more bool, err error) {
	order := ""
	if q.ByRelevance {
		order = "relevance"
	}
	path := query{"q": {q.Text}}.number("room_id", q.Room).number("from", q.From).number("before", q.Before).
		number("limit", int64(q.Limit)).text("order", order).on("/api/search")
	var out struct {
		Results []Result `json:"results"`
		HasMore bool     `json:"has_more"`
	}
	err = c.Do(ctx, "GET", path, nil, &out)
	return out.Results, out.HasMore, err
}

// Searches lists what one searched for lately.
func (c *Client) Searches(ctx context.Context) ([]string, error) {
	var out struct {
		Searches []string `json:"searches"`
	}
	err := c.Do(ctx, "GET", "/api/searches", nil, &out)
	return out.Searches, err
}

// ClearSearches forgets what one searched for.
func (c *Client) ClearSearches(ctx context.Context) error {
	return c.Do(ctx, "DELETE", "/api/searches", nil, nil)
}

// EventQuery asks for what happened in a room.
type EventQuery struct {
	Since int64  // only what has a larger number
	Limit int    // 1 to 1,000; zero: 100
	Epoch string // what Since was counted in; empty: not checked
}

// Events returns a stretch of a room's log. The code resync says that it does
// not reach back so far, or is another epoch's: fetch a fresh page instead.
func (c *Client) Events(ctx context.Context, room int64, q EventQuery) (*EventPage, error) {
	path := query{"since": {strconv.FormatInt(q.Since, 10)}}.number("limit", int64(q.Limit)).text("epoch", q.Epoch).
		on(roomPath(room) + "/events")
	p := &EventPage{}
	if err := c.Do(ctx, "GET", path, nil, p); err != nil {
		return nil, err
	}
	return p, nil
}
