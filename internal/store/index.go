package store

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"campfire"
	"campfire/internal/sqlite"
)

// Words are indexed in the transaction that stores the text, at its end, so
// that a search after the answer finds it. Trigrams cost more and are added behind a
// watermark: every message up to it is in the index, what is newer is read.

var (
	wordsInsert    = define("index_words", `INSERT INTO words (rowid, body) VALUES ($1, $2)`)
	wordsDelete    = define("index_words", `DELETE FROM words WHERE rowid = $1`)
	trigramsInsert = define("index_trigrams", `INSERT INTO trigrams (rowid, body) VALUES ($1, $2)`)
	trigramsDelete = define("index_trigrams", `DELETE FROM trigrams WHERE rowid = $1`)
	trigramsMerge  = define("merge_trigrams", `INSERT INTO trigrams (trigrams, rank) VALUES ('merge', $1)`)
	trigramsNext   = define("index_trigrams", `SELECT id, body, coalesce(plain, body) FROM messages WHERE id > $1 AND deleted = 0 ORDER BY id LIMIT $2`)
	newestMessage  = define("index_trigrams", `SELECT coalesce(max(id), 0) FROM messages`)
)

// searchText is what a message is found by: its plain text, and what of the
// source that doesn't show: addresses behind links, a code's language.
func searchText(m *campfire.Message) string {
	if m.Plain == m.Body {
		return m.Plain
	}
	shown := make(map[string]bool)
	for word := range strings.FieldsSeq(m.Plain) {
		shown[word] = true
	}
	text := []byte(m.Plain)
	for word := range strings.FieldsSeq(m.Body) {
		// A mention is found by the name that it shows.
		if !shown[word] && !strings.HasPrefix(word, "<@") && !strings.HasPrefix(word, "<!") {
			shown[word] = true
			text = append(append(text, '\n'), word...)
		}
	}
	return string(text)
}

func (tx *Tx) indexWords(m *campfire.Message) error {
	return tx.atEnd(wordsInsert, m.ID, searchText(m))
}

// reindex replaces an edited message's terms.
func (tx *Tx) reindex(m *campfire.Message) error {
	if err := tx.unindex(m.ID); err != nil {
		return err
	}
	if err := tx.indexWords(m); err != nil {
		return err
	}
	until, err := tx.trigramsUntil()
	if err != nil || m.ID > until {
		return err // the indexer will find the new text
	}
	return tx.atEnd(trigramsInsert, m.ID, foldText(searchText(m)))
}

// unindex removes a message's terms from both indexes.
func (tx *Tx) unindex(id campfire.MessageID) error {
	if err := tx.atEnd(wordsDelete, id); err != nil {
		return err
	}
	return tx.atEnd(trigramsDelete, id)
}

// trigramsUntil returns the watermark.
func (r *Reader) trigramsUntil() (campfire.MessageID, error) {
	text, err := r.meta(metaTrigram)
	if err != nil || text == "" {
		return 0, err
	}
	id, err := strconv.ParseInt(text, 10, 64)
	return campfire.MessageID(id), err
}

// Unindexed returns how many ids lie beyond the watermark: at most so many
// messages are read one by one in a search for parts of words.
func (s *Store) Unindexed(ctx context.Context) (n int64, err error) {
	err = s.Read(ctx, func(r *Reader) error {
		until, err := r.trigramsUntil()
		if err != nil {
			return err
		}
		var newest campfire.MessageID
		err = r.one(newestMessage, nil, &newest)
		n = int64(newest - until)
		return err
	})
	return n, err
}

const (
	indexEvery = 100 * time.Millisecond // what has come is indexed this often
	indexBatch = 64                     // messages of one step: a post waits for one step at most
	mergePages = 16                     // pages of one step of merging
)

// index is the trigram indexer's goroutine. It works in small steps. Where
// others write, it rests after each for three times as long as it took, so
// that posting keeps most of the writer; where nobody does, it catches up.
func (s *Store) index() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	merging := true // there may be something to merge
	written := int64(0)
	for {
		select {
		case <-s.quit:
			return
		case <-timer.C:
		}
		alone := s.written.Load() == written
		began := time.Now()
		n, err := s.indexStep()
		if err == nil && (n > 0 || merging) {
			merging, err = s.mergeStep()
		}
		rest := indexEvery
		switch {
		case n < indexBatch && !merging:
		case alone:
			rest = time.Millisecond
		default:
			rest = max(3*time.Since(began), time.Millisecond)
		}
		written = s.written.Load()
		if err != nil && campfire.CodeOf(err) == campfire.CodeInternal {
			s.log.Error("parts of words can't be indexed; it will be tried again", "err", err)
			rest = time.Second
		}
		timer.Reset(rest)
	}
}

// mergeStep merges a little of what steps of indexing have left behind, and
// reports whether there was anything to merge. It is a write of its own, so
// that posts come between.
func (s *Store) mergeStep() (worked bool, err error) {
	err = s.Write(context.Background(), func(tx *Tx) error {
		before := tx.c.db.TotalChanges()
		err := tx.exec(trigramsMerge, mergePages)
		// FTS5 notes at least one change whether it did anything or not.
		worked = tx.c.db.TotalChanges()-before >= 2
		return err
	})
	return worked, err
}

// indexStep adds the next messages to the trigram index, and returns how many.
func (s *Store) indexStep() (n int, err error) {
	if behind, err := s.Unindexed(context.Background()); err != nil || behind == 0 {
		return 0, err
	}
	err = s.Write(context.Background(), func(tx *Tx) error {
		until, err := tx.trigramsUntil()
		if err != nil {
			return err
		}
		texts, err := list(&tx.Reader, trigramsNext, args{until, indexBatch}, func(rows *sqlite.Stmt, m *campfire.Message) error {
			return rows.Scan(&m.ID, &m.Body, &m.Plain)
		})
		if err != nil {
			return err
		}
		if n = len(texts); n == 0 {
			// Only tombstones are left: nothing before the newest is missing.
			if err := tx.one(newestMessage, nil, &until); err != nil {
				return err
			}
		}
		for i := range texts {
			if err := tx.atEnd(trigramsInsert, texts[i].ID, foldText(searchText(&texts[i]))); err != nil {
				return err
			}
			until = texts[i].ID
		}
		err = tx.exec(metaSet, metaTrigram, strconv.FormatInt(int64(until), 10))
		return err
	})
	return n, err
}

// errEnough ends the reading of rows that are no longer needed.
var errEnough = errors.New("enough rows")

func isEnough(err error) bool { return errors.Is(err, errEnough) }
