package webpush

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Urgency tells a push service whether a sleeping device is woken (RFC 8030,
// section 5.3).
type Urgency string

// The urgencies that are used.
const (
	Normal Urgency = "normal"
	High   Urgency = "high"
)

// timeToLive is how long a push service keeps a message for a device that is
// off: four weeks.
const timeToLive = 4 * 7 * 24 * time.Hour

// Push is one message to one browser.
type Push struct {
	Payload []byte // at most MaxPayload bytes; see Notification.Encode
	Urgency Urgency
	// Topic lets a newer push replace one that still waits at the push service:
	// at most 32 characters of base64 for URLs. Empty: nothing is replaced.
	Topic string
}

// Client sends. Its zero value is not ready: it needs keys.
type Client struct {
	Keys *Keys
	// Subject is how push services reach the operator; see CheckSubject.
	Subject string
	// Transport reaches strangers' servers, and is what keeps requests out of
	// our own network. Redirects are not followed.
	Transport http.RoundTripper
	Now       func() time.Time // default: the clock
}

// Answer is what a push service said.
type Answer struct {
	Status     int           // 0: it was not reached
	RetryAfter time.Duration // zero: it did not say
	Reason     string        // the first line of what it said, or why it was not reached
}

// Accepted reports that the push service has the message.
func (a Answer) Accepted() bool { return a.Status >= 200 && a.Status < 300 }

// Gone reports that the subscription will never work again. Only 404 and 410
// say so: anything else may be our own mistake, or theirs, and pass.
func (a Answer) Gone() bool {
	return a.Status == http.StatusNotFound || a.Status == http.StatusGone
}

// TooLarge reports that a shorter message may be taken.
func (a Answer) TooLarge() bool { return a.Status == http.StatusRequestEntityTooLarge }

// Temporary reports that the same may be taken later.
func (a Answer) Temporary() bool {
	return a.Status == 0 || a.Status == http.StatusTooManyRequests || a.Status == http.StatusRequestTimeout || a.Status >= 500
}

// maxRetryAfter bounds how long a push service may put us off.
const maxRetryAfter = 24 * time.Hour

// maxReason bounds what is read of an answer, in bytes.
const maxReason = 512

// Send encrypts p for a browser and hands it to its push service, within ctx.
// The error is one of ours: nothing was sent.
func (c *Client) Send(ctx context.Context, s *Subscription, p Push) (Answer, error) {
	req, err := c.request(ctx, s, p)
	if err != nil {
		return Answer{}, err
	}
	resp, err := c.Transport.RoundTrip(req)
	if err != nil {
		if u, ok := errors.AsType[*url.Error](err); ok {
			err = u.Err // the address is a secret of the subscriber
		}
		return Answer{Reason: firstLine(err.Error())}, nil
	}
	defer resp.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(resp.Body, maxReason))
	return Answer{Status: resp.StatusCode, RetryAfter: c.retryAfter(resp.Header.Get("Retry-After")), Reason: firstLine(string(said))}, nil
}

func (c *Client) now() time.Time {
	if c.Now == nil {
		return time.Now()
	}
	return c.Now()
}

func (c *Client) request(ctx context.Context, s *Subscription, p Push) (*http.Request, error) {
	if len(p.Payload) > MaxPayload {
		return nil, fmt.Errorf("a push of %d bytes is over the %d that fit", len(p.Payload), MaxPayload)
	}
	body, err := s.encrypt(p.Payload)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.Endpoint, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	token, err := c.Keys.token(origin(req.URL), c.Subject, c.now())
	if err != nil {
		return nil, err
	}
	h := req.Header
	h.Set("Authorization", "vapid t="+token+", k="+c.Keys.public)
	h.Set("Content-Encoding", "aes128gcm")
	h.Set("Content-Type", "application/octet-stream")
	h.Set("TTL", strconv.Itoa(int(timeToLive/time.Second)))
	h.Set("Urgency", string(p.Urgency))
	if p.Topic != "" {
		h.Set("Topic", p.Topic)
	}
	return req, nil
}

// origin of an address as a browser writes it: the port of the scheme is left
// out (RFC 6454, section 6.1).
func origin(u *url.URL) string {
	host := strings.ToLower(u.Host)
	if u.Scheme == "https" {
		host = strings.TrimSuffix(host, ":443")
	} else {
		host = strings.TrimSuffix(host, ":80")
	}
	return u.Scheme + "://" + host
}

// retryAfter reads seconds or a date.
func (c *Client) retryAfter(header string) time.Duration {
	var d time.Duration
	if n, err := strconv.Atoi(header); err == nil {
		d = time.Duration(min(n, int(maxRetryAfter/time.Second))) * time.Second
	} else if at, err := http.ParseTime(header); err == nil {
		d = at.Sub(c.now())
	}
	return max(0, min(d, maxRetryAfter))
}

// firstLine makes of a stranger's text what can stand in a log and on a page.
func firstLine(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(strings.ToValidUTF8(s, "")), "\n")
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, s)
	if runes := []rune(s); len(runes) > 200 {
		s = string(runes[:200])
	}
	return s
}
