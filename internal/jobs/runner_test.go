package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"campfire"
	"campfire/internal/jobs"
	"campfire/internal/store"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bench is a store and a runner of its outbox, on a clock that tests move.
type bench struct {
	t      *testing.T
	store  *store.Store
	runner *jobs.Runner
	meter  *prometheus.Registry
	stop   func()
}

// open opens the store in dir; the runner starts with run.
func open(t *testing.T, dir string, max int) *bench {
	t.Helper()
	b := &bench{t: t, meter: prometheus.NewRegistry()}
	b.runner = jobs.New(jobs.Options{Registerer: b.meter})
	var err error
	b.store, err = store.Open(t.Context(), store.Options{Dir: dir, Queued: b.runner.Wake, OutboxMax: max, Registerer: b.meter})
	if err != nil {
		t.Fatal(err)
	}
	b.stop = func() {}
	return b
}

func (b *bench) run() {
	ctx, cancel := context.WithCancel(b.t.Context())
	var running sync.WaitGroup
	running.Go(func() { b.runner.Run(ctx, b.store) })
	b.stop = sync.OnceFunc(func() { cancel(); running.Wait() })
}

func (b *bench) close() {
	b.stop()
	if err := b.store.Close(); err != nil {
		b.t.Error(err)
	}
}

func (b *bench) enqueue(list ...store.Job) {
	b.t.Helper()
	err := b.store.Write(b.t.Context(), func(tx *store.Tx) error {
		for _, j := range list {
			j.CreatedAt = campfire.TimeOf(time.Now())
			if err := tx.Enqueue(j); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// tries returns how the tries of user 1 ended, oldest first.
func (b *bench) tries(kind store.JobKind) (out []string) {
	b.t.Helper()
	err := b.store.Read(b.t.Context(), func(r *store.Reader) error {
		tries, err := r.TriesOf(1, kind, 0, 100)
		for _, t := range slices.Backward(tries) {
			out = append(out, fmt.Sprintf("%d %s %d %s", t.Attempt, t.Outcome, t.Status, t.Detail))
		}
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return out
}

func (b *bench) waiting() (n int) {
	b.t.Helper()
	err := b.store.Read(b.t.Context(), func(r *store.Reader) error {
		list, err := r.Backlogs()
		for _, w := range list {
			n += w.Depth
		}
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return n
}

func equal(t *testing.T, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAFailedTryIsRepeatedUntilItsTriesAreOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(t, t.TempDir(), 0)
		defer b.close()
		var at []time.Duration
		var ids []string
		began := time.Now()
		b.runner.Handle(store.WebhookJob, jobs.Handler{Tries: 3, Do: func(_ context.Context, j *store.Job) jobs.Outcome {
			at, ids = append(at, time.Since(began)), append(ids, j.DeliveryID)
			return jobs.Retry(fmt.Errorf("refused %d", j.Attempts)).Status(503)
		}})
		b.run()
		b.enqueue(store.Job{Kind: store.WebhookJob, User: 1})
		for b.waiting() > 0 {
			time.Sleep(time.Second) // the bubble's clock
			synctest.Wait()
		}
		equal(t, b.tries(store.WebhookJob), []string{"1 failed 503 refused 0", "2 failed 503 refused 1", "3 given_up 503 refused 2"})
		if len(at) != 3 || at[1]-at[0] < 8*time.Second || at[1]-at[0] > 13*time.Second || at[2]-at[1] < 48*time.Second || at[2]-at[1] > 73*time.Second {
			t.Errorf("tries after %v; want about 10 s and 1 min between them", at)
		}
		if ids[0] == "" || ids[0] != ids[1] || ids[1] != ids[2] {
			t.Errorf("delivery ids %q; want one and the same", ids)
		}
	})
}

func TestOneLaneDoesNotHoldUpTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(t, t.TempDir(), 0)
		defer b.close()
		release := make(chan struct{})
		var mu sync.Mutex
		atOnce, most, quick := 0, 0, 0
		b.runner.Handle(store.WebhookJob, jobs.Handler{Workers: 4, PerLane: 2, Timeout: time.Hour, Do: func(_ context.Context, j *store.Job) jobs.Outcome {
			mu.Lock()
			defer mu.Unlock()
			if j.Lane == 2 {
				quick++
				return jobs.Done("")
			}
			atOnce++
			most = max(most, atOnce)
			mu.Unlock()
			<-release
			mu.Lock()
			atOnce--
			return jobs.Done("")
		}})
		var list []store.Job
		for range 50 { // a receiver that hangs, first in the queue
			list = append(list, store.Job{Kind: store.WebhookJob, Lane: 1})
		}
		for range 10 {
			list = append(list, store.Job{Kind: store.WebhookJob, Lane: 2})
		}
		b.enqueue(list...)
		b.run()
		b.settle()
		mu.Lock()
		if quick != 10 || most != 2 {
			t.Errorf("%d of 10 of the quick lane done, %d of the slow one at once; want 10 and 2", quick, most)
		}
		mu.Unlock()
		close(release)
		b.settle()
		if n := b.waiting(); n != 0 || most > 2 {
			t.Errorf("%d left, %d at once; want 0 and 2", n, most)
		}
	})
}

func TestWhatComesWhileItsLaneIsWorkedOnBegins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(t, t.TempDir(), 0)
		defer b.close()
		release, begun := make(chan struct{}), make(chan int64, 3)
		b.runner.Handle(store.WebhookJob, jobs.Handler{Workers: 4, PerLane: 2, Timeout: time.Hour, Do: func(_ context.Context, j *store.Job) jobs.Outcome {
			begun <- j.Target
			<-release
			return jobs.Done("")
		}})
		b.run()
		for target := range int64(3) {
			b.enqueue(store.Job{Kind: store.WebhookJob, Lane: 1, Target: target})
			if target < 2 {
				if got := <-begun; got != target {
					t.Errorf("%d began, want %d", got, target)
				}
			}
		}
		b.settle()
		if len(begun) != 0 {
			t.Error("a third of the lane began beside two")
		}
		close(release)
		if got := <-begun; got != 2 {
			t.Errorf("%d began, want 2", got)
		}
		b.settle()
		if n := b.waiting(); n != 0 {
			t.Errorf("%d left", n)
		}
	})
}

