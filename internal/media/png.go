package media

import (
	"bufio"
	"compress/zlib"
	"image"
	"io"
)

// pngHeader is what the header of a PNG says of its rows.
type pngHeader struct {
	depth, color int
	interlaced   bool
}

// Colour types of PNG.
const (
	pngGrey      = 0
	pngRGB       = 2
	pngPaletted  = 3
	pngGreyAlpha = 4
	pngRGBA      = 6
)

// channels of one pixel; zero for a header that makes no sense.
func (h pngHeader) channels() int {
	n := map[int]int{pngGrey: 1, pngRGB: 3, pngPaletted: 1, pngGreyAlpha: 2, pngRGBA: 4}[h.color]
	switch {
	case h.depth == 8, h.depth == 16 && h.color != pngPaletted:
		return n
	case (h.depth == 1 || h.depth == 2 || h.depth == 4) && (h.color == pngGrey || h.color == pngPaletted):
		return n
	}
	return 0
}

// pngRows reads a PNG that is not interlaced row by row, as premultiplied RGBA
// of one byte each: image/png makes the whole picture, four bytes or eight for
// each pixel. Checksums of chunks are not looked at; that of the pixels is.
type pngRows struct {
	header  pngHeader
	width   int
	palette [256][4]byte
	// hole is the one colour that is transparent, where there is one.
	hole    [3]int
	hasHole bool

	pixels    io.ReadCloser
	row, over []byte // the current one with its filter's number in front, and the one above
	step      int    // bytes from a sample to the one before it
	out       []byte
}

func newPNGRows(src Source, info *Info, width int) (*pngRows, error) {
	r := &pngRows{header: info.png, width: width}
	channels := r.header.channels()
	if channels == 0 {
		return nil, malformed("PNG", "an unknown kind of pixels")
	}
	bits := channels * r.header.depth
	r.step = max(1, bits/8)
	r.row = make([]byte, 1+(width*bits+7)/8)
	r.over = make([]byte, len(r.row))
	r.out = make([]byte, 4*width)
	for i := range r.palette {
		r.palette[i] = [4]byte{3: 255} // what the palette leaves out is black
	}
	c := &cursor{src: src, at: 8}
	for range maxParts {
		n, name := c.be32(), string(c.bytes(4))
		at := c.at
		switch name {
		case "PLTE":
			b, err := section(src, at, n, 3*256)
			if err != nil {
				return nil, malformed("PNG", "its palette")
			}
			for i := range len(b) / 3 {
				copy(r.palette[i][:3], b[3*i:])
			}
		case "tRNS":
			b, err := section(src, at, n, 256)
			if err != nil {
				return nil, malformed("PNG", "its transparency")
			}
			r.transparent(b)
		case "IDAT":
			z, err := zlib.NewReader(bufio.NewReaderSize(&idat{src: src, at: at, left: n}, 32<<10))
			if err != nil {
				return nil, malformed("PNG", "its pixels: "+err.Error())
			}
			r.pixels = z
			return r, nil
		}
		if c.at = at; c.err == nil {
			c.skip(n + 4)
		}
		if c.err != nil {
			return nil, malformed("PNG", "it ends too early")
		}
	}
	return nil, malformed("PNG", "too many chunks")
}

// transparent reads which colours are: of a palette by their alpha, which the
// colour is put by at once, else the one colour that is left out.
func (r *pngRows) transparent(b []byte) {
	two := func(i int) int { return int(b[2*i])<<8 | int(b[2*i+1]) }
	switch {
	case r.header.color == pngPaletted:
		for i, a := range b {
			p := r.palette[i]
			p[3] = a
			multiply(r.palette[i][:], p[:])
		}
	case r.header.color == pngGrey && len(b) >= 2:
		r.hole, r.hasHole = [3]int{two(0)}, true
	case r.header.color == pngRGB && len(b) >= 6:
		r.hole, r.hasHole = [3]int{two(0), two(1), two(2)}, true
	}
}

// next returns the next row, which holds until the one after it.
func (r *pngRows) next() ([]byte, error) {
	r.row, r.over = r.over, r.row
	if _, err := io.ReadFull(r.pixels, r.row); err != nil {
		return nil, malformed("PNG", "its pixels: "+err.Error())
	}
	if !unfilter(r.row[0], r.row[1:], r.over[1:], r.step) {
		return nil, malformed("PNG", "an unknown filter")
	}
	r.convert(r.row[1:])
	return r.out, nil
}

