package fleet

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func created(room, seq int64, body string) string {
	return fmt.Sprintf(`{"type":"message_created","room_id":%[1]d,"seq":%[2]d,"message":{"id":%[3]d,"room_id":%[1]d,"seq":%[2]d,"body":%[4]q,"client_message_id":"run-%[2]d","creator":{"id":9,"name":"Ada","avatar":{"id":4}},"boosts":[]}}`, room, seq, 100+seq, body)
}

// heard is a handler that keeps what it is told.
type heard struct{ events, deliveries []string }

func (h *heard) Match(e *Event) int {
	h.events = append(h.events, fmt.Sprintf("%d/%d id %d by %d %s: %s", e.Room, e.Seq, e.ID, e.Author, e.ClientID, e.Body))
	return len(h.events)
}

func (h *heard) Deliver(_ int, d Delivery) {
	h.deliveries = append(h.deliveries, fmt.Sprintf("socket %d: %d/%d is %d, replayed %t", d.Socket, d.Room, d.Seq, d.Mark, d.Replayed))
}

func TestEverySocketSeesTheNumbersOfItsRoomOneAfterTheOther(t *testing.T) {
	batch := func(room int64, events ...string) string {
		return fmt.Sprintf(`{"type":"batch","room_id":%d,"messages":[%s]}`, room, strings.Join(events, ","))
	}
	live := `{"type":"subscribed","room_id":7,"seq":5,"epoch":"e"}`
	for _, c := range []struct {
		name   string
		frames []string
		fault  string
		last   int64
	}{
		{"in order", []string{live, created(7, 6, "a"), batch(7, created(7, 7, "b"), created(7, 8, "c"))}, "", 8},
		{"lost", []string{live, created(7, 6, "a"), created(7, 8, "c")}, "number 8 came after 6: 1 are missing", 8},
		{"doubled", []string{live, created(7, 6, "a"), created(7, 6, "a")}, "number 6 came after 6: repeated or out of order", 6},
		{"swapped", []string{live, created(7, 7, "b"), created(7, 6, "a")}, "number 6 came after 7: repeated or out of order", 7},
		{"lost in a batch", []string{live, batch(7, created(7, 6, "a"), created(7, 8, "c"))}, "number 8 came after 6: 1 are missing", 8},
		{"of another room", []string{live, created(8, 6, "a")}, "number 6 of room 8 came, which it never asked for", 5},
		{"in a batch of another room", []string{live, batch(7, created(8, 6, "a"))}, "a batch of room 7 holds an event of room 8", 5},
		{"of one number with the message of another", []string{live, strings.Replace(created(7, 6, "a"), `"seq":6,"body"`, `"seq":9,"body"`, 1)}, "number 6 holds a message of room 7 with number 9", 6},
		{"before it was subscribed", []string{created(7, 6, "a")}, "number 6 came before it was subscribed", 0},
		{"an error while live", []string{live, `{"type":"error","code":"forbidden","detail":"no"}`}, "the server answered forbidden: no", 5},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := &heard{}
			f, err := New(Options{Seats: []Seat{{Room: 7}}, Handler: h, Readers: 1})
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			for _, frame := range c.frames {
				if err := f.readers[0].text(f.sockets[0], []byte(frame)); err != nil {
					t.Fatal(err)
				}
			}
			if got := strings.Join(f.Faults(), "; "); (c.fault == "") != (got == "") || !strings.Contains(got, c.fault) {
				t.Errorf("faults %q, want %q", got, c.fault)
			}
			if _, last := f.Seq(0); last != c.last {
				t.Errorf("it is at %d, want %d", last, c.last)
			}
		})
	}
}

func TestEqualFramesAreUnderstoodOnceAndDeliveredToEach(t *testing.T) {
	h := &heard{}
	f, err := New(Options{Seats: []Seat{{Room: 7}, {Room: 7}}, Handler: h, Readers: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, frame := range []string{`{"type":"subscribed","room_id":7,"seq":5}`, created(7, 6, "tea \"now\" \u00e9 😀"), created(7, 7, "b")} {
		for _, s := range f.sockets {
			if err := f.readers[0].text(s, []byte(frame)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if d := cmp.Diff([]string{`7/6 id 106 by 9 run-6: tea "now" é 😀`, "7/7 id 107 by 9 run-7: b"}, h.events); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"socket 0: 7/6 is 1, replayed false", "socket 1: 7/6 is 1, replayed false",
		"socket 0: 7/7 is 2, replayed false", "socket 1: 7/7 is 2, replayed false"}, h.deliveries); d != "" {
		t.Error(d)
	}
}

func TestFrameThatIsNoneOfTheContractIsRefused(t *testing.T) {
	f, err := New(Options{Seats: []Seat{{Room: 7}}, Readers: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, frame := range []string{"", "hello", `{"type":"message_created"`, `{"room_id":7}`, `{"type":"batch","messages":[1]}`, `{"type":"x"} x`, strings.Repeat("[", 1000)} {
		if err := f.readers[0].text(f.sockets[0], []byte(frame)); err == nil {
			t.Errorf("%.40q was understood", frame)
		}
	}
}

func TestAnswerIsTheMessageThatItHolds(t *testing.T) {
	e, err := Answer([]byte(`{"message":{"id":12,"room_id":7,"seq":6,"client_message_id":"c-1","body":"tea \"now\"","html":"<p>x</p>","creator":{"id":9,"name":"Ada"},"created_at":"2026-01-01T00:00:00Z","boosts":[{"id":1,"user":{"id":3}}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	want := Event{Kind: Created, Room: 7, Seq: 6, ID: 12, Author: 9, ClientID: []byte("c-1"), Body: []byte(`tea "now"`)}
	if d := cmp.Diff(want, e); d != "" {
		t.Error(d)
	}
	if _, err := Answer([]byte("<html>")); err == nil {
		t.Error("a page was taken for an answer")
	}
}
