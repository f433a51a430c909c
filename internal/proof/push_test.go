package proof

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"campfire/client"
	"campfire/internal/webpush/webpushtest"
)

// Killed right after it acknowledged messages, before or while it is decided
// who is told of them, the server tells every device of each of them once it is
// back.
func TestKilledServerStillOwesItsPushes(t *testing.T) {
	kills, together := size(3, 50), 4
	ctx := patience(t, time.Duration(120+kills*20)*time.Second)
	p := startProcess(t, "CAMPFIRE_OUTBOUND_ALLOW=127.0.0.0/8:*")
	ada, _, err := client.New(p.url(), "").SetUp(ctx, "Ada", "ada@example.org", "correct horse battery")
	if err != nil {
		t.Fatal(err)
	}
	account, err := ada.Account(ctx)
	if err != nil {
		t.Fatal(err)
	}
	bo, _, err := client.New(p.url(), "").Join(ctx, account.JoinCode, "Bo", "bo@example.org", "correct horse battery")
	if err != nil {
		t.Fatal(err)
	}
	service := webpushtest.New(t)
	devices := []*webpushtest.Device{service.Device(), service.Device()}
	for _, d := range devices {
		if err := bo.Do(ctx, "POST", "/api/users/me/push_subscriptions", d.JSON(), nil); err != nil {
			t.Fatal(err)
		}
	}

	var acknowledged []string
	late := 0 // told only after a kill
	rng := rand.New(rand.NewPCG(7, 8))
	for k := range kills {
		var posting sync.WaitGroup
		texts := make([]string, together)
		for i := range texts {
			posting.Go(func() {
				text := fmt.Sprintf("%d of round %d", i, k)
				if _, err := ada.Post(ctx, 1, client.Draft{Body: "@Bo " + text, ClientMessageID: fmt.Sprintf("%d-%d", k, i)}); err != nil {
					t.Error(err)
					return
				}
				texts[i] = "Ada: @Bo " + text
			})
		}
		posting.Wait()
		if k%2 == 1 { // while they are told, two seconds later
			<-time.After(1990*time.Millisecond + time.Duration(rng.Int64N(int64(60*time.Millisecond))))
		}
		p.kill()
		acknowledged = append(acknowledged, texts...)
		for _, d := range devices {
			late += len(acknowledged) - len(bodies(d.Received()))
		}
		p.start()
		for _, d := range devices {
			d.Wait(60*time.Second, fmt.Sprintf("all of the pushes of round %d", k), func(got []webpushtest.Received) bool {
				return len(bodies(got)) >= len(acknowledged)
			})
		}
	}
	twice := 0
	for i, d := range devices {
		got := d.Received()
		told := bodies(got)
		twice += len(got) - len(told)
		for _, text := range acknowledged {
			if !slices.Contains(told, text) {
				t.Errorf("device %d was not told %q", i, text)
			}
		}
	}
	report(t, "pushes", map[string]any{"kills": kills, "acknowledged": len(acknowledged), "devices": len(devices),
		"told_after_a_kill": late, "told_more_than_once": twice})
}

// bodies are the different texts that came.
func bodies(got []webpushtest.Received) []string {
	var out []string
	for _, r := range got {
		out = append(out, r.Body)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
