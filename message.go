package campfire

import "strings"

// Message is one message of a room, complete: author, rendering and boosts.
type Message struct {
	ID      MessageID
	Room    RoomID
	Seq     Seq // the number it was created under; never changes
	Version Seq // the number of the last change to its text or previews
	Creator Person

	Body  string // Markdown source
	HTML  string // its sanitised rendering
	Plain string // what is searched, quoted and notified

	// ClientID is the poster's own id, unique per room and author for ever:
	// the same one again answers with the first message.
	ClientID string

	ReplyTo   MessageID // zero: none
	CreatedAt Time
	EditedAt  Time // zero: never

	// RenderVersion is the version of the renderer that made HTML and Plain.
	RenderVersion int16

	// Meta is nil for the many messages without mentions, tags or links.
	Meta *MessageMeta
	// Quote is what ReplyTo points at, as it is now; nil without a reply.
	Quote  *Quote
	Boosts []Boost
}

// MessageMeta is what rendering found in a message's text, and what hangs on
// it. Its JSON is how it is stored.
type MessageMeta struct {
	Mentions []UserID `json:"mentions,omitempty"` // members named, in order of first mention
	Here     bool     `json:"here,omitempty"`     // <!here>
	Everyone bool     `json:"everyone,omitempty"` // <!everyone>
	Hashtags []string `json:"hashtags,omitempty"` // without '#', lower-cased, in order of first use
	URLs     []string `json:"urls,omitempty"`     // http and https, in order of first use
	Sound    string   `json:"sound,omitempty"`    // what the message plays

	Attachments []Attachment `json:"attachments,omitempty"` // in the order in which they were added
	// Previews is nil for messages whose links nothing was shown of. They come
	// after the text, by a change of their own.
	Previews *Previews `json:"previews,omitempty"`
}

// Previews is what a message shows of where its links lead.
type Previews struct {
	Shown   []Preview `json:"shown,omitempty"`   // of some of the message's URLs, in their order
	Removed bool      `json:"removed,omitempty"` // for good: none come any more
	// TextVersion is the message's Version as of its text, when previews have
	// changed it since; zero otherwise.
	TextVersion Seq `json:"text_version,omitempty"`
}

// ShownPreviews are the previews below a message; m may be nil.
func (m *MessageMeta) ShownPreviews() []Preview {
	if m == nil || m.Previews == nil {
		return nil
	}
	return m.Previews.Shown
}

// PreviewsRemoved reports whether a message is to have none; m may be nil.
func (m *MessageMeta) PreviewsRemoved() bool {
	return m != nil && m.Previews != nil && m.Previews.Removed
}

// Preview is what a link leads to, as the page says it: plain text.
type Preview struct {
	URL         string  `json:"url"` // as the text has it
	Title       string  `json:"title"`
	Description string  `json:"description,omitempty"`
	Site        string  `json:"site"`
	Image       ImageID `json:"image_id,omitempty"`
	Width       int     `json:"width,omitempty"` // of the image, in pixels
	Height      int     `json:"height,omitempty"`
}

// ImageID names a picture of a preview by its content: 32 hex digits; empty:
// there is none.
type ImageID string

// IsZero reports whether there is nothing to keep.
func (m *MessageMeta) IsZero() bool {
	return m == nil || len(m.Mentions) == 0 && !m.Here && !m.Everyone && len(m.Hashtags) == 0 && len(m.URLs) == 0 &&
		m.Sound == "" && len(m.Attachments) == 0 && m.Previews == nil
}

// Files returns what files hang on a message; nil for nil.
func (m *MessageMeta) Files() []Attachment {
	if m == nil {
		return nil
	}
	return m.Attachments
}

// Quote is the head of a message that another one replies to.
type Quote struct {
	ID      MessageID
	Creator Person
	Excerpt string // see [Excerpt]
	Deleted bool   // then Excerpt is empty
}

// excerptRunes is how much of a message a reply to it shows.
const excerptRunes = 140

// Excerpt is the head of a plain text on one line, as a Quote shows it.
func Excerpt(plain string) string {
	words := strings.Join(strings.Fields(plain), " ")
	n := 0
	for i := range words {
		if n++; n > excerptRunes {
			return strings.TrimSpace(words[:i]) + "…"
		}
	}
	return words
}

// Boost is a short text or an emoji that someone put on a message.
type Boost struct {
	ID        BoostID
	Booster   Person
	Content   string
	CreatedAt Time
}

// Draft is a message about to be posted.
type Draft struct {
	Body     string
	ClientID string // empty: the server makes one
	ReplyTo  MessageID
	// Uploads are files that were uploaded before, whole; with any, Body may
	// be empty.
	Uploads []AttachmentID
	// NoPreviews asks for none of where the text's links lead, for good.
	NoPreviews bool
}

// Posted is the answer to a draft.
type Posted struct {
	Message *Message
	// Duplicate is true when the same author had posted the same draft under
	// the same client id before: Message is that first one, as it is now.
	Duplicate bool
}
