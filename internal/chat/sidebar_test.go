package chat_test

import (
	"fmt"
	"testing"

	"campfire"

	"github.com/google/go-cmp/cmp"
)

// A sidebar offers pings with the oldest accounts that the viewer has none
// with; known and offered people are twenty at most, the viewer among them.
func TestStrangersAreTheOldestAccountsWithoutAPing(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	people := make([]campfire.Actor, 25)
	for i := range people {
		people[i] = w.join(fmt.Sprintf("p%02d", i))
	}
	offered := func(a campfire.Actor) (names []string) {
		t.Helper()
		b, err := w.Sidebar(ctx, a)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range b.Strangers {
			names = append(names, p.Name)
		}
		return names
	}
	those := func(from, to int) (names []string) {
		for _, p := range people[from:to] {
			names = append(names, p.Name)
		}
		return names
	}
	hold := func(what string, got, want []string) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	hold("nobody is known", offered(w.ada), those(0, 19))
	// A ping takes who is in it off the list; nobody comes in their place.
	w.room(w.ada, campfire.Direct, people[0], people[24])
	hold("two are known", offered(w.ada), those(1, 18))
	// Who has left is not offered.
	if err := w.Deactivate(ctx, w.ada, people[1].ID); err != nil {
		t.Fatal(err)
	}
	hold("one has left", offered(w.ada), those(2, 19))
	for _, p := range people[2:19] {
		w.room(w.ada, campfire.Direct, p)
	}
	hold("enough are known", offered(w.ada), nil)

	// What is remembered is not read again for another view, nor after a post.
	before := w.count("db_query_duration_seconds", "strangers")
	if before == 0 {
		t.Error("the list was never read")
	}
	w.post(w.ada, w.hall, "hello")
	offered(w.ada)
	offered(w.ada)
	if n := w.count("db_query_duration_seconds", "strangers") - before; n != 0 {
		t.Errorf("the list was read %v times more", n)
	}
}
