package doctor

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"campfire/internal/store"
)

// PushKeys is the key pair of Web Push as it was found.
type PushKeys struct {
	Public  string // empty: there is none
	Ours    bool   // made by the installation and kept in the database; else configured
	Invalid string // why it can't be used; empty: it can
}

// pushKeys tells whether devices can be reached, and by nobody else.
func pushKeys(_ context.Context, p *Patient) Finding {
	k := p.PushKeys
	switch {
	case k == nil && p.DatabaseErr != nil:
		return unknown("the database can't be looked at: %v", p.DatabaseErr)
	case k == nil:
		return unknown("they were not looked at")
	case k.Invalid != "" && k.Ours:
		return fail("restore the database from a backup, or bring a pair from elsewhere: VAPID_PRIVATE_KEY", "the key in the database %s: the server will not start", k.Invalid)
	case k.Invalid != "":
		return fail("unset VAPID_PRIVATE_KEY and VAPID_PUBLIC_KEY, and Campfire makes its own", "VAPID_PRIVATE_KEY %s", k.Invalid)
	case k.Public == "" && p.Server == nil:
		return ok("none yet; the first start makes them")
	case k.Public == "":
		return fail("restart the server: it makes them", "there are none, so nobody can be told of messages")
	}
	secrets, where := p.Config.Files, "configured"
	if k.Ours {
		db := filepath.Join(p.Here.Data, store.DatabaseFile)
		secrets, where = []string{db, db + "-wal"}, "in the database, and in its backups"
	}
	if open := readable(secrets); len(open) > 0 {
		return fail("chmod 0600 "+strings.Join(open, " "), "others can read %s, where the private key is: whoever has it can push to every device", strings.Join(open, ", "))
	}
	return ok("valid, their owner's alone, %s; the public one begins with %s", where, k.Public[:min(len(k.Public), 12)])
}

// readable returns those files that others than their owner can read or write.
func readable(files []string) (open []string) {
	for _, path := range files {
		if fi, err := os.Stat(path); err == nil && fi.Mode().Perm()&0o077 != 0 {
			open = append(open, path)
		}
	}
	return open
}
