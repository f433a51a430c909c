package load

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// report is all that a run found.
type report struct {
	Scenario scenario  `json:"scenario"`
	Began    time.Time `json:"began"`
	Machine  machine   `json:"machine"`
	Settings *settings `json:"settings"`
	Partial  bool      `json:"partial"` // it was interrupted: nothing is judged
	Void     string    `json:"void,omitempty"`

	Connect     Spread                      `json:"connect_and_subscribe"`
	ConnectRate float64                     `json:"connects_per_second"`
	Times       map[string]Spread           `json:"times"`
	Answers     map[string]map[string]int64 `json:"answers"` // by what was asked, and status
	Failed      map[string]int64            `json:"failed,omitempty"`
	NoRetry     int64                       `json:"refused_without_retry_after"`
	Lag         Spread                      `json:"generator_lag"`
	Generator   float64                     `json:"generator_cores"`
	Posted      int                         `json:"posted"`
	Acked       int                         `json:"acknowledged"`
	Stored      int                         `json:"stored"`
	Unanswered  int                         `json:"stored_unanswered"`
	NotToAll    int                         `json:"not_to_all"`
	NotSent     int64                       `json:"not_sent"` // requests, since too many were unanswered
	Deliveries  int64                       `json:"deliveries"`
	Resumed     int64                       `json:"sockets_resumed"`
	Resynced    int64                       `json:"sockets_resynced"`
	Others      map[string]int64            `json:"other_frames"`
	Lost        int64                       `json:"sockets_dropped"` // by the server
	Closes      map[string]int64            `json:"drops,omitempty"` // by how they ended
	Absent      int64                       `json:"sockets_absent"`  // at the end
	Rate        float64                     `json:"posts_per_second,omitempty"`
	Overload    *Overload                   `json:"overload,omitempty"`
	Classic     *ClassicFigures             `json:"classic,omitempty"`
	Server      map[string]float64          `json:"server"`
	Caches      []CacheFigures              `json:"caches,omitempty"`
	Unread      int                         `json:"metrics_unread"` // scrapes that failed
	Restarted   bool                        `json:"restarted"`
	Foreign     string                      `json:"foreign_metrics,omitempty"`
	Series      []second                    `json:"series"`
	Targets     []Target                    `json:"targets"`
	Wrong       int                         `json:"contradictions"`
	Sentences   []string                    `json:"contradiction_sentences,omitempty"`
	Failures    []string                    `json:"failures,omitempty"`
	Notes       []string                    `json:"notes,omitempty"`
	Verdict     string                      `json:"verdict"`

	deliveries *hdrhistogram.Histogram
}

// machine is what a run was made on.
type machine struct {
	CPU    string `json:"cpu"`
	Cores  int    `json:"cores"`
	Kernel string `json:"kernel"`
	Go     string `json:"go"`
}

func newReport(s *settings) *report {
	return &report{Scenario: s.scenario(), Began: time.Now().UTC().Truncate(time.Second), Settings: s, deliveries: newHistogram(),
		Machine: thisMachine(), Times: make(map[string]Spread), Answers: make(map[string]map[string]int64), Failed: make(map[string]int64), Server: make(map[string]float64)}
}

func thisMachine() machine {
	m := machine{Cores: runtime.NumCPU(), Go: runtime.Version()}
	if b, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		m.Kernel = strings.TrimSpace(string(b))
	}
	if f, err := os.Open("/proc/cpuinfo"); err == nil {
		defer f.Close()
		for lines := bufio.NewScanner(f); lines.Scan(); {
			if name, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(name) == "model name" {
				m.CPU = strings.TrimSpace(value)
				break
			}
		}
	}
	return m
}

// noted adds a remark once.
func (r *report) noted(text string) {
	if !slices.Contains(r.Notes, text) {
		r.Notes = append(r.Notes, text)
	}
}

// failed adds a reason for which the run does not count.
func (r *report) failed(format string, args ...any) {
	r.Failures = append(r.Failures, fmt.Sprintf(format, args...))
}

