package server

import (
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"campfire"
)

func (s *Server) getFile(c *call) error { return s.serveFile(c, false) }

func (s *Server) getThumbnail(c *call) error { return s.serveFile(c, true) }

// serveFile answers with a file that the caller may see now: asked anew at
// every request, so that nothing is kept longer than its right to be seen.
func (s *Server) serveFile(c *call, thumbnail bool) error {
	id, err := pathID[campfire.AttachmentID](c, "file")
	if err != nil {
		return err
	}
	file, content, err := s.chat.OpenFile(c.r.Context(), c.actor, id, thumbnail)
	if err != nil {
		return err
	}
	defer content.Close()
	kind := file.ContentType
	tag := strconv.FormatInt(int64(id), 10)
	if thumbnail {
		if kind, err = thumbnailKind(content); err != nil {
			return err
		}
		tag += "-t"
	}
	h := c.w.Header()
	h.Set("Content-Security-Policy", fileCSP)
	h.Set("ETag", `"`+tag+`"`)
	disposition := "attachment"
	if inline[bareKind(kind)] {
		disposition = "inline"
	} else if !strings.HasPrefix(kind, "text/plain") {
		// No browser takes this for anything that it would run.
		kind = octetStream
	}
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", contentDisposition(disposition, file.Filename))
	if strings.Count(c.r.Header.Get("Range"), ",") >= maxRanges {
		c.r.Header.Del("Range") // as RFC 9110 allows; each is a request of its own to a bucket
	}
	w := c.pacedAnswer()
	defer w.pace.end()
	http.ServeContent(w, c.r, "", time.Time{}, content)
	return nil
}

// maxRanges is of how many parts of a file one request may be answered with.
const maxRanges = 16

// fileCSP lets a file that is opened at its own address do nothing: no
// scripts, no origin, nothing fetched but itself.
const fileCSP = "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox"

const octetStream = "application/octet-stream"

// inline are the types that browsers show without running anything in them.
// All else is downloaded.
var inline = map[string]bool{
	"image/png": true, "image/jpeg": true, "image/gif": true, "image/webp": true, "image/avif": true,
	"video/mp4": true, "video/webm": true, "video/ogg": true, "video/quicktime": true,
	"audio/mpeg": true, "audio/mp4": true, "audio/ogg": true, "audio/wav": true, "audio/flac": true, "audio/aac": true, "audio/webm": true,
}

func bareKind(kind string) string {
	bare, _, _ := strings.Cut(kind, ";")
	return bare
}

// thumbnailKind tells the type of a small picture, which was made here: JPEG,
// or PNG where something shows through.
func thumbnailKind(content io.ReadSeeker) (string, error) {
	var head [8]byte
	if _, err := io.ReadFull(content, head[:]); err != nil {
		return "", err
	}
	_, err := content.Seek(0, io.SeekStart)
	if head[0] == 0xff {
		return "image/jpeg", err
	}
	return "image/png", err
}

// contentDisposition is RFC 6266's header: a name in ASCII for old clients,
// and as it is.
func contentDisposition(how, name string) string {
	ascii := strings.Map(func(r rune) rune {
		if r < 0x20 || r >= 0x7f || r == '"' || r == '\\' || r == '%' {
			return '_'
		}
		return r
	}, name)
	header := mime.FormatMediaType(how, map[string]string{"filename": ascii})
	if header == "" {
		header = how
	}
	if ascii != name {
		header += "; filename*=UTF-8''" + strings.NewReplacer("+", "%2B", "'", "%27", "(", "%28", ")", "%29", "*", "%2A").Replace(url.PathEscape(name))
	}
	return header
}
