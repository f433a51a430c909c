package proof

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"campfire/client"
)

// Killed right after it acknowledged messages, the server tells a bot's webhook
// of each of them once it is back, and posts what is answered once.
func TestKilledServerStillOwesItsWebhooks(t *testing.T) {
	kills, together := size(3, 50), 4
	ctx := patience(t, time.Duration(120+kills*15)*time.Second)
	p := startProcess(t)
	ada, _, err := client.New(p.url(), "").SetUp(ctx, "Ada", "ada@example.org", "correct horse battery")
	if err != nil {
		t.Fatal(err)
	}

	var mu sync.Mutex
	told := make(map[int64]map[string]int) // deliveries by message and id
	secret := ""
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		d, err := client.ReadDelivery(r, secret)
		if err != nil {
			t.Error(err)
			return
		}
		if told[d.Message.ID] == nil {
			told[d.Message.ID] = make(map[string]int)
		}
		told[d.Message.ID][d.ID]++
		w.Header().Set("Content-Type", "text/plain")
		fmt.Fprintf(w, "answer to %d", d.Message.ID)
	}))
	defer receiver.Close()
	bot, err := ada.CreateBot(ctx, "Bot", receiver.URL)
	if err != nil {
		t.Fatal(err)
	}
	secret = bot.WebhookSecret
	heard := func() int {
		mu.Lock()
		defer mu.Unlock()
		return len(told)
	}

	var acknowledged []int64
	late := 0 // told only after a kill
	rng := rand.New(rand.NewPCG(5, 6))
	for k := range kills {
		ids := make([]int64, together)
		var posting sync.WaitGroup
		for i := range ids {
			posting.Go(func() {
				m, err := ada.Post(ctx, 1, client.Draft{Body: fmt.Sprintf("@Bot %d of round %d", i, k), ClientMessageID: fmt.Sprintf("%d-%d", k, i)})
				if err != nil {
					t.Error(err)
					return
				}
				ids[i] = m.ID
			})
		}
		posting.Wait()
		if k%2 == 1 { // while they are told
			<-time.After(time.Duration(rng.Int64N(int64(5 * time.Millisecond))))
		}
		p.kill()
		acknowledged = append(acknowledged, ids...)
		late += len(acknowledged) - heard()
		p.start()
		for heard() < len(acknowledged) {
			select {
			case <-ctx.Done():
				t.Fatalf("after kill %d only %d of %d messages were told", k+1, heard(), len(acknowledged))
			case <-time.After(time.Millisecond):
			}
		}
	}

	// All answers are there once the log has an end for each delivery.
	answers := make(map[string]int)
	for len(answers) < len(acknowledged) && ctx.Err() == nil {
		clear(answers)
		for m, err := range ada.History(ctx, 1) {
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(m.Plain, "answer to ") {
				answers[m.Plain]++
			}
		}
	}
	twice := 0
	for _, id := range acknowledged {
		if len(told[id]) != 1 {
			t.Errorf("message %d was told under %d ids", id, len(told[id]))
		}
		for _, n := range told[id] {
			if n > 1 {
				twice++
			}
		}
		if n := answers[fmt.Sprintf("answer to %d", id)]; n != 1 {
			t.Errorf("message %d has %d answers", id, n)
		}
	}
	report(t, "webhooks", map[string]any{"kills": kills, "acknowledged": len(acknowledged), "told": len(told),
		"told_after_a_kill": late, "told_more_than_once": twice, "answers": len(answers)})
}
