package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

// text is the table for a terminal, of some goals or of all.
func (r *report) text(only []int) string {
	var b strings.Builder
	for _, c := range r.Conditions {
		fmt.Fprintf(&b, "%s: %s\n", c.Name, strings.Join(c.Values, "; "))
	}
	b.WriteString(r.caveats())
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, g := range r.Goals {
		if len(only) > 0 && !slices.Contains(only, g.Number) {
			continue
		}
		fmt.Fprintf(w, "\n%d. %s: %s\n", g.Number, g.Name, g.Verdict)
		fmt.Fprint(w, "   \twanted\tmeasured\trange\t÷ floor\twanted\t\n")
		for _, l := range g.Lines {
			fmt.Fprintf(w, "   %s\t%s\t%s\t%s\t%s\t%s\t%s\n", l.What, l.wanted(), l.measured(), l.spread(), l.ratio(), l.WantRatio, l.Verdict)
		}
	}
	w.Flush() // into memory
	if len(only) == 0 {
		fmt.Fprintf(&b, "\n%s\n", r.tally())
	}
	for _, what := range r.gaps(only) {
		fmt.Fprintf(&b, "not measured: %s\n", what)
	}
	return b.String()
}

// tally counts the goals by verdict.
func (r *report) tally() string {
	by := make(map[string][]string)
	for _, g := range r.Goals {
		by[g.Verdict] = append(by[g.Verdict], fmt.Sprint(g.Number))
	}
	text := fmt.Sprintf("%d of %d goals are met", len(by[met]), len(r.Goals))
	for _, verdict := range []string{missed, notMeasured} {
		if len(by[verdict]) > 0 {
			text += fmt.Sprintf("; %s: %s", verdict, strings.Join(by[verdict], ", "))
		}
	}
	return text + "."
}

// busyAbove is the load average of a machine that does something else too.
const busyAbove = .5

// caveats says what keeps the figures from being a result: they are of several
// runs, or something else ran on the machine.
func (r *report) caveats() (text string) {
	for _, c := range r.Conditions {
		switch c.Name {
		case "machine", "commit":
			if len(c.Values) > 1 {
				text += fmt.Sprintf("\nNot of one run: %s is %s.\n", c.Name, strings.Join(c.Values, ", and "))
			}
		case "load":
			if slices.ContainsFunc(c.Values, func(v string) bool {
				load, err := strconv.ParseFloat(v, 64)
				return err == nil && load > busyAbove
			}) {
				text += "\nProvisional: the machine was doing something else as well when this was measured.\n"
			}
		}
	}
	return text
}

func (l line) wanted() string {
	if l.Want.Relation == "" {
		return ""
	}
	return strings.TrimSpace(l.Want.String() + " " + l.Unit)
}

func (l line) measured() string {
	if l.Measured == nil {
		if l.Verdict == notMeasured {
			return notMeasured
		}
		return ""
	}
	return strings.TrimSpace(rounded(l.Measured.Median) + " " + l.Unit)
}

func (l line) spread() string {
	if l.Measured == nil || l.Measured.Rounds < 2 {
		return ""
	}
	return rounded(l.Measured.Low) + " – " + rounded(l.Measured.High)
}

func (l line) ratio() string {
	if l.Ratio == nil {
		return ""
	}
	return rounded(l.Ratio.Median)
}

// table is all lines in Markdown.
func (r *report) table() string {
	var b strings.Builder
	b.WriteString("| # | What | Wanted | Measured | Range | ÷ floor | Wanted | |\n|---|---|---|---|---|---|---|---|\n")
	for _, g := range r.Goals {
		fmt.Fprintf(&b, "| **%d** | **%s** | | | | | | **%s** |\n", g.Number, g.Name, g.Verdict)
		for _, l := range g.Lines {
			fmt.Fprintf(&b, "| | %s | %s | %s | %s | %s | %s | %s |\n", l.What, l.wanted(), l.measured(), l.spread(), l.ratio(), l.WantRatio, l.Verdict)
		}
	}
	fmt.Fprintf(&b, "\n%s %s\n", r.tally(), r.where())
	b.WriteString(r.caveats())
	return b.String()
}

