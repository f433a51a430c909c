// Package web is the page: templates, styles, the browser's code, icons and
// the catalogue of texts.
//
// It owns all markup and every word a person reads. It renders what it is
// given and never fetches anything; who may see what was decided before.
//
// A message is rendered the same for every viewer ([Web.AppendMessage]), in
// pages and in live events alike: what depends on the viewer (one's own
// messages, mentions of oneself, local time, grouping, the language of its few
// words) is added in the browser.
//
// What depends on the device alone, its theme and its language, is in the root
// of a page ([Web.Root]); an installation's own style sheet is a file of its
// own, which comes after ours and which no markup can hold.
//
// The browser's code is in src, whose README says what is where.
//
// What comes from others is vendored with its licence: icons of Lucide (icons),
// emoji (emoji), and the accessibility rules of the tests (testdata). build makes
// of them, and of the logo that it draws, the files in dist.
//
// Everything may be called concurrently.
package web

//go:generate go tool templ generate -log-level error
//go:generate go run ./build
