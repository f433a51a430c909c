package perf

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"campfire"
	"campfire/client"
	"campfire/internal/markup"
	"campfire/internal/sqlite"
	"campfire/internal/store"
)

// The benchmarks of this file use a database of so many messages, which takes
// minutes to make: it is made once, in $CAMPFIRE_PERF_DATA/million, and they
// are left out where that is not set.
const million = 1_000_000

// crowd is who is in that database.
type crowd struct {
	Tokens []string
	People []int64
	Rooms  []int64
	// Renderer is the version that made the texts: a server of another one would
	// make them anew while it is measured.
	Renderer int16
}

func populated(b *testing.B) (dir string, c crowd) {
	b.Helper()
	base := os.Getenv("CAMPFIRE_PERF_DATA")
	if base == "" {
		b.Skip("skipped: set CAMPFIRE_PERF_DATA to a directory with 5 GB of room for the database of a million messages")
	}
	dir = filepath.Join(base, "million")
	state := filepath.Join(base, "million.json")
	if text, err := os.ReadFile(state); err == nil {
		if err := json.Unmarshal(text, &c); err != nil {
			b.Fatal(err)
		}
		if c.Renderer == markup.Version {
			return dir, c
		}
		if err := os.RemoveAll(dir); err != nil {
			b.Fatal(err)
		}
	} else if !errors.Is(err, os.ErrNotExist) {
		b.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		b.Fatal(err)
	}
	s, _ := start(b, dir)
	c = s.people(b, 200, 50)
	c.Renderer = markup.Version
	s.stop()
	began := time.Now()
	fill(b, dir, c)
	b.Logf("%d messages made in %v", million, time.Since(began).Round(time.Second))
	text, err := json.Marshal(c)
	if err == nil {
		err = os.WriteFile(state, text, 0o600)
	}
	if err != nil {
		b.Fatal(err)
	}
	return dir, c
}

// people makes accounts and open rooms.
func (s *server) people(b *testing.B, people, rooms int) (c crowd) {
	b.Helper()
	ctx := context.Background()
	admin, u, err := client.New(s.url, "").SetUp(ctx, "Ada", "ada@example.org", "correct horse battery")
	if err != nil {
		b.Fatal(err)
	}
	c.Tokens, c.People, c.Rooms = []string{admin.Token()}, []int64{u.ID}, []int64{1}
	account, err := admin.Account(ctx)
	if err != nil {
		b.Fatal(err)
	}
	for i := range rooms - 1 {
		r, err := admin.CreateRoom(ctx, "open", fmt.Sprint("Room ", i))
		if err != nil {
			b.Fatal(err)
		}
		c.Rooms = append(c.Rooms, r.ID)
	}
	for i := range people - 1 {
		p, u, err := client.New(s.url, "").Join(ctx, account.JoinCode, fmt.Sprint("Person ", i), fmt.Sprintf("p%d@example.org", i), "correct horse battery")
		if err != nil {
			b.Fatal(err)
		}
		c.Tokens, c.People = append(c.Tokens, p.Token()), append(c.People, u.ID)
	}
	return c
}

// texts returns real texts, where there are some, else made ones.
func texts(b *testing.B) (all []string) {
	f, err := os.Open(filepath.Join(os.Getenv("CAMPFIRE_TESTDATA"), "conversations.jsonl.gz"))
	if err != nil {
		for i := range 50_000 {
			all = append(all, text(i))
		}
		return all
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		b.Fatal(err)
	}
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var m struct{ Text string }
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			b.Fatal(err)
		}
		all = append(all, m.Text)
	}
	if err := lines.Err(); err != nil {
		b.Fatal(err)
	}
	return all
}

