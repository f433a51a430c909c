package perf

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"campfire/client"

	"github.com/gobwas/ws"
)

// BenchmarkRestart is goal 9: so many sockets of 500 people in ten rooms, to
// which 20 messages a second are posted. The server is stopped by SIGTERM and
// started again at once. Every socket waits for as long as it was told, or as
// the contract says where it was told nothing; it subscribes with its last
// number and counts as back when the replay is complete. Times count from the
// new process being ready.
func BenchmarkRestart(b *testing.B) {
	size, people := 10_000, 500
	if testing.Short() {
		size, people = 1000, 50
	}
	b.Run(strconv.Itoa(size), func(b *testing.B) {
		for b.Loop() {
			restart(b, size, people)
		}
	})
}

func restart(b *testing.B, size, people int) {
	dir, addr, metrics := b.TempDir(), freeAddr(b), freeAddr(b)
	begin := func() (*server, time.Duration) {
		s, took := start(b, dir, "CAMPFIRE_ADDR="+addr, "CAMPFIRE_MAX_IP_SOCKETS=off", "CAMPFIRE_MAX_USER_SOCKETS=off", "CAMPFIRE_METRICS_ADDR="+metrics)
		s.url, s.metrics = "http://"+addr, metrics
		return s, took
	}
	s, _ := begin()
	c := s.people(b, people, 10)
	r := newReturners(addr, size, c)
	defer r.close()
	r.connect(b)

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	posting, stopPosting := make(chan error, 1), make(chan struct{})
	go func() { posting <- steadily(ctx, stopPosting, s.url, c) }()
	time.Sleep(time.Second) // of ordinary service

	stopped := time.Now()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		b.Fatal(err)
	}
	if err := s.cmd.Wait(); err != nil {
		b.Fatal(err)
	}
	drained := time.Since(stopped)
	s, ready := begin()
	from := time.Now()
	b.Logf("stopped in %s: %v", drained, r.reasons())
	s.profile(b)
	back := r.returned(b, from)
	b.Logf("after the restart: %v", r.reasons())
	close(stopPosting)
	if err := <-posting; err != nil {
		b.Fatal(err)
	}
	lost := r.missed(b, s, c)
	if lost > 0 {
		b.Fatalf("%d events were lost, repeated or out of order: %v", lost, r.faults)
	}
	slices.Sort(back)
	at := func(q float64) float64 { return back[int(q*float64(len(back)-1))].Seconds() }
	b.ReportMetric(drained.Seconds(), "drain-s")
	b.ReportMetric(float64(ready.Milliseconds()), "ready-ms")
	b.ReportMetric(at(.5), "back-p50-s")
	b.ReportMetric(at(.99), "back-p99-s")
	b.ReportMetric(at(1), "back-all-s")
	b.ReportMetric(float64(r.replayed.Load())/float64(size), "replayed/socket")
	b.ReportMetric(float64(r.tries.Load())/float64(size), "tries/socket")
	b.ReportMetric(float64(lost), "lost")
	b.ReportMetric(s.memory(b, "VmHWM"), "rss-MiB")
	s.stop()
}

// steadily posts 20 messages a second, to one room after the other, until it
// is told to stop. While there is no server a post is repeated.
func steadily(ctx context.Context, stop <-chan struct{}, url string, c crowd) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for i := 0; ; i++ {
		select {
		case <-tick.C:
		case <-stop:
			return nil
		}
		p := client.New(url, c.Tokens[i%len(c.Tokens)])
		if _, err := p.PostSurely(ctx, c.Rooms[i%len(c.Rooms)], client.Draft{Body: text(i), ClientMessageID: fmt.Sprint("steady-", i)}); err != nil {
			return err
		}
	}
}

// returners are sockets that come back one by one, each when it was asked to.
// A fleet's come back a few at a time, which would measure the fleet.
type returners struct {
	addr    string
	all     []*returner
	wg      sync.WaitGroup
	closing chan struct{}

	live, tries, replayed atomic.Int64
	changed               chan struct{} // holds one: live has changed

	mu     sync.Mutex // guards what follows
	faults []string
	wrong  int64
	known  map[string]*heard // frames that were read before
	ends   map[string]int    // of connections, and of tries to make one, by what ended them
}

