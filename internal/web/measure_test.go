package web_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"campfire/internal/campfiretest"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/heapprofiler"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/performance"
	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// figures are what was measured of the page, in the units that the names say.
type figures struct {
	At, Commit, Command, Machine, Go, Browser, Load string

	FirstView struct {
		Requests, Bytes int     // compressed, headers included, cold cache
		Shift           float64 // cumulative layout shift
		Messages        int
	}
	Interactions map[string]spread // milliseconds from the event to after the next paint
	Loaded       int               // messages in the page meanwhile
	Live         spread            // milliseconds from the answer to a post to after it is painted
	Burst        struct {
		Seconds, PerSecond, Shown int
		LongTasks                 int
		LongestTask               float64 // milliseconds
		Frames, Dropped           int
		HeapBefore, HeapAfter     float64 // MiB, after a collection
		Script, Layout, Style     float64 // milliseconds of the processor for each message
		Nodes                     int     // messages in the page in the end
	}
}

// spread is a set of durations in milliseconds.
type spread struct {
	Count         int
	P50, P98, Max float64
}

func spreadOf(list []float64) spread {
	if len(list) == 0 {
		return spread{}
	}
	slices.Sort(list)
	at := func(p float64) float64 { return list[int(p*float64(len(list)-1)+0.5)] }
	return spread{len(list), at(0.5), at(0.98), list[len(list)-1]}
}

// TestMeasure measures the page in a browser and writes perf/web/: it is no
// check and has no thresholds. `make measure-web` runs it.
func TestMeasure(t *testing.T) {
	if os.Getenv("CAMPFIRE_MEASURE") == "" {
		t.Skip("measures only when CAMPFIRE_MEASURE is set")
	}
	var f figures
	f.At, f.Command = time.Now().UTC().Format(time.RFC3339), "make measure-web"
	f.Machine = fmt.Sprintf("%d cores, %s, %s", runtime.NumCPU(), runtime.GOARCH, lineOf("/proc/cpuinfo", "model name"))
	f.Go, f.Load = runtime.Version(), firstWord("/proc/loadavg")
	if out, err := exec.Command("git", "rev-parse", "--short", "HEAD").Output(); err == nil {
		f.Commit = strings.TrimSpace(string(out))
	}
	if out, err := exec.Command(campfiretest.Chromium(t), "--version").Output(); err == nil {
		f.Browser = strings.TrimSpace(string(out))
	}
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	ada := srv.SetUp()
	bo := srv.Join(ada, "Bo")
	fillRoom(srv, bo, 0, 2100)

	measureFirstView(&f, open(1440, 900), srv)
	b := open(1440, 900)
	b.comeIn(srv.URL+"/login", "ada@example.org")
	measureLive(&f, b, srv, bo)
	measureBurst(&f, b, srv, bo)
	measureInteractions(&f, b)

	dir := filepath.Join("..", "..", "perf", "web")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	out, err := json.MarshalIndent(&f, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"web.json": append(out, '\n'), "web.txt": f.text()} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("\n%s", f.text())
}

// measureFirstView signs in on a page that loads nothing of the room, empties
// the cache and opens the room.
func measureFirstView(f *figures, b *browser, srv *campfiretest.Server) {
	b.comeIn(srv.URL+"/login", "ada@example.org")
	b.run(chromedp.Navigate("about:blank"))
	var requests, bytes atomic.Int64
	err := chromedp.Listen(b.ctx, func(ev any) {
		if ev, ok := ev.(*network.EventLoadingFinished); ok {
			requests.Add(1)
			bytes.Add(int64(ev.EncodedDataLength))
		}
	})
	if err != nil {
		b.t.Fatal(err)
	}
	for _, call := range []func() error{
		func() error { _, err := chromedp.Call(b.ctx, network.Enable, network.EnableParams{}); return err },
		func() error { _, err := chromedp.Call(b.ctx, network.ClearBrowserCache, cdp.Empty{}); return err },
	} {
		if err := call(); err != nil {
			b.t.Fatal(err)
		}
	}
	b.before(`window.shift = 0; new PerformanceObserver((list) => list.getEntries().forEach((e) => e.hadRecentInput || (window.shift += e.value))).observe({ type: "layout-shift", buffered: true })`)
	b.run(chromedp.Navigate(srv.URL+"/rooms/1"), chromedp.WaitVisible(`#composer`))
	b.eventually(`performance.now() > 4000`) // whatever else comes has come
	f.FirstView.Requests, f.FirstView.Bytes = int(requests.Load()), int(bytes.Load())
	f.FirstView.Shift = evaluate[float64](b, `window.shift`)
	f.FirstView.Messages = evaluate[int](b, messageCount)
}

