package main

import (
	"fmt"
	"strconv"
	"strings"
)

// goal is a goal of the design, in the rows that it is judged by.
type goal struct {
	number int
	name   string
	rows   []row
}

// row is one figure of a benchmark and what is wanted of it. A row that wants
// nothing is there to explain the others.
type row struct {
	what  string
	from  string // of the set
	bench string
	unit  string // as the benchmark prints it; empty: the ratio is all there is
	shown string // the unit, in words
	want  bound

	ratio     string // the unit of its cost ÷ floor; empty: it has none
	wantRatio bound

	derive func(results) (float64, bool) // in place of a unit: from figures of other rows

	headline bool // it stands in README.md
}

// bound is what is wanted of a figure; the zero value wants nothing.
type bound struct {
	Relation string  `json:"relation,omitempty"`
	Value    float64 `json:"value"`
}

func atMost(v float64) bound  { return bound{"≤", v} }
func atLeast(v float64) bound { return bound{"≥", v} }
func below(v float64) bound   { return bound{"<", v} }
func above(v float64) bound   { return bound{">", v} }
func exactly(v float64) bound { return bound{"=", v} }

// held says whether a figure is as it is wanted.
func (w bound) held(v float64) bool {
	switch w.Relation {
	case "≤":
		return v <= w.Value
	case "≥":
		return v >= w.Value
	case "<":
		return v < w.Value
	case ">":
		return v > w.Value
	case "=":
		return v == w.Value
	}
	return true
}

func (w bound) String() string {
	if w.Relation == "" {
		return ""
	}
	return w.Relation + " " + exact(w.Value)
}

