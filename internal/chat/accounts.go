package chat

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"

	"campfire"
	"campfire/internal/auth"
	"campfire/internal/store"
)

// Client is where a request comes from.
type Client struct {
	IP        string
	UserAgent string
}

// SignedIn is a new session: its secret is shown this once.
type SignedIn struct {
	User       *campfire.User
	Credential *campfire.Credential
	Secret     auth.Secret
}

// FirstRoom is the open room that every installation begins with.
const FirstRoom = "All Talk"

// defaultAccent is the hue of embers.
const defaultAccent = 45

// SetupNeeded reports whether nobody has set the installation up yet.
func (s *Service) SetupNeeded(ctx context.Context) (bool, error) {
	_, err := s.Account(ctx)
	if campfire.CodeOf(err) == campfire.CodeNotFound {
		return true, nil
	}
	return false, err
}

// SetupInput is what the first visitor gives.
type SetupInput struct{ Name, Email, Password, AccountName string }

// Setup makes the account, its administrator and the first room; CodeConflict
// ever after. Of several at once one wins.
func (s *Service) Setup(ctx context.Context, in SetupInput, c Client) (*SignedIn, error) {
	if needed, err := s.SetupNeeded(ctx); err != nil {
		return nil, err
	} else if !needed {
		return nil, campfire.Conflict("This Campfire is set up already; sign in or ask for the join link.")
	}
	var ck check
	u := &campfire.User{}
	u.Role = campfire.Administrator
	u.Name = ck.name("name", in.Name, s.limits.MaxName)
	u.Email = ck.email("email", in.Email)
	ck.password("password", in.Password, s.limits)
	account := &campfire.Account{Name: "Campfire", Accent: defaultAccent, Previews: true, JoinCode: auth.NewJoinCode()}
	if in.AccountName != "" {
		account.Name = ck.name("account_name", in.AccountName, s.limits.MaxRoomName)
	}
	if err := ck.err(); err != nil {
		return nil, err
	}
	hash, err := s.passwords.Hash(ctx, in.Password)
	if err != nil {
		return nil, err
	}
	var signedIn *SignedIn
	err = s.store.Write(ctx, func(tx *store.Tx) error {
		now := s.now()
		u, account := *u, *account // fn may run again
		u.CreatedAt, account.CreatedAt = now, now
		if err := tx.CreateAccount(&account); err != nil {
			return err
		}
		if err := tx.CreateUser(&u, hash); err != nil {
			return err
		}
		room := &campfire.Room{Kind: campfire.Open, Name: FirstRoom, Creator: u.ID, CreatedAt: now}
		if err := tx.CreateRoom(room, nil); err != nil {
			return err
		}
		if _, err := tx.AddMembers(room.ID, []campfire.UserID{u.ID}, room.Kind.DefaultInvolvement(), now); err != nil {
			return err
		}
		tx.Emit(&campfire.AccountUpdated{Account: &account})
		signedIn, err = s.signIn(tx, &u, c, "")
		return err
	})
	return signedIn, err
}

// signedInByLink is the name of a session that a one-time link made: for a
// while it may set a new password without the old one, which its owner may
// have lost.
const signedInByLink = "sign-in link"

// signIn makes a session for u and ends the person's longest unseen beyond
// the limit.
func (s *Service) signIn(tx *store.Tx, u *campfire.User, c Client, name string) (*SignedIn, error) {
	now := s.now()
	secret := auth.NewSecret()
	cred := &campfire.Credential{
		User: u.ID, Kind: campfire.SessionCredential, Scopes: campfire.AllScopes, Name: name, UserAgent: cut(c.UserAgent, 400), IP: c.IP,
		CreatedAt: now, LastSeenAt: now, ExpiresAt: s.expiry(now, now),
	}
	if err := tx.CreateCredential(cred, secret.Hash()); err != nil {
		return nil, err
	}
	if s.limits.MaxSessions > 0 {
		if err := tx.TrimSessions(u.ID, s.limits.MaxSessions); err != nil {
			return nil, err
		}
	}
	return &SignedIn{User: u, Credential: cred, Secret: secret}, nil
}

