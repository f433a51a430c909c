package chat_test

import (
	"fmt"
	"runtime"
	"testing"

	"campfire"
	"campfire/internal/auth"
	"campfire/internal/chat"
)

// BenchmarkHeldOf500 is what a team of 500 takes in memory when all of it is
// remembered: everyone's session and sidebar, of 20 rooms and 5 directs each,
// and three pages of each of 60 rooms.
// kept is still there when a profile of the heap is written.
var kept *chat.Service

func BenchmarkHeldOf500(b *testing.B) {
	const people, rooms, each, pages = 500, 60, 20, 3
	w := newWorld(b, func(l *chat.Limits) { l.MaxSessions, l.MaxRoomsPerUser = 0, 0 })
	account, err := w.Account(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	var secrets []auth.Secret
	var team []campfire.Actor
	for i := range people {
		c := chat.Client{IP: "192.0.2.7", UserAgent: fmt.Sprintf("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%d.0.0.0 Safari/537.36", 120+i%20)}
		in, err := w.Join(b.Context(), account.JoinCode, chat.JoinInput{Name: fmt.Sprintf("Somebody Somename %d", i), Email: fmt.Sprintf("p%d@example.org", i), Password: password}, c)
		if err != nil {
			b.Fatal(err)
		}
		secrets = append(secrets, in.Secret)
		team = append(team, w.actor(in))
	}
	create := func(a campfire.Actor, d chat.RoomDraft) campfire.RoomID {
		v, _, err := w.CreateRoom(b.Context(), a, d)
		if err != nil {
			b.Fatal(err)
		}
		return v.ID
	}
	var all []campfire.RoomID
	for r := range rooms {
		d := chat.RoomDraft{Kind: campfire.Closed, Name: fmt.Sprintf("Room for the matter of %d", r)}
		var in []campfire.Actor
		for i, p := range team {
			if (i+r)%(rooms/each) == 0 {
				in, d.People = append(in, p), append(d.People, p.ID)
			}
		}
		room := create(w.ada, d)
		all = append(all, room)
		for i := range 50 * pages {
			m := w.post(in[i*7%len(in)], room, fmt.Sprintf("message %d says that the kettle is on, whoever wants a cup should come down now", i))
			if i%5 == 0 {
				if _, _, _, err := w.Boost(b.Context(), in[i*3%len(in)], room, m.ID, "👍"); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
	for i, p := range team {
		for n := 1; n <= 5; n += 2 { // each is in about five
			create(p, chat.RoomDraft{Kind: campfire.Direct, People: []campfire.UserID{team[(i+n*n)%people].ID}})
		}
	}

	held := func() float64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc)
	}
	limits := chat.DefaultLimits()
	limits.CacheBytes = 1 << 30
	var bytes float64
	for b.Loop() {
		kept = nil
		before := held()
		s := chat.New(chat.Options{Limits: limits, Now: w.now})
		if err := s.Start(b.Context(), w.store, nil); err != nil {
			b.Fatal(err)
		}
		for i, secret := range secrets {
			a, err := s.Authenticate(b.Context(), secret.Reveal(), from)
			if err != nil || a.ID != team[i].ID {
				b.Fatal(a, err)
			}
			if _, err := s.Sidebar(b.Context(), a); err != nil {
				b.Fatal(err)
			}
		}
		for _, room := range all {
			var before campfire.MessageID
			for range pages {
				p, err := s.Messages(b.Context(), w.ada, room, chat.PageRequest{Before: before, Limit: 50})
				if err != nil || len(p.Messages) != 50 {
					b.Fatal(len(p.Messages), err)
				}
				before = p.Messages[0].ID
			}
		}
		bytes = held() - before
		kept = s
	}
	b.ReportMetric(bytes/(1<<20), "held-MiB")
}
