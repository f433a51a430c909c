package campfire

import (
	"slices"
	"strconv"
	"unicode/utf8"
)

// Wire writes the JSON that leaves the process, for HTTP answers and socket
// frames alike, by appending to a buffer: a message is encoded on every post
// and every page, so this is hot and hand-written; its shape is api.md's and
// OpenAPI's, held by tests that decode it again.
type Wire struct {
	// Base is the path that the installation lives under: empty, or "/chat"
	// without a final slash.
	Base string
}

// AvatarURL returns the address of a person's picture.
func (w Wire) AvatarURL(p Person) string {
	return w.Base + "/users/" + strconv.FormatInt(int64(p.ID), 10) + "/avatar?v=" + strconv.Itoa(int(p.Avatar))
}

func (w Wire) appendAvatarURL(b []byte, p Person) []byte {
	b = append(b, `,"avatar_url":`...)
	b = append(b, '"')
	b = append(b, w.Base...)
	b = append(b, "/users/"...)
	b = strconv.AppendInt(b, int64(p.ID), 10)
	b = append(b, "/avatar?v="...)
	b = strconv.AppendInt(b, int64(p.Avatar), 10)
	return append(b, '"')
}

// AppendPerson appends {id, name, avatar_url}.
func (w Wire) AppendPerson(b []byte, p Person) []byte {
	b = append(b, `{"id":`...)
	b = strconv.AppendInt(b, int64(p.ID), 10)
	b = append(b, `,"name":`...)
	b = AppendJSONString(b, p.Name)
	b = w.appendAvatarURL(b, p)
	return append(b, '}')
}

// AppendUser appends a user; the address only when the viewer may see it.
func (w Wire) AppendUser(b []byte, u *User, withEmail bool) []byte {
	b = append(b, `{"id":`...)
	b = strconv.AppendInt(b, int64(u.ID), 10)
	b = append(b, `,"name":`...)
	b = AppendJSONString(b, u.Name)
	b = append(b, `,"role":"`...)
	b = append(b, u.Role.String()...)
	b = append(b, `","status":"`...)
	b = append(b, u.Status.String()...)
	b = append(b, `","bio":`...)
	b = AppendJSONString(b, u.Bio)
	b = w.appendAvatarURL(b, u.Person)
	if withEmail && u.Email != "" {
		b = append(b, `,"email":`...)
		b = AppendJSONString(b, u.Email)
	}
	b = appendTime(b, `,"created_at":`, u.CreatedAt)
	return append(b, '}')
}

// AppendRoom appends a room without any viewer's own fields.
func (w Wire) AppendRoom(b []byte, r *Room) []byte {
	return append(appendRoomHead(b, r), '}')
}

func appendRoomHead(b []byte, r *Room) []byte {
	b = append(b, `{"id":`...)
	b = strconv.AppendInt(b, int64(r.ID), 10)
	b = append(b, `,"name":`...)
	if r.Kind == Direct {
		b = append(b, "null"...)
	} else {
		b = AppendJSONString(b, r.Name)
	}
	b = append(b, `,"kind":"`...)
	b = append(b, r.Kind.String()...)
	b = append(b, `","creator_id":`...)
	b = strconv.AppendInt(b, int64(r.Creator), 10)
	b = append(b, `,"member_count":`...)
	b = strconv.AppendInt(b, int64(r.MemberCount), 10)
	b = append(b, `,"seq":`...)
	b = strconv.AppendInt(b, int64(r.Seq), 10)
	b = appendTime(b, `,"last_message_at":`, r.LastMessageAt)
	return appendTime(b, `,"created_at":`, r.CreatedAt)
}

// AppendRoomView appends a room with the viewer's own fields.
func (w Wire) AppendRoomView(b []byte, r *RoomView) []byte {
	b = appendRoomHead(b, &r.Room)
	if r.Member {
		b = append(b, `,"involvement":"`...)
		b = append(b, r.Involvement.String()...)
		b = append(b, `","read_seq":`...)
		b = strconv.AppendInt(b, int64(r.ReadSeq), 10)
		b = append(b, `,"unread_count":`...)
		b = strconv.AppendInt(b, int64(r.UnreadCount), 10)
		b = append(b, `,"mention_count":`...)
		b = strconv.AppendInt(b, int64(r.MentionCount), 10)
	}
	if r.Kind == Direct {
		b = append(b, `,"users":`...)
		b = appendList(b, r.Others, w.AppendPerson)
	}
	return append(b, '}')
}

