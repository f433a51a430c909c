package load

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"campfire/internal/load/fleet"
)

// post is one message of a run: what was meant, what was answered and what was
// heard of it.
type post struct {
	due      time.Duration // when it was to be sent, since the run began
	room     int64
	author   int64 // user id
	measured bool  // not of the warm-up

	// Set by whoever got the answer, before outcome.
	id, seq int64
	outcome atomic.Int32

	heard   atomic.Int64 // the number it was delivered under, 0: not yet
	heardID atomic.Int64 // likewise
	copies  atomic.Int64 // sockets that have it
	last    atomic.Int64 // when the last socket got it live, since the run began
}

// The outcomes of a post.
const (
	unanswered   = iota // or not sent, or answered with a failure
	acknowledged        // 201, and what it should be
	refused             // 429 or 503: nothing may have been done
)

func (p *post) acked() bool { return p.outcome.Load() == acknowledged }

// chunk is how many posts are allocated at once, chunks how many there can be.
const (
	chunk  = 1 << 12
	chunks = 1 << 12
)

// ledger is the run's memory of its posts. It holds what the server answers,
// delivers and stores against it; whatever does not fit is a contradiction.
type ledger struct {
	run   string // distinguishes this run's posts from all others
	texts texts
	n     atomic.Int64
	posts [chunks]atomic.Pointer[[chunk]post]
	took  []*recorder // by reader: from due to a socket

	mu             sync.Mutex // guards what follows
	grow           int        // chunks allocated
	contradictions []string
	wrong          int
}

// newLedger returns an empty ledger. recorders has one element for each reader
// of the fleet.
func newLedger(run string, seed uint64, recorders []*recorder) *ledger {
	return &ledger{run: run, texts: texts{seed}, took: recorders}
}

// maxContradictions is how many are kept as sentences.
const maxContradictions = 50

func (l *ledger) contradict(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wrong++
	if len(l.contradictions) < maxContradictions {
		l.contradictions = append(l.contradictions, fmt.Sprintf(format, args...))
	}
}

// broken returns the contradictions, and how many there are in all.
func (l *ledger) broken() ([]string, int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.contradictions...), l.wrong
}

// add enters a post that is about to be sent and returns its number, or false
// when the ledger is full (16 million).
func (l *ledger) add(due time.Duration, room, author int64, measured bool) (int, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := int(l.n.Load())
	if n/chunk == l.grow {
		if l.grow == chunks {
			return 0, false
		}
		l.posts[l.grow].Store(new([chunk]post))
		l.grow++
	}
	p := l.at(n)
	p.due, p.room, p.author, p.measured = due, room, author, measured
	l.n.Add(1)
	return n, true
}

func (l *ledger) at(n int) *post { return &l.posts[n/chunk].Load()[n%chunk] }

func (l *ledger) count() int { return int(l.n.Load()) }

// clientID is the id that a post carries.
func (l *ledger) clientID(n int) string { return l.run + "-" + strconv.Itoa(n) }

// find returns the post that an id names.
func (l *ledger) find(clientID string) (n int, ok bool) {
	digits, ours := strings.CutPrefix(clientID, l.run+"-")
	n, err := strconv.Atoi(digits)
	if !ours || err != nil || n < 0 || n >= l.count() || l.clientID(n) != clientID {
		return 0, false
	}
	return n, true
}

// request is the body of the HTTP request for a post, whose text is given: to
// write it costs something, and the answer is held against it, too.
func (l *ledger) request(n int, text string) []byte {
	b, err := json.Marshal(struct {
		Body     string `json:"body"`
		ClientID string `json:"client_message_id"`
	}{text, l.clientID(n)})
	if err != nil {
		panic(err) // two strings
	}
	return b
}

// stored is what an answer or a page says of a message.
type stored struct {
	ID       int64  `json:"id"`
	RoomID   int64  `json:"room_id"`
	Seq      int64  `json:"seq"`
	Body     string `json:"body"`
	ClientID string `json:"client_message_id"`
	Creator  struct {
		ID int64 `json:"id"`
	} `json:"creator"`
}

