package load

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// guideSettings are those of the guide's own run.
func guideSettings() *settings {
	return &settings{Sockets: 10000, Accounts: 500, Rooms: 10, Rate: 20, Reads: 50, Searches: .5, Reconnects: 1}
}

// goodFigures meet every target.
func goodFigures() *figures {
	return &figures{create: figure{9.9, 5000}, written: figure{49, 5000}, query: figure{4.9, 5000}, delivery: figure{49, 5000},
		toAll: figure{150, 5000}, memory: figure{511, 61}, hits: figure{80.1, 5000}, live: figure{10000, 1},
		goodput: figure{90, 5000}, recovery: figure{5, 1}}
}

func verdictOf(t *testing.T, targets []Target, name string) Target {
	t.Helper()
	i := slices.IndexFunc(targets, func(x Target) bool { return x.Name == name })
	if i < 0 {
		t.Fatalf("no target %q in %v", name, targets)
	}
	return targets[i]
}

func TestEachTargetIsMetMissedOrNotJudged(t *testing.T) {
	oneRoom := func(s *settings) { s.OneRoom = true }
	small := func(s *settings) { s.OneRoom, s.Sockets = true, 1000 }
	script := func(s *settings) { s.OneRoom, s.Connections = true, 400 }
	flood := func(s *settings) { s.Overload = 4 }
	for _, c := range []struct {
		target string
		set    func(*settings)
		with   func(*figures)
		want   string // verdict and reason
		shown  string
	}{
		{"message creation, p95", nil, func(*figures) {}, met, "9.9 ms"},
		{"message creation, p95", nil, func(f *figures) { f.create.value = 10 }, missed, "10.0 ms"},
		{"message creation, p95", nil, func(f *figures) { f.create.value = math.Inf(1) }, missed, "beyond what is measured"},
		{"message creation, p95", nil, func(f *figures) { f.create = figure{} }, "not judged: nothing was measured", "–"},
		{"message creation, p95", nil, func(f *figures) { f.create = figure{math.NaN(), 400} }, "not judged: nothing was measured", "–"},
		{"message creation, p95", nil, func(f *figures) { f.create.n = 99 }, "not judged: too few observations: 99 of 100", "9.9 ms"},
		{"message creation, p95", nil, func(f *figures) { f.create = figure{50, 99} }, "not judged: too few observations: 99 of 100", "50.0 ms"},
		{"broadcast, p95", nil, func(*figures) {}, met, "49.0 ms"},
		{"broadcast, p95", nil, func(f *figures) { f.delivery.value = 50 }, missed, "50.0 ms"},
		{"broadcast, p95", nil, func(f *figures) { f.delivery = figure{} }, "not judged: nothing was measured", "–"},
		{"broadcast, p95", script, func(f *figures) { f.delivery = figure{} }, met, "49.0 ms"},
		{"broadcast, p95", script, func(f *figures) { f.written.value = 51 }, missed, "51.0 ms"},
		{"broadcast to all of one room, p99", oneRoom, func(*figures) {}, met, "150.0 ms"},
		{"broadcast to all of one room, p99", oneRoom, func(f *figures) { f.toAll.value = 150.1 }, missed, "150.1 ms"},
		{"broadcast to all of one room, p99", oneRoom, func(f *figures) { f.toAll.n = 499 }, "not judged: too few observations: 499 of 500", "150.0 ms"},
		{"broadcast to all of one room, p99", small, func(f *figures) { f.toAll.value = 20 }, met, "20.0 ms"},
		{"broadcast to all of one room, p99", small, func(f *figures) { f.toAll.value = 21 }, missed, "21.0 ms"},
		{"database query, p95", nil, func(*figures) {}, met, "4.90 ms"},
		{"database query, p95", nil, func(f *figures) { f.query.value = 5 }, missed, "5.00 ms"},
		{"memory, peak", nil, func(*figures) {}, met, "511 MB"},
		{"memory, peak", nil, func(f *figures) { f.memory.value = 512 }, missed, "512 MB"},
		{"memory, peak", nil, func(f *figures) { f.memory.n = 1 }, "not judged: too few observations: 1 of 2", "511 MB"},
		{"memory, peak", func(s *settings) { s.Sockets = 9999 }, func(*figures) {}, "not judged: with 9999 sockets it says nothing", "511 MB"},
		{"memory, peak", func(s *settings) { s.Sockets = 9999 }, func(f *figures) { f.memory.value = 600 }, missed, "600 MB"},
		{"connections", nil, func(*figures) {}, met, "10000"},
		{"connections", nil, func(f *figures) { f.live = figure{9999, 1} }, missed, "9999"},
		{"connections", func(s *settings) { s.Sockets = 50 }, func(f *figures) { f.live = figure{50, 1} }, "not judged: with 50 sockets it says nothing", "50"},
		{"cache hit rate", nil, func(*figures) {}, met, "80.1 %"},
		{"cache hit rate", nil, func(f *figures) { f.hits.value = 80 }, missed, "80.0 %"},
		{"cache hit rate", nil, func(f *figures) { f.hits.n = 999 }, "not judged: too few observations: 999 of 1000", "80.1 %"},
		{"goodput under overload", flood, func(*figures) {}, met, "90 %"},
		{"goodput under overload", flood, func(f *figures) { f.goodput.value = 89.9 }, missed, "90 %"},
		{"recovery after it", flood, func(*figures) {}, met, "5.00 s"},
		{"recovery after it", flood, func(f *figures) { f.recovery.value = math.Inf(1) }, missed, "beyond what is measured"},
		{"message creation, p95", func(s *settings) { s.Saturate = true }, func(*figures) {}, "not judged: targets hold at a stated rate", "9.9 ms"},
	} {
		s, f := guideSettings(), goodFigures()
		if c.set != nil {
			c.set(s)
		}
		c.with(f)
		got := verdictOf(t, judge(s, f), c.target)
		verdict := got.Verdict
		if got.Why != "" {
			verdict += ": " + got.Why
		}
		if verdict != c.want || got.Measured != c.shown {
			t.Errorf("%s, %s: %q, want %q, %s", c.target, got.Measured, verdict, c.want, c.shown)
		}
	}
}

