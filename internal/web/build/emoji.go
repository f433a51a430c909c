package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// emojiFile is what the browser gets of one language. src/parts/emoji.ts reads it.
type emojiFile struct {
	Groups []emojiGroup `json:"groups"`
}

type emojiGroup struct {
	Name string `json:"name"`
	// Emoji are [character, label, shortcodes, words to find it by], and 1
	// when it takes a skin tone. Shortcodes and words are separated by spaces;
	// words that the label or a shortcode begins with anyway are left out.
	Emoji [][]any `json:"emoji"`
}

// emojiOf makes the file of a language of what is in a directory.
func emojiOf(directory, language string) ([]byte, error) {
	common, err := table(filepath.Join(directory, "emoji.txt"))
	if err != nil {
		return nil, err
	}
	own, err := table(filepath.Join(directory, language+".txt"))
	if err != nil {
		return nil, err
	}
	var out emojiFile
	labels := make(map[string][]string, len(own))
	for _, row := range own {
		if row[0] == "#" {
			out.Groups = append(out.Groups, emojiGroup{Name: capital(row[1])})
			continue
		}
		labels[row[0]] = row
	}
	for _, row := range common {
		group, err := strconv.Atoi(row[1])
		if err != nil || group < 0 || group >= len(out.Groups) {
			return nil, fmt.Errorf("%s: group %q", row[0], row[1])
		}
		l := labels[row[0]]
		if len(l) != 3 {
			return nil, fmt.Errorf("%s has no label in %s", row[0], language)
		}
		label, codes := l[1], row[2]
		one := []any{row[0], label, codes, words(l[2], label+" "+strings.ReplaceAll(codes, "_", " "))}
		if len(row) > 3 {
			one = append(one, 1)
		}
		g := &out.Groups[group]
		g.Emoji = append(g.Emoji, one)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(out); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// shortcodesOf makes the file that markup finds emoji with: a line for each
// shortcode, sorted. A shortcode that two emoji have is the first one's.
func shortcodesOf(directory string) ([]byte, error) {
	common, err := table(filepath.Join(directory, "emoji.txt"))
	if err != nil {
		return nil, err
	}
	chars := make(map[string]string)
	for _, row := range common {
		for _, code := range strings.Fields(row[2]) {
			if _, taken := chars[code]; !taken {
				chars[code] = row[0]
			}
		}
	}
	var b bytes.Buffer
	for _, code := range slices.Sorted(maps.Keys(chars)) {
		fmt.Fprintf(&b, "%s %s\n", code, chars[code])
	}
	return b.Bytes(), nil
}

// capital begins a name as a heading does.
func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}

// words are those of tags that no word of known begins with.
func words(tags, known string) string {
	var out []string
	held := strings.Fields(strings.ToLower(known))
next:
	for _, word := range strings.Fields(strings.ReplaceAll(strings.ToLower(tags), "|", " ")) {
		for _, h := range held {
			if strings.HasPrefix(h, word) {
				continue next
			}
		}
		held = append(held, word)
		out = append(out, word)
	}
	return strings.Join(out, " ")
}

// table reads lines of fields that tabs separate.
func table(file string) ([][]string, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var out [][]string
	for line := range strings.Lines(string(b)) {
		out = append(out, strings.Split(strings.TrimSuffix(line, "\n"), "\t"))
	}
	return out, nil
}
