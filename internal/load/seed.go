package load

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"campfire/client"
)

// line is one message of the file.
type line struct {
	Room   string `json:"room"`
	Author int    `json:"author"`
	At     string `json:"at"`
	Text   string `json:"text"`

	number int // of the line in the file, from 1
}

// state is what a run leaves behind, so that another goes on where it stopped.
type state struct {
	URL      string            `json:"url"`
	Email    string            `json:"email"` // the administrator's
	Password string            `json:"password"`
	Token    string            `json:"token"`
	Rooms    map[string]int64  `json:"rooms"`  // id by name
	Tokens   map[string]string `json:"tokens"` // by room and author
	Posted   map[string]int    `json:"posted"` // messages of each room that are stored
}

// seed is one run of the command.
type seed struct {
	from, url, stateFile string
	authors              int
	verify               bool
	stdout, stderr       io.Writer

	mu    sync.Mutex // guards state
	state state
	admin *client.Client
	rooms map[string][]line
	names []string // of the rooms, in order of first appearance

	limited  atomic.Bool
	progress *progress
}

// Seed runs `campfire load seed`.
func Seed(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	s := &seed{stdout: stdout, stderr: stderr}
	flags := flag.NewFlagSet("campfire load seed", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&s.from, "from", "", "JSON-lines `file` of {room, author, at, text}; gzip is recognised")
	flags.StringVar(&s.url, "url", "http://localhost:3000", "`address` of the Campfire")
	flags.StringVar(&s.stateFile, "state", "", "`file` that remembers accounts and progress (default: FROM.state)")
	flags.IntVar(&s.authors, "accounts-per-room", 0, "fold a room's authors into so many accounts; 0: one each")
	flags.BoolVar(&s.verify, "verify", false, "afterwards, find every message again by paging and by search")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return err
	}
	if s.from == "" {
		return errors.New("name the file: campfire load seed --from FILE")
	}
	if s.stateFile == "" {
		s.stateFile = s.from + ".state"
	}
	return s.run(ctx)
}

func (s *seed) run(ctx context.Context) error {
	if err := s.read(); err != nil {
		return err
	}
	if err := s.restore(); err != nil {
		return err
	}
	if err := s.enter(ctx); err != nil {
		return err
	}
	if err := s.makeRooms(ctx); err != nil {
		return err
	}
	if err := s.makeAccounts(ctx); err != nil {
		return err
	}
	if err := s.post(ctx); err != nil {
		return err
	}
	if s.verify {
		return s.check(ctx)
	}
	return nil
}

// maxLine bounds a line of the file, in bytes.
const maxLine = 1 << 20

// read loads the file; each room keeps the file's order.
func (s *seed) read() error {
	f, err := os.Open(s.from)
	if err != nil {
		return err
	}
	defer f.Close()
	in := bufio.NewReader(f)
	var r io.Reader = in
	if magic, _ := in.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(in)
		if err != nil {
			return fmt.Errorf("%s: %w", s.from, err)
		}
		r = z
	}
	s.rooms = make(map[string][]line)
	scan := bufio.NewScanner(r)
	scan.Buffer(nil, maxLine)
	for n := 1; scan.Scan(); n++ {
		if len(bytes.TrimSpace(scan.Bytes())) == 0 {
			continue
		}
		l := line{number: n}
		if err := json.Unmarshal(scan.Bytes(), &l); err != nil {
			return fmt.Errorf("%s, line %d: %w", s.from, n, err)
		}
		if l.Room == "" || l.Text == "" || l.Author < 1 {
			return fmt.Errorf("%s, line %d: room, author and text are needed", s.from, n)
		}
		if s.rooms[l.Room] == nil {
			s.names = append(s.names, l.Room)
		}
		s.rooms[l.Room] = append(s.rooms[l.Room], l)
	}
	if err := scan.Err(); err != nil {
		return fmt.Errorf("%s: %w", s.from, err)
	}
	if len(s.names) == 0 {
		return fmt.Errorf("%s holds no messages", s.from)
	}
	return nil
}

