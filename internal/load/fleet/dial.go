package fleet

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gobwas/ws"
)

// Refused is a handshake that was answered with another status than 101.
type Refused struct {
	Status     int
	RetryAfter time.Duration // zero: not said
	Detail     string        // what the server wrote, shortened
}

func (e *Refused) Error() string {
	return fmt.Sprintf("the WebSocket was refused with %d: %s", e.Status, e.Detail)
}

// passes tells a refusal that is worth another try: the server's own, or that
// of a proxy whose server is away.
func (e *Refused) passes() bool {
	switch e.Status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

const (
	// dialTimeout bounds the connection and its handshake, subscribeTimeout
	// the answer to the subscription.
	dialTimeout      = 20 * time.Second
	subscribeTimeout = 30 * time.Second
	// comebacks is how many sockets that were cut are opened at once.
	comebacks = 16
	// maxTries bounds how often a refused socket is tried.
	maxTries = 100
)

// surely opens a socket, again as long as the failure is one that passes.
func (f *Fleet) surely(ctx context.Context, s *socket, refused func(error)) (time.Duration, error) {
	for try := 1; ; try++ {
		began := time.Now()
		err := f.open(ctx, s)
		if err == nil {
			return time.Since(began), nil
		}
		r, ok := errors.AsType[*Refused](err)
		if !ok || !r.passes() || try == maxTries || ctx.Err() != nil {
			return 0, err
		}
		if refused != nil {
			refused(err)
		}
		wait := rand.N(min(50*time.Millisecond<<min(try, 6), 2*time.Second))
		if r.RetryAfter > 0 {
			wait = min(r.RetryAfter, time.Minute) + rand.N(250*time.Millisecond)
		}
		if !sleep(ctx, wait) {
			return 0, ctx.Err()
		}
	}
}

func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// comeBack opens sockets that were cut, until the fleet closes.
func (f *Fleet) comeBack() {
	for {
		select {
		case s := <-f.again:
			if ms := f.retry.Load(); ms > 0 && !sleep(f.ctx, time.Duration(ms)*time.Millisecond) {
				return
			}
			for try := 0; f.ctx.Err() == nil; try++ {
				_, err := f.surely(f.ctx, s, nil)
				if err == nil {
					f.retry.Store(0)
					break
				}
				if r, ok := errors.AsType[*Refused](err); ok && !r.passes() || try == maxTries {
					f.fault(s, "it can't come back: %v", err)
					break
				}
				sleep(f.ctx, rand.N(min(100*time.Millisecond<<min(try, 5), 3*time.Second)))
			}
		case <-f.ctx.Done():
			return
		}
	}
}

// open dials, subscribes and returns when the socket is live.
func (f *Fleet) open(ctx context.Context, s *socket) error {
	nc, early, err := f.dial(ctx, s)
	if err != nil {
		return err
	}
	told := make(chan error, 1)
	s.heard.Store(int64(time.Since(f.o.Began)))
	subscribe := s.subscribe()
	if err := f.readers[s.index%len(f.readers)].take(s, nc, early, told, subscribe); err != nil {
		return err
	}
	timer := time.NewTimer(subscribeTimeout)
	defer timer.Stop()
	select {
	case err = <-told:
	case <-timer.C:
		err = fmt.Errorf("the subscription was not answered within %s", subscribeTimeout)
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		s.cut()
		<-s.gone // the reader has let go of it: the next try may begin
	}
	return err
}

func (f *Fleet) dial(ctx context.Context, s *socket) (nc net.Conn, early []byte, err error) {
	u, err := url.Parse(strings.TrimRight(f.o.URL, "/") + "/ws")
	if err != nil {
		return nil, nil, err
	}
	u.Scheme = strings.Replace(u.Scheme, "http", "ws", 1)
	var refused *Refused
	d := ws.Dialer{
		Timeout: dialTimeout, Protocols: []string{"campfire.v1"}, NetDial: f.from(s.index),
		Header: ws.HandshakeHeaderHTTP(http.Header{"Authorization": {"Bearer " + s.seat.Token}, "User-Agent": {"campfire-load"}}),
		OnStatusError: func(status int, _ []byte, resp io.Reader) {
			refused = &Refused{Status: status}
			if r, err := http.ReadResponse(bufio.NewReader(resp), nil); err == nil {
				b, _ := io.ReadAll(io.LimitReader(r.Body, 300)) // for a person to read
				refused.Detail = strings.TrimSpace(string(b))
				if n, err := strconv.Atoi(r.Header.Get("Retry-After")); err == nil && n > 0 {
					refused.RetryAfter = time.Duration(min(n, 3600)) * time.Second
				}
			}
		},
	}
	nc, br, _, err := d.Dial(ctx, u.String())
	if err != nil {
		if refused != nil {
			return nil, nil, refused
		}
		return nil, nil, err
	}
	if br != nil {
		// What came with the handshake's answer is read first.
		early = make([]byte, br.Buffered())
		_, err = io.ReadFull(br, early)
		ws.PutReader(br)
		if err != nil {
			nc.Close()
			return nil, nil, err
		}
	}
	return nc, early, nil
}

// from returns how to connect from the address that is a socket's turn.
func (f *Fleet) from(index int) func(ctx context.Context, network, addr string) (net.Conn, error) {
	d := &net.Dialer{KeepAlive: -1} // the contract's own pings do that
	if n := len(f.o.Sources); n > 0 {
		d.LocalAddr = &net.TCPAddr{IP: f.o.Sources[index%n].AsSlice()}
	}
	return d.DialContext
}
