package fleet

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Seat is what one socket is for: one person's view of one room.
type Seat struct {
	Token string // of the person, a bearer
	Room  int64  // the one room it subscribes to
}

// Kind is the type of a numbered event.
type Kind uint8

// The numbered events of the contract.
const (
	Created Kind = iota + 1
	Updated
	Deleted
	BoostCreated
	BoostDeleted
)

// Event is something that took a number in its room. The slices are valid
// during the call alone.
type Event struct {
	Kind     Kind
	Room     int64
	Seq      int64
	ID       int64  // of a message
	Author   int64  // of it: a user's id
	ClientID []byte // of it
	Body     []byte // its source
}

// Delivery is an event's arrival at one socket.
type Delivery struct {
	Kind   Kind
	Socket int   // index of the seat
	Room   int64 // the seat's, or the fleet has noted a fault
	Seq    int64
	Mark   int           // what Match returned for the event
	At     time.Duration // since [Options.Began], after the frame was understood
	// Replayed says that it came before the socket was live: it was missed,
	// and caught up on.
	Replayed bool
}

// Handler hears of the events.
type Handler interface {
	// Match is asked about each event in a frame that a reader has not just
	// seen. What it returns is the Mark of the deliveries of that frame.
	Match(e *Event) (mark int)
	// Deliver is called once for each socket and event, in the order in which
	// they came to that socket. Reader is below [Fleet.Readers].
	Deliver(reader int, d Delivery)
}

// Options say what a fleet is made of.
type Options struct {
	URL     string       // of the Campfire, http:// or https://
	Seats   []Seat       // one socket each
	Handler Handler      // nil: nobody listens, the order is checked all the same
	Readers int          // 0: as many as may run at once
	Sources []netip.Addr // addresses to connect from, in turn; none: the system's choice
	Began   time.Time    // what [Delivery.At] counts from; zero: now
	Quiet   bool         // don't come back after a cut
}

// Counts is what a fleet has seen so far.
type Counts struct {
	Live       int64            // sockets subscribed now
	Opened     int64            // subscriptions that became live
	Resumed    int64            // of them, with since
	Resynced   int64            // that the server answered with resync; they began anew
	Lost       int64            // connections that ended without our wish
	Closes     map[string]int64 // of them, by the close code, or what else ended it
	Deliveries int64            // numbered events, of all sockets
	Scanned    int64            // frames that were walked; the others equalled one of these
	Frames     int64            // all of them
	Bytes      int64            // read from the sockets
	Others     map[string]int64 // frames that carry no numbered event, by type
	Faults     int64            // broken promises; Fleet.Faults tells the first of them
}

// Fleet is many sockets of one Campfire.
type Fleet struct {
	o       Options
	sockets []*socket
	readers []*reader
	ctx     context.Context
	cancel  context.CancelFunc
	reading sync.WaitGroup // the readers
	helping sync.WaitGroup // those who open and tend
	again   chan *socket   // cut, to be opened again; as long as there are sockets

	live, opened, resumed, resynced, lost atomic.Int64
	faultCount                            atomic.Int64
	retry                                 atomic.Int64 // milliseconds, of the last going_away
	closing                               atomic.Bool

	mu     sync.Mutex // guards what follows
	closes map[string]int64
	others map[string]*atomic.Int64
	faults []string
}

// maxFaults is how many faults are kept as sentences.
const maxFaults = 50

// New prepares a fleet; no socket is open until [Fleet.Connect]. Close it.
func New(o Options) (*Fleet, error) {
	if o.Readers <= 0 {
		o.Readers = runtime.GOMAXPROCS(0)
	}
	if o.Began.IsZero() {
		o.Began = time.Now()
	}
	if o.Handler == nil {
		o.Handler = nobody{}
	}
	f := &Fleet{o: o, again: make(chan *socket, len(o.Seats)),
		closes: make(map[string]int64), others: make(map[string]*atomic.Int64)}
	f.ctx, f.cancel = context.WithCancel(context.Background())
	for i, seat := range o.Seats {
		f.sockets = append(f.sockets, &socket{index: i, seat: seat})
	}
	for i := range o.Readers {
		r, err := newReader(f, i)
		if err != nil {
			f.Close()
			return nil, err
		}
		f.readers = append(f.readers, r)
		f.reading.Go(r.run)
	}
	f.helping.Go(f.tend)
	for range comebacks {
		f.helping.Go(f.comeBack)
	}
	return f, nil
}

type nobody struct{}

