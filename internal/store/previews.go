package store

import (
	"crypto/sha256"
	"encoding/hex"

	"campfire"
	"campfire/internal/sqlite"
)

// LinkPreview is what a link is known to lead to, for some time.
type LinkPreview struct {
	URL       string // normalised
	ExpiresAt campfire.Time
	// Preview is without a URL of its own; without a title there is nothing to
	// show.
	Preview campfire.Preview
}

// PreviewImage is a picture of a preview.
type PreviewImage struct {
	ContentType string
	Data        []byte
}

// ID names the picture by its content.
func (p *PreviewImage) ID() campfire.ImageID {
	sum := sha256.Sum256(p.Data)
	return campfire.ImageID(hex.EncodeToString(sum[:16]))
}

var (
	linkGet  = define("link_preview", `SELECT url, expires_at, title, description, site, image_id, width, height FROM link_previews WHERE url = $1 AND expires_at > $2`)
	linkKeep = define("link_preview_write", `INSERT OR REPLACE INTO link_previews (url, expires_at, title, description, site, image_id, width, height)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`)
	linkImage = define("link_preview_write", `SELECT image_id FROM link_previews WHERE url = $1`)
	linksOld  = define("link_preview_write", `SELECT url, image_id FROM link_previews WHERE expires_at <= $1
		OR expires_at <= (SELECT expires_at FROM link_previews ORDER BY expires_at DESC LIMIT 1 OFFSET $2) LIMIT $3`)
	linkDelete = define("link_preview_write", `DELETE FROM link_previews WHERE url = $1`)

	imageInsert = define("preview_image_write", `INSERT INTO preview_images (hash, content_type, data) VALUES ($1, $2, $3) ON CONFLICT (hash) DO NOTHING`)
	imageUnused = define("preview_image_write", `DELETE FROM preview_images WHERE hash = $1
		AND NOT EXISTS (SELECT 1 FROM preview_uses WHERE image_id = $1) AND NOT EXISTS (SELECT 1 FROM link_previews WHERE image_id = $1 AND image_id <> '')`)
	imageThere = define("preview_image", `SELECT count(*) FROM preview_images WHERE hash = $1`)
	imageShown = define("preview_image", `SELECT i.content_type, i.data FROM preview_images i WHERE i.hash = $1 AND EXISTS (
		SELECT 1 FROM preview_uses x JOIN memberships ms ON ms.user_id = $2 AND ms.room_id = x.room_id
			JOIN messages m ON m.id = x.message_id JOIN users u ON u.id = m.author_id
		WHERE x.image_id = $1 AND`+shown+`)`)

	useInsert = define("preview_image_write", `INSERT INTO preview_uses (image_id, message_id, room_id) VALUES ($1, $2, $3)`)
	usesOf    = define("preview_image_write", `SELECT image_id FROM preview_uses WHERE message_id = $1`)
	useDelete = define("preview_image_write", `DELETE FROM preview_uses WHERE message_id = $1`)

	previewsUpdate = define("message_update", `UPDATE messages SET version = $2, meta = $3 WHERE id = $1`)
)

// LinkPreview returns what a normalised link is known to lead to; CodeNotFound
// when it is not known, or no longer.
func (r *Reader) LinkPreview(url string, now campfire.Time) (*LinkPreview, error) {
	l := &LinkPreview{}
	p := &l.Preview
	err := r.one(linkGet, args{url, now}, &l.URL, &l.ExpiresAt, &p.Title, &p.Description, repeated(&p.Site), (*string)(&p.Image), &p.Width, &p.Height)
	if err != nil {
		return nil, notFound(err, "preview")
	}
	return l, nil
}

