// Command gen writes Grafana's dashboard for a Campfire from the table below.
package main

import (
	"encoding/json"
	"fmt"
	"os"
)

// panel is one picture.
type panel struct {
	title string
	unit  string // as Grafana names it
	help  string
	// target, when not zero, is drawn as a line that should not be crossed;
	// atLeast says from which side.
	target  float64
	atLeast bool
	queries []query
}

type query struct{ expr, legend string }

// quantiles asks for three of a histogram, by instance.
func quantiles(metric, matchers string) []query {
	var out []query
	for _, q := range []string{"0.5", "0.95", "0.99"} {
		out = append(out, query{fmt.Sprintf(`histogram_quantile(%s, sum by (le, instance) (rate(%s_bucket{instance=~"$instance"%s}[$__rate_interval])))`, q, metric, matchers), "p" + (q + "0")[2:4] + " {{instance}}"})
	}
	return out
}

// on selects the chosen instances.
const on = `{instance=~"$instance"}`

var rows = []struct {
	title  string
	panels []panel
}{
	{"Targets", []panel{
		{"Message creation", "s", "From the call to the answer of a post, the synced commit included. Target: 95 % within 10 ms.", .01, false,
			quantiles("message_create_duration_seconds", "")},
		{"Broadcast", "s", "From leaving the dispatcher until every socket that could has taken it. Target: 95 % within 50 ms.", .05, false,
			quantiles("ws_broadcast_duration_seconds", `,stage="written"`)},
		{"Database queries", "s", "One statement with its rows, commits apart. Target: 95 % within 5 ms.", .005, false,
			quantiles("db_query_duration_seconds", `,op!="commit"`)},
		{"Memory", "bytes", "Resident memory of the process, and of it the heap. Target: 512 MB with 10,000 connections.", 512e6, false,
			[]query{{"process_resident_memory_bytes" + on, "resident {{instance}}"}, {"memory_allocated_bytes" + on, "heap {{instance}}"}, {"memory_peak_bytes" + on, "peak heap {{instance}}"}, {"memory_limit_bytes" + on, "limit of the runtime, 0 for none {{instance}}"}}},
		{"Connections", "short", "Open WebSockets, and how many may be. Target: 10,000.", 10_000, true,
			[]query{{"ws_connections" + on, "open {{instance}}"}, {"ws_connections_limit" + on, "limit {{instance}}"}, {"active_users" + on, "people {{instance}}"}}},
		{"Cache hits", "percentunit", "Share of requests to a cache that it could answer. Target: 80 %.", .8, true,
			[]query{{`sum by (cache, instance) (rate(cache_requests_total{instance=~"$instance",result="hit"}[$__rate_interval])) / sum by (cache, instance) (rate(cache_requests_total{instance=~"$instance"}[$__rate_interval]))`, "{{cache}} {{instance}}"}}},
	}},
	{"Traffic", []panel{
		{"Posts a second", "short", "New messages; duplicates are retries that were answered with the first.", 0, false,
			[]query{{`sum by (result, instance) (rate(messages_created_total{instance=~"$instance"}[$__rate_interval]))`, "{{result}} {{instance}}"}}},
		{"Requests a second", "reqps", "By route.", 0, false,
			[]query{{`sum by (route) (rate(http_request_duration_seconds_count{instance=~"$instance"}[$__rate_interval]))`, "{{route}}"}}},
		{"Requests that failed", "reqps", "Answers of 429 and of 500 and above.", 0, false,
			[]query{{`sum by (code) (rate(http_request_duration_seconds_count{instance=~"$instance",code=~"429|5.."}[$__rate_interval]))`, "{{code}}"}}},
		{"Time of a request", "s", "All routes together.", 0, false, quantiles("http_request_duration_seconds", "")},
	}},
	{"Live", []panel{
		{"Frames a second", "short", "Written to sockets, by type.", 0, false,
			[]query{{`sum by (type) (rate(ws_messages_sent_total{instance=~"$instance"}[$__rate_interval]))`, "{{type}}"}}},
		{"Sockets that came and went", "short", "Accepted a second, and ended by reason.", 0, false,
			[]query{{`sum(rate(ws_connections_total{instance=~"$instance"}[$__rate_interval]))`, "accepted"}, {`sum by (reason) (rate(ws_connections_closed_total{instance=~"$instance"}[$__rate_interval]))`, "{{reason}}"}}},
		{"Events of a frame", "short", "How many events one live frame carried, on average.", 0, false,
			[]query{{`rate(ws_batch_size_sum` + on + `[$__rate_interval]) / rate(ws_batch_size_count` + on + `[$__rate_interval])`, "{{instance}}"}}},
		{"Backpressure", "short", "Frames dropped, sockets that lag, and groups that wait for the dispatcher.", 0, false,
			[]query{{`sum by (reason) (rate(ws_dropped_total{instance=~"$instance"}[$__rate_interval]))`, "dropped: {{reason}}"}, {`sum(rate(ws_lagging_total{instance=~"$instance"}[$__rate_interval]))`, "lagging"}, {"ws_publish_queue_depth" + on, "waiting {{instance}}"}}},
	}},
	{"Database", []panel{
		{"Write transactions", "s", "From the begin to the synced commit and the publishing of the changes.", 0, false, quantiles("db_group_duration_seconds", "")},
		{"Posts of a transaction", "short", "Items that shared one write transaction, on average.", 0, false,
			[]query{{`rate(db_group_size_sum` + on + `[$__rate_interval]) / rate(db_group_size_count` + on + `[$__rate_interval])`, "{{instance}}"}}},
		{"Queues", "short", "Writes that wait, those refused, reads that had to wait for a connection, and connections in use.", 0, false,
			[]query{{"db_write_queue_depth" + on, "waiting {{instance}}"}, {`rate(db_write_refused_total` + on + `[$__rate_interval])`, "refused {{instance}}"}, {`rate(db_reader_waits_total` + on + `[$__rate_interval])`, "reads that waited {{instance}}"}, {"db_active_connections" + on, "{{pool}} in use {{instance}}"}, {"db_pool_size" + on, "{{pool}} of {{instance}}"}}},
		{"Write-ahead log", "bytes", "Its length on disk; it starts over when it was copied.", 0, false,
			[]query{{"db_wal_bytes" + on, "{{instance}}"}}},
		{"Slowest statements", "s", "95th percentile by statement, the five slowest.", 0, false,
			[]query{{`topk(5, histogram_quantile(0.95, sum by (le, op) (rate(db_query_duration_seconds_bucket{instance=~"$instance"}[$__rate_interval]))))`, "{{op}}"}}},
		{"Copies of the log", "short", "Checkpoints a minute.", 0, false,
			[]query{{`60 * rate(db_checkpoints_total` + on + `[$__rate_interval])`, "{{instance}}"}}},
	}},
	{"Outbox", []panel{
		{"Waiting", "short", "Webhooks, pushes and previews that wait or are worked on.", 0, false, []query{{"outbox_depth" + on, "{{kind}} {{instance}}"}}},
		{"The oldest", "s", "How long ago what waits longest was queued: it grows while a receiver is down.", 0, false, []query{{"outbox_oldest_seconds" + on, "{{kind}} {{instance}}"}}},
		{"Tries", "short", "Tries a second by how they ended, and what the full outbox did not take.", 0, false,
			[]query{{`sum by (kind, outcome) (rate(outbox_tries_total{instance=~"$instance"}[$__rate_interval]))`, "{{kind}} {{outcome}}"}, {`sum by (kind) (rate(outbox_dropped_total{instance=~"$instance"}[$__rate_interval]))`, "{{kind}} dropped"}}},
	}},
	{"Process", []panel{
		{"CPU", "short", "Cores in use.", 0, false, []query{{`rate(process_cpu_seconds_total` + on + `[$__rate_interval])`, "{{instance}}"}}},
		{"Goroutines", "short", "All, and those that belong to no socket: what grows there for hours leaks.", 0, false,
			[]query{{"go_goroutines" + on, "all {{instance}}"}, {"campfire:goroutines:without_socket" + on, "without a socket {{instance}}"}}},
		{"Garbage collection", "s", "Longest pause of those that are remembered.", 0, false, []query{{`go_gc_duration_seconds{instance=~"$instance",quantile="1"}`, "{{instance}}"}}},
		{"File descriptors", "short", "Open, and how many may be.", 0, false, []query{{"process_open_fds" + on, "open {{instance}}"}, {"process_max_fds" + on, "limit {{instance}}"}}},
		{"Cache size", "bytes", "Estimated, by cache.", 0, false, []query{{"cache_bytes" + on, "{{cache}} {{instance}}"}}},
		{"Names read", "short", "Names a second that were read from the database: hits are strings that were there from before.", 0, false,
			[]query{{`sum by (result, instance) (rate(intern_requests_total{instance=~"$instance"}[$__rate_interval]))`, "{{result}} {{instance}}"}}},
	}},
}

