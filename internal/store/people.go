package store

import "campfire"

// Account returns the installation; CodeNotFound before setup.
func (r *Reader) Account() (*campfire.Account, error) { panic("store") }

// CreateAccount stores the one account; CodeConflict when there is one.
func (tx *Tx) CreateAccount(a *campfire.Account) error { panic("store") }

// UpdateAccount stores all fields of the account.
func (tx *Tx) UpdateAccount(a *campfire.Account) error { panic("store") }

// User returns one person or bot.
func (r *Reader) User(id campfire.UserID) (*campfire.User, error) { panic("store") }

// UserByEmail finds an address, letter case ignored, with its password hash.
func (r *Reader) UserByEmail(email string) (*campfire.User, string, error) { panic("store") }

// PasswordHash returns a person's password hash; empty for bots.
func (r *Reader) PasswordHash(id campfire.UserID) (string, error) { panic("store") }

// UserFilter selects users for a list.
type UserFilter struct {
	Name     string          // substring of the name, case ignored
	Room     campfire.RoomID // members of this room alone
	Statuses []campfire.Status
	NoBots   bool
	After    campfire.UserID // the last one of the page before, in (lower(name), id) order
	Limit    int
}

// ListUsers returns users by name.
func (r *Reader) ListUsers(f UserFilter) ([]*campfire.User, error) { panic("store") }

// People returns the persons of these ids, in any order; unknown ones are left out.
func (r *Reader) People(ids []campfire.UserID) ([]campfire.Person, error) { panic("store") }

// Administrators counts active administrators.
func (r *Reader) Administrators() (int, error) { panic("store") }

// FirstAdministrator returns the oldest active administrator.
func (r *Reader) FirstAdministrator() (*campfire.User, error) { panic("store") }

// CreateUser stores u and sets its ID; CodeConflict when the address is taken.
func (tx *Tx) CreateUser(u *campfire.User, passwordHash string) error { panic("store") }

// UpdateUser stores all fields of u; CodeConflict when the address is taken.
func (tx *Tx) UpdateUser(u *campfire.User) error { panic("store") }

// SetPasswordHash replaces a person's password hash.
func (tx *Tx) SetPasswordHash(id campfire.UserID, hash string) error { panic("store") }

// SecretHash is the SHA-256 of a credential's or transfer link's secret.
type SecretHash [32]byte

// Credential finds a credential that has not expired at now, with its user.
func (r *Reader) Credential(h SecretHash, now campfire.Time) (*campfire.Credential, *campfire.User, error) {
	panic("store")
}

// CredentialAlive reports whether the credential exists and has not expired.
func (r *Reader) CredentialAlive(id campfire.CredentialID, now campfire.Time) (bool, error) {
	panic("store")
}

// Credentials lists a person's live credentials of one kind, last seen first.
func (r *Reader) Credentials(u campfire.UserID, k campfire.CredentialKind, now campfire.Time) ([]*campfire.Credential, error) {
	panic("store")
}

// CreateCredential stores c and sets its ID.
func (tx *Tx) CreateCredential(c *campfire.Credential, h SecretHash) error { panic("store") }

// DeleteCredential ends one of the person's credentials and emits CredentialEnded.
func (tx *Tx) DeleteCredential(u campfire.UserID, id campfire.CredentialID) error { panic("store") }

// DeleteCredentials ends all of the person's credentials but except (zero:
// none excepted), and emits CredentialEnded for each.
func (tx *Tx) DeleteCredentials(u campfire.UserID, except campfire.CredentialID) error {
	panic("store")
}

// TrimSessions ends the person's longest unseen sessions beyond keep.
func (tx *Tx) TrimSessions(u campfire.UserID, keep int) error { panic("store") }

// Seen is one credential's latest use.
type Seen struct {
	ID        campfire.CredentialID
	At        campfire.Time
	ExpiresAt campfire.Time // zero: unchanged
	IP        string        // empty: unchanged
	UserAgent string        // empty: unchanged
}

// TouchCredentials stores latest uses.
func (tx *Tx) TouchCredentials(seen []Seen) error { panic("store") }

// PurgeExpired deletes expired credentials and transfer links, at most limit.
func (tx *Tx) PurgeExpired(now campfire.Time, limit int) (int, error) { panic("store") }

// CreateTransfer stores a one-time sign-in link for u.
func (tx *Tx) CreateTransfer(h SecretHash, u, by campfire.UserID, now, expires campfire.Time) error {
	panic("store")
}

// TransferUser returns whom an unused, unexpired link signs in.
func (r *Reader) TransferUser(h SecretHash, now campfire.Time) (campfire.UserID, error) {
	panic("store")
}

// DeleteTransfer uses a link up.
func (tx *Tx) DeleteTransfer(h SecretHash) error { panic("store") }

// DeleteTransfers ends all links of one person.
func (tx *Tx) DeleteTransfers(u campfire.UserID) error { panic("store") }

// BannedAddresses returns all banned IP addresses.
func (r *Reader) BannedAddresses() ([]string, error) { panic("store") }

// AddressesOf returns the distinct addresses of a person's sessions.
func (r *Reader) AddressesOf(u campfire.UserID) ([]string, error) { panic("store") }

// AddBans bans addresses on account of u.
func (tx *Tx) AddBans(u campfire.UserID, addresses []string, now campfire.Time) error { panic("store") }

// RemoveBans lifts the bans on account of u.
func (tx *Tx) RemoveBans(u campfire.UserID) error { panic("store") }
