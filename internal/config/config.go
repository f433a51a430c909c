package config

import (
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"campfire"
	"campfire/internal/outbound"
	"campfire/internal/webpush"
)

// Config is all that can be set.
type Config struct {
	Addr         string
	MetricsAddr  string // empty: off
	MetricsToken string
	Data         string
	URL          *url.URL // nil: taken from each request
	LogLevel     string
	LogFormat    string // text, json, or empty: text on a terminal
	DBSync       string
	DBCache      int64
	DBMmap       int64
	Cache        int64
	DBReaders    int
	DBBusy       time.Duration
	SlowQuery    time.Duration // what takes the database longer is logged; zero: nothing

	S3 S3

	TrustedProxies []netip.Prefix
	Origins        []string
	OutboundAllow  []outbound.Network
	Previews       string // on or off

	VAPID        *webpush.Keys // nil: those that the installation made for itself
	VAPIDSubject string        // empty: found out

	BatchInterval time.Duration
	BatchSize     int

	Limits Limits

	// Settings are the settings that differ from their defaults, as NAME=value,
	// secrets included: Read makes the same Config of them. Files are those
	// that a NAME_FILE named.
	Settings []string
	Files    []string
}

// S3 is a bucket for files. Without a Bucket they are kept in Data.
type S3 struct {
	Endpoint, Region, Bucket           string
	AccessKey, SecretKey, SessionToken string
}

// Limits are the bounds of delivery and storage. A zero number is "off".
type Limits struct {
	MaxBody, MaxBatchBody                                  int64
	MaxMessage, MaxMentions, MaxBoosts, MaxBoost, MaxQuery int
	MaxName, MaxRoomName, MaxBio, MinPassword, MaxPassword int
	MaxRoomsPerUser, MaxMembers, MaxSessions, MaxPage      int
	MaxBots                                                int
	SessionIdle, SessionMax, EventRetention                time.Duration
	MaxPush                                                int

	MaxUpload, UploadChunk, UserQuota, TotalQuota, MinFreeDisk, MinBodyRate int64
	MaxParts, MaxFilename                                                   int
	RateUpload                                                              campfire.Rate

	MaxSockets, MaxUserSockets, MaxIPSockets, MaxHandshakes int
	WSMaxFrame, WSMaxMessage                                int64
	WSRate                                                  campfire.Rate
	WSQueue                                                 int
	WSQueueBytes                                            int64
	WSWriteTimeout, WSPing, WSDead, WSCheck                 time.Duration
	ReplayMax, ReplayTotal                                  int

	OutboxMax                                int
	WebhookTimeout                           time.Duration
	WebhookBytes                             int64
	WebhookTries                             int
	WriteQueue, WriteGroup, MaxInflight      int
	RequestTimeout                           time.Duration
	RateLogin, RateLoginIP, RatePost         campfire.Rate
	RateBot, RateSearch                      campfire.Rate
	RateLinks, RateUnfurl                    campfire.Rate
	UnfurlTimeout                            time.Duration
	UnfurlBytes                              int64
	UnfurlRedirects, UnfurlWorkers           int
	HashWorkers                              int
	MaxPixels                                int64
	MaxFrames, ImageWorkers                  int
	HeaderTimeout, IdleTimeout, DrainTimeout time.Duration
	HeaderBytes                              int64
}

// Read reads the environment, given as os.Environ gives it. Names that begin
// with CAMPFIRE_ and mean nothing are returned as warnings, with an error too.
func Read(environ []string) (*Config, []string, error) {
	env := make(map[string]string, len(environ))
	for _, e := range environ {
		k, v, _ := strings.Cut(e, "=")
		env[k] = v
	}
	c := &Config{}
	all := options(c)
	warnings := unknown(env, all)
	for _, o := range all {
		value, from, err := lookup(env, o.Name)
		if err != nil {
			return nil, warnings, err
		}
		if value != "" && value != o.Default {
			c.Settings = append(c.Settings, o.Name+"="+value)
		}
		if from != o.Name {
			c.Files = append(c.Files, env[o.Name+"_FILE"])
		}
		if value == "" {
			value = o.Default
		}
		if err := o.set(value); err != nil {
			return nil, warnings, fmt.Errorf("%s is %q, but %w", from, value, err)
		}
	}
	if err := c.readVAPID(env); err != nil {
		return nil, warnings, err
	}
	for _, later := range [][2]string{{"DATABASE_URL", "PostgreSQL"}, {"REDIS_URL", "Redis"}} {
		if env[later[0]] != "" {
			return nil, warnings, fmt.Errorf("%s is set, but this version of Campfire can't use %s yet; unset it to run on the embedded database", later[0], later[1])
		}
	}
	return c, warnings, nil
}

