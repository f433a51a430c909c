// Package cache keeps what was read from the database, in memory, bounded in
// bytes, and never answers with what a committed change has made untrue.
//
// It owns two things. [Versions] knows when each thing last changed: who
// commits a change tells it after the commit and before the answer. A [Cache]
// holds values together with the things that they were read from; a value is
// given out only while none of them has changed since before it was read, so
// that a load that overlaps a change is never kept beyond it. Loads of one
// key are collapsed into one, and who came first may go away without failing
// those who wait with him.
//
// It refuses to know what is cached, and who may see it: callers authorise
// before they ask. All of it may be called concurrently.
package cache
