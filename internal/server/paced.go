package server

import (
	"errors"
	"io"
	"net/http"
	"os"
	"time"

	"campfire"
)

// Requests that carry files are not under the request's deadline: it is their
// speed that is held.

// paceWindow is over how long speed is measured.
const paceWindow = 10 * time.Second

// unhurried reports whether a request is held by its speed instead of by its
// whole time.
func unhurried(r *http.Request) bool {
	path := r.URL.Path
	return len(path) > 7 && path[:7] == "/files/" || r.Method == http.MethodPatch && len(path) > 13 && path[:13] == "/api/uploads/" ||
		r.Method == http.MethodPost && isMultipart(r)
}

// pace holds one direction of a connection to a speed.
type pace struct {
	set   func(time.Time) error // the deadline of the direction
	quota int64                 // bytes of each window; zero: not held
	moved int64                 // in this window
	until time.Time             // its end
}

func newPace(set func(time.Time) error, rate int64) pace {
	return pace{set: set, quota: rate * int64(paceWindow/time.Second)}
}

// begin sets the deadline before something is moved. A window begins anew when
// it has brought its quota; not more often than once a second.
func (p *pace) begin() {
	if p.quota <= 0 {
		return
	}
	now := time.Now()
	if !p.until.IsZero() && (p.moved < p.quota || now.Before(p.until.Add(time.Second-paceWindow))) {
		return
	}
	p.moved, p.until = 0, now.Add(paceWindow)
	_ = p.set(p.until) // a connection without deadlines is not held
}

// end takes the deadline away.
func (p *pace) end() {
	if p.quota > 0 {
		_ = p.set(time.Time{})
	}
}

// pacedBody is a request's body that must come at a speed.
type pacedBody struct {
	body io.Reader
	pace pace
}

func (c *call) pacedBody() *pacedBody {
	return &pacedBody{c.r.Body, newPace(http.NewResponseController(c.w).SetReadDeadline, c.s.MinBodyRate)}
}

// Read reads; a body that does not come whole is CodeMalformed.
func (b *pacedBody) Read(p []byte) (int, error) {
	b.pace.begin()
	n, err := b.body.Read(p)
	b.pace.moved += int64(n)
	if err != nil {
		// Behind the body the server watches the connection, for as long as
		// the answer takes.
		b.pace.end()
	}
	switch {
	case err == nil || err == io.EOF:
		return n, err
	case errors.Is(err, os.ErrDeadlineExceeded):
		return n, &campfire.Error{Code: campfire.CodeMalformed, Detail: "The body came too slowly."}
	}
	return n, &campfire.Error{Code: campfire.CodeMalformed, Detail: "The body did not come whole."}
}

// pacedAnswer is an answer that must be taken at a speed.
type pacedAnswer struct {
	http.ResponseWriter
	pace pace
}

func (c *call) pacedAnswer() *pacedAnswer {
	return &pacedAnswer{c.w, newPace(http.NewResponseController(c.w).SetWriteDeadline, c.s.MinBodyRate)}
}

// pacePiece is how much is written under one look at the clock: little enough
// to pass within a window at the lowest speed that is sensible.
const pacePiece = 256 << 10

// Write writes.
func (a *pacedAnswer) Write(p []byte) (int, error) {
	a.pace.begin()
	n, err := a.ResponseWriter.Write(p)
	a.pace.moved += int64(n)
	return n, err
}

// ReadFrom passes a file on in pieces, each without copying it where the
// system can.
func (a *pacedAnswer) ReadFrom(r io.Reader) (n int64, err error) {
	for {
		a.pace.begin()
		piece, err := io.Copy(a.ResponseWriter, io.LimitReader(r, pacePiece))
		a.pace.moved += piece
		n += piece
		if err != nil || piece < pacePiece {
			return n, err
		}
	}
}
