// Package load holds the insides of `campfire load`: filling a Campfire from a
// file of conversations through its public API, and finding all of it again.
//
// It owns the file's form, the state that lets a second run go on where the
// first one stopped, and the report. It refuses to know the server's insides:
// it is a client like any other.
package load
