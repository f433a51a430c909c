package load

import (
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func parsed(t *testing.T, text string) *scrape {
	t.Helper()
	s, err := parseMetrics(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const first = `# HELP took How long.
# TYPE took histogram
took_bucket{op="a",le="0.01"} 10
took_bucket{op="a",le="0.1"} 20
took_bucket{op="a",le="+Inf"} 20
took_bucket{op="b",le="0.01"} 5
took_bucket{op="b",le="0.1"} 5
took_bucket{op="b",le="+Inf"} 5

rss 1.5e+08
odd{text="a \"b\", c=\\}"} 3 1700000000000
cache_requests_total{cache="pages",tier="memory",result="hit"} 10
cache_requests_total{cache="pages",tier="memory",result="miss"} 10
cache_requests_total{cache="idle",tier="memory",result="hit"} 4
`

const afterwards = `took_bucket{op="a",le="0.01"} 60
took_bucket{op="a",le="0.1"} 110
took_bucket{op="a",le="+Inf"} 120
took_bucket{op="b",le="0.01"} 1005
took_bucket{op="b",le="0.1"} 1005
took_bucket{op="b",le="+Inf"} 1005
cache_requests_total{cache="pages",tier="memory",result="hit"} 100
cache_requests_total{cache="pages",tier="memory",result="miss"} 19
cache_requests_total{cache="pages",tier="memory",result="stale"} 1
cache_requests_total{cache="idle",tier="memory",result="hit"} 4
`

func TestScrapeIsReadAsItIsWritten(t *testing.T) {
	s := parsed(t, first)
	if v, ok := s.sum("rss", nil); !ok || v != 1.5e8 {
		t.Error(v, ok)
	}
	if v, ok := s.sum("odd", func(l map[string]string) bool { return l["text"] == `a "b", c=\}` }); !ok || v != 3 {
		t.Error(v, ok)
	}
	if _, ok := s.sum("nothing", nil); ok {
		t.Error("found what is not there")
	}
	for _, bad := range []string{"hello", "a{b=c} 1", `a{b="c" 1`, "a{} ", "<html> x", "a b"} {
		if _, err := parseMetrics(strings.NewReader(bad)); err == nil {
			t.Errorf("%q was taken for metrics", bad)
		}
	}
}

func TestQuantilesAreThoseOfTheStretch(t *testing.T) {
	a, b := parsed(t, first), parsed(t, afterwards)
	only := func(op string) func(map[string]string) bool {
		return func(l map[string]string) bool { return l["op"] == op }
	}
	// Of a, in the stretch: 50 up to 10 ms, 40 up to 100 ms, 10 beyond.
	buckets := stretch(a, b, "took", only("a"))
	if n := observations(buckets); n != 100 {
		t.Errorf("%g observations", n)
	}
	for q, want := range map[float64]float64{.25: .005, .5: .01, .7: .055, .9: .1, .95: math.Inf(1), 1: math.Inf(1)} {
		if got := quantile(q, buckets); got != want && math.Abs(got-want) > 1e-9 {
			t.Errorf("quantile %g is %g, want %g", q, got, want)
		}
	}
	if got := quantile(.95, stretch(a, b, "took", nil)); math.Abs(got-.01*.95*1100/1050) > 1e-4 {
		t.Errorf("of both: %g", got)
	}
	for name, empty := range map[string][]bucket{"nothing": stretch(a, b, "nothing", nil), "no growth": stretch(a, a, "took", nil), "none": nil} {
		if got := quantile(.95, empty); !math.IsNaN(got) {
			t.Errorf("%s: the quantile is %g", name, got)
		}
	}
}

func TestCachesAreToldByName(t *testing.T) {
	got := caches(parsed(t, first), parsed(t, afterwards))
	want := []CacheFigures{{Name: "pages", Hits: 90, Misses: 9, Stale: 1, Rate: .9}} // nobody asked the other
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// served is a run between two scrapes.
func served(before, after string, t *testing.T) (*run, *figures) {
	s := &settings{Sockets: 50, Metrics: "http://127.0.0.1:1/metrics"}
	r := &run{s: s, report: newReport(s)}
	r.before.metrics, r.after.metrics = parsed(t, before), parsed(t, after)
	f := &figures{}
	r.fillServer(f)
	return r, f
}

func TestServersFiguresComeFromItsMetrics(t *testing.T) {
	const before = "process_start_time_seconds 5\nws_connections 50\n"
	r, f := served(before+first, before+afterwards+`message_create_duration_seconds_bucket{le="0.01"} 0
message_create_duration_seconds_bucket{le="+Inf"} 200
db_query_duration_seconds_bucket{op="commit",le="0.001"} 0
db_query_duration_seconds_bucket{op="commit",le="1"} 900
db_query_duration_seconds_bucket{op="commit",le="+Inf"} 900
db_query_duration_seconds_bucket{op="page",le="0.001"} 100
db_query_duration_seconds_bucket{op="page",le="1"} 100
db_query_duration_seconds_bucket{op="page",le="+Inf"} 100
`, t)
	if !math.IsInf(f.create.value, 1) || f.create.n != 200 {
		t.Errorf("what is beyond the last bucket: %+v", f.create)
	}
	if _, ok := r.report.Server["message_create_p95_ms"]; ok {
		t.Error("infinity is no number of JSON")
	}
	if f.query.n != 100 || f.query.value > 1 {
		t.Errorf("queries without commits: %+v", f.query)
	}
	if f.hits != (figure{90, 100}) {
		t.Errorf("hits %+v", f.hits)
	}
	if f.written.n != 0 {
		t.Errorf("what is not there: %+v", f.written)
	}
}

func TestMetricsOfAnotherProcessAreNotTaken(t *testing.T) {
	r, f := served("process_start_time_seconds 5\nws_connections 50\n"+first, "process_start_time_seconds 6\nws_connections 50\n"+afterwards, t)
	if !r.report.Restarted || f.hits.n != 0 {
		t.Errorf("a server that was started anew: %+v", f)
	}
	r, f = served("process_start_time_seconds 5\nws_connections 3\n"+first, "process_start_time_seconds 5\nws_connections 3\n"+afterwards, t)
	if !strings.Contains(r.report.Foreign, "another server's: it has 3 sockets, this run 50") || f.hits.n != 0 {
		t.Errorf("another server: %q %+v", r.report.Foreign, f)
	}
}

func TestScrapeThatFailsIsCounted(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	defer srv.Close()
	s := &settings{Metrics: srv.URL}
	r := &run{s: s, report: newReport(s)}
	for range 2 {
		if m := r.scrape(t.Context()); m != nil {
			t.Error("metrics of nothing")
		}
	}
	if r.report.Unread != 2 || len(r.report.Notes) != 1 || !strings.Contains(r.report.Notes[0], "404") {
		t.Errorf("%d unread, %q", r.report.Unread, r.report.Notes)
	}
}
