package chat

import (
	"context"
	"crypto/rand"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"campfire"
	"campfire/internal/store"
)

// Me returns the actor's own user.
func (s *Service) Me(ctx context.Context, a campfire.Actor) (*campfire.User, error) {
	return s.User(ctx, a, a.ID)
}

// User returns one person or bot.
func (s *Service) User(ctx context.Context, a campfire.Actor, id campfire.UserID) (u *campfire.User, err error) {
	err = s.store.Read(ctx, func(r *store.Reader) error {
		u, err = r.User(id)
		return err
	})
	return u, err
}

// UserQuery selects users for a list.
type UserQuery struct {
	Name  string          // substring; letter case and diacritics are ignored
	Room  campfire.RoomID // members of this room alone; the actor must see it
	After campfire.UserID // the last one of the page before
	Limit int
	All   bool // also the deactivated and banned: administrators
}

// Users lists people and bots by name, and tells whether there are more.
func (s *Service) Users(ctx context.Context, a campfire.Actor, q UserQuery) (users []*campfire.User, more bool, err error) {
	limit, err := pageLimit(q.Limit, s.limits.MaxPage, 50)
	if err != nil {
		return nil, false, err
	}
	f := store.UserFilter{Name: cut(q.Name, 200), Room: q.Room, After: q.After, Limit: limit + 1,
		Statuses: []campfire.Status{campfire.Active}}
	if q.All && a.IsAdministrator() {
		f.Statuses = nil
	}
	err = s.store.Read(ctx, func(r *store.Reader) error {
		if q.Room != 0 {
			if _, err := seen(r, a, q.Room); err != nil {
				return err
			}
		}
		if q.After != 0 {
			if _, err := r.User(q.After); err != nil {
				return err
			}
		}
		users, err = r.ListUsers(f)
		return err
	})
	if len(users) > limit {
		return users[:limit], true, err
	}
	return users, false, err
}

// peoplePage is how many members one page of everyone holds.
const peoplePage = 500

// People is a page of everyone who has a place here: administrators stand
// before all members, on the first page.
type People struct {
	Administrators []*campfire.User
	Members        []*campfire.User
	More           bool // members come after these
	Total          int  // active people, bots aside
}

// Everyone lists people by name, letter case ignored, bots and the
// deactivated not among them; the banned for administrators alone. name
// narrows it, after is the last member of the page before.
func (s *Service) Everyone(ctx context.Context, a campfire.Actor, name string, after campfire.UserID) (*People, error) {
	p := &People{}
	f := store.UserFilter{Name: cut(name, 200), Limit: peoplePage + 1,
		Statuses: []campfire.Status{campfire.Active}}
	if a.IsAdministrator() {
		f.Statuses = append(f.Statuses, campfire.Banned)
	}
	err := s.store.Read(ctx, func(r *store.Reader) (err error) {
		if p.Total, err = r.CountPeople(); err != nil {
			return err
		}
		if after == 0 {
			f.Roles = []campfire.Role{campfire.Administrator}
			if p.Administrators, err = r.ListUsers(f); err != nil {
				return err
			}
		} else if _, err := r.User(after); err != nil {
			return err
		}
		f.Roles, f.After = []campfire.Role{campfire.Member}, after
		p.Members, err = r.ListUsers(f)
		return err
	})
	if p.More = len(p.Members) > peoplePage; p.More {
		p.Members = p.Members[:peoplePage]
	}
	return p, err
}

// InCommon lists the shared rooms that both a and another person are in, by
// name.
func (s *Service) InCommon(ctx context.Context, a campfire.Actor, other campfire.UserID) ([]*campfire.RoomView, error) {
	b, err := s.Sidebar(ctx, a)
	if err != nil {
		return nil, err
	}
	var theirs []campfire.RoomID
	err = s.store.Read(ctx, func(r *store.Reader) error {
		theirs, err = r.RoomsOf(other)
		return err
	})
	var common []*campfire.RoomView
	for _, row := range b.Rows {
		if row.Kind != campfire.Direct && slices.Contains(theirs, row.ID) {
			common = append(common, row.RoomView)
		}
	}
	return common, err
}

// MePatch names what to change about oneself; nil leaves a field.
type MePatch struct{ Name, Email, Bio, Password, CurrentPassword *string }

