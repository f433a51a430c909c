// Package media knows files by their bytes: what they are, how large a picture
// is, and how to make a small one of it.
//
// It owns the types that are told by magic numbers ([Sniff]), the dimensions of
// pictures without their pixels ([Inspect]), thumbnails, squares and posters
// ([Workshop]), and the removal of what a camera tells about a place ([Strip],
// [Erase]).
//
// Files come from strangers. Nothing is decoded before its header was held
// against [Limits]; what is malformed is an error, never a panic; and the
// memory of one picture is bounded by [MaxMemory], whatever its header says.
//
// It refuses to know where files are kept, who may see them, and what they are
// called. All of it may be used concurrently.
package media
