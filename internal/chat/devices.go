package chat

import (
	"context"
	"strings"
	"time"
	_ "time/tzdata" // a container may know no time zones
	"unicode/utf8"

	"campfire"
	"campfire/internal/store"
	"campfire/internal/webpush"
)

const (
	maxKeywords   = 50
	maxKeyword    = 64 // runes
	maxQuietHours = 20
	maxAgent      = 400 // bytes
	// longestPause keeps a mistyped pause from being for ever.
	longestPause = 366 * 24 * time.Hour
)

// Subscription is what a browser gives to be told of messages.
type Subscription struct {
	Endpoint, Key, Auth string
	Language            string // of the page
	Base                string // address of the installation as the browser sees it
}

// Subscribe makes a device of a browser that signed in as a, and reports
// whether it is new. A subscription that is there already is brought up to
// date; one that was another person's, whose browser it is no longer, changes
// hands. Beyond the limit the person's oldest device goes.
func (s *Service) Subscribe(ctx context.Context, a campfire.Actor, in Subscription, c Client) (d *campfire.Device, created bool, err error) {
	var ck check
	switch _, err := webpush.ParseSubscription(in.Endpoint, in.Key, in.Auth, s.plainPush); err {
	case nil:
	case webpush.ErrEndpoint:
		ck.fail("endpoint", "%v", err)
	case webpush.ErrKey:
		ck.fail("keys.p256dh", "%v", err)
	default:
		ck.fail("keys.auth", "%v", err)
	}
	if a.Role == campfire.Bot {
		return nil, false, campfire.Forbidden("Bots are told of messages by webhooks.")
	}
	if err := ck.err(); err != nil {
		return nil, false, err
	}
	err = s.store.Write(ctx, func(tx *store.Tx) error {
		// The credential may have ended since the request was let in.
		alive, err := tx.CredentialAlive(a.Credential, s.now())
		if err != nil {
			return err
		}
		if !alive {
			return campfire.Unauthenticated()
		}
		tx.Emit(&campfire.DevicesChanged{Any: true})
		d = &campfire.Device{User: a.ID, Credential: a.Credential, Endpoint: in.Endpoint, Key: in.Key, Auth: in.Auth,
			UserAgent: head(c.UserAgent, maxAgent), Language: in.Language, Base: in.Base, CreatedAt: s.now()}
		known, err := tx.DeviceAt(in.Endpoint)
		switch {
		case campfire.CodeOf(err) == campfire.CodeNotFound:
		case err != nil:
			return err
		case known.User == a.ID:
			created = false
			known.Credential, known.Key, known.Auth, known.UserAgent, known.Language, known.Base = d.Credential, d.Key, d.Auth, d.UserAgent, d.Language, d.Base
			d = known
			return tx.UpdateDevice(known)
		default:
			if err := tx.DeleteDevice(known.ID); err != nil {
				return err
			}
		}
		created = true
		if err := tx.CreateDevice(d); err != nil || s.limits.MaxPush <= 0 {
			return err
		}
		return tx.TrimDevices(a.ID, s.limits.MaxPush)
	})
	return d, created, err
}

// head returns the first n bytes of s at most, cut between two runes.
func head(s string, n int) string {
	for len(s) > n {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	return strings.ToValidUTF8(s, "")
}

// Devices returns a's devices, oldest first.
func (s *Service) Devices(ctx context.Context, a campfire.Actor) (list []*campfire.Device, err error) {
	err = s.store.Read(ctx, func(r *store.Reader) error {
		list, err = r.Devices(a.ID)
		return err
	})
	return list, err
}

// RemoveDevice ends one of a's devices: it is told nothing any more.
func (s *Service) RemoveDevice(ctx context.Context, a campfire.Actor, id campfire.DeviceID) error {
	return s.store.Write(ctx, func(tx *store.Tx) error {
		if err := ownDevice(&tx.Reader, a, id); err != nil {
			return err
		}
		return tx.DeleteDevice(id)
	})
}

// TestDevice sends a test to one of a's devices, the way that messages go.
func (s *Service) TestDevice(ctx context.Context, a campfire.Actor, id campfire.DeviceID) error {
	if wait, ok := s.limiters.tests.take(a.ID, 1, s.now()); !ok {
		return campfire.RateLimited(wait)
	}
	return s.store.Write(ctx, func(tx *store.Tx) error {
		if err := ownDevice(&tx.Reader, a, id); err != nil {
			return err
		}
		return tx.Enqueue(store.Job{Kind: store.PushJob, Lane: int64(id), User: a.ID, Target: int64(id), Payload: urgent, CreatedAt: s.now()})
	})
}

func ownDevice(r *store.Reader, a campfire.Actor, id campfire.DeviceID) error {
	d, err := r.Device(id)
	if err == nil && d.User != a.ID {
		err = campfire.NotFound("device")
	}
	return err
}

// Notifications returns what a has set about being told of messages.
func (s *Service) Notifications(ctx context.Context, a campfire.Actor) (n *campfire.Notifications, err error) {
	err = s.store.Read(ctx, func(r *store.Reader) error {
		n, err = r.Notifications(a.ID)
		return err
	})
	return n, err
}

// SetNotifications replaces what a has set about being told of messages and
// returns it as it is stored.
func (s *Service) SetNotifications(ctx context.Context, a campfire.Actor, in campfire.Notifications) (*campfire.Notifications, error) {
	var ck check
	if _, err := time.LoadLocation(in.TimeZone); err != nil || in.TimeZone == "" || in.TimeZone == "Local" {
		ck.fail("time_zone", "must be the name of a time zone such as Europe/Berlin")
	}
	if len(in.Quiet) > maxQuietHours {
		ck.fail("quiet_hours", "must be %d at most", maxQuietHours)
	}
	for _, q := range in.Quiet {
		if len(q.Days) == 0 || len(q.Days) > 7 {
			ck.fail("quiet_hours", "must each have days")
		}
	}
	if in.PausedUntil > s.now().Add(longestPause) {
		ck.fail("paused_until", "must be within a year")
	}
	if in.PausedUntil <= s.now() {
		in.PausedUntil = 0
	}
	var kept []string
	seen := make(map[string]bool)
	for _, k := range in.Keywords {
		k = ck.name("keywords", strings.Join(strings.Fields(k), " "), maxKeyword)
		if folded := strings.ToLower(k); !seen[folded] {
			seen[folded] = true
			kept = append(kept, k)
		}
	}
	if len(kept) > maxKeywords {
		ck.fail("keywords", "must be %d at most", maxKeywords)
	}
	in.Keywords = kept
	if err := ck.err(); err != nil {
		return nil, err
	}
	err := s.store.Write(ctx, func(tx *store.Tx) error {
		tx.Emit(&campfire.NotificationsChanged{User: a.ID})
		return tx.SetNotifications(a.ID, &in)
	})
	return &in, err
}

// Contact returns an address of mail by which the installation's keeper can be
// reached; empty before setup.
func (s *Service) Contact(ctx context.Context) (address string, err error) {
	err = s.store.Read(ctx, func(r *store.Reader) error {
		u, err := r.FirstAdministrator()
		if campfire.CodeOf(err) == campfire.CodeNotFound {
			return nil
		}
		if err != nil {
			return err
		}
		address = u.Email
		return nil
	})
	return address, err
}
