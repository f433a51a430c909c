package chat

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"campfire"
	"campfire/internal/cache"
	"campfire/internal/markup"
	"campfire/internal/piece"
	"campfire/internal/store"
)

// SearchRequest asks for messages by what they say.
type SearchRequest struct {
	Query       string // words and operators: from: in: has: before: after:
	Room        campfire.RoomID
	From        campfire.UserID
	Before      campfire.MessageID
	Limit       int // 0: 50
	ByRelevance bool
}

// Hit is a message that was found.
type Hit struct {
	Message *campfire.Message
	Snippet string // HTML: escaped text around the first match, matches in <mark>
}

// shortTermBudget bounds the scan for terms that no index holds.
const shortTermBudget = 200 * time.Millisecond

// SearchPage is what a search found.
type SearchPage struct {
	Hits []Hit
	More bool // there may be more
}

// Search finds messages in the rooms a is in, newest first unless by
// relevance. A query that asks for nothing finds nothing.
func (s *Service) Search(ctx context.Context, a campfire.Actor, q SearchRequest) (*SearchPage, error) {
	if err := s.maySearch(ctx, a, &q); err != nil {
		return nil, err
	}
	return s.search(ctx, a, q)
}

// Found returns what build makes of what a search finds. It is remembered
// until anything happens in any of a's rooms: that pays while nobody writes,
// and for who asks twice. A scan of what no index holds ends by the clock, so
// it is not remembered. build must be the same for all calls.
func (s *Service) Found(ctx context.Context, a campfire.Actor, q SearchRequest, build func(*SearchPage) []byte) (*piece.Piece, error) {
	if err := s.maySearch(ctx, a, &q); err != nil {
		return nil, err
	}
	return s.remembered.searches.Get(ctx, searchKey{a.ID, q}, func(ctx context.Context) (*piece.Piece, []cache.Thing, error) {
		var on []cache.Thing
		if !slices.ContainsFunc(parseQuery(q.Query).terms, unindexed) {
			on = append(on, peopleThing, roomsThing(a.ID))
			err := s.store.Read(ctx, func(r *store.Reader) error {
				rooms, err := r.RoomsOf(a.ID)
				for _, id := range rooms {
					on = append(on, roomThing(id))
				}
				return err
			})
			if err != nil {
				return nil, nil, err
			}
		}
		page, err := s.search(ctx, a, q)
		if err != nil {
			return nil, nil, err
		}
		return piece.Thin(build(page)), on, nil
	})
}

// maySearch holds a request against its bounds and fills in its limit.
func (s *Service) maySearch(ctx context.Context, a campfire.Actor, q *SearchRequest) (err error) {
	if q.Limit, err = pageLimit(q.Limit, s.limits.MaxPage, s.usualPage()); err != nil {
		return err
	}
	if s.limits.MaxQuery > 0 && len(q.Query) > s.limits.MaxQuery {
		return campfire.Invalid("q", "is longer than %d bytes", s.limits.MaxQuery)
	}
	if wait, ok := s.limiters.search.take(a.ID, 1, s.now()); !ok {
		return campfire.RateLimited(wait)
	}
	if q.Room != 0 {
		return s.entered(ctx, a, q.Room)
	}
	return nil
}

// unindexed reports whether a term is found by scanning alone.
func unindexed(term string) bool { return utf8.RuneCountInString(term) < 3 }

func (s *Service) search(ctx context.Context, a campfire.Actor, q SearchRequest) (*SearchPage, error) {
	page, parsed := &SearchPage{}, parseQuery(q.Query)
	if parsed.empty() {
		return page, nil
	}
	var messages []*campfire.Message
	err := s.store.Read(ctx, func(r *store.Reader) error {
		sq := store.SearchQuery{
			User: a.ID, Terms: parsed.terms, Room: q.Room, From: q.From, BeforeID: q.Before,
			Since: parsed.since, Until: parsed.until, HasLink: parsed.hasLink, HasFile: parsed.hasFile, HasImage: parsed.hasImage,
			ByRelevance: q.ByRelevance, Limit: q.Limit, Budget: shortTermBudget,
		}
		found, err := resolve(r, a, &parsed, &sq)
		if err != nil || !found {
			return err
		}
		messages, page.More, err = r.Search(sq)
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := s.freshen(ctx, messages); err != nil {
		return nil, err
	}
	page.Hits = make([]Hit, len(messages))
	for i, m := range messages {
		page.Hits[i] = Hit{m, markup.Snippet(m.Plain, parsed.terms)}
	}
	return page, nil
}

// resolve turns the names in from: and in: into ids. It reports false when
// nobody or no room of a's has the name, or when a parameter contradicts it.
func resolve(r *store.Reader, a campfire.Actor, q *query, sq *store.SearchQuery) (bool, error) {
	if q.from != "" {
		id, err := author(r, a, q.from)
		if err != nil || id == 0 || sq.From != 0 && sq.From != id {
			return false, err
		}
		sq.From = id
	}
	if q.in != "" {
		rooms, err := r.RoomViews(a.ID)
		if err != nil {
			return false, err
		}
		var found campfire.RoomID
		for _, room := range rooms {
			if strings.EqualFold(room.Name, q.in) {
				found = room.ID
				break
			}
			if found == 0 && room.Kind != campfire.Direct && hasPrefixFold(room.Name, q.in) {
				found = room.ID
			}
		}
		if found == 0 || sq.Room != 0 && sq.Room != found {
			return false, nil
		}
		sq.Room = found
	}
	return true, nil
}

// author finds whom a name means: "me", the one of exactly that name, else
// the first whose name contains it.
func author(r *store.Reader, a campfire.Actor, name string) (campfire.UserID, error) {
	if strings.EqualFold(name, "me") {
		return a.ID, nil
	}
	users, err := r.ListUsers(store.UserFilter{Name: name, Limit: 50})
	if err != nil || len(users) == 0 {
		return 0, err
	}
	for _, u := range users {
		if strings.EqualFold(u.Name, name) {
			return u.ID, nil
		}
	}
	return users[0].ID, nil
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// Searches returns a's recent queries, newest first.
func (s *Service) Searches(ctx context.Context, a campfire.Actor) (queries []string, err error) {
	err = s.store.Read(ctx, func(r *store.Reader) error {
		queries, err = r.RecentSearches(a.ID)
		return err
	})
	return queries, err
}

// RecordSearch remembers a query as a's most recent one.
func (s *Service) RecordSearch(ctx context.Context, a campfire.Actor, text string) error {
	text = strings.TrimSpace(strings.ToValidUTF8(text, ""))
	if q := parseQuery(text); q.empty() || s.limits.MaxQuery > 0 && len(text) > s.limits.MaxQuery {
		return nil
	}
	return s.store.Write(ctx, func(tx *store.Tx) error { return tx.RecordSearch(a.ID, text, s.now()) })
}

// ClearSearches forgets a's recent queries.
func (s *Service) ClearSearches(ctx context.Context, a campfire.Actor) error {
	return s.store.Write(ctx, func(tx *store.Tx) error { return tx.ClearSearches(a.ID) })
}
