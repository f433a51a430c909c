// Package deploy holds what operators run beside a Campfire: rules and alerts
// for Prometheus, dashboards for Grafana. Its tests hold both against a real
// scrape of the server.
//
// The dashboards are made by the program in gen from a table of panels.
package deploy

//go:generate go run ./gen grafana/campfire.json
