package deploy_test

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

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

// Each alert has a case in which it calls, and one in which it does not.
func TestEveryAlertIsTested(t *testing.T) {
	tests := file(t, "prometheus/campfire.rules.test.yml")
	alerts := regexp.MustCompile(`(?m)^ +- alert: (\w+)$`).FindAllStringSubmatch(file(t, "prometheus/campfire.rules.yml"), -1)
	if len(alerts) < 10 {
		t.Fatalf("%d alerts: the rules are not as this test expects them", len(alerts))
	}
	for _, m := range alerts {
		if !regexp.MustCompile(`alertname: ` + m[1] + `\n +exp_alerts:\n +- exp_labels`).MatchString(tests) {
			t.Errorf("no test sees %s call", m[1])
		}
		if !regexp.MustCompile(`alertname: ` + m[1] + `, exp_alerts: \[\]\}`).MatchString(tests) {
			t.Errorf("no test sees %s be silent", m[1])
		}
	}
}

// expressions are those of the rules.
func expressions(t *testing.T) (out []string) {
	t.Helper()
	for _, m := range regexp.MustCompile(`(?m)^( +)(?:- )?expr: (\|-((?:\n {10}.*)+)|.+)$`).FindAllStringSubmatch(file(t, "prometheus/campfire.rules.yml"), -1) {
		expr := m[2]
		if m[3] != "" {
			expr = m[3]
		}
		out = append(out, strings.Join(strings.Fields(expr), " "))
	}
	if n := strings.Count(file(t, "prometheus/campfire.rules.yml"), "expr: "); len(out) != n {
		t.Fatalf("%d expressions were read of %d", len(out), n)
	}
	return out
}

// Every series that the dashboard and the rules ask for is in a real scrape,
// or is recorded by a rule.
func TestEverySeriesIsThere(t *testing.T) {
	there := make(map[string]bool)
	for name := range scrape(t).labels {
		there[name] = true
	}
	rules := file(t, "prometheus/campfire.rules.yml")
	for _, m := range regexp.MustCompile(`(?m)^ +- record: (\S+)$`).FindAllStringSubmatch(rules, -1) {
		there[m[1]] = true
	}
	there["up"] = true // Prometheus' own
	queries := readDashboard(t).queries()
	for _, expr := range expressions(t) {
		queries[expr] = "a rule"
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
	aside = regexp.MustCompile(`\{[^}]*\}|\b(?:by|on|without|ignoring) ?\([^)]*\)|\[[^\]]*\]|"[^"]*"|\boffset [0-9a-z]+`)
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
	got := series(`histogram_quantile(0.95, sum by (le, op) (rate(a_bucket{op!="b"}[5m]))) / sum(b offset 20m) > 5e6 and on (instance) up`)
	if want := []string{"a_bucket", "b", "up"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func file(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
