package perf

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"campfire/client"
)

// backlogSize is what waits in the outbox when the measurement begins: as many
// rows as it takes.
const backlogSize = 10_000

// BenchmarkPostsWhileDraining has 16 people post while 10,000 webhooks that
// had piled up are delivered, and holds the rate against that of the same
// people on the same server while they wait: three times in turn, as a
// database that grows and a shared machine change the rate by themselves.
func BenchmarkPostsWhileDraining(b *testing.B) {
	var delivered atomic.Int64
	gate := &gate{opened: make(chan struct{})}
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) // only then is it noticed when the other side hangs up
		gate.pass(r.Context())
		w.WriteHeader(http.StatusNoContent)
		delivered.Add(1)
	}))
	b.Cleanup(receiver.Close) // once the server has stopped: it would ask again

	s, _ := start(b, b.TempDir(), "CAMPFIRE_METRICS_TOKEN=secret", fmt.Sprint("CAMPFIRE_OUTBOX_MAX=", backlogSize))
	c := s.people(b, 50, 20)
	ctx := context.Background()
	admin := client.New(s.url, c.Tokens[0])
	bot, err := admin.CreateBot(ctx, "Sink", receiver.URL)
	if err != nil {
		b.Fatal(err)
	}
	ping, err := admin.CreateRoom(ctx, "direct", "", bot.Bot.ID)
	if err != nil {
		b.Fatal(err)
	}
	for at := 0; at < backlogSize; at += 100 {
		drafts := make([]client.Draft, 100)
		for i := range drafts {
			drafts[i] = client.Draft{Body: text(i), ClientMessageID: fmt.Sprint(at + i)}
		}
		if _, err := admin.PostBatch(ctx, ping.ID, drafts); err != nil {
			b.Fatal(err)
		}
	}
	if waiting := s.waiting(b); waiting < backlogSize-100 {
		b.Fatalf("%d webhooks wait, want about %d", waiting, backlogSize)
	}

	var draining *posted
	var drained int64
	var spent time.Duration
	var ratios []float64
	for i := range 3 {
		waiting := s.posts(b, 16, c, fmt.Sprint("waiting", i))
		release := gate.open()
		began, first := time.Now(), delivered.Load()
		draining = s.posts(b, 16, c, fmt.Sprint("draining", i))
		spent += time.Since(began)
		drained += delivered.Load() - first
		release()
		ratios = append(ratios, draining.rate/waiting.rate*100)
	}
	slices.Sort(ratios)
	draining.report(b)
	b.ReportMetric(ratios[1], "%of-waiting")
	b.ReportMetric(float64(drained)/spent.Seconds(), "webhooks/s")
	b.ReportMetric(float64(s.waiting(b)), "left")
}

// gate holds back whoever passes while it is closed.
type gate struct {
	mu     sync.Mutex
	opened chan struct{}
}

// open lets all pass until the function that it returns is called.
func (g *gate) open() (shut func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	close(g.opened)
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.opened = make(chan struct{})
	}
}

func (g *gate) pass(ctx context.Context) {
	g.mu.Lock()
	opened := g.opened
	g.mu.Unlock()
	select {
	case <-opened:
	case <-ctx.Done():
	}
}

var depth = regexp.MustCompile(`(?m)^outbox_depth\{kind="webhook"\} ([0-9.e+]+)$`)

// waiting returns how many webhooks wait or are under way.
func (s *server) waiting(b *testing.B) int {
	req, err := http.NewRequest("GET", s.url+"/metrics", nil)
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer secret")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.Fatal(err)
	}
	m := depth.FindSubmatch(body)
	if m == nil {
		b.Fatal("the server does not say how much waits")
	}
	n, err := strconv.ParseFloat(string(m[1]), 64)
	if err != nil {
		b.Fatal(err)
	}
	return int(n)
}
