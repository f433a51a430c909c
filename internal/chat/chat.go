package chat

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"campfire"
	"campfire/internal/auth"
	"campfire/internal/cache"
	"campfire/internal/media"
	"campfire/internal/store"

	"github.com/prometheus/client_golang/prometheus"
)

// Publisher hears of committed changes, in commit order. It must not wait for
// any connection.
type Publisher interface {
	Publish(changes []campfire.Change)
}

// Limits are the bounds that belong to people and what they make. A zero
// number sets no bound.
type Limits struct {
	MaxMessage      int // bytes of a message's text
	MaxMentions     int
	MaxBoosts       int // on one message
	MaxBoost        int // runes of a boost
	MaxName         int // runes
	MaxRoomName     int // runes
	MaxBio          int // runes
	MaxQuery        int // bytes of a search query
	MinPassword     int // bytes
	MaxPassword     int // bytes
	MaxRoomsPerUser int
	MaxMembers      int // of a closed room or direct
	MaxBots         int
	MaxSessions     int // per person; the longest unseen ends
	MaxPush         int // devices of one person; the oldest goes
	MaxPage         int
	MaxBatch        int
	SessionIdle     time.Duration
	SessionMax      time.Duration
	EventRetention  time.Duration
	CacheBytes      int64 // of what is remembered of the database

	MaxUpload   int64 // bytes of a file
	MaxParts    int   // files of a message
	MaxFilename int   // runes
	ChunkBytes  int64 // how much of an upload comes at once
	UserQuota   int64 // bytes of all that one person's files hold
	TotalQuota  int64 // bytes of all files

	RateLogin   campfire.Rate // per address of mail and IP
	RateLoginIP campfire.Rate
	RatePost    campfire.Rate // per person
	RateBot     campfire.Rate
	RateSearch  campfire.Rate
	RateUnfurl  campfire.Rate // links that are looked at, per person
	RateLinks   campfire.Rate // texts that are looked through for links, per person
	RateUpload  campfire.Rate // files and posts with files, per person
}

// DefaultLimits are the documented defaults (docs/operations.md).
func DefaultLimits() Limits {
	return Limits{
		MaxMessage: 32 << 10, MaxMentions: 50, MaxBoosts: 100, MaxBoost: 16,
		MaxName: 64, MaxRoomName: 80, MaxBio: 500, MaxQuery: 200,
		MinPassword: 10, MaxPassword: 128,
		MaxRoomsPerUser: 200, MaxMembers: 5000, MaxBots: 100, MaxSessions: 20, MaxPush: 10,
		MaxPage: 100, MaxBatch: 100,
		SessionIdle: 30 * 24 * time.Hour, SessionMax: 180 * 24 * time.Hour,
		EventRetention: 30 * 24 * time.Hour, CacheBytes: 48 << 20,
		MaxUpload: 100 << 20, MaxParts: 16, MaxFilename: 200, ChunkBytes: 1 << 20, UserQuota: 10 << 30,
		RateLogin:   campfire.Rate{Events: 10, Per: 3 * time.Minute, Burst: 10},
		RateLoginIP: campfire.Rate{Events: 50, Per: 3 * time.Minute, Burst: 50},
		RatePost:    campfire.Rate{Events: 5, Per: time.Second, Burst: 20},
		RateBot:     campfire.Rate{Events: 10, Per: time.Second, Burst: 10},
		RateSearch:  campfire.Rate{Events: 2, Per: time.Second, Burst: 10},
		RateUnfurl:  campfire.Rate{Events: 30, Per: time.Minute, Burst: 30},
		RateLinks:   campfire.Rate{Events: 2, Per: time.Second, Burst: 20},
		RateUpload:  campfire.Rate{Events: 20, Per: time.Minute, Burst: 20},
	}
}

// Options joins a Service to the rest of the program.
type Options struct {
	Limits    Limits
	Passwords *auth.Passwords
	Workshop  *media.Workshop // makes pictures
	// Online returns those of ids who have a live connection now; for <!here>.
	Online func(ids []campfire.UserID) []campfire.UserID
	// Unfurler knows what links lead to; nil: nobody, there are no previews.
	Unfurler Unfurler
	// Watching returns who has a room on a visible screen; for the wait of pushes.
	Watching func(room campfire.RoomID) []campfire.UserID
	// PlainPush takes subscriptions whose push service speaks http: one's own.
	PlainPush  bool
	Now        func() campfire.Time // default: the clock
	Logger     *slog.Logger
	Registerer prometheus.Registerer
}

