package web

import (
	"html"
	"strconv"

	"campfire"
	"campfire/internal/markup"
	"campfire/internal/web/text"
)

// words are those that stand in messages. A message is the same for every
// viewer, so they are English; data-t names the text to put in their place,
// and data-t-label that of a label, where the page is in another language
// (src/base/text.ts, translate).
var words = struct{ bot, edited, options, deleted, unread, mentions, inReply, download, played string }{
	english.T("js.bot"), english.T("js.edited"), english.T("js.options"), english.T("js.deleted"), english.T("js.row.unread"), english.T("js.row.mentions"), english.T("js.inreply"), english.T("js.file.download"), english.T("js.sound.played"),
}

var english = text.For("en")

// AppendMessage appends a message as the page shows it, the same for every
// viewer. It is rendered for every live event and fifty times for a page, so
// it is written by hand.
func (w *Web) AppendMessage(b []byte, m *campfire.Message) []byte {
	room, id := strconv.FormatInt(int64(m.Room), 10), strconv.FormatInt(int64(m.ID), 10)
	creator := strconv.FormatInt(int64(m.Creator.ID), 10)
	b = append(b, `<article class="message`...)
	if len(m.Plain) < 64 && markup.EmojiOnly(m.Plain) {
		b = append(b, " emoji"...)
	}
	b = append(b, `" id="message-`...)
	b = append(b, id...)
	b = append(b, `" data-id="`...)
	b = append(b, id...)
	b = append(b, `" data-seq="`...)
	b = strconv.AppendInt(b, int64(m.Seq), 10)
	b = append(b, `" data-version="`...)
	b = strconv.AppendInt(b, int64(m.Version), 10)
	b = append(b, `" data-creator="`...)
	b = append(b, creator...)
	b = append(b, `" data-client="`...)
	b = appendEscaped(b, m.ClientID)
	b = append(b, `"><img class="avatar" src="`...)
	b = append(b, w.wire.AvatarURL(m.Creator)...)
	b = append(b, `" alt="" width="36" height="36" loading="lazy"><div class="content"><header><a class="author" href="`...)
	b = append(b, w.base...)
	b = append(b, "/users/"...)
	b = append(b, creator...)
	b = append(b, `"><bdi>`...)
	b = appendEscaped(b, m.Creator.Name)
	b = append(b, `</bdi></a> `...)
	if m.Creator.Role == campfire.Bot {
		b = append(b, `<span class="bot-badge" data-t="bot">`...)
		b = append(b, words.bot...)
		b = append(b, `</span> `...)
	}
	b = append(b, `<a class="time" href="`...)
	b = w.appendPermalink(b, room, id)
	b = append(b, `"><time datetime="`...)
	b, _ = m.CreatedAt.AppendText(b)
	b = append(b, `">`...)
	b = m.CreatedAt.Time().AppendFormat(b, "15:04")
	b = append(b, `</time></a>`...)
	if m.EditedAt != 0 {
		b = append(b, ` <span class="edited" data-t="edited">`...)
		b = append(b, words.edited...)
		b = append(b, `</span>`...)
	}
	b = append(b, `</header>`...)
	if m.Quote != nil {
		b = w.appendQuote(b, room, m.Quote)
	}
	b = append(b, `<div class="body">`...)
	if m.Meta != nil && m.Meta.Sound != "" {
		b = w.appendSound(b, m)
	} else {
		b = append(b, m.HTML...)
	}
	b = append(b, `</div>`...)
	if files := m.Meta.Files(); len(files) > 0 {
		b = w.appendFiles(b, files)
	}
	if shown := m.Meta.ShownPreviews(); len(shown) > 0 {
		b = w.appendPreviews(b, shown)
	}
	b = append(b, `<ul class="boosts">`...)
	for i := range m.Boosts {
		b = appendBoost(b, &m.Boosts[i])
	}
	b = append(b, `</ul></div><a class="options" href="`...)
	b = append(b, w.base...)
	b = append(b, "/rooms/"...)
	b = append(b, room...)
	b = append(b, "/messages/"...)
	b = append(b, id...)
	b = append(b, `/edit" data-t-label="options" aria-label="`...)
	b = append(b, words.options...)
	b = append(b, `">⋯</a></article>`...)
	return b
}

// appendSound appends what stands in place of the text of a message that plays
// a sound: a link to the sound, which scripts play in place.
func (w *Web) appendSound(b []byte, m *campfire.Message) []byte {
	name := m.Meta.Sound
	if w.names[soundAsset(name)] == "" { // one that this program does not have
		return append(b, m.HTML...)
	}
	b = append(b, `<p class="played"><span data-t="sound.played">`...)
	b = append(b, words.played...)
	b = append(b, `</span> <a class="button" data-sound="`...)
	b = append(b, name...)
	b = append(b, `" data-name="`...)
	b = append(b, name...)
	b = append(b, `" data-t-label="sound.play" aria-label="`...)
	b = appendEscaped(b, english.T("js.sound.play", "name", name))
	b = append(b, `" href="`...)
	b = append(b, w.Asset(soundAsset(name))...)
	b = append(b, `">`...)
	b = append(b, w.icon("volume")...)
	b = append(b, name...)
	return append(b, `</a></p>`...)
}

func (w *Web) appendPermalink(b []byte, room, id string) []byte {
	b = append(b, w.base...)
	b = append(b, "/rooms/"...)
	b = append(b, room...)
	b = append(b, "/@"...)
	return append(b, id...)
}

func (w *Web) appendQuote(b []byte, room string, q *campfire.Quote) []byte {
	id := strconv.FormatInt(int64(q.ID), 10)
	b = append(b, `<a class="quote" data-quote="`...)
	b = append(b, id...)
	b = append(b, `" href="`...)
	b = w.appendPermalink(b, room, id)
	if q.Deleted {
		b = append(b, `" data-t="deleted">`...)
		b = append(b, words.deleted...)
	} else {
		b = append(b, `"><span class="off-screen" data-t="inreply">`...)
		b = append(b, words.inReply...)
		b = append(b, `</span> <b><bdi>`...)
		b = appendEscaped(b, q.Creator.Name)
		b = append(b, `</bdi></b> <span dir="auto">`...)
		b = appendEscaped(b, q.Excerpt)
		b = append(b, `</span>`...)
	}
	return append(b, `</a>`...)
}

func appendBoost(b []byte, x *campfire.Boost) []byte {
	b = append(b, `<li class="boost" data-boost="`...)
	b = strconv.AppendInt(b, int64(x.ID), 10)
	b = append(b, `" data-booster="`...)
	b = strconv.AppendInt(b, int64(x.Booster.ID), 10)
	b = append(b, `" title="`...)
	b = appendEscaped(b, x.Booster.Name)
	b = append(b, `"><bdi>`...)
	b = appendEscaped(b, x.Content)
	return append(b, `</bdi></li>`...)
}

// appendEscaped appends s for use between tags or in quotes.
func appendEscaped(b []byte, s string) []byte {
	for i := range len(s) {
		switch s[i] {
		case '&', '<', '>', '"', '\'':
			return append(b, html.EscapeString(s)...)
		}
	}
	return append(b, s...)
}