// unfilter takes back what was done to a row before it was compressed (PNG,
// section 9).
func unfilter(filter byte, row, over []byte, step int) bool {
	switch filter {
	case 0:
	case 1: // the pixel to the left
		for i := step; i < len(row); i++ {
			row[i] += row[i-step]
		}
	case 2: // the one above
		for i, v := range over[:len(row)] {
			row[i] += v
		}
	case 3: // their mean
		for i := range min(step, len(row)) {
			row[i] += over[i] / 2
		}
		for i := step; i < len(row); i++ {
			row[i] += byte((int(row[i-step]) + int(over[i])) / 2)
		}
	case 4: // whichever of three is closest to left + above - above left
		for i := range min(step, len(row)) {
			row[i] += over[i]
		}
		for i := step; i < len(row); i++ {
			left, above, corner := int(row[i-step]), int(over[i]), int(over[i-step])
			toLeft, toAbove := above-corner, left-corner
			toCorner := max(toLeft+toAbove, -toLeft-toAbove)
			toLeft, toAbove = max(toLeft, -toLeft), max(toAbove, -toAbove)
			switch {
			case toLeft <= toAbove && toLeft <= toCorner:
				row[i] += byte(left)
			case toAbove <= toCorner:
				row[i] += byte(above)
			default:
				row[i] += byte(corner)
			}
		}
	default:
		return false
	}
	return true
}

// convert puts a row of samples into r.out.
func (r *pngRows) convert(row []byte) {
	wide := r.header.depth / 8 // bytes of a sample, of which the first says enough
	switch {
	case r.header.color == pngRGBA:
		for x, i := 0, 0; x < r.width; x, i = x+1, i+4*wide {
			p := [4]byte{row[i], row[i+wide], row[i+2*wide], row[i+3*wide]}
			multiply(r.out[4*x:4*x+4:4*x+4], p[:])
		}
	case r.header.color == pngGreyAlpha:
		for x, i := 0, 0; x < r.width; x, i = x+1, i+2*wide {
			p := [4]byte{row[i], row[i], row[i], row[i+wide]}
			multiply(r.out[4*x:4*x+4:4*x+4], p[:])
		}
	case r.header.color == pngRGB:
		for x, i := 0, 0; x < r.width; x, i = x+1, i+3*wide {
			o := r.out[4*x : 4*x+4 : 4*x+4]
			o[0], o[1], o[2], o[3] = row[i], row[i+wide], row[i+2*wide], 255
			if r.hasHole && r.sample(row[i:]) == r.hole[0] && r.sample(row[i+wide:]) == r.hole[1] && r.sample(row[i+2*wide:]) == r.hole[2] {
				clear(o)
			}
		}
	case wide > 0 && r.header.color == pngGrey:
		for x, i := 0, 0; x < r.width; x, i = x+1, i+wide {
			r.grey(x, row[i], r.sample(row[i:]))
		}
	default: // samples that may share a byte: grey or a place in the palette
		depth := r.header.depth
		most := 1<<depth - 1
		for x := range r.width {
			bit := x * depth
			v := int(row[bit/8]) >> (8 - depth - bit%8) & most
			if r.header.color == pngPaletted {
				copy(r.out[4*x:4*x+4], r.palette[v][:])
			} else {
				r.grey(x, byte(v*255/most), v)
			}
		}
	}
}

// sample is the value at the beginning of b, whole.
func (r *pngRows) sample(b []byte) int {
	if r.header.depth == 16 {
		return int(b[0])<<8 | int(b[1])
	}
	return int(b[0])
}

func (r *pngRows) grey(x int, shade byte, v int) {
	o := r.out[4*x : 4*x+4 : 4*x+4]
	o[0], o[1], o[2], o[3] = shade, shade, shade, 255
	if r.hasHole && v == r.hole[0] {
		clear(o)
	}
}

// shrinkPNG makes part of a PNG fit into the box while it is read.
func shrinkPNG(src Source, info *Info, width int, part image.Rectangle, box Box) (*image.RGBA, error) {
	rows, err := newPNGRows(src, info, width)
	if err != nil {
		return nil, err
	}
	defer rows.pixels.Close()
	out, a := newShrunk(part, box)
	for y := range part.Max.Y {
		row, err := rows.next()
		if err != nil {
			return nil, err
		}
		if y >= part.Min.Y {
			a.add(row[4*part.Min.X : 4*part.Max.X])
		}
	}
	return out, nil
}

// idat reads what lies in the chunks of pixels, which follow each other.
type idat struct {
	src    Source
	at     int64 // of the next byte
	left   int64 // of the chunk
	chunks int
}

func (d *idat) Read(p []byte) (int, error) {
	for d.left == 0 {
		c := &cursor{src: d.src, at: d.at + 4} // behind the checksum
		n, name := c.be32(), string(c.bytes(4))
		if d.chunks++; c.err != nil || name != "IDAT" || d.chunks > maxChunks {
			return 0, io.EOF
		}
		d.at, d.left = c.at, n
	}
	n, err := d.src.ReadAt(p[:min(int64(len(p)), d.left)], d.at)
	d.at, d.left = d.at+int64(n), d.left-int64(n)
	if n > 0 {
		err = nil // what is wrong is found at the next read
	}
	return n, err
}
