// Package slack reads what programs send to Slack's incoming webhooks and says
// it in Markdown, as a message of a room.
//
// It owns the shapes (text, attachments, blocks, rich text), Slack's own marks
// and what becomes of them, and how much of a payload is read. Senders are
// many and careless: a field that is missing, null or of another type than
// Slack's documentation says is passed over, never an error.
//
// What a text looks like and what it does are apart: only what Slack itself
// would take for a call to people becomes one. An '@' that merely stands in a
// text, as in the title of an alert, calls nobody.
//
// It knows nothing of rooms, people, limits or transport. All functions may be
// called concurrently.
package slack