// AppendMessage appends a message; empty metadata is left out.
func (w Wire) AppendMessage(b []byte, m *Message) []byte {
	b = slices.Grow(b, 400+len(m.Body)+len(m.HTML)+len(m.Plain))
	b = append(b, `{"id":`...)
	b = strconv.AppendInt(b, int64(m.ID), 10)
	b = append(b, `,"room_id":`...)
	b = strconv.AppendInt(b, int64(m.Room), 10)
	b = append(b, `,"seq":`...)
	b = strconv.AppendInt(b, int64(m.Seq), 10)
	b = append(b, `,"creator":`...)
	b = w.AppendPerson(b, m.Creator)
	b = append(b, `,"body":`...)
	b = AppendJSONString(b, m.Body)
	b = append(b, `,"html":`...)
	b = AppendJSONString(b, m.HTML)
	b = append(b, `,"plain":`...)
	b = AppendJSONString(b, m.Plain)
	b = append(b, `,"client_message_id":`...)
	b = AppendJSONString(b, m.ClientID)
	if m.ReplyTo != 0 {
		b = append(b, `,"reply_to":`...)
		b = strconv.AppendInt(b, int64(m.ReplyTo), 10)
	}
	if m.Meta != nil {
		b = w.appendMeta(b, m.Meta)
	}
	if len(m.Boosts) > 0 {
		b = append(b, `,"boosts":`...)
		b = appendList(b, m.Boosts, func(b []byte, x Boost) []byte { return w.AppendBoost(b, &x) })
	}
	b = append(b, `,"version":`...)
	b = strconv.AppendInt(b, int64(m.Version), 10)
	b = appendTime(b, `,"created_at":`, m.CreatedAt)
	if m.EditedAt != 0 {
		b = appendTime(b, `,"edited_at":`, m.EditedAt)
	}
	return append(b, '}')
}

func (w Wire) appendMeta(b []byte, m *MessageMeta) []byte {
	if len(m.Mentions) > 0 {
		b = append(b, `,"mentions":`...)
		b = appendList(b, m.Mentions, func(b []byte, id UserID) []byte { return strconv.AppendInt(b, int64(id), 10) })
	}
	if m.Here {
		b = append(b, `,"here":true`...)
	}
	if m.Everyone {
		b = append(b, `,"everyone":true`...)
	}
	if len(m.Hashtags) > 0 {
		b = append(b, `,"hashtags":`...)
		b = appendList(b, m.Hashtags, AppendJSONString)
	}
	if len(m.URLs) > 0 {
		b = append(b, `,"urls":`...)
		b = appendList(b, m.URLs, AppendJSONString)
	}
	if m.Sound != "" {
		b = append(b, `,"sound":`...)
		b = AppendJSONString(b, m.Sound)
	}
	if len(m.Attachments) > 0 {
		b = append(b, `,"attachments":`...)
		b = appendList(b, m.Attachments, func(b []byte, a Attachment) []byte { return w.AppendAttachment(b, &a) })
	}
	if shown := m.ShownPreviews(); len(shown) > 0 {
		b = append(b, `,"previews":`...)
		b = appendList(b, shown, w.AppendPreview)
	}
	return b
}

// PreviewImageURL returns the address of a preview's picture.
func (w Wire) PreviewImageURL(id ImageID) string {
	return w.Base + "/previews/" + string(id) + "/image"
}

// AppendPreview appends {url, title, description, site, image_url, width,
// height}; the last three only when there is a picture.
func (w Wire) AppendPreview(b []byte, p Preview) []byte {
	b = append(b, `{"url":`...)
	b = AppendJSONString(b, p.URL)
	b = append(b, `,"title":`...)
	b = AppendJSONString(b, p.Title)
	b = append(b, `,"description":`...)
	b = AppendJSONString(b, p.Description)
	b = append(b, `,"site":`...)
	b = AppendJSONString(b, p.Site)
	if p.Image != "" {
		b = append(b, `,"image_url":`...)
		b = AppendJSONString(b, w.PreviewImageURL(p.Image))
		b = append(b, `,"width":`...)
		b = strconv.AppendInt(b, int64(p.Width), 10)
		b = append(b, `,"height":`...)
		b = strconv.AppendInt(b, int64(p.Height), 10)
	}
	return append(b, '}')
}

