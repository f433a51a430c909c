package web_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// layers are the folders of src, the lowest first.
var layers = []string{"base", "parts", "device", "live", "timeline", "composer", "room", "frame", "pages"}

// Imports of the browser's code go one way: from a folder to those before it, of
// types as of all else. Only what begins a program lies in none.
func TestTheBrowsersImportsGoOneWay(t *testing.T) {
	entries, err := os.ReadDir("src")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, e := range entries {
		if e.IsDir() && e.Name() != "styles" {
			found = append(found, e.Name())
		}
	}
	if want := slices.Sorted(slices.Values(layers)); !slices.Equal(found, want) {
		t.Errorf("the folders are %v, want %v", found, want)
	}
	files, err := filepath.Glob("src/*/*.ts")
	if err != nil {
		t.Fatal(err)
	}
	from := regexp.MustCompile(`(?m)(?:from|import\() ?"([^"]+)"`)
	imports := 0
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		here := slices.Index(layers, filepath.Base(filepath.Dir(file)))
		for _, m := range from.FindAllStringSubmatch(string(b), -1) {
			imports++
			if strings.HasPrefix(m[1], "./") && strings.Count(m[1], "/") == 1 {
				continue
			}
			there := slices.Index(layers, filepath.Dir(strings.TrimPrefix(m[1], "../")))
			if !strings.HasPrefix(m[1], "../") || there < 0 || there >= here {
				t.Errorf("%s imports %s", file, m[1])
			}
		}
	}
	if imports < 100 {
		t.Errorf("%d imports were found", imports)
	}
	roots, err := filepath.Glob("src/*.ts")
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"src/app.ts", "src/offline.ts", "src/worker.ts"}; !slices.Equal(roots, want) {
		t.Errorf("%v lie in no folder, want %v", roots, want)
	}
}