// restore loads the state of an earlier run on the same Campfire.
func (s *seed) restore() error {
	s.state = state{URL: s.url, Rooms: map[string]int64{}, Tokens: map[string]string{}, Posted: map[string]int{}}
	b, err := os.ReadFile(s.stateFile)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var old state
	if err := json.Unmarshal(b, &old); err != nil {
		return fmt.Errorf("the state file %s is damaged: %w; delete it to start over", s.stateFile, err)
	}
	if old.URL != s.url {
		return fmt.Errorf("the state file %s belongs to %s; name another with --state", s.stateFile, old.URL)
	}
	s.state = old
	fmt.Fprintf(s.stdout, "Going on from %s.\n", s.stateFile)
	return nil
}

// save writes the state, whole or not at all: it holds tokens, so it is for
// its owner alone.
func (s *seed) save() error {
	s.mu.Lock()
	b, err := json.Marshal(s.state)
	s.mu.Unlock()
	if err != nil {
		return err
	}
	if err := os.WriteFile(s.stateFile+".new", b, 0o600); err != nil {
		return err
	}
	return os.Rename(s.stateFile+".new", s.stateFile)
}

// enter signs in as administrator, setting the Campfire up if nobody has.
func (s *seed) enter(ctx context.Context) error {
	anyone := client.New(s.url, "")
	needed, err := anyone.NeedsSetup(ctx)
	if err != nil {
		return fmt.Errorf("no Campfire answers at %s: %w", s.url, err)
	}
	switch {
	case s.state.Token != "":
		s.admin = client.New(s.url, s.state.Token)
		if _, err := s.admin.Me(ctx); err != nil {
			return fmt.Errorf("the Campfire at %s does not know the account in %s: %w; delete that file to start over", s.url, s.stateFile, err)
		}
		return nil
	case !needed:
		return fmt.Errorf("the Campfire at %s is set up already, and %s knows no account of it; seed a new one", s.url, s.stateFile)
	}
	s.state.Email, s.state.Password = "seed@example.org", rand.Text()
	if s.admin, _, err = anyone.SetUp(ctx, "Seed", s.state.Email, s.state.Password); err != nil {
		return err
	}
	s.state.Token = s.admin.Token()
	fmt.Fprintf(s.stdout, "Set up; the administrator is %s, the password is in %s.\n", s.state.Email, s.stateFile)
	return s.save()
}

func (s *seed) makeRooms(ctx context.Context) error {
	for _, name := range s.names {
		if s.state.Rooms[name] != 0 {
			continue
		}
		var room *client.Room
		err := s.retry(ctx, func() (err error) {
			room, err = s.admin.CreateRoom(ctx, "open", name)
			return err
		})
		if err != nil {
			return fmt.Errorf("make the room %q: %w", name, err)
		}
		s.state.Rooms[name] = room.ID
	}
	return s.save()
}

// account names the account that an author of a room writes as.
func (s *seed) account(room string, author int) string {
	if s.authors > 0 {
		author = (author-1)%s.authors + 1
	}
	return fmt.Sprintf("%s/%d", room, author)
}

// workers is how many requests are under way at once.
const workers = 16

// makeAccounts joins everyone by the join link.
func (s *seed) makeAccounts(ctx context.Context) error {
	account, err := s.admin.Account(ctx)
	if err != nil {
		return err
	}
	var missing []string
	known := make(map[string]bool)
	for _, name := range s.names {
		for _, l := range s.rooms[name] {
			if key := s.account(name, l.Author); !known[key] {
				known[key] = true
				if s.state.Tokens[key] == "" {
					missing = append(missing, key)
				}
			}
		}
	}
	if len(missing) == 0 {
		return nil
	}
	s.progress = newProgress(s.stderr, "accounts", len(missing))
	defer s.progress.end()
	work := make(chan string)
	return s.parallel(ctx, workers, func(ctx context.Context) error {
		for key := range work {
			room, author, _ := strings.Cut(key, "/")
			email := fmt.Sprintf("%s.%s@example.org", author, strings.ToLower(strings.Map(plain, room)))
			var c *client.Client
			err := s.retry(ctx, func() (err error) {
				c, _, err = client.New(s.url, "").Join(ctx, account.JoinCode, fmt.Sprintf("Author %s (%s)", author, room), email, rand.Text())
				return err
			})
			if err != nil {
				return fmt.Errorf("join as %s: %w", email, err)
			}
			s.mu.Lock()
			s.state.Tokens[key] = c.Token()
			n := len(s.state.Tokens)
			s.mu.Unlock()
			s.progress.add(1, 0)
			if n%100 == 0 {
				if err := s.save(); err != nil {
					return err
				}
			}
		}
		return nil
	}, func(ctx context.Context) error {
		defer close(work)
		for _, key := range missing {
			select {
			case work <- key:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	}, s.save)
}

func plain(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' {
		return r
	}
	return '-'
}

// parallel runs n workers and a feeder, returns their first error, and calls
// last in any case.
func (s *seed) parallel(ctx context.Context, n int, worker, feeder func(context.Context) error, last func() error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			if err := worker(ctx); err != nil {
				cancel(err)
			}
		})
	}
	if feeder != nil {
		if err := feeder(ctx); err != nil {
			cancel(err)
		}
	}
	wg.Wait()
	var err error
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return errors.Join(err, last())
}

