package load_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"campfire/internal/campfiretest"
	"campfire/internal/load"

	"github.com/gobwas/ws"
)

// freeAddr is an address of this machine where nothing listens.
func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// outcome is what a load test came to.
type outcome struct {
	err    error
	text   string
	report struct {
		Scenario       string
		Posted, Stored int
		Acknowledged   int
		NotToAll       int   `json:"not_to_all"`
		Resumed        int64 `json:"sockets_resumed"`
		Dropped        int64 `json:"sockets_dropped"`
		Deliveries     int64
		Contradictions int
		Sentences      []string `json:"contradiction_sentences"`
		Failures       []string
		Void, Verdict  string
		Caches         []load.CacheFigures
		Targets        []load.Target
		Overload       *load.Overload
		Classic        *load.ClassicFigures
		Answers        map[string]map[string]int64
	}
}

// play runs a load test, of about 50 sockets, against a server.
func play(t *testing.T, run func(context.Context, []string, io.Writer, io.Writer) error, url, metrics string, args ...string) *outcome {
	t.Helper()
	o := &outcome{}
	file := filepath.Join(t.TempDir(), "report.json")
	var out, progress bytes.Buffer
	o.err = run(t.Context(), append([]string{"--url", url, "--metrics", metrics, "--json", file, "--sockets", "50", "--accounts", "10"}, args...), &out, &progress)
	o.text = out.String()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v; %v\n%s%s", err, o.err, &out, &progress)
	}
	if err := json.Unmarshal(b, &o.report); err != nil {
		t.Fatal(err)
	}
	return o
}

var short = []string{"--rooms", "2", "--rate", "100", "--reads", "50", "--searches", "10", "--reconnects", "5", "--duration", "3s", "--warmup", "200ms"}

// sound fails the test where a run was not clean. How quick the server was on
// the machine of a test is not judged here.
func (o *outcome) sound(t *testing.T) {
	t.Helper()
	if o.err != nil && !strings.HasPrefix(o.err.Error(), "missed: ") && !strings.HasPrefix(o.err.Error(), "the run is void: the generator was") {
		t.Errorf("%v\n%s", o.err, o.text)
	}
	r := o.report
	if r.Contradictions != 0 || len(r.Failures) != 0 || r.NotToAll != 0 || r.Dropped != 0 {
		t.Errorf("contradictions %q, failures %q", r.Sentences, r.Failures)
	}
	if r.Posted == 0 || r.Acknowledged != r.Posted || r.Stored != r.Posted {
		t.Errorf("%d posted, %d acknowledged, %d stored", r.Posted, r.Acknowledged, r.Stored)
	}
}

func TestGuideAgainstARealServer(t *testing.T) {
	metrics := freeAddr(t)
	srv := campfiretest.New(t, "CAMPFIRE_METRICS_ADDR="+metrics)
	state := filepath.Join(t.TempDir(), "state")
	o := play(t, load.Guide, srv.URL, "http://"+metrics+"/metrics", append(short, "--state", state)...)
	o.sound(t)
	if want := int64(o.report.Posted) * 25; o.report.Deliveries != want {
		t.Errorf("%d deliveries of %d posts, want %d: 25 sockets in each of 2 rooms", o.report.Deliveries, o.report.Posted, want)
	}
	if o.report.Resumed == 0 {
		t.Error("no socket was cut and came back")
	}
	if !slices.ContainsFunc(o.report.Caches, func(c load.CacheFigures) bool { return c.Name == "sessions" && c.Hits > 100 }) {
		t.Errorf("caches %v", o.report.Caches)
	}
	for _, target := range o.report.Targets {
		if judged := target.Verdict != "not judged"; judged != (target.Name != "memory, peak" && target.Name != "connections") && o.report.Void == "" && target.Name != "cache hit rate" {
			t.Errorf("%+v", target)
		}
	}
	if fi, err := os.Stat(state); err != nil || fi.Mode().Perm() != 0o600 {
		t.Errorf("the state file: %v", err)
	}
	// A second run has the same people, another order of posts, and does not
	// take the first one's posts for its own.
	o = play(t, load.Guide, srv.URL, "", append(short, "--state", state, "--seed", "2", "--duration", "1s", "--everyone")...)
	o.sound(t)
}

