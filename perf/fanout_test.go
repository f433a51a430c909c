package perf

import (
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"campfire/internal/load/fleet"
)

// audience is so many sockets of one room, of a Campfire or of the floor, and
// who waits for what they hear.
type audience struct {
	fleet *fleet.Fleet
	size  int64
	pid   int

	base    int64 // the number before the first that is waited for
	heard   []atomic.Int64
	arrived []chan time.Duration
}

// heardAtMost is how many events one measurement waits for.
const heardAtMost = 1 << 17

// gather opens sockets and subscribes them to room 1.
func gather(b *testing.B, url string, pid, size int, tokens []string) *audience {
	b.Helper()
	a := &audience{size: int64(size), pid: pid, heard: make([]atomic.Int64, heardAtMost), arrived: make([]chan time.Duration, heardAtMost)}
	for i := range a.arrived {
		a.arrived[i] = make(chan time.Duration, 1)
	}
	seats := make([]fleet.Seat, size)
	for i := range seats {
		seats[i] = fleet.Seat{Token: tokens[i%len(tokens)], Room: 1}
	}
	var err error
	if a.fleet, err = fleet.New(fleet.Options{URL: url, Seats: seats, Handler: a, Began: epoch}); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(a.fleet.Close)
	if err := a.fleet.Connect(context.Background(), 32, nil, nil); err != nil {
		b.Fatal(err)
	}
	_, a.base = a.fleet.Seq(0)
	return a
}

// epoch is what arrivals count from.
var epoch = time.Now()

// Match and Deliver make it a fleet.Handler: whoever waits for an event is
// told when the last of the sockets has it.
func (a *audience) Match(*fleet.Event) int { return 0 }

func (a *audience) Deliver(_ int, d fleet.Delivery) {
	if i := d.Seq - a.base - 1; d.Kind == fleet.Created && i >= 0 && i < heardAtMost && a.heard[i].Add(1) == a.size {
		a.arrived[i] <- d.At
	}
}

// wait returns when all have an event, by its number.
func (a *audience) wait(b *testing.B, seq int64) (at time.Duration) {
	b.Helper()
	i := seq - a.base - 1
	if i >= heardAtMost {
		b.Fatal("more events than this benchmark waits for")
	}
	select {
	case at = <-a.arrived[i]:
	case <-time.After(time.Minute):
		b.Fatalf("event %d came to %d of %d sockets: %v %v", seq, a.heard[i].Load(), a.size, a.fleet.Counts().Closes, a.fleet.Faults())
	}
	return at
}

// stop closes the sockets. It fails when one has missed, repeated or lost
// anything.
func (a *audience) stop(b *testing.B) {
	b.Helper()
	defer a.fleet.Close()
	if c := a.fleet.Counts(); c.Faults > 0 || c.Lost > 0 {
		b.Errorf("%d faults, %d connections lost: %v %v", c.Faults, c.Lost, c.Closes, a.fleet.Faults())
	}
}

// cost is what deliveries took.
type cost struct {
	cpu, wall  time.Duration
	deliveries int64
}

// measured runs do and says what it cost the other process.
func (a *audience) measured(b *testing.B, do func() (events int64)) cost {
	b.Helper()
	cpu, began := cpuOf(b, a.pid), time.Now()
	events := do()
	return cost{cpuOf(b, a.pid) - cpu, time.Since(began), events * a.size}
}

func (c cost) each() float64 { return float64(c.cpu.Nanoseconds()) / 1000 / float64(c.deliveries) }
func (c cost) rate() float64 { return float64(c.deliveries) / c.wall.Seconds() }

// window is how many posts are under way at once: two frames' worth, as one is
// written while the next is collected.
const window = 32

// joined is how many frames the floor joins to one write.
const joined = 16

// fanned is a Campfire with an audience and people who post.
type fanned struct {
	*audience
	s       *server
	posters []*poster
	posted  atomic.Int64
}

func (f *fanned) stop(b *testing.B) {
	f.audience.stop(b)
	for _, p := range f.posters {
		p.conn.Close()
	}
	f.s.stop()
}

// startCrowded starts a Campfire with the limits of connections lifted.
func startCrowded(b *testing.B, dir string) *server {
	b.Helper()
	metrics := freeAddr(b)
	s, _ := start(b, dir, "CAMPFIRE_MAX_IP_SOCKETS=off", "CAMPFIRE_MAX_USER_SOCKETS=off", "CAMPFIRE_MAX_HANDSHAKES=off", "CAMPFIRE_METRICS_ADDR="+metrics)
	s.metrics = metrics
	return s
}

