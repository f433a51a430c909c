package server_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	_ "image/jpeg"
	"image/png"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"campfire/client"
	"campfire/internal/campfiretest"
)

// strangers is a site out there: pages by their path, and how often each was
// asked for.
type strangers struct {
	*httptest.Server
	mu    sync.Mutex
	pages map[string]string
	asked map[string]int
}

func newStrangers(t *testing.T) *strangers {
	s := &strangers{pages: make(map[string]string), asked: make(map[string]int)}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.asked[r.URL.Path]++
		page, ok := s.pages[r.URL.Path]
		s.mu.Unlock()
		if strings.HasSuffix(r.URL.Path, ".png") {
			w.Header().Set("Content-Type", "image/png")
			_, _ = io.WriteString(w, page)
			return
		}
		if to, moved := strings.CutPrefix(page, "->"); moved {
			w.Header().Set("Location", to)
			w.WriteHeader(http.StatusFound)
			return
		}
		if !ok {
			w.WriteHeader(404)
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, page)
	}))
	t.Cleanup(s.Close)
	return s
}

// page adds a page and returns its address.
func (s *strangers) page(path, html string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pages[path] = html
	return s.URL + path
}

func (s *strangers) times(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[path]
}

// link is an address in a message: one without a name is not made a link by
// itself.
func link(url string) string { return "[link](" + url + ")" }

// follower hears what happens in a room.
type follower struct {
	t      *testing.T
	events chan client.Event
}

func follow(t *testing.T, srv *campfiretest.Server, token string, room int64) *follower {
	f := &follower{t, make(chan client.Event, 1000)}
	live := client.New(srv.URL, token).Live(client.LiveOptions{Event: func(e client.Event) { f.events <- e }})
	t.Cleanup(live.Close)
	live.SubscribeNow(room)
	if err := live.WaitLive(t.Context(), room); err != nil {
		t.Fatal(err)
	}
	return f
}

// updated waits for the next change of a message.
func (f *follower) updated(id int64) client.Event {
	f.t.Helper()
	for {
		select {
		case e := <-f.events:
			if e.Type == client.MessageUpdated && e.Message.ID == id {
				return e
			}
		case <-time.After(20 * time.Second):
			f.t.Fatalf("message %d was not changed", id)
		}
	}
}

// previewing starts a server that looks at links to 127.0.0.1.
func previewing(t *testing.T, env ...string) *campfiretest.Server {
	return campfiretest.New(t, append([]string{"CAMPFIRE_PREVIEWS=on", "CAMPFIRE_OUTBOUND_ALLOW=127.0.0.1:*", "CAMPFIRE_RATE_UNFURL=off",
		"CAMPFIRE_METRICS_TOKEN=metrics"}, env...)...)
}

// settled waits until no message's links wait to be looked at.
func settled(t *testing.T, srv *campfiretest.Server) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		if strings.Contains(string(srv.Do("metrics", "GET", "/metrics", nil).Want(200).Body), `outbox_depth{kind="preview"} 0`) {
			return
		}
	}
	t.Fatal("links still wait to be looked at")
}

type withPreviews struct {
	Version, Seq int64
	Body         string
	EditedAt     *string `json:"edited_at"`
	URLs         []string
	Previews     []client.Preview
}

func get(srv *campfiretest.Server, token string, id int64) withPreviews {
	var in struct{ Message withPreviews }
	srv.Do(token, "GET", fmt.Sprintf("/api/rooms/1/messages/%d", id), nil).Want(200).JSON(&in)
	return in.Message
}

const cake = `<!doctype html><title>plain</title><meta property="og:title" content="A cake"><meta property="og:description" content="With plums &amp; cream."><meta property="og:site_name" content="Bakery">`

