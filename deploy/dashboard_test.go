package deploy_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What may stand in a dashboard: Grafana's model (schema 39) as far as it is
// used here. A field that is none of these is a mistake, or is to be added
// with what it may hold.
type (
	dashboard struct {
		UID           string   `json:"uid"`
		Title         string   `json:"title"`
		Tags          []string `json:"tags"`
		SchemaVersion int      `json:"schemaVersion"`
		Editable      bool     `json:"editable"`
		Refresh       string   `json:"refresh"`
		Timezone      string   `json:"timezone"`
		Time          struct {
			From string `json:"from"`
			To   string `json:"to"`
		} `json:"time"`
		Templating struct {
			List []variable `json:"list"`
		} `json:"templating"`
		Panels []panel `json:"panels"`
	}
	variable struct {
		Name       string      `json:"name"`
		Label      string      `json:"label"`
		Type       string      `json:"type"`
		Query      string      `json:"query"`
		Datasource *datasource `json:"datasource"`
		IncludeAll bool        `json:"includeAll"`
		Multi      bool        `json:"multi"`
		Refresh    int         `json:"refresh"`
		Current    struct {
			Text  string `json:"text"`
			Value string `json:"value"`
		} `json:"current"`
	}
	datasource struct {
		Type string `json:"type"`
		UID  string `json:"uid"`
	}
	panel struct {
		ID          int         `json:"id"`
		Type        string      `json:"type"`
		Title       string      `json:"title"`
		Description string      `json:"description"`
		GridPos     place       `json:"gridPos"`
		Datasource  *datasource `json:"datasource"`
		FieldConfig *struct {
			Defaults struct {
				Unit   string `json:"unit"`
				Custom *struct {
					ThresholdsStyle struct {
						Mode string `json:"mode"`
					} `json:"thresholdsStyle"`
				} `json:"custom"`
				Thresholds *struct {
					Mode  string `json:"mode"`
					Steps []struct {
						Color string   `json:"color"`
						Value *float64 `json:"value"`
					} `json:"steps"`
				} `json:"thresholds"`
			} `json:"defaults"`
		} `json:"fieldConfig"`
		Targets []query `json:"targets"`
	}
	place struct {
		X int `json:"x"`
		Y int `json:"y"`
		W int `json:"w"`
		H int `json:"h"`
	}
	query struct {
		RefID        string      `json:"refId"`
		Expr         string      `json:"expr"`
		LegendFormat string      `json:"legendFormat"`
		Datasource   *datasource `json:"datasource"`
	}
)

// decodeDashboard reads a dashboard and nothing else.
func decodeDashboard(b []byte) (*dashboard, error) {
	d := &dashboard{}
	in := json.NewDecoder(bytes.NewReader(b))
	in.DisallowUnknownFields()
	if err := in.Decode(d); err != nil {
		return nil, err
	}
	if _, err := in.Token(); err != io.EOF {
		return nil, fmt.Errorf("something follows the dashboard")
	}
	return d, nil
}

func readDashboard(t *testing.T) *dashboard {
	t.Helper()
	d, err := decodeDashboard([]byte(file(t, "grafana/campfire.json")))
	if err != nil {
		t.Fatalf("grafana/campfire.json: %v", err)
	}
	return d
}

// queries are what the panels ask, as Prometheus sees it, with their titles.
func (d *dashboard) queries() map[string]string {
	queries := make(map[string]string)
	for _, p := range d.Panels {
		for _, q := range p.Targets {
			queries[strings.NewReplacer("$__rate_interval", "5m", "$instance", ".*").Replace(q.Expr)] = p.Title
		}
	}
	return queries
}

var (
	chosen = datasource{"prometheus", "${datasource}"} // above the dashboard
	// units are those that are used, by Grafana's names (valueFormats).
	units = []string{"short", "s", "bytes", "percentunit", "reqps"}
	// targets are the guide's, by panel.
	targets = map[string]float64{"Message creation": .01, "Broadcast": .05, "Database queries": .005,
		"Memory": 512e6, "Connections": 10_000, "Cache hits": .8}
)

