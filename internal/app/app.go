package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"campfire"
	"campfire/internal/auth"
	"campfire/internal/chat"
	"campfire/internal/config"
	"campfire/internal/hub"
	"campfire/internal/jobs"
	"campfire/internal/media"
	"campfire/internal/memory"
	"campfire/internal/metrics"
	"campfire/internal/server"
	"campfire/internal/store"
	"campfire/internal/web"
)

// Options are what Run needs beside the configuration.
type Options struct {
	Version string
	Logger  *slog.Logger
	Stdout  io.Writer // for the start-up message
	Cost    auth.Cost // of a password; zero: the default. Tests make it cheap.
	// Ready, when not nil, is told the address that the server listens on.
	Ready func(addr string)
}

// Run serves until ctx ends, then drains and stops. Its errors are sentences
// for the operator.
func Run(ctx context.Context, cfg *config.Config, o Options) (err error) {
	log := o.Logger
	if o.Cost == (auth.Cost{}) {
		o.Cost = auth.DefaultCost
	}

	// Listen first: a port that is taken is told before anything is touched.
	listener, err := listen(cfg.Addr, "CAMPFIRE_ADDR")
	if err != nil {
		return err
	}
	defer listener.Close()
	var metricsListener net.Listener
	if cfg.MetricsAddr != "" {
		if metricsListener, err = listen(cfg.MetricsAddr, "CAMPFIRE_METRICS_ADDR"); err != nil {
			return err
		}
		defer metricsListener.Close()
	}

	registry := metrics.NewRegistry(o.Version)
	usage := memory.NewUsage(memory.System{}, registry)
	limitMemory(memory.System{}, cfg, log)
	base := ""
	if cfg.URL != nil {
		base = cfg.URL.Path
	}
	pages, err := web.New(web.Options{Base: base, Version: o.Version, MaxMessage: cfg.Limits.MaxMessage,
		Files: web.FileLimits{MaxBytes: cfg.Limits.MaxUpload, MaxFiles: cfg.Limits.MaxParts, Chunk: cfg.Limits.UploadChunk}})
	if err != nil {
		return err
	}
	workshop := media.NewWorkshop(media.Options{
		Workers: max(cfg.Limits.ImageWorkers, 1), Queue: imageQueue,
		Limits: media.Limits{Pixels: cfg.Limits.MaxPixels, Frames: cfg.Limits.MaxFrames},
		FFmpeg: media.FindFFmpeg(),
	})
	var live *hub.Hub
	unfurler := &unfurler{}
	runner := jobs.New(jobs.Options{Logger: log, Registerer: registry})
	service := chat.New(chat.Options{
		Limits:     chatLimits(cfg),
		Workshop:   workshop,
		Passwords:  auth.NewPasswords(o.Cost, max(cfg.Limits.HashWorkers, 1), hashQueue),
		Online:     func(ids []campfire.UserID) []campfire.UserID { return live.Online(ids) },
		Unfurler:   unfurler,
		Watching:   func(room campfire.RoomID) []campfire.UserID { return live.Watching(room) },
		PlainPush:  len(cfg.OutboundAllow) > 0,
		Logger:     log,
		Registerer: registry,
	})
	stopPreviews := previews(cfg, service, workshop, runner, unfurler, log)
	defer stopPreviews()
	live = hub.New(hub.Options{
		Backend:    service,
		Render:     func(m *campfire.Message) []byte { return pages.AppendMessage(nil, m) },
		Wire:       campfire.Wire{Base: base},
		Limits:     hubLimits(cfg, log),
		Logger:     log,
		Registerer: registry,
	})
	defer live.Close()

	// What the store can no longer promise ends the process.
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	st, err := store.Open(ctx, store.Options{
		Dir: cfg.Data, Sync: cfg.DBSync, CacheBytes: cfg.DBCache, MmapBytes: cfg.DBMmap, Readers: cfg.DBReaders,
		BusyTimeout: cfg.DBBusy, Slow: cfg.SlowQuery, WriteQueue: cfg.Limits.WriteQueue, MaxGroup: cfg.Limits.WriteGroup,
		Committed: service.Committed, Queued: runner.Wake, OutboxMax: cfg.Limits.OutboxMax,
		Fatal:  func(err error) { fail(&fatalError{err}) },
		Logger: log, Registerer: registry,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	files, err := openFiles(ctx, cfg, workshop)
	if err != nil {
		return err
	}
	defer files.Drafts.Close()
	service.KeepFiles(files)
	if err := service.Start(ctx, st, live); err != nil {
		return err
	}

	out, err := handleJobs(ctx, cfg, o.Version, service, st, pages, runner)
	if err != nil {
		return err
	}
	defer out.close()

	srv, err := server.New(server.Options{
		Chat: service, Hub: live, Web: pages, Webhooks: out.webhooks, PushKey: out.pushKey,
		URL: cfg.URL, TrustedProxies: cfg.TrustedProxies, Origins: cfg.Origins,
		MaxBody: cfg.Limits.MaxBody, MaxBatchBody: cfg.Limits.MaxBatchBody,
		MaxInflight: cfg.Limits.MaxInflight, RequestTimeout: cfg.Limits.RequestTimeout, MinBodyRate: cfg.Limits.MinBodyRate,
		Metrics: metrics.Handler(registry), MetricsToken: cfg.MetricsToken,
		Version: o.Version, Logger: log, Registerer: registry,
	})
	if err != nil {
		return err
	}
	main := &http.Server{
		Handler:           srv.Handler(),
		ReadHeaderTimeout: cfg.Limits.HeaderTimeout,
		IdleTimeout:       cfg.Limits.IdleTimeout,
		MaxHeaderBytes:    int(cfg.Limits.HeaderBytes),
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}

	e := &examined{version: o.Version, config: cfg, started: time.Now(), addr: listener.Addr().String(),
		store: st, files: files, server: srv, metrics: metrics.Handler(registry)}
	if metricsListener != nil {
		e.scrape = metricsListener.Addr().String()
	}
	admin, err := newAdmin(cfg.Data, adminHandler(service, e))
	if err != nil {
		return err
	}
	var parts sync.WaitGroup
	background, stopBackground := context.WithCancel(context.WithoutCancel(ctx))
	defer func() {
		stopBackground()
		parts.Wait()
	}()
	parts.Go(func() { service.Run(background) })
	parts.Go(func() { runner.Run(background, st) })
	parts.Go(func() { usage.Run(background) })
	parts.Go(func() { admin.serve(background) })
	serve := func(s *http.Server, l net.Listener) {
		parts.Go(func() {
			if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
				fail(err)
			}
		})
	}
	serve(main, listener)
	operator := &http.Server{Handler: metrics.Mux(registry), ReadHeaderTimeout: 5 * time.Second}
	if metricsListener != nil {
		serve(operator, metricsListener)
	}
	announce(ctx, o, cfg, service, listener.Addr())
	// Starting takes more memory than serving a team at rest; without this it
	// would stay until much later.
	rest()
	if o.Ready != nil {
		o.Ready(listener.Addr().String())
	}

	<-ctx.Done()
	cause := context.Cause(ctx)
	if fatal, ok := errors.AsType[*fatalError](cause); ok {
		// Nothing more may be acknowledged: no draining.
		main.Close()
		operator.Close()
		return fatal.err
	}
	log.Info("stopping")
	drain(cfg.Limits.DrainTimeout, srv, main, live, log)
	operator.Close()
	if !errors.Is(cause, context.Canceled) {
		return cause
	}
	return nil
}

// imageQueue is how many callers may wait for a picture to be made.
const imageQueue = 32

// hashQueue is how many callers may wait for a password hash.
const hashQueue = 64

// fatalError is a failure after which nothing may be acknowledged.
type fatalError struct{ err error }

func (e *fatalError) Error() string { return e.err.Error() }

// drain stops taking requests, lets those under way end, and sends every
// connection away, within the time there is.
func drain(limit time.Duration, srv *server.Server, main *http.Server, live *hub.Hub, log *slog.Logger) {
	if limit <= 0 {
		limit = 20 * time.Second
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	srv.Drain()
	var both sync.WaitGroup
	both.Go(func() {
		requests, cancel := context.WithTimeout(ctx, limit/2)
		defer cancel()
		if err := main.Shutdown(requests); err != nil {
			log.Warn("some requests were cut off", "err", err)
			main.Close()
		}
	})
	both.Go(func() {
		// With few connections there is no herd to spread.
		spread := min(8*time.Second, limit*2/5, time.Duration(len(live.Online(nil)))*5*time.Millisecond)
		if err := live.Drain(ctx, spread); err != nil {
			log.Warn("some connections were cut off", "err", err)
		}
	})
	both.Wait()
}

// listen opens a port; its error names the setting that chooses another.
func listen(addr, setting string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("the address %s is in use by another program; stop it, or choose another address with %s", addr, setting)
	}
	if errors.Is(err, syscall.EACCES) {
		return nil, fmt.Errorf("this user may not listen on %s; choose a port above 1023 with %s", addr, setting)
	}
	if err != nil {
		return nil, fmt.Errorf("can't listen on %s: %w; choose another address with %s", addr, err, setting)
	}
	return l, nil
}

// announce says where to go.
func announce(ctx context.Context, o Options, cfg *config.Config, service *chat.Service, addr net.Addr) {
	url := "http://" + strings.Replace(strings.Replace(addr.String(), "[::]", "localhost", 1), "0.0.0.0", "localhost", 1)
	if cfg.URL != nil {
		url = cfg.URL.String()
	}
	fmt.Fprintf(o.Stdout, "Campfire %s is ready at %s (data in %s)\n", o.Version, url, cfg.Data)
	if needed, err := service.SetupNeeded(ctx); err == nil && needed {
		fmt.Fprintln(o.Stdout, "Nobody is here yet: open it and set it up. Whoever does so first is the administrator.")
	}
}

// limitMemory tells the collector what the container may use. The database's
// caches are SQLite's, in memory that is not the collector's.
func limitMemory(s memory.System, cfg *config.Config, log *slog.Logger) {
	switch l := s.SetLimit(cfg.DBCache); {
	case l.Set:
		log.Info("memory is limited as the container says", "limit", l.Bytes, "container", l.Container)
	case l.Bytes > 0:
		log.Info("memory is limited by GOMEMLIMIT", "limit", l.Bytes, "container", l.Container)
	}
}

// descriptorsAside are kept for files, requests and the database.
const descriptorsAside = 512

// hubLimits are the bounds of connections; their number is lowered to what
// the system's limit of descriptors allows.
func hubLimits(cfg *config.Config, log *slog.Logger) hub.Limits {
	l := cfg.Limits
	// For the hub a negative number sets no bound, and zero is the default.
	off := func(n int) int {
		if n == 0 {
			return -1
		}
		return n
	}
	span := func(d time.Duration) time.Duration {
		if d == 0 {
			return -1
		}
		return d
	}
	rate := l.WSRate
	if rate.Unlimited() {
		rate = campfire.Rate{Events: -1}
	}
	sockets := off(l.MaxSockets)
	var files syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files) == nil {
		if allowed := max(int(min(files.Cur, 1<<30))-descriptorsAside, 64); sockets < 0 || sockets > allowed {
			log.Warn("the limit of open files allows fewer connections; raise it with ulimit -n", "CAMPFIRE_MAX_SOCKETS", l.MaxSockets, "allowed", allowed)
			sockets = allowed
		}
	}
	return hub.Limits{
		Queue: off(l.WSQueue), QueueBytes: off(int(l.WSQueueBytes)), WriteTimeout: span(l.WSWriteTimeout),
		Ping: span(l.WSPing), Dead: span(l.WSDead), Check: span(l.WSCheck),
		MaxFrame: off(int(l.WSMaxFrame)), MaxMessage: off(int(l.WSMaxMessage)), Rate: rate,
		MaxSockets: sockets, MaxUser: off(l.MaxUserSockets), MaxIP: off(l.MaxIPSockets), MaxHandshakes: off(l.MaxHandshakes),
		ReplayMax: off(l.ReplayMax), ReplayTotal: off(l.ReplayTotal), PageSize: 100,
		BatchInterval: span(cfg.BatchInterval), BatchSize: off(cfg.BatchSize),
	}
}

