package perf

import (
	"bufio"
	"bytes"
	"encoding/gob"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"campfire/client"
)

// BenchmarkPages is goals 6 and 7: what 200 people read in 50 rooms that all
// of them are in, each of its answers held against a static handler of
// net/http that serves the same bytes under the same headers, in the same
// run, by turns.
//
//	warm  everything was asked for before
//	304   the same, with its ETag, where it has one
//	cold  every room has taken a post since anyone asked (its cost is left out)
//	busy  the rooms that are asked for take 10 posts a second altogether; held
//	      against the rate without them, measured before and after
func BenchmarkPages(b *testing.B) {
	w := newReading(b)
	for _, p := range []struct {
		name string
		path func(k int) (viewer int, path string, room int)
	}{
		{"room", func(k int) (int, string, int) {
			v, r := w.spread(k)
			return v, fmt.Sprint("/rooms/", w.Rooms[r]), r
		}},
		{"history", func(k int) (int, string, int) {
			v, r := w.spread(k)
			return v, fmt.Sprint("/api/rooms/", w.Rooms[r], "/messages"), r
		}},
		{"sidebar", func(k int) (int, string, int) { v, r := w.spread(k); return v, "/sidebar", r }},
		{"rooms", func(k int) (int, string, int) { v, r := w.spread(k); return v, "/api/rooms", r }},
		{"search", func(k int) (int, string, int) {
			v, r := w.spread(k)
			return v, "/api/search?q=" + []string{"kettle", "kitchen", "mug", "tea"}[k%4] + "&limit=20", r
		}},
	} {
		b.Run(p.name, func(b *testing.B) {
			b.Run("warm", func(b *testing.B) { w.measure(b, p.path, http.StatusOK) })
			b.Run("304", func(b *testing.B) { w.measure(b, p.path, http.StatusNotModified) })
			b.Run("cold", func(b *testing.B) { w.cold(b, p.path) })
			b.Run("busy", func(b *testing.B) { w.busy(b, p.path) })
		})
	}
}

// reading is a server with people and rooms, and the floor beside it.
type reading struct {
	crowd
	s     *server
	addr  string // of the floor
	posts atomic.Int64
}

func newReading(b *testing.B) *reading {
	metrics := freeAddr(b)
	w := &reading{addr: freeAddr(b)}
	w.s, _ = start(b, b.TempDir(), "CAMPFIRE_METRICS_ADDR="+metrics)
	w.s.metrics = metrics
	w.crowd = w.s.people(b, 200, 50)
	for _, room := range w.Rooms {
		drafts := make([]client.Draft, 100)
		for i := range drafts {
			drafts[i] = client.Draft{Body: text(i), ClientMessageID: fmt.Sprint("seed-", i)}
		}
		if _, err := client.New(w.s.url, w.Tokens[0]).PostBatch(b.Context(), room, drafts); err != nil {
			b.Fatal(err)
		}
	}
	return w
}

// pairs is over how many pairs of a person and a room the requests are spread.
const pairs = 1000

// spread picks a person and a room: everyone in turn, each in five rooms.
func (w *reading) spread(k int) (viewer, room int) {
	k %= pairs
	return k % len(w.Tokens), (k*7 + k/len(w.Tokens)) % len(w.Rooms)
}

// reader is one kept connection.
type reader struct {
	conn net.Conn
	in   *bufio.Reader
	buf  []byte
}

func dial(b *testing.B, addr string) *reader {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { conn.Close() })
	return &reader{conn: conn, in: bufio.NewReaderSize(conn, 128<<10)}
}

// request appends what a browser that is signed in would send.
func (w *reading) request(buf []byte, viewer int, path, tag string) []byte {
	buf = append(append(append(buf, "GET "...), path...), " HTTP/1.1\r\nHost: campfire\r\nAccept-Encoding: gzip\r\nCookie: campfire="...)
	buf = append(buf, w.Tokens[viewer]...)
	if room, ok := strings.CutPrefix(path, "/rooms/"); ok {
		buf = append(append(buf, "; campfire_room="...), room...)
	}
	if tag != "" {
		buf = append(append(buf, "\r\nIf-None-Match: "...), tag...)
	}
	return append(buf, "\r\n\r\n"...)
}

