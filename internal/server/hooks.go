package server

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"unicode"

	"campfire"
	"campfire/internal/slack"
)

// hooksPath is where incoming webhooks are. What follows it is a secret: it is
// in no log, which hold a request's pattern alone.
const hooksPath = "/hooks/"

// ofHook reports whether a request is an incoming webhook's.
func ofHook(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, hooksPath) }

var contentText = []string{"text/plain; charset=utf-8"}

// incoming takes what a program posts to a room's webhook, and answers as
// Slack does.
func (s *Server) incoming(c *call) error {
	h, err := s.chat.OpenHook(c.r.Context(), c.r.PathValue("token"))
	if err != nil {
		return err
	}
	body, err := c.body(s.MaxBody)
	if err != nil {
		return err
	}
	m, err := slack.Parse(c.r.Header.Get("Content-Type"), body)
	if err != nil {
		return &campfire.Error{Code: campfire.CodeMalformed, Detail: err.Error()}
	}
	d := campfire.Draft{Body: m.Markdown(h.Name, s.chat.MaxMessage()), ClientID: idempotencyID(c.r.Header.Get("Idempotency-Key"))}
	if err := s.chat.PostByHook(c.r.Context(), h, d); err != nil {
		return err
	}
	c.w.Header()["Content-Type"] = contentText
	_, err = c.w.Write([]byte("ok"))
	return err
}

// idempotencyID makes a message's client id of the key that a sender gives a
// request: itself, where it is fit for one.
func idempotencyID(key string) string {
	if len(key) <= 64 && !strings.ContainsFunc(key, func(r rune) bool { return r == unicode.ReplacementChar || unicode.IsControl(r) }) {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// hookFailed says in one word why nothing was posted: Slack's, where it has one.
func hookFailed(w http.ResponseWriter, e *campfire.Error) {
	word := string(e.Code)
	status := e.Code.Status()
	switch e.Code {
	case campfire.CodeNotFound:
		word = "no_service"
	case campfire.CodeGone:
		word = "channel_is_archived"
	case campfire.CodeMalformed:
		word = slack.ErrPayload.Error()
		if e.Detail == slack.ErrNoText.Error() {
			word = e.Detail
		}
	case campfire.CodeInvalid:
		word, status = slack.ErrPayload.Error(), http.StatusBadRequest
	}
	w.Header()["Content-Type"] = contentText
	w.WriteHeader(status)
	_, _ = w.Write([]byte(word))
}
