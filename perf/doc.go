// Package perf holds what the project claims about speed: benchmarks of the
// whole program, the floor programs that do only the irreducible part of the
// same work, and the results that were measured (README.md here says how to
// repeat them). Cost divided by floor, of one run, is the figure that carries
// over to another machine.
package perf
