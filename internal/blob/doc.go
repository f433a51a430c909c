// Package blob keeps files' bytes: on the local disk, or in a bucket that
// speaks S3.
//
// A file comes as a [Draft], always on the local disk, so that it is never
// held in memory and can be looked into; when it is whole a [Store] takes it
// over under a random key. What a store has taken is synced and never changes.
//
// It owns where and how bytes are kept, and how much of the disk must stay
// free. It refuses to know names, kinds and owners of files. All of it may be
// used by many goroutines; one draft by one at a time.
package blob
