package media

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"testing"
)

// Whatever a picture is, all that differs from the icon's ground lies where no
// system cuts, and as large as that lets it be.
func TestMaskableKeepsAllWithinTheSafeCircle(t *testing.T) {
	red, white, clear := color.NRGBA{200, 30, 30, 255}, color.NRGBA{255, 255, 255, 255}, color.NRGBA{}
	shape := func(ground, figure color.NRGBA, in func(dx, dy float64) bool) *image.NRGBA {
		m := image.NewNRGBA(image.Rect(0, 0, 300, 300))
		for y := range 300 {
			for x := range 300 {
				c := ground
				if in((float64(x)+.5)/150-1, (float64(y)+.5)/150-1) {
					c = figure
				}
				m.SetNRGBA(x, y, c)
			}
		}
		return m
	}
	disc := func(r float64) func(dx, dy float64) bool {
		return func(dx, dy float64) bool { return math.Hypot(dx, dy) < r }
	}
	all := func(dx, dy float64) bool { return true }
	half := func(dx, dy float64) bool { return dy > 0 }
	for _, c := range []struct {
		name   string
		m      image.Image
		ground color.RGBA
		far    float64 // how far from the middle the figure reaches, of the side; 0: there is none
	}{
		{"a disc on nothing", shape(clear, red, disc(1)), lightGround, .4},
		{"a small disc on nothing stays as it is", shape(clear, red, disc(.5)), lightGround, .25},
		{"a white disc on nothing", shape(clear, white, disc(1)), darkGround, .4},
		{"a disc on white", shape(white, red, disc(.9)), color.RGBA{255, 255, 255, 255}, .4},
		{"one colour", shape(red, red, all), color.RGBA{200, 30, 30, 255}, 0},
		{"two halves", shape(red, white, half), color.RGBA{}, .4},
		{"nothing at all", shape(clear, clear, all), lightGround, 0},
	} {
		p, err := NewWorkshop(Options{}).Square(t.Context(), bytes.NewReader(asPNG(t, c.m)), SquareOptions{Side: 512, PNG: true, Maskable: true})
		if err != nil {
			t.Fatal(c.name, err)
		}
		icon, err := png.Decode(bytes.NewReader(p.Data))
		if err != nil || icon.Bounds().Size() != image.Pt(512, 512) {
			t.Fatalf("%s: %v, %v", c.name, icon, err)
		}
		under := color.RGBAModel.Convert(icon.At(0, 0)).(color.RGBA)
		if c.ground != (color.RGBA{}) && under != c.ground {
			t.Errorf("%s: on %v, want %v", c.name, under, c.ground)
		}
		far := 0.0
		for y := range 512 {
			for x := range 512 {
				at := color.RGBAModel.Convert(icon.At(x, y)).(color.RGBA)
				if at.A != 255 {
					t.Fatalf("%s: transparent at %d, %d", c.name, x, y)
				}
				if d := apart(at, under); d > 20 {
					far = max(far, math.Hypot(float64(x)+.5-256, float64(y)+.5-256)/512)
				}
			}
		}
		if math.Abs(far-c.far) > .01 {
			t.Errorf("%s: reaches to %.3f of the side, want %.2f", c.name, far, c.far)
		}
	}
}

// apart is the largest difference of two colours in one channel.
func apart(a, b color.RGBA) int {
	d := 0
	for _, c := range [][2]uint8{{a.R, b.R}, {a.G, b.G}, {a.B, b.B}} {
		d = max(d, int(c[0])-int(c[1]), int(c[1])-int(c[0]))
	}
	return d
}
