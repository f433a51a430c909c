package perf

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"campfire/client"
)

// The server under measurement is a process of its own, so that its CPU time
// is its own.
type server struct {
	url     string
	metrics string // its address, where a profile is wanted
	cmd     *exec.Cmd
}

// built returns the program under measurement: the one that
// $CAMPFIRE_PERF_BINARY names, else this repository's.
var built = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("CAMPFIRE_PERF_BINARY"); path != "" {
		return path, nil
	}
	dir, err := os.MkdirTemp("", "campfire-perf")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "campfire")
	if out, err := exec.Command("go", "build", "-o", path, "campfire/cmd/campfire").CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

// start starts a server on a directory and returns it with the time it took
// to get ready. env adds or overrides settings.
func start(b *testing.B, dir string, env ...string) (*server, time.Duration) {
	b.Helper()
	path, err := built()
	if err != nil {
		b.Fatal(err)
	}
	addr := freeAddr(b)
	s := &server{url: "http://" + addr, metrics: "off", cmd: exec.Command(path)}
	if profiles != "" {
		s.metrics = freeAddr(b)
	}
	s.cmd.Env = append(os.Environ(), "CAMPFIRE_DATA="+dir, "CAMPFIRE_ADDR="+addr, "CAMPFIRE_METRICS_ADDR="+s.metrics,
		"CAMPFIRE_RATE_POST=off", "CAMPFIRE_RATE_LOGIN=off", "CAMPFIRE_RATE_LOGIN_IP=off", "CAMPFIRE_RATE_SEARCH=off", "CAMPFIRE_PREVIEWS=off", "CAMPFIRE_LOG_LEVEL=error")
	s.cmd.Env = append(s.cmd.Env, env...)
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	began := time.Now()
	if err := s.cmd.Start(); err != nil {
		b.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || !strings.Contains(line, "ready") {
		b.Fatalf("%q, %v", line, err)
	}
	took := time.Since(began)
	b.Cleanup(s.stop)
	return s, took
}

func freeAddr(b *testing.B) string {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// profiles is the directory that profiles of the measured stretches go to;
// empty: none are made, as they cost some percent.
var profiles = os.Getenv("CAMPFIRE_PROFILES")

// profile keeps a CPU profile of the next two seconds of the server, beside
// what is measured.
func (s *server) profile(b *testing.B) {
	if profiles == "" {
		return
	}
	name := filepath.Join(profiles, strings.ReplaceAll(b.Name(), "/", "-")+".pprof")
	done := make(chan error, 1)
	go func() {
		resp, err := http.Get("http://" + s.metrics + "/debug/pprof/profile?seconds=2")
		if err != nil {
			done <- err
			return
		}
		defer resp.Body.Close()
		f, err := os.Create(name)
		if err != nil {
			done <- err
			return
		}
		defer f.Close()
		_, err = io.Copy(f, resp.Body)
		done <- err
	}()
	b.Cleanup(func() {
		if err := <-done; err != nil {
			b.Logf("profile: %v", err)
		}
	})
}

func (s *server) stop() {
	if s.cmd.ProcessState == nil {
		_ = s.cmd.Process.Signal(os.Interrupt)
		_ = s.cmd.Wait()
	}
}

// cpu returns the CPU time that the server has used, in clock ticks of 10 ms.
func (s *server) cpu(b *testing.B) time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		b.Skip("skipped: CPU time is read from /proc")
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}

// memory returns a line of the server's account of its memory, in MiB: VmRSS
// is all that is resident, RssFile of it the pages of the program's own file,
// RssAnon what it has taken for itself.
func (s *server) memory(b *testing.B, name string) float64 {
	return memoryOf(b, s.cmd.Process.Pid, name)
}

func memoryOf(b *testing.B, pid int, name string) float64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Skip("skipped: memory is read from /proc")
	}
	for line := range strings.SplitSeq(string(status), "\n") {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			kib, _ := strconv.Atoi(strings.Fields(rest)[0])
			return float64(kib) / 1024
		}
	}
	return 0
}

