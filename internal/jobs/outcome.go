package jobs

import (
	"time"

	"campfire"
	"campfire/internal/store"
)

// Outcome says how a try ended and what becomes of the job.
type Outcome struct {
	verb   verb
	status int
	detail string
	after  time.Duration
	at     campfire.Time
	also   func(*store.Tx) error
}

type verb uint8

const (
	done verb = iota + 1
	skipped
	retry
	givenUp
	later
)

// Done says that the job is done; detail is for the log.
func Done(detail string) Outcome { return Outcome{verb: done, detail: detail} }

// Skip says that the job is no longer wanted, and why.
func Skip(reason string) Outcome { return Outcome{verb: skipped, detail: reason} }

// Retry says that the try failed; the job is tried again after a backoff, or
// given up when it had all its tries.
func Retry(err error) Outcome { return Outcome{verb: retry, detail: err.Error()} }

// GiveUp says that no further try can help.
func GiveUp(err error) Outcome { return Outcome{verb: givenUp, detail: err.Error()} }

// Later puts the job back until at. It counts as no try and is not logged.
func Later(at campfire.Time) Outcome { return Outcome{verb: later, at: at} }

// After sets the least time until the next try of a Retry.
func (o Outcome) After(d time.Duration) Outcome { o.after = d; return o }

// Status notes the status of the answer over HTTP.
func (o Outcome) Status(code int) Outcome { o.status = code; return o }

// Also runs fn in the transaction that ends the try. It must bear being run
// again from the start; its error puts the job back.
func (o Outcome) Also(fn func(*store.Tx) error) Outcome { o.also = fn; return o }
