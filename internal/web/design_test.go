package web_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"campfire/internal/campfiretest"
	"campfire/internal/web"

	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// The HTML of each component is what it was; a change of it is seen in the
// diff of a commit ("go test ./internal/web -run Components -update").
func TestComponentsAreWhatTheyWere(t *testing.T) {
	w, err := web.New(web.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range w.Specimens() {
		var got bytes.Buffer
		if err := s.Component.Render(t.Context(), &got); err != nil {
			t.Fatal(err)
		}
		// A file's hash is not the component's.
		html := bytes.ReplaceAll(got.Bytes(), []byte(w.Asset("icons.svg")), []byte("icons.svg"))
		html = bytes.ReplaceAll(html, []byte("><"), []byte(">\n<"))
		file := filepath.Join("testdata", "golden", s.Name+".html")
		if *update {
			if err := os.WriteFile(file, html, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(html)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", s.Name, diff)
		}
	}
}

// Whatever hue an account chooses, what is written can be read: 4.5 to 1 in
// light and in dark (WCAG 2.2, 1.4.3), and the edges of fields seen, 3 to 1
// (1.4.11).
func TestContrastHoldsForEveryHue(t *testing.T) {
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	b := open(800, 600)
	for _, theme := range []string{"light", "dark"} {
		b.wear(look{width: 800, height: 600, theme: theme})
		b.run(chromedp.Navigate(srv.URL+"/setup"), chromedp.WaitVisible(`input[name=name]`))
		low := evaluate[[]string](b, `(() => {
			const probe = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
			const holder = document.body.appendChild(document.createElement("i"));
			const luminance = (name) => {
				holder.style.color = "var(--" + name + ")";
				probe.fillStyle = getComputedStyle(holder).color;
				probe.fillRect(0, 0, 1, 1);
				const [r, g, b] = [...probe.getImageData(0, 0, 1, 1).data].map((v) => ((v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
				return 0.2126 * r + 0.7152 * g + 0.0722 * b;
			};
			const surfaces = ["surface-0", "surface-1", "surface-2", "accent-soft"];
			const pairs = [["accent-ink", "accent", 4.5], ["ink-1", "surface-3", 4.5], ["ink-2", "surface-3", 4.5], ["surface-2", "ink-1", 4.5], ["surface-2", "danger", 4.5], ["ink-1", "mark", 4.5], ["danger", "danger-soft", 4.5]];
			for (const s of surfaces) for (const ink of ["ink-1", "ink-2", "ink-3", "accent-text", "danger"]) pairs.push([ink, s, 4.5]);
			for (const s of ["surface-1", "surface-2"]) for (const ink of ["ok", "warn"]) pairs.push([ink, s, 4.5]);
			for (const s of ["surface-1", "surface-2"]) pairs.push(["line-strong", s, 3], ["accent", s, 3]);
			const low = [];
			for (let hue = 0; hue < 360; hue += 5) {
				document.documentElement.style.setProperty("--hue", hue);
				for (const [a, b, least] of pairs) {
					const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p);
					const ratio = (x + 0.05) / (y + 0.05);
					if (ratio < least) low.push(hue + ": " + a + " on " + b + " " + ratio.toFixed(2));
				}
			}
			return low;
		})()`)
		if len(low) > 0 {
			t.Errorf("%s: %d pairs, first %q", theme, len(low), low[:min(12, len(low))])
		}
	}
}
