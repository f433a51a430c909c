package main

import (
	"slices"
	"strings"
)

// Verdicts. A line that wants nothing has none.
const (
	met         = "met"
	missed      = "missed"
	notMeasured = "not measured"
)

// report is what goals.json holds.
type report struct {
	Conditions []condition `json:"conditions"`
	Goals      []judged    `json:"goals"`
	Gaps       []gap       `json:"not_measured,omitempty"`
	Figures    []figure    `json:"figures"`
}

// condition is a line about where and when results were measured; there is
// more than one value where they were not measured together.
type condition struct {
	Name   string   `json:"name"`
	Values []string `json:"values"`
}

// judged is a goal and how it stands.
type judged struct {
	Number  int    `json:"number"`
	Name    string `json:"name"`
	Verdict string `json:"verdict"`
	Lines   []line `json:"lines"`
}

// line is a row of a goal with what was measured; nil: it was not.
type line struct {
	What      string   `json:"what"`
	Benchmark string   `json:"benchmark"`
	Unit      string   `json:"unit,omitempty"`
	Want      bound    `json:"want,omitzero"`
	Measured  *summary `json:"measured"`
	Ratio     *summary `json:"ratio,omitempty"`
	WantRatio bound    `json:"want_ratio,omitzero"`
	Verdict   string   `json:"verdict,omitempty"`
	Headline  bool     `json:"headline,omitempty"`
}

// gap is something that should have been measured.
type gap struct {
	Goals []int  `json:"goals,omitempty"` // that need it
	What  string `json:"what"`
}

// figure is what one benchmark printed in one unit.
type figure struct {
	Set       string `json:"set"`
	Benchmark string `json:"benchmark"`
	Unit      string `json:"unit"`
	summary
}

// summary is a figure's rounds: their middle, the least and the greatest.
type summary struct {
	Median float64 `json:"median"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
	Rounds int     `json:"rounds"`
}

// summarise is false when there is nothing to summarise. Of an even number of
// rounds the median is the mean of the two in the middle.
func summarise(values []float64) (summary, bool) {
	n := len(values)
	if n == 0 {
		return summary{}, false
	}
	values = slices.Sorted(slices.Values(values))
	return summary{Median: (values[(n-1)/2] + values[n/2]) / 2, Low: values[0], High: values[n-1], Rounds: n}, true
}

// judge holds results against the goals.
func judge(all results) *report {
	r := &report{Conditions: conditions(all)}
	for _, g := range goals {
		j := judged{Number: g.number, Name: g.name, Verdict: met}
		for _, row := range g.rows {
			l := row.judge(all)
			switch {
			case l.Verdict == missed, l.Verdict == notMeasured && j.Verdict == met:
				j.Verdict = l.Verdict
			}
			j.Lines = append(j.Lines, l)
		}
		r.Goals = append(r.Goals, j)
	}
	for _, s := range set {
		for _, what := range s.missing(all[s.name]) {
			r.Gaps = append(r.Gaps, gap{Goals: s.goals(), What: what})
		}
		if all[s.name] != nil {
			r.Figures = append(r.Figures, all[s.name].figures(s.name)...)
		}
	}
	return r
}

func (row row) judge(all results) line {
	l := line{What: row.what, Benchmark: row.from + " " + row.bench, Unit: row.shown, Want: row.want, WantRatio: row.wantRatio, Headline: row.headline}
	whole := true
	get := func(unit string) *summary {
		if unit == "" {
			return nil
		}
		if r := all[row.from]; r != nil {
			// A round in which it is missing has failed: the others don't speak for it.
			if s, ok := summarise(r.values[row.bench][unit]); ok && s.Rounds == r.rounds {
				return &s
			}
		}
		whole = false
		return nil
	}
	l.Measured, l.Ratio = get(row.unit), get(row.ratio)
	if row.derive != nil {
		v, ok := row.derive(all)
		if ok {
			l.Measured = &summary{Median: v, Low: v, High: v, Rounds: 1}
		}
		whole = whole && ok
	}
	switch {
	case !whole:
		l.Verdict = notMeasured
	case l.Want.Relation == "" && l.WantRatio.Relation == "":
	case l.Measured != nil && !l.Want.held(l.Measured.Median), l.Ratio != nil && !l.WantRatio.held(l.Ratio.Median):
		l.Verdict = missed
	default:
		l.Verdict = met
	}
	return l
}

// goals are those that a benchmark's figures are judged by.
func (s benchmark) goals() (list []int) {
	for _, g := range goals {
		if slices.ContainsFunc(g.rows, func(r row) bool { return r.from == s.name }) {
			list = append(list, g.number)
		}
	}
	return list
}

// figures lists all that was printed, in a fixed order.
func (r *result) figures(set string) (list []figure) {
	for bench, units := range r.values {
		for unit, values := range units {
			s, _ := summarise(values)
			list = append(list, figure{set, bench, unit, s})
		}
	}
	slices.SortFunc(list, func(a, b figure) int {
		return strings.Compare(a.Benchmark+" "+a.Unit, b.Benchmark+" "+b.Unit)
	})
	return list
}

// conditions collects where and when the results were measured.
func conditions(all results) (list []condition) {
	for _, name := range conditionNames {
		c := condition{Name: name}
		for _, s := range set {
			if r := all[s.name]; r != nil && r.config[name] != "" && !slices.Contains(c.Values, r.config[name]) {
				c.Values = append(c.Values, r.config[name])
			}
		}
		if len(c.Values) > 0 {
			slices.Sort(c.Values)
			list = append(list, c)
		}
	}
	return list
}

// gaps says what was not measured, of some goals or of all.
func (r *report) gaps(only []int) (list []string) {
	for _, g := range r.Gaps {
		if serves(g.Goals, only) {
			list = append(list, g.What)
		}
	}
	return list
}

// get returns a figure, for the plots.
func (r *report) get(set, bench, unit string) (summary, bool) {
	for _, f := range r.Figures {
		if f.Set == set && f.Benchmark == bench && f.Unit == unit {
			return f.summary, true
		}
	}
	return summary{}, false
}