func text(i int) string {
	return fmt.Sprintf("message %d says that the kettle is on and that tea will be ready in about %d minutes, whoever wants a cup should come down to the kitchen now and bring the blue mug", i, i%7)
}

// poster posts by hand-written requests over one kept connection: a client
// that costs little leaves the machine to the server.
type poster struct {
	prefix string // of client ids
	conn   net.Conn
	in     *bufio.Reader
	head   string
	buf    []byte
}

func newPoster(b *testing.B, s *server, token string, room int64, prefix string) *poster {
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		b.Fatal(err)
	}
	return &poster{prefix: prefix, conn: conn, in: bufio.NewReaderSize(conn, 8<<10),
		head: fmt.Sprintf("POST /api/rooms/%d/messages HTTP/1.1\r\nHost: campfire\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: ", room, token)}
}

func (p *poster) post(id int) error {
	body := fmt.Sprintf(`{"body":"%s","client_message_id":"%s-%d"}`, text(id), p.prefix, id)
	p.buf = append(p.buf[:0], p.head...)
	p.buf = strconv.AppendInt(p.buf, int64(len(body)), 10)
	p.buf = append(p.buf, "\r\n\r\n"...)
	p.buf = append(p.buf, body...)
	if _, err := p.conn.Write(p.buf); err != nil {
		return err
	}
	status, err := answer(p.in)
	if err == nil && status != http.StatusCreated {
		err = fmt.Errorf("status %d", status)
	}
	return err
}

// answer reads one answer of a known length and returns its status. The
// library's reader costs more than the server spends on a cached page.
func answer(in *bufio.Reader) (status int, err error) {
	line, err := in.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, err
	}
	length := -1
	for {
		if line, err = in.ReadSlice('\n'); err != nil {
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
	}
	if length < 0 {
		return 0, fmt.Errorf("status %d without a length", status)
	}
	_, err = in.Discard(length)
	return status, err
}

// BenchmarkPostsHTTP is goal 4: posts of 50 people in 20 rooms, over HTTP,
// synced and searchable, by 16 and by 64 at once. Every acknowledged post is
// counted in the rooms afterwards.
func BenchmarkPostsHTTP(b *testing.B) {
	for _, posters := range []int{16, 64} {
		b.Run(fmt.Sprint(posters), func(b *testing.B) {
			s, _ := start(b, b.TempDir())
			c := s.people(b, 50, 20)
			floor := floorRate(b)
			p := s.posts(b, posters, c, "m")
			p.report(b)
			// Before and after: a machine is seldom alike for long.
			b.ReportMetric((floor+floorRate(b))/2/p.rate, "×floor")
		})
	}
}

// posted is how b.N posts went.
type posted struct {
	rate float64         // posts a second
	cpu  time.Duration   // of the server, for each
	took []time.Duration // ascending
}

func (p *posted) at(q float64) time.Duration { return p.took[int(q*float64(len(p.took)-1))] }

func (p *posted) report(b *testing.B) {
	b.ReportMetric(p.rate, "posts/s")
	b.ReportMetric(float64(p.cpu.Nanoseconds())/1000, "cpu-µs/post")
	for _, q := range []struct {
		name string
		at   float64
	}{{"p50-ms", .5}, {"p95-ms", .95}, {"p99-ms", .99}, {"p99.9-ms", .999}} {
		b.ReportMetric(float64(p.at(q.at).Microseconds())/1000, q.name)
	}
}

