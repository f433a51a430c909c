package media

import (
	"bytes"
	"encoding/binary"
	"unicode/utf8"
)

// Kind is what a file is to people.
type Kind uint8

// Kinds of files.
const (
	Other Kind = iota
	Image
	Video
	Audio
)

// Type is what the bytes of a file say it is.
type Type struct {
	// Name is the media type, such as image/png.
	Name string
	Kind Kind
	// Inline reports whether a browser may show it at its own address: raster
	// images, video, audio and PDF. All else is downloaded.
	Inline bool
	// Active reports that a browser would run what it finds in it (HTML, SVG,
	// XML). It is never to be sent under its own name.
	Active bool
}

// SniffLen is how many of a file's first bytes Sniff looks at.
const SniffLen = 1024

// Binary is the type of what nobody knows.
var Binary = Type{Name: "application/octet-stream"}

// Types that code asks for by name.
var (
	PNG  = Type{Name: "image/png", Kind: Image, Inline: true}
	JPEG = Type{Name: "image/jpeg", Kind: Image, Inline: true}
	GIF  = Type{Name: "image/gif", Kind: Image, Inline: true}
	WebP = Type{Name: "image/webp", Kind: Image, Inline: true}
	AVIF = Type{Name: "image/avif", Kind: Image, Inline: true}
	TIFF = Type{Name: "image/tiff", Kind: Image, Inline: true}
	BMP  = Type{Name: "image/bmp", Kind: Image, Inline: true}
	ICO  = Type{Name: "image/vnd.microsoft.icon", Kind: Image, Inline: true}
	PSD  = Type{Name: "image/vnd.adobe.photoshop", Kind: Image, Inline: true}
	// HEIC is a raster image that few browsers show: it is downloaded.
	HEIC = Type{Name: "image/heic", Kind: Image}
	SVG  = Type{Name: "image/svg+xml", Active: true}
	HTML = Type{Name: "text/html", Active: true}
	XML  = Type{Name: "text/xml", Active: true}
	PDF  = Type{Name: "application/pdf", Inline: true}
	MP4  = Type{Name: "video/mp4", Kind: Video, Inline: true}
	MOV  = Type{Name: "video/quicktime", Kind: Video, Inline: true}
	WebM = Type{Name: "video/webm", Kind: Video, Inline: true}
	MKV  = Type{Name: "video/matroska", Kind: Video, Inline: true}
	Text = Type{Name: "text/plain; charset=utf-8"}
)

func audio(name string) Type { return Type{Name: name, Kind: Audio, Inline: true} }
func video(name string) Type { return Type{Name: name, Kind: Video, Inline: true} }
func plain(name string) Type { return Type{Name: name} }

// magic is a type told by fixed bytes at a fixed place.
type magic struct {
	at    int
	bytes string
	is    Type
}

