package store

import (
	"encoding/json"
	"fmt"
	"strconv"

	"campfire"
	"campfire/internal/sqlite"
)

const deviceColumns = `d.id, d.user_id, d.credential_id, d.endpoint, d.p256dh, d.auth, d.user_agent, d.language, d.base, d.created_at,
	d.last_at, d.last_success_at, d.last_status, d.last_detail`

func scanDevice(rows *sqlite.Stmt, d **campfire.Device) error {
	*d = &campfire.Device{}
	w := *d
	return rows.Scan(&w.ID, &w.User, &w.Credential, &w.Endpoint, &w.Key, &w.Auth, &w.UserAgent, &w.Language, &w.Base, &w.CreatedAt,
		&w.LastAt, &w.LastSuccessAt, &w.LastStatus, &w.LastDetail)
}

var (
	deviceList   = define("devices", `SELECT `+deviceColumns+` FROM push_subscriptions d WHERE d.user_id = $1 ORDER BY d.id`)
	deviceGet    = define("devices", `SELECT `+deviceColumns+` FROM push_subscriptions d WHERE d.id = $1`)
	deviceFind   = define("devices", `SELECT `+deviceColumns+` FROM push_subscriptions d WHERE d.endpoint = $1`)
	deviceAny    = define("devices", `SELECT EXISTS (SELECT 1 FROM push_subscriptions)`)
	deviceCreate = define("devices_write", `INSERT INTO push_subscriptions (user_id, credential_id, endpoint, p256dh, auth, user_agent, language, base, created_at,
			last_at, last_success_at, last_status, last_detail)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 0, 0, '') RETURNING id`)
	deviceUpdate = define("devices_write", `UPDATE push_subscriptions SET credential_id = $2, p256dh = $3, auth = $4, user_agent = $5, language = $6, base = $7 WHERE id = $1`)
	deviceNote   = define("devices_write", `UPDATE push_subscriptions SET last_at = $2, last_status = $3, last_detail = $4,
		last_success_at = CASE WHEN $5 THEN $2 ELSE last_success_at END WHERE id = $1`)
	deviceDelete = define("devices_write", `DELETE FROM push_subscriptions WHERE id = $1`)
	// The oldest are those that were subscribed first.
	deviceTrim = define("devices_write", `DELETE FROM push_subscriptions WHERE user_id = $1 AND id NOT IN
		(SELECT id FROM push_subscriptions WHERE user_id = $1 ORDER BY id DESC LIMIT $2)`)
)

// Devices returns a person's devices, oldest first.
func (r *Reader) Devices(u campfire.UserID) ([]*campfire.Device, error) {
	return list(r, deviceList, args{u}, scanDevice)
}

// Device returns one device.
func (r *Reader) Device(id campfire.DeviceID) (*campfire.Device, error) {
	return r.device(deviceGet, id)
}

// DeviceAt returns the device that is reached at an endpoint.
func (r *Reader) DeviceAt(endpoint string) (*campfire.Device, error) {
	return r.device(deviceFind, endpoint)
}

