package web

import (
	"context"
	"strings"

	"campfire/internal/web/text"
)

// browsers by what their user agents say, those first whose agents also name
// others.
var browsers = [][2]string{
	{"Edg/", "Edge"}, {"EdgiOS/", "Edge"}, {"EdgA/", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser/", "Samsung Internet"},
	{"Vivaldi/", "Vivaldi"}, {"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"}, {"CriOS/", "Chrome"},
	{"Chromium/", "Chromium"}, {"Chrome/", "Chrome"}, {"Version/", "Safari"},
}

var systems = [][2]string{
	{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"CrOS", "ChromeOS"},
	{"Windows", "Windows"}, {"Macintosh", "macOS"}, {"Linux", "Linux"}, {"X11", "Unix"},
}

// maxDevice bounds what is shown of a user agent that is no browser's.
const maxDevice = 40

// deviceName is what a person calls the device that a user agent is of:
// "Firefox on Linux". A program's is named by its own first word.
func deviceName(ctx context.Context, agent string) string {
	browser, system := named(browsers, agent), named(systems, agent)
	switch {
	case browser != "" && system != "":
		return text.T(ctx, "device", "browser", browser, "system", system)
	case browser != "":
		return browser
	case system != "":
		return system
	}
	program, _, _ := strings.Cut(strings.TrimSpace(agent), " ")
	program, _, _ = strings.Cut(program, "/")
	if program == "" {
		return text.T(ctx, "device.unknown")
	}
	if runes := []rune(program); len(runes) > maxDevice {
		program = string(runes[:maxDevice]) + "…"
	}
	return program
}

// deviceIcon is a drawing of the device that a user agent is of.
func deviceIcon(agent string) string {
	switch named(systems, agent) {
	case "iPhone", "iPad", "Android":
		return "smartphone"
	case "":
		return "code" // a program
	}
	return "monitor"
}

func named(list [][2]string, agent string) string {
	for _, x := range list {
		if strings.Contains(agent, x[0]) {
			return x[1]
		}
	}
	return ""
}
