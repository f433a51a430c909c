package perf

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
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
// people on the same server before anything was waiting.
func BenchmarkPostsWhileDraining(b *testing.B) {
	var delivered atomic.Int64
	open := make(chan struct{})
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-open:
		case <-r.Context().Done():
			return
		}
		io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusNoContent)
		delivered.Add(1)
	}))
	defer receiver.Close()
	release := sync.OnceFunc(func() { close(open) })
	defer release()

	s, _ := start(b, b.TempDir(), "CAMPFIRE_METRICS_TOKEN=secret", fmt.Sprint("CAMPFIRE_OUTBOX_MAX=", backlogSize))
	c := s.people(b, 50, 20)
	before := s.posts(b, 16, c, "quiet")

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

	release()
	began, first := time.Now(), delivered.Load()
	during := s.posts(b, 16, c, "draining")
	left := s.waiting(b)
	drained := float64(delivered.Load()-first) / time.Since(began).Seconds()
	during.report(b)
	b.ReportMetric(during.rate/before.rate*100, "%of-quiet")
	b.ReportMetric(drained, "webhooks/s")
	b.ReportMetric(float64(left), "left")
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
