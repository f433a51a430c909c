package load

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// The plot's places, in units of the SVG.
const (
	plotWidth, plotHeight   = 860, 460
	plotLeft, plotRight     = 70, 840
	latencyTop, latencyFoot = 50, 270
	rateTop, rateFoot       = 320, 420
)

const plotHead = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="system-ui, sans-serif" font-size="12" role="img" aria-label="%s">
<style>
svg { background: #fff; color: #222 } text { fill: currentColor } .axis { stroke: currentColor; opacity: .25 } .line { fill: none; stroke-width: 1.5 }
.p50 { stroke: #2a7d4f; color: #2a7d4f } .p95 { stroke: #b26a00; color: #b26a00 } .p99 { stroke: #b3261e; color: #b3261e } .rate { stroke: #2557a7; color: #2557a7 } .target { stroke: currentColor; stroke-dasharray: 5 4; opacity: .7 }
@media (prefers-color-scheme: dark) { svg { background: #17181a; color: #e6e6e6 } .p50 { stroke: #6fd39b; color: #6fd39b } .p95 { stroke: #f0b357; color: #f0b357 } .p99 { stroke: #ff8a80; color: #ff8a80 } .rate { stroke: #8ab4f8; color: #8ab4f8 } }
</style>
`

// plot draws latency and rate over time.
func (r *report) plot() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, plotHead, plotWidth, plotHeight, "Latency of deliveries and their rate, second by second")
	length := 1.0
	slowest, fastest := 1.0, 1.0
	for _, s := range r.Series {
		length = max(length, s.At)
		slowest = max(slowest, s.P99)
		fastest = max(fastest, float64(s.Deliveries))
	}
	bound := r.Settings.broadcast()
	target := bound.limit
	slowest = math.Pow(10, math.Ceil(math.Log10(max(slowest, target*1.2))))
	x := func(at float64) float64 { return plotLeft + (plotRight-plotLeft)*at/length }
	// Logarithmic, from a tenth of a millisecond.
	latency := func(ms float64) float64 {
		share := (math.Log10(max(ms, .1)) + 1) / (math.Log10(slowest) + 1)
		return latencyFoot - (latencyFoot-latencyTop)*share
	}
	rate := func(n float64) float64 { return rateFoot - (rateFoot-rateTop)*n/fastest }
	fmt.Fprintf(&b, `<text x="%d" y="24" font-size="15">Post to each socket, ms (%d sockets)</text>`+"\n", plotLeft, r.Settings.Sockets)
	for ms := .1; ms <= slowest*1.001; ms *= 10 {
		fmt.Fprintf(&b, `<line class="axis" x1="%d" x2="%d" y1="%.1f" y2="%.1[3]f"/><text x="%d" y="%.1f" text-anchor="end">%g</text>`+"\n", plotLeft, plotRight, latency(ms), plotLeft-8, latency(ms)+4, ms)
	}
	fmt.Fprintf(&b, `<line class="target" x1="%d" x2="%d" y1="%.1f" y2="%.1[3]f"/><text x="%d" y="%.1f" text-anchor="end">%s: %g ms</text>`+"\n", plotLeft, plotRight, latency(target), plotRight, latency(target)-5, bound.name, target)
	r.line(&b, "p50", x, func(s second) float64 { return latency(s.P50) })
	r.line(&b, "p95", x, func(s second) float64 { return latency(s.P95) })
	r.line(&b, "p99", x, func(s second) float64 { return latency(s.P99) })
	for i, name := range []string{"p50", "p95", "p99"} {
		fmt.Fprintf(&b, `<text class="%s" style="fill:currentColor;stroke:none" x="%d" y="24">%[1]s</text>`+"\n", name, plotRight-120+40*i)
	}
	fmt.Fprintf(&b, `<text x="%d" y="%d" font-size="15">Deliveries a second, at most %.0f</text>`+"\n", plotLeft, rateTop-12, fastest)
	fmt.Fprintf(&b, `<line class="axis" x1="%d" x2="%d" y1="%d" y2="%[3]d"/>`+"\n", plotLeft, plotRight, rateFoot)
	r.line(&b, "rate", x, func(s second) float64 { return rate(float64(s.Deliveries)) })
	fmt.Fprintf(&b, `<text x="%d" y="%d">0 s</text><text x="%d" y="%[2]d" text-anchor="end">%[4]s s</text>`+"\n</svg>\n", plotLeft, rateFoot+20, plotRight, strconv.Itoa(int(length)))
	return []byte(b.String())
}

func (r *report) line(b *strings.Builder, class string, x func(float64) float64, y func(second) float64) {
	fmt.Fprintf(b, `<polyline class="line %s" points="`, class)
	for _, s := range r.Series {
		if s.Deliveries > 0 {
			fmt.Fprintf(b, "%.1f,%.1f ", x(s.At), y(s))
		}
	}
	b.WriteString("\"/>\n")
}
