package doctor

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// WriteJSON writes the report for programs.
func (r *Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(r)
}

// Colours of a terminal, by status.
var colours = map[Status]string{OK: "\x1b[32m", Warning: "\x1b[33m", Failure: "\x1b[31m", NotChecked: "\x1b[2m"}

// WriteText writes the report for people: under headings, in columns, with
// colours when asked.
func (r *Report) WriteText(w io.Writer, colour bool) error {
	var b strings.Builder
	wide := 0
	for _, c := range r.Checks {
		wide = max(wide, len(c.Title))
	}
	counts := make(map[Status]int)
	group := ""
	for _, c := range r.Checks {
		if c.Group != group {
			group = c.Group
			fmt.Fprintf(&b, "\n%s\n", group)
		}
		counts[c.Status]++
		status := fmt.Sprintf("%-11s", c.Status)
		if colour {
			status = colours[c.Status] + status + "\x1b[0m"
		}
		fmt.Fprintf(&b, "  %s  %-*s  %s\n", status, wide, c.Title, c.Detail)
		if c.Remedy != "" {
			fmt.Fprintf(&b, "  %-11s  %-*s  → %s\n", "", wide, "", c.Remedy)
		}
	}
	running := "no server running"
	if r.Running {
		running = "beside the running server"
	}
	fmt.Fprintf(&b, "\n%s, %s: %d ok, %s, %s, %d not checked.\n", r.Data, running,
		counts[OK], plural(counts[Warning], "warning"), plural(counts[Failure], "failure"), counts[NotChecked])
	_, err := io.WriteString(w, strings.TrimPrefix(b.String(), "\n"))
	return err
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

// sizeOf writes a size for people.
func sizeOf(n int64) string {
	switch {
	case n >= 10<<30:
		return fmt.Sprintf("%d GiB", n>>30)
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d B", n)
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
