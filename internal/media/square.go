package media

import (
	"bytes"
	"image"
	"image/jpeg"
	"image/png"

	"golang.org/x/image/draw"
)

// Crop is a square part of a picture as it is to be seen, in its pixels. The
// zero Crop is the largest square in the middle. What lies outside of the
// picture is moved inside.
type Crop struct{ X, Y, Side int }

func (c Crop) within(w, h int) image.Rectangle {
	if c.Side <= 0 {
		side := min(w, h)
		c = Crop{(w - side) / 2, (h - side) / 2, side}
	}
	c.Side = min(c.Side, w, h)
	c.X, c.Y = min(max(0, c.X), w-c.Side), min(max(0, c.Y), h-c.Side)
	return image.Rect(c.X, c.Y, c.X+c.Side, c.Y+c.Side)
}

// SquareOptions say what square is to be made.
type SquareOptions struct {
	Crop Crop
	// Side is the result's width and height. A smaller picture is enlarged.
	Side int
	// PNG asks for PNG even where nothing is transparent.
	PNG bool
	// Maskable makes an application's icon of it, which a system may cut to any
	// form: what there is to see is made smaller, on a ground that fills the rest.
	Maskable bool
	// MaxBytes bounds the result: its quality is lowered for it, and the side
	// of a PNG. Zero is no bound.
	MaxBytes int
}

func square(src Source, info *Info, o SquareOptions) (p *Picture, err error) {
	defer guard(&err)
	stored := info.stored()
	part := info.Orientation.stored(o.Crop.within(info.Width, info.Height), stored.Dx(), stored.Dy())
	planes, err := decodeSmall(src, info, part, Box{o.Side, o.Side})
	if err != nil {
		return nil, err
	}
	m, ok := planes.(*image.RGBA)
	if !ok { // the whole of a JPEG keeps its planes
		m = image.NewRGBA(planes.Bounds())
		draw.Draw(m, m.Rect, planes, planes.Bounds().Min, draw.Src)
	}
	m = enlarge(info.Orientation.upright(m).(*image.RGBA), o.Side)
	if o.Maskable {
		m = maskable(m)
	}
	return encodeSquare(m, o)
}

func enlarge(m *image.RGBA, side int) *image.RGBA {
	if m.Rect.Dx() == side && m.Rect.Dy() == side {
		return m
	}
	out := image.NewRGBA(image.Rect(0, 0, side, side))
	draw.CatmullRom.Scale(out, out.Rect, m, m.Rect, draw.Src, nil)
	return out
}

// leastSide is how small a square becomes for MaxBytes: 36 KiB before it is
// compressed.
const leastSide = 96

func encodeSquare(m *image.RGBA, o SquareOptions) (*Picture, error) {
	fits := func(b *bytes.Buffer) bool { return o.MaxBytes == 0 || b.Len() <= o.MaxBytes }
	var b bytes.Buffer
	if !o.PNG && m.Opaque() {
		for quality := 88; quality >= 28; quality -= 15 {
			b.Reset()
			if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: quality}); err != nil {
				return nil, err
			}
			if fits(&b) {
				break
			}
		}
		return &Picture{JPEG, m.Rect.Dx(), m.Rect.Dy(), b.Bytes()}, nil
	}
	for {
		b.Reset()
		if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, m); err != nil {
			return nil, err
		}
		side := m.Rect.Dx() * 3 / 4
		if fits(&b) || side < leastSide {
			return &Picture{PNG, m.Rect.Dx(), m.Rect.Dy(), b.Bytes()}, nil
		}
		m = shrink(m, m.Rect, Box{side, side}).(*image.RGBA)
	}
}