// startFanned starts a Campfire, an audience and people who post.
func startFanned(b *testing.B, size int) *fanned {
	b.Helper()
	s := startCrowded(b, b.TempDir())
	c := s.people(b, 20, 1)
	f := &fanned{s: s}
	f.audience = gather(b, s.url, s.cmd.Process.Pid, size, c.Tokens)
	for i := range window {
		p := newPoster(b, s, c.Tokens[i%len(c.Tokens)], 1, "fan")
		f.posters = append(f.posters, p)
	}
	return f
}

// saturate has each poster post again as soon as all sockets have its last.
func (f *fanned) saturate(b *testing.B, rounds int) (events int64) {
	var wg sync.WaitGroup
	before := f.posted.Load()
	for _, p := range f.posters {
		wg.Go(func() {
			for range rounds {
				n := f.posted.Add(1)
				if err := p.post(int(n)); err != nil {
					b.Error(err)
					return
				}
				// Posts of one room take its numbers one after the other, so as
				// many are stored by now: whichever it took, this one is awaited once.
				f.wait(b, f.base+n)
			}
		})
	}
	wg.Wait()
	return f.posted.Load() - before
}

// BenchmarkBroadcast is goal 1: posts, 32 under way at once, to so many real
// sockets of one room. They are held by the server's process; their other
// ends are here. A delivery counts once its frame was parsed and its number
// held against the socket's last. The floor writes as many frames, 16 joined
// to one write per socket, to as many sockets, by turns with it.
func BenchmarkBroadcast(b *testing.B) {
	for _, size := range []int{10, 100, 1000, 5000, 10000} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			rounds := min(max(8, 100000/size), 1000) // of 32 posts: fewer than an audience waits for
			var ours, least []cost
			var perFrame float64
			for b.Loop() {
				// One after the other: a process may not hold both.
				f := startFanned(b, size)
				f.saturate(b, 2)
				f.s.profile(b)
				ours = append(ours, f.measured(b, func() int64 { return f.saturate(b, rounds) }))
				perFrame = f.s.scraped(b, "ws_batch_size_sum") / f.s.scraped(b, "ws_batch_size_count")
				f.stop(b)

				floor := startSweeper(b)
				swept := gather(b, floor.url, floor.cmd.Process.Pid, size, []string{"x"})
				swept.wait(b, floor.sweep(b, joined))
				least = append(least, swept.measured(b, func() int64 {
					for range 2 * rounds {
						swept.wait(b, floor.sweep(b, joined))
					}
					return int64(2 * rounds * joined)
				}))
				swept.stop(b)
				floor.stop()
			}
			b.ReportMetric(middle(ours, cost.rate), "deliveries/s")
			b.ReportMetric(middle(ours, cost.each), "cpu-µs/delivery")
			b.ReportMetric(middle(least, cost.each), "floor-µs")
			b.ReportMetric(middle(ours, cost.each)/middle(least, cost.each), "×floor")
			b.ReportMetric(middle(least, cost.rate), "floor-deliveries/s")
			b.ReportMetric(perFrame, "events/frame")
		})
	}
}

// middle is the median of a figure.
func middle(all []cost, figure func(cost) float64) float64 {
	values := make([]float64, len(all))
	for i, c := range all {
		values[i] = figure(c)
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// BenchmarkPaced is goal 2: posts at fixed times, at a rate that leaves the
// machine idle most of the time, from the moment when each was due until the
// last of all sockets has it. The floor sweeps one frame over as many sockets.
func BenchmarkPaced(b *testing.B) {
	for _, size := range []int{1000, 10000} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			gap := time.Duration(size) * 50 * time.Microsecond // ten sweeps of 5 µs a socket
			var ours, least []time.Duration
			for b.Loop() {
				f := startFanned(b, size)
				f.saturate(b, 2)
				ours = append(ours, f.paced(b, 100, gap)...)
				f.stop(b)

				floor := startSweeper(b)
				swept := gather(b, floor.url, floor.cmd.Process.Pid, size, []string{"x"})
				for range 100 {
					time.Sleep(gap/2 + rand.N(gap)) // as between posts
					began := time.Since(epoch)
					least = append(least, swept.wait(b, floor.sweep(b, 1))-began)
				}
				swept.stop(b)
				floor.stop()
			}
			slices.Sort(ours)
			slices.Sort(least)
			at := func(all []time.Duration, q float64) float64 {
				return float64(all[int(q*float64(len(all)-1))].Microseconds()) / 1000
			}
			b.ReportMetric(at(ours, .5), "p50-ms")
			b.ReportMetric(at(ours, .95), "p95-ms")
			b.ReportMetric(at(ours, .99), "p99-ms")
			b.ReportMetric(at(least, .5), "floor-p50-ms")
			b.ReportMetric(at(least, .99), "floor-p99-ms")
			b.ReportMetric(at(ours, .5)/at(least, .5), "×floor")
		})
	}
}

