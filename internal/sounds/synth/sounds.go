package main

import "math"

// sound is one of those that there are.
type sound struct {
	seconds float64
	coarse  bool // eight bits do: it is noise, or long
	play    func(t *track)
}

var sounds = map[string]sound{
	"applause":  {2.4, true, applause},
	"bell":      {1.3, false, func(t *track) { t.play(0, 1.3, struck(660, 0.55, bellPartials...)) }},
	"boing":     {0.9, false, boing},
	"campfire":  {2.5, true, campfire},
	"chime":     {1.3, false, chime},
	"coin":      {0.7, false, coin},
	"crickets":  {2.4, true, crickets},
	"drumroll":  {2.0, true, drumroll},
	"fanfare":   {1.35, false, fanfare},
	"gong":      {2.6, true, gong},
	"heartbeat": {1.35, false, heartbeat},
	"horn":      {1.35, false, horn},
	"kettle":    {2.2, true, kettle},
	"knock":     {0.9, false, knock},
	"laser":     {0.5, false, laser},
	"owl":       {1.35, false, owl},
	"pop":       {0.18, false, pop},
	"rimshot":   {1.2, false, rimshot},
	"tada":      {1.35, false, tada},
	"thunder":   {2.6, true, thunder},
	"trombone":  {2.5, true, trombone},
	"whistle":   {1.1, false, whistle},
}

// applause is a crowd of hands, each with its own pace, sound and place.
func applause(t *track) {
	for range 40 {
		pace := 0.2 + 0.11*t.chance()
		pitch := 700 + 1300*t.chance()
		loudness := 0.3 + 0.7*t.chance()
		for at := 0.25 * t.chance(); at < 2.3; at += pace * (0.9 + 0.2*t.chance()) {
			swell := clamp(at/0.35) * clamp((2.4-at)/0.9)
			t.play(at, 0.05, loud(fading(t.band(constant(pitch), 1.6), 0.011), loudness*swell))
		}
	}
}

func boing(t *track) {
	f := func(s float64) float64 {
		return 150 + 70*math.Exp(-s*4) + 45*math.Sin(2*math.Pi*(11-4*s)*s)*math.Exp(-s*2.5)
	}
	t.play(0, 0.9, fading(sweep(f, saw), 0.28))
	t.play(0, 0.9, loud(fading(sweep(func(s float64) float64 { return 2.7 * f(s) }, round), 0.2), 0.5))
}

// campfire is a low fire with sparks.
func campfire(t *track) {
	t.play(0, 2.5, loud(held(t.rumble(constant(180)), 2.5, 0.2, 0.4), 0.6))
	t.play(0, 2.5, loud(held(t.hiss(3000), 2.5, 0.3, 0.4), 0.02))
	for at := 0.05; at < 2.35; at += 0.02 + 0.13*t.chance()*t.chance() {
		level := 0.15 + 0.85*t.chance()*t.chance()
		t.play(at, 0.03, loud(fading(t.band(constant(1200+3000*t.chance()), 1.2), 0.002+0.004*t.chance()), level))
	}
}

func chime(t *track) {
	for i, key := range []float64{72, 76, 79, 84} {
		t.play(0.11*float64(i), 1.3, struck(note(key), 0.32, 1, 3.93, 9.54))
	}
}

func coin(t *track) {
	t.play(0, 0.08, loud(held(sweep(constant(note(83)), square), 0.08, 0.002, 0.01), 0.8))
	t.play(0.08, 0.6, fading(sweep(constant(note(88)), square), 0.16))
}

// crickets are three, out of step.
func crickets(t *track) {
	for _, c := range []struct{ hz, at, every, level float64 }{{4300, 0.05, 0.72, 1}, {4750, 0.33, 0.81, 0.5}, {3950, 0.6, 0.93, 0.35}} {
		for at := c.at; at < 2.2; at += c.every {
			for pulse := range 4 {
				t.play(at+0.05*float64(pulse), 0.034, loud(held(sine(c.hz), 0.034, 0.01, 0.014), c.level))
			}
		}
	}
}

func (t *track) snare(at, level float64) {
	t.play(at, 0.2, loud(fading(t.hiss(1500), 0.05), 0.5*level))
	t.play(at, 0.2, loud(drum(185, 0.06), 0.6*level))
}

func (t *track) cymbal(at, seconds, level float64) {
	t.play(at, seconds*3, loud(fading(t.hiss(4500), seconds), 0.4*level))
	for _, hz := range []float64{3173, 4127, 5333, 6571} {
		t.play(at, seconds*2, loud(fading(sweep(constant(hz), square), seconds*0.6), 0.06*level))
	}
}

func drumroll(t *track) {
	for at := 0.0; at < 1.5; at += 0.042 + 0.006*t.chance() {
		t.snare(at, 0.25+0.45*at/1.5)
	}
	t.snare(1.55, 1.2)
	t.play(1.55, 0.4, drum(80, 0.12))
	t.cymbal(1.55, 0.25, 1)
}

func (t *track) chord(at, length float64, keys ...float64) {
	for _, key := range keys {
		t.play(at, length, brass(func(s float64) float64 { return note(key) * (1 + 0.004*math.Sin(2*math.Pi*5.5*s)*clamp(s-0.2)) }, length))
	}
}

func fanfare(t *track) {
	for i, at := range []float64{0, 0.14, 0.28} {
		t.chord(at, 0.13, 67, []float64{60, 64, 67}[i])
	}
	t.chord(0.44, 0.9, 72, 76, 67, 60)
}

