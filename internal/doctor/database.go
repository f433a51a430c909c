package doctor

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"campfire/internal/store"
)

func journalMode(_ context.Context, p *Patient) Finding {
	if p.Database.JournalMode != "wal" {
		return fail("start the server once with the directory on a local disk: campfire serve", "the journal mode is %s: readers and the writer wait for each other", p.Database.JournalMode)
	}
	return ok("on")
}

func synchronous(_ context.Context, p *Patient) Finding {
	for _, c := range p.Database.Connections {
		if c.Role == "reader" {
			continue // never commits
		}
		switch c.Pragmas["synchronous"] {
		case "2":
		case "1":
			return warn("CAMPFIRE_DB_SYNC=full", "normal: a power failure loses the last moments, acknowledged messages too")
		default:
			return fail("CAMPFIRE_DB_SYNC=full", "synchronous is %s: a crash of the machine can damage the database", c.Pragmas["synchronous"])
		}
	}
	return ok("full: what is acknowledged survives a power failure")
}

// leastCache is the guide's.
const leastCache = 64 << 20

func pageCache(_ context.Context, p *Patient) Finding {
	var total int64
	for _, c := range p.Database.Connections {
		kib, err := strconv.ParseInt(strings.TrimPrefix(c.Pragmas["cache_size"], "-"), 10, 64)
		if err != nil {
			return fail("restart the server", "the size of the %s's cache is %q", c.Role, c.Pragmas["cache_size"])
		}
		switch c.Role {
		case "writer":
			total += kib << 10
		case "reader":
			total += kib << 10 * int64(p.Database.Readers)
		default:
			total = p.Config.DBCache // what a start divides among its connections
		}
	}
	if total < leastCache*99/100 { // the parts are rounded down
		return warn("CAMPFIRE_DB_CACHE=64MiB", "%s for all connections together; the guide asks for 64 MiB", sizeOf(total))
	}
	return ok("%s for all connections together", sizeOf(total))
}

// pragma holds a pragma of every connection against what it should be.
func pragma(p *Patient, name, want, good, bad string) Finding {
	for _, c := range p.Database.Connections {
		if got := c.Pragmas[name]; got != want {
			return fail("restart the server", "%s of the %s's connection is %q, not %q: %s", name, c.Role, got, want, bad)
		}
	}
	return ok("%s", good)
}

func tempStore(_ context.Context, p *Patient) Finding {
	return pragma(p, "temp_store", "2", "in memory", "sorts are written to files")
}

func journalSizeLimit(_ context.Context, p *Patient) Finding {
	return pragma(p, "journal_size_limit", "33554432", "32 MiB", "a log that has grown never gets smaller")
}

func foreignKeys(_ context.Context, p *Patient) Finding {
	return pragma(p, "foreign_keys", "1", "on", "rows could point to what is not there")
}

func busyTimeout(_ context.Context, p *Patient) Finding {
	wait := p.Config.DBBusy
	if wait <= 0 {
		wait = 5 * time.Second // the store's own
	}
	if wait < time.Second {
		return warn("CAMPFIRE_DB_BUSY=5s", "%v: another program that holds the database for a moment makes requests fail", wait)
	}
	return pragma(p, "busy_timeout", fmt.Sprint(wait.Milliseconds()), wait.String(), "requests fail where they should wait")
}

func mappedMemory(_ context.Context, p *Patient) Finding {
	if p.Config.DBMmap > 0 {
		return warn("CAMPFIRE_DB_MMAP=0", "%s: an I/O error of the disk ends the process instead of being answered", sizeOf(p.Config.DBMmap))
	}
	for _, c := range p.Database.Connections {
		if got := c.Pragmas["mmap_size"]; got != "" && got != "0" {
			return fail("restart the server", "the %s's connection maps %s bytes, though none were asked for", c.Role, got)
		}
	}
	return ok("off; reads go through the page cache")
}

