package store

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"campfire"
	"campfire/internal/sqlite"

	"golang.org/x/text/unicode/norm"
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
	HasFile     bool
	HasImage    bool
	ByRelevance bool
	Limit       int
	// Budget bounds the scan for terms too short for the index.
	Budget time.Duration
}

// A result row is joined to what the caller may see and asked for; the
// parameters are the same in every form of search. CROSS JOIN keeps SQLite to
// the written order, newest match first: it would rather begin with the rooms
// and sort what it finds in all of them.
const searchJoin = `
	CROSS JOIN memberships ms ON ms.user_id = $2 AND ms.room_id = m.room_id
	CROSS JOIN users u ON u.id = m.author_id
	WHERE m.id < $3 AND ($4 = 0 OR m.room_id = $4) AND ($5 = 0 OR m.author_id = $5)
		AND ($6 = 0 OR m.created_at >= $6) AND ($7 = 0 OR m.created_at < $7)
		AND ($8 = 0 OR instr(m.meta, '"urls":[') > 0)
		AND ($9 = 0 OR instr(m.meta, '"attachments":[') > 0) AND ($10 = 0 OR instr(m.meta, '"content_type":"image/') > 0) AND` + shown

var (
	searchWords = define("search_words", `SELECT `+messageColumns+` FROM words CROSS JOIN messages m ON m.id = words.rowid`+searchJoin+`
		AND words MATCH $1 AND words.rowid < $3 ORDER BY words.rowid DESC LIMIT $11`)
	searchRank = define("search_rank", `SELECT `+messageColumns+` FROM words CROSS JOIN messages m ON m.id = words.rowid`+searchJoin+`
		AND words MATCH $1 ORDER BY words.rank, m.id DESC LIMIT $11`)
	// The ids alone: whole words have found most of these messages before.
	searchTrigrams = define("search_trigrams", `SELECT rowid FROM trigrams
		WHERE trigrams MATCH $1 AND rowid < $2 AND rowid > $3 ORDER BY rowid DESC`)
	searchOne = define("search_trigrams", `SELECT `+messageColumns+` FROM messages m`+searchJoin+` AND m.id = $1`)
	// $1 is where the scan ends: what is older is in the trigram index.
	searchScan = define("search_scan", `SELECT `+messageColumns+` FROM messages m`+searchJoin+`
		AND m.id > $1 ORDER BY m.id DESC`)
)

// Search returns matching messages, newest first unless by relevance, and
// whether there may be more. Without terms it lists what the other fields ask.
func (r *Reader) Search(q SearchQuery) (found []*campfire.Message, more bool, err error) {
	if q.BeforeID == 0 {
		q.BeforeID = campfire.MaxID
	}
	if q.Budget <= 0 {
		q.Budget = time.Second
	}
	s := search{r: r, q: q, deadline: time.Now().Add(q.Budget), seen: make(map[campfire.MessageID]bool)}
	for _, t := range q.Terms {
		if t = foldText(t); t != "" {
			s.folded = append(s.folded, t)
		}
	}
	if err := s.run(); err != nil {
		return nil, false, err
	}
	if !q.ByRelevance {
		slices.SortFunc(s.found, func(a, b *campfire.Message) int { return int(b.ID - a.ID) })
	}
	if len(s.found) > q.Limit {
		s.found, s.more = s.found[:q.Limit], true
	}
	return s.found, s.more, r.dressEach(s.found)
}

// search is one search under way.
type search struct {
	r        *Reader
	q        SearchQuery
	folded   []string
	deadline time.Time
	seen     map[campfire.MessageID]bool
	found    []*campfire.Message
	full     campfire.MessageID // what is not newer would not be shown: the page is full without it
	more     bool               // stopped before the end
}

// run collects, from each index in turn, up to one more than the limit: the
// newest of all of them are then among what was collected. Whole words come
// first, as they are found at once: where they fill the page, the others look
// only at what is newer than its end.
func (s *search) run() error {
	words := matchWords(s.q.Terms, s.q.ByRelevance || !foundByTrigrams(s.q.Terms))
	if words != "" {
		st := searchWords
		if s.q.ByRelevance {
			st = searchRank
		}
		// Every row is a hit; the statement stops by its own limit.
		if err := s.collect(st, words, func(*campfire.Message) bool { return true }); err != nil {
			return err
		}
		if s.q.ByRelevance {
			return nil
		}
	}
	through := campfire.MessageID(0) // the scan's end
	if trigrams := matchTrigrams(s.folded); trigrams != "" {
		indexed, err := s.r.trigramsUntil()
		if err != nil {
			return err
		}
		through = indexed
		if err := s.collectParts(trigrams); err != nil {
			return err
		}
	} else if len(s.folded) > 0 && len(s.found) > s.q.Limit {
		s.more = true
		return nil // the words alone fill the page; no need to scan for more
	}
	if len(s.q.Terms) > 0 && len(s.folded) == 0 {
		return nil // nothing in the terms can be seen
	}
	return s.collect(searchScan, max(through, s.full), s.contains)
}

