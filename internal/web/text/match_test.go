package text

import (
	"fmt"
	"strings"
	"testing"
)

func TestMatch(t *testing.T) {
	for _, c := range []struct{ chosen, accept, want string }{
		{"", "", "en"},
		{"", "de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7", "de"},
		{"", "en-GB,en;q=0.9,de;q=0.8", "en"},
		{"", "es-419,es;q=0.9", "es"},
		{"", "de-AT", "de"},
		{"", "fr-FR,fr;q=0.9,es;q=0.5,en;q=0.4", "es"},
		{"", "ja", "en"},
		{"", "en;q=0.2,de;q=0.8", "de"},
		{"", "*", "en"},
		{"", "no header; at=all,,;q=x", "en"},
		{"es", "de", "es"},
		{"en", "de", "en"},
		{"tlh", "de", "de"},
		{"../../de", "es", "es"},
		{"", "de," + strings.Repeat("fr-FR,", 500), "de"},
		{"", strings.Repeat("x", 5000), "en"},
	} {
		for range 2 { // read, then remembered
			if got := Match(c.chosen, c.accept); got.Tag != c.want {
				t.Errorf("Match(%q, %.40q) is %s, want %s", c.chosen, c.accept, got.Tag, c.want)
			}
		}
	}
}

// However many headers come, few are remembered, and each means what it did.
func TestFewHeadersAreRemembered(t *testing.T) {
	var m matches
	for i := range 4 * maxAsked {
		if got := m.match(fmt.Sprintf("de-DE,de;q=0.9,en;q=0.%d", i)); got != german {
			t.Fatal(got.Tag)
		}
		if len(m.known) > maxAsked {
			t.Fatalf("%d headers are remembered", len(m.known))
		}
	}
	m.match(strings.Repeat("de,", maxAccept))
	for header := range m.known {
		if len(header) > maxAccept {
			t.Errorf("a header of %d bytes is remembered", len(header))
		}
	}
}

func BenchmarkMatch(b *testing.B) {
	const header = "de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7"
	b.Run("remembered", func(b *testing.B) {
		for b.Loop() {
			Match("", header)
		}
	})
	b.Run("read", func(b *testing.B) {
		for b.Loop() {
			best(header)
		}
	})
}
