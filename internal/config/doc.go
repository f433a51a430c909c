// Package config reads the environment: every option, its default, its
// meaning and its limits stand in one table (options.go), from which
// `campfire help config` is printed too.
//
// It owns names and forms of values. It refuses to know what the options do.
// A value that can't be used is an error whose text is a sentence for the
// operator.
package config
