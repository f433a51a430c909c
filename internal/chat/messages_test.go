package chat_test

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"

	"campfire"
	"campfire/internal/chat"

	"github.com/google/go-cmp/cmp"
)

func itoa[T ~int64](id T) string { return strconv.FormatInt(int64(id), 10) }

func TestPostTwiceWithSameIDReturnsFirstMessage(t *testing.T) {
	w := newWorld(t)
	bo := w.join("bo")
	d := campfire.Draft{Body: "tea?", ClientID: "abc"}
	first, err := w.Post(t.Context(), w.ada, w.hall, d)
	if err != nil || first.Duplicate {
		t.Fatalf("%+v, %v", first, err)
	}
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			again, err := w.Post(t.Context(), w.ada, w.hall, d)
			if err != nil || !again.Duplicate || again.Message.ID != first.Message.ID || again.Message.Seq != first.Message.Seq {
				t.Errorf("again: %+v, %v", again, err)
			}
		})
	}
	wg.Wait()
	_, err = w.Post(t.Context(), w.ada, w.hall, campfire.Draft{Body: "coffee?", ClientID: "abc"})
	wantCode(t, err, campfire.CodeConflict)
	_, err = w.Post(t.Context(), w.ada, w.hall, campfire.Draft{Body: "tea?", ClientID: "abc", ReplyTo: first.Message.ID})
	wantCode(t, err, campfire.CodeConflict)
	if other, err := w.Post(t.Context(), bo, w.hall, d); err != nil || other.Duplicate {
		t.Errorf("another author's id: %+v, %v", other, err)
	}
	if other, err := w.Post(t.Context(), w.ada, w.room(w.ada, campfire.Open), d); err != nil || other.Duplicate {
		t.Errorf("the id in another room: %+v, %v", other, err)
	}

	if _, _, err := w.Edit(t.Context(), w.ada, w.hall, first.Message.ID, "tea!", 0); err != nil {
		t.Fatal(err)
	}
	again, err := w.Post(t.Context(), w.ada, w.hall, d)
	if err != nil || again.Message.Body != "tea!" {
		t.Errorf("retry after an edit: %+v, %v", again, err)
	}
	if _, err := w.Delete(t.Context(), w.ada, w.hall, first.Message.ID); err != nil {
		t.Fatal(err)
	}
	_, err = w.Post(t.Context(), w.ada, w.hall, d)
	wantCode(t, err, campfire.CodeGone)
	if got := w.view(w.ada, w.hall).Seq; got != 4 {
		t.Errorf("the room's number is %d, want 4: two posts, an edit, a deletion", got)
	}
}

