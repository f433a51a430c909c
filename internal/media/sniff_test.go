package media

import (
	"strings"
	"testing"
)

func TestSniff(t *testing.T) {
	for _, c := range []struct {
		head string
		want string
	}{
		{"\x89PNG\r\n\x1a\n\x00", "image/png"},
		{"\xff\xd8\xff\xe0\x00\x10JFIF", "image/jpeg"},
		{"GIF87a\x01\x00", "image/gif"},
		{"GIF89a\x01\x00", "image/gif"},
		{"RIFF\x10\x00\x00\x00WEBPVP8 ", "image/webp"},
		{"RIFF\x10\x00\x00\x00WAVEfmt ", "audio/wav"},
		{"RIFF\x10\x00\x00\x00AVI LIST", "video/x-msvideo"},
		{"FORM\x00\x00\x00\x10AIFFCOMM", "audio/aiff"},
		{"\x00\x00\x00\x1cftypavif\x00\x00\x00\x00mif1avif", "image/avif"},
		{"\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1avif", "image/avif"},
		{"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "image/heic"},
		{"\x00\x00\x00\x14ftypmif1\x00\x00\x00\x00mif1", "image/heif"},
		{"\x00\x00\x00\x14ftypqt  \x00\x00\x00\x00qt  ", "video/quicktime"},
		{"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp41", "video/mp4"},
		{"\x00\x00\x00\x14ftypM4A \x00\x00\x00\x00M4A ", "audio/mp4"},
		{"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm", "video/webm"},
		{"\x1aE\xdf\xa3\xa3B\x86\x81\x01B\x82\x88matroska", "video/matroska"},
		{"OggS\x00\x02" + strings.Repeat("\x00", 22) + "OpusHead", "audio/ogg"},
		{"OggS\x00\x02" + strings.Repeat("\x00", 22) + "\x80theora", "video/ogg"},
		{"II*\x00\x08\x00\x00\x00", "image/tiff"},
		{"MM\x00*\x00\x00\x00\x08", "image/tiff"},
		{"BM\x00\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00", "image/bmp"},
		{"BMW drivers say", "text/plain; charset=utf-8"},
		{"\x00\x00\x01\x00\x01\x00\x10\x10\x00\x00\x01\x00\x20\x00\x68\x04\x00\x00\x16\x00\x00\x00", "image/vnd.microsoft.icon"},
		{"8BPS\x00\x01\x00\x00", "image/vnd.adobe.photoshop"},
		{"%PDF-1.7\n", "application/pdf"},
		{"ID3\x04\x00", "audio/mpeg"},
		{"\xff\xfb\x90\x64\x00", "audio/mpeg"},
		{"\xff\xf1\x50\x80\x00", "audio/aac"},
		{"\xff\xff\xff\xff\x00", "application/octet-stream"},
		{"fLaC\x00\x00", "audio/flac"},
		{"PK\x03\x04\x14\x00", "application/zip"},
		{"\x1f\x8b\x08\x00", "application/gzip"},
		{strings.Repeat("\x00", 257) + "ustar\x0000", "application/x-tar"},
		{"hello, wörld", "text/plain; charset=utf-8"},
		{"h\xe9llo", "text/plain"},
		{"\xff\xfeh\x00i\x00", "text/plain; charset=utf-16"},
		{"\x00\x01\x02\x03", "application/octet-stream"},
		{"", "application/octet-stream"},
		// What browsers run, in its disguises.
		{"<!DOCTYPE HTML><title>x", "text/html"},
		{"\xef\xbb\xbf \r\n<HtMl>", "text/html"},
		{"<script>alert(1)</script>", "text/html"},
		{"<!-- x --><b>", "text/html"},
		{"<x-unknown onclick=1>", "text/html"},
		{`<svg xmlns="http://www.w3.org/2000/svg">`, "image/svg+xml"},
		{`<?xml version="1.0"?><!-- hello --><svg onload="alert(1)">`, "image/svg+xml"},
		{`<!DOCTYPE svg><svg>`, "image/svg+xml"},
		{`<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml">`, "text/html"},
		{`<?xml version="1.0"?><feed>`, "text/xml"},
		{"<3 hearts", "text/plain; charset=utf-8"},
		// Two things at once are the first.
		{"GIF89a/*\x00\x00*/=1;alert(1)", "image/gif"},
		{"GIF89a=0//<script>alert(1)</script>", "image/gif"},
		{"%PDF-1.4\nPK\x03\x04", "application/pdf"},
		{"PK\x03\x04<html><script>", "application/zip"},
		{"\xff\xd8\xff\xfe\x00\x20<script>alert(1)</script>", "image/jpeg"},
		{"\x89PNG\r\n\x1a\n<svg onload=alert(1)>", "image/png"},
	} {
		if got := Sniff([]byte(c.head)); got.Name != c.want {
			t.Errorf("%.40q: %s, want %s", c.head, got.Name, c.want)
		}
	}
}

// A rune that the end of what is looked at cuts through makes no text unknown.
func TestSniffTextCutThroughARune(t *testing.T) {
	for pad := range 4 {
		head := strings.Repeat("a", pad) + strings.Repeat("日本", 400)
		if got := Sniff([]byte(head)[:SniffLen]); got != Text {
			t.Errorf("shifted by %d: %s", pad, got.Name)
		}
	}
}

// A type that runs is never shown at its own address, nor one that is text.
func TestInlineIsNeverActive(t *testing.T) {
	types := []Type{PNG, JPEG, GIF, WebP, AVIF, TIFF, BMP, ICO, PSD, HEIC, SVG, HTML, XML, PDF, MP4, MOV, WebM, MKV, Text, Binary}
	for _, m := range magics {
		types = append(types, m.is)
	}
	for _, ty := range types {
		if ty.Inline && (ty.Active || ty.Kind == Other && ty != PDF) {
			t.Errorf("%s would be shown inline", ty.Name)
		}
		if ty.Kind == Image && !ty.Inline && ty != HEIC {
			t.Errorf("%s is an image that isn't shown", ty.Name)
		}
	}
}
