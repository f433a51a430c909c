//go:build !linux

package app

import "runtime/debug"

// rest gives back what starting took.
func rest() { debug.FreeOSMemory() }
