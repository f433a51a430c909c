package doctor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"campfire/internal/store"
)

func fileSystem(_ context.Context, p *Patient) Finding {
	if kind := p.Machine.NetworkFileSystem(p.Here.Data); kind != "" {
		return fail("CAMPFIRE_DATA=/path/on/a/local/disk", "%s is on %s, where SQLite can lose data", p.Here.Data, kind)
	}
	return ok("a local disk")
}

func freeSpace(_ context.Context, p *Patient) Finding {
	free, total, err := p.Machine.Space(p.Here.Data)
	if err != nil || total == 0 {
		return unknown("the space on %s can't be read: %v", p.Here.Data, err)
	}
	share := float64(free) / float64(total)
	const remedy = "free some space, or CAMPFIRE_DATA=/path/on/a/larger/disk"
	detail := fmt.Sprintf("%s of %s are free (%.0f %%)", sizeOf(free), sizeOf(total), 100*share)
	switch {
	case free < 512<<20:
		return fail(remedy, "%s: posts will be refused with 507", detail)
	case free < 1<<30 || share < 0.1:
		return warn(remedy, "%s", detail)
	}
	return ok("%s", detail)
}

// slowSync is where the disk alone takes half of the target of a post.
const slowSync = 5 * time.Millisecond

func syncSpeed(ctx context.Context, p *Patient) Finding {
	took, err := p.Machine.Sync(ctx, p.Here.Data)
	if err != nil {
		return unknown("it can't be measured: %v", err)
	}
	if took > slowSync {
		return warn("CAMPFIRE_DATA=/path/on/an/ssd", "4 KiB take %.1f ms, p50; the target of a whole post is 10 ms", took.Seconds()*1000)
	}
	return ok("4 KiB take %.2f ms, p50", took.Seconds()*1000)
}

// syncs are few, so that the examination takes no disk's time.
const syncs = 21

// measureSync appends blocks of 4 KiB to a file of its own in dir, syncs each,
// and returns the median time.
func measureSync(ctx context.Context, dir string) (time.Duration, error) {
	if _, err := os.Stat(dir); err != nil {
		return 0, err
	}
	f, err := os.CreateTemp(dir, ".doctor-*")
	if err != nil {
		return 0, err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	block := bytes.Repeat([]byte{1}, 4096)
	var took []time.Duration
	for range syncs {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		began := time.Now()
		if _, err := f.Write(block); err != nil {
			return 0, err
		}
		if err := f.Sync(); err != nil {
			return 0, err
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	return took[len(took)/2], nil
}

func permissions(_ context.Context, p *Patient) Finding {
	var open []string
	remedy := []string{}
	look := func(path string, most fs.FileMode) {
		fi, err := os.Stat(path)
		if err != nil || fi.Mode().Perm()&^most == 0 {
			return
		}
		open = append(open, fmt.Sprintf("%s is %04o", path, fi.Mode().Perm()))
		remedy = append(remedy, fmt.Sprintf("chmod %04o %s", most, path))
	}
	if _, err := os.Stat(p.Here.Data); errors.Is(err, fs.ErrNotExist) {
		return unknown("%s is not there yet; the first start makes it", p.Here.Data)
	}
	look(p.Here.Data, 0o700)
	for _, name := range []string{store.DatabaseFile, store.DatabaseFile + "-wal", store.DatabaseFile + "-shm", "campfire.lock", "admin.sock"} {
		look(filepath.Join(p.Here.Data, name), 0o600)
	}
	if len(open) > 0 {
		return fail(strings.Join(remedy, " && "), "others can read or write: %s", strings.Join(open, ", "))
	}
	return ok("the data directory is its owner's alone")
}

func secretFiles(_ context.Context, p *Patient) Finding {
	open := readable(p.Config.Files)
	switch {
	case len(open) > 0:
		return fail("chmod 0600 "+strings.Join(open, " "), "others can read: %s", strings.Join(open, ", "))
	case len(p.Config.Files) == 0 && p.Config.MetricsToken != "":
		return ok("none; the token is in the environment, where CAMPFIRE_METRICS_TOKEN_FILE would keep it off process listings")
	case len(p.Config.Files) == 0:
		return ok("none are used")
	}
	return ok("their owner's alone")
}
