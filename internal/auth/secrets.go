package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"log/slog"
	"strconv"
)

// Secret is a token that stands for a person. It prints as "redacted"; Reveal
// gives it to the one who may see it.
type Secret struct{ text string }

// NewSecret returns 256 random bits.
func NewSecret() Secret {
	b := make([]byte, 32)
	rand.Read(b)
	return Secret{base64.RawURLEncoding.EncodeToString(b)}
}

// Reveal returns the secret's text.
func (s Secret) Reveal() string { return s.text }

// Hash returns what is stored in place of the secret.
func (s Secret) Hash() [32]byte { return Hash(s.text) }

// String hides the secret.
func (s Secret) String() string { return "redacted" }

// LogValue hides the secret.
func (s Secret) LogValue() slog.Value { return slog.StringValue("redacted") }

// Hash returns the SHA-256 of a secret that a caller presents. The secrets
// hold 256 random bits, so no salt and no slow hash are needed.
func Hash(presented string) [32]byte { return sha256.Sum256([]byte(presented)) }

// NewBotKey returns a bot's key: its id, a dash, and about 140 random bits of
// letters and digits, which stand in a path as they are.
func NewBotKey(bot int64) Secret {
	key := append(strconv.AppendInt(nil, bot, 10), '-')
	for range 24 {
		key = append(key, codeAlphabet[uniform(len(codeAlphabet))])
	}
	return Secret{string(key)}
}

// signingPrefix begins a secret that signs webhooks, as Standard Webhooks says.
const signingPrefix = "whsec_"

// NewSigningSecret returns a secret that signs what is sent to a webhook:
// whsec_ and 256 random bits in base64.
func NewSigningSecret() Secret {
	b := make([]byte, 32)
	rand.Read(b)
	return Secret{signingPrefix + base64.StdEncoding.EncodeToString(b)}
}

const codeAlphabet = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"

// NewJoinCode returns three groups of four letters and digits without those
// that are easily confused: about 69 random bits.
func NewJoinCode() string {
	code := make([]byte, 0, 14)
	for i := range 12 {
		if i == 4 || i == 8 {
			code = append(code, '-')
		}
		code = append(code, codeAlphabet[uniform(len(codeAlphabet))])
	}
	return string(code)
}

// uniform returns a random number below n ≤ 256 without bias.
func uniform(n int) int {
	limit := 256 - 256%n
	var b [1]byte
	for {
		rand.Read(b[:])
		if int(b[0]) < limit {
			return int(b[0]) % n
		}
	}
}
