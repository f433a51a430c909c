// Package hub holds the live connections: WebSockets from the upgrade to
// their end, and the way of every event from the commit to each of them.
//
// It owns framing (RFC 6455), subscriptions and their replay, batching,
// fan-out, backpressure, presence and typing. It refuses to know SQL, routes,
// cookies and HTML: what it needs to know it asks of its [Backend].
//
// # The way of an event
//
// [Hub.Publish] takes committed changes in order into a bounded queue. The
// dispatcher, one goroutine, forms batches per room and hands them to the
// shards, as many as there are cores. Each shard owns a part of the
// connections: it puts the shared, encoded frame before every subscriber and
// writes all that a connection has pending in one call that never waits. A
// connection whose socket takes no more gets a goroutine of its own until it
// has caught up, and is closed with 4008 when its queue is full: nothing that
// serves one connection can delay another. What comes while the shards still
// write is one frame then.
//
// A connection is read by a goroutine while there is something to read; the
// poller watches the others.
//
// A [Hub] may be used by many goroutines.
package hub
