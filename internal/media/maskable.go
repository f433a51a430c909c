package media

import (
	"image"
	"image/color"
	"math"

	"golang.org/x/image/draw"
)

// safeRadius is how far from the middle of an icon nothing is cut off, whatever
// form a system gives it, as a part of the icon's side
// (https://www.w3.org/TR/appmanifest/#icon-masks).
const safeRadius = 0.4

// Grounds of pictures that are transparent at their edge.
var (
	lightGround = color.RGBA{255, 255, 255, 255}
	darkGround  = color.RGBA{32, 32, 32, 255}
)

// maskable puts a square picture on a ground that fills the icon, so small that
// nothing but the ground lies outside of the circle that is never cut.
func maskable(m *image.RGBA) *image.RGBA {
	under := ground(m)
	side := m.Rect.Dx()
	scale := 1.0
	if far := reach(m, under); far > safeRadius*float64(side) {
		scale = safeRadius * float64(side) / far
	}
	out := image.NewRGBA(image.Rect(0, 0, side, side))
	draw.Draw(out, out.Rect, image.NewUniform(under), image.Point{}, draw.Src)
	inner := int(scale * float64(side))
	at := (side - inner) / 2
	draw.CatmullRom.Scale(out, image.Rect(at, at, at+inner, at+inner), m, m.Rect, draw.Over, nil)
	return out
}

// ground is the colour that a picture goes on into: that of its edge or, where
// that is transparent, whichever of light and dark shows it better.
func ground(m *image.RGBA) color.RGBA {
	var edge, whole mean
	b := m.Rect
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c := m.RGBAAt(x, y)
			whole.add(c)
			if x == b.Min.X || y == b.Min.Y || x == b.Max.X-1 || y == b.Max.Y-1 {
				edge.add(c)
			}
		}
	}
	if c, opacity := edge.colour(); opacity > 0.9 {
		return c
	}
	const bright = 200 // of 255: a picture that white would swallow
	if c, _ := whole.colour(); (299*int(c.R)+587*int(c.G)+114*int(c.B))/1000 > bright {
		return darkGround
	}
	return lightGround
}

// mean is that of some premultiplied colours.
type mean struct{ n, r, g, b, a int }

func (s *mean) add(c color.RGBA) {
	s.n, s.r, s.g, s.b, s.a = s.n+1, s.r+int(c.R), s.g+int(c.G), s.b+int(c.B), s.a+int(c.A)
}

// colour is the mean colour of what is not transparent, and how much that is.
func (s *mean) colour() (c color.RGBA, opacity float64) {
	if s.a == 0 {
		return color.RGBA{A: 255}, 0
	}
	part := func(v int) uint8 { return uint8(min(255, v*255/s.a)) }
	return color.RGBA{part(s.r), part(s.g), part(s.b), 255}, float64(s.a) / 255 / float64(s.n)
}

// reach is how far from its middle, in pixels, a picture differs from what is
// under it.
func reach(m *image.RGBA, under color.RGBA) float64 {
	const same = 12 // of 255, in one channel: no eye tells it
	b := m.Rect
	middle := float64(b.Dx()) / 2
	far := 0.0
	for y := range b.Dy() {
		for x := range b.Dx() {
			c := m.RGBAAt(b.Min.X+x, b.Min.Y+y)
			differs := func(over, under uint8) bool {
				d := int(over) + int(under)*(255-int(c.A))/255 - int(under)
				return d > same || d < -same
			}
			if differs(c.R, under.R) || differs(c.G, under.G) || differs(c.B, under.B) {
				// The pixel's corner that is farthest out.
				dx, dy := math.Abs(float64(x)+.5-middle)+.5, math.Abs(float64(y)+.5-middle)+.5
				far = max(far, dx*dx+dy*dy)
			}
		}
	}
	return math.Sqrt(far)
}
