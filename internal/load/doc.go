// Package load holds the insides of `campfire load`: what fills a Campfire and
// what loads it, through its public API and its WebSockets.
//
// It owns the scenarios, the accounts and rooms that they need, the ledger that
// every answer, delivery and stored message is held against, the targets, and
// the reports. It refuses to know the server's insides: it is a client like any
// other, and of the server it sees what anyone sees, and the metrics.
//
// # Scenarios
//
//   - seed posts a file of conversations, goes on where an earlier run stopped,
//     and finds all of it again by paging and by search.
//   - guide offers posts, reads, searches and cuts at scheduled times, whether
//     or not the server keeps up, while thousands of sockets listen. What is
//     timed counts from when it was due, so a server that stands still is
//     charged with all that waited. The run is held against the founding
//     guide's six targets; with all sockets in one room against goal 2.
//   - guide --saturate posts from so many at once as fast as they are answered,
//     and prints the rate. No target is judged.
//   - guide --overload finds the highest rate, offers a multiple of it on a
//     schedule, and waits until paced posts are as quick as they were before.
//   - classic is the load script of the founding guide: sockets opened and
//     held, the list of rooms read from many connections, then posts in batches.
//
// # What a run is worth
//
// A contradiction is something that the contract rules out: an acknowledged
// post that is not stored once as it was sent, one that a socket of its room
// did not get once and in order, a refused one that has had an effect, a page
// that lacks what was acknowledged before it was asked for. A failure is
// something that the contract allows and the run does not: a request that was
// not served, a socket that the server dropped, metrics that could not be read.
// A run is void when the generator was the limit. Neither a run with any of
// these nor a figure that rests on too little meets a target (see verdict.go,
// targets.go). Under overload refusals are no failures where they say when to
// come back, nor are sockets that the server gave up, for they resume: nothing
// may be lost all the same.
//
// # Concurrency
//
// Each scenario is a function that returns when all of its goroutines have
// ended. Posts and reads run on goroutines of their own, within a bound; the
// fleet's readers deliver to the ledger, whose posts are read and written with
// atomic operations, and whose list grows under a lock.
package load
