package deploy_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"campfire/client"
	"campfire/internal/campfiretest"
)

// promtool runs Prometheus' own checker, or skips where it is not installed.
func promtool(t *testing.T, dir string, args ...string) {
	t.Helper()
	if _, err := exec.LookPath("promtool"); err != nil {
		campfiretest.Missing(t, "promtool (Debian's package prometheus)")
	}
	cmd := exec.CommandContext(t.Context(), "promtool", args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

func TestRulesAreValidAndCallWhenTheyShould(t *testing.T) {
	promtool(t, "prometheus", "check", "rules", "campfire.rules.yml")
	promtool(t, "prometheus", "test", "rules", "campfire.rules.test.yml")
	promtool(t, "prometheus", "check", "config", "prometheus.yml")
}

// Each alert has a case in which it calls.
func TestEveryAlertIsTested(t *testing.T) {
	tests := file(t, "prometheus/campfire.rules.test.yml")
	for _, m := range regexp.MustCompile(`(?m)^ +- alert: (\w+)$`).FindAllStringSubmatch(file(t, "prometheus/campfire.rules.yml"), -1) {
		if !regexp.MustCompile(`alertname: ` + m[1] + `\n +exp_alerts:\n`).MatchString(tests) {
			t.Errorf("no test sees %s call", m[1])
		}
	}
}

// dashboard is what the tests look at.
type dashboard struct {
	Panels []struct {
		ID      int
		Type    string
		Title   string
		GridPos struct{ X, Y, W, H int }
		Targets []struct{ Expr string }
	}
}

func readDashboard(t *testing.T) (d dashboard, queries map[string]string) {
	t.Helper()
	if err := json.Unmarshal([]byte(file(t, "grafana/campfire.json")), &d); err != nil {
		t.Fatal(err)
	}
	queries = make(map[string]string)
	for _, p := range d.Panels {
		for _, q := range p.Targets {
			expr := strings.NewReplacer("$__rate_interval", "5m", "$instance", ".*").Replace(q.Expr)
			queries[expr] = p.Title
		}
	}
	if len(queries) < 30 {
		t.Fatalf("%d queries: the dashboard is not as this test expects it", len(queries))
	}
	return d, queries
}

func TestDashboardIsGenerated(t *testing.T) {
	made := filepath.Join(t.TempDir(), "made.json")
	if out, err := exec.CommandContext(t.Context(), "go", "run", "./gen", made).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	b, err := os.ReadFile(made)
	if err != nil || !bytes.Equal(b, []byte(file(t, "grafana/campfire.json"))) {
		t.Errorf("grafana/campfire.json is not what gen makes: run go generate ./deploy (%v)", err)
	}
}

// The panels have numbers of their own and do not lie on each other.
func TestDashboardIsLaidOut(t *testing.T) {
	d, _ := readDashboard(t)
	taken := make(map[[2]int]string)
	ids := make(map[int]bool)
	for _, p := range d.Panels {
		if ids[p.ID] {
			t.Errorf("%s: the number %d is used twice", p.Title, p.ID)
		}
		ids[p.ID] = true
		if p.Type != "row" && len(p.Targets) == 0 {
			t.Errorf("%s shows nothing", p.Title)
		}
		at := p.GridPos
		if at.X < 0 || at.X+at.W > 24 || at.W < 1 || at.H < 1 {
			t.Errorf("%s lies beside the 24 columns: %+v", p.Title, at)
		}
		for x := at.X; x < at.X+at.W; x++ {
			for y := at.Y; y < at.Y+at.H; y++ {
				if other := taken[[2]int{x, y}]; other != "" {
					t.Fatalf("%s lies on %s", p.Title, other)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
	}
}

// Every query of the dashboard is one that Prometheus understands.
func TestDashboardQueriesParse(t *testing.T) {
	_, queries := readDashboard(t)
	var rules strings.Builder
	rules.WriteString("groups:\n  - name: dashboard\n    rules:\n")
	for i, q := range slices.Sorted(maps.Keys(queries)) {
		fmt.Fprintf(&rules, "      - record: query_%d\n        expr: %q\n", i, q)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "queries.yml"), []byte(rules.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	promtool(t, dir, "check", "rules", "queries.yml")
}

// Every series that the dashboard and the rules ask for is in a real scrape,
// or is recorded by a rule.
func TestEverySeriesIsThere(t *testing.T) {
	there := scrape(t)
	rules := file(t, "prometheus/campfire.rules.yml")
	for _, m := range regexp.MustCompile(`(?m)^ +- record: (\S+)$`).FindAllStringSubmatch(rules, -1) {
		there[m[1]] = true
	}
	there["up"] = true // Prometheus' own
	_, queries := readDashboard(t)
	for _, m := range regexp.MustCompile(`(?m)^ +expr: (.+)$`).FindAllStringSubmatch(rules, -1) {
		queries[m[1]] = "a rule"
	}
	for q, where := range queries {
		names := series(q)
		if len(names) == 0 {
			t.Errorf("%s: no series in %s", where, q)
		}
		for _, name := range names {
			if !there[name] {
				t.Errorf("%s: %s is in no scrape (%s)", where, name, q)
			}
		}
	}
}

var (
	aside = regexp.MustCompile(`\{[^}]*\}|\b(?:by|on|without|ignoring) ?\([^)]*\)|\[[^\]]*\]|"[^"]*"`)
	word  = regexp.MustCompile(`[a-z_:][a-z0-9_:]*\b(\()?`)
)

// series returns the names of series in a query: its words that are neither
// functions nor operators.
func series(query string) (names []string) {
	for _, m := range word.FindAllStringSubmatch(aside.ReplaceAllString(query, " "), -1) {
		if m[1] == "" && !slices.Contains([]string{"and", "or", "unless", "sum", "topk", "e6"}, m[0]) {
			names = append(names, m[0])
		}
	}
	return names
}

func TestSeriesOfAQuery(t *testing.T) {
	got := series(`histogram_quantile(0.95, sum by (le, op) (rate(a_bucket{op!="b"}[5m]))) / sum(b) > 5e6 and on (instance) up`)
	if want := []string{"a_bucket", "b", "up"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// scrape returns the names in the metrics of a server that has been used.
func scrape(t *testing.T) map[string]bool {
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
	if _, err := c.Post(t.Context(), 1, client.Draft{Body: "tea", ClientMessageID: "a"}); err != nil {
		t.Fatal(err)
	}
	<-heard
	live.Close()
	srv.Do(token, "GET", "/api/rooms/1/messages", nil).Want(200)
	there := make(map[string]bool)
	body := srv.Do("secret", "GET", "/metrics", nil).Want(200).Body
	for line := range strings.Lines(string(body)) {
		if !strings.HasPrefix(line, "#") {
			name, _, _ := strings.Cut(strings.TrimSpace(line), " ")
			name, _, _ = strings.Cut(name, "{")
			there[name] = true
		}
	}
	return there
}

func file(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
