package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"campfire/client"

	"github.com/google/go-cmp/cmp"
)

func TestErrorIsTheServersProblem(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/problem":
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(422)
			fmt.Fprint(w, `{"type":"about:blank","title":"x","status":422,"code":"invalid","detail":"body is needed.","errors":[{"field":"body","message":"is needed"}]}`)
		case "/html":
			w.WriteHeader(502)
			fmt.Fprint(w, "<html>")
		case "/odd":
			fmt.Fprint(w, "<html>")
		case "/short":
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, "{")
		}
	}))
	defer srv.Close()
	c := client.New(srv.URL+"/", "")
	var out map[string]any

	err := c.Do(t.Context(), "GET", "/problem", nil, &out)
	e, _ := errors.AsType[*client.Error](err)
	want := &client.Error{Status: 422, Code: "invalid", Detail: "body is needed.", RetryAfter: 7 * time.Second,
		Fields: []client.FieldError{{Field: "body", Message: "is needed"}}}
	if diff := cmp.Diff(want, e); diff != "" {
		t.Errorf("problem (-want +got):\n%s", diff)
	}
	if got := err.Error(); got != "422 invalid: body is needed." {
		t.Errorf("it reads %q", got)
	}
	for path, passing := range map[string]bool{"/problem": false, "/html": true, "/odd": false, "/short": true} {
		if err := c.Do(t.Context(), "GET", path, nil, &out); err == nil || client.Passing(err) != passing {
			t.Errorf("%s: %v, passing %t, want %t", path, err, client.Passing(err), passing)
		}
	}
	if _, err := c.NeedsSetup(t.Context()); err == nil || client.Passing(err) {
		t.Errorf("a server that is no Campfire: %v", err)
	}
}

func TestPassing(t *testing.T) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	nowhere := client.New("http://127.0.0.1:1", "")
	for _, c := range []struct {
		err  error
		want bool
	}{
		{&client.Error{Status: 429, Code: "rate_limited"}, true},
		{&client.Error{Status: 503, Code: "overloaded"}, true},
		{&client.Error{Status: 502, Code: "unknown"}, true},
		{&client.Error{Status: 504, Code: "unknown"}, true},
		{&client.Error{Status: 500, Code: "internal"}, false},
		{&client.Error{Status: 507, Code: "storage_full"}, false},
		{&client.Error{Status: 404, Code: "not_found"}, false},
		{&client.Error{Code: "overloaded"}, true},
		{&client.Error{Code: "rate_limited"}, true},
		{&client.Error{Code: "conflict"}, false},
		{fmt.Errorf("wrapped: %w", &client.Error{Status: 503}), true},
		{errors.New("anything else"), false},
		{nowhere.Do(t.Context(), "GET", "/", nil, nil), true},
		{nowhere.Do(cancelled, "GET", "/", nil, nil), false},
		{client.New("nowhere", "").Do(t.Context(), "GET", "://", nil, nil), false},
	} {
		if got := client.Passing(c.err); got != c.want {
			t.Errorf("%v: %t, want %t", c.err, got, c.want)
		}
	}
}

// Retry waits as long as it is asked to, within bounds, and ends with what
// does not pass.
func TestRetryWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		final := errors.New("final")
		for _, c := range []struct {
			name        string
			err         error
			least, most time.Duration // of three waits
		}{
			{"as asked", &client.Error{Status: 429, RetryAfter: 4 * time.Second}, 12 * time.Second, 13 * time.Second},
			{"a minute at most", &client.Error{Status: 503, RetryAfter: time.Hour}, 3 * time.Minute, 3*time.Minute + time.Second},
			{"unasked", &client.Error{Status: 503}, 0, 700 * time.Millisecond},
		} {
			began, tries := time.Now(), 0
			err := client.Retry(t.Context(), func() error {
				if tries++; tries <= 3 {
					return c.err
				}
				return final
			})
			if took := time.Since(began); err != final || took < c.least || took > c.most {
				t.Errorf("%s: %v after %v, want %v to %v", c.name, err, took, c.least, c.most)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		refusal := &client.Error{Status: 503}
		began, tries := time.Now(), 0
		err := client.Retry(ctx, func() error { tries++; return refusal })
		if err != refusal || time.Since(began) != time.Minute || tries < 10 || tries > 60 {
			t.Errorf("with a minute's patience: %v after %v and %d tries", err, time.Since(began), tries)
		}
	})
}