func TestLinksGetPreviews(t *testing.T) {
	site, srv := newStrangers(t), previewing(t)
	ada := srv.SetUp()
	live := follow(t, srv, ada, 1)
	url := site.page("/cake", cake)
	m := post(srv, ada, "1", "Look: "+link(url)+" and `"+site.page("/code", cake)+"` and <"+site.page("/not", cake)+">")
	e := live.updated(m.ID)
	want := client.Preview{URL: url, Title: "A cake", Description: "With plums & cream.", Site: "Bakery"}
	if len(e.Message.Previews) != 1 || e.Message.Previews[0] != want || e.Message.EditedAt != nil || e.Seq != e.Message.Version || e.Seq <= m.Version {
		t.Errorf("the event is %+v", e.Message)
	}
	if got := get(srv, ada, m.ID); len(got.Previews) != 1 || got.Previews[0] != want || got.EditedAt != nil || got.Version != e.Seq {
		t.Errorf("the message is %+v", got)
	}
	if site.times("/code") != 0 || site.times("/not") != 0 {
		t.Error("what is code, or in angle brackets, was looked at")
	}

	// A replay has it, too, and so has a page for browsers.
	var replay struct{ Events []client.Event }
	srv.Do(ada, "GET", fmt.Sprintf("/api/rooms/1/events?since=%d", e.Seq-1), nil).Want(200).JSON(&replay)
	if len(replay.Events) != 1 || len(replay.Events[0].Message.Previews) != 1 {
		t.Errorf("the replay is %+v", replay)
	}
	has(t, visitor(t, srv, ada).page("/rooms/1"), `rel="noopener noreferrer nofollow">A cake</a>`)

	// Whoever links there again has what is known, whatever the fragment.
	other := post(srv, ada, "1", link(url+"#top"))
	if e := live.updated(other.ID); len(e.Message.Previews) != 1 || e.Message.Previews[0].Title != "A cake" {
		t.Errorf("the second is %+v", e.Message)
	}
	if n := site.times("/cake"); n != 1 {
		t.Errorf("the page was fetched %d times", n)
	}
}

func TestEditsAndPreviews(t *testing.T) {
	site, srv := newStrangers(t), previewing(t)
	ada := srv.SetUp()
	live := follow(t, srv, ada, 1)
	one, two := site.page("/one", "<title>One</title>"), site.page("/two", "<title>Two</title>")
	m := post(srv, ada, "1", link(one))
	e := live.updated(m.ID)
	path := fmt.Sprintf("/api/rooms/1/messages/%d", m.ID)

	// Whoever began to edit before the preview came edits the text that is there.
	srv.Do(ada, "PATCH", path, map[string]any{"body": link(one) + " " + link(two), "version": m.Version}).Want(200)
	edited := live.updated(m.ID)
	if len(edited.Message.Previews) != 1 || edited.Message.EditedAt == nil {
		t.Errorf("after the edit: %+v", edited.Message)
	}
	both := live.updated(m.ID)
	if len(both.Message.Previews) != 2 || both.Message.Previews[1].Title != "Two" || site.times("/one") != 1 {
		t.Errorf("the second link's preview: %+v", both.Message)
	}
	for _, version := range []int64{m.Version, e.Seq} {
		if a := srv.Do(ada, "PATCH", path, map[string]any{"body": "mine", "version": version}); a.Status != 409 {
			t.Errorf("an edit of version %d: %d", version, a.Status)
		}
	}
	srv.Do(ada, "PATCH", path, map[string]any{"body": link(two), "version": edited.Seq}).Want(200)
	if e := live.updated(m.ID); len(e.Message.Previews) != 1 || e.Message.Previews[0].Title != "Two" {
		t.Errorf("without the first link: %+v", e.Message)
	}
	srv.Do(ada, "PATCH", path, map[string]any{"body": "nothing"}).Want(200)
	if e := live.updated(m.ID); len(e.Message.Previews) != 0 {
		t.Errorf("without links: %+v", e.Message)
	}
}