func (r *reader) ask(w *reading, viewer int, path, tag string) (int, error) {
	r.buf = w.request(r.buf[:0], viewer, path, tag)
	if _, err := r.conn.Write(r.buf); err != nil {
		return 0, err
	}
	return r.answer()
}

// answer is answer, of any status and framing.
func (r *reader) answer() (int, error) {
	line, err := r.in.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	status, err := strconv.Atoi(string(line[9:12]))
	if err != nil {
		return 0, err
	}
	length, chunked := 0, false
	for {
		if line, err = r.in.ReadSlice('\n'); err != nil {
			return 0, err
		}
		if len(line) == 2 {
			break
		}
		if digits, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(digits))); err != nil {
				return 0, err
			}
		}
		chunked = chunked || bytes.HasPrefix(line, []byte("Transfer-Encoding: chunked"))
	}
	if chunked {
		for n := int64(1); n > 0; {
			if line, err = r.in.ReadSlice('\n'); err != nil {
				return 0, err
			}
			if n, err = strconv.ParseInt(string(bytes.TrimSpace(line)), 16, 32); err != nil {
				return 0, err
			}
			if _, err = r.in.Discard(int(n) + 2); err != nil {
				return 0, err
			}
		}
		return status, nil
	}
	_, err = r.in.Discard(length)
	return status, err
}

// stored is one answer that the floor serves again.
type stored struct {
	Status int
	Header http.Header
	Body   []byte
}

// fetch gets an answer whole.
func (w *reading) fetch(b *testing.B, viewer int, path, tag string) stored {
	req, err := http.NewRequestWithContext(b.Context(), "GET", w.s.url+path, nil)
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Accept-Encoding", "gzip")
	cookie := "campfire=" + w.Tokens[viewer]
	if room, ok := strings.CutPrefix(path, "/rooms/"); ok {
		cookie += "; campfire_room=" + room
	}
	req.Header.Set("Cookie", cookie)
	if tag != "" {
		req.Header.Set("If-None-Match", tag)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.Fatal(err)
	}
	resp.Header.Del("Date")
	return stored{resp.StatusCode, resp.Header, body}
}

// measure asks the server and the floor by turns, with eight connections
// each, and reports what one answer costs each of them.
func (w *reading) measure(b *testing.B, path func(int) (int, string, int), status int) {
	answers := make(map[string]stored)
	tags := make([]string, pairs)
	for k := range pairs {
		v, p, _ := path(k)
		a := w.fetch(b, v, p, "")
		if a.Status != http.StatusOK {
			b.Fatalf("%s: %d %s", p, a.Status, a.Body)
		}
		if status == http.StatusNotModified {
			if tags[k] = a.Header.Get("ETag"); tags[k] == "" {
				b.Skip("skipped: it has no ETag")
			}
			if a = w.fetch(b, v, p, tags[k]); a.Status != http.StatusNotModified {
				b.Fatalf("%s: %d", p, a.Status)
			}
		}
		answers[w.Tokens[v]+" "+p] = a
	}
	floor := w.static(b, answers)
	size := 0
	for _, a := range answers {
		size += len(a.Body)
	}
	hits, asked := w.hits(b)
	var spent, floorSpent, took time.Duration
	n, floorN := 0, 0
	ours, theirs := w.readers(b, strings.TrimPrefix(w.s.url, "http://")), w.readers(b, w.addr)
	w.s.profile(b)
	b.ResetTimer()
	for n < b.N {
		began, cpu := time.Now(), cpuOf(b, w.s.cmd.Process.Pid)
		n = w.round(b, ours, path, tags, status, n, min(b.N-n, 4000))
		took += time.Since(began)
		spent += cpuOf(b, w.s.cmd.Process.Pid) - cpu
		b.StopTimer()
		cpu = cpuOf(b, floor)
		floorN = w.round(b, theirs, path, tags, status, floorN, 4000)
		floorSpent += cpuOf(b, floor) - cpu
		b.StartTimer()
	}
	b.StopTimer()
	each, floorEach := float64(spent.Nanoseconds())/float64(n)/1000, float64(floorSpent.Nanoseconds())/float64(floorN)/1000
	b.ReportMetric(each, "cpu-µs/page")
	b.ReportMetric(floorEach, "floor-µs/page")
	b.ReportMetric(each/floorEach, "×floor")
	b.ReportMetric(float64(n)/took.Seconds(), "pages/s")
	b.ReportMetric(float64(size)/float64(len(answers)), "bytes")
	w.reportHits(b, hits, asked)
}

