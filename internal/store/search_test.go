package store

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"campfire"

	"pgregory.net/rapid"
)

// Whatever the indexes hold already, a search finds the newest messages that
// hold its terms, no more and no fewer.
func TestSearchFindsTheNewestThatHoldTheTerms(t *testing.T) {
	s := open(t, Options{})
	room, ada, _ := furnish(t, s)
	words := []string{"kettle", "kettles", "ket", "tea", "teatime", "Time", "sometimes", "blue", "mug"}
	var all []*campfire.Message
	rapid.Check(t, func(rt *rapid.T) {
		for _, text := range rapid.SliceOfN(rapid.SliceOfN(rapid.SampledFrom(words), 1, 4), 0, 3).Draw(rt, "texts") {
			all = append(all, post(t, s, room, ada, strings.Join(append(text, fmt.Sprint(len(all))), " ")))
		}
		if rapid.Bool().Draw(rt, "index") {
			if _, err := s.indexStep(); err != nil {
				rt.Fatal(err)
			}
		}
		term := rapid.SampledFrom(words).Draw(rt, "word")
		from := rapid.IntRange(0, len(term)-3).Draw(rt, "from")
		terms := []string{term[from:rapid.IntRange(from+3, len(term)).Draw(rt, "to")]}
		if rapid.Bool().Draw(rt, "another") {
			terms = append(terms, rapid.SampledFrom(words).Draw(rt, "other"))
		}
		q := SearchQuery{User: ada.ID, Terms: terms, Limit: rapid.IntRange(1, 8).Draw(rt, "limit")}
		if len(all) > 0 && rapid.Bool().Draw(rt, "before") {
			q.BeforeID = rapid.SampledFrom(all).Draw(rt, "than").ID
		}
		var want []campfire.MessageID
		for _, m := range slices.Backward(all) {
			holds := func(term string) bool { return strings.Contains(strings.ToLower(m.Body), strings.ToLower(term)) }
			if (q.BeforeID == 0 || m.ID < q.BeforeID) && holds(terms[0]) && holds(terms[len(terms)-1]) {
				want = append(want, m.ID)
			}
		}
		more := len(want) > q.Limit
		want = want[:min(len(want), q.Limit)]
		var got []campfire.MessageID
		var gotMore bool
		read(t, s, func(r *Reader) error {
			found, more, err := r.Search(q)
			for _, m := range found {
				got = append(got, m.ID)
			}
			gotMore = more
			return err
		})
		if !slices.Equal(got, want) || gotMore != more {
			rt.Errorf("%+v found %v, more %v; want %v, more %v", q, got, gotMore, want, more)
		}
	})
}
