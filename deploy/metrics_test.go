package deploy_test

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"campfire/client"
	"campfire/internal/campfiretest"
)

// scraped is what a server says of itself.
type scraped struct {
	kinds  map[string]string              // by family
	help   map[string]string              // by family
	labels map[string]map[string][]string // values by label by series
}

var (
	sample = regexp.MustCompile(`^([a-z_:][a-z0-9_:]*)(?:\{(.*)\})? \S+$`)
	label  = regexp.MustCompile(`([a-z_]+)="((?:[^"\\]|\\.)*)"`)
)

// scrape returns the metrics of a server that has been used, in ways that
// would leave names, numbers and paths in labels if anything did.
func scrape(t *testing.T) *scraped {
	t.Helper()
	srv := campfiretest.New(t, "CAMPFIRE_METRICS_TOKEN=secret")
	token := srv.SetUp()
	c := client.New(srv.URL, token)
	heard := make(chan client.Event, 10)
	live := c.Live(client.LiveOptions{Event: func(e client.Event) { heard <- e }})
	live.Subscribe(1, 0)
	if err := live.WaitSeq(t.Context(), 1, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Post(t.Context(), 1, client.Draft{Body: "Earl Grey", ClientMessageID: "zebra-1"}); err != nil {
		t.Fatal(err)
	}
	<-heard
	live.Close()
	zoe := srv.Join(token, "Zebediah")
	srv.Do(zoe, "GET", "/api/rooms/1/messages", nil).Want(200)
	srv.Do(zoe, "GET", "/api/rooms", nil).Want(200)
	srv.Do(zoe, "GET", "/api/search?q=Earl", nil).Want(200)
	for _, path := range []string{"/zebra/4711", "/api/rooms/4711/messages", "/rooms/4711", "/users/1/avatar", "/?zebra=4711"} {
		for _, method := range []string{"GET", "PUT", "ZEBRA"} {
			req, err := http.NewRequestWithContext(t.Context(), method, srv.URL+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("User-Agent", "Zebra/4711")
			resp, err := http.DefaultTransport.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
		}
	}

	out := &scraped{make(map[string]string), make(map[string]string), make(map[string]map[string][]string)}
	body := srv.Do("secret", "GET", "/metrics", nil).Want(200).Body
	for line := range strings.Lines(string(body)) {
		line = strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(line, "# HELP "); ok {
			name, text, _ := strings.Cut(rest, " ")
			out.help[name] = text
			continue
		}
		if rest, ok := strings.CutPrefix(line, "# TYPE "); ok {
			name, kind, _ := strings.Cut(rest, " ")
			out.kinds[name] = kind
			continue
		}
		m := sample.FindStringSubmatch(line)
		if m == nil {
			t.Fatalf("%q is no sample", line)
		}
		if out.labels[m[1]] == nil {
			out.labels[m[1]] = make(map[string][]string)
		}
		for _, l := range label.FindAllStringSubmatch(m[2], -1) {
			if values := out.labels[m[1]][l[1]]; !slices.Contains(values, l[2]) {
				out.labels[m[1]][l[1]] = append(values, l[2])
			}
		}
	}
	return out
}

// labelNames are the labels of each series.
func (s *scraped) labelNames() map[string][]string {
	names := make(map[string][]string)
	for series, labels := range s.labels {
		names[series] = slices.Sorted(maps.Keys(labels))
	}
	return names
}

// named are the metrics that the founding guide has, those that it lacks, and
// those that operators are told of, with their kinds.
var named = map[string]string{
	"db_query_duration_seconds": "histogram", "db_pool_size": "gauge", "db_active_connections": "gauge",
	"ws_connections": "gauge", "ws_connections_limit": "gauge", "ws_connections_total": "counter", "ws_connections_closed_total": "counter",
	"ws_messages_sent_total": "counter", "ws_broadcast_duration_seconds": "histogram", "ws_batch_size": "histogram",
	"memory_allocated_bytes": "gauge", "memory_peak_bytes": "gauge", "memory_limit_bytes": "gauge", "process_resident_memory_bytes": "gauge",
	"http_request_duration_seconds": "histogram", "active_users": "gauge", "messages_created_total": "counter",
	"message_create_duration_seconds": "histogram", "cache_requests_total": "counter", "cache_bytes": "gauge",
	"db_write_queue_depth": "gauge", "db_group_size": "histogram", "db_group_duration_seconds": "histogram", "ws_publish_queue_depth": "gauge",
	"outbox_depth": "gauge", "outbox_oldest_seconds": "gauge", "outbox_tries_total": "counter", "outbox_dropped_total": "counter",
	"intern_requests_total": "counter", "go_goroutines": "gauge", "go_memstats_alloc_bytes_total": "counter", "campfire_build_info": "gauge",
}

func TestEveryMetricIsNamedAndExplained(t *testing.T) {
	s := scrape(t)
	for name, kind := range named {
		if s.kinds[name] != kind {
			t.Errorf("%s is a %q, want a %s", name, s.kinds[name], kind)
		}
	}
	for name, kind := range s.kinds {
		if s.help[name] == "" {
			t.Errorf("%s has no help", name)
		}
		if got := strings.HasSuffix(name, "_total"); got != (kind == "counter") {
			t.Errorf("%s is a %s: counters end in _total, and nothing else does", name, kind)
		}
		if kind == "histogram" && !strings.HasSuffix(name, "_seconds") && !strings.HasSuffix(name, "_size") {
			t.Errorf("%s does not say what it is measured in", name)
		}
	}
}

// may are the values that a label may have, on any metric: words of the
// program alone, never what people or requests bring.
var may = map[string]string{
	"cache":    `sessions|memberships|pages|sidebars|searches`,
	"tier":     `memory`,
	"result":   `hit|miss|stale|new|duplicate`,
	"pool":     `read|write`,
	"stage":    `enqueued|written`,
	"method":   `GET|HEAD|POST|PUT|PATCH|DELETE|other`,
	"code":     `[1-5][0-9][0-9]`,
	"route":    `other|(/|[a-z_.-]+|\{[a-z]+(\.\.\.)?\}|\{\$\})+`,
	"op":       `[a-z_]+`,
	"type":     `[a-z_]+`,
	"reason":   `|[a-z_]+`,
	"kind":     `webhook|notify|push|preview`,
	"outcome":  `done|skipped|failed|given_up|later`,
	"le":       `[0-9.e+-]+|\+Inf`,
	"quantile": `[0-9.]+`,
	"version":  `test|go[0-9.]+.*`,
}

func TestLabelsComeFromFixedSets(t *testing.T) {
	for series, labels := range scrape(t).labels {
		for label, values := range labels {
			pattern, known := may[label]
			if !known {
				t.Errorf("%s has a label %s that no set is stated for", series, label)
				continue
			}
			for _, v := range values {
				if !regexp.MustCompile(`^(?:`+pattern+`)$`).MatchString(v) || regexp.MustCompile(`(?i)zeb|4711`).MatchString(v) {
					t.Errorf("%s: %s=%q is not one of %s", series, label, v, pattern)
				}
			}
			if most := 120; label != "le" && len(values) > most {
				t.Errorf("%s has %d values of %s: no more than %d are expected", series, len(values), label, most)
			}
		}
	}
}
