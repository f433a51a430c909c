package campfire

import "strconv"

// Identifiers are positive integers below 2^53, so that JavaScript holds them
// exactly. They are never used again after what they named is gone. Each kind
// has a type of its own, so that one can't be passed for another.
type (
	UserID    int64
	RoomID    int64
	MessageID int64
	BoostID   int64
	// AttachmentID names a file, from when its upload begins.
	AttachmentID int64
	// DeviceID names a browser that takes pushes.
	DeviceID int64
	// CredentialID names a session, a personal access token or a bot's key.
	CredentialID int64
	// HookID names an incoming webhook.
	HookID int64
)

// Seq is a number in one room's log: 1, 2, 3, … without gaps. Every message,
// edit, deletion and boost takes the next one in the transaction that stores
// it. Zero comes before everything.
type Seq int64

// Everyone, in place of a user's id, stands for all members of a room.
const Everyone UserID = 0

// MaxID is the largest identifier: 2^53 − 1.
const MaxID = 1<<53 - 1

// ParseID reads a decimal identifier as it stands in a path or query. It
// reports false for anything that can't name something: zero, signs, leading
// zeros, more than [MaxID].
func ParseID[T ~int64](s string) (T, bool) {
	if s == "" || s[0] < '1' || s[0] > '9' {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n > MaxID {
		return 0, false
	}
	return T(n), true
}
