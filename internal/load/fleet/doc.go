// Package fleet holds thousands of a Campfire's WebSockets in one process,
// cheaply enough to stand beside the server that it measures.
//
// It owns their handshakes, their framing, the reading of what comes (a scanner
// of its own, which walks the JSON without building it), the pings of the
// contract, coming back after a cut, and the check that every socket sees the
// numbers of its room one after the other. It refuses to know what was posted
// and when: a [Handler] is told of each event.
//
// # Cost
//
// On Linux a few readers share one descriptor of epoll each, and a socket that
// waits holds neither buffer nor goroutine; elsewhere, and for https, each has
// a goroutine. A room's sockets all get the same bytes. A reader therefore
// compares a frame with the ones it has seen last, and scans it only when it
// is another: comparing whole frames loses nothing, and costs a tenth.
//
// # Concurrency
//
// A Fleet may be used by many goroutines. The handler's functions are called
// by the readers, several at a time; each says which reader calls.
package fleet
