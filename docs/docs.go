// Package docs carries the API's description into the binary: openapi.yaml is
// written by hand, openapi.json is made of it.
package docs

import (
	_ "embed"
	"encoding/json"
	"slices"
	"strings"
)

//go:generate go run ./gen

//go:embed openapi.json
var openapi []byte

// OpenAPI returns the OpenAPI 3.1 document as JSON.
func OpenAPI() []byte { return openapi }

// Operation is one call of the API.
type Operation struct{ Method, Path, Summary string }

// Operations lists the calls that the document describes, by path.
func Operations() ([]Operation, error) {
	var doc struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	if err := json.Unmarshal(openapi, &doc); err != nil {
		return nil, err
	}
	var out []Operation
	for path, item := range doc.Paths {
		for method, raw := range item {
			if method == "parameters" {
				continue
			}
			var o struct {
				Summary string `json:"summary"`
			}
			if err := json.Unmarshal(raw, &o); err != nil {
				return nil, err
			}
			out = append(out, Operation{strings.ToUpper(method), path, o.Summary})
		}
	}
	slices.SortFunc(out, func(a, b Operation) int {
		return strings.Compare(a.Path+" "+a.Method, b.Path+" "+b.Method)
	})
	return out, nil
}