func TestRemovedPreviewsStayRemoved(t *testing.T) {
	site, srv := newStrangers(t), previewing(t)
	ada := srv.SetUp()
	bo, cy := srv.Join(ada, "Bo"), srv.Join(ada, "Cy")
	live := follow(t, srv, ada, 1)
	url := site.page("/one", "<title>One</title>")
	m := post(srv, bo, "1", link(url))
	live.updated(m.ID)
	path := fmt.Sprintf("/api/rooms/1/messages/%d", m.ID)
	srv.Do(cy, "DELETE", path+"/previews", nil).Want(403)
	seq := srv.Do(bo, "DELETE", path+"/previews", nil).Want(204).Header.Get("Campfire-Seq")
	if e := live.updated(m.ID); len(e.Message.Previews) != 0 || e.Message.EditedAt != nil || fmt.Sprint(e.Seq) != seq {
		t.Errorf("after the removal, with the number %s: %+v", seq, e)
	}
	if again := srv.Do(bo, "DELETE", path+"/previews", nil).Want(204).Header.Get("Campfire-Seq"); again != seq {
		t.Errorf("removing again took the number %s", again)
	}
	srv.Do(bo, "PATCH", path, map[string]any{"body": link(url) + " " + link(site.page("/two", "<title>Two</title>"))}).Want(200)
	settled(t, srv)
	if got := get(srv, bo, m.ID); len(got.Previews) != 0 || site.times("/two") != 0 {
		t.Errorf("after an edit: %+v", got)
	}

	// An administrator who is in the room may, and a browser without scripts can.
	other := post(srv, bo, "1", link(url))
	live.updated(other.ID)
	page := visitor(t, srv, ada)
	has(t, page.page(fmt.Sprintf("/rooms/1/messages/%d/edit", other.ID)), "Remove previews")
	page.did(fmt.Sprintf("/rooms/1/messages/%d/previews/delete", other.ID), nil)
	if got := get(srv, bo, other.ID); len(got.Previews) != 0 {
		t.Errorf("after the administrator's removal: %+v", got)
	}
}

// A message that is deleted while its link is looked at, and links that are
// not: those that are switched off, those beyond what one person may have
// looked at, those to files.
func TestLinksThatAreNotLookedAt(t *testing.T) {
	site, srv := newStrangers(t), previewing(t, "CAMPFIRE_RATE_UNFURL=2/h")
	ada := srv.SetUp()
	live := follow(t, srv, ada, 1)
	page := func(name string) string { return site.page("/"+name, "<title>"+name+"</title>") }
	post(srv, ada, "1", link(page("a.zip"))+link(page("b.JPG"))+link(page("c.pdf")+"?x=1"))
	live.updated(post(srv, ada, "1", link(page("one"))).ID)
	live.updated(post(srv, ada, "1", link(page("two"))).ID)
	beyond := post(srv, ada, "1", link(page("three")))
	if a := srv.Do(ada, "POST", "/api/unfurl", map[string]string{"url": page("four")}); a.Status != 429 || a.Header.Get("Retry-After") == "" {
		t.Errorf("a link beyond the rate: %d", a.Status)
	}
	bo := srv.Join(ada, "Bo")
	srv.Do(bo, "PATCH", "/api/account", map[string]any{"previews": false}).Want(403)
	srv.Do(ada, "PATCH", "/api/account", map[string]any{"previews": false}).Want(200)
	off := post(srv, bo, "1", link(page("five")))
	srv.Do(bo, "POST", "/api/unfurl", map[string]string{"url": page("six")}).Want(204)
	settled(t, srv)
	for _, m := range []message{beyond, off} {
		if got := get(srv, ada, m.ID); len(got.Previews) != 0 {
			t.Errorf("%s has %+v", got.Body, got.Previews)
		}
	}
	for _, name := range []string{"a.zip", "b.JPG", "c.pdf", "three", "four", "five", "six"} {
		if n := site.times("/" + name); n != 0 {
			t.Errorf("%s was fetched %d times", name, n)
		}
	}
	srv.Restart() // the switch is kept
	post(srv, bo, "1", link(page("seven")))
	settled(t, srv)
	if n := site.times("/seven"); n != 0 {
		t.Error("after a restart the switch is forgotten")
	}
}

