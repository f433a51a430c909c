package load

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"campfire/client"
)

// world is the people and rooms of a load test: made once, and found again by
// the state file.
type world struct {
	URL           string   `json:"url"`
	Email         string   `json:"email"` // the administrator's
	Password      string   `json:"password,omitempty"`
	Token         string   `json:"token"`
	Rooms         []int64  `json:"-"` // of this run: Closed or Open
	Closed        []int64  `json:"closed"`
	Open          []int64  `json:"open"`
	Seated        int      `json:"seated"` // people who are in their closed room
	People        []person `json:"people"`
	file          string   // empty: nothing is kept
	email, secret string   // given on the command line
	stdout        io.Writer
	stderr        io.Writer
	admin         *client.Client
	limits        hints
}

// person is one account.
type person struct {
	ID    int64  `json:"id"`
	Token string `json:"token"`
}

// hints says once, for each limit of the server's that gets in the way, how to
// lift it.
type hints struct {
	mu   sync.Mutex
	said map[string]bool
}

func (h *hints) say(w io.Writer, settings, why string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.said[settings] {
		return
	}
	if h.said == nil {
		h.said = make(map[string]bool)
	}
	h.said[settings] = true
	fmt.Fprintf(w, "\n%s\nFor a load test start the server with %s.\n", why, settings)
}

const (
	liftJoins   = "CAMPFIRE_RATE_LOGIN_IP=off CAMPFIRE_RATE_LOGIN=off"
	liftPosts   = "CAMPFIRE_RATE_POST=off CAMPFIRE_RATE_SEARCH=off"
	liftSockets = "CAMPFIRE_MAX_IP_SOCKETS=off CAMPFIRE_MAX_USER_SOCKETS=off CAMPFIRE_MAX_HANDSHAKES=off, and CAMPFIRE_MAX_SOCKETS and ulimit -n above the number of sockets"
)

// restore loads what an earlier run has made on the same Campfire.
func (w *world) restore() error {
	if w.file == "" {
		return nil
	}
	b, err := os.ReadFile(w.file)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	url := w.URL
	if err := json.Unmarshal(b, w); err != nil {
		return fmt.Errorf("the state file %s is damaged: %w; delete it to start over", w.file, err)
	}
	if w.URL != url {
		return fmt.Errorf("the state file %s belongs to %s; name another with --state", w.file, w.URL)
	}
	return nil
}

// save writes the state, whole or not at all, for its owner alone.
func (w *world) save() error {
	if w.file == "" {
		return nil
	}
	b, err := json.Marshal(w)
	if err != nil {
		return err
	}
	return replaceFile(w.file, b)
}

// replaceFile writes a file that only its owner may read, whole or not at all.
func replaceFile(name string, b []byte) error {
	if err := os.WriteFile(name+".new", b, 0o600); err != nil {
		return err
	}
	return os.Rename(name+".new", name)
}

// enter signs in as administrator: of a new Campfire, which it sets up; as the
// state file knows them; or as the command line says.
func (w *world) enter(ctx context.Context, fresh bool) (err error) {
	anyone := client.New(w.URL, "")
	switch {
	case fresh:
		if w.Token != "" {
			return fmt.Errorf("the Campfire at %s is new, and %s was made with another; delete that file to start over", w.URL, w.file)
		}
		w.Email, w.Password = "load@example.org", rand.Text()
		w.admin, _, err = anyone.SetUp(ctx, "Load", w.Email, w.Password)
	case w.email != "":
		w.Email = w.email
		if w.admin, _, err = anyone.Login(ctx, w.email, w.secret); err != nil {
			return fmt.Errorf("sign in at %s as %s: %w", w.URL, w.email, err)
		}
	case w.Token != "":
		w.admin = client.New(w.URL, w.Token)
		if _, err := w.admin.Me(ctx); err != nil {
			return fmt.Errorf("the Campfire at %s does not know the account in %s: %w; delete that file to start over", w.URL, w.file, err)
		}
		return nil
	default:
		return fmt.Errorf("the Campfire at %s is set up already; name the --state file of an earlier run, or an administrator with --email and --password-file", w.URL)
	}
	if err != nil {
		return err
	}
	w.Token = w.admin.Token()
	if fresh && w.file == "" {
		fmt.Fprintf(w.stderr, "Set up a new Campfire. Its accounts are forgotten after this run; --state FILE would keep them.\n")
	}
	return w.save()
}