// returner is one socket; all but live is its goroutine's.
type returner struct {
	token string
	room  int64
	begun bool
	last  atomic.Int64
	back  atomic.Int64 // when it was live last, in nanoseconds since epoch
	doing atomic.Pointer[string]
	conn  atomic.Pointer[net.TCPConn]
}

// heard is what a frame of the server says.
type heard struct {
	Type    string  `json:"type"`
	Seq     int64   `json:"seq"`
	RetryMS int64   `json:"retry_ms"`
	Inside  []heard `json:"messages"`
	Detail  string  `json:"detail"`
}

func newReturners(addr string, size int, c crowd) *returners {
	r := &returners{addr: addr, closing: make(chan struct{}), changed: make(chan struct{}, 1), known: make(map[string]*heard), ends: make(map[string]int)}
	for i := range size {
		r.all = append(r.all, &returner{token: c.Tokens[i%len(c.Tokens)], room: c.Rooms[i/len(c.Tokens)%len(c.Rooms)]})
	}
	return r
}

func (r *returners) close() {
	close(r.closing)
	for _, s := range r.all {
		if c := s.conn.Load(); c != nil {
			c.Close()
		}
	}
	r.wg.Wait()
}

// connect opens them all, 32 at a time, and waits until they are live.
func (r *returners) connect(b *testing.B) {
	b.Helper()
	turn := make(chan struct{}, 32)
	for _, s := range r.all {
		turn <- struct{}{}
		r.wg.Go(func() { r.stay(s, sync.OnceFunc(func() { <-turn })) })
	}
	r.await(b, time.Minute)
	r.tries.Store(0)
}

// await waits until all are live.
func (r *returners) await(b *testing.B, most time.Duration) {
	b.Helper()
	late := time.After(most)
	for r.live.Load() < int64(len(r.all)) {
		select {
		case <-r.changed:
		case <-late:
			r.mu.Lock()
			defer r.mu.Unlock()
			doing := make(map[string]int)
			for _, s := range r.all {
				doing[*s.doing.Load()]++
			}
			b.Fatalf("%d of %d sockets are live: %v; all are %v", r.live.Load(), len(r.all), r.faults, doing)
		}
	}
}

// returned waits until all are back, and says when each was.
func (r *returners) returned(b *testing.B, from time.Time) (took []time.Duration) {
	b.Helper()
	r.await(b, 2*time.Minute)
	for _, s := range r.all {
		took = append(took, epoch.Add(time.Duration(s.back.Load())).Sub(from))
	}
	return took
}

// missed waits for the last number of each room and counts what any socket did
// not have, had twice or had out of order.
func (r *returners) missed(b *testing.B, s *server, c crowd) int64 {
	b.Helper()
	rooms, err := client.New(s.url, c.Tokens[0]).Rooms(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	last := make(map[int64]int64)
	for _, room := range rooms {
		last[room.ID] = room.Seq
	}
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if !slices.ContainsFunc(r.all, func(s *returner) bool { return s.last.Load() < last[s.room] }) {
			break
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	lost := r.wrong
	for _, s := range r.all {
		lost += max(0, last[s.room]-s.last.Load())
	}
	return lost
}

func (r *returners) fault(s *returner, events int64, format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wrong += events
	if len(r.faults) < 20 {
		r.faults = append(r.faults, fmt.Sprintf("room %d: ", s.room)+fmt.Sprintf(format, args...))
	}
}

// stay is one socket's life. first is called when it is live for the first
// time, or could not be.
func (r *returners) stay(s *returner, first func()) {
	defer first()
	for failures := 0; ; failures++ {
		r.tries.Add(1)
		welcomed, hint, err := r.session(s, first)
		if welcomed {
			failures = 0
			r.live.Add(-1)
		}
		select {
		case <-r.closing:
			return
		default:
		}
		if !welcomed && !errors.Is(err, syscall.ECONNREFUSED) && !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, io.EOF) && hint == 0 {
			r.fault(s, 0, "%v", err)
		}
		r.ended(s, err)
		wait := hint
		if wait == 0 {
			wait = rand.N(min(30*time.Second, time.Second<<min(failures, 10)))
		}
		select {
		case <-time.After(wait):
		case <-r.closing:
			return
		}
	}
}

// port is where a connection came from, which would make each error another.
var port = regexp.MustCompile(`127\.0\.0\.1:\d+->`)

// ended counts the end of a connection.
func (r *returners) ended(s *returner, err error) {
	why := port.ReplaceAllString(err.Error(), "")
	s.is("waiting after " + why)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ends[why]++
}

// reasons returns what ended connections since it was asked last.
func (r *returners) reasons() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	ends := r.ends
	r.ends = make(map[string]int)
	return ends
}