// expiry is when a session made at one time and last seen at another ends;
// zero is never.
func (s *Service) expiry(created, seen campfire.Time) campfire.Time {
	var end campfire.Time
	if s.limits.SessionIdle > 0 {
		end = seen.Add(s.limits.SessionIdle)
	}
	if s.limits.SessionMax > 0 {
		if last := created.Add(s.limits.SessionMax); end == 0 || last < end {
			end = last
		}
	}
	return end
}

func cut(s string, n int) string {
	if len(s) > n {
		s = s[:n]
	}
	return strings.ToValidUTF8(s, "")
}

// Account returns the installation; CodeNotFound before setup.
func (s *Service) Account(ctx context.Context) (account *campfire.Account, err error) {
	err = s.store.Read(ctx, func(r *store.Reader) error {
		account, err = r.Account()
		return err
	})
	return account, err
}

// Help returns the address that someone who can't sign in may write to: the
// first administrator's.
func (s *Service) Help(ctx context.Context) (email string, err error) {
	err = s.store.Read(ctx, func(r *store.Reader) error {
		u, err := r.FirstAdministrator()
		if err != nil {
			return err
		}
		email = u.Email
		return nil
	})
	return email, err
}

// AccountPatch names what to change; nil leaves a field.
type AccountPatch struct {
	Name                 *string
	RestrictRoomCreation *bool
	Previews             *bool
	Accent               *int
}

// UpdateAccount changes the installation's settings: administrators.
func (s *Service) UpdateAccount(ctx context.Context, a campfire.Actor, p AccountPatch) (*campfire.Account, error) {
	if !a.IsAdministrator() {
		return nil, onlyAdministrators()
	}
	var ck check
	if p.Name != nil {
		p.Name = new(ck.name("name", *p.Name, s.limits.MaxRoomName))
	}
	if p.Accent != nil && (*p.Accent < 0 || *p.Accent > 359) {
		ck.fail("accent", "must be a hue from 0 to 359")
	}
	if err := ck.err(); err != nil {
		return nil, err
	}
	return s.changeAccount(ctx, a, func(account *campfire.Account) {
		if p.Name != nil {
			account.Name = *p.Name
		}
		if p.RestrictRoomCreation != nil {
			account.RestrictRoomCreation = *p.RestrictRoomCreation
		}
		if p.Previews != nil {
			account.Previews = *p.Previews
		}
		if p.Accent != nil {
			account.Accent = *p.Accent
		}
	})
}

// RenewJoinCode replaces the join code: the old link is dead at once.
func (s *Service) RenewJoinCode(ctx context.Context, a campfire.Actor) (string, error) {
	if !a.IsAdministrator() {
		return "", onlyAdministrators()
	}
	account, err := s.changeAccount(ctx, a, func(account *campfire.Account) { account.JoinCode = auth.NewJoinCode() })
	if err != nil {
		return "", err
	}
	return account.JoinCode, nil
}

func (s *Service) changeAccount(ctx context.Context, a campfire.Actor, change func(*campfire.Account)) (*campfire.Account, error) {
	return s.changeStored(ctx, a, func(tx *store.Tx, account *campfire.Account) error {
		change(account)
		return tx.UpdateAccount(account)
	})
}

// changeStored lets an administrator change the account within a transaction.
func (s *Service) changeStored(ctx context.Context, a campfire.Actor, change func(*store.Tx, *campfire.Account) error) (account *campfire.Account, err error) {
	err = s.store.Write(ctx, func(tx *store.Tx) error {
		if err := s.stillAdministrator(tx, a); err != nil {
			return err
		}
		if account, err = tx.Account(); err != nil {
			return err
		}
		account = new(*account)
		if err := change(tx, account); err != nil {
			return err
		}
		tx.Emit(&campfire.AccountUpdated{Account: account})
		return nil
	})
	return account, err
}

// maxStyles bounds the installation's style sheet, in bytes.
const maxStyles = 64 << 10

// Styles returns the installation's style sheet and its version, both empty
// when there is none.
func (s *Service) Styles(ctx context.Context) (css, version string, err error) {
	err = s.store.Read(ctx, func(r *store.Reader) error {
		css, version, err = r.Styles()
		return err
	})
	return css, version, err
}

