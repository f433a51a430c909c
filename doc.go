// Package campfire is the vocabulary of Campfire, a self-hosted team chat:
// the people, rooms, messages and events that every other package speaks of,
// the kinds of error they answer with, and the JSON that leaves the process.
//
// It owns names and their meaning. It refuses to know storage, transport or
// markup, and imports the standard library alone, so that reading it explains
// the program before any of its parts is opened (ARCHITECTURE.md leads on
// from here).
//
// Values are plain data. A *Message, *Room or *User that has been published
// in a Change or returned by a store is shared and must not be modified; copy
// it first.
package campfire