// is notes what a socket does, for whoever waits in vain.
func (s *returner) is(doing string) { s.doing.Store(&doing) }

// session is one connection, until it ends.
func (r *returners) session(s *returner, live func()) (welcomed bool, hint time.Duration, err error) {
	s.is("connecting")
	nc, err := net.Dial("tcp", r.addr)
	if err != nil {
		return false, 0, err
	}
	defer nc.Close()
	s.is("shaking hands")
	s.conn.Store(nc.(*net.TCPConn))
	select {
	case <-r.closing: // it may have looked before there was a connection
		return false, 0, net.ErrClosed
	default:
	}
	if _, err := fmt.Fprintf(nc, "GET /ws HTTP/1.1\r\nHost: campfire\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: campfire.v1\r\nAuthorization: Bearer %s\r\n\r\n", s.token); err != nil {
		return false, 0, err
	}
	in := bufio.NewReaderSize(nc, 1024)
	resp, err := http.ReadResponse(in, nil)
	if err != nil {
		return false, 0, fmt.Errorf("shaking hands: %w", err)
	}
	if resp.StatusCode != http.StatusSwitchingProtocols {
		after, _ := strconv.Atoi(resp.Header.Get("Retry-After"))
		if after > 0 {
			// Those who were refused together shall not come back together.
			hint = time.Duration(after)*time.Second + rand.N(time.Second)
		}
		return false, hint, fmt.Errorf("the handshake was answered %s", resp.Status)
	}
	subscribe := fmt.Sprintf(`{"type":"subscribe","rooms":[{"id":%d,"join":true}]}`, s.room)
	resuming := s.begun
	if resuming {
		subscribe = fmt.Sprintf(`{"type":"subscribe","rooms":[{"id":%d,"since":%d}]}`, s.room, s.last.Load())
	}
	if _, err := nc.Write(ws.MustCompileFrame(ws.MaskFrame(ws.NewTextFrame([]byte(subscribe))))); err != nil {
		return false, 0, err
	}
	s.is("subscribing")
	var payload []byte
	for {
		h, err := ws.ReadHeader(in)
		if err != nil {
			return welcomed, hint, fmt.Errorf("live %t: %w", welcomed, err)
		}
		payload = slices.Grow(payload[:0], int(h.Length))[:h.Length]
		if _, err := io.ReadFull(in, payload); err != nil {
			return welcomed, hint, err
		}
		switch h.OpCode {
		case ws.OpPing:
			nc.Write(ws.MustCompileFrame(ws.MaskFrame(ws.NewPongFrame(payload)))) // an error shows in the next read
			continue
		case ws.OpClose:
			nc.Write(ws.MustCompileFrame(ws.MaskFrame(ws.NewCloseFrame(payload))))
			code, reason := ws.ParseCloseFrameData(payload)
			return welcomed, hint, fmt.Errorf("%w: closed with %d %s", io.EOF, code, reason)
		}
		f, err := r.read(payload)
		if err != nil {
			return welcomed, hint, err
		}
		switch f.Type {
		case "subscribed":
			switch {
			case !s.begun:
				s.begun = true
				s.last.Store(f.Seq)
			case f.Seq != s.last.Load():
				r.fault(s, 1, "the replay ended at %d and was said to be complete up to %d", s.last.Load(), f.Seq)
			}
			s.back.Store(int64(time.Since(epoch)))
			s.is("live")
			resuming, welcomed = false, true
			r.live.Add(1)
			select {
			case r.changed <- struct{}{}:
			default:
			}
			live()
		case "going_away":
			hint = time.Duration(f.RetryMS) * time.Millisecond
		case "resync", "error":
			r.fault(s, 1, "the server answered %s: %s", f.Type, f.Detail)
			return welcomed, hint, errors.New(f.Type)
		case "batch":
			for i := range f.Inside {
				r.follow(s, &f.Inside[i], resuming)
			}
		case "message_created":
			r.follow(s, f, resuming)
		}
	}
}

