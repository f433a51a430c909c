package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// renamed says which drawings are used under a name of ours; the others keep
// Lucide's.
var renamed = map[string]string{
	"settings":        "gear",
	"send-horizontal": "send",
	"trash-2":         "trash",
	"volume-2":        "volume",
}

// strokes are how every icon is drawn. They are said once per symbol and not in
// the style sheet, so that the sprite shows the same wherever it is used.
const strokes = `viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"`

// sprite joins the drawings in a directory, and the logo, into one file of
// symbols.
func sprite(directory string) ([]byte, error) {
	files, err := filepath.Glob(filepath.Join(directory, "*.svg"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("no drawings in %s", directory)
	}
	symbols := map[string]string{"flame": logoPaths()}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var drawing struct {
			Inner []byte `xml:",innerxml"`
		}
		if err := xml.Unmarshal(b, &drawing); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		name := strings.TrimSuffix(filepath.Base(file), ".svg")
		if ours, ok := renamed[name]; ok {
			name = ours
		}
		if _, ok := symbols[name]; ok {
			return nil, fmt.Errorf("two icons are called %q", name)
		}
		symbols[name] = strings.Join(strings.Fields(strings.ReplaceAll(string(drawing.Inner), " />", "/>")), " ")
	}
	names := make([]string, 0, len(symbols))
	for name := range symbols {
		names = append(names, name)
	}
	slices.Sort(names)
	var out bytes.Buffer
	out.WriteString(`<svg xmlns="http://www.w3.org/2000/svg"><!-- Lucide (https://lucide.dev), ISC License, Copyright (c) 2026 Lucide Icons and Contributors; parts MIT, Copyright (c) 2013-present Cole Bemis; "flame" is Campfire's own -->`)
	for _, name := range names {
		fmt.Fprintf(&out, "\n<symbol id=%q %s>%s</symbol>", name, strokes, strings.ReplaceAll(symbols[name], "> <", "><"))
	}
	out.WriteString("\n</svg>\n")
	return out.Bytes(), nil
}
