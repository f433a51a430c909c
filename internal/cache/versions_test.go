package cache

import (
	"sync/atomic"
	"testing"
)

// What is made from an old value, because nothing has changed since it was
// read, must not pass for one of a later moment: the change that comes right
// then has to show.
func TestAChangeShowsInWhatIsRenewedBesideIt(t *testing.T) {
	var v Versions
	thing := Thing{Kind: "row", A: 1}
	var truth atomic.Int64
	type kept struct {
		value int64
		asOf  Stamp
	}
	var latest atomic.Pointer[kept]
	latest.Store(&kept{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for latest.Load().value < changes {
			asOf, old := v.Now(), latest.Load()
			if v.Unchanged(old.asOf, thing) {
				latest.Store(&kept{old.value, asOf}) // led on, without reading
			} else {
				latest.Store(&kept{truth.Load(), asOf})
			}
		}
	}()
	for n := range int64(changes) {
		truth.Store(n + 1)
		v.Changed(thing)
		// Whoever was told of the change looks: what passes for good has it.
		if k := latest.Load(); v.Unchanged(k.asOf, thing) && k.value < n+1 {
			t.Fatalf("change %d was told, and what is kept has %d", n+1, k.value)
		}
	}
	<-done
}

const changes = 5_000_000
