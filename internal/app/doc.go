// Package app wires the program: [Run] builds every part in order, serves,
// and stops in reverse. It owns no behaviour of its own.
package app
