// Package webpushtest is a push service for tests: over real HTTP or HTTPS it
// takes what a server sends, verifies who sent it and decrypts it, as the
// browser behind it would.
package webpushtest

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Service is one push service. Its methods may be called concurrently.
type Service struct {
	URL string

	t      testing.TB
	server *httptest.Server

	mu      sync.Mutex
	devices map[string]*Device // by the path of their endpoint
	arrived chan struct{}      // closed, and made anew, at every arrival
}

// Device is one browser with its subscription.
type Device struct {
	Endpoint, Key, Auth string // as PushSubscription.toJSON gives them

	service *Service
	private *ecdh.PrivateKey
	secret  []byte

	// Guarded by service.mu.
	got     []Received
	refused int
	answer  http.HandlerFunc // nil: 201
	times   int              // how often answer is left to be given; negative: always
}

// Received is one push, decrypted.
type Received struct {
	Plain   []byte
	Title   string
	Body    string
	Path    string // that a click leads to
	Tag     string
	Badge   int
	Urgency string
	Topic   string
	TTL     int
	Subject string
	At      time.Time
}

// New starts a push service on this machine; its endpoints are http.
func New(t testing.TB) *Service { return start(t, httptest.NewServer) }

// NewTLS starts one whose endpoints are https; Post trusts its certificate.
func NewTLS(t testing.TB) *Service { return start(t, httptest.NewTLSServer) }

func start(t testing.TB, listen func(http.Handler) *httptest.Server) *Service {
	s := &Service{t: t, devices: make(map[string]*Device), arrived: make(chan struct{})}
	s.server = listen(s)
	s.URL = s.server.URL
	t.Cleanup(func() {
		s.server.CloseClientConnections()
		s.server.Close()
	})
	return s
}

// Post reaches the service as webpush.Transport does strangers: for tests of
// what sends alone.
func (s *Service) Post(ctx context.Context, to string, header http.Header, body []byte) (int, http.Header, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return 0, nil, nil, err
	}
	req.Header = header
	resp, err := s.server.Client().Transport.RoundTrip(req)
	if err != nil {
		return 0, nil, nil, err
	}
	defer resp.Body.Close()
	said := make([]byte, 512)
	n, _ := io.ReadFull(resp.Body, said)
	return resp.StatusCode, resp.Header, said[:n], nil
}

// Device subscribes a new browser.
func (s *Service) Device() *Device {
	s.t.Helper()
	private, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		s.t.Fatal(err)
	}
	d := &Device{service: s, private: private, secret: make([]byte, 16)}
	rand.Read(d.secret)
	path := "/push/" + rand.Text()
	d.Endpoint, d.Key, d.Auth = s.URL+path, encode(private.PublicKey().Bytes()), encode(d.secret)
	s.mu.Lock()
	s.devices[path] = d
	s.mu.Unlock()
	return d
}

// JSON is the subscription as a browser posts it.
func (d *Device) JSON() map[string]any {
	return map[string]any{"endpoint": d.Endpoint, "expirationTime": nil, "keys": map[string]string{"p256dh": d.Key, "auth": d.Auth}}
}

// Answer makes the device's push service answer the next times pushes so, in
// place of taking them; negative: from now on.
func (d *Device) Answer(times int, h http.HandlerFunc) {
	d.service.mu.Lock()
	defer d.service.mu.Unlock()
	d.answer, d.times = h, times
}

// AnswerStatus is Answer with a status and, when not empty, a Retry-After.
func (d *Device) AnswerStatus(times, status int, retryAfter string) {
	d.Answer(times, func(w http.ResponseWriter, r *http.Request) {
		if retryAfter != "" {
			w.Header().Set("Retry-After", retryAfter)
		}
		http.Error(w, "no, says the push service", status)
	})
}

// Received returns what has come, oldest first.
func (d *Device) Received() []Received {
	d.service.mu.Lock()
	defer d.service.mu.Unlock()
	return slices.Clone(d.got)
}