// UpdateMe changes the actor's own profile. A new password asks for the
// current one and ends all other sessions.
func (s *Service) UpdateMe(ctx context.Context, a campfire.Actor, p MePatch) (*campfire.User, error) {
	var ck check
	if p.Name != nil {
		p.Name = new(ck.name("name", *p.Name, s.limits.MaxName))
	}
	if p.Email != nil {
		p.Email = new(ck.email("email", *p.Email))
	}
	if p.Bio != nil {
		p.Bio = new(ck.text("bio", *p.Bio, s.limits.MaxBio))
	}
	if p.Password != nil {
		ck.password("password", *p.Password, s.limits)
	}
	if err := ck.err(); err != nil {
		return nil, err
	}
	oldHash, newHash, err := s.newPassword(ctx, a, p)
	if err != nil {
		return nil, err
	}
	var u *campfire.User
	err = s.store.Write(ctx, func(tx *store.Tx) error {
		if err := s.stillActive(tx, a); err != nil {
			return err
		}
		if u, err = tx.User(a.ID); err != nil {
			return err
		}
		u = new(*u)
		if p.Name != nil && *p.Name != u.Name {
			u.Name = *p.Name
			u.Avatar++
		}
		if p.Email != nil {
			u.Email = *p.Email
		}
		if p.Bio != nil {
			u.Bio = *p.Bio
		}
		if err := tx.UpdateUser(u); err != nil {
			return err
		}
		tx.Emit(&campfire.UserUpdated{User: u})
		if newHash == "" {
			return nil
		}
		return s.setPassword(tx, a, oldHash, newHash)
	})
	return u, err
}

// linkPasswordFor is how long a session made by a one-time link may set a new
// password without the old one.
const linkPasswordFor = campfire.Time(30 * 60e6)

// newPassword checks the current password and hashes the new one, both
// outside of any transaction; empty hashes when the password stays.
func (s *Service) newPassword(ctx context.Context, a campfire.Actor, p MePatch) (oldHash, newHash string, err error) {
	if p.Password == nil {
		return "", "", nil
	}
	byLink := false
	err = s.store.Read(ctx, func(r *store.Reader) error {
		if oldHash, err = r.PasswordHash(a.ID); err != nil {
			return err
		}
		list, err := r.Credentials(a.ID, campfire.SessionCredential, s.now())
		for _, c := range list {
			if c.ID == a.Credential && c.Name == signedInByLink && s.now() < c.CreatedAt+linkPasswordFor {
				byLink = true
			}
		}
		return err
	})
	if err != nil {
		return "", "", err
	}
	if !byLink {
		if p.CurrentPassword == nil {
			return "", "", campfire.Invalid("current_password", "is needed to set a new password")
		}
		guess := loginKey{email: "user " + strconv.FormatInt(int64(a.ID), 10)}
		if wait, ok := s.limiters.login.take(guess, 1, s.now()); !ok {
			return "", "", campfire.RateLimited(wait)
		}
		ok, _, err := s.passwords.Check(ctx, oldHash, *p.CurrentPassword)
		if err != nil {
			return "", "", err
		}
		if !ok {
			return "", "", campfire.Invalid("current_password", "is wrong")
		}
	}
	newHash, err = s.passwords.Hash(ctx, *p.Password)
	return oldHash, newHash, err
}

func (s *Service) setPassword(tx *store.Tx, a campfire.Actor, oldHash, newHash string) error {
	if stored, err := tx.PasswordHash(a.ID); err != nil {
		return err
	} else if stored != oldHash {
		return campfire.Conflict("The password was changed a moment ago; try again.")
	}
	if err := tx.SetPasswordHash(a.ID, newHash); err != nil {
		return err
	}
	if err := tx.DeleteTransfers(a.ID); err != nil {
		return err
	}
	return s.endOtherSessions(tx, a)
}

// SetRole makes a person a member or an administrator: administrators. The
// last administrator can't be lost.
func (s *Service) SetRole(ctx context.Context, a campfire.Actor, id campfire.UserID, role campfire.Role) (*campfire.User, error) {
	if role != campfire.Member && role != campfire.Administrator {
		return nil, campfire.Invalid("role", "must be member or administrator")
	}
	return s.changeUser(ctx, a, id, func(tx *store.Tx, u *campfire.User) error {
		if u.Role == campfire.Bot {
			return campfire.Conflict("A bot has no other role.")
		}
		if u.Status != campfire.Active {
			return campfire.Conflict("Only active people have a role.")
		}
		if role != campfire.Administrator {
			if err := keepAnAdministrator(tx, u); err != nil {
				return err
			}
		}
		u.Role = role
		return nil
	})
}

// Deactivate ends a person's or bot's access: administrators. What they wrote
// stays; the address is free for another account.
func (s *Service) Deactivate(ctx context.Context, a campfire.Actor, id campfire.UserID) error {
	_, err := s.changeUser(ctx, a, id, func(tx *store.Tx, u *campfire.User) error {
		if u.Status == campfire.Deactivated {
			return campfire.NotFound("user")
		}
		if err := keepAnAdministrator(tx, u); err != nil {
			return err
		}
		rooms, err := tx.RemoveFromSharedRooms(id)
		if err != nil {
			return err
		}
		for _, room := range rooms {
			tx.Emit(&campfire.MembersRemoved{Room: room, Users: []campfire.UserID{id}})
		}
		if err := tx.ClearSearches(id); err != nil {
			return err
		}
		u.Status = campfire.Deactivated
		if local, domain, ok := strings.Cut(u.Email, "@"); ok {
			u.Email = local + "-deactivated-" + rand.Text() + "@" + domain
		}
		return endAccess(tx, id)
	})
	return err
}