// paced posts at scheduled times and returns how long each took to reach all.
func (f *fanned) paced(b *testing.B, posts int, gap time.Duration) (took []time.Duration) {
	due := time.Since(epoch)
	for i := range posts {
		due += gap/2 + rand.N(gap)
		time.Sleep(due - time.Since(epoch))
		n := f.posted.Add(1)
		if err := f.posters[i%len(f.posters)].post(int(n)); err != nil {
			b.Fatal(err)
		}
		took = append(took, f.wait(b, f.base+n)-due)
	}
	return took
}

// BenchmarkIdle is goal 3: what the server's process holds for each socket
// that is subscribed and silent, against one goroutine each that reads
// without a buffer. The first figure is as it stands, what connecting left
// behind included; the others are after a collection, and of it what is in
// use.
func BenchmarkIdle(b *testing.B) {
	for _, size := range []int{1000, 10000, 18000} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			for b.Loop() {
				// Hashing passwords takes memory that is given back slowly: the
				// people are made by another process.
				dir := b.TempDir()
				s := startCrowded(b, dir)
				c := s.people(b, 20, 1)
				s.stop()
				s = startCrowded(b, dir)
				s.collect(b)
				before := s.memory(b, "VmRSS")
				began := time.Now()
				a := gather(b, s.url, s.cmd.Process.Pid, size, c.Tokens)
				connected := time.Since(began)
				held := s.scraped(b, "ws_connections")
				all := s.memory(b, "VmRSS")
				s.collect(b)
				after := s.memory(b, "VmRSS")
				stacks := s.scraped(b, "go_memstats_stack_inuse_bytes") / (1 << 20)
				heap := s.scraped(b, "go_memstats_heap_inuse_bytes") / (1 << 20)
				s.keepHeap(b)
				a.stop(b)
				s.stop()

				floor := startSweeper(b)
				least := memoryOf(b, floor.cmd.Process.Pid, "VmRSS")
				swept := gather(b, floor.url, floor.cmd.Process.Pid, size, []string{"x"})
				least = memoryOf(b, floor.cmd.Process.Pid, "VmRSS") - least
				swept.stop(b)
				floor.stop()

				kib := 1024 / float64(size)
				b.ReportMetric((all-before)*kib, "KiB/socket")
				b.ReportMetric((after-before)*kib, "collected-KiB/socket")
				b.ReportMetric(least*kib, "floor-KiB/socket")
				b.ReportMetric((all-before)/least, "×floor")
				b.ReportMetric(stacks*kib, "stack-KiB/socket")
				b.ReportMetric(heap, "heap-MiB")
				b.ReportMetric(all, "process-MiB")
				b.ReportMetric(held, "held")
				b.ReportMetric(float64(size)/connected.Seconds(), "connects/s")
			}
		})
	}
}

// collect has a server collect its garbage and give back what it does not need.
func (s *server) collect(b *testing.B) {
	b.Helper()
	s.ask(b, "/debug/pprof/heap?gc=1")
}

// keepHeap keeps a profile of the heap, where profiles are wanted.
func (s *server) keepHeap(b *testing.B) {
	if profiles == "" {
		return
	}
	name := filepath.Join(profiles, strings.ReplaceAll(b.Name(), "/", "-")+".heap")
	if err := os.WriteFile(name, []byte(s.ask(b, "/debug/pprof/heap")), 0o600); err != nil {
		b.Fatal(err)
	}
}

// scraped returns a figure of the server's metrics, by its name and labels.
func (s *server) scraped(b *testing.B, series string) float64 {
	b.Helper()
	for line := range strings.Lines(s.ask(b, "/metrics")) {
		if value, ok := strings.CutPrefix(line, series+" "); ok {
			n, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			if err != nil {
				b.Fatal(err)
			}
			return n
		}
	}
	b.Fatalf("the server has no series %s", series)
	return 0
}

func (s *server) ask(b *testing.B, path string) string {
	b.Helper()
	resp, err := http.Get("http://" + s.metrics + path)
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.Fatal(err)
	}
	return string(body)
}