func TestOneRoomAndSaturationAgainstARealServer(t *testing.T) {
	srv := campfiretest.New(t)
	state := filepath.Join(t.TempDir(), "state")
	o := play(t, load.Guide, srv.URL, "", "--state", state, "--one-room", "--rate", "100", "--duration", "1s", "--warmup", "0s")
	if o.report.Contradictions != 0 || len(o.report.Failures) != 0 || o.report.Deliveries != 50*int64(o.report.Posted) {
		t.Errorf("%d deliveries of %d posts\n%s", o.report.Deliveries, o.report.Posted, o.text)
	}
	o = play(t, load.Guide, srv.URL, "", "--state", state, "--one-room", "--saturate", "--posters", "8", "--duration", "1s", "--warmup", "0s")
	o.sound(t)
	if !strings.Contains(o.text, "no target is judged at saturation") || !strings.Contains(o.text, "posts a second, 8 at once") {
		t.Error(o.text)
	}
}

func TestClassicAgainstARealServer(t *testing.T) {
	metrics := freeAddr(t)
	srv := campfiretest.New(t, "CAMPFIRE_METRICS_ADDR="+metrics)
	o := play(t, load.Classic, srv.URL, "http://"+metrics+"/metrics", "--connections", "20", "--read-duration", "500ms", "--posts", "500", "--batch", "50")
	o.sound(t)
	if c := o.report.Classic; c == nil || c.ReadRate <= 0 || c.PostRate <= 0 || o.report.Posted != 500 || o.report.Scenario != "classic" {
		t.Errorf("%+v\n%s", c, o.text)
	}
}

// swallow, alter, double do something to one event on its way to one socket.
func swallow([]byte) [][]byte { return nil }
func alter(b []byte) [][]byte {
	return [][]byte{bytes.Replace(b, []byte(`"body":"No.`), []byte(`"body":"no.`), 1)}
}
func double(b []byte) [][]byte { return [][]byte{b, b} }

// proxy passes everything between a load test and a server, and does fault to
// the n-th frame of events that comes by on a socket, whichever it is.
func proxy(t *testing.T, to string, n int64, fault func(frame []byte) [][]byte, answers func(*http.Response) error) string {
	target, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	pass := httputil.NewSingleHostReverseProxy(target)
	pass.ModifyResponse = answers
	pass.ErrorLog = log.New(io.Discard, "", 0) // a server that is away is what some tests are about
	pass.Transport = &http.Transport{MaxIdleConnsPerHost: 64}
	var seen atomic.Int64
	var sockets sync.WaitGroup
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/ws" || fault == nil {
			r.Header.Del("Accept-Encoding") // so that an answer can be altered
			pass.ServeHTTP(w, r)
			return
		}
		server, err := net.Dial("tcp", target.Host)
		if err != nil {
			t.Error(err)
			return
		}
		r.Host = target.Host
		if err := r.Write(server); err != nil {
			t.Error(err)
		}
		client, in, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		sockets.Go(func() {
			io.Copy(server, in) // until either is cut
			server.Close()
		})
		sockets.Go(func() {
			defer client.Close()
			from := bufio.NewReader(server)
			for line := ""; line != "\r\n"; {
				if line, err = from.ReadString('\n'); err != nil {
					return
				}
				io.WriteString(client, line)
			}
			for {
				head, err := ws.ReadHeader(from)
				if err != nil || head.Length > 1<<20 {
					return
				}
				payload := make([]byte, head.Length)
				if _, err := io.ReadFull(from, payload); err != nil {
					return
				}
				payloads := [][]byte{payload}
				if bytes.Contains(payload, []byte(`"message_created"`)) && seen.Add(1) == n {
					payloads = fault(payload)
				}
				for _, p := range payloads {
					if ws.WriteFrame(client, ws.NewFrame(head.OpCode, true, p)) != nil {
						return
					}
				}
			}
		})
	}))
	t.Cleanup(func() {
		srv.Close()
		sockets.Wait()
		pass.Transport.(*http.Transport).CloseIdleConnections()
	})
	return srv.URL
}

