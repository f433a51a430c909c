package web

// icons are drawn on a grid of 24 with strokes of 2; own drawings.
var icons = map[string]string{
	"flame":   `<path d="M12 3c1 4-4 5.5-4 10a4 4 0 0 0 8 0c0-1.6-.8-2.6-1.6-3.6"/><path d="M12 3c3.5 2 6.5 6 6.5 10a6.500 6.500 0 0 1-13 0c0-2.200.9-3.800 2-5.200"/><path d="M12 17v.01"/>`,
	"search":  `<circle cx="11" cy="11" r="6"/><path d="m20 20-4.500-4.500"/>`,
	"plus":    `<path d="M12 5v14M5 12h14"/>`,
	"menu":    `<path d="M4 7h16M4 12h16M4 17h16"/>`,
	"gear":    `<circle cx="12" cy="12" r="3"/><path d="M12 3v3M12 18v3M3 12h3M18 12h3M5.600 5.600l2.100 2.100M16.300 16.300l2.100 2.100M18.400 5.600l-2.100 2.100M7.700 16.300l-2.100 2.100"/>`,
	"bell":    `<path d="M6 16V11a6 6 0 0 1 12 0v5l1.500 2h-15z"/><path d="M10 21h4"/>`,
	"belloff": `<path d="M6 16V11a6 6 0 0 1 9-5.200M18 11v5l1.500 2h-15M10 21h4M4 4l16 16"/>`,
	"send":    `<path d="M4 12l16-8-6 16-3-7z"/>`,
	"down":    `<path d="M12 5v14M6 13l6 6 6-6"/>`,
	"x":       `<path d="M6 6l12 12M18 6L6 18"/>`,
}