// SetStyles replaces the installation's style sheet, which every page loads
// after our own: administrators. Empty removes it. What it returns has line
// ends as LF.
func (s *Service) SetStyles(ctx context.Context, a campfire.Actor, css string) (string, error) {
	if !a.IsAdministrator() {
		return "", onlyAdministrators()
	}
	var ck check
	css = ck.styles("css", css)
	if err := ck.err(); err != nil {
		return "", err
	}
	version := ""
	if css != "" {
		sum := sha256.Sum256([]byte(css))
		version = hex.EncodeToString(sum[:8])
	}
	_, err := s.changeStored(ctx, a, func(tx *store.Tx, account *campfire.Account) error {
		account.Styles = version
		return tx.SetStyles(css, version)
	})
	return css, err
}

func onlyAdministrators() error { return campfire.Forbidden("Only administrators can do that.") }

// stillAdministrator checks inside the transaction that a's role was not
// taken since the request was authenticated.
func (s *Service) stillAdministrator(tx *store.Tx, a campfire.Actor) error {
	u, err := tx.User(a.ID)
	if err != nil {
		return err
	}
	if u.Role != campfire.Administrator || u.Status != campfire.Active {
		return onlyAdministrators()
	}
	return nil
}

// CheckJoinCode reports CodeNotFound for a code that lets nobody in.
func (s *Service) CheckJoinCode(ctx context.Context, code string) error {
	return s.store.Read(ctx, func(r *store.Reader) error { return checkJoinCode(r, code) })
}

func checkJoinCode(r *store.Reader, code string) error {
	account, err := r.Account()
	if err != nil {
		return err
	}
	// Hashing first makes the time independent of how much of the code fits.
	if auth.Hash(code) != auth.Hash(account.JoinCode) {
		return campfire.NotFound("join link")
	}
	return nil
}

// JoinInput is what someone who follows the join link gives.
type JoinInput struct{ Name, Email, Password string }

// Join makes a member of whoever holds the join code, in every open room, and
// signs them in.
func (s *Service) Join(ctx context.Context, code string, in JoinInput, c Client) (*SignedIn, error) {
	if err := s.limitLogin("", c); err != nil {
		return nil, err
	}
	if err := s.CheckJoinCode(ctx, code); err != nil {
		return nil, err
	}
	var ck check
	u := &campfire.User{}
	u.Name = ck.name("name", in.Name, s.limits.MaxName)
	u.Email = ck.email("email", in.Email)
	ck.password("password", in.Password, s.limits)
	if err := ck.err(); err != nil {
		return nil, err
	}
	hash, err := s.passwords.Hash(ctx, in.Password)
	if err != nil {
		return nil, err
	}
	var signedIn *SignedIn
	err = s.store.Write(ctx, func(tx *store.Tx) error {
		if err := checkJoinCode(&tx.Reader, code); err != nil {
			return err
		}
		now := s.now()
		u := *u
		u.CreatedAt = now
		if err := tx.CreateUser(&u, hash); err != nil {
			return err
		}
		rooms, err := tx.AddToOpenRooms(u.ID, now)
		if err != nil {
			return err
		}
		for _, room := range rooms {
			tx.Emit(&campfire.MembersAdded{Room: room, Users: []campfire.UserID{u.ID}})
		}
		tx.Emit(&campfire.UserUpdated{User: &u})
		signedIn, err = s.signIn(tx, &u, c, "")
		return err
	})
	return signedIn, err
}