func gong(t *track) {
	for i, p := range []float64{1, 1.41, 1.93, 2.27, 2.83, 3.61, 4.37, 5.19} {
		swell := 0.02 + 0.05*float64(i)
		t.play(0, 2.6, loud(func(s float64) float64 {
			return math.Sin(2*math.Pi*98*p*s+0.8*math.Sin(2*math.Pi*3.1*p*s)) * clamp(s/swell) * math.Exp(-s*(0.9+0.22*float64(i)))
		}, 1/(1+0.4*float64(i))))
	}
}

func heartbeat(t *track) {
	for _, at := range []float64{0, 0.68} {
		t.play(at, 0.3, drum(58, 0.09))
		t.play(at+0.22, 0.3, loud(drum(48, 0.1), 0.7))
	}
}

func horn(t *track) {
	for _, hz := range []float64{87.3, 110, 130.8} {
		t.play(0, 1.35, held(sweep(func(s float64) float64 { return hz * (1 - 0.03*math.Exp(-s*12)) }, saw), 1.35, 0.09, 0.35))
	}
	t.play(0, 1.35, loud(held(t.rumble(constant(400)), 1.35, 0.1, 0.4), 0.15))
}

// kettle comes to the boil.
func kettle(t *track) {
	rising := func(s float64) float64 { return 900 + 1500*clamp(s/1.3) + 25*math.Sin(2*math.Pi*6*s) }
	t.play(0, 2.2, loud(held(t.band(rising, 6), 2.2, 0.5, 0.4), 0.5))
	t.play(0, 2.2, held(sweep(rising, round), 2.2, 1.4, 0.35))
	t.play(0, 2.2, loud(held(sweep(func(s float64) float64 { return 1.5 * rising(s) }, round), 2.2, 1.6, 0.35), 0.4))
}

func knock(t *track) {
	for _, at := range []float64{0, 0.2, 0.4} {
		t.play(at, 0.2, fading(sine(210), 0.03))
		t.play(at, 0.2, loud(fading(sine(535), 0.015), 0.6))
		t.play(at, 0.05, loud(fading(t.band(constant(1400), 1), 0.006), 0.6))
	}
}

func laser(t *track) {
	t.play(0, 0.5, fading(sweep(func(s float64) float64 { return 140 + 2600*math.Exp(-s*9) }, saw), 0.16))
}

func owl(t *track) {
	hoot := func(at, length float64) {
		f := func(s float64) float64 { return 370 + 30*math.Sin(math.Pi*s/length) }
		t.play(at, length, held(sweep(f, round), length, 0.06, 0.12))
		t.play(at, length, loud(held(sweep(func(s float64) float64 { return 2 * f(s) }, round), length, 0.06, 0.12), 0.12))
		t.play(at, length, loud(held(t.band(f, 5), length, 0.06, 0.12), 0.15))
	}
	hoot(0, 0.2)
	hoot(0.34, 0.12)
	hoot(0.52, 0.13)
	hoot(0.75, 0.5)
}

func pop(t *track) {
	t.play(0, 0.18, fading(sweep(func(s float64) float64 { return 420 + 5200*s }, round), 0.035))
}

func rimshot(t *track) {
	t.play(0, 0.3, drum(160, 0.09))
	t.snare(0, 0.5)
	t.play(0.16, 0.3, drum(110, 0.1))
	t.play(0.42, 0.3, drum(75, 0.1))
	t.snare(0.42, 0.9)
	t.cymbal(0.42, 0.22, 1)
}

func tada(t *track) {
	t.chord(0, 0.15, 60, 64, 67)
	t.chord(0.19, 1.15, 60, 67, 72, 76, 79)
	t.cymbal(0.19, 0.25, 0.8)
}

func thunder(t *track) {
	for _, c := range []struct{ at, level, length float64 }{{0, 1, 0.5}, {0.12, 0.8, 0.7}, {0.5, 0.6, 0.9}, {1.0, 0.3, 0.8}} {
		t.play(c.at, 2.6, loud(fading(t.rumble(func(s float64) float64 { return 70 + 900*math.Exp(-s*7) }), c.length), c.level))
	}
	t.play(0, 0.2, loud(fading(t.hiss(900), 0.04), 0.35))
}

// trombone is four notes down, the last one long and sorry.
func trombone(t *track) {
	at := 0.0
	for i, key := range []float64{58, 57, 56, 55} {
		length := 0.38
		if i == 3 {
			length = 1.25
		}
		t.play(at, length, brass(func(s float64) float64 {
			slide := 1 - 0.02*math.Exp(-s*18)
			wobble := 0.0
			if i == 3 {
				wobble = 0.025 * math.Sin(2*math.Pi*5*s) * clamp(s*2)
				slide -= 0.05 * clamp((s-0.5)/0.75)
			}
			return note(key) * (slide + wobble)
		}, length))
		at += length + 0.03
	}
}

func whistle(t *track) {
	for _, part := range []struct{ at, length float64 }{{0, 0.22}, {0.3, 0.75}} {
		f := func(s float64) float64 { return 2350 + 160*math.Sin(2*math.Pi*31*s) }
		t.play(part.at, part.length, held(sweep(f, round), part.length, 0.02, 0.06))
		t.play(part.at, part.length, loud(held(t.band(f, 8), part.length, 0.02, 0.06), 0.3))
	}
}
