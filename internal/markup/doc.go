// Package markup turns a message's source into what is shown, searched and
// told of it: sanitised HTML, plain text, mentions, hashtags, links; and cuts
// snippets out of plain text.
//
// It owns the chat's subset of Markdown, the shortcodes of emoji, actions
// (/me), the highlighting of code, and the
// policy of what HTML may leave the server. It refuses to know rooms, storage
// and transport; whom a name means it asks of [Names].
//
// All functions may be called concurrently.
package markup
