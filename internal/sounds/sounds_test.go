package sounds_test

import (
	"bytes"
	"encoding/binary"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"campfire/internal/sounds"
)

// samples decodes a file of ours into -1 to 1.
func samples(t *testing.T, b []byte) []float64 {
	t.Helper()
	if len(b) < 44 || string(b[:4]) != "RIFF" || string(b[8:16]) != "WAVEfmt " || string(b[36:40]) != "data" {
		t.Fatal("it is no WAV file")
	}
	if riff := binary.LittleEndian.Uint32(b[4:]); int(riff) != len(b)-8 {
		t.Fatalf("it says %d bytes of %d", riff, len(b)-8)
	}
	if format, channels, hz := binary.LittleEndian.Uint16(b[20:]), binary.LittleEndian.Uint16(b[22:]), binary.LittleEndian.Uint32(b[24:]); format != 1 || channels != 1 || hz != 22050 {
		t.Fatalf("format %d, %d channels, %d Hz", format, channels, hz)
	}
	var out []float64
	switch width := binary.LittleEndian.Uint16(b[34:]); width {
	case 8:
		for _, s := range b[44:] {
			out = append(out, (float64(s)-128)/127)
		}
	case 16:
		for i := 44; i+1 < len(b); i += 2 {
			out = append(out, float64(int16(binary.LittleEndian.Uint16(b[i:])))/32767)
		}
	default:
		t.Fatalf("%d bits", width)
	}
	return out
}

func TestSoundsAreShortAndHeard(t *testing.T) {
	names := sounds.Names()
	if len(names) < 20 || !slices.IsSorted(names) {
		t.Errorf("%d sounds: %q", len(names), names)
	}
	for _, name := range names {
		b, err := fs.ReadFile(sounds.Files(), name+".wav")
		if err != nil {
			t.Fatal(err)
		}
		if len(b) > 60<<10 {
			t.Errorf("%s has %d bytes", name, len(b))
		}
		s := samples(t, b)
		peak, power, mean := 0.0, 0.0, 0.0
		for _, x := range s {
			peak, power, mean = max(peak, math.Abs(x)), power+x*x, mean+x
		}
		if rms := math.Sqrt(power / float64(len(s))); peak > 0.82 || peak < 0.7 || rms < 0.02 {
			t.Errorf("%s: peak %.2f, mean power %.3f", name, peak, rms)
		}
		if mean /= float64(len(s)); math.Abs(mean) > 0.05 {
			t.Errorf("%s stands off the middle by %.3f", name, mean)
		}
		if last := s[len(s)-1]; math.Abs(last) > 0.01 {
			t.Errorf("%s ends with a click: %.3f", name, last)
		}
	}
}

// What is committed is what the program makes, to one step of the coarser
// files: another processor may round otherwise.
func TestSoundsAreWhatTheProgramMakes(t *testing.T) {
	dir := t.TempDir()
	if out, err := exec.Command("go", "run", "./synth", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	made, err := filepath.Glob(dir + "/*.wav")
	if err != nil || len(made) != len(sounds.Names()) {
		t.Fatalf("it makes %d files, there are %d (%v)", len(made), len(sounds.Names()), err)
	}
	for _, file := range made {
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		want, err := fs.ReadFile(sounds.Files(), filepath.Base(file))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Equal(got, want) {
			continue
		}
		a, b := samples(t, got), samples(t, want)
		if len(a) != len(b) {
			t.Fatalf("%s: %d samples, want %d", file, len(a), len(b))
		}
		for i := range a {
			if math.Abs(a[i]-b[i]) > 1.0/127 {
				t.Errorf("%s differs at %d: %f, want %f; run go generate", file, i, a[i], b[i])
				break
			}
		}
	}
}

func TestAsked(t *testing.T) {
	for body, want := range map[string]string{
		"/play tada": "tada", "/play  TADA ": "tada", "/play tada\n": "tada",
		"/play": "", "/play nothing": "", "/play tada now": "", " /play tada": "", "play tada": "", "//play tada": "", "/play ": "", "/playtada": "", "/play ../tada": "",
	} {
		if got, ok := sounds.Asked(body); got != want || ok != (want != "") {
			t.Errorf("%q asks for %q, want %q", body, got, want)
		}
	}
}