// batch is how many messages one request carries at most: a run of one author.
const batch = 50

// post posts every room's messages in the file's order, the rooms beside each
// other. Each has an id made of its line, so that a message that was posted
// before is not posted again.
func (s *seed) post(ctx context.Context) error {
	total, done := 0, 0
	for _, name := range s.names {
		total += len(s.rooms[name])
		done += s.state.Posted[name]
	}
	if done == total {
		fmt.Fprintf(s.stdout, "All %d messages were posted before.\n", total)
		return nil
	}
	s.progress = newProgress(s.stderr, "messages", total)
	s.progress.add(done, 0)
	began := time.Now()
	rooms := make(chan string, len(s.names))
	for _, name := range s.names {
		rooms <- name
	}
	close(rooms)
	err := s.parallel(ctx, workers, func(ctx context.Context) error {
		for name := range rooms {
			if err := s.postRoom(ctx, name); err != nil {
				return fmt.Errorf("room %q: %w", name, err)
			}
		}
		return nil
	}, nil, s.save)
	s.progress.end()
	if err != nil {
		return err
	}
	took := time.Since(began)
	fmt.Fprintf(s.stdout, "Posted %d messages in %d rooms by %d accounts in %.1f s: %.0f a second; a request took %s.\n",
		total-done, len(s.names), len(s.state.Tokens), took.Seconds(), float64(total-done)/took.Seconds(), s.progress.percentiles())
	return nil
}

func (s *seed) postRoom(ctx context.Context, name string) error {
	lines := s.rooms[name]
	s.mu.Lock()
	at, room := s.state.Posted[name], s.state.Rooms[name]
	s.mu.Unlock()
	for at < len(lines) {
		key := s.account(name, lines[at].Author)
		end := at + 1
		for end < len(lines) && end-at < batch && s.account(name, lines[end].Author) == key {
			end++
		}
		if err := s.postRun(ctx, key, room, lines[at:end]); err != nil {
			return err
		}
		at = end
		s.mu.Lock()
		s.state.Posted[name] = at
		s.mu.Unlock()
	}
	return nil
}

// postRun posts consecutive messages of one author.
func (s *seed) postRun(ctx context.Context, key string, room int64, lines []line) error {
	s.mu.Lock()
	c := client.New(s.url, s.state.Tokens[key])
	s.mu.Unlock()
	drafts := make([]client.Draft, len(lines))
	for i, l := range lines {
		drafts[i] = client.Draft{Body: l.Text, ClientMessageID: fmt.Sprintf("seed-%d", l.number)}
	}
	began := time.Now()
	err := s.retry(ctx, func() error {
		if len(drafts) == 1 {
			_, err := c.Post(ctx, room, drafts[0])
			return err
		}
		results, err := c.PostBatch(ctx, room, drafts)
		if err != nil {
			return err
		}
		for i, r := range results {
			if r.Error != nil {
				return fmt.Errorf("line %d: %w", lines[i].number, r.Error)
			}
		}
		return nil
	})
	s.progress.add(len(lines), time.Since(began))
	return err
}

