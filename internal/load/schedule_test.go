package load

import (
	"context"
	"math"
	"testing"
	"testing/synctest"
	"time"
)

type launched struct {
	action action
	due    time.Duration
}

func take(s *schedule, until time.Duration) (all []launched) {
	for {
		a, due := s.pop()
		if due >= until {
			return all
		}
		all = append(all, launched{a, due})
	}
}

var someRates = [actions]float64{doPost: 20, doRead: 50, doSearch: .5}

func TestScheduleKeepsItsRates(t *testing.T) {
	const length = 2000 * time.Second
	counts := make(map[action]float64)
	last := time.Duration(0)
	for _, l := range take(newSchedule(7, someRates), length) {
		counts[l.action]++
		if l.due < last {
			t.Fatalf("%s is due after %s", l.due, last)
		}
		last = l.due
	}
	for a, rate := range someRates {
		want := rate * length.Seconds()
		// Of a Poisson process: five standard deviations.
		if got := counts[action(a)]; math.Abs(got-want) > 5*math.Sqrt(want) {
			t.Errorf("action %d came %.0f times, want about %.0f", a, got, want)
		}
	}
	if counts[doBounce] != 0 {
		t.Errorf("an action without a rate came %.0f times", counts[doBounce])
	}
}

func TestEqualSeedsGiveEqualSchedules(t *testing.T) {
	a, b, c := take(newSchedule(7, someRates), time.Minute), take(newSchedule(7, someRates), time.Minute), take(newSchedule(8, someRates), time.Minute)
	if len(a) != len(b) {
		t.Fatalf("%d and %d actions", len(a), len(b))
	}
	for i := range a {
		if a[i] != b[i] {
			t.Fatalf("action %d: %v and %v", i, a[i], b[i])
		}
	}
	if len(a) == len(c) && a[0] == c[0] {
		t.Error("another seed gave the same schedule")
	}
}

// A rate of one kind does not move another's times.
func TestActionsAreScheduledApart(t *testing.T) {
	var alone, beside []time.Duration
	for _, l := range take(newSchedule(7, [actions]float64{doPost: 20}), time.Minute) {
		alone = append(alone, l.due)
	}
	for _, l := range take(newSchedule(7, someRates), time.Minute) {
		if l.action == doPost {
			beside = append(beside, l.due)
		}
	}
	if len(alone) != len(beside) || alone[10] != beside[10] {
		t.Errorf("%d posts alone, %d beside reads", len(alone), len(beside))
	}
}

func TestLateLaunchesKeepTheirDueTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		want := take(newSchedule(7, someRates), 10*time.Second)
		began := time.Now()
		var got []launched
		late := 0
		newSchedule(7, someRates).follow(t.Context(), began, 10*time.Second, func(a action, due time.Duration) {
			if time.Since(began) < due {
				t.Errorf("it was launched %s before it was due", due-time.Since(began))
			}
			if time.Since(began) > due {
				late++
			}
			if len(got) == 100 {
				time.Sleep(3 * time.Second) // the generator stands still
			}
			got = append(got, launched{a, due})
		})
		if len(got) != len(want) {
			t.Fatalf("%d launched, %d were due", len(got), len(want))
		}
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("launch %d: %v, was due as %v", i, got[i], want[i])
			}
		}
		if late < 100 {
			t.Errorf("%d were late: the generator did not stand still", late)
		}
		if took := time.Since(began); took != 10*time.Second {
			t.Errorf("it took %s", took)
		}
	})
}

func TestScheduleEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		began := time.Now()
		newSchedule(7, [actions]float64{}).follow(ctx, began, time.Hour, func(action, time.Duration) { t.Error("nothing was due") })
		if took := time.Since(began); took != 3*time.Second {
			t.Errorf("it took %s", took)
		}
	})
}
