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

// MaxMemory is what decoding one picture may take, in bytes. A picture that
// would take more has no thumbnail. What is made of it comes on top: less than
// 16 MiB.
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

// decode returns the picture as it is stored, not yet turned.
func decode(src Source, l Limits) (img image.Image, info Info, err error) {
	info, err = Inspect(src, l)
	if err != nil {
		return nil, info, err
	}
	c := codecs[info.Type.Name]
	if c.decode == nil {
		return nil, info, fmt.Errorf("%w: %s", ErrUnsupported, info.Type.Name)
	}
	if info.memory > MaxMemory {
		return nil, info, fmt.Errorf("%w: decoding it would take %d MiB", ErrTooLarge, info.memory>>20)
	}
	open := func() (io.Reader, error) { return all(src), nil }
	width, height := info.Width, info.Height
	if info.Orientation.turned() {
		width, height = height, width
	}
	if f := info.first; f.n > 0 {
		open = func() (io.Reader, error) { return webpReader(src, &info) }
		width, height = f.width, f.height
	}
	r, err := open()
	if err != nil {
		return nil, info, err
	}
	// The decoder reads the header for itself. Where it understands another
	// picture than the one that was held against the limits, it gets none.
	if config, err := c.config(r); err != nil || config.Width != width || config.Height != height {
		return nil, info, malformed(info.Type.Name, "its dimensions are not clear")
	}
	if r, err = open(); err != nil {
		return nil, info, err
	}
	if img, err = c.decode(r); err != nil {
		return nil, info, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return onCanvas(img, &info), info, nil
}

// onCanvas puts the frame of an animation that doesn't fill its picture where
// it belongs.
func onCanvas(img image.Image, info *Info) image.Image {
	canvas := image.Rect(0, 0, info.Width, info.Height)
	if info.Orientation.turned() {
		canvas = image.Rect(0, 0, info.Height, info.Width)
	}
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