// contains reports whether a message holds every term as a substring.
func (s *search) contains(m *campfire.Message) bool {
	if len(s.folded) == 0 {
		return true
	}
	text := foldText(searchText(m))
	for _, t := range s.folded {
		if !strings.Contains(text, t) {
			return false
		}
	}
	return true
}

// parameters are those of the statements that join what may be seen.
func (s *search) parameters(first any) args {
	q := s.q
	return args{first, q.User, q.BeforeID, q.Room, q.From, q.Since, q.Until, q.HasLink, q.HasFile, q.HasImage}
}

// collect adds rows that hold, until one more than the limit were found by
// this statement or the time is up.
func (s *search) collect(st *statement, first any, holds func(*campfire.Message) bool) error {
	a := s.parameters(first)
	if st == searchWords || st == searchRank {
		a = append(a, s.q.Limit+1)
	}
	t := tally{s: s}
	return t.end(s.r.each(st, a, func(rows *sqlite.Stmt) error {
		var m *campfire.Message
		if err := scanMessage(rows, &m); err != nil {
			return err
		}
		return t.row(m, holds(m))
	}))
}

// collectParts adds messages that the trigrams name, in the same way.
func (s *search) collectParts(trigrams string) error {
	t := tally{s: s}
	return t.end(s.r.each(searchTrigrams, args{trigrams, s.q.BeforeID, s.full}, func(rows *sqlite.Stmt) error {
		var id campfire.MessageID
		if err := rows.Scan(&id); err != nil {
			return err
		}
		if s.seen[id] {
			return t.row(&campfire.Message{ID: id}, true)
		}
		one, err := list(s.r, searchOne, s.parameters(id), scanMessage)
		if err != nil {
			return err
		}
		if len(one) == 0 {
			return t.row(nil, false)
		}
		return t.row(one[0], s.contains(one[0]))
	}))
}

// tally counts what one statement finds.
type tally struct {
	s         *search
	n, looked int
}

// row takes one row; errEnough when no more are needed.
func (t *tally) row(m *campfire.Message, holds bool) error {
	s := t.s
	if holds {
		t.n++
		if !s.seen[m.ID] {
			s.seen[m.ID] = true
			s.found = append(s.found, m)
		}
		if t.n > s.q.Limit {
			s.full = max(s.full, m.ID)
			return errEnough
		}
	}
	if t.looked++; t.looked%64 == 0 && time.Now().After(s.deadline) {
		s.more = true
		return errEnough
	}
	return nil
}

// end is how a statement ended, when enough is no failure.
func (t *tally) end(err error) error {
	if isEnough(err) {
		return nil
	}
	return err
}

// matchWords makes an FTS5 expression of the terms' words: all required, none
// of it read as an operator. With begun, the last one may be the start of a
// word: FTS5 then reads every word that begins so from its oldest place on,
// however few are wanted.
func matchWords(terms []string, begun bool) string {
	var b strings.Builder
	for i, t := range terms {
		if !strings.ContainsFunc(t, isWord) {
			continue
		}
		if b.Len() > 0 {
			b.WriteString(" AND ")
		}
		quote(&b, t)
		if last, _ := utf8.DecodeLastRuneInString(t); begun && i == len(terms)-1 && isWord(last) {
			b.WriteByte('*')
		}
	}
	return b.String()
}

// foundByTrigrams reports whether all that a search for these terms, as the
// starts of words, can find is found by a search for them as substrings: they
// are long enough, and both indexes understand their letters alike.
func foundByTrigrams(terms []string) bool {
	for _, t := range terms {
		if len(t) < 3 || strings.ContainsFunc(t, func(r rune) bool { return r >= utf8.RuneSelf || !isWord(r) }) {
			return false
		}
	}
	return true
}

// isWord is unicode61's idea of what a word is made of.
func isWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.Is(unicode.Co, r)
}

// maxTrigrams bounds the pieces of one expression: each costs the reading of
// a list, and a few narrow the candidates nearly as far as all do. What they
// let through is held against the whole terms.
const maxTrigrams = 4

// matchTrigrams makes an FTS5 expression of three-character pieces of the
// folded terms, side by side where there is room; empty when a term is too
// short to have one.
func matchTrigrams(folded []string) string {
	if len(folded) == 0 {
		return ""
	}
	each := max(1, maxTrigrams/len(folded))
	var b strings.Builder
	for _, t := range folded {
		runes := []rune(t)
		last := len(runes) - 3
		if last < 0 {
			return ""
		}
		step := max(3, (last+each-1)/each)
		for i := 0; ; i = min(i+step, last) {
			if b.Len() > 0 {
				b.WriteString(" AND ")
			}
			quote(&b, string(runes[i:i+3]))
			if i == last {
				break
			}
		}
	}
	return b.String()
}

func quote(b *strings.Builder, s string) {
	b.WriteByte('"')
	b.WriteString(strings.ReplaceAll(strings.ReplaceAll(s, `"`, `""`), "\x00", " "))
	b.WriteByte('"')
}

// foldText is the form in which texts are searched for substrings: lower
// case, without diacritics.
func foldText(s string) string {
	ascii := true
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			ascii = false
			break
		}
	}
	if ascii {
		return strings.ToLower(s)
	}
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range norm.NFD.String(s) {
		if !unicode.Is(unicode.Mn, r) {
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}
