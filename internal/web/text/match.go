package text

import (
	"strings"
	"sync"

	"golang.org/x/text/language"
)

// Match returns the catalogue of a request: that of the tag that was chosen,
// else the best for an Accept-Language header, else English.
func Match(chosen, accept string) *Catalogue {
	if chosen != "" {
		if c := For(chosen); c != nil {
			return c
		}
	}
	if accept == "" {
		return english
	}
	return asked.match(accept)
}

const (
	maxAccept = 200 // bytes of a header that are looked at; browsers send some dozens
	maxAsked  = 256 // headers remembered
)

// asked remembers what headers mean: reading one costs more than a page does
// otherwise, and most people send one of a few.
var asked matches

type matches struct {
	mu    sync.RWMutex
	known map[string]*Catalogue
}

func (m *matches) match(accept string) *Catalogue {
	m.mu.RLock()
	c := m.known[accept]
	m.mu.RUnlock()
	if c != nil {
		return c
	}
	if len(accept) > maxAccept {
		end := strings.LastIndexByte(accept[:maxAccept], ',')
		return best(accept[:max(end, 0)])
	}
	c = best(accept)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known == nil || len(m.known) >= maxAsked {
		m.known = make(map[string]*Catalogue)
	}
	m.known[strings.Clone(accept)] = c
	return c
}

var matcher = sync.OnceValue(func() language.Matcher {
	tags := make([]language.Tag, len(all))
	for i, c := range all {
		tags[i] = language.MustParse(c.Tag)
	}
	return language.NewMatcher(tags)
})

// best returns the catalogue for a header, which may be anything.
func best(accept string) *Catalogue {
	tags, _, err := language.ParseAcceptLanguage(accept)
	if err != nil {
		return english
	}
	_, i, _ := matcher().Match(tags...) // the first when none fits
	return all[i]
}
