package hub

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"campfire"

	"github.com/prometheus/client_golang/prometheus"
)

// Backend is what the hub asks of the application. Its methods authorise anew
// at each call; errors of kind campfire.Error are told to the client.
type Backend interface {
	// Epoch names the history that sequence numbers belong to.
	Epoch() string
	// Follow lets an actor follow a room, joining an open one first when join
	// is set, and returns the room's current number.
	Follow(ctx context.Context, a campfire.Actor, room campfire.RoomID, join bool) (campfire.Seq, error)
	// Replay returns what happened after since, at most limit events, whether
	// there is more, and the room's current number; CodeResync when it can't.
	Replay(ctx context.Context, a campfire.Actor, room campfire.RoomID, since campfire.Seq, limit int) (events []*campfire.Event, more bool, current campfire.Seq, err error)
	Post(ctx context.Context, a campfire.Actor, room campfire.RoomID, d campfire.Draft) (*campfire.Posted, error)
	MarkRead(ctx context.Context, a campfire.Actor, room campfire.RoomID, seq campfire.Seq) error
	// Members returns who is in a room.
	Members(ctx context.Context, room campfire.RoomID) ([]campfire.UserID, error)
	// Peers returns everyone who shares a direct with someone.
	Peers(ctx context.Context, u campfire.UserID) ([]campfire.UserID, error)
	// Seqs returns rooms' current numbers.
	Seqs(ctx context.Context, rooms []campfire.RoomID) (map[campfire.RoomID]campfire.Seq, error)
	// Alive reports an error once the actor's credential has ended.
	Alive(ctx context.Context, a campfire.Actor) error
}

// Limits bound connections and what they may cost. A zero field takes the
// default; a negative one sets no bound (or turns the thing off).
type Limits struct {
	Queue         int           // frames that may wait for one socket; 256
	QueueBytes    int           // and their bytes; 1 MiB
	WriteTimeout  time.Duration // of a socket that takes nothing; 10 s
	Ping          time.Duration // 25 s
	Dead          time.Duration // of inbound silence; 60 s
	Check         time.Duration // between comparisons of numbers with the database; 30 s
	MaxFrame      int           // inbound, bytes; 128 KiB
	MaxMessage    int           // inbound, decompressed and joined, bytes; 128 KiB
	Rate          campfire.Rate // inbound messages of one socket; 20/s, burst 40
	MaxSockets    int           // 20,000
	MaxUser       int           // sockets of one person; 20
	MaxIP         int           // sockets of one address; 500
	MaxHandshakes int           // under way; 50
	ReplayMax     int           // events of one room; 1,000
	ReplayTotal   int           // events of one subscribe; 5,000
	PageSize      int           // events of one replayed page; 100
	BatchInterval time.Duration // 10 ms
	BatchSize     int           // events of one batch; 64
}

func (l *Limits) setDefaults() {
	number := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	span := func(v *time.Duration, d time.Duration) {
		if *v == 0 {
			*v = d
		}
	}
	number(&l.Queue, 256)
	number(&l.QueueBytes, 1<<20)
	span(&l.WriteTimeout, 10*time.Second)
	span(&l.Ping, 25*time.Second)
	span(&l.Dead, 60*time.Second)
	span(&l.Check, 30*time.Second)
	number(&l.MaxFrame, 128<<10)
	number(&l.MaxMessage, 128<<10)
	if l.Rate == (campfire.Rate{}) {
		l.Rate = campfire.Rate{Events: 20, Per: time.Second, Burst: 40}
	}
	number(&l.MaxSockets, 20000)
	number(&l.MaxUser, 20)
	number(&l.MaxIP, 500)
	number(&l.MaxHandshakes, 50)
	number(&l.ReplayMax, 1000)
	number(&l.ReplayTotal, 5000)
	number(&l.PageSize, 100)
	span(&l.BatchInterval, 10*time.Millisecond)
	number(&l.BatchSize, 64)
}

// Options joins a Hub to the rest of the program.
type Options struct {
	Backend Backend
	// Render returns a message as the web page shows it, for ?view=html. It
	// is called from several goroutines.
	Render     func(*campfire.Message) []byte
	Wire       campfire.Wire
	Limits     Limits
	Shards     int // default: as many as cores
	Logger     *slog.Logger
	Registerer prometheus.Registerer
}

// publishQueue is how many committed groups may wait for the dispatcher. When
// it is full, Publish waits: for memory and CPU, never for a socket.
const publishQueue = 1024

