package main

import (
	"fmt"
	"math"
	"strings"
)

// plots draws the figures as SVG, by name.
func (r *report) plots() map[string]string {
	return map[string]string{
		"floors":  r.plotFloors(),
		"fanout":  r.plotFanout(),
		"batches": r.plotBatches(),
		"pages":   r.plotPages(),
	}
}

// svg is a drawing that is readable on light and dark ground.
type svg struct {
	strings.Builder
}

const svgHead = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%[1]d" height="%[2]d" font-family="system-ui, sans-serif" font-size="13" role="img" aria-label="%[3]s">
<style>
svg { background: #fff; color: #222 }
text { fill: currentColor } .small { font-size: 11px } .title { font-size: 15px; font-weight: 600 }
.axis { stroke: currentColor; opacity: .2 } .bound { stroke: currentColor; stroke-width: 2; stroke-dasharray: 3 3 }
.line { fill: none; stroke-width: 2 } .floor-line { stroke-dasharray: 6 4 }
.ours { stroke: #2557a7; fill: #2557a7 } .floor { stroke: #8a6d3b; fill: #8a6d3b } .third { stroke: #2a7d4f; fill: #2a7d4f } .fourth { stroke: #7b3fa0; fill: #7b3fa0 } .over { stroke: #b3261e; fill: #b3261e }
.line.ours, .line.floor { fill: none }
rect { stroke: none !important }
@media (prefers-color-scheme: dark) {
svg { background: #17181a; color: #e6e6e6 }
.ours { stroke: #8ab4f8; fill: #8ab4f8 } .floor { stroke: #d9b26f; fill: #d9b26f } .third { stroke: #6fd39b; fill: #6fd39b } .fourth { stroke: #cf9bf0; fill: #cf9bf0 } .over { stroke: #ff8a80; fill: #ff8a80 }
}
</style>
`

func newSVG(width, height int, label string) *svg {
	s := &svg{}
	fmt.Fprintf(s, svgHead, width, height, escape(label))
	return s
}

func (s *svg) done() string {
	s.WriteString("</svg>\n")
	return s.String()
}

// text writes at a place; anchor is start, middle or end.
func (s *svg) text(x, y float64, anchor, class, text string) {
	fmt.Fprintf(s, `<text x="%.1f" y="%.1f" text-anchor="%s" class="%s">%s</text>`+"\n", x, y, anchor, class, escape(text))
}

func (s *svg) line(x1, y1, x2, y2 float64, class string) {
	fmt.Fprintf(s, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" class="%s"/>`+"\n", x1, y1, x2, y2, class)
}

func (s *svg) bar(x, y, width, height float64, class string) {
	fmt.Fprintf(s, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="2" class="%s"/>`+"\n", x, y, max(width, 1), max(height, 1), class)
}

// key explains colours, side by side.
func (s *svg) key(x, y float64, names, classes []string) {
	for i, name := range names {
		s.bar(x, y-9, 10, 10, classes[i])
		s.text(x+15, y, "start", "small", name)
		x += 15 + 6*float64(len([]rune(name))) + 16
	}
}

func escape(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(text)
}

// plotFloors shows every ratio that is wanted below something, with a mark
// where, from the floor itself, 1, on a logarithmic axis.
func (r *report) plotFloors() string {
	type bar struct {
		label       string
		ratio, want float64
	}
	var bars []bar
	least, most := .5, 4.0
	for _, g := range r.Goals {
		for _, l := range g.Lines {
			if l.Ratio != nil {
				bars = append(bars, bar{fmt.Sprintf("Goal %d: %s", g.Number, l.What), l.Ratio.Median, l.WantRatio.Value})
				least, most = min(least, l.Ratio.Median), max(most, l.Ratio.Median)
			}
		}
	}
	const left, right, top, step = 270, 800, 70, 24
	height := top + step*len(bars) + 30
	s := newSVG(860, height, "Cost divided by floor, by goal")
	s.text(20, 28, "start", "title", "Cost ÷ floor, by goal (logarithmic; 1 is the floor)")
	s.key(20, 50, []string{"as wanted", "more than wanted"}, []string{"ours", "over"})
	s.line(left, 46, left+20, 46, "bound")
	s.text(left+26, 50, "start", "small", "no more than this is wanted")
	axis := logarithmic(least, most)
	x := func(v float64) float64 { return left + (right-left)*axis.share(v) }
	for _, v := range axis.ticks() {
		s.line(x(v), top-6, x(v), float64(height-28), "axis")
		s.text(x(v), float64(height-12), "middle", "small", exact(v))
	}
	for i, b := range bars {
		y, class := float64(top+step*i), "ours"
		if b.ratio > b.want {
			class = "over"
		}
		s.text(left-8, y+13, "end", "small", b.label)
		s.bar(min(x(1), x(b.ratio)), y+3, math.Abs(x(b.ratio)-x(1)), step-10, class)
		s.line(x(b.want), y, x(b.want), y+step-4, "bound")
		s.text(max(x(b.ratio), x(b.want))+6, y+13, "start", "small", rounded(b.ratio))
	}
	return s.done()
}

// logarithm is a logarithmic axis between two values.
type logarithm struct{ low, high float64 }

// logarithmic returns the axis that reaches over both values, and over no less
// than from one to double.
func logarithmic(low, high float64) logarithm {
	a := logarithm{nice(low), nice(high)}
	if a.low > low {
		a.low = nice(a.low / 2.5)
	}
	a.high = max(a.high, 2*a.low)
	return a
}

// share says where on the axis a value is, from 0 to 1.
func (a logarithm) share(v float64) float64 {
	return math.Log(max(v, a.low)/a.low) / math.Log(a.high/a.low)
}

// ticks are 1, 2 and 5 of each power of ten.
func (a logarithm) ticks() (list []float64) {
	for v := a.low; v <= a.high*1.0001; v = nice(v * 1.5) {
		list = append(list, v)
	}
	return list
}

// plotFanout shows rate and cost of deliveries by the number of clients.
func (r *report) plotFanout() string {
	s := newSVG(860, 330, "Deliveries a second and CPU for each, by clients in one room")
	s.panel(r, panel{x: 80, title: "Deliveries a second", set: "fanout", sizes: []int{10, 100, 1000, 5000, 10000}, axis: "clients in one room",
		curves: []curve{{"Broadcast/%d", "deliveries/s", "ours"}, {"Broadcast/%d", "floor-deliveries/s", "floor"}}})
	s.panel(r, panel{x: 500, title: "CPU of the server each, µs (logarithmic)", log: true, set: "fanout", sizes: []int{10, 100, 1000, 5000, 10000}, axis: "clients in one room",
		curves: []curve{{"Broadcast/%d", "cpu-µs/delivery", "ours"}, {"Broadcast/%d", "floor-µs", "floor"}}})
	s.key(80, 316, []string{"Campfire", "floor: the batched write sweep"}, []string{"ours", "floor"})
	return s.done()
}

// plotBatches shows what a group of messages gains.
func (r *report) plotBatches() string {
	s := newSVG(460, 330, "Messages stored a second, by how many come together")
	p := panel{x: 80, title: "Messages stored a second", sizes: []int{1, 10, 50, 100}, axis: "messages to a request and a synced transaction"}
	p.set, p.curves = "batches", []curve{{"PostBatch/%d", "messages/s", "ours"}}
	q := p
	q.set, q.curves = "inserts", []curve{{"InsertMessage/%d", "messages/s", "floor"}}
	s.panel(r, p, q)
	s.key(80, 316, []string{"a request's way, 100,000 stored", "the store alone"}, []string{"ours", "floor"})
	return s.done()
}

// panel is one coordinate system: sizes on a logarithmic axis, values from 0
// or on one too.
type panel struct {
	x           float64
	title, axis string
	log         bool
	set         string
	sizes       []int
	curves      []curve
}

type curve struct {
	bench, unit, class string // bench has the place of the size
}

// panel draws panels over one another, on the axes of the first.
func (s *svg) panel(r *report, panels ...panel) {
	const width, top, foot = 330, 50, 250
	first := panels[0]
	lowest, highest := math.Inf(1), 0.0
	for _, p := range panels {
		for _, c := range p.curves {
			for _, n := range p.sizes {
				if v, ok := r.get(p.set, fmt.Sprintf(c.bench, n), c.unit); ok {
					lowest, highest = min(lowest, v.Median), max(highest, v.Median)
				}
			}
		}
	}
	low, high := math.Log(float64(first.sizes[0])), math.Log(float64(first.sizes[len(first.sizes)-1]))
	x := func(n int) float64 { return first.x + width*(math.Log(float64(n))-low)/(high-low) }
	tick := nice(highest / 4)
	highest = max(tick, math.Ceil(highest/tick)*tick)
	share := func(v float64) float64 { return v / highest }
	var ticks []float64
	for v := 0.0; v <= highest*1.001; v += tick {
		ticks = append(ticks, v)
	}
	if first.log && !math.IsInf(lowest, 1) {
		axis := logarithmic(lowest, highest)
		share, ticks = axis.share, axis.ticks()
	}
	y := func(v float64) float64 { return foot - (foot-top)*share(v) }
	s.text(first.x, 26, "start", "title", first.title)
	for _, v := range ticks {
		s.line(first.x, y(v), first.x+width, y(v), "axis")
		s.text(first.x-8, y(v)+4, "end", "small", exact(v))
	}
	for _, n := range first.sizes {
		if n != 5000 { // it would touch its neighbour
			s.text(x(n), foot+18, "middle", "small", commas(fmt.Sprint(n)))
		}
	}
	s.text(first.x+width/2, foot+36, "middle", "small", first.axis)
	for _, p := range panels {
		for _, c := range p.curves {
			var points []string
			for _, n := range p.sizes {
				if v, ok := r.get(p.set, fmt.Sprintf(c.bench, n), c.unit); ok {
					points = append(points, fmt.Sprintf("%.1f,%.1f", x(n), y(v.Median)))
					fmt.Fprintf(s, `<circle cx="%.1f" cy="%.1f" r="3.5" class="%s"/>`+"\n", x(n), y(v.Median), c.class)
				}
			}
			class := c.class
			if class == "floor" {
				class += " floor-line"
			}
			fmt.Fprintf(s, `<polyline points="%s" class="line %s"/>`+"\n", strings.Join(points, " "), class)
		}
	}
}

// nice rounds up to 1, 2 or 5 times a power of ten.
func nice(v float64) float64 {
	if v <= 0 {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 5} {
		if v <= m*power*1.0001 {
			return m * power
		}
	}
	return 10 * power
}

// plotPages shows what a page costs in each state, against the static handler.
func (r *report) plotPages() string {
	states := []struct{ name, set, bench, unit, class string }{
		{"static net/http, the same bytes", "pages", "warm", "floor-µs/page", "floor"},
		{"304", "pages", "304", "cpu-µs/page", "third"},
		{"warm", "pages", "warm", "cpu-µs/page", "ours"},
		{"while posts arrive", "pages", "busy", "cpu-µs/page", "fourth"},
		{"cold", "pages-cold", "cold", "cpu-µs/page", "over"},
	}
	const left, right, top, foot = 70, 840, 70, 280
	s := newSVG(860, 320, "CPU for a page, by its state")
	s.text(left, 26, "start", "title", "CPU of the server for a page, µs (logarithmic)")
	var names, classes []string
	lowest, highest := 10.0, 100.0
	for _, state := range states {
		names, classes = append(names, state.name), append(classes, state.class)
		for _, kind := range pageKinds {
			if v, ok := r.get(state.set, "Pages/"+kind+"/"+state.bench, state.unit); ok {
				lowest, highest = min(lowest, v.Median/1.5), max(highest, v.Median*1.3)
			}
		}
	}
	s.key(left, 48, names, classes)
	axis := logarithmic(lowest, highest)
	y := func(v float64) float64 { return foot - (foot-top)*axis.share(v) }
	for _, v := range axis.ticks() {
		s.line(left, y(v), right, y(v), "axis")
		s.text(left-8, y(v)+4, "end", "small", exact(v))
	}
	group := float64(right-left) / float64(len(pageKinds))
	for i, kind := range pageKinds {
		at := left + group*float64(i) + 16
		width := (group - 32) / float64(len(states))
		for j, state := range states {
			if v, ok := r.get(state.set, "Pages/"+kind+"/"+state.bench, state.unit); ok {
				x := at + width*float64(j)
				s.bar(x+2, y(v.Median), width-4, foot-y(v.Median), state.class)
				s.text(x+width/2, y(v.Median)-5, "middle", "small", rounded(v.Median))
			}
		}
		s.text(at+(group-32)/2, foot+20, "middle", "", kind)
	}
	return s.done()
}
