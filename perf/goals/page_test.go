package main

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFill(t *testing.T) {
	const page = "before\n<!-- goals -->\nold\n<!-- /goals -->\nafter\n"
	got, err := fill(page, "goals", "| new |\n")
	if want := "before\n<!-- goals -->\n| new |\n<!-- /goals -->\nafter\n"; err != nil || got != want {
		t.Errorf("%q, %v", got, err)
	}
	if again, err := fill(got, "goals", "| new |\n"); err != nil || again != got {
		t.Errorf("filled again: %q, %v", again, err)
	}
	for name, broken := range map[string]string{
		"no markers":   "before\nafter\n",
		"no end":       "<!-- goals -->\nold\n",
		"two of them":  page + page,
		"wrong order":  "<!-- /goals -->\nold\n<!-- goals -->\n",
		"another name": strings.ReplaceAll(page, "goals", "others"),
	} {
		if got, err := fill(broken, "goals", "x\n"); err == nil {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestPlotsAreWellFormed(t *testing.T) {
	part := whole(1)
	delete(part, "fanout")
	for name, all := range map[string]results{"whole": whole(3), "in part": part, "empty": {}} {
		for plot, text := range judge(all).plots() {
			if !strings.Contains(text, `class="axis"`) {
				t.Errorf("%s, %s: no axis", plot, name)
			}
			if strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
				t.Errorf("%s, %s: a place that is no number", plot, name)
			}
			d := xml.NewDecoder(strings.NewReader(text))
			for {
				_, err := d.Token()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Errorf("%s, %s: %v", plot, name, err)
					break
				}
			}
		}
	}
}

func TestNumbers(t *testing.T) {
	for v, want := range map[float64]string{0: "0", .00404: "0.004", .0996: "0.10", 1.314: "1.31", 9.996: "10.0", 14.24: "14.2", 99.96: "100", 836386.4: "836,386", 1234567: "1,234,567"} {
		if got := rounded(v); got != want {
			t.Errorf("%v: %s, not %s", v, got, want)
		}
	}
	if got := atLeast(800_000).String() + atMost(1.25).String(); got != "≥ 800,000≤ 1.25" {
		t.Error(got)
	}
}

// The figures of every page are those that were measured: each follows from
// perf/results.
func TestThePagesAgreeWithTheResults(t *testing.T) {
	root, err := findRoot()
	if err != nil {
		t.Fatal(err)
	}
	read, err := readResults(filepath.Join(root, "perf", "results"))
	if err != nil {
		t.Fatal(err)
	}
	if len(read) == 0 {
		t.Fatal("there are no results in perf/results")
	}
	r := judge(read)
	encoded, err := r.encode()
	if err != nil {
		t.Fatal(err)
	}
	pages, err := r.pages(root)
	if err != nil {
		t.Fatal(err)
	}
	pages["perf/goals.json"], pages["perf/goals.txt"] = string(encoded), r.text(nil)
	for name, want := range pages {
		got, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		if err != nil || string(got) != want {
			t.Errorf("%s is not what perf/results says (%v): go run ./perf/goals -from perf", name, err)
		}
	}
}

func TestABusyMachineIsSaidToBe(t *testing.T) {
	for load, want := range map[string]bool{"0.31": false, "0.51": true, "14.30": true, "": false} {
		all := whole(1)
		all["posts"].config["load"] = load
		r := judge(all)
		for name, text := range map[string]string{"the text": r.text(nil), "the table": r.table(), "the headlines": r.headlines()} {
			if strings.Contains(text, "Provisional") != want {
				t.Errorf("load %q, %s: it should say so: %v", load, name, want)
			}
		}
	}
	all := whole(1)
	all["idle"].config["machine"] = "another"
	if text := judge(all).table(); !strings.Contains(text, "Not of one run: machine is a machine, and another.") {
		t.Errorf("results of two machines:\n%s", text)
	}
}

func TestLogarithmicAxis(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		ticks     string
	}{
		{.37, 55, "[0.2 0.5 1 2 5 10 20 50 100]"},
		{1, 10, "[1 2 5 10]"},
		{7, 7, "[5 10]"},
		{5, 5, "[5 10]"},
	} {
		a := logarithmic(c.low, c.high)
		if got := fmt.Sprint(a.ticks()); got != c.ticks {
			t.Errorf("%v to %v: %s, not %s", c.low, c.high, got, c.ticks)
		}
		if a.share(a.low) != 0 || a.share(a.high) != 1 || a.share(c.low) < 0 || a.share(c.high) > 1 {
			t.Errorf("%v to %v: they are off the axis: %v, %v", c.low, c.high, a.share(c.low), a.share(c.high))
		}
	}
}
