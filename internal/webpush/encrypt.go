package webpush

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"net/url"
)

// Subscription is where one browser is reached, and how to encrypt for it.
type Subscription struct {
	Endpoint string
	key      *ecdh.PublicKey
	auth     []byte
}

// MaxEndpoint bounds the address of a subscription, in bytes. Real ones have
// some hundreds.
const MaxEndpoint = 2048

// Errors of a subscription that can't be used, by the part that is wrong.
var (
	ErrEndpoint = errors.New("must be an https address of at most 2,048 bytes")
	ErrKey      = errors.New("must be a public key of the curve P-256: 65 bytes in base64 for URLs")
	ErrAuth     = errors.New("must be 16 bytes in base64 for URLs")
)

// ParseSubscription reads what a browser gives: PushSubscription.toJSON().
// plain allows http to this machine, for tests.
func ParseSubscription(endpoint, key, auth string, plain bool) (*Subscription, error) {
	u, err := url.Parse(endpoint)
	if err != nil || len(endpoint) > MaxEndpoint || u.Host == "" || u.User != nil || u.Fragment != "" ||
		u.Scheme != "https" && !(plain && u.Scheme == "http") {
		return nil, ErrEndpoint
	}
	point, err := decode(key)
	if err != nil {
		return nil, ErrKey
	}
	public, err := ecdh.P256().NewPublicKey(point) // refuses points that are not on the curve
	if err != nil {
		return nil, ErrKey
	}
	secret, err := decode(auth)
	if err != nil || len(secret) != 16 {
		return nil, ErrAuth
	}
	return &Subscription{Endpoint: endpoint, key: public, auth: secret}, nil
}

// Sizes of RFC 8188 and RFC 8291.
const (
	maxBody    = 4096 // bytes that every push service must take (RFC 8030, section 7.2)
	saltSize   = 16   //
	pointSize  = 65   // an uncompressed point of P-256
	headerSize = saltSize + 4 + 1 + pointSize
	tagSize    = 16

	// MaxPayload is how many bytes fit into one push.
	MaxPayload = maxBody - headerSize - tagSize - 1
)

// encrypt makes the body of a push: one record of RFC 8188 under keys of RFC 8291.
func (s *Subscription) encrypt(payload []byte) ([]byte, error) {
	ours, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	salt := make([]byte, saltSize)
	rand.Read(salt) // never fails
	return s.encryptWith(payload, ours, salt)
}

func (s *Subscription) encryptWith(payload []byte, ours *ecdh.PrivateKey, salt []byte) ([]byte, error) {
	shared, err := ours.ECDH(s.key)
	if err != nil {
		return nil, err
	}
	key, nonce, err := deriveKeys(shared, s.auth, salt, s.key.Bytes(), ours.PublicKey().Bytes())
	if err != nil {
		return nil, err
	}
	body := make([]byte, 0, headerSize+len(payload)+1+tagSize)
	body = append(body, salt...)
	body = binary.BigEndian.AppendUint32(body, maxBody)
	body = append(body, pointSize)
	body = append(body, ours.PublicKey().Bytes()...)
	record := append(payload[:len(payload):len(payload)], 2) // the last record
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	seal, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	return seal.Seal(body, nonce, record, nil), nil
}

// deriveKeys derives the content key and nonce (RFC 8291, section 3.4).
func deriveKeys(shared, auth, salt, theirs, ours []byte) (key, nonce []byte, err error) {
	info := append(append([]byte("WebPush: info\x00"), theirs...), ours...)
	secret, err := hkdf.Key(sha256.New, shared, auth, string(info), 32)
	if err != nil {
		return nil, nil, err
	}
	if key, err = hkdf.Key(sha256.New, secret, salt, "Content-Encoding: aes128gcm\x00", 16); err != nil {
		return nil, nil, err
	}
	nonce, err = hkdf.Key(sha256.New, secret, salt, "Content-Encoding: nonce\x00", 12)
	return key, nonce, err
}