// Refused returns how many pushes were answered by Answer.
func (d *Device) Refused() int {
	d.service.mu.Lock()
	defer d.service.mu.Unlock()
	return d.refused
}

// Wait waits until done holds of what has come, and returns that; it fails the
// test after limit.
func (d *Device) Wait(limit time.Duration, what string, done func([]Received) bool) []Received {
	d.service.t.Helper()
	over := time.After(limit)
	for {
		d.service.mu.Lock()
		arrived := d.service.arrived
		got := slices.Clone(d.got)
		d.service.mu.Unlock()
		if done(got) {
			return got
		}
		select {
		case <-arrived:
		case <-over:
			d.service.t.Fatalf("waited %v for %s; the device got %d: %+v", limit, what, len(got), got)
		}
	}
}

// WaitRefused waits until the push service has turned n pushes away.
func (d *Device) WaitRefused(limit time.Duration, n int) {
	d.service.t.Helper()
	d.Wait(limit, strconv.Itoa(n)+" pushes to be refused", func([]Received) bool { return d.Refused() >= n })
}

// ServeHTTP takes a push.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	d := s.devices[r.URL.Path]
	var answer http.HandlerFunc
	if d != nil && d.times != 0 {
		answer = d.answer
		d.times--
		d.refused++
	}
	if answer != nil {
		s.noteLocked()
	}
	s.mu.Unlock()
	if d == nil {
		http.Error(w, "no such subscription", http.StatusNotFound)
		return
	}
	if answer != nil {
		// The server notices that a client has gone once the body was read.
		_, _ = io.Copy(io.Discard, r.Body)
		answer(w, r)
		return
	}
	got, err := d.read(r)
	if err != nil {
		s.t.Errorf("a push that a push service would refuse: %v", err)
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	d.got = append(d.got, *got)
	s.noteLocked()
	s.mu.Unlock()
	w.Header().Set("Location", s.URL+"/message/"+rand.Text())
	w.WriteHeader(http.StatusCreated)
}

func (s *Service) noteLocked() {
	close(s.arrived)
	s.arrived = make(chan struct{})
}

// read verifies and decrypts one push.
func (d *Device) read(r *http.Request) (*Received, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if len(body) > 4096 {
		return nil, fmt.Errorf("a body of %d bytes", len(body))
	}
	got := &Received{At: time.Now(), Urgency: r.Header.Get("Urgency"), Topic: r.Header.Get("Topic")}
	if r.Method != http.MethodPost || r.Header.Get("Content-Encoding") != "aes128gcm" {
		return nil, fmt.Errorf("%s with Content-Encoding %q", r.Method, r.Header.Get("Content-Encoding"))
	}
	if got.TTL, err = strconv.Atoi(r.Header.Get("TTL")); err != nil {
		return nil, fmt.Errorf("TTL: %w", err)
	}
	if strings.Trim(got.Topic, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") != "" || len(got.Topic) > 32 {
		return nil, fmt.Errorf("topic %q", got.Topic)
	}
	if got.Subject, err = verify(r.Header.Get("Authorization"), d.service.URL); err != nil {
		return nil, err
	}
	if got.Plain, err = d.decrypt(body); err != nil {
		return nil, err
	}
	var in struct {
		WebPush      int `json:"web_push"`
		Notification struct {
			Title, Body, Navigate, Tag string
		}
		Badge int `json:"app_badge"`
	}
	if err := json.Unmarshal(got.Plain, &in); err != nil {
		return nil, err
	}
	u, err := url.Parse(in.Notification.Navigate)
	if err != nil || in.WebPush != 8030 || in.Notification.Title == "" || !u.IsAbs() {
		return nil, fmt.Errorf("no declarative notification: %s", got.Plain)
	}
	n := in.Notification
	got.Title, got.Body, got.Path, got.Tag, got.Badge = n.Title, n.Body, u.Path, n.Tag, in.Badge
	return got, nil
}

