package chat

import (
	"context"
	"errors"
	"strings"

	"campfire"
	"campfire/internal/auth"
	"campfire/internal/store"
)

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