// fill turns what the run holds into the report, and returns what is judged.
func (r *run) fill() *figures {
	rep := r.report
	for what, m := range r.timed {
		if m.all.TotalCount() > 0 {
			rep.Times[what] = spreadOf(m.all)
		}
		if answers := m.answers(); len(answers) > 0 {
			rep.Answers[what] = answers
		}
		if n := r.failedOf(what, m); n > 0 {
			rep.Failed[what] = n
		}
		if m.status[http.StatusTooManyRequests].Load() > 0 {
			rep.noted("The server limits how much one person may do. For a load test start it with " + liftPosts + ".")
		}
		rep.NoRetry += m.noRetry.Load()
	}
	toAll := newRecorder()
	rep.NotToAll = r.ledger.toAll(r.held, toAll)
	all := newHistogram()
	toAll.drain(all)
	rep.Times["delivery"], rep.Times["to all"] = spreadOf(rep.deliveries), spreadOf(all)
	rep.Lag = spreadOf(r.lags)
	counts := r.fleet.Counts()
	rep.Posted, rep.Acked, rep.Deliveries = r.ledger.count(), r.ledger.acked(), counts.Deliveries
	rep.Resumed, rep.Resynced, rep.Lost, rep.Closes, rep.Others = counts.Resumed, counts.Resynced, counts.Lost, counts.Closes, counts.Others
	rep.NotSent = r.late.Load()
	rep.Sentences, rep.Wrong = r.ledger.broken()
	f := &figures{live: figure{float64(counts.Live), 1}}
	d, a := rep.Times["delivery"], rep.Times["to all"]
	f.delivery, f.toAll = figure{d.P95, d.Count}, figure{a.P99, a.Count}
	if o := rep.Overload; o != nil {
		f.goodput, f.recovery = figure{100 * o.Share, o.acked}, figure{o.Recovery, 1}
		if !o.Recovered {
			f.recovery.value = math.Inf(1)
		}
	}
	r.fillServer(f)
	return f
}

// failedOf counts the requests of a kind that were not served as they should
// be. Under overload a refusal that says when to come back is none of them.
func (r *run) failedOf(what string, m *measure) int64 {
	n := m.total() - m.status[m.good].Load()
	if r.s.Overload > 0 && what != "peak" {
		n -= m.status[http.StatusTooManyRequests].Load() + m.status[http.StatusServiceUnavailable].Load()
	}
	return n
}

// fillServer takes the server's own figures of the measured stretch.
func (r *run) fillServer(f *figures) {
	rep := r.report
	if s := r.after.spent - r.before.spent; r.after.at.After(r.before.at) {
		rep.Generator = s.Seconds() / r.after.at.Sub(r.before.at).Seconds()
	}
	before, after := r.before.metrics, r.after.metrics
	if before == nil || after == nil {
		return
	}
	start := func(s *scrape) float64 { v, _ := s.sum("process_start_time_seconds", nil); return v }
	if start(before) != start(after) {
		rep.Restarted = true
		return // its counters began anew
	}
	if sockets, _ := before.sum("ws_connections", nil); sockets < float64(r.s.Sockets)/2 {
		rep.Foreign = fmt.Sprintf("the metrics at %s are another server's: it has %.0f sockets, this run %d", r.s.Metrics, sockets, r.s.Sockets)
		return
	}
	written := func(l map[string]string) bool { return l["stage"] == "written" }
	query := func(l map[string]string) bool { return l["op"] != "commit" }
	p95 := func(key, name string, keep func(map[string]string) bool) figure {
		buckets := stretch(before, after, name, keep)
		v := figure{1000 * quantile(.95, buckets), int64(observations(buckets))}
		if v.n > 0 && !math.IsInf(v.value, 0) {
			rep.Server[key] = v.value
		}
		return v
	}
	f.create = p95("message_create_p95_ms", "message_create_duration_seconds", nil)
	f.written = p95("ws_broadcast_written_p95_ms", "ws_broadcast_duration_seconds", written)
	f.query = p95("db_query_p95_ms", "db_query_duration_seconds", query)
	f.memory = figure{r.peak / 1e6, int64(r.scrapes)}
	rep.Server["resident_peak_mb"] = f.memory.value
	rep.Server["cpu_seconds"] = grown(before, after, "process_cpu_seconds_total", nil)
	rep.Server["cpu_cores"] = rep.Server["cpu_seconds"] / after.at.Sub(before.at).Seconds()
	rep.Caches = caches(before, after)
	var all, hits float64
	for _, c := range rep.Caches {
		all, hits = all+c.Hits+c.Misses+c.Stale, hits+c.Hits
	}
	if all > 0 {
		f.hits = figure{100 * hits / all, int64(all)}
		rep.Server["cache_hit_rate"] = hits / all
	}
}