func TestServerThatBreaksAPromiseFailsTheRun(t *testing.T) {
	// A body of a page that is read after the run is another than was posted.
	var altered atomic.Bool
	page := func(resp *http.Response) error {
		if !strings.HasSuffix(resp.Request.URL.Path, "/messages") || resp.Request.URL.Query().Get("limit") != "100" {
			return nil
		}
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			return err
		}
		if bytes.Contains(b, []byte(`"body":"No.`)) && !altered.Swap(true) {
			b = bytes.Replace(b, []byte(`"body":"No.`), []byte(`"body":"no.`), 1)
		}
		resp.Body = io.NopCloser(bytes.NewReader(b))
		return nil
	}
	// An answer to a post says that it is another message.
	var renumbered atomic.Bool
	acknowledgement := func(resp *http.Response) error {
		if resp.Request.Method != "POST" || !strings.HasSuffix(resp.Request.URL.Path, "/messages") || renumbered.Swap(true) {
			return nil
		}
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			return err
		}
		b = bytes.Replace(b, []byte(`"message":{"id":`), []byte(`"message":{"id":9`), 1)
		resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(len(b))
		resp.Header.Set("Content-Length", fmt.Sprint(len(b)))
		return nil
	}
	// A cache that never learns: the first page of a room is given for ever.
	var pages sync.Map
	stale := func(resp *http.Response) error {
		if u := resp.Request.URL; resp.Request.Method != "GET" || !strings.HasSuffix(u.Path, "/messages") || u.RawQuery != "" {
			return nil
		}
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			return err
		}
		first, _ := pages.LoadOrStore(resp.Request.URL.Path, b)
		b = first.([]byte)
		resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(len(b))
		resp.Header.Set("Content-Length", fmt.Sprint(len(b)))
		return nil
	}
	for _, c := range []struct {
		name    string
		fault   func([]byte) [][]byte
		answers func(*http.Response) error
		want    string
	}{
		{"it swallows an event", swallow, nil, "missing"},
		{"it alters a body on its way", alter, nil, `was delivered as "no. `},
		{"it sends an event twice", double, nil, "repeated or out of order"},
		{"it alters what is stored", nil, page, `what is stored reads "no. `},
		{"it acknowledges another id", nil, acknowledgement, "and is stored as id"},
		{"it serves a stale page", nil, stale, "was acknowledged before"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			srv := campfiretest.New(t)
			o := play(t, load.Guide, proxy(t, srv.URL, 20, c.fault, c.answers), "", "--rooms", "2", "--rate", "100", "--reads", "50", "--searches", "0", "--reconnects", "0",
				"--duration", "1s", "--warmup", "0s")
			if o.err == nil || !strings.Contains(o.err.Error(), "contradictions: the Campfire broke a promise") || o.report.Contradictions == 0 {
				t.Errorf("%v\n%s", o.err, o.text)
			}
			if got := strings.Join(o.report.Sentences, "\n"); !strings.Contains(got, c.want) {
				t.Errorf("contradictions %q, want one about %q", got, c.want)
			}
			for _, target := range o.report.Targets {
				if target.Verdict == "met" {
					t.Errorf("%+v", target)
				}
			}
		})
	}
}

func TestRequestsThatFailFailTheRun(t *testing.T) {
	srv := campfiretest.New(t)
	// Every third read, and every third search, is an error of the server's.
	var n atomic.Int64
	url := proxy(t, srv.URL, 0, nil, func(resp *http.Response) error {
		if q := resp.Request.URL.Query(); resp.Request.Method == "GET" && (strings.HasSuffix(resp.Request.URL.Path, "/messages") && q.Get("limit") == "" || q.Has("q")) && n.Add(1)%3 == 0 {
			resp.StatusCode, resp.Status = 500, "500 Internal Server Error"
		}
		return nil
	})
	o := play(t, load.Guide, url, "", append(short, "--duration", "1s")...)
	if o.err == nil || !strings.Contains(o.err.Error(), "of the reads failed (200: ") && !strings.Contains(o.err.Error(), "void") {
		t.Errorf("%v\n%s", o.err, o.text)
	}
	if got := strings.Join(o.report.Failures, "\n"); !strings.Contains(got, "of the reads failed (200: ") {
		t.Errorf("failures %q", got)
	}
}