func (w *reading) reportHits(b *testing.B, hits, asked float64) {
	h, a := w.hits(b)
	if a > asked {
		b.ReportMetric(100*(h-hits)/(a-asked), "hit-%")
	}
}

const readers = 8

func (w *reading) readers(b *testing.B, addr string) (list []*reader) {
	for range readers {
		list = append(list, dial(b, addr))
	}
	return list
}

// round asks n times from k on, shared by the readers, and returns the next k.
func (w *reading) round(b *testing.B, list []*reader, path func(int) (int, string, int), tags []string, status, from, n int) int {
	var next atomic.Int64
	next.Store(int64(from))
	var wg sync.WaitGroup
	for _, r := range list {
		wg.Go(func() {
			for k := int(next.Add(1)) - 1; k < from+n; k = int(next.Add(1)) - 1 {
				v, p, _ := path(k)
				got, err := r.ask(w, v, p, tags[k%pairs])
				if err != nil || got != status {
					b.Errorf("%s: %d, %v", p, got, err)
					return
				}
			}
		})
	}
	wg.Wait()
	return from + n
}

// cold posts in every room, then asks for each, and counts what the asking costs.
func (w *reading) cold(b *testing.B, path func(int) (int, string, int)) {
	r := dial(b, strings.TrimPrefix(w.s.url, "http://"))
	for k := range pairs {
		v, p, _ := path(k)
		if _, err := r.ask(w, v, p, ""); err != nil {
			b.Fatal(err)
		}
	}
	var spent time.Duration
	var hits, asked float64
	w.s.profile(b)
	b.ResetTimer()
	for k := 0; k < b.N; {
		for room := range w.Rooms {
			w.post(b, room)
		}
		w.settle(b)
		h, a := w.hits(b)
		cpu := cpuOf(b, w.s.cmd.Process.Pid)
		for range min(len(w.Rooms), b.N-k) {
			v, p, _ := path(k)
			if status, err := r.ask(w, v, p, ""); err != nil || status != http.StatusOK {
				b.Fatal(status, err)
			}
			k++
		}
		spent += cpuOf(b, w.s.cmd.Process.Pid) - cpu
		hits, asked = hits-h, asked-a
		h, a = w.hits(b)
		hits, asked = hits+h, asked+a
	}
	b.ReportMetric(float64(spent.Nanoseconds())/float64(b.N)/1000, "cpu-µs/page")
	b.ReportMetric(100*hits/asked, "hit-%")
}

// settle waits until the server has done what the posts left it to do.
func (w *reading) settle(b *testing.B) {
	for range 100 {
		cpu := cpuOf(b, w.s.cmd.Process.Pid)
		time.Sleep(20 * time.Millisecond)
		if cpuOf(b, w.s.cmd.Process.Pid)-cpu < time.Millisecond {
			return
		}
	}
}

// post has the first person post.
func (w *reading) post(b *testing.B, room int) {
	p := newPoster(b, w.s, w.Tokens[0], w.Rooms[room], "p")
	defer p.conn.Close()
	if err := p.post(int(w.posts.Add(1))); err != nil {
		b.Error(err)
	}
}

