package sounds

import (
	"embed"
	"io/fs"
	"slices"
	"strings"
)

//go:embed wav/*.wav
var files embed.FS

// Files holds the sounds: name.wav for each name, WAV, mono, 22.05 kHz.
func Files() fs.FS {
	f, err := fs.Sub(files, "wav")
	if err != nil {
		panic(err) // the pattern above names the directory
	}
	return f
}

var names = func() (list []string) {
	entries, err := files.ReadDir("wav")
	if err != nil {
		panic(err)
	}
	for _, e := range entries {
		list = append(list, strings.TrimSuffix(e.Name(), ".wav"))
	}
	return list
}()

// Names returns the names of all sounds, in alphabetical order.
func Names() []string { return slices.Clone(names) }

// Asked returns the sound that a message's text asks for, which is nothing but
// "/play" and a name, letter case ignored. It reports false for any other text.
func Asked(body string) (name string, ok bool) {
	rest, ok := strings.CutPrefix(body, "/play ")
	if !ok {
		return "", false
	}
	name = strings.ToLower(strings.TrimSpace(rest))
	if _, ok := slices.BinarySearch(names, name); !ok {
		return "", false
	}
	return name, true
}