func chatLimits(cfg *config.Config) chat.Limits {
	l := cfg.Limits
	return chat.Limits{
		MaxMessage: l.MaxMessage, MaxMentions: l.MaxMentions, MaxBoosts: l.MaxBoosts, MaxBoost: l.MaxBoost,
		MaxName: l.MaxName, MaxRoomName: l.MaxRoomName, MaxBio: l.MaxBio, MaxQuery: l.MaxQuery,
		MinPassword: l.MinPassword, MaxPassword: l.MaxPassword, MaxRoomsPerUser: l.MaxRoomsPerUser,
		MaxMembers: l.MaxMembers, MaxBots: l.MaxBots, MaxSessions: l.MaxSessions, MaxPush: l.MaxPush, MaxPage: max(l.MaxPage, 1), MaxBatch: 100,
		SessionIdle: l.SessionIdle, SessionMax: l.SessionMax, EventRetention: l.EventRetention, CacheBytes: cfg.Cache,
		MaxUpload: l.MaxUpload, MaxParts: l.MaxParts, MaxFilename: l.MaxFilename, ChunkBytes: l.UploadChunk,
		UserQuota: l.UserQuota, TotalQuota: l.TotalQuota,
		RateLogin: l.RateLogin, RateLoginIP: l.RateLoginIP, RatePost: l.RatePost, RateBot: l.RateBot, RateSearch: l.RateSearch,
		RateUnfurl: l.RateUnfurl, RateLinks: l.RateLinks,
		RateUpload: l.RateUpload,
	}
}

// Logger makes the program's logger as configured.
func Logger(cfg *config.Config, w *os.File) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(cfg.LogLevel)) // checked by config
	o := &slog.HandlerOptions{Level: level}
	format := cfg.LogFormat
	if fi, err := w.Stat(); format == "" && err == nil && fi.Mode()&os.ModeCharDevice != 0 {
		format = "text"
	}
	if format == "text" {
		return slog.New(slog.NewTextHandler(w, o))
	}
	return slog.New(slog.NewJSONHandler(w, o))
}
