package load

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// fixedReport is a run as it might have been.
func fixedReport() *report {
	s := guideSettings()
	s.Duration = 5 * time.Minute
	r := newReport(s)
	r.Began = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	r.Machine = machine{CPU: "A processor", Cores: 2, Kernel: "6.1", Go: "go1.26"}
	r.Connect, r.ConnectRate = Spread{10000, 5, 4, 8, 9, 12, 20, 31}, 4512
	r.Times["post"] = Spread{6000, 2.5, 2, 4, 5, 9, 12, 14}
	r.Times["delivery"] = Spread{5990000, 12, 11, 20, 25, 31, 40, 52}
	r.Times["to all"] = Spread{5995, 22, 21, 30, 32, 41, 50, 52}
	r.Times["read"] = Spread{15000, 1, .8, 2, 3, 5, 8, 9}
	r.Lag = Spread{21000, .3, .2, .6, .9, 2, 4, 6}
	r.Generator = .41
	r.Posted, r.Acked, r.Stored, r.Deliveries, r.Resumed = 6200, 6200, 6200, 6200000, 301
	r.Server["cpu_cores"], r.Server["resident_peak_mb"] = .62, 143
	r.Caches = []CacheFigures{{"pages", 900, 80, 20, .9}, {"sessions", 15000, 500, 0, .968}}
	for i := range 3 {
		r.Series = append(r.Series, second{At: float64(i + 1), Posts: 20, Deliveries: int64(20000 + 100*i), P50: 10, P95: 25 + float64(i), P99: 31})
	}
	return r
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("%s (-want +got; -update writes it anew):\n%s", path, d)
	}
}

func TestReportReadsLikeThis(t *testing.T) {
	clean := fixedReport()
	clean.conclude(goodFigures())
	var text bytes.Buffer
	if err := clean.publish(clean.Settings, &text); err != nil {
		t.Error(err)
	}
	golden(t, "report.txt", text.Bytes())

	bad := fixedReport()
	bad.Failed["read"], bad.Answers["read"] = 2, map[string]int64{"200": 14998, "503": 2}
	bad.Lost, bad.Closes, bad.NotToAll = 1, map[string]int64{"4008": 1}, 1
	bad.Wrong, bad.Sentences = 1, []string{"post 7 was acknowledged and is not stored"}
	f := goodFigures()
	f.create.value, f.hits.n = 12, 300
	bad.conclude(f)
	text.Reset()
	if err := bad.publish(bad.Settings, &text); err == nil || !strings.Contains(err.Error(), "1 contradictions") {
		t.Error(err)
	}
	golden(t, "report_bad.txt", text.Bytes())

	flood := fixedReport()
	flood.Settings.Overload, flood.Settings.Duration = 4, 20*time.Second
	flood.Scenario = flood.Settings.scenario()
	flood.Answers["post"] = map[string]int64{"201": 190000, "503": 590000}
	flood.NotSent = 1000
	flood.Overload = &Overload{Before: 4.2, Peak: 10000, Wanted: 40000, Offered: 39000, Goodput: 9500, Share: .95, Recovery: .31, Recovered: true}
	flood.conclude(goodFigures())
	text.Reset()
	if err := flood.publish(flood.Settings, &text); err != nil {
		t.Error(err)
	}
	golden(t, "report_overload.txt", text.Bytes())
}

func TestReportIsWrittenToItsFiles(t *testing.T) {
	r := fixedReport()
	dir := t.TempDir()
	r.Settings.jsonFile, r.Settings.svgFile, r.Settings.text = filepath.Join(dir, "r.json"), filepath.Join(dir, "r.svg"), filepath.Join(dir, "r.txt")
	f := goodFigures()
	f.query.value = 8
	r.conclude(f)
	var printed bytes.Buffer
	if err := r.publish(r.Settings, &printed); err == nil || err.Error() != "missed: database query, p95" {
		t.Error(err)
	}
	if text, err := os.ReadFile(r.Settings.text); err != nil || string(text) != printed.String() {
		t.Errorf("%v; the text is not what was printed:\n%s", err, text)
	}
	b, err := os.ReadFile(r.Settings.jsonFile)
	if err != nil {
		t.Fatal(err)
	}
	var in struct {
		Scenario string
		Targets  []Target
		Caches   []CacheFigures
		Verdict  string
		Failures []string
		Settings struct{ Sockets int }
	}
	if err := json.Unmarshal(b, &in); err != nil {
		t.Fatal(err)
	}
	if in.Scenario != "guide" || len(in.Targets) != 6 || in.Verdict != "missed: database query, p95" || in.Settings.Sockets != 10000 {
		t.Errorf("%+v", in)
	}
	if d := cmp.Diff(r.Caches, in.Caches); d != "" {
		t.Error(d)
	}
	if svg, err := os.ReadFile(r.Settings.svgFile); err != nil || !bytes.Equal(svg, r.plot()) {
		t.Error("the plot is not in its file", err)
	}
	r.Settings.jsonFile = filepath.Join(dir, "nowhere", "r.json")
	if err := r.publish(r.Settings, io.Discard); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that can't be written: %v", err)
	}
}

func TestPlotIsValidAndHasBothCurves(t *testing.T) {
	gaps := fixedReport()
	gaps.Series = append(gaps.Series, second{At: 4}, second{At: 5, Deliveries: 1, P50: 90000, P95: 90000, P99: 120000})
	empty := fixedReport()
	empty.Series = nil
	oneRoom := fixedReport()
	oneRoom.Settings.OneRoom = true
	for name, r := range map[string]*report{"a run": fixedReport(), "gaps": gaps, "nothing": empty, "one room": oneRoom} {
		svg := r.plot()
		points := make(map[string]int) // by class
		for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
			token, err := d.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v in\n%s", name, err, svg)
			}
			e, ok := token.(xml.StartElement)
			if !ok || e.Name.Local != "polyline" {
				continue
			}
			var class string
			for _, a := range e.Attr {
				switch a.Name.Local {
				case "class":
					class = a.Value
				case "points":
					points[class] = len(strings.Fields(a.Value))
				}
			}
		}
		seconds := 0
		for _, s := range r.Series {
			if s.Deliveries > 0 {
				seconds++
			}
		}
		want := map[string]int{"line p50": seconds, "line p95": seconds, "line p99": seconds, "line rate": seconds}
		if d := cmp.Diff(want, points); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		if bytes.Contains(svg, []byte("NaN")) || bytes.Contains(svg, []byte("Inf")) {
			t.Errorf("%s: it has places that are none:\n%s", name, svg)
		}
	}
	if !bytes.Contains(oneRoom.plot(), []byte("broadcast to all of one room, p99: 150 ms")) {
		t.Error("the plot of one room has another target")
	}
}
