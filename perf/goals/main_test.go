package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestMain makes this test a benchmark that measurements can run: it prints
// what the environment says, and fails where that has it fail.
func TestMain(m *testing.M) {
	if text := os.Getenv("GOALS_TEST_PRINTS"); text != "" {
		fmt.Print(text, "with ", strings.Join(os.Args[1:], " "), "\n")
		if strings.Contains(text, "--- FAIL") {
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// lay writes results as a measurement would have.
func lay(t *testing.T, dir string, all results) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(dir, "results"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, r := range all {
		var b strings.Builder
		for key, value := range r.config {
			fmt.Fprintf(&b, "%s: %s\n", key, value)
		}
		for round := range r.rounds {
			fmt.Fprintf(&b, "\nround: %d\n", round+1)
			for bench, units := range r.values {
				fmt.Fprintf(&b, "Benchmark%s-2 1", bench)
				for unit, values := range units {
					if round < len(values) {
						fmt.Fprintf(&b, " %v %s", values[round], unit)
					}
				}
				b.WriteString("\n")
			}
		}
		if err := os.WriteFile(filepath.Join(dir, "results", name+".txt"), []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAGoalThatIsMissedIsNoError(t *testing.T) {
	dir := t.TempDir()
	lay(t, dir, whole(3))
	var out bytes.Buffer
	if err := run(t.Context(), []string{"-from", dir}, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	// Every figure is 1: far too few deliveries a second.
	for _, want := range []string{"1. Fan-out, saturated, all clients in one room: missed", "4. Posts over HTTP, synced and searchable: missed",
		"2. Fan-out, paced: a post until all clients have it: met", "missed: 1, "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in:\n%s", want, out.String())
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "goals.txt"))
	if err != nil || string(text) != out.String() {
		t.Errorf("goals.txt is not what was printed: %v", err)
	}
	var r report
	encoded, err := os.ReadFile(filepath.Join(dir, "goals.json"))
	if err == nil {
		err = json.Unmarshal(encoded, &r)
	}
	if err != nil || len(r.Goals) != 11 || r.Goals[1].Verdict != met {
		t.Errorf("goals.json: %v, %d goals", err, len(r.Goals))
	}
}

func TestWhatIsNotMeasuredIsAnErrorOfItsGoals(t *testing.T) {
	dir := t.TempDir()
	all := whole(3)
	delete(all, "overload")
	lay(t, dir, all)
	var out bytes.Buffer
	err := run(t.Context(), []string{"-from", dir}, &out, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "overload: has not run: go test") {
		t.Errorf("%v", err)
	}
	if !strings.Contains(out.String(), "10. Overload, four times what saturates: not measured") {
		t.Errorf("%s", out.String())
	}
	out.Reset()
	if err := run(t.Context(), []string{"-from", dir, "-only", "9, 11"}, &out, io.Discard); err != nil {
		t.Errorf("goals 9 and 11 alone: %v", err)
	}
	if strings.Contains(out.String(), "10. ") || !strings.Contains(out.String(), "9. Restart") {
		t.Errorf("goals 9 and 11 alone:\n%s", out.String())
	}
}

func TestFlags(t *testing.T) {
	for _, args := range [][]string{{"-only", "12"}, {"-only", "1,x"}, {"-rounds", "0"}, {"what"}} {
		if _, err := parseFlags(args, io.Discard); err == nil {
			t.Errorf("%v: accepted", args)
		}
	}
}

func TestRotation(t *testing.T) {
	list := []benchmark{{name: "a"}, {name: "b", rounds: 2}, {name: "c", rounds: 1}}
	var got []string
	for _, s := range rotation(list, 3) {
		got = append(got, fmt.Sprint(s.name, s.round))
	}
	if want := []string{"a1", "b1", "c1", "a2", "b2", "a3"}; !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
}

func TestWhatIsChosenServesTheGoals(t *testing.T) {
	var names []string
	for _, s := range chosen([]int{7, 11}) {
		names = append(names, s.name)
	}
	if want := []string{"start", "pages", "pages-cold", "start-million"}; !slices.Equal(names, want) {
		t.Errorf("%v", names)
	}
	for _, s := range chosen([]int{parts}) {
		if len(s.goals()) > 0 || len(s.bench) == 0 {
			t.Errorf("%s is no part", s.name)
		}
	}
	if len(chosen([]int{parts})) < 5 {
		t.Error("there are more parts")
	}
	if len(chosen(nil)) != len(set) {
		t.Error("without a choice all of the set is measured")
	}
}

func TestAStepKeepsWhatWasPrintedAndHowItFailed(t *testing.T) {
	dir := t.TempDir()
	s := benchmark{name: "posts", pkg: ".", bench: "^BenchmarkPosts$", benchtime: "7x"}
	var log bytes.Buffer
	m := measurement{root: dir, out: dir, log: &log, programs: map[string]string{".": os.Args[0]}}
	if err := os.WriteFile(m.file(s), []byte("machine: this one\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for round, prints := range []string{"BenchmarkPosts-2 \t 7 \t 12 ns/op\n", "--- FAIL: BenchmarkPosts\n"} {
		t.Setenv("GOALS_TEST_PRINTS", prints)
		if err := m.step(t.Context(), step{s, round + 1}); err != nil {
			t.Fatal(err)
		}
	}
	f, err := os.Open(m.file(s))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	r, err := parse(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if r.rounds != 2 || !slices.Equal(r.values["Posts"]["ns/op"], []float64{12}) || r.config["machine"] != "this one" ||
		!slices.Equal(r.faults, []string{"FAIL: BenchmarkPosts", "exit status 1"}) {
		t.Errorf("%+v\n%s", r, text)
	}
	if want := "-test.bench=^BenchmarkPosts$ -test.benchtime=7x"; !bytes.Contains(text, []byte(want)) {
		t.Errorf("it was not run with %s:\n%s", want, text)
	}
	if !strings.Contains(log.String(), "BenchmarkPosts-2 7 12 ns/op") || !strings.Contains(log.String(), "posts failed: exit status 1") {
		t.Errorf("what is said meanwhile: %s", log.String())
	}
}

func TestFilesystemOfADirectory(t *testing.T) {
	const mounts = "/dev/vda / ext4 rw 0 0\nproc /proc proc rw 0 0\ntmpfs /tmp tmpfs rw 0 0\n/dev/vdb /tmp/disk xfs rw 0 0\n"
	for dir, want := range map[string]string{"/no-such/x": "ext4", "/tmp/no-such": "tmpfs", "/tmp/disk/no-such": "xfs", "/tmp/disks-no-such": "tmpfs"} {
		if got := filesystem(mounts, dir); got != want {
			t.Errorf("%s: %q, not %q", dir, got, want)
		}
	}
}