// acknowledge notes the server's answer to a post of a text.
func (l *ledger) acknowledge(n int, m *stored, text string) {
	p := l.at(n)
	switch {
	case m.ID <= 0 || m.Seq <= 0:
		l.contradict("post %d was acknowledged with id %d and number %d", n, m.ID, m.Seq)
		return
	case !l.same(n, m, text, "the answer"):
		return
	}
	p.id, p.seq = m.ID, m.Seq
	p.outcome.Store(acknowledged)
}

// same holds a message's content against the post it claims to be.
func (l *ledger) same(n int, m *stored, text, where string) bool {
	p := l.at(n)
	switch {
	case m.ClientID != l.clientID(n):
		l.contradict("post %d: %s has the client id %q", n, where, m.ClientID)
	case m.RoomID != p.room:
		l.contradict("post %d: %s is in room %d, it was sent to room %d", n, where, m.RoomID, p.room)
	case m.Creator.ID != p.author:
		l.contradict("post %d: %s is by user %d, it was sent by user %d", n, where, m.Creator.ID, p.author)
	case m.Body != text:
		l.contradict("post %d: %s reads %q, it was sent as %q", n, where, m.Body, text)
	default:
		return true
	}
	return false
}

// foreign marks an event that is no post of the run's.
const foreign = -1

// Match finds the post that an event is, and holds its content against it. It
// is the fleet's.
func (l *ledger) Match(e *fleet.Event) int {
	n, ok := 0, false
	if e.Kind == fleet.Created {
		n, ok = l.find(string(e.ClientID))
	}
	if !ok {
		l.contradict("room %d, number %d: an event was delivered that is no post of this run (client id %q)", e.Room, e.Seq, e.ClientID)
		return foreign
	}
	p := l.at(n)
	if e.Room != p.room {
		l.contradict("post %d was delivered in room %d, it was sent to room %d", n, e.Room, p.room)
	}
	if e.Author != p.author {
		l.contradict("post %d was delivered as user %d's, it was sent by user %d", n, e.Author, p.author)
	}
	if string(e.Body) != l.texts.body(n) {
		l.contradict("post %d was delivered as %q, it was sent as %q", n, e.Body, l.texts.body(n))
	}
	if !p.heard.CompareAndSwap(0, e.Seq) && p.heard.Load() != e.Seq {
		l.contradict("post %d was delivered under number %d and under number %d", n, p.heard.Load(), e.Seq)
	}
	if !p.heardID.CompareAndSwap(0, e.ID) && p.heardID.Load() != e.ID {
		l.contradict("post %d was delivered with id %d and with id %d", n, p.heardID.Load(), e.ID)
	}
	return n
}

// Deliver counts a delivery. It is the fleet's.
func (l *ledger) Deliver(reader int, d fleet.Delivery) {
	if d.Mark == foreign {
		return
	}
	p := l.at(d.Mark)
	p.copies.Add(1)
	if d.Replayed {
		return // how late it is says how long the socket was away
	}
	for {
		last := p.last.Load()
		if int64(d.At) <= last || p.last.CompareAndSwap(last, int64(d.At)) {
			break
		}
	}
	if p.measured {
		l.took[reader].record(d.At - p.due)
	}
}

// toAll records how long each measured post took to the last of the sockets
// that were subscribed the whole time. It returns how many acknowledged ones
// count for nothing, since they did not come to every socket of their room:
// held says how many those are. Where all have it, those that were away and
// caught up hold the rest.
func (l *ledger) toAll(held map[int64]int, into *recorder) (missing int) {
	for n := range l.count() {
		switch p := l.at(n); {
		case !p.measured || !p.acked():
		case p.copies.Load() != int64(held[p.room]):
			missing++
		case p.last.Load() != 0:
			into.record(time.Duration(p.last.Load()) - p.due)
		}
	}
	return missing
}

// acked counts the acknowledged posts.
func (l *ledger) acked() (n int) {
	for i := range l.count() {
		if l.at(i).acked() {
			n++
		}
	}
	return n
}