// CacheFigures are how often one cache was asked in the measured stretch, and
// with what success.
type CacheFigures struct {
	Name   string  `json:"cache"`
	Hits   float64 `json:"hits"`
	Misses float64 `json:"misses"`
	Stale  float64 `json:"stale"` // what was held had changed or expired since
	Rate   float64 `json:"hit_rate"`
}

// caches tells the caches that were asked, by name.
func caches(before, after *scrape) (all []CacheFigures) {
	for _, name := range after.values("cache_requests_total", "cache") {
		count := func(result string) float64 {
			return grown(before, after, "cache_requests_total", func(l map[string]string) bool { return l["cache"] == name && l["result"] == result })
		}
		c := CacheFigures{Name: name, Hits: count("hit"), Misses: count("miss"), Stale: count("stale")}
		if n := c.Hits + c.Misses + c.Stale; n > 0 {
			c.Rate = c.Hits / n
			all = append(all, c)
		}
	}
	return all
}

// publish prints the report and writes its files. Its error is the verdict.
func (r *report) publish(s *settings, stdout io.Writer) error {
	r.Verdict = r.summary()
	var text strings.Builder
	r.print(io.MultiWriter(stdout, &text))
	var errs []error
	write := func(name string, b []byte) {
		if name != "" {
			errs = append(errs, os.WriteFile(name, b, 0o644))
		}
	}
	if b, err := json.MarshalIndent(r, "", "  "); err != nil {
		errs = append(errs, err)
	} else {
		write(s.jsonFile, append(b, '\n'))
	}
	write(s.svgFile, r.plot())
	write(s.text, []byte(text.String()))
	return errors.Join(append(errs, r.verdict())...)
}

// plural names what the requests of a run ask for.
var plural = map[string]string{"post": "posts", "peak": "posts at the highest rate", "probe": "paced posts",
	"read": "reads", "search": "searches", "rooms": "lists of rooms"}