// Login checks a password and makes a session. Every failure is one and the
// same CodeUnauthenticated error, and takes the same time.
func (s *Service) Login(ctx context.Context, email, password string, c Client) (*SignedIn, error) {
	email = strings.TrimSpace(email)
	if err := s.limitLogin(strings.ToLower(email), c); err != nil {
		return nil, err
	}
	var u *campfire.User
	var hash string
	err := s.store.Read(ctx, func(r *store.Reader) error {
		var err error
		u, hash, err = r.UserByEmail(email)
		return err
	})
	if err != nil && campfire.CodeOf(err) != campfire.CodeNotFound {
		return nil, err
	}
	ok, stale, err := s.passwords.Check(ctx, hash, password)
	if err != nil {
		return nil, err
	}
	if !ok || u == nil || u.Status != campfire.Active || u.Role == campfire.Bot {
		return nil, wrongPassword()
	}
	fresh := ""
	if stale {
		if fresh, err = s.passwords.Hash(ctx, password); err != nil {
			return nil, err
		}
	}
	var signedIn *SignedIn
	err = s.store.Write(ctx, func(tx *store.Tx) error {
		u, err := tx.User(u.ID)
		if err != nil {
			return err
		}
		if now, err := tx.PasswordHash(u.ID); err != nil {
			return err
		} else if now != hash || u.Status != campfire.Active {
			return wrongPassword() // changed or closed while the hash was computed
		}
		if fresh != "" {
			if err := tx.SetPasswordHash(u.ID, fresh); err != nil {
				return err
			}
		}
		signedIn, err = s.signIn(tx, u, c, "")
		return err
	})
	return signedIn, err
}

func wrongPassword() error {
	return &campfire.Error{Code: campfire.CodeUnauthenticated, Detail: "The address or the password is wrong."}
}

// seenEvery is how old a recorded use may grow before a new one is recorded.
const seenEvery = 5 * campfire.Time(60e6)

// Authenticate returns whom a session token, personal access token or bot key
// stands for; CodeUnauthenticated for anything else. It notes the use, to be
// stored later.
func (s *Service) Authenticate(ctx context.Context, secret string, c Client) (campfire.Actor, error) {
	if secret == "" || len(secret) > 200 {
		return campfire.Actor{}, campfire.Unauthenticated()
	}
	now := s.now()
	in, err := s.session(ctx, secret, now)
	if err != nil && campfire.CodeOf(err) != campfire.CodeNotFound {
		return campfire.Actor{}, err
	}
	if err != nil || in.user.Status != campfire.Active || s.expired(in, now) {
		return campfire.Actor{}, campfire.Unauthenticated()
	}
	cred, u := in.credential, in.user
	if last := in.noted.Load(); now-max(cred.LastSeenAt, campfire.Time(last)) > seenEvery && in.noted.CompareAndSwap(last, int64(now)) {
		s.noteSeen(cred, c, now)
	}
	return actorOf(u, cred), nil
}

// actorOf is who comes with a credential. Without the scope for it, an
// administrator is a member to everything that asks.
func actorOf(u *campfire.User, cred *campfire.Credential) campfire.Actor {
	a := campfire.Actor{Person: u.Person, Credential: cred.ID, Kind: cred.Kind, Scopes: cred.Scopes}
	if a.Role == campfire.Administrator && !a.Scopes.Has(campfire.ScopeAdmin) {
		a.Role = campfire.Member
	}
	return a
}

// expired reports whether a session has ended, its uses that are noted and
// not yet read again included.
func (s *Service) expired(in session, now campfire.Time) bool {
	cred := in.credential
	ends := cred.ExpiresAt
	if last := campfire.Time(in.noted.Load()); last != 0 && cred.Kind == campfire.SessionCredential {
		ends = s.expiry(cred.CreatedAt, last)
	}
	return ends != 0 && ends <= now
}

func (s *Service) noteSeen(cred *campfire.Credential, c Client, now campfire.Time) {
	seen := store.Seen{ID: cred.ID, At: now}
	if cred.Kind == campfire.SessionCredential {
		seen.ExpiresAt = s.expiry(cred.CreatedAt, now)
		seen.IP, seen.UserAgent = c.IP, cut(c.UserAgent, 400)
	}
	s.seenMu.Lock()
	s.seen[cred.ID] = seen
	s.seenMu.Unlock()
}

// Logout ends the session that a came with; its sockets close.
func (s *Service) Logout(ctx context.Context, a campfire.Actor) error {
	return s.EndSession(ctx, a, a.Credential)
}

// Sessions lists a's sessions, last seen first.
func (s *Service) Sessions(ctx context.Context, a campfire.Actor) ([]*campfire.Credential, error) {
	return s.credentials(ctx, a, campfire.SessionCredential)
}

