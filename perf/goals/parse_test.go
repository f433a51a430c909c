package main

import (
	"slices"
	"strings"
	"testing"
)

const printed = `date: 2026-11-26
machine: 2 cores
command: go test -bench X

round: 1
goos: linux
cpu: Some Processor @ 2.00GHz
BenchmarkPosts/16-2         	   20000	    292701 ns/op	         3.200 p95-ms	      3416 posts/s	    120 B/op
BenchmarkPosts/64-2         	level=WARN msg="a child's words"
   20000	    152701 ns/op	      6568 posts/s
--- BENCH: BenchmarkPosts/64-2
    posts_test.go:1: 1000000 messages made
PASS

round: 2
date: 2030-01-01
BenchmarkPosts/16-2         	   20000	    292701 ns/op	      1e+04 posts/s
--- FAIL: BenchmarkPosts/64-2
    posts_test.go:1: 3 stored of 4 acknowledged
BenchmarkPosts/broken-2   	   20000	    292701 ns/op	  many posts/s
BenchmarkPosts/broken-2   	   20000	    292701 ns/op	  17
failed: exit status 1
`

func TestParse(t *testing.T) {
	r, err := parse(strings.NewReader(printed))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		bench, unit string
		want        []float64
	}{
		{"Posts/16", "posts/s", []float64{3416, 10000}},
		{"Posts/16", "p95-ms", []float64{3.2}},
		{"Posts/16", "ns/op", []float64{292701, 292701}},
		{"Posts/64", "posts/s", []float64{6568}},
		{"Posts/broken", "posts/s", nil},
		{"Posts/broken", "ns/op", nil},
	} {
		if got := r.values[c.bench][c.unit]; !slices.Equal(got, c.want) {
			t.Errorf("%s %s: %v, not %v", c.bench, c.unit, got, c.want)
		}
	}
	if r.rounds != 2 {
		t.Errorf("%d rounds", r.rounds)
	}
	if want := []string{"FAIL: BenchmarkPosts/64-2", "exit status 1"}; !slices.Equal(r.faults, want) {
		t.Errorf("faults: %q", r.faults)
	}
	if r.config["date"] != "2026-11-26" || r.config["machine"] != "2 cores" || r.config["goos"] != "" {
		t.Errorf("what stands over the rounds: %v", r.config)
	}
}

func TestASkippedBenchmarkIsNoSilentGap(t *testing.T) {
	r, err := parse(strings.NewReader("round: 1\n--- SKIP: BenchmarkStart\n    x_test.go:1: skipped\nPASS\n"))
	if err != nil {
		t.Fatal(err)
	}
	list := strings.Join(benchmark{name: "start", pkg: "./perf", bench: "^BenchmarkStart$"}.missing(r), "\n")
	if !strings.Contains(list, "SKIP: BenchmarkStart") || !strings.Contains(list, "printed no figure") {
		t.Errorf("%s", list)
	}
}