// decrypt undoes RFC 8291, from its own text rather than from the code under test.
func (d *Device) decrypt(body []byte) ([]byte, error) {
	if len(body) < 21+65+17 {
		return nil, errors.New("too short for a record")
	}
	salt, size, n := body[:16], binary.BigEndian.Uint32(body[16:20]), int(body[20])
	if n != 65 || size < 18 {
		return nil, fmt.Errorf("a key of %d bytes, records of %d", n, size)
	}
	theirs, sealed := body[21:86], body[86:]
	if len(sealed) > int(size) {
		return nil, errors.New("more than one record")
	}
	public, err := ecdh.P256().NewPublicKey(theirs)
	if err != nil {
		return nil, err
	}
	shared, err := d.private.ECDH(public)
	if err != nil {
		return nil, err
	}
	info := bytes.Join([][]byte{[]byte("WebPush: info\x00"), d.private.PublicKey().Bytes(), theirs}, nil)
	ikm, err := hkdf.Key(sha256.New, shared, d.secret, string(info), 32)
	if err != nil {
		return nil, err
	}
	prk, err := hkdf.Extract(sha256.New, ikm, salt)
	if err != nil {
		return nil, err
	}
	key, err := hkdf.Expand(sha256.New, prk, "Content-Encoding: aes128gcm\x00", 16)
	if err != nil {
		return nil, err
	}
	nonce, err := hkdf.Expand(sha256.New, prk, "Content-Encoding: nonce\x00", 12)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	open, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	record, err := open.Open(nil, nonce, sealed, nil)
	if err != nil {
		return nil, err
	}
	record = bytes.TrimRight(record, "\x00")
	if len(record) == 0 || record[len(record)-1] != 2 {
		return nil, errors.New("not the last record")
	}
	return record[:len(record)-1], nil
}

// verify holds an Authorization header against RFC 8292 and returns the subject.
func verify(header, audience string) (string, error) {
	parameters, ok := strings.CutPrefix(header, "vapid ")
	if !ok {
		return "", fmt.Errorf("authorization %q", header)
	}
	var token, key string
	for part := range strings.SplitSeq(parameters, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "t":
			token = value
		case "k":
			key = value
		}
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "", errors.New("the token is no JWT")
	}
	point, err := decode(key)
	if err != nil {
		return "", err
	}
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		return "", err
	}
	signature, err := decode(parts[2])
	if err != nil || len(signature) != 64 {
		return "", fmt.Errorf("a signature of %d bytes: %v", len(signature), err)
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
	if !ecdsa.Verify(public, sum[:], r, s) {
		return "", errors.New("the signature is wrong")
	}
	var head struct{ Alg, Typ string }
	var claims struct {
		Aud, Sub string
		Exp      int64
	}
	for i, v := range []any{&head, &claims} {
		b, err := decode(parts[i])
		if err != nil {
			return "", err
		}
		if err := json.Unmarshal(b, v); err != nil {
			return "", err
		}
	}
	left := time.Until(time.Unix(claims.Exp, 0))
	switch {
	case head.Alg != "ES256" || head.Typ != "JWT":
		return "", fmt.Errorf("a token of %+v", head)
	case claims.Aud != audience:
		return "", fmt.Errorf("a token for %q, this is %q", claims.Aud, audience)
	case left <= 0 || left > 24*time.Hour:
		return "", fmt.Errorf("a token that holds %v", left)
	case !strings.HasPrefix(claims.Sub, "mailto:") && !strings.HasPrefix(claims.Sub, "https:"):
		return "", fmt.Errorf("a token of %q", claims.Sub)
	}
	return claims.Sub, nil
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func decode(s string) ([]byte, error) { return base64.RawURLEncoding.DecodeString(s) }

// Verify holds a request's proof of its sender against RFC 8292.
func Verify(h http.Header, audience string) error {
	_, err := verify(h.Get("Authorization"), audience)
	return err
}