// headlines is one line for each goal in Markdown.
func (r *report) headlines() string {
	var b strings.Builder
	b.WriteString("| # | Goal | Measured (wanted) | Cost ÷ floor (wanted) | |\n|---|---|---|---|---|\n")
	for _, g := range r.Goals {
		var figures, ratios []string
		for _, l := range g.Lines {
			if !l.Headline {
				continue
			}
			text := l.What + ": " + l.measured()
			if l.wanted() != "" {
				text += " (" + l.Want.String() + ")"
			}
			figures = append(figures, text)
			if l.Ratio != nil {
				ratios = append(ratios, l.ratio()+" ("+l.WantRatio.String()+")")
			}
		}
		fmt.Fprintf(&b, "| %d | %s | %s | %s | %s |\n", g.Number, g.Name, strings.Join(figures, "<br>"), strings.Join(ratios, "<br>"), g.Verdict)
	}
	fmt.Fprintf(&b, "\n%s %s\n%s", r.tally(), r.where(), r.caveats())
	return b.String()
}

// where is one sentence about the machine.
func (r *report) where() string {
	var parts []string
	for _, c := range r.Conditions {
		value := strings.Join(c.Values, "; ")
		switch c.Name {
		case "machine", "filesystem", "go":
			parts = append(parts, value)
		case "date":
			parts = append(parts, "measured "+value)
		case "load":
			parts = append(parts, "load average before it began "+value)
		}
	}
	return "Machine: " + strings.Join(parts, ", ") + "; load generator and server share its cores."
}

// others is everything that was printed and belongs to no goal, in
// Markdown.
func (r *report) others() string {
	var b strings.Builder
	b.WriteString("| Benchmark | Figures |\n|---|---|\n")
	for _, s := range set {
		if len(s.goals()) > 0 {
			continue
		}
		var names []string
		figures := make(map[string][]string)
		for _, f := range r.Figures {
			if f.Set != s.name {
				continue
			}
			if figures[f.Benchmark] == nil {
				names = append(names, f.Benchmark)
			}
			figures[f.Benchmark] = append(figures[f.Benchmark], rounded(f.Median)+" "+f.Unit)
		}
		for _, n := range names {
			fmt.Fprintf(&b, "| `%s` %s | %s |\n", s.pkg, n, strings.Join(figures[n], ", "))
		}
	}
	return b.String()
}

// commands lists how each benchmark of the set is repeated by itself.
func commands() string {
	var b strings.Builder
	b.WriteString("| Goals | Results | Command |\n|---|---|---|\n")
	for _, s := range set {
		var numbers []string
		for _, n := range s.goals() {
			numbers = append(numbers, fmt.Sprint(n))
		}
		fmt.Fprintf(&b, "| %s | [%s](../perf/results/%s.txt) | `%s` |\n", strings.Join(numbers, ", "), s.name, s.name, strings.ReplaceAll(s.command(), "|", `\|`))
	}
	return b.String()
}

// write writes goals.txt and goals.json.
func (r *report) write(dir string) error {
	text, err := r.encode()
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(filepath.Join(dir, "goals.json"), text, 0o644),
		os.WriteFile(filepath.Join(dir, "goals.txt"), []byte(r.text(nil)), 0o644))
}

func (r *report) encode() ([]byte, error) {
	text, err := json.MarshalIndent(r, "", "\t")
	return append(text, '\n'), err
}

// pages are the files that a report is written into, as they should be.
func (r *report) pages(root string) (map[string]string, error) {
	pages := make(map[string]string)
	for name, blocks := range map[string]map[string]string{
		"README.md":          {"goals": r.headlines()},
		"docs/benchmarks.md": {"goals": r.table(), "others": r.others(), "commands": commands()},
	} {
		text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		if err != nil {
			return nil, err
		}
		page := string(text)
		for marker, block := range blocks {
			if page, err = fill(page, marker, block); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		}
		pages[name] = page
	}
	for name, plot := range r.plots() {
		pages["docs/benchmarks/"+name+".svg"] = plot
	}
	return pages, nil
}

func (r *report) writePages(root string) error {
	pages, err := r.pages(root)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(root, "docs", "benchmarks"), 0o755); err != nil {
		return err
	}
	for name, text := range pages {
		if err := os.WriteFile(filepath.Join(root, filepath.FromSlash(name)), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// fill puts a block between the markers <!-- name --> and <!-- /name --> of a
// page, each of which it has once, on a line of its own.
func fill(page, name, block string) (string, error) {
	opening, closing := "<!-- "+name+" -->\n", "<!-- /"+name+" -->"
	if strings.Count(page, opening) != 1 || strings.Count(page, closing) != 1 {
		return "", fmt.Errorf("it has to have %q and %q once each", strings.TrimSpace(opening), closing)
	}
	before, rest, _ := strings.Cut(page, opening)
	_, after, ok := strings.Cut(rest, closing)
	if !ok {
		return "", fmt.Errorf("%q stands before %q", closing, strings.TrimSpace(opening))
	}
	return before + opening + block + closing + after, nil
}