// readVAPID reads the key pair of Web Push. Unlike other values it is not shown
// when it is wrong.
func (c *Config) readVAPID(env map[string]string) error {
	private, _, err := lookup(env, "VAPID_PRIVATE_KEY")
	if err != nil {
		return err
	}
	public, _, err := lookup(env, "VAPID_PUBLIC_KEY")
	switch {
	case err != nil:
		return err
	case private == "" && public == "":
		return nil
	case private == "":
		return fmt.Errorf("VAPID_PUBLIC_KEY is set, but VAPID_PRIVATE_KEY is not; set both, or neither and Campfire makes its own")
	}
	if c.VAPID, err = webpush.ParseKeys(public, private); err != nil {
		return fmt.Errorf("VAPID_PRIVATE_KEY %w; unset it and VAPID_PUBLIC_KEY, and Campfire makes its own", err)
	}
	return nil
}

// unknown warns of names that look like ours and mean nothing.
func unknown(env map[string]string, all []Option) (warnings []string) {
	known := make(map[string]bool)
	for _, o := range all {
		known[o.Name] = true
	}
	for name := range env {
		base := strings.TrimSuffix(name, "_FILE")
		if strings.HasPrefix(name, "CAMPFIRE_") && !known[name] && !known[base] && !slices.Contains(testNames, name) {
			warnings = append(warnings, fmt.Sprintf("%s is set but means nothing; did you mean %s?", name, nearest(name, known)))
		}
	}
	slices.Sort(warnings)
	return warnings
}

// testNames are read by tests, not by the program.
var testNames = []string{"CAMPFIRE_TESTDATA", "CAMPFIRE_REQUIRE", "CAMPFIRE_PROOF", "CAMPFIRE_PICTURES", "CAMPFIRE_PROFILES", "CAMPFIRE_PERF_DATA"}

// lookup returns NAME, or what the file named by NAME_FILE holds.
func lookup(env map[string]string, name string) (value, from string, err error) {
	file := env[name+"_FILE"]
	if file == "" || env[name] != "" {
		return env[name], name, nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return "", "", fmt.Errorf("%s_FILE names a file that can't be read: %w", name, err)
	}
	return strings.TrimRight(string(b), "\r\n"), "the file of " + name + "_FILE", nil
}

// nearest returns the known name that is most alike.
func nearest(name string, known map[string]bool) string {
	best, least := "", len(name)+1
	names := make([]string, 0, len(known))
	for k := range known {
		names = append(names, k)
	}
	slices.Sort(names)
	for _, k := range names {
		if d := distance(name, k); d < least {
			best, least = k, d
		}
	}
	return best
}

// distance is the edit distance of two names.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			diagonal, row[j] = row[j], min(row[j]+1, row[j-1]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}

// Option is one thing that can be set.
type Option struct {
	Name    string
	Default string
	Help    string
	set     func(string) error
}

// Options lists all there are, in the order in which help shows them.
func Options() []Option { return options(&Config{}) }

// isOff reports the word that lifts a limit.
func isOff(s string) bool { return s == "off" }

func text(p *string) func(string) error {
	return func(s string) error { *p = s; return nil }
}

// subject reads how push services reach the operator.
func subject(p *string) func(string) error {
	return func(s string) error {
		*p = s
		if s == "" {
			return nil
		}
		return webpush.CheckSubject(s)
	}
}

// secret is a value that is read elsewhere, so as not to be shown when wrong.
func secret(string) error { return nil }

func oneOf(p *string, words ...string) func(string) error {
	return func(s string) error {
		if !slices.Contains(words, s) {
			return fmt.Errorf("must be one of: %s", strings.Trim(strings.Join(words, ", "), ", "))
		}
		*p = s
		return nil
	}
}

func number[T ~int | ~int64](p *T, least int64) func(string) error {
	return func(s string) error {
		if isOff(s) {
			*p = 0
			return nil
		}
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n < least {
			return fmt.Errorf("must be a whole number from %d, or off", least)
		}
		*p = T(n)
		return nil
	}
}

// size reads bytes: 4096, 256KiB, 1MiB, 2GiB.
func size[T ~int | ~int64](p *T) func(string) error {
	return func(s string) error {
		if isOff(s) {
			*p = 0
			return nil
		}
		digits, factor := s, int64(1)
		for unit, f := range map[string]int64{"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30} {
			if d, ok := strings.CutSuffix(s, unit); ok {
				digits, factor = d, f
			}
		}
		n, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64)
		if err != nil || n < 0 || n > (1<<62)/factor {
			return fmt.Errorf("must be a size such as 4096, 256KiB or 1MiB, or off")
		}
		*p = T(n * factor)
		return nil
	}
}

