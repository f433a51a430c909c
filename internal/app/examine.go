package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"time"

	"campfire"
	"campfire/internal/chat"
	"campfire/internal/config"
	"campfire/internal/doctor"
	"campfire/internal/server"
	"campfire/internal/store"
	"campfire/internal/webpush"
)

// examined is what the running server lets the doctor look at.
type examined struct {
	version string
	config  *config.Config
	started time.Time
	addr    string // where it listens
	scrape  string // where its metrics listen; empty: nowhere
	store   *store.Store
	files   chat.Files
	server  *server.Server
	metrics http.Handler
}

func (e *examined) state(ctx context.Context, deep bool) (*doctor.Server, error) {
	var stored *doctor.Stored
	look := inspectOptions(deep)
	look.Files = takeInventory(&inventory{drafts: e.files.Drafts, blobs: e.files.Blobs, bucket: e.config.S3.Bucket, deep: deep}, &stored)
	in, err := e.store.Inspect(ctx, look)
	if err != nil {
		return nil, err
	}
	return &doctor.Server{Stored: stored, PushKeys: pushKeys(e.config, in), PID: os.Getpid(), Version: e.version, Started: e.started, Addr: e.addr, Metrics: e.scrape,
		Settings: e.config.Settings, Files: e.config.Files, Database: in}, nil
}

// probeTicket opens one WebSocket that tells what the server sees.
type probeTicket struct{ Token string }

// ExamineOptions say what the doctor is to do beside the usual.
type ExamineOptions struct {
	Version string
	URL     string // the public address; empty: as configured
	Deep    bool   // read the whole database
}

// How long the running server may take to answer.
const (
	examineTime     = 20 * time.Second
	examineDeepTime = time.Hour
)

// Examine holds the installation of cfg against the production checklist:
// through the running server, or, when none runs, by itself.
func Examine(ctx context.Context, cfg *config.Config, o ExamineOptions) (*doctor.Report, error) {
	p := &doctor.Patient{Version: o.Version, Config: cfg, Here: cfg, Deep: o.Deep, URL: o.URL, Now: time.Now}
	within := examineTime
	if o.Deep {
		within = examineDeepTime
	}
	running := &doctor.Server{}
	err := askServer(ctx, cfg.Data, "/examine", url.Values{"deep": {fmt.Sprint(o.Deep)}}, within, running)
	switch {
	case errors.Is(err, errNotRunning):
		look := inspectOptions(o.Deep)
		look.Files = func(ctx context.Context, rows *store.FileRows) error {
			return lookAtStopped(ctx, cfg, o.Deep, rows, &p.Stored)
		}
		p.Database, p.DatabaseErr = store.InspectStopped(ctx, store.Options{
			Dir: cfg.Data, Sync: cfg.DBSync, CacheBytes: cfg.DBCache, MmapBytes: cfg.DBMmap, Readers: cfg.DBReaders, BusyTimeout: cfg.DBBusy}, look)
		if p.DatabaseErr == nil {
			p.PushKeys = pushKeys(cfg, p.Database)
		}
		if locked, ok := errors.AsType[*store.LockedError](p.DatabaseErr); ok {
			return nil, fmt.Errorf("a server runs (process %s) but its private socket does not answer; run this as the server's user, or restart the server", locked.PID)
		}
	case err != nil:
		return nil, err
	default:
		if err := besideServer(ctx, p, running); err != nil {
			return nil, err
		}
	}
	if p.URL == "" && p.Config.URL != nil {
		p.URL = p.Config.URL.String()
	}
	return doctor.Examine(ctx, p), nil
}

func inspectOptions(deep bool) store.InspectOptions {
	return store.InspectOptions{Deep: deep, Now: campfire.TimeOf(time.Now())}
}

// takeInventory is a look at files that never fails: what kept it from being
// finished is told as what was found.
func takeInventory(i *inventory, found **doctor.Stored) func(context.Context, *store.FileRows) error {
	return func(ctx context.Context, rows *store.FileRows) (err error) {
		if i.now = time.Now(); !i.deep {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, inventoryIn)
			defer cancel()
		}
		if *found, err = i.take(ctx, rows); err != nil {
			*found = &doctor.Stored{Bucket: i.bucket, Err: err.Error()}
		}
		return nil
	}
}

// lookAtStopped opens where files are kept as a start would.
func lookAtStopped(ctx context.Context, cfg *config.Config, deep bool, rows *store.FileRows, found **doctor.Stored) error {
	files, err := openFiles(ctx, cfg, nil)
	if err != nil {
		*found = &doctor.Stored{Bucket: cfg.S3.Bucket, Err: err.Error()}
		return nil
	}
	defer files.Drafts.Close()
	return takeInventory(&inventory{drafts: files.Drafts, blobs: files.Blobs, bucket: cfg.S3.Bucket, deep: deep}, found)(ctx, rows)
}

// pushKeys are the keys that a server with this configuration and database
// uses.
func pushKeys(cfg *config.Config, in *store.Inspection) *doctor.PushKeys {
	if cfg.VAPID != nil { // read, so valid
		return &doctor.PushKeys{Public: cfg.VAPID.Public()}
	}
	found := &doctor.PushKeys{Ours: true}
	if in.PushKey == "" {
		return found
	}
	k, err := webpush.ParseKeys("", in.PushKey)
	if err != nil {
		found.Invalid = err.Error()
		return found
	}
	found.Public = k.Public()
	return found
}

// besideServer takes what the running server says in place of what this
// command's surroundings do.
func besideServer(ctx context.Context, p *doctor.Patient, running *doctor.Server) error {
	theirs, _, err := config.Read(running.Settings)
	if err != nil {
		return fmt.Errorf("the running server's settings can't be understood, it may be of another version: %w", err)
	}
	theirs.Data, theirs.Files = p.Here.Data, running.Files
	p.Config, p.Server, p.Database = theirs, running, running.Database
	p.Stored, p.PushKeys = running.Stored, running.PushKeys
	p.MetricsErr = overSocket(ctx, p.Here.Data, http.MethodGet, "/metrics", examineTime, func(body io.Reader) (err error) {
		p.Metrics, err = doctor.ReadScrape(body)
		return err
	})
	p.Probe = func(ctx context.Context) (string, error) {
		var ticket probeTicket
		err := askServer(ctx, p.Here.Data, "/probe", nil, examineTime, &ticket)
		return ticket.Token, err
	}
	return nil
}