// EndSession ends one of a's sessions.
func (s *Service) EndSession(ctx context.Context, a campfire.Actor, id campfire.CredentialID) error {
	return s.endCredential(ctx, a, id, campfire.SessionCredential, "session")
}

// EndOtherSessions ends all of a's sessions but the one that a came with.
func (s *Service) EndOtherSessions(ctx context.Context, a campfire.Actor) error {
	return s.store.Write(ctx, func(tx *store.Tx) error {
		if err := s.stillActive(tx, a); err != nil {
			return err
		}
		return s.endOtherSessions(tx, a)
	})
}

func (s *Service) endOtherSessions(tx *store.Tx, a campfire.Actor) error {
	sessions, err := tx.Credentials(a.ID, campfire.SessionCredential, s.now())
	if err != nil {
		return err
	}
	for _, c := range sessions {
		if c.ID == a.Credential {
			continue
		}
		if err := tx.DeleteCredential(a.ID, c.ID); err != nil {
			return err
		}
	}
	return nil
}

// Tokens lists a's personal access tokens.
func (s *Service) Tokens(ctx context.Context, a campfire.Actor) ([]*campfire.Credential, error) {
	return s.credentials(ctx, a, campfire.TokenCredential)
}

// maxTokens bounds a person's access tokens.
const maxTokens = 50

// CreateToken makes a personal access token; the secret is shown this once. It
// may do no more than what a came with.
func (s *Service) CreateToken(ctx context.Context, a campfire.Actor, name string, scopes campfire.Scopes) (*campfire.Credential, auth.Secret, error) {
	var ck check
	name = ck.name("name", name, s.limits.MaxName)
	if scopes == 0 || !campfire.AllScopes.Has(scopes) {
		ck.fail("scopes", "must be one or more of read, write and admin")
	}
	if err := ck.err(); err != nil {
		return nil, auth.Secret{}, err
	}
	if !a.Scopes.Has(scopes) {
		return nil, auth.Secret{}, campfire.Forbidden("A token can't make one that may do more than itself.")
	}
	secret := auth.NewSecret()
	var cred *campfire.Credential
	err := s.store.Write(ctx, func(tx *store.Tx) error {
		if err := s.stillActive(tx, a); err != nil {
			return err
		}
		now := s.now()
		list, err := tx.Credentials(a.ID, campfire.TokenCredential, now)
		if err != nil {
			return err
		}
		if len(list) >= maxTokens {
			return campfire.Conflict("You have too many access tokens; delete one first.")
		}
		cred = &campfire.Credential{User: a.ID, Kind: campfire.TokenCredential, Scopes: scopes, Name: name, CreatedAt: now}
		return tx.CreateCredential(cred, secret.Hash())
	})
	return cred, secret, err
}

// DeleteToken ends one of a's access tokens.
func (s *Service) DeleteToken(ctx context.Context, a campfire.Actor, id campfire.CredentialID) error {
	return s.endCredential(ctx, a, id, campfire.TokenCredential, "token")
}

func (s *Service) credentials(ctx context.Context, a campfire.Actor, k campfire.CredentialKind) (list []*campfire.Credential, err error) {
	err = s.store.Read(ctx, func(r *store.Reader) error {
		list, err = r.Credentials(a.ID, k, s.now())
		return err
	})
	return list, err
}

func (s *Service) endCredential(ctx context.Context, a campfire.Actor, id campfire.CredentialID, k campfire.CredentialKind, what string) error {
	return s.store.Write(ctx, func(tx *store.Tx) error {
		list, err := tx.Credentials(a.ID, k, s.now())
		if err != nil {
			return err
		}
		for _, c := range list {
			if c.ID == id {
				return tx.DeleteCredential(a.ID, id)
			}
		}
		return campfire.NotFound(what)
	})
}

// stillActive checks inside the transaction that a has not lost access since
// the request was authenticated.
func (s *Service) stillActive(tx *store.Tx, a campfire.Actor) error {
	alive, err := tx.CredentialAlive(a.Credential, s.now())
	if err != nil {
		return err
	}
	if !alive {
		return campfire.Unauthenticated()
	}
	return nil
}