// TestNothingInsideIsReached goes through the whole program: messages, edits,
// redirects, pictures and /api/unfurl, to a server that policy forbids.
func TestNothingInsideIsReached(t *testing.T) {
	var hits atomic.Int64
	ln, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		t.Skip(err)
	}
	canary := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hits.Add(1)
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<title>secret</title>")
	}))
	_ = canary.Listener.Close()
	canary.Listener = ln
	canary.Start()
	t.Cleanup(canary.Close)
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	var urls []string
	for _, host := range []string{"127.0.0.2", "127.0.0.2.", "[::ffff:127.0.0.2]", "[::127.0.0.2]", "[64:ff9b::127.0.0.2]", "[2002:7f00:2::]", "2130706434", "0x7f.0.0.2", "0177.0.0.2", "127.2", "0", "169.254.169.254", "user@127.0.0.2"} {
		urls = append(urls, "http://"+host+":"+port+"/")
	}
	walk := func(srv *campfiretest.Server, site *strangers) (answered int) {
		ada := srv.SetUp()
		for i, u := range urls {
			hop := site.page(fmt.Sprintf("/hop%d", i), "->"+u)
			picture := site.page(fmt.Sprintf("/picture%d", i), `<title>x</title><meta property="og:image" content="`+u+`">`)
			m := post(srv, ada, "1", "nothing")
			srv.Do(ada, "PATCH", fmt.Sprintf("/api/rooms/1/messages/%d", m.ID), map[string]string{"body": link(u)})
			post(srv, ada, "1", link(u)+link(hop)+link(picture))
			for _, link := range []string{u, hop} {
				if a := srv.Do(ada, "POST", "/api/unfurl", map[string]string{"url": link}); a.Status != 204 || len(a.Body) != 0 {
					answered++
				}
			}
		}
		settled(t, srv)
		return answered
	}
	// What fails lasts as long as it may.
	if answered := walk(previewing(t, "CAMPFIRE_UNFURL_TIMEOUT=200ms"), newStrangers(t)); answered != 0 || hits.Load() != 0 {
		t.Errorf("%d links were answered; the canary was reached %d times", answered, hits.Load())
	}
	// Where the network is allowed the same walk reaches it: the test can fail.
	if answered := walk(previewing(t, "CAMPFIRE_OUTBOUND_ALLOW=127.0.0.0/8:*", "CAMPFIRE_UNFURL_TIMEOUT=200ms"), newStrangers(t)); answered == 0 || hits.Load() == 0 {
		t.Errorf("allowed, %d links were answered and the canary was reached %d times", answered, hits.Load())
	}
}

// Forbidden, absent and broken are answered alike.
func TestUnfurlTellsNothing(t *testing.T) {
	site, srv := newStrangers(t), previewing(t, "CAMPFIRE_UNFURL_TIMEOUT=200ms")
	ada := srv.SetUp()
	closed := httptest.NewServer(nil)
	closed.Close()
	site.page("/untitled", "<p>no title</p>")
	headers := ""
	for _, url := range []string{"http://127.0.0.2/", "http://169.254.169.254/", closed.URL, "http://no-such-name.invalid/", site.URL + "/none", site.URL + "/untitled", "ftp://example.org/", "nonsense", "javascript:alert(1)"} {
		a := srv.Do(ada, "POST", "/api/unfurl", map[string]string{"url": url}).Want(204)
		a.Header.Del("Date")
		for _, name := range []string{"X-Request-Id", "Request-Id"} {
			a.Header.Del(name)
		}
		if got := fmt.Sprint(a.Header); headers == "" {
			headers = got
		} else if got != headers {
			t.Errorf("%s is answered with %s, another with %s", url, got, headers)
		}
	}
	var in struct{ Preview client.Preview }
	srv.Do(ada, "POST", "/api/unfurl", map[string]string{"url": site.page("/cake", cake)}).Want(200).JSON(&in)
	if in.Preview.Title != "A cake" {
		t.Errorf("%+v", in)
	}
	srv.Do(ada, "POST", "/api/unfurl", map[string]string{}).Want(422)
	srv.Do("", "POST", "/api/unfurl", map[string]string{"url": site.URL}).Want(401)
}

