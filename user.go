package campfire

import "slices"

// Role is what a person may do beyond taking part.
type Role uint8

// The roles. Stored as these numbers.
const (
	Member Role = iota
	Administrator
	Bot
)

// String returns the role's name on the wire.
func (r Role) String() string { return [...]string{"member", "administrator", "bot"}[r] }

// ParseRole reads the name of a role that a person can be given.
func ParseRole(s string) (Role, bool) {
	switch s {
	case "member":
		return Member, true
	case "administrator":
		return Administrator, true
	}
	return 0, false
}

// Status says whether a person still has access.
type Status uint8

// The statuses. Stored as these numbers.
const (
	Active Status = iota
	Deactivated
	Banned
)

// String returns the status's name on the wire.
func (s Status) String() string { return [...]string{"active", "deactivated", "banned"}[s] }

// Person is the part of a user that messages, boosts and lists carry.
type Person struct {
	ID   UserID
	Name string
	// Avatar changes when the person's picture or name does; it is part of
	// the picture's address, so that caches can keep pictures for ever.
	Avatar int32
	Role   Role
}

// User is a person or a bot.
type User struct {
	Person
	Status    Status
	Email     string // empty for bots; shown to the person and administrators only
	Bio       string
	CreatedAt Time
	// HiddenThrough hides every message of this author up to and including
	// this id: a ban sets it in one statement, long before the sweep has
	// written the tombstones.
	HiddenThrough MessageID
}

// Actor is who asks: an authenticated user and the credential that proved it.
// Its Role is Member when an administrator's credential lacks ScopeAdmin.
type Actor struct {
	Person
	Kind       CredentialKind
	Scopes     Scopes
	Credential CredentialID
}

// IsAdministrator reports whether the actor administers the installation.
func (a Actor) IsAdministrator() bool { return a.Role == Administrator }

// CredentialKind tells what an actor signed in with.
type CredentialKind uint8

// The kinds of credential. Stored as these numbers.
const (
	SessionCredential CredentialKind = iota
	TokenCredential
	BotCredential
	// HookCredential is the address of an incoming webhook. It is no stored
	// credential: it lets nobody in anywhere but in its hook's room.
	HookCredential
)

// Scopes are what a credential may be used for.
type Scopes uint8

// The scopes. Stored as these bits.
const (
	ScopeRead  Scopes = 1 << iota // see what its owner sees
	ScopeWrite                    // post and change what its owner may
	ScopeAdmin                    // what its owner may as an administrator

	// AllScopes is what sessions and bots' keys have.
	AllScopes = ScopeRead | ScopeWrite | ScopeAdmin
)

var scopeNames = []string{"read", "write", "admin"}

// Has reports whether all of want are among s.
func (s Scopes) Has(want Scopes) bool { return s&want == want }

// Names returns the names of the scopes on the wire.
func (s Scopes) Names() []string {
	names := []string{}
	for i, name := range scopeNames {
		if s.Has(1 << i) {
			names = append(names, name)
		}
	}
	return names
}

// ParseScopes reads names of scopes.
func ParseScopes(names []string) (s Scopes, ok bool) {
	for _, name := range names {
		i := slices.Index(scopeNames, name)
		if i < 0 {
			return 0, false
		}
		s |= 1 << i
	}
	return s, true
}

// Credential is a session of a device, a personal access token or a bot's
// key. Only a hash of its secret is stored.
type Credential struct {
	ID         CredentialID
	User       UserID
	Kind       CredentialKind
	Scopes     Scopes
	Name       string // of a token; of a session, how it came about when not by password
	UserAgent  string // of a session, cut to 400 bytes
	IP         string
	CreatedAt  Time
	LastSeenAt Time
	ExpiresAt  Time // zero: until revoked
}

// Account is the installation: there is exactly one once it is set up.
type Account struct {
	Name     string
	JoinCode string
	// RestrictRoomCreation leaves making shared rooms to administrators.
	RestrictRoomCreation bool
	// Accent is the hue of the page's accent colour, 0 to 359 degrees.
	Accent int
	// Previews says whether what links lead to is fetched and shown.
	Previews bool
	// Styles is the version of the installation's own style sheet; empty:
	// there is none.
	Styles string
	// Logo is the version of the installation's own logo; empty: there is none.
	Logo      string
	CreatedAt Time
}
