package chat_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"sync"
	"testing"

	"campfire"
	"campfire/internal/chat"
	"campfire/internal/piece"

	"github.com/google/go-cmp/cmp"
)

// seen is all that is remembered for someone.
type seen struct {
	Account  *campfire.Account
	Viewer   *campfire.User
	Rooms    []*campfire.RoomView
	People   []campfire.Person
	Messages map[campfire.RoomID][]*campfire.Message
	Seqs     map[campfire.RoomID]campfire.Seq
	Found    string
	Errors   map[campfire.RoomID]string
}

func look(ctx context.Context, t testing.TB, s *chat.Service, a campfire.Actor, rooms []campfire.RoomID) *seen {
	t.Helper()
	b, err := s.Sidebar(ctx, a)
	if err != nil {
		t.Fatal(err)
	}
	out := &seen{Account: b.Account, Viewer: b.Viewer, Rooms: b.Views(), People: b.Strangers,
		Messages: make(map[campfire.RoomID][]*campfire.Message), Seqs: make(map[campfire.RoomID]campfire.Seq), Errors: make(map[campfire.RoomID]string)}
	for _, r := range rooms {
		p, err := s.Messages(ctx, a, r, chat.PageRequest{})
		if err != nil {
			out.Errors[r] = err.Error()
			continue
		}
		out.Messages[r], out.Seqs[r] = p.Messages, p.Seq
	}
	found, err := s.Found(ctx, a, chat.SearchRequest{Query: "needle"}, list)
	if err != nil {
		t.Fatal(err)
	}
	out.Found = string(piece.Whole{found}.Append(nil))
	return out
}

// list shows all of what was found.
func list(p *chat.SearchPage) []byte {
	if len(p.Hits) == 0 {
		return nil
	}
	b, err := json.Marshal(p)
	if err != nil {
		panic(err)
	}
	return b
}

// agree holds what the service has remembered against what one that has just
// started reads from the same database.
func (w *world) agree(t *testing.T, after string, a campfire.Actor, rooms []campfire.RoomID) {
	t.Helper()
	limits := chat.DefaultLimits()
	limits.RateSearch = campfire.Rate{}
	fresh := chat.New(chat.Options{Limits: limits, Now: w.now})
	if err := fresh.Start(t.Context(), w.store, nil); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(look(t.Context(), t, fresh, a, rooms), look(t.Context(), t, w.Service, a, rooms)); diff != "" {
		t.Fatalf("after %s, %s sees (-what is so +what was remembered):\n%s", after, a.Name, diff)
	}
}

