// Package store keeps everything that must not be lost, and holds all SQL.
//
// It owns the schema and its migrations, the one writer and its group commit,
// the readers, the checkpoints, the search indexes and the lock of the data
// directory. It knows rows and transactions; it refuses to know who may do
// what (package chat), how anything is shown, and any transport.
//
// A [Store] may be used by many goroutines. A [Reader] or [Tx] belongs to the
// function it was handed to and dies with it.
package store
