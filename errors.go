package campfire

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// Code is the kind of an error: a stable word that clients branch on. Each
// has one HTTP status; a socket carries the word alone.
type Code string

// The kinds of error.
const (
	CodeMalformed        Code = "malformed"          // 400: not the syntax that was announced
	CodeUnauthenticated  Code = "unauthenticated"    // 401: no valid credentials
	CodeForbidden        Code = "forbidden"          // 403: seen but not allowed
	CodeNotFound         Code = "not_found"          // 404: unknown, or not to be known by the caller
	CodeMethodNotAllowed Code = "method_not_allowed" // 405
	CodeConflict         Code = "conflict"           // 409: contradicts what is stored
	CodeGone             Code = "gone"               // 410: was there and has been deleted
	CodeResync           Code = "resync"             // 410: too far behind to replay; fetch a fresh page
	CodeTooLarge         Code = "too_large"          // 413
	CodeUnsupportedMedia Code = "unsupported_media"  // 415
	CodeInvalid          Code = "invalid"            // 422: understood, and breaks a rule
	CodeRateLimited      Code = "rate_limited"       // 429: come back after RetryAfter
	CodeInternal         Code = "internal"           // 500: our fault, logged
	CodeOverloaded       Code = "overloaded"         // 503: nothing was done; come back after RetryAfter
	CodeStorageFull      Code = "storage_full"       // 507: the disk takes no more; nothing was stored
)

// Status returns the HTTP status of c.
func (c Code) Status() int {
	switch c {
	case CodeMalformed:
		return 400
	case CodeUnauthenticated:
		return 401
	case CodeForbidden:
		return 403
	case CodeNotFound:
		return 404
	case CodeMethodNotAllowed:
		return 405
	case CodeConflict:
		return 409
	case CodeGone, CodeResync:
		return 410
	case CodeTooLarge:
		return 413
	case CodeUnsupportedMedia:
		return 415
	case CodeInvalid:
		return 422
	case CodeRateLimited:
		return 429
	case CodeOverloaded:
		return 503
	case CodeStorageFull:
		return 507
	}
	return 500
}

// Error is an error that a caller is told of: its kind, and a sentence that
// says what to do. Any other error is internal; its text stays in the log.
type Error struct {
	Code       Code
	Detail     string        // in English, for programs and the log
	Form       string        // what Detail was made of, with Args; empty: it is as it was written
	Args       []any         // numbers and names in Detail
	Fields     []FieldError  // CodeInvalid: which fields, and why
	RetryAfter time.Duration // CodeRateLimited, CodeOverloaded
	Message    *Message      // CodeConflict on a stale edit: the message as it is now
	Err        error         // the cause, for the log alone
}

// FieldError is one field's broken rule: the rest of a sentence that begins
// with the field. Form and Args are what Message was made of, for who says it
// in another language.
type FieldError struct {
	Field   string `json:"field"`
	Message string `json:"message"`
	Form    string `json:"-"`
	Args    []any  `json:"-"`
}

// Broken says which rule a field breaks.
func Broken(field, form string, args ...any) FieldError {
	return FieldError{Field: field, Message: fmt.Sprintf(form, args...), Form: form, Args: args}
}

// Errorf makes an error of a kind, whose sentence has numbers or names in it.
func Errorf(code Code, form string, args ...any) *Error {
	return &Error{Code: code, Detail: fmt.Sprintf(form, args...), Form: form, Args: args}
}

// Error returns the kind and the sentence.
func (e *Error) Error() string {
	s := string(e.Code) + ": " + e.Detail
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// CodeOf returns the kind of err: CodeInternal for one that is no *Error.
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return CodeInternal
}

// NotFound says that there is no such thing, or none that the caller may know of.
func NotFound(what string) error {
	return &Error{Code: CodeNotFound, Detail: "There is no such " + what + "."}
}

// Forbidden says why the caller may not do it.
func Forbidden(detail string) error { return &Error{Code: CodeForbidden, Detail: detail} }

// Conflict says what the request contradicts.
func Conflict(detail string) error { return &Error{Code: CodeConflict, Detail: detail} }

// Invalid says which rule a field breaks.
func Invalid(field, form string, args ...any) error {
	f := Broken(field, form, args...)
	return &Error{Code: CodeInvalid, Detail: field + " " + f.Message + ".", Fields: []FieldError{f}}
}

// Unauthenticated says that no valid credentials came.
func Unauthenticated() error {
	return &Error{Code: CodeUnauthenticated, Detail: "Sign in first."}
}

// Overloaded asks to come back after 1 to 5 s, spread so that those who are
// refused together do not come back together. Nothing was done.
func Overloaded(detail string) error {
	return &Error{Code: CodeOverloaded, Detail: detail, RetryAfter: time.Second + rand.N(4*time.Second)}
}

// RateLimited says when the next try is welcome.
func RateLimited(after time.Duration) error {
	return &Error{Code: CodeRateLimited, Detail: "Too many requests; slow down.", RetryAfter: after}
}
