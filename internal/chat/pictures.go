package chat

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"

	"campfire"
	"campfire/internal/media"
	"campfire/internal/store"
)

const (
	// avatarSide and avatarBytes bound what is stored of a picture.
	avatarSide  = 512
	avatarBytes = 64 << 10

	logoLarge, logoSmall = 512, 192
)

// Avatar is someone and the picture that they gave themselves.
type Avatar struct {
	User *campfire.User
	Type string // empty: none
	Data []byte
}

// Avatar returns someone's picture.
func (s *Service) Avatar(ctx context.Context, a campfire.Actor, id campfire.UserID) (v Avatar, err error) {
	err = s.store.Read(ctx, func(r *store.Reader) error {
		if v.User, err = r.User(id); err != nil {
			return err
		}
		v.Type, v.Data, err = r.Avatar(id)
		if campfire.CodeOf(err) == campfire.CodeNotFound {
			return nil
		}
		return err
	})
	return v, err
}

// HasAvatar reports whether someone gave themselves a picture.
func (s *Service) HasAvatar(ctx context.Context, id campfire.UserID) (has bool, err error) {
	err = s.store.Read(ctx, func(r *store.Reader) error {
		has, err = r.HasAvatar(id)
		return err
	})
	return has, err
}

// SetAvatar makes a picture of someone: one's own, or a bot's for
// administrators. The middle of the image is taken, and encoded anew: nothing
// of what was sent is stored as it was.
func (s *Service) SetAvatar(ctx context.Context, a campfire.Actor, id campfire.UserID, image []byte) (*campfire.User, error) {
	if err := s.maySetAvatar(ctx, a, id); err != nil {
		return nil, err
	}
	if wait, ok := s.limiters.upload.take(a.ID, 1, s.now()); !ok {
		return nil, campfire.RateLimited(wait)
	}
	p, err := s.square(ctx, image, media.SquareOptions{Side: avatarSide, MaxBytes: avatarBytes})
	if err != nil {
		return nil, err
	}
	return s.changeAvatar(ctx, a, id, func(tx *store.Tx, u *campfire.User) error {
		return tx.SetAvatar(id, p.Type.Name, p.Data)
	})
}

// RemoveAvatar takes a picture away: one's own, or anyone's for
// administrators.
func (s *Service) RemoveAvatar(ctx context.Context, a campfire.Actor, id campfire.UserID) (*campfire.User, error) {
	if a.ID != id && !a.IsAdministrator() {
		return nil, onlyAdministrators()
	}
	return s.changeAvatar(ctx, a, id, func(tx *store.Tx, u *campfire.User) error {
		if has, err := tx.HasAvatar(id); err != nil || !has {
			return errors.Join(err, campfire.NotFound("picture"))
		}
		return tx.DeleteAvatar(id)
	})
}

// maySetAvatar is asked before a picture is made of the image. Who is a bot
// stays one.
func (s *Service) maySetAvatar(ctx context.Context, a campfire.Actor, id campfire.UserID) error {
	if a.ID == id {
		return nil
	}
	if !a.IsAdministrator() {
		return onlyAdministrators()
	}
	return s.store.Read(ctx, func(r *store.Reader) error { return botAlone(r.User(id)) })
}

// botAlone refuses a person: people choose their pictures themselves.
func botAlone(u *campfire.User, err error) error {
	if err == nil && u.Role != campfire.Bot {
		return campfire.Forbidden("People choose their pictures themselves.")
	}
	return err
}

func (s *Service) changeAvatar(ctx context.Context, a campfire.Actor, id campfire.UserID, change func(*store.Tx, *campfire.User) error) (u *campfire.User, err error) {
	err = s.store.Write(ctx, func(tx *store.Tx) error {
		check := s.stillActive
		if a.ID != id {
			check = s.stillAdministrator
		}
		if err := check(tx, a); err != nil {
			return err
		}
		if u, err = tx.User(id); err != nil {
			return err
		}
		u = new(*u)
		if err := change(tx, u); err != nil {
			return err
		}
		u.Avatar++
		if err := tx.UpdateUser(u); err != nil {
			return err
		}
		tx.Emit(&campfire.UserUpdated{User: u})
		return nil
	})
	return u, err
}

