package media

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/jpeg"
	"image/png"
)

// Box is the size that a picture has to fit in, in pixels.
type Box struct{ Width, Height int }

// ThumbnailBox is how large pictures in a room are at most.
var ThumbnailBox = Box{1200, 800}

// Picture is a picture made here: upright, still, without anything that a
// camera wrote, JPEG when opaque and PNG when not.
type Picture struct {
	Type          Type
	Width, Height int
	Data          []byte
}

// quality of JPEG. Above it files grow faster than they look better.
const quality = 82

// thumbnail makes src fit into the box. It is never enlarged.
func thumbnail(src Source, info *Info, box Box) (p *Picture, err error) {
	defer guard(&err)
	if info.Orientation.turned() {
		box = Box{box.Height, box.Width}
	}
	// The large one may go while the small one is encoded.
	small, err := decodeSmall(src, info, info.stored(), box)
	if err != nil {
		return nil, err
	}
	return encode(info.Orientation.upright(small), profile(src, info, small))
}

// shrink makes part of img fit into the box. JPEG's planes are made smaller as
// they are, so that nothing is converted to RGB and back.
func shrink(img image.Image, part image.Rectangle, box Box) image.Image {
	w, h := fit(part.Dx(), part.Dy(), box)
	whole := part == img.Bounds()
	switch m := img.(type) {
	case *image.Gray:
		if whole {
			out := image.NewGray(image.Rect(0, 0, w, h))
			shrinkPlane(out.Pix, out.Stride, w, h, m.Pix, m.Stride, part.Dx(), part.Dy())
			return out
		}
	case *image.YCbCr:
		cw, ch := chromaSize(m)
		if whole && cw >= (w+1)/2 && ch >= (h+1)/2 {
			out := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
			shrinkPlane(out.Y, out.YStride, w, h, m.Y, m.YStride, part.Dx(), part.Dy())
			shrinkPlane(out.Cb, out.CStride, (w+1)/2, (h+1)/2, m.Cb, m.CStride, cw, ch)
			shrinkPlane(out.Cr, out.CStride, (w+1)/2, (h+1)/2, m.Cr, m.CStride, cw, ch)
			return out
		}
	}
	out, a := newShrunk(part, box)
	in := newRows(img, part)
	for y := part.Min.Y; y < part.Max.Y; y++ {
		a.add(in.at(y))
	}
	return out
}

// newShrunk returns what a part of a picture becomes in the box, and where its
// rows have to go.
func newShrunk(part image.Rectangle, box Box) (*image.RGBA, *area) {
	w, h := fit(part.Dx(), part.Dy(), box)
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	return out, newArea(part.Dx(), part.Dy(), w, h, 4, func(y int, row []byte) { copy(out.Pix[y*out.Stride:], row) })
}

// chromaSize is how large the planes of colour are.
func chromaSize(m *image.YCbCr) (int, int) {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	switch m.SubsampleRatio {
	case image.YCbCrSubsampleRatio444:
	case image.YCbCrSubsampleRatio422:
		w = (w + 1) / 2
	case image.YCbCrSubsampleRatio440:
		h = (h + 1) / 2
	case image.YCbCrSubsampleRatio420:
		w, h = (w+1)/2, (h+1)/2
	case image.YCbCrSubsampleRatio411:
		w = (w + 3) / 4
	case image.YCbCrSubsampleRatio410:
		w, h = (w+3)/4, (h+1)/2
	}
	return w, h
}

func shrinkPlane(out []byte, outStride, w, h int, in []byte, inStride, fromW, fromH int) {
	a := newArea(fromW, fromH, w, h, 1, func(y int, row []byte) { copy(out[y*outStride:], row) })
	for y := range fromH {
		a.add(in[y*inStride:][:fromW])
	}
}

// encode makes a file: JPEG of what is opaque, with its colour profile if it
// has one, PNG of what is not.
func encode(img image.Image, icc []byte) (*Picture, error) {
	p := &Picture{Type: JPEG, Width: img.Bounds().Dx(), Height: img.Bounds().Dy()}
	var b bytes.Buffer
	if m, ok := img.(*image.RGBA); ok && !m.Opaque() {
		p.Type = PNG
		if err := png.Encode(&b, m); err != nil {
			return nil, err
		}
		p.Data = b.Bytes()
		return p, nil
	}
	b.Write(icc)
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}); err != nil {
		return nil, err
	}
	if p.Data = b.Bytes(); len(icc) > 0 {
		// The profile is a segment behind the picture's first marker.
		copy(p.Data, "\xff\xd8")
		copy(p.Data[2:], icc)
	}
	return p, nil
}

// iccHeader is how much stands before the profile in its segment.
const iccHeader = 14

// profile returns the segment with the colour profile of a JPEG, or nothing:
// without it the colours of most telephones' pictures are wrong.
func profile(src Source, info *Info, made image.Image) []byte {
	s := info.profile
	if s.n < iccHeader+128 || info.Type != JPEG {
		return nil
	}
	b, err := section(src, s.at, s.n, 1<<16)
	if err != nil {
		return nil
	}
	// What was made is RGB or grey; a profile of inks is not its own.
	space := "RGB "
	if _, grey := made.(*image.Gray); grey {
		space = "GRAY"
	}
	if string(b[iccHeader+16:iccHeader+20]) != space {
		return nil
	}
	head := binary.BigEndian.AppendUint16([]byte{0xff, markAPP2}, uint16(len(b)+2))
	return append(head, b...)
}