// goodReport is of a run with nothing wrong.
func goodReport() *report {
	s := guideSettings()
	r := newReport(s)
	r.Machine.Cores = 2
	r.Posted, r.Acked, r.Stored = 6000, 6000, 6000
	r.Times["post"] = Spread{Count: 6000}
	r.Lag = Spread{Count: 20000, P99: 19.9}
	return r
}

func TestGuideHasSixTargets(t *testing.T) {
	r := goodReport()
	r.conclude(goodFigures())
	if err := r.verdict(); err != nil || len(r.Targets) != 6 || r.summary() != "all 6 targets met" {
		t.Errorf("%v; %q of %v", err, r.summary(), r.Targets)
	}
}

// Whatever the figures, a run that failed or shows nothing has met no target.
func TestRunThatFailedHasMetNothing(t *testing.T) {
	for _, c := range []struct {
		name string
		with func(r *report)
		want string // of the error
	}{
		{"a contradiction", func(r *report) { r.Wrong = 1 }, "1 contradictions: the Campfire broke a promise"},
		{"failed posts", func(r *report) {
			r.Failed["post"], r.Answers["post"] = 3, map[string]int64{"201": 5, "500": 2, "no answer": 1}
		},
			"the run failed: 3 of the posts failed (201: 5, 500: 2, no answer: 1)"},
		{"failed reads", func(r *report) { r.Failed["read"] = 1 }, "1 of the reads failed"},
		{"failed searches", func(r *report) { r.Failed["search"] = 1 }, "1 of the searches failed"},
		{"dropped sockets", func(r *report) { r.Lost, r.Closes = 2, map[string]int64{"4008": 1, "cut": 1} }, "2 sockets were dropped by the server (4008: 1, cut: 1)"},
		{"sockets that did not come back", func(r *report) { r.Absent = 1 }, "1 sockets were not connected at the end"},
		{"posts that did not come to all", func(r *report) { r.NotToAll = 1 }, "1 posts did not come to every socket"},
		{"requests that were not sent", func(r *report) { r.NotSent = 7 }, "7 requests were not sent, since 1024 were unanswered"},
		{"nothing acknowledged", func(r *report) { r.Acked = 0 }, "no post was acknowledged"},
		{"unread metrics", func(r *report) { r.Unread = 1 }, "the server's metrics could not be read 1 times"},
		{"a restart", func(r *report) { r.Restarted = true }, "the server was started anew"},
		{"another server's metrics", func(r *report) { r.Foreign = "the metrics are another server's" }, "another server's"},
		{"rooms that can't be read", func(r *report) { r.failed("room 3 can't be read") }, "room 3 can't be read"},
		{"a refusal without Retry-After", func(r *report) { r.NoRetry = 1 }, "without Retry-After"},
		{"a generator that is late", func(r *report) { r.Lag.P99 = 20.1 }, "the run is void: the generator was late by 20.1 ms"},
		{"an interrupt", func(r *report) { r.Partial = true }, "interrupted"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := goodReport()
			c.with(r)
			r.conclude(goodFigures())
			if err := r.verdict(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("verdict %v, want %q", err, c.want)
			}
			if names := r.names(met); len(names) != 0 {
				t.Errorf("it reads as if %q were met", names)
			}
			if strings.Contains(r.summary(), "targets met") {
				t.Errorf("its last line is %q", r.summary())
			}
		})
	}
}