// goals are 1 to 11. The twelfth is about a second instance, which there is
// none of yet.
var goals = []goal{
	{1, "Fan-out, saturated, all clients in one room", []row{
		{what: "1,000 clients, CPU per delivery", from: "fanout", bench: "Broadcast/1000", unit: "cpu-µs/delivery", shown: "µs", want: atMost(2), ratio: "×floor", wantRatio: atMost(1.6)},
		{what: "5,000 clients, CPU per delivery", from: "fanout", bench: "Broadcast/5000", unit: "cpu-µs/delivery", shown: "µs", want: atMost(2), ratio: "×floor", wantRatio: atMost(1.6)},
		{what: "10,000 clients, CPU per delivery", from: "fanout", bench: "Broadcast/10000", unit: "cpu-µs/delivery", shown: "µs", want: atMost(2), ratio: "×floor", wantRatio: atMost(1.6), headline: true},
		{what: "10,000 clients, deliveries", from: "fanout", bench: "Broadcast/10000", unit: "deliveries/s", shown: "a second", want: atLeast(800_000), headline: true},
		{what: "1,000 clients, deliveries", from: "fanout", bench: "Broadcast/1000", unit: "deliveries/s", shown: "a second"},
	}},
	{2, "Fan-out, paced: a post until all clients have it", []row{
		{what: "1,000 clients, p99", from: "paced-1000", bench: "Paced/1000", unit: "p99-ms", shown: "ms", want: atMost(20), headline: true},
		{what: "1,000 clients, p95 (the guide's)", from: "paced-1000", bench: "Paced/1000", unit: "p95-ms", shown: "ms", want: atMost(50)},
		{what: "1,000 clients, p50", from: "paced-1000", bench: "Paced/1000", unit: "p50-ms", shown: "ms", ratio: "×floor", wantRatio: atMost(1.5)},
		{what: "10,000 clients, p99", from: "paced-10000", bench: "Paced/10000", unit: "p99-ms", shown: "ms", want: atMost(150), headline: true},
		{what: "10,000 clients, p50", from: "paced-10000", bench: "Paced/10000", unit: "p50-ms", shown: "ms", ratio: "×floor", wantRatio: atMost(1.5), headline: true},
	}},
	{3, "Idle connections, subscribed", []row{
		{what: "memory of each, at 10,000", from: "idle", bench: "Idle/10000", unit: "KiB/socket", shown: "KiB", want: atMost(6), ratio: "×floor", wantRatio: atMost(2), headline: true},
		{what: "the whole process, at 10,000", from: "idle", bench: "Idle/10000", unit: "process-MiB", shown: "MiB", want: below(100), headline: true},
		{what: "held with 20,000 descriptors", from: "idle", bench: "Idle/18000", unit: "held", shown: "sockets", want: atLeast(18_000), headline: true},
		{what: "the whole process, at 18,000", from: "idle", bench: "Idle/18000", unit: "process-MiB", shown: "MiB"},
		{what: "the same at 100,000, extrapolated from the two", from: "idle", bench: "Idle/100000", shown: "MiB", derive: hundredThousand},
	}},
	{4, "Posts over HTTP, synced and searchable", []row{
		{what: "16 at once", from: "posts", bench: "PostsHTTP/16", unit: "posts/s", shown: "a second", want: atLeast(8000), ratio: "×floor", wantRatio: atMost(2), headline: true},
		{what: "16 at once, p95", from: "posts", bench: "PostsHTTP/16", unit: "p95-ms", shown: "ms", want: atMost(10)},
		{what: "16 at once, p99", from: "posts", bench: "PostsHTTP/16", unit: "p99-ms", shown: "ms", want: atMost(20)},
		{what: "16 at once, CPU each", from: "posts", bench: "PostsHTTP/16", unit: "cpu-µs/post", shown: "µs"},
		{what: "64 at once", from: "posts", bench: "PostsHTTP/64", unit: "posts/s", shown: "a second", want: atLeast(8000), ratio: "×floor", wantRatio: atMost(2), headline: true},
		{what: "64 at once, p95", from: "posts", bench: "PostsHTTP/64", unit: "p95-ms", shown: "ms", want: atMost(10)},
		{what: "64 at once, p99", from: "posts", bench: "PostsHTTP/64", unit: "p99-ms", shown: "ms", want: atMost(20), headline: true},
		{what: "64 at once, CPU each", from: "posts", bench: "PostsHTTP/64", unit: "cpu-µs/post", shown: "µs"},
	}},
	{5, "The same with 1,000,000 messages stored", []row{
		{what: "16 at once, rate ÷ that on a new database", from: "posts-million", bench: "MillionPosts/16", unit: "rate÷new", want: atLeast(.8), headline: true},
		{what: "16 at once, p99.9", from: "posts-million", bench: "MillionPosts/16", unit: "p99.9-ms", shown: "ms", want: atMost(50)},
		{what: "16 at once", from: "posts-million", bench: "MillionPosts/16", unit: "posts/s", shown: "a second"},
		{what: "64 at once, rate ÷ that on a new database", from: "posts-million", bench: "MillionPosts/64", unit: "rate÷new", want: atLeast(.8), headline: true},
		{what: "64 at once, p99.9", from: "posts-million", bench: "MillionPosts/64", unit: "p99.9-ms", shown: "ms", want: atMost(50), headline: true},
		{what: "64 at once", from: "posts-million", bench: "MillionPosts/64", unit: "posts/s", shown: "a second"},
	}},
	{6, "Pages, authorised, warm: 200 people in 50 rooms", pageRows()},
	{7, "Pages, cold, and while their rooms take 10 posts a second", coldRows()},
	{8, "Search, newest 50 of 1,000,000 messages, permission-scoped", []row{
		{what: "words, p99", from: "search", bench: "MillionSearch/words", unit: "p99-ms", shown: "ms", want: atMost(5), headline: true},
		{what: "words, p50", from: "search", bench: "MillionSearch/words", unit: "p50-ms", shown: "ms", ratio: "p50×floor", wantRatio: atMost(1.5), headline: true},
		{what: "three characters and more, p99", from: "search", bench: "MillionSearch/parts", unit: "p99-ms", shown: "ms", want: atMost(20), headline: true},
		{what: "three characters and more, p50", from: "search", bench: "MillionSearch/parts", unit: "p50-ms", shown: "ms", ratio: "p50×floor", wantRatio: atMost(1.5)},
		{what: "two characters, p99", from: "search-short", bench: "MillionSearch/short", unit: "p99-ms", shown: "ms", want: atMost(200)},
	}},
	{9, "Restart with 10,000 clients", []row{
		{what: "all back and caught up after ready", from: "restart", bench: "Restart/10000", unit: "back-all-s", shown: "s", want: atMost(5), headline: true},
		{what: "99 of 100 back", from: "restart", bench: "Restart/10000", unit: "back-p99-s", shown: "s"},
		{what: "the new process ready", from: "restart", bench: "Restart/10000", unit: "ready-ms", shown: "ms"},
		{what: "lost", from: "restart", bench: "Restart/10000", unit: "lost", shown: "posts", want: exactly(0), headline: true},
	}},
	{10, "Overload, four times what saturates", []row{
		{what: "offered, times the peak", from: "overload", bench: "Overload", unit: "offered-×", want: atLeast(4), headline: true},
		{what: "goodput, of the peak", from: "overload", bench: "Overload", unit: "goodput-%", shown: "%", want: atLeast(90), headline: true},
		{what: "peak", from: "overload", bench: "Overload", unit: "peak/s", shown: "a second"},
		{what: "goodput", from: "overload", bench: "Overload", unit: "goodput/s", shown: "a second"},
		{what: "wrong answers", from: "overload", bench: "Overload", unit: "wrong", want: exactly(0), headline: true},
		{what: "acknowledged and lost", from: "overload", bench: "Overload", unit: "lost", shown: "posts", want: exactly(0), headline: true},
		{what: "full speed again after", from: "overload", bench: "Overload", unit: "recovery-s", shown: "s", want: atMost(5)},
		{what: "CPU that the generator took", from: "overload", bench: "Overload", unit: "generator-cpu-%", shown: "%"},
	}},
	{11, "Start and rest", []row{
		{what: "ready on a new directory", from: "start", bench: "Start", unit: "ready-ms", shown: "ms", want: atMost(100), headline: true},
		{what: "ready with a million messages, slowest of five", from: "start-million", bench: "MillionStart", unit: "slowest-ready-ms", shown: "ms", want: atMost(1000)},
		{what: "resident at rest", from: "start", bench: "Start", unit: "rss-MiB", shown: "MiB", want: atMost(20), headline: true},
		{what: "of it, taken by the process itself", from: "start", bench: "Start", unit: "own-MiB", shown: "MiB"},
	}},
}