// A picture is made anew and served to members of a room that shows it, as
// long as it does.
func TestPicturesOfPreviews(t *testing.T) {
	site, srv := newStrangers(t), previewing(t)
	ada := srv.SetUp()
	bo := srv.Join(ada, "Bo")
	var large, bomb bytes.Buffer
	if err := png.Encode(&large, image.NewGray(image.Rect(0, 0, 1200, 630))); err != nil {
		t.Fatal(err)
	}
	// A picture that says that it is 100,000 by 100,000.
	if err := png.Encode(&bomb, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		t.Fatal(err)
	}
	header := bomb.Bytes()[12:29]
	binary.BigEndian.PutUint32(header[4:], 100_000)
	binary.BigEndian.PutUint32(header[8:], 100_000)
	binary.BigEndian.PutUint32(bomb.Bytes()[29:], crc32.ChecksumIEEE(header))
	site.page("/large.png", large.String())
	site.page("/bomb.png", bomb.String())
	var in struct{ Room struct{ ID int64 } }
	srv.Do(ada, "POST", "/api/rooms", map[string]any{"name": "Secret", "kind": "closed"}).Want(201).JSON(&in)
	room := fmt.Sprint(in.Room.ID)
	live := follow(t, srv, ada, in.Room.ID)
	m := post(srv, ada, room, link(site.page("/a", `<title>A</title><meta property="og:image" content="/large.png">`)))
	p := live.updated(m.ID).Message.Previews
	if len(p) != 1 || p[0].ImageURL == "" || p[0].Width != 480 || p[0].Height != 252 {
		t.Fatalf("%+v", p)
	}
	path := p[0].ImageURL
	got := srv.Do(ada, "GET", path, nil).Want(200)
	if c, kind, err := image.DecodeConfig(bytes.NewReader(got.Body)); err != nil || c.Width != 480 || "image/"+kind != got.Header.Get("Content-Type") || len(got.Body) > 64<<10 {
		t.Errorf("the picture is %v, %v, %v, %d bytes", c, kind, err, len(got.Body))
	}
	if got.Header.Get("Cache-Control") != "private, no-cache" || got.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("its header is %v", got.Header)
	}
	srv.Do(ada, "GET", path, nil, "If-None-Match", got.Header.Get("ETag")).Want(304)
	srv.Do(bo, "GET", path, nil).Want(404)
	srv.Do("", "GET", path, nil).Want(401)
	srv.Do(bo, "GET", "/previews/"+strings.Repeat("0", 32)+"/image", nil).Want(404)
	srv.Do(ada, "PUT", "/api/rooms/"+room+"/members/2", nil)
	srv.Do(bo, "GET", path, nil).Want(200)
	srv.Do(ada, "DELETE", "/api/rooms/"+room+"/members/2", nil)
	srv.Do(bo, "GET", path, nil).Want(404)

	// Whoever is told of the link by /api/unfurl sees no picture.
	var told struct{ Preview client.Preview }
	srv.Do(bo, "POST", "/api/unfurl", map[string]string{"url": site.URL + "/a"}).Want(200).JSON(&told)
	if told.Preview.Title != "A" || told.Preview.ImageURL != "" {
		t.Errorf("unfurl: %+v", told)
	}

	n := post(srv, ada, room, link(site.page("/b", `<title>B</title><meta property="og:image" content="/bomb.png">`)))
	if p := live.updated(n.ID).Message.Previews; len(p) != 1 || p[0].ImageURL != "" {
		t.Errorf("the bomb's preview is %+v", p)
	}

	srv.Do(ada, "DELETE", fmt.Sprintf("/api/rooms/%s/messages/%d", room, m.ID), nil).Want(204)
	srv.Do(ada, "GET", path, nil).Want(404)
}

// What pages say is text, whatever it looks like: in pages, and in the API.
func TestHostilePages(t *testing.T) {
	site, srv := newStrangers(t), previewing(t)
	ada := srv.SetUp()
	live := follow(t, srv, ada, 1)
	element := regexp.MustCompile(`(?i)<(script|img[^>]*onerror|svg|iframe|math|style)`)
	for i, hostile := range []string{
		`<script>alert(1)</script>x`, `&lt;script&gt;alert(1)&lt;/script&gt;x`, `&amp;lt;script&amp;gt;alert(1)&amp;lt;/script&amp;gt;x`,
		`x" onmouseover="alert(1)`, `x&quot; onmouseover=&quot;alert(1)`, `&lt;img src=x onerror=alert(1)&gt;x`, `x'><svg onload=alert(1)>`, "x\x00<b>y", `javascript:alert(1)`, `</title><script>alert(1)</script>`, `x&#x202e;gnp.exe`,
	} {
		url := site.page(fmt.Sprintf("/%d", i), `<meta property="og:title" content="t `+hostile+`"><meta property="og:description" content="d `+hostile+`"><meta property="og:site_name" content="s `+hostile+`">`)
		m := post(srv, ada, "1", link(url))
		p := live.updated(m.ID).Message.Previews
		if len(p) != 1 || strings.ContainsRune(p[0].Title, '\u202e') || strings.ContainsRune(p[0].Title, 0) {
			t.Errorf("%s: %+v", hostile, p)
		}
	}
	page := string(visitor(t, srv, ada).get("/rooms/1").Want(200).Body)
	from := strings.Index(page, `<div class="previews">`)
	if from < 0 {
		t.Fatal("no previews")
	}
	rest := page[from:]
	if end := strings.Index(rest, `<footer class="composer-area">`); end > 0 {
		rest = rest[:end]
	}
	if bad := element.FindString(rest); bad != "" {
		t.Errorf("the page has %s", bad)
	}
	if strings.Contains(rest, `onmouseover="`) {
		t.Error("an attribute was added")
	}
}

