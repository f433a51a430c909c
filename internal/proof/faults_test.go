package proof

import (
	"math/rand/v2"
	"testing"
	"time"

	"campfire/internal/badnet"
)

// Killed at random moments under load, the server loses nothing that it
// acknowledged, stores nothing twice, and everyone catches up.
func TestKilledServerLosesNothing(t *testing.T) {
	kills := size(2, 20)
	ctx := patience(t, time.Duration(60+kills*15)*time.Second)
	rng := rand.New(rand.NewPCG(1, 2))
	p := startProcess(t)
	const posters = 16
	g := gather(t, ctx, p.url(), network{}, posters, 8)

	between := size(250, 400) // changes between two kills
	working := g.work((kills+1)*between/posters + 1)
	var ready []time.Duration
	for k := range kills {
		// A kill comes after so many acknowledgements, and a random moment.
		g.await(k*between + between/4 + rng.IntN(between/2))
		<-time.After(time.Duration(rng.Int64N(int64(5 * time.Millisecond))))
		p.kill()
		ready = append(ready, p.start())
		if k == kills/2 {
			g.expel()
		}
	}
	working.Wait()
	stored, contradictions := g.verdict()
	report(t, "kill", map[string]any{
		"kills": kills, "changes": len(g.changes), "stored_messages": stored, "contradictions": contradictions, "connections": g.connections,
		"stranger_refused": g.stranger.refused, "ready_ms": percentiles(ready), "acknowledged_ms": percentiles(g.took),
	})
}

// Connections that are sliced, delayed and reset at random bytes lose and
// double nothing.
func TestResetConnectionsLoseNothing(t *testing.T) {
	resets := size(100, 1000)
	ctx := patience(t, time.Duration(120+resets)*time.Second)
	p := startProcess(t)
	bad := badnet.New(t, p.addr, 3)
	bad.Worsen(resets, 20_000)
	g := gather(t, ctx, p.url(), network{bad.Dial}, 8, 12)
	for round := 0; bad.Resets() < resets && ctx.Err() == nil; round++ {
		g.work(20).Wait()
		if round == 0 {
			g.expel()
		}
	}
	stored, contradictions := g.verdict()
	report(t, "resets", map[string]any{
		"resets": bad.Resets(), "changes": len(g.changes), "stored_messages": stored, "contradictions": contradictions, "connections": g.connections,
		"stranger_refused": g.stranger.refused, "acknowledged_ms": percentiles(g.took),
	})
}
