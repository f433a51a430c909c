package web

import (
	"fmt"
	"image/color"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/boombuler/barcode/qr"
)

// drawn reads the modules back out of a picture.
func drawn(t *testing.T, svg string) [][]bool {
	t.Helper()
	size, err := strconv.Atoi(regexp.MustCompile(`viewBox="0 0 (\d+) `).FindStringSubmatch(svg)[1])
	if err != nil {
		t.Fatal(err)
	}
	out := make([][]bool, size)
	for y := range out {
		out[y] = make([]bool, size)
	}
	_, path, _ := strings.Cut(svg, `/><path d="`)
	path, _, _ = strings.Cut(path, `"`)
	for run := range strings.SplitSeq(strings.TrimSuffix(path, "z"), "z") {
		var x, y, n, back int
		if _, err := fmt.Sscanf(run, "M%d %dh%dv1h-%d", &x, &y, &n, &back); err != nil || n != back {
			t.Fatalf("run %q: %v", run, err)
		}
		for i := range n {
			out[y][x+i] = true
		}
	}
	return out
}

// The picture shows what the library encoded, with an empty frame around it,
// and is one to a camera: three finder patterns, and lines that count between
// them.
func TestQRCodeIsThePictureOfItsText(t *testing.T) {
	for _, text := range []string{"https://chat.example.org/join/6Xg2-Kp7q-19ab", "x", "http://127.0.0.1:3000/transfer/" + strings.Repeat("k7", 200), "Grüße aus der Küche ☕"} {
		svg, err := qrCode(text, `Link "of" <Ada>`)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(svg, `<svg role="img" aria-label="Link &#34;of&#34; &lt;Ada&gt;" `) {
			t.Errorf("label: %.100s", svg)
		}
		modules := drawn(t, svg)
		want, err := qr.Encode(text, qr.M, qr.Unicode)
		if err != nil {
			t.Fatal(err)
		}
		size := want.Bounds().Dx()
		if len(modules) != size+2*quiet {
			t.Fatalf("%d modules, want %d and the frame", len(modules), size)
		}
		at := func(x, y int) bool { return modules[y+quiet][x+quiet] }
		for y := -quiet; y < size+quiet; y++ {
			for x := -quiet; x < size+quiet; x++ {
				inside := x >= 0 && y >= 0 && x < size && y < size
				if at(x, y) != (inside && want.At(x, y) == color.Black) {
					t.Fatalf("module %d, %d is %t", x, y, at(x, y))
				}
			}
		}
		for _, corner := range [][2]int{{0, 0}, {size - 7, 0}, {0, size - 7}} {
			for y := range 7 {
				for x := range 7 {
					ring := max(abs(x-3), abs(y-3))
					if at(corner[0]+x, corner[1]+y) != (ring != 2) {
						t.Fatalf("the finder pattern at %v is broken at %d, %d", corner, x, y)
					}
				}
			}
		}
		for i := 8; i < size-8; i++ {
			if at(i, 6) != (i%2 == 0) || at(6, i) != (i%2 == 0) {
				t.Fatalf("the timing patterns are broken at %d", i)
			}
		}
	}
	if _, err := qrCode(strings.Repeat("k", 3000), ""); err == nil {
		t.Error("what fits into no code was drawn")
	}
}

func abs(n int) int { return max(n, -n) }
