package load

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// report is all that a run found.
type report struct {
	Scenario string    `json:"scenario"`
	Began    time.Time `json:"began"`
	Machine  machine   `json:"machine"`
	Settings *settings `json:"settings"`
	Partial  bool      `json:"partial"` // it was interrupted: nothing is judged
	Void     string    `json:"void,omitempty"`

	Connect     Spread             `json:"connect_and_subscribe"`
	ConnectRate float64            `json:"connects_per_second"`
	Times       map[string]Spread  `json:"times"`
	Failed      map[string]int64   `json:"failed,omitempty"`
	Lag         Spread             `json:"generator_lag"`
	Posted      int                `json:"posted"`
	Acked       int                `json:"acknowledged"`
	Stored      int                `json:"stored"`
	Unanswered  int                `json:"stored_unanswered"`
	Deliveries  int64              `json:"deliveries"`
	Resumed     int64              `json:"sockets_resumed"`
	Others      map[string]int64   `json:"other_frames"`
	Lost        int64              `json:"connections_lost"`
	Rate        float64            `json:"posts_per_second,omitempty"`
	Overload    *Overload          `json:"overload,omitempty"`
	Classic     *ClassicFigures    `json:"classic,omitempty"`
	Server      map[string]float64 `json:"server"`
	Series      []second           `json:"series"`
	Targets     []Target           `json:"targets"`
	Wrong       int                `json:"contradictions"`
	Sentences   []string           `json:"contradiction_sentences,omitempty"`
	Notes       []string           `json:"notes,omitempty"`

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
	return &report{Began: time.Now().UTC().Truncate(time.Second), Settings: s, deliveries: newHistogram(),
		Machine: thisMachine(), Times: make(map[string]Spread), Failed: make(map[string]int64), Server: make(map[string]float64)}
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

// noted adds a sentence once.
func (r *report) noted(text string) {
	for _, n := range r.Notes {
		if n == text {
			return
		}
	}
	r.Notes = append(r.Notes, text)
}

// Target is one line of the guide, and what the run says of it.
type Target struct {
	Name     string  `json:"name"`
	Wanted   string  `json:"wanted"`
	Measured string  `json:"measured"`
	Where    string  `json:"where"`
	Verdict  string  `json:"verdict"` // met, missed, not judged
	value    float64 // NaN: not known
}

// The verdicts.
const (
	met       = "met"
	missed    = "missed"
	notJudged = "not judged"
)

// The founding guide's targets, and goal 2 for one large room.
const (
	createWithin    = 10.0  // ms, 95 of 100
	broadcastWithin = 50.0  // ms, 95 of 100
	toAllWithin     = 150.0 // ms, 99 of 100, with all in one room
	queryWithin     = 5.0   // ms, 95 of 100
	memoryBelow     = 512.0 // MB
	connectionsFrom = 10000.0
	hitRateAbove    = 80.0 // per cent
	lagWithin       = 20.0 // ms, 99 of 100: beyond it the generator was the limit
)

// fill turns what the run holds into the report.
func (r *run) fill() {
	rep := r.report
	rep.Scenario = "guide"
	if rep.Classic != nil {
		rep.Scenario = "classic"
	}
	for what, m := range r.timed {
		if m.all.TotalCount() > 0 {
			rep.Times[what] = spreadOf(m.all)
		}
		if n := m.failed.Load(); n > 0 {
			rep.Failed[what] = n
		}
	}
	toAll := newRecorder()
	r.ledger.toAll(toAll)
	all := newHistogram()
	toAll.drain(all)
	rep.Times["delivery"], rep.Times["to all"] = spreadOf(rep.deliveries), spreadOf(all)
	rep.Lag = spreadOf(r.lags)
	counts := r.fleet.Counts()
	rep.Posted, rep.Acked, rep.Deliveries = r.ledger.count(), r.ledger.acked(), counts.Deliveries
	rep.Resumed, rep.Lost, rep.Others = counts.Resumed, counts.Lost, counts.Others
	rep.Sentences, rep.Wrong = r.ledger.broken()
	for why, n := range counts.Closes {
		rep.noted(fmt.Sprintf("%d connections ended without our wish: %s", n, why))
	}
	r.fillServer()
	r.judge(counts.Live)
}

// fillServer takes the server's own figures of the measured stretch.
func (r *run) fillServer() {
	written := func(l map[string]string) bool { return l["stage"] == "written" }
	query := func(l map[string]string) bool { return l["op"] != "commit" }
	ms := func(name string, keep func(map[string]string) bool) float64 {
		return 1000 * quantile(.95, stretch(r.before, r.after, name, keep))
	}
	s := r.report.Server
	set := func(name string, v float64) {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			s[name] = v
		}
	}
	set("message_create_p95_ms", ms("message_create_duration_seconds", nil))
	set("ws_broadcast_written_p95_ms", ms("ws_broadcast_duration_seconds", written))
	set("db_query_p95_ms", ms("db_query_duration_seconds", query))
	if r.before == nil || r.after == nil {
		return
	}
	grown := func(name string, keep func(map[string]string) bool) float64 {
		b, _ := r.before.sum(name, keep)
		a, _ := r.after.sum(name, keep)
		return a - b
	}
	hits := grown("cache_requests_total", func(l map[string]string) bool { return l["result"] == "hit" })
	set("cache_hit_rate", hits/grown("cache_requests_total", nil))
	set("cpu_seconds", grown("process_cpu_seconds_total", nil))
	set("cpu_cores", grown("process_cpu_seconds_total", nil)/r.after.at.Sub(r.before.at).Seconds())
	set("resident_peak_mb", r.peak/1e6)
	sockets, _ := r.after.sum("ws_connections", nil)
	set("ws_connections", sockets)
}

