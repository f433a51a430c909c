package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"campfire"
	"campfire/internal/config"
	"campfire/internal/store"
)

// guide are the lines of the founding guide's checklist, its targets and its
// sizing, by names of our own.
var guide = []string{
	"database.wal", "database.cache", "database.indexes", "database.pool",
	"websocket.limits", "websocket.backpressure", "websocket.batching", "websocket.idle",
	"memory.interning", "memory.pooling", "memory.metrics", "memory.leaks",
	"caching.levels", "caching.hits", "caching.ttl", "caching.invalidation",
	"monitoring.exported", "monitoring.dashboards", "monitoring.alerts", "monitoring.load",
	"targets.create", "targets.broadcast", "targets.query", "targets.memory", "targets.connections", "targets.hits",
	"sizing.cores", "sizing.memory", "sizing.storage", "sizing.network",
	"scaling.postgres", "scaling.redis", "scaling.balancer", "scaling.queue",
}

func TestEveryLineOfTheGuideIsAnswered(t *testing.T) {
	answered := make(map[string]bool)
	ids := make(map[string]bool)
	for _, c := range Checks() {
		if ids[c.ID] || c.ID == "" || c.Title == "" || c.Group == "" || c.Run == nil {
			t.Errorf("%q is there twice, or not whole", c.ID)
		}
		ids[c.ID] = true
		for _, line := range c.Guide {
			if !slices.Contains(guide, line) {
				t.Errorf("%s answers %q, which is no line of the guide", c.ID, line)
			}
			answered[line] = true
		}
	}
	for _, line := range guide {
		if !answered[line] {
			t.Errorf("no check answers %s", line)
		}
	}
}

// healthy is a patient to whom nothing is wrong.
func healthy(t *testing.T) *Patient {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	cfg, _, err := config.Read([]string{"CAMPFIRE_DATA=" + dir})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	connection := func(role, cache string) store.Connection {
		return store.Connection{Role: role, Pragmas: map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "temp_store": "2",
			"cache_size": cache, "mmap_size": "0", "journal_size_limit": "33554432", "busy_timeout": "5000"}}
	}
	db := &store.Inspection{JournalMode: "wal", Connections: []store.Connection{connection("writer", "-32768"), connection("reader", "-8192")}, Readers: 4,
		Schema: 1, Newest: 1, Statistics: 30, Messages: 50_000, Optimized: campfire.TimeOf(now.Add(-time.Hour)), NewestAt: campfire.TimeOf(now.Add(-time.Minute)), Checked: true}
	root := t.TempDir()
	write(t, root, "proc/meminfo", "MemTotal: 4194304 kB\n")
	write(t, root, "proc/7/cgroup", "0::/unit\n")
	return &Patient{
		Version: "1", Config: cfg, Here: cfg, Now: func() time.Time { return now },
		Server:   &Server{PID: 7, Version: "1", Started: now, Addr: "127.0.0.1:3000", Metrics: "127.0.0.1:9300", Database: db},
		Database: db,
		Stored:   &Stored{Files: 3000, Looked: 2000, Blobs: 900},
		PushKeys: &PushKeys{Public: "BPublicKeyOfThisInstallation", Ours: true},
		Metrics: figures(t, `
go_goroutines 40
go_gc_gomemlimit_bytes 9.223372036854775807e+18
go_sched_gomaxprocs_threads 4
process_open_fds 30
process_max_fds 65536
process_resident_memory_bytes 1e+08
memory_allocated_bytes 1e+07
memory_peak_bytes 2e+07
ws_connections 12
ws_connections_limit 20000
cache_requests_total{cache="pages",tier="memory",result="hit"} 1900
cache_requests_total{cache="pages",tier="memory",result="miss"} 100
message_create_duration_seconds_bucket{le="0.005"} 1960
message_create_duration_seconds_bucket{le="0.01"} 1990
message_create_duration_seconds_bucket{le="+Inf"} 2000
ws_broadcast_duration_seconds_bucket{stage="enqueued",le="+Inf"} 2000
ws_broadcast_duration_seconds_bucket{stage="written",le="0.05"} 1990
ws_broadcast_duration_seconds_bucket{stage="written",le="+Inf"} 2000
db_query_duration_seconds_bucket{op="page",le="0.005"} 2000
db_query_duration_seconds_bucket{op="page",le="0.5"} 2000
db_query_duration_seconds_bucket{op="page",le="+Inf"} 2000
db_query_duration_seconds_bucket{op="commit",le="0.005"} 0
db_query_duration_seconds_bucket{op="commit",le="0.5"} 9000
db_query_duration_seconds_bucket{op="commit",le="+Inf"} 9000
`),
		Machine: Machine{Root: root,
			network:      func(string) string { return "" },
			space:        func(string) (int64, int64, error) { return 50 << 30, 100 << 30, nil },
			sync:         func(context.Context, string) (time.Duration, error) { return time.Millisecond, nil },
			synchronised: func() (bool, bool) { return true, true },
		},
	}
}

