// Package auth turns passwords into hashes and makes the secrets that stand
// for a person: session tokens, personal access tokens, one-time links, join
// codes.
//
// It owns the cost of a password hash and the bound on how many are computed
// at once, so that a flood of sign-ins can't take the machine. It refuses to
// know users or storage.
//
// Everything here may be used by many goroutines.
package auth
