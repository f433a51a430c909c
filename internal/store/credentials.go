package store

import (
	"campfire"
	"campfire/internal/sqlite"
)

// SecretHash is the SHA-256 of a credential's or transfer link's secret.
type SecretHash [32]byte

const credentialColumns = `c.id, c.user_id, c.kind, c.scopes, c.name, c.user_agent, c.ip, c.created_at, c.last_seen_at, c.expires_at`

func credentialDest(c *campfire.Credential, more ...any) []any {
	return append([]any{&c.ID, &c.User, &c.Kind, &c.Scopes, &c.Name, repeated(&c.UserAgent), &c.IP, &c.CreatedAt, &c.LastSeenAt, &c.ExpiresAt}, more...)
}

var (
	credentialGet = define("credential", `SELECT `+credentialColumns+`, `+userColumns+`
		FROM credentials c JOIN users u ON u.id = c.user_id
		WHERE c.hash = $1 AND (c.expires_at = 0 OR c.expires_at > $2)`)
	credentialAlive = define("credential", `SELECT count(*) FROM credentials WHERE id = $1 AND (expires_at = 0 OR expires_at > $2)`)
	credentialList  = define("credential", `SELECT `+credentialColumns+` FROM credentials c
		WHERE c.user_id = $1 AND c.kind = $2 AND (c.expires_at = 0 OR c.expires_at > $3)
		ORDER BY c.last_seen_at DESC, c.id DESC`)
	credentialCreate = define("credential_write", `INSERT INTO credentials (user_id, kind, scopes, hash, name, user_agent, ip, created_at, last_seen_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id`)
	credentialDelete    = define("credential_write", `DELETE FROM credentials WHERE user_id = $1 AND id = $2`)
	credentialDeleteAll = define("credential_write", `DELETE FROM credentials WHERE user_id = $1 AND id <> $2 RETURNING id`)
	sessionTrim         = define("credential_write", `DELETE FROM credentials WHERE id IN
		(SELECT id FROM credentials WHERE user_id = $1 AND kind = 0 ORDER BY last_seen_at DESC, id DESC LIMIT -1 OFFSET $2) RETURNING id`)
	credentialTouch = define("credential_write", `UPDATE credentials SET last_seen_at = $2,
		expires_at = CASE WHEN $3 = 0 THEN expires_at ELSE $3 END,
		ip = CASE WHEN $4 = '' THEN ip ELSE $4 END,
		user_agent = CASE WHEN $5 = '' THEN user_agent ELSE $5 END
		WHERE id = $1`)
	credentialPurge = define("credential_write", `DELETE FROM credentials WHERE id IN
		(SELECT id FROM credentials WHERE expires_at > 0 AND expires_at <= $1 LIMIT $2)`)
)

// Credential finds a credential that has not expired at now, with its user.
func (r *Reader) Credential(h SecretHash, now campfire.Time) (*campfire.Credential, *campfire.User, error) {
	c, u := &campfire.Credential{}, &campfire.User{}
	if err := r.one(credentialGet, args{h[:], now}, credentialDest(c, userDest(u)...)...); err != nil {
		return nil, nil, notFound(err, "credential")
	}
	return c, u, nil
}

// CredentialAlive reports whether the credential exists and has not expired.
func (r *Reader) CredentialAlive(id campfire.CredentialID, now campfire.Time) (bool, error) {
	var n int
	err := r.one(credentialAlive, args{id, now}, &n)
	return n > 0, err
}

// Credentials lists a person's live credentials of one kind, last seen first.
func (r *Reader) Credentials(u campfire.UserID, k campfire.CredentialKind, now campfire.Time) ([]*campfire.Credential, error) {
	return list(r, credentialList, args{u, k, now}, func(rows *sqlite.Stmt, c **campfire.Credential) error {
		*c = &campfire.Credential{}
		return rows.Scan(credentialDest(*c)...)
	})
}