func TestLimitThatIsLeftOnIsNamed(t *testing.T) {
	srv := campfiretest.New(t, "CAMPFIRE_RATE_POST=1/s,2")
	o := play(t, load.Guide, srv.URL, "", "--rooms", "2", "--rate", "100", "--reads", "0", "--searches", "0", "--reconnects", "0", "--duration", "1s", "--warmup", "0s")
	if got := strings.Join(o.report.Failures, "\n"); o.err == nil || !strings.Contains(got, "of the posts failed (201: ") || !strings.Contains(got, "429: ") {
		t.Errorf("%v, failures %q", o.err, got)
	}
	if !strings.Contains(o.text, "start it with CAMPFIRE_RATE_POST=off") || o.report.Contradictions != 0 {
		t.Error(o.text)
	}
}

// A server that goes away while it is looked at, and comes back, has lost
// nothing, and yet nothing was measured.
func TestDroppedSocketsFailTheRun(t *testing.T) {
	srv := campfiretest.New(t)
	restarted := make(chan struct{})
	var once sync.Once
	var posts atomic.Int64
	url := proxy(t, srv.URL, 0, nil, func(resp *http.Response) error {
		if resp.Request.Method == "POST" && posts.Add(1) == 60 {
			once.Do(func() {
				go func() {
					defer close(restarted)
					srv.Restart()
				}()
			})
		}
		return nil
	})
	o := play(t, load.Guide, url, "", "--rooms", "2", "--rate", "50", "--reads", "0", "--searches", "0", "--reconnects", "0", "--duration", "4s", "--warmup", "0s")
	<-restarted
	if o.report.Contradictions != 0 {
		t.Errorf("contradictions %q", o.report.Sentences)
	}
	if got := strings.Join(o.report.Failures, "\n"); o.err == nil || !strings.Contains(got, "sockets were dropped by the server (") {
		t.Errorf("%v, failures %q\n%s", o.err, got, o.text)
	}
}

