// Package server speaks HTTP: the JSON API, the pages and their forms, the
// upgrade to a WebSocket, health.
//
// It owns routes, cookies, the bounds of a request, and the one mapping from
// kinds of error to statuses. It refuses to know SQL, permissions and markup:
// every decision is package chat's, every element package web's.
package server