// judge holds the run against the targets.
func (r *run) judge(live int64) {
	rep := r.report
	server := func(name string) float64 {
		if v, ok := rep.Server[name]; ok {
			return v
		}
		return math.NaN()
	}
	below := func(name, where string, value, limit float64, format string) {
		t := Target{Name: name, Wanted: fmt.Sprintf("< "+format, limit), Where: where, Verdict: notJudged, Measured: "–", value: value}
		if !math.IsNaN(value) {
			t.Measured, t.Verdict = fmt.Sprintf(format, value), missed
			if value < limit {
				t.Verdict = met
			}
		}
		rep.Targets = append(rep.Targets, t)
	}
	known := func(s Spread, v float64) float64 {
		if s.Count == 0 {
			return math.NaN()
		}
		return v
	}
	below("message creation, p95", "server: message_create_duration_seconds", server("message_create_p95_ms"), createWithin, "%.1f ms")
	if d := rep.Times["to all"]; r.s.OneRoom && rep.Classic == nil {
		below("broadcast to all of one room, p99", "clients: from the scheduled time to the last socket", known(d, d.P99), toAllWithin, "%.1f ms")
	} else if rep.Classic == nil {
		d := rep.Times["delivery"]
		below("broadcast, p95", "clients: from the scheduled time to each socket", known(d, d.P95), broadcastWithin, "%.1f ms")
	} else {
		below("broadcast, p95", "server: ws_broadcast_duration_seconds, written", server("ws_broadcast_written_p95_ms"), broadcastWithin, "%.1f ms")
	}
	below("database query, p95", "server: db_query_duration_seconds, commits apart", server("db_query_p95_ms"), queryWithin, "%.2f ms")
	below("memory, peak", "server: process_resident_memory_bytes", server("resident_peak_mb"), memoryBelow, "%.0f MB")
	connections := Target{Name: "connections", Wanted: fmt.Sprintf("≥ %.0f", connectionsFrom), Measured: fmt.Sprint(live), Where: "clients: subscribed at the end", Verdict: notJudged}
	if r.s.Sockets >= connectionsFrom {
		connections.Verdict = missed
		if live >= connectionsFrom {
			connections.Verdict = met
		}
	} else {
		for i := range rep.Targets {
			if rep.Targets[i].Name == "memory, peak" && rep.Targets[i].Verdict == met {
				rep.Targets[i].Verdict = notJudged // with fewer sockets it says nothing
			}
		}
	}
	rep.Targets = append(rep.Targets, connections)
	hits := Target{Name: "cache hit rate", Wanted: fmt.Sprintf("> %.0f %%", hitRateAbove), Measured: "–", Where: "server: cache_requests_total", Verdict: notJudged}
	if v := 100 * server("cache_hit_rate"); !math.IsNaN(v) {
		hits.Measured, hits.Verdict = fmt.Sprintf("%.1f %%", v), missed
		if v > hitRateAbove {
			hits.Verdict = met
		}
	}
	rep.Targets = append(rep.Targets, hits)
	flatOut := r.s.Saturate || r.s.Overload > 0
	for i := range rep.Targets {
		if rep.Partial || flatOut {
			rep.Targets[i].Verdict = notJudged // targets hold at a stated rate
		}
	}
	if !flatOut && rep.Lag.P99 > lagWithin {
		rep.Void = fmt.Sprintf("the generator was late by %.1f ms at the 99th percentile: it was the limit, or the machine", rep.Lag.P99)
	}
	if n := r.odd.late.Load(); n > 0 && r.s.Overload == 0 {
		rep.Void = fmt.Sprintf("%d requests were not sent, since %d were under way", n, underWay)
	}
}

