package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"campfire"
	"campfire/internal/chat"
	"campfire/internal/web/text"
)

// call is one request of the API and who makes it.
type call struct {
	s     *Server
	w     http.ResponseWriter
	r     *http.Request
	actor campfire.Actor // zero on public routes

	values url.Values      // of the query, once it was read
	spoken *text.Catalogue // of the answer, once it was asked for
}

// handlerFunc serves a call; its error is answered by the caller.
type handlerFunc func(c *call) error

// public makes a handler of f for anyone.
func (s *Server) public(f handlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := f(&call{s: s, w: w, r: r}); err != nil {
			s.fail(w, r, err)
		}
	}
}

// member makes a handler of f for the signed-in. What they get may change
// with what they may see, so it is never reused unasked.
func (s *Server) member(f handlerFunc) http.HandlerFunc {
	return s.public(func(c *call) (err error) {
		if c.actor, err = s.authenticate(c.r); err != nil {
			c.w.Header().Set("WWW-Authenticate", "Bearer")
			return err
		}
		c.w.Header()["Cache-Control"] = privateNoCache
		return f(c)
	})
}

var privateNoCache = []string{"private, no-cache"}

func (c *call) client() chat.Client {
	return chat.Client{IP: visitOf(c.r).ip, UserAgent: c.r.UserAgent()}
}

// query returns the query's values, read once, and not where there are none.
func (c *call) query() url.Values {
	if c.values == nil && c.r.URL.RawQuery != "" {
		c.values = c.r.URL.Query()
	}
	return c.values
}

// pathID reads an id of the path; one that can't name anything names nothing.
func pathID[T ~int64](c *call, name string) (T, error) {
	id, ok := campfire.ParseID[T](c.r.PathValue(name))
	if !ok {
		return 0, campfire.NotFound(name)
	}
	return id, nil
}

// queryID reads an id of the query; zero when it is not there.
func queryID[T ~int64](c *call, name string) (T, error) {
	query := c.query()
	if !query.Has(name) {
		return 0, nil
	}
	id, ok := campfire.ParseID[T](query.Get(name))
	if !ok {
		return 0, campfire.NotFound(name)
	}
	return id, nil
}

// queryInt reads a number of the query; zero when it is not there, and a
// given zero is refused like any other that is out of range.
func queryInt(c *call, name string) (int, error) {
	query := c.query()
	if !query.Has(name) {
		return 0, nil
	}
	n, err := strconv.Atoi(query.Get(name))
	if err != nil {
		return 0, campfire.Invalid(name, "must be a number")
	}
	if n == 0 {
		return 0, campfire.Invalid(name, "must be at least 1")
	}
	return n, nil
}

// decode reads a JSON body into v, strictly.
func (c *call) decode(v any) error { return c.decodeUpTo(v, c.s.MaxBody) }

func (c *call) decodeUpTo(v any, most int64) error {
	kind, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return &campfire.Error{Code: campfire.CodeUnsupportedMedia, Detail: "The body must be application/json."}
	}
	body, err := c.body(most)
	if err != nil {
		return err
	}
	return decodeJSON(body, v)
}

func (c *call) body(most int64) ([]byte, error) {
	in := io.Reader(c.r.Body)
	if most > 0 {
		in = http.MaxBytesReader(c.w, c.r.Body, most)
	}
	body, err := io.ReadAll(in)
	if err == nil {
		return body, nil
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, &campfire.Error{Code: campfire.CodeTooLarge, Detail: "The body may hold " + strconv.FormatInt(most, 10) + " bytes at most."}
	}
	return nil, &campfire.Error{Code: campfire.CodeMalformed, Detail: "The body did not come whole."}
}

// decodeJSON tells what is no JSON (malformed) from what breaks the contract
// (invalid): wrong types, unknown fields, text that is no UTF-8.
func decodeJSON(body []byte, v any) error {
	if !utf8.Valid(body) {
		return &campfire.Error{Code: campfire.CodeInvalid, Detail: "The body is not valid UTF-8.",
			Fields: []campfire.FieldError{campfire.Broken("body", "is not valid UTF-8")}}
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		if t, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			field := t.Field
			if field == "" {
				field = "body"
			}
			return campfire.Invalid(field, "has the wrong type: %s", t.Value)
		}
		if field, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
			return campfire.Invalid(strings.Trim(field, `"`), "is not known here")
		}
		return &campfire.Error{Code: campfire.CodeMalformed, Detail: "The body is not JSON."}
	}
	if _, err := d.Token(); err != io.EOF {
		return &campfire.Error{Code: campfire.CodeMalformed, Detail: "The body holds more than one JSON value."}
	}
	return nil
}

var buffers = sync.Pool{New: func() any { return new([]byte) }}

// maxPooled bounds what an encode buffer may keep.
const maxPooled = 256 << 10

// json answers with what build appends.
func (c *call) json(status int, build func(b []byte) []byte) error {
	p := buffers.Get().(*[]byte)
	b := build((*p)[:0])
	err := c.bytes(status, b)
	if cap(b) <= maxPooled {
		*p = b
		buffers.Put(p)
	}
	return err
}

// bytes answers with JSON that stands already.
func (c *call) bytes(status int, b []byte) error {
	h := c.w.Header()
	h["Content-Type"] = contentJSON
	h["Content-Length"] = []string{strconv.Itoa(len(b))}
	c.w.WriteHeader(status)
	_, _ = c.w.Write(b) // who went away hears nothing
	return nil
}

var contentJSON = []string{"application/json"}

// value answers with v encoded the ordinary way: for what is seldom asked.
func (c *call) value(status int, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return c.json(status, func(buf []byte) []byte { return append(buf, b...) })
}

// done answers 204; seq is the number of the event, zero when there is none.
func (c *call) done(seq campfire.Seq) error {
	if seq > 0 {
		c.w.Header().Set("Campfire-Seq", strconv.FormatInt(int64(seq), 10))
	}
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

// appendAll appends a JSON list.
func appendAll[T any](b []byte, list []T, one func([]byte, T) []byte) []byte {
	b = append(b, '[')
	for i, v := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = one(b, v)
	}
	return append(b, ']')
}
