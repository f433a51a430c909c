package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// results are what all benchmarks printed, by their name in the set.
type results map[string]*result

// result is what one benchmark of the set printed, in one file of results.
type result struct {
	config map[string]string               // the lines "key: value" before the first round
	rounds int                             // that were begun
	values map[string]map[string][]float64 // by benchmark, without its prefix and the number of cores, and unit
	faults []string                        // failures, and benchmarks that were skipped
}

var (
	configLine = regexp.MustCompile(`^([a-z][a-z-]*): +(.*)$`)
	cores      = regexp.MustCompile(`-\d+$`)
)

// parse reads the output of go test -bench under lines "key: value" that say
// where it is from; "round: N" begins a round.
func parse(in io.Reader) (*result, error) {
	r := &result{config: make(map[string]string), values: make(map[string]map[string][]float64)}
	pending := "" // a name whose figures something else was written before
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := strings.TrimRight(lines.Text(), " \t")
		fields := strings.Fields(line)
		switch {
		case len(fields) == 0:
		case strings.HasPrefix(fields[0], "Benchmark"):
			pending = cores.ReplaceAllString(strings.TrimPrefix(fields[0], "Benchmark"), "")
			if r.take(pending, fields[1:]) {
				pending = ""
			}
		case pending != "" && r.take(pending, fields):
			pending = ""
		case strings.HasPrefix(line, "--- FAIL: "), strings.HasPrefix(line, "--- SKIP: "), strings.HasPrefix(line, "panic: "):
			r.faults = append(r.faults, strings.TrimPrefix(line, "--- "))
		default:
			if m := configLine.FindStringSubmatch(line); m != nil {
				switch {
				case m[1] == "round":
					r.rounds++
				case m[1] == "failed":
					r.faults = append(r.faults, m[2])
				case r.rounds == 0:
					r.config[m[1]] = m[2]
				}
			}
		}
	}
	return r, lines.Err()
}

// take reads what follows a benchmark's name: how often it ran, and pairs of a
// value and its unit. It reports whether the fields are that.
func (r *result) take(name string, fields []string) bool {
	if len(fields) < 3 || len(fields)%2 == 0 {
		return false
	}
	if _, err := strconv.ParseUint(fields[0], 10, 64); err != nil {
		return false
	}
	values := make(map[string]float64)
	for i := 1; i < len(fields); i += 2 {
		v, err := strconv.ParseFloat(fields[i], 64)
		if err != nil {
			return false
		}
		values[fields[i+1]] = v
	}
	if r.values[name] == nil {
		r.values[name] = make(map[string][]float64)
	}
	for unit, v := range values {
		r.values[name][unit] = append(r.values[name][unit], v)
	}
	return true
}

// readResults reads the files of the set that are in a directory.
func readResults(dir string) (results, error) {
	all := make(results)
	for _, s := range set {
		f, err := os.Open(filepath.Join(dir, s.name+".txt"))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		r, err := parse(f)
		f.Close()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name(), err)
		}
		all[s.name] = r
	}
	return all, nil
}

// median returns the middle of a figure's rounds.
func (r results) median(from, bench, unit string) (float64, bool) {
	if r[from] == nil {
		return 0, false
	}
	s, ok := summarise(r[from].values[bench][unit])
	return s.Median, ok
}

// missing lists what a benchmark should have printed in each of its rounds and
// did not.
func (s benchmark) missing(r *result) (list []string) {
	if r == nil {
		return []string{fmt.Sprintf("%s: has not run: %s", s.name, s.command())}
	}
	for _, fault := range r.faults {
		list = append(list, s.name+": "+fault)
	}
	if r.rounds == 0 {
		list = append(list, s.name+": no round in its results")
	}
	if len(r.values) == 0 {
		list = append(list, s.name+": it printed no figure; is there a "+s.bench+" in "+s.pkg+"?")
		return list
	}
	for _, e := range s.expected() {
		name, unit, _ := strings.Cut(e, " ")
		if n := len(r.values[name][unit]); n != r.rounds {
			list = append(list, fmt.Sprintf("%s: Benchmark%s printed %q in %d of %d rounds", s.name, name, unit, n, r.rounds))
		}
	}
	return list
}