// AppendBoost appends {id, content, booster: {id, name}, created_at}.
func (w Wire) AppendBoost(b []byte, x *Boost) []byte {
	b = append(b, `{"id":`...)
	b = strconv.AppendInt(b, int64(x.ID), 10)
	b = append(b, `,"content":`...)
	b = AppendJSONString(b, x.Content)
	b = append(b, `,"booster":{"id":`...)
	b = strconv.AppendInt(b, int64(x.Booster.ID), 10)
	b = append(b, `,"name":`...)
	b = AppendJSONString(b, x.Booster.Name)
	b = append(b, '}')
	b = appendTime(b, `,"created_at":`, x.CreatedAt)
	return append(b, '}')
}

// AppendEvent appends an event with its message whole: what the default view
// of the socket and GET …/events carry.
func (w Wire) AppendEvent(b []byte, e *Event) []byte {
	b = AppendEventHead(b, e)
	switch e.Kind {
	case MessageCreated, MessageUpdated:
		b = append(b, `,"message":`...)
		b = w.AppendMessage(b, e.Message)
	default:
		b = w.appendEventTail(b, e)
	}
	return append(b, '}')
}

// AppendEventHTML appends an event as ?view=html asks for it: in place of the
// message its ids and html, the fragment that the web page shows.
func (w Wire) AppendEventHTML(b []byte, e *Event, html []byte) []byte {
	b = AppendEventHead(b, e)
	switch e.Kind {
	case MessageCreated, MessageUpdated:
		b = append(b, `,"message_id":`...)
		b = strconv.AppendInt(b, int64(e.MessageID), 10)
		b = append(b, `,"client_message_id":`...)
		b = AppendJSONString(b, e.Message.ClientID)
		b = append(b, `,"creator_id":`...)
		b = strconv.AppendInt(b, int64(e.Message.Creator.ID), 10)
		if e.Kind == MessageUpdated { // those who quote it change, too
			b = append(b, `,"excerpt":`...)
			b = AppendJSONString(b, Excerpt(e.Message.Plain))
		}
		b = append(b, `,"html":`...)
		b = AppendJSONString(b, html)
	default:
		b = w.appendEventTail(b, e)
	}
	return append(b, '}')
}

// AppendEventHead appends the opening brace and what every event starts with.
func AppendEventHead(b []byte, e *Event) []byte {
	b = append(b, `{"type":"`...)
	b = append(b, e.Kind.String()...)
	b = append(b, `","room_id":`...)
	b = strconv.AppendInt(b, int64(e.Room), 10)
	b = append(b, `,"seq":`...)
	return strconv.AppendInt(b, int64(e.Seq), 10)
}

func (w Wire) appendEventTail(b []byte, e *Event) []byte {
	b = append(b, `,"message_id":`...)
	b = strconv.AppendInt(b, int64(e.MessageID), 10)
	switch e.Kind {
	case BoostCreated:
		b = append(b, `,"boost":`...)
		b = w.AppendBoost(b, e.Boost)
	case BoostDeleted:
		b = append(b, `,"boost_id":`...)
		b = strconv.AppendInt(b, int64(e.BoostID), 10)
	}
	return b
}

func appendTime(b []byte, key string, t Time) []byte {
	b = append(b, key...)
	if t == 0 {
		return append(b, "null"...)
	}
	b = append(b, '"')
	b, _ = t.AppendText(b)
	return append(b, '"')
}

func appendList[T any](b []byte, list []T, one func([]byte, T) []byte) []byte {
	b = append(b, '[')
	for i, v := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = one(b, v)
	}
	return append(b, ']')
}

const hexDigits = "0123456789abcdef"

// AppendJSONString appends s as a JSON string. Bytes that are no UTF-8 become
// U+FFFD. Markup characters stay as they are: nothing here is ever put inside
// a script element.
func AppendJSONString[S []byte | string](b []byte, s S) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c < utf8.RuneSelf {
			b = append(b, s[start:i]...)
			switch c {
			case '"', '\\':
				b = append(b, '\\', c)
			case '\n':
				b = append(b, '\\', 'n')
			case '\r':
				b = append(b, '\\', 'r')
			case '\t':
				b = append(b, '\\', 't')
			default:
				b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
			}
			i++
			start = i
			continue
		}
		r, n := utf8.DecodeRuneInString(string(s[i:min(i+utf8.UTFMax, len(s))]))
		if r == utf8.RuneError && n == 1 {
			b = append(b, s[start:i]...)
			b = append(b, `\ufffd`...)
			i++
			start = i
			continue
		}
		i += n
	}
	b = append(b, s[start:]...)
	return append(b, '"')
}
