package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// measurement runs benchmarks and keeps what they print.
type measurement struct {
	root   string
	out    string // directory of the results
	data   string // of the database of a million messages
	rounds int
	log    io.Writer

	programs map[string]string // compiled tests, by package
	campfire string
	took     map[string]time.Duration // the last round of each, by name
}

// step is one benchmark in one round.
type step struct {
	benchmark
	round int
}

// rotation puts every benchmark's first round before any second one, so that
// whatever the machine does meanwhile falls on all of them.
func rotation(list []benchmark, rounds int) (steps []step) {
	for round := 1; round <= rounds; round++ {
		for _, s := range list {
			if s.rounds == 0 || round <= s.rounds {
				steps = append(steps, step{s, round})
			}
		}
	}
	return steps
}

// command is what repeats one round of a benchmark by hand.
func (s benchmark) command() string {
	return fmt.Sprintf("go test -run '^$' -bench '%s' -benchtime %s -benchmem %s", s.bench, s.benchtime, s.pkg)
}

// run measures the list. A benchmark that fails leaves its failure in its
// results and does not keep the others from running; an error is what stops
// all of them.
func (m *measurement) run(ctx context.Context, list []benchmark) error {
	for _, dir := range []string{m.out, m.data} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	head := machine(ctx, m.root, m.data)
	fmt.Fprint(m.log, head)
	scratch, err := os.MkdirTemp("", "campfire-goals")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	if err := m.compile(ctx, scratch, list); err != nil {
		return err
	}
	for _, s := range list {
		text := fmt.Sprintf("%scommand: %s\n", head, s.command())
		if err := os.WriteFile(m.file(s), []byte(text), 0o644); err != nil {
			return err
		}
	}
	// The first of them would seem to hang.
	if _, err := os.Stat(filepath.Join(m.data, "million.json")); err != nil && slices.ContainsFunc(list, func(s benchmark) bool { return strings.Contains(s.bench, "Million") }) {
		fmt.Fprintf(m.log, "the first benchmark that needs it makes the database of a million messages in %s: some minutes more\n", m.data)
	}
	m.took = make(map[string]time.Duration)
	steps, began := rotation(list, m.rounds), time.Now()
	for i, s := range steps {
		fmt.Fprintf(m.log, "[%d/%d] %s, round %d: about %v; %v gone, about %.0f min to go\n",
			i+1, len(steps), s.name, s.round, m.expect(s.benchmark), time.Since(began).Round(time.Second), m.remaining(steps[i:]).Minutes())
		at := time.Now()
		if err := m.step(ctx, s); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return fmt.Errorf("stopped in %s, round %d: its results are not whole", s.name, s.round)
		}
		m.took[s.name] = time.Since(at)
	}
	fmt.Fprintf(m.log, "%d steps in %v\n", len(steps), time.Since(began).Round(time.Second))
	return nil
}

func (m *measurement) file(s benchmark) string { return filepath.Join(m.out, s.name+".txt") }

// expect is how long one round takes: as long as the last, where there was one.
func (m *measurement) expect(s benchmark) time.Duration {
	if d, ok := m.took[s.name]; ok {
		return d.Round(time.Second)
	}
	return s.about
}

func (m *measurement) remaining(steps []step) (sum time.Duration) {
	for _, s := range steps {
		sum += m.expect(s.benchmark)
	}
	return sum
}

// compile builds the program and the tests once: linking them anew for each
// round would take as long as some of what is measured.
func (m *measurement) compile(ctx context.Context, dir string, list []benchmark) error {
	m.campfire = filepath.Join(dir, "campfire")
	if err := m.build(ctx, "build", "-o", m.campfire, "./cmd/campfire"); err != nil {
		return err
	}
	m.programs = make(map[string]string)
	for _, s := range list {
		if m.programs[s.pkg] != "" {
			continue
		}
		path := filepath.Join(dir, fmt.Sprint(len(m.programs), ".test"))
		if err := m.build(ctx, "test", "-c", "-o", path, s.pkg); err != nil {
			return err
		}
		m.programs[s.pkg] = path
	}
	return nil
}

func (m *measurement) build(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = m.root
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%v: %w: %s", cmd, err, out)
	}
	return nil
}

// step runs one benchmark once and appends what it prints to its results.
func (m *measurement) step(ctx context.Context, s step) (err error) {
	f, err := os.OpenFile(m.file(s.benchmark), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	fmt.Fprintf(f, "\nround: %d\n", s.round)
	out, in := io.Pipe()
	shown := make(chan error, 1)
	go func() { shown <- m.show(out, f) }()
	cmd := exec.CommandContext(ctx, m.programs[s.pkg], "-test.run=^$", "-test.bench="+s.bench, "-test.benchtime="+s.benchtime, "-test.benchmem", "-test.timeout=60m")
	cmd.Dir = filepath.Join(m.root, s.pkg) // where go test runs it
	cmd.Env = append(os.Environ(), "CAMPFIRE_PERF_BINARY="+m.campfire, "CAMPFIRE_PERF_DATA="+m.data)
	cmd.Stdout, cmd.Stderr = in, in
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	failed := cmd.Run()
	in.Close()
	if err := <-shown; err != nil {
		return err
	}
	if failed != nil {
		fmt.Fprintf(f, "failed: %v\n", failed)
		fmt.Fprintf(m.log, "    %s failed: %v; what it printed is in %s\n", s.name, failed, f.Name())
	}
	return nil
}

// show copies the output of a benchmark and says which of them are done.
func (m *measurement) show(out io.Reader, to io.Writer) error {
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadString('\n')
		if _, failed := io.WriteString(to, line); failed != nil {
			// Nobody else reads: the benchmark would wait for ever.
			_, _ = io.Copy(io.Discard, lines)
			return failed
		}
		if name, _, ok := strings.Cut(line, " "); ok && strings.HasPrefix(name, "Benchmark") || strings.HasPrefix(line, "--- ") {
			fmt.Fprintln(m.log, "   ", strings.Join(strings.Fields(line), " "))
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