// Logo returns the account's logo as PNG: of 192 pixels, or of 512.
// CodeNotFound when there is none.
func (s *Service) Logo(ctx context.Context, small bool) (data []byte, err error) {
	err = s.store.Read(ctx, func(r *store.Reader) error {
		data, err = r.Logo(small)
		return err
	})
	return data, err
}

// maskableLogo is an icon and the version of the logo that it was made of.
type maskableLogo struct {
	version string
	data    []byte
}

// MaskableLogo returns the account's logo as a PNG of 512 pixels that may be cut
// to any form; CodeNotFound when there is no logo. It is made when it is first
// asked for, and remembered.
func (s *Service) MaskableLogo(ctx context.Context) ([]byte, error) {
	var version string
	var large []byte
	err := s.store.Read(ctx, func(r *store.Reader) error {
		account, err := r.Account()
		if err != nil {
			return err
		}
		if version = account.Logo; s.madeOf(version) != nil {
			return nil
		}
		large, err = r.Logo(false)
		return err
	})
	if err != nil {
		return nil, err
	}
	if made := s.madeOf(version); made != nil {
		return made.data, nil
	}
	p, err := s.square(ctx, large, media.SquareOptions{Side: logoLarge, PNG: true, Maskable: true})
	if err != nil {
		return nil, err
	}
	s.maskable.Store(&maskableLogo{version, p.Data})
	return p.Data, nil
}

// madeOf is the icon of a logo's version, nil when it is not remembered.
func (s *Service) madeOf(version string) *maskableLogo {
	if made := s.maskable.Load(); made != nil && made.version == version {
		return made
	}
	return nil
}

// SetLogo makes the account's logo of the middle of an image: administrators.
func (s *Service) SetLogo(ctx context.Context, a campfire.Actor, image []byte) (*campfire.Account, error) {
	if !a.IsAdministrator() {
		return nil, onlyAdministrators()
	}
	if wait, ok := s.limiters.upload.take(a.ID, 1, s.now()); !ok {
		return nil, campfire.RateLimited(wait)
	}
	large, err := s.square(ctx, image, media.SquareOptions{Side: logoLarge, PNG: true})
	if err != nil {
		return nil, err
	}
	small, err := s.square(ctx, large.Data, media.SquareOptions{Side: logoSmall, PNG: true})
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(large.Data)
	version := hex.EncodeToString(sum[:8])
	return s.changeStored(ctx, a, func(tx *store.Tx, account *campfire.Account) error {
		account.Logo = version
		return tx.SetLogo(version, small.Data, large.Data)
	})
}

// RemoveLogo takes the account's logo away: administrators.
func (s *Service) RemoveLogo(ctx context.Context, a campfire.Actor) (*campfire.Account, error) {
	if !a.IsAdministrator() {
		return nil, onlyAdministrators()
	}
	return s.changeStored(ctx, a, func(tx *store.Tx, account *campfire.Account) error {
		account.Logo = ""
		return tx.DeleteLogo()
	})
}

func (s *Service) square(ctx context.Context, image []byte, o media.SquareOptions) (*media.Picture, error) {
	p, err := s.workshop.Square(ctx, bytes.NewReader(image), o)
	return p, pictureError(err)
}

// pictureError says what is wrong with a picture to who sent it.
func pictureError(err error) error {
	switch {
	case errors.Is(err, media.ErrTooLarge):
		return campfire.Invalid("picture", "has too many pixels or frames")
	case errors.Is(err, media.ErrUnsupported):
		return campfire.Invalid("picture", "must be a JPEG, PNG, GIF, WebP or TIFF")
	case errors.Is(err, media.ErrMalformed):
		return campfire.Invalid("picture", "is damaged")
	case errors.Is(err, media.ErrBusy):
		return campfire.Overloaded("Too many pictures are being made at this moment; try again shortly.")
	}
	return err
}