// posts has so many people at once post b.N messages, and counts them in the
// rooms afterwards. prefix makes their client ids new.
func (s *server) posts(b *testing.B, posters int, c crowd, prefix string) *posted {
	admin := client.New(s.url, c.Tokens[0])
	before := s.stored(b, admin)
	p := &posted{}
	var next atomic.Int64
	var mu sync.Mutex
	cpu := s.cpu(b)
	s.profile(b)
	b.ResetTimer()
	b.StartTimer() // an earlier call has stopped it
	began := time.Now()
	var wg sync.WaitGroup
	for i := range posters {
		poster := newPoster(b, s, c.Tokens[i%len(c.Tokens)], c.Rooms[i%len(c.Rooms)], prefix)
		wg.Go(func() {
			defer poster.conn.Close()
			var mine []time.Duration
			for id := next.Add(1); id <= int64(b.N); id = next.Add(1) {
				began := time.Now()
				if err := poster.post(int(id)); err != nil {
					b.Error(err)
					return
				}
				mine = append(mine, time.Since(began))
			}
			mu.Lock()
			p.took = append(p.took, mine...)
			mu.Unlock()
		})
	}
	wg.Wait()
	b.StopTimer()
	p.rate = float64(b.N) / time.Since(began).Seconds()
	p.cpu = (s.cpu(b) - cpu) / time.Duration(b.N)
	slices.Sort(p.took)
	if n := s.stored(b, admin) - before; n != int64(b.N) {
		b.Fatalf("%d stored of %d acknowledged", n, b.N)
	}
	return p
}

// stored sums the numbers of all rooms.
func (s *server) stored(b *testing.B, admin *client.Client) (n int64) {
	rooms, err := admin.Rooms(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	for _, r := range rooms {
		n += r.Seq
	}
	return n
}

// BenchmarkHistoryHTTP reads the newest 50 messages of 20 rooms in turn.
func BenchmarkHistoryHTTP(b *testing.B) {
	s, _ := start(b, b.TempDir())
	ctx := context.Background()
	admin, _, err := client.New(s.url, "").SetUp(ctx, "Ada", "ada@example.org", "correct horse battery")
	if err != nil {
		b.Fatal(err)
	}
	for room := int64(1); room <= 20; room++ {
		if room > 1 {
			if _, err := admin.CreateRoom(ctx, "open", fmt.Sprint("Room ", room)); err != nil {
				b.Fatal(err)
			}
		}
		drafts := make([]client.Draft, 100)
		for i := range drafts {
			drafts[i] = client.Draft{Body: text(i), ClientMessageID: fmt.Sprint(i)}
		}
		if _, err := admin.PostBatch(ctx, room, drafts); err != nil {
			b.Fatal(err)
		}
	}
	for name, accept := range map[string]string{"gzip": "Accept-Encoding: gzip\r\n", "plain": ""} {
		b.Run(name, func(b *testing.B) {
			conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
			if err != nil {
				b.Fatal(err)
			}
			defer conn.Close()
			in := bufio.NewReaderSize(conn, 64<<10)
			s.profile(b)
			cpu, n := s.cpu(b), 0
			for b.Loop() {
				n++
				fmt.Fprintf(conn, "GET /api/rooms/%d/messages HTTP/1.1\r\nHost: campfire\r\n%sAuthorization: Bearer %s\r\n\r\n", n%20+1, accept, admin.Token())
				if status, err := answer(in); err != nil || status != http.StatusOK {
					b.Fatal(status, err)
				}
			}
			b.ReportMetric(float64((s.cpu(b)-cpu).Microseconds())/float64(n), "cpu-µs/page")
		})
	}
}

// BenchmarkStart measures from starting the process on a new directory until
// it says that it is ready, and its memory at rest.
func BenchmarkStart(b *testing.B) {
	var took time.Duration
	var all, own float64
	n := 0
	for b.Loop() {
		s, d := start(b, b.TempDir())
		took += d
		time.Sleep(200 * time.Millisecond) // it gives back what starting took
		all, own = s.memory(b, "VmRSS"), s.memory(b, "RssAnon")
		s.stop()
		n++
	}
	b.ReportMetric(float64(took.Milliseconds())/float64(n), "ready-ms")
	b.ReportMetric(all, "rss-MiB")
	b.ReportMetric(own, "own-MiB")
}
