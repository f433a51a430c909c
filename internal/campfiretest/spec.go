package campfiretest

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"

	"campfire/docs"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// spec holds exchanges against the OpenAPI document.
type spec struct{ router routers.Router }

var loaded = sync.OnceValues(func() (*spec, error) {
	doc, err := openapi3.NewLoader().LoadFromData(docs.OpenAPI())
	if err != nil {
		return nil, err
	}
	doc.Servers = nil
	openapi3filter.RegisterBodyDecoder("application/problem+json", openapi3filter.JSONBodyDecoder)
	for _, kind := range []string{"image/jpeg", "image/png", "image/gif"} {
		openapi3filter.RegisterBodyDecoder(kind, openapi3filter.FileBodyDecoder)
	}
	router, err := gorillamux.NewRouter(doc)
	return &spec{router}, err
})

func loadSpec(t testing.TB) *spec {
	t.Helper()
	s, err := loaded()
	if err != nil {
		t.Fatalf("docs/openapi.yaml: %v", err)
	}
	return s
}

// forBots are the paths of the API that hold a bot's key.
var forBots = regexp.MustCompile(`^/rooms/[^/]+/\d[^/]*/messages(/|$)`)

// check validates one exchange of a path under /api, or of a bot's. A path that the document
// does not know must be one that the server does not know either.
func (s *spec) check(t testing.TB, req *http.Request, body []byte, a *Answer) {
	t.Helper()
	if !strings.HasPrefix(req.URL.Path, "/api/") && !forBots.MatchString(req.URL.Path) || req.URL.Path == "/api/docs" {
		return
	}
	plain := req.Clone(context.Background())
	plain.URL.Host, plain.URL.Scheme, plain.Host = "", "", ""
	plain.Body = io.NopCloser(bytes.NewReader(body))
	route, params, err := s.router.FindRoute(plain)
	if err != nil {
		if a.Status != http.StatusNotFound && a.Status != http.StatusMethodNotAllowed && a.Status != http.StatusForbidden && a.Status < 500 {
			t.Errorf("%s %s answered %d, but docs/openapi.yaml does not have it: %v", req.Method, req.URL.Path, a.Status, err)
		}
		return
	}
	in := &openapi3filter.RequestValidationInput{Request: plain, PathParams: params, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true}}
	if a.Status < 400 {
		// What was accepted must be what the document allows. The parts of a form
		// are files of any type, which the validator has no decoders for.
		in.Options.ExcludeRequestBody = strings.HasPrefix(req.Header.Get("Content-Type"), "multipart/")
		if err := openapi3filter.ValidateRequest(context.Background(), in); err != nil {
			t.Errorf("%s %s was accepted, but breaks docs/openapi.yaml: %v", req.Method, req.URL, err)
		}
	}
	out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: a.Status, Header: a.Header,
		Body: io.NopCloser(bytes.NewReader(a.Body)), Options: in.Options}
	if err := openapi3filter.ValidateResponse(context.Background(), out); err != nil {
		t.Errorf("the answer of %s %s breaks docs/openapi.yaml: %v", req.Method, req.URL, err)
	}
}
