// Package proof holds the long proofs: a real server process under load that
// is killed, connections that are reset at random bytes, a large body of real
// text loaded through the API and found again. In `go test ./...` each is a
// quick set with fixed seeds; `make proof` runs them whole and writes
// perf/proof/.
package proof