// CreateCredential stores c and sets its ID.
func (tx *Tx) CreateCredential(c *campfire.Credential, h SecretHash) error {
	return tx.returning(credentialCreate, args{c.User, c.Kind, c.Scopes, h[:], c.Name, c.UserAgent, c.IP,
		c.CreatedAt, c.LastSeenAt, c.ExpiresAt}, &c.ID)
}

// DeleteCredential ends one of the person's credentials and emits CredentialEnded.
func (tx *Tx) DeleteCredential(u campfire.UserID, id campfire.CredentialID) error {
	n, err := tx.execCount(credentialDelete, u, id)
	if err != nil {
		return err
	}
	if n == 0 {
		return campfire.NotFound("credential")
	}
	tx.Emit(&campfire.CredentialEnded{User: u, Credential: id})
	return nil
}

// DeleteCredentials ends all of the person's credentials but except (zero:
// none excepted), and emits CredentialEnded for each.
func (tx *Tx) DeleteCredentials(u campfire.UserID, except campfire.CredentialID) error {
	return tx.ended(u, credentialDeleteAll, args{u, except})
}

// TrimSessions ends the person's longest unseen sessions beyond keep.
func (tx *Tx) TrimSessions(u campfire.UserID, keep int) error {
	return tx.ended(u, sessionTrim, args{u, keep})
}

// ended runs a deletion that returns ids and emits CredentialEnded for each.
func (tx *Tx) ended(u campfire.UserID, st *statement, a args) error {
	if err := tx.writing(); err != nil {
		return err
	}
	ids, err := column[campfire.CredentialID](&tx.Reader, st, a)
	for _, id := range ids {
		tx.Emit(&campfire.CredentialEnded{User: u, Credential: id})
	}
	return err
}

// Seen is one credential's latest use.
type Seen struct {
	ID        campfire.CredentialID
	At        campfire.Time
	ExpiresAt campfire.Time // zero: unchanged
	IP        string        // empty: unchanged
	UserAgent string        // empty: unchanged
}

// TouchCredentials stores latest uses.
func (tx *Tx) TouchCredentials(seen []Seen) error {
	for _, s := range seen {
		if err := tx.exec(credentialTouch, s.ID, s.At, s.ExpiresAt, s.IP, s.UserAgent); err != nil {
			return err
		}
	}
	return nil
}

var (
	transferCreate = define("transfer", `INSERT INTO transfers (hash, user_id, made_by, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)`)
	transferGet    = define("transfer", `SELECT user_id FROM transfers WHERE hash = $1 AND expires_at > $2`)
	transferDelete = define("transfer", `DELETE FROM transfers WHERE hash = $1`)
	transferEnd    = define("transfer", `DELETE FROM transfers WHERE user_id = $1`)
	transferPurge  = define("transfer", `DELETE FROM transfers WHERE hash IN (SELECT hash FROM transfers WHERE expires_at <= $1 LIMIT $2)`)
)

// CreateTransfer stores a one-time sign-in link for u.
func (tx *Tx) CreateTransfer(h SecretHash, u, by campfire.UserID, now, expires campfire.Time) error {
	return tx.exec(transferCreate, h[:], u, by, now, expires)
}

// TransferUser returns whom an unused, unexpired link signs in.
func (r *Reader) TransferUser(h SecretHash, now campfire.Time) (u campfire.UserID, err error) {
	return u, notFound(r.one(transferGet, args{h[:], now}, &u), "sign-in link")
}

// DeleteTransfer uses a link up.
func (tx *Tx) DeleteTransfer(h SecretHash) error {
	return tx.exec(transferDelete, h[:])
}

// DeleteTransfers ends all links of one person.
func (tx *Tx) DeleteTransfers(u campfire.UserID) error {
	return tx.exec(transferEnd, u)
}

// PurgeExpired deletes expired credentials and transfer links, at most limit
// of each, and returns the larger number.
func (tx *Tx) PurgeExpired(now campfire.Time, limit int) (int, error) {
	credentials, err := tx.execCount(credentialPurge, now, limit)
	if err != nil {
		return 0, err
	}
	transfers, err := tx.execCount(transferPurge, now, limit)
	return max(credentials, transfers), err
}
