package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func guide(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("founding-guide.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestEveryFileThatTheGuideNamesIsThere(t *testing.T) {
	links := regexp.MustCompile(`\]\(([^)#]+)\)`).FindAllStringSubmatch(guide(t), -1)
	if len(links) < 50 {
		t.Fatalf("%d links: the document is not as this test expects it", len(links))
	}
	for _, m := range links {
		if strings.Contains(m[1], "://") {
			continue
		}
		if _, err := os.Stat(filepath.FromSlash(m[1])); err != nil {
			t.Errorf("docs/founding-guide.md links %s: %v", m[1], err)
		}
	}
}

func TestEveryFigureOfTheGuideIsFilledIn(t *testing.T) {
	for i, line := range strings.Split(guide(t), "\n") {
		if m := regexp.MustCompile(`FIG:[\w-]+`).FindString(line); m != "" {
			t.Errorf("docs/founding-guide.md:%d has no figure for %s", i+1, m)
		}
	}
}
