// Package campfiretest starts a whole Campfire in a test: the real wiring on
// a real database in a temporary directory, listening on a loopback port.
//
// It owns the making and stopping of such servers, and finding the components
// (a browser) that some tests need. Every exchange with the API that goes
// through [Server.Do] is held against docs/openapi.yaml.
package campfiretest