// painted notes when what has just changed is on screen.
const painted = `window.afterPaint = (act) => requestAnimationFrame(() => { const c = new MessageChannel(); c.port1.onmessage = act; c.port2.postMessage(0) });`

func measureLive(f *figures, b *browser, srv *campfiretest.Server, token string) {
	b.do(painted + `window.shownAt = {};
		new MutationObserver((list) => {
			const ids = list.flatMap((m) => [...m.addedNodes]).map((n) => n.dataset?.id).filter(Boolean);
			if (ids.length) afterPaint(() => ids.forEach((id) => (window.shownAt[id] = performance.timeOrigin + performance.now())));
		}).observe(document.getElementById("messages"), { childList: true })`)
	var took []float64
	for i := range 100 {
		id := postTo(srv, token, fmt.Sprintf("on screen, %d", i))
		answered := float64(time.Now().UnixMicro()) / 1000
		b.eventually(fmt.Sprintf(`window.shownAt[%d] > 0`, id))
		took = append(took, evaluate[float64](b, fmt.Sprintf(`window.shownAt[%d]`, id))-answered)
	}
	f.Live = spreadOf(took)
}

func measureBurst(f *figures, b *browser, srv *campfiretest.Server, token string) {
	const seconds, rate = 60, 20
	heap := func() float64 {
		if _, err := chromedp.Call(b.ctx, heapprofiler.CollectGarbage, cdp.Empty{}); err != nil {
			b.t.Fatal(err)
		}
		h, err := chromedp.Call(b.ctx, cdpruntime.GetHeapUsage, cdp.Empty{})
		if err != nil {
			b.t.Fatal(err)
		}
		return h.UsedSize / (1 << 20)
	}
	f.Burst.Seconds, f.Burst.PerSecond = seconds, rate
	f.Burst.HeapBefore = heap()
	before := b.work()
	b.do(`window.tasks = []; window.gaps = []; window.watching = true;
		new PerformanceObserver((list) => list.getEntries().forEach((e) => window.tasks.push(e.duration))).observe({ type: "longtask" });
		let last = performance.now();
		const frame = (now) => { window.gaps.push(now - last); last = now; if (window.watching) requestAnimationFrame(frame) };
		requestAnimationFrame(frame)`)
	tick := time.NewTicker(time.Second / rate)
	defer tick.Stop()
	var last int64
	for i := range seconds * rate {
		<-tick.C
		last = postTo(srv, token, fmt.Sprintf("in a crowd, %d", i))
	}
	b.eventually(fmt.Sprintf(`document.getElementById("message-%d") !== null`, last))
	b.do(`window.watching = false`)
	after := b.work()
	each := func(name string) float64 { return (after[name] - before[name]) * 1000 / (seconds * rate) }
	f.Burst.Script, f.Burst.Layout, f.Burst.Style = each("ScriptDuration"), each("LayoutDuration"), each("RecalcStyleDuration")
	tasks := evaluate[[]float64](b, `window.tasks`)
	f.Burst.LongTasks = len(tasks)
	if len(tasks) > 0 {
		f.Burst.LongestTask = slices.Max(tasks)
	}
	f.Burst.Frames = evaluate[int](b, `window.gaps.length`)
	f.Burst.Dropped = evaluate[int](b, `window.gaps.reduce((n, gap) => n + Math.max(0, Math.round(gap / (1000 / 60)) - 1), 0)`)
	f.Burst.Shown = seconds * rate
	f.Burst.Nodes = evaluate[int](b, messageCount)
	b.do(`window.gaps = []; window.tasks = []; window.shownAt = {}`)
	f.Burst.HeapAfter = heap()
}

