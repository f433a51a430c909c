package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"campfire"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"
)

// Cost is the work of one argon2id hash (RFC 9106).
type Cost struct {
	Memory  uint32 // KiB
	Time    uint32 // passes
	Threads uint8
}

// DefaultCost is OWASP's second recommendation: 19 MiB, two passes; two lanes
// so that a two-core machine answers sooner.
var DefaultCost = Cost{Memory: 19 << 10, Time: 2, Threads: 2}

// Passwords hashes and checks passwords, a bounded number at a time.
type Passwords struct {
	cost    Cost
	workers chan struct{} // one token per hash under way
	waiting chan struct{} // one token per hash under way or waiting
	decoy   string
}

// NewPasswords allows workers hashes at once and queue callers to wait for
// their turn; who comes after them gets CodeOverloaded.
func NewPasswords(c Cost, workers, queue int) *Passwords {
	p := &Passwords{
		cost:    c,
		workers: make(chan struct{}, workers),
		waiting: make(chan struct{}, workers+queue),
	}
	p.decoy = encode(c, make([]byte, saltLen), make([]byte, keyLen))
	return p
}

const (
	saltLen = 16
	keyLen  = 32
	// bcryptLen is all that bcrypt considers; imported hashes were made so.
	bcryptLen = 72
)

// Hash returns the argon2id hash of password in PHC string format.
func (p *Passwords) Hash(ctx context.Context, password string) (string, error) {
	done, err := p.turn(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	salt := make([]byte, saltLen)
	rand.Read(salt)
	return encode(p.cost, salt, derive(p.cost, salt, password)), nil
}

// Check reports whether password belongs to hash, and whether the hash should
// be made anew because it is bcrypt (an imported account's) or of another
// cost. An empty hash never matches and takes as long as one that exists, so
// that nobody learns from the time who has an account.
func (p *Passwords) Check(ctx context.Context, hash, password string) (ok, stale bool, err error) {
	done, err := p.turn(ctx)
	if err != nil {
		return false, false, err
	}
	defer done()
	if strings.HasPrefix(hash, "$2") {
		b := []byte(password)
		return bcrypt.CompareHashAndPassword([]byte(hash), b[:min(len(b), bcryptLen)]) == nil, true, nil
	}
	known := hash != ""
	if !known {
		hash = p.decoy
	}
	c, salt, want, err := decode(hash)
	if err != nil {
		return false, false, err
	}
	match := subtle.ConstantTimeCompare(derive(c, salt, password), want) == 1
	return match && known, c != p.cost, nil
}

// turn waits for one of the workers.
func (p *Passwords) turn(ctx context.Context) (done func(), err error) {
	select {
	case p.waiting <- struct{}{}:
	default:
		return nil, campfire.Overloaded("Too many people are signing in at this moment; try again shortly.")
	}
	select {
	case p.workers <- struct{}{}:
		return func() { <-p.workers; <-p.waiting }, nil
	case <-ctx.Done():
		<-p.waiting
		return nil, ctx.Err()
	}
}

func derive(c Cost, salt []byte, password string) []byte {
	return argon2.IDKey([]byte(password), salt, c.Time, c.Memory, c.Threads, keyLen)
}

func encode(c Cost, salt, key []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		c.Memory, c.Time, c.Threads, b64.EncodeToString(salt), b64.EncodeToString(key))
}

func decode(hash string) (c Cost, salt, key []byte, err error) {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return c, nil, nil, fmt.Errorf("stored password hash has an unknown form")
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.Memory, &c.Time, &c.Threads); err != nil {
		return c, nil, nil, fmt.Errorf("stored password hash: %w", err)
	}
	if salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil {
		return c, nil, nil, fmt.Errorf("stored password hash: %w", err)
	}
	if key, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil {
		return c, nil, nil, fmt.Errorf("stored password hash: %w", err)
	}
	return c, salt, key, nil
}
