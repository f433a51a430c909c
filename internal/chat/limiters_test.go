package chat

import (
	"testing"
	"time"

	"campfire"

	"pgregory.net/rapid"
)

const second = campfire.Time(1e6)

func TestLimiterGrantsItsBurstAndNotOneMore(t *testing.T) {
	l := limiter[int]{rate: campfire.Rate{Events: 5, Per: time.Second, Burst: 20}}
	now := campfire.Time(1e15)
	for i := range 20 {
		if _, ok := l.take(1, 1, now); !ok {
			t.Fatalf("take %d was refused", i+1)
		}
	}
	wait, ok := l.take(1, 1, now)
	if ok || wait <= 0 || wait > 200*time.Millisecond {
		t.Fatalf("take 21: granted = %v, wait = %v; want refused, up to 200ms", ok, wait)
	}
	if _, ok := l.take(2, 1, now); !ok {
		t.Error("another key was refused")
	}
	if _, ok := l.take(1, 1, now.Add(wait)+1); !ok {
		t.Error("refused after the wait it named")
	}
}

// A refusal without a wait would be told to come back at once.
func TestLimiterNamesAWaitHoweverShort(t *testing.T) {
	l := limiter[int]{rate: campfire.Rate{Events: 3, Per: time.Second, Burst: 1}}
	now := campfire.Time(1e15)
	l.take(1, 1, now)
	now += second / 3 // a third of a microsecond before there is another
	wait, ok := l.take(1, 1, now)
	if ok || wait <= 0 {
		t.Fatalf("granted = %v, wait = %v; want refused, for a moment", ok, wait)
	}
	if _, ok := l.take(1, 1, now.Add(wait)); !ok {
		t.Error("refused after the wait it named")
	}
}

func TestLimiterLetsABatchIntoDebt(t *testing.T) {
	l := limiter[int]{rate: campfire.Rate{Events: 10, Per: time.Second, Burst: 10}}
	now := campfire.Time(1e15)
	if _, ok := l.take(1, 100, now); !ok {
		t.Fatal("a batch was refused by a full bucket")
	}
	if wait, ok := l.take(1, 1, now+5*second); ok || wait < 4*time.Second {
		t.Fatalf("in debt of 90: granted = %v, wait = %v after 5 s", ok, wait)
	}
	if _, ok := l.take(1, 1, now+10*second); !ok {
		t.Error("refused after the debt was paid")
	}
}

func TestLimiterWithoutRateGrantsAll(t *testing.T) {
	var l limiter[int]
	for range 1000 {
		if _, ok := l.take(1, 100, 1); !ok {
			t.Fatal("refused")
		}
	}
	if len(l.buckets) != 0 {
		t.Error("an unlimited limiter remembers keys")
	}
}

func TestLimiterForgetsFullBucketsAndBoundsTheRest(t *testing.T) {
	l := limiter[int]{rate: campfire.Rate{Events: 1, Per: time.Second, Burst: 1}}
	now := campfire.Time(1e15)
	for i := range maxBuckets + 1000 {
		l.take(i, 1, now)
	}
	if n := len(l.buckets); n > maxBuckets {
		t.Errorf("%d buckets, want at most %d", n, maxBuckets)
	}
	l.take(-1, 1, now+5*second)
	if n := len(l.buckets); n != 1 {
		t.Errorf("%d buckets after all were full again, want 1", n)
	}
}

// Over any sequence of calls no more passes than burst + rate × time, whatever
// the clock does.
func TestLimiterNeverGrantsMoreThanItsRate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := limiter[int]{rate: campfire.Rate{Events: 5, Per: time.Second, Burst: 3}}
		now, forward := campfire.Time(1e15), campfire.Time(0)
		granted := 0
		for range rapid.IntRange(1, 200).Draw(t, "calls") {
			step := campfire.Time(rapid.Int64Range(-2e6, 1e6).Draw(t, "step"))
			now += step
			forward += max(step, 0)
			if _, ok := l.take(1, 1, now); ok {
				granted++
			}
		}
		if most := 3 + float64(forward)*5/1e6 + 1e-6; float64(granted) > most {
			t.Fatalf("%d granted, at most %.1f allowed", granted, most)
		}
	})
}

func TestNetworkCountsIPv6By64(t *testing.T) {
	if network("2001:db8::1") != network("2001:db8::ffff") {
		t.Error("one subscriber's IPv6 addresses count apart")
	}
	if network("2001:db8::1") == network("2001:db8:0:1::1") {
		t.Error("two subscribers count together")
	}
	if network("192.0.2.1") == network("192.0.2.2") || network("::ffff:192.0.2.1") != network("192.0.2.1") {
		t.Error("IPv4 is not counted by address")
	}
}