// KeepLinkPreview remembers what a link leads to, with its picture (nil: none),
// in place of what was known before.
func (tx *Tx) KeepLinkPreview(l *LinkPreview, image *PreviewImage) error {
	var before string
	if err := tx.one(linkImage, args{l.URL}, &before); err != nil && err != errNoRow {
		return err
	}
	p := &l.Preview
	if image != nil {
		p.Image = image.ID()
		if err := tx.exec(imageInsert, string(p.Image), image.ContentType, image.Data); err != nil {
			return err
		}
	}
	if err := tx.exec(linkKeep, l.URL, l.ExpiresAt, p.Title, p.Description, p.Site, string(p.Image), p.Width, p.Height); err != nil {
		return err
	}
	return tx.dropUnused(campfire.ImageID(before))
}

// PurgeLinkPreviews forgets up to limit links that are no longer known, and
// those beyond the newest keep, and returns how many.
func (tx *Tx) PurgeLinkPreviews(now campfire.Time, keep, limit int) (int, error) {
	type link struct {
		url   string
		image campfire.ImageID
	}
	old, err := list(&tx.Reader, linksOld, args{now, keep, limit}, func(rows *sqlite.Stmt, l *link) error { return rows.Scan(&l.url, (*string)(&l.image)) })
	if err != nil {
		return 0, err
	}
	for _, l := range old {
		if err := tx.exec(linkDelete, l.url); err != nil {
			return 0, err
		}
		if err := tx.dropUnused(l.image); err != nil {
			return 0, err
		}
	}
	return len(old), nil
}

// dropUnused removes a picture that no message shows and no link is known by.
func (tx *Tx) dropUnused(id campfire.ImageID) error {
	if id == "" {
		return nil
	}
	return tx.exec(imageUnused, string(id))
}

// PreviewImage returns a picture that a message shows in a room that u is in;
// CodeNotFound for any other.
func (r *Reader) PreviewImage(id campfire.ImageID, u campfire.UserID) (*PreviewImage, error) {
	p := &PreviewImage{}
	if err := r.one(imageShown, args{string(id), u}, &p.ContentType, &p.Data); err != nil {
		return nil, notFound(err, "image")
	}
	return p, nil
}

// UpdatePreviews stores the previews of m, which are its own, under the room's next number, which
// becomes its Version, and records the event. The text is as it was. A picture
// that is gone meanwhile is left out.
func (tx *Tx) UpdatePreviews(m *campfire.Message, now campfire.Time) (err error) {
	if p := m.Meta.Previews; p.TextVersion == 0 {
		p.TextVersion = m.Version
	}
	if err := tx.showImages(m); err != nil {
		return err
	}
	meta, err := metaColumn(m)
	if err != nil {
		return err
	}
	if m.Version, err = tx.next(m.Room); err != nil {
		return err
	}
	if err := tx.exec(previewsUpdate, m.ID, m.Version, meta); err != nil {
		return err
	}
	return tx.exec(eventInsert, m.Room, m.Version, campfire.MessageUpdated, m.ID, 0, now)
}

// showImages records which pictures a message shows, in place of those before.
func (tx *Tx) showImages(m *campfire.Message) error {
	before, err := column[string](&tx.Reader, usesOf, args{m.ID})
	if err != nil {
		return err
	}
	if len(before) > 0 {
		if err := tx.exec(useDelete, m.ID); err != nil {
			return err
		}
	}
	shows := make(map[campfire.ImageID]bool)
	for i, p := range m.Meta.ShownPreviews() {
		if p.Image == "" || shows[p.Image] {
			continue
		}
		var there int
		if err := tx.one(imageThere, args{string(p.Image)}, &there); err != nil {
			return err
		}
		if there == 0 {
			p.Image, p.Width, p.Height = "", 0, 0
			m.Meta.Previews.Shown[i] = p
			continue
		}
		shows[p.Image] = true
		if err := tx.exec(useInsert, string(p.Image), m.ID, m.Room); err != nil {
			return err
		}
	}
	for _, id := range before {
		if id := campfire.ImageID(id); !shows[id] {
			if err := tx.dropUnused(id); err != nil {
				return err
			}
		}
	}
	return nil
}

// hideImages forgets the pictures of a message that is gone.
func (tx *Tx) hideImages(id campfire.MessageID) error {
	return tx.showImages(&campfire.Message{ID: id})
}