// flaws are what Grafana would show wrongly or not at all. has tells the
// labels of a series in a scrape.
func (d *dashboard) flaws(has map[string][]string) (flaws []string) {
	flaw := func(format string, a ...any) { flaws = append(flaws, fmt.Sprintf(format, a...)) }
	if d.UID == "" || d.Title == "" || d.SchemaVersion != 39 || d.Time.From == "" || d.Time.To == "" || d.Refresh == "" || d.Timezone != "browser" || len(d.Tags) == 0 {
		flaw("the dashboard's head is not whole")
	}
	names := make(map[string]bool)
	for _, v := range d.Templating.List {
		names[v.Name] = true
		switch {
		case v.Name == "" || v.Label == "":
			flaw("variable %q has no name or label", v.Name)
		case v.Type == "datasource" && v.Query == "prometheus" && v.Datasource == nil:
		case v.Type == "query" && v.Query != "" && v.Datasource != nil && *v.Datasource == chosen && v.Refresh == 2 && v.Current.Value != "":
		default:
			flaw("variable %s is no data source and no query of the chosen one", v.Name)
		}
	}
	if len(d.Templating.List) != 2 || d.Templating.List[0].Name != "datasource" || !names["instance"] {
		flaw("the variables are %v, want datasource, then instance", slices.Sorted(maps.Keys(names)))
	}

	ids := make(map[int]bool)
	titles := make(map[string]bool)
	taken := make(map[[2]int]string)
	met := make(map[string]bool)
	row, panels := "", 0 // the row under way, and how many it has
	endRow := func() {
		if panels == 0 {
			flaw("row %q has no panel", row)
		}
	}
	for i, p := range d.Panels {
		if p.ID < 1 || ids[p.ID] {
			flaw("%s: the number %d is used twice, or is none", p.Title, p.ID)
		}
		ids[p.ID] = true
		if p.Title == "" || titles[p.Title] {
			flaw("the title %q is used twice, or is none", p.Title)
		}
		titles[p.Title] = true
		at := p.GridPos
		if at.X < 0 || at.Y < 0 || at.X+at.W > 24 || at.W < 1 || at.H < 1 {
			flaw("%s lies beside the 24 columns: %+v", p.Title, at)
		}
		for x := at.X; x < at.X+at.W; x++ {
			for y := at.Y; y < at.Y+at.H; y++ {
				if other := taken[[2]int{x, y}]; other != "" && other != p.Title {
					flaw("%s lies on %s", p.Title, other)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
		switch p.Type {
		case "row":
			if i > 0 {
				endRow()
			}
			row, panels = p.Title, 0
			if p.FieldConfig != nil || p.Datasource != nil || len(p.Targets) > 0 || at.W != 24 || at.H != 1 {
				flaw("row %s is more than a row", p.Title)
			}
			continue
		case "timeseries":
		default:
			flaw("%s is a %q: neither a row nor a series over time", p.Title, p.Type)
			continue
		}
		panels++
		if row == "" {
			flaw("%s stands before the first row", p.Title)
		}
		if p.Datasource == nil || *p.Datasource != chosen {
			flaw("%s does not use the chosen data source", p.Title)
		}
		if p.FieldConfig == nil || !slices.Contains(units, p.FieldConfig.Defaults.Unit) {
			flaw("%s has no unit that Grafana knows", p.Title)
			continue
		}
		if p.Description == "" {
			flaw("%s does not say what it shows", p.Title)
		}
		if want := targets[p.Title]; want != 0 || p.FieldConfig.Defaults.Thresholds != nil {
			th, custom := p.FieldConfig.Defaults.Thresholds, p.FieldConfig.Defaults.Custom
			switch {
			case th == nil || th.Mode != "absolute" || len(th.Steps) != 2 || th.Steps[0].Value != nil || th.Steps[1].Value == nil || *th.Steps[1].Value != want:
				flaw("%s is not drawn against the target of %v", p.Title, want)
			case custom == nil || custom.ThresholdsStyle.Mode != "line":
				flaw("%s has a target and no line for it", p.Title)
			case th.Steps[0].Color == th.Steps[1].Color:
				flaw("%s looks the same on both sides of its target", p.Title)
			default:
				met[p.Title] = true
			}
		}
		if len(p.Targets) == 0 {
			flaw("%s shows nothing", p.Title)
		}
		refs := make(map[string]bool)
		for _, q := range p.Targets {
			if q.RefID == "" || refs[q.RefID] {
				flaw("%s: the reference %q is used twice, or is none", p.Title, q.RefID)
			}
			refs[q.RefID] = true
			if q.Datasource == nil || *q.Datasource != chosen {
				flaw("%s: query %s does not use the chosen data source", p.Title, q.RefID)
			}
			if got, want := strings.Count(q.Expr, `instance=~"$instance"`), len(series(q.Expr)); got != want || want == 0 {
				flaw("%s: query %s has %d series and asks for the chosen instances %d times", p.Title, q.RefID, want, got)
			}
			if strings.Contains(q.Expr, "rate(") && !strings.Contains(q.Expr, "[$__rate_interval]") {
				flaw("%s: query %s has a rate over a time of its own", p.Title, q.RefID)
			}
			if q.LegendFormat == "" {
				flaw("%s: query %s has no legend", p.Title, q.RefID)
			}
			kept := keptLabels(q.Expr, has)
			for _, m := range regexp.MustCompile(`\{\{(\w+)\}\}`).FindAllStringSubmatch(q.LegendFormat, -1) {
				if !slices.Contains(kept, m[1]) {
					flaw("%s: query %s keeps %v, its legend wants %s", p.Title, q.RefID, kept, m[1])
				}
			}
			for _, m := range regexp.MustCompile(`\b0\.(\d+), sum by \(le`).FindAllStringSubmatch(q.Expr, -1) {
				if p := (m[1] + "0")[:2]; strings.HasPrefix(q.LegendFormat, "p") && !strings.HasPrefix(q.LegendFormat, "p"+p+" ") {
					flaw("query %s is of the %sth percentile, its legend says %q", q.RefID, p, q.LegendFormat)
				}
			}
		}
	}
	endRow()
	for title := range targets {
		if !met[title] {
			flaw("no panel shows the target of %s", title)
		}
	}
	return flaws
}

// keptLabels are the labels that the outcome of a query has for certain.
func keptLabels(expr string, has map[string][]string) (kept []string) {
	if by := regexp.MustCompile(`\bby \(([^)]*)\)`).FindAllStringSubmatch(expr, -1); by != nil {
		kept = strings.Split(strings.ReplaceAll(by[0][1], " ", ""), ",")
		for _, m := range by[1:] {
			kept = slices.DeleteFunc(kept, func(l string) bool { return !slices.Contains(strings.Split(strings.ReplaceAll(m[1], " ", ""), ","), l) })
		}
		return slices.DeleteFunc(kept, func(l string) bool { return l == "le" })
	}
	if regexp.MustCompile(`\b(sum|max|min|avg|count)\(`).MatchString(expr) {
		return nil
	}
	names := series(expr)
	kept = []string{"instance", "job"}
	for _, l := range has[names[0]] {
		if !slices.ContainsFunc(names, func(n string) bool { return !slices.Contains(has[n], l) }) {
			kept = append(kept, l)
		}
	}
	return kept
}

func TestDashboardIsWhatGrafanaShows(t *testing.T) {
	has := scrape(t).labelNames()
	for _, flaw := range readDashboard(t).flaws(has) {
		t.Error(flaw)
	}
}

// Each of these changes of the dashboard must be noticed.
func TestFlawsOfADashboardAreSeen(t *testing.T) {
	has := scrape(t).labelNames()
	good := file(t, "grafana/campfire.json")
	for what, change := range map[string][2]string{
		"an unknown field at the top":   {`"editable": true,`, `"editable": true, "style": "dark",`},
		"an unknown field of a panel":   {`"type": "timeseries",`, `"type": "timeseries", "repeatFor": "x",`},
		"an unknown field far below":    {`"mode": "line"`, `"mode": "line", "width": 2`},
		"a string for a number":         {`"schemaVersion": 39`, `"schemaVersion": "39"`},
		"an unknown panel":              {`"type": "timeseries"`, `"type": "graph"`},
		"an unknown unit":               {`"unit": "s"`, `"unit": "seconds"`},
		"a data source by its name":     {`"uid": "${datasource}"`, `"uid": "prometheus"`},
		"a label that the query drops":  {`"legendFormat": "{{route}}"`, `"legendFormat": "{{route}} {{instance}}"`},
		"a label that no series has":    {`"legendFormat": "open {{instance}}"`, `"legendFormat": "open {{host}}"`},
		"a percentile by another name":  {`"legendFormat": "p50 {{instance}}"`, `"legendFormat": "p5 {{instance}}"`},
		"a query of all instances":      {`process_cpu_seconds_total{instance=~\"$instance\"}`, `process_cpu_seconds_total`},
		"another target":                {`"value": 0.05`, `"value": 0.06`},
		"a target without its line":     {`"mode": "line"`, `"mode": "off"`},
		"a panel upon another":          {`"x": 8`, `"x": 7`},
		"two panels of one number":      {`"id": 3,`, `"id": 2,`},
		"a row without panels":          {`"title": "Traffic",`, `"title": "Traffic", "gridPos": {"x":0,"y":900,"w":24,"h":1}}, {"id": 900, "type": "row", "title": "Empty",`},
		"something after the dashboard": {"\n}\n", "\n}\n{}"},
	} {
		changed := strings.Replace(good, change[0], change[1], 1)
		if changed == good {
			t.Errorf("%s: nothing was changed: %s is not there", what, change[0])
			continue
		}
		if d, err := decodeDashboard([]byte(changed)); err == nil && len(d.flaws(has)) == 0 {
			t.Errorf("%s is not noticed", what)
		}
	}
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

// Every query of the dashboard is one that Prometheus understands.
func TestDashboardQueriesParse(t *testing.T) {
	queries := readDashboard(t).queries()
	if len(queries) < 30 {
		t.Fatalf("%d queries: the dashboard is not as this test expects it", len(queries))
	}
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
