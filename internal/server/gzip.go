package server

import (
	"net/http"
	"strings"
)

// minGzip is the length from which compressing is worth its header.
const minGzip = 1 << 10

// acceptsGzip reports whether a client takes gzip (RFC 9110, section 12.5.3):
// named, and not with a weight of zero.
func acceptsGzip(r *http.Request) bool {
	for _, header := range r.Header["Accept-Encoding"] {
		for coding := range strings.SplitSeq(header, ",") {
			name, params, _ := strings.Cut(coding, ";")
			if strings.EqualFold(strings.TrimSpace(name), "gzip") {
				weight, ok := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q=")
				return !ok || strings.Trim(weight, "0.") != ""
			}
		}
	}
	return false
}
