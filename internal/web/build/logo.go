package main

import (
	"fmt"
	"strings"
)

// logo is the flame: three strokes of width 2 on a grid of 24. Each is a start
// and then cubic Bézier curves, three points each.
var logo = [][]point{
	{{12, 2.5}, {12.6, 6.8}, {18.5, 9.2}, {18.5, 15}, {18.5, 18.7}, {15.7, 21.5}, {12, 21.5}, {8.3, 21.5}, {5.5, 18.7}, {5.5, 15}, {5.5, 12.6}, {6.6, 10.6}, {8, 9.2}},
	{{12, 2.5}, {10.2, 5.2}, {10, 8}, {11.4, 10.6}},
	{{12.4, 14}, {12.4, 15.4}, {10.6, 16}, {10.6, 17.8}},
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
