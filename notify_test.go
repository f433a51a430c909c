package campfire

import (
	"testing"
	"time"
)

func TestQuietHours(t *testing.T) {
	week := []time.Weekday{1, 2, 3, 4, 5}
	at := func(s string) Time {
		v, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return TimeOf(v)
	}
	night := Notifications{TimeZone: "Europe/Berlin", Quiet: []QuietHours{{Days: week, From: 22 * 60, To: 7 * 60}}}
	lunch := Notifications{TimeZone: "America/New_York", Quiet: []QuietHours{{Days: week, From: 12 * 60, To: 13*60 + 30}}}
	whole := Notifications{TimeZone: "UTC", Quiet: []QuietHours{{Days: []time.Weekday{0}}}}
	unknown := Notifications{TimeZone: "Nowhere/Never", Quiet: night.Quiet}
	for _, c := range []struct {
		n    Notifications
		at   string
		want bool
	}{
		{night, "2026-11-26T20:59:59Z", false}, // Thursday, 21:59:59 in Berlin
		{night, "2026-11-26T21:00:00Z", true},
		{night, "2026-11-27T05:59:59Z", true}, // Friday morning
		{night, "2026-11-27T06:00:00Z", false},
		{night, "2026-11-28T05:59:59Z", true},  // Saturday morning belongs to Friday's night
		{night, "2026-11-28T21:30:00Z", false}, // Saturday night
		{night, "2026-11-30T05:30:00Z", false}, // Monday morning belongs to Sunday's
		{night, "2026-07-02T20:00:00Z", true},  // summer time: 22:00
		{night, "2026-07-02T19:59:00Z", false},
		{lunch, "2026-11-26T17:00:00Z", true},
		{lunch, "2026-11-26T18:30:00Z", false},
		{lunch, "2026-11-28T17:00:00Z", false}, // Saturday
		{whole, "2026-11-29T00:00:00Z", true},
		{whole, "2026-11-29T23:59:59Z", true},
		{whole, "2026-11-28T23:59:59Z", false},
		{whole, "2026-11-30T00:00:00Z", false},
		{unknown, "2026-11-26T22:00:00Z", true}, // UTC
		{Notifications{}, "2026-11-26T22:00:00Z", false},
	} {
		if got := c.n.QuietAt(at(c.at)) != nil; got != c.want {
			t.Errorf("%s in %s: %t", c.at, c.n.TimeZone, got)
		}
	}
}

func TestKeywords(t *testing.T) {
	n := Notifications{Keywords: []string{"go", "blue mug", "Größe", "C++", "東京", "münchen"}}
	for text, want := range map[string]string{
		"Go!": "go", "let's go.": "go", "gopher": "", "ago": "", "a-go-go": "go", "go2": "", "": "",
		"the BLUE MUG is gone": "blue mug", "blue mugs": "", "GRÖSSE": "", "die GRÖßE zählt": "Größe",
		"in c++, yes": "C++", "今日は東京に行く": "東京", "München": "münchen", "gogo go": "go",
	} {
		if got := n.Keyword(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestMinutes(t *testing.T) {
	for m := Minute(0); m < 24*60; m++ {
		if again, ok := ParseMinute(m.String()); !ok || again != m {
			t.Fatalf("%d is written %s and read as %d, %t", m, m, again, ok)
		}
	}
	for _, s := range []string{"", "7:30", "24:00", "12:60", "12:5", "noon", "12:30:00", "-1:00"} {
		if _, ok := ParseMinute(s); ok {
			t.Errorf("%q is read", s)
		}
	}
}
