package store

import (
	"strings"

	"campfire"
	"campfire/internal/sqlite"

	"golang.org/x/text/cases"
)

// fold is the form in which addresses are compared, and names of rooms sorted.
func fold(s string) string { return cases.Fold().String(s) }

// foldName is the form in which people are found by name, and sorted: "jose"
// finds José, and Éva stands before Frank.
func foldName(s string) string { return foldText(fold(s)) }

const accountColumns = `name, join_code, restrict_room_creation, accent, created_at, previews, styles_version`

var (
	accountGet    = define("account", `SELECT `+accountColumns+`, coalesce((SELECT version FROM logo), '') FROM account WHERE id = 1`)
	accountCreate = define("account", `INSERT INTO account (id, `+accountColumns+`) VALUES (1, $1, $2, $3, $4, $5, 1, '')`)
	accountUpdate = define("account", `UPDATE account SET name = $1, join_code = $2, restrict_room_creation = $3, accent = $4, previews = $5 WHERE id = 1`)
	stylesGet     = define("account", `SELECT styles, styles_version FROM account WHERE id = 1`)
	stylesUpdate  = define("account", `UPDATE account SET styles = $1, styles_version = $2 WHERE id = 1`)
)

// Account returns the installation; CodeNotFound before setup.
func (r *Reader) Account() (*campfire.Account, error) {
	a := &campfire.Account{}
	err := r.one(accountGet, nil, repeated(&a.Name), &a.JoinCode, &a.RestrictRoomCreation, &a.Accent, &a.CreatedAt, &a.Previews, &a.Styles, &a.Logo)
	if err != nil {
		return nil, notFound(err, "account yet")
	}
	return a, nil
}

// CreateAccount stores the one account; CodeConflict when there is one.
func (tx *Tx) CreateAccount(a *campfire.Account) error {
	err := tx.exec(accountCreate, a.Name, a.JoinCode, a.RestrictRoomCreation, a.Accent, a.CreatedAt)
	if isUnique(err) {
		return campfire.Conflict("This Campfire is set up already.")
	}
	return err
}

// UpdateAccount stores all fields of the account but its style sheet and logo.
func (tx *Tx) UpdateAccount(a *campfire.Account) error {
	return tx.exec(accountUpdate, a.Name, a.JoinCode, a.RestrictRoomCreation, a.Accent, a.Previews)
}

// Styles returns the installation's style sheet and its version, both empty
// when there is none; CodeNotFound before setup.
func (r *Reader) Styles() (css, version string, err error) {
	return css, version, notFound(r.one(stylesGet, nil, &css, &version), "account yet")
}

// SetStyles replaces the installation's style sheet.
func (tx *Tx) SetStyles(css, version string) error {
	return tx.exec(stylesUpdate, css, version)
}

const userColumns = `u.id, u.name, u.avatar, u.role, u.status, u.email, u.bio, u.hidden_through, u.created_at`

func userDest(u *campfire.User, more ...any) []any {
	return append([]any{&u.ID, repeated(&u.Name), &u.Avatar, &u.Role, &u.Status, &u.Email, &u.Bio, &u.HiddenThrough, &u.CreatedAt}, more...)
}

func scanUser(rows *sqlite.Stmt, u **campfire.User) error {
	*u = &campfire.User{}
	return rows.Scan(userDest(*u)...)
}

func scanPerson(rows *sqlite.Stmt, p *campfire.Person) error {
	return rows.Scan(&p.ID, repeated(&p.Name), &p.Avatar, &p.Role)
}

