package chat

import (
	"context"

	"campfire"
	"campfire/internal/auth"
	"campfire/internal/store"
)

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
