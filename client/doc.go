// Package client speaks to a Campfire: its JSON API and its live events. Bots,
// the project's tests and its load tool use it.
//
// A [Client] makes requests; a [Live] holds a WebSocket open, comes back when
// it is cut, and delivers each room's events exactly once and in order, by
// their numbers: what was missed is asked for, what was seen is passed over.
//
// A Client may be used by many goroutines. Posting is safe to repeat: every
// message carries an id of its own, made here when the caller gives none.
package client
