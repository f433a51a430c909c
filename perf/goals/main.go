// Command goals runs the benchmarks of the repository, holds what they print
// against goals 1 to 11, and writes down all of it:
//
//	go run ./perf/goals                     # everything
//	go run ./perf/goals -only 4,5 -rounds 1 # two goals, quickly
//	go run ./perf/goals -from perf          # the tables anew, from what was measured
//
// The benchmarks run in rotation, each once and then each again, in a process
// of their own for every round. What they printed is kept in perf/results,
// with the machine and the command that repeats it; perf/goals.txt is the
// table, perf/goals.json the same for programs. From goals.json come the
// tables between the markers of README.md and docs/benchmarks.md and the plots
// in docs/benchmarks, so that no figure is copied by hand.
//
// Measuring is not testing: a goal that is missed is printed as missed, and
// the exit code is 0. A benchmark that fails, is skipped, or does not print a
// figure that a goal or a plot needs is an error that names it: its lines say
// "not measured", and the exit code is 1.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "goals:", err)
		}
		stop()
		os.Exit(1)
	}
}

// options are what the command line says.
type options struct {
	only   []int // goals, or parts; empty: all
	rounds int
	from   string
	out    string
	data   string
}

func parseFlags(args []string, stderr io.Writer) (o options, err error) {
	flags := flag.NewFlagSet("goals", flag.ContinueOnError)
	flags.SetOutput(stderr)
	only := flags.String("only", "", "measure and print these `goals` alone, as 1,4,8; parts stands for what belongs to none")
	flags.IntVar(&o.rounds, "rounds", 3, "how often each benchmark runs, at most: the expensive ones run less often")
	flags.StringVar(&o.from, "from", "", "measure nothing, read results/ in this `directory`")
	flags.StringVar(&o.out, "o", "", "`directory` for results/, goals.txt and goals.json (default: perf, or that of -from); only with perf itself the pages and plots are written")
	flags.StringVar(&o.data, "data", os.Getenv("CAMPFIRE_PERF_DATA"), "`directory` for the database of a million messages, 2 GB of room; it is kept (default: $CAMPFIRE_PERF_DATA, else campfire-perf in the user's cache)")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("unexpected %q", flags.Arg(0))
	}
	if o.rounds < 1 {
		return o, errors.New("-rounds: at least 1")
	}
	if *only != "" {
		for text := range strings.SplitSeq(*only, ",") {
			if strings.TrimSpace(text) == "parts" {
				o.only = append(o.only, parts)
				continue
			}
			n, err := strconv.Atoi(strings.TrimSpace(text))
			if err != nil || !slices.ContainsFunc(goals, func(g goal) bool { return g.number == n }) {
				return o, fmt.Errorf("-only: no goal %q; there are 1 to 11, and parts", text)
			}
			o.only = append(o.only, n)
		}
	}
	return o, nil
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parseFlags(args, stderr)
	if err != nil {
		return err
	}
	root, err := findRoot()
	if err != nil {
		return err
	}
	perf := filepath.Join(root, "perf")
	if o.out == "" {
		o.out = perf
		if o.from != "" {
			o.out = o.from
		}
	}
	if o.out, err = filepath.Abs(o.out); err != nil {
		return err
	}
	source := o.out
	if o.from != "" {
		source = o.from
	} else {
		if o.data == "" {
			cache, err := os.UserCacheDir()
			if err != nil {
				return err
			}
			o.data = filepath.Join(cache, "campfire-perf")
		}
		m := measurement{root: root, out: filepath.Join(o.out, "results"), data: o.data, rounds: o.rounds, log: stderr}
		if err := m.run(ctx, chosen(o.only)); err != nil {
			return err
		}
	}
	read, err := readResults(filepath.Join(source, "results"))
	if err != nil {
		return err
	}
	r := judge(read)
	if err := r.write(o.out); err != nil {
		return err
	}
	if o.out == perf {
		if err := r.writePages(root); err != nil {
			return err
		}
	}
	fmt.Fprint(stdout, r.text(o.only))
	if gaps := r.gaps(o.only); len(gaps) > 0 {
		return fmt.Errorf("not everything was measured:\n  %s", strings.Join(gaps, "\n  "))
	}
	return nil
}

// findRoot returns the directory of the module that this runs in.
func findRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && strings.HasPrefix(string(text), "module campfire\n") {
			return dir, nil
		}
		if filepath.Dir(dir) == dir {
			return "", errors.New("run it inside the repository: no go.mod of campfire above the working directory")
		}
		dir = filepath.Dir(dir)
	}
}
