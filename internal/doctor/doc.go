// Package doctor is the production checklist as a program: it holds an
// installation, running or stopped, against what the founding guide asks and
// says of each line how it stands and what to do.
//
// It owns the checks ([Checks] lists all), their order, and how they are
// shown. What they look at is handed to it as a [Patient]; it refuses to know
// how a running server is reached and how a database is opened.
//
// Checks read only, except that the measurement of the disk writes one small
// file in the data directory and removes it, and that the look at the files of
// messages, which the Patient brings, keeps a few bytes as a file would be and
// removes them. A Patient may be examined by one goroutine at a time.
package doctor
