package web_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"campfire/internal/campfiretest"

	"github.com/chromedp/chromedp"
)

// Every icon that a template or the browser's code names is in the sprite.
func TestIconsAreInTheSprite(t *testing.T) {
	sprite, err := os.ReadFile("dist/icons.svg")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, pattern := range []string{"*.templ", "*.go", "src/*.ts", "src/*/*.ts"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range regexp.MustCompile(`\bicon\("([a-z-]+)"\)`).FindAllStringSubmatch(string(b), -1) {
				found++
				if !strings.Contains(string(sprite), `<symbol id="`+m[1]+`" `) {
					t.Errorf("%s: no icon %q", f, m[1])
				}
			}
		}
	}
	if found == 0 {
		t.Error("no icon is used")
	}
}

// The policy of the pages lets the sprite be used from another file.
func TestIconsAreShown(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	b := open(390, 844)
	b.run(chromedp.Navigate(srv.URL), chromedp.WaitVisible(`.mark .icon`))
	b.eventually(`document.querySelector(".mark .icon use").getBBox().height > 15`)
	b.picture("icons")
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range b.problems {
		t.Errorf("the browser complains: %s", p)
	}
}