// A job outlives a server that is stopped while a page is on its way.
func TestPreviewsSurviveARestart(t *testing.T) {
	srv := previewing(t)
	ada := srv.SetUp()
	begun, free := make(chan struct{}, 10), make(chan struct{})
	var slow atomic.Bool
	slow.Store(true)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if slow.Load() {
			begun <- struct{}{}
			select {
			case <-free:
			case <-r.Context().Done():
			}
			return
		}
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<title>Late</title>")
	}))
	t.Cleanup(site.Close)
	defer close(free)
	m := post(srv, ada, "1", link(site.URL+"/"))
	<-begun
	srv.Stop()
	slow.Store(false)
	srv.Start()
	settled(t, srv)
	if got := get(srv, ada, m.ID); len(got.Previews) != 1 || got.Previews[0].Title != "Late" {
		t.Errorf("after a restart: %+v", got)
	}
}

// Whoever posts may ask for no previews, by every way to post; none come later
// either. A retry is the same message, whatever it says of previews.
func TestPostsWithoutPreviews(t *testing.T) {
	site, srv := newStrangers(t), previewing(t)
	ada := srv.SetUp()
	live := client.New(srv.URL, ada)
	text := link(site.page("/one", "<title>One</title>"))
	no := false
	d := client.Draft{Body: text, ClientMessageID: "plain", Previews: &no}
	m, err := live.Post(t.Context(), 1, d)
	if err != nil {
		t.Fatal(err)
	}
	ids := []int64{m.ID}
	d.Previews = nil
	if again, err := live.Post(t.Context(), 1, d); err != nil || again.ID != m.ID {
		t.Errorf("a retry: %+v, %v", again, err)
	}
	batch, err := live.PostBatch(t.Context(), 1, []client.Draft{{Body: text, Previews: &no}})
	if err != nil {
		t.Fatal(err)
	}
	ids = append(ids, batch[0].Message.ID)

	var in struct{ Message struct{ ID int64 } }
	postFiles(srv, ada, "1", map[string]string{"body": text, "previews": "false"}, file{"a.txt", []byte("text")}).Want(201).JSON(&in)
	ids = append(ids, in.Message.ID)

	visitor(t, srv, ada).did("/rooms/1/messages", url.Values{"body": {text}, "previews": {"false"}, "client_message_id": {"page"}})
	page, err := live.Messages(t.Context(), 1, client.PageQuery{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	ids = append(ids, page.Messages[0].ID)

	settled(t, srv)
	if n := site.times("/one"); n != 0 {
		t.Errorf("the page was asked for %d times", n)
	}
	// With another link of the same, known page, and after an edit.
	follow(t, srv, ada, 1).updated(post(srv, ada, "1", text).ID)
	for _, id := range ids {
		srv.Do(ada, "PATCH", fmt.Sprintf("/api/rooms/1/messages/%d", id), map[string]string{"body": text + " edited"}).Want(200)
	}
	settled(t, srv)
	for i, id := range ids {
		if got := get(srv, ada, id); len(got.Previews) != 0 {
			t.Errorf("way %d: %+v", i, got.Previews)
		}
	}
	srv.Do(ada, "POST", "/api/rooms/1/messages", map[string]any{"body": text, "previews": "no"}).Want(422)
}

// Links that are left out are not charged to who posts them.
func TestLeavingPreviewsOutIsFree(t *testing.T) {
	site, srv := newStrangers(t), previewing(t, "CAMPFIRE_RATE_UNFURL=1/h")
	ada := srv.SetUp()
	live := follow(t, srv, ada, 1)
	text := link(site.page("/one", "<title>One</title>"))
	for range 3 {
		srv.Do(ada, "POST", "/api/rooms/1/messages", map[string]any{"body": text, "previews": false}).Want(201)
	}
	if e := live.updated(post(srv, ada, "1", text).ID); len(e.Message.Previews) != 1 {
		t.Errorf("%+v", e.Message)
	}
}

// What would be looked at is said of a text alone; nobody is asked.
func TestLinksOfATextThatIsWritten(t *testing.T) {
	site, srv := newStrangers(t), previewing(t, "CAMPFIRE_MAX_MESSAGE=200")
	ada := srv.SetUp()
	one, two := site.page("/one", cake), "http://example.org/two"
	for text, want := range map[string][]string{
		"":        {},
		"no link": {},
		link(one) + " @Ada <@1> " + two + " " + link(one):                     {one, two},
		"`" + two + "` <" + two + "> [a](http://example.org/a.zip)":           {},
		"```\n" + two + "\n```":                                               {},
		"www.example.org ftp://example.org/":                                  {"http://www.example.org"},
		"http://a.example http://b.example http://c.example http://d.example": {"http://a.example", "http://b.example", "http://c.example"},
	} {
		var in struct{ Links []string }
		srv.Do(ada, "POST", "/api/links", map[string]string{"body": text}).Want(200).JSON(&in)
		if fmt.Sprint(in.Links) != fmt.Sprint(want) {
			t.Errorf("%q has %q, want %q", text, in.Links, want)
		}
	}
	srv.Do(ada, "POST", "/api/links", map[string]string{"body": strings.Repeat("a", 201)}).Want(422)
	srv.Do(ada, "POST", "/api/links", map[string]string{}).Want(422)
	srv.Do("", "POST", "/api/links", map[string]string{"body": one}).Want(401)
	if n := site.times("/one"); n != 0 {
		t.Errorf("the page was asked for %d times", n)
	}
}

// A page that keeps one waiting holds up no other of its message: each is
// shown as it comes, where its link stands.
func TestAPageThatKeepsOneWaitingHoldsUpNoOther(t *testing.T) {
	site, srv := newStrangers(t), previewing(t, "CAMPFIRE_UNFURL_TIMEOUT=60s")
	ada := srv.SetUp()
	live := follow(t, srv, ada, 1)
	release := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, "<title>Slow</title>")
	}))
	t.Cleanup(slow.Close)
	var once sync.Once
	t.Cleanup(func() { once.Do(func() { close(release) }) })
	id := post(srv, ada, "1", link(slow.URL+"/slow")+link(site.page("/one", "<title>One</title>"))).ID
	titles := func(e client.Event) (all []string) {
		for _, p := range e.Message.Previews {
			all = append(all, p.Title)
		}
		return all
	}
	if got := titles(live.updated(id)); fmt.Sprint(got) != "[One]" {
		t.Errorf("at first it shows %q", got)
	}
	once.Do(func() { close(release) })
	if got := titles(live.updated(id)); fmt.Sprint(got) != "[Slow One]" {
		t.Errorf("in the end it shows %q", got)
	}
	settled(t, srv)
}

