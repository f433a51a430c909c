package main

import (
	"slices"
	"time"
)

// benchmark is one command of the set: benchmarks that are run together, by
// one process, once in each round.
type benchmark struct {
	name      string // of its results, perf/results/<name>.txt
	pkg       string
	bench     string // -bench
	benchtime string
	rounds    int           // at most; 0: as many as are asked for
	about     time.Duration // one round of it, on two cores
	plotted   []string      // what the plots need, as "benchmark unit"
}

// set is all that is measured, the cheap first and the expensive last. Counts
// of iterations are fixed where finding them would repeat what is expensive.
var set = []benchmark{
	{name: "start", pkg: "./perf", bench: "^BenchmarkStart$", benchtime: "10x", about: 5 * time.Second},
	{name: "posts", pkg: "./perf", bench: "^BenchmarkPostsHTTP$", benchtime: "20000x", about: 40 * time.Second},
	{name: "pages", pkg: "./perf", bench: "^BenchmarkPages$/./^(warm|304|busy)$", benchtime: "20000x", about: 60 * time.Second,
		plotted: pagesPlotted("warm cpu-µs/page", "warm floor-µs/page", "304 cpu-µs/page", "busy cpu-µs/page")},
	{name: "pages-cold", pkg: "./perf", bench: "^BenchmarkPages$/./^cold$", benchtime: "1000x", about: 45 * time.Second,
		plotted: pagesPlotted("cold cpu-µs/page")},
	{name: "fanout", pkg: "./perf", bench: "^BenchmarkBroadcast$", benchtime: "1x", about: 60 * time.Second,
		plotted: each([]string{"Broadcast/10", "Broadcast/100", "Broadcast/1000", "Broadcast/5000", "Broadcast/10000"},
			"deliveries/s", "floor-deliveries/s", "cpu-µs/delivery", "floor-µs")},
	{name: "paced-1000", pkg: "./perf", bench: "^BenchmarkPaced$/^1000$", benchtime: "1x", about: 20 * time.Second},
	{name: "search", pkg: "./perf", bench: "^BenchmarkMillionSearch$/^(words|parts)$", benchtime: "1000x", about: 60 * time.Second},
	{name: "search-short", pkg: "./perf", bench: "^BenchmarkMillionSearch$/^short$", benchtime: "200x", about: 15 * time.Second, rounds: 1},
	{name: "start-million", pkg: "./perf", bench: "^BenchmarkMillionStart$", benchtime: "5x", about: 4 * time.Second},
	{name: "posts-million", pkg: "./perf", bench: "^BenchmarkMillionPosts$", benchtime: "20000x", about: 35 * time.Second, rounds: 2},
	{name: "idle", pkg: "./perf", bench: "^BenchmarkIdle$", benchtime: "1x", about: 45 * time.Second, rounds: 2},
	{name: "restart", pkg: "./perf", bench: "^BenchmarkRestart$", benchtime: "1x", about: 60 * time.Second, rounds: 1},
	{name: "overload", pkg: "./perf", bench: "^BenchmarkOverload$", benchtime: "1x", about: 60 * time.Second, rounds: 1},
	{name: "paced-10000", pkg: "./perf", bench: "^BenchmarkPaced$/^10000$", benchtime: "1x", about: 110 * time.Second, rounds: 1},

	// What belongs to no goal, and explains several.
	{name: "batches", pkg: "./internal/chat", bench: "^BenchmarkPostBatch$", benchtime: "1s", about: 30 * time.Second, rounds: 2,
		plotted: each(batchSizes("PostBatch"), "messages/s")},
	{name: "inserts", pkg: "./internal/store", bench: "^BenchmarkInsertMessage$", benchtime: "1s", about: 15 * time.Second, rounds: 2,
		plotted: each(batchSizes("InsertMessage"), "messages/s")},
	{name: "history", pkg: "./internal/chat", bench: "^BenchmarkPages$", benchtime: "1s", about: 20 * time.Second, rounds: 1},
	{name: "newest", pkg: "./internal/store", bench: "^BenchmarkPageNewest50$", benchtime: "1s", about: 15 * time.Second, rounds: 1},
	{name: "hub", pkg: "./internal/hub", bench: ".", benchtime: "1s", about: 15 * time.Second, rounds: 1},
	{name: "cache", pkg: "./internal/cache", bench: ".", benchtime: "1s", about: 8 * time.Second, rounds: 1},
	{name: "piece", pkg: "./internal/piece", bench: ".", benchtime: "1s", about: 8 * time.Second, rounds: 1},
	{name: "sqlite", pkg: "./internal/sqlite", bench: ".", benchtime: "1s", about: 8 * time.Second, rounds: 1},
	{name: "markup", pkg: "./internal/markup", bench: ".", benchtime: "1s", about: 10 * time.Second, rounds: 1},
	{name: "wire", pkg: ".", bench: ".", benchtime: "1s", about: 8 * time.Second, rounds: 1},
}

// each is every one of the benchmarks with every one of the units.
func each(names []string, units ...string) (all []string) {
	for _, n := range names {
		for _, u := range units {
			all = append(all, n+" "+u)
		}
	}
	return all
}

func batchSizes(name string) []string {
	return []string{name + "/1", name + "/10", name + "/50", name + "/100"}
}

// pageKinds are the pages of goals 6 and 7, as the benchmark names them.
var pageKinds = []string{"room", "history", "sidebar", "search"}

func pagesPlotted(figures ...string) (all []string) {
	for _, kind := range pageKinds {
		for _, f := range figures {
			all = append(all, "Pages/"+kind+"/"+f)
		}
	}
	return all
}

// parts stands for what belongs to no goal, among the numbers of goals.
const parts = 0

// serves says whether what belongs to some goals is among those that are asked
// for: none asked for are all.
func serves(goals, only []int) bool {
	if len(goals) == 0 {
		goals = []int{parts}
	}
	return len(only) == 0 || slices.ContainsFunc(goals, func(n int) bool { return slices.Contains(only, n) })
}

// chosen returns what has to be measured for some goals, or for none named.
func chosen(only []int) []benchmark {
	if len(only) == 0 {
		return set
	}
	return slices.DeleteFunc(slices.Clone(set), func(s benchmark) bool { return !serves(s.goals(), only) })
}

// expected lists what a benchmark of the set has to print, as "benchmark
// unit": what goals and plots are made of.
func (s benchmark) expected() []string {
	all := slices.Clone(s.plotted)
	for _, g := range goals {
		for _, r := range g.rows {
			if r.from != s.name {
				continue
			}
			if r.unit != "" {
				all = append(all, r.bench+" "+r.unit)
			}
			if r.ratio != "" {
				all = append(all, r.bench+" "+r.ratio)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