// Every kind of change is made after everyone has looked: what they see next
// is what the database says.
func TestEveryKindOfChangeIsSeen(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	bo, cy, di := w.join("bo"), w.join("cy"), w.join("di")
	closed := w.room(w.ada, campfire.Closed, bo, cy)
	open := w.room(w.ada, campfire.Open)
	direct := w.room(bo, campfire.Direct, cy)
	rooms := []campfire.RoomID{w.hall, closed, open, direct}
	for i := range 3 {
		w.post(bo, closed, fmt.Sprint("needle ", i))
		w.post(bo, direct, fmt.Sprint("needle ", i))
	}
	m := w.post(bo, closed, "a needle")
	var boost campfire.Boost
	no := func(_ any, err error) error { return err }
	steps := []struct {
		name string
		do   func() error
	}{
		{"a post", func() error { return no(w.Post(ctx, cy, closed, campfire.Draft{Body: "another needle"})) }},
		{"a post in a direct", func() error { return no(w.Post(ctx, cy, direct, campfire.Draft{Body: "a needle, too"})) }},
		{"a mention", func() error {
			return no(w.Post(ctx, cy, closed, campfire.Draft{Body: fmt.Sprintf("needle for <@%d>", w.ada.ID)}))
		}},
		{"a mention of everyone", func() error { return no(w.Post(ctx, cy, open, campfire.Draft{Body: "needles <!everyone>"})) }},
		{"a post after mentions", func() error { return no(w.Post(ctx, cy, closed, campfire.Draft{Body: "one more"})) }},
		{"an edit", func() error { _, _, err := w.Edit(ctx, bo, closed, m.ID, "the needle, edited", 0); return err }},
		{"a boost", func() (err error) { boost, _, _, err = w.Boost(ctx, w.ada, closed, m.ID, "!"); return err }},
		{"a boost taken back", func() error { return no(w.Unboost(ctx, w.ada, closed, m.ID, boost.ID)) }},
		{"a deletion", func() error { return no(w.Delete(ctx, bo, closed, m.ID)) }},
		{"reading", func() error { return w.MarkRead(ctx, w.ada, closed, 5) }},
		{"unreading", func() error {
			p, err := w.Messages(ctx, w.ada, closed, chat.PageRequest{})
			if err != nil {
				return err
			}
			return w.MarkUnread(ctx, w.ada, closed, p.Messages[0].ID)
		}},
		{"an involvement", func() error { return no(w.SetInvolvement(ctx, w.ada, closed, campfire.Invisible)) }},
		{"a room's name", func() error { return no(w.UpdateRoom(ctx, w.ada, closed, chat.RoomPatch{Name: new("Aaa")})) }},
		{"a post after a new name", func() error { return no(w.Post(ctx, cy, closed, campfire.Draft{Body: "here?"})) }},
		{"a room's kind", func() error { return no(w.UpdateRoom(ctx, w.ada, closed, chat.RoomPatch{Kind: new(campfire.Open)})) }},
		{"leaving", func() error { return w.RemoveMember(ctx, di, closed, di.ID) }},
		{"joining", func() error { return no(w.JoinRoom(ctx, di, closed)) }},
		{"being taken out", func() error { return w.RemoveMember(ctx, w.ada, closed, di.ID) }},
		{"being put in", func() error { return w.AddMember(ctx, w.ada, closed, di.ID) }},
		{"leaving, to come back", func() error { return w.RemoveMember(ctx, di, open, di.ID) }},
		{"joining by a post", func() error { return no(w.Post(ctx, di, open, campfire.Draft{Body: "needle, I am back"})) }},
		{"a new room", func() error { w.room(bo, campfire.Open); return nil }},
		{"a new direct", func() error { w.room(di, campfire.Direct, w.ada, bo); return nil }},
		{"a new name", func() error { return no(w.UpdateMe(ctx, bo, chat.MePatch{Name: new("Bodil")})) }},
		{"a new role", func() error { return no(w.SetRole(ctx, w.ada, bo.ID, campfire.Administrator)) }},
		{"the role taken away", func() error { return no(w.SetRole(ctx, w.ada, bo.ID, campfire.Member)) }},
		{"another newcomer", func() error { w.join("ed"); return nil }},
		{"the account's name", func() error { return no(w.UpdateAccount(ctx, w.ada, chat.AccountPatch{Name: new("Kitchen")})) }},
		{"a new join link", func() error { return no(w.RenewJoinCode(ctx, w.ada)) }},
		{"a session's end", func() error {
			in, err := w.Login(ctx, "bo@example.org", password, from)
			if err != nil {
				return err
			}
			return w.EndSession(ctx, bo, w.actor(in).Credential)
		}},
		{"a deactivation", func() error { return w.Deactivate(ctx, w.ada, di.ID) }},
		{"a ban", func() error { return w.Ban(ctx, w.ada, cy.ID) }},
		{"its sweep", func() error {
			w.background(func() bool {
				p, err := w.Messages(ctx, bo, closed, chat.PageRequest{Limit: 100})
				return err == nil && p.Seq > 15 && len(heard[*campfire.Event](w)) > 0
			})
			return nil
		}},
		{"its end", func() error { return w.Unban(ctx, w.ada, cy.ID) }},
		{"a room's deletion", func() error { return w.DeleteRoom(ctx, w.ada, closed) }},
		{"a direct's deletion", func() error { return w.DeleteRoom(ctx, bo, direct) }},
	}
	everyone := []campfire.Actor{w.ada, bo, cy, di}
	for _, a := range everyone {
		w.agree(t, "nothing", a, rooms)
	}
	for _, s := range steps {
		if err := s.do(); err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		for _, a := range everyone {
			w.agree(t, s.name, a, rooms)
		}
	}

	// None of the kinds is missing.
	made := make(map[reflect.Type]bool)
	for _, c := range w.changes {
		made[reflect.TypeOf(c)] = true
	}
	for _, c := range []campfire.Change{&campfire.Event{}, &campfire.MembersAdded{}, &campfire.MembersRemoved{}, &campfire.RoomUpdated{},
		&campfire.RoomDeleted{}, &campfire.UserUpdated{}, &campfire.AccountUpdated{}, &campfire.ReadMoved{}, &campfire.InvolvementChanged{},
		&campfire.CredentialEnded{}, &campfire.AccessEnded{}, &campfire.BansChanged{}} {
		if !made[reflect.TypeOf(c)] {
			t.Errorf("no step makes a %T", c)
		}
	}
}