// follow holds an event's number against the last.
func (r *returners) follow(s *returner, f *heard, replayed bool) {
	if replayed {
		r.replayed.Add(1)
	}
	if last := s.last.Load(); f.Seq != last+1 {
		r.fault(s, max(1, f.Seq-last-1), "number %d came after %d", f.Seq, last)
	}
	s.last.Store(f.Seq)
}

// read reads a frame; one that others got as well is read once.
func (r *returners) read(b []byte) (*heard, error) {
	r.mu.Lock()
	f, ok := r.known[string(b)]
	r.mu.Unlock()
	if ok {
		return f, nil
	}
	f = &heard{}
	if err := json.Unmarshal(b, f); err != nil {
		return nil, err
	}
	switch f.Type {
	case "message_created", "batch", "subscribed":
		r.mu.Lock()
		if len(r.known) >= 1000 {
			clear(r.known)
		}
		r.known[string(b)] = f
		r.mu.Unlock()
	}
	return f, nil
}

// overloadFor is how long more is offered than can be served.
const overloadFor = 20 * time.Second

// BenchmarkOverload is goal 10: the highest rate that 64 people reach who each
// post again once they are answered, then four times as much on a schedule
// that waits for nobody. The generator shares the machine with the server:
// what it took of it is printed. Afterwards every acknowledged post is looked
// up, and a paced probe says when the server is itself again.
func BenchmarkOverload(b *testing.B) {
	for b.Loop() {
		overload(b)
	}
}