func (r *report) print(w io.Writer) {
	s := r.Settings
	fmt.Fprintf(w, "campfire load %s, %s\n%s, %d cores, Linux %s, %s\n", r.Scenario, r.Began.Format(time.RFC3339), r.Machine.CPU, r.Machine.Cores, r.Machine.Kernel, r.Machine.Go)
	rooms := fmt.Sprintf("%d rooms", s.Rooms)
	if s.OneRoom {
		rooms = "one room"
	}
	fmt.Fprintf(w, "%d sockets of %d people in %s", s.Sockets, s.Accounts, rooms)
	if r.Scenario == guide {
		fmt.Fprintf(w, "; %g posts, %g reads, %g searches, %g reconnects a second for %s", s.Rate, s.Reads, s.Searches, s.Reconnects, s.Duration)
	}
	fmt.Fprintf(w, "\n\n")
	r.printTimes(w)
	fmt.Fprintf(w, "\n%d posts, %d acknowledged, %d stored, %d of them unanswered; %d deliveries; %d posts did not come to all\n",
		r.Posted, r.Acked, r.Stored, r.Unanswered, r.Deliveries, r.NotToAll)
	fmt.Fprintf(w, "%.0f sockets opened a second, %d resumed, %d began anew, %d dropped by the server", r.ConnectRate, r.Resumed, r.Resynced, r.Lost)
	if r.Lost > 0 {
		fmt.Fprintf(w, " (%s)", told(r.Closes))
	}
	fmt.Fprintln(w)
	r.printScenario(w)
	fmt.Fprintf(w, "generator: %.2f cores", r.Generator)
	if cores, ok := r.Server["cpu_cores"]; ok {
		fmt.Fprintf(w, "; server: %.2f cores, %.0f MB resident at most", cores, r.Server["resident_peak_mb"])
	}
	fmt.Fprintln(w)
	r.printCaches(w)
	for _, n := range r.Notes {
		fmt.Fprintln(w, n)
	}
	fmt.Fprintln(w)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, x := range r.Targets {
		where := x.Where
		if x.Why != "" {
			where += " (" + x.Why + ")"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", x.Verdict, x.Name, x.Wanted, x.Measured, where)
	}
	t.Flush()
	list := func(what string, n int, sentences []string) {
		fmt.Fprintf(w, "%s: %d\n", what, n)
		for _, c := range sentences {
			fmt.Fprintln(w, "  "+c)
		}
	}
	fmt.Fprintln(w)
	list("contradictions", r.Wrong, r.Sentences)
	list("failures", len(r.Failures), r.Failures)
	fmt.Fprintf(w, "verdict: %s\n", r.Verdict)
}

func (r *report) printTimes(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "ms\tcount\tp50\tp90\tp95\tp99\tp99.9\tmax\t")
	row := func(name string, d Spread) {
		if d.Count > 0 {
			fmt.Fprintf(t, "%s\t%d\t%.1f\t%.1f\t%.1f\t%.1f\t%.1f\t%.1f\t\n", name, d.Count, d.P50, d.P90, d.P95, d.P99, d.P999, d.Max)
		}
	}
	row("post, to its answer", r.Times["post"])
	row("post, to each socket", r.Times["delivery"])
	row("post, to the last socket", r.Times["to all"])
	row("read of a page", r.Times["read"])
	row("search", r.Times["search"])
	row("list of rooms", r.Times["rooms"])
	if r.Classic != nil {
		row("batch of posts", r.Classic.Batch)
	}
	row("connect and subscribe", r.Connect)
	row("generator late by", r.Lag)
	t.Flush()
}

func (r *report) printScenario(w io.Writer) {
	s := r.Settings
	if r.Rate > 0 {
		fmt.Fprintf(w, "%.0f posts a second, %d at once\n", r.Rate, s.Posters)
	}
	if c := r.Classic; c != nil {
		fmt.Fprintf(w, "%.0f lists of rooms a second from %d connections; %.0f posts a second, %d at a time\n", c.ReadRate, s.Connections, c.PostRate, s.Batch)
	}
	if o := r.Overload; o != nil {
		fmt.Fprintf(w, "highest rate %.0f posts a second; offered %.0f for %s, %.1f times as much: %.0f acknowledged a second (%.0f %%)\n",
			o.Peak, o.Offered, s.Duration, o.Offered/o.Peak, o.Goodput, 100*o.Share)
		after := fmt.Sprintf("as quick as before (%.1f ms) after %.2f s", o.Before, o.Recovery)
		if !o.Recovered {
			after = fmt.Sprintf("not as quick as before (%.1f ms) within %.0f s", o.Before, o.Recovery)
		}
		fmt.Fprintf(w, "answers %s; %d not sent; %d refusals without Retry-After; %s\n", told(r.Answers["post"]), r.NotSent, r.NoRetry, after)
	}
}

func (r *report) printCaches(w io.Writer) {
	if len(r.Caches) == 0 {
		return
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "cache\thits\tmisses\tstale\thit rate\t")
	for _, c := range r.Caches {
		fmt.Fprintf(t, "%s\t%.0f\t%.0f\t%.0f\t%.1f %%\t\n", c.Name, c.Hits, c.Misses, c.Stale, 100*c.Rate)
	}
	t.Flush()
}