// fill writes the messages past the server, which would take its time.
func fill(b *testing.B, dir string, c crowd) {
	b.Helper()
	s, err := store.Open(b.Context(), store.Options{Dir: dir, Sync: "normal"})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	all, rng := texts(b), rand.New(rand.NewPCG(1, 1))
	now := campfire.TimeOf(time.Now().Add(-million * time.Minute / 10))
	for n := 0; n < million; {
		err := s.Write(b.Context(), func(tx *store.Tx) error {
			for range 200 {
				// A tenth of the rooms holds half of the messages.
				room := rng.IntN(len(c.Rooms))
				if rng.IntN(2) == 0 {
					room /= 10
				}
				body := all[n%len(all)] + " #" + strconv.Itoa(n)
				place, err := tx.Room(campfire.RoomID(c.Rooms[room]))
				if err != nil {
					return err
				}
				m := &campfire.Message{Room: place.ID, Creator: campfire.Person{ID: campfire.UserID(c.People[rng.IntN(len(c.People))])},
					Body: body, Plain: body, HTML: "<p>" + html.EscapeString(body) + "</p>", ClientID: fmt.Sprint("fill-", n),
					CreatedAt: now + campfire.Time(n)*6e6, RenderVersion: markup.Version}
				if _, err := tx.InsertMessage(place, m, [16]byte{}); err != nil {
					return err
				}
				n++
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	settle(b, s)
}

// settle waits until all parts of words are indexed.
func settle(b *testing.B, s *store.Store) {
	for {
		behind, err := s.Unindexed(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		if behind == 0 {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// BenchmarkMillionStart is goal 11 with a million messages.
func BenchmarkMillionStart(b *testing.B) {
	dir, _ := populated(b)
	var took []time.Duration
	for b.Loop() {
		s, d := start(b, dir)
		took = append(took, d)
		s.stop()
	}
	b.ReportMetric(float64(slices.Max(took).Microseconds())/1000, "slowest-ready-ms")
}

// BenchmarkMillionPosts is goal 5: the same posts to a new database first, and
// then to the large one, which it adds to.
func BenchmarkMillionPosts(b *testing.B) {
	dir, c := populated(b)
	fresh, _ := start(b, b.TempDir())
	few := fresh.people(b, 64, len(c.Rooms)) // as many as post
	for _, posters := range []int{16, 64} {
		b.Run(fmt.Sprint(posters), func(b *testing.B) {
			before := fresh.posts(b, posters, few, fmt.Sprint(time.Now().UnixNano()))
			s, _ := start(b, dir)
			p := s.posts(b, posters, c, fmt.Sprint(time.Now().UnixNano()))
			p.report(b)
			b.ReportMetric(p.rate/before.rate, "rate÷new")
			b.ReportMetric(float64(p.cpu)/float64(before.cpu), "cpu÷new")
		})
	}
}

// BenchmarkMillionSearch is goal 8: the newest 50 hits, asked one after the
// other, by people who are in all rooms: for words, for parts of words of
// three letters or more, and for parts too short for an index, which has no
// floor. The floor of the others is the index alone, asked in turns with the
// server, and the rows that it names.
func BenchmarkMillionSearch(b *testing.B) {
	dir, c := populated(b)
	behind, err := store.Open(b.Context(), store.Options{Dir: dir})
	if err != nil {
		b.Fatal(err)
	}
	settle(b, behind)
	if err := behind.Close(); err != nil {
		b.Fatal(err)
	}
	all := texts(b)
	var words, parts, short []string
	rng := rand.New(rand.NewPCG(2, 2))
	for len(words) < 500 {
		for _, w := range strings.Fields(all[rng.IntN(len(all))]) {
			letters := strings.TrimFunc(w, func(r rune) bool { return r < 'A' || r > 'z' })
			if len(letters) >= 4 && strings.IndexFunc(letters, func(r rune) bool { return r < 'A' || r > 'z' }) < 0 {
				words, parts, short = append(words, letters), append(parts, letters[1:len(letters)-1]), append(short, letters[1:3])
				break
			}
		}
	}
	for _, kind := range []struct {
		name    string
		queries []string
		probe   func(string) (table, match string)
	}{
		{"words", words, func(w string) (string, string) { return "words", `"` + w + `"` }},
		{"parts", slices.DeleteFunc(parts, func(s string) bool { return len(s) < 3 }), func(p string) (string, string) { return "trigrams", pieces(p) }},
		{"short", short, nil},
	} {
		b.Run(kind.name, func(b *testing.B) {
			s, _ := start(b, dir)
			floor, err := sqlite.Open(filepath.Join(dir, "campfire.db"))
			if err != nil {
				b.Fatal(err)
			}
			defer floor.Close()
			var probe *sqlite.Stmt
			if kind.probe != nil {
				table, _ := kind.probe("any")
				if probe, err = floor.Prepare(`SELECT m.id, m.body, m.html FROM ` + table + ` x CROSS JOIN messages m ON m.id = x.rowid
					WHERE ` + table + ` MATCH $1 ORDER BY x.rowid DESC LIMIT 50`); err != nil {
					b.Fatal(err)
				}
				defer probe.Close()
			}
			s.profile(b)
			var took, least []time.Duration
			hits := 0
			cpu := s.cpu(b)
			for b.Loop() {
				n := len(took)
				text := kind.queries[n%len(kind.queries)]
				reader := client.New(s.url, c.Tokens[n%len(c.Tokens)])
				began := time.Now()
				found, _, err := reader.Search(b.Context(), client.SearchQuery{Text: text, Limit: 50})
				if err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(began))
				hits += len(found)

				if probe == nil {
					continue
				}
				_, match := kind.probe(text)
				began = time.Now()
				if err := rows(probe, match); err != nil {
					b.Fatal(err)
				}
				least = append(least, time.Since(began))
			}
			cpu = s.cpu(b) - cpu
			slices.Sort(took)
			slices.Sort(least)
			for _, q := range []struct {
				name string
				at   float64
			}{{"p50", .5}, {"p95", .95}, {"p99", .99}} {
				i := int(q.at * float64(len(took)-1))
				b.ReportMetric(float64(took[i].Microseconds())/1000, q.name+"-ms")
				if probe != nil {
					b.ReportMetric(float64(least[i].Microseconds())/1000, "floor-"+q.name+"-ms")
					b.ReportMetric(float64(took[i])/float64(least[i]), q.name+"×floor")
				}
			}
			b.ReportMetric(float64(cpu.Microseconds())/float64(len(took)), "cpu-µs/search")
			b.ReportMetric(float64(hits)/float64(len(took)), "hits")
		})
	}
}

// pieces is what a trigram index is asked for.
func pieces(part string) string {
	var all []string
	for i := 0; i+3 < len(part); i += 3 {
		all = append(all, `"`+part[i:i+3]+`"`)
	}
	return strings.Join(append(all, `"`+part[len(part)-3:]+`"`), " AND ")
}

// rows reads all rows of the probe.
func rows(probe *sqlite.Stmt, match string) error {
	if err := probe.Begin([]any{match}); err != nil {
		return err
	}
	defer probe.Reset()
	more, err := probe.Step()
	for more && err == nil {
		var id int
		var body, html string
		if err := probe.Scan(&id, &body, &html); err != nil {
			return err
		}
		more, err = probe.Step()
	}
	return err
}
