package doctor

import (
	"context"
	"fmt"
	"time"

	"campfire/internal/config"
	"campfire/internal/store"
)

// Status is how a check came out.
type Status string

// The outcomes, best first. NotChecked says why in its detail.
const (
	OK         Status = "ok"
	NotChecked Status = "not checked"
	Warning    Status = "warning"
	Failure    Status = "failure"
)

// Finding is what a check found. Remedy is a setting with a value, or a
// command to type; a Warning and a Failure always have one.
type Finding struct {
	Status Status `json:"status"`
	Detail string `json:"detail"`
	Remedy string `json:"remedy,omitempty"`
}

// Check is one line of the checklist.
type Check struct {
	ID    string   // stable, for scripts
	Group string   // the heading it stands under
	Title string   // what is looked at, in a few words
	Guide []string // the lines of the founding guide that it answers
	Needs needs    // what must be there for it to run
	Run   func(ctx context.Context, p *Patient) Finding
}

// needs are what a check can't do without. What is missing is said in place
// of running it.
type needs int

const (
	needDatabase needs = 1 << iota // Patient.Database
	needServer                     // Patient.Server
	needMetrics                    // Patient.Metrics
	needURL                        // Patient.URL, and a server to be reached through it
)

// Server is what a running server says of itself over its private socket.
type Server struct {
	PID      int
	Version  string
	Started  time.Time
	Addr     string   // where it listens
	Metrics  string   // where its metrics listen; empty: nowhere
	Settings []string // as config.Config has them
	Files    []string
	Database *store.Inspection
	Stored   *Stored
	PushKeys *PushKeys
}

// Patient is what is examined.
type Patient struct {
	Version string         // this program's
	Config  *config.Config // the running server's, or what one would start with
	Here    *config.Config // this command's own
	URL     string         // the public address; empty: not known
	Deep    bool           // whether the whole database was to be read

	Server      *Server           // nil: none is running
	Database    *store.Inspection // nil: see DatabaseErr
	DatabaseErr error
	Stored      *Stored   // nil: the files were not looked at
	PushKeys    *PushKeys // nil: not looked at
	Metrics     Scrape    // nil: none
	MetricsErr  error

	// Probe returns a token that opens one WebSocket on the running server.
	Probe func(ctx context.Context) (token string, err error)

	Machine Machine
	Now     func() time.Time
}

// Result is a check and what it found.
type Result struct {
	ID    string   `json:"id"`
	Group string   `json:"group"`
	Title string   `json:"title"`
	Guide []string `json:"guide,omitempty"`
	Finding
}

// Report is the outcome of all checks.
type Report struct {
	Status  Status   `json:"status"` // the worst of all; what was not checked counts for nothing
	Running bool     `json:"running"`
	Version string   `json:"version"`
	Data    string   `json:"data"`
	Checks  []Result `json:"checks"`
}

// Examine runs all checks, in order. It returns early when ctx ends, with
// what is left not checked.
func Examine(ctx context.Context, p *Patient) *Report {
	r := &Report{Status: OK, Running: p.Server != nil, Version: p.Version, Data: p.Here.Data}
	for _, c := range Checks() {
		f := p.missing(c.Needs)
		if ctx.Err() != nil {
			f = &Finding{Status: NotChecked, Detail: "the examination was cut short"}
		}
		if f == nil {
			found := c.Run(ctx, p)
			f = &found
		}
		r.Checks = append(r.Checks, Result{c.ID, c.Group, c.Title, c.Guide, *f})
		if f.Status == Failure || f.Status == Warning && r.Status == OK {
			r.Status = f.Status
		}
	}
	return r
}

// missing says why a check can't run; nil when it can.
func (p *Patient) missing(n needs) *Finding {
	switch {
	case n&needServer != 0 && p.Server == nil:
		return &Finding{NotChecked, "no server is running on this data directory", ""}
	case n&needMetrics != 0 && p.Metrics == nil && p.Server == nil:
		return &Finding{NotChecked, "no server is running, so there are no metrics", ""}
	case n&needMetrics != 0 && p.Metrics == nil:
		return &Finding{NotChecked, fmt.Sprintf("the server's metrics can't be read: %v", p.MetricsErr), ""}
	case n&needDatabase != 0 && p.Database == nil:
		return &Finding{NotChecked, fmt.Sprintf("the database can't be looked at: %v", p.DatabaseErr), ""}
	case n&needURL != 0 && p.URL == "":
		return &Finding{NotChecked, "the public address is not known", "CAMPFIRE_URL=https://chat.example.org, or: campfire doctor --url https://chat.example.org"}
	case n&needURL != 0 && p.Server == nil:
		return &Finding{NotChecked, "no server is running that could be reached through it", ""}
	}
	return nil
}

// How checks say what they found.

func ok(format string, a ...any) Finding { return Finding{OK, fmt.Sprintf(format, a...), ""} }

func warn(remedy, format string, a ...any) Finding {
	return Finding{Warning, fmt.Sprintf(format, a...), remedy}
}

func fail(remedy, format string, a ...any) Finding {
	return Finding{Failure, fmt.Sprintf(format, a...), remedy}
}

func unknown(format string, a ...any) Finding {
	return Finding{NotChecked, fmt.Sprintf(format, a...), ""}
}
