package server

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"campfire"
	"campfire/internal/web"
)

const (
	// maxPicture bounds what is sent to make a picture of, in bytes: a
	// telephone's photograph fits.
	maxPicture = 12 << 20
	// maxPictures bounds how many are received at once: each is in memory.
	maxPictures = 8
	// pictureTime is how long one may take to come.
	pictureTime = 30 * time.Second
)

// picture reads an image: the whole body, or the part of a form of that name.
func (c *call) picture() (b []byte, err error) {
	select {
	case c.s.pictures <- struct{}{}:
		defer func() { <-c.s.pictures }()
	default:
		return nil, campfire.Overloaded("Too many pictures are being sent at this moment; try again shortly.")
	}
	// What is slow holds memory that others may need.
	_ = http.NewResponseController(c.w).SetReadDeadline(time.Now().Add(pictureTime))
	kind, parameters, _ := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	switch {
	case kind == "" || kind == "application/octet-stream" || strings.HasPrefix(kind, "image/"):
		return c.body(maxPicture)
	case kind != "multipart/form-data":
		return nil, &campfire.Error{Code: campfire.CodeUnsupportedMedia, Detail: "The body must be a picture, or a form with one."}
	}
	if parameters["boundary"] == "" {
		return nil, &campfire.Error{Code: campfire.CodeMalformed, Detail: "The form has no boundary."}
	}
	const around = 64 << 10 // the form itself
	c.r.Body = http.MaxBytesReader(c.w, c.r.Body, maxPicture+around)
	parts, err := c.r.MultipartReader()
	if err != nil {
		return nil, &campfire.Error{Code: campfire.CodeMalformed, Detail: "The form did not come whole."}
	}
	for range 16 {
		part, err := parts.NextPart()
		if err == io.EOF {
			break
		}
		if err == nil && part.FormName() == "picture" {
			b, err = io.ReadAll(part)
		}
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return nil, campfire.Errorf(campfire.CodeTooLarge, "A picture may have %d MiB at most.", maxPicture>>20)
		}
		if err != nil {
			return nil, &campfire.Error{Code: campfire.CodeMalformed, Detail: "The form did not come whole."}
		}
	}
	if len(b) == 0 {
		return nil, campfire.Invalid("picture", "is missing")
	}
	return b, nil
}

// — Avatars —

func (s *Server) avatar(c *call) error {
	id, err := pathID[campfire.UserID](c, "user")
	if err != nil {
		return err
	}
	v, err := s.chat.Avatar(c.r.Context(), c.actor, id)
	if err != nil {
		return err
	}
	version := strconv.Itoa(int(v.User.Avatar))
	h := c.w.Header()
	// The address of a picture changes with it. Under an older address, which
	// a page may still hold, there is the picture of today.
	if c.query().Get("v") == version {
		h.Set("Cache-Control", "private, max-age=31536000, immutable")
	}
	// The content's own policy: an image opened by itself can do nothing.
	h.Set("Content-Security-Policy", pictureCSP)
	if v.Type == "" {
		v.Type, v.Data = "image/svg+xml", s.web.Initials(v.User)
	}
	return c.image(strconv.FormatInt(int64(id), 10)+"-"+version, v.Type, v.Data)
}

const pictureCSP = "default-src 'none'; style-src 'unsafe-inline'; sandbox"

// image answers with a picture under its tag.
func (c *call) image(tag, kind string, b []byte) error {
	h := c.w.Header()
	h.Set("ETag", `"`+tag+`"`)
	if holds(c.r, tag) {
		c.w.WriteHeader(http.StatusNotModified)
		return nil
	}
	h.Set("Content-Type", kind)
	h.Set("Content-Length", strconv.Itoa(len(b)))
	_, _ = c.w.Write(b) // who went away hears nothing
	return nil
}

// avatarOf is whose picture a path is about.
func (c *call) avatarOf() (campfire.UserID, error) {
	if c.r.PathValue("user") == "" {
		return c.actor.ID, nil
	}
	return pathID[campfire.UserID](c, "user")
}

func (s *Server) putAvatar(c *call) error {
	id, err := c.avatarOf()
	if err != nil {
		return err
	}
	b, err := c.picture()
	if err != nil {
		return err
	}
	u, err := s.chat.SetAvatar(c.r.Context(), c.actor, id, b)
	if err != nil {
		return err
	}
	return c.user(u)
}

