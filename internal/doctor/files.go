package doctor

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
)

// Stored is what a look at the files of messages found.
type Stored struct {
	Bucket     string  // they are kept in; empty: the data directory
	Files      int64   // rows whose bytes must be there
	Looked     int64   // of them, that were looked at: all, or the newest and some at random
	Missing    []int64 // ids of files whose bytes, or whose small picture, are not there
	Altered    []int64 // ids of files that have another size than their row says
	Blobs      int64   // older than a day, that were held against the rows
	Partly     bool    // whether there are more
	Orphans    int64   // of them, that no row names
	Overdue    int64   // of those, that are older than two days
	Unwritable string  // why nothing can be kept; empty: something was, and was removed
	Err        string  // why the look was not finished; empty: it was
}

// where says where files are kept.
func (s *Stored) where(p *Patient) string {
	if s.Bucket != "" {
		return "the bucket " + s.Bucket
	}
	return filesDirectory(p)
}

func filesDirectory(p *Patient) string { return filepath.Join(p.Here.Data, "files") }

// looked says why nothing can be told of the files; nil when it can.
func (p *Patient) looked() *Finding {
	f := unknown("the files were not looked at")
	switch {
	case p.Stored == nil && p.DatabaseErr != nil:
		f = unknown("the database can't be looked at: %v", p.DatabaseErr)
	case p.Stored == nil:
	case p.Stored.Err != "":
		f = unknown("the look at the files was not finished: %s", p.Stored.Err)
	default:
		return nil
	}
	return &f
}

// filesPresent tells of what people can't open any more.
func filesPresent(_ context.Context, p *Patient) Finding {
	if f := p.looked(); f != nil {
		return *f
	}
	s := p.Stored
	looked := fmt.Sprintf("all %d", s.Files)
	if s.Looked < s.Files {
		looked = fmt.Sprintf("%d of %d (the newest and some at random; --deep looks at all)", s.Looked, s.Files)
	}
	remedy := "restore " + s.where(p) + " from a backup that is not older than the database's; the messages stay, with files that can't be opened"
	switch {
	case len(s.Missing) > 0:
		return fail(remedy, "%s were looked at; bytes are not there of %s%s", looked, someOf("file", s.Missing), altered(s))
	case len(s.Altered) > 0:
		return fail(remedy, "%s were looked at%s", looked, altered(s))
	}
	return ok("%s are there, with their sizes", looked)
}

func altered(s *Stored) string {
	if len(s.Altered) == 0 {
		return ""
	}
	return "; another size than when it came has " + someOf("file", s.Altered)
}

// someOf counts what has ids, and names the first.
func someOf(what string, ids []int64) string {
	const most = 5
	var names []string
	for _, id := range ids[:min(len(ids), most)] {
		names = append(names, itoa(id))
	}
	if len(ids) > most {
		names = append(names, "…")
	}
	return plural(len(ids), what) + " (" + strings.Join(names, ", ") + ")"
}

// filesOrphaned tells of bytes that should have been removed.
func filesOrphaned(_ context.Context, p *Patient) Finding {
	if f := p.looked(); f != nil {
		return *f
	}
	s := p.Stored
	among := fmt.Sprintf("%d older than a day", s.Blobs)
	if s.Partly {
		among = fmt.Sprintf("the first %d older than a day (--deep goes through all)", s.Blobs)
	}
	switch {
	case s.Orphans == 0:
		return ok("none among %s", among)
	case s.Overdue > 0 && p.Server != nil:
		return warn("restart the server, which looks for them when it starts; why it could not remove them is in its log: \"files\" or \"orphans\"",
			"%d among %s belong to no file; %d should have been removed a day ago", s.Orphans, among, s.Overdue)
	case p.Server == nil:
		return ok("%d among %s belong to no file; the next start removes them", s.Orphans, among)
	}
	return ok("%d among %s belong to no file; the server removes them within a day", s.Orphans, among)
}

// filesWritable tells whether an upload would be taken.
func filesWritable(_ context.Context, p *Patient) Finding {
	s := p.Stored
	if f := p.looked(); f != nil && s == nil {
		return *f
	}
	switch {
	case s.Err != "" && s.Bucket != "":
		return fail("check AWS_ENDPOINT_URL, AWS_REGION and the keys", "the bucket %s can't be used: %s", s.Bucket, s.Err)
	case s.Err != "":
		return fail("run this as the user that runs the server", "%s can't be used: %s", filesDirectory(p), s.Err)
	case s.Unwritable == "":
		return ok("something was kept in %s and removed again", s.where(p))
	case s.Bucket != "":
		return fail("let the key AWS_ACCESS_KEY_ID put and delete objects below files/ in "+s.Bucket+"; files come through "+filesDirectory(p)+", which must be writable too", "uploads fail: %s", s.Unwritable)
	}
	return fail("chown -R THE-SERVERS-USER "+filesDirectory(p)+", or free some space", "uploads fail: %s", s.Unwritable)
}

// filesSpace holds the disk that files come through against the floor.
func filesSpace(_ context.Context, p *Patient) Finding {
	dir := filesDirectory(p)
	free, _, err := p.Machine.Space(dir)
	if err != nil {
		return unknown("the space on %s can't be read: %v", dir, err)
	}
	floor := p.Config.Limits.MinFreeDisk
	const remedy = "free some space, or put files in a bucket: CAMPFIRE_S3_BUCKET"
	switch {
	case floor <= 0:
		return warn("CAMPFIRE_MIN_FREE_DISK=512MiB", "uploads may fill the disk, and then nothing can be posted; %s are free", sizeOf(free))
	case free < floor:
		return fail(remedy, "%s are free, and %s must stay so (CAMPFIRE_MIN_FREE_DISK): uploads are refused with 507", sizeOf(free), sizeOf(floor))
	case free-floor < max(p.Config.Limits.MaxUpload, 1<<30):
		return warn(remedy, "%s are free, and %s must stay so: uploads will soon be refused with 507", sizeOf(free), sizeOf(floor))
	}
	return ok("%s may come before uploads are refused, so that %s stay free", sizeOf(free-floor), sizeOf(floor))
}
