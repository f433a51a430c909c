package chat_test

import (
	"strings"
	"testing"

	"campfire"
	"campfire/internal/chat"
	"campfire/internal/markup"
	"campfire/internal/store"
)

// insert stores messages as an older renderer made them.
func (w *world) insert(by campfire.Actor, messages ...*campfire.Message) {
	w.t.Helper()
	err := w.store.Write(w.t.Context(), func(tx *store.Tx) error {
		for _, m := range messages {
			room, err := tx.Room(w.hall)
			if err != nil {
				return err
			}
			m.Room, m.Creator = w.hall, campfire.Person{ID: by.ID}
			m.ClientID, m.CreatedAt, m.RenderVersion = m.Body, w.now(), 1
			if _, err := tx.InsertMessage(room, m, [16]byte{}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// Messages of version 1 are handed out as this version renders them, by every
// way, and stored so in the background, without a number or an event.
func TestOldRenderingsAreMadeAnew(t *testing.T) {
	w := newWorld(t)
	bo := w.join("Bo")
	files := []campfire.Attachment{{ID: 1, Filename: "plan.pdf", ContentType: "application/pdf"}}
	old := []*campfire.Message{
		{Body: "done :tada: xylophone", HTML: "<p>done :tada: xylophone</p>", Plain: "done :tada: xylophone"},
		{Body: "/play tada", HTML: "<p>/play tada</p>", Plain: "/play tada"},
		{Body: "<@2> and @Bo", HTML: "old", Plain: "@Bo and @Bo", Meta: &campfire.MessageMeta{Mentions: []campfire.UserID{bo.ID}}},
		{Body: "#tea https://example.org", HTML: "old", Plain: "marimba\nplan.pdf", Meta: &campfire.MessageMeta{Attachments: files, Previews: &campfire.Previews{Removed: true}}},
	}
	w.insert(w.ada, old...)
	if bo.ID != 2 {
		t.Fatalf("Bo is %d", bo.ID)
	}
	check := func(by string, m *campfire.Message) {
		t.Helper()
		var ok bool
		switch m.ID {
		case old[0].ID:
			ok = strings.Contains(m.HTML, "done 🎉 xylophone") && m.Plain == "done 🎉 xylophone" && m.Body == "done :tada: xylophone"
		case old[1].ID:
			ok = m.Meta != nil && m.Meta.Sound == "tada" && m.Plain == "🔊 tada"
		case old[2].ID: // a name that is no mention does not become one
			ok = strings.Count(m.HTML, "mention") == 1 && m.Meta != nil && len(m.Meta.Mentions) == 1 && m.Plain == "@Bo and @Bo"
		case old[3].ID:
			ok = m.Meta != nil && len(m.Meta.Attachments) == 1 && m.Meta.PreviewsRemoved() && len(m.Meta.URLs) == 1 && len(m.Meta.Hashtags) == 1 && strings.HasSuffix(m.Plain, "\nplan.pdf")
		}
		if !ok || m.RenderVersion != markup.Version || m.Version != m.Seq || m.EditedAt != 0 {
			t.Errorf("by %s: %+v, %+v", by, m, m.Meta)
		}
	}
	walk := func(when string) {
		t.Helper()
		page, err := w.Messages(t.Context(), bo, w.hall, chat.PageRequest{})
		if err != nil || len(page.Messages) != len(old) {
			t.Fatal(page, err)
		}
		events, err := w.Events(t.Context(), bo, w.hall, 0, 0, "")
		if err != nil || len(events.Events) != len(old) {
			t.Fatal(events, err)
		}
		for i, m := range old {
			check(when+", page", page.Messages[i])
			check(when+", events", events.Events[i].Message)
			one, err := w.Message(t.Context(), bo, w.hall, m.ID)
			if err != nil {
				t.Fatal(err)
			}
			check(when+", message", one)
		}
	}
	found := func(word string) int {
		t.Helper()
		hits, _, err := w.Search(t.Context(), bo, chat.SearchRequest{Query: word})
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range hits {
			check("search", h.Message)
		}
		return len(hits)
	}
	walk("before")
	if n := found("marimba"); n != 1 {
		t.Errorf("%d messages have the word that an old rendering had", n)
	}

	heardBefore := len(heard[*campfire.Event](w))
	rendered := func() (version string) {
		err := w.store.Read(t.Context(), func(r *store.Reader) (err error) {
			version, err = r.Rendered()
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return version
	}
	w.background(func() bool { return rendered() == "2" })
	stored := func(id campfire.MessageID) (m *campfire.Message) {
		err := w.store.Read(t.Context(), func(r *store.Reader) (err error) {
			m, err = r.Message(w.hall, id)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	for _, m := range old {
		check("what is stored", stored(m.ID))
	}
	walk("after")
	for word, want := range map[string]int{"marimba": 0, "plan": 1, "xylophone": 1, "arimb": 0, "ylopho": 1} {
		if n := found(word); n != want {
			t.Errorf("%d messages have %q, want %d", n, word, want)
		}
	}
	if n := len(heard[*campfire.Event](w)); n != heardBefore {
		t.Errorf("%d events were published", n-heardBefore)
	}
	if v := w.view(bo, w.hall); v.Seq != campfire.Seq(len(old)) {
		t.Errorf("the room's number is %d", v.Seq)
	}
}

// A message that is edited while it is rendered anew keeps the edit.
func TestEditsAreNotUndoneByRenderingAnew(t *testing.T) {
	w := newWorld(t)
	m := &campfire.Message{Body: "old", HTML: "old", Plain: "old"}
	w.insert(w.ada, m)
	var read []*campfire.Message
	err := w.store.Read(t.Context(), func(r *store.Reader) (err error) {
		read, err = r.RenderedBefore(markup.Version, 0, 10)
		return err
	})
	if err != nil || len(read) != 1 {
		t.Fatal(read, err)
	}
	if _, _, err := w.Edit(t.Context(), w.ada, w.hall, m.ID, "new", 0); err != nil {
		t.Fatal(err)
	}
	stale := new(*read[0])
	stale.RenderVersion = markup.Version
	if err := w.store.Write(t.Context(), func(tx *store.Tx) error { return tx.StoreRendering(read[0], stale) }); err != nil {
		t.Fatal(err)
	}
	if got, err := w.Message(t.Context(), w.ada, w.hall, m.ID); err != nil || got.Plain != "new" || !strings.Contains(got.HTML, "new") {
		t.Errorf("%+v, %v", got, err)
	}
}
