// Package proof holds the long proofs: a real server process under load that
// is killed, connections that are slow, sliced and reset at random bytes, a
// body of real text loaded through the API and found again. What posters and
// subscribers saw is held against package history. And what is too much for
// it: four times the posts that it can take, readers that never read, a storm
// of connections, a hundred uploads at once, a cache far smaller than what is
// asked for.
//
// In `go test ./...` each is a quick set with fixed seeds. `make proof` runs
// them whole (CAMPFIRE_PROOF=full), the large file of CAMPFIRE_TESTDATA
// included, and writes what came out to perf/proof/. Only tests live here.
package proof
