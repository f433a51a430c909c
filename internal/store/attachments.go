package store

import (
	"campfire"
	"campfire/internal/sqlite"
)

// FileState is how far a file has come. Stored as these numbers.
type FileState uint8

// The states of a file.
const (
	FileComing  FileState = iota // its bytes are on their way
	FileWhole                    // all of them are kept; no message has it yet
	FilePosted                   // it hangs on a message
	FileRemoved                  // nobody may see it; its bytes are still to be removed
)

// File is one file that someone uploads or has uploaded.
type File struct {
	campfire.Attachment
	User      campfire.UserID
	Room      campfire.RoomID    // zero: not posted
	Message   campfire.MessageID // zero: not posted
	State     FileState
	Blob      string // the key that its bytes are kept under
	CreatedAt campfire.Time
}

const fileColumns = `a.id, a.user_id, a.room_id, a.message_id, a.state, a.filename, a.content_type, a.byte_size, a.width, a.height, a.thumbnail, a.blob, a.created_at`

func scanFile(rows *sqlite.Stmt, f *File) error { return rows.Scan(fileDest(f)...) }

func fileDest(f *File) []any {
	return []any{&f.ID, &f.User, &f.Room, &f.Message, &f.State, &f.Filename, &f.ContentType, &f.Size, &f.Width, &f.Height, &f.Thumbnail, &f.Blob, &f.CreatedAt}
}

var (
	fileSeen = define("attachment", `SELECT `+fileColumns+` FROM attachments a
		JOIN rooms r ON r.id = a.room_id AND r.deleted = 0
		JOIN memberships ms ON ms.room_id = a.room_id AND ms.user_id = $2
		JOIN messages m ON m.id = a.message_id JOIN users u ON u.id = m.author_id
		WHERE a.id = $1 AND a.state = 2 AND`+shown)
	fileOwn   = define("attachment", `SELECT `+fileColumns+` FROM attachments a WHERE a.id = $1 AND a.user_id = $2 AND a.state < 2`)
	fileByKey = define("attachment", `SELECT count(*) FROM attachments WHERE blob = $1`)
	fileSum   = define("attachments_sum", `SELECT coalesce(sum(byte_size), 0) FROM attachments WHERE user_id = $1 AND state < 3`)
	fileTotal = define("attachments_sum", `SELECT coalesce(sum(byte_size), 0) FROM attachments WHERE state < 3`)
	fileGone  = define("attachments_purge", `SELECT `+fileColumns+` FROM attachments a WHERE a.state <> 2 AND a.state = 3 ORDER BY a.created_at LIMIT $1`)

	fileInsert = define("attachment_write", `INSERT INTO attachments (user_id, room_id, message_id, state, filename, content_type, byte_size, width, height, thumbnail, blob, created_at)
		VALUES ($1, 0, 0, $2, $3, $4, $5, $6, $7, $8, $9, $10)`)
	fileFinish = define("attachment_write", `UPDATE attachments SET state = 1, content_type = $2, byte_size = $3, width = $4, height = $5, thumbnail = $6
		WHERE id = $1 AND state = 0`)
	filePost    = define("attachment_write", `UPDATE attachments SET state = 2, room_id = $2, message_id = $3 WHERE id = $1 AND state = 1`)
	fileRemove  = define("attachment_write", `UPDATE attachments SET state = 3 WHERE id = $1 AND state < 2`)
	filesOf     = define("attachment_write", `UPDATE attachments SET state = 3 WHERE message_id = $1 AND state = 2`)
	filesUnsent = define("attachment_write", `UPDATE attachments SET state = 3 WHERE user_id = $1 AND state < 2`)
	filesOld    = define("attachments_purge", `UPDATE attachments SET state = 3 WHERE id IN (
		SELECT id FROM attachments WHERE state <> 2 AND state < 2 AND created_at < $1 LIMIT $2)`)
	fileDelete = define("attachments_purge", `DELETE FROM attachments WHERE id = $1 AND state = 3`)
)

// SeenFile returns a file that hangs on a message which u may read now;
// CodeNotFound otherwise.
func (r *Reader) SeenFile(id campfire.AttachmentID, u campfire.UserID) (*File, error) {
	f := &File{}
	return f, notFound(r.one(fileSeen, args{id, u}, fileDest(f)...), "file")
}

// UnpostedFile returns a file that u uploads or has uploaded and that no
// message has; CodeNotFound otherwise.
func (r *Reader) UnpostedFile(id campfire.AttachmentID, u campfire.UserID) (*File, error) {
	f := &File{}
	return f, notFound(r.one(fileOwn, args{id, u}, fileDest(f)...), "upload")
}

// HasBlob reports whether a file is kept under a key.
func (r *Reader) HasBlob(key string) (bool, error) {
	var n int
	err := r.one(fileByKey, args{key}, &n)
	return n > 0, err
}

// Stored returns how many bytes u's files have, those that are announced and
// still coming too.
func (r *Reader) Stored(u campfire.UserID) (n int64, err error) {
	return n, r.one(fileSum, args{u}, &n)
}

// StoredInAll returns how many bytes all files have.
func (r *Reader) StoredInAll() (n int64, err error) { return n, r.one(fileTotal, nil, &n) }

// RemovedFiles returns up to limit files whose bytes are to be removed.
func (r *Reader) RemovedFiles(limit int) ([]File, error) {
	return list(r, fileGone, args{limit}, scanFile)
}

// InsertFile stores a file that is coming or whole, and sets its ID.
func (tx *Tx) InsertFile(f *File) error {
	err := tx.exec(fileInsert, f.User, f.State, f.Filename, f.ContentType, f.Size, f.Width, f.Height, f.Thumbnail, f.Blob, f.CreatedAt)
	f.ID = campfire.AttachmentID(tx.c.db.LastInsertID())
	return err
}

// FinishFile stores what is known of a coming file now that it is whole. It
// reports false when it is not coming any more.
func (tx *Tx) FinishFile(f *File) (bool, error) {
	n, err := tx.execCount(fileFinish, f.ID, f.ContentType, f.Size, f.Width, f.Height, f.Thumbnail)
	return n == 1, err
}

// PostFiles hangs whole files on a message.
func (tx *Tx) PostFiles(files []File, m *campfire.Message) error {
	for i := range files {
		n, err := tx.execCount(filePost, files[i].ID, m.Room, m.ID)
		if err != nil {
			return err
		}
		if n != 1 {
			return campfire.NotFound("upload")
		}
	}
	return nil
}

// RemoveFile gives up a file that was not posted. It reports false when it
// was, or is given up already.
func (tx *Tx) RemoveFile(id campfire.AttachmentID) (bool, error) {
	n, err := tx.execCount(fileRemove, id)
	return n == 1, err
}

// RemoveUnposted gives up all files of u that no message has.
func (tx *Tx) RemoveUnposted(u campfire.UserID) error { return tx.exec(filesUnsent, u) }

// RemoveOldUnposted gives up to limit files up that were begun before a time
// and never posted, and returns how many.
func (tx *Tx) RemoveOldUnposted(before campfire.Time, limit int) (int, error) {
	return tx.execCount(filesOld, before, limit)
}

// DeleteFile forgets a file whose bytes are gone.
func (tx *Tx) DeleteFile(id campfire.AttachmentID) error { return tx.exec(fileDelete, id) }