var (
	userGet     = define("user", `SELECT `+userColumns+` FROM users u WHERE u.id = $1`)
	userByEmail = define("user", `SELECT `+userColumns+`, u.password_hash FROM users u WHERE u.email_folded = $1`)
	userHash    = define("user", `SELECT password_hash FROM users WHERE id = $1`)
	userCreate  = define("user_write", `INSERT INTO users (name, name_folded, avatar, role, status, email, email_folded, password_hash, bio, hidden_through, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10) RETURNING id`)
	userUpdate = define("user_write", `UPDATE users SET name = $1, name_folded = $2, avatar = $3, role = $4, status = $5, email = $6, email_folded = $7,
		bio = $8, hidden_through = $9 WHERE id = $10`)
	userSetHash    = define("user_write", `UPDATE users SET password_hash = $1 WHERE id = $2`)
	administrators = define("user", `SELECT count(*) FROM users WHERE role = 1 AND status = 0`)
	peopleCount    = define("user", `SELECT count(*) FROM users WHERE role <> 2 AND status = 0`)
	oldestPeople   = define("strangers", `SELECT id, name, avatar, role FROM users WHERE role <> 2 AND status = 0 ORDER BY id LIMIT $1`)
	firstAdmin     = define("user", `SELECT `+userColumns+` FROM users u WHERE u.role = 1 AND u.status = 0 ORDER BY u.id LIMIT 1`)

	// Users by name are read from the index in order, and filtered on the
	// way: a list of people is short beside a log of messages.
	userList = define("users", `SELECT `+userColumns+` FROM users u
		WHERE (u.name_folded, u.id) > ($1, $2)
			AND ($3 = '' OR instr(u.name_folded, $3) > 0)
			AND ($4 = 7 OR (1 << u.status) & $4 <> 0)
			AND ($5 = 7 OR (1 << u.role) & $5 <> 0)
			AND ($6 = 0 OR EXISTS (SELECT 1 FROM memberships ms WHERE ms.room_id = $6 AND ms.user_id = u.id))`+noHook+`
		ORDER BY u.name_folded, u.id LIMIT $7`)
)

// User returns one person or bot.
func (r *Reader) User(id campfire.UserID) (*campfire.User, error) {
	u := &campfire.User{}
	if err := r.one(userGet, args{id}, userDest(u)...); err != nil {
		return nil, notFound(err, "user")
	}
	return u, nil
}

// UserByEmail finds an address, letter case ignored, with its password hash.
func (r *Reader) UserByEmail(email string) (*campfire.User, string, error) {
	u, hash := &campfire.User{}, ""
	if err := r.one(userByEmail, args{fold(email)}, userDest(u, &hash)...); err != nil {
		return nil, "", notFound(err, "user")
	}
	return u, hash, nil
}

// PasswordHash returns a person's password hash; empty for bots.
func (r *Reader) PasswordHash(id campfire.UserID) (hash string, err error) {
	return hash, notFound(r.one(userHash, args{id}, &hash), "user")
}

// UserFilter selects users for a list.
type UserFilter struct {
	Name     string          // substring of the name; letter case and diacritics are ignored
	Room     campfire.RoomID // members of this room alone
	Statuses []campfire.Status
	Roles    []campfire.Role
	After    campfire.UserID // the last one of the page before, in (folded name, id) order
	Limit    int
}

// ListUsers returns users by name, the bots of hooks not among them; nil
// Statuses or Roles means any.
func (r *Reader) ListUsers(f UserFilter) ([]*campfire.User, error) {
	after := ""
	if f.After != 0 {
		last, err := r.User(f.After)
		if err != nil {
			return nil, err
		}
		after = foldName(last.Name)
	}
	return list(r, userList, args{after, f.After, foldName(f.Name), mask(f.Statuses), mask(f.Roles), f.Room, f.Limit}, scanUser)
}

// mask has the bit of each value in a list; nil has those of all three.
func mask[T ~uint8](list []T) (bits int) {
	if list == nil {
		return 7
	}
	for _, v := range list {
		bits |= 1 << v
	}
	return bits
}

// People returns the persons of these ids, in any order; unknown ones are left out.
func (r *Reader) People(ids []campfire.UserID) ([]campfire.Person, error) {
	var people []campfire.Person
	for _, id := range ids {
		u, err := r.User(id)
		if campfire.CodeOf(err) == campfire.CodeNotFound {
			continue
		}
		if err != nil {
			return nil, err
		}
		people = append(people, u.Person)
	}
	return people, nil
}

// Administrators counts active administrators.
func (r *Reader) Administrators() (n int, err error) { return n, r.one(administrators, nil, &n) }

// CountPeople counts active people, bots aside.
func (r *Reader) CountPeople() (n int, err error) { return n, r.one(peopleCount, nil, &n) }

// OldestPeople returns active people, bots aside, the oldest accounts first.
func (r *Reader) OldestPeople(limit int) ([]campfire.Person, error) {
	return list(r, oldestPeople, args{limit}, scanPerson)
}