// Whatever comes in whatever order, whoever looks after however many changes
// sees what is so: a sidebar is led on over what it missed, or read again.
func TestRandomChangesAreSeen(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			w := newWorld(t)
			ctx, rng := t.Context(), rand.New(rand.NewPCG(seed, 7))
			people := []campfire.Actor{w.ada, w.join("bo"), w.join("cy")}
			rooms := []campfire.RoomID{w.hall, w.room(w.ada, campfire.Closed, people[1]), w.room(w.ada, campfire.Direct, people[1]),
				w.room(people[1], campfire.Direct, people[2]), w.room(w.ada, campfire.Open)}
			var posted []*campfire.Message
			for range 400 {
				a, room := people[rng.IntN(len(people))], rooms[rng.IntN(len(rooms))]
				var last *campfire.Message
				if len(posted) > 0 {
					last = posted[rng.IntN(len(posted))]
				}
				what := rng.IntN(20)
				switch { // what may not be done is refused: that changes nothing
				case what < 9:
					body := "needle"
					if rng.IntN(6) == 0 {
						body += fmt.Sprintf(" <@%d>", people[rng.IntN(len(people))].ID)
					}
					if p, err := w.Post(ctx, a, room, campfire.Draft{Body: body}); err == nil {
						posted = append(posted, p.Message)
					}
				case last == nil:
				case what == 9:
					w.Edit(ctx, a, last.Room, last.ID, fmt.Sprint("needle ", rng.IntN(100)), 0)
				case what == 10:
					w.Delete(ctx, a, last.Room, last.ID)
				case what < 13:
					w.Boost(ctx, a, last.Room, last.ID, fmt.Sprint(rng.IntN(5)))
				case what == 13:
					w.MarkRead(ctx, a, room, campfire.Seq(rng.IntN(50)))
				case what == 14:
					w.MarkUnread(ctx, a, last.Room, last.ID)
				case what == 15:
					w.SetInvolvement(ctx, a, room, campfire.Involvement(rng.IntN(4)))
				case what == 16:
					w.RemoveMember(ctx, a, room, a.ID)
				case what == 17:
					w.JoinRoom(ctx, a, room)
				case what == 18:
					w.UpdateRoom(ctx, a, room, chat.RoomPatch{Name: new(fmt.Sprint("Room ", rng.IntN(9)))})
				}
				if rng.IntN(3) == 0 {
					w.agree(t, fmt.Sprint("change ", what), people[rng.IntN(len(people))], rooms)
				}
			}
		})
	}
}

// The hunt: people post, read and change their minds at once, and each finds,
// right after the answer, what it said, in their sidebar and in a search.
func TestSidebarsAndSearchesAreNeverStale(t *testing.T) {
	w := newWorld(t)
	const rounds = 40
	rooms := []campfire.RoomID{w.hall, w.room(w.ada, campfire.Open), w.room(w.ada, campfire.Open)}
	var all []campfire.Actor
	for i := range 4 {
		all = append(all, w.join(fmt.Sprint("p", i)))
	}
	ctx := t.Context()
	onlookers, stop := context.WithCancel(ctx)
	var looking, changing sync.WaitGroup
	for range 2 {
		looking.Go(func() {
			for onlookers.Err() == nil {
				for _, a := range all {
					if _, err := w.Sidebar(context.Background(), a); err != nil {
						t.Error(err)
						return
					}
				}
			}
		})
	}
	for i, a := range all {
		changing.Go(func() {
			for n := range rounds {
				room := rooms[(i+n)%len(rooms)]
				word := fmt.Sprintf("word%dx%d", i, n)
				p, err := w.Post(ctx, a, room, campfire.Draft{Body: word})
				if err != nil {
					t.Error(err)
					return
				}
				row := func() *campfire.RoomView {
					b, err := w.Sidebar(ctx, a)
					if err != nil || b.Row(room) == nil {
						t.Errorf("no row: %v", err)
						return &campfire.RoomView{}
					}
					return b.Row(room).RoomView
				}
				if got := row(); got.Seq < p.Message.Seq {
					t.Errorf("#%d was answered, the sidebar is at %d", p.Message.Seq, got.Seq)
				}
				if found, err := w.Found(ctx, a, chat.SearchRequest{Query: word}, list); err != nil || (piece.Whole{found}).Len() == 0 {
					t.Errorf("%s was answered and is not found: %v", word, err)
				}
				if err := w.MarkRead(ctx, a, room, p.Message.Seq); err != nil {
					t.Error(err)
				}
				if got := row(); got.ReadSeq < p.Message.Seq {
					t.Errorf("read up to %d was answered, the sidebar says %d", p.Message.Seq, got.ReadSeq)
				}
				want := campfire.Involvement(n%2) + campfire.Nothing
				if _, err := w.SetInvolvement(ctx, a, room, want); err != nil {
					t.Error(err)
				}
				if got := row(); got.Involvement != want {
					t.Errorf("the sidebar says %v after %v was answered", got.Involvement, want)
				}
			}
		})
	}
	changing.Wait()
	stop()
	looking.Wait()
	for _, a := range all {
		w.agree(t, "all of it", a, rooms)
	}
}
