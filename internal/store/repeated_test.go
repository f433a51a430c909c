package store

import (
	"testing"
	"unsafe"

	"campfire"
)

// Wherever a name is read, it is the same string: pages, sidebars and
// sessions are remembered by the thousand.
func TestANameIsOneStringWhereverItIsRead(t *testing.T) {
	s := open(t, Options{})
	room, ada, bo := furnish(t, s)
	first := post(t, s, room, ada, "tea?")
	write(t, s, func(tx *Tx) error {
		if _, _, err := tx.InsertBoost(room, first.ID, &campfire.Boost{Booster: ada, Content: "👍", CreatedAt: 1}); err != nil {
			return err
		}
		m := message(room, ada, "coffee?")
		m.ReplyTo = first.ID
		return insert(tx, m)
	})
	names := make(map[string]string)
	read(t, s, func(r *Reader) error {
		p, err := r.Page(room, PageQuery{Limit: 10})
		if err != nil {
			return err
		}
		names["author"], names["booster"], names["quoted"] = p.Messages[0].Creator.Name, p.Messages[0].Boosts[0].Booster.Name, p.Messages[1].Quote.Creator.Name
		u, err := r.User(ada.ID)
		if err != nil {
			return err
		}
		place, err := r.Place(room, ada.ID)
		if err != nil {
			return err
		}
		people, err := r.MemberPeople(room)
		if err != nil {
			return err
		}
		names["user"], names["place"], names["member"] = u.Name, place.Person.Name, people[0].Name
		return nil
	})
	for where, name := range names {
		if name != "Ada" || unsafe.StringData(name) != unsafe.StringData(names["user"]) {
			t.Errorf("%s: %q is a copy of its own", where, name)
		}
	}
	rooms := make(map[*byte]bool)
	read(t, s, func(r *Reader) error {
		for _, u := range []campfire.UserID{ada.ID, bo.ID} {
			views, err := r.RoomViews(u)
			if err != nil || len(views) != 1 {
				t.Fatal(views, err)
			}
			rooms[unsafe.StringData(views[0].Name)] = true
		}
		return nil
	})
	if len(rooms) != 1 {
		t.Error("the room's name is there for each of its members")
	}
}
