package client_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"campfire/client"
	"campfire/internal/campfiretest"
)

// A bot that reads its deliveries with this package and answers them.
func TestABotReadsItsDeliveries(t *testing.T) {
	srv := campfiretest.New(t)
	ctx := patience(t)
	ada, _, err := client.New(srv.URL, "").SetUp(ctx, "Ada", "ada@example.org", campfiretest.Password)
	if err != nil {
		t.Fatal(err)
	}
	secret := make(chan string, 1)
	read := make(chan error, 10)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := <-secret
		secret <- s
		d, err := client.ReadDelivery(r, s)
		read <- err
		if err != nil {
			http.Error(w, "no", http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "text/plain")
		fmt.Fprintf(w, "%s said %s in %s", d.User.Name, d.Message.Body.Plain, d.Room.Name)
	}))
	defer receiver.Close()
	made, err := ada.CreateBot(ctx, "Echo", receiver.URL)
	if err != nil {
		t.Fatal(err)
	}
	secret <- made.WebhookSecret
	if _, err := ada.Post(ctx, 1, client.Draft{Body: "@Echo tea"}); err != nil {
		t.Fatal(err)
	}
	if err := <-read; err != nil {
		t.Fatal(err)
	}
	for {
		tries, _, err := ada.Deliveries(ctx, made.Bot.ID, "")
		if err != nil {
			t.Fatal(err)
		}
		if len(tries) > 0 {
			break
		}
	}
	page, err := ada.Messages(ctx, 1, client.PageQuery{})
	if err != nil || len(page.Messages) != 2 || page.Messages[1].Plain != "Ada said tea in All Talk" {
		t.Errorf("messages %+v, %v", page, err)
	}

	// With another secret it is somebody else's.
	<-secret
	secret <- "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	if test, err := ada.TestWebhook(ctx, made.Bot.ID); err != nil || test.Status != 401 {
		t.Errorf("test %+v, %v", test, err)
	}
	if err := <-read; err == nil || !strings.Contains(err.Error(), "not signed") {
		t.Errorf("read %v", err)
	}
}

func TestADeliveryThatIsOldOrAlteredIsRefused(t *testing.T) {
	// The example of the Standard Webhooks reference libraries.
	r := func(body string) *http.Request {
		return &http.Request{Header: http.Header{
			"Webhook-Id":        {"msg_p5jXN8AQM9LWM0D4loKWxJek"},
			"Webhook-Timestamp": {"1614265330"},
			"Webhook-Signature": {"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
		}, Body: io.NopCloser(strings.NewReader(body))}
	}
	_, err := client.ReadDelivery(r(`{"test": 2432232314}`), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err == nil || !strings.Contains(err.Error(), "too old") {
		t.Errorf("an old one: %v", err)
	}
	if _, err := client.ReadDelivery(r("{}"), "whsec_!"); err == nil {
		t.Error("a malformed secret was taken")
	}
}
