// Package intern keeps one copy of strings that come again and again: names
// of people and rooms, kinds of browsers. Free text is never given to it.
//
// It owns a [Table]. It refuses to know where strings come from. A Table may
// be used by many goroutines at once.
package intern

import (
	"hash/maphash"
	"sync/atomic"
)

const (
	sets = 512
	ways = 8
	// longest is the length in bytes up to which strings are kept; longer ones
	// are copied as if there were no table.
	longest = 512
)

// Table keeps up to 4096 strings of at most 512 bytes: 2 MiB at the very most.
// A string has eight places where it may be. Each time that it is asked for it
// moves one place to the front; a new one, where all are taken, replaces the
// last. So what is used stays, and what is not gives way.
//
// The standard library's unique holds its strings weakly and wants its handle
// kept beside each, where a plain string is wanted everywhere here; and it can
// be asked with a string alone, which would have to be made first.
//
// The zero value is ready for use.
type Table struct {
	places       [sets][ways]atomic.Pointer[string]
	hits, misses atomic.Int64
}

var seed = maphash.MakeSeed()

// String returns text as a string: the one that it returned before for the
// same text, where that is still kept. text is not retained.
//
// Of two who change the same places at once one may undo what the other did:
// a string that is lost so is kept again when it comes again.
func (t *Table) String(text []byte) string {
	if len(text) == 0 {
		return ""
	}
	if len(text) > longest {
		return string(text)
	}
	set := &t.places[maphash.Bytes(seed, text)%sets]
	free := ways - 1
	for i := range set {
		s := set[i].Load()
		if s == nil {
			free = i
			break
		}
		if *s == string(text) { // this conversion does not allocate
			t.hits.Add(1)
			if i > 0 {
				set[i].Store(set[i-1].Swap(s))
			}
			return *s
		}
	}
	t.misses.Add(1)
	s := string(text)
	set[free].Store(&s)
	return s
}

// Requests returns how many strings were asked for: those that were kept, and
// those that had to be copied.
func (t *Table) Requests() (hits, misses int64) { return t.hits.Load(), t.misses.Load() }
