// Command synth makes the sounds that messages can play, from nothing but
// arithmetic, into WAV files: mono, 22.05 kHz. The same program makes the same
// files.
package main

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
)

func main() {
	dir := "wav"
	if len(os.Args) > 1 {
		dir = os.Args[1]
	}
	if err := run(dir); err != nil {
		fmt.Fprintln(os.Stderr, "synth:", err)
		os.Exit(1)
	}
}

func run(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, s := range sounds {
		t := newTrack(s.seconds)
		s.play(t)
		if err := os.WriteFile(filepath.Join(dir, name+".wav"), t.wav(s.coarse), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// rate is samples a second.
const rate = 22050

// track is what is being recorded, from -1 to 1 once it is levelled.
type track struct {
	samples []float64
	seed    uint64
}

func newTrack(seconds float64) *track {
	return &track{samples: make([]float64, int(seconds*rate)), seed: 1}
}

// noise returns the next of a fixed row of random numbers, -1 to 1.
func (t *track) noise() float64 {
	t.seed = t.seed*6364136223846793005 + 1442695040888963407
	return float64(int64(t.seed)>>11) / (1 << 52)
}

// chance returns the next of a fixed row of random numbers, 0 to 1.
func (t *track) chance() float64 { return (t.noise() + 1) / 2 }

// play adds what f gives for each moment from at on, for so many seconds; f
// gets the seconds since then.
func (t *track) play(at, seconds float64, f func(s float64) float64) {
	start := int(at * rate)
	for i := 0; i < int(seconds*rate) && start+i < len(t.samples); i++ {
		if start+i >= 0 {
			t.samples[start+i] += f(float64(i) / rate)
		}
	}
}

// wav is the track, levelled and faded out, as a file: 16 bits a sample, or 8
// where coarse will do.
func (t *track) wav(coarse bool) []byte {
	peak := 0.0
	for _, s := range t.samples {
		peak = max(peak, math.Abs(s))
	}
	width := 2
	if coarse {
		width = 1
	}
	size := len(t.samples) * width
	b := []byte("RIFF")
	b = binary.LittleEndian.AppendUint32(b, uint32(36+size))
	b = append(b, "WAVEfmt "...)
	b = binary.LittleEndian.AppendUint32(b, 16)
	b = binary.LittleEndian.AppendUint16(b, 1) // PCM
	b = binary.LittleEndian.AppendUint16(b, 1) // mono
	b = binary.LittleEndian.AppendUint32(b, rate)
	b = binary.LittleEndian.AppendUint32(b, uint32(rate*width))
	b = binary.LittleEndian.AppendUint16(b, uint16(width))
	b = binary.LittleEndian.AppendUint16(b, uint16(8*width))
	b = append(b, "data"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(size))
	const fade = rate / 50
	for i, s := range t.samples {
		s *= 0.8 / peak
		if left := len(t.samples) - i; left < fade {
			s *= float64(left) / fade
		}
		if coarse {
			b = append(b, byte(128+int(math.Round(s*127))))
		} else {
			b = binary.LittleEndian.AppendUint16(b, uint16(int16(math.Round(s*32767))))
		}
	}
	return b
}

// — Instruments —

// sine is a wave of a frequency, and of one that changes with time: the phase
// is summed up.
func sine(hz float64) func(float64) float64 {
	return func(s float64) float64 { return math.Sin(2 * math.Pi * hz * s) }
}

func sweep(hz func(s float64) float64, wave func(phase float64) float64) func(float64) float64 {
	phase := 0.0
	return func(s float64) float64 {
		phase += hz(s) / rate
		return wave(phase - math.Floor(phase))
	}
}

func constant(hz float64) func(float64) float64 { return func(float64) float64 { return hz } }

// round, saw and square are the waves of one turn.
func round(phase float64) float64 { return math.Sin(2 * math.Pi * phase) }

func saw(phase float64) float64 {
	sum := 0.0
	for n := 1.0; n <= 12; n++ {
		sum += math.Sin(2*math.Pi*n*phase) / n
	}
	return sum * 0.6
}

func square(phase float64) float64 {
	sum := 0.0
	for n := 1.0; n <= 15; n += 2 {
		sum += math.Sin(2*math.Pi*n*phase) / n
	}
	return sum
}

// fading is a sound that dies away: to about a third in so many seconds, after
// a short rise.
func fading(f func(float64) float64, seconds float64) func(float64) float64 {
	return func(s float64) float64 { return f(s) * math.Exp(-s/seconds) * min(s/0.002, 1) }
}

// held is a sound that swells, stays and ends within its length.
func held(f func(float64) float64, length, rise, fall float64) func(float64) float64 {
	return func(s float64) float64 { return f(s) * clamp(min(s/rise, (length-s)/fall)) }
}

func loud(f func(float64) float64, level float64) func(float64) float64 {
	return func(s float64) float64 { return level * f(s) }
}

func clamp(x float64) float64 { return max(0, min(1, x)) }

// struck is a bar or a bell: its partials, each with its own decay.
func struck(hz, seconds float64, partials ...float64) func(float64) float64 {
	return func(s float64) float64 {
		sum := 0.0
		for i, p := range partials {
			sum += math.Sin(2*math.Pi*hz*p*s) * math.Exp(-s*(1+0.6*float64(i))/seconds) / float64(i+1)
		}
		return sum * min(s/0.002, 1)
	}
}

var bellPartials = []float64{0.5, 1, 1.183, 1.506, 2, 2.514, 2.662, 3.011, 4.166}

// filter lets a band of noise through: a state variable filter around hz; the
// higher q, the narrower.
type filter struct{ low, band float64 }

func (f *filter) pass(in, hz, q float64) (low, band, high float64) {
	k := 2 * math.Sin(math.Pi*min(hz, rate/6)/rate)
	f.low += k * f.band
	high = in - f.low - f.band/q
	f.band += k * high
	return f.low, f.band, high
}

func (t *track) band(hz func(float64) float64, q float64) func(float64) float64 {
	var f filter
	return func(s float64) float64 {
		_, band, _ := f.pass(t.noise(), hz(s), q)
		return band
	}
}

func (t *track) rumble(hz func(float64) float64) func(float64) float64 {
	var f filter
	return func(s float64) float64 {
		low, _, _ := f.pass(t.noise(), hz(s), 0.7)
		return low
	}
}

func (t *track) hiss(hz float64) func(float64) float64 {
	var f filter
	return func(s float64) float64 {
		_, _, high := f.pass(t.noise(), hz, 0.7)
		return high
	}
}

// brass is a horn's tone: the harder it is blown the brighter it is.
func brass(hz func(float64) float64, length float64) func(float64) float64 {
	phase := 0.0
	return func(s float64) float64 {
		phase += hz(s) / rate
		blown := clamp(s/0.06) * clamp((length-s)/0.08)
		sum := 0.0
		for n := 1.0; n <= 9; n++ {
			sum += math.Sin(2*math.Pi*n*phase) / n * math.Pow(blown, 1+n/4)
		}
		return sum * 0.5
	}
}

// drum is a skin with a pitch that falls.
func drum(hz, seconds float64) func(float64) float64 {
	return fading(sweep(func(s float64) float64 { return hz * (1 + 1.2*math.Exp(-s*40)) }, round), seconds)
}

// note is the frequency of a key: 69 is the A of 440 Hz.
func note(key float64) float64 { return 440 * math.Pow(2, (key-69)/12) }