func overload(b *testing.B) {
	span := overloadFor
	if testing.Short() {
		span /= 10
	}
	metrics := freeAddr(b)
	s, _ := start(b, b.TempDir(), "CAMPFIRE_METRICS_ADDR="+metrics)
	s.metrics = metrics
	c := s.people(b, 200, 20)
	o := newOffer(b, s, c, 1536)
	defer o.close()

	o.connect(b, 64)
	o.closedLoop(64, span/10) // until it is warm
	o.tally.reset()
	began, server := time.Now(), cpuOf(b, s.cmd.Process.Pid)
	o.closedLoop(64, span/2)
	peak := float64(o.tally.acked.Load()) / time.Since(began).Seconds()
	perPost := (cpuOf(b, s.cmd.Process.Pid) - server).Seconds() / float64(o.tally.acked.Load())
	o.tally.report(b, "at its peak")

	quiet := o.probe(b, max(span/4, 3*time.Second))
	usual := worst(quiet)
	o.tally.reset()
	o.connect(b, len(o.lines))

	server = cpuOf(b, s.cmd.Process.Pid)
	generator := cpuOf(b, os.Getpid())
	s.profile(b)
	began = time.Now()
	o.openLoop(4*peak, span)
	wall := time.Since(began)
	server, generator = cpuOf(b, s.cmd.Process.Pid)-server, cpuOf(b, os.Getpid())-generator
	acked, refused, sent := o.tally.acked.Load(), o.tally.refused.Load(), o.tally.sent.Load()
	o.tally.report(b, "overloaded")
	took := slices.Sorted(slices.Values(o.tally.took))

	recovery := recovered(b, o.probe(b, max(span/2, 8*time.Second)), usual)
	rss := s.memory(b, "VmHWM")
	wrong := o.tally.wrong.Load()
	lost, twice := o.verify(b, s, c)

	goodput := float64(acked) / wall.Seconds()
	b.ReportMetric(peak, "peak/s")
	b.ReportMetric(float64(sent)/wall.Seconds()/peak, "offered-×")
	b.ReportMetric(goodput, "goodput/s")
	b.ReportMetric(100*goodput/peak, "goodput-%")
	b.ReportMetric(100*float64(refused)/float64(sent), "refused-%")
	b.ReportMetric(float64(took[int(.99*float64(len(took)-1))].Microseconds())/1000, "acked-p99-ms")
	b.ReportMetric(perPost*1e6, "cpu-µs/post")
	// What is left of the server's time when the acknowledged cost as before.
	b.ReportMetric((server.Seconds()-perPost*float64(acked))/float64(max(refused, 1))*1e6, "cpu-µs/refusal")
	b.ReportMetric(100*server.Seconds()/wall.Seconds()/float64(runtime.NumCPU()), "server-cpu-%")
	b.ReportMetric(100*generator.Seconds()/wall.Seconds()/float64(runtime.NumCPU()), "generator-cpu-%")
	b.ReportMetric(float64(wrong), "wrong")
	b.ReportMetric(float64(lost+twice), "lost")
	b.ReportMetric(usual.Seconds()*1000, "usual-p95-ms")
	b.ReportMetric(recovery.Seconds(), "recovery-s")
	b.ReportMetric(rss, "rss-MiB")
	if wrong > 0 || lost > 0 || twice > 0 {
		b.Fatalf("%d wrong answers, %d acknowledged and not stored, %d stored twice: %v", wrong, lost, twice, o.tally.odd)
	}
	s.stop()
}

// offer is a set of connections and the posts that go over them.
type offer struct {
	addr  string
	lines []*line
	next  atomic.Int64 // number of the next post
	acked []atomic.Bool
	tally tally
}

// offeredAtMost bounds the numbers of posts.
const offeredAtMost = 1 << 22

// tally counts answers.
type tally struct {
	sent, acked, refused, wrong atomic.Int64
	statuses                    [600]atomic.Int64

	mu   sync.Mutex
	took []time.Duration // of the acknowledged
	odd  []string
}

// reset begins anew, but for what was wrong.
func (t *tally) reset() {
	t.sent.Store(0)
	t.acked.Store(0)
	t.refused.Store(0)
	for i := range t.statuses {
		t.statuses[i].Store(0)
	}
	t.took = nil
}

func (t *tally) report(b *testing.B, when string) {
	said := ""
	for i := range t.statuses {
		if n := t.statuses[i].Load(); n > 0 {
			said += fmt.Sprintf(" %d × %d", n, i)
		}
	}
	b.Logf("%s:%s", when, said)
}

func (t *tally) strange(format string, args ...any) {
	t.wrong.Add(1)
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.odd) < 20 {
		t.odd = append(t.odd, fmt.Sprintf(format, args...))
	}
}

// line is one connection of one person to one room, with a request that is
// complete but for the digits of its number.
type line struct {
	o      *offer
	conn   net.Conn
	in     *bufio.Reader
	buf    []byte
	digits [2]int // where in buf the number goes
	took   []time.Duration
}

// padded is the number of a post as it is written, always as long.
func padded(n int64) string { return fmt.Sprintf("%08d", n) }

// offered is the text of a post.
func offered(n string) string {
	return "message " + n + " says that the kettle is on and that tea will be ready in about five minutes, whoever wants a cup should come down to the kitchen now and bring the blue mug"
}