// settle gives the runner turns until nothing moves any more: a write to a
// real file is no end of a bubble's work.
func (b *bench) settle() {
	for last, same := -1, 0; same < 20; {
		time.Sleep(5 * time.Millisecond)
		synctest.Wait()
		n := b.waiting()
		if n == last {
			same++
		} else {
			last, same = n, 0
		}
	}
}

func TestWhatWasUnderWayIsDoneAgainAfterACrash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		b := open(t, dir, 0)
		b.enqueue(store.Job{Kind: store.WebhookJob, User: 1})
		now := campfire.TimeOf(time.Now())
		err := b.store.Write(t.Context(), func(tx *store.Tx) error { // and then the process is gone
			_, err := tx.LeaseJobs(store.WebhookJob, now, now.Add(time.Hour), 1, 1)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		b.close()

		b = open(t, dir, 0)
		defer b.close()
		b.runner.Handle(store.WebhookJob, jobs.Handler{Do: func(context.Context, *store.Job) jobs.Outcome { return jobs.Done("told") }})
		b.run()
		b.settle()
		equal(t, b.tries(store.WebhookJob), []string{"1 done 0 told"})
	})
}

func TestStoppingPutsBackWhatIsCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(t, t.TempDir(), 0)
		defer b.close()
		begun := make(chan struct{})
		b.runner.Handle(store.WebhookJob, jobs.Handler{Do: func(ctx context.Context, j *store.Job) jobs.Outcome {
			close(begun)
			<-ctx.Done()
			return jobs.Retry(ctx.Err())
		}})
		b.run()
		b.enqueue(store.Job{Kind: store.WebhookJob, User: 1})
		<-begun
		b.stop()
		if n := b.waiting(); n != 1 {
			t.Errorf("%d jobs are left, want 1", n)
		}
		equal(t, b.tries(store.WebhookJob), nil) // it was not the receiver's fault
	})
}

func TestAFullOutboxDropsAndSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(t, t.TempDir(), 3)
		defer b.close()
		for range 5 {
			b.enqueue(store.Job{Kind: store.WebhookJob, User: 1})
		}
		if n := b.waiting(); n != 3 {
			t.Errorf("%d jobs wait, want 3", n)
		}
		full := "0 dropped 0 The outbox holds 3 already."
		equal(t, b.tries(store.WebhookJob), []string{full, full})
		b.runner.Handle(store.WebhookJob, jobs.Handler{Do: func(context.Context, *store.Job) jobs.Outcome { return jobs.Done("") }})
		b.run()
		b.settle()
		b.enqueue(store.Job{Kind: store.WebhookJob, User: 1}) // there is room again
		b.settle()
		if got := b.tries(store.WebhookJob); len(got) != 6 || got[5] != "1 done 0 " {
			t.Errorf("tries %q", got)
		}
	})
}

func TestWhatATryLeadsToIsStoredWithItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(t, t.TempDir(), 0)
		defer b.close()
		b.runner.Handle(store.NotifyJob, jobs.Handler{Quiet: true, Tries: 2, Workers: 4, PerLane: 4, Do: func(_ context.Context, j *store.Job) jobs.Outcome {
			if j.Target == 13 {
				return jobs.Done("").Also(func(*store.Tx) error { return errors.New("no such thing") })
			}
			return jobs.Done("").Also(func(tx *store.Tx) error {
				return tx.Enqueue(store.Job{Kind: store.PushJob, User: 1, Target: j.Target, CreatedAt: j.CreatedAt})
			})
		}})
		b.runner.Handle(store.PushJob, jobs.Handler{Do: func(_ context.Context, j *store.Job) jobs.Outcome {
			return jobs.Done(fmt.Sprint(j.Target))
		}})
		b.run()
		b.enqueue(store.Job{Kind: store.NotifyJob, User: 1, Target: 7}, store.Job{Kind: store.NotifyJob, User: 1, Target: 13}, store.Job{Kind: store.NotifyJob, User: 1, Target: 8})
		for b.waiting() > 0 {
			time.Sleep(time.Second)
			synctest.Wait()
		}
		pushed := b.tries(store.PushJob)
		slices.Sort(pushed)
		equal(t, pushed, []string{"1 done 0 7", "1 done 0 8"})
		equal(t, b.tries(store.NotifyJob), []string{"1 failed 0 no such thing", "2 given_up 0 no such thing"})
	})
}

func TestAPanicIsAFailedTry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(t, t.TempDir(), 0)
		defer b.close()
		b.runner.Handle(store.PreviewJob, jobs.Handler{Tries: 1, Do: func(context.Context, *store.Job) jobs.Outcome { panic("oh") }})
		b.run()
		b.enqueue(store.Job{Kind: store.PreviewJob, User: 1})
		b.settle()
		equal(t, b.tries(store.PreviewJob), []string{"1 given_up 0 internal error"})
	})
}

