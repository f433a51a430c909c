package store

import (
	"time"

	"campfire"
)

// SearchQuery asks for messages of the rooms that User is in.
type SearchQuery struct {
	User campfire.UserID
	// Terms must all be found: each as a word (the last one as the start of a
	// word), diacritics and case ignored, or as a substring.
	Terms       []string
	Room        campfire.RoomID    // zero: all
	From        campfire.UserID    // zero: anyone
	BeforeID    campfire.MessageID // zero: from the newest
	Since       campfire.Time      // zero: no bound
	Until       campfire.Time      // zero: no bound; exclusive
	HasLink     bool
	ByRelevance bool
	Limit       int
	// Budget bounds the scan for terms too short for the index.
	Budget time.Duration
}

// Search returns matching messages, newest first unless by relevance, and
// whether there may be more. Without terms it lists what the other fields ask.
func (r *Reader) Search(q SearchQuery) (found []*campfire.Message, more bool, err error) {
	panic("store")
}

// RecentSearches returns a person's last ten queries, newest first.
func (r *Reader) RecentSearches(u campfire.UserID) ([]string, error) { panic("store") }

// RecordSearch puts a query first among the person's recent ones and keeps ten.
func (tx *Tx) RecordSearch(u campfire.UserID, query string, now campfire.Time) error { panic("store") }

// ClearSearches forgets a person's recent queries.
func (tx *Tx) ClearSearches(u campfire.UserID) error { panic("store") }
