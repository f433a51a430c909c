package intern

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"unsafe"
)

// same reports whether two strings are one.
func same(a, b string) bool { return unsafe.StringData(a) == unsafe.StringData(b) }

func TestEqualStringsAreOne(t *testing.T) {
	var x Table
	text := []byte("Ada")
	a := x.String(text)
	b := x.String([]byte("Ada"))
	if a != "Ada" || !same(a, b) {
		t.Errorf("%q and %q are two", a, b)
	}
	copy(text, "Bob")
	if a != "Ada" || x.String([]byte("Ada")) != "Ada" {
		t.Error("what was given is retained, not copied")
	}
	if hits, misses := x.Requests(); hits != 2 || misses != 1 {
		t.Errorf("%d hits, %d misses", hits, misses)
	}
	if x.String(nil) != "" {
		t.Error("nothing is something")
	}
}

func TestAStringThatIsKnownIsNotCopied(t *testing.T) {
	var x Table
	text := []byte("a name that is longer than the 32 bytes of a temporary")
	x.String(text)
	if n := testing.AllocsPerRun(100, func() { x.String(text) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestTheTableIsBounded(t *testing.T) {
	var x Table
	long := []byte(strings.Repeat("x", longest+1))
	if a, b := x.String(long), x.String(long); a != string(long) || same(a, b) {
		t.Error("a long text is kept")
	}
	for i := range 20 * sets * ways {
		x.String(fmt.Append(nil, i))
	}
	kept := 0
	for i := range x.places {
		for j := range x.places[i] {
			if x.places[i][j].Load() != nil {
				kept++
			}
		}
	}
	if kept > sets*ways || kept < sets*ways/2 {
		t.Errorf("%d strings are kept of %d", kept, 20*sets*ways)
	}
}

// What was asked for often stays when others pass through, who came before it
// and after.
func TestWhatIsUsedStays(t *testing.T) {
	var x Table
	pass := func(from int) {
		for i := range 20 * sets * ways {
			x.String(fmt.Append(nil, from+i))
		}
	}
	pass(0)
	var first string
	for range ways {
		first = x.String([]byte("kitchen"))
	}
	pass(1_000_000)
	if !same(first, x.String([]byte("kitchen"))) {
		t.Error("it was replaced by what is asked for once")
	}
}

func TestATeamHasItsPlaces(t *testing.T) {
	var x Table
	const names = 1000
	for range 2 {
		for i := range names {
			x.String(fmt.Appendf(nil, "Somebody %d", i))
		}
	}
	_, before := x.Requests()
	for i := range names {
		x.String(fmt.Appendf(nil, "Somebody %d", i))
	}
	// Nine with the same eight places push each other out: there are few such.
	if _, after := x.Requests(); after-before > names/20 {
		t.Errorf("%d of %d names are copied each time", after-before, names)
	}
}

func TestManyAskAtOnce(t *testing.T) {
	var x Table
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for i := range 20_000 {
				want := fmt.Sprint(i % 5000)
				if got := x.String([]byte(want)); got != want {
					t.Errorf("%q for %q", got, want)
					return
				}
			}
		})
	}
	all.Wait()
}

func BenchmarkString(b *testing.B) {
	var x Table
	text := []byte("Somebody Somename 123")
	b.ReportAllocs()
	for b.Loop() {
		x.String(text)
	}
}