func TestMissedTargetStaysMissedInARunThatFailed(t *testing.T) {
	r, f := goodReport(), goodFigures()
	r.Wrong, f.query.value = 1, 7
	r.conclude(f)
	if got := verdictOf(t, r.Targets, "database query, p95"); got.Verdict != missed {
		t.Errorf("%+v", got)
	}
}

func TestVerdictNamesWhatWasMissed(t *testing.T) {
	r, f := goodReport(), goodFigures()
	f.query.value, f.hits.value = 7, 12
	r.conclude(f)
	if err := r.verdict(); err == nil || err.Error() != "missed: database query, p95; cache hit rate" {
		t.Error(err)
	}
}

func TestRunThatCouldJudgeNothingIsNoSuccess(t *testing.T) {
	r := goodReport()
	r.conclude(&figures{live: figure{0, 1}})
	if err := r.verdict(); err == nil || err.Error() != "missed: connections" {
		t.Error(err)
	}
	r = goodReport()
	r.Settings.Sockets = 50
	r.conclude(&figures{live: figure{50, 1}})
	if err := r.verdict(); err == nil || err.Error() != "nothing could be judged" {
		t.Error(err)
	}
	r = goodReport()
	r.Settings.Sockets = 50
	f := goodFigures()
	f.live = figure{50, 1}
	r.conclude(f)
	if err := r.verdict(); err != nil || r.summary() != "4 of 6 targets met; not judged: memory, peak; connections" {
		t.Error(err, r.summary())
	}
}

func TestOverloadIsHeldAgainstItsOwnRules(t *testing.T) {
	for _, c := range []struct {
		name string
		with func(r *report)
		want string
	}{
		{"clean", func(*report) {}, ""},
		{"sockets that lag and resume", func(r *report) { r.Lost = 20 }, ""},
		{"more than the generator holds", func(r *report) { r.NotSent = 100 }, ""},
		{"a late generator", func(r *report) { r.Lag.P99 = 500 }, ""},
		{"an error of the server's", func(r *report) { r.Failed["post"] = 1 }, "1 of the posts failed"},
		{"a refusal without Retry-After", func(r *report) { r.NoRetry = 1 }, "1 refusals came without Retry-After"},
		{"a generator that can't", func(r *report) { r.Overload.Offered = 35999 }, "the run is void: the generator was the limit: it sent 35999 posts a second of 40000"},
	} {
		r := goodReport()
		r.Settings.Overload = 4
		r.Overload = &Overload{Peak: 10000, Wanted: 40000, Offered: 36000}
		c.with(r)
		r.conclude(goodFigures())
		if err := r.verdict(); c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

func TestSaturationIsVoidWhenTheGeneratorTookTheMachine(t *testing.T) {
	for _, c := range []struct {
		generator, server float64
		void              bool
	}{{1.1, 0.8, true}, {0.8, 1.1, false}, {0.9, 0.5, false}} {
		r := goodReport()
		r.Settings.Saturate = true
		r.Generator, r.Server["cpu_cores"] = c.generator, c.server
		r.conclude(goodFigures())
		if got := r.Void != ""; got != c.void {
			t.Errorf("generator %g, server %g: %q", c.generator, c.server, r.Void)
		}
		if len(r.names(met)) > 0 {
			t.Error("a target is met at saturation")
		}
	}
}

func TestFailedCountsByTheScenario(t *testing.T) {
	m := &measure{good: 201}
	for _, status := range []int{201, 201, 503, 429, 500, 200} {
		m.count(&answer{status: status, retry: "1"})
	}
	m.count(&answer{status: 503})
	m.count(&answer{err: errStopped})
	r := &run{s: &settings{}}
	if got := r.failedOf("post", m); got != 6 {
		t.Errorf("%d failed of a paced run, want 6", got)
	}
	r.s.Overload = 4
	if got := r.failedOf("post", m); got != 3 {
		t.Errorf("%d failed under overload, want 3", got)
	}
	if got := r.failedOf("peak", m); got != 6 {
		t.Errorf("%d failed at the peak, want 6", got)
	}
	if got := m.noRetry.Load(); got != 1 {
		t.Errorf("%d without Retry-After, want 1", got)
	}
	if got := told(m.answers()); got != "200: 1, 201: 2, 429: 1, 500: 1, 503: 2, no answer: 1" {
		t.Error(got)
	}
}
