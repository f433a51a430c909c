package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// lockFile is held by the one process that owns the directory.
const lockFile = "campfire.lock"

// lockDirectory makes the data directory if need be, refuses one that can't
// keep data safe, and takes its lock.
func lockDirectory(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("the data directory %s can't be made: %w; choose another with CAMPFIRE_DATA", dir, reason(err))
	}
	if kind := networkKind(dir); kind != "" {
		return nil, fmt.Errorf("the data directory %s is on a network file system (%s), where SQLite can lose data; use a local disk, or PostgreSQL once it is supported", dir, kind)
	}
	path := filepath.Join(dir, lockFile)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the data directory %s is not writable: %w; give it to this user or choose another with CAMPFIRE_DATA", dir, reason(err))
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		defer f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			b := make([]byte, 20)
			n, _ := f.ReadAt(b, 0)
			return nil, &LockedError{Dir: dir, PID: strings.TrimSpace(string(b[:n]))}
		}
		return nil, fmt.Errorf("the data directory %s can't be locked: %w", dir, err)
	}
	if err := errors.Join(f.Truncate(0), writeAt(f, fmt.Sprintln(os.Getpid()))); err != nil {
		f.Close()
		return nil, fmt.Errorf("the data directory %s is not writable: %w; free some space or choose another with CAMPFIRE_DATA", dir, reason(err))
	}
	return f, nil
}

// LockedError says that another process owns the data directory.
type LockedError struct {
	Dir string
	PID string // as the owner wrote it; may be empty
}

// Error names the owner and the ways out.
func (e *LockedError) Error() string {
	owner := "another Campfire"
	if e.PID != "" {
		owner += " (process " + e.PID + ")"
	}
	return fmt.Sprintf("%s is running on the data directory %s; stop it first, or choose another directory with CAMPFIRE_DATA", owner, e.Dir)
}

func writeAt(f *os.File, s string) error {
	_, err := f.WriteAt([]byte(s), 0)
	return err
}

// createPrivate makes the database file readable by its owner alone.
func createPrivate(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("the database %s can't be opened: %w; check who owns it", path, reason(err))
	}
	return f.Close()
}

// reason strips the path that the sentence around it names already.
func reason(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}
