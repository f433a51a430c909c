package unfurl

import (
	"net/url"
	"path"
	"strings"

	"golang.org/x/net/idna"
)

// MaxLink is the most bytes of a link that is looked at.
const MaxLink = 2048

// Normalise returns the one form of a link under which its page is known, and
// whether it is looked at at all: one of http or https that does not end like
// a file that is no page. Host and scheme are lower-cased; a usual port and
// the fragment go.
func Normalise(link string) (string, bool) {
	if len(link) > MaxLink {
		return "", false
	}
	u, err := url.Parse(link)
	if err != nil || u.Opaque != "" || u.User != nil {
		return "", false
	}
	host, err := idna.Lookup.ToASCII(u.Hostname())
	if err != nil {
		// An address of IPv6, or a name with an underscore.
		host = strings.ToLower(u.Hostname())
	}
	if host == "" {
		return "", false
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	switch port := u.Port(); {
	case port == "", u.Scheme == "http" && port == "80", u.Scheme == "https" && port == "443":
	default:
		host += ":" + port
	}
	u.Host, u.Fragment, u.RawFragment = host, "", ""
	if u.Path == "" {
		u.Path = "/"
	}
	if u.Scheme != "http" && u.Scheme != "https" || isFile(u.Path) {
		return "", false
	}
	out := u.String()
	return out, len(out) <= MaxLink
}

// Host returns a link's host as it is shown.
func Host(link string) string {
	u, err := url.Parse(link)
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(u.Hostname(), "www.")
}

// files are the endings of what is no page.
var files = func() map[string]bool {
	m := make(map[string]bool)
	for _, ext := range strings.Fields(`
		7z ace apk appimage ar arj bz2 cab cpio deb dmg ear gz iso jar lz lz4 lzma msi pkg rar rpm tar tbz2 tgz txz war xpi xz z zip zst
		bat bin cmd com dll dylib exe ipa o pyc run sh so wasm
		avif bmp eps gif heic heif ico jfif jpeg jpg jxl png ps psd raw svg svgz tif tiff webp
		aac aif aiff flac m3u m4a mid midi mka mp3 oga ogg opus wav weba wma
		3gp avi flv m2ts m3u8 m4v mkv mov mp4 mpeg mpg ogv ts vob webm wmv
		csv doc docx epub odp ods odt pdf ppt pptx rtf txt xls xlsx
		css js json mjs rss torrent xml yaml yml eot otf ttf woff woff2`) {
		m["."+ext] = true
	}
	return m
}()

func isFile(p string) bool { return files[strings.ToLower(path.Ext(p))] }
