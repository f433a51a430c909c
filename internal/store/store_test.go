package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"campfire"

	"github.com/pressly/goose/v3"
	"pgregory.net/rapid"
)

func open(t testing.TB, o Options) *Store {
	t.Helper()
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func write(t testing.TB, s *Store, fn func(*Tx) error) {
	t.Helper()
	if err := s.Write(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func read(t testing.TB, s *Store, fn func(*Reader) error) {
	t.Helper()
	if err := s.Read(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// raw executes a statement that is none of the store's, in its writer's turn.
func raw(t testing.TB, s *Store, text string) {
	t.Helper()
	write(t, s, func(tx *Tx) error {
		if err := tx.writing(); err != nil {
			return err
		}
		_, err := tx.c.db.Exec(text)
		return err
	})
}

// furnish makes two people and a room that both are in.
func furnish(t testing.TB, s *Store) (room campfire.RoomID, ada, bo campfire.Person) {
	t.Helper()
	write(t, s, func(tx *Tx) error {
		people := []*campfire.User{{Person: campfire.Person{Name: "Ada"}, Email: "ada@example.org"}, {Person: campfire.Person{Name: "Bo"}, Email: "bo@example.org"}}
		for _, u := range people {
			if err := tx.CreateUser(u, "hash"); err != nil {
				return err
			}
		}
		ada, bo = people[0].Person, people[1].Person
		rm := &campfire.Room{Kind: campfire.Open, Name: "Kitchen", Creator: ada.ID, CreatedAt: 1}
		if err := tx.CreateRoom(rm, nil); err != nil {
			return err
		}
		room = rm.ID
		_, err := tx.AddMembers(room, []campfire.UserID{ada.ID, bo.ID}, campfire.Mentions, 1)
		return err
	})
	return room, ada, bo
}

func message(room campfire.RoomID, by campfire.Person, body string) *campfire.Message {
	return &campfire.Message{Room: room, Creator: by, Body: body, Plain: body, HTML: "<p>" + body + "</p>", ClientID: body, CreatedAt: 1, RenderVersion: 1}
}

// insert stores m as its room's next message.
func insert(tx *Tx, m *campfire.Message) error {
	room, err := tx.Room(m.Room)
	if err != nil {
		return err
	}
	_, err = tx.InsertMessage(room, m, [16]byte{})
	return err
}

func post(t testing.TB, s *Store, room campfire.RoomID, by campfire.Person, body string) *campfire.Message {
	t.Helper()
	m := message(room, by, body)
	write(t, s, func(tx *Tx) error {
		m.ID, m.Seq = 0, 0
		return insert(tx, m)
	})
	return m
}

func TestEveryStatementPrepares(t *testing.T) {
	s := open(t, Options{})
	read(t, s, func(r *Reader) error {
		for _, st := range statements {
			if _, err := r.c.stmt(st); err != nil {
				t.Errorf("%s: %v\n%s", st.op, err, st.sql)
			}
		}
		return nil
	})
}

// The statements that a growing log must not slow down read by an index, in
// its order.
func TestHotStatementsUseTheirIndexes(t *testing.T) {
	s := open(t, Options{})
	room, ada, _ := furnish(t, s)
	for i := range 50 {
		post(t, s, room, ada, fmt.Sprint("message ", i))
	}
	for st, want := range map[*statement]string{
		pageBefore:     "messages_by_room (room_id=? AND seq<?)",
		pageAfter:      "messages_by_room (room_id=? AND seq>?)",
		createdSince:   "messages_by_room (room_id=? AND seq>?)",
		unreadCount:    "COVERING INDEX messages_by_room (room_id=? AND seq>?)",
		mentionCount:   "PRIMARY KEY (user_id=? AND room_id=? AND seq>?)",
		changedSince:   "PRIMARY KEY (room_id=? AND seq>?)",
		boostsBetween:  "boosts_by_room (room_id=? AND message_id>? AND message_id<?)",
		firstPost:      "(room_id=? AND author_id=? AND client_message_id=?)",
		credentialGet:  "(hash=?)",
		place:          "PRIMARY KEY (room_id=? AND user_id=?)",
		roomViews:      "memberships_by_user (user_id=?)",
		directPeers:    "memberships_by_user (user_id=?)",
		eventsBefore:   "events_by_time (created_at<?)",
		searchWords:    "SCAN words VIRTUAL TABLE INDEX",
		searchTrigrams: "SCAN trigrams VIRTUAL TABLE INDEX",
		searchOne:      "SEARCH m USING INTEGER PRIMARY KEY (rowid=?)",
		searchScan:     "SEARCH m USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)",
		userList:       "users_by_name",
	} {
		plan := explain(t, s, st)
		if !strings.Contains(plan, want) {
			t.Errorf("%s does not read %q:\n%s", st.op, want, plan)
		}
		sorts := map[*statement]bool{roomViews: true, mentionCount: false, directPeers: true}
		for _, bad := range []string{"SCAN messages", "SCAN m", "SCAN events", "SCAN memberships", "SCAN credentials"} {
			for line := range strings.SplitSeq(plan, "\n") {
				if strings.HasSuffix(line, bad) || strings.Contains(line, bad+" USING") {
					t.Errorf("%s scans:\n%s", st.op, plan)
				}
			}
		}
		if strings.Contains(plan, "TEMP B-TREE") && !sorts[st] {
			t.Errorf("%s sorts:\n%s", st.op, plan)
		}
	}
}

func explain(t *testing.T, s *Store, st *statement) string {
	t.Helper()
	var b strings.Builder
	read(t, s, func(r *Reader) error {
		n := 0
		for strings.Contains(st.sql, fmt.Sprintf("$%d", n+1)) {
			n++
		}
		a := make([]any, n)
		for i := range a {
			a[i] = 1
			if strings.Contains(st.sql, "MATCH $1") && i == 0 {
				a[i] = "x"
			}
		}
		p, err := r.c.db.Prepare("EXPLAIN QUERY PLAN " + st.sql)
		if err != nil {
			return fmt.Errorf("%s: %w", st.op, err)
		}
		defer p.Close()
		if err := p.Begin(a); err != nil {
			return err
		}
		more, err := p.Step()
		for more && err == nil {
			var id, parent, x int
			var detail string
			if err := p.Scan(&id, &parent, &x, &detail); err != nil {
				return err
			}
			b.WriteString(detail + "\n")
			more, err = p.Step()
		}
		return err
	})
	return b.String()
}

func TestPragmasAreSetOnEveryConnectionAndRefusedWhenTheyDoNotTake(t *testing.T) {
	s := open(t, Options{Sync: "normal", CacheBytes: 16 << 20})
	check := func(c *conn) {
		for name, want := range map[string]string{"journal_mode": "wal", "synchronous": "1", "foreign_keys": "1", "temp_store": "2",
			"wal_autocheckpoint": "0", "journal_size_limit": fmt.Sprint(journalSizeLimit), "busy_timeout": "5000"} {
			var got string
			if _, err := c.db.Exec("PRAGMA "+name, &got); err != nil || got != want {
				t.Errorf("%s = %q, %v; want %s", name, got, err, want)
			}
		}
	}
	reader := <-s.readers
	check(reader)
	if _, err := reader.db.Exec("DELETE FROM users"); err == nil {
		t.Error("a reader writes")
	}
	s.readers <- reader
	s.inTurn(func() {
		check(s.writer)
		if err := setPragma(s.writer.db.Exec, "synchronous", "7"); err == nil || !strings.Contains(err.Error(), "refused") {
			t.Errorf("a pragma that does not take: %v", err)
		}
		if err := setPragma(s.writer.db.Exec, "no_such_pragma", "1"); err == nil {
			t.Error("an unknown pragma was taken")
		}
	})
}

func TestItemsOfAGroupFailAlone(t *testing.T) {
	var published []campfire.Change
	s := open(t, Options{Committed: func(c []campfire.Change) { published = append(published, c...) }})
	room, ada, _ := furnish(t, s)
	boom := errors.New("boom")
	hold := make(chan struct{})
	held := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		s.Write(t.Context(), func(*Tx) error { close(held); <-hold; return nil })
	})
	<-held // the writer is busy: what comes now shares the next transaction
	errs := make([]error, 4)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for i, fn := range []func(*Tx) error{
		func(tx *Tx) error {
			tx.Emit(&campfire.RoomDeleted{Room: 1})
			return insert(tx, message(room, ada, "kept"))
		},
		func(tx *Tx) error {
			tx.Emit(&campfire.RoomDeleted{Room: 2})
			if err := insert(tx, message(room, ada, "undone")); err != nil {
				return err
			}
			return boom
		},
		func(tx *Tx) error { panic("bug") },
		func(tx *Tx) error { t.Error("a cancelled item ran"); return nil },
	} {
		ctx := t.Context()
		if i == 3 {
			ctx = cancelled
		}
		wg.Go(func() { errs[i] = s.Write(ctx, fn) })
	}
	for len(s.queue) < 4 {
		runtime.Gosched() // they are on their way to the queue; the writer is held
	}
	close(hold)
	wg.Wait()
	if errs[0] != nil || !errors.Is(errs[1], boom) || errs[2] == nil || !strings.Contains(errs[2].Error(), "bug") || !errors.Is(errs[3], context.Canceled) {
		t.Errorf("errors: %v", errs)
	}
	read(t, s, func(r *Reader) error {
		p, err := r.Page(room, PageQuery{Limit: 10})
		if err != nil || len(p.Messages) != 1 || p.Messages[0].Body != "kept" || p.Messages[0].Seq != 1 {
			t.Errorf("stored: %+v, %v", p, err)
		}
		return nil
	})
	if len(published) != 1 || published[0].(*campfire.RoomDeleted).Room != 1 {
		t.Errorf("published: %v", published)
	}
}

// A room's numbers have no gaps: one that was not read in this transaction
// can't be counted on from.
func TestAMessageFollowsTheRoomAsItIs(t *testing.T) {
	s := open(t, Options{})
	room, ada, _ := furnish(t, s)
	var before *campfire.Room
	read(t, s, func(r *Reader) (err error) { before, err = r.Room(room); return err })
	post(t, s, room, ada, "first")
	for _, stale := range []campfire.Seq{before.Seq, before.Seq + 2} {
		err := s.Write(t.Context(), func(tx *Tx) error {
			_, err := tx.InsertMessage(&campfire.Room{ID: room, Seq: stale}, message(room, ada, fmt.Sprint("after ", stale)), [16]byte{})
			return err
		})
		if err == nil {
			t.Errorf("a message was put after number %d", stale)
		}
	}
	if m := post(t, s, room, ada, "second"); m.Seq != 2 {
		t.Errorf("the next message has number %d", m.Seq)
	}
}

func TestQueueIsBounded(t *testing.T) {
	s := open(t, Options{WriteQueue: 2})
	hold, held := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() { s.Write(t.Context(), func(*Tx) error { close(held); <-hold; return nil }) })
	<-held
	for len(s.queue) < 2 {
		before := len(s.queue)
		wg.Go(func() { s.Write(t.Context(), func(*Tx) error { return nil }) })
		for len(s.queue) == before {
			runtime.Gosched() // until it is queued
		}
	}
	err := s.Write(t.Context(), func(*Tx) error { t.Error("ran"); return nil })
	e, _ := err.(*campfire.Error)
	if e == nil || e.Code != campfire.CodeOverloaded || e.RetryAfter < 1e9 || e.RetryAfter > 5e9 {
		t.Errorf("beyond the bound: %+v", err)
	}
	close(hold)
	wg.Wait()
}

func TestFullDiskIsToldAndHeals(t *testing.T) {
	s := open(t, Options{})
	room, ada, _ := furnish(t, s)
	var pages int
	write(t, s, func(tx *Tx) error {
		_, err := tx.c.db.Exec("PRAGMA page_count", &pages)
		return err
	})
	limit := func(n int) {
		write(t, s, func(tx *Tx) error {
			_, err := tx.c.db.Exec(fmt.Sprintf("PRAGMA max_page_count = %d", n))
			return err
		})
	}
	limit(pages + 4)
	stored, refused := 0, 0
	for i := range 40 {
		m := message(room, ada, fmt.Sprint(i, strings.Repeat(" word", 500)))
		err := s.Write(t.Context(), func(tx *Tx) error { return insert(tx, m) })
		switch campfire.CodeOf(err) {
		case campfire.CodeStorageFull:
			refused++
		default:
			if err != nil {
				t.Fatal(err)
			}
			stored++
		}
	}
	if refused == 0 {
		t.Fatal("the disk never was full")
	}
	limit(1 << 30)
	post(t, s, room, ada, "after the disk had room again")
	read(t, s, func(r *Reader) error {
		p, err := r.Page(room, PageQuery{Limit: 100})
		if err != nil || len(p.Messages) != stored+1 || p.Messages[stored].Seq != campfire.Seq(stored+1) {
			t.Errorf("%d messages, want %d; %v", len(p.Messages), stored+1, err)
		}
		return nil
	})
}

func TestOneProcessOwnsADirectory(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Options{Dir: dir})
	_, err := Open(t.Context(), Options{Dir: dir})
	if _, ok := errors.AsType[*LockedError](err); !ok || !strings.Contains(err.Error(), fmt.Sprint(os.Getpid())) {
		t.Errorf("a second one: %v", err)
	}
	if fi, err := os.Stat(filepath.Join(dir, DatabaseFile)); err != nil || fi.Mode().Perm() != 0o600 {
		t.Errorf("the database's permissions: %v, %v", fi.Mode(), err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, Options{Dir: dir})
}

func TestNewerDatabaseIsRefused(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(t.Context(), Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	raw(t, s, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)`)
	s.Close()
	if _, err := Open(t.Context(), Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), "newer Campfire") {
		t.Errorf("err = %v", err)
	}
}

// A database that an older Campfire made keeps its account, which has no style
// sheet of its own yet.
func TestAnOlderAccountGetsStyles(t *testing.T) {
	dir := t.TempDir()
	account := &campfire.Account{Name: "Tea", JoinCode: "a-b-c", Accent: 7, Previews: true, CreatedAt: 9}
	older(t, dir, 2, `INSERT INTO account (id, name, join_code, restrict_room_creation, accent, created_at) VALUES (1, 'Tea', 'a-b-c', 0, 7, 9)`)
	s := open(t, Options{Dir: dir})
	read(t, s, func(r *Reader) error {
		got, err := r.Account()
		if err != nil || *got != *account {
			t.Errorf("got %+v, %v; want %+v", got, err, account)
		}
		if css, version, err := r.Styles(); css != "" || version != "" || err != nil {
			t.Errorf("styles %q as %q, %v", css, version, err)
		}
		return nil
	})
	write(t, s, func(tx *Tx) error { return tx.SetStyles("a{}", "v1") })
	read(t, s, func(r *Reader) error {
		if css, version, err := r.Styles(); css != "a{}" || version != "v1" || err != nil {
			t.Errorf("styles %q as %q, %v", css, version, err)
		}
		return nil
	})
}

// People of a database that an older Campfire made are found and sorted as those
// of a new one: without regard to diacritics.
func TestOlderNamesAreFoldedAnew(t *testing.T) {
	dir := t.TempDir()
	older(t, dir, 10, `INSERT INTO users (id, name, name_folded, avatar, role, status, email, password_hash, bio, hidden_through, created_at)
		VALUES (1, 'José', 'josé', 0, 0, 0, 'j@example.org', '', '', 0, 0), (2, 'Jozef', 'jozef', 0, 0, 0, 'z@example.org', '', '', 0, 0)`)
	s := open(t, Options{Dir: dir})
	read(t, s, func(r *Reader) error {
		for query, want := range map[string]string{"jose": "José", "JOSÉ": "José", "jo": "José Jozef"} {
			users, err := r.ListUsers(UserFilter{Name: query, Limit: 10})
			var got []string
			for _, u := range users {
				got = append(got, u.Name)
			}
			if err != nil || strings.Join(got, " ") != want {
				t.Errorf("%q finds %q, %v; want %q", query, got, err, want)
			}
		}
		return nil
	})
}

// older makes a database as a program of an older schema left it.
func older(t *testing.T, dir string, version int64, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+uriPath(filepath.Join(dir, DatabaseFile)))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	files, err := fs.Sub(migrations, "migrations/sqlite")
	if err != nil {
		t.Fatal(err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithLogger(goose.NopLogger()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.UpTo(t.Context(), version); err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

func TestNetworkFileSystemIsRefused(t *testing.T) {
	before := fileSystem
	defer func() { fileSystem = before }()
	fileSystem = func(string) int64 { return 0x6969 }
	if _, err := Open(t.Context(), Options{Dir: t.TempDir()}); err == nil || !strings.Contains(err.Error(), "NFS") {
		t.Errorf("err = %v", err)
	}
}

func TestUnwritableDirectoryIsASentence(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), Options{Dir: filepath.Join(file, "data")}); err == nil || !strings.Contains(err.Error(), "CAMPFIRE_DATA") {
		t.Errorf("err = %v", err)
	}
}

func TestEpochChangesOnlyWhereSomethingMayBeLost(t *testing.T) {
	dir := t.TempDir()
	run := func(mode string, clean bool) string {
		s, err := Open(t.Context(), Options{Dir: dir, Sync: mode})
		if err != nil {
			t.Fatal(err)
		}
		epoch := s.Epoch()
		if !clean { // as if it had been killed
			raw(t, s, `CREATE TRIGGER keep BEFORE UPDATE ON meta WHEN NEW.value = 'clean' BEGIN SELECT RAISE(IGNORE); END`)
		}
		s.Close()
		if !clean {
			db, _ := sql.Open("sqlite", filepath.Join(dir, DatabaseFile))
			db.Exec(`DROP TRIGGER keep`)
			db.Close()
		}
		return epoch
	}
	first := run("full", false)
	if again := run("normal", true); again != first {
		t.Error("a new epoch after an unclean stop in full")
	}
	if again := run("normal", false); again != first {
		t.Error("a new epoch after a clean stop in normal")
	}
	if again := run("full", true); again == first {
		t.Error("the same epoch after an unclean stop in normal")
	}
}

// Whoever applies a room's events holds what a fresh page holds, from
// wherever they begin.
func TestEventsFoldToThePage(t *testing.T) {
	s := open(t, Options{})
	rapid.Check(t, func(rt *rapid.T) {
		var room campfire.RoomID
		var ada campfire.Person
		write(t, s, func(tx *Tx) error {
			u := &campfire.User{Person: campfire.Person{Name: "Ada"}}
			if err := tx.CreateUser(u, ""); err != nil {
				return err
			}
			ada = u.Person
			rm := &campfire.Room{Kind: campfire.Open, Name: "R", Creator: ada.ID}
			if err := tx.CreateRoom(rm, nil); err != nil {
				return err
			}
			room = rm.ID
			_, err := tx.AddMembers(room, []campfire.UserID{ada.ID}, campfire.Mentions, 1)
			return err
		})
		var live []campfire.MessageID
		n := rapid.IntRange(1, 30).Draw(rt, "steps")
		for i := range n {
			step := rapid.IntRange(0, 5).Draw(rt, "step")
			if len(live) == 0 || step < 3 {
				live = append(live, post(t, s, room, ada, fmt.Sprint("m", i)).ID)
				continue
			}
			k := rapid.IntRange(0, len(live)-1).Draw(rt, "which")
			id := live[k]
			write(t, s, func(tx *Tx) (err error) {
				switch step {
				case 3:
					m, err := tx.Message(room, id)
					if err != nil {
						return err
					}
					edited := *m
					edited.Body = fmt.Sprint("e", i)
					edited.Plain = edited.Body
					edited.EditedAt = 2
					return tx.UpdateMessage(&edited)
				case 4:
					_, err = tx.DeleteMessage(room, id, 3)
				case 5:
					_, _, err = tx.InsertBoost(room, id, &campfire.Boost{Booster: ada, Content: "👍", CreatedAt: 1})
				}
				return err
			})
			if step == 4 {
				live = append(live[:k], live[k+1:]...)
			}
		}
		read(t, s, func(r *Reader) error {
			page, err := r.Page(room, PageQuery{Limit: 100})
			if err != nil {
				return err
			}
			want := map[campfire.MessageID]string{}
			for _, m := range page.Messages {
				want[m.ID] = fmt.Sprint(m.Body, len(m.Boosts))
			}
			got := map[campfire.MessageID]string{}
			boosts := map[campfire.MessageID]int{}
			bodies := map[campfire.MessageID]string{}
			limit := rapid.IntRange(1, 40).Draw(rt, "limit")
			for since, more := campfire.Seq(0), true; more; {
				var events []*campfire.Event
				events, more, err = r.Events(room, since, limit)
				if err != nil {
					return err
				}
				for _, e := range events {
					if e.Seq != since+1 {
						rt.Fatalf("#%d after #%d", e.Seq, since)
					}
					since = e.Seq
					switch e.Kind {
					case campfire.MessageCreated, campfire.MessageUpdated:
						bodies[e.MessageID] = e.Message.Body
						boosts[e.MessageID] = len(e.Message.Boosts)
					case campfire.MessageDeleted:
						delete(bodies, e.MessageID)
					}
				}
			}
			for id, body := range bodies {
				got[id] = fmt.Sprint(body, boosts[id])
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				rt.Fatalf("folded %v, page %v", got, want)
			}
			return nil
		})
	})
}

func TestTrigramsCatchUpAndFollowEdits(t *testing.T) {
	s := open(t, Options{})
	room, ada, _ := furnish(t, s)
	m := post(t, s, room, ada, "Überraschungskuchen")
	post(t, s, room, ada, "庭に花が咲いた")
	for {
		n, err := s.indexStep()
		if err != nil {
			t.Fatal(err)
		}
		var until campfire.MessageID
		read(t, s, func(r *Reader) (err error) { until, err = r.trigramsUntil(); return err })
		if n == 0 && until >= 2 {
			break
		}
	}
	find := func(text string) (n int) {
		t.Helper()
		read(t, s, func(r *Reader) error {
			found, _, err := r.Search(SearchQuery{User: ada.ID, Terms: []string{text}, Limit: 10})
			n = len(found)
			return err
		})
		return n
	}
	for text, want := range map[string]int{"raschungs": 1, "UBERR": 1, "花が": 1, "花": 1, "kuchen": 1, "xyz": 0} {
		if got := find(text); got != want {
			t.Errorf("%q: %d found, want %d", text, got, want)
		}
	}
	edited := *m
	edited.Body, edited.Plain = "Apfelstrudel", "Apfelstrudel"
	write(t, s, func(tx *Tx) error { return tx.UpdateMessage(&edited) })
	if find("raschungs") != 0 || find("strudel") != 1 {
		t.Error("the index does not follow an edit")
	}
	write(t, s, func(tx *Tx) error { _, err := tx.DeleteMessage(room, m.ID, 1); return err })
	if find("strudel") != 0 || find("Apfel") != 0 {
		t.Error("the index does not follow a deletion")
	}
}

func BenchmarkInsertMessage(b *testing.B) {
	for _, group := range []int{1, 10, 50, 100} {
		b.Run(fmt.Sprint(group), func(b *testing.B) {
			s := open(b, Options{})
			room, ada, _ := furnish(b, s)
			n := 0
			b.ReportAllocs()
			for b.Loop() {
				write(b, s, func(tx *Tx) error {
					for range group {
						n++
						body := fmt.Sprintf("message %d says that the kettle is on and that tea will be ready in a few minutes, whoever wants a cup should come down now", n)
						m := message(room, ada, body)
						m.ClientID = fmt.Sprint(n)
						if err := insert(tx, m); err != nil {
							return err
						}
					}
					return nil
				})
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "messages/s")
		})
	}
}

// BenchmarkPageNewest50 reads the newest page of a room of 100,000 messages.
func BenchmarkPageNewest50(b *testing.B) {
	s := open(b, Options{})
	room, ada, _ := furnish(b, s)
	for n := 0; n < 100_000; {
		write(b, s, func(tx *Tx) error {
			for range 500 {
				n++
				m := message(room, ada, strings.Repeat("tea ", 40))
				m.ClientID = fmt.Sprint(n)
				if err := insert(tx, m); err != nil {
					return err
				}
			}
			return nil
		})
	}
	b.ReportAllocs()
	for b.Loop() {
		read(b, s, func(r *Reader) error {
			_, err := r.Page(room, PageQuery{Limit: 50})
			return err
		})
	}
}
