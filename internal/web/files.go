package web

import (
	"math"
	"strconv"
	"strings"

	"campfire"
)

// Bounds of a picture in a room, in CSS pixels: its place is kept before it
// has come.
const (
	pictureWidth  = 480
	pictureHeight = 320
)

// appendFiles appends what hangs on a message: pictures, films and sounds as
// such, all else as cards.
func (w *Web) appendFiles(b []byte, files []campfire.Attachment) []byte {
	b = append(b, `<div class="files">`...)
	for i := range files {
		b = w.appendFile(b, &files[i])
	}
	return append(b, `</div>`...)
}

func (w *Web) appendFile(b []byte, a *campfire.Attachment) []byte {
	kind, _, _ := strings.Cut(a.ContentType, "/")
	url := w.wire.AttachmentURL(a)
	switch {
	case kind == "image" && a.Width > 0 && (a.Thumbnail || shownInline[a.ContentType]):
		b = w.appendPicture(b, a, url)
	case kind == "video" && shownInline[a.ContentType]:
		b = w.appendVideo(b, a, url)
	case kind == "audio" && shownInline[a.ContentType]:
		b = append(b, `<figure class="sound" data-name="`...)
		b = appendEscaped(b, a.Filename)
		b = append(b, `"><figcaption dir="auto">`...)
		b = appendEscaped(b, a.Filename)
		b = append(b, `</figcaption><audio controls preload="none" src="`...)
		b = appendEscaped(b, url)
		b = append(b, `"></audio></figure>`...)
	default:
		b = w.appendCard(b, a, url)
	}
	return b
}

// shownInline are types that the server lets browsers show, and that they can.
var shownInline = map[string]bool{
	"image/png": true, "image/jpeg": true, "image/gif": true, "image/webp": true, "image/avif": true,
	"video/mp4": true, "video/webm": true, "video/ogg": true, "video/quicktime": true,
	"audio/mpeg": true, "audio/mp4": true, "audio/ogg": true, "audio/wav": true, "audio/flac": true, "audio/aac": true, "audio/webm": true,
}

// appendPicture appends a picture that leads to itself in full, and to the
// viewer where there are scripts.
func (w *Web) appendPicture(b []byte, a *campfire.Attachment, url string) []byte {
	width, height := shownSize(a)
	b = append(b, `<a class="picture" data-file="`...)
	b = strconv.AppendInt(b, int64(a.ID), 10)
	b = append(b, `" data-name="`...)
	b = appendEscaped(b, a.Filename)
	b = append(b, `" data-size="`...)
	b = strconv.AppendInt(b, a.Size, 10)
	b = append(b, `" data-width="`...)
	b = strconv.AppendInt(b, int64(a.Width), 10)
	b = append(b, `" data-height="`...)
	b = strconv.AppendInt(b, int64(a.Height), 10)
	if !shownInline[a.ContentType] { // the small picture is all that browsers can show
		b = append(b, `" data-shown="`...)
		b = append(b, w.wire.ThumbnailURL(a)...)
	}
	b = append(b, `" href="`...)
	b = appendEscaped(b, url)
	b = append(b, `"><img src="`...)
	if thumbnail := w.wire.ThumbnailURL(a); thumbnail != "" && a.ContentType != "image/gif" {
		b = append(b, thumbnail...)
	} else {
		b = appendEscaped(b, url)
	}
	b = append(b, `" alt="`...)
	b = appendEscaped(b, a.Filename)
	b = appendSize(append(b, '"'), width, height)
	return append(b, ` loading="lazy" decoding="async"></a>`...)
}

func (w *Web) appendVideo(b []byte, a *campfire.Attachment, url string) []byte {
	b = append(b, `<figure class="film"><video controls playsinline preload="none" src="`...)
	b = appendEscaped(b, url)
	b = append(b, '"')
	if thumbnail := w.wire.ThumbnailURL(a); thumbnail != "" {
		b = append(b, ` poster="`...)
		b = append(b, thumbnail...)
		b = append(b, '"')
	}
	width, height := pictureWidth, pictureWidth*9/16
	if a.Width > 0 {
		width, height = shownSize(a)
	}
	b = appendSize(b, width, height)
	b = append(b, ` aria-label="`...)
	b = appendEscaped(b, a.Filename)
	b = append(b, `"></video>`...)
	return append(w.appendCard(b, a, url), `</figure>`...)
}

// appendCard appends a file's kind, name and size, and the way to download it.
func (w *Web) appendCard(b []byte, a *campfire.Attachment, url string) []byte {
	b = append(b, `<a class="file" download data-name="`...)
	b = appendEscaped(b, a.Filename)
	b = append(b, `" href="`...)
	b = appendEscaped(b, url)
	b = append(b, `">`...)
	b = append(b, w.icon(fileIcon(a))...)
	b = append(b, `<span class="file-name"><span class="off-screen" data-t="file.download">`...)
	b = append(b, words.download...)
	b = append(b, `</span> <bdi>`...)
	b = appendEscaped(b, a.Filename)
	b = append(b, `</bdi></span> <span class="file-size">`...)
	b = append(b, sizeText(a.Size)...)
	b = append(b, `</span>`...)
	b = append(b, w.icon("download")...)
	return append(b, `</a>`...)
}

// fileIcon is the icon of a kind of file.
func fileIcon(a *campfire.Attachment) string {
	switch kind, sub, _ := strings.Cut(a.ContentType, "/"); {
	case kind == "image":
		return "image"
	case kind == "video":
		return "film"
	case kind == "audio":
		return "music"
	case kind == "text", sub == "pdf":
		return "file-text"
	case sub == "zip", sub == "gzip", sub == "x-tar", strings.Contains(sub, "compressed"), sub == "vnd.rar", sub == "x-bzip2", sub == "x-xz", sub == "zstd":
		return "archive"
	}
	return "file"
}

// shownSize is a picture's size within its bounds.
func shownSize(a *campfire.Attachment) (width, height int) {
	scale := min(1, float64(pictureWidth)/float64(a.Width), float64(pictureHeight)/float64(a.Height))
	return max(1, int(math.Round(float64(a.Width)*scale))), max(1, int(math.Round(float64(a.Height)*scale)))
}

func appendSize(b []byte, width, height int) []byte {
	b = strconv.AppendInt(append(b, ` width="`...), int64(width), 10)
	b = strconv.AppendInt(append(b, `" height="`...), int64(height), 10)
	return append(b, '"')
}

// sizeText is a size in units that read the same in every language.
func sizeText(n int64) string {
	if n < 1000 {
		return strconv.FormatInt(n, 10) + " B"
	}
	value := float64(n)
	for _, unit := range []string{"kB", "MB", "GB", "TB"} {
		if value /= 1000; value < 999.5 || unit == "TB" {
			digits := 0
			if value < 9.95 {
				digits = 1
			}
			return strconv.FormatFloat(value, 'f', digits, 64) + " " + unit
		}
	}
	return ""
}
