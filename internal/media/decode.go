package media

import (
	"fmt"
	"image"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/tiff"
	"golang.org/x/image/webp"
)

// MaxMemory is what decoding pictures may take at a time, in bytes: one picture
// that would take more has no thumbnail, and of several that would take more
// together one waits. A PNG is read row by row; a JPEG of a telephone takes one
// and a half bytes for each pixel, or seven and a half where it is progressive.
// What is made of it comes on top: less than 16 MiB.
const MaxMemory = 256 << 20

// codec decodes one type. Only the first frame is decoded.
type codec struct {
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
}

// codecs are the types of which a thumbnail is made. BMP, ICO and PSD have none
// on purpose; AVIF and HEIC have none because no decoder in Go is sound enough.
var codecs = map[string]codec{
	PNG.Name:  {png.DecodeConfig, png.Decode},
	JPEG.Name: {jpeg.DecodeConfig, jpeg.Decode},
	GIF.Name:  {gif.DecodeConfig, gif.Decode},
	WebP.Name: {webp.DecodeConfig, webp.Decode},
	TIFF.Name: {tiff.DecodeConfig, tiff.Decode},
}

// CanThumbnail reports whether pictures of this type can be made smaller here.
func CanThumbnail(t Type) bool { return codecs[t.Name].decode != nil }

// decodable inspects a picture and refuses one that can't be decoded, or not
// within its bounds.
func decodable(src Source, l Limits) (Info, error) {
	info, err := Inspect(src, l)
	if err != nil {
		return info, err
	}
	if !CanThumbnail(info.Type) {
		return info, fmt.Errorf("%w: %s", ErrUnsupported, info.Type.Name)
	}
	if info.memory > MaxMemory {
		return info, fmt.Errorf("%w: decoding it would take %d MiB", ErrTooLarge, info.memory>>20)
	}
	return info, nil
}

// stored is the picture as it is stored, not yet turned.
func (info *Info) stored() image.Rectangle {
	if info.Orientation.turned() {
		return image.Rect(0, 0, info.Height, info.Width)
	}
	return image.Rect(0, 0, info.Width, info.Height)
}

// decodeSmall makes part of a decodable picture, as it is stored, fit into the
// box.
func decodeSmall(src Source, info *Info, part image.Rectangle, box Box) (image.Image, error) {
	if info.Type == PNG && !info.png.interlaced {
		return shrinkPNG(src, info, info.stored().Dx(), part, box)
	}
	img, err := decode(src, info)
	if err != nil {
		return nil, err
	}
	return shrink(img, part.Add(img.Bounds().Min), box), nil
}

// decode returns a decodable picture as it is stored, not yet turned.
func decode(src Source, info *Info) (img image.Image, err error) {
	c := codecs[info.Type.Name]
	open := func() (io.Reader, error) { return all(src), nil }
	width, height := info.stored().Dx(), info.stored().Dy()
	if f := info.first; f.n > 0 {
		open = func() (io.Reader, error) { return webpReader(src, info) }
		width, height = f.width, f.height
	}
	r, err := open()
	if err != nil {
		return nil, err
	}
	// The decoder reads the header for itself. Where it understands another
	// picture than the one that was held against the limits, it gets none.
	if config, err := c.config(r); err != nil || config.Width != width || config.Height != height {
		return nil, malformed(info.Type.Name, "its dimensions are not clear")
	}
	if r, err = open(); err != nil {
		return nil, err
	}
	if info.Type == JPEG {
		r = &scanBound{r: r}
	}
	if img, err = c.decode(r); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return onCanvas(img, info), nil
}

// onCanvas puts the frame of an animation that doesn't fill its picture where
// it belongs.
func onCanvas(img image.Image, info *Info) image.Image {
	canvas := info.stored()
	if img.Bounds() == canvas && info.first.x == 0 && info.first.y == 0 {
		return img
	}
	out := image.NewRGBA(canvas)
	to := img.Bounds().Add(image.Pt(info.first.x, info.first.y))
	draw.Draw(out, to, img, img.Bounds().Min, draw.Src)
	return out
}

// guard turns a panic of a decoder into ErrMalformed.
func guard(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("%w: %v", ErrMalformed, r)
	}
}
