package cache

import (
	"context"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"
	"github.com/prometheus/client_golang/prometheus"
)

// Options describe one cache.
type Options[K comparable, V any] struct {
	Name     string        // in the metrics
	MaxBytes int64         // of all values together, as Size tells; required
	TTL      time.Duration // how long a value is given out at most; some less, so that not all go at once
	// Size estimates the bytes that a value holds on to. What surrounds it
	// here is added.
	Size     func(V) int
	Versions *Versions
	Metrics  *Metrics
}

// Cache holds values by key.
type Cache[K comparable, V any] struct {
	versions *Versions
	ttl      time.Duration
	entries  *otter.Cache[K, *entry[V]]

	hits, misses, stale, refreshed prometheus.Counter
}

// entry is the outcome of a load, when it was read, and from what.
type entry[V any] struct {
	value  V
	err    error
	asOf   Stamp
	until  time.Time
	places []stripe    // of the things that it was read from
	asked  atomic.Bool // someone has got it
}

// entryBytes is about what an entry costs beside its value and the things
// that it was read from.
const entryBytes = 256

// New returns an empty cache. It panics when options are missing.
func New[K comparable, V any](o Options[K, V]) *Cache[K, V] {
	c := &Cache[K, V]{versions: o.Versions, ttl: o.TTL}
	c.hits, c.misses, c.stale, c.refreshed = o.Metrics.counters(o.Name)
	// Its own expiry would cost a goroutine that wakes every second.
	c.entries = otter.Must(&otter.Options[K, *entry[V]]{
		MaximumWeight: uint64(max(o.MaxBytes, 1)),
		Weigher: func(_ K, e *entry[V]) uint32 {
			if e.err != nil {
				return entryBytes
			}
			return uint32(min(int64(o.Size(e.value))+entryBytes+2*int64(len(e.places)), 1<<31))
		},
	})
	o.Metrics.watch(o.Name, func() float64 { return float64(c.entries.WeightedSize()) })
	return c
}

// Get returns the value of a key, loaded if need be. load returns the value
// and what it depends on; its context does not end with the caller's, so it
// must be bounded by itself. An error is returned and not kept; so is a value
// that depends on nothing.
func (c *Cache[K, V]) Get(ctx context.Context, key K, load func(ctx context.Context) (V, []Thing, error)) (V, error) {
	return c.Renew(ctx, key, func(ctx context.Context, _ V, _ Stamp) (V, []Thing, error) { return load(ctx) })
}

// Renew is Get for values that can be made from what they were before: load
// is given the value that has changed, and the moment from which on changes
// are not in it. Both are zero when there is none, or none that is young
// enough.
func (c *Cache[K, V]) Renew(ctx context.Context, key K, load func(ctx context.Context, old V, asOf Stamp) (V, []Thing, error)) (V, error) {
	began := c.versions.Now()
	var old V
	var oldAsOf Stamp
	var until time.Time
	if e, ok := c.entries.GetIfPresent(key); ok {
		if c.good(e) {
			c.hits.Inc()
			e.ask()
			return e.value, nil
		}
		c.stale.Inc()
		c.drop(key, e)
		if e.err == nil && time.Now().Before(e.until) {
			// What is made from an old value is no younger.
			old, oldAsOf, until = e.value, e.asOf, e.until
		}
	} else {
		c.misses.Inc()
	}
	if until.IsZero() {
		until = c.fromNow()
	}
	ctx = context.WithoutCancel(ctx)
	loader := c.loader(until, func(ctx context.Context) (V, []Thing, error) { return load(ctx, old, oldAsOf) })
	for {
		e, err := c.entries.Get(ctx, key, loader)
		if err != nil { // the loader never fails: a panic in load, passed on
			return *new(V), err
		}
		e.ask()
		if c.good(e) {
			return e.value, nil
		}
		c.drop(key, e)
		// What was read since this call began is an answer to it, if not to
		// later ones. Otherwise it was another's load, begun before; the next
		// can't be.
		if e.asOf >= began {
			return e.value, e.err
		}
	}
}

// Refresh loads a key's value anew when it has changed and someone has got it
// since it was loaded, so that who asks next need not wait. What nobody has
// asked for is left alone: each load is due to an earlier request, as each
// load of Get is due to the present one, so refreshing makes at most as many
// more as there are changes that nobody looks at. Its error is the load's,
// which is not kept.
func (c *Cache[K, V]) Refresh(ctx context.Context, key K, load func(ctx context.Context) (V, []Thing, error)) error {
	held, ok := c.entries.GetEntryQuietly(key)
	if !ok || !held.Value.asked.Load() || c.good(held.Value) {
		return nil
	}
	c.drop(key, held.Value)
	e, err := c.entries.Get(context.WithoutCancel(ctx), key, c.loader(c.fromNow(), load))
	if err != nil {
		return err
	}
	c.refreshed.Inc()
	if e.err != nil {
		c.drop(key, e)
	}
	return e.err
}

// fromNow is when what is loaded now expires.
func (c *Cache[K, V]) fromNow() time.Time { return time.Now().Add(c.ttl - rand.N(c.ttl/8+1)) }

// loader makes entries of what load reads.
func (c *Cache[K, V]) loader(until time.Time, load func(ctx context.Context) (V, []Thing, error)) otter.Loader[K, *entry[V]] {
	return otter.LoaderFunc[K, *entry[V]](func(ctx context.Context, _ K) (*entry[V], error) {
		e := &entry[V]{asOf: c.versions.Now(), until: until}
		var things []Thing
		e.value, things, e.err = load(ctx)
		e.places = placesOf(things)
		return e, nil
	})
}

// ask notes that someone got the value.
func (e *entry[V]) ask() {
	if !e.asked.Load() { // written once, so that readers share the line
		e.asked.Store(true)
	}
}

// placesOf looks things up once, for all who will ask whether they changed.
func placesOf(things []Thing) []stripe {
	places := make([]stripe, len(things))
	for i, t := range things {
		places[i] = stripeOf(t)
	}
	return places
}

// good reports whether an entry may be given to anyone.
func (c *Cache[K, V]) good(e *entry[V]) bool {
	return e.err == nil && len(e.places) > 0 && c.versions.unchanged(e.asOf, e.places) && time.Now().Before(e.until)
}

// drop removes an entry, if it is still the one.
func (c *Cache[K, V]) drop(key K, e *entry[V]) {
	c.entries.ComputeIfPresent(key, func(now *entry[V]) (*entry[V], otter.ComputeOp) {
		if now == e {
			return nil, otter.InvalidateOp
		}
		return now, otter.CancelOp
	})
}
