package load

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

const (
	// lagWithin is how late the generator may be, in milliseconds, 99 times of
	// 100: beyond it, it was the limit.
	lagWithin = 20.0
	// sentFrom is the share of an overload that must really have been sent.
	sentFrom = 0.9
	// machineFull is the share of all cores beyond which the machine is busy.
	machineFull = 0.9
)

// conclude says what the run's figures are worth. Whatever they are, a run
// that failed has met nothing, and one that is void has shown nothing.
func (r *report) conclude(f *figures) {
	r.Failures = append(r.Failures, r.failures()...)
	r.Void = r.void()
	r.Targets = judge(r.Settings, f)
	for i := range r.Targets {
		switch t := &r.Targets[i]; {
		case r.Partial:
			t.omit("the run was interrupted")
		case r.Void != "":
			t.omit("the run is void")
		case t.Verdict == met && (r.Wrong > 0 || len(r.Failures) > 0):
			t.omit("the run failed")
		}
	}
}

// failures are what keeps a run from counting, beyond what contradicts the
// contract: the targets hold for a load that was served.
func (r *report) failures() (all []string) {
	failed := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	s := r.Settings
	for _, what := range slices.Sorted(maps.Keys(r.Failed)) {
		if n := r.Failed[what]; n > 0 {
			failed("%d of the %s failed (%s)", n, plural[what], told(r.Answers[what]))
		}
	}
	if n := r.NoRetry; n > 0 {
		failed("%d refusals came without Retry-After", n)
	}
	// Under overload a server may give up sockets that lag: they resume, and
	// what they missed is looked for like everything else.
	if r.Lost > 0 && s.Overload == 0 {
		failed("%d sockets were dropped by the server (%s)", r.Lost, told(r.Closes))
	}
	if r.Absent > 0 {
		failed("%d sockets were not connected at the end", r.Absent)
	}
	if r.NotToAll > 0 {
		failed("%d posts did not come to every socket of their room", r.NotToAll)
	}
	if r.NotSent > 0 && s.Overload == 0 {
		failed("%d requests were not sent, since %d were unanswered", r.NotSent, s.underWay())
	}
	if (s.Rate > 0 || s.scenario() != guide) && r.Acked == 0 {
		failed("no post was acknowledged")
	}
	if r.Unread > 0 {
		failed("the server's metrics could not be read %d times", r.Unread)
	}
	if r.Restarted {
		failed("the server was started anew during the run")
	}
	if r.Foreign != "" {
		failed("%s", r.Foreign)
	}
	return all
}

// void says why a run shows nothing about the server; empty: it does.
func (r *report) void() string {
	s := r.Settings
	if o := r.Overload; o != nil {
		if o.Offered < sentFrom*o.Wanted {
			return fmt.Sprintf("the generator was the limit: it sent %.0f posts a second of %.0f", o.Offered, o.Wanted)
		}
		return ""
	}
	if s.Saturate {
		server, known := r.Server["cpu_cores"]
		if known && r.Generator > server && r.Generator+server > machineFull*float64(r.Machine.Cores) {
			return fmt.Sprintf("the generator was the limit: it took %.2f of %d cores, the server %.2f", r.Generator, r.Machine.Cores, server)
		}
		return ""
	}
	if r.Lag.P99 > lagWithin {
		return fmt.Sprintf("the generator was late by %.1f ms at the 99th percentile: it was the limit, or the machine", r.Lag.P99)
	}
	return ""
}

// verdict is nil when the run was clean and no target was missed.
func (r *report) verdict() error {
	switch {
	case r.Wrong > 0:
		return fmt.Errorf("%d contradictions: the Campfire broke a promise, or something else posted meanwhile", r.Wrong)
	case r.Partial:
		return errors.New("the run was interrupted, so nothing was judged")
	case r.Void != "":
		return fmt.Errorf("the run is void: %s", r.Void)
	case len(r.Failures) > 0:
		return fmt.Errorf("the run failed: %s", strings.Join(r.Failures, "; "))
	}
	if names := r.names(missed); len(names) > 0 {
		return fmt.Errorf("missed: %s", strings.Join(names, "; "))
	}
	if len(r.names(met)) == 0 && !r.Settings.Saturate {
		return errors.New("nothing could be judged")
	}
	return nil
}

// summary is the verdict as the report ends with it.
func (r *report) summary() string {
	if err := r.verdict(); err != nil {
		return err.Error()
	}
	if r.Settings.Saturate {
		return "no contradictions and no failures; no target is judged at saturation"
	}
	n, omitted := len(r.names(met)), r.names(notJudged)
	if len(omitted) == 0 {
		return fmt.Sprintf("all %d targets met", n)
	}
	return fmt.Sprintf("%d of %d targets met; not judged: %s", n, len(r.Targets), strings.Join(omitted, "; "))
}

// names are those of the targets with a verdict.
func (r *report) names(verdict string) (names []string) {
	for _, t := range r.Targets {
		if t.Verdict == verdict {
			names = append(names, t.Name)
		}
	}
	return names
}

// told lists counts in a stable order.
func told(counts map[string]int64) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%s: %d", name, counts[name]))
	}
	return strings.Join(parts, ", ")
}