func TestLoadTestsSayWhatIsWrong(t *testing.T) {
	srv := campfiretest.New(t)
	admin := srv.SetUp()
	hello := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") }))
	defer hello.Close()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	wrong, right := write("wrong", "not it\n"), write("right", campfiretest.Password+"\n")
	foreign, damaged := write("foreign", `{"url":"http://127.0.0.1:9"}`), write("damaged", "{")
	dead := "http://" + freeAddr(t)
	before := srv.Do(admin, "GET", "/api/users", nil).Want(200).Body
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--url", dead}, "nothing listens at " + dead + " (connection refused); start a Campfire there, or name its address with --url"},
		{[]string{"--url", hello.URL}, "something answers at " + hello.URL + ", but it is no Campfire"},
		{[]string{"--url", srv.URL}, "is set up already; name the --state file of an earlier run, or an administrator"},
		{[]string{"--url", srv.URL, "--email", "ada@example.org", "--password-file", wrong}, "sign in at " + srv.URL + " as ada@example.org: 401"},
		{[]string{"--url", srv.URL, "--email", "ada@example.org"}, "--email and --password-file go together"},
		{[]string{"--url", srv.URL, "--email", "ada@example.org", "--password-file", filepath.Join(dir, "none")}, "none: no such file"},
		{[]string{"--url", srv.URL, "--email", "ada@example.org", "--password-file", right, "--metrics", dead}, "the server's metrics can't be read at " + dead},
		{[]string{"--url", srv.URL, "--email", "ada@example.org", "--password-file", right, "--metrics", hello.URL}, "the server's metrics can't be read at " + hello.URL},
		{[]string{"--url", "http://192.0.2.1:3000"}, `load tests stay on this machine: --url takes an address such as http://127.0.0.1:3000, not "http://192.0.2.1:3000"`},
		{[]string{"--url", "https://chat.example.org"}, "load tests stay on this machine"},
		{[]string{"--url", "127.0.0.1:3000"}, "load tests stay on this machine"},
		{[]string{"--url", srv.URL, "--metrics", "http://192.0.2.1/metrics"}, "load tests stay on this machine: --metrics"},
		{[]string{"--url", srv.URL, "--source", "192.0.2.1"}, "load tests stay on this machine: name an address of the loopback range"},
		{[]string{"--url", srv.URL, "--state", foreign}, "belongs to http://127.0.0.1:9"},
		{[]string{"--url", srv.URL, "--state", damaged}, "is damaged"},
		{[]string{"--url", srv.URL, "--json", filepath.Join(dir, "nowhere", "x.json")}, "there is no directory for the file"},
		{[]string{"--sockets", "0"}, "take numbers from 1"},
		{[]string{"--sockets", "100000000"}, "raise it with ulimit -n, or lower --sockets"},
		{[]string{"now"}, `takes no argument "now"`},
		{[]string{"--speed", "9"}, "not defined: -speed"},
	} {
		for name, run := range map[string]func(context.Context, []string, io.Writer, io.Writer) error{"guide": load.Guide, "classic": load.Classic} {
			state := filepath.Join(dir, "state")
			args := append([]string{"--metrics", "", "--state", state}, c.args...)
			began := time.Now()
			var out bytes.Buffer
			err := run(t.Context(), args, &out, io.Discard)
			switch {
			case err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n"):
				t.Errorf("%s %q: %v, want %q in one line", name, c.args, err, c.want)
			case out.Len() > 0:
				t.Errorf("%s %q: it printed %q", name, c.args, &out)
			case time.Since(began) > 30*time.Second:
				t.Errorf("%s %q: it took %s", name, c.args, time.Since(began))
			}
			if _, err := os.Stat(state); err == nil {
				t.Errorf("%s %q: it left a state file", name, c.args)
				os.Remove(state)
			}
		}
	}
	if after := srv.Do(admin, "GET", "/api/users", nil).Want(200).Body; !bytes.Equal(before, after) {
		t.Errorf("people were left behind: %s, before: %s", after, before)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--rate", "-1"}, "rates can't be negative"},
		{[]string{"--duration", "1ms"}, "--duration takes at least 1s"},
		{[]string{"--warmup", "-1s"}, "--warmup can't be negative"},
		{[]string{"--saturate", "--overload", "4"}, "two scenarios"},
		{[]string{"--overload", "0.5"}, "more than 1"},
		{[]string{"--posters", "0"}, "take numbers from 1"},
	} {
		if err := load.Guide(t.Context(), c.args, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("guide %q: %v, want %q", c.args, err, c.want)
		}
	}
	for _, batch := range []string{"0", "101"} {
		if err := load.Classic(t.Context(), []string{"--batch", batch}, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), "--batch from 1 to 100") {
			t.Errorf("classic --batch %s: %v", batch, err)
		}
	}
}

func TestInterruptedRunStillReportsAndJudgesNothing(t *testing.T) {
	srv := campfiretest.New(t)
	ctx, cancel := context.WithCancel(t.Context())
	var out bytes.Buffer
	args := []string{"--url", srv.URL, "--metrics", "", "--sockets", "20", "--accounts", "5", "--rooms", "1", "--rate", "50", "--warmup", "0s", "--duration", "10m"}
	err := load.Guide(ctx, args, &out, cancelOn{"posts/s", cancel})
	if err == nil || !strings.Contains(err.Error(), "the run was interrupted, so nothing was judged") {
		t.Errorf("%v\n%s", err, &out)
	}
	if !strings.Contains(out.String(), "contradictions: 0\n") || strings.Contains(out.String(), "\nmet") {
		t.Error(out.String())
	}
}
