package web

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"campfire"
)

func TestInitials(t *testing.T) {
	for name, want := range map[string]string{
		"Ada Lovelace":          "AL",
		"ada":                   "A",
		"Jean-Luc Picard":       "JL",
		"  Bo   van Dyk  ":      "BV",
		"élodie de la tour":     "ÉD",
		"e\u0301lodie x":        "E\u0301X",
		"Олександр Шевченко":    "ОШ",
		"Ωμέγα":                 "Ω",
		"山田 太郎":                 "山",
		"김민준":                   "김",
		"さくら":                   "さ",
		"דנה כהן":               "דכ",
		"محمد علي":              "م\u200cع",
		"नीता शर्मा":            "नीश",
		"👩🏽‍🚀 Sally":            "👩🏽‍🚀S",
		"🇳🇴 Nils":               "🇳🇴N",
		"🇳🇴🇸🇪":                  "🇳🇴",
		"(the) boss":            "TB",
		"4 Seasons":             "4S",
		"ßen":                   "ß",
		"***":                   "?",
		"":                      "?",
		"<script> & co":         "<C",
		strings.Repeat("x", 64): "X",
	} {
		if got := initials(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func TestInitialsAreEscaped(t *testing.T) {
	w, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	svg := string(w.Initials(&campfire.User{Person: campfire.Person{ID: 1, Name: `<script> "x`}}))
	if strings.Contains(svg, "<script") || !strings.Contains(svg, "&lt;") {
		t.Error(svg)
	}
	bot := string(w.Initials(&campfire.User{Person: campfire.Person{ID: 1, Name: "Beep", Role: campfire.Bot}}))
	if !strings.Contains(bot, "<path") || strings.Contains(bot, "<rect") {
		t.Error("a bot has a person's shape")
	}
}

// White can be read on each ground (WCAG 2.2, 1.4.3), and no two are alike.
func TestPaletteHasContrast(t *testing.T) {
	seen := make(map[string]bool)
	for _, c := range palette {
		v, err := strconv.ParseUint(c[1:], 16, 32)
		if err != nil || seen[c] {
			t.Fatalf("%s: %v", c, err)
		}
		seen[c] = true
		luminance := 0.0
		for i, part := range []float64{0.2126, 0.7152, 0.0722} {
			s := float64(v>>(16-8*i)&255) / 255
			if s <= 0.04045 {
				s /= 12.92
			} else {
				s = math.Pow((s+0.055)/1.055, 2.4)
			}
			luminance += part * s
		}
		if ratio := 1.05 / (luminance + 0.05); ratio < 4.5 {
			t.Errorf("%s: %.2f", c, ratio)
		}
	}
	if len(palette) != 18 {
		t.Errorf("%d colours", len(palette))
	}
}
