package load

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// sample is one line of a Prometheus exposition.
type sample struct {
	name   string
	labels map[string]string
	value  float64
}

// scrape is all the metrics of a server at one moment.
type scrape struct {
	at      time.Time
	samples []sample
}

// maxScrape bounds an exposition, in bytes.
const maxScrape = 16 << 20

// fetchMetrics scrapes a server.
func fetchMetrics(ctx context.Context, url string) (*scrape, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("GET %s answered %s", url, resp.Status)
	}
	s, err := parseMetrics(io.LimitReader(resp.Body, maxScrape))
	if err != nil {
		return nil, fmt.Errorf("GET %s: %w", url, err)
	}
	return s, nil
}

// parseMetrics reads the text format.
func parseMetrics(r io.Reader) (*scrape, error) {
	s := &scrape{at: time.Now()}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		m, err := parseSample(line)
		if err != nil {
			return nil, fmt.Errorf("%w: %.100q", err, line)
		}
		s.samples = append(s.samples, m)
	}
	return s, lines.Err()
}

func parseSample(line string) (m sample, err error) {
	rest := ""
	if i := strings.IndexAny(line, "{ "); i < 0 {
		return m, fmt.Errorf("this is no metric")
	} else if m.name, rest = line[:i], line[i:]; line[i] == '{' {
		m.labels = make(map[string]string)
		rest = rest[1:]
		for !strings.HasPrefix(rest, "}") {
			name, after, ok := strings.Cut(rest, "=")
			quoted, qerr := strconv.QuotedPrefix(after)
			if !ok || qerr != nil {
				return m, fmt.Errorf("this is no metric")
			}
			value, qerr := strconv.Unquote(quoted)
			if qerr != nil {
				return m, fmt.Errorf("this is no metric")
			}
			m.labels[name] = value
			rest = strings.TrimPrefix(after[len(quoted):], ",")
		}
		rest = rest[1:]
	}
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return m, fmt.Errorf("this is no metric")
	}
	m.value, err = strconv.ParseFloat(fields[0], 64)
	return m, err
}

// sum adds the samples of a name that keep (nil: all) wants, and reports
// whether there are any.
func (s *scrape) sum(name string, keep func(labels map[string]string) bool) (total float64, found bool) {
	if s == nil {
		return 0, false
	}
	for _, m := range s.samples {
		if m.name == name && (keep == nil || keep(m.labels)) {
			total += m.value
			found = true
		}
	}
	return total, found
}

// values lists those of a label, sorted.
func (s *scrape) values(name, label string) (all []string) {
	for _, m := range s.samples {
		if m.name == name && !slices.Contains(all, m.labels[label]) {
			all = append(all, m.labels[label])
		}
	}
	slices.Sort(all)
	return all
}

// grown is what a counter has counted between two scrapes.
func grown(before, after *scrape, name string, keep func(labels map[string]string) bool) float64 {
	b, _ := before.sum(name, keep)
	a, _ := after.sum(name, keep)
	return a - b
}

// bucket is what a histogram counted up to a bound.
type bucket struct{ le, count float64 }

// stretch is a histogram of what happened between two scrapes.
func stretch(before, after *scrape, name string, keep func(map[string]string) bool) []bucket {
	counts := make(map[float64]float64)
	add := func(s *scrape, sign float64) {
		if s == nil {
			return
		}
		for _, m := range s.samples {
			if m.name != name+"_bucket" || keep != nil && !keep(m.labels) {
				continue
			}
			if le, err := strconv.ParseFloat(m.labels["le"], 64); err == nil {
				counts[le] += sign * m.value
			}
		}
	}
	add(after, 1)
	add(before, -1)
	var buckets []bucket
	for le, n := range counts {
		buckets = append(buckets, bucket{le, n})
	}
	slices.SortFunc(buckets, func(a, b bucket) int {
		if a.le < b.le {
			return -1
		}
		return 1
	})
	return buckets
}

// observations is how many a histogram has.
func observations(buckets []bucket) float64 {
	if len(buckets) == 0 {
		return 0
	}
	return buckets[len(buckets)-1].count
}

// quantile is Prometheus's own: straight lines within a bucket. Where the
// quantile lies beyond the last bound it is infinite, for nothing is known of
// it. With no observations it is not a number.
func quantile(q float64, buckets []bucket) float64 {
	all := observations(buckets)
	if all <= 0 {
		return math.NaN()
	}
	rank := q * all
	lower, below := 0.0, 0.0
	for _, b := range buckets {
		if b.count >= rank {
			if math.IsInf(b.le, 1) || b.count == below {
				return b.le
			}
			return lower + (b.le-lower)*(rank-below)/(b.count-below)
		}
		lower, below = b.le, b.count
	}
	return math.Inf(1)
}
