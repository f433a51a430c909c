package store

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"campfire"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

var countLong = define("test", `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1) SELECT count(*) FROM n`)

const minutes = 2_000_000_000 // rows to count, if nobody interrupts

func TestAReadThatTakesTooLongIsCutOffAndTheNextIsNot(t *testing.T) {
	s := open(t, Options{Readers: 1, MaxRead: 20 * time.Millisecond})
	room, ada, _ := furnish(t, s)
	post(t, s, room, ada, "kettle")
	for range 3 {
		err := s.Read(t.Context(), func(r *Reader) error {
			var n int
			return r.one(countLong, args{minutes}, &n)
		})
		if campfire.CodeOf(err) != campfire.CodeOverloaded {
			t.Fatalf("a long query: %v", err)
		}
		// A snapshot that is kept without reading is a long read too.
		err = s.Read(t.Context(), func(r *Reader) error {
			for !r.c.bound.passed.Load() {
				runtime.Gosched()
			}
			_, err := r.Page(room, PageQuery{Limit: 10})
			return err
		})
		if campfire.CodeOf(err) != campfire.CodeOverloaded {
			t.Fatalf("a query after a long rest: %v", err)
		}
		read(t, s, func(r *Reader) error {
			p, err := r.Page(room, PageQuery{Limit: 10})
			if err == nil && len(p.Messages) != 1 {
				err = fmt.Errorf("%d messages", len(p.Messages))
			}
			return err
		})
	}
}

// Whenever the interruption comes, at a read's beginning, within it or as it
// ends, the connection is fit for the next.
func TestAReadCutOffAtAnyMomentLeavesItsConnectionFit(t *testing.T) {
	s := open(t, Options{Readers: 1})
	room, _, _ := furnish(t, s)
	c := s.reading[0]
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				c.enforce(time.Now().Add(time.Hour))
				runtime.Gosched()
			}
		}
	}()
	cut := 0
	for range 20_000 {
		err := s.Read(t.Context(), func(r *Reader) error {
			_, err := r.Page(room, PageQuery{Limit: 10})
			return err
		})
		if err != nil && campfire.CodeOf(err) != campfire.CodeOverloaded {
			t.Fatal(err)
		}
		if err != nil {
			cut++
		}
	}
	close(stop)
	<-stopped
	if cut == 0 {
		t.Error("no read was cut off")
	}
}

func TestAnErrorOfAReadIsNotTakenForItsBound(t *testing.T) {
	s := open(t, Options{})
	boom := errors.New("boom")
	if err := s.Read(t.Context(), func(*Reader) error { return boom }); !errors.Is(err, boom) {
		t.Errorf("err = %v", err)
	}
}

func TestClosingCutsReadsOff(t *testing.T) {
	s, err := Open(t.Context(), Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	begun, ended := make(chan struct{}), make(chan error)
	go func() {
		ended <- s.Read(t.Context(), func(r *Reader) error {
			close(begun)
			for {
				if _, err := r.Page(1, PageQuery{Limit: 1}); err != nil {
					return err
				}
			}
		})
	}()
	<-begun
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; campfire.CodeOf(err) != campfire.CodeOverloaded {
		t.Errorf("err = %v", err)
	}
}

func TestWhatIsSlowIsLoggedWithoutItsParameters(t *testing.T) {
	var out bytes.Buffer
	s := open(t, Options{Slow: time.Nanosecond, Logger: slog.New(slog.NewTextHandler(&out, nil))})
	room, ada, _ := furnish(t, s)
	post(t, s, room, ada, "kettle")
	read(t, s, func(r *Reader) error { _, err := r.FirstPost(room, ada.ID, "kettle"); return err })
	for _, op := range []string{"message_insert", "commit", opGroup, "first_post", opRead} {
		if n := testutil.ToFloat64(s.metrics.slow.total.WithLabelValues(op)); n < 1 {
			t.Errorf("%v of %s were counted", n, op)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	if !strings.Contains(text, "op=") || !strings.Contains(text, "took=") || !strings.Contains(text, "rows=") {
		t.Errorf("the log: %s", text)
	}
	if strings.Contains(text, "kettle") || strings.Contains(text, "ada@example.org") {
		t.Errorf("the log tells what was written: %s", text)
	}
}

func TestTheSlowLogIsBoundedPerSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l slowLog
		told, omitted := 0, 0
		for range 10 * slowLinesPerSecond {
			n, tell := l.turn(time.Now())
			if tell {
				told++
			}
			omitted += n
			time.Sleep(100 * time.Millisecond) // of the bubble's clock
		}
		if told != 5*slowLinesPerSecond || omitted != 4*slowLinesPerSecond || l.omitted != slowLinesPerSecond {
			t.Errorf("in 5 s, 10 a second: %d told, %d omitted, %d of them not told yet", told, omitted+l.omitted, l.omitted)
		}
	})
}
