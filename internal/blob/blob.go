package blob

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"strings"
	"syscall"
	"time"

	"campfire"
)

// Store keeps blobs whole. A blob that is not there is fs.ErrNotExist.
type Store interface {
	// Keep takes a draft over: once it returns nil, the blob is durable under
	// the draft's key and the draft is gone. Otherwise the draft is as it was.
	Keep(ctx context.Context, d *Draft) error
	// Open returns a blob to be read, from any place. ctx holds for all of it.
	Open(ctx context.Context, key string) (Blob, error)
	// Size returns how many bytes a blob has, without opening it.
	Size(ctx context.Context, key string) (int64, error)
	// Delete removes a blob; one that is not there is removed.
	Delete(ctx context.Context, key string) error
	// Each calls f with the keys of all blobs that were kept before a time,
	// until f fails.
	Each(ctx context.Context, before time.Time, f func(key string) error) error
}

// Blob is the content of one blob.
type Blob interface {
	io.ReadSeekCloser
	Size() int64
}

// NewKey returns a key that no other blob has: 26 letters and digits.
func NewKey() string { return strings.ToLower(rand.Text()) }

// validKey reports whether a key can have come from NewKey, with an ending
// that the caller may have put behind it.
func validKey(key string) bool {
	if len(key) < 26 || len(key) > 64 {
		return false
	}
	for i := range len(key) {
		if c := key[i]; !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' && i >= 26) {
			return false
		}
	}
	return true
}

// full turns a failure for want of room into what its caller is told.
func full(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return noRoom(err)
	}
	return err
}

func noRoom(cause error) error {
	return &campfire.Error{Code: campfire.CodeStorageFull, Err: cause,
		Detail: "The server's disk is full; nothing was stored."}
}

// errKey is of a key that no blob can have.
var errKey = errors.Join(errors.New("no such key"), fs.ErrNotExist)
