package chat_test

import (
	"encoding/base64"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"campfire"
)

// BenchmarkWrongBotKeys asks whether the time of a refusal tells how near a key
// came: bots' keys with the right id and the first so many letters right, and the
// tokens of webhooks' paths with the first so many bytes of their sum right, each
// against those with none. What it reports is Welch's t of one run, of as many
// samples each as there are rounds, without the slowest tenth: beyond 4.5 the two
// differ. That it sees what differs is seen by the key that is right.
func BenchmarkWrongBotKeys(b *testing.B) {
	w := newWorld(b)
	bot := hooked(w, "Bot")
	posted, err := w.Post(b.Context(), w.ada, w.hall, campfire.Draft{Body: "@Bot tea?"})
	if err != nil {
		b.Fatal(err)
	}
	d, err := w.Delivery(b.Context(), bot.ID, w.hall, posted.Message.ID)
	if err != nil {
		b.Fatal(err)
	}
	key := bot.Key.Reveal()
	id, letters, _ := strings.Cut(key, "-")
	near := func(right int) func() string {
		return func() string {
			wrong := []byte(letters)
			for i := right; i < len(wrong); i++ {
				for wrong[i] == letters[i] {
					wrong[i] = "ABCDEFGHJKLMNPQRSTUVWXYZ"[rand.N(24)]
				}
			}
			return id + "-" + string(wrong)
		}
	}
	_, sealed, _ := strings.Cut(d.Token, "-")
	token, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil {
		b.Fatal(err)
	}
	const until = 5 // bytes before the sum
	nearToken := func(right int) func() string {
		return func() string {
			wrong := slices.Clone(token)
			for i := until + right; i < len(wrong); i++ {
				wrong[i] ^= byte(1 + rand.N(255))
			}
			return id + "-" + base64.RawURLEncoding.EncodeToString(wrong)
		}
	}
	classes := []struct {
		name    string
		against int
		key     func() string
		right   bool
		took    []float64 // ns
	}{
		{name: "0-letters", key: near(0)},
		{name: "1-letter", key: near(1)},
		{name: "12-letters", key: near(12)},
		{name: "23-letters", key: near(23)},
		{name: "right-key", key: func() string { return key }, right: true},
		{name: "0-bytes", key: nearToken(0)},
		{name: "10-bytes", against: 5, key: nearToken(10)},
		{name: "19-bytes", against: 5, key: nearToken(19)},
	}
	order := make([]int, len(classes))
	for i := range order {
		order[i] = i
	}
	for range b.N {
		rand.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, i := range order {
			c := &classes[i]
			try := c.key()
			began := time.Now()
			_, err := w.AuthenticateBot(b.Context(), w.hall, try, from)
			c.took = append(c.took, float64(time.Since(began)))
			if (err == nil) != c.right {
				b.Fatalf("%s: %v", c.name, err)
			}
		}
	}
	b.ReportMetric(0, "ns/op") // a round is no operation
	for i := range classes {
		c := &classes[i]
		m, _ := moments(usual(c.took))
		b.ReportMetric(m/1000, fmt.Sprintf("µs/%s", c.name))
		if i != c.against && len(c.took) > 10 {
			b.ReportMetric(math.Abs(welch(usual(c.took), usual(classes[c.against].took))), fmt.Sprintf("t/%s", c.name))
		}
	}
}

// usual leaves out the slowest tenth, which the machine's other work makes slow.
func usual(took []float64) []float64 {
	sorted := slices.Sorted(slices.Values(took))
	return sorted[:len(sorted)-len(sorted)/10]
}

func moments(x []float64) (mean, variance float64) {
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		variance += (v - mean) * (v - mean) / float64(len(x)-1)
	}
	return mean, variance
}

// welch is Welch's t of two samples.
func welch(x, y []float64) float64 {
	mx, vx := moments(x)
	my, vy := moments(y)
	return (mx - my) / math.Sqrt(vx/float64(len(x))+vy/float64(len(y)))
}
