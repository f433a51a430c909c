package doctor

import (
	"context"
	"slices"
	"strings"
	"time"
)

func serverRunning(_ context.Context, p *Patient) Finding {
	s := p.Server
	return ok("process %d, version %s, since %s, listening on %s", s.PID, s.Version, s.Started.UTC().Format(time.RFC3339), s.Addr)
}

func serverVersion(_ context.Context, p *Patient) Finding {
	if p.Server.Version != p.Version {
		return warn("restart the server", "the server runs version %s, this program is version %s", p.Server.Version, p.Version)
	}
	return ok("the server runs the version of this program, %s", p.Version)
}

// serverSettings tells when the command's surroundings are not the server's:
// the checks hold for the server's, and a restart from here would change it.
func serverSettings(_ context.Context, p *Patient) Finding {
	names := differing(p.Server.Settings, p.Here.Settings)
	if len(names) > 0 {
		return warn("run this command with the server's environment", "the server was started with other settings than this command (%s); the server's are checked", strings.Join(names, ", "))
	}
	return ok("those of this command's environment")
}

// differing names the settings that are not the same in both lists. The data
// directory is the one that both have reached.
func differing(a, b []string) (names []string) {
	for _, pair := range [][2][]string{{a, b}, {b, a}} {
		for _, setting := range pair[0] {
			name, _, _ := strings.Cut(setting, "=")
			if name != "CAMPFIRE_DATA" && !slices.Contains(pair[1], setting) && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names
}