// busy asks while ten posts a second arrive in the rooms that are asked for.
func (w *reading) busy(b *testing.B, path func(int) (int, string, int)) {
	tags := make([]string, pairs)
	list := w.readers(b, strings.TrimPrefix(w.s.url, "http://"))
	w.round(b, list, path, tags, http.StatusOK, 0, pairs)
	warm := w.quiet(b, list, path, tags)
	hits, asked := w.hits(b)
	stop := make(chan struct{})
	var posting sync.WaitGroup
	posting.Go(func() {
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for k := 0; ; k++ {
			select {
			case <-tick.C:
				_, _, room := path(k)
				w.post(b, room)
			case <-stop:
				return
			}
		}
	})
	w.s.profile(b)
	cpu := cpuOf(b, w.s.cmd.Process.Pid)
	b.ResetTimer()
	w.round(b, list, path, tags, http.StatusOK, 0, b.N)
	b.StopTimer()
	spent := cpuOf(b, w.s.cmd.Process.Pid) - cpu
	close(stop)
	posting.Wait()
	b.ReportMetric(float64(spent.Nanoseconds())/float64(b.N)/1000, "cpu-µs/page")
	busy := float64(b.N) / b.Elapsed().Seconds()
	b.ReportMetric(busy, "pages/s")
	w.reportHits(b, hits, asked)
	w.round(b, list, path, tags, http.StatusOK, 0, pairs) // what the last posts changed
	b.ReportMetric(100*busy/((warm+w.quiet(b, list, path, tags))/2), "warm-%")
}

// quiet returns how many pages a second are read while nobody posts.
func (w *reading) quiet(b *testing.B, list []*reader, path func(int) (int, string, int), tags []string) float64 {
	began := time.Now()
	w.round(b, list, path, tags, http.StatusOK, 0, b.N)
	return float64(b.N) / time.Since(began).Seconds()
}

// hits sums what the caches were asked and answered.
func (w *reading) hits(b *testing.B) (hits, asked float64) {
	resp, err := http.Get("http://" + w.s.metrics + "/metrics")
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), " ")
		if !strings.HasPrefix(name, "cache_requests_total{") {
			continue
		}
		n, _ := strconv.ParseFloat(value, 64)
		asked += n
		if strings.Contains(name, `result="hit"`) {
			hits += n
		}
	}
	return hits, asked
}

// cpuOf returns the CPU time of a process, to the nanosecond.
func cpuOf(b *testing.B, pid int) (sum time.Duration) {
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil || len(tasks) == 0 {
		b.Skip("skipped: CPU time is read from /proc")
	}
	for _, t := range tasks {
		line, err := os.ReadFile(t)
		if err != nil {
			continue // the thread has ended
		}
		ns, _, _ := strings.Cut(string(line), " ")
		n, _ := strconv.ParseInt(ns, 10, 64)
		sum += time.Duration(n)
	}
	return sum
}

// — The floor —

// static starts the floor on these answers and returns its process.
func (w *reading) static(b *testing.B, answers map[string]stored) int {
	var text bytes.Buffer
	if err := gob.NewEncoder(&text).Encode(answers); err != nil {
		b.Fatal(err)
	}
	file := filepath.Join(b.TempDir(), "answers")
	if err := os.WriteFile(file, text.Bytes(), 0o600); err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "-test.run", "^TestStaticFloor$")
	cmd.Env = append(os.Environ(), "CAMPFIRE_PERF_STATIC="+file, "CAMPFIRE_PERF_STATIC_ADDR="+w.addr)
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { in.Close(); cmd.Wait() })
	for range 100 {
		if conn, err := net.Dial("tcp", w.addr); err == nil {
			conn.Close()
			return cmd.Process.Pid
		}
		time.Sleep(50 * time.Millisecond)
	}
	b.Fatal("the floor did not start")
	return 0
}

// TestStaticFloor is the floor's process: it serves what a file holds until
// its standard input ends.
func TestStaticFloor(t *testing.T) {
	file := os.Getenv("CAMPFIRE_PERF_STATIC")
	if file == "" {
		t.Skip("skipped: it is started by BenchmarkPages")
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	var answers map[string]stored
	if err := gob.NewDecoder(f).Decode(&answers); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", os.Getenv("CAMPFIRE_PERF_STATIC_ADDR"))
	if err != nil {
		t.Fatal(err)
	}
	go http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		cookie, _ := strings.CutPrefix(r.Header.Get("Cookie"), "campfire=")
		cookie, _, _ = strings.Cut(cookie, ";")
		a, ok := answers[cookie+" "+r.RequestURI]
		if !ok {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		for name, values := range a.Header {
			h[name] = values
		}
		if a.Status == http.StatusOK {
			h["Content-Length"] = []string{strconv.Itoa(len(a.Body))}
		}
		w.WriteHeader(a.Status)
		w.Write(a.Body)
	}))
	io.Copy(io.Discard, os.Stdin)
}
