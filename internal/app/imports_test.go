package app

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// Imports go one way (ARCHITECTURE.md). A package may import those named
// here, of ours; one that is not named may import nothing of ours.
var allowed = map[string][]string{
	"campfire":                       {},
	"campfire/client":                {},
	"campfire/deploy":                {},
	"campfire/deploy/gen":            {},
	"campfire/docs":                  {},
	"campfire/docs/gen":              {},
	"campfire/perf":                  {},
	"campfire/perf/goals":            {},
	"campfire/internal/auth":         {"campfire"},
	"campfire/internal/badnet":       {},
	"campfire/internal/blob":         {"campfire"},
	"campfire/internal/markup":       {"campfire"},
	"campfire/internal/config":       {"campfire", "campfire/internal/outbound", "campfire/internal/webpush"},
	"campfire/internal/outbound":     {},
	"campfire/internal/webpush":      {},
	"campfire/internal/cache":        {},
	"campfire/internal/intern":       {},
	"campfire/internal/sqlite":       {"campfire/internal/intern"},
	"campfire/internal/deflate":      {},
	"campfire/internal/piece":        {"campfire/internal/deflate"},
	"campfire/internal/store":        {"campfire", "campfire/internal/sqlite"},
	"campfire/internal/hub":          {"campfire", "campfire/internal/deflate"},
	"campfire/internal/jobs":         {"campfire", "campfire/internal/markup", "campfire/internal/outbound", "campfire/internal/store", "campfire/internal/unfurl", "campfire/internal/web/text", "campfire/internal/webpush"},
	"campfire/internal/unfurl":       {"campfire/internal/outbound"},
	"campfire/internal/history":      {},
	"campfire/internal/media":        {},
	"campfire/internal/memory":       {},
	"campfire/internal/metrics":      {},
	"campfire/internal/web/text":     {"campfire"},
	"campfire/internal/web":          {"campfire", "campfire/internal/markup", "campfire/internal/sounds", "campfire/internal/web/text"},
	"campfire/internal/web/build":    {},
	"campfire/internal/chat":         {"campfire", "campfire/internal/auth", "campfire/internal/blob", "campfire/internal/cache", "campfire/internal/markup", "campfire/internal/media", "campfire/internal/piece", "campfire/internal/sounds", "campfire/internal/store", "campfire/internal/webpush"},
	"campfire/internal/slack":        {},
	"campfire/internal/sounds":       {},
	"campfire/internal/sounds/synth": {},
	"campfire/internal/server":       {"campfire", "campfire/docs", "campfire/internal/auth", "campfire/internal/blob", "campfire/internal/chat", "campfire/internal/hub", "campfire/internal/piece", "campfire/internal/slack", "campfire/internal/store", "campfire/internal/web", "campfire/internal/web/text"},
	"campfire/internal/load":         {"campfire/client", "campfire/internal/load/fleet"},
	"campfire/internal/load/fleet":   {},
	"campfire/internal/doctor":       {"campfire", "campfire/internal/config", "campfire/internal/memory", "campfire/internal/store"},
	"campfire/internal/proof":        {},
	"campfire/internal/app":          {"campfire", "campfire/internal/auth", "campfire/internal/blob", "campfire/internal/chat", "campfire/internal/config", "campfire/internal/doctor", "campfire/internal/hub", "campfire/internal/jobs", "campfire/internal/media", "campfire/internal/memory", "campfire/internal/metrics", "campfire/internal/outbound", "campfire/internal/server", "campfire/internal/store", "campfire/internal/unfurl", "campfire/internal/web", "campfire/internal/webpush"},
	"campfire/internal/campfiretest": {"campfire/docs", "campfire/internal/app", "campfire/internal/auth", "campfire/internal/config"},
	"campfire/cmd/campfire":          {"campfire/internal/app", "campfire/internal/config", "campfire/internal/doctor", "campfire/internal/load"},

	"campfire/internal/webpush/webpushtest": {},
}

func TestImportsGoOneWay(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}}:{{join .Imports " "}}`, "campfire/...").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		pkg, imports, _ := strings.Cut(strings.TrimSpace(line), ":")
		may, known := allowed[pkg]
		if !known {
			t.Errorf("%s is not in the table of imports", pkg)
		}
		for _, imp := range strings.Fields(imports) {
			ours := imp == "campfire" || strings.HasPrefix(imp, "campfire/")
			if ours && !slices.Contains(may, imp) {
				t.Errorf("%s imports %s", pkg, imp)
			}
			if pkg == "campfire" && strings.Contains(imp, ".") {
				t.Errorf("the root imports %s", imp)
			}
		}
	}
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}}:{{.Doc}}`, "campfire/...").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		if pkg, doc, _ := strings.Cut(strings.TrimSpace(line), ":"); doc == "" {
			t.Errorf("%s has no package comment", pkg)
		}
	}
}
