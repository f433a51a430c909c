package chat_test

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"campfire"
	"campfire/internal/chat"
	"campfire/internal/store"

	"pgregory.net/rapid"
)

// subscribe makes a device of someone.
func (w *world) subscribe(a campfire.Actor) *campfire.Device {
	w.t.Helper()
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		w.t.Fatal(err)
	}
	d, _, err := w.Subscribe(w.t.Context(), a, chat.Subscription{
		Endpoint: "https://push.example.org/" + rand.Text(),
		Key:      base64.RawURLEncoding.EncodeToString(key.PublicKey().Bytes()),
		Auth:     base64.RawURLEncoding.EncodeToString(make([]byte, 16)),
		Language: "en", Base: "https://chat.example.org",
	}, from)
	if err != nil {
		w.t.Fatal(err)
	}
	return d
}

// lease takes what is due of a kind at the clock's time.
func (w *world) lease(kind store.JobKind) (jobs []*store.Job) {
	w.t.Helper()
	now := w.now()
	err := w.store.Write(w.t.Context(), func(tx *store.Tx) (err error) {
		jobs, err = tx.LeaseJobs(kind, now, now.Add(time.Hour), 1000, 1000)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return jobs
}

// end ends a job as the runner does.
func (w *world) end(j *store.Job, try *store.Try, also func(*store.Tx) error) {
	w.t.Helper()
	err := w.store.Write(w.t.Context(), func(tx *store.Tx) error {
		if also != nil {
			if err := also(tx); err != nil {
				return err
			}
		}
		if try != nil {
			try.Job, try.Attempt, try.At = *j, 1, w.now()
			if err := tx.LogTry(try); err != nil {
				return err
			}
		}
		return tx.FinishJob(j, 1000)
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// decide works off what is due to be decided.
func (w *world) decide() {
	w.t.Helper()
	for _, j := range w.lease(store.NotifyJob) {
		also, err := w.Decide(w.t.Context(), j.Room, j.Message)
		if campfire.CodeOf(err) != campfire.CodeNotFound && err != nil {
			w.t.Fatal(err)
		}
		w.end(j, nil, also)
	}
}

// push works off the pushes that are due, and returns who got one.
func (w *world) push() (told []campfire.UserID) {
	w.t.Helper()
	for _, j := range w.lease(store.PushJob) {
		_, err := w.Push(w.t.Context(), j)
		switch campfire.CodeOf(err) {
		case campfire.CodeGone:
			w.end(j, &store.Try{Outcome: store.TrySkipped, Detail: err.(*campfire.Error).Detail}, nil)
		case campfire.CodeNotFound:
			w.end(j, &store.Try{Outcome: store.TrySkipped, Detail: "gone"}, nil)
		default:
			if err != nil {
				w.t.Fatal(err)
			}
			told = append(told, j.User)
			w.end(j, &store.Try{Outcome: store.TryDone, Status: 201}, nil)
		}
	}
	return told
}

func (w *world) explain(a campfire.Actor, m *campfire.Message) *campfire.Explanation {
	w.t.Helper()
	e, err := w.Explain(w.t.Context(), a, m.Room, m.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return e
}

func (w *world) set(a campfire.Actor, n campfire.Notifications) {
	w.t.Helper()
	if n.TimeZone == "" {
		n.TimeZone = "UTC"
	}
	if _, err := w.SetNotifications(w.t.Context(), a, n); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) involve(a campfire.Actor, room campfire.RoomID, i campfire.Involvement) {
	w.t.Helper()
	if _, err := w.SetInvolvement(w.t.Context(), a, room, i); err != nil {
		w.t.Fatal(err)
	}
}

// allDay is quiet on every day, all day long.
var allDay = []campfire.QuietHours{{Days: []time.Weekday{0, 1, 2, 3, 4, 5, 6}}}

// One case for each rule: what happens, and what is said of it.
func TestEveryRuleDecidesAndIsTold(t *testing.T) {
	for _, c := range []struct {
		rule campfire.Rule
		told bool
		text string
		do   func(w *world, bo campfire.Actor)                      // before the message
		then func(w *world, bo campfire.Actor, m *campfire.Message) // before it is decided
		last func(w *world, bo campfire.Actor, m *campfire.Message) // before it is sent
	}{
		{rule: campfire.RuleEverything, told: true, do: func(w *world, bo campfire.Actor) { w.involve(bo, w.hall, campfire.Everything) }},
		{rule: campfire.RuleMention, told: true, text: "<@2> tea?"},
		{rule: campfire.RuleMention, told: true, text: "<!everyone> tea?"},
		{rule: campfire.RuleMention, told: true, text: "<!here> tea?", do: func(w *world, bo campfire.Actor) { w.online = []campfire.UserID{bo.ID} }},
		{rule: campfire.RuleNotMentioned, text: "<!here> tea?"},
		{rule: campfire.RuleKeyword, told: true, text: "The KETTLE, please.", do: func(w *world, bo campfire.Actor) { w.set(bo, campfire.Notifications{Keywords: []string{"kettle"}}) }},
		{rule: campfire.RuleNotMentioned, text: "kettles", do: func(w *world, bo campfire.Actor) { w.set(bo, campfire.Notifications{Keywords: []string{"kettle"}}) }},
		{rule: campfire.RuleNothing, text: "<@2> kettle", do: func(w *world, bo campfire.Actor) {
			w.set(bo, campfire.Notifications{Keywords: []string{"kettle"}})
			w.involve(bo, w.hall, campfire.Nothing)
		}},
		{rule: campfire.RuleInvisible, text: "<@2>", do: func(w *world, bo campfire.Actor) { w.involve(bo, w.hall, campfire.Invisible) }},
		{rule: campfire.RulePaused, text: "<@2>", do: func(w *world, bo campfire.Actor) {
			w.set(bo, campfire.Notifications{PausedUntil: w.now().Add(time.Hour)})
		}},
		{rule: campfire.RuleMention, told: true, text: "<@2>", do: func(w *world, bo campfire.Actor) {
			w.set(bo, campfire.Notifications{PausedUntil: w.now().Add(time.Hour)})
			w.pass(2 * time.Hour)
		}},
		{rule: campfire.RuleQuietHours, text: "<@2>", do: func(w *world, bo campfire.Actor) { w.set(bo, campfire.Notifications{Quiet: allDay}) }},
		{rule: campfire.RuleNoDevice, text: "<@2>", do: func(w *world, bo campfire.Actor) {
			devices, err := w.Devices(w.t.Context(), bo)
			if err != nil {
				w.t.Fatal(err)
			}
			w.subscribe(w.ada) // so that something is decided
			if err := w.RemoveDevice(w.t.Context(), bo, devices[0].ID); err != nil {
				w.t.Fatal(err)
			}
		}},
		{rule: campfire.RuleRead, text: "<@2>", then: func(w *world, bo campfire.Actor, m *campfire.Message) { w.read(bo, m) }},
		{rule: campfire.RuleRead, text: "<@2>", last: func(w *world, bo campfire.Actor, m *campfire.Message) { w.read(bo, m) }},
	} {
		t.Run(fmt.Sprint(c.rule, " ", c.text), func(t *testing.T) {
			w := newWorld(t)
			bo := w.join("bo")
			w.subscribe(bo)
			w.pass(time.Minute)
			if c.do != nil {
				c.do(w, bo)
			}
			if c.text == "" {
				c.text = "hello"
			}
			m := w.post(w.ada, w.hall, c.text)
			if e := w.explain(bo, m); c.rule != campfire.RuleNoDevice && e.Rule != campfire.RulePending {
				t.Errorf("before it is decided: %s", e.Rule)
			}
			if c.then != nil {
				c.then(w, bo, m)
			}
			w.pass(3 * time.Second)
			w.decide()
			if c.last != nil {
				c.last(w, bo, m)
			}
			told := w.push()
			e := w.explain(bo, m)
			if e.Rule != c.rule || e.Notified != c.told || slices.Contains(told, bo.ID) != c.told {
				t.Errorf("rule %s, notified %t, told %v; want %s, %t", e.Rule, e.Notified, told, c.rule, c.told)
			}
			if c.then != nil && len(e.Deliveries) > 0 {
				t.Errorf("decided against, and yet tried: %+v", e.Deliveries)
			}
			if e := w.explain(w.ada, m); e.Rule != campfire.RuleAuthor {
				t.Errorf("the author: %s", e.Rule)
			}
			late := w.join("late")
			if e := w.explain(late, m); e.Rule != campfire.RuleNotMember {
				t.Errorf("who came later: %s", e.Rule)
			}
		})
	}
}

func (w *world) read(a campfire.Actor, m *campfire.Message) {
	w.t.Helper()
	if err := w.MarkRead(w.t.Context(), a, m.Room, m.Seq); err != nil {
		w.t.Fatal(err)
	}
}

// Where nobody has a device, a post queues nothing; the last one's going is
// noticed.
func TestNothingIsQueuedForNobody(t *testing.T) {
	w := newWorld(t)
	queued := func() int {
		var waiting []store.Backlog
		err := w.store.Read(t.Context(), func(r *store.Reader) (err error) {
			waiting, err = r.Backlogs()
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, b := range waiting {
			n += b.Depth
		}
		return n
	}
	w.post(w.ada, w.hall, "nobody hears")
	if n := queued(); n != 0 {
		t.Errorf("%d jobs without a device", n)
	}
	bo := w.join("bo")
	w.subscribe(bo)
	w.post(w.ada, w.hall, "bo hears")
	if n := queued(); n != 1 {
		t.Errorf("%d jobs, want 1", n)
	}
	if err := w.Logout(t.Context(), bo); err != nil { // the device goes with the session
		t.Fatal(err)
	}
	w.pass(3 * time.Second)
	w.decide()
	w.post(w.ada, w.hall, "nobody hears again")
	if n := queued(); n != 0 {
		t.Errorf("%d jobs after the last device went", n)
	}
}

// That the last device went is believed when it is stored: a transaction that
// saw it go and was undone leaves its owner hearing.
func TestADeviceThatWasNotLostStillHears(t *testing.T) {
	w := newWorld(t)
	bo := w.join("bo")
	d := w.subscribe(bo)
	m := w.post(w.ada, w.hall, "one")
	also, err := w.Decide(t.Context(), w.hall, m.ID)
	if err != nil {
		t.Fatal(err)
	}
	undone := errors.New("the disk is full")
	err = w.store.Write(t.Context(), func(tx *store.Tx) error {
		if err := tx.DeleteDevice(d.ID); err != nil {
			return err
		}
		if err := also(tx); err != nil {
			return err
		}
		return undone
	})
	if !errors.Is(err, undone) {
		t.Fatal(err)
	}
	w.post(w.ada, w.hall, "two")
	w.pass(3 * time.Second)
	if got := len(w.lease(store.NotifyJob)); got != 2 {
		t.Errorf("%d messages are looked at, want 2", got)
	}
}

// Who watches the room is told ten seconds after the message; connections
// change nothing but that.
func TestWatchingChangesTheWaitAlone(t *testing.T) {
	w := newWorld(t)
	bo, cy := w.join("bo"), w.join("cy")
	w.subscribe(bo)
	w.subscribe(cy)
	w.watching = []campfire.UserID{bo.ID}
	w.pass(time.Minute)
	m := w.post(w.ada, w.hall, "<!everyone>")
	w.pass(2 * time.Second)
	w.decide()
	if told := w.push(); !slices.Equal(told, []campfire.UserID{cy.ID}) {
		t.Errorf("after 2 s told %v, want cy alone", told)
	}
	w.pass(7 * time.Second)
	if told := w.push(); len(told) > 0 {
		t.Errorf("after 9 s told %v", told)
	}
	w.pass(time.Second)
	if told := w.push(); !slices.Equal(told, []campfire.UserID{bo.ID}) {
		t.Errorf("after 10 s told %v, want bo", told)
	}
	if e := w.explain(bo, m); !e.Notified || e.Rule != campfire.RuleMention {
		t.Errorf("%+v", e)
	}
}

// A browser that somebody else has signed in on meanwhile is told nothing that was
// for whoever had it before.
func TestABrowserThatChangedHandsHearsNothing(t *testing.T) {
	w := newWorld(t)
	bo, cy := w.join("bo"), w.join("cy")
	d := w.subscribe(bo)
	m := w.post(w.ada, w.hall, "<@2> tea?")
	w.pass(3 * time.Second)
	w.decide()
	_, created, err := w.Subscribe(t.Context(), cy, chat.Subscription{Endpoint: d.Endpoint, Key: d.Key, Auth: d.Auth, Language: "en", Base: d.Base}, from)
	if err != nil || !created {
		t.Fatal(created, err)
	}
	if told := w.push(); len(told) > 0 {
		t.Errorf("told %v", told)
	}
	if e := w.explain(bo, m); e.Notified || len(e.Deliveries) != 1 || e.Deliveries[0].Outcome != "skipped" {
		t.Errorf("%+v", e)
	}
}

// Whatever people have set, and whatever they do meanwhile, what is told of it
// is what happened; and what happened follows from what they had set.
func TestTheExplanationIsWhatHappened(t *testing.T) {
	w := newWorld(t)
	people := []campfire.Actor{w.ada, w.join("bo"), w.join("cy"), w.join("dee")}
	room := w.room(w.ada, campfire.Closed, people[1:]...)
	rapid.Check(t, func(rt *rapid.T) {
		ctx := t.Context()
		type state struct {
			member, device, mentioned, keyword, paused, quiet, watching bool
			involvement                                                 campfire.Involvement
			read                                                        string // "", "before", "after"
		}
		flip := func(name string, p campfire.Actor) bool { return rapid.Bool().Draw(rt, fmt.Sprint(name, " ", p.Name)) }
		states := make([]state, len(people))
		w.watching = nil
		author := rapid.IntRange(0, len(people)-1).Draw(rt, "author")
		text := "hello"
		for i, p := range people {
			s := state{member: i == 0 || i == author || flip("member", p), device: flip("device", p), mentioned: flip("mentioned", p), keyword: flip("keyword", p),
				paused: flip("paused", p), quiet: flip("quiet", p), watching: flip("watching", p),
				involvement: campfire.Involvement(rapid.IntRange(0, 3).Draw(rt, "involvement "+p.Name)),
				read:        rapid.SampledFrom([]string{"", "", "before", "after"}).Draw(rt, "read "+p.Name)}
			if s.member {
				if err := w.AddMember(ctx, w.ada, room, p.ID); err != nil {
					rt.Fatal(err)
				}
				w.involve(p, room, s.involvement)
			} else if err := w.RemoveMember(ctx, w.ada, room, p.ID); err != nil && campfire.CodeOf(err) != campfire.CodeNotFound {
				rt.Fatal(err)
			}
			devices, err := w.Devices(ctx, p)
			if err != nil {
				rt.Fatal(err)
			}
			for _, d := range devices {
				if err := w.RemoveDevice(ctx, p, d.ID); err != nil {
					rt.Fatal(err)
				}
			}
			if s.device {
				for range rapid.IntRange(1, 2).Draw(rt, "devices "+p.Name) {
					w.subscribe(p)
				}
			}
			var n campfire.Notifications
			if s.keyword {
				n.Keywords = []string{"hello"}
			}
			if s.paused {
				n.PausedUntil = w.now().Add(time.Hour)
			}
			if s.quiet {
				n.Quiet = allDay
			}
			w.set(p, n)
			if s.mentioned {
				text += fmt.Sprintf(" <@%d>", p.ID)
			}
			if s.watching {
				w.watching = append(w.watching, p.ID)
			}
			states[i] = s
		}
		w.pass(time.Second)
		m := w.post(people[author], room, text)
		read := func(when string) {
			for i, s := range states {
				if s.read == when && s.member {
					w.read(people[i], m)
				}
			}
		}
		read("before")
		w.pass(2 * time.Second)
		w.decide()
		// What is set afterwards changes nothing of what was decided.
		for i, s := range states {
			if s.member {
				w.set(people[i], campfire.Notifications{})
				w.involve(people[i], room, campfire.Mentions)
			}
		}
		read("after")
		w.pass(8 * time.Second)
		told := w.push()
		for i, s := range states {
			if !s.member {
				continue
			}
			concerned := s.involvement == campfire.Everything || s.involvement == campfire.Mentions && (s.mentioned || s.keyword)
			want := i != author && s.device && concerned && s.read == "" && !s.paused && !s.quiet
			got := slices.Contains(told, people[i].ID)
			e := w.explain(people[i], m)
			if got != want {
				rt.Errorf("%s (%+v) was told: %t, want %t (%s)", people[i].Name, s, got, want, e.Rule)
			}
			if e.Notified != got || e.Rule.Tells() != got {
				rt.Errorf("%s (%+v) was told: %t, but is told %t by %s", people[i].Name, s, got, e.Notified, e.Rule)
			}
		}
	})
}
