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
	find := func(pattern, form, prefix string, forms ...string) {
		if len(forms) == 0 {
			forms = []string{""}
		}
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
				for _, form := range forms {
					used[prefix+m[1]+form] = true
				}
			}
		}
	}
	find("../*.templ", `text\.T\(ctx, "([a-z._]+)"[,)]`, "")
	find("../*.templ", `text\.N\(ctx, "([a-z._]+)"`, "", ".one", ".other")
	find("../device.go", `text\.T\(ctx, "([a-z._]+)"[,)]`, "")
	find("../../server/*.go", `texts\.T\("([a-z._]+)"[,)]`, "")
	find("../*.go", `english\.T\("([a-z._]+)"[,)]`, "")
	find("../../server/*.go", `texts\(\)\.T\("([a-z._]+)"[,)]`, "")
	find("../src/*.ts", `[^a-z]t\("([a-z._]+)"`, "js.")
	find("text.go", `c\.T\("(list[a-z._]+)"`, "")
	for _, made := range []string{"involvement.invisible", "involvement.nothing", "involvement.mentions", "involvement.everything",
		"role.member", "role.administrator", "role.bot", "status.active", "status.deactivated", "status.banned"} {
		used[made] = true // from the name of a value
	}
	for key := range used {
		if _, ok := english.Texts[key]; !ok {
			t.Errorf("%q is used and not in the catalogue", key)
		}
	}
	for key := range english.Texts {
		if !used[key] {
			t.Errorf("%q is in the catalogue and not used", key)
		}
	}
	if got := english.N("room.members", 3); got != "3 people" {
		t.Error(got)
	}
	if strings.Contains(english.Browser(), "js.") {
		t.Error("the browser's keys keep their prefix")
	}
}
