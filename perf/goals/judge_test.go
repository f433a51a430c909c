package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestMedianAndRange(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   summary
	}{
		{[]float64{7}, summary{7, 7, 7, 1}},
		{[]float64{9, 1}, summary{5, 1, 9, 2}},
		{[]float64{9, 1, 3}, summary{3, 1, 9, 3}},
		{[]float64{10, 1, 4, 2}, summary{3, 1, 10, 4}},
	} {
		before := slices.Clone(c.values)
		if got, ok := summarise(c.values); !ok || got != c.want {
			t.Errorf("%v: %+v", c.values, got)
		}
		if !slices.Equal(before, c.values) {
			t.Errorf("%v: was put in order for the caller", before)
		}
	}
	if _, ok := summarise(nil); ok {
		t.Error("nothing has a median")
	}
}

func TestBounds(t *testing.T) {
	for _, c := range []struct {
		b                    bound
		under, itself, above bool
	}{
		{atMost(2), true, true, false},
		{atLeast(2), false, true, true},
		{below(2), true, false, false},
		{above(2), false, false, true},
		{exactly(2), false, true, false},
		{bound{}, true, true, true},
	} {
		if c.b.held(1.99) != c.under || c.b.held(2) != c.itself || c.b.held(2.01) != c.above {
			t.Errorf("%v: %v %v %v", c.b, c.b.held(1.99), c.b.held(2), c.b.held(2.01))
		}
	}
}

func TestVerdicts(t *testing.T) {
	full := row{from: "s", bench: "B", unit: "ms", want: atMost(10), ratio: "×floor", wantRatio: atMost(2)}
	alone := row{from: "s", bench: "B", unit: "ms", ratio: "×floor", wantRatio: atMost(2)}
	shown := row{from: "s", bench: "B", unit: "ms"}
	for _, c := range []struct {
		name   string
		row    row
		ms     []float64
		floors []float64
		want   string
	}{
		{"within both", full, []float64{9, 10, 30}, []float64{1, 2, 9}, met},
		{"beyond what is wanted", full, []float64{9, 11, 30}, []float64{1, 2, 9}, missed},
		{"beyond the floor", full, []float64{9, 10, 30}, []float64{1, 2.1, 9}, missed},
		{"a round is missing", full, []float64{1, 1}, []float64{1, 1, 1}, notMeasured},
		{"the floor is missing", full, []float64{1, 1, 1}, nil, notMeasured},
		{"judged by the floor alone", alone, []float64{99, 99, 99}, []float64{3, 3, 3}, missed},
		{"it only explains", shown, []float64{99, 99, 99}, nil, ""},
		{"it only explains, and is missing", shown, nil, nil, notMeasured},
	} {
		r := results{"s": {rounds: 3, values: map[string]map[string][]float64{"B": {"ms": c.ms, "×floor": c.floors}}}}
		if got := c.row.judge(r).Verdict; got != c.want {
			t.Errorf("%s: %q", c.name, got)
		}
	}
}

func TestWhatIsMissedOutweighsWhatIsNotMeasured(t *testing.T) {
	all := whole(1)
	j := judge(all).Goals[8]
	if j.Verdict != missed { // each figure is 1: so is the number of lost posts
		t.Fatalf("goal 9 of figures that are all 1: %s", j.Verdict)
	}
	delete(all["restart"].values["Restart/10000"], "ready-ms")
	if j = judge(all).Goals[8]; j.Verdict != missed {
		t.Errorf("missed, and one figure not measured: %s", j.Verdict)
	}
	delete(all["restart"].values["Restart/10000"], "lost")
	if j = judge(all).Goals[8]; j.Verdict != notMeasured {
		t.Errorf("what was missed is not measured: %s", j.Verdict)
	}
}

func TestTheExtrapolationFollowsTheSlope(t *testing.T) {
	r := results{"idle": {rounds: 1, values: map[string]map[string][]float64{
		"Idle/10000": {"process-MiB": {50}}, "Idle/18000": {"process-MiB": {74}}}}}
	if v, ok := hundredThousand(r); !ok || v != 50+3*90 {
		t.Errorf("3 MiB for each thousand: %v at 100,000", v)
	}
	delete(r["idle"].values, "Idle/18000")
	if _, ok := hundredThousand(r); ok {
		t.Error("extrapolated from one point")
	}
}

// whole is results in which every figure that is needed has the same value in
// so many rounds.
func whole(rounds int) results {
	all := make(results)
	for _, s := range set {
		r := &result{rounds: rounds, config: map[string]string{"machine": "a machine"}, values: make(map[string]map[string][]float64)}
		for _, e := range append(s.expected(), "Any ns/op") {
			name, unit, _ := strings.Cut(e, " ")
			if r.values[name] == nil {
				r.values[name] = make(map[string][]float64)
			}
			r.values[name][unit] = slices.Repeat([]float64{1}, rounds)
		}
		all[s.name] = r
	}
	return all
}

func TestTheSetMeasuresEveryGoal(t *testing.T) {
	numbers := make(map[int]bool)
	for i, g := range goals {
		numbers[g.number] = true
		if g.number != i+1 || len(g.rows) == 0 {
			t.Errorf("goal %d: %d rows", g.number, len(g.rows))
		}
		if !slices.ContainsFunc(g.rows, func(r row) bool { return r.headline }) {
			t.Errorf("goal %d has nothing for the README", g.number)
		}
	}
	if len(numbers) != 11 {
		t.Errorf("%d goals", len(numbers))
	}
	measured := 0
	for _, s := range set {
		for _, e := range s.expected() {
			measured++
			// As package testing matches: each part of the name by its part of the pattern.
			parts := strings.Split("Benchmark"+strings.Fields(e)[0], "/")
			for i, pattern := range strings.Split(s.bench, "/") {
				if i < len(parts) && !regexp.MustCompile(pattern).MatchString(parts[i]) {
					t.Errorf("%s: -bench %s does not run what prints %q", s.name, s.bench, e)
				}
			}
		}
	}
	if measured < 80 {
		t.Errorf("%d figures are expected", measured)
	}
	for _, g := range goals {
		for _, r := range g.rows {
			if !slices.ContainsFunc(set, func(s benchmark) bool { return s.name == r.from }) {
				t.Errorf("goal %d is measured by %q, which is not in the set", g.number, r.from)
			}
		}
	}
}

func TestEveryFigureThatIsMissingIsNamed(t *testing.T) {
	for _, s := range set {
		for _, e := range s.expected() {
			all := whole(2)
			name, unit, _ := strings.Cut(e, " ")
			all[s.name].values[name][unit] = []float64{1}
			gaps := judge(all).gaps(nil)
			if len(gaps) != 1 || !strings.Contains(gaps[0], s.name) || !strings.Contains(gaps[0], name) || !strings.Contains(gaps[0], unit) {
				t.Errorf("without a round of %q: %q", e, gaps)
			}
		}
	}
	if gaps := judge(whole(2)).gaps(nil); len(gaps) != 0 {
		t.Errorf("nothing is missing: %q", gaps)
	}
}
