package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// conditionNames are the lines that stand over results, in this order.
var conditionNames = []string{"date", "commit", "machine", "memory", "kernel", "go", "filesystem", "descriptors", "load"}

// machine describes where and when results are measured, in lines "key: value".
// What the system does not tell is left out.
func machine(ctx context.Context, root, data string) string {
	var b strings.Builder
	line := func(key, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%s: %s\n", key, value)
		}
	}
	line("date", time.Now().UTC().Format("2006-01-02"))
	line("commit", commit(ctx, root))
	model := after("/proc/cpuinfo", "model name")
	line("machine", strings.TrimSpace(fmt.Sprintf("%d cores, %s %s", runtime.NumCPU(), runtime.GOARCH, model)))
	line("memory", after("/proc/meminfo", "MemTotal"))
	line("kernel", strings.TrimSpace(runtime.GOOS+" "+file("/proc/sys/kernel/osrelease")))
	line("go", runtime.Version())
	line("filesystem", filesystems(os.TempDir(), data))
	line("descriptors", descriptors())
	// Others that compute at the same time: the figure of the last minute.
	load, _, _ := strings.Cut(file("/proc/loadavg"), " ")
	line("load", load)
	return b.String()
}

// commit names what is measured, and says when the program differs from it.
func commit(ctx context.Context, root string) string {
	git := func(args ...string) (string, error) {
		cmd := exec.CommandContext(ctx, "git", args...)
		cmd.Dir = root
		out, err := cmd.Output()
		return strings.TrimSpace(string(out)), err
	}
	id, err := git("rev-parse", "--short", "HEAD")
	if err != nil {
		return "" // an archive, perhaps
	}
	// Results and pages of an earlier run don't count.
	if changed, err := git("status", "--porcelain", "--", "*.go", "go.mod", "go.sum", "internal"); err != nil || changed != "" {
		id += " with changes"
	}
	return id
}

func file(name string) string {
	text, _ := os.ReadFile(name) // not every system has it
	return strings.TrimSpace(string(text))
}

// after returns what follows a key and a colon in a file.
func after(name, key string) string {
	for line := range strings.Lines(file(name)) {
		if k, v, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(k) == key {
			return strings.Join(strings.Fields(v), " ")
		}
	}
	return ""
}

// filesystems says what kinds of filesystem directories are on.
func filesystems(dirs ...string) string {
	kinds := make(map[string]bool)
	var list []string
	for _, dir := range dirs {
		if kind := filesystem(file("/proc/mounts"), dir); kind != "" && !kinds[kind] {
			kinds[kind] = true
			list = append(list, kind)
		}
	}
	return strings.Join(list, " and ")
}

// filesystem finds a directory in a table of mounts: the last of the longest
// names that hold it.
func filesystem(mounts, dir string) (kind string) {
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	longest := -1
	for line := range strings.Lines(mounts) {
		f := strings.Fields(line)
		if len(f) < 3 {
			continue
		}
		within := f[1] == "/" || dir == f[1] || strings.HasPrefix(dir, f[1]+"/")
		if within && len(f[1]) >= longest {
			longest, kind = len(f[1]), f[2]
		}
	}
	return kind
}

func descriptors() string {
	for line := range strings.Lines(file("/proc/self/limits")) {
		if rest, ok := strings.CutPrefix(line, "Max open files"); ok {
			// What every Go program has, which raises it to the hard limit.
			return strings.Fields(rest)[1]
		}
	}
	return ""
}