// Three panels stand side by side on Grafana's 24 columns.
const (
	width  = 8
	height = 8
)

func main() {
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func write(path string) error {
	d := dashboard{
		UID: "campfire", Title: "Campfire", Tags: []string{"campfire"}, SchemaVersion: 39, Editable: true, Refresh: "10s", Timezone: "browser",
		Time: span{"now-1h", "now"},
		Templating: templating{[]variable{
			{Name: "datasource", Label: "Data source", Type: "datasource", Query: "prometheus"},
			{Name: "instance", Label: "Instance", Type: "query", Query: "label_values(campfire_build_info, instance)", Datasource: &source,
				IncludeAll: true, Multi: true, Refresh: 2, Current: &current{"All", "$__all"}},
		}},
	}
	y, id := 0, 0
	for _, row := range rows {
		id++
		d.Panels = append(d.Panels, drawn{ID: id, Type: "row", Title: row.title, GridPos: place{0, y, 24, 1}})
		y++
		for i, p := range row.panels {
			id++
			d.Panels = append(d.Panels, p.draw(id, place{i % 3 * width, y + i/3*height, width, height}))
		}
		y += (len(row.panels) + 2) / 3 * height
	}
	b, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(b, '\n'), 0o644)
}

func (p panel) draw(id int, at place) drawn {
	d := drawn{ID: id, Type: "timeseries", Title: p.title, Description: p.help, GridPos: at, Datasource: &source,
		FieldConfig: &fields{Defaults: defaults{Unit: p.unit}}}
	for i, q := range p.queries {
		d.Targets = append(d.Targets, target{RefID: string(rune('A' + i)), Expr: q.expr, LegendFormat: q.legend, Datasource: source})
	}
	if p.target != 0 {
		before, after := "green", "red"
		if p.atLeast {
			before, after = after, before
		}
		d.FieldConfig.Defaults.Thresholds = &thresholds{"absolute", []step{{before, nil}, {after, &p.target}}}
		d.FieldConfig.Defaults.Custom = &custom{ThresholdsStyle: style{"line"}}
	}
	return d
}
