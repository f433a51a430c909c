// Package unfurl finds out what a link leads to: the title, the description and
// the picture that a page gives of itself.
//
// It owns which links are looked at ([Normalise]), how a page's head is read
// ([Read]), and how pages and pictures are fetched within bounds ([Fetcher]).
// Pages come from strangers and may say anything: what is returned is plain
// text of bounded length, and a picture that was made anew here. It refuses to
// know who asked, what is kept and where it is shown.
//
// All of it may be called concurrently.
package unfurl