// Looking for links while one writes has a rate of its own: beyond it one is
// told when to come back, and posting goes on.
func TestLookingForLinksHasARate(t *testing.T) {
	site, srv := newStrangers(t), previewing(t, "CAMPFIRE_RATE_LINKS=2/h")
	ada := srv.SetUp()
	bo := srv.Join(ada, "Bo")
	text := map[string]string{"body": link(site.page("/one", "<title>One</title>"))}
	for range 2 {
		srv.Do(ada, "POST", "/api/links", text).Want(200)
	}
	if a := srv.Do(ada, "POST", "/api/links", text); a.Status != 429 || a.Header.Get("Retry-After") == "" {
		t.Errorf("beyond the rate: %d, %v", a.Status, a.Header)
	}
	srv.Do(bo, "POST", "/api/links", text).Want(200) // it is each person's own
	live := follow(t, srv, ada, 1)
	if e := live.updated(post(srv, ada, "1", text["body"]).ID); len(e.Message.Previews) != 1 {
		t.Errorf("%+v", e.Message)
	}
	if page := string(srv.Do("metrics", "GET", "/metrics", nil).Want(200).Body); !strings.Contains(page, `code="429"`) || !strings.Contains(page, `route="/api/links"`) {
		t.Error("the metrics do not tell of it")
	}
}