// transferLife is how long a one-time sign-in link is good.
const transferLife = campfire.Time(4 * 3600e6)

// Transfer is a one-time sign-in link's secret, shown this once.
type Transfer struct {
	Secret    auth.Secret
	ExpiresAt campfire.Time
}

// CreateTransfer makes a link that signs a person in once: one's own, or, for
// administrators, anyone's who is active.
func (s *Service) CreateTransfer(ctx context.Context, a campfire.Actor, user campfire.UserID) (*Transfer, error) {
	if user != a.ID && !a.IsAdministrator() {
		return nil, onlyAdministrators()
	}
	if !a.Scopes.Has(campfire.AllScopes) {
		return nil, campfire.Forbidden("A token can't make a link that may do more than itself.")
	}
	return s.createTransfer(ctx, user, a.ID, func(tx *store.Tx) error {
		if user != a.ID {
			return s.stillAdministrator(tx, a)
		}
		return s.stillActive(tx, a)
	})
}

func (s *Service) createTransfer(ctx context.Context, user, by campfire.UserID, allowed func(*store.Tx) error) (*Transfer, error) {
	t := &Transfer{Secret: auth.NewSecret()}
	err := s.store.Write(ctx, func(tx *store.Tx) error {
		if err := allowed(tx); err != nil {
			return err
		}
		u, err := tx.User(user)
		if err != nil {
			return err
		}
		if u.Status != campfire.Active || u.Role == campfire.Bot {
			return campfire.Conflict("Only active people can sign in by a link.")
		}
		now := s.now()
		t.ExpiresAt = now + transferLife
		return tx.CreateTransfer(t.Secret.Hash(), user, by, now, t.ExpiresAt)
	})
	if err != nil {
		return nil, err
	}
	return t, nil
}

// CheckTransfer returns whom a link would sign in, without using it up.
func (s *Service) CheckTransfer(ctx context.Context, secret string) (u *campfire.User, err error) {
	err = s.store.Read(ctx, func(r *store.Reader) error {
		u, err = s.transferUser(r, secret)
		return err
	})
	return u, err
}

func (s *Service) transferUser(r *store.Reader, secret string) (*campfire.User, error) {
	gone := campfire.NotFound("sign-in link, or it was used or is older than four hours")
	id, err := r.TransferUser(auth.Hash(secret), s.now())
	if campfire.CodeOf(err) == campfire.CodeNotFound {
		return nil, gone
	}
	if err != nil {
		return nil, err
	}
	u, err := r.User(id)
	if err != nil {
		return nil, err
	}
	if u.Status != campfire.Active {
		return nil, gone
	}
	return u, nil
}

// RedeemTransfer signs in by a link and uses it up: of several at once one wins.
func (s *Service) RedeemTransfer(ctx context.Context, secret string, c Client) (*SignedIn, error) {
	if err := s.limitLogin("", c); err != nil {
		return nil, err
	}
	var signedIn *SignedIn
	err := s.store.Write(ctx, func(tx *store.Tx) error {
		u, err := s.transferUser(&tx.Reader, secret)
		if err != nil {
			return err
		}
		if err := tx.DeleteTransfer(auth.Hash(secret)); err != nil {
			return err
		}
		signedIn, err = s.signIn(tx, u, c, signedInByLink)
		return err
	})
	return signedIn, err
}

// ResetPassword makes a sign-in link for whoever has the address. It asks
// nobody's leave: the command line, whose user holds the data, is its caller.
func (s *Service) ResetPassword(ctx context.Context, email string) (*Transfer, *campfire.User, error) {
	var u *campfire.User
	err := s.store.Read(ctx, func(r *store.Reader) (err error) {
		u, _, err = r.UserByEmail(strings.TrimSpace(email))
		return err
	})
	if campfire.CodeOf(err) == campfire.CodeNotFound {
		return nil, nil, errors.New("nobody here has the address " + email)
	}
	if err != nil {
		return nil, nil, err
	}
	t, err := s.createTransfer(ctx, u.ID, u.ID, func(*store.Tx) error { return nil })
	return t, u, err
}
