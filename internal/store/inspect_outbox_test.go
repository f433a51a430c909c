package store

import (
	"reflect"
	"testing"
	"time"

	"campfire"
)

func TestInspectionTellsHowTheOutboxStands(t *testing.T) {
	now := campfire.TimeOf(time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC))
	o := stopped(t)
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	inspect := func() OutboxState {
		t.Helper()
		in, err := s.Inspect(t.Context(), InspectOptions{Now: now})
		if err != nil {
			t.Fatal(err)
		}
		return in.Outbox
	}
	if got := inspect(); !reflect.DeepEqual(got, OutboxState{}) {
		t.Errorf("of an empty outbox: %+v", got)
	}
	ago := func(d time.Duration) campfire.Time { return now.Add(-d) }
	err = s.Write(t.Context(), func(tx *Tx) error {
		for _, j := range []Job{
			{Kind: WebhookJob, Lane: 1, RunAt: ago(time.Hour)}, // one of this lane is worked on
			{Kind: WebhookJob, Lane: 1, RunAt: ago(30 * time.Minute)},
			{Kind: WebhookJob, Lane: 2, RunAt: ago(time.Minute)},     // due, not for long
			{Kind: WebhookJob, Lane: 3, RunAt: now.Add(time.Minute)}, // not due
			{Kind: PushJob, Lane: 4, RunAt: ago(20 * time.Minute)},   // waits for a worker
			{Kind: PushJob, Lane: 4, RunAt: ago(10 * time.Minute)},
			{Kind: NotifyJob, Lane: 5, RunAt: ago(5 * time.Minute)}, // its lane is not known to workers
			{Kind: PreviewJob, Lane: 6, RunAt: ago(time.Hour)},      // taken up, and never ended
		} {
			j.CreatedAt = ago(2 * time.Hour)
			if err := tx.Enqueue(j); err != nil {
				return err
			}
		}
		if _, err := tx.LeaseJobs(WebhookJob, ago(45*time.Minute), now.Add(time.Minute), 1, 1); err != nil {
			return err
		}
		if _, err := tx.LeaseJobs(PreviewJob, ago(45*time.Minute), ago(time.Second), 1, 1); err != nil {
			return err
		}
		if err := tx.exec(laneEnd, NotifyJob, 5); err != nil {
			return err
		}
		for _, x := range []struct {
			lane    int64
			outcome TryOutcome
			at      campfire.Time
		}{{7, TryGivenUp, ago(time.Hour)}, {7, TryGivenUp, ago(2 * time.Hour)}, {8, TryDropped, ago(time.Hour)},
			{7, TryGivenUp, ago(8 * 24 * time.Hour)}, {7, TryFailed, ago(time.Hour)}, {7, TryDone, ago(time.Hour)}} {
			if err := tx.LogTry(&Try{Job: Job{Kind: WebhookJob, Lane: x.lane}, Outcome: x.outcome, At: x.at}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := OutboxState{
		Waiting: 8, Due: 5, Oldest: ago(30 * time.Minute), Expired: 1,
		Still: []StillLane{{PushJob, 4, 2, ago(20 * time.Minute), true}, {NotifyJob, 5, 1, ago(5 * time.Minute), false}},
		Lost:  []LostJobs{{WebhookJob, 7, TryGivenUp, 2}, {WebhookJob, 8, TryDropped, 1}},
	}
	if got := inspect(); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}
