// Package sqlite is a connection to SQLite and the statements prepared on it,
// without database/sql between: the pure Go engine of modernc.org/sqlite is
// called directly, which halves what a small statement costs
// (docs/decisions/0008-sqlite-is-called-directly.md).
//
// It owns the memory that crosses into the engine, and how Go values become
// SQLite's and back. It refuses to know schemas, transactions and pools, and
// who waits for whom.
//
// A [Conn] and its statements belong to one goroutine at a time;
// [Conn.Interrupt] alone may be called from any, until Close.
package sqlite