func pageRows() (all []row) {
	for _, kind := range pageKinds {
		all = append(all,
			row{what: kind + ", warm, CPU each", from: "pages", bench: "Pages/" + kind + "/warm", unit: "cpu-µs/page", shown: "µs", want: atMost(35), ratio: "×floor", wantRatio: atMost(1.25), headline: kind == "room" || kind == "sidebar"},
			row{what: kind + ", 304, CPU each", from: "pages", bench: "Pages/" + kind + "/304", unit: "cpu-µs/page", shown: "µs", want: atMost(18), ratio: "×floor", wantRatio: atMost(1.25), headline: kind == "room"},
			row{what: kind + ", warm, found in the caches", from: "pages", bench: "Pages/" + kind + "/warm", unit: "hit-%", shown: "%", want: above(80)})
	}
	return all
}

func coldRows() (all []row) {
	for _, kind := range pageKinds {
		all = append(all,
			row{what: kind + ", cold, CPU each", from: "pages-cold", bench: "Pages/" + kind + "/cold", unit: "cpu-µs/page", shown: "µs", want: atMost(400), headline: kind == "room"},
			row{what: kind + ", while posts arrive, of the warm rate", from: "pages", bench: "Pages/" + kind + "/busy", unit: "warm-%", shown: "%", want: atLeast(85), headline: kind == "room"})
	}
	return all
}

// hundredThousand carries the slope between 10,000 and 18,000 sockets on.
func hundredThousand(r results) (float64, bool) {
	ten, ok := r.median("idle", "Idle/10000", "process-MiB")
	eighteen, ok2 := r.median("idle", "Idle/18000", "process-MiB")
	return ten + (eighteen-ten)/8*90, ok && ok2
}

// exact writes a bound: as it was stated.
func exact(v float64) string { return commas(strconv.FormatFloat(v, 'f', -1, 64)) }

// rounded writes a figure with about three digits that mean something.
func rounded(v float64) string {
	switch {
	case v == 0:
		return "0"
	case v >= 99.95:
		return commas(fmt.Sprintf("%.0f", v))
	case v >= 9.995:
		return fmt.Sprintf("%.1f", v)
	case v < .0995:
		return strconv.FormatFloat(v, 'g', 2, 64)
	}
	return fmt.Sprintf("%.2f", v)
}

// commas parts the digits before the point by threes.
func commas(text string) string {
	whole, rest, _ := strings.Cut(text, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if rest != "" {
		return whole + "." + rest
	}
	return whole
}
