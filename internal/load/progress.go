package load

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// progress shows how far a long piece of work is: a bar on a terminal, a line
// every few seconds elsewhere. It also keeps how long requests took.
type progress struct {
	w        io.Writer
	terminal bool
	what     string
	total    int

	mu    sync.Mutex
	done  int
	began time.Time
	shown time.Time
	took  []time.Duration
}

func newProgress(w io.Writer, what string, total int) *progress {
	p := &progress{w: w, what: what, total: total, began: time.Now()}
	if f, ok := w.(*os.File); ok {
		if fi, err := f.Stat(); err == nil && fi.Mode()&os.ModeCharDevice != 0 {
			p.terminal = true
		}
	}
	return p
}

// add counts n more, done by one request that took so long (zero: none).
func (p *progress) add(n int, took time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done += n
	if took > 0 {
		p.took = append(p.took, took)
	}
	every := 5 * time.Second
	if p.terminal {
		every = 100 * time.Millisecond
	}
	if now := time.Now(); now.Sub(p.shown) >= every {
		p.shown = now
		p.show("")
	}
}

const barWidth = 30

func (p *progress) show(end string) {
	rate := float64(p.done) / max(time.Since(p.began).Seconds(), 0.001)
	if !p.terminal {
		fmt.Fprintf(p.w, "%s: %d of %d (%.0f a second)\n", p.what, p.done, p.total, rate)
		return
	}
	filled := barWidth * p.done / max(p.total, 1)
	bar := strings.Repeat("█", min(filled, barWidth)) + strings.Repeat("░", max(barWidth-filled, 0))
	fmt.Fprintf(p.w, "\r%s %s %d/%d  %.0f/s  %s%s", p.what, bar, p.done, p.total, rate, time.Since(p.began).Round(time.Second), end)
}

func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.show("\n")
}

// percentiles tells how long requests took.
func (p *progress) percentiles() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.took) == 0 {
		return "no time"
	}
	slices.Sort(p.took)
	at := func(q float64) time.Duration { return p.took[min(len(p.took)-1, int(q*float64(len(p.took))))] }
	return fmt.Sprintf("p50 %s, p95 %s, p99 %s, max %s",
		at(.5).Round(10*time.Microsecond), at(.95).Round(10*time.Microsecond), at(.99).Round(10*time.Microsecond), at(1).Round(10*time.Microsecond))
}