// Ban ends a person's access, hides all they wrote at once, and refuses the
// public addresses they came from: administrators. Tombstones follow.
func (s *Service) Ban(ctx context.Context, a campfire.Actor, id campfire.UserID) error {
	_, err := s.changeUser(ctx, a, id, func(tx *store.Tx, u *campfire.User) error {
		if u.Status == campfire.Banned {
			return nil
		}
		if u.Status == campfire.Deactivated {
			return campfire.NotFound("user")
		}
		if err := keepAnAdministrator(tx, u); err != nil {
			return err
		}
		addresses, err := tx.AddressesOf(id)
		if err != nil {
			return err
		}
		if err := tx.AddBans(id, public(addresses), s.now()); err != nil {
			return err
		}
		if err := emitBans(tx); err != nil {
			return err
		}
		if err := endAccess(tx, id); err != nil {
			return err
		}
		if err := endHooksBy(tx, id); err != nil {
			return err
		}
		if err := tx.StartSweep(id); err != nil {
			return err
		}
		hidden, err := tx.User(id)
		if err != nil {
			return err
		}
		u.HiddenThrough = hidden.HiddenThrough
		// What they showed themselves by goes with what they wrote.
		if err := tx.DeleteAvatar(id); err != nil {
			return err
		}
		u.Avatar++
		u.Status = campfire.Banned
		return nil
	})
	if err == nil {
		s.wakeRun()
	}
	return err
}

// Unban lets a banned person sign in again; what they wrote stays gone.
func (s *Service) Unban(ctx context.Context, a campfire.Actor, id campfire.UserID) error {
	_, err := s.changeUser(ctx, a, id, func(tx *store.Tx, u *campfire.User) error {
		if u.Status != campfire.Banned {
			return nil
		}
		if err := tx.RemoveBans(id); err != nil {
			return err
		}
		u.Status = campfire.Active
		return emitBans(tx)
	})
	return err
}

// changeUser lets an administrator change a user within a transaction.
func (s *Service) changeUser(ctx context.Context, a campfire.Actor, id campfire.UserID, change func(*store.Tx, *campfire.User) error) (u *campfire.User, err error) {
	if !a.IsAdministrator() {
		return nil, onlyAdministrators()
	}
	err = s.store.Write(ctx, func(tx *store.Tx) error {
		if err := s.stillAdministrator(tx, a); err != nil {
			return err
		}
		if u, err = tx.User(id); err != nil {
			return err
		}
		u = new(*u)
		if err := change(tx, u); err != nil {
			return err
		}
		if err := tx.UpdateUser(u); err != nil {
			return err
		}
		tx.Emit(&campfire.UserUpdated{User: u})
		if u.Role == campfire.Bot {
			return emitHooked(tx)
		}
		return nil
	})
	return u, err
}

// keepAnAdministrator refuses to take away the last active administrator.
func keepAnAdministrator(tx *store.Tx, u *campfire.User) error {
	if u.Role != campfire.Administrator || u.Status != campfire.Active {
		return nil
	}
	n, err := tx.Administrators()
	if err != nil {
		return err
	}
	if n <= 1 {
		return campfire.Conflict("This is the last administrator; make someone else one first.")
	}
	return nil
}

// endAccess ends every credential and link of a person and closes what is open.
func endAccess(tx *store.Tx, id campfire.UserID) error {
	tx.Emit(&campfire.AccessEnded{User: id}) // before its credentials', so that this is what is said
	if err := tx.DeleteCredentials(id, 0); err != nil {
		return err
	}
	if err := tx.DeleteTransfers(id); err != nil {
		return err
	}
	return endHooksOf(tx, []campfire.UserID{id})
}

// public returns those addresses that belong to one place on the Internet: a
// private one is shared by the people of a house or of the whole installation.
func public(addresses []string) []string {
	var out []string
	for _, s := range addresses {
		ip, err := netip.ParseAddr(s)
		if err != nil {
			continue
		}
		if ip = ip.Unmap(); ip.IsGlobalUnicast() && !ip.IsPrivate() {
			out = append(out, ip.String())
		}
	}
	return out
}

func emitBans(tx *store.Tx) error {
	addresses, err := tx.BannedAddresses()
	if err != nil {
		return err
	}
	tx.Emit(&campfire.BansChanged{Addresses: addresses})
	return nil
}

func (s *Service) loadBans(ctx context.Context) error {
	return s.store.Read(ctx, func(r *store.Reader) error {
		addresses, err := r.BannedAddresses()
		if err != nil {
			return err
		}
		s.updateBans(&campfire.BansChanged{Addresses: addresses})
		return nil
	})
}

func (s *Service) updateBans(c *campfire.BansChanged) {
	set := make(map[string]struct{}, len(c.Addresses))
	for _, a := range c.Addresses {
		set[a] = struct{}{}
	}
	s.banned.Store(&set)
}

// AddressBanned reports whether an IP address may not change anything here.
func (s *Service) AddressBanned(ip string) bool {
	set := *s.banned.Load()
	if len(set) == 0 {
		return false
	}
	if a, err := netip.ParseAddr(ip); err == nil {
		ip = a.Unmap().String()
	}
	_, banned := set[ip]
	return banned
}