// work returns what the page has taken of the processor so far, in seconds by
// kind, whoever else ran meanwhile.
func (b *browser) work() map[string]float64 {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, performance.Enable, performance.EnableParams{TimeDomain: performance.EnableTimeDomainThreadTicks}); err != nil {
		b.t.Fatal(err)
	}
	got, err := chromedp.Call(b.ctx, performance.GetMetrics, cdp.Empty{})
	if err != nil {
		b.t.Fatal(err)
	}
	work := make(map[string]float64)
	for _, m := range got.Metrics {
		work[m.Name] = m.Value
	}
	return work
}

// measureInteractions has 2,000 messages loaded, as whoever reads history has.
func measureInteractions(f *figures, b *browser) {
	b.patiently(`(() => { document.getElementById("messages").scrollTop = 0; return ` + messageCount + ` >= 2000 })()`)
	f.Loaded = evaluate[int](b, messageCount)
	b.do(`document.getElementById("messages").scrollTop = 20000`)
	b.do(painted + `window.took = [];
		for (const type of ["keydown", "pointerdown"]) window.addEventListener(type, (e) => afterPaint(() => window.took.push(performance.now() - e.timeStamp)), { capture: true })`)
	f.Interactions = make(map[string]spread)
	measure := func(name string, times int, act, undo func()) {
		var all []float64
		for range times {
			b.do(`window.took = []`)
			act()
			b.eventually(`window.took.length > 0`)
			all = append(all, evaluate[float64](b, `window.took[0]`))
			undo()
		}
		f.Interactions[name] = spreadOf(all)
	}
	press := func(key string, modifiers ...int64) func() { return func() { b.key(key, modifiers...) } }
	nothing := func() {}
	b.do(`document.querySelector("#composer textarea").focus()`)
	measure("type a letter", 40, press("x"), nothing)
	b.do(`document.querySelectorAll("article[data-id]")[500].focus()`)
	measure("go to the next message", 40, press(kb.ArrowDown), nothing)
	measure("open a message's options", 20, func() {
		b.do(`document.querySelectorAll("article[data-id]")[700].focus()`)
		b.do(`window.took = []`)
		b.key(kb.Enter)
	}, press(kb.Escape))
	measure("open the switcher", 20, press("k", ctrl), press(kb.Escape))
}

// text is the figures for reading.
func (f *figures) text() []byte {
	var s strings.Builder
	fmt.Fprintf(&s, "date: %s\ncommit: %s\nmachine: %s\ngo: %s\nbrowser: %s\nload: %s (others compute at the same time where it is above 2)\n\n$ %s\n\n", f.At, f.Commit, f.Machine, f.Go, f.Browser, f.Load, f.Command)
	fmt.Fprintf(&s, "first view of a room: %d requests, %.1f kB over the wire, layout shift %.4f, %d messages\n", f.FirstView.Requests, float64(f.FirstView.Bytes)/1000, f.FirstView.Shift, f.FirstView.Messages)
	line := func(what string, x spread) {
		fmt.Fprintf(&s, "%-62s p50 %6.1f  p98 %6.1f  max %6.1f ms  (%d)\n", what, x.P50, x.P98, x.Max, x.Count)
	}
	line("from the answer to a post to its message painted elsewhere:", f.Live)
	fmt.Fprintf(&s, "\nwith %d messages in the page, from an event to the next paint:\n", f.Loaded)
	for _, name := range slices.Sorted(maps.Keys(f.Interactions)) {
		line("  "+name, f.Interactions[name])
	}
	fmt.Fprintf(&s, "\n%d messages a second for %d s: %d long tasks (longest %.0f ms), %d frames, %d dropped, heap %.2f MiB before and %.2f after, %d messages kept;\n  of the processor, each message took %.2f ms of script, %.2f of layout, %.2f of style\n",
		f.Burst.PerSecond, f.Burst.Seconds, f.Burst.LongTasks, f.Burst.LongestTask, f.Burst.Frames, f.Burst.Dropped, f.Burst.HeapBefore, f.Burst.HeapAfter, f.Burst.Nodes, f.Burst.Script, f.Burst.Layout, f.Burst.Style)
	return []byte(s.String())
}

// lineOf returns the value of a line "key : value" of a file; empty where
// there is none, as on other systems than Linux.
func lineOf(path, key string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(b)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == key {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func firstWord(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	word, _, _ := strings.Cut(string(b), " ")
	return word
}
