package main

import (
	"fmt"
	"strings"
)

// logo is the flame: three strokes of width 2 on a grid of 24, the right flank,
// the left one and the tongue. Each is a start and then cubic Bézier curves,
// three points each.
var logo = [][]point{
	{{12, 2.5}, {12.6, 6.5}, {19, 9.3}, {19, 15}, {19, 18.7}, {15.9, 21.5}, {12, 21.5}},
	{{12, 21.5}, {8.1, 21.5}, {5, 18.7}, {5, 15}, {5, 12.8}, {5.9, 11}, {7.2, 9.5}},
	{{12, 2.5}, {9.4, 5.6}, {9.3, 9}, {11.4, 11.6}, {13.4, 14.1}, {12.6, 16.4}, {12, 17.4}},
}

type point struct{ x, y float64 }

// logoPaths is the logo as SVG.
func logoPaths() string {
	var out strings.Builder
	for _, stroke := range logo {
		fmt.Fprintf(&out, `<path d="M%g %g`, stroke[0].x, stroke[0].y)
		for i := 1; i+2 < len(stroke); i += 3 {
			fmt.Fprintf(&out, "C%g %g %g %g %g %g", stroke[i].x, stroke[i].y, stroke[i+1].x, stroke[i+1].y, stroke[i+2].x, stroke[i+2].y)
		}
		out.WriteString(`"/>`)
	}
	return out.String()
}

// logoLines is the logo as short straight lines, pairs of ends.
func logoLines() [][2]point {
	const steps = 24 // a curve of 512 pixels is off by less than a tenth of one
	var out [][2]point
	for _, stroke := range logo {
		last := stroke[0]
		for i := 1; i+2 < len(stroke); i += 3 {
			from := stroke[i-1]
			for step := 1; step <= steps; step++ {
				t := float64(step) / steps
				u := 1 - t
				next := point{
					u*u*u*from.x + 3*u*u*t*stroke[i].x + 3*u*t*t*stroke[i+1].x + t*t*t*stroke[i+2].x,
					u*u*u*from.y + 3*u*u*t*stroke[i].y + 3*u*t*t*stroke[i+1].y + t*t*t*stroke[i+2].y,
				}
				out = append(out, [2]point{last, next})
				last = next
			}
		}
	}
	return out
}

// favicon is the logo for a browser's tab, larger and bolder than elsewhere,
// with a dot when something is unread.
//
// Colours stand in attributes and the style only overrides them: a browser that
// holds the policy of the pages against it still shows a flame.
func favicon(dot bool) string {
	const head = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="1.1 1.1 21.8 21.8">` +
		`<style>@media(prefers-color-scheme:dark){g{stroke:#fb923c}circle{fill:#60a5fa}}</style>` +
		`<g fill="none" stroke="#c2410c" stroke-width="2.5" stroke-linecap="round" stroke-linejoin="round">`
	body := logoPaths() + `</g>`
	if dot {
		// The ring around the dot is left out of the flame, whatever is behind both.
		return strings.Replace(head, "<g ", `<mask id="m"><path fill="#fff" d="M0 0h24v24H0z"/><circle cx="19" cy="5" r="5.2"/></mask><g mask="url(#m)" `, 1) + body +
			`<circle cx="19" cy="5" r="3.9" fill="#2563eb"/></svg>` + "\n"
	}
	return head + body + "</svg>\n"
}
