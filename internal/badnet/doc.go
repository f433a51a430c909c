// Package badnet is a bad network for tests: what passes through it is sliced,
// delayed and reset in the middle of whatever it was.
//
// It owns the way between a client and a server, and refuses to know what they
// say. A [Network] may be used concurrently.
package badnet