func schema(_ context.Context, p *Patient) Finding {
	d := p.Database
	switch {
	case d.Schema > d.Newest:
		return fail("start the newer program, or restore a backup made before the upgrade", "version %d, but this program knows %d: a newer one wrote it", d.Schema, d.Newest)
	case d.Schema < d.Newest:
		return warn("campfire serve", "version %d; the next start brings it to %d", d.Schema, d.Newest)
	}
	return ok("version %d, the newest", d.Schema)
}

func indexes(_ context.Context, p *Patient) Finding {
	missing := p.Database.Missing
	if len(missing) == 0 {
		return ok("all that the schema has")
	}
	var names, texts []string
	for _, x := range missing {
		names = append(names, x.Name)
		texts = append(texts, strings.Join(strings.Fields(x.SQL), " ")+";")
	}
	if p.Database.Schema < p.Database.Newest {
		return warn("campfire serve", "%s missing until the next start brings the schema up to date", strings.Join(names, ", "))
	}
	return fail(fmt.Sprintf("stop the server, then: sqlite3 %s '%s'", filepath.Join(p.Here.Data, store.DatabaseFile), strings.Join(texts, " ")),
		"missing: %s", strings.Join(names, ", "))
}

// Statistics pay from about here on, and are renewed daily and at each stop.
const (
	statisticsFrom = 10_000
	statisticsAge  = 8 * 24 * time.Hour
)

func statistics(_ context.Context, p *Patient) Finding {
	d := p.Database
	if d.Messages < statisticsFrom {
		return ok("not needed yet, with %d messages", d.Messages)
	}
	if d.Statistics == 0 {
		return warn("restart the server: it makes them when it stops", "there are none for %d messages", d.Messages)
	}
	if age := p.Now().Sub(d.Optimized.Time()); d.Optimized == 0 || age > statisticsAge {
		return warn("restart the server: it renews them when it stops", "not renewed for a week")
	}
	return ok("%d rows, renewed where needed %s", d.Statistics, d.Optimized.Time().Format(time.DateOnly))
}

func integrity(_ context.Context, p *Patient) Finding {
	d := p.Database
	if !d.Checked {
		return Finding{NotChecked, "it takes reading the whole database", "campfire doctor --deep"}
	}
	if len(d.Damage) > 0 {
		return fail("stop the server, keep a copy of the data directory, and restore a backup", "the database is damaged: %s", strings.Join(d.Damage, "; "))
	}
	return ok("every page was read and is sound")
}

// longLog is where the alert CampfireLogGrows calls, too.
const longLog = 256_000_000

func walSize(_ context.Context, p *Patient) Finding {
	fi, err := os.Stat(filepath.Join(p.Here.Data, store.DatabaseFile+"-wal"))
	if err != nil {
		return ok("there is none; everything is in the database")
	}
	if fi.Size() > longLog {
		return warn("fuser -v "+filepath.Join(p.Here.Data, store.DatabaseFile), "%s: something keeps it from being copied; end any other program that holds the file, and see that the disk is not full", sizeOf(fi.Size()))
	}
	return ok("%s", sizeOf(fi.Size()))
}

func readers(_ context.Context, p *Patient) Finding {
	procs := runtime.GOMAXPROCS(0)
	if n := p.Metrics.sum("go_sched_gomaxprocs_threads"); n > 0 {
		procs = int(n)
	}
	n := p.Config.DBReaders
	if p.Database != nil && p.Database.Readers > 0 {
		n = p.Database.Readers
	}
	switch {
	case n == 0:
		return ok("as many as cores, 4 to 20, and one writer")
	case n < min(procs, 20):
		return warn("CAMPFIRE_DB_READERS=0", "%d for %d cores: reads wait for each other", n, procs)
	case n > max(4*procs, 20):
		return warn("CAMPFIRE_DB_READERS=0", "%d for %d cores: the page cache is divided among more than can work at once", n, procs)
	}
	return ok("%d for %d cores, and one writer", n, procs)
}
