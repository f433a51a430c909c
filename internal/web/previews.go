package web

import (
	"strconv"

	"campfire"
)

// appendPreviews appends what a message's links lead to. All of it is a
// stranger's: plain text, and a picture of ours. The link is the one that the
// message has, not one that the page names.
func (w *Web) appendPreviews(b []byte, shown []campfire.Preview) []byte {
	b = append(b, `<div class="previews">`...)
	for i := range shown {
		p := &shown[i]
		b = append(b, `<div class="preview`...)
		if p.Width >= 2*p.Height && p.Image != "" || p.Width >= widePicture && p.Width > p.Height {
			b = append(b, ` wide`...)
		}
		b = append(b, `" data-url="`...)
		b = appendEscaped(b, p.URL)
		b = append(b, `"><div class="preview-text"><span class="preview-site"><bdi>`...)
		b = appendEscaped(b, p.Site)
		b = append(b, `</bdi></span><a class="preview-title" dir="auto" href="`...)
		b = appendEscaped(b, p.URL)
		b = append(b, `" target="_blank" rel="noopener noreferrer nofollow">`...)
		b = appendEscaped(b, p.Title)
		b = append(b, `</a>`...)
		if p.Description != "" {
			b = append(b, `<p class="preview-description" dir="auto">`...)
			b = appendEscaped(b, p.Description)
			b = append(b, `</p>`...)
		}
		b = append(b, `</div>`...)
		if p.Image != "" {
			b = append(b, `<img class="preview-image" src="`...)
			b = append(b, w.wire.PreviewImageURL(p.Image)...)
			b = append(b, `" alt="" width="`...)
			b = strconv.AppendInt(b, int64(p.Width), 10)
			b = append(b, `" height="`...)
			b = strconv.AppendInt(b, int64(p.Height), 10)
			b = append(b, `" loading="lazy" decoding="async">`...)
		}
		b = append(b, `</div>`...)
	}
	return append(b, `</div>`...)
}

// widePicture is how many pixels wide a picture is that goes below the text
// rather than beside it.
const widePicture = 360
