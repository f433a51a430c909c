package doctor

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Scrape is what a server's metrics held, by name. A nil Scrape holds nothing.
type Scrape map[string][]Sample

// Sample is one series and its value.
type Sample struct {
	Labels map[string]string
	Value  float64
}

// ReadScrape reads Prometheus' text format.
func ReadScrape(r io.Reader) (Scrape, error) {
	s := make(Scrape)
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		name, sample, err := readSample(line)
		if err != nil {
			return nil, err
		}
		s[name] = append(s[name], sample)
	}
	return s, lines.Err()
}

// readSample reads name{label="value",…} 1.5, where values hold no escapes
// that matter here.
func readSample(line string) (name string, s Sample, err error) {
	wrong := fmt.Errorf("%q is no line of metrics", line[:min(len(line), 80)])
	end := strings.LastIndexByte(line, ' ')
	if end < 0 {
		return "", s, wrong
	}
	if s.Value, err = strconv.ParseFloat(line[end+1:], 64); err != nil {
		return "", s, wrong
	}
	name, labels, has := strings.Cut(line[:end], "{")
	if !has {
		return name, s, nil
	}
	s.Labels = make(map[string]string)
	for labels != "" && labels[0] != '}' {
		key, rest, ok := strings.Cut(strings.TrimLeft(labels, ","), "=")
		if !ok {
			return "", s, wrong
		}
		quoted, err := strconv.QuotedPrefix(rest)
		if err != nil {
			return "", s, wrong
		}
		if s.Labels[key], err = strconv.Unquote(quoted); err != nil {
			return "", s, wrong
		}
		labels = strings.TrimLeft(rest[len(quoted):], ",")
	}
	return name, s, nil
}

func (s Scrape) has(name string) bool { return len(s[name]) > 0 }

// sum adds up the series of a name whose labels match.
func (s Scrape) sum(name string, match ...string) (total float64) {
	for _, x := range s[name] {
		if x.matches(match) {
			total += x.Value
		}
	}
	return total
}

// quantile estimates a quantile of a histogram, all series that match taken
// together, as Prometheus' histogram_quantile does; n is how many
// observations there are.
func (s Scrape) quantile(q float64, name string, match ...string) (value, n float64) {
	counts := make(map[float64]float64)
	for _, x := range s[name+"_bucket"] {
		if le, err := strconv.ParseFloat(x.Labels["le"], 64); err == nil && x.matches(match) {
			counts[le] += x.Value
		}
	}
	n = counts[math.Inf(1)]
	bounds := make([]float64, 0, len(counts))
	for le := range counts {
		bounds = append(bounds, le)
	}
	slices.Sort(bounds)
	var below, from float64
	for _, le := range bounds {
		if counts[le] >= q*n && counts[le] > below {
			if math.IsInf(le, 1) {
				return from, n // beyond the last bound: at least that
			}
			return from + (le-from)*(q*n-below)/(counts[le]-below), n
		}
		below, from = counts[le], le
	}
	return 0, n
}
