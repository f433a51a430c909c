package jobs

import (
	"testing"
	"time"

	"campfire"
)

// The example that the reference libraries of Standard Webhooks test
// themselves with.
func TestASignatureIsThatOfTheReference(t *testing.T) {
	h, err := signed("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek",
		campfire.TimeOf(time.Unix(1614265330, 0)), []byte(`{"test": 2432232314}`))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := h.Get("webhook-signature"), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want {
		t.Errorf("signature %s, want %s", got, want)
	}
}