func duration(p *time.Duration) func(string) error {
	return func(s string) error {
		if isOff(s) {
			*p = 0
			return nil
		}
		if days, ok := strings.CutSuffix(s, "d"); ok {
			if n, err := strconv.Atoi(days); err == nil && n >= 0 && n < 36500 {
				*p = time.Duration(n) * 24 * time.Hour
				return nil
			}
		}
		d, err := time.ParseDuration(s)
		if err != nil || d < 0 {
			return fmt.Errorf("must be a time such as 250ms, 10s or 30d, or off")
		}
		*p = d
		return nil
	}
}

// rate reads 5/s,20 (20 is the burst) or 10/3m (the burst is the number).
func rate(p *campfire.Rate) func(string) error {
	return func(s string) error {
		if isOff(s) {
			*p = campfire.Rate{}
			return nil
		}
		wrong := fmt.Errorf("must be a rate such as 5/s,20 or 10/3m, or off")
		amount, burst, hasBurst := strings.Cut(s, ",")
		events, per, ok := strings.Cut(amount, "/")
		if !ok || per == "" {
			return wrong
		}
		if per[0] < '0' || per[0] > '9' {
			per = "1" + per
		}
		n, err := strconv.Atoi(events)
		d, derr := time.ParseDuration(per)
		if err != nil || derr != nil || n < 1 || d <= 0 {
			return wrong
		}
		r := campfire.Rate{Events: n, Per: d, Burst: n}
		if hasBurst {
			if r.Burst, err = strconv.Atoi(burst); err != nil || r.Burst < 1 {
				return wrong
			}
		}
		*p = r
		return nil
	}
}

func prefixes(p *[]netip.Prefix) func(string) error {
	return func(s string) error {
		*p = nil
		for _, part := range splitList(s) {
			if a, err := netip.ParseAddr(part); err == nil {
				*p = append(*p, netip.PrefixFrom(a, a.BitLen()))
				continue
			}
			n, err := netip.ParsePrefix(part)
			if err != nil {
				return fmt.Errorf("must be a list of addresses or networks such as 10.0.0.0/8, 127.0.0.1")
			}
			*p = append(*p, n)
		}
		return nil
	}
}

func networks(p *[]outbound.Network) func(string) error {
	return func(s string) error {
		*p = nil
		for _, part := range splitList(s) {
			n, err := outbound.ParseNetwork(part)
			if err != nil {
				return fmt.Errorf("must be a list of networks such as 10.1.2.3 or 10.0.0.0/8:8080: %w", err)
			}
			*p = append(*p, n)
		}
		return nil
	}
}

func origins(p *[]string) func(string) error {
	return func(s string) error {
		*p = nil
		for _, part := range splitList(s) {
			u, err := url.Parse(part)
			if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || strings.Trim(u.Path, "/") != "" {
				return fmt.Errorf("must be a list of origins such as https://chat.example.org")
			}
			*p = append(*p, u.Scheme+"://"+strings.ToLower(u.Host))
		}
		return nil
	}
}

func publicURL(p **url.URL) func(string) error {
	return func(s string) error {
		if s == "" {
			*p = nil
			return nil
		}
		u, err := url.Parse(s)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" || u.Fragment != "" {
			return fmt.Errorf("must be an address such as https://chat.example.org or https://example.org/chat")
		}
		u.Path = strings.TrimRight(u.Path, "/")
		*p = u
		return nil
	}
}

func directory(p *string) func(string) error {
	return func(s string) (err error) {
		if *p, err = filepath.Abs(s); err != nil {
			return fmt.Errorf("must be a directory: %w", err)
		}
		return nil
	}
}

// address reads host:port; ok may also be "off".
func address(p *string, mayBeOff bool) func(string) error {
	return func(s string) error {
		if mayBeOff && isOff(s) {
			*p = ""
			return nil
		}
		host, port, ok := cutLast(s, ":")
		n, err := strconv.ParseUint(port, 10, 16)
		if !ok || err != nil || strings.ContainsAny(host, " /") {
			if mayBeOff {
				return fmt.Errorf("must be an address such as 127.0.0.1:9300, or off")
			}
			return fmt.Errorf("must be an address such as :3000 or 127.0.0.1:3000")
		}
		_ = n
		*p = s
		return nil
	}
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return "", "", false
	}
	return s[:i], s[i+1:], true
}

func splitList(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
}
