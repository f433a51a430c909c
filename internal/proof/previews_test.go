package proof

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"campfire/client"
)

// outside is the one address that previews may reach.
const outside = "127.0.0.3"

// pages is a site out there whose pages are called as their addresses end.
type pages struct {
	url   string
	mu    sync.Mutex
	asked map[string]int
}

func newPages(t *testing.T) *pages {
	p := &pages{asked: make(map[string]int)}
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		p.asked[r.URL.Path]++
		p.mu.Unlock()
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, "<title>page %s</title>", strings.TrimPrefix(r.URL.Path, "/"))
	}))
	_ = srv.Listener.Close()
	srv.Listener = listen(t, outside)
	srv.Start()
	t.Cleanup(srv.Close)
	p.url = srv.URL
	return p
}

// fetched returns how many pages were asked for, and how many more than once.
func (p *pages) fetched() (all, again int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, n := range p.asked {
		if n > 1 {
			again++
		}
	}
	return len(p.asked), again
}

// Killed right after it acknowledged messages with links, the server shows what
// each of them leads to once it is back.
func TestKilledServerStillOwesItsPreviews(t *testing.T) {
	kills, together := size(5, 50), 4
	ctx := patience(t, time.Duration(120+kills*15)*time.Second)
	site := newPages(t)
	p := startProcess(t, "CAMPFIRE_PREVIEWS=on", "CAMPFIRE_OUTBOUND_ALLOW="+outside+":*", "CAMPFIRE_RATE_UNFURL=off")
	ada, _, err := client.New(p.url(), "").SetUp(ctx, "Ada", "ada@example.org", "correct horse battery")
	if err != nil {
		t.Fatal(err)
	}

	acknowledged := make(map[int64]string) // titles that are owed, by message
	late := 0                              // looked at only after a kill
	rng := rand.New(rand.NewPCG(9, 10))
	for k := range kills {
		ids := make([]int64, together)
		var posting sync.WaitGroup
		for i := range ids {
			posting.Go(func() {
				m, err := ada.Post(ctx, 1, client.Draft{Body: fmt.Sprintf("[link](%s/%d-%d)", site.url, k, i), ClientMessageID: fmt.Sprintf("%d-%d", k, i)})
				if err != nil {
					t.Error(err)
					return
				}
				ids[i] = m.ID
			})
		}
		posting.Wait()
		if k%2 == 1 { // while they are looked at
			<-time.After(time.Duration(rng.Int64N(int64(5 * time.Millisecond))))
		}
		p.kill()
		for i, id := range ids {
			acknowledged[id] = fmt.Sprintf("page %d-%d", k, i)
		}
		all, _ := site.fetched()
		late += len(acknowledged) - all
		p.start()
		for waits := slices.Clone(ids); len(waits) > 0; {
			if ctx.Err() != nil {
				t.Fatalf("after kill %d the messages %v show nothing", k+1, waits)
			}
			waits = slices.DeleteFunc(waits, func(id int64) bool {
				m, err := ada.Message(ctx, 1, id)
				return err == nil && len(m.Previews) > 0
			})
		}
	}
	shown := 0
	for m, err := range ada.History(ctx, 1) {
		if err != nil {
			t.Fatal(err)
		}
		title, owed := acknowledged[m.ID]
		if !owed || len(m.Previews) != 1 || m.Previews[0].Title != title || m.EditedAt != nil {
			t.Errorf("message %d shows %+v, want %q", m.ID, m.Previews, title)
			continue
		}
		shown++
	}
	if shown != len(acknowledged) {
		t.Errorf("%d messages show where they lead, %d are owed it", shown, len(acknowledged))
	}
	_, again := site.fetched()
	report(t, "previews", map[string]any{"kills": kills, "acknowledged": len(acknowledged), "shown": shown,
		"looked_at_after_a_kill": late, "fetched_more_than_once": again})
}

