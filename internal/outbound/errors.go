package outbound

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
)

// What went wrong with a request, for errors.Is. What fits none of them (no
// such name, no connection, no HTTP) is ErrUnreachable. A status is no error.
var (
	ErrRefused     = errors.New("the policy refuses")
	ErrTooLarge    = errors.New("the answer is too large")
	ErrTimeout     = errors.New("the answer took too long")
	ErrRedirects   = errors.New("too many redirects")
	ErrContentType = errors.New("the answer is of another kind")
	ErrUnreachable = errors.New("no answer")
)

// Reason is the kind of an error in one word, for metrics and logs: refused,
// too_large, timeout, redirects, content_type, unreachable; cancelled when the
// caller gave up; empty for nil.
func Reason(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, ErrRefused):
		return "refused"
	case errors.Is(err, ErrTooLarge):
		return "too_large"
	case errors.Is(err, ErrTimeout):
		return "timeout"
	case errors.Is(err, ErrRedirects):
		return "redirects"
	case errors.Is(err, ErrContentType):
		return "content_type"
	case errors.Is(err, context.Canceled):
		return "cancelled"
	default:
		return "unreachable"
	}
}

// unanswered reports whether an error may tell what stands at an address.
func unanswered(err error) bool {
	return errors.Is(err, ErrRefused) || errors.Is(err, ErrUnreachable) || errors.Is(err, ErrTimeout)
}

func refused(format string, args ...any) error {
	return fmt.Errorf("%w "+format, append([]any{ErrRefused}, args...)...)
}

// classify gives an error of the transport its kind.
func classify(err error) error {
	for _, kind := range []error{ErrRefused, ErrTooLarge, ErrTimeout, ErrRedirects, ErrContentType, ErrUnreachable, context.Canceled} {
		if errors.Is(err, kind) {
			return err
		}
	}
	var slow net.Error
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &slow) && slow.Timeout() {
		return fmt.Errorf("%w: %w", ErrTimeout, err)
	}
	return fmt.Errorf("%w: %w", ErrUnreachable, err)
}
