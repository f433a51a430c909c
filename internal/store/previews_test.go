package store

import (
	"fmt"
	"testing"

	"campfire"
)

// A picture lasts as long as a message shows it or a link is known by it, and
// is there for members of a room that shows it.
func TestPicturesOfPreviewsLastAsLongAsTheyAreShown(t *testing.T) {
	s := open(t, Options{})
	room, ada, bo := furnish(t, s)
	image := &PreviewImage{ContentType: "image/png", Data: []byte("a picture")}
	link := &LinkPreview{URL: "https://example.org/", ExpiresAt: 100, Preview: campfire.Preview{Title: "T", Site: "S", Width: 3, Height: 2}}
	write(t, s, func(tx *Tx) error { return tx.KeepLinkPreview(link, image) })
	read(t, s, func(r *Reader) error {
		got, err := r.LinkPreview("https://example.org/", 99)
		if err != nil || *got != *link || got.Preview.Image != image.ID() {
			t.Errorf("got %+v, %v; want %+v", got, err, link)
		}
		if _, err := r.LinkPreview("https://example.org/", 100); campfire.CodeOf(err) != campfire.CodeNotFound {
			t.Errorf("a link that is no longer known: %v", err)
		}
		return nil
	})
	visible := func(u campfire.UserID) bool {
		t.Helper()
		found := false
		read(t, s, func(r *Reader) error {
			p, err := r.PreviewImage(image.ID(), u)
			found = err == nil
			if found && (string(p.Data) != "a picture" || p.ContentType != "image/png") {
				t.Errorf("the picture is %+v", p)
			}
			if err != nil && campfire.CodeOf(err) != campfire.CodeNotFound {
				return err
			}
			return nil
		})
		return found
	}
	kept := func() (n int) {
		t.Helper()
		read(t, s, func(r *Reader) error { return r.one(imageThere, args{string(image.ID())}, &n) })
		return n
	}
	if visible(ada.ID) {
		t.Error("a picture that no message shows is seen")
	}
	show := func(m *campfire.Message) {
		t.Helper()
		write(t, s, func(tx *Tx) error {
			fresh, err := tx.Message(room, m.ID)
			if err != nil {
				return err
			}
			fresh.Meta = &campfire.MessageMeta{Previews: &campfire.Previews{Shown: []campfire.Preview{link.Preview, link.Preview}}}
			return tx.UpdatePreviews(fresh, 7)
		})
	}
	one, two := post(t, s, room, ada, "one"), post(t, s, room, bo, "two")
	show(one)
	show(two)
	show(two) // again changes nothing
	read(t, s, func(r *Reader) error {
		got, err := r.Message(room, one.ID)
		if err != nil || got.Version <= one.Version || got.EditedAt != 0 || got.Meta.Previews.TextVersion != one.Version || got.Meta.Previews.Shown[0] != link.Preview {
			t.Errorf("the message is %+v, %v", got, err)
		}
		return nil
	})
	if !visible(ada.ID) || visible(999) {
		t.Errorf("seen by a member %v, by another %v", visible(ada.ID), visible(999))
	}
	if n := purge(t, s, 100, 10); n != 1 {
		t.Errorf("%d links were forgotten, want 1", n)
	}
	write(t, s, func(tx *Tx) error { _, err := tx.DeleteMessage(room, one.ID, 8); return err })
	if !visible(ada.ID) || kept() != 1 {
		t.Error("the picture went while a message shows it")
	}
	write(t, s, func(tx *Tx) error {
		edited := *two
		edited.Body, edited.Plain = "nothing", "nothing"
		return tx.UpdateMessage(&edited)
	})
	if visible(ada.ID) || kept() != 0 {
		t.Error("the picture outlives what showed it")
	}
	// What is shown of a picture that is gone is the text.
	show(two)
	read(t, s, func(r *Reader) error {
		got, err := r.Message(room, two.ID)
		if err != nil || got.Meta.Previews.Shown[0].Image != "" || got.Meta.Previews.Shown[0].Title != "T" {
			t.Errorf("the message is %+v, %v", got.Meta.Previews, err)
		}
		return nil
	})
}

func purge(t *testing.T, s *Store, now campfire.Time, keep int) (n int) {
	t.Helper()
	write(t, s, func(tx *Tx) (err error) {
		n, err = tx.PurgeLinkPreviews(now, keep, 100)
		return err
	})
	return n
}

func TestLinksThatAreKnownAreBounded(t *testing.T) {
	s := open(t, Options{})
	for i := range 10 {
		write(t, s, func(tx *Tx) error {
			image := &PreviewImage{"image/png", fmt.Append(nil, "picture ", i/2)} // each known by two
			return tx.KeepLinkPreview(&LinkPreview{URL: fmt.Sprint(i), ExpiresAt: campfire.Time(100 + i)}, image)
		})
	}
	if n := purge(t, s, 102, 100); n != 3 { // 100, 101 and 102
		t.Errorf("%d were over, want 3", n)
	}
	if n := purge(t, s, 0, 5); n != 2 {
		t.Errorf("%d were too many, want 2", n)
	}
	if n := purge(t, s, 0, 5); n != 0 {
		t.Errorf("%d more", n)
	}
	var pictures int
	read(t, s, func(r *Reader) error {
		for i := range 5 {
			var n int
			if err := r.one(imageThere, args{string((&PreviewImage{Data: fmt.Append(nil, "picture ", i)}).ID())}, &n); err != nil {
				return err
			}
			pictures += n
		}
		return nil
	})
	if pictures != 3 {
		t.Errorf("%d pictures are kept of the links 5 to 9, want 3", pictures)
	}
}