func (nobody) Match(*Event) int      { return 0 }
func (nobody) Deliver(int, Delivery) {}

// Readers is how many readers call the handler.
func (f *Fleet) Readers() int { return len(f.readers) }

// Connect opens and subscribes every socket, so many at a time, and returns
// when all are live. each is called for every one, with how long it took, on
// several goroutines. refused is told of an error that passes (a limit of the
// server's), after which the socket is tried again; it may be nil.
func (f *Fleet) Connect(ctx context.Context, parallel int, each func(socket int, took time.Duration), refused func(error)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	work := make(chan *socket)
	var wg sync.WaitGroup
	for range min(parallel, len(f.sockets)) {
		wg.Go(func() {
			for s := range work {
				took, err := f.surely(ctx, s, refused)
				if err != nil {
					cancel(fmt.Errorf("socket %d: %w", s.index, err))
					return
				}
				if each != nil {
					each(s.index, took)
				}
			}
		})
	}
feed:
	for _, s := range f.sockets {
		select {
		case work <- s:
		case <-ctx.Done():
			break feed
		}
	}
	close(work)
	wg.Wait()
	return context.Cause(ctx)
}

// Bounce cuts a socket's connection, as a network does that fails; it comes
// back by itself, with what it has seen. It reports false when the socket is
// not connected, or its return is under way.
func (f *Fleet) Bounce(socket int) bool {
	return f.sockets[socket].bounce()
}

// Seq is the last number that a socket has seen of its room, and the one it
// became live at first (what came before that it never asked for).
func (f *Fleet) Seq(socket int) (first, last int64) {
	s := f.sockets[socket]
	return s.first.Load(), s.last.Load()
}

// Live reports whether a socket is connected and subscribed.
func (f *Fleet) Live(socket int) bool { return f.sockets[socket].live.Load() }

// Counts returns what was seen so far.
func (f *Fleet) Counts() Counts {
	c := Counts{Live: f.live.Load(), Opened: f.opened.Load(), Resumed: f.resumed.Load(), Resynced: f.resynced.Load(),
		Lost: f.lost.Load(), Faults: f.faultCount.Load(), Others: make(map[string]int64)}
	for _, r := range f.readers {
		c.Deliveries += r.count.deliveries.Load()
		c.Scanned += r.count.scanned.Load()
		c.Frames += r.count.frames.Load()
		c.Bytes += r.count.bytes.Load()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	c.Closes = maps.Clone(f.closes)
	for kind, n := range f.others {
		c.Others[kind] = n.Load()
	}
	return c
}

// Faults tells the first broken promises: a number left out, repeated or out
// of order, an event of another room, a frame that can't be read.
func (f *Fleet) Faults() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.faults...)
}

func (f *Fleet) fault(s *socket, format string, args ...any) {
	if f.faultCount.Add(1) > maxFaults {
		return
	}
	sentence := fmt.Sprintf("socket %d, room %d: ", s.index, s.seat.Room) + fmt.Sprintf(format, args...)
	f.mu.Lock()
	f.faults = append(f.faults, sentence)
	f.mu.Unlock()
}

// other returns the counter of a type of frame without numbered events.
func (f *Fleet) other(kind string) *atomic.Int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := f.others[kind]
	if n == nil {
		n = new(atomic.Int64)
		f.others[kind] = n
	}
	return n
}

// Close closes every socket and waits for all goroutines. No Connect may be
// under way.
func (f *Fleet) Close() {
	if f.closing.Swap(true) {
		return
	}
	f.cancel()
	// Whoever opens a socket waits for its reader, so the readers go last.
	f.helping.Wait()
	for _, s := range f.sockets {
		s.cut()
	}
	for _, r := range f.readers {
		r.stop()
	}
	f.reading.Wait()
}

// quiet is how long a socket may hear nothing before it asks for a sign of
// life, and silence when it gives its connection up.
const (
	quiet   = 25 * time.Second
	silence = 60 * time.Second
)

// tend pings sockets that hear nothing and cuts the dead ones.
func (f *Fleet) tend() {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-f.ctx.Done():
			return
		}
		now := time.Since(f.o.Began)
		for _, s := range f.sockets {
			if !s.live.Load() {
				continue
			}
			switch silent := now - time.Duration(s.heard.Load()); {
			case silent > silence:
				s.cut()
			case silent > quiet && now-s.pinged > quiet:
				s.pinged = now
				s.send(pingFrame)
			}
		}
	}
}