func (r *Reader) device(st *statement, key any) (*campfire.Device, error) {
	found, err := list(r, st, args{key}, scanDevice)
	if err == nil && len(found) == 0 {
		err = campfire.NotFound("device")
	}
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

// AnyDevice reports whether anyone has a device.
func (r *Reader) AnyDevice() (any bool, err error) { return any, r.one(deviceAny, nil, &any) }

// CreateDevice stores d and sets its ID.
func (tx *Tx) CreateDevice(d *campfire.Device) error {
	return tx.returning(deviceCreate, args{d.User, d.Credential, d.Endpoint, d.Key, d.Auth, d.UserAgent, d.Language, d.Base, d.CreatedAt}, &d.ID)
}

// UpdateDevice stores what a browser says anew of itself.
func (tx *Tx) UpdateDevice(d *campfire.Device) error {
	return tx.exec(deviceUpdate, d.ID, d.Credential, d.Key, d.Auth, d.UserAgent, d.Language, d.Base)
}

// NotePush stores the result of the latest push to a device, if that is still
// there.
func (tx *Tx) NotePush(id campfire.DeviceID, at campfire.Time, status int, detail string, success bool) error {
	return tx.exec(deviceNote, id, at, status, detail, success)
}

// DeleteDevice removes a device; one that is gone already is no error.
func (tx *Tx) DeleteDevice(id campfire.DeviceID) error { return tx.exec(deviceDelete, id) }

// TrimDevices removes the person's oldest devices beyond keep.
func (tx *Tx) TrimDevices(u campfire.UserID, keep int) error { return tx.exec(deviceTrim, u, keep) }

var (
	settingsGet = define("notification_settings", `SELECT time_zone, quiet, paused_until, keywords FROM notification_settings WHERE user_id = $1`)
	settingsSet = define("notification_settings", `INSERT INTO notification_settings (user_id, time_zone, quiet, paused_until, keywords)
		VALUES ($1, $2, $3, $4, $5) ON CONFLICT (user_id) DO UPDATE SET
		time_zone = excluded.time_zone, quiet = excluded.quiet, paused_until = excluded.paused_until, keywords = excluded.keywords`)
)

// Notifications returns what a person has set; the zero value, in UTC, for who
// has set nothing.
func (r *Reader) Notifications(u campfire.UserID) (*campfire.Notifications, error) {
	n := &campfire.Notifications{}
	var quiet, keywords string
	err := r.one(settingsGet, args{u}, &n.TimeZone, &quiet, &n.PausedUntil, &keywords)
	if err == errNoRow {
		return &campfire.Notifications{TimeZone: "UTC"}, nil
	}
	if err != nil {
		return nil, err
	}
	return n, readSettings(n, quiet, keywords)
}

// SetNotifications stores what a person has set.
func (tx *Tx) SetNotifications(u campfire.UserID, n *campfire.Notifications) error {
	quiet, err := json.Marshal(n.Quiet)
	if err != nil {
		return err
	}
	keywords, err := json.Marshal(n.Keywords)
	if err != nil {
		return err
	}
	return tx.exec(settingsSet, u, n.TimeZone, string(quiet), n.PausedUntil, string(keywords))
}

// Hearer is a member of a room who has a device.
type Hearer struct {
	campfire.Membership
	Notifications *campfire.Notifications
	Devices       []campfire.DeviceID
	Mentioned     bool // by name, or with everyone, or with those online
}

var (
	hearers = define("hearers", `SELECT ms.user_id, ms.involvement, ms.read_seq, ms.joined_at, d.id,
			EXISTS (SELECT 1 FROM mentions x WHERE x.user_id IN (ms.user_id, 0) AND x.room_id = ms.room_id AND x.seq = $2),
			coalesce(n.time_zone, 'UTC'), coalesce(n.quiet, 'null'), coalesce(n.paused_until, 0), coalesce(n.keywords, 'null')
		FROM push_subscriptions d JOIN memberships ms ON ms.user_id = d.user_id AND ms.room_id = $1
		JOIN users u ON u.id = ms.user_id AND u.status = 0
		LEFT JOIN notification_settings n ON n.user_id = ms.user_id
		ORDER BY ms.user_id, d.id`)
	decisionGet   = define("decisions", `SELECT rules, at FROM notify_decisions WHERE message_id = $1`)
	decisionSet   = define("decisions", `INSERT INTO notify_decisions (message_id, rules, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`)
	decisionPurge = define("decisions", `DELETE FROM notify_decisions WHERE message_id IN (SELECT message_id FROM notify_decisions WHERE at < $1 LIMIT $2)`)
	jobsOf        = define("outbox", `SELECT id, delivery_id, kind, lane, room_id, message_id, user_id, target_id, payload, created_at, run_at, attempts
		FROM outbox WHERE kind = $1 AND message_id = $2 AND user_id IN ($3, 0) ORDER BY id`)
	unreadRooms = define("counts", `SELECT count(*) FROM memberships ms JOIN rooms r ON r.id = ms.room_id
		WHERE ms.user_id = $1 AND ms.involvement > 0 AND r.deleted = 0 AND r.seq > ms.read_seq
			AND EXISTS (SELECT 1 FROM messages m JOIN users u ON u.id = m.author_id
				WHERE m.room_id = r.id AND m.seq > ms.read_seq AND m.author_id <> $1 AND m.deleted = 0 AND m.id > u.hidden_through)`)
)

// Hearers returns the members of m's room who have a device.
func (r *Reader) Hearers(m *campfire.Message) ([]*Hearer, error) {
	var all []*Hearer
	err := r.each(hearers, args{m.Room, m.Seq}, func(rows *sqlite.Stmt) error {
		h := &Hearer{Membership: campfire.Membership{Room: m.Room}, Notifications: &campfire.Notifications{}}
		n := h.Notifications
		var device campfire.DeviceID
		var quiet, keywords string
		if err := rows.Scan(&h.User, &h.Involvement, &h.ReadSeq, &h.JoinedAt, &device, &h.Mentioned, &n.TimeZone, &quiet, &n.PausedUntil, &keywords); err != nil {
			return err
		}
		if len(all) > 0 && all[len(all)-1].User == h.User {
			h = all[len(all)-1]
		} else {
			if err := readSettings(n, quiet, keywords); err != nil {
				return err
			}
			all = append(all, h)
		}
		h.Devices = append(h.Devices, device)
		return nil
	})
	return all, err
}

func readSettings(n *campfire.Notifications, quiet, keywords string) error {
	if err := json.Unmarshal([]byte(quiet), &n.Quiet); err != nil {
		return fmt.Errorf("quiet hours: %w", err)
	}
	if err := json.Unmarshal([]byte(keywords), &n.Keywords); err != nil {
		return fmt.Errorf("keywords: %w", err)
	}
	return nil
}

// Decided is what was decided about one message for one person.
type Decided struct {
	Rule    campfire.Rule `json:"rule"`
	Keyword string        `json:"keyword,omitempty"`
}

// Decision returns what was decided about a message for a person, and when;
// CodeNotFound when there was nothing to decide for them.
func (r *Reader) Decision(m campfire.MessageID, u campfire.UserID) (d Decided, at campfire.Time, err error) {
	var rules string
	if err := r.one(decisionGet, args{m}, &rules, &at); err != nil {
		return d, 0, notFound(err, "decision")
	}
	var all map[string]Decided
	if err := json.Unmarshal([]byte(rules), &all); err != nil {
		return d, 0, err
	}
	d, ok := all[strconv.FormatInt(int64(u), 10)]
	if !ok {
		return d, 0, campfire.NotFound("decision")
	}
	return d, at, nil
}

// SaveDecision stores what was decided about a message; the first one stays.
func (tx *Tx) SaveDecision(m campfire.MessageID, all map[campfire.UserID]Decided, at campfire.Time) error {
	rules, err := json.Marshal(all)
	if err != nil {
		return err
	}
	return tx.exec(decisionSet, m, string(rules), at)
}

// PurgeDecisions removes up to limit decisions from before a time and returns
// how many.
func (tx *Tx) PurgeDecisions(before campfire.Time, limit int) (int, error) {
	return tx.execCount(decisionPurge, before, limit)
}

// JobsFor returns what of a kind waits for one message, for the person or for
// nobody in particular.
func (r *Reader) JobsFor(m campfire.MessageID, kind JobKind, u campfire.UserID) ([]*Job, error) {
	return list(r, jobsOf, args{kind, m, u}, scanJob)
}

// UnreadRooms counts the rooms in u's sidebar that have something unread.
func (r *Reader) UnreadRooms(u campfire.UserID) (n int, err error) {
	return n, r.one(unreadRooms, args{u}, &n)
}

// MetaPushKey is where the private key of Web Push is kept.
const MetaPushKey = "vapid_private"

// Kept returns a value of the meta table, made and stored when it is not there
// yet: keys that the installation makes for itself.
func (tx *Tx) Kept(key string, make func() (string, error)) (string, error) {
	value, err := tx.meta(key)
	if err != nil || value != "" {
		return value, err
	}
	if value, err = make(); err != nil {
		return "", err
	}
	return value, tx.exec(metaSet, key, value)
}
