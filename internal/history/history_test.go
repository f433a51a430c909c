package history

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// clean is a run in which nothing went wrong.
func clean() History {
	h := History{Deleted: map[int64]bool{}, Seq: map[int64]int64{1: 6}}
	at := time.Unix(1_700_000_000, 0)
	var events []Event
	for i := int64(1); i <= 5; i++ {
		id, body := fmt.Sprint("c", i), fmt.Sprint("body ", i)
		h.Acks = append(h.Acks, Ack{1, 7, id, 100 + i, i, body, at, at.Add(time.Millisecond)})
		at = at.Add(2 * time.Millisecond)
		events = append(events, Event{"message_created", 1, i, 100 + i, id, body})
		if i != 2 {
			h.Stored = append(h.Stored, Stored{1, 100 + i, i, 7, id, body, true})
		}
	}
	h.Deleted[102] = true
	events = append(events, Event{Type: "message_deleted", Room: 1, Seq: 6, MessageID: 102})
	h.Subscribers = []Subscriber{{Name: "bo", Room: 1, Member: true, Events: events}, {Name: "stranger", Room: 1}}
	return h
}

func TestCleanHistoryPasses(t *testing.T) {
	if found := Check(clean()); len(found) != 0 {
		t.Errorf("found %q", found)
	}
}

// The checker is worth something only if it sees each kind of failure.
func TestSeededFailuresAreSeen(t *testing.T) {
	for name, c := range map[string]struct {
		seed func(*History)
		want string
	}{
		"lost message": {func(h *History) { h.Stored = h.Stored[1:] }, "lost"},
		"doubled message": {func(h *History) {
			d := h.Stored[0]
			d.MessageID, d.Seq = 200, 6
			h.Stored = append(h.Stored, d)
		}, "doubled"},
		"altered message":    {func(h *History) { h.Stored[0].Body = "another" }, "altered"},
		"unsearchable":       {func(h *History) { h.Stored[0].Found = false }, "no search"},
		"dropped event":      {func(h *History) { e := &h.Subscribers[0].Events; *e = append((*e)[:2:2], (*e)[3:]...) }, "dropped"},
		"dropped last event": {func(h *History) { e := &h.Subscribers[0].Events; *e = (*e)[:5] }, "dropped"},
		"doubled event":      {func(h *History) { e := &h.Subscribers[0].Events; *e = append((*e)[:3:3], (*e)[2:]...) }, "doubled"},
		"swapped events":     {func(h *History) { e := h.Subscribers[0].Events; e[1], e[2] = e[2], e[1] }, "dropped"},
		"altered event":      {func(h *History) { h.Subscribers[0].Events[3].Body = "another" }, "altered"},
		"leaked event":       {func(h *History) { h.Subscribers[1].Events = h.Subscribers[0].Events[:1] }, "leaked"},
		"foreign event":      {func(h *History) { h.Subscribers[0].Events[0].Room = 2 }, "leaked"},
		"swapped numbers": {func(h *History) {
			h.Acks[0].Seq, h.Acks[4].Seq = h.Acks[4].Seq, h.Acks[0].Seq
		}, "order"},
		"number used twice": {func(h *History) { h.Stored[0].Seq = h.Stored[1].Seq }, "used twice"},
	} {
		h := clean()
		c.seed(&h)
		if found := strings.Join(Check(h), "\n"); !strings.Contains(found, c.want) {
			t.Errorf("%s: found %q, want something %s", name, found, c.want)
		}
	}
}