// Service is the application.
type Service struct {
	// Set at construction, then read-only.
	store     *store.Store
	files     Files
	limits    Limits
	passwords *auth.Passwords
	workshop  *media.Workshop
	online    func([]campfire.UserID) []campfire.UserID
	unfurler  Unfurler
	watching  func(campfire.RoomID) []campfire.UserID
	plainPush bool
	now       func() campfire.Time
	log       *slog.Logger
	metrics   *metrics
	publisher Publisher

	limiters   limiters
	remembered remembered
	maskable   atomic.Pointer[maskableLogo]        // of the account's logo; nil before it is asked for
	previewsOn atomic.Bool                         // the account's switch
	banned     atomic.Pointer[map[string]struct{}] // addresses; replaced whole
	// anyDevice is false while surely nobody has a device: then posting queues
	// nothing. It changes after commits, in their order: a transaction that is
	// undone changes nothing.
	anyDevice atomic.Bool
	hooked    atomic.Pointer[[]campfire.UserID] // bots that hear of messages, ascending; replaced whole

	seenMu sync.Mutex
	seen   map[campfire.CredentialID]store.Seen // to be flushed by Run

	wake  chan struct{} // tells Run of a new sweep or a deleted room
	ahead ahead

	uploading uploading
}

// New returns a Service that is not yet connected to a store; see Start.
func New(o Options) *Service {
	s := &Service{
		limits:    o.Limits,
		passwords: o.Passwords,
		workshop:  o.Workshop,
		online:    o.Online,
		unfurler:  o.Unfurler,
		watching:  o.Watching,
		plainPush: o.PlainPush,
		now:       o.Now,
		log:       o.Logger,
		metrics:   newMetrics(o.Registerer),
		seen:      make(map[campfire.CredentialID]store.Seen),
		wake:      make(chan struct{}, 1),
		ahead:     newAhead(),
	}
	if s.now == nil {
		s.now = func() campfire.Time { return campfire.TimeOf(time.Now()) }
	}
	if s.workshop == nil {
		s.workshop = media.NewWorkshop(media.Options{})
	}
	if s.online == nil {
		s.online = func([]campfire.UserID) []campfire.UserID { return nil }
	}
	if s.watching == nil {
		s.watching = func(campfire.RoomID) []campfire.UserID { return nil }
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.limiters.init(o.Limits)
	s.remembered.init(o.Limits.CacheBytes, cache.NewMetrics(o.Registerer))
	s.banned.Store(&map[string]struct{}{})
	s.hooked.Store(new([]campfire.UserID))
	return s
}

// KeepFiles joins the service to where files are kept. It is called before
// Start; without it no files can be posted.
func (s *Service) KeepFiles(f Files) { s.files = f }

// Start joins the service to its store, which must have been opened with
// s.Committed, and to the publisher. It is called once, before anything else
// but KeepFiles.
func (s *Service) Start(ctx context.Context, st *store.Store, p Publisher) error {
	s.store, s.publisher = st, p
	if err := s.dropDrafts(ctx); err != nil {
		return err
	}
	err := st.Write(ctx, func(tx *store.Tx) error {
		any, err := tx.AnyDevice()
		s.anyDevice.Store(any)
		return err
	})
	if err != nil {
		return err
	}
	if err := s.loadPreviews(ctx); err != nil {
		return err
	}
	if err := s.loadHooked(ctx); err != nil {
		return err
	}
	return s.loadBans(ctx)
}

// Committed takes the changes of one committed group from the store: what is
// remembered in memory is brought up to date first, then the publisher hears.
func (s *Service) Committed(changes []campfire.Change) {
	for _, c := range changes {
		s.remembered.forget(c)
		switch c := c.(type) {
		case *campfire.Event:
			s.ahead.note(c.Room)
			if c.Kind == campfire.MessageCreated {
				s.metrics.created.WithLabelValues("new").Inc()
			}
		case *campfire.AccountUpdated:
			s.previewsOn.Store(c.Account.Previews)
		case *campfire.DevicesChanged:
			s.anyDevice.Store(c.Any)
		case *campfire.BotsChanged:
			s.hooked.Store(&c.Hooked)
		case *campfire.BansChanged:
			s.updateBans(c)
		}
	}
	if s.publisher != nil {
		s.publisher.Publish(changes)
	}
}

// Epoch names the history that sequence numbers belong to.
func (s *Service) Epoch() string { return s.store.Epoch() }

// Ready reports whether the database answers.
func (s *Service) Ready(ctx context.Context) error { return s.store.Ping(ctx) }
