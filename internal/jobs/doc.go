// Package jobs works off the outbox: what committed changes owe to the world
// outside, webhooks, pushes and previews.
//
// It owns the workers, their leases, retries and backoff, and the handlers
// that talk to strangers. Each try ends in one transaction that removes the
// job or puts it back, writes the log and does what the handler adds; a crash
// before it means that the job is done again, so a job is done at least once.
// It refuses to know who may see what: a handler asks the application through
// a small interface that it declares.
//
// [Runner.Run] owns every goroutine and returns when all have ended.
package jobs
