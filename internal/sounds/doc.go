// Package sounds is the short sounds that a message can play: their names, how
// one is asked for, and their files, which synth makes.
//
// It refuses to know messages and how files are served. All functions may be
// called concurrently.
package sounds

//go:generate go run ./synth
