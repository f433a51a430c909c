// Package client speaks to a Campfire: its JSON API and its live events. Bots,
// the project's tests and its load tool use it.
//
// A [Client] makes requests as one person. A [Live] holds a WebSocket open,
// comes back when it is cut, and delivers each room's events exactly once and
// in order of their numbers: what was missed is fetched, what was seen is
// passed over.
//
// It owns the client's half of the wire contract: the shapes of the JSON, the
// meaning of an error, when to try again, and how to have every event of a
// room exactly once over a connection that breaks. It refuses to know the
// server's insides, and imports none of its packages: its types are written
// from the contract, so that a test which decodes a server's answers with them
// proves something.
//
// # Trying again
//
// [Passing] tells failures that pass (the server is away, overloaded or limits
// the rate) from those that don't, and [Retry] repeats what is safe to repeat.
// Posting is: every message carries an id of its own, and the server answers
// the second try with the first message. [Client.PostSurely] and [Live.Post]
// rely on it.
//
// # Concurrency
//
// A Client and a Live may be used by many goroutines. The functions in
// [LiveOptions] are called one at a time, on a goroutine of the Live's own.
package client
