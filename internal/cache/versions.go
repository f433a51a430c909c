package cache

import (
	"hash/maphash"
	"sync"
	"sync/atomic"
)

// Thing names something that changes as one: a room's messages, a person.
type Thing struct {
	Kind string
	A, B int64
}

// stripes bounds the memory of Versions. Things that share a stripe change
// together: that costs a load too many, never a stale value.
const stripes = 4096

// Stamp is a moment of one Versions.
type Stamp uint64

// Versions knows when things last changed. The zero Versions is ready.
type Versions struct {
	mu      sync.Mutex // held by whoever makes the next moment
	now     atomic.Uint64
	changed [stripes]atomic.Uint64
}

var seed = maphash.MakeSeed()

// stripe is a place among those that things share.
type stripe uint16

func stripeOf(t Thing) stripe { return stripe(maphash.Comparable(seed, t) % stripes) }

// Now returns the present moment. It is taken before a load begins to read.
func (v *Versions) Now() Stamp { return Stamp(v.now.Load()) }

// Changed notes that things have changed. It is called after the change can be
// read by all, and before anyone is told of it: a load that took its stamp
// before this call is out of date when it returns.
// It returns the moment of the change.
//
// The things are marked before their moment is published: whoever takes a stamp
// finds them marked if the stamp is of that moment. The other way round, what is
// led on from an old value in between would pass for one of that moment.
func (v *Versions) Changed(things ...Thing) Stamp {
	v.mu.Lock()
	defer v.mu.Unlock()
	n := v.now.Load() + 1
	for _, t := range things {
		v.changed[stripeOf(t)].Store(n)
	}
	v.now.Store(n)
	return Stamp(n)
}

// Unchanged reports whether none of the things has changed since.
func (v *Versions) Unchanged(since Stamp, things ...Thing) bool {
	for _, t := range things {
		if v.changed[stripeOf(t)].Load() > uint64(since) {
			return false
		}
	}
	return true
}

// unchanged is Unchanged of things whose stripes were looked up before.
func (v *Versions) unchanged(since Stamp, places []stripe) bool {
	for _, s := range places {
		if v.changed[s].Load() > uint64(since) {
			return false
		}
	}
	return true
}
