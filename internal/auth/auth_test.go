package auth

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"

	"campfire"

	"golang.org/x/crypto/bcrypt"
)

var cheap = Cost{Memory: 64, Time: 1, Threads: 1}

func TestPasswordMatchesItsHashAlone(t *testing.T) {
	p := NewPasswords(cheap, 2, 4)
	hash, err := p.Hash(t.Context(), "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=64,t=1,p=1$") {
		t.Errorf("hash = %q, want a PHC string with its cost", hash)
	}
	for _, c := range []struct {
		hash, password string
		want           bool
	}{
		{hash, "correct horse", true},
		{hash, "correct horsE", false},
		{hash, "", false},
		{"", "", false},
		{"", "correct horse", false},
	} {
		ok, stale, err := p.Check(t.Context(), c.hash, c.password)
		if err != nil || ok != c.want || stale {
			t.Errorf("Check(%q, %q) = %v, %v, %v; want %v, false, nil", c.hash, c.password, ok, stale, err, c.want)
		}
	}
}

func TestHashOfAnotherCostIsStale(t *testing.T) {
	hash, err := NewPasswords(Cost{Memory: 128, Time: 1, Threads: 1}, 1, 0).Hash(t.Context(), "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	ok, stale, err := NewPasswords(cheap, 1, 0).Check(t.Context(), hash, "correct horse")
	if !ok || !stale || err != nil {
		t.Errorf("Check = %v, %v, %v; want true, true, nil", ok, stale, err)
	}
}

func TestImportedBcryptIsTakenAndStale(t *testing.T) {
	long := strings.Repeat("long password ", 10) // bcrypt considers 72 bytes
	hash, err := bcrypt.GenerateFromPassword([]byte(long[:72]), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	p := NewPasswords(cheap, 1, 0)
	if ok, stale, err := p.Check(t.Context(), string(hash), long); !ok || !stale || err != nil {
		t.Errorf("Check = %v, %v, %v; want true, true, nil", ok, stale, err)
	}
	if ok, _, _ := p.Check(t.Context(), string(hash), "another"); ok {
		t.Error("another password was taken")
	}
}

func TestUnknownHashFormIsAnError(t *testing.T) {
	p := NewPasswords(cheap, 1, 0)
	for _, hash := range []string{"plain", "$argon2id$v=19$m=1$x", "$argon2i$v=19$m=64,t=1,p=1$AAAA$AAAA", "$argon2id$v=19$m=64,t=1,p=1$!$AAAA"} {
		if ok, _, err := p.Check(t.Context(), hash, "x"); ok || err == nil {
			t.Errorf("Check(%q) = %v, %v; want an error", hash, ok, err)
		}
	}
}

func TestHashesBeyondTheQueueAreRefused(t *testing.T) {
	p := NewPasswords(cheap, 1, 1)
	p.waiting <- struct{}{}
	p.waiting <- struct{}{} // one under way, one waiting
	_, err := p.Hash(t.Context(), "x")
	if campfire.CodeOf(err) != campfire.CodeOverloaded {
		t.Errorf("third at once: %v, want overloaded", err)
	}
	<-p.waiting
	p.workers <- struct{}{}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Hash(ctx, "x"); err != context.Canceled {
		t.Errorf("waiter whose caller left: %v, want context.Canceled", err)
	}
	if len(p.waiting) != 1 {
		t.Errorf("%d places taken after the waiter left, want 1", len(p.waiting))
	}
}

func TestSecretsAreLongDistinctAndHidden(t *testing.T) {
	a, b := NewSecret(), NewSecret()
	if a == b || len(a.Reveal()) != 43 {
		t.Fatalf("secrets %q and %q", a.Reveal(), b.Reveal())
	}
	if a.Hash() != Hash(a.Reveal()) {
		t.Error("Hash of the text differs from the secret's")
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("signed in", "secret", a)
	if out := log.String() + fmt.Sprint(a); strings.Contains(out, a.Reveal()) {
		t.Errorf("secret was printed: %s", out)
	}
}

func TestJoinCodeForm(t *testing.T) {
	form := regexp.MustCompile(`^[A-Za-z2-9]{4}-[A-Za-z2-9]{4}-[A-Za-z2-9]{4}$`)
	seen := map[string]bool{}
	for range 200 {
		code := NewJoinCode()
		if !form.MatchString(code) || strings.ContainsAny(code, "0O1lI") || seen[code] {
			t.Fatalf("join code %q", code)
		}
		seen[code] = true
	}
}