// furnish makes the rooms and people that are missing. Each person is in one
// closed room, or everyone in all of the open ones.
func (w *world) furnish(ctx context.Context, rooms, people int, everyone bool) error {
	if missing := people - len(w.People); missing > 0 {
		if err := w.invite(ctx, missing); err != nil {
			return err
		}
	}
	made, kind := &w.Closed, "closed"
	if everyone {
		made, kind = &w.Open, "open"
	} else if len(w.Closed) != 0 && len(w.Closed) != rooms {
		return fmt.Errorf("%s was made with %d rooms; ask for as many, or name another file", w.file, len(w.Closed))
	}
	for len(*made) < rooms {
		name := fmt.Sprintf("Load %s %d", kind, len(*made)+1)
		var room *client.Room
		err := client.Retry(ctx, func() (err error) {
			room, err = w.admin.CreateRoom(ctx, kind, name)
			return err
		})
		if err != nil {
			return fmt.Errorf("make the room %q: %w", name, err)
		}
		*made = append(*made, room.ID)
	}
	w.Rooms = (*made)[:rooms]
	if !everyone {
		if err := w.seat(ctx, people); err != nil {
			return err
		}
	}
	return w.save()
}

// seat puts people into their closed rooms.
func (w *world) seat(ctx context.Context, people int) error {
	for ; w.Seated < people; w.Seated++ {
		room, user := w.Rooms[w.Seated%len(w.Rooms)], w.People[w.Seated].ID
		if err := client.Retry(ctx, func() error { return w.admin.AddMember(ctx, room, user) }); err != nil {
			return fmt.Errorf("put user %d into room %d: %w", user, room, err)
		}
	}
	return nil
}

// joiners is how many accounts are made at once: the server hashes two
// passwords at a time, and lets 64 wait.
const joiners = 8

// invite makes accounts by the join link.
func (w *world) invite(ctx context.Context, missing int) error {
	account, err := w.admin.Account(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	p := newProgress(w.stderr, "accounts", missing)
	defer p.end()
	run := strings.ToLower(rand.Text()[:8])
	numbers := make(chan int, missing)
	for i := range missing {
		numbers <- len(w.People) + i + 1
	}
	close(numbers)
	var mu sync.Mutex // guards w.People
	var wg sync.WaitGroup
	for range joiners {
		wg.Go(func() {
			for n := range numbers {
				made, err := w.join(ctx, account.JoinCode, n, run)
				if err != nil {
					cancel(err)
					return
				}
				mu.Lock()
				w.People = append(w.People, made)
				if len(w.People)%50 == 0 {
					err = w.save()
				}
				mu.Unlock()
				if err != nil {
					cancel(err)
					return
				}
				p.add(1, 0)
			}
		})
	}
	wg.Wait()
	return errors.Join(context.Cause(ctx), w.save())
}

func (w *world) join(ctx context.Context, code string, n int, run string) (person, error) {
	var c *client.Client
	var u *client.User
	email := fmt.Sprintf("load-%d-%s@example.org", n, run)
	err := client.Retry(ctx, func() (err error) {
		c, u, err = client.New(w.URL, "").Join(ctx, code, fmt.Sprintf("Loader %d", n), email, rand.Text())
		if e, ok := errors.AsType[*client.Error](err); ok && e.Status == 429 {
			w.limits.say(w.stderr, liftJoins, "The server limits how many accounts one address may make, so this takes long.")
		}
		return err
	})
	if err != nil {
		return person{}, fmt.Errorf("join as %s: %w", email, err)
	}
	return person{u.ID, c.Token()}, nil
}