// retry repeats what is refused for a while, and says once which limits to
// lift when it is the rate.
func (s *seed) retry(ctx context.Context, do func() error) error {
	return client.Retry(ctx, func() error {
		err := do()
		if e, ok := err.(*client.Error); ok && e.Status == 429 && !s.limited.Swap(true) {
			fmt.Fprintf(s.stderr, "\nThe server limits the rate, so this takes long. For a load like this start it with\n"+
				"CAMPFIRE_RATE_POST=off CAMPFIRE_RATE_LOGIN_IP=off CAMPFIRE_RATE_LOGIN=off CAMPFIRE_RATE_SEARCH=off.\n")
		}
		if err != nil && ctx.Err() != nil {
			return ctx.Err()
		}
		return err
	})
}

// check pages through every room from end to end and finds every message of
// the file, and then finds each by a search for its own words.
func (s *seed) check(ctx context.Context) error {
	var wrong atomic.Int64
	complain := func(format string, args ...any) {
		if wrong.Add(1) <= 20 {
			fmt.Fprintf(s.stdout, format+"\n", args...)
		}
	}
	total := 0
	for _, name := range s.names {
		total += len(s.rooms[name])
	}
	s.progress = newProgress(s.stderr, "found by paging", total)
	ids := make(map[string][]int64) // by room, in the file's order
	for _, name := range s.names {
		lines := s.rooms[name]
		found := make([]client.Message, 0, len(lines))
		for m, err := range s.admin.History(ctx, s.state.Rooms[name]) {
			if err != nil {
				return err
			}
			found = append(found, m)
		}
		slices.Reverse(found)
		if len(found) != len(lines) {
			complain("room %q holds %d messages, the file %d", name, len(found), len(lines))
		}
		for i := range min(len(found), len(lines)) {
			if want := fmt.Sprintf("seed-%d", lines[i].number); found[i].ClientMessageID != want {
				complain("room %q: message %d is %s, want %s", name, i+1, found[i].ClientMessageID, want)
			}
			ids[name] = append(ids[name], found[i].ID)
		}
		s.progress.add(len(found), 0)
	}
	s.progress.end()

	s.progress = newProgress(s.stderr, "found by search", total)
	began := time.Now()
	work := make(chan string, len(s.names))
	for _, name := range s.names {
		work <- name
	}
	close(work)
	err := s.parallel(ctx, 4, func(ctx context.Context) error {
		for name := range work {
			for i, l := range s.rooms[name] {
				if i >= len(ids[name]) {
					break
				}
				ok, err := s.find(ctx, s.state.Rooms[name], ids[name][i], l.Text)
				if err != nil {
					return err
				}
				if !ok {
					complain("line %d is not found by a search for its words", l.number)
				}
			}
		}
		return nil
	}, nil, func() error { return nil })
	s.progress.end()
	if err != nil {
		return err
	}
	fmt.Fprintf(s.stdout, "Searched %d times in %.1f s; a search took %s.\n", total, time.Since(began).Seconds(), s.progress.percentiles())
	if n := wrong.Load(); n > 0 {
		return fmt.Errorf("%d messages were not found as they should be", n)
	}
	fmt.Fprintf(s.stdout, "All %d messages were found again, by paging and by search.\n", total)
	return nil
}

// find searches for a message by words of its own, newest first, going back
// page by page until its place is reached.
func (s *seed) find(ctx context.Context, room, id int64, text string) (bool, error) {
	words := query(text)
	began := time.Now()
	var results []client.Result
	err := s.retry(ctx, func() (err error) {
		// Everything up to the message itself: it is then the newest match.
		results, _, err = s.admin.Search(ctx, client.SearchQuery{Text: words, Room: room, Before: id + 1, Limit: 1})
		return err
	})
	s.progress.add(1, time.Since(began))
	return len(results) == 1 && results[0].Message.ID == id, err
}

// query takes the longest words of a text, up to what a query may hold.
func query(text string) string {
	words := strings.FieldsFunc(text, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r > 0x7f)
	})
	slices.SortFunc(words, func(a, b string) int { return len(b) - len(a) })
	words = slices.Compact(words)
	out := ""
	for _, w := range words {
		if len(out)+len(w)+1 > 150 || strings.Count(out, " ") > 4 {
			break
		}
		out += w + " "
	}
	if out == "" {
		return strings.TrimSpace(text)[:min(len(strings.TrimSpace(text)), 100)]
	}
	return strings.TrimSpace(out)
}
