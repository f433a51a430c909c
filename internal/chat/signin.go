package chat

import (
	"context"
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
