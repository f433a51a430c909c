package server

import (
	"net/http"
	"strconv"
	"strings"

	"campfire/internal/piece"
)

// Answers of this file are made of pieces that are kept. Each is what it is
// until something in it changes, so it carries an entity tag, and whoever
// holds it already is told so (RFC 9110, section 13.1.2): after they were
// authorised, like everyone.

var (
	contentHTML  = []string{"text/html; charset=utf-8"}
	encodingGzip = []string{"gzip"}
	varyEncoding = []string{"Accept-Encoding"}
)

// whole answers 200, or 304 when the client holds the same.
func (c *call) whole(kind []string, w piece.Whole) error {
	h := c.w.Header()
	size := w.Len()
	zipped := false
	if size >= minGzip {
		h["Vary"] = varyEncoding
		zipped = acceptsGzip(c.r)
	}
	tag := w.Tag()
	if zipped {
		tag += "-gzip" // other bytes
	}
	h["Etag"] = []string{`"` + tag + `"`}
	if holds(c.r, tag) {
		c.w.WriteHeader(http.StatusNotModified)
		return nil
	}
	h["Content-Type"] = kind
	p := buffers.Get().(*[]byte)
	b := (*p)[:0]
	if zipped {
		h["Content-Encoding"] = encodingGzip
		b = w.AppendGzip(b)
	} else {
		b = w.Append(b)
	}
	h["Content-Length"] = []string{strconv.Itoa(len(b))}
	c.w.WriteHeader(http.StatusOK)
	_, _ = c.w.Write(b) // who went away hears nothing
	if cap(b) <= maxPooled {
		*p = b
		buffers.Put(p)
	}
	return nil
}

// holds reports whether a client says that it holds what has this tag. A
// proxy that compresses may have made the tag a weak one.
func holds(r *http.Request, tag string) bool {
	for _, header := range r.Header["If-None-Match"] {
		for one := range strings.SplitSeq(header, ",") {
			one = strings.TrimPrefix(strings.TrimSpace(one), "W/")
			if one == "*" || len(one) == len(tag)+2 && one[0] == '"' && one[1:len(one)-1] == tag {
				return true
			}
		}
	}
	return false
}
