package store

import "campfire"

var (
	avatarGet    = define("avatar", `SELECT type, data FROM avatars WHERE user_id = $1`)
	avatarHas    = define("avatar", `SELECT count(*) FROM avatars WHERE user_id = $1`)
	avatarSet    = define("avatar", `INSERT INTO avatars (user_id, type, data) VALUES ($1, $2, $3) ON CONFLICT (user_id) DO UPDATE SET type = excluded.type, data = excluded.data`)
	avatarDelete = define("avatar", `DELETE FROM avatars WHERE user_id = $1`)

	logoSmall  = define("logo", `SELECT small FROM logo WHERE id = 1`)
	logoLarge  = define("logo", `SELECT large FROM logo WHERE id = 1`)
	logoSet    = define("logo", `INSERT INTO logo (id, version, small, large) VALUES (1, $1, $2, $3) ON CONFLICT (id) DO UPDATE SET version = excluded.version, small = excluded.small, large = excluded.large`)
	logoDelete = define("logo", `DELETE FROM logo`)
)

// Avatar returns someone's picture and its media type; CodeNotFound when they
// have none.
func (r *Reader) Avatar(u campfire.UserID) (kind string, data []byte, err error) {
	return kind, data, notFound(r.one(avatarGet, args{u}, &kind, &data), "picture")
}

// HasAvatar reports whether someone has a picture.
func (r *Reader) HasAvatar(u campfire.UserID) (has bool, err error) {
	n := 0
	err = r.one(avatarHas, args{u}, &n)
	return n > 0, err
}

// SetAvatar replaces someone's picture.
func (tx *Tx) SetAvatar(u campfire.UserID, kind string, data []byte) error {
	return tx.exec(avatarSet, u, kind, data)
}

// DeleteAvatar takes someone's picture away.
func (tx *Tx) DeleteAvatar(u campfire.UserID) error { return tx.exec(avatarDelete, u) }

// Logo returns the account's logo as PNG, small or large; CodeNotFound when
// there is none. Account tells its version.
func (r *Reader) Logo(small bool) (data []byte, err error) {
	get := logoLarge
	if small {
		get = logoSmall
	}
	return data, notFound(r.one(get, nil, &data), "logo")
}

// SetLogo replaces the account's logo.
func (tx *Tx) SetLogo(version string, small, large []byte) error {
	return tx.exec(logoSet, version, small, large)
}

// DeleteLogo takes the account's logo away.
func (tx *Tx) DeleteLogo() error { return tx.exec(logoDelete) }
