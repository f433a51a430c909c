package web

import (
	"fmt"
	"image/color"
	"strings"

	"github.com/a-h/templ"
	"github.com/boombuler/barcode/qr"
)

// quiet is the width of the empty frame around a code, in modules (ISO/IEC
// 18004, section 5.3.8).
const quiet = 4

// qrCode is a text as a QR code: inline SVG, so that a secret in the text is
// in no address. It stays black on white in every theme, as cameras want it.
// A text of more than some 2,300 bytes fits into none.
func qrCode(text, label string) (string, error) {
	code, err := qr.Encode(text, qr.M, qr.Unicode)
	if err != nil {
		return "", fmt.Errorf("QR code: %w", err)
	}
	size := code.Bounds().Dx()
	var path strings.Builder
	for y := range size {
		for x := 0; x < size; x++ {
			from := x
			for x < size && code.At(x, y) == color.Black {
				x++
			}
			if x > from {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", from+quiet, y+quiet, x-from, x-from)
			}
		}
	}
	whole := size + 2*quiet
	return fmt.Sprintf(`<svg role="img" aria-label="%s" viewBox="0 0 %[2]d %[2]d" width="%[3]d" height="%[3]d" shape-rendering="crispEdges">`+
		`<path fill="#fff" d="M0 0h%[2]dv%[2]dH0z"/><path d="%[4]s"/></svg>`, templ.EscapeString(label), whole, 6*whole, path.String()), nil
}
