package text

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every key that a template or the browser's code uses is in the catalogue,
// and every key of the catalogue is used.
func TestCatalogueIsComplete(t *testing.T) {
	used := map[string]bool{}
	find := func(pattern, form, prefix string) {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range regexp.MustCompile(form).FindAllStringSubmatch(string(b), -1) {
				used[prefix+m[1]] = true
			}
		}
	}
	find("../*.templ", `text\.T\("([a-z._]+)"[,)]`, "")
	find("../*.go", `text\.T\("([a-z._]+)"[,)]`, "")
	find("../src/*.ts", `[^a-z]t\("([a-z._]+)"`, "js.")
	for _, made := range []string{"involvement.invisible", "involvement.nothing", "involvement.mentions", "involvement.everything",
		"role.member", "role.administrator", "role.bot", "status.active", "status.deactivated", "status.banned"} {
		used[made] = true // from the name of a value
	}
	for key := range used {
		if !Has(key) {
			t.Errorf("%q is used and not in the catalogue", key)
		}
	}
	for key := range english {
		if !used[key] {
			t.Errorf("%q is in the catalogue and not used", key)
		}
	}
	if got := T("room.members", "n", "3"); got != "3 people" {
		t.Error(got)
	}
	if strings.Contains(Browser(), "js.") {
		t.Error("the browser's keys keep their prefix")
	}
}
