// Package chat holds what people can do and who may do it: setting up,
// signing in, making rooms, posting, reading, searching.
//
// It owns every permission, every rule a value must keep, the limits that
// belong to a person rather than to a connection, and the work that keeps the
// data tidy. It is the same for pages, the JSON API, sockets and bots, and
// refuses to know any of them; rows and SQL are package store's.
//
// Rules that depend on stored state are checked inside the transaction that
// acts on them, so nothing can change in between. Committed changes reach the
// [Publisher] in commit order, before the call that made them returns.
//
// A [Service] may be used by many goroutines.
package chat