// Hub is all live connections of this process.
type Hub struct {
	// Set by New, then read-only.
	backend Backend
	render  func(*campfire.Message) []byte
	wire    campfire.Wire
	limits  Limits
	log     *slog.Logger
	metrics *metrics
	shards  []*shard
	poller  *poller // nil: there is none

	in       chan []campfire.Change
	swept    chan struct{} // all shards have written a broadcast
	people   registry
	admitted admission
	notices  notices
	presence presence
	stats    stats

	nextID   atomic.Int64
	draining atomic.Bool
	ctx      context.Context // of calls to the backend; ends with Close
	stop     context.CancelFunc
	wg       sync.WaitGroup // dispatcher, shards, notifier, checker, poller
	connWG   sync.WaitGroup // connections
	once     sync.Once
}

// New starts a hub.
func New(o Options) *Hub {
	o.Limits.setDefaults()
	if o.Shards <= 0 {
		o.Shards = runtime.GOMAXPROCS(0)
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	h := &Hub{
		backend: o.Backend, render: o.Render, wire: o.Wire, limits: o.Limits, log: o.Logger,
		in: make(chan []campfire.Change, publishQueue), swept: make(chan struct{}, 1),
	}
	h.ctx, h.stop = context.WithCancel(context.Background())
	h.people.init()
	h.notices.init()
	h.presence.init()
	h.admitted.init()
	h.metrics = newMetrics(o.Registerer, h)
	for i := range o.Shards {
		s := newShard(h, i)
		h.shards = append(h.shards, s)
		h.wg.Go(s.run)
	}
	var err error
	if h.poller, err = newPoller(); err != nil {
		h.log.Warn("connections are read by a goroutine each", "err", err)
	} else if h.poller != nil {
		h.wg.Go(h.poller.run)
	}
	h.wg.Go(h.dispatch)
	h.wg.Go(h.notify)
	h.wg.Go(h.check)
	return h
}

// Publish takes committed changes, in commit order, from one goroutine at a
// time.
func (h *Hub) Publish(changes []campfire.Change) {
	select {
	case h.in <- changes:
	case <-h.ctx.Done():
	}
}

// tellSwept wakes the dispatcher; one that is to wake will look at everything.
func (h *Hub) tellSwept() {
	select {
	case h.swept <- struct{}{}:
	default:
	}
}

// Online returns those of ids who have a connection; all who have one for nil.
func (h *Hub) Online(ids []campfire.UserID) []campfire.UserID { return h.people.online(ids) }

// comeBackOver is how long those who were sent away are spread over, once the
// last of them is.
const comeBackOver = 3 * time.Second

// Drain asks every connection to come back later and closes them with 1012,
// in random order over spread. Nobody is asked back before the last has gone:
// who finds no server waits longer each time. New posts are refused from its
// start. It returns when all are gone or ctx ends.
func (h *Hub) Drain(ctx context.Context, spread time.Duration) error {
	h.draining.Store(true)
	conns := h.people.all()
	if len(conns) == 0 {
		return nil
	}
	rand.Shuffle(len(conns), func(i, j int) { conns[i], conns[j] = conns[j], conns[i] })
	over := min(max(spread, time.Second), comeBackOver)
	gap := spread / time.Duration(len(conns))
	last := time.Now().Add(gap * time.Duration(len(conns)-1))
	timer := time.NewTimer(0)
	defer timer.Stop()
	for i, c := range conns {
		// The gap is often shorter than a timer can be: who is late catches up.
		timer.Reset(time.Until(last) - gap*time.Duration(len(conns)-1-i))
		select {
		case <-timer.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		retry := max(0, time.Until(last)) + rand.N(over)
		ms := strconv.AppendInt(append(appendType(nil, kindGoingAway), `,"retry_ms":`...), retry.Milliseconds(), 10)
		c.send(textFrame(kindGoingAway, append(ms, '}')))
		c.shut(closeRestart, "restart")
	}
	gone := make(chan struct{})
	go func() { h.connWG.Wait(); close(gone) }()
	select {
	case <-gone:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close cuts every connection and stops all goroutines.
func (h *Hub) Close() error {
	h.once.Do(func() {
		h.draining.Store(true)
		h.stop()
		for _, c := range h.people.all() {
			c.cut("closed")
		}
		h.connWG.Wait()
		h.poller.stop()
		h.wg.Wait()
		h.metrics.unregister()
	})
	return nil
}
