// Package text is the catalogue: every word that the page says, by key.
//
// English is complete; another language is another file with the same keys.
package text

import (
	"encoding/json"
	"strings"
)

// T returns a text with its placeholders filled: pairs of name and value for
// {name}. A key that is not in the catalogue is returned as it is; a test
// sees to it that there is none.
func T(key string, pairs ...string) string {
	s, ok := english[key]
	if !ok {
		return key
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		s = strings.ReplaceAll(s, "{"+pairs[i]+"}", pairs[i+1])
	}
	return s
}

// Browser returns the texts that the browser's code uses, as JSON: those
// whose key begins with "js.".
func Browser() string {
	out := make(map[string]string)
	for k, v := range english {
		if name, ok := strings.CutPrefix(k, "js."); ok {
			out[name] = v
		}
	}
	b, err := json.Marshal(out)
	if err != nil {
		panic(err) // a map of strings
	}
	return string(b)
}

// Has reports whether the catalogue has a key.
func Has(key string) bool { _, ok := english[key]; return ok }
