package history

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// clean is a run in which nothing went wrong: five posts, of which one was
// edited, one deleted, one boosted twice with one boost taken back, and one
// that got no answer and was stored all the same.
func clean() History {
	const room, ada = 1, 7
	at := time.Unix(1_700_000_000, 0)
	next := func() time.Time { at = at.Add(time.Millisecond); return at }
	h := History{Seq: map[int64]int64{room: 10, 2: 0}}
	var events []Event
	for i := int64(1); i <= 5; i++ {
		id, body := fmt.Sprint("c", i), fmt.Sprint("body ", i)
		h.Changes = append(h.Changes, Change{Kind: Post, Room: room, Author: ada, Body: body, ClientID: id,
			MessageID: 100 + i, Seq: i, Sent: next(), Answered: next()})
		events = append(events, Event{Type: "message_created", Room: room, Seq: i, MessageID: 100 + i, ClientID: id, Body: body})
		h.Stored = append(h.Stored, Stored{Room: room, MessageID: 100 + i, Seq: i, Author: ada, ClientID: id, Body: body, Found: true})
	}
	// The last one got no answer.
	lost := &h.Changes[4]
	lost.MessageID, lost.Seq, lost.Answered = 0, 0, time.Time{}
	change := func(c Change, e Event) {
		c.Room, c.Author, c.Sent, c.Answered = room, ada, next(), next()
		e.Room, e.Seq, e.MessageID = room, c.Seq, c.MessageID
		h.Changes, events = append(h.Changes, c), append(events, e)
	}
	change(Change{Kind: Edit, MessageID: 101, Seq: 6, Body: "edited"}, Event{Type: "message_updated", Body: "edited"})
	change(Change{Kind: Delete, MessageID: 102, Seq: 7}, Event{Type: "message_deleted"})
	change(Change{Kind: Boost, MessageID: 103, Seq: 8, BoostID: 1}, Event{Type: "boost_created", BoostID: 1})
	change(Change{Kind: Boost, MessageID: 103, Seq: 9, BoostID: 2}, Event{Type: "boost_created", BoostID: 2})
	change(Change{Kind: Unboost, MessageID: 103, Seq: 10, BoostID: 1}, Event{Type: "boost_deleted", BoostID: 1})
	h.Stored[0].Body = "edited"
	h.Stored[2].Boosts = []int64{2}
	h.Stored = slices.Delete(h.Stored, 1, 2)
	h.Subscribers = []Subscriber{
		{Name: "bo", Room: room, Member: true, Events: events},
		{Name: "cy", Room: room, Member: true, Since: 5, Events: slices.Clone(events[5:])},
		{Name: "stranger", Room: room},
		{Name: "leaver", Room: room, Member: true, Events: slices.Clone(events[:7]), Removed: h.Changes[7].Sent},
	}
	return h
}

func TestCleanHistoryPasses(t *testing.T) {
	if found := Check(clean()); len(found) != 0 {
		t.Errorf("found %q", found)
	}
}

// What was not answered may or may not have happened.
func TestUnansweredChangesMayGoEitherWay(t *testing.T) {
	h := clean()
	h.Changes = append(h.Changes,
		Change{Kind: Post, Room: 1, Author: 7, Body: "never arrived", ClientID: "c9", Sent: time.Unix(1, 0)},
		Change{Kind: Edit, Room: 1, Author: 7, Body: "perhaps", MessageID: 104, Sent: time.Unix(1, 0)},
		Change{Kind: Delete, Room: 1, Author: 7, MessageID: 103, Sent: time.Unix(1, 0)})
	if found := Check(h); len(found) != 0 {
		t.Errorf("when they did not happen: %q", found)
	}
	h.Stored[2].Body = "perhaps"
	h.Subscribers[0].Events[3].Body = "perhaps"
	if found := Check(h); len(found) != 0 {
		t.Errorf("when one did: %q", found)
	}
}

