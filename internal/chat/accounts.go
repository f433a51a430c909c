package chat

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"campfire"
	"campfire/internal/auth"
	"campfire/internal/store"
)

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
