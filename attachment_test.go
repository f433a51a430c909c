package campfire

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestFilenamesAreCleaned(t *testing.T) {
	for name, want := range map[string]string{
		"tea.txt": "tea.txt", "nul\x00l.txt": "null.txt", "nul.txt": "_nul.txt", "NUL": "_NUL", "com1": "_com1", "com10.txt": "com10.txt", "a\r\nb.txt": "ab.txt",
		"bad\xff.txt": "bad\ufffd.txt", ".profile": ".profile", "...": "file", "\u202e": "file", "\u2066\u2069.txt": ".txt", "a/b\\c": "c", "dir/": "file", "tab\there": "tabhere", "\ufeffbom": "bom",
		strings.Repeat("é", 300) + ".jpeg": strings.Repeat("é", 195) + ".jpeg", strings.Repeat("é", 300): strings.Repeat("é", 200), "x." + strings.Repeat("y", 300): "x." + strings.Repeat("y", 198),
	} {
		if got := CleanFilename(name, 200); got != want {
			t.Errorf("%q became %q, want %q", name, got, want)
		}
	}
}

func FuzzCleanFilename(f *testing.F) {
	f.Add("../../CON .txt", 12)
	f.Add("a\u202eb\x00.tar.gz", 0)
	f.Fuzz(func(t *testing.T, name string, runes int) {
		if runes < 20 || runes > 1000 {
			runes = 200
		}
		got := CleanFilename(name, runes)
		if got == "" || got == "." || got == ".." || !utf8.ValidString(got) || utf8.RuneCountInString(got) > runes+1 ||
			strings.ContainsAny(got, "/\\\x00\r\n") || strings.ContainsFunc(got, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }) {
			t.Errorf("%q became %q", name, got)
		}
		if again := CleanFilename(got, runes); CleanFilename(again, runes) != again {
			t.Errorf("%q became %q, then %q, then another", name, got, again)
		}
	})
}