func (s *Server) deleteAvatar(c *call) error {
	id, err := c.avatarOf()
	if err != nil {
		return err
	}
	if _, err := s.chat.RemoveAvatar(c.r.Context(), c.actor, id); err != nil {
		return err
	}
	return c.done(0)
}

func (s *Server) avatarForm(c *call) error {
	b, err := c.picture()
	if err == nil {
		_, err = s.chat.SetAvatar(c.r.Context(), c.actor, c.actor.ID, b)
	}
	if err != nil {
		return s.refuseProfile(c, "picture", nil, err)
	}
	return c.redirectDone("/profile", "save")
}

func (s *Server) deleteAvatarForm(c *call) error {
	if _, err := s.chat.RemoveAvatar(c.r.Context(), c.actor, c.actor.ID); err != nil && campfire.CodeOf(err) != campfire.CodeNotFound {
		return err
	}
	return c.redirectDone("/profile", "picture")
}

// deleteUserAvatarForm is an administrator's.
func (s *Server) deleteUserAvatarForm(c *call) error {
	id, err := c.avatarOf()
	if err != nil {
		return err
	}
	if _, err := s.chat.RemoveAvatar(c.r.Context(), c.actor, id); err != nil && campfire.CodeOf(err) != campfire.CodeNotFound {
		return err
	}
	return c.redirectDone("/users/"+strconv.FormatInt(int64(id), 10), "picture")
}

// — The account's logo —

// logo is for anyone: the page to sign in shows it, and browsers ask for an
// application's icon without a session.
func (s *Server) logo(c *call) error {
	size := c.query().Get("size")
	logo := func(ctx context.Context) ([]byte, error) { return s.chat.Logo(ctx, size != "" && size != "large") }
	if size == "maskable" {
		logo = s.chat.MaskableLogo
	}
	b, err := logo(c.r.Context())
	tag, kind := s.look(c.r).Logo+size, "image/png"
	switch {
	case campfire.CodeOf(err) == campfire.CodeNotFound:
		name := "icon-512.png"
		switch size {
		case "small":
			name = "icon-192.png"
		case "maskable":
			name = "maskable-512.png"
		case "unread":
			name, kind = "icon-unread.svg", "image/svg+xml"
		}
		b = s.web.File(name)
		tag = "stock-" + name
	case err != nil:
		return err
	case size == "unread":
		kind = "image/svg+xml"
		b = web.UnreadIcon("data:image/png;base64," + base64.StdEncoding.EncodeToString(b))
	}
	h := c.w.Header()
	h.Set("Cache-Control", "public, max-age=300, stale-while-revalidate=604800")
	h.Set("Content-Security-Policy", "default-src 'none'; img-src data:; style-src 'unsafe-inline'; sandbox")
	return c.image(tag, kind, b)
}

func (s *Server) putLogo(c *call) error {
	b, err := c.picture()
	if err != nil {
		return err
	}
	account, err := s.chat.SetLogo(c.r.Context(), c.actor, b)
	if err != nil {
		return err
	}
	return c.account(account)
}

func (s *Server) deleteLogo(c *call) error {
	if _, err := s.chat.RemoveLogo(c.r.Context(), c.actor); err != nil {
		return err
	}
	return c.done(0)
}

func (s *Server) logoForm(c *call) error {
	if !c.actor.IsAdministrator() {
		return campfire.Forbidden("Only administrators can do that.")
	}
	b, err := c.picture()
	if err == nil {
		_, err = s.chat.SetLogo(c.r.Context(), c.actor, b)
	}
	if err != nil {
		if form, status, ok := c.refused("logo", nil, err); ok {
			return s.showAccount(c, status, nil, form)
		}
		return err
	}
	return c.redirectDone("/account", "save")
}

func (s *Server) deleteLogoForm(c *call) error {
	if _, err := s.chat.RemoveLogo(c.r.Context(), c.actor); err != nil {
		return err
	}
	return c.redirectDone("/account", "picture")
}

// logoURL is the address of the account's logo, nil when there is none.
func (s *Server) logoURL(a *campfire.Account) *string {
	if a.Logo == "" {
		return nil
	}
	return new(s.base + "/account/logo?v=" + a.Logo)
}