// FirstAdministrator returns the oldest active administrator.
func (r *Reader) FirstAdministrator() (*campfire.User, error) {
	u := &campfire.User{}
	if err := r.one(firstAdmin, nil, userDest(u)...); err != nil {
		return nil, notFound(err, "administrator")
	}
	return u, nil
}

// emailKey is what must be unique: nothing for who has no address.
func emailKey(email string) any {
	if email == "" {
		return nil
	}
	return fold(email)
}

func emailTaken(err error) error {
	if isUnique(err) {
		return campfire.Conflict("Someone with this address has an account already.")
	}
	return err
}

// CreateUser stores u and sets its ID; CodeConflict when the address is taken.
func (tx *Tx) CreateUser(u *campfire.User, passwordHash string) error {
	return emailTaken(tx.returning(userCreate, args{u.Name, foldName(u.Name), u.Avatar, u.Role, u.Status,
		u.Email, emailKey(u.Email), passwordHash, u.Bio, u.CreatedAt}, &u.ID))
}

// UpdateUser stores all fields of u; CodeConflict when the address is taken.
func (tx *Tx) UpdateUser(u *campfire.User) error {
	err := tx.exec(userUpdate, u.Name, foldName(u.Name), u.Avatar, u.Role, u.Status,
		u.Email, emailKey(u.Email), u.Bio, u.HiddenThrough, u.ID)
	return emailTaken(err)
}

// SetPasswordHash replaces a person's password hash.
func (tx *Tx) SetPasswordHash(id campfire.UserID, hash string) error {
	return tx.exec(userSetHash, hash, id)
}

var (
	bannedAddresses = define("bans", `SELECT DISTINCT ip FROM bans ORDER BY ip`)
	addressesOf     = define("bans", `SELECT DISTINCT ip FROM credentials WHERE user_id = $1 AND kind = 0 AND ip <> ''`)
	banAdd          = define("bans", `INSERT INTO bans (user_id, ip, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`)
	banRemove       = define("bans", `DELETE FROM bans WHERE user_id = $1`)
)

// BannedAddresses returns all banned IP addresses.
func (r *Reader) BannedAddresses() ([]string, error) { return column[string](r, bannedAddresses, nil) }

// AddressesOf returns the distinct addresses of a person's sessions.
func (r *Reader) AddressesOf(u campfire.UserID) ([]string, error) {
	return column[string](r, addressesOf, args{u})
}

// AddBans bans addresses on account of u.
func (tx *Tx) AddBans(u campfire.UserID, addresses []string, now campfire.Time) error {
	for _, ip := range addresses {
		if err := tx.exec(banAdd, u, ip, now); err != nil {
			return err
		}
	}
	return nil
}

// RemoveBans lifts the bans on account of u.
func (tx *Tx) RemoveBans(u campfire.UserID) error {
	return tx.exec(banRemove, u)
}

var (
	recentSearches = define("searches", `SELECT query FROM searches WHERE user_id = $1 ORDER BY at DESC LIMIT 10`)
	searchRecord   = define("searches", `INSERT INTO searches (user_id, query, at) VALUES ($1, $2, $3)
		ON CONFLICT (user_id, query) DO UPDATE SET at = excluded.at`)
	searchTrim = define("searches", `DELETE FROM searches WHERE user_id = $1 AND query NOT IN
		(SELECT query FROM searches WHERE user_id = $1 ORDER BY at DESC LIMIT 10)`)
	searchClear = define("searches", `DELETE FROM searches WHERE user_id = $1`)
)

// RecentSearches returns a person's last ten queries, newest first.
func (r *Reader) RecentSearches(u campfire.UserID) ([]string, error) {
	return column[string](r, recentSearches, args{u})
}

// RecordSearch puts a query first among the person's recent ones and keeps ten.
func (tx *Tx) RecordSearch(u campfire.UserID, query string, now campfire.Time) error {
	if err := tx.exec(searchRecord, u, strings.ToValidUTF8(query, ""), now); err != nil {
		return err
	}
	return tx.exec(searchTrim, u)
}

// ClearSearches forgets a person's recent queries.
func (tx *Tx) ClearSearches(u campfire.UserID) error {
	return tx.exec(searchClear, u)
}