func TestBatchKeepsOrderAndFailsItemsAlone(t *testing.T) {
	w := newWorld(t)
	results, err := w.PostBatch(t.Context(), w.ada, w.hall, []campfire.Draft{
		{Body: "one", ClientID: "1"}, {Body: " "}, {Body: "two"}, {Body: "x", ReplyTo: 999}, {Body: "other", ClientID: "1"}, {Body: "one", ClientID: "1"}, {Body: "three"},
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range results {
		switch {
		case r.Err != nil:
			got = append(got, string(campfire.CodeOf(r.Err)))
		case r.Posted.Duplicate:
			got = append(got, "duplicate")
		default:
			got = append(got, fmt.Sprintf("%s#%d", r.Posted.Message.Body, r.Posted.Message.Seq))
		}
	}
	want := []string{"one#1", "invalid", "two#2", "invalid", "conflict", "duplicate", "three#3"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for _, n := range []int{0, 101} {
		_, err := w.PostBatch(t.Context(), w.ada, w.hall, make([]campfire.Draft, n))
		wantCode(t, err, campfire.CodeInvalid)
	}
}

func TestPostsAreLimitedPerPerson(t *testing.T) {
	w := newWorld(t, func(l *chat.Limits) { l.RatePost = chat.DefaultLimits().RatePost })
	bo := w.join("bo")
	for i := range 20 {
		w.post(w.ada, w.hall, "post "+strconv.Itoa(i))
	}
	_, err := w.Post(t.Context(), w.ada, w.hall, campfire.Draft{Body: "one more"})
	wantCode(t, err, campfire.CodeRateLimited)
	w.post(bo, w.hall, "mine is not spent")
	if n := len(w.bodies(bo, w.hall)); n != 21 {
		t.Errorf("%d messages stored, want 21", n)
	}
}

func TestChangesArePublishedInOrderOfSeq(t *testing.T) {
	w := newWorld(t)
	var wg sync.WaitGroup
	for p := range 8 {
		a := w.join("poster" + strconv.Itoa(p))
		wg.Go(func() {
			for i := range 25 {
				m, err := w.Post(t.Context(), a, w.hall, campfire.Draft{Body: fmt.Sprintf("%d.%d", p, i)})
				if err != nil {
					t.Error(err)
					return
				}
				if i%5 == 0 {
					if _, err := w.Delete(t.Context(), a, w.hall, m.Message.ID); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	events := heard[*campfire.Event](w)
	for i, e := range events {
		if e.Seq != campfire.Seq(i+1) {
			t.Fatalf("event %d has number %d", i+1, e.Seq)
		}
	}
	if len(events) != 8*30 {
		t.Errorf("%d events, want %d", len(events), 8*30)
	}
}

func TestEdit(t *testing.T) {
	w := newWorld(t)
	bo := w.join("bo")
	m := w.post(bo, w.hall, "tea?")
	_, _, err := w.Edit(t.Context(), w.ada, w.hall, m.ID, "mine now", 0)
	wantCode(t, err, campfire.CodeForbidden)
	edited, seq, err := w.Edit(t.Context(), bo, w.hall, m.ID, "**tea!**", m.Version)
	if err != nil || seq != 2 || edited.Version != 2 || edited.Seq != 1 || edited.EditedAt == 0 || !strings.Contains(edited.HTML, "<strong>") {
		t.Fatalf("edited = %+v, %d, %v", edited, seq, err)
	}
	_, _, err = w.Edit(t.Context(), bo, w.hall, m.ID, "late", m.Version)
	wantCode(t, err, campfire.CodeConflict)
	if e, ok := err.(*campfire.Error); !ok || e.Message == nil || e.Message.Body != "**tea!**" {
		t.Errorf("a stale edit is answered by %+v", err)
	}
	if _, seq, err := w.Edit(t.Context(), bo, w.hall, m.ID, "**tea!**", 0); err != nil || seq != 2 {
		t.Errorf("an edit that changes nothing: %d, %v", seq, err)
	}
	if v := w.view(bo, w.hall); v.Seq != 2 {
		t.Errorf("the room's number is %d, want 2", v.Seq)
	}
	if hits, _, _ := w.Search(t.Context(), bo, chat.SearchRequest{Query: "tea"}); len(hits) != 1 {
		t.Errorf("%d hits after the edit", len(hits))
	}
	if m.Body != "tea?" {
		t.Error("the edit wrote into a message that others hold")
	}
}

func TestDelete(t *testing.T) {
	w := newWorld(t)
	bo, cy := w.join("bo"), w.join("cy")
	m := w.post(bo, w.hall, "gone soon")
	_, err := w.Delete(t.Context(), cy, w.hall, m.ID)
	wantCode(t, err, campfire.CodeForbidden)
	seq, err := w.Delete(t.Context(), w.ada, w.hall, m.ID)
	if err != nil || seq != 2 {
		t.Fatalf("%d, %v", seq, err)
	}
	_, err = w.Delete(t.Context(), bo, w.hall, m.ID)
	wantCode(t, err, campfire.CodeNotFound)
	_, err = w.Message(t.Context(), bo, w.hall, m.ID)
	wantCode(t, err, campfire.CodeNotFound)
	_, _, err = w.Edit(t.Context(), bo, w.hall, m.ID, "back", 0)
	wantCode(t, err, campfire.CodeNotFound)

	after := w.post(bo, w.hall, "after")
	page, err := w.Messages(t.Context(), bo, w.hall, chat.PageRequest{After: m.ID})
	if err != nil || len(page.Messages) != 1 || page.Messages[0].ID != after.ID {
		t.Errorf("a deleted message as cursor: %+v, %v", page, err)
	}
	events, err := w.Events(t.Context(), bo, w.hall, 0, 0, w.Epoch())
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, e := range events.Events {
		kinds = append(kinds, fmt.Sprintf("%d %s", e.Seq, e.Kind))
	}
	if diff := cmp.Diff([]string{"1 message_deleted", "2 message_deleted", "3 message_created"}, kinds); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestEventsResyncForAnotherHistory(t *testing.T) {
	w := newWorld(t)
	w.post(w.ada, w.hall, "x")
	for _, c := range []struct {
		since campfire.Seq
		epoch string
	}{{2, ""}, {0, "another"}} {
		_, err := w.Events(t.Context(), w.ada, w.hall, c.since, 0, c.epoch)
		wantCode(t, err, campfire.CodeResync)
	}
	if p, err := w.Events(t.Context(), w.ada, w.hall, 1, 0, w.Epoch()); err != nil || len(p.Events) != 0 || p.Seq != 1 || p.More {
		t.Errorf("up to date: %+v, %v", p, err)
	}
	for _, limit := range []int{-1, 1001} {
		_, err := w.Events(t.Context(), w.ada, w.hall, 0, limit, "")
		wantCode(t, err, campfire.CodeInvalid)
	}
}

func TestBoosts(t *testing.T) {
	w := newWorld(t, func(l *chat.Limits) { l.MaxBoosts = 3 })
	bo := w.join("bo")
	m := w.post(w.ada, w.hall, "kettle's on")
	b, seq, created, err := w.Boost(t.Context(), bo, w.hall, m.ID, " 🔥 ")
	if err != nil || seq != 2 || !created || b.Content != "🔥" || b.Booster.Name != "bo" {
		t.Fatalf("%+v, %d, %v, %v", b, seq, created, err)
	}
	if again, seq, created, err := w.Boost(t.Context(), bo, w.hall, m.ID, "🔥"); err != nil || created || again.ID != b.ID || seq != 2 {
		t.Errorf("the same again: %+v, %v, %v", again, created, err)
	}
	for _, bad := range []string{"", " ", strings.Repeat("x", 17)} {
		_, _, _, err := w.Boost(t.Context(), bo, w.hall, m.ID, bad)
		wantCode(t, err, campfire.CodeInvalid)
	}
	for _, s := range []string{strings.Repeat("x", 16), "👍"} {
		if _, _, _, err := w.Boost(t.Context(), bo, w.hall, m.ID, s); err != nil {
			t.Error(err)
		}
	}
	_, _, _, err = w.Boost(t.Context(), w.ada, w.hall, m.ID, "4")
	wantCode(t, err, campfire.CodeConflict)

	got, err := w.Message(t.Context(), bo, w.hall, m.ID)
	if err != nil || len(got.Boosts) != 3 || got.Version != 1 {
		t.Errorf("message = %+v, %v", got, err)
	}
	_, err = w.Unboost(t.Context(), w.ada, w.hall, m.ID, b.ID)
	wantCode(t, err, campfire.CodeForbidden)
	if seq, err := w.Unboost(t.Context(), bo, w.hall, m.ID, b.ID); err != nil || seq != 5 {
		t.Errorf("%d, %v", seq, err)
	}
	_, err = w.Unboost(t.Context(), bo, w.hall, m.ID, b.ID)
	wantCode(t, err, campfire.CodeNotFound)
}

func TestReplies(t *testing.T) {
	w := newWorld(t)
	other := w.room(w.ada, campfire.Open)
	foreign := w.post(w.ada, other, "elsewhere")
	target := w.post(w.ada, w.hall, "kettle's on")
	p, err := w.Post(t.Context(), w.ada, w.hall, campfire.Draft{Body: "on my way", ReplyTo: target.ID, ClientID: "r"})
	if err != nil || p.Message.ReplyTo != target.ID || p.Message.Quote == nil || p.Message.Quote.Excerpt != "kettle's on" {
		t.Fatalf("%+v, %v", p, err)
	}
	_, err = w.Post(t.Context(), w.ada, w.hall, campfire.Draft{Body: "x", ReplyTo: foreign.ID})
	wantCode(t, err, campfire.CodeInvalid)
	if _, err := w.Delete(t.Context(), w.ada, w.hall, target.ID); err != nil {
		t.Fatal(err)
	}
	_, err = w.Post(t.Context(), w.ada, w.hall, campfire.Draft{Body: "x", ReplyTo: target.ID})
	wantCode(t, err, campfire.CodeInvalid)
	again, err := w.Post(t.Context(), w.ada, w.hall, campfire.Draft{Body: "on my way", ReplyTo: target.ID, ClientID: "r"})
	if err != nil || !again.Duplicate {
		t.Errorf("retry of a reply whose target is gone: %+v, %v", again, err)
	}
	m, err := w.Message(t.Context(), w.ada, w.hall, p.Message.ID)
	if err != nil || m.ReplyTo != target.ID || m.Quote == nil || !m.Quote.Deleted || m.Quote.Excerpt != "" {
		t.Errorf("%+v, %v", m.Quote, err)
	}
}

func TestMentions(t *testing.T) {
	w := newWorld(t)
	bo, cy := w.join("bo"), w.join("cy")
	room := w.room(w.ada, campfire.Closed, bo)
	m := w.post(w.ada, room, "@Bo come, and <@"+itoa(cy.ID)+"> too")
	if m.Meta == nil || !cmp.Equal(m.Meta.Mentions, []campfire.UserID{bo.ID}) || !strings.HasPrefix(m.Body, "<@"+itoa(bo.ID)+">") {
		t.Errorf("mentions %+v in %q: want bo alone, who is in the room", m.Meta, m.Body)
	}
	w.post(w.ada, room, "all of you @everyone")
	w.online = []campfire.UserID{bo.ID, cy.ID, w.ada.ID}
	w.post(w.ada, room, "whoever is <!here>")
	if v := w.view(bo, room); v.MentionCount != 3 || v.UnreadCount != 3 {
		t.Errorf("bo sees %d mentions, %d unread; want 3, 3", v.MentionCount, v.UnreadCount)
	}
	if v := w.view(w.ada, room); v.MentionCount != 0 {
		t.Errorf("the author is mentioned %d times", v.MentionCount)
	}
	inbox, more, err := w.Mentions(t.Context(), bo, 0, 2)
	if err != nil || len(inbox) != 2 || !more || inbox[0].Body != "whoever is <!here>" {
		t.Errorf("inbox: %d, %v, %v", len(inbox), more, err)
	}
	rest, more, _ := w.Mentions(t.Context(), bo, inbox[1].ID, 2)
	if len(rest) != 1 || more || rest[0].ID != m.ID {
		t.Errorf("rest of the inbox: %d, %v", len(rest), more)
	}
	if in, _, _ := w.Mentions(t.Context(), cy, 0, 0); len(in) != 0 {
		t.Errorf("cy, who is not in the room, has %d mentions", len(in))
	}
	many := strings.Builder{}
	for i := range 51 {
		fmt.Fprintf(&many, "<@%d> ", w.join("m"+strconv.Itoa(i)).ID)
	}
	_, err = w.Post(t.Context(), w.ada, w.hall, campfire.Draft{Body: many.String()})
	wantCode(t, err, campfire.CodeInvalid)
}

func TestPagesMeetWithoutGapOrOverlap(t *testing.T) {
	w := newWorld(t)
	var want []campfire.MessageID
	for i := range 57 {
		m := w.post(w.ada, w.hall, strconv.Itoa(i))
		if i%10 == 3 {
			if _, err := w.Delete(t.Context(), w.ada, w.hall, m.ID); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want = append(want, m.ID)
	}
	for _, limit := range []int{1, 7, 50, 100} {
		var back []campfire.MessageID
		q := chat.PageRequest{Limit: limit}
		for {
			p, err := w.Messages(t.Context(), w.ada, w.hall, q)
			if err != nil {
				t.Fatal(err)
			}
			var ids []campfire.MessageID
			for _, m := range p.Messages {
				ids = append(ids, m.ID)
			}
			back = append(ids, back...)
			if !p.HasBefore {
				break
			}
			q.Before = ids[0]
		}
		if diff := cmp.Diff(want, back); diff != "" {
			t.Errorf("backwards by %d: (-want +got)\n%s", limit, diff)
		}
		var forth []campfire.MessageID
		q = chat.PageRequest{Limit: limit, After: want[0]}
		forth = append(forth, want[0])
		for more := true; more; {
			p, err := w.Messages(t.Context(), w.ada, w.hall, q)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range p.Messages {
				forth = append(forth, m.ID)
			}
			more, q.After = p.HasAfter, forth[len(forth)-1]
		}
		if diff := cmp.Diff(want, forth); diff != "" {
			t.Errorf("forwards by %d: (-want +got)\n%s", limit, diff)
		}
	}
	p, err := w.Messages(t.Context(), w.ada, w.hall, chat.PageRequest{Around: want[25], Limit: 11})
	if err != nil || len(p.Messages) != 11 || p.Messages[5].ID != want[25] || !p.HasBefore || !p.HasAfter {
		t.Errorf("around: %d messages, %v", len(p.Messages), err)
	}
	_, err = w.Messages(t.Context(), w.ada, w.hall, chat.PageRequest{Before: want[0], After: want[0]})
	wantCode(t, err, campfire.CodeInvalid)
	_, err = w.Messages(t.Context(), w.ada, w.hall, chat.PageRequest{Before: 1 << 40})
	wantCode(t, err, campfire.CodeNotFound)
}

func TestSearchFindsRightAfterThePost(t *testing.T) {
	w := newWorld(t)
	bo := w.join("bo")
	closed := w.room(w.ada, campfire.Closed)
	for i := range 30 {
		body := fmt.Sprintf("needle%d in the hay", i)
		m := w.post(w.ada, w.hall, body)
		hits, _, err := w.Search(t.Context(), bo, chat.SearchRequest{Query: fmt.Sprintf("needle%d", i)})
		if err != nil || len(hits) != 1 || hits[0].Message.ID != m.ID {
			t.Fatalf("right after post %d: %d hits, %v", i, len(hits), err)
		}
		// By relevance only the index of words answers: no scan helps out.
		hits, _, err = w.Search(t.Context(), bo, chat.SearchRequest{Query: fmt.Sprintf("needle%d", i), ByRelevance: true})
		if err != nil || len(hits) != 1 {
			t.Fatalf("by relevance, right after post %d: %d hits, %v", i, len(hits), err)
		}
	}
	w.post(w.ada, w.hall, "see [the plan](https://example.org/kettle-plan?x=1)")
	w.post(w.ada, w.hall, "```yaml\nteapot: blue\n```\nand [a file](/attachments/5802a3d1)")
	for _, query := range []string{"yaml teapot", "attachments/5802a3d1"} {
		if hits, _, err := w.Search(t.Context(), bo, chat.SearchRequest{Query: query}); err != nil || len(hits) != 1 {
			t.Errorf("%q, in the source alone: %d hits, %v", query, len(hits), err)
		}
	}
	for _, query := range []string{"kettle-plan", "example.org", "ettle-pla", "plan has:link"} {
		if hits, _, err := w.Search(t.Context(), bo, chat.SearchRequest{Query: query}); err != nil || len(hits) != 1 {
			t.Errorf("%q, the address of a link: %d hits, %v", query, len(hits), err)
		}
	}
	w.post(w.ada, closed, "secret needle")
	hits, more, err := w.Search(t.Context(), bo, chat.SearchRequest{Query: "need", Limit: 10})
	if err != nil || len(hits) != 10 || !more || hits[0].Message.Body != "needle29 in the hay" {
		t.Errorf("by prefix: %d hits, more %v, %v", len(hits), more, err)
	}
	hits, _, _ = w.Search(t.Context(), bo, chat.SearchRequest{Query: "eedle2"})
	if len(hits) != 11 {
		t.Errorf("by part of a word: %d hits, want 11", len(hits))
	}
	for query, want := range map[string]int{
		"from:ada needle1 hay": 11, "from:bo needle": 0, "from:me needle": 0, `in:"All Talk" needle3`: 1, "in:nowhere needle": 0,
		"before:2020-01-01 needle": 0, "after:2020-01-01 needle5": 1, "has:link": 1, "": 0, `"'*^)(": OR AND`: 0,
	} {
		hits, _, err := w.Search(t.Context(), bo, chat.SearchRequest{Query: query})
		if err != nil || len(hits) != want {
			t.Errorf("%q: %d hits, %v; want %d", query, len(hits), err, want)
		}
	}
	_, _, err = w.Search(t.Context(), bo, chat.SearchRequest{Query: "secret", Room: closed})
	wantCode(t, err, campfire.CodeNotFound)
	_, _, err = w.Search(t.Context(), bo, chat.SearchRequest{Query: strings.Repeat("x", 201)})
	wantCode(t, err, campfire.CodeInvalid)
}

func TestRecentSearches(t *testing.T) {
	w := newWorld(t)
	for i := range 12 {
		if err := w.RecordSearch(t.Context(), w.ada, strconv.Itoa(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.RecordSearch(t.Context(), w.ada, "5"); err != nil {
		t.Fatal(err)
	}
	got, err := w.Searches(t.Context(), w.ada)
	if want := "5 11 10 9 8 7 6 4 3 2"; err != nil || strings.Join(got, " ") != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	if err := w.ClearSearches(t.Context(), w.ada); err != nil {
		t.Fatal(err)
	}
	if got, _ := w.Searches(t.Context(), w.ada); len(got) != 0 {
		t.Errorf("after clearing: %q", got)
	}
}
