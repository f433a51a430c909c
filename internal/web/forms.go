package web

import (
	"net/url"
	"slices"

	"github.com/a-h/templ"
)

// Form is one form of a page that is shown again because it was refused: what
// was typed into it, and what is wrong with that.
type Form struct {
	Name   string // which of the page's forms; empty: none was refused
	Typed  url.Values
	Fields map[string]string // broken rules by field
	Error  string            // what no single field is to blame for
}

// value is what a field holds: what was typed, else what is stored.
func (f Form) value(form, field, stored string) string {
	if f.Name == form {
		return f.Typed.Get(field)
	}
	return stored
}

// chosen reports whether a box or a radio button is ticked.
func (f Form) chosen(form, field, value string, stored bool) bool {
	if f.Name == form {
		return slices.Contains(f.Typed[field], value)
	}
	return stored
}

// problem is what is wrong with a field, empty when nothing is.
func (f Form) problem(form, field string) string {
	if f.Name == form {
		return f.Fields[field]
	}
	return ""
}

// failed is why a whole form was refused, empty when it was not.
func (f Form) failed(form string) string {
	if f.Name == form {
		return f.Error
	}
	return ""
}

// marks tie an input to what is said about it: its hint and its problem. The
// first one that is wrong is where the page begins.
func (f Form) marks(form, field, hint string) templ.Attributes {
	a, about := templ.Attributes{}, ""
	if hint != "" {
		about = form + "-" + field + "-hint"
	}
	if f.problem(form, field) != "" {
		a["aria-invalid"], a["autofocus"] = "true", true
		about = form + "-" + field + "-problem" + " " + about
	}
	if about != "" {
		a["aria-describedby"] = about
	}
	return a
}
