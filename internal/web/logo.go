package web

import (
	"fmt"
	"strings"
)

// logoURL is the address of the account's own logo of a size: empty for the
// large one, "small", "maskable" for what may be cut to any form, or "unread"
// with a dot. It changes with the logo.
func (w *Web) logoURL(look Look, size string) string {
	url := w.base + "/account/logo?v=" + look.Logo
	if size != "" {
		url += "&size=" + size
	}
	return url
}

// icons are the addresses of the tab's icon, as it is and with something
// unread.
func (w *Web) icons(look Look) (read, unread string) {
	if look.Logo == "" {
		return w.Asset("icon.svg"), w.Asset("icon-unread.svg")
	}
	return w.logoURL(look, "small"), w.logoURL(look, "unread")
}

func (w *Web) touchIcon(look Look) string {
	if look.Logo == "" {
		return w.Asset("apple-touch-icon.png")
	}
	return w.logoURL(look, "small")
}

func (w *Web) manifestIcons(look Look) []manifestIcon {
	badge := manifestIcon{w.Asset("badge-96.png"), "96x96", "image/png", "monochrome"}
	if look.Logo != "" {
		return []manifestIcon{
			{w.logoURL(look, "small"), "192x192", "image/png", "any"},
			{w.logoURL(look, ""), "512x512", "image/png", "any"},
			{w.logoURL(look, "maskable"), "512x512", "image/png", "maskable"},
			badge,
		}
	}
	return []manifestIcon{
		{w.Asset("icon-192.png"), "192x192", "image/png", "any"},
		{w.Asset("icon-512.png"), "512x512", "image/png", "any"},
		{w.Asset("maskable-512.png"), "512x512", "image/png", "maskable"},
		badge,
	}
}

// UnreadIcon is a logo for a browser's tab with a dot, as SVG; the logo is a
// data URL. The ring around the dot is left out of the logo.
func UnreadIcon(logo string) []byte {
	return fmt.Appendf(nil, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><mask id="m"><path fill="#fff" d="M0 0h64v64H0z"/><circle cx="50" cy="14" r="17"/></mask>`+
		`<image width="64" height="64" href="%s" mask="url(#m)"/><circle cx="50" cy="14" r="13" fill="#2563eb"/></svg>`+"\n", strings.ReplaceAll(logo, `"`, ""))
}
