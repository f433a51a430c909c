package load

import (
	"math/rand/v2"
	"strings"
)

// texts writes the messages of a run: the same number and seed give the same
// text, so that none has to be kept for comparison.
type texts struct{ seed uint64 }

var vocabulary = strings.Fields(`the a we need coffee deploy build green red again today
	tomorrow meeting notes draft review ship fix broken page room message reader writer
	because maybe never always kitchen window train late early thanks agreed question
	numbers chart table budget plan lunch rain sun "quoted" back\slash <tag> & *stress*
	**bold** ` + "`code`" + ` naïve Größe café 東京 привет 👍 https://example.org/a?b=c&d=e #release`)

// body is the n-th message: four to forty words, now and then on two lines.
func (t texts) body(n int) string {
	r := rand.New(rand.NewPCG(t.seed, uint64(n)))
	var b strings.Builder
	b.WriteString("No. ")
	b.WriteString(number(n))
	for range 4 + r.IntN(16) + r.IntN(20) {
		if r.IntN(24) == 0 {
			b.WriteString("\nand")
		}
		b.WriteByte(' ')
		b.WriteString(vocabulary[r.IntN(len(vocabulary))])
	}
	return b.String()
}

// word is one that many messages hold, for a search.
func (t texts) word(r *rand.Rand) string { return vocabulary[r.IntN(40)] }

// number spells n so that a search finds it as one word.
func number(n int) string {
	const letters = "bcdfghjklm"
	if n == 0 {
		return "xb"
	}
	var b []byte
	for ; n > 0; n /= 10 {
		b = append(b, letters[n%10])
	}
	return "x" + string(b)
}
