package webpush

import (
	"context"
	"fmt"
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
	// Subject is how the push service reaches the operator; see CheckSubject.
	Subject string
}

// Transport makes one request, follows no redirect, and returns the answer's
// status and header with the beginning of its body. It is what keeps requests
// out of our own network, and bounds what an answer may cost. Its error's text
// is shown to the subscriber.
type Transport func(ctx context.Context, to string, header http.Header, body []byte) (status int, answer http.Header, said []byte, err error)

// Client sends. Its zero value is not ready: it needs Keys and Transport.
type Client struct {
	Keys      *Keys
	Transport Transport
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

// MaxReason is how much of an answer's body a Transport need return, in bytes.
const MaxReason = 512

// Send encrypts p for a browser and hands it to its push service, within ctx.
// The error is one of ours: nothing was sent.
func (c *Client) Send(ctx context.Context, s *Subscription, p Push) (Answer, error) {
	header, body, err := c.request(s, p)
	if err != nil {
		return Answer{}, err
	}
	status, answer, said, err := c.Transport(ctx, s.Endpoint, header, body)
	if err != nil {
		return Answer{Reason: firstLine(err.Error())}, nil
	}
	return Answer{Status: status, RetryAfter: c.retryAfter(answer.Get("Retry-After")), Reason: firstLine(string(said))}, nil
}

func (c *Client) now() time.Time {
	if c.Now == nil {
		return time.Now()
	}
	return c.Now()
}

func (c *Client) request(s *Subscription, p Push) (http.Header, []byte, error) {
	if len(p.Payload) > MaxPayload {
		return nil, nil, fmt.Errorf("a push of %d bytes is over the %d that fit", len(p.Payload), MaxPayload)
	}
	body, err := s.encrypt(p.Payload)
	if err != nil {
		return nil, nil, err
	}
	to, err := url.Parse(s.Endpoint)
	if err != nil {
		return nil, nil, err
	}
	token, err := c.Keys.token(origin(to), p.Subject, c.now())
	if err != nil {
		return nil, nil, err
	}
	h := make(http.Header)
	h.Set("Authorization", "vapid t="+token+", k="+c.Keys.public)
	h.Set("Content-Encoding", "aes128gcm")
	h.Set("Content-Type", "application/octet-stream")
	h.Set("TTL", strconv.Itoa(int(timeToLive/time.Second)))
	h.Set("Urgency", string(p.Urgency))
	if p.Topic != "" {
		h.Set("Topic", p.Topic)
	}
	return h, body, nil
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