// publish prints the report and writes its files. Its error is the verdict.
func (r *report) publish(s *settings, stdout io.Writer) error {
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

// verdict is nil when the run was clean and no target was missed.
func (r *report) verdict() error {
	switch {
	case r.Wrong > 0:
		return fmt.Errorf("%d contradictions: the Campfire broke a promise, or something else posted meanwhile", r.Wrong)
	case r.Partial:
		return errors.New("the run was interrupted, so nothing was judged")
	case r.Void != "":
		return fmt.Errorf("the run is void: %s", r.Void)
	}
	var names []string
	for _, t := range r.Targets {
		if t.Verdict == missed {
			names = append(names, t.Name)
		}
	}
	if len(names) > 0 {
		return fmt.Errorf("missed: %s", strings.Join(names, "; "))
	}
	return nil
}

func (r *report) print(w io.Writer) {
	s := r.Settings
	fmt.Fprintf(w, "campfire load %s, %s\n%s, %d cores, Linux %s, %s\n", r.Scenario, r.Began.Format(time.RFC3339), r.Machine.CPU, r.Machine.Cores, r.Machine.Kernel, r.Machine.Go)
	rooms := fmt.Sprintf("%d rooms", s.Rooms)
	if s.OneRoom {
		rooms = "one room"
	}
	fmt.Fprintf(w, "%d sockets of %d people in %s", s.Sockets, s.Accounts, rooms)
	if r.Classic == nil && !s.Saturate && s.Overload == 0 {
		fmt.Fprintf(w, "; %g posts, %g reads, %g searches, %g reconnects a second for %s", s.Rate, s.Reads, s.Searches, s.Reconnects, s.Duration)
	}
	fmt.Fprintf(w, "\n\n")
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
	fmt.Fprintf(w, "\n%d posts, %d acknowledged, %d stored; %d deliveries; %.0f sockets opened a second, %d resumed, %d lost\n",
		r.Posted, r.Acked, r.Stored, r.Deliveries, r.ConnectRate, r.Resumed, r.Lost)
	if r.Rate > 0 {
		fmt.Fprintf(w, "%.0f posts a second, %d at once\n", r.Rate, s.Posters)
	}
	if c := r.Classic; c != nil {
		fmt.Fprintf(w, "%.0f lists of rooms a second from %d connections; %.0f posts a second, %d at a time\n", c.ReadRate, s.Connections, c.PostRate, s.Batch)
	}
	if o := r.Overload; o != nil {
		fmt.Fprintf(w, "offered %.0f posts a second, %.1f times the highest rate of %.0f: %.0f acknowledged a second (%.0f %%); answers %v, %d not sent, %d refusals without Retry-After; quick again after %.2f s\n",
			o.Offered, s.Overload, o.Peak, o.Goodput, 100*o.Share, o.Statuses, o.NotSent, o.NoRetry, o.Recovery)
	}
	if cores, ok := r.Server["cpu_cores"]; ok {
		fmt.Fprintf(w, "server: %.2f cores, %.0f MB resident at most\n", cores, r.Server["resident_peak_mb"])
	}
	for what, n := range r.Failed {
		fmt.Fprintf(w, "%d of %q failed\n", n, what)
	}
	for _, n := range r.Notes {
		fmt.Fprintln(w, n)
	}
	fmt.Fprintln(w)
	t = tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, x := range r.Targets {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", x.Verdict, x.Name, x.Wanted, x.Measured, x.Where)
	}
	t.Flush()
	fmt.Fprintf(w, "\ncontradictions: %d\n", r.Wrong)
	for _, c := range r.Sentences {
		fmt.Fprintln(w, "  "+c)
	}
}
