// Package webpush speaks to push services: it encrypts for a browser (RFC 8291,
// aes128gcm), says who is sending (RFC 8292, VAPID), makes the request (RFC
// 8030) and reads the answer.
//
// It refuses to know who is told what and why, where subscriptions and keys are
// kept, and how a stranger's server may be reached: the transport is given.
// Everything may be called concurrently.
package webpush
