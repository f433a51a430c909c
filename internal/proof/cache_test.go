package proof

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"campfire/client"
)

// A server that remembers next to nothing answers what one with a large cache
// does, without an error and with less memory: caches change how fast an
// answer comes, and nothing else.
func TestTinyCacheAnswersTheSame(t *testing.T) {
	ctx := patience(t, 10*time.Minute)
	w := seed(t, ctx, size(12, 50), size(150, 1000), size(8, 50))
	const tiny = 64 << 10
	servers := map[string]*process{
		"a large cache": startProcessOn(t, w.copied(t), "CAMPFIRE_CACHE=256MiB"),
		"a tiny cache":  startProcessOn(t, w.copied(t), fmt.Sprint("CAMPFIRE_CACHE=", tiny)),
	}
	steps := size(800, 12_000)
	rng := rand.New(rand.NewPCG(11, 12))
	asked := make(map[string]int)
	bytes, different := 0, 0
	for step := range steps {
		kind, ask := w.question(rng, step)
		asked[kind]++
		answers := make(map[string]string)
		for name, p := range servers {
			status, body, err := ask(ctx, p.url())
			if err != nil {
				t.Fatalf("%s, step %d, %s: %v", name, step, kind, err)
			}
			if status >= 400 {
				t.Fatalf("%s, step %d, %s: %d %s", name, step, kind, status, body)
			}
			answers[name] = body
		}
		bytes += len(answers["a tiny cache"])
		if answers["a large cache"] != answers["a tiny cache"] {
			if different++; different <= 3 {
				t.Errorf("step %d, %s: the answers differ:\n%.600s\n%.600s", step, kind, answers["a large cache"], answers["a tiny cache"])
			}
		}
	}
	result := map[string]any{"steps": steps, "asked": asked, "answered_bytes": bytes, "different": different, "tiny_cache_bytes": tiny}
	peak := make(map[string]float64)
	misses := make(map[string]float64)
	for name, p := range servers {
		peak[name] = p.memory("VmHWM")
		misses[name] = p.scraped("cache_requests_total", `result="miss"`)
		held := p.scraped("cache_bytes")
		result[name] = map[string]any{"peak_rss_mib": peak[name], "misses": misses[name], "hits": p.scraped("cache_requests_total", `result="hit"`), "held_bytes": held}
		if name == "a tiny cache" && held > tiny {
			t.Errorf("caches that may take %d bytes hold %.0f", tiny, held)
		}
	}
	if misses["a tiny cache"] <= misses["a large cache"] {
		t.Errorf("the tiny cache missed %v times and the large one %v: the working set fits into it, which proves nothing", misses["a tiny cache"], misses["a large cache"])
	}
	if peak["a tiny cache"] > 1.25*peak["a large cache"] {
		t.Errorf("with a tiny cache the server took %.0f MiB, with a large one %.0f", peak["a tiny cache"], peak["a large cache"])
	}
	report(t, "cache", result)
}

// seeded is a database to ask about.
type seeded struct {
	dir    string
	tokens []string
	rooms  []int64
	ids    map[int64][]int64 // of messages, by room
}

// seed makes a database of so many rooms, people and messages in each room.
func seed(t *testing.T, ctx context.Context, rooms, messages, people int) *seeded {
	t.Helper()
	p := startProcess(t)
	admin := setUp(t, ctx, p.url())
	w := &seeded{dir: p.dir, tokens: []string{admin.Token()}, rooms: []int64{1}, ids: make(map[int64][]int64)}
	account, err := admin.Account(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for i := range people {
		c, _, err := client.New(p.url(), "").Join(ctx, account.JoinCode, fmt.Sprint("Person ", i), fmt.Sprintf("p%d@example.org", i), password)
		if err != nil {
			t.Fatal(err)
		}
		w.tokens = append(w.tokens, c.Token())
	}
	for i := range rooms - 1 {
		r, err := admin.CreateRoom(ctx, "open", fmt.Sprint("Room ", i))
		if err != nil {
			t.Fatal(err)
		}
		w.rooms = append(w.rooms, r.ID)
	}
	for _, room := range w.rooms {
		for done := 0; done < messages; {
			var drafts []client.Draft
			for ; done < messages && len(drafts) < 50; done++ {
				id := fmt.Sprintf("s-%d-%d", room, done)
				drafts = append(drafts, client.Draft{ClientMessageID: id, Body: fmt.Sprintf("**%s** %s of kettle%d", id, strings.Repeat("tea and more ", done%20), done%97)})
			}
			author := client.New(p.url(), w.tokens[done%len(w.tokens)])
			results, err := author.PostBatch(ctx, room, drafts)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range results {
				if r.Error != nil {
					t.Fatal(r.Error)
				}
				w.ids[room] = append(w.ids[room], r.Message.ID)
			}
		}
	}
	p.stop()
	return w
}

// copied returns a copy of the database's directory.
func (w *seeded) copied(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(w.dir)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// asking asks one server.
type asking func(ctx context.Context, url string) (status int, body string, err error)

// question draws what is asked next: mostly a read, sometimes a change after
// which the same room is read.
func (w *seeded) question(rng *rand.Rand, step int) (kind string, ask asking) {
	token := w.tokens[rng.IntN(len(w.tokens))]
	room := w.rooms[rng.IntN(len(w.rooms))]
	page := fmt.Sprintf("/api/rooms/%d/messages", room)
	get := func(path string) asking {
		return func(ctx context.Context, url string) (int, string, error) {
			return exchanged(ctx, token, "GET", url+path, "")
		}
	}
	switch rng.IntN(10) {
	case 0, 1:
		return "the newest page", get(page)
	case 2, 3:
		return "an older page", get(fmt.Sprintf("%s?before=%d", page, w.ids[room][rng.IntN(len(w.ids[room]))]))
	case 4:
		return "the rooms", get("/api/rooms")
	case 5:
		return "a search", get(fmt.Sprintf("/api/search?q=kettle%d", rng.IntN(97)))
	case 6, 7:
		return "the room as a page", get(fmt.Sprintf("/rooms/%d", room))
	case 8:
		return "the members", get(fmt.Sprintf("/api/rooms/%d/members", room))
	default:
		post := fmt.Sprintf(`{"body":"step %d","client_message_id":"q-%d"}`, step, step)
		return "a post, and the newest page", func(ctx context.Context, url string) (int, string, error) {
			status, posted, err := exchanged(ctx, token, "POST", url+page, post)
			if err != nil || status != http.StatusCreated {
				return status, posted, err
			}
			status, read, err := exchanged(ctx, token, "GET", url+page, "")
			if err == nil && !strings.Contains(read, fmt.Sprintf(`"q-%d"`, step)) {
				err = fmt.Errorf("the newest page does not show what was just acknowledged: %.300s", read)
			}
			return status, posted + read, err
		}
	}
}

// ours is what two servers may say differently of the same change: when it was.
var ours = regexp.MustCompile(`\d{4}-\d\d-\d\dT[0-9:.]+Z`)

// exchanged makes a request and returns its answer, without what may differ.
func exchanged(ctx context.Context, token, method, url, body string) (int, string, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	if strings.Contains(url, "/api/") {
		req.Header.Set("Authorization", "Bearer "+token)
	} else {
		req.AddCookie(&http.Cookie{Name: "campfire", Value: token})
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, ours.ReplaceAllString(string(b), "…"), err
}
