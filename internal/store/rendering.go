package store

import (
	"campfire"
)

var (
	renderedBefore = define("render_anew", `SELECT `+messageColumns+` FROM messages m JOIN users u ON u.id = m.author_id
		WHERE m.id > $1 AND m.id <= $2 AND m.render_version <> $3 AND m.deleted = 0 ORDER BY m.id`)
	renderingUpdate = define("render_anew", `UPDATE messages SET render_version = $3, html = $4, plain = $5, meta = $6
		WHERE id = $1 AND version = $2 AND deleted = 0`)
)

// Rendered returns the version of the renderer that has made all that is stored;
// empty: not known.
func (r *Reader) Rendered() (string, error) { return r.meta(metaRendered) }

// SetRendered records it.
func (tx *Tx) SetRendered(version string) error { return tx.exec(metaSet, metaRendered, version) }

// NewestMessage returns the highest id of all messages; zero when there are none.
func (r *Reader) NewestMessage() (id campfire.MessageID, err error) {
	return id, r.one(newestMessage, nil, &id)
}

// RenderedBefore returns what another version of the renderer made among the span
// of ids after one: text and metadata, neither quotes nor boosts.
func (r *Reader) RenderedBefore(version int16, after campfire.MessageID, span int) ([]*campfire.Message, error) {
	return list(r, renderedBefore, args{after, after + campfire.MessageID(span), version}, scanMessage)
}

// StoreRendering stores what a message that was read as old renders to, fresh,
// under the same number. One that was changed meanwhile is left as it is.
func (tx *Tx) StoreRendering(old, fresh *campfire.Message) error {
	meta, err := metaColumn(fresh)
	if err != nil {
		return err
	}
	n, err := tx.execCount(renderingUpdate, old.ID, old.Version, fresh.RenderVersion, fresh.HTML, plainColumn(fresh), meta)
	if err != nil || n == 0 || searchText(old) == searchText(fresh) {
		return err
	}
	return tx.reindex(fresh)
}
