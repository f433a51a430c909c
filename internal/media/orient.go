package media

import "image"

// upright returns img turned as o says. Small pictures alone are turned: the
// result is a copy.
func (o Orientation) upright(img image.Image) image.Image {
	if o <= upright || o > 8 {
		return img
	}
	switch m := img.(type) {
	case *image.Gray:
		out := image.NewGray(o.rect(m.Rect))
		o.plane(out.Pix, out.Stride, m.Pix, m.Stride, m.Rect.Dx(), m.Rect.Dy(), 1)
		return out
	case *image.RGBA:
		out := image.NewRGBA(o.rect(m.Rect))
		o.plane(out.Pix, out.Stride, m.Pix, m.Stride, m.Rect.Dx(), m.Rect.Dy(), 4)
		return out
	case *image.YCbCr: // of 4:2:0, as thumbnails are
		out := image.NewYCbCr(o.rect(m.Rect), m.SubsampleRatio)
		w, h := m.Rect.Dx(), m.Rect.Dy()
		o.plane(out.Y, out.YStride, m.Y, m.YStride, w, h, 1)
		o.plane(out.Cb, out.CStride, m.Cb, m.CStride, (w+1)/2, (h+1)/2, 1)
		o.plane(out.Cr, out.CStride, m.Cr, m.CStride, (w+1)/2, (h+1)/2, 1)
		return out
	}
	return img
}

func (o Orientation) rect(r image.Rectangle) image.Rectangle {
	if o.turned() {
		return image.Rect(0, 0, r.Dy(), r.Dx())
	}
	return image.Rect(0, 0, r.Dx(), r.Dy())
}

// place is where the stored pixel (x, y) of a w × h picture is to be seen.
func (o Orientation) place(x, y, w, h int) (int, int) {
	switch o {
	case 2:
		return w - 1 - x, y
	case 3:
		return w - 1 - x, h - 1 - y
	case 4:
		return x, h - 1 - y
	case 5:
		return y, x
	case 6:
		return h - 1 - y, x
	case 7:
		return h - 1 - y, w - 1 - x
	case 8:
		return y, w - 1 - x
	}
	return x, y
}

func (o Orientation) plane(out []byte, outStride int, in []byte, inStride, w, h, n int) {
	for y := range h {
		for x := range w {
			toX, toY := o.place(x, y, w, h)
			copy(out[toY*outStride+toX*n:][:n], in[y*inStride+x*n:][:n])
		}
	}
}

// stored is where the part p of a picture of the given stored size, as it is to
// be seen, lies in the rows as they are stored.
func (o Orientation) stored(p image.Rectangle, w, h int) image.Rectangle {
	back := o
	switch o { // the inverse: quarter turns exchange, mirrors stay
	case 6:
		back = 8
	case 8:
		back = 6
	}
	if o.turned() {
		w, h = h, w
	}
	x0, y0 := back.place(p.Min.X, p.Min.Y, w, h)
	x1, y1 := back.place(p.Max.X-1, p.Max.Y-1, w, h)
	return image.Rect(min(x0, x1), min(y0, y1), max(x0, x1)+1, max(y0, y1)+1)
}