func TestTheLogIsBounded(t *testing.T) {
	b := open(t, t.TempDir(), 0)
	defer b.close()
	err := b.store.Write(t.Context(), func(tx *store.Tx) error {
		for i := range 10 {
			if err := tx.LogTry(&store.Try{Job: store.Job{Kind: store.WebhookJob, User: 1}, Outcome: store.TryDone, Detail: fmt.Sprint(i), At: campfire.Time(i)}); err != nil {
				return err
			}
		}
		if n, err := tx.PurgeTries(2, 5, 100); n != 5 || err != nil {
			return fmt.Errorf("purged %d, %w", n, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := b.tries(store.WebhookJob); len(got) != 5 || got[0] != "0 done 0 5" {
		t.Errorf("left %q", got)
	}
}

func TestTheBacklogIsMeasured(t *testing.T) {
	b := open(t, t.TempDir(), 0)
	defer b.close()
	b.runner.Handle(store.WebhookJob, jobs.Handler{Do: func(context.Context, *store.Job) jobs.Outcome { return jobs.Later(1 << 60) }})
	b.enqueue(store.Job{Kind: store.WebhookJob})
	b.run()
	found := make(map[string]float64)
	for len(found) < 2 { // Run registers it
		families, err := b.meter.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			if name := f.GetName(); name == "outbox_depth" || name == "outbox_oldest_seconds" {
				for _, m := range f.GetMetric() {
					found[name] += m.GetGauge().GetValue()
				}
			}
		}
	}
	if found["outbox_depth"] != 1 || found["outbox_oldest_seconds"] <= 0 {
		t.Errorf("measured %v", found)
	}
}

// A job that leads to another, as one goes the other comes: what waits for its
// kind is woken all the same.
func TestAJobThatLeadsToAnotherWakesItsKind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(t, t.TempDir(), 0)
		defer b.close()
		began := time.Now()
		var took time.Duration
		b.runner.Handle(store.NotifyJob, jobs.Handler{Do: func(_ context.Context, j *store.Job) jobs.Outcome {
			return jobs.Done("").Also(func(tx *store.Tx) error {
				return tx.Enqueue(store.Job{Kind: store.PushJob, User: 1, CreatedAt: campfire.TimeOf(time.Now())})
			})
		}})
		b.runner.Handle(store.PushJob, jobs.Handler{Do: func(context.Context, *store.Job) jobs.Outcome {
			took = time.Since(began)
			return jobs.Done("")
		}})
		b.run()
		b.enqueue(store.Job{Kind: store.NotifyJob})
		for b.waiting() > 0 {
			time.Sleep(time.Second)
			synctest.Wait()
		}
		if took > time.Second {
			t.Errorf("the second job began %v after the first was queued", took)
		}
	})
}

// crowd has more changes wait for the store than it writes singly, once.
func (b *bench) crowd() {
	b.t.Helper()
	hold := make(chan struct{})
	var all sync.WaitGroup
	write := func(fn func(*store.Tx) error) {
		all.Go(func() {
			if err := b.store.Write(b.t.Context(), fn); err != nil {
				b.t.Error(err)
			}
		})
	}
	write(func(*store.Tx) error { <-hold; return nil })
	synctest.Wait()
	for range 8 {
		write(func(*store.Tx) error { return nil })
	}
	synctest.Wait()
	close(hold)
	all.Wait()
}

// While people's changes wait for each other a backlog takes its time, and it
// takes up speed when they no longer do.
func TestABacklogLetsPeopleGoFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(t, t.TempDir(), 0)
		defer b.close()
		b.runner.Handle(store.PushJob, jobs.Handler{Workers: 32, PerLane: 1, Do: func(context.Context, *store.Job) jobs.Outcome {
			time.Sleep(20 * time.Millisecond)
			return jobs.Done("")
		}})
		const backlog = 200
		list := make([]store.Job, backlog)
		for i := range list {
			list[i] = store.Job{Kind: store.PushJob, Lane: int64(i), User: 1}
		}
		b.enqueue(list...)
		b.run()
		began := time.Now()
		for time.Since(began) < 500*time.Millisecond {
			b.crowd()
			time.Sleep(5 * time.Millisecond)
		}
		crowded := backlog - b.waiting()
		if crowded < 30 || crowded > 120 {
			t.Errorf("%d of %d were done in half a second beside others, want about 80", crowded, backlog)
		}
		time.Sleep(200 * time.Millisecond)
		if left := b.waiting(); left != 0 {
			t.Errorf("%d are left when nobody else writes", left)
		}
	})
}
