// Package memory knows how much memory the process may use, tells the
// collector, and keeps the most that it has used.
//
// It owns the container's limit ([System]), the runtime's ([Limit]) and the
// figures about both ([Usage]). It refuses to know what the memory is used
// for. All of it may be used by many goroutines; Usage.Run is the one
// goroutine that it needs.
package memory