// Whoever is in the room learns nothing by the clock of an address that may not
// be reached: neither from when the preview of a page of theirs comes that stands
// in a message beside it, which waits for none of them, nor from the answer of
// /api/unfurl. There each way to fail takes the time that one has that waits in
// vain; a full run, on a machine that does nothing else, holds them to a tenth of
// each other.
func TestBlockedAndAbsentAddressesTakeAsLong(t *testing.T) {
	rounds, timeout := size(1, 20), time.Duration(size(300, 1000))*time.Millisecond
	ctx := patience(t, time.Duration(120+rounds*30)*time.Second)
	site := newPages(t)
	p := startProcess(t, "CAMPFIRE_PREVIEWS=on", "CAMPFIRE_OUTBOUND_ALLOW="+outside+":*", "CAMPFIRE_RATE_UNFURL=off", fmt.Sprint("CAMPFIRE_UNFURL_TIMEOUT=", timeout))
	ada, _, err := client.New(p.url(), "").SetUp(ctx, "Ada", "ada@example.org", "correct horse battery")
	if err != nil {
		t.Fatal(err)
	}
	events := make(chan client.Event, 100)
	live := ada.Live(client.LiveOptions{Event: func(e client.Event) { events <- e }})
	t.Cleanup(live.Close)
	live.SubscribeNow(1)
	if err := live.WaitLive(ctx, 1); err != nil {
		t.Fatal(err)
	}
	inside := listen(t, "127.0.0.2") // answers whoever may come
	go func() { _ = http.Serve(inside, http.NotFoundHandler()) }()
	silent := listen(t, outside)
	gone := listen(t, outside)
	_ = gone.Close()
	targets := map[string]string{
		"blocked, something listens": "http://" + inside.Addr().String() + "/",
		"blocked, nothing listens":   "http://127.0.0.2:1/",
		"blocked, private":           "http://10.255.255.1/",
		"blocked, by its name":       "http://localhost/",
		"absent name":                "http://no-such-name.invalid/",
		"absent, refuses":            "http://" + gone.Addr().String() + "/",
		"absent, silent":             "http://" + silent.Addr().String() + "/",
	}
	shown, answered := make(map[string][]time.Duration), make(map[string][]time.Duration)
	n := 0
	for range rounds {
		for name, target := range targets {
			n++
			target := fmt.Sprintf("%s?%d", target, n) // what was found is kept
			began := time.Now()
			m, err := ada.Post(ctx, 1, client.Draft{Body: fmt.Sprintf("[ours](%s/%d) [theirs](%s)", site.url, n, target)})
			if err != nil {
				t.Fatal(err)
			}
			for waits := true; waits; {
				select {
				case e := <-events:
					waits = e.Type != client.MessageUpdated || e.Message.ID != m.ID
				case <-ctx.Done():
					t.Fatalf("%s: the page beside it is not shown", name)
				}
			}
			shown[name] = append(shown[name], time.Since(began))
			began = time.Now()
			if status := unfurl(ctx, t, p.url(), ada.Token(), target+"&again"); status != http.StatusNoContent {
				t.Fatalf("%s is answered with %d", name, status)
			}
			answered[name] = append(answered[name], time.Since(began))
		}
	}
	result := map[string]any{"rounds": rounds, "timeout_ms": timeout.Milliseconds()}
	medians := make(map[string][]float64)
	const beside, asked = "preview_of_another_page", "api_unfurl"
	for what, took := range map[string]map[string][]time.Duration{beside: shown, asked: answered} {
		each := make(map[string]any)
		for name, d := range took {
			at := percentiles(d)
			each[name] = at
			medians[what] = append(medians[what], at["p50"])
			if first := slices.Min(d); what == asked && first < timeout {
				t.Errorf("%s: %s took %v, less than the %v that each may take", what, name, first, timeout)
			}
		}
		ratio := slices.Max(medians[what]) / slices.Min(medians[what])
		result[what] = map[string]any{"ms": each, "slowest_over_fastest_median": ratio}
		if full() && what == asked && ratio > 1.1 {
			t.Errorf("%s: the slowest way to fail takes %.3f times as long as the fastest: %v", what, ratio, each)
		}
	}
	if most, least := slices.Max(medians[beside]), slices.Min(medians[asked]); most >= least {
		t.Errorf("a page beside one that can't be had is shown after up to %.0f ms, no sooner than that has failed (%.0f ms)", most, least)
	}
	report(t, "previews-clock", result)
}

func listen(t *testing.T, host string) net.Listener {
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// unfurl asks what a link leads to and returns the answer's status.
func unfurl(ctx context.Context, t *testing.T, server, token, link string) int {
	req, err := http.NewRequestWithContext(ctx, "POST", server+"/api/unfurl", bytes.NewReader(fmt.Appendf(nil, `{"url":%q}`, link)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}
