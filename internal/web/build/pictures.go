package main

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/png"
	"io/fs"
	"math"
	"os"
)

// Colours of the pictures: the fire, and the flame before it.
var (
	fire  = color.NRGBA{0xc2, 0x41, 0x0c, 0xff}
	light = color.NRGBA{0xff, 0xf7, 0xed, 0xff}
	white = color.NRGBA{0xff, 0xff, 0xff, 0xff}
	clear = color.NRGBA{}
)

// picture is the logo as a square of pixels.
type picture struct {
	name   string
	size   int     // pixels
	flame  float64 // height of the logo, as a part of the size
	corner float64 // radius of the ground, as a part of the size
	ground color.NRGBA
	stroke color.NRGBA
}

var pictures = []picture{
	{"icon-192.png", 192, 0.62, 0.22, fire, light},
	{"icon-512.png", 512, 0.62, 0.22, fire, light},
	// Launchers cut what they like from outside of a circle of 0.4.
	{"maskable-512.png", 512, 0.5, 0, fire, light},
	{"apple-touch-icon.png", 180, 0.6, 0, fire, light},
	// Android shows the alpha alone.
	{"badge-96.png", 96, 0.92, 0, clear, white},
}

// draw paints a picture. How much of a pixel is covered follows from its
// distance to the edge.
func (p picture) draw() *image.NRGBA {
	out := image.NewNRGBA(image.Rect(0, 0, p.size, p.size))
	lines := logoLines()
	const height, middle = 21, 12 // of the logo with its strokes
	size := float64(p.size)
	scale := p.flame * size / height
	for y := range p.size {
		for x := range p.size {
			at := point{float64(x) + 0.5, float64(y) + 0.5}
			inner := point{math.Abs(at.x-size/2) - size*(0.5-p.corner), math.Abs(at.y-size/2) - size*(0.5-p.corner)}
			ground := size*p.corner - math.Hypot(max(inner.x, 0), max(inner.y, 0))
			if p.corner == 0 {
				ground = 1
			}
			on := point{(at.x-size/2)/scale + middle, (at.y-size/2)/scale + middle}
			nearest := math.Inf(1)
			for _, l := range lines {
				nearest = min(nearest, distance(on, l))
			}
			stroke := cover((1 - nearest) * scale)
			out.SetNRGBA(x, y, over(p.stroke, stroke, p.ground, cover(ground)))
		}
	}
	return out
}

// cover is how much of a pixel lies inside of an edge at a distance.
func cover(inside float64) float64 { return max(0, min(1, inside+0.5)) }

// over lays a colour with a coverage on another.
func over(top color.NRGBA, a float64, bottom color.NRGBA, b float64) color.NRGBA {
	b *= float64(bottom.A) / 255
	alpha := a + b*(1-a)
	if alpha == 0 {
		return color.NRGBA{}
	}
	mix := func(t, u uint8) uint8 {
		return uint8(math.Round((float64(t)*a + float64(u)*b*(1-a)) / alpha))
	}
	return color.NRGBA{mix(top.R, bottom.R), mix(top.G, bottom.G), mix(top.B, bottom.B), uint8(math.Round(alpha * 255))}
}

// distance from a point to a line between two.
func distance(p point, l [2]point) float64 {
	d := point{l[1].x - l[0].x, l[1].y - l[0].y}
	t := ((p.x-l[0].x)*d.x + (p.y-l[0].y)*d.y) / (d.x*d.x + d.y*d.y)
	t = max(0, min(1, t))
	return math.Hypot(p.x-l[0].x-t*d.x, p.y-l[0].y-t*d.y)
}

// write saves a picture, unless the file shows the same already: neither the
// compressor nor the last bit of a product is the same in every release of Go
// and on every machine, and a file that differs for no reason is noise.
func (p picture) write(file string) error {
	drawn := p.draw()
	b, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if before, err := png.Decode(bytes.NewReader(b)); err == nil && alike(before, drawn) {
		return nil
	}
	var out bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&out, drawn); err != nil {
		return err
	}
	return os.WriteFile(file, out.Bytes(), 0o644)
}

// alike reports whether two pictures differ by no more than rounding.
func alike(a image.Image, b *image.NRGBA) bool {
	if a.Bounds() != b.Bounds() {
		return false
	}
	near := func(x, y uint8) bool { return max(x, y)-min(x, y) <= 1 }
	for y := range b.Rect.Dy() {
		for x := range b.Rect.Dx() {
			p, q := color.NRGBAModel.Convert(a.At(x, y)).(color.NRGBA), b.NRGBAAt(x, y)
			if !near(p.A, q.A) || p.A > 1 && !(near(p.R, q.R) && near(p.G, q.G) && near(p.B, q.B)) {
				return false
			}
		}
	}
	return true
}
