package cache

import (
	"context"
	"time"

	"github.com/maypok86/otter/v2"
	"github.com/prometheus/client_golang/prometheus"
)

// Options describe one cache.
type Options[K comparable, V any] struct {
	Name     string        // in the metrics
	MaxBytes int64         // of all values together, as Size tells; required
	TTL      time.Duration // how long a value is given out at most
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

	hits, misses, stale prometheus.Counter
}

// entry is the outcome of a load, when it was read, and from what.
type entry[V any] struct {
	value  V
	err    error
	asOf   Stamp
	until  time.Time
	things []Thing
}

// entryBytes is about what an entry costs beside its value.
const entryBytes = 256

// New returns an empty cache. It panics when options are missing.
func New[K comparable, V any](o Options[K, V]) *Cache[K, V] {
	c := &Cache[K, V]{versions: o.Versions, ttl: o.TTL}
	c.hits, c.misses, c.stale = o.Metrics.counters(o.Name)
	// Its own expiry would cost a goroutine that wakes every second.
	c.entries = otter.Must(&otter.Options[K, *entry[V]]{
		MaximumWeight: uint64(max(o.MaxBytes, 1)),
		Weigher: func(_ K, e *entry[V]) uint32 {
			if e.err != nil {
				return entryBytes
			}
			return uint32(min(int64(o.Size(e.value))+entryBytes, 1<<31))
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
	began := c.versions.Now()
	if e, ok := c.entries.GetIfPresent(key); ok {
		if c.good(e) {
			c.hits.Inc()
			return e.value, nil
		}
		c.stale.Inc()
		c.drop(key, e)
	} else {
		c.misses.Inc()
	}
	ctx = context.WithoutCancel(ctx)
	loader := otter.LoaderFunc[K, *entry[V]](func(ctx context.Context, _ K) (*entry[V], error) {
		e := &entry[V]{asOf: c.versions.Now(), until: time.Now().Add(c.ttl)}
		e.value, e.things, e.err = load(ctx)
		return e, nil
	})
	for {
		e, err := c.entries.Get(ctx, key, loader)
		if err != nil { // the loader never fails: a panic in load, passed on
			return *new(V), err
		}
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

// good reports whether an entry may be given to anyone.
func (c *Cache[K, V]) good(e *entry[V]) bool {
	return e.err == nil && len(e.things) > 0 && c.versions.Unchanged(e.asOf, e.things...) && time.Now().Before(e.until)
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