// The checker is worth something only if it sees each kind of failure.
func TestSeededFailuresAreSeen(t *testing.T) {
	events := func(h *History) *[]Event { return &h.Subscribers[0].Events }
	drop := func(h *History, i int) { *events(h) = slices.Delete(*events(h), i, i+1) }
	for name, c := range map[string]struct {
		seed func(*History)
		want string
	}{
		"lost message": {func(h *History) { h.Stored = h.Stored[1:] }, "lost: message 101"},
		"lost edit":    {func(h *History) { h.Stored[0].Body = "body 1" }, "altered: message 101 was acknowledged as \"edited\""},
		"lost deletion": {func(h *History) {
			s := h.Stored[0]
			s.MessageID, s.ClientID, s.Seq, s.Body = 102, "c2", 2, "body 2"
			h.Stored = append(h.Stored, s)
		}, "lost: the deletion"},
		"lost boost":              {func(h *History) { h.Stored[1].Boosts = nil }, "lost: message 103"},
		"boost that came back":    {func(h *History) { h.Stored[1].Boosts = []int64{1, 2} }, "lost: message 103"},
		"doubled message":         {func(h *History) { s := h.Stored[0]; s.MessageID, s.Seq = 200, 6; h.Stored = append(h.Stored, s) }, "doubled: \"c1\""},
		"message found twice":     {func(h *History) { h.Stored = append(h.Stored, h.Stored[0]) }, "doubled: a reader"},
		"doubled acknowledgement": {func(h *History) { x := h.Changes[0]; x.MessageID = 200; h.Changes = append(h.Changes, x) }, "doubled: \"c1\""},
		"altered message":         {func(h *History) { h.Stored[2].Body = "another" }, "altered: message 104"},
		"altered unanswered one":  {func(h *History) { h.Stored[3].Body = "another" }, "altered: message 105"},
		"altered author":          {func(h *History) { h.Stored[2].Author = 8 }, "altered: message 104"},
		"altered number":          {func(h *History) { h.Changes[3].Seq = 5 }, "altered: message 104"},
		"phantom message":         {func(h *History) { h.Stored[3].ClientID = "nobody's" }, "phantom: message 105"},
		"unsearchable message":    {func(h *History) { h.Stored[2].Found = false }, "unfound: message 104"},
		"number used twice":       {func(h *History) { h.Stored[2].Seq = h.Stored[1].Seq }, "number: 3 of room 1 is used twice"},
		"number told twice":       {func(h *History) { h.Changes[5].Seq = 8 }, "number: 8 of room 1 was acknowledged for two"},
		"number beyond the room":  {func(h *History) { h.Seq[1] = 9 }, "number: 10 was acknowledged in room 1"},
		"ids against numbers":     {func(h *History) { h.Stored[3].MessageID = 50 }, "number: message 50"},
		"swapped numbers": {func(h *History) {
			h.Changes[0].Seq, h.Changes[3].Seq = h.Changes[3].Seq, h.Changes[0].Seq
		}, "order: #1"},
		"dropped event":        {func(h *History) { drop(h, 2) }, "dropped: bo received #4 after #2"},
		"dropped first event":  {func(h *History) { drop(h, 0) }, "dropped: bo received #2 after #0"},
		"dropped last event":   {func(h *History) { drop(h, 9) }, "dropped: bo ended at #9"},
		"renumbered event":     {func(h *History) { h.Subscribers[0].Since = 1; drop(h, 1); (*events(h))[0].Seq = 2 }, "disagreement: #2"},
		"doubled event":        {func(h *History) { *events(h) = slices.Insert(*events(h), 3, (*events(h))[2]) }, "doubled: bo received #3 after #3"},
		"swapped events":       {func(h *History) { e := *events(h); e[1], e[2] = e[2], e[1] }, "doubled: bo received #2 after #3"},
		"altered event":        {func(h *History) { (*events(h))[3].Body = "another" }, "altered: bo holds message 104"},
		"event of another one": {func(h *History) { (*events(h))[3].MessageID = 103 }, "disagreement: #4"},
		"altered boost":        {func(h *History) { (*events(h))[8].BoostID = 3 }, "altered: bo holds message 103"},
		"event of the deleted": {func(h *History) { (*events(h))[6].Type = "message_updated" }, "phantom: bo holds message 102"},
		"leaked event":         {func(h *History) { h.Subscribers[2].Events = h.Subscribers[0].Events[:1] }, "leaked: stranger"},
		"event after leaving": {func(h *History) {
			l := &h.Subscribers[3]
			l.Events = h.Subscribers[0].Events[:9]
		}, "leaked: leaver received #9"},
		"event of another room": {func(h *History) { (*events(h))[0].Room = 2 }, "leaked: bo received an event of room 2"},
	} {
		h := clean()
		c.seed(&h)
		if found := strings.Join(Check(h), "\n"); !strings.Contains(found, c.want) {
			t.Errorf("%s: found %q, want %q", name, found, c.want)
		}
	}
}