var magics = []magic{
	{0, "\x89PNG\r\n\x1a\n", PNG},
	{0, "\xff\xd8\xff", JPEG},
	{0, "GIF87a", GIF},
	{0, "GIF89a", GIF},
	{0, "\xff\xfe", plain("text/plain; charset=utf-16")},
	{0, "\xfe\xff", plain("text/plain; charset=utf-16")},
	{0, "II*\x00", TIFF},
	{0, "MM\x00*", TIFF},
	{0, "8BPS\x00\x01", PSD},
	{0, "%PDF-", PDF},
	{0, "ID3", audio("audio/mpeg")},
	{0, "fLaC", audio("audio/flac")},
	{0, "MThd\x00\x00\x00\x06", audio("audio/midi")},
	{0, "#!AMR", audio("audio/amr")},
	{0, "FLV\x01", video("video/x-flv")},
	{0, "\x00\x00\x01\xba", video("video/mpeg")},
	{0, "\x00\x00\x01\xb3", video("video/mpeg")},
	{0, "PK\x03\x04", plain("application/zip")},
	{0, "PK\x05\x06", plain("application/zip")},
	{0, "PK\x07\x08", plain("application/zip")},
	{0, "\x1f\x8b\x08", plain("application/gzip")},
	{0, "BZh", plain("application/x-bzip2")},
	{0, "\xfd7zXZ\x00", plain("application/x-xz")},
	{0, "\x28\xb5\x2f\xfd", plain("application/zstd")},
	{0, "7z\xbc\xaf\x27\x1c", plain("application/x-7z-compressed")},
	{0, "Rar!\x1a\x07", plain("application/vnd.rar")},
	{257, "ustar", plain("application/x-tar")},
	{0, "\x00asm", plain("application/wasm")},
	{0, "wOFF", plain("font/woff")},
	{0, "wOF2", plain("font/woff2")},
	{0, "SQLite format 3\x00", plain("application/vnd.sqlite3")},
	{0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", plain("application/x-ole-storage")},
	{0, "{\\rtf", plain("application/rtf")},
}

// Sniff tells a file's type by its first bytes (SniffLen of them, or all),
// whatever its name and its sender say. What is two things at once has the type
// of its first bytes.
func Sniff(head []byte) Type {
	head = head[:min(len(head), SniffLen)]
	for _, m := range magics {
		if len(head) >= m.at && bytes.HasPrefix(head[m.at:], []byte(m.bytes)) {
			return m.is
		}
	}
	for _, look := range []func([]byte) (Type, bool){
		sniffRIFF, sniffISO, sniffMatroska, sniffOgg, sniffBMP, sniffICO, sniffFrames, sniffText,
	} {
		if t, ok := look(head); ok {
			return t
		}
	}
	return Binary
}

// sniffRIFF knows what lies in RIFF and FORM containers.
func sniffRIFF(b []byte) (Type, bool) {
	if len(b) < 12 {
		return Type{}, false
	}
	switch string(b[:4]) + string(b[8:12]) {
	case "RIFFWEBP":
		return WebP, true
	case "RIFFWAVE":
		return audio("audio/wav"), true
	case "RIFFAVI ":
		return video("video/x-msvideo"), true
	case "FORMAIFF", "FORMAIFC":
		return audio("audio/aiff"), true
	}
	return Type{}, false
}

// sniffISO knows the brands of ISO base media files (ISO/IEC 14496-12).
func sniffISO(b []byte) (Type, bool) {
	if len(b) < 16 || string(b[4:8]) != "ftyp" {
		return Type{}, false
	}
	end := min(int(min(binary.BigEndian.Uint32(b), SniffLen)), len(b))
	if end < 16 {
		return Type{}, false
	}
	// The major brand, then, behind a version, those it is compatible with.
	brands := [][]byte{b[8:12]}
	for at := 16; at+4 <= end; at += 4 {
		brands = append(brands, b[at:at+4])
	}
	general := MP4
	for _, brand := range brands {
		switch string(brand) {
		case "avif", "avis":
			return AVIF, true
		case "heic", "heix", "heim", "heis", "hevc", "hevx":
			return HEIC, true
		case "mif1", "msf1":
			general = Type{Name: "image/heif", Kind: Image}
		}
	}
	switch string(b[8:12]) {
	case "qt  ":
		return MOV, true
	case "M4A ", "M4B ", "M4P ":
		return audio("audio/mp4"), true
	}
	return general, true
}

func sniffMatroska(b []byte) (Type, bool) {
	if !bytes.HasPrefix(b, []byte("\x1aE\xdf\xa3")) {
		return Type{}, false
	}
	if bytes.Contains(b[:min(len(b), 64)], []byte("webm")) {
		return WebM, true
	}
	return MKV, true
}

func sniffOgg(b []byte) (Type, bool) {
	if !bytes.HasPrefix(b, []byte("OggS\x00")) {
		return Type{}, false
	}
	first := b[min(len(b), 28):]
	for _, codec := range []string{"\x01vorbis", "OpusHead", "\x7fFLAC", "Speex  "} {
		if bytes.HasPrefix(first, []byte(codec)) {
			return audio("audio/ogg"), true
		}
	}
	if bytes.HasPrefix(first, []byte("\x80theora")) {
		return video("video/ogg"), true
	}
	return plain("application/ogg"), true
}

func sniffBMP(b []byte) (Type, bool) {
	if len(b) < 18 || string(b[:2]) != "BM" {
		return Type{}, false
	}
	switch binary.LittleEndian.Uint32(b[14:]) { // size of the second header
	case 12, 40, 52, 56, 64, 108, 124:
		return BMP, true
	}
	return Type{}, false
}

func sniffICO(b []byte) (Type, bool) {
	if len(b) < 22 || string(b[:4]) != "\x00\x00\x01\x00" || binary.LittleEndian.Uint16(b[4:]) == 0 || b[9] != 0 {
		return Type{}, false
	}
	return ICO, true
}

// sniffFrames knows MPEG audio that begins with a frame: the eleven bits of
// its sync, then a layer, a bit rate and a sampling rate that exist.
func sniffFrames(b []byte) (Type, bool) {
	if len(b) < 4 || b[0] != 0xff || b[1]&0xe0 != 0xe0 {
		return Type{}, false
	}
	if b[1]&0xf6 == 0xf0 { // ADTS
		return audio("audio/aac"), b[2]>>2&0xf < 13
	}
	ok := b[1]&0x18 != 0x08 && b[1]&0x06 != 0 && b[2]>>4 != 0xf && b[2]>>4 != 0 && b[2]&0x0c != 0x0c
	return audio("audio/mpeg"), ok
}

// sniffText tells text from bytes, and active text from other text.
func sniffText(b []byte) (Type, bool) {
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	for _, c := range b {
		if c < 0x20 && c != '\t' && c != '\n' && c != '\f' && c != '\r' && c != 0x1b {
			return Type{}, false
		}
	}
	if len(b) == 0 {
		return Type{}, false
	}
	if t, ok := sniffMarkup(b); ok {
		return t, true
	}
	if whole := trimRune(b); !utf8.Valid(whole) {
		return plain("text/plain"), true
	}
	return Text, true
}

// trimRune leaves out a rune that the end of the head cut through.
func trimRune(b []byte) []byte {
	for i := 1; i <= min(utf8.UTFMax-1, len(b)); i++ {
		if c := b[len(b)-i]; utf8.RuneStart(c) {
			if !utf8.FullRune(b[len(b)-i:]) {
				return b[:len(b)-i]
			}
			break
		}
	}
	return b
}

// sniffMarkup knows what browsers run. Whoever begins with a tag is HTML if
// nothing else, so that no document slips through as text.
func sniffMarkup(b []byte) (Type, bool) {
	b = bytes.TrimLeft(b, "\t\n\f\r ")
	if len(b) < 2 || b[0] != '<' || b[1] != '!' && b[1] != '?' && b[1]|0x20 < 'a' || b[1]|0x20 > 'z' {
		return Type{}, false
	}
	lower := bytes.ToLower(b)
	for _, known := range []struct {
		tag string
		is  Type
	}{{"<html", HTML}, {"<!doctype html", HTML}, {"<svg", SVG}, {"<?xml", XML}} {
		if bytes.Contains(lower, []byte(known.tag)) {
			return known.is, true
		}
	}
	return HTML, true
}
