package media

import (
	"image"
	"image/color"
	"image/draw"
)

// rows reads part of any picture, row by row, as premultiplied RGBA of one byte
// each: a copy of the whole would be four bytes for each pixel.
type rows struct {
	img  image.Image
	part image.Rectangle
	row  []byte
	// palette of a paletted picture, already as RGBA
	palette [256][4]byte
}

func newRows(img image.Image, part image.Rectangle) *rows {
	r := &rows{img: img, part: part, row: make([]byte, 4*part.Dx())}
	if p, ok := img.(*image.Paletted); ok {
		for i, c := range p.Palette[:min(256, len(p.Palette))] {
			v := color.RGBAModel.Convert(c).(color.RGBA)
			r.palette[i] = [4]byte{v.R, v.G, v.B, v.A}
		}
	}
	return r
}

// at returns row y of the picture, which holds until the next call.
func (r *rows) at(y int) []byte {
	x0, x1, out := r.part.Min.X, r.part.Max.X, r.row
	switch m := r.img.(type) {
	case *image.RGBA:
		i := m.PixOffset(x0, y)
		return m.Pix[i : i+len(out)]
	case *image.NRGBA:
		in := m.Pix[m.PixOffset(x0, y):][:len(out)]
		for i := 0; i < len(out); i += 4 {
			multiply(out[i:i+4:i+4], in[i:i+4:i+4])
		}
	case *image.Paletted:
		for i, v := range m.Pix[m.PixOffset(x0, y):][:x1-x0] {
			copy(out[4*i:4*i+4], r.palette[v][:])
		}
	case *image.Gray:
		for i, v := range m.Pix[m.PixOffset(x0, y):][:x1-x0] {
			out[4*i], out[4*i+1], out[4*i+2], out[4*i+3] = v, v, v, 255
		}
	case *image.YCbCr:
		for i, x := 0, x0; x < x1; i, x = i+4, x+1 {
			yi, ci := m.YOffset(x, y), m.COffset(x, y)
			out[i], out[i+1], out[i+2] = color.YCbCrToRGB(m.Y[yi], m.Cb[ci], m.Cr[ci])
			out[i+3] = 255
		}
	case *image.NYCbCrA:
		var p [4]byte
		for i, x := 0, x0; x < x1; i, x = i+4, x+1 {
			yi, ci := m.YOffset(x, y), m.COffset(x, y)
			p[0], p[1], p[2] = color.YCbCrToRGB(m.Y[yi], m.Cb[ci], m.Cr[ci])
			p[3] = m.A[m.AOffset(x, y)]
			multiply(out[i:i+4:i+4], p[:])
		}
	default:
		dst := &image.RGBA{Pix: out, Stride: len(out), Rect: image.Rect(x0, y, x1, y+1)}
		draw.Draw(dst, dst.Rect, m, dst.Rect.Min, draw.Src)
	}
	return out
}

// multiply puts colours by their alpha, as color.NRGBA does.
func multiply(out, in []byte) {
	a := uint32(in[3])
	if a == 255 {
		copy(out, in)
		return
	}
	for i := range 3 {
		out[i] = byte((uint32(in[i])*a + 127) / 255)
	}
	out[3] = in[3]
}
