package client

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Error is a problem that the server explained (RFC 9457).
type Error struct {
	Status     int           `json:"status"` // zero when it came over the socket
	Code       string        `json:"code"`   // a stable word: not_found, invalid, …
	Detail     string        `json:"detail"`
	Fields     []FieldError  `json:"errors"`  // of invalid: which fields, and why
	Message    *Message      `json:"message"` // of a stale edit: the message as it is now
	RetryAfter time.Duration `json:"-"`       // when the next try is welcome; zero: not said
}

// FieldError is one field's broken rule.
type FieldError struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// Error returns the code and the sentence.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Status != 0 {
		fmt.Fprintf(&b, "%d ", e.Status)
	}
	b.WriteString(e.Code)
	if e.Detail != "" {
		b.WriteString(": " + e.Detail)
	}
	return b.String()
}

// CodeOf returns the code of err: empty for one that the server did not send.
func CodeOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return ""
}

// problem reads a refusal. What is no problem of a Campfire has the code
// unknown: a proxy answered, or another program.
func problem(resp *http.Response, answer []byte) error {
	e := &Error{}
	if json.Unmarshal(answer, e) != nil || e.Code == "" {
		e = &Error{Code: "unknown", Detail: http.StatusText(resp.StatusCode)}
	}
	e.Status = resp.StatusCode
	e.RetryAfter = retryAfter(resp.Header)
	return e
}

func retryAfter(h http.Header) time.Duration {
	if s, err := strconv.Atoi(h.Get("Retry-After")); err == nil && s > 0 {
		return min(time.Duration(s), 1<<20) * time.Second
	}
	return 0
}

// noAnswer says that a request got no whole answer: whether it was carried
// out is not known.
type noAnswer struct{ err error }

func (e *noAnswer) Error() string { return e.err.Error() }
func (e *noAnswer) Unwrap() error { return e.err }

// Passing reports whether trying again later may succeed: no answer came, or
// the server is overloaded or limits the rate.
func Passing(err error) bool {
	if e, ok := errors.AsType[*Error](err); ok {
		switch e.Status {
		case 0:
			return e.Code == "overloaded" || e.Code == "rate_limited"
		case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			return true
		}
		return false
	}
	if _, ok := errors.AsType[*noAnswer](err); !ok || errors.Is(err, context.Canceled) {
		return false
	}
	_, certificate := errors.AsType[*tls.CertificateVerificationError](err)
	return !certificate
}

const (
	// maxAsked bounds how long a server can make us wait between two tries.
	maxAsked = time.Minute
	// maxBackoff bounds the waits that nobody asked for.
	maxBackoff = 10 * time.Second
)

// Retry calls do until it succeeds, fails with what does not pass (see
// [Passing]) or ctx ends, and returns its last error. Between two tries it
// waits: what Retry-After asks for (a minute at most) and a little, or else a
// random time up to a bound that doubles from 100 ms to 10 s. Only repeat what
// is safe to repeat.
func Retry(ctx context.Context, do func() error) error {
	for try := 0; ; try++ {
		err := do()
		if err == nil || !Passing(err) || ctx.Err() != nil {
			return err
		}
		if !sleep(ctx, pause(err, try)) {
			return err
		}
	}
}

// pause is how long to wait after the given try, counted from 0, failed.
func pause(err error, try int) time.Duration {
	if e, ok := errors.AsType[*Error](err); ok && e.RetryAfter > 0 {
		return min(e.RetryAfter, maxAsked) + jitter(250*time.Millisecond)
	}
	return jitter(min(maxBackoff, 100*time.Millisecond<<min(try, 10)))
}

// jitter returns a random time up to most, so that many who failed together
// don't come back together.
func jitter(most time.Duration) time.Duration { return rand.N(most + 1) }

// sleep waits, and reports false when ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