func newOffer(b *testing.B, s *server, c crowd, lines int) *offer {
	o := &offer{addr: strings.TrimPrefix(s.url, "http://"), acked: make([]atomic.Bool, offeredAtMost)}
	for i := range lines {
		none := padded(0)
		body := fmt.Sprintf(`{"client_message_id":"o-%s","body":"%s"}`, none, offered(none))
		head := fmt.Sprintf("POST /api/rooms/%d/messages HTTP/1.1\r\nHost: campfire\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n",
			c.Rooms[i%len(c.Rooms)], c.Tokens[i%len(c.Tokens)], len(body))
		l := &line{o: o, buf: []byte(head + body)}
		first := len(head) + strings.Index(body, none)
		l.digits = [2]int{first, len(head) + strings.LastIndex(body, none)}
		o.lines = append(o.lines, l)
	}
	return o
}

func (l *line) dial() (err error) {
	if l.conn, err = net.Dial("tcp", l.o.addr); err == nil {
		l.in = bufio.NewReaderSize(l.conn, 2<<10)
	}
	return err
}

// connect opens the first so many lines: not before they are used, as a server
// gives up those that say nothing.
func (o *offer) connect(b *testing.B, lines int) {
	b.Helper()
	for _, l := range o.lines[:lines] {
		if l.conn == nil {
			if err := l.dial(); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func (o *offer) close() {
	for _, l := range o.lines {
		if l.conn != nil {
			l.conn.Close()
		}
	}
}

// post sends the next post and reads its answer; false when its number is out
// of bounds.
func (l *line) post() (status int, ok bool) {
	t := &l.o.tally
	n := l.o.next.Add(1)
	if n >= offeredAtMost {
		return 0, false
	}
	for _, at := range l.digits {
		for i, rest := at+7, n; i >= at; i, rest = i-1, rest/10 {
			l.buf[i] = byte('0' + rest%10)
		}
	}
	t.sent.Add(1)
	began := time.Now()
	_, err := l.conn.Write(l.buf)
	var after bool
	if err == nil {
		status, after, err = l.answer()
	}
	if err != nil {
		t.strange("no answer: %v", err)
		l.conn.Close()
		if err := l.dial(); err != nil {
			t.strange("connect: %v", err)
			return 0, false
		}
		return 0, true
	}
	t.statuses[status].Add(1)
	switch {
	case status == http.StatusCreated:
		t.acked.Add(1)
		l.o.acked[n].Store(true)
		l.took = append(l.took, time.Since(began))
	case (status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable) && after:
		t.refused.Add(1)
	default:
		t.strange("answer %d, Retry-After: %t", status, after)
	}
	return status, true
}

// answer reads one answer of a known length, and whether it says when to try
// again.
func (l *line) answer() (status int, after bool, err error) {
	text, err := l.in.ReadSlice('\n')
	if err != nil {
		return 0, false, err
	}
	if status, err = strconv.Atoi(string(text[9:12])); err != nil || status < 100 || status > 599 {
		return 0, false, fmt.Errorf("the answer begins %q", text)
	}
	length := -1
	for {
		if text, err = l.in.ReadSlice('\n'); err != nil {
			return 0, false, err
		}
		if len(text) == 2 {
			break
		}
		switch name, value, _ := strings.Cut(string(text[:len(text)-2]), ": "); name {
		case "Content-Length":
			if length, err = strconv.Atoi(value); err != nil {
				return 0, false, err
			}
		case "Retry-After":
			n, err := strconv.Atoi(value)
			after = err == nil && n > 0
		}
	}
	if length < 0 {
		return 0, false, fmt.Errorf("answer %d without a length", status)
	}
	_, err = l.in.Discard(length)
	return status, after, err
}

// each runs do for so many connections and keeps how long their posts took.
func (o *offer) each(lines int, do func(i int, l *line)) {
	var wg sync.WaitGroup
	for i, l := range o.lines[:lines] {
		wg.Go(func() {
			l.took = nil
			do(i, l)
			o.tally.mu.Lock()
			o.tally.took = append(o.tally.took, l.took...)
			o.tally.mu.Unlock()
		})
	}
	wg.Wait()
}

// closedLoop has so many post again once they are answered.
func (o *offer) closedLoop(lines int, span time.Duration) {
	end := time.Now().Add(span)
	o.each(lines, func(_ int, l *line) {
		for time.Now().Before(end) {
			if _, ok := l.post(); !ok {
				return
			}
		}
	})
}

// openLoop posts at scheduled times, whoever is answered: what is due goes out
// on the next connection that is free. With more due than connections it falls
// behind, and says so by what it has sent.
func (o *offer) openLoop(rate float64, span time.Duration) {
	began := time.Now()
	var due atomic.Int64
	o.each(len(o.lines), func(_ int, l *line) {
		for {
			at := time.Duration(float64(due.Add(1)) / rate * float64(time.Second))
			if at > span {
				return
			}
			if wait := at - time.Since(began); wait > 0 {
				time.Sleep(wait)
			} else if -wait > span/20 && time.Since(began) > span {
				return // the rest would be sent after its time
			}
			if _, ok := l.post(); !ok {
				return
			}
		}
	})
}

// probed is one of a probe's posts: when it was due, how long until it was
// acknowledged; not acknowledged, for ever.
type probed struct{ due, took time.Duration }

const (
	probeEvery = 20 * time.Millisecond
	never      = time.Duration(1<<63 - 1)
	windowOf   = 50 // probes, a second of them
)

// probe posts 50 times a second.
func (o *offer) probe(b *testing.B, span time.Duration) (all []probed) {
	l := o.lines[0]
	began := time.Now()
	for due := time.Duration(0); due < span; due += probeEvery {
		time.Sleep(due - time.Since(began))
		status, ok := l.post()
		if !ok {
			b.Fatal("the probe has no connection")
		}
		p := probed{due, time.Since(began) - due}
		if status != http.StatusCreated {
			p.took = never
		}
		all = append(all, p)
	}
	return all
}

// windows calls f with the time and the 95th percentile of every second.
func windows(all []probed, f func(due, p95 time.Duration) bool) {
	for i := 0; i+windowOf <= len(all); i++ {
		took := make([]time.Duration, windowOf)
		for j := range took {
			took[j] = all[i+j].took
		}
		slices.Sort(took)
		if !f(all[i].due, took[windowOf*95/100]) {
			return
		}
	}
}

// worst is the slowest second of a quiet server.
func worst(all []probed) (p95 time.Duration) {
	windows(all, func(_, w time.Duration) bool {
		p95 = max(p95, w)
		return true
	})
	return p95
}

// recovered is when the first second begins that is as quick as the server was
// before.
func recovered(b *testing.B, all []probed, usual time.Duration) (at time.Duration) {
	at = never
	windows(all, func(due, p95 time.Duration) bool {
		if p95 <= usual {
			at = due
		}
		return at == never
	})
	if at == never {
		b.Errorf("no second of %s was as quick as the server had been (%s)", time.Duration(len(all))*probeEvery, usual)
	}
	return at
}

// verify reads everything back and counts the acknowledged posts that are not
// there as they were sent, and those that are there twice.
func (o *offer) verify(b *testing.B, s *server, c crowd) (lost, twice int) {
	admin := client.New(s.url, c.Tokens[0])
	seen := make([]bool, offeredAtMost)
	for _, room := range c.Rooms {
		for m, err := range admin.History(context.Background(), room) {
			if err != nil {
				b.Fatal(err)
			}
			digits, ok := strings.CutPrefix(m.ClientMessageID, "o-")
			n, err := strconv.Atoi(digits)
			if !ok || err != nil || n >= offeredAtMost || m.Body != offered(digits) {
				b.Fatalf("message %d is none of those that were sent: %q", m.ID, m.Body)
			}
			if seen[n] {
				twice++
			}
			seen[n] = true
		}
	}
	for n := range o.acked {
		if o.acked[n].Load() && !seen[n] {
			lost++
		}
	}
	return lost, twice
}
