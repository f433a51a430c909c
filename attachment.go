package campfire

import (
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Attachment is a file that hangs on a message. Its JSON is how it is stored
// with the message.
type Attachment struct {
	ID          AttachmentID `json:"id"`
	Filename    string       `json:"filename"` // see [CleanFilename]
	ContentType string       `json:"content_type"`
	Size        int64        `json:"byte_size"`
	// Width and Height are of a picture or film as it is shown, in pixels;
	// zero where that is not known.
	Width  int `json:"width,omitempty"`
	Height int `json:"height,omitempty"`
	// Thumbnail is whether there is a small picture of it.
	Thumbnail bool `json:"thumbnail,omitempty"`
}

// AttachmentURL returns the address of a file.
func (w Wire) AttachmentURL(a *Attachment) string {
	name := a.Filename
	if name == thumbnailName {
		name = "_" + name // the address of the small picture
	}
	return w.Base + "/files/" + strconv.FormatInt(int64(a.ID), 10) + "/" + url.PathEscape(name)
}

// thumbnailName is the last part of a small picture's address.
const thumbnailName = "thumbnail"

// ThumbnailURL returns the address of a file's small picture; empty when it
// has none.
func (w Wire) ThumbnailURL(a *Attachment) string {
	if !a.Thumbnail {
		return ""
	}
	return w.Base + "/files/" + strconv.FormatInt(int64(a.ID), 10) + "/" + thumbnailName
}

// AppendAttachment appends {id, filename, content_type, byte_size, width,
// height, url, thumbnail_url}; what is not known is left out.
func (w Wire) AppendAttachment(b []byte, a *Attachment) []byte {
	b = append(b, `{"id":`...)
	b = strconv.AppendInt(b, int64(a.ID), 10)
	b = append(b, `,"filename":`...)
	b = AppendJSONString(b, a.Filename)
	b = append(b, `,"content_type":`...)
	b = AppendJSONString(b, a.ContentType)
	b = append(b, `,"byte_size":`...)
	b = strconv.AppendInt(b, a.Size, 10)
	if a.Width > 0 {
		b = append(b, `,"width":`...)
		b = strconv.AppendInt(b, int64(a.Width), 10)
		b = append(b, `,"height":`...)
		b = strconv.AppendInt(b, int64(a.Height), 10)
	}
	b = append(b, `,"url":`...)
	b = AppendJSONString(b, w.AttachmentURL(a))
	if a.Thumbnail {
		b = append(b, `,"thumbnail_url":`...)
		b = AppendJSONString(b, w.ThumbnailURL(a))
	}
	return append(b, '}')
}

// CleanFilename makes of what someone calls a file a name that every system
// can keep and that shows as it is: the last part of a path, without control
// characters and marks that turn the direction of writing, not one of the
// names that Windows reserves, at most runes long with its extension kept
// (zero: no bound).
func CleanFilename(name string, runes int) string {
	name = strings.ToValidUTF8(name, "\ufffd")
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == '\u2028', r == '\u2029', r == '\ufeff':
			return -1
		case unicode.IsSpace(r):
			return ' '
		}
		return r
	}, name)
	name = strings.TrimRight(strings.TrimSpace(name), ". ")
	stem, extension := name, ""
	if i := strings.LastIndexByte(name, '.'); i > 0 && utf8.RuneCountInString(name[i:]) <= maxExtension {
		stem, extension = name[:i], name[i:]
	}
	if before, _, _ := strings.Cut(stem, "."); reserved[strings.ToUpper(strings.TrimSpace(before))] {
		stem = "_" + stem
	}
	if runes > 0 {
		stem = firstRunes(stem, runes-utf8.RuneCountInString(extension))
	}
	if name = stem + extension; !strings.ContainsFunc(name, func(r rune) bool { return r != '.' && unicode.IsGraphic(r) && !unicode.IsSpace(r) }) {
		return "file"
	}
	return name
}

// maxExtension is how many characters behind a dot are still an extension,
// with the dot.
const maxExtension = 16

func firstRunes(s string, n int) string {
	for i := range s {
		if n--; n < 0 {
			return strings.TrimSpace(s[:i])
		}
	}
	return s
}

// reserved are names that mean devices on Windows, whatever their extension.
var reserved = func() map[string]bool {
	m := map[string]bool{"CON": true, "PRN": true, "AUX": true, "NUL": true, "CONIN$": true, "CONOUT$": true}
	for _, n := range "0123456789¹²³" {
		m["COM"+string(n)], m["LPT"+string(n)] = true, true
	}
	return m
}()