func figures(t *testing.T, text string) Scrape {
	t.Helper()
	s, err := ReadScrape(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func write(t *testing.T, root, path, text string) {
	t.Helper()
	path = filepath.Join(root, path)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// set is a change of a setting.
func set(name, value string) func(*testing.T, *Patient) {
	return func(t *testing.T, p *Patient) {
		cfg, _, err := config.Read(append(slices.Clone(p.Config.Settings), name+"="+value))
		if err != nil {
			t.Fatal(err)
		}
		cfg.Data, cfg.Files = p.Config.Data, p.Config.Files
		p.Config = cfg
	}
}

// metric is a change of figures.
func metric(text string) func(*testing.T, *Patient) {
	return func(t *testing.T, p *Patient) {
		for name, samples := range figures(t, text) {
			p.Metrics[name] = samples
		}
	}
}

func pragmaIs(name, value string) func(*testing.T, *Patient) {
	return func(_ *testing.T, p *Patient) { p.Database.Connections[0].Pragmas[name] = value }
}

func database(f func(*store.Inspection)) func(*testing.T, *Patient) {
	return func(_ *testing.T, p *Patient) { f(p.Database) }
}

func stored(f func(*Stored)) func(*testing.T, *Patient) {
	return func(_ *testing.T, p *Patient) { f(p.Stored) }
}

func outbox(f func(o *store.OutboxState, now campfire.Time)) func(*testing.T, *Patient) {
	return func(_ *testing.T, p *Patient) { f(&p.Database.Outbox, campfire.TimeOf(p.Now())) }
}

func lost(kind store.JobKind, outcome store.TryOutcome) func(*testing.T, *Patient) {
	return outbox(func(o *store.OutboxState, _ campfire.Time) {
		o.Lost = []store.LostJobs{{Kind: kind, Lane: 7, Outcome: outcome, Jobs: 3}}
	})
}

func machine(f func(*testing.T, *Machine)) func(*testing.T, *Patient) {
	return func(t *testing.T, p *Patient) { f(t, &p.Machine) }
}

// troubles are what each check is to notice. Those that need a network are
// seen in public_test.go.
var troubles = []struct {
	id     string
	change func(*testing.T, *Patient)
	status Status
	remedy string // a part of it
}{
	{"server.running", func(_ *testing.T, p *Patient) { p.Server = nil }, NotChecked, ""},
	{"server.version", func(_ *testing.T, p *Patient) { p.Server.Version = "0" }, Warning, "restart"},
	{"server.settings", func(_ *testing.T, p *Patient) { p.Server.Settings = []string{"CAMPFIRE_WS_QUEUE=9"} }, Warning, "environment"},
	{"db.journal", database(func(d *store.Inspection) { d.JournalMode = "delete" }), Failure, "campfire serve"},
	{"db.sync", pragmaIs("synchronous", "1"), Warning, "CAMPFIRE_DB_SYNC=full"},
	{"db.sync", pragmaIs("synchronous", "0"), Failure, "CAMPFIRE_DB_SYNC=full"},
	{"db.cache", pragmaIs("cache_size", "-64"), Warning, "CAMPFIRE_DB_CACHE=64MiB"},
	{"db.temp_store", pragmaIs("temp_store", "0"), Failure, "restart"},
	{"db.journal_size_limit", pragmaIs("journal_size_limit", "-1"), Failure, "restart"},
	{"db.mmap", set("CAMPFIRE_DB_MMAP", "256MiB"), Warning, "CAMPFIRE_DB_MMAP=0"},
	{"db.mmap", pragmaIs("mmap_size", "4096"), Failure, "restart"},
	{"db.busy_timeout", set("CAMPFIRE_DB_BUSY", "10ms"), Warning, "CAMPFIRE_DB_BUSY=5s"},
	{"db.busy_timeout", pragmaIs("busy_timeout", "0"), Failure, "restart"},
	{"db.foreign_keys", pragmaIs("foreign_keys", "0"), Failure, "restart"},
	{"db.schema", database(func(d *store.Inspection) { d.Schema = 9 }), Failure, "newer"},
	{"db.schema", database(func(d *store.Inspection) { d.Schema = 0 }), Warning, "campfire serve"},
	{"db.indexes", database(func(d *store.Inspection) { d.Missing = []store.Index{{Name: "x", SQL: "CREATE INDEX x\n ON y (z)"}} }), Failure, "CREATE INDEX x ON y (z);"},
	{"db.statistics", database(func(d *store.Inspection) { d.Statistics = 0 }), Warning, "restart"},
	{"db.statistics", database(func(d *store.Inspection) { d.Optimized = 1 }), Warning, "restart"},
	{"db.integrity", database(func(d *store.Inspection) { d.Damage = []string{"page 7"} }), Failure, "backup"},
	{"db.integrity", database(func(d *store.Inspection) { d.Checked = false }), NotChecked, "--deep"},
	{"db.wal_size", func(t *testing.T, p *Patient) {
		path := filepath.Join(p.Here.Data, store.DatabaseFile+"-wal")
		write(t, "/", path, "")
		if err := os.Truncate(path, longLog+1); err != nil {
			t.Fatal(err)
		}
	}, Warning, "fuser"},
	{"db.readers", database(func(d *store.Inspection) { d.Readers = 2 }), Warning, "CAMPFIRE_DB_READERS=0"},
	{"db.readers", database(func(d *store.Inspection) { d.Readers = 200 }), Warning, "CAMPFIRE_DB_READERS=0"},
	{"ws.limits", set("CAMPFIRE_MAX_SOCKETS", "500"), Warning, "CAMPFIRE_MAX_SOCKETS=20000"},
	{"ws.limits", set("CAMPFIRE_MAX_SOCKETS", "off"), Warning, "CAMPFIRE_MAX_SOCKETS=20000"},
	{"ws.limits", set("CAMPFIRE_MAX_IP_SOCKETS", "off"), Warning, "CAMPFIRE_MAX_IP_SOCKETS=500"},
	{"ws.descriptors", metric("process_max_fds 1024"), Failure, "ulimit -n 20512"},
	{"ws.descriptors", metric("process_max_fds 20000"), Warning, "LimitNOFILE=20512"},
	{"ws.backpressure", set("CAMPFIRE_WS_QUEUE", "off"), Warning, "CAMPFIRE_WS_QUEUE=256"},
	{"ws.backpressure", set("CAMPFIRE_WS_QUEUE_BYTES", "off"), Warning, "CAMPFIRE_WS_QUEUE_BYTES=1MiB"},
	{"ws.batching", set("CAMPFIRE_BATCH_INTERVAL", "off"), Warning, "CAMPFIRE_BATCH_INTERVAL=10ms"},
	{"ws.batching", set("CAMPFIRE_BATCH_SIZE", "off"), Warning, "CAMPFIRE_BATCH_SIZE=64"},
	{"ws.idle", set("CAMPFIRE_WS_DEAD", "off"), Warning, "CAMPFIRE_WS_DEAD=60s"},
	{"ws.idle", set("CAMPFIRE_WS_PING", "off"), Warning, "CAMPFIRE_WS_PING=25s"},
	{"ws.idle", set("CAMPFIRE_WS_DEAD", "20s"), Failure, "CAMPFIRE_WS_DEAD=1m0s"},
	{"limits.rates", set("CAMPFIRE_RATE_LOGIN", "off"), Warning, "CAMPFIRE_RATE_LOGIN=10/3m"},
	{"limits.work", set("CAMPFIRE_MAX_INFLIGHT", "off"), Warning, "CAMPFIRE_MAX_INFLIGHT=512"},
	{"memory.budget", machine(func(t *testing.T, m *Machine) { write(t, m.Root, "proc/meminfo", "MemTotal: 524288 kB\n") }), Warning, "CAMPFIRE_MAX_SOCKETS="},
	{"memory.budget", machine(func(t *testing.T, m *Machine) { write(t, m.Root, "sys/fs/cgroup/unit/memory.max", "134217728\n") }), Failure, "CAMPFIRE_CACHE=32MiB"},
	{"memory.limit", machine(func(t *testing.T, m *Machine) { write(t, m.Root, "sys/fs/cgroup/memory.max", "1073741824\n") }), Warning, "GOMEMLIMIT=921MiB"},
	{"memory.limit", func(t *testing.T, p *Patient) {
		write(t, p.Machine.Root, "sys/fs/cgroup/memory.max", "1073741824\n")
		metric("go_gc_gomemlimit_bytes 2e9")(t, p)
	}, Failure, "GOMEMLIMIT=921MiB"},
	{"memory.metrics", func(_ *testing.T, p *Patient) { delete(p.Metrics, "memory_peak_bytes") }, Failure, "upgrade"},
	{"memory.leaks", metric("go_goroutines 5000"), Warning, "/debug/pprof/goroutine"},
	{"cache.levels", set("CAMPFIRE_CACHE", "0"), Warning, "CAMPFIRE_CACHE=32MiB"},
	{"cache.hits", metric(`cache_requests_total{result="hit"} 700` + "\n" + `cache_requests_total{result="miss"} 700`), Warning, "CAMPFIRE_CACHE=96MiB"},
	{"cache.hits", metric(`cache_requests_total{result="hit"} 10`), NotChecked, ""},
	{"target.create", metric(`message_create_duration_seconds_bucket{le="0.01"} 900` + "\n" + `message_create_duration_seconds_bucket{le="0.025"} 1000` + "\n" + `message_create_duration_seconds_bucket{le="+Inf"} 1000`), Warning, "disk"},
	{"target.create", metric(`message_create_duration_seconds_bucket{le="+Inf"} 3`), NotChecked, ""},
	{"target.broadcast", metric(`ws_broadcast_duration_seconds_bucket{stage="written",le="0.05"} 0` + "\n" + `ws_broadcast_duration_seconds_bucket{stage="written",le="1"} 1000` + "\n" + `ws_broadcast_duration_seconds_bucket{stage="written",le="+Inf"} 1000`), Warning, "CAMPFIRE_BATCH"},
	{"target.query", metric(`db_query_duration_seconds_bucket{op="page",le="0.005"} 0` + "\n" + `db_query_duration_seconds_bucket{op="page",le="0.5"} 1000` + "\n" + `db_query_duration_seconds_bucket{op="page",le="+Inf"} 1000`), Warning, "CAMPFIRE_DB_CACHE=128MiB"},
	{"target.memory", metric("process_resident_memory_bytes 6e8"), Warning, "/debug/pprof/heap"},
	{"target.connections", metric("ws_connections_limit 512"), Warning, "ulimit -n 20512"},
	{"target.connections", metric("ws_connections 19000"), Warning, "CAMPFIRE_MAX_SOCKETS=40000"},
	{"metrics.exposure", set("CAMPFIRE_METRICS_ADDR", ":9300"), Failure, "CAMPFIRE_METRICS_ADDR=127.0.0.1:9300"},
	{"metrics.exposure", set("CAMPFIRE_METRICS_ADDR", "192.0.2.1:9300"), Failure, "CAMPFIRE_METRICS_ADDR=127.0.0.1:9300"},
	{"metrics.exposure", set("CAMPFIRE_METRICS_ADDR", "10.0.0.1:9300"), Warning, "CAMPFIRE_METRICS_ADDR=127.0.0.1:9300"},
	{"machine.cores", metric("go_sched_gomaxprocs_threads 1"), Warning, "two cores"},
	{"data.filesystem", machine(func(_ *testing.T, m *Machine) { m.network = func(string) string { return "NFS" } }), Failure, "CAMPFIRE_DATA="},
	{"data.space", machine(func(_ *testing.T, m *Machine) {
		m.space = func(string) (int64, int64, error) { return 500 << 20, 1 << 40, nil }
	}), Failure, "free some space"},
	{"data.space", machine(func(_ *testing.T, m *Machine) {
		m.space = func(string) (int64, int64, error) { return 5 << 30, 100 << 30, nil }
	}), Warning, "free some space"},
	{"data.space", machine(func(_ *testing.T, m *Machine) {
		m.space = func(string) (int64, int64, error) { return 900 << 20, 2 << 30, nil }
	}), Warning, "free some space"},
	{"data.fsync", machine(func(_ *testing.T, m *Machine) {
		m.sync = func(context.Context, string) (time.Duration, error) { return 6 * time.Millisecond, nil }
	}), Warning, "ssd"},
	{"data.fsync", machine(func(_ *testing.T, m *Machine) {
		m.sync = func(context.Context, string) (time.Duration, error) { return 0, fs.ErrPermission }
	}), NotChecked, ""},
	{"data.permissions", func(t *testing.T, p *Patient) { chmod(t, p.Here.Data, 0o755) }, Failure, "chmod 0700 "},
	{"data.permissions", func(t *testing.T, p *Patient) {
		path := filepath.Join(p.Here.Data, store.DatabaseFile)
		write(t, "/", path, "")
		chmod(t, path, 0o644)
	}, Failure, "chmod 0600 "},
	{"data.secrets", func(t *testing.T, p *Patient) {
		path := filepath.Join(t.TempDir(), "token")
		write(t, "/", path, "")
		chmod(t, path, 0o640)
		p.Config.Files = []string{path}
	}, Failure, "chmod 0600 "},
	{"files.present", stored(func(s *Stored) { s.Missing = []int64{4, 5, 6, 7, 8, 9} }), Failure, "backup"},
	{"files.present", stored(func(s *Stored) { s.Altered = []int64{4} }), Failure, "backup"},
	{"files.present", stored(func(s *Stored) { s.Err = "cut off" }), NotChecked, ""},
	{"files.orphans", stored(func(s *Stored) { s.Orphans, s.Overdue = 5, 2 }), Warning, "restart"},
	{"files.orphans", stored(func(s *Stored) { s.Err = "cut off" }), NotChecked, ""},
	{"files.writable", stored(func(s *Stored) { s.Unwritable = "permission denied" }), Failure, "chown"},
	{"files.writable", stored(func(s *Stored) { s.Unwritable, s.Bucket = "Access Denied.", "tea" }), Failure, "AWS_ACCESS_KEY_ID"},
	{"files.writable", stored(func(s *Stored) { s.Err, s.Bucket = "cut off", "tea" }), Failure, "AWS_ENDPOINT_URL"},
	{"files.writable", stored(func(s *Stored) { s.Err = "cut off" }), Failure, "user"},
	{"files.space", set("CAMPFIRE_MIN_FREE_DISK", "off"), Warning, "CAMPFIRE_MIN_FREE_DISK=512MiB"},
	{"files.space", set("CAMPFIRE_MIN_FREE_DISK", "60GiB"), Failure, "CAMPFIRE_S3_BUCKET"},
	{"files.space", set("CAMPFIRE_MIN_FREE_DISK", "50GiB"), Warning, "CAMPFIRE_S3_BUCKET"},
	{"outbox.age", outbox(func(o *store.OutboxState, now campfire.Time) {
		o.Waiting, o.Due, o.Oldest = 9, 4, now.Add(-time.Hour)
	}), Warning, "lanes"},
	{"outbox.age", outbox(func(o *store.OutboxState, now campfire.Time) { o.Waiting, o.Due, o.Oldest = 10_000, 4, now }), Failure, "CAMPFIRE_OUTBOX_MAX=20000"},
	{"outbox.lanes", outbox(func(o *store.OutboxState, now campfire.Time) {
		o.Still = []store.StillLane{{Kind: store.PushJob, Lane: 3, Jobs: 2, Since: now.Add(-time.Hour), Known: true}}
	}), Warning, "CAMPFIRE_WEBHOOK_TIMEOUT"},
	{"outbox.lanes", outbox(func(o *store.OutboxState, now campfire.Time) {
		o.Still = []store.StillLane{{Kind: store.NotifyJob, Lane: 3, Jobs: 2, Since: now.Add(-time.Hour)}}
	}), Failure, "restart"},
	{"outbox.lanes", outbox(func(o *store.OutboxState, _ campfire.Time) { o.Expired = 1 }), Failure, "restart"},
	{"outbox.lanes", func(_ *testing.T, p *Patient) { p.Server = nil }, NotChecked, ""},
	{"outbox.lost", lost(store.WebhookJob, store.TryGivenUp), Warning, "/account/bots/7"},
	{"outbox.lost", lost(store.PushJob, store.TryGivenUp), Warning, "/notifications"},
	{"outbox.lost", lost(store.NotifyJob, store.TryGivenUp), Warning, "log"},
	{"outbox.lost", lost(store.NotifyJob, store.TryDropped), Warning, "CAMPFIRE_OUTBOX_MAX=20000"},
	{"push.keys", func(_ *testing.T, p *Patient) { p.PushKeys.Public = "" }, Failure, "restart"},
	{"push.keys", func(_ *testing.T, p *Patient) { p.PushKeys.Invalid = "is no private key" }, Failure, "backup"},
	{"push.keys", func(_ *testing.T, p *Patient) { p.PushKeys = &PushKeys{Invalid: "is no private key"} }, Failure, "unset"},
	{"push.keys", func(t *testing.T, p *Patient) {
		path := filepath.Join(p.Here.Data, store.DatabaseFile)
		write(t, "/", path, "")
		chmod(t, path, 0o640)
	}, Failure, "chmod 0600 "},
	{"push.keys", func(t *testing.T, p *Patient) {
		path := filepath.Join(t.TempDir(), "key")
		write(t, "/", path, "")
		chmod(t, path, 0o644)
		p.PushKeys.Ours, p.Config.Files = false, []string{path}
	}, Failure, "chmod 0600 "},
	{"clock.messages", database(func(d *store.Inspection) { d.NewestAt = d.NewestAt.Add(time.Hour) }), Failure, "timedatectl"},
	{"clock.synchronised", machine(func(_ *testing.T, m *Machine) { m.synchronised = func() (bool, bool) { return false, true } }), Warning, "timedatectl"},
	{"clock.synchronised", machine(func(_ *testing.T, m *Machine) { m.synchronised = func() (bool, bool) { return false, false } }), NotChecked, ""},
}

func chmod(t *testing.T, path string, mode fs.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// elsewhere are the checks that public_test.go sees both ways.
var elsewhere = []string{"metrics.reachable", "public.https", "public.upgrade", "public.proxy"}

func find(t *testing.T, p *Patient, id string) Result {
	t.Helper()
	r := Examine(t.Context(), p)
	i := slices.IndexFunc(r.Checks, func(c Result) bool { return c.ID == id })
	if i < 0 {
		t.Fatalf("no check %s", id)
	}
	return r.Checks[i]
}

func TestHealthyPatientIsFoundSo(t *testing.T) {
	p := healthy(t)
	for _, c := range Examine(t.Context(), p).Checks {
		pointer := strings.HasPrefix(c.Detail, "only a document")
		if c.Status != OK && !pointer && !slices.Contains(elsewhere, c.ID) {
			t.Errorf("%s: %s, %s", c.ID, c.Status, c.Detail)
		}
	}
}

func TestTroubleIsNoticed(t *testing.T) {
	noticed := make(map[string]bool)
	for i, x := range troubles {
		t.Run(fmt.Sprintf("%s/%d", x.id, i), func(t *testing.T) {
			p := healthy(t)
			x.change(t, p)
			got := find(t, p, x.id)
			if got.Status != x.status || !strings.Contains(got.Remedy, x.remedy) || (x.status == Warning || x.status == Failure) && got.Remedy == "" {
				t.Errorf("%s: %s → %q, want %s → %q", got.Status, got.Detail, got.Remedy, x.status, x.remedy)
			}
		})
		noticed[x.id] = true
	}
	for _, c := range Examine(t.Context(), healthy(t)).Checks {
		if !noticed[c.ID] && !slices.Contains(elsewhere, c.ID) && !strings.HasPrefix(c.Detail, "only a document") {
			t.Errorf("no case sees %s anything but ok", c.ID)
		}
	}
}

func TestWhatIsMissingIsSaid(t *testing.T) {
	p := healthy(t)
	p.Server, p.Metrics, p.Database, p.DatabaseErr = nil, nil, nil, store.ErrNoDatabase
	for id, want := range map[string]string{"server.running": "no server is running", "target.create": "no server is running", "db.journal": "no database yet", "public.upgrade": "public address is not known"} {
		if got := find(t, p, id); got.Status != NotChecked || !strings.Contains(got.Detail, want) {
			t.Errorf("%s: %s, %s", id, got.Status, got.Detail)
		}
	}
	p = healthy(t)
	p.Metrics, p.MetricsErr = nil, errors.New("cut off")
	if got := find(t, p, "target.create"); got.Status != NotChecked || !strings.Contains(got.Detail, "cut off") {
		t.Errorf("%+v", got)
	}
}

// What is sampled, stopped or out of reach is told as that, not as sound.
func TestWhatWasNotLookedAtIsSaid(t *testing.T) {
	p := healthy(t)
	if got := find(t, p, "files.present"); !strings.Contains(got.Detail, "2000 of 3000") || !strings.Contains(got.Detail, "--deep") {
		t.Errorf("%+v", got)
	}
	p.Stored.Looked, p.Stored.Missing = 3000, []int64{4, 5, 6, 7, 8, 9}
	if got := find(t, p, "files.present"); !strings.Contains(got.Detail, "all 3000") || !strings.Contains(got.Detail, "6 files (4, 5, 6, 7, 8, …)") {
		t.Errorf("%+v", got)
	}
	p.Stored.Partly, p.Stored.Orphans, p.Server = true, 2, nil
	if got := find(t, p, "files.orphans"); got.Status != OK || !strings.Contains(got.Detail, "2 among the first 900") || !strings.Contains(got.Detail, "the next start removes them") {
		t.Errorf("%+v", got)
	}
	p.Stored, p.PushKeys, p.Database, p.DatabaseErr = nil, nil, nil, store.ErrNoDatabase
	for _, id := range []string{"files.present", "files.orphans", "files.writable", "outbox.age", "outbox.lost", "push.keys"} {
		if got := find(t, p, id); got.Status != NotChecked || !strings.Contains(got.Detail, "no database yet") {
			t.Errorf("%s: %+v", id, got)
		}
	}
}

func TestReportIsAsBadAsItsWorst(t *testing.T) {
	p := healthy(t)
	p.URL = "" // nothing of the network is checked
	p.Server.Metrics = ""
	set("CAMPFIRE_WS_QUEUE", "off")(t, p)
	if r := Examine(t.Context(), p); r.Status != Warning {
		t.Errorf("with a warning the report is %s", r.Status)
	}
	p.Database.JournalMode = "delete"
	if r := Examine(t.Context(), p); r.Status != Failure {
		t.Errorf("with a failure the report is %s", r.Status)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range Examine(ctx, p).Checks {
		if c.Status != NotChecked {
			t.Errorf("%s was run after the examination was cut short", c.ID)
		}
	}
}

func TestMemoryIsTheContainersWhereThatIsLess(t *testing.T) {
	m := &Machine{Root: t.TempDir()}
	write(t, m.Root, "proc/meminfo", "MemTotal: 4194304 kB\n")
	write(t, m.Root, "proc/7/cgroup", "0::/\n")
	write(t, m.Root, "sys/fs/cgroup/memory.max", "8589934592\n")
	if got, whose := m.Memory(7); got != 4<<30 || whose != "the machine" {
		t.Errorf("%d of %s", got, whose)
	}
	write(t, m.Root, "sys/fs/cgroup/memory.max", "1073741824\n")
	if got, whose := m.Memory(7); got != 1<<30 || whose != "the container" {
		t.Errorf("%d of %s", got, whose)
	}
}

func TestQuantileIsThatOfPrometheus(t *testing.T) {
	s := figures(t, `
# HELP d x
d_bucket{op="a",le="0.1"} 50
d_bucket{op="a",le="0.2"} 90
d_bucket{op="a",le="+Inf"} 100
d_bucket{op="b",le="0.1"} 1000
d_bucket{op="b",le="+Inf"} 1000
`)
	if v, n := s.quantile(0.7, "d", "op", "!b"); v < 0.1499 || v > 0.1501 || n != 100 {
		t.Errorf("%v of %v", v, n)
	}
	if v, _ := s.quantile(0.99, "d", "op", "a"); v != 0.2 {
		t.Errorf("beyond the last bound: %v", v)
	}
	for _, wrong := range []string{"x", "x{a=b} 1", "x{a} 1", "x y"} {
		if _, err := ReadScrape(strings.NewReader(wrong)); err == nil {
			t.Errorf("%q was read", wrong)
		}
	}
}

func TestProxyHeadersAreHeldAgainstTheAddress(t *testing.T) {
	good := seen{Peer: "10.0.0.2", Trusted: true, Client: "192.0.2.9", Host: "chat.example.org", HTTPS: true, ForwardedFor: "192.0.2.9", ForwardedProto: "https", ForwardedHost: "chat.example.org"}
	for _, x := range []struct {
		name   string
		change func(*seen, *config.Config)
		status Status
		remedy string
	}{
		{"all there", func(*seen, *config.Config) {}, OK, ""},
		{"not trusted", func(s *seen, _ *config.Config) { s.Trusted = false }, Failure, "TRUSTED_PROXIES=10.0.0.2"},
		{"no client's address", func(s *seen, _ *config.Config) { s.ForwardedFor = "" }, Failure, "X-Forwarded-For"},
		{"wrong scheme", func(s *seen, _ *config.Config) { s.ForwardedProto, s.HTTPS = "http", false }, Failure, "X-Forwarded-Proto"},
		{"wrong host", func(s *seen, _ *config.Config) { s.Host = "app:3000" }, Failure, "CAMPFIRE_URL=https://chat.example.org"},
		{"wrong scheme, address set", func(s *seen, c *config.Config) {
			s.ForwardedProto, c.URL = "http", &url.URL{Scheme: "https", Host: "chat.example.org"}
		}, Warning, "X-Forwarded-Proto"},
		{"another address set", func(_ *seen, c *config.Config) { c.URL = &url.URL{Scheme: "https", Host: "old.example.org"} }, Failure, "CAMPFIRE_URL=https://chat.example.org"},
		{"everyone trusted", func(_ *seen, c *config.Config) { c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")} }, Failure, "TRUSTED_PROXIES=10.0.0.2"},
	} {
		s, cfg := good, config.Config{}
		x.change(&s, &cfg)
		u, _ := url.Parse("https://chat.example.org")
		if got := compareSeen(&s, u, &cfg); got.Status != x.status || !strings.Contains(got.Remedy, x.remedy) {
			t.Errorf("%s: %+v", x.name, got)
		}
	}
}
