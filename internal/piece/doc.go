// Package piece joins answers from parts that were compressed before.
//
// It owns one thing: a [Piece] is a part of an answer, plain and deflated,
// with the sums that a whole is told by. Pieces that stand one after the other
// make one gzip stream and one entity tag, without any of them being
// compressed or read again.
//
// It refuses to know what the bytes say, and who may see them. Pieces never
// change; all of it may be used concurrently.
package piece
