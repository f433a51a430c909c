package media

import (
	"errors"
	"fmt"
)

// What can be wrong with a file. Use errors.Is.
var (
	// ErrTooLarge: more pixels, frames or memory than is allowed. Nothing was
	// decoded.
	ErrTooLarge = errors.New("the picture is too large")
	// ErrUnsupported: nothing here can make a picture of this type.
	ErrUnsupported = errors.New("no picture can be made of this type")
	// ErrMalformed: the bytes are not what they claim to be.
	ErrMalformed = errors.New("the file is damaged")
	// ErrBusy: as many pictures as may wait are waiting. Try again shortly.
	ErrBusy = errors.New("too many pictures are being made")
)

func malformed(format string, what string) error {
	return fmt.Errorf("%w: %s: %s", ErrMalformed, format, what)
}
