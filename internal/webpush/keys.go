package webpush

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/mail"
	"net/url"
	"strings"
	"time"
)

// Keys are the installation's key pair (VAPID). Browsers subscribe with the
// public one, and a push service takes messages for them from whoever proves to
// have the private one.
type Keys struct {
	private *ecdsa.PrivateKey
	public  string
}

// tokenLife is how long one proof holds; RFC 8292 allows 24 hours, and clocks
// are wrong.
const tokenLife = 12 * time.Hour

// NewKeys makes a key pair.
func NewKeys() (*Keys, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	return keysOf(private)
}

// ParseKeys reads a key pair as ONCE and most tools write it: the public key as
// an uncompressed point (65 bytes), the private one as a scalar (32 bytes), both
// in base64 for URLs. An empty public key is derived. Errors are the end of a
// sentence that begins with the names of the settings.
func ParseKeys(public, private string) (*Keys, error) {
	scalar, err := decode(private)
	if err != nil || len(scalar) != 32 {
		return nil, errors.New("must be 32 bytes in base64 for URLs, 43 characters")
	}
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar)
	if err != nil {
		return nil, errors.New("is no private key of the curve P-256")
	}
	k, err := keysOf(key)
	if err != nil {
		return nil, err
	}
	if public != "" {
		given, err := decode(public)
		if err != nil || len(given) != 65 {
			return nil, errors.New("has a public key that is not 65 bytes in base64 for URLs, 87 characters")
		}
		if encode(given) != k.public {
			return nil, errors.New("belongs to another public key: the two must be one pair")
		}
	}
	return k, nil
}

func keysOf(private *ecdsa.PrivateKey) (*Keys, error) {
	point, err := private.PublicKey.Bytes()
	if err != nil {
		return nil, err
	}
	return &Keys{private: private, public: encode(point)}, nil
}

// Public returns the public key as a browser takes it: an uncompressed point in
// base64 for URLs.
func (k *Keys) Public() string { return k.public }

// RevealPrivate returns the private key in the form that ParseKeys reads, to be
// kept.
func (k *Keys) RevealPrivate() (string, error) {
	scalar, err := k.private.Bytes()
	if err != nil {
		return "", err
	}
	return encode(scalar), nil
}

// LogValue keeps the private key out of logs.
func (k *Keys) LogValue() slog.Value { return slog.StringValue(k.public) }

// CheckSubject reports why s can't tell a push service whom to turn to: Apple's
// refuses every message whose contact it doesn't like. The error is the end of a
// sentence.
func CheckSubject(s string) error {
	wrong := errors.New("must be an address such as mailto:you@example.org or https://example.org, by which the push services can reach you")
	u, err := url.Parse(s)
	if err != nil || strings.ContainsAny(s, " <>\"") {
		return wrong
	}
	switch u.Scheme {
	case "mailto":
		address, err := mail.ParseAddress(u.Opaque)
		if err != nil || address.Address != u.Opaque {
			return wrong
		}
		_, host, _ := strings.Cut(address.Address, "@")
		return realHost(host)
	case "https":
		if u.Host == "" || u.User != nil {
			return wrong
		}
		return realHost(u.Hostname())
	}
	return wrong
}

// realHost refuses the names that mean this machine.
func realHost(host string) error {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") || !strings.Contains(host, ".") {
		return errors.New("must name a host that others can reach: push services refuse localhost")
	}
	return nil
}

// token is the signed proof for one push service (RFC 8292, section 2).
func (k *Keys) token(audience, subject string, now time.Time) (string, error) {
	claims, err := json.Marshal(struct {
		Audience string `json:"aud"`
		Expires  int64  `json:"exp"`
		Subject  string `json:"sub"`
	}{audience, now.Add(tokenLife).Unix(), subject})
	if err != nil {
		return "", err
	}
	signed := encode([]byte(`{"typ":"JWT","alg":"ES256"}`)) + "." + encode(claims)
	sum := sha256.Sum256([]byte(signed))
	r, s, err := ecdsa.Sign(rand.Reader, k.private, sum[:])
	if err != nil {
		return "", fmt.Errorf("sign for %s: %w", audience, err)
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return signed + "." + encode(signature), nil
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// decode reads base64 in either alphabet, padded or not: browsers, tools and
// people write all of them.
func decode(s string) ([]byte, error) {
	s = strings.TrimRight(s, "=")
	s = strings.NewReplacer("+", "-", "/", "_").Replace(s)
	return base64.RawURLEncoding.DecodeString(s)
}
