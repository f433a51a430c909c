package chat

import (
	"math"
	"net/netip"
	"sync"
	"time"

	"campfire"
)

// limiters are the rates that belong to people and addresses.
type limiters struct {
	login   limiter[loginKey]
	loginIP limiter[netip.Prefix]
	post    limiter[campfire.UserID]
	bot     limiter[campfire.UserID]
	search  limiter[campfire.UserID]
	unfurl  limiter[campfire.UserID]
	links   limiter[campfire.UserID]
	upload  limiter[campfire.UserID]
	tests   limiter[campfire.UserID] // of devices
}

// rateTests bounds the test pushes of one person: each is a request to a
// stranger's server.
var rateTests = campfire.Rate{Events: 10, Per: time.Minute, Burst: 10}

type loginKey struct {
	email string
	from  netip.Prefix
}

func (l *limiters) init(limits Limits) {
	l.login.rate = limits.RateLogin
	l.loginIP.rate = limits.RateLoginIP
	l.post.rate = limits.RatePost
	l.bot.rate = limits.RateBot
	l.search.rate = limits.RateSearch
	l.unfurl.rate = limits.RateUnfurl
	l.links.rate = limits.RateLinks
	l.upload.rate = limits.RateUpload
	l.tests.rate = rateTests
}

// network is what an address is counted as: IPv4 alone, IPv6 by its /64,
// which one subscriber holds whole.
func network(ip string) netip.Prefix {
	a, err := netip.ParseAddr(ip)
	if err != nil {
		return netip.Prefix{}
	}
	a = a.Unmap().WithZone("")
	bits := 32
	if a.Is6() {
		bits = 64
	}
	p, _ := a.Prefix(bits)
	return p
}

// maxBuckets bounds what a limiter remembers: a stranger can make keys at will.
const maxBuckets = 1 << 16

// limiter is a token bucket for each key. A bucket that is full again is
// forgotten, so memory follows the keys in use.
type limiter[K comparable] struct {
	rate campfire.Rate

	mu      sync.Mutex
	buckets map[K]bucket
	swept   campfire.Time
}

type bucket struct {
	tokens float64
	at     campfire.Time
}

// take asks for n tokens: it is granted while at least one is there, and may
// leave the bucket in debt, so that a batch passes whole and is paid for
// afterwards. Refused, it returns how long until one is there.
func (l *limiter[K]) take(key K, n int, now campfire.Time) (wait time.Duration, ok bool) {
	if l.rate.Unlimited() {
		return 0, true
	}
	perMicro := float64(l.rate.Events) / float64(l.rate.Per.Microseconds())
	full := float64(max(l.rate.Burst, 1))

	l.mu.Lock()
	defer l.mu.Unlock()
	b, known := l.buckets[key]
	if !known {
		l.makeRoom(now, perMicro, full)
		b = bucket{full, now}
	} else if now > b.at { // a clock set back neither fills nor drains
		b.tokens = min(full, b.tokens+float64(now-b.at)*perMicro)
		b.at = now
	} else {
		b.at = now
	}
	if b.tokens < 1 {
		l.buckets[key] = b
		return time.Duration(math.Ceil((1-b.tokens)/perMicro)) * time.Microsecond, false
	}
	b.tokens -= float64(n)
	l.buckets[key] = b
	return 0, true
}

// makeRoom forgets buckets that are full again, at most once a second, and
// when that is not enough, any: a forgotten debt is the smaller harm.
func (l *limiter[K]) makeRoom(now campfire.Time, perMicro, full float64) {
	if l.buckets == nil {
		l.buckets = make(map[K]bucket)
	}
	if len(l.buckets) >= maxBuckets || now > l.swept.Add(l.rate.Per) {
		if now > l.swept.Add(time.Second) || now < l.swept {
			l.swept = now
			for k, b := range l.buckets {
				if b.tokens+float64(now-b.at)*perMicro >= full {
					delete(l.buckets, k)
				}
			}
		}
	}
	if len(l.buckets) >= maxBuckets {
		for k := range l.buckets {
			delete(l.buckets, k)
			break
		}
	}
}

// limitPosts takes n tokens of what a may post.
func (s *Service) limitPosts(a campfire.Actor, n int) error {
	l := &s.limiters.post
	if a.Role == campfire.Bot {
		l = &s.limiters.bot
	}
	if wait, ok := l.take(a.ID, n, s.now()); !ok {
		return campfire.RateLimited(wait)
	}
	return nil
}

// limitLogin takes a token of what may be tried from c, for one mail address
// and for all together.
func (s *Service) limitLogin(email string, c Client) error {
	from, now := network(c.IP), s.now()
	if wait, ok := s.limiters.loginIP.take(from, 1, now); !ok {
		return campfire.RateLimited(wait)
	}
	if wait, ok := s.limiters.login.take(loginKey{email, from}, 1, now); !ok {
		return campfire.RateLimited(wait)
	}
	return nil
}
